"""NumPy's classes beside the plain array, as they are shown against what NumPy says of them."""

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
from house import check, end, program, skip  # noqa: E402

PROGRAM = os.path.abspath(program())
PROTOCOLS = range(pickle.HIGHEST_PROTOCOL + 1)


class Behind(np.ndarray):
    """With something behind the array's state."""

    def __reduce__(self):
        function, arguments, state = super().__reduce__()
        return function, arguments, state + ("info",)


class Around(np.ndarray):
    """With the array's state and something else in a tuple, as astropy's quantities."""

    def __reduce__(self):
        function, arguments, state = super().__reduce__()
        return function, arguments, (state, {"unit": "m"})


def create_array(function, arguments, state, attributes=None):
    """As dill has it: each array is pickled by a call of its own."""
    array = function(*arguments)
    array.__setstate__(state)
    return array


for module in ("dill", "dill._dill"):
    sys.modules[module] = types.ModuleType(module)
create_array.__module__, create_array.__qualname__ = "dill._dill", "_create_array"
sys.modules["dill._dill"]._create_array = create_array


class Dilled:
    def __init__(self, array):
        self.array = array

    def __reduce__(self):
        return create_array, (*self.array.__reduce__(), None)


def set_state(thing, state):
    thing.__dict__.update(state[0])


class Thing:
    pass


class Set:
    """Its state is set by a function of the reduction's own, as cloudpickle has it of functions and classes."""

    def __init__(self, function, arguments, state):
        self.made = (function, arguments, state, None, None, set_state)

    def __reduce__(self):
        return self.made


def run(content, *arguments):
    process = subprocess.run([PROGRAM, "-t", "pickle", *arguments, "-"], input=content, stdout=subprocess.PIPE,
                             stderr=subprocess.PIPE, check=False)
    return process.returncode, process.stdout, process.stderr.decode()


def shown(content, path):
    """The record of a member and its bytes."""
    code, out, err = run(content, "-j", "-n", "all", *(["-m", path] if path else []))
    return json.loads(out) if code == 0 else {"error": err}


def is_array(content, path, array, what):
    record = shown(content, path)
    wrong = []
    for key, value in (("shape", list(array.shape)), ("itemsize", array.itemsize), ("nbytes", array.nbytes),
                       ("dtype", None if array.dtype.names else array.dtype.str), ("data", array.tobytes().hex())):
        if value is not None and record.get(key) != value:
            wrong.append("%s: %r, not %r (%s)" % (key, record.get(key), value, record.get("error")))
    check(not wrong, what, *wrong)


def rows(content, *arguments):
    code, out, err = run(content, "-j", *arguments)
    return json.loads(out)["members"] if code == 0 else [{"name": err}]


def test_masked():
    record = np.array([(1, 2.5), (3, 4.5)], [("x", "i2"), ("y", "f8", (2,))])
    arrays = {"flat": np.ma.masked_array([1.0, 2.0, 3.0], mask=[0, 1, 0], fill_value=7.0),
              "whole": np.ma.masked_array(np.arange(6).reshape(2, 3)),
              "fortran": np.ma.masked_array(np.asfortranarray(np.arange(6.0).reshape(2, 3)), mask=np.eye(2, 3)),
              "record": np.ma.masked_array(record, mask=[(True, False), (False, True)]),
              "none": np.ma.masked_array([], dtype="<M8[ns]"),
              "scalar": np.ma.masked_array(5, mask=True)}
    for protocol in PROTOCOLS:
        content = pickle.dumps(arrays, protocol)
        for name, array in arrays.items():
            is_array(content, name + "/data", array.data, "masked %s, protocol %d: data" % (name, protocol))
            is_array(content, name + "/mask", np.ma.getmaskarray(array), "masked %s, protocol %d: mask" % (name, protocol))
        types = [row["type"] for row in rows(content)]
        check(set(types) <= {"numpy.ma.MaskedArray", "numpy.ma.core.MaskedArray"}, "masked types, protocol %d" % protocol, types)
    objects = pickle.dumps(np.ma.masked_array([1, "a"], mask=[1, 0], dtype=object))
    check([row["name"] for row in rows(objects, "-R")] == ["data", "data/0", "data/1", "mask", "fill_value"],
          "a masked array of objects", rows(objects, "-R"))
    for what, content in (("no state", b"\x80\4cnumpy.ma.core\n_mareconstruct\n(cnumpy\nndarray\ncnumpy\nndarrayK\0\x85C\1btR."),
                          ("no arguments", b"\x80\4cnumpy.ma.core\n_mareconstruct\n)R.")):
        code, _, err = run(content)
        check(code in (0, 2) and err.count("\n") <= 1, "a masked array with " + what, err)
    short = pickle.dumps([arrays["flat"]], 3).replace(b"C\3\0\1\0", b"C\2\0\1")
    note = rows(short)[0].get("note")
    check("3 data bytes, 2 present" in str(note), "a masked array whose mask is too short", note)


