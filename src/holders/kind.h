/*
 * What a type is to a search for holders; for src/holders.
 */
#ifndef MVIEW_HOLDERS_KIND_H
#define MVIEW_HOLDERS_KIND_H

#include <Python.h>

#include <stdbool.h>
#include <stddef.h>

struct kind {
    PyTypeObject *type; /* NULL: a free place */
    size_t size;        /* bytes of the fixed part: not all that have items have a count of them, as generators */
    bool leaf;          /* keeps nothing, or is a name itself (a type, a module): not a way to go up */
    bool collected;     /* the collector may know of its objects */
    bool foreign;       /* its memory is laid out by C code outside of the interpreter: there may be more in it than
                           is told to the collector */
    bool keeps_views;    /* of the interpreter's: has a Py_buffer in its memory */
    bool stands_between; /* .. refers to an exporter in place of those who have a view of it */
    bool array;          /* one of NumPy's */
};

enum { KINDS = 4096 }; /* types that are kept in mind */

struct kinds {
    struct kind *table;      /* owned; open addressing */
    struct kind spare;       /* for a type that finds no place */
    int count;
    const void *interpreter; /* where the image of libpython begins */
};

bool kinds_begin(struct kinds *kinds); /* false out of memory */
void kinds_end(struct kinds *kinds);

/* Valid up to the next call. */
const struct kind *kinds_find(struct kinds *kinds, PyTypeObject *type);

#endif
