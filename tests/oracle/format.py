#!/usr/bin/python3
"""Format strings against those who define them: struct, memoryview, NumPy's reader and writer, ctypes.

Each test generates its formats from a fixed seed, printed when it fails.
"""

import ctypes
import os
import random
import struct
import sys
import warnings

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
from mirror import Arena, Error, LIBRARY as library  # noqa: E402

SEED = 3118

# --- struct format and struct format_field, as format/format.h has them ------

SIZE = ctypes.c_size_t


class Field(ctypes.Structure):
    pass


Field._fields_ = [
    ("kind", ctypes.c_int),
    ("code", ctypes.c_char),
    ("order", ctypes.c_char),
    ("mode", ctypes.c_char),
    ("native", ctypes.c_bool),
    ("prefix", ctypes.c_char),
    ("name", ctypes.c_void_p),
    ("name_length", SIZE),
    ("offset", SIZE),
    ("alignment", SIZE),
    ("unit", SIZE),
    ("count", SIZE),
    ("size", SIZE),
    ("ndim", ctypes.c_int),
    ("shape", ctypes.POINTER(SIZE)),
    ("text", ctypes.c_void_p),
    ("text_length", SIZE),
    ("fields", ctypes.POINTER(Field)),
    ("field_count", SIZE),
]


class Format(ctypes.Structure):
    _fields_ = [
        ("arena", Arena),
        ("root", Field),
        ("size", SIZE),
        ("padded_size", SIZE),
        ("alignment", SIZE),
        ("traits", ctypes.c_uint),
        ("struct_since", ctypes.c_int),
        ("memoryview_since", ctypes.c_int),
        ("duplicate", ctypes.c_char_p),
    ]


PAD, INT, UINT, BOOL, FLOAT, COMPLEX, CHAR, BYTES, PASCAL, TEXT, OBJECT, POINTER, BITS, STRUCT = range(14)
DUPLICATE_NAME = 2

library.format_parse.restype = ctypes.c_bool
library.format_parse.argtypes = [
    ctypes.POINTER(Format), ctypes.c_char_p, ctypes.c_ssize_t, ctypes.POINTER(Error)
]
library.format_free.argtypes = [ctypes.POINTER(Format)]
library.format_free.restype = None


class Parsed:
    """A format taken apart, copied out of the library's memory; None from parse() when it was refused."""

    def __init__(self, c):
        self.size, self.padded_size = c.size, c.padded_size
        self.traits, self.duplicate = c.traits, c.duplicate
        self.in_struct = c.struct_since <= sys.hexversion
        self.in_memoryview = c.memoryview_since <= sys.hexversion
        self.root = Item(c.root)


class Item:
    def __init__(self, c):
        self.kind, self.code, self.order = c.kind, c.code.decode(), c.order.decode()
        self.name = ctypes.string_at(c.name, c.name_length).decode() if c.name else None
        self.text = c.prefix.strip(b"\0") + ctypes.string_at(c.text, c.text_length)
        self.offset, self.unit, self.count, self.size = c.offset, c.unit, c.count, c.size
        self.shape = tuple(c.shape[i] for i in range(c.ndim))
        self.members = [Item(c.fields[i]) for i in range(c.field_count)]

    def fields(self):
        """The members that are no holes."""
        return [m for m in self.members if m.kind != PAD or m.name is not None]


last_error = ""


def parse(text, itemsize=-1):
    global last_error
    parsed, error = Format(), Error()
    data = text if isinstance(text, bytes) else text.encode()
    if not library.format_parse(parsed, data, itemsize, error):
        last_error = error.message.decode("utf-8", "replace")
        return None
    try:
        return Parsed(parsed)
    finally:
        library.format_free(parsed)


# --- TAP ----------------------------------------------------------------------

tests = failures = 0


def run(test):
    """A test yields one text per disagreement and returns how many things it looked at."""
    global tests, failures
    tests += 1
    rng = random.Random(SEED)
    complaints, looked = [], 0
    steps = test(rng)
    while True:
        try:
            complaints.append(next(steps))
        except StopIteration as end:
            looked = end.value
            break
    ok = not complaints and looked > 0
    failures += not ok
    print(f"{'ok' if ok else 'not ok'} {tests} - {test.__doc__} ({looked})")
    for complaint in complaints[:8]:
        print(f"# seed {SEED}: {complaint}")
    if complaints:
        print(f"# {len(complaints)} of {looked}")


