#!/usr/bin/env python3
"""What NumPy's random arrays tell by DLPack and the array interfaces, as read, against the arrays themselves."""

import ctypes
import json
import os
import random
import subprocess
import sys

import numpy as np

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
from house import check, end, program, skip  # noqa: E402
from mirror import Layout, LIBRARY as library, Text  # noqa: E402

SEED = int(os.environ.get("SEED", "20261130"))
ROUNDS = int(os.environ.get("ROUNDS", "3000"))
NOTHING, NO, YES = range(3)  # enum said
SSIZE = ctypes.c_ssize_t
api = ctypes.pythonapi
api.PyCapsule_GetName.restype = ctypes.c_char_p
api.PyCapsule_GetName.argtypes = [ctypes.py_object]
api.PyCapsule_GetPointer.restype = ctypes.c_void_p
api.PyCapsule_GetPointer.argtypes = [ctypes.py_object, ctypes.c_char_p]


class Telling(ctypes.Structure):
    _fields_ = [("protocol", ctypes.c_int), ("version", ctypes.c_char * 24), ("device", ctypes.c_char * 40),
                ("is_local", ctypes.c_bool), ("have_layout", ctypes.c_bool), ("layout", Layout), ("type", Text),
                ("format", Text), ("is_plain", ctypes.c_bool), ("is_packed", ctypes.c_bool),
                ("readonly", ctypes.c_int), ("and_more", ctypes.c_char * 1024)]  # which this does not look at


library.dlpack_read.restype = library.array_struct_read.restype = Telling
library.dlpack_read.argtypes = [ctypes.c_char_p, ctypes.c_void_p]
library.array_struct_read.argtypes = [ctypes.c_void_p, ctypes.c_char_p]
library.telling_free.argtypes = [ctypes.c_void_p]
error = ctypes.create_string_buffer(4096)
if not library.guard_start(error):
    print("Bail out! no guard")
    sys.exit(1)

TYPES = ["?", "i1", "u1", "i2", "u2", "i4", "u4", "i8", "u8", "f2", "f4", "f8", "c8", "c16"]
OTHERS = [">i4", ">f8", ">c8", "S3", "U2", "V5", "M8[ns]", "m8[s]", "g",
          np.dtype([("a", "i4"), ("b", "f8")]), np.dtype([("a", "i1"), ("b", "<f4", (2,))], align=True)]


def random_array(dice, types):
    shape = tuple(dice.choice((0, 1, 1, 2, 3, 5)) for _ in range(dice.randrange(5)))
    array = np.zeros(shape, dice.choice(types), order=dice.choice("CF"))
    if array.ndim and dice.random() < 0.7:
        array = array[tuple(slice(None, None, dice.choice((1, 1, 2, -1, -3))) for _ in shape)]
    if array.ndim > 1 and dice.random() < 0.5:
        array = array.transpose(dice.sample(range(array.ndim), array.ndim))
    if dice.random() < 0.2:
        array = np.broadcast_to(array, (2, *array.shape))
    return array


def wrong_layout(telling, array, readonly):
    """What is not as the array has it; strides of extents up to 1 do not count, nor addresses of nothing."""
    layout = telling.layout
    shape, strides = list(layout.shape[:layout.ndim]), list(layout.strides[:layout.ndim])
    found = []
    if not telling.have_layout:
        return ["no layout"]
    if shape != list(array.shape):
        found.append(f"shape {shape}, not {array.shape}")
    elif array.size and [(s, n) for s, n in zip(strides, shape) if n > 1] != \
            [(s, n) for s, n in zip(array.strides, array.shape) if n > 1]:
        found.append(f"strides {strides}, not {array.strides}")
    if array.size and (layout.buf or 0) != array.ctypes.data:
        found.append("another address")
    if (layout.itemsize, layout.len) != (array.itemsize, array.nbytes):
        found.append(f"itemsize {layout.itemsize} and len {layout.len}, not {array.itemsize} and {array.nbytes}")
    if telling.readonly != readonly:
        found.append(f"readonly {telling.readonly}, not {readonly}")
    if (telling.version, telling.device, telling.is_local) not in ((b"0", b"cpu", True), (b"3", b"cpu", True)) and \
            not telling.version.startswith(b"1."):
        found.append(f"version {telling.version}, device {telling.device}")
    return found


