"""Ask for a buffer and release it, COUNT times: asking.py HOW COUNT.

HOW: C, by a function made in C; memoryview; deep, the former with many callers in Python.
"""

import struct
import sys

EXPORTER = bytearray(16)


def c(count):
    for _ in range(count):
        struct.unpack_from("B", EXPORTER)


def view(count):
    for _ in range(count):
        memoryview(EXPORTER).release()


def deep(count, depth=50):
    return deep(count, depth - 1) if depth else c(count)


{"C": c, "memoryview": view, "deep": deep}[sys.argv[1]](int(sys.argv[2]))
