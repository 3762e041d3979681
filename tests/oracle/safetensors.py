"""safetensors files, written here by json and struct, against what was put into them."""

import json
import os
import random
import struct
import sys
import tempfile

import numpy as np

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
from house import check, end, run  # noqa: E402

SEED = int(os.environ.get("SEED", "12"))

# What the library calls NumPy's types, and those that NumPy has none for: as unsigned integers.
TYPES = {"F64": "<f8", "F32": "<f4", "F16": "<f2", "C64": "<c8", "I64": "<i8", "I32": "<i4", "I16": "<i2", "I8": "|i1",
         "U64": "<u8", "U32": "<u4", "U16": "<u2", "U8": "|u1", "BOOL": "|b1"}
OPAQUE = {"BF16": "<u2", "F8_E4M3": "|u1", "F8_E5M2": "|u1", "F8_E8M0": "|u1", "F8_E4M3FNUZ": "|u1",
          "F8_E5M2FNUZ": "|u1"}


def packed(header, data=b"", pad=0):
    if not isinstance(header, bytes):
        header = json.dumps(header).encode()
    header += b" " * pad
    return struct.pack("<Q", len(header)) + header + data


def written(tensors, rng, metadata=None):
    """A file of {name: (dtype, array)}, and where each begins behind the header."""
    header, data, places = {}, b"", {}
    if metadata is not None:
        header["__metadata__"] = metadata
    for name, (dtype, array) in tensors.items():
        raw = array.tobytes()
        info = [("dtype", dtype), ("shape", list(array.shape)), ("data_offsets", [len(data), len(data) + len(raw)])]
        rng.shuffle(info)
        header[name] = dict(info)
        places[name] = len(data)
        data += raw
    content = packed(header, data, rng.randint(0, 9))
    return content, {name: len(content) - len(data) + place for name, place in places.items()}


NAMES = ("weight", "a/b", "", "é", "#1", "\"quoted\"", "back\\slash", "new\nline", "\U0001f600", "t.0", "名")


def random_tensor(rng):
    dtype, code = rng.choice(list(TYPES.items()) + list(OPAQUE.items()))
    shape = tuple(rng.choice((0, 1, 2, 3, 4)) for _ in range(rng.randint(0, 4)))
    size = int(np.prod(shape, dtype=int)) * np.dtype(code).itemsize
    return dtype, np.frombuffer(rng.randbytes(size), code).reshape(shape)


def differences(got, dtype, array, place):
    """`got` against the facts; the format as NumPy writes it for such memory, which says whether it is aligned."""
    format = memoryview(array).format
    if array.itemsize > 1 and place % np.dtype(array.dtype).alignment and array.size:
        format = "=" + {"l": "q", "L": "Q"}.get(format, format)
    want = {"source": "safetensors", "dtype": dtype, "shape": list(array.shape), "nbytes": array.nbytes,
            "offset": place, "format": format, "data": array.tobytes().hex(), "readonly": True}
    return ["%s: %r, not %r" % (key, got.get(key), want[key]) for key in want if got.get(key) != want[key]]


def test_random(rng):
    wrong, count = [], 0
    for i in range(60):
        tensors = {name: random_tensor(rng) for name in rng.sample(NAMES, rng.randint(2, 8))}
        metadata = rng.choice((None, {}, {"format": "pt", "": "é\u202e"}))
        content, places = written(tensors, rng, metadata)
        path = "%d.bin" % i
        with open(path, "wb") as file:
            file.write(content)
        code, out, err = run("-j", path)
        members = json.loads(out)["members"] if code == 0 else []
        names = ["__metadata__/" + key for key in metadata or {}] + list(tensors)
        if [m["name"] for m in members] != names or any(m["note"] for m in members if m["dtype"]) or err:
            wrong.append("%s: %s %s, not %s" % (path, [m["name"] for m in members], err, names))
        for name, (dtype, array) in tensors.items():
            count += 1
            code, out, err = run("-j", "-n", "all", "-m", name, path)
            wrong += differences(json.loads(out), dtype, array, places[name]) if code == 0 else [err]
            code, out, err = run("--npy", "-m", name, path)
            if code != 0 or not out.endswith(array.tobytes()):
                wrong.append("--npy: " + err)
    check(not wrong, "random files: %d tensors" % count, *wrong[:10])


