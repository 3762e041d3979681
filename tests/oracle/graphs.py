#!/usr/bin/env python3
"""Graphs of objects as the program lists them against what Python's own unpickler builds of them.

Graphs are made at random, of classes with states, slots, arguments, items, cycles and shared parts, and of
everything that __reduce_ex__ may return; Python's picklers write them in every protocol. The unpickler of
pickle.py then runs with stand-ins for whatever is named, which record what is done to them, and the members
that the manual promises are worked out from what they recorded.
"""
import copyreg
import io
import json
import os
import pickle
import random
import subprocess
import sys
import types

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
from house import check, end, program  # noqa: E402

PROGRAM = os.path.abspath(program())
SEED = int(os.environ.get("SEED", "20261129"))
ROUNDS = int(os.environ.get("ROUNDS", "240"))

# --- what is pickled ------------------------------------------------------------------

m = types.ModuleType("m")
sys.modules["m"] = m


def known(name, made):
    """A class or function of the module m."""
    made.__module__, made.__name__ = "m", name.rsplit(".", 1)[-1]
    made.__qualname__ = name
    if "." not in name:
        setattr(m, name, made)
    return made


class Outer:
    class Inner:
        pass


class Both:
    __slots__ = ("__dict__", "s", "t")


class Slots:
    __slots__ = ("s", "t")

    def __getstate__(self):  # protocols 0 and 1 have none of their own for slots
        return None, {name: getattr(self, name) for name in self.__slots__ if hasattr(self, name)}

    def __setstate__(self, state):
        raise NotImplementedError


class Stateful:
    def __getstate__(self):
        return self.kept


class NewArgs:
    def __getnewargs__(self):
        return self.given


class NewKeywords:
    def __getnewargs_ex__(self):
        return self.given, self.named


class Reduced:
    def __reduce_ex__(self, protocol):
        return self.reduced


class Persistent:
    def __init__(self, key):
        self.key = key


class Extended:
    pass


PLAIN = [known("Plain%d" % i, type("Plain%d" % i, (), {})) for i in range(3)]
for made in (Outer, Both, Slots, Stateful, NewArgs, NewKeywords, Reduced, Persistent, Extended):
    known(made.__name__, made)
known("Outer.Inner", Outer.Inner)
SUBCLASSES = [known("Sub" + base.__name__, type("Sub" + base.__name__, (base,), {}))
              for base in (list, dict, tuple, int, str, float)]
FUNCTIONS = [known("function%d" % i, lambda *arguments: None) for i in range(3)]
copyreg.add_extension("m", "Extended", 5)

KEYS = ["a", "b", "a/b", "", ".args", "0", "#1", "\u00e9", "key with blanks", 0, 7, -1, None, True, 1.5, (1, 2), ("x",)]
SCALARS = [None, True, False, 0, 255, -7, 2 ** 31, 2 ** 70, 1.5, -0.0, float("inf"), "", "text", "\u20ac", b"", b"bytes",
           b"\xff" * 300, ()]


