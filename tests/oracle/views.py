"""Layouts, walks and slices against NumPy, on random views, in one process."""

import ctypes
import os
import random
import sys
import tempfile

import numpy as np

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
from mirror import Error, Layout, LIBRARY as library, MAX_NDIM  # noqa: E402

try:
    from numpy.lib.array_utils import byte_bounds  # NumPy 2
except ImportError:
    from numpy import byte_bounds

SEED = int(os.environ.get("SEED", "20240607"))
ROUNDS = int(os.environ.get("ROUNDS", "4000"))
ALL = 1 << 62

LOGICAL, F_ORDER, MEMORY = range(3)
SSIZE = ctypes.c_ssize_t


class Run(ctypes.Structure):
    _fields_ = [
        ("bytes", ctypes.c_void_p),
        ("size", ctypes.c_size_t),
        ("position", ctypes.c_uint64),
        ("owners", ctypes.c_void_p),
    ]


class Walk(ctypes.Structure):
    _fields_ = [
        ("layout", ctypes.POINTER(Layout)),
        ("order", ctypes.c_int),
        ("mapped", ctypes.c_bool),
        ("size", ctypes.c_uint64),
        ("base", ctypes.c_int64),
        ("position", ctypes.c_uint64),
        ("state", ctypes.c_void_p),
    ]


class Buffer(ctypes.Structure):  # Py_buffer
    _fields_ = [
        ("buf", ctypes.c_void_p),
        ("obj", ctypes.c_void_p),
        ("len", SSIZE),
        ("itemsize", SSIZE),
        ("readonly", ctypes.c_int),
        ("ndim", ctypes.c_int),
        ("format", ctypes.c_char_p),
        ("shape", ctypes.c_void_p),
        ("strides", ctypes.c_void_p),
        ("suboffsets", ctypes.c_void_p),
        ("internal", ctypes.c_void_p),
    ]


for name in ("layout_check", "layout_is_c_contiguous", "layout_is_f_contiguous", "layout_block",
             "layout_slice", "walk_open", "walk_next", "guard_start"):
    getattr(library, name).restype = ctypes.c_bool
library.walk_seek.argtypes = [ctypes.POINTER(Walk), ctypes.c_uint64]
library.walk_read_file.argtypes = [ctypes.POINTER(Walk), ctypes.c_int, ctypes.c_uint64]
library.walk_next.argtypes = [ctypes.POINTER(Walk), ctypes.c_size_t, ctypes.POINTER(Run), ctypes.POINTER(Error)]


class Failed(Exception):
    pass


def check(condition, *what):
    if not condition:
        raise Failed(*what)


def layout_of(a):
    layout = Layout(buf=a.ctypes.data, len=a.size * a.itemsize, itemsize=a.itemsize, format=b"B", ndim=a.ndim)
    layout.shape[:a.ndim] = a.shape
    layout.strides[:a.ndim] = a.strides
    layout.suboffsets[:] = [-1] * MAX_NDIM
    error = Error()
    check(library.layout_check(ctypes.byref(layout), ctypes.byref(error)), "layout_check", error.message)
    return layout


def describe(a):
    return f"shape {a.shape} strides {a.strides} itemsize {a.itemsize}"


# --- random views -----------------------------------------------------------

def mapped_file(content):
    """A file and its pages, as the walk may give them back."""
    file = tempfile.TemporaryFile()
    content.tofile(file)
    file.flush()
    return file, np.memmap(file, np.uint8, "r")


POOL_FILE, POOL = mapped_file(np.random.default_rng(SEED).integers(0, 256, 16 << 20, dtype=np.uint8))


def strides_for(rng, shape, itemsize):
    """Strides of one of the kinds that occur: dense in some order, sliced, far apart, reversed, broadcast, anything."""
    order = list(range(len(shape)))
    kind = rng.choice(["C", "F", "permuted", "gaps", "gaps", "far", "overlap", "any"])
    if kind == "F":
        order.reverse()
    elif kind != "C":
        rng.shuffle(order)
    strides = [0] * len(shape)
    size = itemsize
    for d in reversed(order):
        if kind == "gaps" and rng.random() < 0.5:
            size += rng.randrange(1, 2 * itemsize + 9)
        elif kind == "far" and rng.random() < 0.5:
            size += rng.randrange(1 << 16)
        elif kind == "overlap" and rng.random() < 0.5:
            size = rng.randrange(0, size + 1)
        elif kind == "any":
            size = rng.randrange(0, 400)
        strides[d] = size if kind in "CF" else size * rng.choice([1, 1, 1, -1])
        if kind not in "CF" and rng.random() < 0.07:
            strides[d] = 0
        size = max(size, abs(strides[d]) * max(shape[d], 1))
        if rng.random() < 0.02 and shape[d] < 4:
            strides[d] = rng.choice([-1, 1]) * rng.randrange(1 << 20)
    return tuple(strides)


