#!/usr/bin/env python3
"""The .npy reader and NumPy's types against NumPy itself.

Types, shapes, orders, header versions and spellings are drawn at random.
Files: NumPy maps each (mmap_mode='r'), and its memoryview must have the format,
shape, strides and item size that our layout has; the type must be spelled as
NumPy spells it.  Types that no header can spell (fields anywhere, arrays at any
address) go straight to the functions that build them.  Headers with random
changes: what the reader accepts, NumPy must accept, and both must agree.

SEED and ROUNDS in the environment choose other runs.
"""
import ast
import ctypes
import os
import random
import re
import struct
import sys
import tempfile
import warnings

import numpy

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
from mirror import Arena, Error, Layout, LIBRARY, Mapping, MAX_NDIM, Text  # noqa: E402

warnings.simplefilter("ignore")

SEED = int(os.environ.get("SEED", "20240229"))
ROUNDS = int(os.environ.get("ROUNDS", "4000"))


class Array(ctypes.Structure):
    _fields_ = [("dtype", ctypes.c_void_p), ("ndim", ctypes.c_int), ("shape", ctypes.c_ssize_t * MAX_NDIM),
                ("fortran_order", ctypes.c_bool), ("nbytes", ctypes.c_size_t)]


class Npy(ctypes.Structure):
    _fields_ = [("array", Array), ("major", ctypes.c_ubyte), ("minor", ctypes.c_ubyte),
                ("offset", ctypes.c_uint64), ("trailing", ctypes.c_uint64)]


class Field(ctypes.Structure):
    _fields_ = [("name", ctypes.c_char_p), ("name_length", ctypes.c_size_t), ("title", ctypes.c_char_p),
                ("title_length", ctypes.c_size_t), ("offset", ctypes.c_size_t), ("type", ctypes.c_void_p)]


for name in ("npy_parse", "array_layout", "input_open"):
    getattr(LIBRARY, name).restype = ctypes.c_bool
for name in ("dtype_text", "arena_free", "text_free", "mapping_close"):
    getattr(LIBRARY, name).restype = None
for name in ("dtype_from_text", "dtype_struct", "dtype_subarray"):
    getattr(LIBRARY, name).restype = ctypes.c_void_p


class Refused(Exception):
    pass


class Answer:
    """What our layout says of an array, and of its type."""

    def __init__(self, array, address, error):
        layout, format, dtype, plain = Layout(), Text(), Text(), ctypes.c_bool(True)
        try:
            if not LIBRARY.array_layout(ctypes.byref(array), ctypes.c_void_p(address), ctypes.c_size_t(0),
                                        ctypes.byref(format), ctypes.byref(layout), ctypes.byref(plain),
                                        ctypes.byref(error)):
                raise Refused(error.text())
            LIBRARY.dtype_text(ctypes.c_void_p(array.dtype), ctypes.byref(dtype))
            self.plain = plain.value
            self.format = layout.format.decode()
            self.itemsize = layout.itemsize
            self.shape = tuple(layout.shape[: layout.ndim])
            self.strides = tuple(layout.strides[: layout.ndim])
            self.nbytes = layout.len
            self.dtype = dtype.bytes().decode()
            self.bytes = ctypes.string_at(address, layout.len)
        finally:
            LIBRARY.text_free(ctypes.byref(format))
            LIBRARY.text_free(ctypes.byref(dtype))


def read_file(path):
    """The answer for a .npy file, read from its mapping as the program does."""
    mapping, error, npy, arena = Mapping(), Error(), Npy(), Arena(None, 0, 64 << 20)
    if not LIBRARY.input_open(ctypes.byref(mapping), os.fsencode(path), None, ctypes.byref(error)):
        raise Refused(error.text())
    try:
        if not LIBRARY.npy_parse(ctypes.byref(npy), ctypes.c_void_p(mapping.data),
                                 ctypes.c_size_t(mapping.size), ctypes.c_uint64(mapping.size),
                                 ctypes.c_bool(False), ctypes.byref(arena), ctypes.byref(error)):
            raise Refused(error.text())
        answer = Answer(npy.array, mapping.data + npy.offset, error)
        answer.offset, answer.trailing = npy.offset, npy.trailing
        return answer
    finally:
        LIBRARY.arena_free(ctypes.byref(arena))
        LIBRARY.mapping_close(ctypes.byref(mapping))


