#!/usr/bin/python3
"""Types that PEP 3118 has no code for, by their names: every bit pattern against their definition, in fractions.

A name says how its bits lie: e4m3 is the sign, 4 bits of exponent, 3 of mantissa; b11 the bias; f finite (no
infinity), n NaN, u unsigned, uz no -0 (its place is NaN).  The README of ml_dtypes has these words.
"""
import os
import re
import struct
import sys
import tempfile
from fractions import Fraction

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
from house import check, end, rows, run, skip  # noqa: E402

import numpy as np  # noqa: E402

try:
    import ml_dtypes
except ImportError:
    ml_dtypes = None

NAMES = [arguments[0] for macro, arguments in rows("src/value/named.def", "FLOAT", "INTEGER", "COMPLEX", "ALIAS")
         if macro != "ALIAS"]
ALIASES = [arguments for macro, arguments in rows("src/value/named.def", "ALIAS")]


def values(name, data, *more):
    code, out, err = run("-t", "raw", "--format", name, "-l", *more, "-", stdin=data)
    return [line.split("\t")[1] for line in out.decode().splitlines()] if code == 0 else err


def small_float(name, bits):
    """The value of a float of 8 bits or fewer, in whole bytes."""
    exponent_bits, mantissa_bits, bias, kind = re.fullmatch(r"float\d_e(\d)m(\d)(?:b(\d+))?(\w*)", name).groups()
    exponent_bits, mantissa_bits = int(exponent_bits), int(mantissa_bits)
    bias = int(bias) if bias else 2 ** (exponent_bits - 1) - 1 + (kind == "fnuz")
    if kind == "fnu":  # powers of two
        return float("nan") if bits == 255 else float(Fraction(2) ** (bits - 127))
    negative = bits >> (exponent_bits + mantissa_bits) != 0
    exponent, mantissa = bits >> mantissa_bits & 2 ** exponent_bits - 1, bits & 2 ** mantissa_bits - 1
    largest = exponent == 2 ** exponent_bits - 1
    if kind == "" and largest:
        return float("nan") if mantissa else -float("inf") if negative else float("inf")
    if kind == "fn" and "8" in name.split("_")[0] and largest and mantissa == 2 ** mantissa_bits - 1:
        return float("nan")
    if kind == "fnuz" and negative and exponent == mantissa == 0:
        return float("nan")
    scale = Fraction(2) ** ((exponent or 1) - bias)
    size = float((Fraction(mantissa, 2 ** mantissa_bits) + (exponent > 0)) * scale)
    return -size if negative else size


def integer(name, bits):
    width = int(name[-1])
    value = bits % 2 ** width
    return value - 2 ** width if name[0] == "i" and value >= 2 ** (width - 1) else value


def bfloat16(bits):
    return struct.unpack("<f", struct.pack("<I", bits << 16))[0]


def words(count):
    return b"".join(struct.pack("<H", bits) for bits in range(count))


def test_every_pattern():
    for name in NAMES:
        if name.endswith("complex32"):
            continue
        if name == "bfloat16":
            expected, data = [repr(bfloat16(bits)) for bits in range(65536)], words(65536)
        else:
            value = integer if "int" in name else small_float
            expected, data = [repr(value(name, bits)) for bits in range(256)], bytes(range(256))
        found = values(name, data)
        wrong = [(bits, a, b) for bits, (a, b) in enumerate(zip(found, expected)) if a != b]
        check(len(found) == len(expected) and not wrong, "%s: %d patterns" % (name, len(expected)), wrong[:5] or found)


def test_complex():
    data = struct.pack("<4e", 1.5, -2.0, 0.0, float("inf"))
    check(values("complex32", data) == [repr(complex(1.5, -2)), repr(complex(0, float("inf")))], "complex32")
    data = b"".join(struct.pack("<f", value)[2:] for value in (1.5, -2.0, 0.0, -0.0))
    check(values("bcomplex32", data) == [repr(complex(1.5, -2)), repr(complex(0, -0.0))], "bcomplex32")


def test_words():
    data = struct.pack("<2H", 0x3FC0, 0xC000)
    for word in ("bfloat16", "<bfloat16", "torch.bfloat16", "ml_dtypes.bfloat16", "BF16", "[numpy$bfloat16]",
                 "[x$y;numpy$bfloat16]"):
        check(values(word, data) == ["1.5", "-2.0"], "--format " + word, values(word, data))
    check(values(">bfloat16", data[1::-1]) == ["1.5"], "swapped")
    for alias, row in ALIASES:
        data = bytes(range(256))
        check(values(alias, data) == values(row, data), "%s is %s" % (alias, row))
    _, out, _ = run("-t", "raw", "--format", ">bfloat16", "-f", "dtype,format,notes", "-", stdin=data)
    check(out.decode() == ">bfloat16\t>H\t[\"PEP 3118 cannot say >bfloat16: read as '>H'\"]\n", "fields", out)
    check(values("<M8[s]", bytes(8)) == ["1970-01-01T00:00:00"], "NumPy's dates")
    check(values(">i2", b"\1\2") == ["258"], "NumPy's words")
    code, _, err = run("-t", "raw", "--format", "bflot16", "-", stdin=b"aa")
    check(code == 2 and "did you mean 'bfloat16'?" in err, "the near match", err)
    code, _, err = run("-t", "raw", "--format", "O8", "-", stdin=bytes(8))
    check(code == 2 and "count without a code" in err, "objects are none of these", err)


