"""Frames, series and indexes as pandas pickles them, made here by stand-ins for pandas and pyarrow."""

import datetime
import functools
import io
import json
import os
import pickle
import sys
import tempfile
import types

import numpy as np

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
from house import check, end, run  # noqa: E402



def stand_in(dotted):
    """A class that pickles by its name, in a module of that name."""
    where, name = dotted.rsplit(".", 1)
    parts = where.split(".")
    for i in range(len(parts)):
        sys.modules.setdefault(".".join(parts[:i + 1]), types.ModuleType(where))
    made = type(name, (), {"__module__": where, "__qualname__": name})
    setattr(sys.modules[where], name, made)
    return made


class Call:
    """What pickles as a call, and perhaps a state."""

    def __init__(self, function, *arguments, state=None):
        self.reduced = (function, arguments) + ((state,) if state is not None else ())

    def __reduce__(self):
        return self.reduced


FRAME, SERIES = stand_in("pandas.core.frame.DataFrame"), stand_in("pandas.core.series.Series")
MANAGER = stand_in("pandas.core.internals.managers.BlockManager")
SINGLE = stand_in("pandas.core.internals.managers.SingleBlockManager")
BLOCK = stand_in("pandas._libs.internals._unpickle_block")
NEW_BLOCK = stand_in("pandas.core.internals.blocks.new_block")
NEW_INDEX, INDEX = stand_in("pandas.core.indexes.base._new_Index"), stand_in("pandas.core.indexes.base.Index")
RANGE, MULTI = stand_in("pandas.core.indexes.range.RangeIndex"), stand_in("pandas.core.indexes.multi.MultiIndex")
BACKED = stand_in("pandas._libs.arrays.__pyx_unpickle_NDArrayBacked")
DATES, CATEGORIES = stand_in("pandas.arrays.DatetimeArray"), stand_in("pandas.arrays.Categorical")
CATEGORY_TYPE, STRINGS = stand_in("pandas.CategoricalDtype"), stand_in("pandas.arrays.ArrowStringArray")
OLDER = stand_in("pandas.core.arrays.categorical.Categorical")
INTEGERS = stand_in("pandas.arrays.IntegerArray")
RESTORE, BUFFER, ALIAS, TIMES, LIST, STRUCT, CHOICE, FIELD, DECIMAL, FIXED = (stand_in("pyarrow.lib." + name) for name in (
    "_restore_array", "py_buffer", "type_for_alias", "timestamp", "list_", "struct", "dictionary", "field", "decimal128", "binary"))
STAMP = stand_in("pandas._libs.tslibs.timestamps._unpickle_timestamp")
SPAN, NAT = (stand_in("pandas._libs.tslibs." + name) for name in ("timedeltas._timedelta_unpickle", "nattype._nat_unpickle"))
INTERVAL, INTERVALS = stand_in("pandas.Interval"), stand_in("pandas._libs.interval.__pyx_unpickle_IntervalMixin")


def index(labels):
    return Call(NEW_INDEX, INDEX, {"data": labels, "name": None})


def span(stop, start=0, step=1):
    return Call(NEW_INDEX, RANGE, {"name": None, "start": start, "stop": stop, "step": step})


def arrow(texts, first=0):
    """Texts and Nones; `first` more in front of them that are left out."""
    texts = ["not told"] * first + texts
    data = "".join(filter(None, texts)).encode()
    offsets = np.cumsum([0] + [len((text or "").encode()) for text in texts], dtype="<i8").tobytes()
    valid = np.packbits([text is not None for text in texts], bitorder="little").tobytes() if None in texts else None
    array = (Call(ALIAS, "large_string"), len(texts) - first, 0, first,
             [valid and Call(BUFFER, valid), Call(BUFFER, offsets), Call(BUFFER, data)], [], None)
    return Call(STRINGS, state={"_pa_array": Call(RESTORE, array)})


def labels(texts):
    made = np.empty(len(texts), object)
    made[:] = texts
    return made


def levels(parts, codes):
    """A MultiIndex."""
    codes = [np.array(code, "i1") for code in codes]
    return Call(NEW_INDEX, MULTI, {"levels": parts, "codes": codes, "sortorder": None, "names": [None] * len(parts)})


