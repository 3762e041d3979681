"""--npy against numpy.save, byte for byte, from every source."""

import io
import os
import pickle
import random
import subprocess
import sys
import tempfile
import warnings

import numpy as np

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
from dtypes import padded  # noqa: E402
from house import check, end, program  # noqa: E402

PROGRAM = os.path.abspath(program())
WITH_NUMPY = ("--python", sys.executable)  # that of both
SEED = int(os.environ.get("SEED", "12"))

CODES = ("?", "i1", "u1", "<i2", ">i2", "<u4", ">u4", "<i8", ">i8", "<u8", "<f2", ">f2", "<f4", ">f4", "<f8", ">f8",
         "<f16", "<c8", ">c8", "<c16", "<c32", "S1", "S5", "<U1", "<U4", ">U3", "V3")
FILE_CODES = CODES + ("<M8[ns]", ">m8[D]", "<M8[25us]", "<M8", "<U0", "V0", ">f16")
NAMES = ("a", "x y", "é", "'", '"', "it's \"so\"", "\n", "\\", "}", "T{", "€", "\u2028", "名", "\U0001f600", "f1",
         "\xa0")
SLICES = ("::-1", "1:", "...,0", "::2", "-1", "0:0", "...,::-2", "None,...", "...,None")


def random_dtype(rng, codes, titles, depth=0):
    if depth == 2 or rng.random() < 0.6:
        return np.dtype(rng.choice(codes))
    fields = []
    for name in rng.sample(NAMES, rng.randint(1, 4)):
        title = ("T " + name, name) if titles and rng.random() < 0.1 else name
        field = (title, random_dtype(rng, codes, titles, depth + 1))
        if rng.random() < 0.3 and field[1].itemsize:
            field += (tuple(rng.randint(1, 3) for _ in range(rng.randint(1, 2))),)
        fields.append(field)
    return np.dtype(fields, align=rng.random() < 0.4)


def random_array(rng, codes=CODES, titles=False):
    dtype = random_dtype(rng, codes, titles)
    shape = tuple(rng.choice((0, 1, 1, 2, 3, 5)) for _ in range(rng.randint(0, 4)))
    count = int(np.prod(shape, dtype=int))
    array = np.frombuffer(rng.randbytes(count * dtype.itemsize), dtype) if dtype.itemsize else np.zeros(count, dtype)
    array = array.reshape(shape)
    return np.asfortranarray(array) if rng.random() < 0.4 and not padded(dtype) else array


def leaves(array, path=()):
    """Name, type, shape and bytes of each field that is no struct."""
    for name in array.dtype.names or ():
        yield from leaves(array[name], path + (name,))
    if not array.dtype.names:
        yield path, array.dtype, array.shape, array.tobytes()


def saved(array):
    with warnings.catch_warnings(), tempfile.TemporaryFile() as file:
        warnings.simplefilter("ignore")
        np.save(file, array)  # into a file: NumPy copies through a buffer, and loses padding, elsewhere
        file.seek(0)
        return file.read()


def written(*arguments, stdin=None):
    """What the program writes, or its error."""
    process = subprocess.run([PROGRAM, "--npy", *arguments], input=stdin, stdout=subprocess.PIPE,
                             stderr=subprocess.PIPE, check=False)
    return process.stdout if process.returncode == 0 else (process.returncode, process.stdout, process.stderr)


def compare(what, cases):
    """cases: (arguments, expected bytes)."""
    wrong = []
    for arguments, want in cases:
        got = written(*arguments)
        if got != want:
            wrong.append("%r: %.400r, not %.400r" % (arguments, got, want))
    check(cases and not wrong, "%s: %d" % (what, len(cases)), *wrong[:5])


def compare_files(what, names, wants, *options):
    """The same for many files at once: the outputs come one behind the other."""
    got = written(*options, *names)
    if got == b"".join(wants):
        check(True, "%s: %d" % (what, len(names)))
    else:
        compare(what, [((*options, name), want) for name, want in zip(names, wants)])


def test_npy(rng):
    names, wants = [], []
    for i in range(800):
        array = random_array(rng, FILE_CODES, titles=True)
        with open("%d.npy" % i, "wb") as file:
            file.write(saved(array))
        names.append(file.name)
        wants.append(saved(np.load(file.name)))
    compare_files(".npy files", names, wants)


def test_npz(rng):
    names, wants = [], []
    for i in range(60):
        array = random_array(rng, FILE_CODES)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            (np.savez, np.savez_compressed)[i % 2]("%d.npz" % i, a=array, b=array)
        names.append("%d.npz" % i)
        wants.append(saved(array))
    compare_files(".npz members", names, wants, "-m", "b")


