"""What pandas pickles: frames, series and indexes."""

import numpy
import pandas


def frames():
    numbers = {"i": numpy.arange(4), "j": numpy.arange(4) * 2, "f": numpy.arange(4) / 2,
               "b": numpy.array([True, False] * 2),
               "d": numpy.array(["2020-01-01", "2021-01-01", "NaT", "2022-01-01"], "M8[ns]"), "g": -numpy.arange(4.0)}
    return numbers, pandas.DataFrame({**numbers, "s": list("abca")}, index=[10, 20, 30, 40])


def make(facts):
    numbers, frame = frames()
    for protocol in range(2, 6):
        name = "frame-%d.pkl" % protocol
        frame.to_pickle(facts.path(name), protocol=protocol)
        for key, array in numbers.items():
            facts.array(name, key, array, in_file=protocol > 2)
        facts.array(name, ".index", numpy.array([10, 20, 30, 40]))
    plain = pandas.DataFrame(numpy.arange(12.0).reshape(4, 3), columns=["x", "y", "z"])
    plain.to_pickle(facts.path("plain.pkl"))
    facts.array("plain.pkl", "y", numpy.arange(12.0).reshape(4, 3)[:, 1], in_file=True)
    twice = pandas.DataFrame(numpy.arange(8.0).reshape(2, 4), columns=["a", "a", "b/c", ".index"])
    twice.to_pickle(facts.path("names.pkl"))
    for place, name in enumerate(("a", "#1", "b/c", "#3")):
        facts.array("names.pkl", name, numpy.arange(8.0).reshape(2, 4)[:, place])
    series = pandas.Series([1.5, 2.5], name="s", index=pandas.Index([7, 8]))
    series.to_pickle(facts.path("series.pkl"))
    facts.array("series.pkl", "values", series.to_numpy())
    facts.array("series.pkl", ".index", numpy.array([7, 8]))
    extension = pandas.DataFrame({"n": pandas.array([1, None, 3], "Int64"), "c": pandas.Categorical(list("aba")),
                                  "z": pandas.date_range("2020", periods=3, tz="UTC"), "p": [1, 2, 3]})
    extension.to_pickle(facts.path("extension.pkl"))
    facts.array("extension.pkl", "n/_data", extension["n"].array._data)
    facts.array("extension.pkl", "n/_mask", extension["n"].array._mask)
    facts.array("extension.pkl", "c/codes", extension["c"].cat.codes.to_numpy())
    facts.array("extension.pkl", "p", numpy.array([1, 2, 3]))
    index = pandas.DataFrame({"v": [1.0, 2.0]}, index=pandas.MultiIndex.from_tuples([(1, "a"), (2, "b")]))
    index.to_pickle(facts.path("multi.pkl"))
    facts.array("multi.pkl", "v", numpy.array([1.0, 2.0]))
    times = pandas.Series([1, 2], index=pandas.DatetimeIndex(["2020-01-01", "2020-01-02"]))
    times.to_pickle(facts.path("times.pkl"))
    facts.array("times.pkl", ".index", times.index.to_numpy())
