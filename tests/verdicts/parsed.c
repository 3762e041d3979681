/* PyArg_Parse's codes for buffers, a function each: what an extension module in C is written with. */
#define PY_SSIZE_T_CLEAN
#include <Python.h>

#define TAKES_BUFFER(name, code)                              \
    static PyObject *name(PyObject *module, PyObject *args)   \
    {                                                         \
        Py_buffer view;                                       \
        Py_ssize_t length;                                    \
                                                              \
        (void)module;                                         \
        if (!PyArg_ParseTuple(args, code, &view))             \
            return NULL;                                      \
        length = view.len;                                    \
        PyBuffer_Release(&view);                              \
        return PyLong_FromSsize_t(length);                    \
    }

TAKES_BUFFER(y_star, "y*")
TAKES_BUFFER(s_star, "s*")
TAKES_BUFFER(w_star, "w*")

static PyObject *y_hash(PyObject *module, PyObject *args)
{
    const char *bytes;
    Py_ssize_t length;

    (void)module;
    return PyArg_ParseTuple(args, "y#", &bytes, &length) ? PyLong_FromSsize_t(length) : NULL;
}

static PyMethodDef methods[] = {
    {"y_star", y_star, METH_VARARGS, NULL},
    {"s_star", s_star, METH_VARARGS, NULL},
    {"w_star", w_star, METH_VARARGS, NULL},
    {"y_hash", y_hash, METH_VARARGS, NULL},
    {NULL, NULL, 0, NULL},
};
static struct PyModuleDef module = {PyModuleDef_HEAD_INIT, "parsed", NULL, -1, methods, NULL, NULL, NULL, NULL};

PyMODINIT_FUNC PyInit_parsed(void)
{
    return PyModule_Create(&module);
}