def categories(known, codes):
    kind = Call(CATEGORY_TYPE, state={"categories": index(known), "ordered": False})
    return Call(BACKED, CATEGORIES, 1, None, state=(kind, np.array(codes, "i1"), {}))


def frame(blocks, columns, rows, form="new"):
    """`blocks`: (values, places) of each."""
    if form == "state":  # before pandas 1.3
        facts = {"axes": [columns, rows], "blocks": [{"values": v, "mgr_locs": p} for v, p in blocks]}
        state = ([columns, rows], [v for v, _ in blocks], [None] * len(blocks), {"0.14.1": facts})
        manager = Call(MANAGER, state=state)
    else:
        function = functools.partial(NEW_BLOCK, ndim=2) if form == "partial" else BLOCK
        more = () if form == "partial" else (2,)
        manager = Call(MANAGER, tuple(Call(function, v, p, *more) for v, p in blocks), [columns, rows])
    return Call(FRAME, state={"_data" if form == "state" else "_mgr": manager, "_typ": "dataframe"})


def series(values):
    state = ([span(3)], [values], [span(3)], {"0.14.1": {"axes": [span(3)], "blocks": [
        {"values": values, "mgr_locs": slice(0, 3, 1)}]}})
    return Call(SERIES, state={"_mgr": Call(SINGLE, state=state), "_name": "s"})


def pickled(value, protocol=4):
    file = io.BytesIO()
    pickle._Pickler(file, protocol).dump(value)  # the one in C asks whether a call gives what it is said to
    return file.getvalue()


def members(content, *options):
    code, out, err = run("-j", "-t", "pickle", *options, "-", stdin=content)
    return {m["name"]: m for m in json.loads(out).get("members", [])} if code == 0 else {"error": err}


def array_of(content, path):
    """(dtype, shape, bytes, strides, whether it lies in the file) of a member."""
    code, out, err = run("-j", "-n", "all", "-t", "pickle", "-m", path, "-", stdin=content)
    got = json.loads(out) if code == 0 else {}
    return got.get("dtype"), got.get("shape"), got.get("data"), got.get("strides"), got.get("offset") is not None


def expect(what, content, path, array, in_file=True):
    got = array_of(content, path)
    want = (array.dtype.str, list(array.shape), array.tobytes().hex(), list(array.strides), in_file)
    check(got == want, what, got, want)


def test_frames():
    ints = np.arange(8).reshape(2, 4)
    floats = np.asfortranarray(np.arange(12.0).reshape(3, 4))
    dates = np.array([["2020-01-01", "NaT", "2021-01-01", "2022-01-01"]], "M8[ns]")
    numbers = np.array([1, 3, 4])
    for form in "new", "partial", "state":
        blocks = [(ints, slice(0, 4, 2)), (floats, numbers),
                  (Call(BACKED, DATES, 1, None, state=(dates.dtype, dates, {})), slice(5, 6, 1)),
                  (np.array([["x", None, "z", 4]], object), slice(6, 7, 1))]
        content = pickled(frame(blocks, index(labels(list("abcdefg"))), span(8, 0, 2), form))
        got = members(content)
        check(list(got) == list("abcdefg") + [".index", ".columns", ".blocks"], "columns by name: " + form, list(got))
        for path, array in (("a", ints[0]), ("c", ints[1]), ("b", floats[0]), ("e", floats[2]), ("f", dates[0])):
            expect("column %s is a row of its block: %s" % (path, form), content, path, array)
        expect("the blocks are there: " + form, content, ".blocks/1", floats)
        check(got[".index"]["note"] == "RangeIndex(start=0, stop=8, step=2)", "the index: " + form, got[".index"])
        check(list(members(content, "-m", "g")) == ["g/0", "g/1", "g/2", "g/3"], "a column of objects: " + form)
    objects = np.asfortranarray(np.array([["x", 1, None], ["y", 2, "z"]], object))
    content = pickled(frame([(objects, slice(0, 2, 1))], index(labels(list("ab"))), span(3)))
    got = {name: row["note"] for name, row in members(content, "-R").items()}
    check([got["%s/%d" % (name, i)] for name in "ab" for i in range(3)] == ["'x'", "1", "None", "'y'", "2", "'z'"],
          "columns of objects in Fortran order", got)


