"""Functions that numba has compiled for rows of doubles."""
import numba


@numba.njit("f8(f8[:])")
def add_up(row):
    total = 0.0
    for i in range(row.shape[0]):
        total = total * 3 + row[i]
    return total


@numba.njit("void(f8[:])")
def double(row):
    for i in range(row.shape[0]):
        row[i] = row[i] * 2