def test_subclasses():
    base = np.arange(12, dtype=">i4").reshape(3, 4)
    record = np.array([(1, 2.0), (3, 4.0)], [("x", "i4"), ("y", "f8")])
    with tempfile.NamedTemporaryFile() as file:
        mapped = np.memmap(file.name, "u2", "w+", shape=(2, 3))
        mapped[:] = 5
        arrays = {"matrix": np.matrix(base[:2, :2]), "record": record.view(np.recarray), "one": record.view(np.recarray)[:1],
                  "behind": base.view(Behind), "around": base.T.view(Around), "mapped": mapped,
                  "texts": np.char.array(["ab", "c"]), "four": np.zeros((1, 2, 3, 4)).view(Around)}
        for protocol in PROTOCOLS:
            content = pickle.dumps(arrays, protocol)
            for name, array in arrays.items():
                is_array(content, name, array, "%s, protocol %d" % (name, protocol))
        pair = pickle.dumps(record.view(np.recarray)[0])
        is_array(pair, None, record[0], "one record")


def test_dilled():
    arrays = {"c": np.arange(6.0).reshape(2, 3), "f": np.asfortranarray(np.arange(6, dtype="i2").reshape(2, 3)),
              "record": np.zeros(2, [("a", "i1"), ("b", "f8")]), "matrix": np.matrix([[1, 2]]), "swapped": np.arange(3, dtype=">u4")}
    masked = np.ma.masked_array([1.0, 2.0], mask=[0, 1])
    for protocol in PROTOCOLS:
        content = pickle.dumps({name: Dilled(array) for name, array in arrays.items()} | {"m": Dilled(masked)}, protocol)
        for name, array in arrays.items():
            is_array(content, name, array, "dill's array %s, protocol %d" % (name, protocol))
        is_array(content, "m/data", masked.data, "dill's masked array, protocol %d" % protocol)
        loaded = pickle.loads(content)
        saved = io.BytesIO()
        np.save(saved, loaded["swapped"])
        check(run(content, "--npy", "-m", "swapped")[1] == saved.getvalue(), "and its byte order, protocol %d" % protocol)


def test_set_by_calls():
    """What a call whose result is dropped gives an object is its state, and no recipe takes it for BUILD's."""
    array = np.arange(4.0)
    for protocol in PROTOCOLS:
        content = pickle.dumps([Set(Thing, (), ({"array": array}, {"slot": 5})), 7], protocol)
        is_array(content, "0/array", pickle.loads(content)[0].array, "set by a call, protocol %d" % protocol)
        listed = [row["name"] for row in rows(content, "-R")]
        check(listed == ["0", "0/array", "0/slot", "1"], "all of it is listed, protocol %d" % protocol, listed)
        record = json.loads(run(content, "-j")[1])
        check("__main__.set_state" in record["calls"], "and who sets it is told", record["calls"])
        code, out, _ = run(content, "--check")
        check(code == 0 and b"file-structure" not in out, "which is no fault", out)
    function, arguments, state = array.__reduce__()
    row = rows(pickle.dumps([Set(function, arguments, state)]))[0]
    check(row["format"] is None, "an array whose state a stranger sets is none that is known", row)
    for what, tail in (("of itself", b"c__main__\nf\nq\1)Rq\2h\1h\2h\2\x86R0h\2."), ("of a number", b"c__main__\nf\nK\1K\2\x86R0N."),
                       ("the last on the stack", b"c__main__\nf\nN)\x86R0N."),
                       ("an attribute", b"c__main__\nf\nq\1)Rq\2h\1h\2Vname\nK\5\x87R0h\2.")):
        code, out, err = run(b"\x80\2" + tail, "-R")
        check(code == 0, "a dropped call " + what, err)
        if what == "an attribute":
            check(b"name" in out and b"5" in out, "is shown", out)


