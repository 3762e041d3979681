#!/usr/bin/env python3
"""The pickle machine against Python's unpickler and NumPy.

Objects are pickled in every protocol, by the C pickler, by pickle.py's, as
Python 2 would and under NumPy 2's module names. What the machine makes of the
bytes must be what pickle.loads gives: types, scalars' repr, containers, and
for buffers memoryview's format, item size, shape, strides and the bytes.

Known differences, by intent: bytes in foreign order stay as the file has them
(pickle.loads swaps some); datetimes read as integers, where NumPy exports
none; scalars have the layout of a 0-d array.
"""
import array
import os
import pickle
import random
import struct
import sys
import warnings

import numpy

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
from machine import Buffer, Machine, Refused  # noqa: E402
from pickled import (PLAIN, SCALARS, TYPECODES, Call, Python2Pickler, SlowPickler, by, numpy_scalar,  # noqa: E402
                     random_array, random_object, random_scalar, random_typed, renamed, safe_type)

warnings.simplefilter("ignore")

SEED = int(os.environ.get("SEED", "20240229"))
ROUNDS = int(os.environ.get("ROUNDS", "100"))


# --- what is expected --------------------------------------------------------------

def is_stand_in(dtype):
    """True when PEP 3118 cannot say what the type is, and our format is a stand-in."""
    if dtype.subdtype:
        return is_stand_in(dtype.subdtype[0])
    if dtype.fields is not None:
        parts = [dtype.fields[name] for name in dtype.names]
        ends = [0] + [offset + field.itemsize for field, offset, *_ in parts]
        return (any(is_stand_in(field) for field, *_ in parts) or any(":" in name for name in dtype.names)
                or any(part[1] < end for part, end in zip(parts, ends)))
    return dtype.kind in "mM" or (dtype.kind in "fc" and not dtype.isnative and dtype.char in "gG")


def contiguous_strides(value):
    """Strides from extents alone; what NumPy has for an empty array depends on who made it."""
    step, strides = value.itemsize, {}
    axes = range(value.ndim) if value.flags.fnc else reversed(range(value.ndim))
    for axis in axes:
        strides[axis] = step
        step *= value.shape[axis]
    return tuple(strides[axis] for axis in range(value.ndim))


def expected_array(kind, value):
    format, strides = None, contiguous_strides(value)
    if not is_stand_in(value.dtype):
        if not value.size:  # an empty bytearray of protocol 5 is not aligned
            again = pickle.loads(pickle.dumps(value, 4))
            value = again if again.dtype == value.dtype else value.copy()
        view = memoryview(value)
        format = view.format
        strides = view.strides if value.size and value.itemsize else strides
    return Buffer(kind, format, value.itemsize, value.shape, strides, value.tobytes("A"), value.dtype)


def scalar_kind(value):
    name = type(value).__name__
    return "numpy." + {"float128": "longdouble", "complex256": "clongdouble", "bool": "bool_"}.get(name, name)


def expected(loaded):
    """pickle.loads's object as Machine.value shows it."""
    if isinstance(loaded, numpy.generic):
        return expected_array(scalar_kind(loaded), numpy.array(loaded, dtype=loaded.dtype))
    if isinstance(loaded, numpy.ndarray):
        return expected_array("numpy.ndarray", loaded)
    if isinstance(loaded, numpy.dtype):
        return ("dtype", loaded)
    if isinstance(loaded, (bytes, bytearray, array.array)):
        view = memoryview(loaded)
        kind = "array.array" if isinstance(loaded, array.array) else type(loaded).__name__
        return Buffer(kind, view.format, view.itemsize, view.shape, view.strides, view.tobytes())
    if isinstance(loaded, dict):
        return ("dict", {repr(expected(key)): expected(value) for key, value in loaded.items()})
    if isinstance(loaded, (list, tuple)):
        return (type(loaded).__name__, [expected(item) for item in loaded])
    kind = {type(None): "none", bool: "bool", int: "int", float: "float", str: "str"}[type(loaded)]
    return (kind, loaded if kind == "str" else repr(loaded))