# --- struct ---------------------------------------------------------------------

STANDARD_CODES = [*"xcbB?hHiIlLqQefdsp"]
STANDARD_CODES += "FD" if sys.version_info >= (3, 14) else ""
STANDARD_CODES += ["Zf", "Zd"] if sys.version_info >= (3, 15) else []
STRUCT_CODES = STANDARD_CODES + [*"nNP"]


def calcsize(text):
    try:
        return struct.calcsize(text)
    except (struct.error, UnicodeError):
        return None


def struct_offsets(rng):
    """sizes and offsets as struct.calcsize gives them"""
    for n in range(4000):
        order = rng.choice(["", "@", "=", "<", ">", "!"])
        codes = STRUCT_CODES if order in ("", "@") else STANDARD_CODES
        text, expected = order, []
        for _ in range(rng.randrange(1, 9)):
            code = rng.choice(codes)
            text += rng.choice(["", "", " ", "\n\t"])
            count = rng.choice(["", "", "", "0", "1", "2", "3", "007", "40"])
            if code != "x":
                offset = struct.calcsize(text + "0" + code)
                letter = code[1:].upper() or code  # a Z and its letter are one code
                expected.append((offset, letter, struct.calcsize(order + count + code)))
            text += count + code
        parsed = parse(text)
        if parsed is None:
            yield last_error
            continue
        root = parsed.root
        items = [root] if root.kind not in (STRUCT, PAD) else root.fields()
        got = [(i.offset, i.code, i.size) for i in items]
        if parsed.size != struct.calcsize(text) or got != expected or not parsed.in_struct:
            yield f"{text!r}: {parsed.size} {got}, not {struct.calcsize(text)} {expected}; {parsed.in_struct}"
    return n + 1


def struct_acceptance(rng):
    """what the struct module takes, and of what size, among strings of its alphabet"""
    accepted = 0
    pieces = STRUCT_CODES + [*"@=<>! \n0123:^(){}Tgw&FDZ"]
    pieces += ["9223372036854775807", "9223372036854775808", "4611686018427387904"]
    for n in range(20000):
        text = "".join(rng.choice(pieces) for _ in range(rng.choice([0, 1, 1, 2, 2, 3, 4, 6])))
        size = calcsize(text)
        parsed = parse(text)
        ours = parsed.size if parsed is not None and parsed.in_struct else None
        accepted += size is not None
        if ours != size:
            yield f"{text!r}: {ours}, not {size} ({last_error if parsed is None else parsed.in_struct})"
    return accepted


# --- memoryview -------------------------------------------------------------------


class PyBuffer(ctypes.Structure):
    _fields_ = [
        ("buf", ctypes.c_void_p),
        ("obj", ctypes.c_void_p),
        ("len", ctypes.c_ssize_t),
        ("itemsize", ctypes.c_ssize_t),
        ("readonly", ctypes.c_int),
        ("ndim", ctypes.c_int),
        ("format", ctypes.c_char_p),
        ("shape", ctypes.POINTER(ctypes.c_ssize_t)),
        ("strides", ctypes.POINTER(ctypes.c_ssize_t)),
        ("suboffsets", ctypes.c_void_p),
        ("internal", ctypes.c_void_p),
    ]


def memoryview_takes(text, memory=ctypes.create_string_buffer(64)):
    one, eight, encoded = ctypes.c_ssize_t(1), ctypes.c_ssize_t(8), text.encode()  # all live as long as the view
    from_buffer = ctypes.pythonapi.PyMemoryView_FromBuffer
    from_buffer.restype = ctypes.py_object
    view = from_buffer(ctypes.byref(PyBuffer(ctypes.addressof(memory), None, 8, 8, 0, 1, encoded,
                                             ctypes.pointer(one), ctypes.pointer(eight), None, None)))
    try:
        view[0]
    except NotImplementedError:
        return False
    return True


def memoryview_indexing(rng):
    """what memoryview can index"""
    letters = "@=<>!^ 0123()xcbB?hHiIlLqQnNefdgspPuwOZzvXTt&:"
    texts = [a + b for a in [""] + list(letters) for b in letters] + ["@@i", "@i:a:", "1i", "(1)i", "@Zf", "@Zd", "@Zg"]
    looked = 0
    for text in texts:
        parsed = parse(text)
        if parsed is None:
            continue
        looked += 1
        takes = memoryview_takes(text)
        if takes != parsed.in_memoryview:
            yield f"{text!r}: taken {takes}, not {parsed.in_memoryview}"
    return looked