def random_view(rng):
    while True:
        itemsize = rng.choice([0, 1, 1, 2, 3, 4, 5, 7, 8, 8, 12, 16, 17, 24, 100, 5000])
        limit = rng.choice([1, 100, 1000, 1000, 10000, 10000, 3000000])
        shape = []
        for _ in range(rng.choice([0, 1, 1, 2, 2, 2, 3, 3, 4, 5, 6])):
            extent = rng.choice([0] + [1, 2, 3, 3, 4, 5, 8, 17, 64, 100, 1000] * 2 + [65536])
            if extent * max(itemsize, 1) * int(np.prod(shape)) > limit:
                extent = rng.choice([1, 2, 3])
            shape.append(extent)
        rng.shuffle(shape)
        if rng.random() < 0.01:
            shape += [1] * (32 - len(shape))
        strides = strides_for(rng, shape, itemsize)
        if 0 in shape:
            return np.ndarray(shape, f"V{itemsize}", POOL, 0, strides)
        low = sum(s * (n - 1) for n, s in zip(shape, strides) if s < 0)
        high = sum(s * (n - 1) for n, s in zip(shape, strides) if s > 0) + itemsize
        if high - low <= len(POOL) and np.prod(shape) * max(itemsize, 1) <= 2 * limit + 5000:
            offset = rng.randrange(len(POOL) - (high - low) + 1) - low
            return np.ndarray(shape, f"V{itemsize}", POOL, offset, strides)


# --- what a view must be ----------------------------------------------------

def is_contiguous(layout, order):
    """PyBuffer_IsContiguous on the same fields."""
    buffer = Buffer(buf=layout.buf, len=layout.len, itemsize=layout.itemsize, ndim=layout.ndim, format=b"B",
                    shape=ctypes.addressof(layout.shape) if layout.ndim else None,
                    strides=ctypes.addressof(layout.strides) if layout.ndim else None)
    return bool(ctypes.pythonapi.PyBuffer_IsContiguous(ctypes.byref(buffer), ctypes.c_char(order)))


def owners_of(a, low, size):
    """For each byte of the block the parities of the items that it belongs to: 1 even, 2 odd, 3 both."""
    parities = np.zeros(size, np.uint8)
    first = np.zeros(a.shape, np.int64)
    for d, (extent, stride) in enumerate(zip(a.shape, a.strides)):
        first += (np.arange(extent) * stride).reshape([-1 if k == d else 1 for k in range(a.ndim)])
    first = first.ravel() + (a.ctypes.data - low)
    for i in range(a.itemsize):
        for parity in (0, 1):
            parities[first[parity::2] + i] |= 1 << parity
    return parities


def walks(layout, order, expected, rng):
    """From each of the positions on, for so many bytes: (position, bytes expected, bytes, owners)."""
    walk = Walk()
    error = Error()
    check(library.walk_open(ctypes.byref(walk), ctypes.byref(layout), order, rng.random() < 0.5,
                            ctypes.byref(error)), error.message)
    if walk.mapped and rng.random() < 0.7:
        library.walk_read_file(ctypes.byref(walk), POOL_FILE.fileno(), layout.buf - POOL.ctypes.data)
    check(walk.size == len(expected), "walk.size", walk.size)
    for begin, length in seeks(rng, walk.size):
        position = begin
        end = begin + length
        got, owners = [], []
        most = rng.choice([ALL, 256, 1000, 65536])
        library.walk_seek(ctypes.byref(walk), begin)
        while position < end:
            run = Run()
            check(library.walk_next(ctypes.byref(walk), min(most, end - position), ctypes.byref(run),
                                    ctypes.byref(error)), error.message)
            check(run.position == position, "position", run.position, position)
            check(run.size <= min(most, end - position), "size", run.size)
            if run.size == 0:
                break
            got.append(ctypes.string_at(run.bytes, run.size))
            owners.append(ctypes.string_at(run.owners, run.size) if run.owners else b"")
            position += run.size
            check(walk.position == position, "walk.position", walk.position)
        yield begin, expected[begin:end], b"".join(got), b"".join(owners)
    library.walk_close(ctypes.byref(walk))


def seeks(rng, size):
    yield 0, ALL
    for _ in range(3):
        yield rng.randrange(size + 1), rng.choice([1, 7, 256, 5000, ALL])
    yield size, 1


# --- tests ------------------------------------------------------------------

def layouts_agree(rng):
    for _ in range(ROUNDS):
        a = random_view(rng)
        layout = layout_of(a)
        low, high = SSIZE(), SSIZE()
        check(library.layout_block(ctypes.byref(layout), ctypes.byref(low), ctypes.byref(high)), describe(a))
        if layout.len > 0:
            bounds = byte_bounds(a)
            check((layout.buf + low.value, layout.buf + high.value) == bounds, "block", describe(a))
        else:
            check((low.value, high.value) == (0, 0), "empty block", describe(a))
        c = library.layout_is_c_contiguous(ctypes.byref(layout))
        f = library.layout_is_f_contiguous(ctypes.byref(layout))
        check((c, f) == (is_contiguous(layout, b"C"), is_contiguous(layout, b"F")), describe(a))
        if a.itemsize:  # of items of no bytes NumPy thinks differently
            check((c, f) == (a.flags.c_contiguous, a.flags.f_contiguous), describe(a))


