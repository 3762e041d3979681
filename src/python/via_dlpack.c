#include <Python.h>

#include "python/via_parts.h"

#include "base/error.h"
#include "protocol/dlpack.h"
#include "python/interpreter.h"
#include "python/via.h"

/* As the array API has consumers ask since 2023.12; what was written before that takes no keyword. */
static PyObject *ask(PyObject *method)
{
    PyObject *arguments = PyTuple_New(0);
    PyObject *keywords = Py_BuildValue("{s:(ii)}", "max_version", DLPACK_MAJOR, DLPACK_MINOR);
    PyObject *capsule = NULL;

    if (arguments != NULL && keywords != NULL) {
        capsule = PyObject_Call(method, arguments, keywords);
        if (capsule == NULL && PyErr_ExceptionMatches(PyExc_TypeError)) {
            PyErr_Clear();
            capsule = PyObject_CallObject(method, NULL);
        }
    }
    Py_XDECREF(keywords);
    Py_XDECREF(arguments);
    return capsule;
}

bool via_dlpack(struct via *via, PyObject *object, struct error *error)
{
    char name[CAPSULE_NAME_SIZE];
    void *managed;

    (void)object;
    if (*via->how != '\0') {
        Py_SETREF(via->hold->answer, ask(via->hold->answer));
    }
    if (via->hold->answer == NULL) {
        return interpreter_error(error);
    }
    if (!via_capsule(via->hold->answer, name, &managed, error)) {
        return false;
    }
    via->telling = dlpack_read(name, managed);
    return true;
}
