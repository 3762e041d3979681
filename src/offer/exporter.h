/*
 * An exporter that answers every request exactly as the documents have it, out
 * of guarded memory, and writes down what it was asked.
 */
#ifndef MVIEW_OFFER_EXPORTER_H
#define MVIEW_OFFER_EXPORTER_H

#include <Python.h>

#include "trial/trial.h"

#include <stdbool.h>

/*
 * A new exporter of what the buffer's plan says, holding these items (in C index
 * order).  `call`, which may be NULL, is where it writes down what happens to it; its granted and releases are then
 * to be 0.  NULL, with a Python exception, when there is no memory.
 */
PyObject *exporter_new(const struct buffer *buffer, const unsigned char *items, struct call *call);

/* Make its type, before the first exporter; a Python exception when that cannot be. */
bool exporter_start(void);

/* From now on count requests and releases (as it does from the start), or do not. */
void exporter_count(PyObject *exporter, bool count);

/* Views that are granted and not released. */
int exporter_held(PyObject *exporter);

/*
 * Where they were put, the last first, as many as find room: how many.  `filled`, with the exporter for its obj, is
 * what all of them were filled with: buf and len.
 */
size_t exporter_views(PyObject *exporter, const Py_buffer **views, size_t room, Py_buffer *filled);

/* Read the items as they are now, in C index order, whether anybody may touch them or not. */
void exporter_read(PyObject *exporter, unsigned char *items);

/* Where buf points: `size` bytes from there on, with the pattern where there are none. */
void exporter_read_memory(PyObject *exporter, unsigned char *memory, size_t size);

/* Were bytes changed that are no item's?  The first, in bytes from the block's beginning. */
bool exporter_damage(PyObject *exporter, ptrdiff_t *distance);

#endif
