"""torch.save's files, made here by a stand-in for torch: zip archives of both byte orders, and the older format."""

import collections
import io
import json
import os
import pickle
import random
import struct
import subprocess
import sys
import tempfile
import types
import zipfile

import numpy as np

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
from house import PROGRAM, check, end, run  # noqa: E402

SEED = int(os.environ.get("SEED", "12"))

# torch's types: its storage class, and NumPy's type of the same bytes.
TYPES = {"float64": ("DoubleStorage", "f8"), "float32": ("FloatStorage", "f4"), "float16": ("HalfStorage", "f2"),
         "bfloat16": ("BFloat16Storage", "u2"), "int64": ("LongStorage", "i8"), "int32": ("IntStorage", "i4"),
         "int16": ("ShortStorage", "i2"), "int8": ("CharStorage", "i1"), "uint8": ("ByteStorage", "u1"),
         "bool": ("BoolStorage", "?"), "complex64": ("ComplexFloatStorage", "c8"),
         "complex128": ("ComplexDoubleStorage", "c16"), "uint16": (None, "u2"), "float8_e5m2": (None, "u1")}


def module(name):
    made = sys.modules[name] = types.ModuleType(name)
    return made


def stand_in(where, name):
    """A function or class that pickles by its name, and by no more."""
    made = type(name, (), {"__module__": where.__name__, "__qualname__": name})
    setattr(where, name, made)
    return made


torch, utils, storage_module = module("torch"), module("torch._utils"), module("torch.storage")
for storage_class in {storage for storage, _ in TYPES.values() if storage}:
    stand_in(torch, storage_class)
stand_in(storage_module, "UntypedStorage")
FUNCTIONS = {name: stand_in(utils, name) for name in (
    "_rebuild_tensor", "_rebuild_tensor_v2", "_rebuild_tensor_v3", "_rebuild_parameter", "_rebuild_wrapper_subclass")}
FUNCTIONS["_rebuild_from_type_v2"] = stand_in(module("torch._tensor"), "_rebuild_from_type_v2")
WRAPPER = stand_in(module("wrapping"), "Wrapper")
DTYPES = {name: stand_in(torch, name) for name in TYPES}


class Storage:
    def __init__(self, key, dtype, items):
        self.key, self.dtype, self.items = key, dtype, items


class Call:
    """What pickles as a call of a function that is not run."""

    def __init__(self, function, *arguments):
        self.call = FUNCTIONS[function], arguments

    def __reduce__(self):
        return self.call


class Pickler(pickle._Pickler):  # the one in C asks whether a call gives what it is said to
    view = None

    def persistent_id(self, obj):
        if not isinstance(obj, Storage):
            return None
        known = TYPES[obj.dtype][0]
        kind = getattr(torch, known) if known else storage_module.UntypedStorage
        count = len(obj.items) if known else obj.items.nbytes
        return ("storage", kind, obj.key, "cpu", count) + self.tail()

    def tail(self):
        return ()


class OlderPickler(Pickler):
    def tail(self):
        return (None,)


def pickled(value, pickler=Pickler, protocol=2):
    file = io.BytesIO()
    pickler(file, protocol).dump(value)
    return file.getvalue()


def tensor(storage, offset, shape, strides, function="_rebuild_tensor_v2"):
    arguments = (storage, offset, tuple(shape), tuple(strides))
    if TYPES[storage.dtype][0] is None:
        function = "_rebuild_tensor_v3"
    if function != "_rebuild_tensor":
        arguments += (False, collections.OrderedDict())
    if function == "_rebuild_tensor_v3":
        arguments += (DTYPES[storage.dtype],)
    return Call(function, *arguments)


