/*
 * A Python module of objects that tell of their memory by DLPack, the array interface or Arrow: right ones, and wrong
 * ones that each break one promise and keep all the others.
 *
 *     protocols.right("dlpack")   an object with nothing to find
 *     protocols.wrong("ndim")     one whose tensor has a ndim that cannot be
 *     protocols.RIGHT             the names of the right ones
 *     protocols.WRONG             {name: (rule, severity)}
 */
#include <Python.h>

#include "protocols.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* --- what several modes do --- */

PyObject *again(PyObject *object)
{
    Py_INCREF(object);
    return object;
}

PyObject *give_number(struct subject *self)
{
    (void)self;
    return PyLong_FromLong(7);
}

PyObject *give_error(struct subject *self)
{
    (void)self;
    PyErr_SetString(PyExc_RuntimeError, "not today");
    return NULL;
}

PyObject *give_exit(struct subject *self)
{
    (void)self;
    _exit(3);
}

PyObject *give_crash(struct subject *self)
{
    (void)self;
    raise(SIGSEGV);
    return NULL;
}

PyObject *give_never(struct subject *self)
{
    (void)self;
    for (;;) {
        pause();
    }
}

/* --- the types --- */

static void dealloc(PyObject *object)
{
    struct subject *self = (struct subject *)object;

    memset(self->items, 0xdd, 2 * ITEMS * sizeof self->items[0]); /* who still reads it sees that */
    free(self->items);
    Py_TYPE(object)->tp_free(object);
}

static int getbuffer(PyObject *object, Py_buffer *view, int flags)
{
    struct subject *self = (struct subject *)object;
    static Py_ssize_t shape[] = {2, 3}, strides[] = {12, 4};
    bool nd = (flags & PyBUF_ND) == PyBUF_ND, strided = (flags & PyBUF_STRIDES) == PyBUF_STRIDES;

    if ((flags & PyBUF_WRITABLE && self->mode->readonly) || (flags & PyBUF_F_CONTIGUOUS) == PyBUF_F_CONTIGUOUS) {
        view->obj = NULL;
        PyErr_SetString(PyExc_BufferError, "the memory is not like that");
        return -1;
    }
    *view = (Py_buffer){
        .buf = self->items,
        .obj = object,
        .len = ITEMS * (Py_ssize_t)sizeof self->items[0],
        .itemsize = sizeof self->items[0],
        .readonly = self->mode->readonly,
        .ndim = 2,
        .format = flags & PyBUF_FORMAT ? (char *)"i" : NULL,
        .shape = nd ? shape : NULL,
        .strides = strided ? strides : NULL,
    };
    Py_INCREF(object);
    return 0;
}

static PyBufferProcs buffer_procs = {getbuffer, NULL};

#define DLPACK_METHODS                                                                              \
    {"__dlpack__", (PyCFunction)(void (*)(void))subject_dlpack, METH_VARARGS | METH_KEYWORDS, NULL}, \
    {"__dlpack_device__", subject_dlpack_device, METH_NOARGS, NULL}
#define ARROW_METHODS \
    {"__arrow_c_array__", (PyCFunction)(void (*)(void))subject_arrow, METH_VARARGS | METH_KEYWORDS, NULL}
#define INTERFACE {"__array_interface__", subject_interface, NULL, NULL, NULL}
#define STRUCT {"__array_struct__", subject_struct, NULL, NULL, NULL}
#define END_METHODS {NULL, NULL, 0, NULL}
#define END_GETSETS {NULL, NULL, NULL, NULL, NULL}

static PyMethodDef dlpack_methods[] = {DLPACK_METHODS, END_METHODS};
static PyMethodDef arrow_methods[] = {ARROW_METHODS, END_METHODS};
static PyGetSetDef interface_getsets[] = {INTERFACE, END_GETSETS};
static PyGetSetDef struct_getsets[] = {STRUCT, END_GETSETS};
static PyGetSetDef all_getsets[] = {INTERFACE, STRUCT, END_GETSETS};

#define TYPE(name) \
    PyVarObject_HEAD_INIT(NULL, 0).tp_name = "protocols." name, .tp_basicsize = sizeof(struct subject), \
    .tp_dealloc = dealloc, .tp_flags = Py_TPFLAGS_DEFAULT