def test_pickles(rng):
    names, wants = [], []
    for i in range(500):
        array = random_array(rng, [code for code in FILE_CODES if code != "V0"], titles=True)
        try:
            want = saved(pickled(array, "%d.pkl" % i, i % 6))
        except ValueError:  # NumPy 2.2 saves no type within which a title stands twice
            continue
        names.append("%d.pkl" % i)
        wants.append(want)
    compare_files("pickles", names, wants, "-t", "pickle")


ORDERS = ("<i2", ">i2", "i1", ">u8", ">f2", ">f4", "<f8", ">f8", ">f16", ">c8", ">c16", ">c32", ">U3", "S3", "V3", "?",
          ">M8[ns]", "<M8[D]", ">m8[25us]", [("a", ">i4")], [("a", ">i4"), ("b", "<f8")],
          [("a", ">i4", (2,)), ("b", ">U2"), ("c", "i1")], [("a", [("b", ">i2"), ("c", "<i2")]), ("t", ">M8[s]")])


def pickled(array, name, protocol):
    """What loading gives of it: in protocols 0 to 4 and some cases of 5 NumPy turns it into the machine's byte order."""
    with open(name, "wb") as file:
        pickle.dump(array, file, protocol)
    with open(name, "rb") as file:
        return pickle.load(file)


def layouts(array):
    yield from (array.reshape(4, 6), np.asfortranarray(array.reshape(4, 6)), array.reshape(4, 6)[::2, ::-3],
                array.reshape(2, 2, 6).transpose(1, 0, 2), array[5:6].reshape(()), array[:0], array)
    yield np.ma.masked_array(array.reshape(4, 6), np.ones((4, 6), bool))
    if array.dtype.names is None:
        yield array.reshape(4, 6).view(np.matrix)
    if array.dtype.char not in "gG":  # a copy of these has anything in the bytes that belong to no number
        yield array[3]  # a scalar, mostly


def test_byte_orders(rng):
    """Who loads a pickle gets the machine's byte order, or the file's: NumPy decides, by protocol, type and layout."""
    names, wants, masked, turned, kept = [], [], [], 0, 0
    for dtype in map(np.dtype, ORDERS):
        array = np.frombuffer(rng.randbytes(24 * dtype.itemsize), dtype)
        if dtype.char in "gG":
            array = np.zeros(24, dtype)  # without bytes that belong to no number
            array[...] = np.arange(24) / 7
        if dtype.kind == "U":
            array = np.array(["a", "bc", "\U0001f600"] * 8, dtype)
        for layout in layouts(array):
            for protocol in range(6):
                name = "order%d.pkl" % (len(names) + len(masked))
                loaded = pickled(layout, name, protocol)
                (masked if isinstance(layout, np.ma.MaskedArray) else names).append(name)
                wants.append(saved(np.ma.getdata(loaded)))
                turned += np.asarray(loaded).dtype != layout.dtype
                kept += np.asarray(loaded).dtype == layout.dtype and not layout.dtype.isnative
    check(turned > 100 and kept > 100, "NumPy turns some and keeps some: %d, %d" % (turned, kept))
    wants = {name: want for name, want in zip(sorted(names + masked, key=lambda name: int(name[5:-4])), wants)}
    compare_files("byte orders", names, [wants[name] for name in names], "-t", "pickle")
    compare_files("masked", masked, [wants[name] for name in masked], "-t", "pickle", "-m", "data")
    cases = []
    for name in rng.sample(names, 60):
        with open(name, "rb") as file:
            loaded = np.asarray(pickle.load(file))
        if loaded.ndim > 0:
            cases.append((("-t", "pickle", "-S", "::-2", name), saved(loaded[::-2])))
    compare("slices of them", cases)


def test_foreign_machines():
    """array.array of a machine of the other byte order: (class, type code, the machine's format code, bytes)."""
    names, wants = [], []
    for kind, code, little in (("H", 2, "<u2"), ("h", 4, "<i2"), ("I", 6, "<u4"), ("i", 8, "<i4"), ("Q", 10, "<u8"),
                               ("q", 12, "<i8"), ("f", 14, "<f4"), ("d", 16, "<f8")):
        for big in (0, 1):
            data = np.arange(5).astype(little.replace("<", "<>"[big])).tobytes()
            call = (b"\x80\x03carray\n_array_reconstructor\n(carray\narray\nX\1\0\0\0" + kind.encode() + b"K" +
                    bytes([code + big, ord("C"), len(data)]) + data + b"tR.")
            names.append("typed%d.pkl" % len(names))
            with open(names[-1], "wb") as file:
                file.write(call)
            wants.append(saved(np.asarray(pickle.loads(call))))
    compare_files("array.array of other machines", names, wants)


