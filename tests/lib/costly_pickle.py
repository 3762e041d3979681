"""Pickles, .npy and safetensors files that are small and could cost much: see tests/oracle/costly.py."""

import json
import pickle
import struct

NUMPY_DTYPE = b"cnumpy\ndtype\n\x8c\x02%s\x89\x88\x87R(K\x03\x8c\x01<NNNJ\xff\xff\xff\xffJ\xff\xff\xff\xffK\x00tb"
RECONSTRUCT = b"cnumpy.core.multiarray\n_reconstruct\n(cnumpy\nndarray\nK\x00\x85C\x01btR"


def save(path, *parts):
    with open(path, "wb") as file:
        file.write(b"".join(parts))


def text(content):
    return b"X" + struct.pack("<I", len(content)) + content


def put(content):
    """Text in the memo's next place."""
    return text(content) + b"\x94"


def keys_of_one_text(path):
    """A reference to one text of 50000 characters for each of 15000 entries."""
    save(path, b"\x80\4", put(b"k" * 50000), b"0}(", b"h\0N" * 15000, b"u.")


def keys_within_keys(path):
    """The same text as the key on each of 100 levels."""
    save(path, b"\x80\4", put(b"k" * 5000), b"0", b"}h\0" * 100, b"N", b"s" * 100, b".")


def wide_within_keys(path):
    """Long paths with many members at their ends."""
    save(path, b"\x80\4", put(b"k" * 8000), b"0", b"}h\0" * 90, b"](" + b"K\1" * 100000 + b"e", b"s" * 90, b".")


def one_class_for_all(path):
    """Objects of one class whose name has 100000 characters."""
    save(path, b"\x80\4", put(b"m" * 100000), put(b"C" * 100000), b"\x93\x94", b"0](", b"h\2)\x81" * 60000, b"e.")


def many_names(path):
    """Classes with different long names."""
    save(path, b"\x80\4", put(b"module" * 80), b"0](", b"".join(
        b"h\0" + text(b"%0200d" % i) + b"\x93)\x81" for i in range(3500)), b"e.")


def states_of_one_dict(path):
    """Objects that share a state of many attributes."""
    save(path, b"\x80\4}(", b"".join(text(b"%d" % i) + b"N" for i in range(20000)), b"u\x94", b"cm\nC\n\x940](",
         b"h\1)\x81h\0b" * 50000, b"e.")


def tuples_of_tuples(path):
    """Each holds the one before twice, 60 levels, and is the key of entries."""
    save(path, b"\x80\4)\x94", b"".join(b"h%ch%c\x86\x94" % (i, i) for i in range(60)), b"0" * 61 + b"}(", b"h<N" * 100000, b"u.")


def lists_of_lists(path):
    """Each holds the one before ten times."""
    save(path, b"\x80\4]\x94", b"".join(b"](" + b"h%c" % i * 10 + b"e\x94" for i in range(60)), b".")


def sets_of_one_list(path):
    """Sets by a call, of one list."""
    save(path, b"\x80\2](", b"K\1" * 100000, b"eq\0", b"cbuiltins\nset\nq\1](", b"h\1h\0\x85R" * 60000, b"e.")


def deep(path):
    """Lists in lists, each in the next."""
    save(path, b"\x80\4", b"]" * 500000, b"a" * 499999, b".")


def calls_of_calls(path):
    """What a call gave is called, and so on."""
    save(path, b"\x80\4cm\nf\n", b")R" * 400000, b".")


def getattr_of_getattr(path):
    """Names that are made longer again and again."""
    save(path, b"\x80\4cbuiltins\ngetattr\n\x940", b"h\0" * 60000, b"cm\nC\n", (text(b"x") + b"\x86R") * 60000, b".")


def reconstructed(path):
    """Objects of protocol 0 that share one list."""
    save(path, b"\x80\2](", b"K\1" * 100000, b"eq\0ccopy_reg\n_reconstructor\nq\1cm\nC\nq\2c__builtin__\nlist\nq\3](",
         b"h\1(h\2h\3h\0tR" * 40000, b"e.")


