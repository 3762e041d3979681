/*
 * What the readers of the protocols share; for src/python/via*.c.
 */
#ifndef MVIEW_PYTHON_VIA_PARTS_H
#define MVIEW_PYTHON_VIA_PARTS_H

#include <Python.h>

#include "protocol/arrow.h"

#include <stdbool.h>

struct error;
struct via;

enum { CAPSULE_NAME_SIZE = 64 };

struct via_hold {
    PyObject *answer;  /* owned: a capsule, a tuple of two, a dict; before it is called, the method that gives it */
    Py_buffer data;    /* of an array interface's data object */
    bool have_data;
    struct arrow_schema schema; /* taken from a stream */
    struct arrow_array array;
};

/*
 * What a capsule leads to (NULL where its name has no end), and its name, cut; "" for none.  False, with the error, for
 * what is no capsule.
 */
bool via_capsule(PyObject *object, char name[static CAPSULE_NAME_SIZE], void **pointer, struct error *error);

/* Whether it is a capsule of this name. */
bool via_is_capsule(PyObject *object, const char *name);

/* "type 'X' WHAT".  Always returns false. */
bool via_refuse(PyObject *object, struct error *error, const char *what, ...) __attribute__((format(printf, 3, 4)));

/*
 * The readers: hold->answer is the attribute's value, or the capsule that was given itself (via->how is "").  Where it
 * is a method, its answer is to take its place; the telling is to be filled.
 */
bool via_dlpack(struct via *via, PyObject *object, struct error *error);
bool via_array_interface(struct via *via, PyObject *object, struct error *error); /* the CUDA one too */
bool via_array_struct(struct via *via, PyObject *object, struct error *error);
bool via_arrow(struct via *via, PyObject *object, struct error *error);

/* A tuple of an Arrow schema's and an Arrow array's capsule. */
bool via_is_arrow_pair(PyObject *object);

#endif