class Builder:
    """A NumPy type made anew with the functions that files/dtype.h has for it."""

    def __init__(self):
        self.arena, self.error, self.kept = Arena(None, 0, 64 << 20), Error(), []

    def close(self):
        LIBRARY.arena_free(ctypes.byref(self.arena))

    def build(self, dtype):
        arena, error = ctypes.byref(self.arena), ctypes.byref(self.error)
        if dtype.subdtype:
            base, shape = dtype.subdtype
            extents = (ctypes.c_ssize_t * len(shape))(*shape)
            built = LIBRARY.dtype_subarray(arena, ctypes.c_void_p(self.build(base)), len(shape), extents,
                                           error)
        elif dtype.names is not None:
            fields = (Field * max(1, len(dtype.names)))()
            for field, name in zip(fields, dtype.names):
                type, offset, *title = dtype.fields[name]
                name, title = name.encode(), title[0].encode() if title else None
                field.name, field.name_length = name, len(name)
                field.title, field.title_length = title, len(title or "")
                field.offset, field.type = offset, self.build(type)
            self.kept.append(fields)
            built = LIBRARY.dtype_struct(arena, fields, ctypes.c_size_t(len(dtype.names)),
                                         ctypes.c_size_t(dtype.itemsize), error)
        else:
            text = dtype.str.encode()
            built = LIBRARY.dtype_from_text(arena, text, ctypes.c_size_t(len(text)), error)
        if not built:
            raise Refused(self.error.text())
        return built


# --- what is generated -----------------------------------------------------------

EVERY = ["b1", "i1", "u1", "i2", "i4", "i8", "u2", "u4", "u8", "f2", "f4", "f8", "c8", "c16",
         "S0", "S1", "S5", "V0", "V1", "V6", "U0", "U1", "U3"]
LONG = ["f16", "c32"]
DATETIME = ["M8", "M8[ns]", "m8[25us]", "M8[D]", "m8[generic]"]
NAMES = ["a", "b", "x y", "é", "日本", "}", "T{", "it's", '"', "\\", "\n", "\x1b[2J", "\u202e", "descr"]


def random_type(rng, plain, scattered=False, depth=0):
    """A dtype.  `plain`: one that PEP 3118 can say; `scattered`: with fields anywhere."""
    if depth > 3 or rng.random() < 0.4 + 0.15 * depth:
        order = rng.choice("<<>|=")
        choices = EVERY + LONG * (order != ">" or not plain) + DATETIME * (not plain)
        return numpy.dtype(order + rng.choice(choices))
    # Without a name, what NumPy's own spelling makes of a field depends on its type.
    names = rng.sample(NAMES + ["a:b"] * (not plain) + [""] * (not scattered), rng.randrange(0, 5))
    formats = []
    for _ in names:
        field = random_type(rng, plain, scattered, depth + 1)
        for _ in range(rng.choice([0, 0, 0, 1, 2])):
            if field.itemsize == 0:
                break  # NumPy takes these for types that have no size yet
            field = numpy.dtype((field, tuple(rng.choice([0, 1, 2, 3]) for _ in range(rng.randrange(1, 4)))))
        formats.append(field)
    if rng.randrange(3) == 0:
        return numpy.dtype({"names": names, "formats": formats}, align=True)
    offsets, end = [], 0
    for field in formats:
        offset = end + rng.choice([0, 0, 0, 1, 3, 4, 7])
        if scattered and rng.randrange(3) == 0:
            offset = rng.randrange(24)
        offsets.append(offset)
        end = offset + field.itemsize
    end = max([0] + [offset + field.itemsize for offset, field in zip(offsets, formats)])
    spec = {"names": names, "formats": formats, "offsets": offsets,
            "itemsize": end + rng.choice([0, 0, 1, 4])}
    if rng.randrange(4) == 0:
        spec["titles"] = [rng.choice([None, "t%d" % i]) for i in range(len(names))]
    return numpy.dtype(spec)


def random_shape(rng):
    shape = [rng.choice([0, 1, 1, 2, 3, 5]) for _ in range(rng.choice([0, 1, 1, 2, 2, 3, 4]))]
    if rng.randrange(50) == 0:
        shape = [1] * rng.randrange(20, 33)
    return tuple(shape)


def spelled(rng, descr, order, shape):
    """A header text, in one of the ways that writers spell it."""
    items = [("descr", repr(descr)), ("fortran_order", repr(order)), ("shape", repr(shape))]
    style = rng.randrange(6)
    if style == 0:
        rng.shuffle(items)
    text = "{" + ", ".join("'%s': %s" % item for item in items) + rng.choice([", }", "}"])
    if style == 1:
        text = "{" + ",".join('"%s":%s' % item for item in items) + "}"
    if style == 2:
        before = " \t" if sys.version_info >= (3, 10) else ""  # ast.literal_eval, and so NumPy, refuses them before
        text = before + text.replace(", ", " ,\n\t\f\r ")
    return text