# --- NumPy --------------------------------------------------------------------------

try:
    import numpy as np
    from numpy.core._internal import _dtype_from_pep3118
except ImportError:
    np = None

KINDS = {"i": INT, "u": UINT, "b": BOOL, "f": FLOAT, "c": COMPLEX,
         "S": BYTES, "U": TEXT, "V": PAD, "O": OBJECT}  # fmt: skip
HOST_ORDER = "<" if sys.byteorder == "little" else ">"


def compare(item, dtype, path="", open_ends=False):
    """Yield the differences of a field and a NumPy type.

    With open_ends the padding at the end of a single struct is not compared:
    NumPy's writer does not tell it from a hole after the struct.
    """
    shape = ()
    while dtype.subdtype:
        base, inner = dtype.subdtype
        dtype, shape = base, shape + inner
    if item.shape != shape:
        yield f"{path}: shape {item.shape}, not {shape}"
    elif open_ends and item.kind == STRUCT and dtype.names and item.size == item.unit:
        yield from compare_members(item, dtype, path, open_ends)
    elif item.unit != dtype.itemsize:
        yield f"{path}: {item.unit} bytes, not {dtype.itemsize}"
    elif dtype.names is None:
        kind = CHAR if item.code == "c" and dtype == "S1" else KINDS[dtype.kind]
        order = {"=": HOST_ORDER, "|": item.order}.get(dtype.byteorder, dtype.byteorder)
        if item.kind != kind or item.order != order:
            yield f"{path}: kind {item.kind} order {item.order}, not {dtype!r}"
    elif item.kind != STRUCT:
        yield f"{path}: no struct"
    else:
        yield from compare_members(item, dtype, path, open_ends)


def compare_members(item, dtype, path="", open_ends=False):
    fields = item.fields()
    if len(fields) != len(dtype.names):
        yield f"{path}: {len(fields)} fields, not {len(dtype.names)}"
        return
    for field, name in zip(fields, dtype.names):
        expected, offset = dtype.fields[name][:2]
        where = f"{path}.{name}"
        if field.name is not None and field.name != name:
            yield f"{where}: named {field.name}"
        if field.offset != offset:
            yield f"{where}: at {field.offset}, not {offset}"
        else:
            yield from compare(field, expected, where, open_ends)


def compare_whole(parsed, dtype):
    """As compare, for a root: whose bytes of padding at its end are the item's, not the text's."""
    if parsed.root.kind == STRUCT and not parsed.root.shape and dtype.names is not None:
        return compare_members(parsed.root, dtype)
    if parsed.root.kind == PAD and dtype.names == ():
        return iter(())
    return compare(parsed.root, dtype)


NAMES = ["a", "b", "é", "a b", "a}", "}", "x{", "T{", "(2)", "日本", "@", " "]


def random_pep3118(rng, depth=0):
    """A format in the grammar that NumPy's reader takes."""
    text = ""
    names = rng.sample(NAMES, len(NAMES))
    for _ in range(rng.randrange(1, 6)):
        shape = rng.choice(["", "", "", "(2)", "(2,3)", "(1)", "(0,2)"])
        order = rng.choice(["", "", "", "", "@", "=", "<", ">", "^", "!"])
        count = rng.choice(["", "", "", "1", "2", "3"])
        kind = rng.random()
        if depth < 4 and kind < 0.2:
            code = "T{" + random_pep3118(rng, depth + 1) + "}"
        else:
            code = rng.choice(list("xxcbB?hHiIlLqQefdswO") + ["Zf", "Zd", "g", "Zg"])
        text += shape + order + count + code
        if rng.random() < 0.6:
            text += f":{names.pop()}:"
    return text


