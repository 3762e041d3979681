"""What joblib.dump writes: arrays inside the stream."""

import joblib
import numpy


def make(facts):
    arrays = {
        "c": numpy.arange(6.0).reshape(2, 3), "f": numpy.asfortranarray(numpy.arange(12, dtype=">i4").reshape(3, 4)),
        "empty": numpy.zeros((0, 3)), "point": numpy.array(3.5), "dates": numpy.array(["2020-02-29"], "M8[D]"),
        "record": numpy.zeros(2, [("a", "i1"), ("b", "<f8")]), "bytes": numpy.array([b"ab", b"c"]),
        "large": numpy.arange(100000, dtype="<i2")}
    for compress, name in ((0, "dict.joblib"),):
        joblib.dump({**arrays, "text": "x", "list": [arrays["c"], 1]}, facts.path(name), compress=compress)
        for key, array in arrays.items():
            facts.array(name, key, array, in_file=array.size > 0)
        facts.array(name, "list/0", arrays["c"])
    joblib.dump(arrays["c"], facts.path("array.joblib"))
    facts.array("array.joblib", None, arrays["c"], in_file=True)
    objects = numpy.empty((2, 2), object)
    objects[0, 0], objects[1, 1] = arrays["c"], {"inner": arrays["f"]}
    joblib.dump({"objects": objects, "behind": arrays["c"]}, facts.path("objects.joblib"))
    facts.array("objects.joblib", "objects/0,0", arrays["c"])
    facts.array("objects.joblib", "objects/1,1/inner", arrays["f"])
    facts.array("objects.joblib", "behind", arrays["c"])
    sub = arrays["c"].view(numpy.matrix)
    joblib.dump([sub, numpy.ma.masked_array([1, 2], [0, 1])], facts.path("subclasses.joblib"))
    facts.array("subclasses.joblib", "0", numpy.asarray(sub))
