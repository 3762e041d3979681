#include <Python.h>

#include "python/via_parts.h"

#include "base/error.h"
#include "base/notes.h"
#include "protocol/dlpack.h"
#include "python/interpreter.h"
#include "python/via.h"

#include <string.h>

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

bool via_device(PyObject *answer, struct dlpack_device *device)
{
    long long type, id;
    bool ok = PyTuple_Check(answer) && PyTuple_GET_SIZE(answer) == 2;

    if (!ok) {
        return false;
    }
    type = PyLong_AsLongLong(PyTuple_GET_ITEM(answer, 0));
    id = PyErr_Occurred() ? -1 : PyLong_AsLongLong(PyTuple_GET_ITEM(answer, 1));
    ok = !PyErr_Occurred() && type >= INT32_MIN && type <= INT32_MAX && id >= INT32_MIN && id <= INT32_MAX;
    PyErr_Clear();
    *device = (struct dlpack_device){.type = ok ? (int32_t)type : 0, .id = ok ? (int32_t)id : 0};
    return ok;
}

/* What __dlpack_device__ says of the memory before it is asked for: another device would be read by nobody. */
static bool note_device(struct via *via, PyObject *object, struct error *error)
{
    PyObject *answer = PyObject_CallMethod(object, "__dlpack_device__", NULL);
    struct notes *notes = &via->telling.notes;
    struct dlpack_device device;
    char name[sizeof via->telling.device];

    if (answer == NULL && PyErr_ExceptionMatches(PyExc_KeyboardInterrupt)) {
        return interpreter_error(error);
    }
    if (answer == NULL) {
        struct error why = ERROR_INIT;

        interpreter_error(&why);
        notes_add(notes, "__dlpack_device__ cannot be asked: %s", why.message);
    } else if (!via_device(answer, &device)) {
        notes_add(notes, "__dlpack_device__ gives no tuple of two integers");
    } else {
        dlpack_device_name(device, name, sizeof name);
        if (strcmp(name, via->telling.device) != 0) {
            notes_add(notes, "__dlpack_device__ says %s, and the tensor is on %s", name, via->telling.device);
        }
    }
    Py_XDECREF(answer);
    return true;
}

bool via_dlpack(struct via *via, PyObject *object, struct error *error)
{
    char name[CAPSULE_NAME_SIZE];
    void *managed;

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
    return *via->how == '\0' || !via->telling.have_layout || note_device(via, object, error);
}