def test_ordinary():
    """The names of what PEP 3118 has codes for mean what NumPy means by them."""
    data = bytes(range(65, 97))
    for _, (name, _) in rows("src/value/ordinary.def", "ORDINARY"):
        dtype = np.dtype(name)
        memory = bytes([0, 1, 1, 0]) if name == "bool" else data
        for order in ("", "<", ">"):
            ordered = np.dtype(dtype.newbyteorder(order or "=").str)
            array = np.frombuffer(memory, ordered)
            check(values(order + name, memory) == [repr(value) for value in array.tolist()], "--format " + order + name)
            code, out, err = run("-t", "raw", "--format", order + name, "-f", "dtype,format,itemsize,shape,notes", "-",
                                 stdin=memory)
            wanted = [ordered.str, memoryview(array).format, str(ordered.itemsize), "%d" % array.size, "[]"]
            check(out.decode().split() == wanted, "%s%s is NumPy's" % (order, name), out, wanted, err)
        check(values("torch." + name, memory) == values(name, memory), "torch." + name)


def test_near():
    """What is suggested has the width that was asked for."""
    for word, near in (("unit16", "uint16"), ("flaot32", "float32"), ("<uitn8", "uint8"), ("compelx128", "complex128"),
                       ("boool", "bool"), ("int24", None), ("int128", None), ("float128", None), ("complex256", None),
                       ("uint12", None), ("float80", None)):
        code, _, err = run("-t", "raw", "--format", word, "-", stdin=bytes(48))
        found = re.search(r"did you mean '(.*)'\?", err)
        check(code == 2 and (found[1] if found else None) == near, "%s: %s" % (word, near), err)
    code, _, err = run("--format", "nonsense32", "-e", "memoryview(bytes(8))[::2]")
    check(code == 2 and "C-contiguous" not in err, "a format that is none is said first", err)
    code, _, err = run("--format", "int32", "-e", "memoryview(bytes(8))[::2]")
    check(code == 2 and err.endswith("try --contiguous C\n"), "one sentence alone of what is not contiguous", err)
    code, out, err = run("-t", "raw", "--format", "", "-", stdin=bytes(8))
    check(code == 2 and not out and "--format is empty" in err, "an empty format", err)


def npy(descr, shape, data, fortran="False"):
    header = ("{'descr': %s, 'fortran_order': %s, 'shape': %s, }" % (descr, fortran, shape)).encode()
    header += b" " * (53 - len(header) % 64 + 64) + b"\n"
    return b"\x93NUMPY\1\0" + struct.pack("<H", len(header)) + header + data


def test_npy():
    data = struct.pack("<6H", 0, 0x3F80, 0x4000, 0x4040, 0x4080, 0x40A0)
    for fortran, indices in (("False", "0,0 0,1 0,2 1,0 1,1 1,2"), ("True", "0,0 0,1 0,2 1,0 1,1 1,2")):
        file = npy("'|V2'", "(2, 3)", data, fortran)
        code, out, err = run("--format", "bfloat16", "-l", "-", stdin=file)
        lines = [line.split("\t") for line in out.decode().splitlines()]
        order = [0, 1, 2, 3, 4, 5] if fortran == "False" else [0, 2, 4, 1, 3, 5]
        check([line[0] for line in lines] == indices.split() and [line[1] for line in lines] ==
              ["%.1f" % value for value in order], "a .npy of |V2 keeps its shape, fortran_order " + fortran, out, err)
        code, out, err = run("--format", "bfloat16", "--npy", "-", stdin=file)
        check(out.endswith(data) and b"'<V2', 'fortran_order': %s" % fortran.encode() in out, "and is written so", out)
    code, out, err = run("-l", "-", stdin=npy("'<f1'", "(2,)", b"\x3c\xfc"))
    check(out == b"0\t1.0\n1\t-inf\n", "float8_e5m2 is '<f1' in a .npy file", out, err)
    code, out, err = run("--npy", "-", stdin=npy("'<f1'", "(2,)", b"\x3c\xfc"))
    check(b"'descr': '<f1'" in out, "and stays so", out, err)
    file = npy("'<W4'", "(1,)", struct.pack("<2e", 1, 2))
    code, out, err = run("--format", "complex32", "-l", "-", stdin=file)
    check(out == b"0\t(1+2j)\n", "a .npy of '<W4'", out, err)
    check(run("-f", "dtype,format,itemsize", "-", stdin=file)[1] == b"<W4\t4x\t4\n", "which may be either complex")
    code, out, err = run("-l", "-", stdin=npy("[('a', '<f1'), ('b', '<W4')]", "(1,)", b"\1\1\2\3\4"))
    check(out == b"0\t(1, b'\\x01\\x02\\x03\\x04')\n", "in structs too", out, err)


