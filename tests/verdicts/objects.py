"""The objects that the consumers meet: those of the survey that need nothing more, and made ones."""

import itertools
import pathlib
import re
import sys

SURVEY = pathlib.Path(__file__).resolve().parent.parent / "survey"
sys.path.insert(0, str(SURVEY))
import survey  # noqa: E402

GROUPS = ("python/bytes", "python/memoryview", "python/array", "python/mmap", "python/io", "python/ctypes", "numpy",
          "numpy/scalars", "pyarrow", "pillow", "cffi", "ml_dtypes", "PyQt6_sip", "arro3-core")
if sys.version_info >= (3, 12):
    GROUPS += ("python/__buffer__",)
DANGLING = "sip.voidptr(bytearray("  # the memory is gone, and some consumers write
OPTIONS = ["-i", "ctypes", "-i", "made", "-i", "exporters", "-i", "numpy=np", "-i", "array",
           "-i", "io", "-i", "mmap", "-i", "pickle"]

CODES = "c b B ? h H i I l L q Q n N f d e g P s p O w u x Zf Zd Zg F D"
SIZES = {"c": 1, "b": 1, "B": 1, "?": 1, "h": 2, "H": 2, "i": 4, "I": 4, "l": 8, "L": 8, "q": 8, "Q": 8, "n": 8, "N": 8,
         "f": 4, "d": 8, "e": 2, "g": 16, "P": 8, "s": 1, "p": 1, "O": 8, "w": 4, "u": 2, "x": 1, "Zf": 8, "Zd": 16,
         "Zg": 32, "F": 8, "D": 16}


def formats():
    """(format, itemsize) of single codes in each order, and of texts that are more than that."""
    for code in CODES.split():
        for order in ("", "@", "=", "<", ">", "!", "^"):
            size = 4 if order and order in "=<>!" and code in ("l", "L") else SIZES[code]
            if code != "O":
                yield order + code, size
    yield from [("l", 4), ("<l", 8), (">l", 8), ("B", 2), ("i", 8), ("q", 4), ("d", 16), ("", 1), ("T{}", 1), (None, 1),
                (None, 4), (None, 2), ("1i", 4), ("2i", 8), ("(2)i", 8), ("(2,2)i", 16), ("3s", 3), ("4w", 16), ("ix", 5), ("ix", 4),
                ("xi", 8), ("T{i:a:}", 4), ("T{i:a:i:b:}", 8), ("T{=i:a:d:b:}", 12), ("T{i:a:d:b:}", 16),
                ("T{i:a:xxxxd:b:}", 16), ("T{d:a:b:b:}", 16), ("T{d:a:b:b:xxxxxxx}", 16), ("T{d:a:b:b:}", 9),
                ("T{i:a:T{h:x:f:y:}:n:}", 12), ("T{>i:a:}", 4), ("T{i:a:i:a:}", 8), ("ii", 8), ("hh", 4), ("i d", 16),
                (" i", 4), ("i ", 4), ("i:a:", 4), ("T{i:a", 4), ("T{i:a:", 4), ("&i", 8), ("X{}", 8), ("Zi", 4), ("y", 1), ("@@i", 4),
                ("<>i", 4), ("<@i", 4), ("5t", 1), ("0i", 4), ("T{f:re:f:im:}", 8), ("T{d:re:d:im:}", 16), ("ff", 8),
                ("Z", 1), ("9999999999999999999i", 4), ("T{(2)i:a:}", 8), ("T{3s:a:}", 3), ("T{O:a:}", 8)]
    # What is not closed, or ends in the middle; spaces where none is expected.
    yield from [(text, 4) for text in (
        ":", "::", "i:", "i:a", "i::", ":a:i", ":a", "T{i:a:}:", "T{i:a:}:n", "T{i:a:d", "T{i:a:d:b", "T{f:a",
        "T{:a", "T{", "T{i", "T{i:a:T{", "T{i:a:T{h:b", "T", "iT", "(", "(1", "(1,", "(1,1", "(1)", "(1)i:a", "i(1", "T{(2",
        "4", "i4", "1", "2T{", "0T{i:a", "<", "i<", "Zi:a", "fZ", "}", "i}", "i}:a", "X", "X{", "&", "T{i:a:}}", "( 1)i",
        "(1, 1)i", "(1 )i", "T{( 2)h:a:}", "1 i", "T {i:a:}", "T{i:a b:}", "T{i:a:} ")]


