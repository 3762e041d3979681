#include <Python.h>

#include "holders/file.h"

#include <stdbool.h>

static PyObject *program, *called;

void file_call(PyObject *full, PyObject *given)
{
    Py_XINCREF(full);
    Py_XINCREF(given);
    program = full;
    called = given;
}

PyObject *file_called(PyObject *file)
{
    bool same = program != NULL && called != NULL && file != NULL && PyUnicode_CheckExact(file) &&
                (file == program || PyUnicode_Compare(file, program) == 0);

    return same ? called : file;
}