def numpy_reader(rng):
    """offsets, sizes, kinds, names and shapes as NumPy reads a format"""
    looked = 0
    for n in range(6000):
        text = random_pep3118(rng)
        if rng.random() < 0.5:
            text = "T{" + text + "}"
        try:
            dtype = _dtype_from_pep3118(text)
        except (ValueError, KeyError):
            continue  # g and Zg after < > =
        looked += 1
        parsed = parse(text)
        if parsed is None:
            yield last_error
            continue
        if parsed.padded_size != dtype.itemsize:
            yield f"{text!r}: {parsed.size} or {parsed.padded_size} bytes, not {dtype.itemsize}"
        for difference in compare_whole(parsed, dtype):
            yield f"{text!r} {difference}"
            break
        if parsed.traits & DUPLICATE_NAME:
            yield f"{text!r}: duplicate {parsed.duplicate}"
    return looked


def numpy_duplicates(rng):
    """duplicate names where NumPy sees them"""
    seen = 0
    for n in range(2000):
        text = "".join(f"i:{rng.choice('abcdefgh')}:" for _ in range(rng.randrange(1, 7)))
        text = rng.choice(["{}", "T{{{}}}", "i:a:T{{{}}}:b:"]).format(text)
        try:
            _dtype_from_pep3118(text)
            duplicate = False
        except RuntimeError:
            duplicate = True
        seen += duplicate
        parsed = parse(text)
        if bool(parsed.traits & DUPLICATE_NAME) != duplicate or (parsed.duplicate is not None) != duplicate:
            yield f"{text!r}: {parsed.duplicate}"
    return seen


NATIVE_SCALARS = "i1 u1 ? i2 u4 i4 i8 f2 f4 f8 c8 c16 S1 S5 S0 U1 U3 U0 V3 V0 g G O".split()
SWAPPED_SCALARS = ">i2 >i4 >f8 >c8 >U2".split()


class Types:
    """Random struct types, packed ones in either byte order.

    What the writer leaves out cannot be read back, so these are not made: the
    padding at the end of a struct where another order than '@' is in force,
    and structs in a sub-array of none.
    """

    def __init__(self, rng, align):
        self.rng, self.align = rng, align
        self.scalars = NATIVE_SCALARS + ([] if align else SWAPPED_SCALARS)

    def any(self, depth):
        rng = self.rng
        if depth < 3 and rng.random() < 0.25:
            dtype, shapes = self.struct(depth + 1), [(1,), (2,), (2, 3)]
        else:
            dtype, shapes = np.dtype(rng.choice(self.scalars)), [(2,), (1,), (2, 3), (0,)]
        if dtype.itemsize > 0 and rng.random() < 0.2:
            dtype = np.dtype((dtype, rng.choice(shapes)))
        return dtype

    def struct(self, depth=0):
        rng = self.rng
        names = rng.sample(NAMES, rng.randrange(1, 6))
        return np.dtype({"names": names, "formats": [self.any(depth) for _ in names]}, align=self.align)


def numpy_writer(types):
    looked = 0
    while looked < 2000:
        dtype = types.struct()
        try:
            text = memoryview(np.zeros(2, dtype)).format
        except ValueError:
            continue  # a swapped or unaligned type that has no code
        looked += 1
        parsed = parse(text, dtype.itemsize)
        if parsed is None:
            yield last_error
            continue
        for difference in compare_members(parsed.root, dtype, open_ends=True):
            yield f"{text} {dtype.itemsize}: {difference} traits {parsed.traits}"
            break
    return looked


def numpy_writer_packed(rng):
    """formats that NumPy writes for packed types"""
    return numpy_writer(Types(rng, align=False))


def numpy_writer_aligned(rng):
    """formats that NumPy writes for aligned types"""
    return numpy_writer(Types(rng, align=True))


# --- ctypes ---------------------------------------------------------------------------

C_TYPES = [
    ctypes.c_byte, ctypes.c_ubyte, ctypes.c_bool, ctypes.c_short, ctypes.c_uint, ctypes.c_long,
    ctypes.c_longlong, ctypes.c_float, ctypes.c_double, ctypes.c_longdouble, ctypes.c_char,
    ctypes.c_wchar, ctypes.c_char_p, ctypes.c_wchar_p, ctypes.c_void_p, ctypes.py_object,
    ctypes.POINTER(ctypes.c_int), ctypes.POINTER(ctypes.POINTER(ctypes.c_double)),
    ctypes.POINTER(ctypes.c_int * 2 * 3), ctypes.CFUNCTYPE(ctypes.c_int, ctypes.c_int),
]  # fmt: skip
C_TYPES += [getattr(ctypes, name) for name in dir(ctypes) if name.endswith("_complex")]  # since Python 3.14


