/*
 * Where names begin: modules, classes, what runs; for src/holders.
 */
#ifndef MVIEW_HOLDERS_ROOTS_H
#define MVIEW_HOLDERS_ROOTS_H

#include "holders/heap.h"

#include <stdbool.h>
#include <stddef.h>

struct text;

struct root {
    PyObject *dict;   /* borrowed: a module's names */
    PyObject *module; /* borrowed: what it is called in sys.modules */
};

struct roots {
    struct root *modules; /* owned; by address of the dict */
    size_t count;
    const PyObject *more;  /* borrowed: another object, called so; NULL for none */
    const char *more_name; /* .. */
};

bool roots_begin(struct roots *roots, const PyObject *more, const char *more_name); /* false out of memory */
void roots_end(struct roots *roots);

bool roots_has(const struct roots *roots, const struct heap *heap, size_t member);

/* The name in sys.modules of the module that has this dict for its names; NULL if none has. */
PyObject *roots_module(const struct roots *roots, const PyObject *dict);

#endif