def make_file(rng, dtype, version, order, shape, padding):
    array_bytes = rng.randbytes(dtype.itemsize * int(numpy.prod(shape, dtype=object)))
    descr = numpy.lib.format.dtype_to_descr(dtype)
    header = spelled(rng, descr, order, shape)
    encoded = header.encode("utf8" if version == 3 else "latin1")
    encoded += b" " * padding + rng.choice([b"\n", b"\n", b""])
    prefix = b"\x93NUMPY" + bytes([version, 0]) + struct.pack("<H" if version == 1 else "<I", len(encoded))
    return prefix + encoded + array_bytes + rng.choice([b"", b"", b"tail"])


# --- the tests -------------------------------------------------------------------

class Tap:
    def __init__(self):
        self.count = self.failed = 0

    def result(self, problems, what):
        self.count += 1
        self.failed += bool(problems)
        for problem in problems[:10]:
            print("#", problem.replace("\n", "\\n"))
        print("%sok %d - %s" % ("not " if problems else "", self.count, what), flush=True)


UNWRITTEN = "\ufdd0"  # begins the names that stand for those no format can hold


def stand_in(dtype):
    """The type that describes the same bytes and that PEP 3118 can say."""
    if dtype.subdtype:
        return numpy.dtype((stand_in(dtype.subdtype[0]), dtype.subdtype[1]))
    if dtype.kind in "mM":
        return numpy.dtype("q").newbyteorder(dtype.byteorder)
    if dtype.char in "gG" and dtype.byteorder == ">":
        return numpy.dtype("V%d" % dtype.itemsize)
    if dtype.names is None:
        return dtype
    fields = [dtype.fields[name] for name in dtype.names]
    names = [UNWRITTEN + str(i) if ":" in name else name for i, name in enumerate(dtype.names)]
    result = numpy.dtype({"names": names, "formats": [stand_in(field[0]) for field in fields],
                          "offsets": [field[1] for field in fields], "itemsize": dtype.itemsize})
    try:
        memoryview(numpy.zeros(0, result))
    except ValueError as why:
        assert "out-of-order" in str(why), why
        return numpy.dtype("V%d" % dtype.itemsize)
    return result


def numpy_view(array):
    """NumPy's format and strides, and whether the format is the type's own."""
    try:
        view = memoryview(array)
        return view.format, view.strides, True
    except ValueError:
        memory = (ctypes.c_char * max(1, array.nbytes)).from_address(array.ctypes.data)
        view = memoryview(numpy.ndarray(array.shape, stand_in(array.dtype), memory, 0, array.strides))
        return re.sub(":%s\\d+:" % UNWRITTEN, "", view.format), view.strides, False


def differences(ours, array):
    format, strides, plain = numpy_view(array)
    pairs = [("plain", ours.plain, plain), ("format", ours.format, format),
             ("strides", ours.strides, strides), ("itemsize", ours.itemsize, array.itemsize),
             ("shape", ours.shape, array.shape),
             ("nbytes", ours.nbytes, array.nbytes), ("bytes", ours.bytes, array.tobytes("A"))]
    return ["%s: %r, NumPy has %r" % pair for pair in pairs if pair[1] != pair[2]]


def spelling_differs(ours, dtype):
    descr = numpy.lib.format.dtype_to_descr(dtype)
    expected = descr if isinstance(descr, str) else repr(descr)
    return ["dtype: %r, NumPy has %r" % (ours.dtype, expected)] if ours.dtype != expected else []


def type_of(value):
    """The dtype that a spelling of ours means; None for padding."""
    if isinstance(value, str):
        return numpy.dtype(value)
    if isinstance(value, tuple):
        return numpy.dtype((type_of(value[0]), value[1]))
    if isinstance(value, dict):
        return numpy.dtype({**value, "formats": [type_of(format) for format in value["formats"]]})
    spec, offset = {"names": [], "formats": [], "offsets": [], "titles": []}, 0
    for name, *format in value:
        format = type_of(tuple(format) if len(format) > 1 else format[0])
        if name != "" or format.kind != "V" or format.names is not None:
            title, name = name if isinstance(name, tuple) else (None, name)
            for key, item in zip(spec, (name, format, offset, title)):
                spec[key].append(item)
        offset += format.itemsize
    return numpy.dtype({**spec, "itemsize": offset})


