#include <Python.h>

#include "python/trusted.h"

#include "base/error.h"
#include "python/interpreter.h"
#include "python/view.h"
#include "source/listing.h"
#include "source/source.h"

#include <stdlib.h>
#include <string.h>

static PyObject *unpickle(const struct source *source)
{
    PyObject *module = PyImport_ImportModule("pickle");
    const void *data = source->mapping.data != NULL ? (const void *)source->mapping.data : "";
    PyObject *bytes =
        PyMemoryView_FromMemory((char *)(uintptr_t)data, (Py_ssize_t)source->mapping.size, PyBUF_READ);
    PyObject *object = NULL;

    if (module != NULL && bytes != NULL) {
        object = PyObject_CallMethod(module, "loads", "O", bytes);
    }
    Py_XDECREF(bytes);
    Py_XDECREF(module);
    return object;
}

static bool is_container(PyObject *object)
{
    return PyDict_Check(object) || PyList_Check(object) || PyTuple_Check(object);
}

/* A dict's items, or a sequence's numbers and items: a new list of pairs. */
static PyObject *pairs(PyObject *container)
{
    PyObject *list;
    Py_ssize_t i;

    if (PyDict_Check(container)) {
        return PyDict_Items(container);
    }
    list = PyList_New(0);
    for (i = 0; list != NULL && i < PySequence_Size(container); i++) {
        PyObject *item = PySequence_GetItem(container, i);
        PyObject *pair = item != NULL ? Py_BuildValue("(nN)", i, item) : NULL;

        if (pair == NULL || PyList_Append(list, pair) != 0) {
            Py_CLEAR(list);
        }
        Py_XDECREF(pair);
    }
    return list;
}

/* The key's text in UTF-8; a new bytes object. */
static PyObject *key_text(PyObject *key)
{
    PyObject *text = PyObject_Str(key);
    PyObject *bytes = text != NULL ? PyUnicode_AsEncodedString(text, "utf-8", "backslashreplace") : NULL;

    Py_XDECREF(text);
    return bytes;
}

/* One step into a container: a new reference, or NULL with or without an exception. */
static PyObject *step_into(PyObject *container, const char *step, size_t length)
{
    PyObject *list = is_container(container) ? pairs(container) : NULL;
    PyObject *found = NULL;
    Py_ssize_t i;

    for (i = 0; list != NULL && found == NULL && i < PyList_Size(list); i++) {
        PyObject *pair = PyList_GetItem(list, i);
        PyObject *text = key_text(PyTuple_GetItem(pair, 0));

        if (text != NULL && (size_t)PyBytes_Size(text) == length && memcmp(PyBytes_AsString(text), step, length) == 0) {
            found = PyTuple_GetItem(pair, 1);
            Py_INCREF(found);
        }
        Py_XDECREF(text);
    }
    Py_XDECREF(list);
    return found;
}

/* Replace *object by its member; a step is tried whole before it is split at '/'. */
static bool go_in(PyObject **object, const char *path, struct error *error)
{
    const char *at = path;

    while (at != NULL) {
        size_t length = strlen(at);
        PyObject *next = step_into(*object, at, length);

        if (next == NULL) {
            length = strcspn(at, "/");
            next = step_into(*object, at, length);
        }
        PyErr_Clear();
        if (next == NULL) {
            return error_set(error, ERROR_INPUT, "has no member '%s': '%.*s' is not in it", path, (int)length, at);
        }
        Py_SETREF(*object, next);
        at = at[length] == '/' ? at + length + 1 : NULL;
    }
    return true;
}

static void list_member(struct listing *listing, struct member *member, PyObject *value)
{
    struct view_options options = {.have_request = false};
    char *type = interpreter_type_name(value);
    struct error error;
    struct view view;

    member->type = listing_text(listing, type);
    free(type);
    if (PyObject_CheckBuffer(value) && view_open(&view, value, &options, &error)) {
        if (view.readable) {
            listing_set_layout(listing, member, &view.layout);
        }
        view_close(&view);
    }
}

static bool list_members(struct source *source, PyObject *container, struct error *error)
{
    char *type = interpreter_type_name(container);
    PyObject *list = pairs(container);
    bool ok = list != NULL;
    Py_ssize_t i;

    source->listing = listing_new(type);
    for (i = 0; ok && source->listing != NULL && i < PyList_Size(list) && i < LISTING_MAX; i++) {
        PyObject *pair = PyList_GetItem(list, i);
        PyObject *text = key_text(PyTuple_GetItem(pair, 0));
        struct member *member =
            text != NULL ? listing_add(source->listing, PyBytes_AsString(text), (size_t)PyBytes_Size(text)) : NULL;

        ok = member != NULL;
        if (ok) {
            list_member(source->listing, member, PyTuple_GetItem(pair, 1));
        }
        Py_XDECREF(text);
    }
    if (ok && source->listing != NULL) {
        listing_end(source->listing, (size_t)PyList_Size(list));
    }
    Py_XDECREF(list);
    free(type);
    if (source->listing == NULL) {
        return error_no_memory(error);
    }
    return ok || interpreter_error(error);
}

/* The one object that containers of one member each come down to. */
static PyObject *only_member(PyObject *object)
{
    int depth;

    for (depth = 0; depth < 100 && is_container(object) && PyObject_Size(object) == 1; depth++) {
        if (PyDict_Check(object)) {
            PyObject *value = NULL;
            Py_ssize_t position = 0;

            PyDict_Next(object, &position, NULL, &value);
            object = value;
        } else {
            object = PyList_Check(object) ? PyList_GetItem(object, 0) : PyTuple_GetItem(object, 0);
        }
    }
    return object;
}

bool load_trusted(struct source *source, const struct file_options *options, struct error *error)
{
    PyObject *object = unpickle(source);
    PyObject *only;
    bool ok;

    if (object == NULL) {
        return interpreter_error(error);
    }
    ok = options->member == NULL || go_in(&object, options->member, error);
    if (ok) {
        only = only_member(object);
        if (PyObject_CheckBuffer(only)) {
            Py_INCREF(only);
            Py_SETREF(object, only);
        }
        if (is_container(object)) {
            ok = list_members(source, object, error);
        } else {
            Py_INCREF(object);
            source->object = object;
        }
    }
    Py_DECREF(object);
    return ok;
}
