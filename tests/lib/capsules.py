"""Objects that tell of their memory by DLPack and Arrow, made by ctypes alone: right ones, and ones that lie.

The structures are declared here from the specifications, and know nothing of the program's.
"""

import ctypes

made = {"deleted": 0, "released": 0}  # how often the deleter and Arrow's release callbacks were called
alive = []  # what capsules lead to, kept for good

_api = ctypes.pythonapi
_api.PyCapsule_New.restype = ctypes.py_object
_api.PyCapsule_New.argtypes = [ctypes.c_void_p, ctypes.c_void_p, ctypes.c_void_p]
_api.PyCapsule_IsValid.argtypes = [ctypes.c_void_p, ctypes.c_char_p]
_api.PyCapsule_GetPointer.restype = ctypes.c_void_p
_api.PyCapsule_GetPointer.argtypes = [ctypes.c_void_p, ctypes.c_char_p]
DESTRUCTOR = ctypes.CFUNCTYPE(None, ctypes.c_void_p)


class Tensor(ctypes.Structure):
    _fields_ = [("data", ctypes.c_void_p), ("device_type", ctypes.c_int32), ("device_id", ctypes.c_int32),
                ("ndim", ctypes.c_int32), ("code", ctypes.c_uint8), ("bits", ctypes.c_uint8), ("lanes", ctypes.c_uint16),
                ("shape", ctypes.c_void_p), ("strides", ctypes.c_void_p), ("byte_offset", ctypes.c_uint64)]


class Managed(ctypes.Structure):
    _fields_ = [("tensor", Tensor), ("manager", ctypes.c_void_p), ("deleter", DESTRUCTOR)]


class Versioned(ctypes.Structure):
    _fields_ = [("major", ctypes.c_uint32), ("minor", ctypes.c_uint32), ("manager", ctypes.c_void_p),
                ("deleter", DESTRUCTOR), ("flags", ctypes.c_uint64), ("tensor", Tensor)]


class Schema(ctypes.Structure):
    pass


Schema._fields_ = [("format", ctypes.c_char_p), ("name", ctypes.c_char_p), ("metadata", ctypes.c_void_p),
                   ("flags", ctypes.c_int64), ("n_children", ctypes.c_int64), ("children", ctypes.c_void_p),
                   ("dictionary", ctypes.c_void_p), ("release", DESTRUCTOR), ("private_data", ctypes.c_void_p)]


class Array(ctypes.Structure):
    _fields_ = [("length", ctypes.c_int64), ("null_count", ctypes.c_int64), ("offset", ctypes.c_int64),
                ("n_buffers", ctypes.c_int64), ("n_children", ctypes.c_int64), ("buffers", ctypes.c_void_p),
                ("children", ctypes.c_void_p), ("dictionary", ctypes.c_void_p), ("release", DESTRUCTOR),
                ("private_data", ctypes.c_void_p)]


GET = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.c_void_p, ctypes.c_void_p)


class StreamStructure(ctypes.Structure):
    _fields_ = [("get_schema", GET), ("get_next", GET), ("get_last_error", ctypes.c_void_p), ("release", DESTRUCTOR),
                ("private_data", ctypes.c_void_p)]


@DESTRUCTOR
def _delete(address):
    made["deleted"] += 1


@DESTRUCTOR
def _release(address):
    made["released"] += 1


@DESTRUCTOR
def _free_capsule(capsule):
    """As a producer's: a tensor that nobody took is deleted."""
    for name, kind in ((b"dltensor", Managed), (b"dltensor_versioned", Versioned)):
        if _api.PyCapsule_IsValid(capsule, name):
            address = _api.PyCapsule_GetPointer(capsule, name)
            kind.from_address(address).deleter(address)
    for name, kind in ((b"arrow_schema", Schema), (b"arrow_array", Array)):
        if _api.PyCapsule_IsValid(capsule, name):
            address = _api.PyCapsule_GetPointer(capsule, name)
            kind.from_address(address).release(address)


def numbers(values):
    """The address of 64-bit integers."""
    array = (ctypes.c_int64 * len(values))(*values)
    alive.append(array)
    return ctypes.addressof(array)


def bytes_at(data):
    """The address of a copy of these bytes."""
    array = ctypes.create_string_buffer(bytes(data), len(data) or 1)
    alive.append(array)
    return ctypes.addressof(array)


def capsule(structure, name):
    name = ctypes.create_string_buffer(name)
    alive.extend((structure, name))
    return _api.PyCapsule_New(ctypes.addressof(structure), ctypes.addressof(name), ctypes.cast(_free_capsule,
                                                                                             ctypes.c_void_p))


class DLPack:
    """An object with __dlpack__: `data` are bytes, the rest is as DLTensor has it; version None is of before 1.0."""

    def __init__(self, data, shape, strides=None, /, code=0, bits=32, lanes=1, version=(1, 1), flags=0, name=None,
                 **fields):
        self.version, self.flags = version, flags
        self.name = name or ("dltensor" if version is None else "dltensor_versioned").encode()
        self.fields = {"data": bytes_at(data), "device_type": 1, "ndim": len(shape), "code": code, "bits": bits,
                       "lanes": lanes, "shape": numbers(shape), "strides": strides and numbers(strides), **fields}

    def __dlpack_device__(self):
        return self.fields["device_type"], 0

    def __dlpack__(self, max_version=None):
        tensor = Tensor(**self.fields)
        if self.version is None:
            return capsule(Managed(tensor, None, _delete), self.name)
        return capsule(Versioned(*self.version, None, _delete, self.flags, tensor), self.name)


class Arrow:
    """An object with __arrow_c_array__, whose buffers are bytes or None."""

    def __init__(self, format, length, buffers, /, offset=0, null_count=0, children=(), **fields):
        self.format, self.children = format, children
        self.array = {"length": length, "null_count": null_count, "offset": offset, "n_buffers": len(buffers),
                      "buffers": numbers([0 if data is None else bytes_at(data) for data in buffers]), **fields}

    def structures(self, name=b""):
        below = [child.structures(b"child%d" % i) for i, child in enumerate(self.children)]
        schema = Schema(self.format, name, None, 0, len(below), numbers([ctypes.addressof(s) for s, _ in below]), None,
                        _release)
        array = Array(n_children=len(below), children=numbers([ctypes.addressof(a) for _, a in below]),
                      release=_release, **self.array)
        alive.extend((schema, array))
        return schema, array

    def __arrow_c_array__(self, requested_schema=None):
        schema, array = self.structures()
        return capsule(schema, b"arrow_schema"), capsule(array, b"arrow_array")


class Stream:
    """An object with __arrow_c_stream__, of the arrays of these Arrow objects."""

    def __init__(self, *arrows):
        self.arrows = arrows

    def __arrow_c_stream__(self, requested_schema=None):
        left = list(self.arrows)

        def get_schema(stream, schema):
            ctypes.memmove(schema, ctypes.addressof(self.arrows[0].structures()[0]), ctypes.sizeof(Schema))
            return 0

        def get_next(stream, array):
            if left:
                ctypes.memmove(array, ctypes.addressof(left.pop(0).structures()[1]), ctypes.sizeof(Array))
            else:
                ctypes.memset(array, 0, ctypes.sizeof(Array))
            return 0

        return capsule(StreamStructure(GET(get_schema), GET(get_next), None, _release, None), b"arrow_array_stream")