def test_slices(rng):
    cases = []
    while len(cases) < 200:
        array = random_array(rng)
        spec = rng.choice(SLICES)
        try:
            part = eval("array[%s]" % spec, {"array": array})  # one of SLICES
        except IndexError:
            continue
        if padded(array.dtype) or not isinstance(part, np.ndarray):
            continue
        name = "slice%d.npy" % len(cases)
        with open(name, "wb") as file:
            file.write(saved(array))
        cases.append((("-S", spec, name), saved(part)))
    compare("slices", cases)


def test_raw(rng):
    cases = []
    for i in range(100):
        array = np.ascontiguousarray(random_array(rng))
        if not array.size or ":" in str(array.dtype.names):
            continue
        name = "%d.raw" % i
        with open(name, "wb") as file:
            file.write(array.tobytes())
        spec, shape = memoryview(array).format, ",".join(map(str, array.shape))
        if spec[0] == "T" and np.dtype(array.dtype).isalignedstruct is False:
            continue
        try:
            same = np.asarray(memoryview(array)).itemsize == array.itemsize
        except RuntimeError:  # NumPy does not always read the formats that it writes
            continue
        if same:
            cases.append((("-t", "raw", "--format", spec, "--shape", shape, name), saved(array)))
    compare("raw bytes with a format and a shape", cases)


FORMATS = (
    ("<u", "<U1"), ("n", "<i8"), ("N", "<u8"), ("c", "S1"), ("F", "<c8"), (">D", ">c16"), ("7x", "V7"), ("g", "<f16"),
    ("id", [("f0", "<i4"), ("", "V4"), ("f1", "<f8")]), ("i:f1:i", [("f1", "<i4"), ("f0", "<i4")]),
    ("T{i:a:3x:v:2x}", [("a", "<i4"), ("v", "V3"), ("", "V5")]), (">3wx", [("f0", ">U3"), ("", "V1")]),
    ("T{(2)(5)d:a:}", [("a", ("<f8", (5,)), (2,))]),
    ("T{(2)3i:a:(1)b:b:1b:c:}", [("a", ("<i4", (3,)), (2,)), ("b", "i1", (1,)), ("c", "i1"), ("", "V2")]))


def test_formats():
    cases = []
    data = bytes(range(240))
    for spec, descr in FORMATS:
        dtype = np.lib.format.descr_to_dtype(descr)
        with open("formats", "wb") as file:
            file.write(data[:2 * dtype.itemsize])
        cases.append((("-t", "raw", "--format", spec, "formats"), saved(np.frombuffer(data, dtype, 2))))
        cases[-1] = (cases[-1][0], written(*cases[-1][0]), cases[-1][1])
    wrong = ["%s: %r, not %r" % (arguments, got, want) for arguments, got, want in cases if got != want]
    check(not wrong, "formats that NumPy writes otherwise or not at all", *wrong)
    for spec, dtype, dims in (("(2,3)f", "<f4", (2, 3)), ("3i", "<i4", (3,)), ("(2)(5)h", "<i2", (2, 5))):
        array = np.frombuffer(data, dtype).reshape((-1,) + dims)
        check(written("-t", "raw", "--format", spec, "-", stdin=data) == saved(array),
              "extents in front of the whole format are dimensions: " + spec)
        check(written("-t", "raw", "--format", spec, "-S", "::-2", "-", stdin=data) == saved(array[::-2]),
              "in a slice too: " + spec)


def test_headers():
    """The versions: the least that can hold the header, as NumPy has it."""
    cases = []
    for count in range(3115, 3121):  # past 65535 bytes, one field at a time
        for last in ("z", "zz", "zzzz", "zzzzzzzz", "é", "€"):
            array = np.zeros(1, [("%08d" % i, "<i4") for i in range(count)] + [(last, "i1")])
            with open("header%d.pkl" % len(cases), "wb") as file:
                pickle.dump(array, file)
            cases.append((file.name, saved(array)))
    check({want[6] for _, want in cases} == {1, 2, 3}, "all three versions occur")
    compare_files("headers of about 64 KiB", *zip(*cases))


SETUP = """
import ctypes, random, sys
import numpy as np
sys.path.insert(0, %r)
import save
rng = random.Random(%d)
ARRAYS = [save.random_array(rng) for _ in range(40)]
ARRAYS += [np.arange(4).astype('M8[us]')[::-1], np.zeros((2, 3), '>m8[25ns]', 'F'),
           np.zeros(2, [('t', 'M8[D]'), ('é', 'U2')])]
base = np.arange(60, dtype='>i4').reshape(3, 4, 5)
ARRAYS += [base[::-1], base.T, base[:, ::2], np.broadcast_to(base[0, 0], (2, 5)), base.transpose(1, 0, 2),
           base[..., None], base[:, :0], base[1, 2, 3, ...],
           np.zeros(3, {'names': ['a'], 'formats': ['u1'], 'itemsize': 4}),
           np.zeros(3, [('a', 'i1'), ('b', 'f8'), ('c', 'i2')])[['a', 'c']]]
"""