def archive(path, value, storages, order="little", method=zipfile.ZIP_STORED, more=(), folder="data"):
    with zipfile.ZipFile(path, "w", method) as file:
        file.writestr("model/data.pkl", pickled(value))
        if order:
            file.writestr("model/byteorder", order)
        for storage in storages:
            file.writestr("model/%s/%s" % (folder, storage.key), storage.items.tobytes())
        for name, content in more:
            file.writestr(name, content)
        file.writestr("model/version", "3\n")


def older(path, value, storages, protocol=2):
    with open(path, "wb") as file:
        facts = {"protocol_version": 1001, "little_endian": True, "type_sizes": {"short": 2, "int": 4, "long": 4}}
        for part in (0x1950a86a20f9469cfc6c, 1001, facts):
            pickle.dump(part, file, protocol)
        file.write(pickled(value, OlderPickler, protocol))
        pickle.dump([storage.key for storage in storages], file, protocol)
        for storage in storages:
            file.write(struct.pack("<q", len(storage.items)) + storage.items.tobytes())


def random_storage(rng, key, order, names):
    name = rng.choice(names)
    code = np.dtype(TYPES[name][1]).newbyteorder(order)
    items = np.frombuffer(rng.randbytes(rng.randint(0, 60) * code.itemsize), code)
    return Storage(key, name, items)


def random_view(rng, storage):
    """Any view that fits: strides from 0 on, in items."""
    shape = [rng.choice((0, 1, 2, 3)) for _ in range(rng.randint(0, 3))]
    strides = [rng.choice((0, 1, 2, 5)) for _ in shape]
    reach = 1 + sum((extent - 1) * stride for extent, stride in zip(shape, strides)) if 0 not in shape else 0
    if reach > len(storage.items):
        return None
    offset = rng.randint(0, len(storage.items) - reach)
    item = storage.items.itemsize
    view = np.lib.stride_tricks.as_strided(storage.items[offset:], shape, [stride * item for stride in strides])
    return tensor(storage, offset, shape, strides, rng.choice(("_rebuild_tensor", "_rebuild_tensor_v2"))), view


def saved(array, dtype):
    """
    As numpy.save does it of what torch loads, which is in the machine's byte order; of types that only ml_dtypes has,
    for NumPy, it writes kind and size, as the arrays are.
    """
    file = io.BytesIO()
    array = array.byteswap().view(array.dtype.newbyteorder("=")) if not array.dtype.isnative else array
    np.save(file, array)
    words = {"bfloat16": array.dtype.str.replace("u", "V"), "float8_e5m2": "<f1"}
    return file.getvalue().replace(array.dtype.str.encode(), words.get(dtype, array.dtype.str).encode(), 1)


def compare(what, path, storages, views, order):
    code, out, err = run("-j", path)
    members = {m["name"]: m for m in json.loads(out)["members"]} if code == 0 else {}
    wrong = [] if list(members) == list(views) else [err or "members %s" % list(members)]
    for name, (storage, view) in views.items():
        code, out, err = run("-j", "-n", "all", "-m", name, path)
        got = json.loads(out) if code == 0 else {}
        want = {"dtype": "torch." + storage.dtype, "shape": list(view.shape), "data": view.tobytes().hex(),
                "source": "torch", "readonly": True}
        if view.size:
            want["strides"] = list(view.strides)
        wrong += ["%s: %s is %.200r, not %.200r %s" % (name, key, got.get(key), want[key], err) for key in want
                  if got.get(key) != want[key]]
        if members.get(name, {}).get("shape") != want["shape"] or members[name]["type"] != "torch.Tensor":
            wrong.append("listed as %s" % members.get(name))
        if run("--npy", "-m", name, path)[1] != saved(view, storage.dtype):
            wrong.append(name + " is not saved as NumPy does it")
        if view.size and not got.get("offset"):
            wrong.append(name + " is not shown where it lies in the file")
    check(views and not wrong, "%s: %d tensors" % (what, len(views)), *wrong[:8])