PyTypeObject dlpack_type = {TYPE("Tensor"), .tp_methods = dlpack_methods};
PyTypeObject arrow_type = {TYPE("Arrow"), .tp_methods = arrow_methods};
PyTypeObject interface_type = {TYPE("Interface"), .tp_getset = interface_getsets};
PyTypeObject struct_type = {TYPE("Struct"), .tp_getset = struct_getsets};
PyTypeObject many_type = {TYPE("Many"), .tp_methods = dlpack_methods, .tp_getset = all_getsets,
                          .tp_as_buffer = &buffer_procs};

/* --- the module --- */

static PyTypeObject *const types[] = {&dlpack_type, &arrow_type, &interface_type, &struct_type, &many_type};
static const struct mode *const right_modes[] = {dlpack_right, array_right, arrow_right, many_right};
static const struct mode *const wrong_modes[] = {dlpack_wrong, array_wrong, arrow_wrong, many_wrong};
enum { LISTS = sizeof right_modes / sizeof right_modes[0] };

static PyObject *make(const struct mode *const *lists, PyObject *name)
{
    int i, k;

    for (i = 0; i < LISTS; i++) {
        const struct mode *mode;

        for (mode = lists[i]; mode->name != NULL; mode++) {
            struct subject *self;

            if (!PyUnicode_Check(name) || PyUnicode_CompareWithASCIIString(name, mode->name) != 0) {
                continue;
            }
            self = (struct subject *)PyType_GenericAlloc(mode->type, 0);
            if (self == NULL || (self->items = calloc(2 * ITEMS, sizeof self->items[0])) == NULL) {
                return PyErr_NoMemory();
            }
            self->mode = mode;
            for (k = 0; k < 2 * ITEMS; k++) {
                self->items[k] = k;
            }
            return (PyObject *)self;
        }
    }
    return PyErr_Format(PyExc_KeyError, "%R", name);
}

static PyObject *right(PyObject *module, PyObject *name)
{
    (void)module;
    return make(right_modes, name);
}

static PyObject *wrong(PyObject *module, PyObject *name)
{
    (void)module;
    return make(wrong_modes, name);
}

static PyMethodDef functions[] = {
    {"right", right, METH_O, NULL},
    {"wrong", wrong, METH_O, NULL},
    END_METHODS,
};

static struct PyModuleDef definition = {
    PyModuleDef_HEAD_INIT, "protocols", NULL, -1, functions, NULL, NULL, NULL, NULL};

static bool add_mode(PyObject *names, PyObject *rules, const struct mode *mode)
{
    PyObject *value = mode->rule != NULL ? Py_BuildValue("(ss)", mode->rule, mode->severity)
                                         : PyUnicode_FromString(mode->name);
    bool ok = value != NULL && (mode->rule != NULL ? PyDict_SetItemString(rules, mode->name, value)
                                                   : PyList_Append(names, value)) == 0;

    Py_XDECREF(value);
    return ok;
}

static bool add_names(PyObject *module)
{
    PyObject *names = PyList_New(0), *rules = PyDict_New();
    bool ok = names != NULL && rules != NULL;
    int i;

    for (i = 0; ok && i < LISTS; i++) {
        const struct mode *mode;

        for (mode = right_modes[i]; ok && mode->name != NULL; mode++) {
            ok = add_mode(names, rules, mode);
        }
        for (mode = wrong_modes[i]; ok && mode->name != NULL; mode++) {
            ok = add_mode(names, rules, mode);
        }
    }
    ok = ok && PyObject_SetAttrString(module, "RIGHT", names) == 0 &&
         PyObject_SetAttrString(module, "WRONG", rules) == 0;
    Py_XDECREF(names);
    Py_XDECREF(rules);
    return ok;
}

PyMODINIT_FUNC PyInit_protocols(void)
{
    PyObject *module = PyModule_Create(&definition);
    size_t i;

    for (i = 0; module != NULL && i < sizeof types / sizeof types[0]; i++) {
        if (PyType_Ready(types[i]) != 0) {
            Py_CLEAR(module);
        }
    }
    if (module != NULL && !add_names(module)) {
        Py_CLEAR(module);
    }
    return module;
}