def as_in_file(loaded, original):
    """The loaded object with the byte order of the one that was pickled."""
    if isinstance(original, numpy.ndarray) and loaded.dtype.str != original.dtype.str:
        assert loaded.dtype == original.dtype.newbyteorder("=")
        order = "F" if loaded.flags.fnc else "C"
        # numpy.empty has no '>M8' without a unit since NumPy 2.
        return numpy.ndarray(loaded.shape, original.dtype, bytearray(original.tobytes(order)), order=order)
    if isinstance(original, dict):
        return {key: as_in_file(loaded[key], value) for key, value in original.items()}
    if isinstance(original, (list, tuple)):
        return type(original)(as_in_file(a, b) for a, b in zip(loaded, original))
    return loaded


# --- the tests ---------------------------------------------------------------------

tests = failures = 0


def report(good, what, detail=""):
    global tests, failures
    tests += 1
    failures += not good
    print("%s %d - %s" % ("ok" if good else "not ok", tests, what))
    for line in detail.splitlines()[:12]:
        print("#", line)


def first_difference(shown, wanted, path=""):
    """The innermost place where two descriptions differ, or None."""
    if shown == wanted:
        return None
    if isinstance(shown, tuple) and isinstance(wanted, tuple) and shown[0] == wanted[0]:
        inner, other = shown[1], wanted[1]
        if isinstance(inner, dict) and list(inner) == list(other):
            inner, other = list(inner.values()), list(other.values())
        if isinstance(inner, list) and isinstance(other, list) and len(inner) == len(other):
            for i, pair in enumerate(zip(inner, other)):
                if pair[0] != pair[1]:
                    return first_difference(*pair, "%s/%d" % (path, i))
    return "at %s\nmachine: %r\nwanted:  %r" % (path or "/", shown, wanted)


def compare(data, wanted):
    """None, or how the machine's view of `data` differs from what expected() gave."""
    try:
        machine = Machine(data)
    except Refused as refusal:
        return "refused: %s" % refusal
    if machine.trailing:
        return "%d trailing bytes" % machine.trailing
    return first_difference(machine.value, wanted)


def each_pickle(value, python2=True):
    for protocol in range(6):
        yield "C", protocol, pickle.dumps(value, protocol)
        yield "pickle.py", protocol, by(SlowPickler, value, protocol)
        yield "renamed", protocol, renamed(pickle.dumps(value, protocol))
    if python2:
        for protocol in range(3):
            yield "Python 2", protocol, by(Python2Pickler, value, protocol)


def check(what, values, python2=True):
    """One test: every value in every pickle of it."""
    differences = []
    count = 0
    for value in values:
        for writer, protocol, data in each_pickle(value, python2):
            # Python 3 cannot load Python 2's str, nor NumPy 1 NumPy 2's names: the same object in a pickle of its own.
            same = data if writer in ("C", "pickle.py") else pickle.dumps(value, protocol)
            loaded = pickle.loads(same)
            difference = compare(data, expected(as_in_file(loaded, value)))
            count += 1
            if difference:
                differences.append("%s, protocol %d\n%s" % (writer, protocol, difference))
    report(not differences, "%s (%d pickles)" % (what, count),
           "seed %d, %d of them\n%s" % (SEED, len(differences), differences[0]) if differences else "")


def check_scalars(rng):
    edges = [2**511 - 1, -2**511, 2**63, -2**63, 2**64, 255, 256]
    check("scalars", [random_scalar(rng) for _ in range(ROUNDS)] + edges, python2=False)


def check_bytes():
    ramp = bytes(range(256))
    values = [b"", b"a", b"'\"\\\n", ramp, ramp * 300]
    check("bytes", values, python2=False)
    check("bytearray", [bytearray(value) for value in values], python2=False)
    for protocol in range(3):
        for value in values[3:]:
            difference = compare(by(Python2Pickler, value, protocol), expected(value))
            report(not difference, "Python 2's str of %d bytes, protocol %d" % (len(value), protocol), difference or "")


def check_typed(rng):
    for code in TYPECODES:
        arrays = [value for value in (random_typed(rng) for _ in range(ROUNDS)) if value.typecode == code]
        check("array.array '%s'" % code, arrays + [array.array(code)])
    texts = ["", "a", "a\xe9\u20ac\U0001f600\n", "\ud800x"]
    check("array.array of a str", [Call(array.array, "u", text) for text in texts], python2=False)
    check_foreign(rng)


