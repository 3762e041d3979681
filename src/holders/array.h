/*
 * NumPy's arrays, which tell the collector nothing of what they refer to: the
 * array that they are a view of, and their items, where these are objects.
 * Read by the layout that NumPy's binary interface promises; for src/holders.
 */
#ifndef MVIEW_HOLDERS_ARRAY_H
#define MVIEW_HOLDERS_ARRAY_H

#include <Python.h>

#include <stdbool.h>

struct text;

bool array_is(PyObject *object);

/* Call for what it refers to, until that is not 0: its items, where these are not its base's. */
void array_traverse(PyObject *array, visitproc visit, void *context);

/* "[1, 2]": the place of an item among the items; false where it is none of them. */
bool array_put_index(PyObject *array, const PyObject *item, unsigned skip, struct text *text);

#endif
