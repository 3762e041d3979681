#!/usr/bin/env python3
"""Every consumer of tests/consumers, and many of Python's and NumPy's, on trial.

usage: trials.py [WORD...]

A right consumer has no error and no warning.  A wrong one has findings of the
one rule that its doc string names, and of no other.  Those of Cython, pybind11
and NumPy's C API are tried where MVIEW_PYTHON has these.  What CPython and NumPy
bring along is right; so is what is fed by them.  The expressions that go with
the buffers make such buffers.
"""

import concurrent.futures
import json
import os
import signal
import subprocess
import sys
import tempfile
import time

PROGRAM = os.path.abspath(os.environ.get("MVIEW", "build/mview-inspect"))
DIRECTORY = os.path.abspath(os.environ.get("MVIEW_BUILD", "build"))  # of consumers.so
PYTHON = os.environ.get("MVIEW_PYTHON", sys.executable)
SLOW = 30.5  # seconds: no trial may take longer, whatever the consumer does

# What says nothing against a consumer.
NO_BREACH = {"info": {"consumer-holds", "consumer-asks-for-no-more", "consumer-follows-strides"}}

STANDARD = """
bytes(_)
bytearray(_)
memoryview(_)
memoryview(_).tobytes()
memoryview(_).tolist()
memoryview(_).cast('B')
memoryview(_).strides
memoryview(_)[0]
list(memoryview(_))
(memoryview(_).shape, bytes(_))
hashlib.md5(_).digest()
hashlib.sha256(_).hexdigest()
hmac.digest(b'k', _, 'sha256')
zlib.crc32(_)
zlib.adler32(_)
zlib.compress(_)
bz2.compress(_)
lzma.compress(_)
struct.unpack_from('<3i', _)
struct.unpack('12B', _)
struct.pack_into('<i', _, 0, 5)
array.array('i').frombytes(_)
array.array('B', _)
io.BytesIO(_).getvalue()
io.BytesIO(b'x' * 100).readinto(_)
(lambda pair: pair[0].send(_))(socket.socketpair())
(lambda pair: (pair[0].send(b'abc'), pair[1].recv_into(_)))(socket.socketpair())
mmap.mmap(-1, 4096).write(_)
os.write(os.open('/dev/null', os.O_WRONLY), _)
open('/dev/zero', 'rb').readinto(_)
binascii.hexlify(_)
base64.b64encode(_)
b''.join([_, _])
b'abc' + _
bytearray(b'123').find(_)
bytearray(12).__setitem__(slice(None), _)
re.findall(b'1', _)
int(_)
float(_)
str(_, 'latin-1')
int.from_bytes(_, 'little')
len(_)
pickle.dumps(pickle.PickleBuffer(_), protocol=5)
(ctypes.c_int * 3).from_buffer(_)
(ctypes.c_int * 3).from_buffer_copy(_)
random.shuffle(memoryview(_))
os.urandom(4) + bytes(_)
time.time() + len(bytes(_))
seen.append(bytes(_)) or len(seen)
seen.append(_)
seen.append(memoryview(_))
seen.append({'deep': [(memoryview(_),)]})
seen.append((_, memoryview(_)))
seen.append([_, _])
keep(_)
Keeper(_)
named.update({len(named): pickle.PickleBuffer(_)})
"""

NUMPY = """
numpy.asarray(_)
numpy.array(_)
numpy.frombuffer(_)
numpy.frombuffer(_, 'i4')
numpy.frombuffer(_, 'u1')
numpy.sum(_)
numpy.asarray(_).sum()
float(numpy.asarray(_).sum())
numpy.asarray(_).tolist()
numpy.asarray(_).tobytes()
numpy.asarray(_).view('u1').sum()
numpy.asarray(_).strides
numpy.argsort(_)
numpy.sort(_)
numpy.asarray(_).argmax()
numpy.asarray(_).fill(7)
repr(numpy.asarray(_))
numpy.ascontiguousarray(_)
numpy.copyto(numpy.asarray(_), 5)
numpy.random.shuffle(numpy.asarray(_))
numpy.save(io.BytesIO(), numpy.asarray(_))
seen.append(numpy.asarray(_))
seen.append(numpy.frombuffer(_, 'u1'))
"""