# machine format code: (kind, bytes, NumPy's type)
MACHINE_FORMATS = ["<u1", "<i1", "<u2", ">u2", "<i2", ">i2", "<u4", ">u4", "<i4", ">i4", "<u8", ">u8", "<i8", ">i8",
                   "<f4", ">f4", "<f8", ">f8", "utf-16-le", "utf-16-be", "utf-32-le", "utf-32-be"]


def check_foreign(rng):
    """_array_reconstructor with every machine format for every type code that it goes with."""
    differences, count = [], 0
    for number, name in enumerate(MACHINE_FORMATS):
        for code in TYPECODES:
            is_text, is_float = name.startswith("utf"), "f" in name[:2]
            if (code == "u") != is_text or (code in "fd") != is_float:
                continue
            if is_text:
                data = "aé€b".encode(name)
            elif is_float:
                data = numpy.array([1.5, -2.25, 1e10], name).tobytes()
            else:
                data = bytes(rng.randrange(256) for _ in range(4 * int(name[2])))
            pickled = pickle.dumps(Call(array._array_reconstructor, array.array, code, number, data), 4)
            loaded = pickle.loads(pickled)
            shown = Machine(pickled).value
            count += 1
            if is_text:
                order = ">" if shown.format[0] == ">" else "<"
                width = {"u": 2, "w": 4}[shown.format[-1]]
                good = width == shown.itemsize and order == {"l": "<", "b": ">"}[name[7]] and \
                    shown.data.decode("utf-%d-%s" % (8 * width, name[-2:])) == loaded.tounicode()
            else:
                good = struct.unpack("%s%d%s" % (shown.format[:-1] or "@", shown.shape[0], shown.format[-1]),
                                     shown.data) == tuple(loaded)
            native = memoryview(loaded).tobytes() == data and (name[0] != ">" or name[2] == "1")
            if not good or shown.data != data or (native and shown.format != memoryview(loaded).format):
                differences.append("format code %d, '%s': %r, loads gives %r" % (number, code, shown, loaded))
    report(not differences, "array.array in foreign bytes (%d pickles)" % count, "\n".join(differences))


def check_arrays(rng):
    for text in PLAIN:
        types = [numpy.dtype(order + text) for order in "<>"]
        check("ndarray of %s" % text, [random_array(rng, dtype) for dtype in types for _ in range(4)])
    check("ndarray of structs", [random_array(rng) for _ in range(ROUNDS)])
    check("dtype", [safe_type(rng) for _ in range(ROUNDS)])
    wide = numpy.dtype([("f%d" % i, "u1") for i in range(3000)])
    check("ndarray of 3000 fields", [numpy.zeros(2, wide)])
    check("ndarray of 32 dimensions", [numpy.zeros((1,) * 32, "i2"), numpy.zeros((2,) * 4 + (1,) * 20, "i2", "F")])
    views = [numpy.arange(24).reshape(2, 3, 4)[:, ::2], numpy.arange(10)[::-1],
             numpy.broadcast_to(numpy.int16(3), (2, 2))]
    check("ndarray of strided memory", views)
    check("ndarray with dtype metadata", [numpy.zeros(2, numpy.dtype("i4", metadata={"unit": "m"}))])


def check_transposed(rng):
    """What NumPy 2.4 writes of an array neither in C nor in Fortran order: _frombuffer with axes."""
    differences = []
    for _ in range(ROUNDS):
        shape = tuple(rng.choice([1, 2, 3, 4]) for _ in range(rng.randrange(1, 6)))
        axes = tuple(rng.sample(range(len(shape)), len(shape)))
        block = numpy.arange(numpy.prod(shape), dtype=rng.choice(["<i2", ">f8", "u1"])).reshape(shape)
        value = block.transpose(axes)
        call = Call(numpy.core.numeric._frombuffer, bytearray(block.tobytes()), block.dtype, shape, "K", axes)
        shown = Machine(renamed(pickle.dumps(call, 5))).value
        wanted = Buffer("numpy.ndarray", memoryview(value).format, value.itemsize, value.shape, value.strides,
                        block.tobytes(), block.dtype)
        if shown != wanted:
            differences.append("%r, wanted %r" % (shown, wanted))
    report(not differences, "transposed ndarray of protocol 5", "\n".join(differences[:1]))


