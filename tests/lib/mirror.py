"""The pure side's library, and the structures of it that several tests mirror by ctypes."""

import ctypes
import os
import pathlib

ROOT = pathlib.Path(__file__).resolve().parents[2]
LIBRARY = ctypes.CDLL(os.path.abspath(os.environ.get("MVIEW_LIBRARY", ROOT / "build" / "libmview.so")))
SIZE, SSIZE = ctypes.c_size_t, ctypes.c_ssize_t
MAX_NDIM = 64  # LAYOUT_MAX_NDIM


class Layout(ctypes.Structure):
    _fields_ = [("buf", ctypes.c_void_p), ("len", SSIZE), ("itemsize", SSIZE), ("format", ctypes.c_char_p),
                ("ndim", ctypes.c_int), ("readonly", ctypes.c_bool), ("given", ctypes.c_uint),
                ("shape", SSIZE * MAX_NDIM), ("strides", SSIZE * MAX_NDIM), ("suboffsets", SSIZE * MAX_NDIM)]


class Arena(ctypes.Structure):
    _fields_ = [("blocks", ctypes.c_void_p), ("used", SIZE), ("limit", SIZE), ("next", ctypes.c_void_p), ("left", SIZE)]


class Error(ctypes.Structure):
    _fields_ = [("kind", ctypes.c_int), ("message", ctypes.c_char * 1024)]

    def text(self):
        return self.message.decode(errors="backslashreplace")


class Text(ctypes.Structure):
    _fields_ = [("data", ctypes.c_void_p), ("length", SIZE), ("capacity", SIZE), ("failed", ctypes.c_bool)]

    def bytes(self):
        return ctypes.string_at(self.data, self.length) if self.data else b""

    def take(self):
        """The bytes, once."""
        value = self.bytes()
        LIBRARY.text_free(ctypes.byref(self))
        return value


class Mapping(ctypes.Structure):
    _fields_ = [("data", ctypes.c_void_p), ("size", SIZE), ("block", ctypes.c_bool), ("mapped", ctypes.c_bool),
                ("fd", ctypes.c_int), ("offset", ctypes.c_uint64)]