# Whatever holds a buffer under a name may: it is no leak.
STATE = """
seen, named = [], {}

def keep(buffer):
    keep.views = getattr(keep, "views", ()) + (memoryview(buffer)[:0],)

class Keeper:
    all = []

    def __init__(self, buffer):
        self.buffer, self.view = buffer, memoryview(buffer)
        Keeper.all.append(self)
"""

# Who holds one and loses one loses one.
MIXED = (("seen.append(memoryview(_)) or consumers.leaks(_)", "consumer-releases"),
         ("seen.append(_) or consumers.leaks(_)", "consumer-releases"),
         ("seen.append(_) or consumers.keeps_a_reference(_)", "consumer-balances-references"))

MODULES = ("hashlib hmac zlib bz2 lzma struct array io socket mmap os binascii base64 re pickle ctypes random "
           "time").split()


def trial(expression, *arguments):
    command = [PROGRAM, "--check", "--info", *arguments, "--consumer", expression]
    begin = time.monotonic()
    done = subprocess.run(command, capture_output=True, timeout=90, text=True)
    return done, time.monotonic() - begin


def findings(text):
    return {tuple(line.split()[:2]) for line in text.splitlines()[:-1]}


def judge(expression, rule, *arguments):
    done, seconds = trial(expression, *arguments)
    found = findings(done.stdout)
    breaches = {f for f in found if f[1] not in NO_BREACH.get(f[0], ()) or f[1] == rule}
    problems = [] if rule is None or rule in {f[1] for f in breaches} else ["not found"]
    problems += ["found %s %s" % f for f in sorted(breaches) if f[1] != rule]
    expected = int(any(f[0] == "error" for f in found))
    if done.returncode != expected:
        problems.append("exit %d: %s" % (done.returncode, done.stderr.strip()))
    if seconds > SLOW:
        problems.append("took %.1f s" % seconds)
    return problems, done.stdout


# The modules beside consumers.so, and what they need: to be built and to be used.
SAMPLES = {"by_cython": ("Cython",), "by_pybind11": ("pybind11", "numpy"), "by_numpy": ("numpy",)}

# What Cython's views of one type are offered: a structure that begins with that type makes them crash (0.29, 3.3.1).
TYPED = {"right_row": "d", "right_contiguous": "i", "right_table": "f", "right_fortran": "d", "right_indirect": "h",
         "right_writer": "d", "right_copy": "d", "right_holder": "i", "right_keeper": "i", "right_bytes": "B",
         "right_raiser": "d", "right_nogil": "d", "reads_one_more": "d", "keeps_a_pointer": "d"}
TABLES = ("right_table", "right_fortran", "right_indirect", "right_copy")


def list_consumers(module):
    """[(name, rule or None)], by the Python that the module is built for."""
    code = ("import sys; sys.path.insert(0, %r); import %s as module\n"
            "for name, value in sorted(vars(module).items()):\n"
            "    rule = getattr(value, '__doc__', None) or 'None'\n"
            "    if callable(value) and name[0] != '_' and (rule == 'None' or rule.startswith('consumer-')):\n"
            "        print(name, rule)" % (DIRECTORY, module))
    lines = subprocess.run([PYTHON, "-I", "-c", code], capture_output=True, text=True, check=True).stdout.splitlines()
    return [(name, None if rule == "None" else rule) for name, rule in map(str.split, lines)]


def has_module(name):
    return subprocess.run([PYTHON, "-I", "-c", "import " + name], capture_output=True).returncode == 0


def sample_jobs(module):
    own = ["-I", DIRECTORY, "-i", module]
    for name, rule in list_consumers(module):
        narrow = ["--format", TYPED[name]] if module == "by_cython" and name in TYPED else []
        narrow += ["--shape", "3,4"] if narrow and name in TABLES else []
        yield "%s.%s(_)" % (module, name), rule, own + narrow
    if module == "by_cython":
        yield "by_cython.right_row(_)", "consumer-no-crash", own


