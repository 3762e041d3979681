"""Objects of every kind that a pickle holds as data, at random, and picklers of every age."""

import array
import collections
import io
import pickle
import pickletools
import struct

import numpy

# --- pickles -----------------------------------------------------------------------

class SlowPickler(pickle._Pickler):
    """pickle.py's pickler, whose memo takes the b"" of one empty buffer for that of another in protocol 5."""

    dispatch = pickle._Pickler.dispatch.copy()

    def save_picklebuffer(self, value):
        with value.raw() as view:
            (self.save_bytes if view.readonly else self.save_bytearray)(bytearray(view) or bytearray())

    dispatch[pickle.PickleBuffer] = save_picklebuffer


class Python2Pickler(pickle._Pickler):
    """Writes bytes and ASCII str as Python 2 writes its str."""

    dispatch = pickle._Pickler.dispatch.copy()

    def save_string(self, value):
        data = value if isinstance(value, bytes) else value.encode("latin-1")
        if not self.bin:
            text = repr(data)[1:].encode()
            self.write(b"S" + text + b"\n")
        elif len(data) < 256:
            self.write(b"U" + bytes([len(data)]) + data)
        else:
            self.write(b"T" + struct.pack("<i", len(data)) + data)
        self.memoize(value)

    def save_text(self, value):
        if value.isascii():
            self.save_string(value)
        else:
            pickle._Pickler.save_str(self, value)

    dispatch[bytes] = save_string
    dispatch[str] = save_text


def by(pickler, value, protocol):
    stream = io.BytesIO()
    pickler(stream, protocol).dump(value)
    return stream.getvalue()


def renamed(data):
    """The same pickle as NumPy 2 writes it: module numpy._core."""
    starts = [position for _, _, position in pickletools.genops(data)] + [len(data)]
    pieces = []
    for (opcode, argument, position), end in zip(pickletools.genops(data), starts[1:]):
        piece = data[position:end]
        if opcode.name == "GLOBAL":
            piece = piece.replace(b"numpy.core.", b"numpy._core.")
        elif opcode.name == "SHORT_BINUNICODE" and argument.startswith("numpy.core."):
            name = argument.replace("numpy.core.", "numpy._core.").encode()
            piece = b"\x8c" + bytes([len(name)]) + name
        elif opcode.name == "FRAME":
            piece = b""
        pieces.append(piece)
    return b"".join(pieces)


class Call:
    """Pickled as a call of a global, whatever its arguments."""

    def __init__(self, function, *arguments):
        self.call = (function, arguments)

    def __reduce__(self):
        return self.call


# --- objects -----------------------------------------------------------------------

PLAIN = ["b1", "i1", "u1", "i2", "i4", "i8", "u2", "u4", "u8", "f2", "f4", "f8", "f16", "c8", "c16", "c32",
         "S0", "S1", "S5", "V0", "V1", "V6", "U0", "U1", "U3", "M8", "M8[ns]", "m8[25us]", "M8[D]", "m8[generic]"]
NAMES = ["a", "b", "x y", "é", "日本", "}", "T{", "it's", '"', "\\", "\n", "", "a:b", "descr"]


def random_type(rng, depth=0):
    if depth > 2 or rng.random() < 0.4 + 0.2 * depth:
        return numpy.dtype(rng.choice("<>|=") + rng.choice(PLAIN))
    names = rng.sample(NAMES, rng.randrange(0, 5))
    formats = []
    for _ in names:
        field = random_type(rng, depth + 1)
        if rng.randrange(4) == 0:
            field = numpy.dtype((field, tuple(rng.choice([0, 1, 2, 3]) for _ in range(rng.randrange(1, 4)))))
        formats.append(field)
    if rng.randrange(3) == 0:
        return numpy.dtype({"names": names, "formats": formats}, align=True)
    offsets, end = [], 0
    for field in formats:
        offsets.append(end + rng.choice([0, 0, 0, 1, 3, 4, 7]))
        end = offsets[-1] + field.itemsize
    spec = {"names": names, "formats": formats, "offsets": offsets, "itemsize": end + rng.choice([0, 0, 1, 4])}
    if rng.randrange(4) == 0:
        spec["titles"] = [rng.choice([None, "t%d" % i]) for i in range(len(names))]
    if rng.randrange(4) == 0:  # out of order, with NumPy's consent
        pairs = list(zip(spec["names"], formats, offsets))
        rng.shuffle(pairs)
        spec.pop("titles", None)
        spec["names"], spec["formats"], spec["offsets"] = [list(column) for column in zip(*pairs)] or [[], [], []]
    return numpy.dtype(spec)