class Maker:
    def __init__(self, rng):
        self.rng, self.made = rng, []

    def keep(self, value):
        self.made.append(value)
        return value

    def some(self, depth, most=3):
        return [self.value(depth + 1) for _ in range(self.rng.randrange(most + 1))]

    def dictionary(self, depth, keys=None):
        keys = keys or KEYS
        chosen = self.rng.sample(keys, self.rng.randrange(min(len(keys), 3) + 1))
        return {key: self.value(depth + 1) for key in chosen}

    def value(self, depth=0):
        rng = self.rng
        if self.made and rng.random() < 0.15:
            return rng.choice(self.made)
        if depth > 5 or rng.random() < 0.3:
            return rng.choice(SCALARS)
        return rng.choice([self.plain_list, self.plain_dict, self.plain_tuple, self.plain_set, self.subclass,
                           self.special, self.instance, self.instance, self.reduced, self.reduced])(depth)

    def plain_list(self, depth):
        made = self.keep([])
        made.extend(self.some(depth))
        return made

    def plain_dict(self, depth):
        made = self.keep({})
        made.update(self.dictionary(depth))
        return made

    def plain_tuple(self, depth):
        return self.keep(tuple(self.some(depth, 5)))

    def plain_set(self, depth):
        kind = self.rng.choice([set, frozenset])
        return self.keep(kind(self.rng.sample(["x", 1, 2.5, (1, 2), None, "y"], self.rng.randrange(5))))

    def attributes(self, made, depth):
        for name in self.rng.sample(["x", "y", "s", "t"], self.rng.randrange(4)):
            if hasattr(made, "__dict__") or name in "st":
                setattr(made, name, self.value(depth + 1))
        return made

    def instance(self, depth):
        kind = self.rng.choice(PLAIN + [Outer.Inner, Both, Slots, Stateful, NewArgs, NewKeywords, Extended])
        made = self.keep(kind())
        if kind is Stateful:
            slots = self.dictionary(depth, ["a", "b"]), {"s": 1}
            made.kept = self.rng.choice([self.value(depth + 1), self.some(depth), slots])
            return made
        if kind in (NewArgs, NewKeywords):
            made.given = tuple(self.some(depth + 3, 2))
            made.named = {"k": self.rng.choice(SCALARS)}
        return self.attributes(made, depth)

    def subclass(self, depth):
        kind = self.rng.choice(SUBCLASSES)
        made = self.keep({"Sublist": lambda: kind(self.some(depth)), "Subdict": lambda: kind(self.dictionary(depth)),
                          "Subtuple": lambda: kind(self.some(depth)), "Subint": lambda: kind(3), "Substr": lambda: kind("t"),
                          "Subfloat": lambda: kind(2.5)}[kind.__name__]())
        return self.attributes(made, depth)

    def reduced(self, depth):
        """All forms of what __reduce_ex__ gives, of two to six items."""
        rng, made = self.rng, self.keep(Reduced())
        call = rng.choice([(rng.choice(FUNCTIONS + PLAIN + [Outer.Inner]), tuple(self.some(depth + 2))),
                           (copyreg.__newobj__, (Reduced, *self.some(depth + 2))),
                           (copyreg.__newobj_ex__, (Reduced, tuple(self.some(depth + 2, 2)), {"k": 1}))])
        made.reduced = call  # what is met on the way back is whole enough
        rest = [rng.choice([None, self.dictionary(depth, ["a", "b", ".args", "0"]), self.value(depth + 1),
                            (None, self.dictionary(depth, ["s", "t"])), (self.dictionary(depth, ["a"]), {"s": 1})]),
                rng.choice([None, self.some(depth, 4)]), rng.choice([None, list(self.dictionary(depth).items())]),
                rng.choice(FUNCTIONS)]
        rest = rest[:rng.randrange(5)]
        made.parts, made.call = rest, call
        return made

    def special(self, depth):
        rng = self.rng
        return rng.choice([lambda: self.keep(Persistent(rng.choice(["key", "other"]))), lambda: rng.choice(FUNCTIONS + PLAIN),
                           lambda: self.keep(bytearray(b"array")), lambda: Outer.Inner, lambda: Extended])()

    def renew(self):
        """Iterators for another pickling."""
        for made in self.made:
            if isinstance(made, Reduced) and hasattr(made, "parts"):
                made.reduced = made.call + tuple(iter(part) if i in (1, 2) and part is not None else part
                                                 for i, part in enumerate(made.parts))


def dumped(value, protocol, pure):
    out = io.BytesIO()

    class Pickler(pickle._Pickler if pure else pickle.Pickler):
        def persistent_id(self, obj):
            return obj.key if isinstance(obj, Persistent) else None

    Pickler(out, protocol).dump(value)
    return out.getvalue()


# --- what the unpickler makes of it --------------------------------------------------------

class Global:
    def __init__(self, dotted):
        self.dotted = dotted


class Object:
    """What a call gives, and what was then done to it."""

    def __init__(self, type_name, arguments=None, keywords=None):
        self.type_name, self.arguments, self.keywords = type_name, arguments, keywords
        self.items, self.entries, self.states = [], [], []

    def append(self, item):
        self.items.append(item)

    def extend(self, items):
        self.items.extend(items)

    def __setitem__(self, key, value):
        self.entries.append((key, value))


