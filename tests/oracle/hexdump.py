#!/usr/bin/python3
"""Hex dumps against the real hexdump (util-linux), byte for byte, with every kernel that this processor has.

Needs build/libmview.so (or MVIEW_LIBRARY) and the program hexdump; prints TAP.
"""

import ctypes
import os
import random
import shutil
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
from mirror import LIBRARY as library  # noqa: E402

KERNELS = [b"avx512", b"avx2", b"ssse3", b"neon", b"scalar"]
SEED = 20240229
STRUCT_SIZE = 8192  # more than struct hexdump and struct output take


class Style(ctypes.Structure):
    _fields_ = [
        ("width", ctypes.c_uint),
        ("squeeze", ctypes.c_bool),
        ("color", ctypes.c_bool),
        ("itemsize", ctypes.c_size_t),
    ]


library.hexdump_use.restype = ctypes.c_bool
library.hexdump_add.restype = ctypes.c_bool
library.hexdump_end.restype = ctypes.c_bool
library.output_open.restype = ctypes.c_bool
library.output_close.restype = ctypes.c_bool


def ours(data, offset, squeeze, pieces):
    """What hexdump.c prints for these bytes, added in pieces of these sizes."""
    dump = ctypes.create_string_buffer(STRUCT_SIZE)
    output = ctypes.create_string_buffer(STRUCT_SIZE)
    error = ctypes.create_string_buffer(STRUCT_SIZE)
    style = Style(16, squeeze, False, 0)
    buffer = (ctypes.c_char * max(len(data), 1)).from_buffer_copy(data or b"\0")
    with tempfile.TemporaryFile() as file:
        assert library.output_open(output, os.dup(file.fileno()), error)
        library.hexdump_begin(dump, output, ctypes.byref(style), ctypes.c_int64(offset), ctypes.c_int64(0))
        at = 0
        for piece in pieces:
            piece = min(piece, len(data) - at)
            assert library.hexdump_add(dump, ctypes.byref(buffer, at), None, ctypes.c_size_t(piece))
            at += piece
        assert library.hexdump_add(dump, ctypes.byref(buffer, at), None, ctypes.c_size_t(len(data) - at))
        assert library.hexdump_end(dump)
        assert library.output_close(output, error)
        file.seek(0)
        return file.read()


def theirs(data, offset, squeeze):
    """What hexdump -C prints for these bytes, at this offset of a sparse file."""
    with tempfile.NamedTemporaryFile() as file:
        file.seek(offset)
        file.write(data)
        file.flush()
        command = ["hexdump", "-C"] + ([] if squeeze else ["-v"]) + ["-s", str(offset), file.name]
        return subprocess.run(command, check=True, stdout=subprocess.PIPE).stdout


def runs(rng, size):
    """Random bytes with runs of equal lines, aligned and not."""
    data = b""
    while len(data) < size:
        kind = rng.randrange(4)
        if kind == 0:
            data += bytes([rng.randrange(256)]) * (16 * rng.randrange(1, 6))
        elif kind == 1:
            data += rng.randbytes(16) * rng.randrange(1, 5)
        else:
            data += rng.randbytes(rng.randrange(1, 50))
    return data[:size]


def cases():
    """(name, [(data, offset), ...])"""
    rng = random.Random(SEED)
    yield "lengths from 1 to 600", [(runs(rng, size), 0) for size in range(1, 601, 3)]
    yield "lengths around 4096", [(runs(rng, size), 0) for size in range(4079, 4115)]
    yield "runs up to every end", [(bytes([7]) * size, 0) for size in range(1, 70)]
    yield "offsets that are no multiples", [(runs(rng, 300), offset) for offset in range(1, 40)]
    yield "offsets around 4 GiB", [(runs(rng, 500), 2**32 + delta) for delta in range(-300, 300, 23)]
    yield "offsets past 1 TiB", [(runs(rng, 500), 2**40 + delta) for delta in (-16, -3, 0, 5)]
    yield "random bytes of many lengths", [(runs(rng, rng.randrange(1, 20000)), 0) for _ in range(60)]
    yield "every byte", [(bytes(range(256)) * 3, 0), (bytes(range(255, -1, -1)) * 17, 3)]
    yield "a megabyte", [(rng.randbytes(1 << 20) + bytes(1 << 18) + rng.randbytes(77), 0)]


def main():
    if shutil.which("hexdump") is None:
        print("1..0 # SKIP no hexdump here")
        return 0
    rng = random.Random(SEED)
    count = failures = 0
    for name, inputs in cases():
        for squeeze in (True, False):
            wrong = []
            for data, offset in inputs:
                expected = theirs(data, offset, squeeze)
                for kernel in KERNELS:
                    if not library.hexdump_use(kernel):
                        continue
                    for pieces in ([], [rng.randrange(1, 100) for _ in range(rng.randrange(1, 200))]):
                        if ours(data, offset, squeeze, pieces) != expected:
                            wrong.append((kernel.decode(), len(data), offset, pieces))
            count += 1
            failures += bool(wrong)
            print("%sok %d - %s%s" % ("not " if wrong else "", count, name, "" if squeeze else ", not squeezed"))
            for case in wrong[:5]:
                print("# seed %d: kernel %s, %d bytes at %d, pieces %s" % ((SEED,) + case))
    print("1..%d" % count)
    return failures != 0


if __name__ == "__main__":
    sys.exit(main())
