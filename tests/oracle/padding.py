"""Structs of NumPy's with padding anywhere, most of which their formats do not tell: items and .npy files as NumPy's."""

import io
import json
import os
import pickle
import random
import sys
import tempfile

import numpy as np

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
from house import check, end, run, skip  # noqa: E402

SEED = 1847
FILES = 400
EXPRESSIONS = 20


def random_dtype(rng, depth=0):
    names, formats, offsets, end = [], [], [], 0
    for i in range(rng.randint(1, 3)):
        field = random_dtype(rng, depth + 1) if depth < 3 and rng.random() < 0.4 else \
            np.dtype(rng.choice("<=>") + rng.choice(("i1", "u2", "i4", "u4", "i8", "f4", "f8")))
        if rng.random() < 0.4:
            field = np.dtype((field, tuple(rng.randint(1, 3) for _ in range(rng.randint(1, 2)))))
        end += rng.choice((0, 0, 0, 1, 2, 4))
        names.append("f%d" % i)
        formats.append(field)
        offsets.append(end)
        end += field.itemsize
    if rng.random() < 0.25:
        return np.dtype({"names": names, "formats": formats}, align=True)
    return np.dtype({"names": names, "formats": formats, "offsets": offsets,
                     "itemsize": end + rng.choice((0, 0, 1, 2, 6, 8))})


def random_array(rng):
    dtype = random_dtype(rng)
    return np.frombuffer(rng.randbytes(3 * dtype.itemsize), dtype)


def plain(value):
    if isinstance(value, np.ndarray):
        return [plain(part) for part in value]
    return tuple(plain(value[name]) for name in value.dtype.names) if value.dtype.names else value.item()


def items(array):
    return ["%d\t%r" % (i, plain(item)) for i, item in enumerate(array)]


def places(dtype):
    """The fields of a dtype as JSON tells them: each name, offset and size, those of structs below."""
    if dtype.subdtype:
        dtype = dtype.subdtype[0]
    return [(name, offset, places(field)) for name in dtype.names or () for field, offset in [dtype.fields[name][:2]]]


def told(fields):
    return [(field["name"], field["offset"], told(field.get("fields") or []))
            for field in fields if field["name"] is not None]


def compare(what, array, arguments):
    """What differs, of one array."""
    why = ""
    _, out, err = run("-l", *arguments)
    if out.decode().splitlines() != items(array):
        why += "%s: %s: %s%s, not %s\n" % (what, array.dtype, out.decode(), err, items(array))
    _, out, err = run("-j", *arguments)
    answer = json.loads(out)
    if told(answer["fields"]) != places(array.dtype) or answer["format"] != memoryview(array).format:
        why += "%s: %s: %s has %s\n" % (what, array.dtype, answer["format"], answer["fields"])
    _, out, err = run("--npy", *arguments)
    saved = np.load(io.BytesIO(out)) if out else None
    if saved is None or items(saved) != items(array):
        why += "%s: %s: saved as %s %s\n" % (what, array.dtype, saved, err)
    return why


def test_files(rng):
    """All in one call: three lines each."""
    for kind, save in (("npy", lambda file, array: np.save(file, array)),
                       ("pkl", lambda file, array: pickle.dump(array, file, 2))):
        names, wants = [], []
        while len(names) < FILES:
            array = random_array(rng)
            names.append("%d.%s" % (len(names), kind))
            with open(names[-1], "wb") as file:
                save(file, array)
            with open(names[-1], "rb") as file:
                wants += items(array)
        _, out, err = run("-l", *names)
        lines = out.decode().splitlines()
        wrong = ["%s: %s, not %s" % (names[i // 3], got, want)
                 for i, (got, want) in enumerate(zip(lines, wants)) if got != want]
        check(not wrong and len(lines) == len(wants), "%d padded structs in .%s, item by item" % (FILES, kind),
              *(wrong[:20] or [err or "too few lines"]))


def test_each(rng):
    _, _, err = run("-f", "ndim", "-i", "numpy", "-e", "numpy.zeros(1)")
    if "No module named 'numpy'" in err:
        skip("items, fields and --npy of arrays", "the program's Python has no NumPy")
        return
    arrays = [random_array(rng) for _ in range(EXPRESSIONS)]
    with open("arrays.pkl", "wb") as file:
        pickle.dump(arrays, file)
    with open("arrays.py", "w", encoding="utf8") as file:
        file.write("import pickle\nwith open('arrays.pkl', 'rb') as file:\n    arrays = pickle.load(file)\n")
    why = ""
    for i, array in enumerate(arrays):
        np.save("one.npy", array)
        why += compare("an array", array, ("-x", "arrays.py", "-e", "arrays[%d]" % i))
        why += compare("its file", array, ("one.npy",))
    check(not why, "items, fields and --npy of %d arrays and of files of them" % EXPRESSIONS, *why.splitlines()[:20])


def main():
    rng = random.Random(SEED)
    with tempfile.TemporaryDirectory() as folder:
        os.chdir(folder)
        test_files(rng)
        test_each(rng)
        os.chdir("/")
    end()


if __name__ == "__main__":
    main()
