"""What numpy.save writes of ml_dtypes' types, every bit pattern of each; a .npy file tells only their size."""

import pickle

import ml_dtypes
import numpy

NAMES = [name for name in dir(ml_dtypes) if name.startswith(("bfloat", "float", "int", "uint"))]


def make(facts):
    for name in NAMES:
        dtype = numpy.dtype(getattr(ml_dtypes, name))
        bits = numpy.arange(256 ** dtype.itemsize, dtype="u%d" % dtype.itemsize)
        array = bits.reshape(16, -1).view(dtype)
        file = "ml_dtypes-%s.npy" % name
        numpy.save(facts.path(file), array)
        read = int if "int" in name else float
        facts.add(file, None, "<f1" if dtype.str == "<f1" else "|V%d" % dtype.itemsize, array.shape, bits.tobytes(),
                  options=["--format", name], values=[repr(read(value)) for value in array.reshape(-1)])
    # Of the fields of a struct the bytes are shown: no name is right for the whole item.
    struct = numpy.array([(1.5, 7, (1, 2)), (-2, 8, (3, 4))],
                         [("a", ml_dtypes.bfloat16), ("b", "<i4"), ("c", ml_dtypes.float8_e5m2, (2,))])
    with open(facts.path("ml_dtypes-struct.pkl"), "wb") as file:
        pickle.dump({"s": struct, "x": 1}, file)
    plain = struct.view([("a", "V2"), ("b", "<i4"), ("c", "V1", (2,))])
    facts.add("ml_dtypes-struct.pkl", "s", "[('a', '|V2'), ('b', '<i4'), ('c', '|V1', (2,))]", struct.shape,
              struct.tobytes(), values=[repr((a, b, c.tolist())) for a, b, c in plain.tolist()])
