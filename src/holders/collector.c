#include <Python.h>

#include "holders/collector.h"

/* The module itself, whatever the program made of __import__. */
PyObject *collector_call(const char *name, PyObject *argument)
{
    PyObject *gc = PyImport_ImportModuleLevel("gc", NULL, NULL, NULL, 0);
    PyObject *result = gc != NULL ? PyObject_CallMethod(gc, name, argument != NULL ? "(O)" : NULL, argument) : NULL;

    Py_XDECREF(gc);
    PyErr_Clear();
    return result;
}

void collector_collect(void)
{
    Py_XDECREF(collector_call("collect", NULL));
}

#if PY_VERSION_HEX >= 0x030a0000

bool collector_rest(void)
{
    return PyGC_Disable() != 0;
}

void collector_go_on(bool before)
{
    if (before) {
        PyGC_Enable();
    }
}

#else

bool collector_rest(void)
{
    PyObject *enabled = collector_call("isenabled", NULL);
    bool before = enabled == Py_True;

    Py_XDECREF(enabled);
    Py_XDECREF(collector_call("disable", NULL));
    return before;
}

void collector_go_on(bool before)
{
    if (before) {
        Py_XDECREF(collector_call("enable", NULL));
    }
}

#endif
