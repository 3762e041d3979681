/*
 * The array interfaces: a dict, taken apart into plain data, and a capsule.
 */
#include <Python.h>

#include "python/via_parts.h"

#include "base/error.h"
#include "memory/guard.h"
#include "protocol/array_interface.h"
#include "protocol/array_struct.h"
#include "python/interpreter.h"
#include "python/via.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* --- keys --------------------------------------------------------------------------------------- */

static struct interface_key wrong(const char *what, ...) __attribute__((format(printf, 1, 2)));

static struct interface_key wrong(const char *what, ...)
{
    struct interface_key key = {.state = KEY_WRONG};
    va_list args;

    va_start(args, what);
    vsnprintf(key.wrong, sizeof key.wrong, what, args);
    va_end(args);
    PyErr_Clear();
    return key;
}

static const struct interface_key given = {.state = KEY_GIVEN};

static const char *type_of(PyObject *object)
{
    return Py_TYPE(object)->tp_name;
}

/* The value of a key, borrowed; NULL where there is none or it is None, and *key says so. */
static PyObject *find(PyObject *dict, const char *name, struct interface_key *key)
{
    PyObject *value = PyDict_GetItemString(dict, name);

    key->state = value == NULL ? KEY_MISSING : value == Py_None ? KEY_NONE : KEY_GIVEN;
    return key->state == KEY_GIVEN ? value : NULL;
}

/* An integer of any kind that can be an index, NumPy's too. */
static bool read_integer(PyObject *value, int64_t *number)
{
    Py_ssize_t size = PyIndex_Check(value) ? PyNumber_AsSsize_t(value, PyExc_OverflowError) : -1;

    *number = size;
    return PyIndex_Check(value) && !(size == -1 && PyErr_Occurred());
}

/* Why that is none. */
static const char *no_integer(PyObject *value)
{
    return PyIndex_Check(value) ? "which does not fit 64 bits" : "no integer";
}

static void read_number(PyObject *dict, const char *name, struct interface_key *key, int64_t *number)
{
    PyObject *value = find(dict, name, key);

    if (value != NULL && !read_integer(value, number)) {
        *key = wrong("is of type '%.40s', %s", type_of(value), no_integer(value));
    }
}

static void read_numbers(PyObject *dict, const char *name, struct interface_key *key, int *count, int64_t *numbers)
{
    PyObject *value = find(dict, name, key);
    Py_ssize_t i;

    if (value == NULL) {
        return;
    }
    if (!PyTuple_Check(value)) {
        *key = wrong("is of type '%.40s', no tuple", type_of(value));
        return;
    }
    if (PyTuple_GET_SIZE(value) > LAYOUT_MAX_NDIM) {
        *key = wrong("has %zd items, more than %d", PyTuple_GET_SIZE(value), LAYOUT_MAX_NDIM);
        return;
    }
    *count = (int)PyTuple_GET_SIZE(value);
    for (i = 0; i < *count; i++) {
        PyObject *item = PyTuple_GET_ITEM(value, i);

        if (!read_integer(item, &numbers[i])) {
            *key = wrong("has an item of type '%.40s' at %zd, %s", type_of(item), i, no_integer(item));
            return;
        }
    }
}

/* A string, or the list of fields as repr writes it: *owner keeps it. */
static void read_text(PyObject *dict, const char *name, bool is_list, struct interface_key *key, const char **text,
                      PyObject **owner)
{
    PyObject *value = find(dict, name, key);
    Py_ssize_t size = 0;

    if (value == NULL) {
        return;
    }
    if (is_list ? !PyList_Check(value) : !PyUnicode_Check(value)) {
        *key = wrong("is of type '%.40s', no %s", type_of(value), is_list ? "list" : "str");
        return;
    }
    *owner = is_list ? PyObject_Repr(value) : (Py_INCREF(value), value);
    if (*owner == NULL && PyErr_ExceptionMatches(PyExc_RecursionError)) {
        *key = wrong("is too deeply nested");
        return;
    }
    *text = *owner != NULL ? PyUnicode_AsUTF8AndSize(*owner, &size) : NULL;
    if (*text == NULL || strlen(*text) != (size_t)size) {
        *key = wrong("is text that cannot be read%s", *text != NULL ? ": it has a NUL in it" : "");
    } else if (is_list && strstr(*text, ", [...]") != NULL) { /* as repr ends it */
        *key = wrong("contains itself");
    }
}

/* --- the data -------------------------------------------------------------------------------------- */

/* (address, read-only) */
static struct interface_key read_address(PyObject *value, struct array_interface *interface)
{
    PyObject *address;
    int readonly;

