#!/usr/bin/env python3
"""--check FILE against what Python's own unpickler would import and call.

Pickles are put together here from opcodes: ways to name, call, hand on and hide
what runs code, among what only builds data.  The oracle is pickle.py's Unpickler
in a process of its own, whose find_class gives stand-ins that take down who calls
them and with what: nothing of what a pickle names is ever imported or run.
"""

import functools
import io
import json
import os
import pickle
import random
import struct
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
from house import check, end, program  # noqa: E402

COUNT = int(os.environ.get("COUNT", "600"))
SEED = int(os.environ.get("SEED", "12"))

# What runs code, as (module, name); Python 2's and C's names of it among them.
CODE = [("os", "system"), ("posix", "system"), ("nt", "system"), ("os", "popen"), ("builtins", "eval"),
        ("__builtin__", "eval"), ("builtins", "exec"), ("builtins", "compile"), ("builtins", "open"),
        ("builtins", "__import__"), ("subprocess", "check_output"), ("subprocess", "Popen"),
        ("commands", "getoutput"), ("pickle", "loads"), ("cPickle", "loads"), ("_pickle", "loads"),
        ("marshal", "loads"), ("importlib", "import_module"), ("runpy", "run_path"), ("pty", "spawn"),
        ("shutil", "rmtree"), ("webbrowser", "open"), ("ctypes", "CDLL"), ("socket", "create_connection"),
        ("urllib.request", "urlopen"), ("urllib2", "urlopen"), ("httplib", "HTTPSConnection"),
        ("requests.api", "get"), ("code", "interact"), ("timeit", "timeit"), ("cProfile", "run"), ("pdb", "run"),
        ("pip", "main"), ("venv", "create"), ("_io", "FileIO"), ("io", "open"), ("logging", "FileHandler"),
        ("types", "CodeType"), ("types", "FunctionType"), ("pydoc", "locate"), ("pkgutil", "resolve_name"),
        ("sys", "exit"), ("numpy", "load"), ("numpy.testing._private.utils", "runstring"),
        ("numpy.f2py.crackfortran", "getlincoef"), ("torch", "load"), ("torch.hub", "load"),
        ("torch.serialization", "load"), ("torch._inductor.codecache", "compile_file"), ("pandas", "read_pickle"),
        ("joblib", "load"), ("dill", "loads"), ("asyncio", "create_subprocess_shell"),
        ("multiprocessing.util", "spawnv_passfds"), ("uuid", "_get_command_stdout"), ("imaplib", "IMAP4_stream"),
        ("test.support.script_helper", "assert_python_ok"), ("elsewhere", "system")]
# The same by a path of attributes, which protocol 4 has.
PATHS = [("trace", "Trace.run"), ("bdb", "Bdb.run"), ("code", "InteractiveInterpreter.runcode"), ("shutil", "os.system"),
         ("collections", "_sys.exit"), ("torch._dynamo.guards", "GuardBuilder.get"), ("numpy", "lib.npyio.load"),
         ("asyncio.unix_events", "_UnixSubprocessTransport._start"), ("elsewhere", "os.system"),
         ("elsewhere", "function.__globals__"), ("datetime", "datetime.__class__.__base__")]
DATA = [("datetime", "timedelta"), ("collections", "deque"), ("fractions", "Fraction"), ("decimal", "Decimal"),
        ("__builtin__", "set"), ("builtins", "frozenset"), ("argparse", "Namespace"), ("exceptions", "ValueError"),
        ("sklearn.svm._classes", "SVC"), ("torch.nn.modules.linear", "Linear"), ("pandas.core.frame", "DataFrame")]


# --- opcodes ---------------------------------------------------------------------------------

