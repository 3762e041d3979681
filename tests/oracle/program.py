"""The whole program against NumPy and pickle: thousands of files, a few calls."""

import io
import json
import os
import pickle
import random
import sys
import tempfile
import zipfile

import numpy as np

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
from dtypes import padded  # noqa: E402
from house import check, end, run  # noqa: E402

SEED = 20

CODES = ("?", "i1", "u1", "<i2", ">i2", "<u4", ">u4", "<i8", ">i8", "<u8", "<f2", ">f2", "<f4", ">f4", "<f8", ">f8",
         "<f16", "<c8", ">c8", "<c16", "S1", "S5", "S0", "<U1", "<U4", ">U3", "V3", "<M8[ns]", ">m8[D]", "<M8[25us]")


def random_dtype(rng, depth=0):
    if depth < 2 and rng.random() < 0.3:
        fields = []
        for i in range(rng.randint(1, 4)):
            field = ("f%d" % i, random_dtype(rng, depth + 1))
            if rng.random() < 0.25:
                field += (tuple(rng.randint(1, 3) for _ in range(rng.randint(1, 2))),)
            fields.append(field)
        return np.dtype(fields, align=rng.random() < 0.4)
    return np.dtype(rng.choice([code for code in CODES if depth == 0 or code != "S0"]))


def random_array(rng):
    dtype = random_dtype(rng)
    shape = tuple(rng.choice((0, 1, 1, 2, 3, 5)) for _ in range(rng.randint(0, 4)))
    count = int(np.prod(shape, dtype=int))
    array = np.frombuffer(rng.randbytes(count * dtype.itemsize), dtype) if dtype.itemsize else np.zeros(count, dtype)
    array = array.reshape(shape)
    return np.asfortranarray(array) if rng.random() < 0.3 else array


def has_datetime(dtype):
    if dtype.subdtype:
        return has_datetime(dtype.subdtype[0])
    if dtype.names:
        return any(has_datetime(dtype[name]) for name in dtype.names)
    return dtype.kind in "mM"


def expected(array):
    """What JSON must say; None where NumPy does not tell: a format without a buffer, padding that was not copied."""
    want = expected_all(array)
    if padded(array.dtype):
        want["data"] = None
    return want


def expected_all(array):
    if has_datetime(array.dtype):
        return {"format": None, "shape": list(array.shape), "itemsize": array.itemsize, "nbytes": array.nbytes,
                "data": array.tobytes().hex()}
    view = memoryview(array)
    return {"format": view.format, "shape": list(view.shape), "strides": list(view.strides),
            "itemsize": view.itemsize, "nbytes": view.nbytes, "data": view.tobytes().hex(),
            "c_contiguous": view.c_contiguous, "f_contiguous": view.f_contiguous}


def differences(name, got, want):
    keys = [key for key in want if want[key] is not None and got.get(key) != want[key]]
    return "".join("%s: %s is %.200r, not %.200r (seed %d)\n" % (name, key, got.get(key), want[key], SEED)
                   for key in keys)


def compare(what, names, wants, *options):
    code, out, err = run("-j", "-n", "all", *options, *names)
    lines = out.splitlines()
    why = "" if code == 0 else "exit %d: %s\n" % (code, err)
    if len(lines) != len(names):
        why += "%d lines for %d files\n" % (len(lines), len(names))
    for name, line, want in zip(names, lines, wants):
        why += differences(name, json.loads(line), want)
    check(not why, "%s: %d files" % (what, len(names)), *why.splitlines()[:20])


def test_npy(rng):
    names, wants = [], []
    for i in range(2000):
        array = random_array(rng)
        name = "%d.npy" % i
        np.save(name, array)
        names.append(name)
        wants.append(expected(np.load(name, mmap_mode="r") if array.nbytes else np.load(name)))
    compare("np.save, as np.load reads it", names, wants)


def test_npz(rng):
    for compressed in False, True:
        names, wants, members = [], [], []
        for i in range(60):
            arrays = {"a%d" % j: random_array(rng) for j in range(rng.randint(2, 5))}
            name = "%d.npz" % i
            (np.savez_compressed if compressed else np.savez)(name, **arrays)
            names.append(name)
            members.append([(key + ".npy", list(array.shape)) for key, array in arrays.items()])
            wants.append(expected(np.load(name)["a1"]))
        compare("np.savez%s, a member" % ("_compressed" * compressed), names, wants, "-m", "a1")
        code, out, err = run("-j", *names)
        got = [[(m["name"], m["shape"]) for m in json.loads(line)["members"]] for line in out.splitlines()]
        want = [[(n, s) for n, s in m] for m in members]
        ok = code == 0 and len(got) == len(want) and all(
            [n for n, _ in g] == [n for n, _ in w] and all(a == b or a is None for (_, a), (_, b) in zip(g, w))
            for g, w in zip(got, want))
        check(ok, "np.savez%s, listed" % ("_compressed" * compressed), err)


def swapped(dtype):
    """Whether unpickling swaps it (protocols below 5): the file holds other bytes then."""
    if dtype.subdtype:
        return swapped(dtype.subdtype[0])
    if dtype.names:
        return any(swapped(dtype[name]) for name in dtype.names)
    return dtype.byteorder == ">"


def test_pickles(rng):
    names, wants = [], []
    while len(names) < 1200:
        array = random_array(rng)
        protocol = len(names) % 6
        if swapped(array.dtype):
            continue
        name = "%d.pkl" % len(names)
        with open(name, "wb") as file:
            pickle.dump(array, file, protocol)
        with open(name, "rb") as file:
            want = expected(pickle.load(file))
        if array.size == 0:
            want["format"] = None  # an empty array lies anywhere, and so may be unaligned
        wants.append(want)
        names.append(name)
    compare("pickled arrays, as pickle.load reads them", names, wants, "-t", "pickle")


def test_zip_kinds(rng):
    """What np.savez never writes but others do: data descriptors, zip64, comments, odd names."""
    array = random_array(rng)
    content = io.BytesIO()
    np.save(content, array)
    names, wants = [], []
    kinds = [(b"", "a.npy", 0), (b"PK\5\6 hello", "a", 8), (b"x" * 1000, "dir/é.npy", 0)]
    for i, (comment, name, method) in enumerate(kinds):
        class Stream(io.BytesIO):
            def seekable(self):
                return False
            def seek(self, *_):
                raise OSError
        for j, file in enumerate([io.BytesIO(), Stream()]):
            with zipfile.ZipFile(file, "w", method) as archive:
                archive.comment = comment if j == 0 else b""
                with archive.open(zipfile.ZipInfo(name), "w", force_zip64=True) as member:
                    member.write(content.getvalue())
            path = "kind%d%d.npz" % (i, j)
            with open(path, "wb") as out:
                out.write(file.getvalue())
            names.append(path)
            wants.append(expected(array.copy(order="K")))
    compare("archives by zipfile, streamed, zip64, with comments", names, wants)


def main():
    rng = random.Random(SEED)
    with tempfile.TemporaryDirectory() as directory:
        os.chdir(directory)
        test_npy(rng)
        test_npz(rng)
        test_pickles(rng)
        test_zip_kinds(rng)
        os.chdir("/")
    end()


main()
