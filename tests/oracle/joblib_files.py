"""What joblib.dump writes, made here: arrays inside the stream, and what is shown when they are not whole."""

import collections
import io
import json
import os
import pickle
import subprocess
import sys
import tempfile
import types

import numpy as np

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
from house import check, end, program  # noqa: E402

PROGRAM = os.path.abspath(program())
ALIGNMENT = 16
MODULES = ("joblib.numpy_pickle", "sklearn.externals.joblib.numpy_pickle")


def wrapper(module):
    """A class that pickles under joblib's name."""
    parts = module.split(".")
    for i in range(len(parts)):
        sys.modules.setdefault(".".join(parts[:i + 1]), types.ModuleType(module))
    made = type("NumpyArrayWrapper", (), {"__module__": module})
    sys.modules[module].NumpyArrayWrapper = made
    return made


WRAPPERS = {module: wrapper(module) for module in MODULES}


class Model:
    def __init__(self, **parts):
        self.__dict__.update(parts)


class Pickler(pickle._Pickler):
    """`aligned`: with padding in front of the data, as joblib writes it since version 1.3."""

    def __init__(self, file, protocol, module, aligned):
        self.wrapper, self.aligned, self.file = WRAPPERS[module], aligned, file
        super().__init__(file, protocol)

    def save(self, obj, *arguments):
        if type(obj) not in (np.ndarray, np.matrix, np.memmap):
            return super().save(obj, *arguments)
        if id(obj) in self.memo:
            return super().save(self.kept[id(obj)], *arguments)
        stands = self.wrapper()
        stands.__dict__.update(subclass=type(obj), shape=obj.shape, order="F" if self.is_f(obj) else "C", dtype=obj.dtype,
                               allow_mmap=not obj.dtype.hasobject)
        if self.aligned:
            stands.numpy_array_alignment_bytes = ALIGNMENT if not obj.dtype.hasobject else None
        super().save(stands)
        self.framer.commit_frame(force=True)
        if obj.dtype.hasobject:
            pickle.dump(obj, self.file, 2)
            return None
        if self.aligned:
            padding = ALIGNMENT - (self.file.tell() + 1) % ALIGNMENT
            self.file.write(bytes([padding]) + b"\xff" * padding)
        self.file.write(obj.tobytes("F" if self.is_f(obj) else "C"))
        return None

    @staticmethod
    def is_f(obj):
        return obj.flags.f_contiguous and not obj.flags.c_contiguous


def dumped(value, protocol=4, module=MODULES[0], aligned=True):
    file = io.BytesIO()
    Pickler(file, protocol, module, aligned).dump(value)
    return file.getvalue()


def run(content, *arguments):
    process = subprocess.run([PROGRAM, "-t", "pickle", *arguments, "-"], input=content, stdout=subprocess.PIPE,
                             stderr=subprocess.PIPE, check=False)
    return process.returncode, process.stdout, process.stderr.decode()


def listed(content):
    """Rows by path, and the notes of the whole."""
    code, out, err = run(content, "-R", "-j")
    record = json.loads(out) if code == 0 else {"members": [], "notes": [err]}
    return {row["name"]: row for row in record["members"]}, record["notes"]


ARRAYS = collections.OrderedDict([
    ("c", np.arange(6.0).reshape(2, 3)), ("f", np.asfortranarray(np.arange(6, dtype="i2").reshape(2, 3))),
    ("none", np.zeros((0, 3))), ("zero", np.array(7)), ("big", np.arange(3, dtype=">u4")),
    ("struct", np.array([(1, 2.5)], [("a", "i1"), ("b", "f8")])), ("matrix", np.matrix([[1, 2]]))])


def native(array):
    """joblib.load's _ensure_native_byte_order: plain types, and structs all of whose fields are plain and foreign."""
    fields = [field[0].byteorder for field in (array.dtype.fields or {}).values()]
    foreign = "<>"[sys.byteorder == "little"]
    if array.dtype.byteorder == foreign or fields and set(fields) == {foreign}:
        return array.byteswap().view(array.dtype.newbyteorder("="))
    return array


def test_byte_orders():
    wrong = []
    for order in "<>":
        for dtype in (order + "i4", order + "U3", order + "M8[s]", order + "c16", [("a", order + "i2"), ("é", order + "f8")],
                      [("a", order + "i2"), ("b", "i1")], [("a", order + "i2", 2)], [("a", ">i2"), ("b", "<i2")],
                      {"names": ["a", "b"], "formats": [order + "i2", order + "U2"], "offsets": [2, 8], "itemsize": 20}):
            array = np.zeros((2, 3), dtype)
            array.view("u1")[...] = np.arange(array.nbytes).reshape(2, -1) % 16 if array.dtype.kind != "U" else 0
            if isinstance(dtype, dict):  # NumPy does not copy what lies between fields
                array = np.zeros((2, 3), dtype)
                array["a"], array["b"] = 7, "é"
            for layout in (array, np.asfortranarray(array)):
                file = io.BytesIO()
                np.save(file, native(layout))
                code, out, err = run(dumped([layout, 0]), "--npy", "-m", "0")
                if out != file.getvalue():
                    wrong.append("%s: %r, not %r %s" % (layout.dtype, out, file.getvalue(), err))
    check(not wrong, "--npy has the byte order that joblib.load gives", *wrong)