def test_labels():
    block = [(np.arange(6).reshape(3, 2), slice(0, 3, 1))]
    two = span(2)
    for what, columns, names in (
            ("of Arrow", index(arrow(["é", "", "c"])), ["é", "", "c"]),
            ("a range", span(16, 10, 2), ["10", "12", "14"]),
            ("numbers", index(np.array([1.5, -2, 3])), ["1.5", "-2.0", "3.0"]),
            ("dates", index(np.array(["2020", "2021", "2022"], "M8[Y]")), ["2020", "2021", "2022"]),
            ("twice", index(labels(["a", "a", ".index"])), ["a", "#1", "#2"]),
            ("of levels", levels([labels(["x", "y'"]), np.array([7, 8])], [[0, 1, -1], [1, 0, 0]]),
             ["('x', 8)", '("y\'", 7)', "(nan, 7)"]),
            ("of one level", levels([np.array([2.5])], [[0, 0, -1]]), ["(2.5,)", "#1", "(nan,)"]),
            ("of texts in levels", levels([index(arrow(["a", ""])), span(9, 3)], [[0, 1, 0], [0, 1, 5]]),
             ["('a', 3)", "('', 4)", "('a', 8)"]),
            ("of categories", index(categories(labels(["p", "q"]), [1, 0, -1])), ["q", "p", "nan"]),
            ("of older categories", index(Call(OLDER, state={
                "_codes": np.array([1, 0, -1], "i1"),
                "_dtype": Call(CATEGORY_TYPE, state={"categories": index(labels(["p", "q"])), "ordered": False})})),
             ["q", "p", "nan"]),
            ("of levels that lie", levels([labels(["x"])], [[0, 4, 0]]), ["('x',)", "1", "#2"]),
            ("too few", index(labels(["a"])), ["a", "1", "2"]), ("no index", None, ["0", "1", "2"])):
        got = list(members(pickled(frame(block, columns, two))))
        check(got == names + [".index", ".columns", ".blocks"], "labels: " + what, got)
    content = pickled(frame(block, index(labels(["a", "a", "b"])), two))
    expect("a column of a name that is taken", content, "#1", np.array([2, 3]))
    for what, array in (("C", np.zeros((2, 3))), ("F", np.zeros((3, 2)).T), ("one", np.zeros((1, 3)).T)):
        names = index(labels(list("abc"[:len(array)])))
        content = pickled(frame([(array, slice(0, len(array), 1))], names, span(array.shape[1])))
        out = run("-t", "pickle", "-", stdin=content)[1].decode()
        row = next(line for line in out.splitlines() if line.startswith("a "))
        check((" strided" in row) == (not array[0].flags.forc) and "F order" not in row, "how a column lies: " + what, row)


def test_derived():
    """Frames and series of classes that others derive from pandas', as geopandas does."""
    two = frame([(np.arange(4.0).reshape(2, 2), slice(0, 2, 1))], index(labels(["a", "b"])), span(2))
    for name, parent, parts in (("Frame", two, ["a", "b", ".index", ".columns", ".blocks"]),
                                ("Series", series(np.arange(3.0)), ["values", ".index", ".name"])):
        made = stand_in("derived." + name)()
        made.__dict__.update(parent.reduced[2], _typ="dataframe" if name == "Frame" else "series", more=5)
        for protocol in range(2, 6):
            content = pickled(made, protocol)
            check(list(members(content)) == parts, "a derived %s, protocol %d" % (name, protocol), members(content))
            check(run("-t", "pickle", "-m", "more", "-", stdin=content)[0] == 0, "and its attributes are reached")
    made.__dict__.update(_typ="other")
    check("more" in members(pickled(made)), "another object is shown by its attributes", members(pickled(made)))
    content = pickled(Call(FRAME, state={**frame([], index(labels([])), span(0)).reduced[2], "attrs": {"unit": "m"}}))
    check(list(members(content, "-R"))[-2:] == [".attrs", ".attrs/unit"], "a frame's own attributes", members(content, "-R"))


def test_series():
    values = np.arange(3.0)
    content = pickled(series(values))
    check(list(members(content)) == ["values", ".index", ".name"], "a series", members(content))
    expect("its values", content, "values", values)