def random_c_type(rng, depth):
    if depth < 3 and rng.random() < 0.25:
        type_ = random_c_struct(rng, depth + 1)
    else:
        type_ = rng.choice(C_TYPES)
    for _ in range(rng.choice([0, 0, 0, 1, 2])):
        type_ = type_ * rng.randrange(1, 4)
    return type_


def random_c_struct(rng, depth=0):
    fields = [(name, random_c_type(rng, depth)) for name in rng.sample("abcdefgh", rng.randrange(0, 6))]
    base = rng.choice([ctypes.Structure, ctypes.Structure, ctypes.BigEndianStructure])
    try:
        return type("S", (base,), {"_fields_": fields})
    except TypeError:  # a pointer in the other byte order
        return type("S", (ctypes.Structure,), {"_fields_": fields})


def c_differences(item, type_, path=""):
    shape = ()
    while issubclass(type_, ctypes.Array):
        shape, type_ = shape + (type_._length_,), type_._type_
    if item.shape != shape or item.unit != ctypes.sizeof(type_):
        yield f"{path}: {item.unit} {item.shape}, not {ctypes.sizeof(type_)} {shape}"
    elif issubclass(type_, ctypes.Structure):
        yield from c_struct_differences(item, type_, path)


def c_struct_differences(item, type_, path=""):
    fields = item.fields()
    if [f.name for f in fields] != [name for name, _ in type_._fields_]:
        yield f"{path}: {[f.name for f in fields]}"
        return
    for field, (name, field_type) in zip(fields, type_._fields_):
        if field.offset != getattr(type_, name).offset:
            yield f"{path}.{name}: at {field.offset}, not {getattr(type_, name).offset}"
        yield from c_differences(field, field_type, f"{path}.{name}")


def c_has_gaps(type_):
    """Before 3.12 ctypes leaves its gaps out of the format."""
    while issubclass(type_, ctypes.Array):
        type_ = type_._type_
    if not issubclass(type_, ctypes.Structure):
        return False
    members = [field[1] for field in type_._fields_]
    return sum(map(ctypes.sizeof, members)) != ctypes.sizeof(type_) or any(map(c_has_gaps, members))


def ctypes_structs(rng):
    """formats that ctypes writes"""
    looked = 0
    for _ in range(4000):
        type_ = random_c_struct(rng)
        if sys.version_info < (3, 12) and c_has_gaps(type_):
            continue
        looked += 1
        view = memoryview(type_())
        parsed = parse(view.format, view.itemsize)
        if parsed is None:
            yield last_error
        elif parsed.size != view.itemsize:
            yield f"{view.format!r}: {parsed.size}, not {view.itemsize}"
        else:
            for difference in c_struct_differences(parsed.root, type_):
                yield f"{view.format!r} {difference}"
    return looked


ORDERED = INT, UINT, FLOAT, COMPLEX, TEXT, OBJECT, POINTER


def pieces(rng):
    """each field's own text, read alone, is a field of its size"""
    looked = 0

    def check(field):
        nonlocal looked
        looked += 1
        alone = parse(field.text)
        if alone is None:
            yield last_error
        elif field.size not in (alone.size, alone.padded_size) or alone.root.kind != field.kind:
            yield f"{field.text!r}: {alone.size}, not {field.size}"
        elif field.kind in ORDERED and field.unit > 1 and alone.root.order != field.order:
            yield f"{field.text!r}: {alone.root.order}, not {field.order}"
        for member in field.members:
            yield from check(member)

    for _ in range(1000):
        text = random_pep3118(rng)
        parsed = parse(text)
        if parsed is not None:
            for difference in check(parsed.root):
                yield f"{text!r}: {difference}"
    return looked


run(struct_offsets)
run(struct_acceptance)
run(memoryview_indexing)
run(ctypes_structs)
run(pieces)
if np is not None:
    warnings.simplefilter("ignore")
    run(numpy_reader)
    run(numpy_duplicates)
    run(numpy_writer_packed)
    run(numpy_writer_aligned)
else:
    tests += 1
    print(f"ok {tests} - NumPy's reader and writer # SKIP no NumPy")
print(f"1..{tests}")
sys.exit(failures != 0)
