/*
 * For trace/replace.c: what it sees, to be recorded.
 */
#ifndef MVIEW_TRACE_RECORD_H
#define MVIEW_TRACE_RECORD_H

#include <Python.h>

#include <stdbool.h>
#include <stdint.h>

/* Before an exporter is asked: false when that is not to be recorded; else when it is. */
bool record_begin(uint64_t *time);

/* After it has answered, with its exception set or the view filled; `caller`: where the function called returns to. */
void record_request(PyObject *exporter, const Py_buffer *view, int flags, bool granted, uint64_t time,
                    uintptr_t caller);

/* Before a view with an owner is released. */
void record_release(const Py_buffer *view, uintptr_t caller);

#endif