def generated_files(tap, directory):
    rng = random.Random(SEED)
    problems, plain, count = [], 0, 0
    for number in range(ROUNDS):
        dtype = random_type(rng, plain=rng.randrange(4) > 0)
        shape, version = random_shape(rng), rng.choice([1, 2, 3])
        try:
            data = make_file(rng, dtype, version, rng.random() < 0.5, shape, rng.randrange(17))
        except UnicodeEncodeError:
            continue
        path = os.path.join(directory, "%d.npy" % number)
        with open(path, "wb") as file:
            file.write(data)
        array = numpy.load(path, mmap_mode="r")
        try:
            ours = read_file(path)
            found = differences(ours, array) + spelling_differs(ours, array.dtype)
            count += 1
            plain += ours.plain
        except Refused as why:
            found = ["refused: %s" % why]
        problems += ["%s\n  in round %d, seed %d: %r" % (what, number, SEED, data[:300]) for what in found]
        os.unlink(path)
    tap.result(problems, "files are read as NumPy reads them (%d, %d of PEP 3118 types)" % (count, plain))


def built_types(tap):
    rng = random.Random(SEED + 1)
    problems, plain = [], 0
    memory = numpy.zeros(1 << 20, "u1")
    for number in range(ROUNDS):
        dtype = random_type(rng, plain=rng.randrange(2) > 0, scattered=rng.randrange(2) > 0)
        shape = random_shape(rng)
        fortran = rng.random() < 0.5
        if dtype.itemsize * numpy.prod(shape, dtype=object) > memory.nbytes - 16:
            continue
        array = numpy.ndarray(shape, dtype, memory, rng.choice([0, 0, 0, 1, 2, 4, 8]), order="CF"[fortran])
        builder = Builder()
        try:
            built = Array(builder.build(dtype), len(shape), (ctypes.c_ssize_t * MAX_NDIM)(*shape), fortran,
                          array.nbytes)
            ours = Answer(built, array.ctypes.data, builder.error)
            found = differences(ours, array)
            if "{'names'" not in ours.dtype:
                found += spelling_differs(ours, dtype)
            elif type_of(ast.literal_eval(ours.dtype)) != dtype:
                found.append("dtype: %s" % ours.dtype)
            plain += ours.plain
        finally:
            builder.close()
        problems += ["%s\n  in round %d, seed %d: %s" % (what, number, SEED, ours.dtype) for what in found]
    tap.result(problems, "built types have NumPy's formats (%d, %d of them plain)" % (ROUNDS, plain))


PIECES = ["'", '"', "(", ")", "[", "]", "{", "}", ",", ":", " ", "\n", "\t", "\\", "\\x41", "\\n", "u", "L",
          "0", "1", "-", "9223372036854775807", "True", "False", "None", "'descr'", "'<f8'", "(2,)",
          "[('a', '<i4')]", "#", "\0", "é"]


def changed(rng, text):
    for _ in range(rng.choice([1, 1, 1, 2, 3])):
        at = rng.randrange(len(text) + 1)
        until = at + rng.choice([0, 0, 1, 1, 2, 5])
        start = rng.randrange(len(text))
        text = text[:at] + rng.choice([rng.choice(PIECES), "", text[start : start + 8]]) + text[until:]
    return text


def changed_headers(tap, directory):
    rng = random.Random(SEED + 2)
    problems, accepted = [], 0
    path = os.path.join(directory, "changed.npy")
    for number in range(ROUNDS):
        dtype, version = random_type(rng, plain=True), rng.choice([1, 2, 3])
        descr = numpy.lib.format.dtype_to_descr(dtype)
        text = changed(rng, spelled(rng, descr, rng.random() < 0.5, random_shape(rng)))
        encoded = text.encode("utf8" if version == 3 else "latin1", "replace")
        with open(path, "wb") as file:
            file.write(b"\x93NUMPY" + bytes([version, 0]))
            file.write(struct.pack("<H" if version == 1 else "<I", len(encoded)) + encoded + bytes(4096))
        try:
            ours = read_file(path)
        except Refused:
            continue
        if len(ours.shape) > 32:
            continue  # NumPy 1 ends there
        accepted += 1
        try:
            array = numpy.load(path, mmap_mode="r")
            found = differences(ours, array) + spelling_differs(ours, array.dtype)
        except Exception as why:
            found = ["accepted, NumPy has %s %s" % (type(why).__name__, why)]
        problems += ["%s\n  in round %d, seed %d: %r" % (what, number, SEED, encoded) for what in found]
    tap.result(problems, "changed headers are refused, or read as NumPy reads them (%d of %d accepted)"
               % (accepted, ROUNDS))


def main():
    tap = Tap()
    with tempfile.TemporaryDirectory() as directory:
        generated_files(tap, directory)
        built_types(tap)
        changed_headers(tap, directory)
    print("1..%d" % tap.count)
    return tap.failed != 0


if __name__ == "__main__":
    sys.exit(main())