def test_random(rng):
    for kind, order, names in (("a zip archive", "<", TYPES), ("one of a big-endian machine", ">", TYPES),
                               ("the older format", "<", [name for name in TYPES if TYPES[name][0]])):
        storages = [random_storage(rng, str(i), order, list(names)) for i in range(40)]
        views, content = {}, {}
        while len(views) < 80:
            storage = rng.choice(storages)
            made = random_view(rng, storage)
            if made:
                name = "t%d" % len(views)
                content[name], views[name] = made[0], (storage, made[1])
        if kind == "the older format":
            used = {id(storage) for storage, _ in views.values()}
            older("file.pt", content, [storage for storage in storages if id(storage) in used])
        else:
            archive("file.pt", content, storages, "big" if order == ">" else "little")
        compare(kind, "file.pt", storages, views, order)


def notes(path):
    code, out, err = run("-j", path)
    return {m["name"]: (m["shape"], m["note"]) for m in json.loads(out)["members"]} if code == 0 else err


def test_lies():
    """A tensor that cannot be says so, and the others are shown."""
    storage = Storage("0", "float32", np.arange(6, dtype="<f4"))
    missing = Storage("1", "float32", np.arange(6, dtype="<f4"))
    good = tensor(storage, 0, (2, 3), (3, 1))
    cases = {
        "past": (tensor(storage, 1, (2, 3), (3, 1)), "24 present"),
        "far": (tensor(storage, 0, (2,), (1 << 40,)), "24 present"),
        "offset": (tensor(storage, 1 << 62, (1,), (1,)), "offset"),
        "huge": (tensor(storage, 0, (1 << 40,) * 3, (0, 0, 0)), "big"),
        "missing": (tensor(missing, 0, (2,), (1,)), "no storage 'data/1'"),
        "strides": (tensor(storage, 0, (2, 3), (1,)), "1 strides for 2"),
        "negative": (tensor(storage, 0, (-2,), (1,)), "extent 0"),
        "many": (tensor(storage, 0, (1,) * 65, (1,) * 65), "65 dimensions"),
        "text": (Call("_rebuild_tensor_v2", storage, "0", (2,), (1,)), "no storage, offset"),
        "few": (Call("_rebuild_tensor_v2", storage), "no storage, offset"),
        "none": (Call("_rebuild_tensor_v2", None, 0, (2,), (1,), False, {}), "not in this file")}
    content = {"good": good} | {name: made for name, (made, _) in cases.items()} | {"last": good}
    archive("lies.pt", content, [storage])
    got = notes("lies.pt")
    for name, (_, words) in cases.items():
        ok = isinstance(got, dict) and got[name][0] is None and words in (got[name][1] or "")
        check(ok, "a tensor that lies: " + name, got[name] if isinstance(got, dict) else got)
        code, out, err = run("-d", "-m", name, "lies.pt")
        check(code in (0, 2) and err.count("\n") <= 1, "and is refused or shown by its parts: " + name, err)
    check(isinstance(got, dict) and got["good"][0] == got["last"][0] == [2, 3], "the others are shown", got)
    metadata = [Call("_rebuild_tensor_v2", storage, 0, (2,), (1,), False, collections.OrderedDict(), {"conj": conj, "neg": neg})
                for conj, neg in ((True, False), (False, True), (False, False))]
    archive("changes.pt", dict(zip("abc", metadata)), [storage])
    check([note for _, note in notes("changes.pt").values()] ==
          ["loading conjugates its items", "loading negates its items", None], "what loading does to the items", notes("changes.pt"))
    _, out, _ = run("-j", "-m", "a", "changes.pt")
    check(json.loads(out)["notes"] == ["loading conjugates its items"], "and of one tensor alone", out)
    check(b" 0 errors" in run("--check", "changes.pt")[1], "which is no fault", run("--check", "changes.pt")[1])
    archive("packed.pt", {"a": good}, [storage], method=zipfile.ZIP_DEFLATED)
    check("is compressed" in str(notes("packed.pt")), "a compressed storage is named", notes("packed.pt"))
    with zipfile.ZipFile("short.pt", "w") as file:
        file.writestr("x/data.pkl", pickled({"a": tensor(storage, 0, (2,), (1,)), "b": good}))
        file.writestr("x/data/0", bytes(8))
    got = notes("short.pt")
    check(got["a"][0] == [2] and "8 present" in (got["b"][1] or ""), "a storage that is too short", got)


