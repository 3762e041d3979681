"""What h5py takes buffers for."""
import tempfile

import h5py
import numpy

FILE = h5py.File(tempfile.TemporaryFile(), "w")
COUNT = iter(range(10**6))


def store(buffer):
    return FILE.create_dataset(str(next(COUNT)), data=buffer)[()].tolist()


def fill(buffer):
    data = FILE.create_dataset(str(next(COUNT)), (12,), "f8")
    data[:] = buffer
    return data[:].tolist()


def read_into(buffer):
    data = FILE.create_dataset(str(next(COUNT)), data=numpy.arange(12, dtype="i4"))
    data.read_direct(numpy.asarray(buffer))


def chunk(buffer):
    data = FILE.create_dataset(str(next(COUNT)), (12,), "u1", chunks=(12,))
    data.id.write_direct_chunk((0,), buffer)
    return data[:].tolist()


def attribute(buffer):
    FILE.attrs["a"] = buffer
    return numpy.asarray(FILE.attrs["a"]).tolist()