def walks_agree(order):
    def test(rng):
        for _ in range(ROUNDS):
            a = random_view(rng)
            expected = a.tobytes("C" if order == LOGICAL else "F")
            for position, right, got, owners in walks(layout_of(a), order, expected, rng):
                check(got == right, "from", position, "length", len(got), describe(a))
                check(owners == b"", "owners", describe(a))
    return test


def memory_walks_agree(rng):
    for _ in range(ROUNDS):
        a = random_view(rng)
        layout = layout_of(a)
        expected, parities = b"", np.zeros(0, np.uint8)
        if layout.len > 0:
            low, high = byte_bounds(a)
            expected = ctypes.string_at(low, high - low)
            parities = owners_of(a, low, high - low)
        dense = bool(np.all(parities != 0))
        for position, right, got, owners in walks(layout, MEMORY, expected, rng):
            check(got == right, "bytes from", position, "length", len(got), describe(a))
            if dense:
                check(owners == b"", "owners of a dense block", describe(a))
                continue
            owners = np.frombuffer(owners, np.uint8)
            truth = parities[position:position + len(got)]
            check(len(owners) == len(got), "owners", describe(a))
            # One of the items that the byte belongs to; none where it belongs to none.
            check(np.all(np.where(owners == 0, truth == 0, (truth & owners) != 0)), "owners from", position,
                  describe(a))


def random_spec(rng, shape):
    """A slice text, mostly right for the shape, sometimes not."""
    def number(extent):
        if rng.random() < 0.02:
            return rng.choice([2**63 - 1, -2**63, 2**63, -2**63 - 1, 10**30, -10**30])
        return rng.randrange(-extent - 2, extent + 3)

    def part(extent):
        kind = rng.random()
        if kind < 0.35:
            if rng.random() < 0.95 and extent:
                return str(rng.randrange(-extent, extent))
            return str(number(extent))
        text = rng.choice(["", str(number(extent))]) + ":" + rng.choice(["", str(number(extent))])
        if rng.random() < 0.5:
            step = rng.choice(["", str(rng.choice([1, -1, 2, -2, 3, -3, 7])), str(number(extent))])
            text += ":" + step
        return text

    space = lambda: rng.choice(["", "", "", " "])
    parts = [part(n) for n in shape[:rng.randrange(len(shape) + 1)]]
    for extra in ("...", "None", "newaxis", "3", "...", ""):
        if rng.random() < 0.12 or (extra == "..." and not parts):
            parts.insert(rng.randrange(len(parts) + 1), extra)
    return ",".join(space() + p + space() for p in parts) + rng.choice(["", "", ","])


def slices_agree(rng):
    refused = 0
    for _ in range(10 * ROUNDS):
        a = random_view(rng)
        spec = random_spec(rng, a.shape)
        what = f"{spec!r} of {describe(a)}"
        layout, error = layout_of(a), Error()
        before = bytes(layout)
        done = library.layout_slice(ctypes.byref(layout), spec.encode(), ctypes.byref(error))
        message = error.message.decode()
        try:
            index = eval(f"np.s_[{spec}]", {"np": np, "newaxis": None})
            index = index if isinstance(index, tuple) else (index,)
            # With "..." a full set of integers gives a view of no dimensions, not a scalar.
            expected = a[index if Ellipsis in index else index + (Ellipsis,)]
        except (IndexError, ValueError, OverflowError) as refusal:
            refused += 1
            text = str(refusal)
            if "[0, 32]" in text:  # NumPy's own limit
                continue
            if text.startswith(("only integers", "Python int")):  # said of integers that are too large
                text = "cannot fit '"
            check(not done and message.startswith(text), what, text, message)
            check(bytes(layout) == before, "changed", what)
            continue
        except SyntaxError:
            refused += 1
            check(not done and message, what)
            continue
        check(done, what, message)
        check(tuple(layout.shape[:layout.ndim]) == expected.shape, what, layout.shape[:layout.ndim])
        check(tuple(layout.strides[:layout.ndim]) == expected.strides, what, layout.strides[:layout.ndim])
        check(layout.buf == expected.ctypes.data or a.size == 0, what, "buf")
        check(layout.len == expected.size * expected.itemsize, what, "len")
    check(20 * refused > ROUNDS, "too few refusals to tell", refused)


TESTS = [
    ("contiguity and block are those of NumPy and PyBuffer_IsContiguous", layouts_agree),
    ("a walk in C order is tobytes('C')", walks_agree(LOGICAL)),
    ("a walk in F order is tobytes('F')", walks_agree(F_ORDER)),
    ("a walk in memory order is the block, and knows its gaps", memory_walks_agree),
    ("a slice is NumPy's: shape, strides, first item and refusals", slices_agree),
]


def main():
    failures = 0
    library.guard_start(ctypes.byref(Error()))
    for number, (what, test) in enumerate(TESTS, 1):
        try:
            test(random.Random(SEED + number))
            print(f"ok {number} - {what}", flush=True)
        except Failed as failure:
            failures += 1
            print(f"not ok {number} - {what}\n# SEED={SEED}: {failure.args}", flush=True)
    print(f"1..{len(TESTS)}")
    return failures != 0


sys.exit(main())