def test_older():
    storage = Storage("k", "int16", np.arange(6, dtype="<i2"))
    good = tensor(storage, 2, (3,), (1,))
    older("older.pt", {"a": good, "b": tensor(storage, 0, (6,), (1,))}, [storage])
    with open("older.pt", "rb") as file:
        whole = file.read()
    code, out, err = run("-b", "-m", "a", "-", stdin=whole)
    check(out == storage.items[2:5].tobytes(), "the older format from a pipe", err)
    for protocol in (4, 5):
        older("framed.pt", {"a": good}, [storage], protocol)
        check(run("-b", "-m", "a", "framed.pt")[1] == storage.items[2:5].tobytes(), "in frames, protocol %d" % protocol)
        check(run("--check", "framed.pt")[0] == 0, "and nothing is wrong with it", run("--check", "framed.pt")[1])
    for cut in range(1, len(whole), 7):
        code, out, err = run("-", stdin=whole[:cut])
        if code not in (0, 2) or err.count("\n") > 1:
            check(False, "an older file that ends at byte %d" % cut, code, err)
    check(True, "an older file that ends anywhere")
    got = json.loads(run("-j", "-", stdin=whole[:-4])[1])["members"]
    check(got[0]["shape"] == [3] or "present" in str(got[1]["note"]), "cut in its data, the rest is shown", got)


def test_script():
    storage = Storage("0", "float32", np.arange(6, dtype="<f4"))
    more = [("model/code/__torch__/net.py", "class Net: pass\n"), ("model/constants.pkl", pickle.dumps((), 2))]
    archive("script.pt", {"w": tensor(storage, 0, (6,), (1,)), "n": 1}, [storage], None, more=more)
    names = [m["name"] for m in json.loads(run("-j", "script.pt")[1])["members"]]
    check(names == ["w", "n", "#2", "#3"], "TorchScript's code and constants are listed by their places", names)
    check(run("-b", "-m", "#2", "script.pt")[1] == b"class Net: pass\n", "and shown by them")
    check(b"code/__torch__/net.py" in run("-t", "npz", "script.pt")[1], "-t npz lists the archive itself")


class OldState:
    """A state_dict as Python 2 pickles it: pairs in place of items, and attributes."""

    def __init__(self, pairs):
        self.pairs = pairs

    def __reduce__(self):
        return collections.OrderedDict, ([list(pair) for pair in self.pairs],), {"_metadata": {"": {"version": 1}}}


def test_python2():
    storage = Storage("9", "float32", np.arange(6, dtype="<f4"))
    state = OldState([("0.weight", tensor(storage, 2, (2, 2), (1, 2))), ("0.bias", tensor(storage, 0, (6,), (1,)))])
    archive("python2.pt", {"state": state, "n": 1}, [storage])
    older("older2.pt", {"state": state, "n": 1}, [storage])
    for path in "python2.pt", "older2.pt":
        rows = {row["name"]: row for row in json.loads(run("-j", "-R", path)[1])["members"]}
        check(list(rows)[:4] == ["state", "state/0.weight", "state/0.bias", "state/_metadata"], "Python 2's state_dict", rows)
        check(rows["state"]["type"] == "collections.OrderedDict", "is the dict that it is", rows["state"])
        code, out, err = run("-b", "-m", "state/0.weight", path)
        check(out == storage.items[[2, 4, 3, 5]].tobytes(), "and its tensors are there", err)
        check(run("-b", "-m", "state/.args/0/0/1", path)[1] == out, "by the arguments too")
    archive("moved.pt", {"w": tensor(storage, 0, (6,), (1,)), "n": 1}, [storage], None, folder="tensors")
    check(run("-b", "-m", "w", "moved.pt")[1] == storage.items.tobytes(), "torch 1.4's folder of storages")
    names = [row["name"] for row in json.loads(run("-j", "moved.pt")[1])["members"]]
    check(names == ["w", "n"], "are not listed beside the tensors", names)
    check(run("--check", "moved.pt")[0] == 0, "and no fault", run("--check", "moved.pt")[1])


