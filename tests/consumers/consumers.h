/*
 * A Python module of consumers, functions of one argument: some do everything
 * right; each of the others breaks one rule, which its doc string names.
 */
#ifndef MVIEW_TESTS_CONSUMERS_H
#define MVIEW_TESTS_CONSUMERS_H

#include <Python.h>

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

extern PyMethodDef right_methods[], wrong_requests_methods[], wrong_memory_methods[], wrong_results_methods[];

/* What keeps a view, or loses one; no consumer for the rules. */
extern PyMethodDef keeper_methods[];
int add_keeper(PyObject *module);

/* One item of a buffer, by the first letter of its format, in native order; bytes where that is NULL. */
double item_value(const char *format, Py_ssize_t itemsize, const unsigned char *at);

/* Is it a native format of one letter that item_value knows? */
bool is_known(const char *format, Py_ssize_t itemsize);

/* The sum of all items, by ndim, shape, strides and suboffsets. */
double sum_view(const Py_buffer *view);

#endif
