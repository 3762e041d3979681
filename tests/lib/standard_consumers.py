"""The consumers of the standard library, by the names that --requests has for them: each takes a buffer, or raises."""

import array
import ctypes
import hashlib
import io
import os
import pickle
import socket
import struct
import zlib


def over_socket(act):
    a, b = socket.socketpair()
    a.setblocking(False)
    with a, b:
        act(a, b)


def receive(x):
    def act(a, b):
        b.send(b"x")
        a.recv_into(x)
    over_socket(act)


def with_file(path, mode, act):
    with open(path, mode, buffering=0) as file:
        act(file)


STANDARD = {
    "memoryview": lambda x: memoryview(x).tolist(),
    "memoryview.cast": lambda x: memoryview(x).cast("B"),
    "bytes()": bytes,
    "bytearray()": bytearray,
    "bytes.join": lambda x: b"".join([x]),
    "file.write": lambda x: with_file(os.devnull, "wb", lambda file: file.write(x)),
    "file.readinto": lambda x: with_file("/dev/zero", "rb", lambda file: file.readinto(x)),
    "io.BytesIO.write": lambda x: io.BytesIO().write(x),
    "socket.send": lambda x: over_socket(lambda a, b: a.send(x)),
    "socket.recv_into": receive,
    "struct.unpack_from": lambda x: struct.unpack_from("0s", x),
    "struct.pack_into": lambda x: struct.pack_into("0s", x, 0, b""),
    "hashlib": hashlib.sha256,
    "zlib.crc32": zlib.crc32,
    "array.array.frombytes": lambda x: array.array("B").frombytes(x),
    "ctypes from_buffer": (ctypes.c_char * 0).from_buffer,
    "ctypes from_buffer_copy": (ctypes.c_char * 0).from_buffer_copy,
    "pickle.PickleBuffer.raw": lambda x: pickle.PickleBuffer(x).raw(),
}