def paths_of_one_part(path):
    """Paths of one long part, joined again and again."""
    save(path, b"\x80\4", put(b"p" * 300000), b"cpathlib\nPosixPath\n\x940](", b"h\1(h\0h\0tR" * 50000, b"e.")


def decimals(path):
    """Numbers of one text of 300000 digits."""
    save(path, b"\x80\4", put(b"1" * 300000), b"cdecimal\nDecimal\n\x940](", b"h\1h\0\x85R" * 70000, b"e.")


def zones_of_zones(path):
    """Moments with a zone of a long name."""
    save(path, b"\x80\4", put(b"Z" * 300000), b"czoneinfo\nZoneInfo._unpickle\nh\0K\1\x86R\x94cdatetime\ndatetime\n\x940](",
         b"h\2C\x0a\7\xe4\1\1\1\1\1\0\0\0h\1\x86R" * 30000, b"e.")


def patterns(path):
    """Patterns of one text."""
    save(path, b"\x80\4", put(b"(a|" * 100000), b"cre\n_compile\n\x940](", b"h\1h\0K \x86R" * 60000, b"e.")


def codecs(path):
    """Bytes that are written as one text, decoded again and again."""
    save(path, b"\x80\4", put(b"\xc3\xbf" * 100000), put(b"latin1"), b"c_codecs\nencode\n\x94000](", b"h\2h\0h\1\x86R" * 60000, b"e.")


def arrays_of_one_buffer(path):
    """Arrays that share their bytes, each with a type of many fields."""
    names = b"".join(text(b"field%d" % i) for i in range(2000))
    fields = b"".join(text(b"field%d" % i) + b"h\0K\0\x86" for i in range(2000))
    save(path, b"\x80\4", NUMPY_DTYPE % b"i1", b"\x94cnumpy\ndtype\n\x8c\2V9\x89\x88\x87R(K\3\x8c\1|N(", names, b"t}(", fields,
         b"uK\x09K\1K\0tb\x94](", (RECONSTRUCT + b"(K\1K\1\x85h\1\x89C\x09123456789tb") * 4000, b"e.")


def scalars_of_one_text(path):
    """NumPy's str of 100000 characters, again and again."""
    save(path, b"\x80\4cnumpy\ndtype\n\x8c\7U100000\x89\x88\x87R(K\3\x8c\1<NNNJ\xa0\x86\1\0J\xff\xff\xff\xffK\0tb\x94",
         b"B" + struct.pack("<I", 400000), b"a\0\0\0" * 100000, b"\x94cnumpy.core.multiarray\nscalar\n\x940](",
         b"h\2h\0h\1\x86R" * 50000, b"e.")


def object_arrays_of_one_list(path):
    """Arrays of objects that share their items, and masked ones."""
    save(path, b"\x80\4](", b"N" * 100000, b"e\x94", NUMPY_DTYPE % b"O8", b"\x940](",
         (RECONSTRUCT + b"(K\1J\xa0\x86\1\0\x85h\1\x89h\0tb") * 4000, b"e.")


def many_dimensions(path):
    """Members of an array of 64 dimensions."""
    shape = b"(" + b"K\1" * 63 + b"J\x50\xc3\0\0t"
    save(path, b"\x80\4", RECONSTRUCT, b"(K\1", shape, NUMPY_DTYPE % b"O8", b"\x89](", b"N" * 50000, b"etb.")


def strings_of_arrow(path):
    """Arrays of Arrow's that share their offsets."""
    offsets = struct.pack("<10001i", *range(10001))
    save(path, b"\x80\4cpyarrow.lib\npy_buffer\n\x94B", struct.pack("<I", len(offsets)), offsets, b"\x85R\x94",
         b"h\0B", struct.pack("<I", 10000), b"x" * 10000, b"\x85R\x94cpyarrow.lib\ntype_for_alias\n\x8c\6string\x85R\x94",
         b"cpyarrow.lib\n_restore_array\n\x94](", b"h\4(h\3M\x10'K\0K\0(Nh\1h\2t)t\x85R" * 12000, b"e.")