def check_numpy_scalars(rng):
    values = [numpy_scalar(rng, text) for text in SCALARS]
    check("NumPy scalars", values + [numpy.array((1, 2.5), [("a", "i2"), ("b", "f8")])[()]])


def check_containers(rng):
    check("containers", [random_object(rng) for _ in range(ROUNDS)], python2=False)
    many = {"labels": list(range(7000)), "names": ["file-%d.png" % i for i in range(2000)],
            "data": numpy.zeros((100, 3072), "u1")}
    check("large containers", [many, tuple(range(3000)), {i: str(i) for i in range(3000)}], python2=False)


def check_memory():
    """A million numbers fit into the limit, and payloads are not copied."""
    for value in (list(range(1000, 1001000)), array.array("i", range(1000000)), [float(i) for i in range(1000000)]):
        machine = Machine(pickle.dumps(value, 2), shown=False)
        report(machine.size == (4 if isinstance(value, array.array) else 1) * len(value),
               "a million numbers in a %s" % type(value).__name__)
    for protocol in (3, 4, 5):
        for value in (bytes(10**7), bytearray(10**7) if protocol == 5 else bytes(10**6), numpy.zeros(10**6)):
            machine = Machine(pickle.dumps(value, protocol))
            good = machine.used < 16384 and machine.value.offset is not None
            report(good, "%s of protocol %d stays in the file" % (type(value).__name__, protocol),
                   "" if good else "%d bytes used" % machine.used)


# Written by Python 2.7.18, and what they hold.
PYTHON2 = [
    (b"carray\narray\np0\n(S'i'\np1\n(lp2\nI1\naI2\natp3\nRp4\n.", array.array("i", [1, 2])),
    (b"\x80\x02carray\narray\nq\x00U\x01iq\x01]q\x02(K\x01K\x02e\x86q\x03Rq\x04.", array.array("i", [1, 2])),
    (b"carray\narray\np0\n(S'u'\np1\n(lp2\nVa\np3\naVb\np4\natp5\nRp6\n.", array.array("u", "ab")),
    (b"c__builtin__\nbytearray\np0\n(Vab\xff\np1\nS'latin-1'\np2\ntp3\nRp4\n.", bytearray(b"ab\xff")),
    (b"c__builtin__\nbytearray\nq\x00(X\x04\x00\x00\x00ab\xc3\xbfq\x01U\x07latin-1q\x02tq\x03Rq\x04.",
     bytearray(b"ab\xff")),
    (b"c__builtin__\nbytearray\np0\n(V\np1\nS'latin-1'\np2\ntp3\nRp4\n.", bytearray()),
    (b"ccollections\nOrderedDict\np0\n((lp1\n(lp2\nS'a'\np3\naI1\naatp4\nRp5\n.", {"a": 1}),
    (b"\x80\x02ccollections\nOrderedDict\nq\x00]q\x01]q\x02(U\x01aq\x03K\x01ea\x85q\x04Rq\x05.", {"a": 1}),
    (b"S'a\\xff\\n\\x00\\'\"'\np0\n.", b"a\xff\n\x00'\""),
    (b"U\x06a\xff\n\x00'\"q\x00.", b"a\xff\n\x00'\""),
    (b"S''\np0\n.", ""),
    (b"Va\\u1234\np0\n.", "a\u1234"),
    (b"(dp0\nS'a'\np1\nL1180591620717411303424L\nsI1\nL2L\nsF3.5\nI01\ns.", {"a": 2**70, 1: 2, 3.5: True}),
    (b"}q\x00(U\x01aq\x01L1180591620717411303424L\nK\x01L2L\nG@\x0c\x00\x00\x00\x00\x00\x00I01\nu.",
     {"a": 2**70, 1: 2, 3.5: True}),
]


def main():
    rng = random.Random(SEED)
    check_scalars(rng)
    check_bytes()
    check_typed(rng)
    check_arrays(rng)
    check_transposed(rng)
    check_numpy_scalars(rng)
    check_containers(rng)
    check_memory()
    for data, value in PYTHON2:
        difference = compare(data, expected(value))
        report(not difference, "Python 2: %r" % value, difference or "")
    print("1..%d" % tests)
    return failures != 0


if __name__ == "__main__":
    sys.exit(main())
