/*
 * What a BufferError says of the exporter that it is about: Python's own are
 * known by their words.
 */
#ifndef MVIEW_TRACE_SUBJECT_H
#define MVIEW_TRACE_SUBJECT_H

#include <Python.h>

#include <stdbool.h>

/* Whether an error of these words is one of a few types only. */
bool subject_is_known(const char *exception);

/* The one of all those types that this type is, or is derived from: the name, of static storage; NULL for none. */
const char *subject_family(PyTypeObject *type);

/* Whether an error of these words is one of such a family. */
bool subject_has_family(const char *exception, const char *family);

/* .. or of this object, or of one that programs have as this one. */
bool subject_is_of(const char *exception, PyObject *object);

/* The object that programs have of an exporter: what BytesIO.getbuffer() asks is no object of theirs.  Borrowed. */
PyObject *subject_behind(PyObject *exporter);

/* Whether that is another one, by the exporter's type. */
bool subject_is_hidden(const char *type);

#endif
