#include <Python.h>

#include "python/via.h"

#include "base/error.h"
#include "memory/guard.h"
#include "protocol/dlpack.h"
#include "python/interpreter.h"
#include "python/via_parts.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* --- what the readers share ------------------------------------------------------------------ */

bool via_refuse(PyObject *object, struct error *error, const char *what, ...)
{
    char *type = interpreter_type_name(object);
    char *text = NULL;
    va_list args;

    va_start(args, what);
    if (vasprintf(&text, what, args) < 0) {
        text = NULL;
    }
    va_end(args);
    error_set(error, ERROR_INPUT, "type '%s' %s", type != NULL ? type : "?", text != NULL ? text : "");
    free(text);
    free(type);
    return false;
}

/* A string that an exporter points to; false where it cannot be read. */
static bool copy_name(char name[static CAPSULE_NAME_SIZE], const char *from)
{
    const void *address;
    size_t length = 0;

    if (from != NULL && !guard_copy_string(name, from, CAPSULE_NAME_SIZE - 1, &length, &address)) {
        return false;
    }
    name[length] = '\0';
    return true;
}

bool via_capsule(PyObject *object, char name[static CAPSULE_NAME_SIZE], void **pointer, struct error *error)
{
    const char *own;

    if (!PyCapsule_CheckExact(object)) {
        return error_set(error, ERROR_INPUT, "gives an object of type '%.80s', no capsule", Py_TYPE(object)->tp_name);
    }
    own = PyCapsule_GetName(object);
    if (!copy_name(name, own)) {
        return error_set(error, ERROR_INPUT, "gives a capsule whose name is at %p, which cannot be read",
                         (const void *)own);
    }
    /* one without an end is none of any protocol, and not to be compared by who takes that on faith */
    *pointer = strlen(name) < CAPSULE_NAME_SIZE - 1 ? PyCapsule_GetPointer(object, own) : NULL;
    return *pointer != NULL || !PyErr_Occurred() || interpreter_error(error);
}

bool via_is_capsule(PyObject *object, const char *name)
{
    char own[CAPSULE_NAME_SIZE];

    return PyCapsule_CheckExact(object) && copy_name(own, PyCapsule_GetName(object)) &&
           strcmp(own, name) == 0;
}

/* --- the protocols ------------------------------------------------------------------------------- */

static bool (*const readers[])(struct via *via, PyObject *object, struct error *error) = {
    [PROTOCOL_ARRAY_INTERFACE] = via_array_interface,
    [PROTOCOL_ARRAY_STRUCT] = via_array_struct,
    [PROTOCOL_DLPACK] = via_dlpack,
    [PROTOCOL_ARROW] = via_arrow,
    [PROTOCOL_CUDA_ARRAY_INTERFACE] = via_array_interface,
};

/* A capsule, or two of them, as the protocols' methods give: no object that has the method. */
static bool is_answer(PyObject *object, enum protocol protocol)
{
    switch (protocol) {
    case PROTOCOL_DLPACK:
        return via_is_capsule(object, DLPACK_NAME) || via_is_capsule(object, DLPACK_NAME_VERSIONED) ||
               via_is_capsule(object, DLPACK_NAME_USED DLPACK_NAME) ||
               via_is_capsule(object, DLPACK_NAME_USED DLPACK_NAME_VERSIONED);
    case PROTOCOL_ARROW:
        return via_is_arrow_pair(object) || via_is_capsule(object, ARROW_STREAM_NAME);
    default:
        return false;
    }
}

/*
 * The attribute by which an object shows a protocol, and its value, owned; NULL for none.  It is got once, for it may
 * be computed each time.  The value is NULL where getting it raises: it has the attribute, and the exception is set.
 * A class shows those of its objects, not its own.
 */
static const char *find_attribute(PyObject *object, enum protocol protocol, PyObject **value)
{
    const char *const names[] = {protocol_attribute(protocol), protocol == PROTOCOL_ARROW ? VIA_STREAM : NULL};
    size_t i;

    *value = NULL;
    for (i = 0; i < sizeof names / sizeof names[0] && names[i] != NULL && !PyType_Check(object); i++) {
        *value = PyObject_GetAttrString(object, names[i]);
        if (*value != NULL || !PyErr_ExceptionMatches(PyExc_AttributeError)) {
            return names[i];
        }
        PyErr_Clear();
    }
    return NULL;
}

bool via_has(struct _object *object, enum protocol protocol)
{
    PyObject *value = NULL;
    bool has = protocol != PROTOCOL_BUFFER &&
               (is_answer(object, protocol) || find_attribute(object, protocol, &value) != NULL);

    Py_XDECREF(value);
    PyErr_Clear();
    return has;
}

/* How the object is asked, and what it has for that; NULL, with the error, where it has nothing. */
static const char *find_how(PyObject *object, enum protocol protocol, PyObject **value, struct error *error)
{
    const char *how;

    if (is_answer(object, protocol)) {
        Py_INCREF(object);
        *value = object;
        return "";
    }
    how = find_attribute(object, protocol, value);
    if (how == NULL) {
        via_refuse(object, error, "has no %s%s", protocol_attribute(protocol),
                   protocol == PROTOCOL_ARROW ? " and no " VIA_STREAM : "");
    }
    return how;
}

bool via_open(struct via *via, struct _object *object, enum protocol protocol, struct error *error)
{
    PyObject *value = NULL;

    *via = (struct via){.how = find_how(object, protocol, &value, error)};
    if (via->how == NULL) {
        return false;
    }
    telling_begin(&via->telling, protocol);
    via->hold = calloc(1, sizeof *via->hold);
    if (via->hold == NULL) {
        Py_XDECREF(value);
        PyErr_Clear();
        return error_no_memory(error);
    }
    via->hold->answer = value;
    if (value != NULL ? !readers[protocol](via, object, error) : !interpreter_error(error)) {
        via_close(via);
        return error->kind != ERROR_INTERRUPTED && *via->how != '\0' && error_prefix(error, "%s", via->how);
    }
    PyErr_Clear(); /* what C code left that the protocol had call it */
    return true;
}

void via_close(struct via *via)
{
    telling_free(&via->telling);
    if (via->hold == NULL) {
        return;
    }
    if (via->hold->array.release != NULL) {
        via->hold->array.release(&via->hold->array);
    }
    if (via->hold->schema.release != NULL) {
        via->hold->schema.release(&via->hold->schema);
    }
    if (via->hold->have_data) {
        PyBuffer_Release(&via->hold->data);
    }
    Py_CLEAR(via->hold->answer);
    PyErr_Clear(); /* what a destructor left */
    free(via->hold);
    via->hold = NULL;
}
