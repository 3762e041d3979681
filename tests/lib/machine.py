"""The pickle machine and its recipes, called by ctypes: what they make of a pickle, as Python's values."""

import ast
import ctypes

import numpy

from mirror import Arena, Error, Layout, LIBRARY, Text

NOWHERE = 2**64 - 1


class PickleArray(ctypes.Structure):
    _fields_ = [("dtype", ctypes.c_void_p), ("type_text", ctypes.c_char_p), ("ndim", ctypes.c_int),
                ("shape", ctypes.c_void_p), ("strides", ctypes.c_void_p)]


class Body(ctypes.Union):
    _fields_ = [("integer", ctypes.c_int64), ("real", ctypes.c_double), ("typed", ctypes.c_void_p),
                ("array", ctypes.POINTER(PickleArray)), ("dtype", ctypes.c_void_p), ("weight", ctypes.c_size_t)]


class Value(ctypes.Structure):
    _fields_ = [("kind", ctypes.c_int), ("own", ctypes.c_uint), ("body", Body), ("data", ctypes.c_void_p),
                ("size", ctypes.c_size_t)]


class Pickle(ctypes.Structure):
    _fields_ = [("value", ctypes.POINTER(Value)), ("protocol", ctypes.c_int), ("length", ctypes.c_size_t),
                ("trailing", ctypes.c_size_t)]


class Range(ctypes.Structure):
    _fields_ = [("data", ctypes.c_void_p), ("size", ctypes.c_size_t)]


class Reading(ctypes.Structure):
    """The rest of it is the library's own."""
    _fields_ = [("pickle", Pickle), ("rest", ctypes.c_char * 4096)]


for name in ("reading_parse", "pickle_is_buffer", "pickle_layout"):
    getattr(LIBRARY, name).restype = ctypes.c_bool
for name in ("pickle_scalar_text", "dtype_text", "text_free", "arena_free"):
    getattr(LIBRARY, name).restype = None
LIBRARY.recipe_type_name.restype = LIBRARY.recipe_remark.restype = ctypes.c_char_p
LIBRARY.recipe_value.restype = ctypes.POINTER(Value)
LIBRARY.recipe_offset.restype = ctypes.c_uint64
LIBRARY.pickle_arena_limit.restype = ctypes.c_size_t

KINDS = ["none", "bool", "int", "float", "int", "str", "bytes", "bytearray", "typed", "array", "scalar", "dtype",
         "list", "tuple", "set", "frozenset", "dict", "global", "object", "text", "grid", "named"]


class Refused(Exception):
    pass


class Buffer:
    """A buffer's type, layout and bytes; dtype is None but for NumPy's."""

    def __init__(self, kind, format, itemsize, shape, strides, data, dtype=None, offset=None):
        self.kind, self.format, self.itemsize, self.shape, self.strides = kind, format, itemsize, shape, strides
        self.data, self.dtype, self.offset = data, dtype, offset

    def __eq__(self, other):
        return (isinstance(other, Buffer) and self.kind == other.kind and self.itemsize == other.itemsize
                and self.format == other.format and self.shape == other.shape and self.strides == other.strides
                and self.data == other.data and self.dtype == other.dtype)

    def __repr__(self):
        return "<%s %s %s itemsize=%s shape=%s strides=%s %s>" % (
            self.kind, self.dtype, self.format, self.itemsize, self.shape, self.strides, self.data[:40].hex())


def built(descr):
    """The dtype of a descr: a list may hold '' fields (padding), dicts and sub-arrays anything."""
    if isinstance(descr, str):
        return numpy.dtype(descr)
    if isinstance(descr, tuple):
        return numpy.dtype((built(descr[0]), descr[1]))
    if isinstance(descr, dict):
        return numpy.dtype(dict(descr, formats=[built(format) for format in descr["formats"]]))
    spec, end = {"names": [], "formats": [], "offsets": [], "titles": []}, 0
    for name, format, *shape in descr:
        field = numpy.dtype((built(format), *shape)) if shape else built(format)
        title, name = name if isinstance(name, tuple) else (None, name)
        if name or field.kind != "V" or field.names is not None or field.subdtype:
            for column, value in zip(spec.values(), (name, field, end, title)):
                column.append(value)
        end += field.itemsize
    return numpy.dtype(dict(spec, itemsize=end))