def same_call(made, dropped):
    """The pickler drops what a call gives that refers to itself, once it has been made on the way."""
    return (isinstance(made, Object) and made.type_name == dropped.type_name and type(made.arguments) is tuple and
            list(map(id, made.arguments)) == list(map(id, dropped.arguments)))


class Set(list):
    """In the order of the stream."""

    def __init__(self, items, kind):
        super().__init__(items)
        self.kind = kind


class Unpickler(pickle._Unpickler):
    dispatch = dict(pickle._Unpickler.dispatch)

    def __init__(self, file):
        super().__init__(file)
        self.imports, self.calls, self.reduced = set(), set(), None

    def find_class(self, module, name):
        self.imports.add("%s.%s" % (module, name))
        return Global("%s.%s" % (module, name))

    def get_extension(self, code):
        self.imports.add("extension %d" % code)
        self.append(Global("extension %d" % code))

    def persistent_load(self, key):
        return Object("persistent id", key)

    def call(self, function, arguments, keywords=None):
        if not isinstance(function, Global):
            return Object("result of a call", arguments, keywords)
        self.calls.add(function.dotted)
        dotted = function.dotted.replace("__builtin__", "builtins").replace("copy_reg", "copyreg")
        made = KNOWN[dotted](*arguments) if dotted in KNOWN else None
        if dotted.startswith("copyreg.") and isinstance(arguments[0], Global):
            self.calls.add(arguments[0].dotted)
        return made if made is not None else Object(function.dotted, arguments, keywords)

    def load_reduce(self):
        arguments = self.stack.pop()
        self.stack[-1] = self.reduced = self.call(self.stack[-1], arguments)
    dispatch[pickle.REDUCE[0]] = load_reduce

    def load_newobj(self):
        arguments = self.stack.pop()
        self.stack[-1] = self.call(self.stack[-1], arguments)
    dispatch[pickle.NEWOBJ[0]] = load_newobj

    def load_newobj_ex(self):
        keywords, arguments = self.stack.pop(), self.stack.pop()
        self.stack[-1] = self.call(self.stack[-1], arguments, keywords)
    dispatch[pickle.NEWOBJ_EX[0]] = load_newobj_ex

    def _instantiate(self, klass, arguments):
        self.append(self.call(klass, tuple(arguments)))

    def load_build(self):
        state = self.stack.pop()
        self.stack[-1].states.append(state)
    dispatch[pickle.BUILD[0]] = load_build

    def load_pop(self):
        dropped = self.stack[-1] if self.stack else None
        pickle._Unpickler.load_pop(self)
        if (dropped is self.reduced and isinstance(dropped, Object) and len(dropped.arguments) == 2 and
                not any(kept is dropped or same_call(kept, dropped) for kept in self.memo.values())):
            owner, state = dropped.arguments  # what a reduction's own setter is called with
            if isinstance(owner, Object):
                owner.states.append(state)
    dispatch[pickle.POP[0]] = load_pop

    def load_empty_set(self):
        self.append(Set([], "set"))
    dispatch[pickle.EMPTY_SET[0]] = load_empty_set

    def load_frozenset(self):
        items = self.pop_mark()  # which changes where append goes
        self.append(Set(items, "frozenset"))
    dispatch[pickle.FROZENSET[0]] = load_frozenset

    def load_additems(self):
        items = self.pop_mark()
        self.stack[-1].extend(items)
    dispatch[pickle.ADDITEMS[0]] = load_additems

    def load_next_buffer(self):
        self.append(Object("out-of-band buffer"))
    dispatch[pickle.NEXT_BUFFER[0]] = load_next_buffer

    def load_readonly_buffer(self):
        pass
    dispatch[pickle.READONLY_BUFFER[0]] = load_readonly_buffer


def reconstructed(kind, base, value):
    made = Object(kind.dotted, () if value is None else value if type(value) is tuple else (value,))
    if type(value) is list:
        made.arguments, made.items = (), value
    elif type(value) is dict:
        made.arguments, made.entries = (), list(value.items())
    return made