def test_wrapper():
    """A tensor without data of its own, as a distributed one, is shown by what it is around."""
    storage = Storage("0", "float32", np.arange(6, dtype="<f4"))
    part = tensor(storage, 0, (6,), (1,))
    arguments = (WRAPPER, DTYPES["float32"], (12,), (1,), 0, None, "cpu", False)
    for what, state in (("a dict", {"_local": part, "n": 5}), ("a dict and slots", ({"_local": part}, {"n": 5}))):
        call = Call("_rebuild_from_type_v2", FUNCTIONS["_rebuild_wrapper_subclass"], WRAPPER, arguments, state)
        archive("wrapper.pt", {"d": call, "n": 1}, [storage])
        rows = [(row["name"], row["type"], row["shape"]) for row in json.loads(run("-j", "-R", "wrapper.pt")[1])["members"]]
        check(rows[:3] == [("d", "wrapping.Wrapper", None), ("d/_local", "torch.Tensor", [6]), ("d/n", "int", None)],
              "a wrapper's state, " + what, rows)
    archive("wrapper.pt", [Call("_rebuild_from_type_v2", FUNCTIONS["_rebuild_wrapper_subclass"], WRAPPER, arguments, {})], [])
    note = json.loads(run("-j", "wrapper.pt")[1])["members"][0]["note"]
    check("no data" in note, "and what one without any says", note)


def test_no_sums():
    """Where torch is told to compute no checksums, they are 0."""
    storage = Storage("0", "float32", np.arange(6, dtype="<f4"))
    archive("sums.pt", {"w": tensor(storage, 0, (6,), (1,)), "n": 1}, [storage])
    with open("sums.pt", "rb") as file:
        content = file.read()
    with zipfile.ZipFile("sums.pt") as file:
        sums = {struct.pack("<I", info.CRC) for info in file.infolist()}
    for crc in sums:
        content = content.replace(crc, bytes(4))
    check(run("-b", "-m", "w", "-", stdin=content)[1] == storage.items.tobytes(), "an archive without checksums",
          run("-", stdin=content)[2])
    check(run("-m", "#0", "-", stdin=content)[0] == 0, "and a member of it", run("-m", "#0", "-", stdin=content)[2])
    check(run("--check", "-", stdin=content)[:2] == (0, b"-: 0 errors, 0 warnings\n"), "is no fault", run("--check", "-", stdin=content)[1])
    code, _, err = run("-t", "npz", "-m", "#0", "-", stdin=content)
    check(code == 2 and "CRC" in err, "but it is in another archive", err)
    with open("sums.pt", "rb") as file:
        wrong = file.read().replace(min(sums), b"\1\2\3\4")
    check(b"CRC" in run("--check", "-", stdin=wrong)[1], "as a wrong one is")


