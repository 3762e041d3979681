/*
 * Attributes of instances, read without running anything of theirs and
 * without making a dict where there is none; for src/holders.
 */
#ifndef MVIEW_HOLDERS_INSTANCE_H
#define MVIEW_HOLDERS_INSTANCE_H

#include <Python.h>

#include <stdbool.h>

/* Its __dict__ where that is there already: borrowed, or NULL. */
PyObject *instance_dict(PyObject *object);

/* The attribute that is this value, where the object has it in its own memory (3.11 to 3.13): borrowed, or NULL. */
PyObject *instance_inline_name(PyObject *object, const PyObject *value);

/* The same for a slot, or what a C type tells as a member: NULL where it is none. */
const char *instance_member_name(PyObject *object, const PyObject *value);

/* What an attribute is, in its dict or its own memory: borrowed, or NULL. */
PyObject *instance_value(PyObject *object, const char *name);

/* What a dict has for a name: borrowed, or NULL.  Keys that are not plain strings are passed over. */
PyObject *dict_value(PyObject *dict, const char *name);

#endif