def with_keywords(kind, arguments, keywords):
    return Object(kind.dotted, arguments, keywords)


# What is no call of somebody's class: how the protocols write things that later ones have opcodes for.
KNOWN = {
    "_codecs.encode": lambda text, encoding: text.encode("latin-1"),
    "builtins.bytes": lambda: b"",
    "builtins.bytearray": bytearray,
    "builtins.set": lambda items=(): Set(items, "set"),
    "builtins.frozenset": lambda items=(): Set(items, "frozenset"),
    "builtins.getattr": lambda outer, name: Global("%s.%s" % (outer.dotted, name)) if hasattr(outer, "dotted") else None,
    "copyreg._reconstructor": reconstructed,
    "copyreg.__newobj__": lambda kind, *arguments: Object(kind.dotted, arguments),
    "copyreg.__newobj_ex__": with_keywords,
}


# --- its members, as the manual has them -------------------------------------------------------

def key_text(key):
    return key if isinstance(key, str) else repr(key)


def keyed(entries):
    """Steps for the entries of a dict: of keys with one text a str is meant, else the last; others have their place."""
    meant = {}
    for place, (key, _) in enumerate(entries):
        text = key_text(key)
        if text not in meant or not isinstance(entries[meant[text]][0], str):
            meant[text] = place
    return [(key_text(key) + ("" if meant[key_text(key)] == place else "#%d" % place), value)
            for place, (key, value) in enumerate(entries)]


def is_slots(state):
    return type(state) is tuple and [type(part) for part in state] in ([dict, dict], [type(None), dict])


def state_members(state):
    if type(state) is dict:
        return [(key_text(key), value) for key, value in state.items()]
    if is_slots(state):
        return [(key_text(key), value) for part in state if part for key, value in part.items()]
    return [(".state", state)]


def members(value):
    if isinstance(value, (list, tuple)):
        return [(str(i), item) for i, item in enumerate(value)]
    if isinstance(value, dict):
        return keyed(list(value.items()))
    if not isinstance(value, Object):
        return []
    rows = [(str(i), item) for i, item in enumerate(value.items)]
    rows += keyed(list(value.entries))
    if value.states:
        rows += state_members(value.states[0] if len(value.states) == 1 else value.states)
    if isinstance(value.arguments, tuple):
        rows += [(".args/%d" % i, item) for i, item in enumerate(value.arguments)]
    elif value.arguments is not None:
        rows.append((".args", value.arguments))
    return rows + [(".kwargs/" + key_text(key), item) for key, item in (value.keywords or {}).items()]


def type_of(value):
    if isinstance(value, (Object, Set)):
        return value.type_name if isinstance(value, Object) else value.kind
    return "global" if isinstance(value, Global) else type(value).__name__


def note_of(value):
    count = len(members(value))
    if isinstance(value, Global):
        return value.dotted
    if isinstance(value, str):
        return "'%s'" % value
    if isinstance(value, (bytes, bytearray)):
        return None
    if isinstance(value, (list, tuple, dict)) or count:
        return "%d member%s" % (count, "" if count == 1 else "s")
    return None if isinstance(value, Object) else repr(value)


def is_shown_once(value):
    return isinstance(value, (Object, bytearray)) or (isinstance(value, (list, tuple, dict)) and len(value) > 0)


def expected_rows(root):
    rows, met = [], {id(root): "#0"}

    def walk(value, path):
        for step, item in members(value):
            name = path + "/" + step if path is not None and path != "" else step
            again = is_shown_once(item) and id(item) in met
            rows.append((name, type_of(item), "as " + met[id(item)] if again else note_of(item)))
            if not again:
                met[id(item)] = name
                walk(item, name)

    walk(root, None)
    return rows


# --- both, compared ------------------------------------------------------------------------------

def listed(content):
    process = subprocess.run([PROGRAM, "-t", "pickle", "-R", "-j", "-"], input=content, stdout=subprocess.PIPE,
                             stderr=subprocess.PIPE, check=False)
    return json.loads(process.stdout) if process.returncode == 0 else {"error": process.stderr.decode(), "members": []}