def same_type(telling, array):
    """The format is the one that NumPy's buffer has, where that has one."""
    layout = telling.layout
    try:
        expected = memoryview(array).format
    except (ValueError, BufferError):  # no format can say it
        return not telling.is_plain or array.dtype.kind == "V"
    if array.dtype.isnative and array.dtype.names is None and array.size:
        return layout.format.decode() == expected
    return layout.itemsize == array.itemsize  # of structs and swapped types NumPy has several words


def read_dlpack(array):
    try:
        capsule = array.__dlpack__(max_version=(1, 3))
    except TypeError:  # NumPy before 2.1
        capsule = array.__dlpack__()
    name = api.PyCapsule_GetName(capsule)
    return capsule, library.dlpack_read(name, api.PyCapsule_GetPointer(capsule, name))


def read_struct(array):
    capsule = array.__array_struct__
    descr = repr(array.dtype.descr).encode() if array.dtype.names else None
    return capsule, library.array_struct_read(api.PyCapsule_GetPointer(capsule, None), descr)


def compare(what, types, read, said):
    dice = random.Random(SEED)
    compared = 0
    wrong = []
    for _ in range(ROUNDS):
        array = random_array(dice, types)
        if dice.random() < 0.2:
            array.flags.writeable = False
        try:
            keep, telling = read(array)
        except (BufferError, RuntimeError, TypeError):  # NumPy does not export it
            continue
        compared += 1
        found = wrong_layout(telling, array, said(array, telling))
        if not found and not same_type(telling, array):
            found.append(f"format {telling.layout.format}, type {telling.type.bytes()}, not {array.dtype}")
        if found:
            wrong.append(f"{array.dtype} {array.shape} {array.strides}: {'; '.join(found)}")
        library.telling_free(ctypes.byref(telling))
        del keep
    check(not wrong and compared > ROUNDS // 3, f"{what}: random arrays are read as they are",
          f"SEED={SEED}, {compared} of {ROUNDS} compared", *wrong[:10])


def dlpack_says(array, telling):
    return NOTHING if telling.version == b"0" else NO if array.flags.writeable else YES


def struct_says(array, _):
    # NumPy loses all flags of structs ("inter->flags &= NPY_ARR_HAS_DESCR"), in every version so far
    return YES if array.dtype.names or not array.flags.writeable else NO


if hasattr(np.ndarray, "__dlpack__"):
    compare("DLPack", TYPES, read_dlpack, dlpack_says)
else:
    skip("DLPack: random arrays are read as they are", f"NumPy {np.__version__} has none")
compare("__array_struct__", TYPES, read_struct, struct_says)
compare("__array_struct__ of other types", OTHERS, read_struct, struct_says)

# The dict is read by the program itself.
EXPRESSIONS = ["numpy.arange(12.).reshape(3, 4)[::-1, ::2]", "numpy.zeros((2, 0, 3), '>i2')", "numpy.array(5)",
               "numpy.array(['2024-02-29', 'NaT'], 'M8[D]')", "numpy.zeros(3, [('a', 'i1'), ('b', '<f4', (2,))])",
               "numpy.broadcast_to(numpy.float32(1), (4, 2))", "numpy.array(['ab', 'c'])", "numpy.zeros(2, 'V3')"]
asked = subprocess.run([program(), "-f", "ndim", "-i", "numpy", "-e", "numpy.zeros(1)"], stdout=subprocess.PIPE,
                       stderr=subprocess.PIPE, check=False)
if b"No module named 'numpy'" in asked.stderr:
    skip("--via of NumPy's arrays", "the program's Python has no NumPy")
    EXPRESSIONS = []
for expression in EXPRESSIONS:
    array = eval(expression, {"numpy": np})
    wrong = []
    for protocol in ("array_interface", "array_struct"):
        shown = json.loads(subprocess.run([program(), "-j", "-n", "all", "--via", protocol, "-i", "numpy", "-e",
                                           expression], stdout=subprocess.PIPE, check=True).stdout)
        strides = [s if n > 1 else None for s, n in zip(array.strides, array.shape)]
        given = [s if n > 1 else None for s, n in zip(shown["strides"], shown["shape"])]
        facts = [(shown["shape"], list(array.shape)), (given if array.size else strides, strides),
                 (shown["data"], array.tobytes().hex()), (shown["itemsize"], array.itemsize)]
        wrong += [f"{protocol}: {actual}, not {right}" for actual, right in facts if actual != right]
    check(not wrong, f"--via of {expression}", *wrong)
end()