class Assembler:
    """A pickle of a protocol, opcode by opcode."""

    def __init__(self, chance, protocol):
        self.chance, self.protocol, self.memo = chance, protocol, 0
        self.code = bytearray(b"\x80" + bytes([protocol]) if protocol >= 2 else b"")

    def text(self, text):
        data = text.encode()
        if self.protocol >= 4 and len(data) < 256:
            return b"\x8c" + bytes([len(data)]) + data
        if self.protocol >= 1:
            return b"X" + struct.pack("<I", len(data)) + data
        return b"V" + data + b"\n"

    def put(self):
        self.memo += 1
        return b"q" + bytes([self.memo % 256]) if self.protocol >= 1 else b"p%d\n" % self.memo

    def get(self, index):
        return b"h" + bytes([index % 256]) if self.protocol >= 1 else b"g%d\n" % index

    def name(self, module, name):
        """A name: by GLOBAL, by STACK_GLOBAL, or by texts that lie in the memo in the wrong order."""
        if self.protocol < 4 and "." not in name:
            return f"c{module}\n{name}\n".encode()
        way = self.chance.random()
        if way < 0.5:
            return self.text(module) + self.text(name) + b"\x93"
        second = self.text(name) + self.put()
        at = self.memo
        return second + b"0" + self.text(module) + self.get(at) + b"\x93"

    def tuple(self, *items):
        if self.protocol >= 2 and 1 <= len(items) <= 3:
            return b"".join(items) + bytes([0x84 + len(items)])
        return b"(" + b"".join(items) + b"t"

    def call(self, module, name, *arguments):
        """A call: REDUCE, INST or OBJ, NEWOBJ and NEWOBJ_EX for what could be a class."""
        callee = self.name(module, name)
        ways = [callee + self.tuple(*arguments) + b"R"]
        if "." not in name:
            ways.append(b"(" + b"".join(arguments) + f"i{module}\n{name}\n".encode())
        if self.protocol >= 1:
            ways.append(b"(" + callee + b"".join(arguments) + b"o")
        if self.protocol >= 2:
            ways.append(callee + self.tuple(*arguments) + b"\x81")
        if self.protocol >= 4:
            ways.append(callee + self.tuple(*arguments) + b"}\x92")
        return self.chance.choice(ways)

    def partial(self, module, name, *arguments):
        made = self.name("functools", "partial") + self.tuple(self.name(module, name)) + b"R"
        return made + self.tuple(*arguments) + b"R"

    def attribute(self, module, name, *arguments):
        """getattr(importlib.import_module(module), name)(...), by what the module's own name is."""
        owner = self.name("importlib", "import_module") + self.tuple(self.text(module)) + b"R"
        found = self.name("builtins", "getattr") + self.tuple(owner, self.text(name)) + b"R"
        return found + self.tuple(*arguments) + b"R"

    def hide(self, call):
        """What a call gives, put somewhere."""
        return self.chance.choice([
            call + b"0N", b"(" + call + b"l", b"(" + self.text("k") + call + b"d", b"(" + call + call + b"t",
            self.name("argparse", "Namespace") + b"(tR(" + self.text("k") + call + b"db"])


def generate(chance):
    """A pickle, or several, and whether its last one breaks off."""
    parts = []
    for _ in range(chance.choice([1, 1, 1, 2])):
        made = Assembler(chance, chance.choice([0, 1, 2, 3, 4, 5]))
        word = made.text("%x" % chance.getrandbits(64))
        module, name = chance.choice(PATHS if made.protocol >= 4 and chance.random() < 0.2 else CODE)
        data = made.call(*chance.choice(DATA[:8]), made.text("3"))
        kind = chance.choice(["data", "call", "partial", "attribute", "handed", "data"])
        body = {"data": lambda: data,
                "call": lambda: made.call(module, name, word),
                "partial": lambda: made.partial(module, name, word),
                "attribute": lambda: made.attribute("elsewhere", "thing", word),
                "handed": lambda: made.call("collections", "deque", b"(" + made.name(module, name) + b"l")}[kind]()
        made.code += made.hide(body) if chance.random() < 0.7 else body
        broken = chance.random() < 0.15
        made.code += b"\xff" if broken else b"."
        parts.append(bytes(made.code))
        if broken:
            break
    return b"".join(parts)


# --- the oracle ------------------------------------------------------------------------------