def frames(path):
    """Frames of blocks that share one array, and one long name for their columns."""
    columns = 3000
    axis = b"cpandas.core.indexes.base\n_new_Index\n(cpandas\nIndex\n}(X\4\0\0\0data" + RECONSTRUCT + b"(K\1M\xb8\x0b\x85" + \
        NUMPY_DTYPE % b"O8" + b"\x89](" + b"h\0" * columns + b"etbutR"
    manager = b"cpandas.core.internals.managers\nBlockManager\n(" + \
        b"cpandas._libs.internals\n_unpickle_block\n(h\1cbuiltins\nslice\nK\0M\xb8\x0bK\1\x87RK\2tRt](h\2h\2e\x86R"
    save(path, b"\x80\4", put(b"column" * 10000), RECONSTRUCT, b"(K\1M\xb8\x0bK\1\x86", NUMPY_DTYPE % b"i1", b"\x89B",
         struct.pack("<I", columns), bytes(columns), b"tb\x94", axis, b"\x94", b"](",
         (b"cpandas\nDataFrame\n)\x81}X\4\0\0\0_mgr" + manager + b"sb") * 1500, b"e.")


def joblib_arrays(path):
    """Arrays of joblib's without bytes, one behind the other."""
    save(path, b"\x80\4", NUMPY_DTYPE % b"i1", b"\x94cjoblib.numpy_pickle\nNumpyArrayWrapper\n\x94](",
         b"h\1)\x81}(X\5\0\0\0shapeK\0\x85X\5\0\0\0dtypeh\0ub" * 15000, b"e.")


def streams(path):
    """Pickles, one behind the other."""
    save(path, b"\x80\4N." * 250000)


def streams_of_texts(path):
    """Pickles without a mark, one behind the other."""
    save(path, b"\x80\2N.", b"N." * 450000)


def marks(path):
    """Tuples within tuples, as marks."""
    save(path, b"\x80\4", b"(" * 500000, b"t" * 500000, b".")


def memo(path):
    """Everything is put into the memo."""
    save(path, b"\x80\4N", b"\x94" * 900000, b".")


def duplicates(path):
    """One list, many times."""
    save(path, b"\x80\4](](K\1e", b"2" * 900000, b"e.")


def persistent(path):
    """Persistent ids that share one text."""
    save(path, b"\x80\4", put(b"i" * 300000), b"0](", b"h\0Q" * 200000, b"e.")


def escapes(path):
    """Text that is written with four characters for each byte."""
    save(path, b"\x80\4", put(b"\x1b" * 100000), b"0}(", b"h\0h\0" * 100000, b"u.")


def npy_of_fields(path):
    """A .npy header of many fields."""
    header = ("{'descr': [%s], 'fortran_order': False, 'shape': (1,)}\n" % ", ".join(
        "('field%d', '<i4')" % i for i in range(400))).encode()
    save(path, b"\x93NUMPY\1\0", struct.pack("<H", len(header)), header, bytes(1600))


def safetensors_of_names(path):
    """A safetensors header of many tensors with long names."""
    header = json.dumps({"n" * 200 + str(i): {"dtype": "U8", "shape": [1] * 20, "data_offsets": [i, i + 1]}
                         for i in range(2500)}).encode()
    save(path, struct.pack("<Q", len(header)), header, bytes(2500))


def dicts(path):
    """As many small dicts as fit."""
    save(path, pickle.dumps([{"id": i, "name": str(i)} for i in range(30000)], 4))


KINDS = [keys_of_one_text, keys_within_keys, wide_within_keys, one_class_for_all, many_names, states_of_one_dict,
         tuples_of_tuples, lists_of_lists, sets_of_one_list, deep, calls_of_calls, getattr_of_getattr, reconstructed,
         paths_of_one_part, decimals, zones_of_zones, patterns, codecs, arrays_of_one_buffer, scalars_of_one_text,
         object_arrays_of_one_list, many_dimensions, strings_of_arrow, frames, joblib_arrays, streams, streams_of_texts,
         marks, memo, duplicates, persistent, escapes, npy_of_fields, safetensors_of_names, dicts]