def has_nameless(dtype):
    """True with a field '' of plain bytes: in our text for it, as in a .npy header, that is padding."""
    if dtype.subdtype:
        return has_nameless(dtype.subdtype[0])
    return any((name == "" and field[0].char == "V" and field[0].names is None) or has_nameless(field[0])
               for name, field in (dtype.fields or {}).items())


def safe_type(rng):
    """A type that NumPy loads again as it was, and whose text is no other type's."""
    while True:
        try:
            dtype = random_type(rng)
            if pickle.loads(pickle.dumps(dtype)) == dtype and not has_nameless(dtype):
                return dtype
        except (TypeError, ValueError):  # NumPy refuses to make it, or to load what it pickled
            continue


def random_array(rng, dtype=None):
    dtype = dtype if dtype is not None else safe_type(rng)
    shape = tuple(rng.choice([0, 1, 1, 2, 3, 4]) for _ in range(rng.choice([0, 1, 1, 2, 2, 3, 4])))
    count = int(numpy.prod(shape))
    data = bytes(rng.randrange(256) for _ in range(count * dtype.itemsize))
    value = numpy.ndarray(shape, dtype, data) if data else numpy.empty(shape, dtype)
    if data and rng.randrange(2):
        value = numpy.array(value, order="F", copy=True)
    return value


# Not empty ones, which NumPy's own copies make longer, nor long doubles, whose padding its copies do not keep.
SCALARS = [text for text in PLAIN if text[1:] not in ("0", "16", "32") or text == "c16"]


def numpy_scalar(rng, text):
    dtype = numpy.dtype(text)
    data = bytes(rng.randrange(1, 60) for _ in range(dtype.itemsize))
    if dtype.kind == "U":
        data = ("x" * (dtype.itemsize // 4)).encode("utf-32-le")
    return numpy.frombuffer(b"\1" if dtype.kind == "b" else data, dtype)[0]


TYPECODES = "bBuhHiIlLqQfd"


def random_typed(rng):
    code = rng.choice(TYPECODES)
    count = rng.choice([0, 1, 2, 5, 40, 1100])
    if code == "u":
        return array.array(code, "".join(chr(rng.choice([65, 0xe9, 0x20ac, 0x1f600, 10, 92])) for _ in range(count)))
    if code in "fd":
        return array.array(code, [rng.uniform(-9, 9) for _ in range(count)])
    value = array.array(code)
    value.frombytes(bytes(rng.randrange(256) for _ in range(count * value.itemsize)))
    return value


def random_scalar(rng):
    return rng.choice([
        lambda: None, lambda: True, lambda: False, lambda: rng.randrange(-300, 300),
        lambda: rng.randrange(-2**31 - 5, 2**31 + 5), lambda: rng.choice([-1, 1]) * (2**rng.randrange(500)) - 1,
        lambda: rng.uniform(-1, 1) * 10.0**rng.randrange(-300, 300), lambda: rng.choice([0.0, -0.0, 1e16, 1e-5]),
        lambda: float(rng.choice(["inf", "-inf", "nan"])),
        lambda: "".join(chr(rng.choice([65, 92, 117, 10, 0, 26, 0xe9, 0x20ac, 0xd800, 0x1f600]))
                        for _ in range(rng.randrange(0, 9))),
    ])()


def random_object(rng, depth=0):
    choice = rng.randrange(12 if depth < 3 else 7)
    if choice == 0:
        return random_array(rng)
    if choice == 1:
        return random_typed(rng)
    if choice == 2:
        return bytes(rng.randrange(256) for _ in range(rng.choice([0, 1, 5, 300])))
    if choice == 3:
        return bytearray(rng.randrange(256) for _ in range(rng.choice([0, 1, 5, 300])))
    if choice == 4:
        return numpy_scalar(rng, rng.choice(SCALARS))
    if choice <= 6:
        return random_scalar(rng)
    count = rng.choice([0, 1, 2, 3, 4, 7])
    items = [random_object(rng, depth + 1) for _ in range(count)]
    if count and rng.randrange(3) == 0:
        items.append(items[0])  # through the memo
    if choice == 7:
        return tuple(items)
    if choice <= 9:
        return items
    keys = [rng.choice(["k%d" % i, i, float(i), b"b%d" % i, "é%d" % i]) for i in range(len(items))]
    return (dict if choice == 10 else collections.OrderedDict)(zip(keys, items))