def test_random():
    if not hasattr(np.random, "default_rng"):
        return skip("generators", "this NumPy has none")
    for protocol in PROTOCOLS:
        for name, made in (("generator", np.random.default_rng(1)), ("state", np.random.RandomState(1)),
                           ("bits", np.random.Philox(3))):
            content = pickle.dumps({"r": made}, protocol)
            listed = rows(content, "-R")
            arrays = [row["name"] for row in listed if row["format"] is not None and row["type"] == "numpy.ndarray"]
            facts = made.bit_generator.state if name == "generator" else made.get_state(False) if name == "state" else made.state
            expected = [value for value in list(facts["state"].values()) + [facts.get("buffer")] if isinstance(value, np.ndarray)]
            found = [shown(content, path)["data"] for path in arrays]
            check(all(value.tobytes().hex() in found for value in expected) and len(listed) > 3,
                  "random %s, protocol %d" % (name, protocol), arrays)
            words = made.__reduce__()[1][0]  # a name, or since NumPy 2 the bit generator, with its seeds
            seeds = None if isinstance(words, str) or name == "bits" else getattr(words.seed_seq, "pool", None)
            check(seeds is None or seeds.tobytes().hex() in found, "and its seeds", arrays)


def test_types():
    content = pickle.dumps([np.dtype("f8"), np.dtype([("a", "i4")]), np.dtype("M8[us]")])
    notes = [row["note"] for row in rows(content)]
    check(notes == ["dtype('<f8')", "dtype([('a', '<i4')])", "dtype('<M8[us]')"], "types are told", notes)
    content = pickle.dumps(np.array([(1, "a"), (2, None)], [("i", "i4"), ("o", "O")]))
    listed = [(row["name"], row["note"]) for row in rows(content, "-R")]
    check(listed == [("0", "2 members"), ("0/0", "1"), ("0/1", "'a'"), ("1", "2 members"), ("1/0", "2"), ("1/1", "None")],
          "structs with objects", listed)
    values = [np.float32(1.5), np.int8(-3), np.bool_(True), np.datetime64("2020-01-02"), np.str_("x"), np.array(7)]
    notes = [row["note"] for row in rows(pickle.dumps(values))]
    check(notes == ["1.5", "-3", "True", "2020-01-02", "'x'", "7"], "scalars have their values told", notes)
    if not hasattr(np, "dtypes") or not hasattr(np.dtypes, "StringDType"):
        return skip("arrays of StringDType", "this NumPy has none")
    content = pickle.dumps(np.array([["a", "bc"], ["", "d"]], np.dtypes.StringDType()))
    listed = [(row["name"], row["note"]) for row in rows(content)]
    check(listed == [("0,0", "'a'"), ("0,1", "'bc'"), ("1,0", "''"), ("1,1", "'d'")], "arrays of StringDType", listed)


def test_object_order():
    """Whichever order an array of objects has in memory, its items are where NumPy has them."""
    base = np.arange(24).astype(object)
    arrays = {"c": base.reshape(4, 6), "f": np.asfortranarray(base.reshape(4, 6)), "t": base.reshape(2, 3, 4).T,
              "swapped": base.reshape(2, 3, 4).transpose(1, 0, 2), "strided": base.reshape(4, 6)[::2, ::-1]}
    if hasattr(np, "dtypes") and hasattr(np.dtypes, "StringDType"):
        texts = np.array([["a", "b", "c"], ["d", "e", "f"]], np.dtypes.StringDType())
        arrays["texts"] = np.asfortranarray(texts)

    def differences(array, listed):
        return [at for at in np.ndindex(array.shape) if listed.get(",".join(map(str, at))) != repr(array[at])]

    for name, array in arrays.items():
        for protocol in PROTOCOLS:
            content = pickle.dumps(array, protocol)
            listed = {row["name"]: row["note"] for row in rows(content)}
            check(not differences(pickle.loads(content), listed), "objects %s, protocol %d" % (name, protocol), listed)
            mask = np.arange(array.size).reshape(array.shape) % 3 == 0
            masked = pickle.dumps(np.ma.masked_array(array, mask), protocol)
            loaded = pickle.loads(masked) if name != "texts" else None  # NumPy refuses those
            if loaded is not None:
                listed = {row["name"][5:]: row["note"] for row in rows(masked, "-R") if row["name"].startswith("data/")}
                check(not differences(loaded.data, listed), "and masked", listed)
                is_array(masked, "mask", np.ma.getmaskarray(loaded), "and their mask")
        if name != "texts":
            saved = io.BytesIO()
            np.save(saved, array)
            out = run(saved.getvalue(), "-t", "npy", "-j")[1]
            listed = {row["name"]: row["note"] for row in json.loads(out)["members"]}
            check(not differences(array, listed), "objects %s, .npy" % name, listed)
            index = tuple(extent - 1 for extent in array.shape)
            _, out, err = run(pickle.dumps(array), "-m", ",".join(map(str, index)))
            check(("value         %r" % array[index]) in out.decode(), "the last of them", out, err)


