"""The data that is measured, made once under build/bench: plain files and .npy files, without NumPy."""

import array
import os
import pickle
import random
import struct
import zipfile
import zlib

MIB = 1 << 20
SIDE = 8192  # of the square of doubles in Fortran order
SMALL_FILES = 10_000
PIECE = 8 * MIB


def header(dtype, shape, fortran=False):
    """What a .npy file begins with, padded as NumPy pads it."""
    text = f"{{'descr': '{dtype}', 'fortran_order': {fortran}, 'shape': {tuple(shape)}, }}"
    length = -(-(10 + len(text) + 1) // 64) * 64 - 10
    return b"\x93NUMPY\x01\x00" + length.to_bytes(2, "little") + text.ljust(length - 1).encode() + b"\n"


def write_random(file, size):
    rng = random.Random(1)
    for done in range(0, size, PIECE):
        file.write(rng.randbytes(min(PIECE, size - done)))


def make_random(path, mib):
    with open(path, "wb") as file:
        write_random(file, mib * MIB)


def make_zeros(path):
    with open(path, "wb") as file:
        for _ in range(1024 * MIB // PIECE):
            file.write(bytes(PIECE))


def make_fortran(path):
    with open(path, "wb") as file:
        file.write(header("<f8", (SIDE, SIDE), True))
        write_random(file, SIDE * SIDE * 8)


def make_doubles(path):
    rng = random.Random(1)
    with open(path, "wb") as file:
        array.array("d", (rng.gauss(0, 1000) for _ in range(MIB))).tofile(file)


def make_sparse(path):
    start = header("|u1", (1 << 40,))
    with open(path, "wb") as file:
        file.write(start)
        file.truncate(len(start) + (1 << 40))


def make_numbers(path):
    rng = random.Random(1)
    with open(path, "wb") as file:
        pickle.dump([rng.random() if i % 2 else rng.randrange(1 << 30) for i in range(1_000_000)], file, 4)


def make_dicts(path):
    with open(path, "wb") as file:
        pickle.dump([{"id": i, "name": f"n{i}", "value": i / 7} for i in range(200_000)], file, 4)


def make_objects(path):
    """Of a class of whoever loads them: see unpickle.py."""
    entry = b"h\0)\x81}(h\1J%sh\2X%sub"
    with open(path, "wb") as file:
        file.write(b"\x80\4c__main__\nSmall\n\x94X\2\0\0\0id\x94X\4\0\0\0name\x94000](")
        for i in range(200_000):
            name = b"n%d" % i
            file.write(entry % (struct.pack("<i", i), struct.pack("<I", len(name)) + name))
        file.write(b"e.")


def make_arrays(path, count=40, size=8 * MIB):
    """A dict of arrays, whose bytes are holes in the file."""
    with open(path, "wb") as file:
        file.write(b"\x80\4}(")
        for i in range(count):
            file.write(b"X\3\0\0\0a%02dcnumpy.core.multiarray\n_reconstruct\n(cnumpy\nndarray\nK\0\x85C\1btR(K\1J" % i +
                       struct.pack("<i", size // 8) + b"\x85cnumpy\ndtype\nX\2\0\0\0f8\x89\x88\x87R(K\3X\1\0\0\0<NNN" +
                       b"J\xff\xff\xff\xff" * 2 + b"K\0tb\x89B" + struct.pack("<I", size))
            file.seek(size, os.SEEK_CUR)
            file.write(b"tb")
        file.write(b"u.")


def make_tiny_pickle(path):
    make_arrays(path, 1, 8)


TENSORS = 512  # of 2 MiB: a checkpoint of 1 GiB


def state_dict(count, items):
    """The pickle of {"layers.0.weight": a tensor of float32, ...}, as torch.save writes it."""
    def number(value):
        return b"J" + struct.pack("<i", value)

    def text(value):
        return b"X" + struct.pack("<I", len(value)) + value.encode()

    parts = [b"\x80\2}("]
    for i in range(count):
        storage = (b"(" + text("storage") + b"ctorch\nFloatStorage\n" + text(str(i)) + text("cpu") + number(items) +
                   b"tQ")
        parts.append(text(f"layers.{i}.weight") + b"ctorch._utils\n_rebuild_tensor_v2\n(" + storage + number(0) +
                     number(items) + b"\x85" + number(1) + b"\x85\x89ccollections\nOrderedDict\n)RtR")
    return b"".join(parts) + b"u."


def make_checkpoint(path, tensors=TENSORS):
    """torch.save's archive, whose storages are holes: a directory behind them, at last."""
    items = MIB // 2
    entries = []
    holes = zlib.crc32(bytes(4 * items))

    def add(file, name, content=None):
        # the data begin at a multiple of 64, as torch has it
        size, crc = (4 * items, holes) if content is None else (len(content), zlib.crc32(content))
        place = file.tell()
        extra = -(place + 30 + len(name) + 4) % 64
        facts = struct.pack("<5H3I2H", 0, 0, 0, 0, 33, crc, size, size, len(name), extra + 4)
        file.write(b"PK\3\4" + facts + name.encode() + struct.pack("<2s H", b"FB", extra) + b"Z" * extra)
        entries.append(b"PK\1\2\0\0" + facts[:-2] + struct.pack("<4H2I", 0, 0, 0, 0, 0, place) + name.encode())
        if content is None:
            file.truncate(file.tell() + size)
            file.seek(size, 1)
        else:
            file.write(content)

    with open(path, "wb") as file:
        add(file, "checkpoint/data.pkl", state_dict(tensors, items))
        add(file, "checkpoint/byteorder", b"little")
        for i in range(tensors):
            add(file, f"checkpoint/data/{i}")
        add(file, "checkpoint/version", b"3\n")
        place = file.tell()
        directory = b"".join(entries)
        file.write(directory + struct.pack("<4s4H2IH", b"PK\5\6", 0, 0, len(entries), len(entries), len(directory),
                                           place, 0))


def make_tiny(path):
    with open(path, "wb") as file:
        file.write(header("<f8", (4, 4), True) + bytes(128))


def make_archive(path):
    with zipfile.ZipFile(path, "w") as file:
        for name in "abcd":
            file.writestr(name + ".npy", header("<f8", (4, 4), True) + bytes(128))


def make_deflated(path):
    """A GiB of zeros, and a few."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as file:
        for name, mib in ("a.npy", 1024), ("b.npy", 0):
            with file.open(name, "w", force_zip64=True) as member:
                member.write(header("|u1", (mib * MIB + 16,)) + bytes(16))
                for _ in range(mib):
                    member.write(bytes(MIB))


def make_small(path):
    """A folder of them."""
    os.mkdir(path)
    for i in range(SMALL_FILES):
        with open(os.path.join(path, f"{i:05}.npy"), "wb") as file:
            file.write(header("<i4", (i % 7 + 1, 3)) + bytes((i % 7 + 1) * 12))


MAKERS = {
    "numbers.pkl": make_numbers, "dicts.pkl": make_dicts, "objects.pkl": make_objects, "arrays.pkl": make_arrays,
    "tiny.pkl": make_tiny_pickle,
    "random-256": lambda path: make_random(path, 256),
    "random-64": lambda path: make_random(path, 64),
    "random-32": lambda path: make_random(path, 32),
    "random-8": lambda path: make_random(path, 8),
    "zeros": make_zeros,
    "fortran.npy": make_fortran,
    "doubles": make_doubles,
    "sparse.npy": make_sparse,
    "tiny.npy": make_tiny,
    "tiny.npz": make_archive,
    "deflated.npz": make_deflated,
    "checkpoint.pt": make_checkpoint,
    "tiny.pt": lambda path: make_checkpoint(path, 1),
    "small": make_small,
}


def build(folder):
    """Make what is not there yet; what is there was finished, since it gets its name at the end."""
    os.makedirs(folder, exist_ok=True)
    for name, make in MAKERS.items():
        path = os.path.join(folder, name)
        if not os.path.exists(path):
            part = f"{path}.part"
            if os.path.isdir(part):
                for entry in os.scandir(part):
                    os.remove(entry.path)
                os.rmdir(part)
            make(part)
            os.rename(part, path)
