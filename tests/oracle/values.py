#!/usr/bin/python3
"""What value.c writes against what struct, repr and NumPy say, on random bytes.

Drives build/libmview.so (or $MVIEW_LIBRARY) through ctypes; prints TAP.
"""
import ctypes
import datetime
import math
import os
import random
import struct
import sys
import unicodedata
import warnings
from fractions import Fraction

import numpy as np

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
from mirror import LIBRARY as library, Text  # noqa: E402

SEED = 20240229
SAME_UNICODE = unicodedata.unidata_version == "14.0.0"  # as src/value/unprintable.inc

chance = random.Random(SEED)


class Format(ctypes.Structure):
    """struct format: its arena, then its root field; the rest is room."""
    _fields_ = [("arena", ctypes.c_size_t * 5), ("root", ctypes.c_char * 4056)]


library.format_parse.argtypes = [ctypes.POINTER(Format), ctypes.c_char_p, ctypes.c_ssize_t, ctypes.c_char_p]
library.format_parse.restype = ctypes.c_bool
library.format_free.argtypes = [ctypes.POINTER(Format)]
library.value_append.argtypes = [ctypes.POINTER(Text), ctypes.c_void_p, ctypes.c_char_p]
library.value_append_datetime.argtypes = [ctypes.POINTER(Text), ctypes.c_char_p, ctypes.c_char_p]
library.text_clear.argtypes = [ctypes.POINTER(Text)]

text = Text()


def take_text():
    result = text.bytes().decode()
    library.text_clear(text)
    return result


class Reader:
    """A format, parsed once, that turns an item's bytes into value.c's text."""

    def __init__(self, format, itemsize=-1):
        error = ctypes.create_string_buffer(4096)
        self.source = format.encode()  # the fields point into it
        self.format = Format()
        if not library.format_parse(self.format, self.source, itemsize, error):
            raise ValueError("%r: %r" % (format, error.raw[4:].split(b"\0")[0]))

    def __del__(self):
        library.format_free(self.format)

    def __call__(self, item):
        library.value_append(text, ctypes.addressof(self.format) + Format.root.offset, item)
        return take_text()


def datetime_text(unit, item):
    library.value_append_datetime(text, unit.encode(), item)
    return take_text()


def random_item(size):
    """Any bytes, but small numbers and the ends of the ranges more often than chance gives."""
    kind = chance.randrange(4)
    if kind == 0:
        return bytes(chance.choice((0, 0, 0, 1, 0x7f, 0x80, 0xff)) for _ in range(size))
    if kind == 1 and 0 < size <= 8:
        return chance.randrange(min(1000, 1 << 8 * size)).to_bytes(size, chance.choice(("little", "big")))
    return chance.randbytes(size)


tests = 0
failures = 0


def check(name, triples):
    """One TAP line for an iterable of (subject, actual, expected)."""
    global tests, failures
    wrong = count = 0
    for subject, actual, expected in triples:
        count += 1
        if actual != expected:
            wrong += 1
            if wrong <= 3:
                print("# %s: %s, not %s (seed %d)" % (subject, ascii(actual), ascii(expected), SEED))
    tests += 1
    ok = wrong == 0 and count > 0
    failures += not ok
    print("%s %d - %s (%d values)" % ("ok" if ok else "not ok", tests, name, count))
    sys.stdout.flush()


# --- single codes against the struct module -------------------------------------

def against_struct(format, count):
    read = Reader(format)
    size = struct.calcsize(format)
    for _ in range(count):
        item = random_item(size)
        yield "%s of %s" % (format, item.hex()), read(item), repr(struct.unpack(format, item)[0])


def every_prefix(code):
    for prefix in ("", "@") if code in "nN" else ("", "@", "=", "<", ">", "!"):
        yield from against_struct(prefix + code, 1000)


def strings(code, lengths):
    for length in lengths:
        yield from against_struct("%d%s" % (length, code), 500)


for code in "bBhHiIlLqQnN?cefd":
    check("%s as struct's" % code, every_prefix(code))
check("s as struct's", strings("s", (0, 1, 2, 5, 40, 300)))
check("p as struct's", strings("p", (1, 2, 5, 40, 300)))


def several_items():
    codes = ("b", "H", "i", "q", "f", "d", "3s", "?", "c", "2x", "4p")
    for _ in range(1000):
        format = chance.choice("@<>=") + "".join(chance.choice(codes) for _ in range(chance.randrange(2, 8)))
        item = chance.randbytes(struct.calcsize(format))
        values = struct.unpack(format, item)
        if len(values) > 1:
            yield format, Reader(format)(item), repr(values)


check("several items as struct's tuple", several_items())


