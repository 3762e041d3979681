#include <Python.h>

#include "probe/raised.h"

#include "python/interpreter.h"

#include <stdio.h>
#include <stdlib.h>

static PyObject *take_raised(void)
{
#if PY_VERSION_HEX >= 0x030c0000
    return PyErr_GetRaisedException();
#else
    PyObject *type, *value, *traceback;

    PyErr_Fetch(&type, &value, &traceback);
    PyErr_NormalizeException(&type, &value, &traceback);
    Py_XDECREF(type);
    Py_XDECREF(traceback);
    return value;
#endif
}

static void copy_text(char *to, size_t size, PyObject *object)
{
    PyObject *text = object != NULL ? PyObject_Str(object) : NULL;
    PyObject *bytes = text != NULL ? PyUnicode_AsEncodedString(text, "utf-8", "backslashreplace") : NULL;

    snprintf(to, size, "%s", bytes != NULL ? PyBytes_AS_STRING(bytes) : "");
    Py_XDECREF(bytes);
    Py_XDECREF(text);
    PyErr_Clear();
}

void raised_type_name(char to[TRANSCRIPT_NAME_SIZE], PyObject *object)
{
    char *name = interpreter_type_name(object);

    snprintf(to, TRANSCRIPT_NAME_SIZE, "%s", name != NULL ? name : "");
    free(name);
}

void raised_take(struct exception *exception)
{
    PyObject *raised = PyErr_Occurred() ? take_raised() : NULL;

    if (exception != NULL) {
        exception->set = raised != NULL;
    }
    if (raised != NULL && exception != NULL) {
        exception->buffer_error = PyErr_GivenExceptionMatches(raised, PyExc_BufferError) != 0;
        exception->memory_error = PyErr_GivenExceptionMatches(raised, PyExc_MemoryError) != 0;
        raised_type_name(exception->type, raised);
        copy_text(exception->text, sizeof exception->text, raised);
    }
    Py_XDECREF(raised);
}