ORDERS = [  # (shape, strides) of 8-byte items
    ("()", None), ("(0,)", None), ("(1,)", None), ("(6,)", None), ("(3,)", "(16,)"), ("(3,)", "(-8,)"),
    ("(3,)", "(0,)"), ("(3,)", "(12,)"), ("(3,)", "(4,)"), ("(1,)", "(999,)"), ("(2, 3)", None), ("(2, 3)", "(8, 16)"),
    ("(2, 3)", "(48, 16)"), ("(2, 3)", "(0, 8)"), ("(1, 6)", None), ("(6, 1)", None), ("(6, 1)", "(8, 0)"),
    ("(2, 0)", None), ("(2, 0)", "(8, 8)"), ("(0, 2)", "(3, 3)"), ("(2, 3, 4)", None), ("(2, 3, 4)", "(8, 16, 48)"),
    ("(2, 3, 4)", "(96, 8, 24)"), ("(1, 1, 1)", None), ("(2, 2, 2, 2)", None), ("(1,) * 7", None), ("(1,) * 8", None), ("(1,) * 9", None),
]


def made():
    for text, size in formats():
        yield f"made.exporter({text!r}, {size}, (6,), offset=16, strides=(-{size},))" if text == "q" else f"made.exporter({text!r}, {size}, (3,))"
    for (shape, strides), options in itertools.product(ORDERS, ("", ", readonly=1")):
        offset = ", offset=32" if strides == "(-8,)" else ""
        for kind in ("exporter", "releasing"):
            yield f"made.{kind}('d', 8, {shape}, {strides}{offset}{options})"
    for kind in ("exporter", "releasing"):
        for flag in (0x1, 0x4, 0x10, 0x100):  # WRITABLE, FORMAT, STRIDES, INDIRECT
            yield f"made.{kind}('i', 4, (6,), refuses={flag})"
        for option in ("ignores=0x4", "ignores=0x18", "ignores=0x8", "leaves=0x10", "leaves=0x18", "leaves=0x4"):
            for shape in ("(6,)", "(2, 3)", "()"):
                yield f"made.{kind}('i', 4, {shape}, {option})"
        yield f"made.{kind}('i', 4, (3,), offset=1)"
        yield f"made.{kind}('d', 8, (3,), offset=4)"
        yield f"made.{kind}('i', 0, (3,))"
        yield f"made.{kind}(None, 8, (3,), refuses=0x4)"
    yield "made.releasing('d', 8, (2,), ignores=0x18, refuses=0)"
    for name in ("ints", "readonly", "table", "F order", "strided", "negative", "broadcast", "dead strides", "0-d", "empty",
                 "empty table", "pil", "struct", "self-pointing", "re-export", "ints, releasing"):
        yield f"exporters.right({name!r})"
        yield f"memoryview(exporters.right({name!r}))"
    for name in ("ValueError", "native code", "wrong size", "needless refusal"):
        yield f"exporters.wrong({name!r})"
    yield from (
        "(lambda m: (m.release(), m)[1])(memoryview(bytearray(8)))",
        "type('A', (np.ndarray,), {})((3,))",
        "type('B', (bytes,), {})(b'abcd')", "type('B', (bytearray,), {})(b'abcd')",
        "(ctypes.c_int * 3)()", "((ctypes.c_double * 3) * 2)()", "ctypes.c_long(3)", "(ctypes.c_longdouble * 2)()",
        "ctypes.c_double.__ctype_be__(3)", "(ctypes.c_int.__ctype_be__ * 3)()", "ctypes.create_string_buffer(8)",
        "type('P', (ctypes.Structure,), {'_fields_': [('a', ctypes.c_uint8), ('b', ctypes.c_double)]})()",
        "(type('P', (ctypes.Structure,), {'_fields_': [('a', ctypes.c_uint8), ('b', ctypes.c_double)]}) * 3)()",
        "type('P', (ctypes.Structure,), {'_pack_': 1, '_fields_': [('a', ctypes.c_uint8), ('b', ctypes.c_double)]})()",
        "type('P', (ctypes.BigEndianStructure,), {'_fields_': [('a', ctypes.c_uint16), ('b', ctypes.c_int)]})()",
        "type('U', (ctypes.Union,), {'_fields_': [('a', ctypes.c_uint8), ('b', ctypes.c_double)]})()",
        "type('E', (ctypes.Structure,), {'_fields_': []})()", "(ctypes.c_char * 0)()", "(ctypes.c_void_p * 2)()",
        "memoryview(type('P', (ctypes.Structure,), {'_fields_': [('a', ctypes.c_uint8), ('b', ctypes.c_double)]})())",
        "memoryview((type('P', (ctypes.Structure,), {'_fields_': [('a', ctypes.c_uint8), ('b', ctypes.c_double)]}) * 3)())[1:]",
        "type('A', (made.exporter,), {'__array__': lambda self, *a, **k: np.zeros(3)})('d', 8, (3,), refuses=4)",
        "array.array('u')", "made.exporter('w', 4, (0,))", "made.exporter('O', 8, (2, 0))", "np.zeros((0, 2), '>i4')",
        "(type('P', (ctypes.Structure,), {'_fields_': [('x', ctypes.c_int), ('y', ctypes.c_int)]}) * 4)()",
        "type('L', (ctypes.Structure,), {'_fields_': [('p', type('P', (ctypes.Structure,), {'_fields_': "
        "[('x', ctypes.c_int), ('y', ctypes.c_int)]}) * 2), ('w', ctypes.c_float)]})()",
        "(type('O', (ctypes.Structure,), {'_fields_': [('d', ctypes.c_double)]}) * 3)()",
        "(type('A', (ctypes.Structure,), {'_fields_': [('m', ctypes.c_double * 2 * 3)]}) * 2)()",
        "(type('C', (ctypes.Structure,), {'_fields_': [('s', ctypes.c_char * 5), ('b', ctypes.c_bool)]}) * 2)()",
        "(ctypes.c_wchar * 3)()", "(ctypes.c_bool * 3)()", "ctypes.pointer(ctypes.c_int(1))", "(ctypes.py_object * 2)(1, 2)",
    )
    # What __dlpack__ gives comes before the buffer, for some.
    for result in ("np.zeros(2, 'f4').__dlpack__()", "np.zeros((2, 2), 'c8').__dlpack__(**k)", "np.frombuffer(b'abc', 'u1').__dlpack__(**k)",
                   "np.frombuffer(b'abc', 'b').__dlpack__(max_version=(1, 0))", "np.zeros(2, '?').__dlpack__(**k)",
                   "np.zeros(2, 'f2').__dlpack__(**k)", "None", "np.zeros(2, '>i4').__dlpack__(**k)"):
        yield f"type('D', (np.ndarray,), {{'__dlpack__': lambda self, **k: {result}}})((3,), 'i8')"
        yield f"type('D', (bytes,), {{'__dlpack__': lambda self, **k: {result}}})(b'abcd')"
    if sys.version_info >= (3, 12):
        for base, body in (("object", "memoryview(b'12345678')"), ("object", "memoryview(bytearray(8)).cast('i', (2, 1))"),
                           ("object", "memoryview(bytearray(8))[::2]"), ("object", "memoryview(np.zeros((2, 3), order='F'))"),
                           ("object", "memoryview(np.zeros(3, '>i4'))"), ("object", "b'no view'"), ("object", "1 / 0"),
                           ("bytes", "memoryview(b'others')"), ("np.ndarray", "np.ndarray.__buffer__(self, flags)")):
            yield (f"type('D', ({base},), {{'__buffer__': lambda self, flags: {body}}})"
                   f"{'((2, 3))' if base.startswith('np') else '()'}")
    for text in ("zeros(3)", "zeros((2, 3))", "zeros((2, 3), order='F')", "zeros((2, 3))[:, ::2]", "zeros((2, 0))", "array(3.0)",
                 "zeros(3, '>i4')", "zeros(3, '<f2')", "zeros(3, 'c8')", "zeros(3, 'S5')", "zeros(3, 'U2')", "zeros(3, '?')",
                 "zeros(3, 'V3')", "zeros(3, 'i4,f8')", "zeros(3, np.dtype('i1,f8', align=True))", "zeros(3, 'g')",
                 "zeros(1, 'i4,f8')", "zeros(1, 'i4,f8')[0]", "zeros(4, 'i4,f8')[::2]", "zeros(2, 'u1,f8')",
                 "broadcast_to(np.zeros(3), (2, 3))", "zeros(3, [('a', '>i2'), ('b', 'i4', (2, 2))])",
                 "zeros(3, 'M8[s]')", "array(['a'], np.dtypes.StringDType()) if hasattr(np, 'dtypes') else np.zeros(1)",
                 "zeros(2, 'i4,f4')", "zeros(2, 'i2,i2')", "zeros(2, 'i4,i4')", "zeros(2, '>M8[s]')", "zeros((2, 3, 4))",
                 "zeros((2, 3, 4, 5))", "str_('abc')", "bytes_(b'abc')", "float64(3)", "datetime64('2020')", "void(b'abc')",
                 "zeros(6)[::-1]", "zeros(6, 'i2')[1::3]",
                 "zeros(5, 'S8')[::2]", "zeros(0, 'O')", "zeros((2, 0), 'O')", "zeros(3, [('a', 'g'), ('b', 'c16')])",
                 "zeros(3, np.dtype([('a', 'i1'), ('b', 'g')], align=True))", "zeros(3, [('x', 'f4'), ('y', 'f4'), ('z', 'f4')])",
                 "zeros(3, [('rgb', 'u1', (3,))])", "zeros(3, [('rgb', 'u1', (3,)), ('a', 'u2')])",
                 "zeros(3, np.dtype([('rgb', 'u1', (3,)), ('a', 'u2')], align=True))", "zeros(3, [('m', 'f8', (2, 2))])",
                 "zeros(3, [('m', [('x', 'i4'), ('y', 'i4')], (2,))])", "zeros(3, [('m', [('x', 'i4'), ('y', 'i4')])])",
                 "zeros(3, [('p', [('x', 'i4'), ('y', 'i4')], (2,)), ('w', 'f4')])", "zeros(3, [(('title', 'name'), 'i4')])",
                 "zeros(3, [('m', [(('title', 'x'), 'i4'), ('y', 'i4')], (2,))])", "zeros(1, [(('title', 'name'), 'i4')])[0]",
                 "zeros(3, '?,f4')", "zeros(3, [('a', 'S3'), ('b', 'S2')])",
                 "zeros(3, [('a', 'i1'), ('b', 'i2'), ('c', 'i4'), ('d', 'i8')])", "zeros(3, [('a', [('b', [('c', 'f4')])])])",
                 "zeros(3, np.dtype([('a', 'i1'), ('b', 'i2'), ('c', 'i4'), ('d', 'i8')], align=True))", "zeros(3, [('n', 'n'), ('N', 'N'), ('P', 'P')])", "ones(4, 'i4').view('S4')", "zeros(2, 'O')", "zeros(3, '>f8')", "zeros(3, '>c16')"):
        yield f"np.{text}"
        if "M8" not in text and "StringDType" not in text:  # which no memoryview takes
            yield f"memoryview(np.{text})"


def everyday():
    lines = (pathlib.Path(__file__).resolve().parent / "everyday.txt").read_text().splitlines()
    return [line for line in lines if not line.startswith("#")]


def all_objects(names=GROUPS):
    """(options of the program, expression)"""
    groups = {group.name: group for group in survey.read_groups("exporters.txt")}
    for name in names:
        for case in groups[name].cases:
            if case.is_one and not case.expression.startswith(DANGLING):
                yield groups[name].options, case.expression
    for expression in dict.fromkeys(itertools.chain(made(), everyday())):
        yield OPTIONS, expression


def for_torch():
    """Those that need Python and NumPy alone; it looks at no format, and of made ones a few are enough."""
    for options, expression in all_objects([name for name in GROUPS if name.startswith(("python/", "numpy"))]):
        if not re.fullmatch(r"made\.exporter\('[^']*', \d+, \(3,\)\)", expression):
            yield options, expression


def for_old_numpy():
    """Those that the years between NumPy's versions may make a difference to."""
    for options, expression in all_objects():
        if re.search(r"\bnp\.|ctypes|^made\.exporter\(.*\(3,\)\)$", expression) and "ml_dtypes" not in expression:
            yield options, expression