def test_arrays():
    codes = np.array([0, 1, -1, 0], "i1")
    kind = Call(CATEGORY_TYPE, state={"categories": index(labels(["u", "v"])), "ordered": False})
    content = pickled([Call(BACKED, CATEGORIES, 1, None, state=(kind, codes)),
                       Call(INTEGERS, state={"_data": np.arange(3), "_mask": np.zeros(3, "?")}), arrow(["x", "yz"]),
                       Call(NEW_INDEX, MULTI, {"levels": [index(labels(["a"]))], "codes": [codes], "names": [None]}),
                       Call(STAMP, 1577836800000000, None, None, 9)])
    expect("categories", content, "0/codes", codes)
    expect("an extension array is its parts", content, "1/_data", np.arange(3))
    expect("offsets of Arrow's strings", content, "2/offsets", np.array([0, 1, 3], "<i8"))
    check(list(members(content, "-m", "3")) == ["3/levels", "3/codes", "3/names"], "a MultiIndex")
    check(members(content)["4"]["note"] == "Timestamp('2020-01-01 00:00:00')", "a moment", members(content)["4"])


def test_texts():
    for what, texts, first in (("plain", ["x", "", "yz"], 0), ("some missing", ["\u00e9", None, "b"], 0),
                               ("a part", ["c", None, "d"], 9)):
        got = members(pickled([arrow(texts, first)]), "-m", "0")
        notes = [got["0/%d" % i]["note"] for i in range(len(texts))]
        check(notes == [repr(text) for text in texts] and len(got) == len(texts) + 3, "Arrow's strings: " + what, got)
    many = pickled([arrow(["x"] * 10001)])
    check(list(members(many, "-m", "0")) == ["0/offsets", "0/data", "0/validity"], "more strings than a list has")


def test_kinds():
    """Arrow's types, the arrays of which lie in one another."""
    def buffers(*arrays):
        return [None if array is None else Call(BUFFER, array.tobytes()) for array in arrays]

    def parts(kind, length, own, children=(), first=0, known=None):
        return kind, length, 0, first, own, list(children), known

    plain = Call(ALIAS, "int64")
    numbers = np.arange(5)
    inner = parts(plain, 5, buffers(None, numbers))
    offsets = np.array([0, 2, 5], "<i4")
    field = Call(FIELD, "item", plain, True, None)
    lists = parts(Call(LIST, field), 2, buffers(None, offsets), [inner])
    flags = np.array([5], "u1")
    cases = {
        "times": (parts(Call(TIMES, "us", "UTC"), 3, buffers(None, numbers), first=2), {"values": numbers[2:].astype("M8[us]")}),
        "spans": (parts(Call(ALIAS, "duration[ms]"), 5, buffers(None, numbers)), {"values": numbers.astype("m8[ms]")}),
        "days": (parts(Call(ALIAS, "date32[day]"), 3, buffers(None, offsets)), {"values": offsets}),
        "decimals": (parts(Call(DECIMAL, 5, 2), 2, buffers(None, numbers[:4])), {"values": numbers[:4].view("V16")}),
        "bytes": (parts(Call(FIXED, 3), 4, buffers(None, offsets)), {"values": np.frombuffer(offsets.tobytes(), "V3")}),
        "lists": (lists, {"offsets": offsets, "items/values": numbers}),
        "nested": (parts(Call(LIST, Call(FIELD, "item", Call(LIST, field), True, None)), 1, buffers(None, np.array([0, 2], "<i4")),
                         [lists]), {"items/items/values": numbers}),
        "fixed": (parts(Call(LIST, plain, 5), 1, [None], [inner]), {"items/values": numbers}),
        "struct": (parts(Call(STRUCT, [Call(FIELD, "validity", plain, True, None), Call(FIELD, "b/c", plain, True, None)]), 5,
                         buffers(flags), [inner, lists]), {"validity/values": numbers, "b/c/offsets": offsets}),
        "choices": (parts(Call(CHOICE, Call(ALIAS, "int32"), plain, False), 3, buffers(None, offsets), known=inner),
                    {"indices": offsets, "dictionary/values": numbers})}
    content = pickled({name: Call(RESTORE, given) for name, (given, _) in cases.items()})
    for name, (_, arrays) in cases.items():
        for path, array in arrays.items():
            expect("Arrow's %s: %s" % (name, path), content, name + "/" + path, array)
    bits = pickled([Call(RESTORE, parts(Call(ALIAS, "bool"), 3, buffers(flags, flags)))])
    check(list(members(bits, "-m", "0")) == ["0/bits", "0/validity"], "Arrow's bits", members(bits, "-m", "0"))
    check(run("--check", "-t", "pickle", "-", stdin=content)[1] == b"-: 0 errors, 0 warnings\n", "nothing is wrong with them")
    lies = {"short": parts(plain, 6, buffers(None, numbers)), "no buffers": parts(plain, 5, []),
            "no children": parts(Call(LIST, field), 2, buffers(None, offsets)),
            "twice": parts(Call(STRUCT, [field, field]), 5, buffers(None), [inner, inner]),
            "no fields": parts(Call(STRUCT, []), 5, buffers(None)),
            "a number": parts(Call(STRUCT, [field]), 5, buffers(None))[:5] + (7, None),
            "wide": parts(Call(FIXED, 2 ** 40), 1, buffers(None, numbers)),
            "none": parts(Call(CHOICE, plain, plain, False), 3, buffers(None, numbers))}
    content = pickled({name: Call(RESTORE, given) for name, given in lies.items()})
    got = members(content, "-R")
    check(all(name + "/.args/0" in got for name in lies), "those that lie are shown by their arguments", list(got))