def test_keys():
    """Keys that are NumPy's scalars have the text of what they are equal to, as labels that numpy.unique gives."""
    keys = [np.int64(3), np.uint8(7), np.float32(1.5), np.bool_(True), np.str_("a/b"), np.str_(""), np.str_("\ud83d\udc0d\xe9"),
            np.array("ab", ">U5")[()], np.bytes_(b"raw"), np.datetime64("2020-01-02"), (np.int64(1), np.float64(0.5)),
            frozenset([np.int8(4)])]
    texts = ["3", "7", "1.5", "True", "a/b", "", "\ud83d\udc0d\xe9".encode("utf-16", "surrogatepass").decode("utf-16"), "ab",
             "raw", "2020-01-02", "(1, 0.5)", "frozenset({4})"]
    for protocol in PROTOCOLS:
        content = pickle.dumps({key: np.arange(place) for place, key in enumerate(keys)}, protocol)
        listed = [row["name"] for row in rows(content)]
        if protocol > 0:
            check([text for text in texts if text.isascii()] == [name for name in listed if name.isascii()],
                  "keys of NumPy's types, protocol %d" % protocol, listed)
        for place, text in enumerate(texts):
            if text.isascii() and text:
                check(shown(content, text).get("shape") == [place], "%r is found, protocol %d" % (text, protocol))
    content = pickle.dumps({np.str_("n\xe9"): 1, np.str_("\U0001f40d"): 2})
    check([row["name"] for row in rows(content)] == ["n\xe9", "\U0001f40d"], "and those beyond ASCII", rows(content))
    content = pickle.dumps({"3": "text", np.int64(3): "number", np.float64("nan"): 1, np.longdouble(2): 2})
    listed = [(row["name"], row["note"]) for row in rows(content)]
    check(listed == [("3", "'text'"), ("3#1", "'number'"), ("nan", "1"), ("2.0", "2")], "beside a text of theirs", listed)


def test_extensions():
    """ml_dtypes, by what it pickles: the class stands in dtype's arguments."""
    state = (b"(K\3\x8c\1<NNNK\2K\2K@tb", b"(K\3\x8c\1<NNNK\1K\1K@tb")
    for name, rest, data, values in (("bfloat16", state[0], b"\x80\x3f\x40\xc0", ["1.0", "-3.0"]),
                                     ("float8_e4m3fn", state[1], b"\x38\xc0", ["1.0", "-2.0"])):
        dtype = b"cnumpy\ndtype\ncml_dtypes\n" + name.encode() + b"\n\x89\x88\x87R" + rest
        array = (b"\x80\4cnumpy._core.multiarray\n_reconstruct\ncnumpy\nndarray\nK\0\x85C\1b\x87R(K\1K\2\x85" + dtype +
                 b"\x89C" + bytes([len(data)]) + data + b"tb.")
        code, out, err = run(array, "-l")
        check([line.split("\t")[1] for line in out.decode().splitlines()] == values, "an array of " + name, out, err)
        check(shown(array, None).get("dtype") == name, "is called " + name)
        item = data[:len(data) // 2]
        scalar = b"\x80\4]cnumpy._core.multiarray\nscalar\n" + dtype + b"C" + bytes([len(item)]) + item + b"\x86RaNa."
        row = rows(scalar)[0]
        check((row["dtype"], row["note"]) == (name, values[0]), "a scalar of " + name, row)


def main():
    test_extensions()
    test_masked()
    test_subclasses()
    test_dilled()
    test_set_by_calls()
    test_random()
    test_types()
    test_object_order()
    test_keys()
    end()


main()