def load(data):
    """What Python's unpickler would import and call: [dotted, arguments] of each call, and the names."""
    calls, names = [], []

    class Meta(type):
        def __getattr__(cls, name):
            if name.startswith("__") and name in ("__setstate__", "__getinitargs__"):
                raise AttributeError(name)
            return stand_in(f"{cls.dotted}.{name}")

        def __call__(cls, *arguments, **keywords):
            return cls.__new__(cls, *arguments, **keywords)

    class StandIn(metaclass=Meta):
        dotted = ""

        def __new__(cls, *arguments, **keywords):
            calls.append([cls.dotted, [str(a) for a in arguments if isinstance(a, str)]])
            return object.__new__(cls)

        def __call__(self, *arguments):
            calls.append([f"{self.dotted}()", [str(a) for a in arguments if isinstance(a, str)]])
            return self

        def __setstate__(self, state):
            pass

        def __getattr__(self, name):
            if name.startswith("__"):
                raise AttributeError(name)
            return stand_in(f"{self.dotted}().{name}")

    def stand_in(dotted):
        return Meta("StandIn", (StandIn,), {"dotted": dotted})

    class Unpickler(pickle._Unpickler):
        def find_class(self, module, name):
            if (module, name) == ("functools", "partial"):
                return functools.partial
            if module in ("builtins", "__builtin__") and name == "getattr":
                names.append("builtins.getattr")
                return getattr
            names.append(f"{module}.{name}")
            return stand_in(f"{module}.{name}")

    stream = io.BytesIO(data)
    try:
        while stream.tell() < len(data):
            Unpickler(stream).load()
    except Exception as error:  # noqa: BLE001 (whatever it is: the calls before it were made)
        return calls, names, repr(error)
    return calls, names, None


def answer(directory):
    for name in sorted(os.listdir(directory)):
        with open(os.path.join(directory, name), "rb") as file:
            print(json.dumps(load(file.read())))


# --- the comparison ---------------------------------------------------------------------------

RUNS = {f"{module}.{name}" for module, name in CODE + PATHS}


def complaint(said, calls, names):
    """What is wrong with an answer, or None."""
    found = said["findings"] if said else []
    details = [finding["detail"] for finding in found if finding["rule"] == "file-calls-code"]
    for dotted, arguments in calls:
        shown = repr(dotted.rpartition(".")[2]) if "()." in dotted else dotted.removesuffix("()")
        wanted = [text for text in details if shown in text and all(repr(argument) in text for argument in arguments)]
        if (dotted in RUNS or dotted.endswith("()") or "()." in dotted) and not wanted:
            return f"{dotted}({arguments}) would be called"
    for dotted in names:
        if dotted in RUNS and not any(dotted in text for text in details):
            return f"{dotted} would be imported"
    if details and not (RUNS | {"importlib.import_module", "builtins.getattr"}) & set(names):
        return "nothing that runs code is imported"
    return None


def main():
    chance = random.Random(SEED)
    with tempfile.TemporaryDirectory() as directory:
        for i in range(COUNT):
            with open(os.path.join(directory, f"{i:05}.pkl"), "wb") as file:
                file.write(generate(chance))
        paths = [os.path.join(directory, name) for name in sorted(os.listdir(directory))]
        ours = subprocess.run([program(), "--check", "-j", "-t", "pickle", *paths], capture_output=True, text=True)
        theirs = subprocess.run([sys.executable, __file__, "--load", directory], stdout=subprocess.PIPE, text=True,
                                check=True).stdout.splitlines()
        said = {line["name"]: line for line in map(json.loads, ours.stdout.splitlines())}
        wrong, running = [], 0
        for path, (calls, names, broken) in zip(paths, map(json.loads, theirs)):
            line = said.get(path)
            running += any(dotted in RUNS for dotted, _ in calls)
            why = complaint(line, calls, names)
            if why is None and line is None and (broken is None or any(dotted in RUNS for dotted, _ in calls)):
                why = "not judged"
            if why:
                wrong.append(f"{os.path.basename(path)}: {why}: {open(path, 'rb').read()!r}: {line}")
        check(not wrong, f"{COUNT} pickles: what would run is named, with its arguments; nothing else is called code",
              *wrong[:5])
        check(running > COUNT // 5, f"{running} of them would run code", running)
        check(len(theirs) == COUNT, "the oracle has looked at each")
    end()


if sys.argv[1:2] == ["--load"]:
    answer(sys.argv[2])
else:
    main()