# --- floats -----------------------------------------------------------------------

def near(value):
    """A double and its neighbours."""
    bits = struct.unpack("<q", struct.pack("<d", value))[0]
    return [struct.unpack("<d", struct.pack("<q", bits + i))[0] for i in range(-3, 4) if bits + i >= 0]


def hard_doubles():
    for exponent in range(-1074, 1024):
        yield from near(2.0 ** exponent)
    for exponent in range(-323, 309):
        yield from near(float("1e%d" % exponent))
        yield float("%de%d" % (chance.randrange(1, 100000), exponent - 5))
    for i in range(1000):
        yield from (i + 0.5, i / 100, 9007199254740993.0 + i, 1e16 - 500 + i, 5e-324 * i, -i * 1e12)
    yield from (sys.float_info.max, sys.float_info.min, float("inf"), -float("inf"), float("nan"), 0.0, -0.0)


def doubles(values):
    read = Reader("<d")
    for value in values:
        yield value, read(struct.pack("<d", value)), repr(value)


def every_half():
    read = Reader("<e")
    for bits in range(1 << 16):
        item = struct.pack("<H", bits)
        yield hex(bits), read(item), repr(struct.unpack("<e", item)[0])


class Power(ctypes.Structure):
    _fields_ = [("high", ctypes.c_uint64), ("low", ctypes.c_uint64)]