def test_several():
    """Parts of distributed checkpoints are archives one behind the other: torch.load reads the last."""
    parts = []
    for number in range(2):
        storage = Storage("0", "float32", np.arange(6, dtype="<f4") + number)
        archive("part.pt", {"w": tensor(storage, 0, (6,), (1,)), "n": number}, [storage])
        with open("part.pt", "rb") as file:
            parts.append(file.read())
    code, out, err = run("-j", "-", stdin=parts[0] + parts[1])
    record = json.loads(out) if code == 0 else {"notes": err, "members": []}
    check(record["notes"] == ["%d bytes before the archive begin as another: of several archives the last is shown" % len(parts[0])]
          and [row["note"] for row in record["members"]] == [None, "1"], "of several archives", record)
    check(run("-b", "-m", "w", "-", stdin=parts[0] + parts[1])[1] == storage.items.tobytes(), "the last is shown")
    notes_of = json.loads(run("-j", "-t", "torch", "-", stdin=b"#!/bin/sh\n" + parts[0])[1])["notes"]
    check(notes_of == ["10 bytes before the archive"], "bytes before it are told", notes_of)


def test_refusals():
    with zipfile.ZipFile("no.zip", "w") as file:
        file.writestr("a.txt", "text")
    code, _, err = run("-t", "torch", "no.zip")
    check(code == 2 and "data.pkl" in err, "an archive without a pickle", err)
    with zipfile.ZipFile("once.zip", "w") as file:
        for name in "x/data.pkl", "x/data/0", "x/data/1":
            file.writestr(name, b"\x80\2N.")
    with open("once.zip", "rb") as file, open("twice.zip", "wb") as twice:
        twice.write(file.read().replace(b"x/data/1", b"x/data/0"))
    code, _, err = run("twice.zip")
    check(code == 2 and "has 'x/data/0' twice" in err, "an archive that has a name twice", err)
    code, _, err = run("-", stdin=bytes(257) + b"ustar" + bytes(250))
    check(code == 2 and "tar archive" in err, "a tar archive is named", err)


def test_large():
    """2 GiB of storages that are holes: the list costs what that of a small file does."""
    size = 1 << 31
    with zipfile.ZipFile("start.zip", "w") as file:
        big = Storage("0", "uint8", np.zeros(0, "u1"))
        big.items = np.lib.stride_tricks.as_strided(np.zeros(1, "u1"), (size,), (0,))
        file.writestr("m/data.pkl", pickled({"big": tensor(big, 5, (1 << 15, 1 << 15), (1 << 15, 1)), "n": 1}))
    with open("start.zip", "rb") as file:
        start = file.read()
    directory = start.rindex(b"PK\1\2")
    at = start.index(b"PK\1\2")
    local = struct.pack("<4s5H3I2H", b"PK\3\4", 20, 0, 0, 0, 33, 0, size, size, 8, 0) + b"m/data/0"
    entry = struct.pack("<4s6H3I5H2I", b"PK\1\2", 20, 20, 0, 0, 0, 33, 0, size, size, 8, 0, 0, 0, 0, 0, at)
    entry += b"m/data/0"
    directory = start[at:start.index(b"PK\5\6")] + entry
    with open("large.pt", "wb") as file:
        file.write(start[:at] + local)
        file.seek(size, 1)
        place = file.tell()
        file.write(directory + struct.pack("<4s4H2IH", b"PK\5\6", 0, 0, 2, 2, len(directory), place, 0))
    usage = subprocess.run([sys.executable, "-c", "import os, resource, subprocess, sys\n"
                            "subprocess.run(sys.argv[1:], stdout=subprocess.DEVNULL, check=True)\n"
                            "print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)", PROGRAM, "large.pt"],
                           stdout=subprocess.PIPE, check=False)
    check(usage.returncode == 0 and int(usage.stdout) < 40 * 1024, "2 GiB are listed in little memory", usage)
    code, out, err = run("-f", "shape,offset", "-m", "big", "large.pt")
    check(code == 0 and out.split(b"\t")[0] == b"32768 32768", "and a tensor of it is there", out, err)


def main():
    rng = random.Random(SEED)
    with tempfile.TemporaryDirectory() as directory:
        os.chdir(directory)
        test_random(rng)
        test_lies()
        test_older()
        test_script()
        test_python2()
        test_wrapper()
        test_no_sums()
        test_several()
        test_refusals()
        test_large()
        os.chdir("/")
    end()


main()