EXPORTER = """
import ctypes

class Buffer(ctypes.Structure):
    _fields_ = [("buf", ctypes.c_void_p), ("obj", ctypes.c_void_p), ("len", ctypes.c_ssize_t),
                ("itemsize", ctypes.c_ssize_t), ("readonly", ctypes.c_int), ("ndim", ctypes.c_int),
                ("format", ctypes.c_char_p), ("shape", ctypes.c_void_p), ("strides", ctypes.c_void_p),
                ("suboffsets", ctypes.c_void_p), ("internal", ctypes.c_void_p)]

memory = ctypes.create_string_buffer(bytes.fromhex("c03f00c0"), 4)
make = ctypes.pythonapi.PyMemoryView_FromBuffer
make.restype, make.argtypes = ctypes.py_object, [ctypes.c_void_p]
kept = []

def exporter(format, itemsize):
    numbers = (ctypes.c_ssize_t * 2)(4 // itemsize, itemsize)
    at = ctypes.addressof(numbers)
    buffer = Buffer(ctypes.addressof(memory), None, 4, itemsize, 1, 1, format, at, at + ctypes.sizeof(ctypes.c_ssize_t))
    kept.extend((numbers, buffer, format))
    return make(ctypes.byref(buffer))
"""


def exported(text, itemsize, *arguments):
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "exporter.py")
        with open(path, "w", encoding="utf-8") as file:
            file.write(EXPORTER)
        return run("-x", path, *arguments, "-e", "exporter(%r, %d)" % (text.encode(), itemsize))


def test_exporters():
    """Formats that are none of PEP 3118's."""
    for text in ("[numpy$bfloat16]", "bfloat16", "<bfloat16", "[a$b;ml_dtypes$bfloat16]"):
        _, out, err = exported(text, 2, "-f", "format,dtype,notes")
        check(out.decode() == "%s\tbfloat16\t[\"the format '%s' is none of PEP 3118's: the items are shown as bfloat16\"]\n"
              % (text, text), text + " is named", out, err)
        check(exported(text, 2, "-l")[1] == b"0\t1.5\n1\t-2.0\n", text + " has values")
    check(b"'descr': '<V2'" in exported("[numpy$bfloat16]", 2, "--npy")[1], "and is written as NumPy's")
    for text in ("[posit$posit16]", "[]", "[numpy$bfloat16$2]", "[$]", "[;]"):
        code, out, err = exported(text, 2, "-f", "dtype,notes")
        check(code == 0 and out.decode() == "%s\t[\"the format '%s' is none of PEP 3118's: it names a type that is not "
              "known here\"]\n" % (text[1:-1], text), text + " is none that is known", out, err)
        check(exported(text, 2, "-d")[1].startswith(b"00000000  c0 3f 00 c0"), text + " has bytes")
        code, _, err = exported(text, 2, "-l")
        check(code == 2 and "-d shows the bytes" in err, text + " has no values", err)
    _, out, err = exported("[numpy$bfloat16]", 4, "-f", "dtype,notes")
    check("not known here" in out.decode(), "another size is another type", out, err)
    _, out, err = exported("[numpy$bfloat16", 2, "-f", "dtype,notes")
    check("unknown code '['" in out.decode(), "without its end it is none", out, err)


def test_real():
    """The program against ml_dtypes itself, where this Python has it."""
    if ml_dtypes is None:
        return skip("ml_dtypes", "this Python has none")
    for name in NAMES:
        dtype = getattr(ml_dtypes, name, None)
        if dtype is None or name.endswith("complex32"):
            continue
        array = np.arange(65536, dtype="u2").view(dtype) if np.dtype(dtype).itemsize == 2 else \
            np.arange(256, dtype="u1").view(dtype)
        read = int if "int" in name else float
        with tempfile.TemporaryDirectory() as folder:
            path = os.path.join(folder, "a.npy")
            np.save(path, array)
            code, out, err = run("--format", name, "-l", path)
            _, saved, _ = run("-t", "raw", "--format", name, "--npy", "-", stdin=array.tobytes())
            with open(path, "rb") as file:
                check(saved == file.read(), "%s: --npy is what numpy.save writes" % name, saved[:128])
        found = [line.split("\t")[1] for line in out.decode().splitlines()]
        check(found == [repr(read(value)) for value in array], "%s: as ml_dtypes reads it" % name, err)
    return None


def main():
    test_every_pattern()
    test_complex()
    test_words()
    test_ordinary()
    test_near()
    test_npy()
    test_exporters()
    test_real()
    end()


main()