def jobs():
    own = ["-I", DIRECTORY, "-i", "consumers", "--timeout", "0.5"]
    for name, rule in list_consumers("consumers"):
        yield "consumers.%s(_)" % name, rule, own
    for expression, rule in MIXED:
        yield expression, rule, own + ["-x", "state.py"]
    for module, needs in SAMPLES.items():
        if all(map(has_module, needs)):
            yield from sample_jobs(module)
    modules = [argument for module in MODULES for argument in ("-i", module)]
    for expression in STANDARD.split("\n"):
        if expression:
            yield expression, None, modules + ["-x", "state.py"]
    for expression in NUMPY.split("\n") if has_module("numpy") else ():
        if expression:
            yield expression, None, ["-i", "numpy", "-i", "io", "-x", "state.py"]


EXPRESSIONS = """
import json, numpy, sys
try:
    import _testbuffer
except ImportError:
    _testbuffer = None
for buffer in json.load(sys.stdin):
    if "_testbuffer" in buffer["expression"] and _testbuffer is None:
        continue
    view = memoryview(eval(buffer["expression"]))
    assert list(view.shape) == buffer["shape"], buffer
    assert view.readonly == buffer["readonly"], buffer
    if "_testbuffer" in buffer["expression"]:
        assert view.suboffsets and buffer["suboffsets"], buffer
    elif 0 not in buffer["shape"]:
        assert list(view.strides) == buffer["strides"], (buffer, view.strides)
    if buffer["format"][0] not in "TS<>=Z" and "_testbuffer" not in buffer["expression"]:
        assert view.format in (buffer["format"], {"q": "l", "Q": "L"}.get(buffer["format"])), (buffer, view.format)
print("same")
"""


def judge_expressions():
    """The buffers that are offered, beside what their expressions make."""
    done, _ = trial("numpy.asarray(_)", "-i", "numpy", "-j")
    buffers = [call["buffer"] for call in json.loads(done.stdout)["calls"] if call["buffer"]["expression"]]
    done = subprocess.run([PYTHON, "-c", EXPRESSIONS], input=json.dumps(buffers), capture_output=True, text=True)
    return [] if done.stdout == "same\n" and len(buffers) > 90 else [done.stderr], ""


BURNERS = 4
SPEND = """
import time

def spend(seconds):
    end = time.process_time() + seconds
    while time.process_time() < end:
        pass
"""


def burn(processor):
    child = os.fork()
    if child == 0:
        signal.alarm(60)
        os.sched_setaffinity(0, processor)
        while True:
            pass
    return child


def judge_patience():
    """A right consumer that has a fifth of one processor: no call takes as long as it may, but by the clock on the wall."""
    with open("spend.py", "w") as file:
        file.write(SPEND)
    everywhere = os.sched_getaffinity(0)
    one = {min(everywhere)}
    burners = [burn(one) for _ in range(BURNERS)]
    try:
        os.sched_setaffinity(0, one)
        done, _ = trial("(spend(0.06), bytes(_))[1]", "-x", "spend.py", "--timeout", "0.15", "--format", "B", "--shape", "2")
    finally:
        os.sched_setaffinity(0, everywhere)
        for child in burners:
            os.kill(child, signal.SIGKILL)
            os.waitpid(child, 0)
    return [line for line in done.stdout.splitlines() if line.startswith("error")] or done.stderr.splitlines(), done.stdout


def main():
    words = sys.argv[1:]
    with tempfile.TemporaryDirectory() as directory:
        os.chdir(directory)
        with open("state.py", "w") as file:
            file.write(STATE)
        wanted = [job for job in jobs() if not words or any(word in job[0] for word in words)]
        with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
            results = list(pool.map(lambda job: judge(job[0], job[1], *job[2]), wanted))
        if has_module("numpy") and not words:
            wanted.append(("the expressions of buffers", None, []))
            results.append(judge_expressions())
        if not words:
            wanted.append(("a busy machine", None, []))
            results.append(judge_patience())
    for module, needs in SAMPLES.items():
        lacking = [name for name in needs if not has_module(name)]
        if lacking:
            wanted.append((module + "'s consumers", "# SKIP no %s for %s" % (" or ".join(lacking), PYTHON), []))
            results.append(([], ""))
    failed = 0
    for number, ((expression, rule, _), (problems, output)) in enumerate(zip(wanted, results), 1):
        failed += bool(problems)
        print("%sok %d - %s: %s" % ("not " if problems else "", number, expression, rule or "no finding"))
        if problems:
            print("\n".join("# " + line for line in problems + output.splitlines()))
    print("1..%d" % len(wanted))
    sys.exit(failed > 0)


main()