def powers_of_ten():
    """128 bits of each power, rounded up."""
    first, last = -292, 324
    powers = (Power * (last - first + 1))()
    library.decimal_exact_powers(powers)
    for exponent, power in zip(range(first, last + 1), powers):
        above, below = 10 ** max(exponent, 0) << 2048, 10 ** max(-exponent, 0)
        shift = (above // below).bit_length() - 128
        yield exponent, power.high << 64 | power.low, -(-above // (below << shift))


check("powers of ten as Python's integers", powers_of_ten())
check("hard doubles as repr", doubles(hard_doubles()))
check("random doubles as repr",
      doubles(struct.unpack("<d", chance.randbytes(8))[0] for _ in range(100000)))
check("every half as repr", every_half())

SPECIAL = [0.0, -0.0, 1.0, -1.0, 0.5, float("inf"), -float("inf"), float("nan"), 0.1, 1e-5, 1e16, 1e300]
SPECIAL_OF = {"e": SPECIAL[:10], "f": SPECIAL[:11], "d": SPECIAL}


def complexes():
    for order in "<>":
        for part in "efd":
            read = Reader(order + "Z" + part)
            for i in range(5000):
                item = random_item(2 * struct.calcsize(part))
                if i % 2:
                    item = struct.pack(order + 2 * part, *(chance.choice(SPECIAL_OF[part]) for _ in range(2)))
                expected = repr(complex(*struct.unpack(order + 2 * part, item)))
                yield "%sZ%s of %s" % (order, part, item.hex()), read(item), expected


check("complex numbers as repr", complexes())


# --- long doubles -------------------------------------------------------------------

def long_doubles():
    """x87's valid numbers: the bit in front of the point is set unless the exponent is 0."""
    for exponent in range(0x7fff):
        mantissas = [0, 1, (1 << 63) - 1, chance.getrandbits(63), chance.getrandbits(12) << 51]
        if not 0x3fb0 < exponent < 0x4050 and exponent > 2:
            mantissas = [chance.choice(mantissas)]
        for mantissa in mantissas:
            mantissa |= (exponent != 0) << 63
            if mantissa != 0:
                yield struct.pack("<QH6x", mantissa, exponent | chance.getrandbits(1) << 15)


def special_long_doubles():
    return [np.longdouble(value).tobytes() for value in SPECIAL]


def against_numpy(format, dtype, items):
    read = Reader(format)
    for item in items:
        yield item.hex(), read(item), str(np.frombuffer(item, dtype)[0])


def long_complexes():
    parts = special_long_doubles() + chance.sample(list(long_doubles()), 3000)
    for real in parts:
        yield real + chance.choice(parts)


def swapped_long_doubles():
    read, read_swapped = Reader("<g"), Reader(">g")
    for item in chance.sample(list(long_doubles()), 1000):
        yield item.hex(), read_swapped(item[::-1]), read(item)


class Decimal(ctypes.Structure):
    _fields_ = [("kind", ctypes.c_int), ("negative", ctypes.c_bool), ("length", ctypes.c_uint),
                ("point", ctypes.c_int), ("digits", ctypes.c_char * 60)]


def shortest(mantissa, exponent, narrow_below):
    """Digits and point of mantissa * 2^exponent: the fewest that read back, then nearest, then even."""
    scale = Fraction(2) ** exponent
    value, below, above = mantissa * scale, scale / (4 if narrow_below else 2), scale / 2
    point = math.floor(exponent * math.log10(2) + math.log10(mantissa)) + 1
    for length in range(1, 40):
        unit = Fraction(10) ** (point - length)
        fits = [whole for whole in (value // unit, value // unit + 1)
                if value - below < whole * unit < value + above]
        if fits:
            digits = str(min(fits, key=lambda whole: (abs(whole * unit - value), whole % 2)))
            return digits.rstrip("0"), point - length + len(digits)


def binary128():
    decimal = Decimal()
    exponents = list(range(0, 0x7fff, 200)) + list(range(1, 20)) + list(range(0x3fff - 60, 0x3fff + 120))
    for exponent in exponents:
        for fraction in (0, 1, (1 << 112) - 1, chance.getrandbits(112)):
            if exponent == 0 and fraction == 0:
                continue
            item = (exponent << 112 | fraction).to_bytes(16, "little")
            library.decimal_of_long_double(ctypes.byref(decimal), 113, item)
            start = Decimal.digits.offset
            yield ((hex(exponent), hex(fraction)),
                   (bytes(decimal)[start:start + decimal.length].decode(), decimal.point),
                   shortest(fraction | (exponent > 0) << 112, max(exponent, 1) - 16383 - 112,
                            fraction == 0 and exponent > 1))


check("long doubles of 128 bits as Python's fractions", binary128())
if np.finfo("g").nmant == 63 and np.dtype("g").itemsize == 16:
    check("long doubles as NumPy's", against_numpy("g", "g", long_doubles()))
    check("special long doubles as NumPy's", against_numpy("g", "g", special_long_doubles()))
    check("complex long doubles as NumPy's", against_numpy("Zg", "G", long_complexes()))
    check("long doubles in the other byte order", swapped_long_doubles())


# --- text ------------------------------------------------------------------------------

def random_character():
    return chr(chance.choice((chance.choice(b"'\"\\\n\0"), chance.randrange(0x80), chance.randrange(0x240),
                              chance.randrange(0x110000) if SAME_UNICODE else 0xe9)))


def strings_of_numpy():
    for order, codec in (("<", "utf-32-le"), (">", "utf-32-be")):
        for length in (1, 2, 7):
            read = Reader("%s%dw" % (order, length))
            for _ in range(1000):
                item = "".join(random_character() for _ in range(length)).encode(codec, "surrogatepass")
                yield item.hex(), read(item), repr(np.frombuffer(item, "%sU%d" % (order, length))[0].item())


def every_character(limit):
    read = Reader("<64w")
    for first in range(0, limit, 64):
        characters = range(first, first + 64)
        yield hex(first), read(struct.pack("<64I", *characters)), repr("".join(map(chr, characters)))


def beyond_unicode():
    read = Reader("<w")
    for c in [0x110000, 0xffffffff] + [chance.randrange(0x110000, 1 << 32) for _ in range(100)]:
        yield hex(c), read(struct.pack("<I", c)), "'\\U%08x'" % c


check("w with a count as NumPy's str", strings_of_numpy())
check("every character as repr", every_character(0x110000 if SAME_UNICODE else 0x240))
check("code points past Unicode", beyond_unicode())


# --- structs and sub-arrays ----------------------------------------------------------------

def random_dtype(depth=0):
    """A structured dtype of everything that NumPy has a format for."""
    fields = []
    for i in range(chance.randrange(1, 5)):
        kind = chance.choice(("b1", "i1", "u1", "i2", "u4", "i8", "f2", "f4", "f8", "c8", "c16",
                              "S3", "U2", "V2", "struct"))
        if kind == "struct":
            kind = random_dtype(depth + 1) if depth < 3 else "u2"
        else:
            kind = chance.choice("<>") + kind
        shape = chance.choice(((), (), (), (2,), (2, 3), (1,), (1, 1, 2), (0,), (2, 0)))
        fields.append(("f%d" % i, kind, shape))
    return np.dtype(fields)


def fill(array):
    """Random content; text within Unicode, so that NumPy can read it."""
    if array.dtype.names is not None:
        for name in array.dtype.names:
            fill(array[name])
    elif array.size > 0 and array.dtype.kind == "U":
        array[...] = chance.choice(("", "a", "\xe9'", "\U0001f600\0"))
    elif array.size > 0 and array.dtype.kind == "b":
        array[...] = chance.getrandbits(1)
    elif array.size > 0:
        array[...] = np.frombuffer(chance.randbytes(array.nbytes), array.dtype).reshape(array.shape)


def plain(value):
    """NumPy's value as value.c sees it: sub-arrays as lists, S with all its NULs."""
    if isinstance(value, np.ndarray) and value.ndim > 0:
        return [plain(part) for part in value]
    if isinstance(value, (np.void, np.ndarray)) and value.dtype.names is not None:
        return tuple(plain(value[name]) for name in value.dtype.names)
    if isinstance(value, np.bytes_):
        return value.item().ljust(3, b"\0")
    return value.item()


def records():
    for _ in range(1000):
        dtype = random_dtype()
        array = np.zeros(1, dtype)
        fill(array)
        yield dtype, Reader(memoryview(array).format, dtype.itemsize)(array.tobytes()), repr(plain(array[0]))


with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    check("records as NumPy's items", records())


# --- datetime64 and timedelta64 ---------------------------------------------------------------

UNITS = "Y M W D h m s ms us ns ps fs as".split()
MULTIPLES = (1, 2, 25, 1000, 2147483647)
NOT_A_TIME = -2 ** 63


def random_times(count):
    """The ends of the range, and numbers of every size."""
    yield from (0, 1, -1, 2 ** 63 - 1, -2 ** 63 + 1, NOT_A_TIME)
    for _ in range(count):
        yield chance.randrange(-2 ** 63, 2 ** 63) >> chance.randrange(64)


def times():
    for unit in UNITS:
        for multiple in MULTIPLES:
            for value in random_times(100):
                yield unit, multiple, value


def is_within_numpy(kind, unit, value):
    """Where NumPy's own arithmetic stays within 64 bits, and only there, it is an oracle."""
    limit = {"Y": 2 ** 63 - 1971, "W": 2 ** 62 // 7, "D": 2 ** 62} if kind == "M" else {}
    return abs(value) <= limit.get(unit, 2 ** 63 - 1)


def times_of_numpy(kind):
    for unit, multiple, value in times():
        if value == NOT_A_TIME or is_within_numpy(kind, unit, value * multiple):
            order = chance.choice("<>")
            dtype = "%s%s8[%s%s]" % (order, kind, multiple if multiple > 1 else "", unit)
            item = struct.pack(order + "q", value)
            yield "%s %d" % (dtype, value), datetime_text(dtype, item), str(np.frombuffer(item, dtype)[0])


def times_without_unit():
    for value in random_times(100):
        item = struct.pack("<q", value)
        yield value, datetime_text("<m8", item), str(np.frombuffer(item, "<m8")[0])


SECONDS = {"W": 604800, "D": 86400, "h": 3600, "m": 60, "s": 1}
DIGITS = {"ms": 3, "us": 6, "ns": 9, "ps": 12, "fs": 15, "as": 18}
SHAPES = {"W": "-%m-%d", "D": "-%m-%d", "h": "-%m-%dT%H", "m": "-%m-%dT%H:%M"}


def exact_time(unit, value):
    """str(datetime64) in Python's integers, by way of the same moment between 1970 and 2370."""
    if unit == "Y":
        return "%04d" % (1970 + value)
    if unit == "M":
        return "%04d-%02d" % (1970 + value // 12, value % 12 + 1)
    digits = DIGITS.get(unit, 0)
    second, fraction = divmod(value * SECONDS.get(unit, 1), 10 ** digits)
    eras, second = divmod(second, 146097 * 86400)
    moment = datetime.datetime(1970, 1, 1) + datetime.timedelta(seconds=second)
    written = "%04d" % (moment.year + 400 * eras) + moment.strftime(SHAPES.get(unit, "-%m-%dT%H:%M:%S"))
    return written + (".%0*d" % (digits, fraction) if digits else "")


def times_of_any_size():
    for unit, multiple, value in times():
        item = struct.pack("<q", value)
        yield ("%d%s %d" % (multiple, unit, value), datetime_text("<M8[%d%s]" % (multiple, unit), item),
               "NaT" if value == NOT_A_TIME else exact_time(unit, value * multiple))


def ends_of_months():
    for year in range(1, 10000):
        for month in (1, 3, chance.randrange(1, 13)):
            first = datetime.date(year, month, 1)
            for day in (first, first - datetime.timedelta(days=1)) if year > 1 else (first,):
                item = struct.pack("<q", day.toordinal() - datetime.date(1970, 1, 1).toordinal())
                yield day, datetime_text("<M8[D]", item), day.isoformat()


check("days as datetime's", ends_of_months())
check("datetime64 as NumPy's", times_of_numpy("M"))
check("timedelta64 as NumPy's", times_of_numpy("m"))
check("timedelta64 without a unit as NumPy's", times_without_unit())
check("datetime64 past NumPy's arithmetic", times_of_any_size())

print("1..%d" % tests)
sys.exit(failures != 0)