def test_values():
    """bfloat16 is the first half of a float; the others by their definition."""
    floats = np.array([1.5, -0.0, 3.3895314e38, np.inf, np.nan, 1e-40, 2.0 ** -133], "<f4")
    bits = (floats.view("<u4") >> 16).astype("<u2")
    wide = (bits.astype("<u4") << 16).view("<f4")
    with open("bf16", "wb") as file:
        file.write(written({"b": ("BF16", bits)}, random.Random(1))[0])
    code, out, err = run("-l", "bf16")
    check(out.decode().split()[1::2] == [repr(float(value)) for value in wide], "-l prints bfloat16", out, err)
    eights = np.arange(256, dtype="u1")

    def value(exponent, mantissa, bias, special, byte):
        sign = -1.0 if byte >> 7 else 1.0
        e, m = byte >> mantissa & (1 << exponent) - 1, byte & (1 << mantissa) - 1
        if special(byte, e, m) is not None:
            return sign * special(byte, e, m)
        return sign * (m * 2.0 ** (1 - bias - mantissa) if e == 0 else (1 + m / 2 ** mantissa) * 2.0 ** (e - bias))

    def ieee(_, e, m):
        return None if e != 31 else float("nan") if m else float("inf")

    def finite(byte, *_):
        return float("nan") if byte & 0x7f == 0x7f else None

    def one_zero(byte, *_):
        return float("nan") if byte == 0x80 else None

    for dtype, rule in (("F8_E5M2", (5, 2, 15, ieee)), ("F8_E4M3", (4, 3, 7, finite)),
                        ("F8_E4M3FNUZ", (4, 3, 8, one_zero)), ("F8_E5M2FNUZ", (5, 2, 16, one_zero))):
        with open("f8", "wb") as file:
            file.write(written({"f": (dtype, eights)}, random.Random(1))[0])
        code, out, err = run("-l", "f8")
        want = [repr(value(*rule, byte)) for byte in range(256)]
        check(out.decode().split()[1::2] == want, "-l prints " + dtype, err)
    with open("f8", "wb") as file:
        file.write(written({"f": ("F8_E8M0", eights)}, random.Random(1))[0])
    code, out, err = run("-l", "f8")
    check(out.decode().split()[1::2] == [repr(2.0 ** (byte - 127)) for byte in range(255)] + ["nan"],
          "-l prints F8_E8M0", err)


def tensor(dtype, shape, begin, end):
    return {"dtype": dtype, "shape": shape, "data_offsets": [begin, end]}


def notes_of(content):
    code, out, err = run("-j", "-", stdin=content)
    record = json.loads(out) if code == 0 else {"members": [], "notes": [err]}
    return {m["name"]: (m["shape"], m["note"]) for m in record["members"]}, record["notes"]


def test_lies():
    """What one tensor says wrongly is said of it, and the others are shown."""
    good = tensor("U8", [4], 0, 4)
    for bad, words in (
            (tensor("F99", [1], 4, 8), "unknown dtype 'F99'"), (tensor("F32", [2], 4, 8), "make 8 bytes, data_offsets 4"),
            (tensor("F32", [1], 8, 4), "before they begin"), (tensor("F32", [1 << 40, 1 << 40], 4, 8), "more bytes"),
            (tensor("U8", [5], 4, 9), "reach 1 bytes past"), (tensor("F4", [3], 4, 6), "make 2 bytes"),
            (tensor("F32", [0, 1 << 62, 1 << 62], 4, 8), "")):
        members, notes = notes_of(packed({"good": good, "bad": bad}, bytes(8)))
        check(members.get("good") == ([4], None) and members["bad"][0] is None and words in members["bad"][1],
              "a tensor that lies: " + (words or "overflow beside 0"), members, notes)
    members, _ = notes_of(packed({"a": tensor("U8", [4], 0, 4), "b": tensor("U8", [4], 2, 6)}, bytes(6)))
    check(members["a"] == ([4], None) and members["b"] == ([4], "its data overlap those of 'a'"), "overlap", members)
    members, notes = notes_of(packed({"a": tensor("U8", [4], 3, 7)} | {"b": tensor("U8", [1], 7, 8)}, bytes(9)))
    check("3 bytes in front" in members["a"][1] and "1 bytes at the end" in notes[0], "a gap, and bytes behind",
          members, notes)
    members, _ = notes_of(packed({"half": tensor("F4", [2, 4], 0, 4), "c": good}, bytes(4)))
    check(members["half"][0] == [4], "items of 4 bits are shown as bytes", members)
    twice = b'{"a":%s,"a":%s}' % ((json.dumps(good).encode(),) * 2)
    code, _, err = run("-m", "a", "-", stdin=packed(twice, bytes(4)))
    check(code == 2 and "choose --member '#0' or '#1'" in err, "a name that occurs twice", err)
    check(run("-d", "-m", "#1", "-", stdin=packed(twice, bytes(4)))[0] == 0, "and is chosen by its place")
    code, _, err = run("-m", "w.weigth", "-", stdin=packed({"w.weight": tensor("U8", [1], 0, 1)}, b"1"))
    check(code == 2 and "did you mean 'w.weight'?" in err, "the near name of one that is not there", err)