    if (PyTuple_GET_SIZE(value) != 2) {
        return wrong("is a tuple of %zd items, not 2", PyTuple_GET_SIZE(value));
    }
    address = PyNumber_Index(PyTuple_GET_ITEM(value, 0));
    interface->address = address != NULL ? (uintptr_t)PyLong_AsUnsignedLongLong(address) : 0;
    Py_XDECREF(address);
    if (PyErr_Occurred()) {
        return wrong("has an address of type '%.40s', no integer that is one", type_of(PyTuple_GET_ITEM(value, 0)));
    }
    readonly = PyObject_IsTrue(PyTuple_GET_ITEM(value, 1));
    if (readonly < 0) {
        return wrong("has an item of type '%.40s', not true or false", type_of(PyTuple_GET_ITEM(value, 1)));
    }
    interface->readonly = readonly > 0;
    return given;
}

/* An object whose buffer has the items in it. */
static struct interface_key read_buffer(struct via_hold *hold, PyObject *value, struct array_interface *interface)
{
    if (PyObject_GetBuffer(value, &hold->data, PyBUF_SIMPLE) != 0) {
        return wrong("is of type '%.40s', no tuple and no bytes", type_of(value));
    }
    hold->have_data = true;
    interface->have_buffer = true;
    interface->address = (uintptr_t)hold->data.buf;
    interface->length = hold->data.len;
    interface->readonly = hold->data.readonly != 0;
    return given;
}

static void read_data(struct via_hold *hold, PyObject *object, PyObject *dict, struct array_interface *interface)
{
    PyObject *value = find(dict, "data", &interface->data);

    if (value != NULL && PyTuple_Check(value)) {
        interface->data = read_address(value, interface);
    } else if (value != NULL || PyObject_CheckBuffer(object)) {
        /* without data, or with None, it is the object's own buffer */
        interface->data = read_buffer(hold, value != NULL ? value : object, interface);
    }
}

bool via_array_interface(struct via *via, PyObject *object, struct error *error)
{
    enum protocol protocol = via->telling.protocol;
    PyObject *dict = via->hold->answer;
    struct array_interface interface = {.version_number = 0};
    struct interface_key ignored;
    PyObject *typestr = NULL;
    PyObject *descr = NULL;

    if (!PyDict_Check(dict)) {
        return error_set(error, ERROR_INPUT, "is of type '%.80s', no dict", type_of(dict));
    }
    read_number(dict, "version", &interface.version, &interface.version_number);
    read_numbers(dict, "shape", &interface.shape, &interface.ndim, interface.extents);
    read_numbers(dict, "strides", &interface.strides, &interface.stride_count, interface.steps);
    read_text(dict, "typestr", false, &interface.typestr, &interface.typestr_text, &typestr);
    read_text(dict, "descr", true, &interface.descr, &interface.descr_text, &descr);
    read_number(dict, "offset", &interface.offset, &interface.offset_bytes);
    read_data(via->hold, object, dict, &interface);
    interface.have_mask = find(dict, "mask", &ignored) != NULL;
    interface.have_stream = find(dict, "stream", &ignored) != NULL;
    via->telling = array_interface_read(protocol, &interface);
    if (via->hold->have_data && via->hold->data.obj != NULL) {
        notes_add(&via->telling.notes, "the items lie in the buffer of an object of type '%.80s'", type_of(via->hold->data.obj));
    }
    Py_XDECREF(typestr);
    Py_XDECREF(descr);
    return true;
}

/* --- the structure ------------------------------------------------------------------------------------ */

/* The structure's list of fields as repr writes it; NULL for none, and for what is at no list's address. */
static PyObject *repr_of_descr(const void *structure)
{
    PyObject *descr = array_struct_descr(structure);
    const void *address;
    PyObject head;

    if (descr == NULL || !guard_copy(&head, descr, sizeof head, &address) || Py_TYPE(&head) != &PyList_Type) {
        return NULL;
    }
    return PyObject_Repr(descr);
}

bool via_array_struct(struct via *via, PyObject *object, struct error *error)
{
    char name[CAPSULE_NAME_SIZE];
    PyObject *descr;
    void *structure;

    (void)object;
    if (!via_capsule(via->hold->answer, name, &structure, error)) {
        return false;
    }
    descr = repr_of_descr(structure);
    via->telling = array_struct_read(structure, descr != NULL ? PyUnicode_AsUTF8(descr) : NULL);
    Py_XDECREF(descr);
    PyErr_Clear();
    return true;
}