def differences(content):
    unpickler = Unpickler(io.BytesIO(content))
    expected = expected_rows(unpickler.load())
    record = listed(content)
    got = [(row["name"], row["type"], row["note"]) for row in record["members"]]
    if got != expected:
        same = [one == other for one, other in zip(got, expected)]
        first = same.index(False) if False in same else len(same)
        return ["row %d of %d: %r" % (first, len(got), got[first:first + 2]), "not %r" % expected[first:first + 2],
                record.get("error", ""), repr(content[:3000])]
    names = [sorted(unpickler.imports), sorted(unpickler.calls & unpickler.imports)]
    if [record.get("imports"), record.get("calls")] != names:
        return ["imports and calls: %r" % [record.get("imports"), record.get("calls")], "not %r" % names]
    return []


def test_graphs():
    rng = random.Random(SEED)
    wrong, count, size = [], 0, 0
    while count < ROUNDS and not wrong:
        maker = Maker(random.Random(rng.random()))
        graph = [maker.value() for _ in range(4)]
        for protocol in rng.sample(range(pickle.HIGHEST_PROTOCOL + 1), 2):
            maker.renew()
            try:
                content = dumped(graph, protocol, rng.random() < 0.5)
            except (RecursionError, TypeError, pickle.PicklingError):
                continue  # a cycle through arguments; keywords in protocols before 2
            if b"functools" in content:
                continue  # keywords in protocols 2 and 3: see library_values.py
            wrong = wrong or differences(content)
            count += 1
            size = max(size, len(content))
    check(not wrong, "%d graphs, seed %d" % (count, SEED), *wrong)
    check(size > 500, "some of them are large", size)


STREAMS = {
    "INST": b"(K\1Va\nim\nC\n}Vx\nK\2sb.",
    "OBJ": b"(cm\nC\nK\1](K\2eo.",
    "OBJ without arguments": b"](cm\nC\noa.",
    "a call of what a call gave": b"](cm\nf\n(K\1tR(K\2tRK\3e.",
    "EXT1": b"\x80\2](\x82\x07)\x81\x82\x07e.",
    "EXT2 and EXT4": b"\x80\2](\x83\x07\1\x84\x07\0\1\0)Re.",
    "PERSID": b"](Pkey\nNe.",
    "BINPERSID of a tuple": b"\x80\2](X\1\0\0\0aK\1\x86QNe.",
    "NEXT_BUFFER": b"\x80\5](\x97\x97\x98e.",
    "DUP and POP": b"](K\1K\20](K\7e2e.",
    "POP_MARK": b"](K\1(K\2K\3\x31K\4e.",
    "two states": b"](cm\nC\n)\x81}Va\nK\1sb}Vb\nK\2sbNe.",
    "items and entries of an object": b"](cm\nC\n)\x81(K\1K\2eK\3a(Vk\nK\4uVj\nK\5sNe.",
    "a list in itself": b"]\x94h\0a.",
    "a tuple by way of a list": b"]\x94h\0\x85a.",
    "an object in its own state": b"](cm\nC\n)\x81\x94}Vme\nh\0sbNe.",
    "a part of two": b"](](K\1e\x94h\0h\0\x85e.",
    "slots without a dict": b"](cm\nC\n)\x81N}Vs\nK\1s\x86bNe.",
    "a state of two dicts and more": b"](cm\nC\n)\x81}}N\x87bNe.",
    "keywords": b"\x80\4](cm\nC\n(K\1t}Vk\nK\2s\x92Ne.",
    "sets": b"\x80\4](\x8f(K\1K\2\x90(K\3K\4\x91\x8fe.",
    "LIST and DICT": b"((K\1K\2l(Va\nK\3dNl.",
    "LONG4 and LONG_BINPUT": b"\x80\2](\x8b\2\0\0\0\xff\xffr\5\0\0\0j\5\0\0\0e.",
}


def test_streams():
    """What Python's picklers no longer write."""
    for what, content in STREAMS.items():
        wrong = differences(content)
        check(not wrong, "stream: " + what, *wrong)


def main():
    test_streams()
    test_graphs()
    end()


main()