def test_eval():
    space = {}
    setup = SETUP % (os.path.dirname(os.path.abspath(__file__)), SEED)
    with open("setup.py", "w", encoding="utf-8") as file:
        file.write(setup)
    exec(compile(setup, "setup", "exec"), space)  # the same arrays, here and there
    arrays = space["ARRAYS"]
    exact, wrong = [], []
    for i, array in enumerate(arrays):
        arguments = (*WITH_NUMPY, "-x", "setup.py", "-e", "ARRAYS[%d]" % i)
        if not padded(array.dtype):
            exact.append((arguments, saved(array)))
            continue
        got = written(*arguments)
        loaded = np.load(io.BytesIO(got)) if isinstance(got, bytes) else np.zeros(0)
        if list(leaves(loaded)) != list(leaves(array)):
            wrong.append("%r: %.300r" % (array.dtype, got))
    compare("arrays of NumPy", exact)
    check(not wrong, "padded ones have the same fields and values", *wrong)
    part = space["base"][:, ::2]
    compare("--contiguous", [
        ((*WITH_NUMPY, "-x", "setup.py", "-e", "base[:, ::2]", "--contiguous", "F"), saved(np.asfortranarray(part))),
        ((*WITH_NUMPY, "-x", "setup.py", "-e", "base.T", "--contiguous", "C"), saved(np.ascontiguousarray(space["base"].T)))])
    compare("exporters that are not NumPy", [
        (("-e", "b'abc'"), saved(np.frombuffer(b"abc", "u1"))),
        (("-i", "array", "-e", "array.array('d', [1, 2.5])"), saved(np.array([1, 2.5]))),
        (("-e", "memoryview(bytes(range(12))).cast('i', [3, 1])[::-1]"),
         saved(np.frombuffer(bytes(range(12)), "<i4").reshape(3, 1)[::-1])),
        (("-i", "ctypes", "-e", "((ctypes.c_short * 3) * 2)()"), saved(np.zeros((2, 3), "<i2")))])


def test_refusals():
    cases = [("O", b"no type for items of format 'O'"), ("P", b"format 'P'"), ("&<i", b"format '&<i'"),
             ("5p", b"format '5p'"), ("=T{i:a:X{}:f:}", b"format 'X{}'"), ("5t", b"format '5t'"), ("u", b"format 'u'"),
             ("Ze", b"format 'Ze'"), ("T{i:a:i:a:}", b"'a' occurs twice")]
    with open("zeros", "wb") as file:
        file.write(bytes(80))
    for spec, message in cases:
        got = written("-t", "raw", "--format", spec, "--shape", "1", "zeros")
        check(isinstance(got, tuple) and got[:2] == (2, b"") and message in got[2] and got[2].count(b"\n") == 1,
              "refused in a line: " + spec, got)
    overlapping = np.zeros(2, {"names": ["b", "a"], "formats": ["<i4", "<i4"], "offsets": [2, 0]})
    with open("overlap.pkl", "wb") as file:
        pickle.dump(overlapping, file)
    got = written("overlap.pkl")
    check(got[:2] == (2, b"") and b"out of order" in got[2], "as numpy.save refuses: fields that overlap", got)
    for arguments in (("-n", "3", "zeros"), ("-s", "1", "zeros"), ("-o", "F", "zeros")):
        got = written("-t", "raw", *arguments)
        check(got[:2] == (2, b"") and b"not with --npy" in got[2], "the whole view only: " + " ".join(arguments), got)
    np.savez("two.npz", a=[1], b=[2])
    got = written("two.npz")
    check(got[:2] == (2, b"") and b"--member" in got[2], "a container", got)
    got = written("-r", "SIMPLE", "-e", "memoryview(b'12345678').cast('i')")
    check(got[:2] == (2, b""), "an answer without a format", got)


def main():
    rng = random.Random(SEED)
    with tempfile.TemporaryDirectory() as directory:
        os.chdir(directory)
        test_npy(rng)
        test_npz(rng)
        test_pickles(rng)
        test_byte_orders(rng)
        test_foreign_machines()
        test_slices(rng)
        test_raw(rng)
        test_formats()
        test_headers()
        test_eval()
        test_refusals()
        os.chdir("/")
    end()


if __name__ == "__main__":
    main()