def test_refusals():
    one = json.dumps({"a": tensor("U8", [4], 0, 4)}).encode()
    for header, words in (
            (one[:-1], "',' expected"), (one + b"x", "more behind"), (one.replace(b"4]", b"4.5]"), "whole number"),
            (one.replace(b"4]", b"-4]"), "whole number"), (one.replace(b"[0", b"[00"), "whole number"),
            (one.replace(b"[0", b"[9999999999999999999"), "past 2^63"), (one.replace(b"dtype", b"dtipe"), "no 'dtype'"),
            (one.replace(b"U8", b"\xff"), "no valid character"), (one.replace(b"U8", b"\\ud800"), "no valid character"),
            (one.replace(b"U8", b"\\u0000"), "no valid character"), (one.replace(b'"U8"', b"8"), "a string is"),
            (one[:-1] + b',"__metadata__":{"x":1}}', "a string is expected"),
            (b'{"a":%s}' % (b"[" * 5000), "too deep"), (b"{} {", "more behind"), (b'{"' + b"a" * 50, "expected"),
            (one.replace(b"[4]", b"[" + b"1," * 64 + b"4]"), "more than 64 dimensions"),
            (one.replace(b'"shape"', b'"shape": [1], "shape"'), "'shape' twice")):
        code, out, err = run("-t", "safetensors", "-", stdin=packed(header, bytes(4)))
        check(code == 2 and out == b"" and words in err and err.count("\n") == 1, "refused: " + words, err)
    for content in (b"", b"\0" * 7, struct.pack("<Q", 100) + b'{"a"', struct.pack("<Q", 1 << 63) + b"{}",
                    struct.pack("<Q", 100_000_001) + b"{}"):
        code, out, err = run("-t", "safetensors", "-", stdin=content)
        check(code == 2 and out == b"" and "a header of" in err, "a header that is not there", err)
    code, out, err = run("-", stdin=struct.pack("<Q", 100) + b'{"a"')
    check(code == 2 and "a header of 100 bytes where 4 are left" in err, "known by its start", err)


def test_large():
    """Bounded whatever the header repeats; a large file costs what a small one does."""
    many = {"t%d" % i: tensor("U8", [1], i, i + 1) for i in range(15000)}
    code, out, err = run("-f", "name", "-", stdin=packed(many, bytes(15000)))
    check(code == 0 and out.count(b"\n") == 10000, "15000 tensors, 10000 listed", err)
    for header in (b'{"a":' + b"[{}," * 50 + b"1" + b"]" * 50 + b"}", b'{' + b'"":{},' * 140000 + b'"":{}}',
                   b'{"__metadata__":{' + b'"":"",' * 140000 + b'"":""}}', b'{"a":' + b"[" * 1000000):
        code, out, err = run("-", stdin=packed(header))
        check(code in (0, 2), "a header of 1 MB that repeats itself", err)
    with open("sparse", "wb") as file:
        file.write(packed({"big": tensor("F32", [1 << 29], 0, 1 << 31), "last": tensor("U8", [4], 1 << 31, (1 << 31) + 4)}))
        file.truncate(file.tell() + (1 << 31) + 4)
    code, out, err = run("-j", "-n", "all", "-m", "last", "sparse")
    check(code == 0 and json.loads(out)["data"] == "00000000", "2 GiB in front of a tensor", err)


def main():
    rng = random.Random(SEED)
    with tempfile.TemporaryDirectory() as directory:
        os.chdir(directory)
        test_random(rng)
        test_values()
        test_lies()
        test_refusals()
        test_large()
        os.chdir("/")
    end()


main()