def test_arrays():
    for module in MODULES:
        for protocol in range(2, pickle.HIGHEST_PROTOCOL + 1):
            for aligned in (False, True):
                content = dumped({"model": Model(**ARRAYS), "last": "text"}, protocol, module, aligned)
                rows, notes = listed(content)
                wrong = []
                for name, array in ARRAYS.items():
                    row = rows.get("model/" + name, {})
                    _, data, err = run(content, "-b", "-m", "model/" + name)
                    if row.get("shape") != list(array.shape) or data != array.tobytes():
                        wrong.append("%s: %s %s" % (name, row, err))
                if rows.get("last", {}).get("note") != "'text'" or notes:
                    wrong.append("notes: %s" % notes)
                check(not wrong, "arrays, %s, protocol %d, aligned %s" % (module.split(".", 1)[0], protocol, aligned), *wrong)
    test_byte_orders()
    rows, _ = listed(dumped([np.array([1, "a", np.arange(2)], object), "last"]))
    check([rows.get(name, {}).get("note") for name in ("0/0", "0/1", "1")] == ["1", "'a'", "'last'"] and "0/2" in rows,
          "an array of objects is a pickle inside", rows)


def test_cut():
    """What is not whole says so; what came before is shown."""
    first, second = np.arange(4), np.arange(100.0)
    for what, value, path in (("in a dict", {"a": first, "x": "y", "b": second}, "b"), ("in a list", [first, second], "1"),
                              ("in an object", Model(a=first, b=second), "b"),
                              ("in an object in a dict", {"m": Model(a=first, b=second)}, "m/b"),
                              ("in objects of a list", {"l": [{"a": first}, {"b": second}]}, "l/1/b"),
                              ("in a tuple", (first, second), "1")):
        for aligned in (False, True):
            content = dumped(value, 4, aligned=aligned)
            end_of_data = content.index(second.tobytes()) + second.nbytes
            for left in (0, 8, second.nbytes - 1):
                rows, notes = listed(content[:end_of_data - second.nbytes + left])
                words = "an array of 800 data bytes, %d present: the file is cut short" % left
                whole = [name for name, row in rows.items() if row["nbytes"] == first.nbytes and row["shape"] == [4]]
                check(rows.get(path, {}).get("note") == words and len(whole) == 1 and any("cut short" in note for note in notes),
                      "cut %s, %d bytes left, aligned %s" % (what, left, aligned), rows.get(path), notes)
    content = dumped([first, second])
    code, out, err = run(content[:-len(content) // 2])
    check(code == 0 or err.count("\n") == 1, "cut in the middle", err)
    for size in range(0, len(content) - 1, 7):
        code, out, err = run(content[:size])
        if not (code == 0 or (code == 2 and err.count("\n") == 1 and not out)):
            check(False, "cut at %d: exit %d" % (size, code), err)
    objects = dumped([first, np.array([1, "a" * 50], object)])
    rows, notes = listed(objects[:-20])
    check("0" in rows and "broken or cut short" in str(rows.get("1", {}).get("note")), "an array of objects that is cut", rows, notes)


def test_lies():
    good = dumped([np.arange(4), "last"])
    for what, old, new in (("a shape that no memory has", b"K\x04\x85", b"\x8a\x08\xff\xff\xff\xff\xff\xff\xff\x7f\x85"),
                           ("a shape below 0", b"K\x04\x85", b"J\xff\xff\xff\xff\x85"),
                           ("a dtype of another kind", b"\x8c\x02i8", b"\x8c\x02O8"),
                           ("no shape", b"\x8c\x05shape", b"\x8c\x05shapf")):
        content = good.replace(old, new, 1)
        content = content[:2] + content[11:] if content[2:3] == b"\x95" else content
        code, _, err = run(content)
        check(content != good and code in (0, 2) and err.count("\n") <= 1, "an array that lies: " + what, err)


def test_mapped():
    """A memory map is dumped as the array that it is: loading maps nothing."""
    with tempfile.NamedTemporaryFile() as file:
        mapped = np.memmap(file.name, "f4", "w+", shape=(2, 3))
        mapped[:] = 5
        for module in MODULES:
            content = dumped({"m": mapped, "n": 1}, module=module)
            check(run(content, "-b", "-m", "m")[1] == mapped.tobytes(), "a memory map", run(content, "-R"))
            code, out, _ = run(content, "--check")
            check(code == 0 and b" 0 errors" in out, "is judged as an array", out)
    content = dumped(mapped).replace(b"\x8c\5numpy\x94\x8c\6memmap", b"\x8c\5posix\x94\x8c\6system")
    code, out, _ = run(content, "--check")
    check(code == 1 and b"posix.system" in out, "a class that is none is named", out)


def main():
    test_arrays()
    test_mapped()
    test_cut()
    test_lies()
    end()


main()