def dtype_of(text):
    """The dtype from our text for it."""
    return built(ast.literal_eval(text) if text[0] in "[({" else text)


class Machine:
    """What the machine makes of a pickle: `.value`, as expected() in tests/oracle/pickles.py describes objects."""

    def __init__(self, data, shown=True):
        self.bytes = data
        self.memory = ctypes.create_string_buffer(data, len(data))
        self.reading, error = Reading(), Error()
        arena = Arena(None, 0, LIBRARY.pickle_arena_limit(ctypes.c_size_t(len(data))))
        whole = Range(ctypes.addressof(self.memory), len(data))
        try:
            if not LIBRARY.reading_parse(ctypes.byref(self.reading), whole, whole, None, ctypes.byref(arena),
                                         ctypes.byref(error)):
                raise Refused(error.text())
            self.pickle = self.reading.pickle
            self.trailing = self.pickle.trailing
            self.protocol = self.pickle.protocol
            value = LIBRARY.recipe_value(ctypes.byref(self.reading), self.pickle.value)
            self.used = arena.used
            self.size = value.contents.size
            self.value = self.show(self.pickle.value) if shown else None
        finally:
            LIBRARY.arena_free(ctypes.byref(arena))

    def show(self, original):
        pointer = LIBRARY.recipe_value(ctypes.byref(self.reading), original)
        value = pointer.contents
        kind = KINDS[value.kind]
        if kind == "object":
            raise Refused((LIBRARY.recipe_remark(ctypes.byref(self.reading), original) or b"an object").decode())
        if LIBRARY.pickle_is_buffer(pointer):
            return self.buffer(original, pointer, kind)
        if kind in ("list", "tuple", "dict"):
            items = ctypes.cast(value.data, ctypes.POINTER(ctypes.POINTER(Value)))
            shown = [self.show(items[i]) for i in range(value.size)]
            if kind == "dict":
                return (kind, dict(zip(map(repr, shown[::2]), shown[1::2])))
            return (kind, shown)
        text = Text()
        if kind == "dtype":
            LIBRARY.dtype_text(ctypes.c_void_p(value.body.dtype), ctypes.byref(text))
            return (kind, dtype_of(text.take().decode()))
        LIBRARY.pickle_scalar_text(pointer, ctypes.byref(text))
        return (kind, text.take().decode("utf-8", "surrogatepass"))

    def buffer(self, original, pointer, kind):
        value, layout, text, error, plain = pointer.contents, Layout(), Text(), Error(), ctypes.c_bool(False)
        dtype = None
        if kind in ("array", "scalar"):
            LIBRARY.dtype_text(ctypes.c_void_p(value.body.array.contents.dtype), ctypes.byref(text))
            dtype = dtype_of(text.take().decode())
        if not LIBRARY.pickle_layout(pointer, ctypes.byref(text), ctypes.byref(layout), ctypes.byref(plain),
                                     ctypes.byref(error)):
            raise Refused(error.text())
        data = ctypes.string_at(layout.buf, layout.len)
        offset = LIBRARY.recipe_offset(ctypes.byref(self.reading), pointer)
        assert layout.readonly and layout.len == value.size
        assert offset == NOWHERE or self.bytes[offset:offset + layout.len] == data
        kind = LIBRARY.recipe_type_name(ctypes.byref(self.reading), original).decode()
        shown = Buffer(kind, layout.format.decode("utf-8", "surrogatepass") if plain else None, layout.itemsize,
                       tuple(layout.shape[:layout.ndim]), tuple(layout.strides[:layout.ndim]), data, dtype,
                       None if offset == NOWHERE else offset)
        LIBRARY.text_free(ctypes.byref(text))
        return shown
