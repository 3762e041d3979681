# cython: language_level=3, boundscheck=False, wraparound=False
"""Consumers that Cython makes, right and wrong; the doc string of a wrong one names the rule that it breaks."""

from cython cimport view
from cpython.buffer cimport PyBUF_FORMAT, PyBUF_ND, PyBUF_SIMPLE, PyBUF_STRIDES, PyBuffer_Release, PyObject_GetBuffer

kept = None


def right_row(const double[:] row):
    cdef double total = 0
    cdef Py_ssize_t i
    for i in range(row.shape[0]):
        total = total * 3 + row[i]
    return total


def right_contiguous(const int[::1] row):
    cdef long long total = 0
    cdef Py_ssize_t i
    for i in range(row.shape[0]):
        total = total * 3 + row[i]
    return total


def right_table(const float[:, :] table):
    cdef double total = 0
    cdef Py_ssize_t i, j
    for i in range(table.shape[0]):
        for j in range(table.shape[1]):
            total = total * 3 + table[i, j]
    return total


def right_fortran(const double[::1, :] table):
    return [table[i, j] for i in range(table.shape[0]) for j in range(table.shape[1])]


def right_indirect(short[::view.indirect, ::1] table):
    cdef long long total = 0
    cdef Py_ssize_t i, j
    for i in range(table.shape[0]):
        for j in range(table.shape[1]):
            total = total * 3 + table[i, j]
    return total


def right_writer(double[:] row):
    cdef Py_ssize_t i
    for i in range(row.shape[0]):
        row[i] = 2 * row[i] + 1


def right_copy(const double[:, :] table):
    return bytes(table.copy())


def right_holder(int[:] row):
    return row[::2]


def right_keeper(int[:] row):
    global kept
    kept = row


def right_bytes(const unsigned char[:] row):
    return bytes(row)


def right_raiser(double[:] row):
    if row.strides[0] != 8:
        raise ValueError(row.shape[0])


def right_nogil(double[:] row):
    cdef double total = 0
    cdef Py_ssize_t i
    with nogil:
        for i in range(row.shape[0]):
            total = total + (i + 1) * row[i]
    return total


def right_by_hand(exporter):
    cdef Py_buffer buffer
    PyObject_GetBuffer(exporter, &buffer, PyBUF_SIMPLE)
    try:
        return (<const char *>buffer.buf)[:buffer.len]
    finally:
        PyBuffer_Release(&buffer)


def leaks(exporter):
    """consumer-releases"""
    cdef Py_buffer buffer
    PyObject_GetBuffer(exporter, &buffer, PyBUF_SIMPLE)
    return buffer.len


def leaks_when_it_raises(exporter):
    """consumer-releases"""
    cdef Py_buffer buffer
    PyObject_GetBuffer(exporter, &buffer, PyBUF_STRIDES)
    if buffer.ndim != 1:
        raise ValueError("a row is wanted")
    length = buffer.shape[0]
    PyBuffer_Release(&buffer)
    return length


def goes_by_itemsize(exporter):
    """consumer-follows-format"""
    cdef Py_buffer buffer
    cdef Py_ssize_t i
    PyObject_GetBuffer(exporter, &buffer, PyBUF_ND | PyBUF_FORMAT)
    try:
        if buffer.itemsize != 8 or buffer.ndim != 1:
            raise TypeError("a row of eight bytes each is wanted")
        return [(<double *>buffer.buf)[i] for i in range(buffer.shape[0])]
    finally:
        PyBuffer_Release(&buffer)


def reads_one_more(const double[:] row):
    """consumer-keeps-to-items"""
    cdef double total = 0
    cdef Py_ssize_t i
    for i in range(row.shape[0] + 1):
        total = total + row[i]
    return total


def keeps_a_pointer(buffer):
    """consumer-uses-no-released-memory"""
    cdef const double[::1] row = buffer  # not an argument: those are kept by some versions until the function returns
    cdef const double *first = &row[0] if row.shape[0] > 0 else NULL
    row = None
    return first[0] if first != NULL else 0.0
