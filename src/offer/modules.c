/*
 * What an expression imports on its way is imported in the parent too, or each
 * child would do it again.
 */
#include "offer/attempt.h"

#include <string.h>

PyObject *modules_now(void)
{
    PyObject *modules = PySys_GetObject("modules");
    PyObject *names = modules != NULL ? PySequence_List(modules) : NULL;

    PyErr_Clear();
    return names;
}

static void tell(struct shared *shared, const char *name)
{
    size_t used = strlen(shared->modules), length = strlen(name);

    if (strchr(name, '\n') == NULL && used + length + 2 <= sizeof shared->modules) {
        memcpy(shared->modules + used, name, length);
        memcpy(shared->modules + used + length, "\n", 2);
    }
}

void modules_note(struct shared *shared, PyObject *arguments)
{
    bool any = PyTuple_Check(arguments) && PyTuple_GET_SIZE(arguments) > 0;
    PyObject *name = any ? PyTuple_GET_ITEM(arguments, 0) : NULL;
    const char *text = name != NULL && PyUnicode_Check(name) ? PyUnicode_AsUTF8(name) : NULL;

    if (text != NULL) {
        tell(shared, text);
    }
    PyErr_Clear();
}

void modules_tell(struct shared *shared, PyObject *before)
{
    PyObject *known = before != NULL ? PyFrozenSet_New(before) : NULL;
    PyObject *now = modules_now();
    Py_ssize_t i;

    shared->modules[0] = '\0';
    for (i = 0; known != NULL && now != NULL && i < PyList_GET_SIZE(now); i++) {
        PyObject *name = PyList_GET_ITEM(now, i);
        const char *text = PyUnicode_Check(name) && PySet_Contains(known, name) == 0 ? PyUnicode_AsUTF8(name) : NULL;

        if (text != NULL) {
            tell(shared, text);
        }
    }
    PyErr_Clear();
    Py_XDECREF(known);
    Py_XDECREF(now);
}

void modules_import(struct shared *shared)
{
    char *name = shared->modules;
    char *end;

    shared->modules[sizeof shared->modules - 1] = '\0';
    while ((end = strchr(name, '\n')) != NULL) {
        PyObject *module;

        *end = '\0';
        module = PyImport_ImportModule(name);
        Py_XDECREF(module);
        PyErr_Clear();
        name = end + 1;
    }
}