def test_values():
    """As pandas' repr writes them; of moments with a zone, the time in UTC."""
    hour, zone = 3600 * 10 ** 9, datetime.timezone.utc
    rows = ((Call(SPAN, hour, 10), "Timedelta('0 days 01:00:00')"), (Call(SPAN, -hour, 10), "Timedelta('-1 days +23:00:00')"),
            (Call(SPAN, 86400 * 10 ** 6 + 5, 9), "Timedelta('1 days 00:00:00.000005')"),
            (Call(SPAN, 1, 10), "Timedelta('0 days 00:00:00.000000001')"), (Call(SPAN, 61, 7), "Timedelta('0 days 00:01:01')"),
            (Call(STAMP, 5 * 10 ** 8, None, zone, 10), "Timestamp('1970-01-01 00:00:00.5+0000', tz='UTC')"),
            (Call(NAT, None), "NaT"), (Call(INTERVAL, 0, 1.5, "right"), "Interval(0, 1.5, closed='right')"))
    got = [row["note"] for row in members(pickled([value for value, _ in rows])).values()]
    check(got == [text for _, text in rows], "values of pandas' own", got)
    content = pickled([Call(INTERVALS, Call, 1, None, state=({"_left": np.arange(2), "_right": np.arange(1, 3)},))])
    expect("ends of intervals", content, "0/_right", np.array([1, 2]))


def test_lies():
    """What no pandas writes: the object is shown by its parts."""
    ints, two = np.arange(8).reshape(2, 4), span(2)
    for what, blocks, words in (
            ("a row too many", [(ints, slice(0, 3, 1))], "fewer rows"), ("no places", [(ints, None)], "does not tell"),
            ("a column twice", [(ints, slice(0, 2, 1)), (ints, slice(0, 2, 1))], "no block has column"),
            ("a hole", [(ints, slice(1, 3, 1))], "does not have"), ("backwards", [(ints, slice(2, 0, -1))], "not tell"),
            ("more than can be", [(np.zeros((10 ** 9, 0)), slice(0, 10 ** 9, 1))], "more than the file can hold")):
        code, out, err = run("-j", "-t", "pickle", "-", stdin=pickled([frame(blocks, two, two)]))
        row = json.loads(out)["members"][0] if code == 0 else {}
        check(words in str(row.get("note")), "a frame that lies: " + what, row, err)
    wide = [(np.zeros((50000, 1), "i1"), slice(0, 50000, 1))]
    content = pickled(frame(wide, index(labels(["x" * 20000] * 50000)), two))
    check(run("-R", "-t", "pickle", "-", stdin=content)[0] == 0, "one long name for many columns")
    loop = []
    loop.append(frame([(ints, slice(0, 2, 1))], loop, loop))
    check(run("-R", "-t", "pickle", "-", stdin=pickled(loop))[0] == 0, "a frame within itself")


def main():
    with tempfile.TemporaryDirectory() as directory:
        os.chdir(directory)
        test_frames()
        test_labels()
        test_derived()
        test_series()
        test_arrays()
        test_texts()
        test_kinds()
        test_values()
        test_lies()
        os.chdir("/")
    end()


main()
