/*
 * Objects that keep a view in their own way, and functions that lose one: what --trace says of who keeps it.
 */
#include "consumers.h"

#include <stdlib.h>

#define UNUSED __attribute__((unused))

/* What Python cannot see: the first two are told to nobody. */
struct keeper {
    PyObject_HEAD
    PyObject *untold;
    void *pointer;
    Py_buffer inside;
};

static int keep_inside(struct keeper *keeper, PyObject *object)
{
    return PyObject_GetBuffer(object, &keeper->inside, PyBUF_FULL_RO);
}

/* On the stack first, then moved. */
static int keep_copied(struct keeper *keeper, PyObject *object)
{
    Py_buffer view;
    int result = PyObject_GetBuffer(object, &view, PyBUF_FULL_RO);

    keeper->inside = view;
    memset(&view, 0, sizeof view);
    return result;
}

static int keep_in_block(struct keeper *keeper, PyObject *object, size_t offset)
{
    keeper->pointer = calloc(1, offset + sizeof(Py_buffer) + 100);
    return PyObject_GetBuffer(object, (Py_buffer *)(void *)((char *)keeper->pointer + offset), PyBUF_FULL_RO);
}

/* As C++ does with what it wraps. */
static int keep_behind_block(struct keeper *keeper, PyObject *object)
{
    void **block = keeper->pointer = calloc(4, sizeof *block);

    block[2] = calloc(1, 300);
    return PyObject_GetBuffer(object, (Py_buffer *)(void *)((char *)block[2] + 64), PyBUF_FULL_RO);
}

static int keep_untold(struct keeper *keeper, PyObject *object)
{
    keeper->untold = PyMemoryView_FromObject(object);
    return keeper->untold != NULL ? 0 : -1;
}

static int keeper_init(PyObject *self, PyObject *args, UNUSED PyObject *keywords)
{
    struct keeper *keeper = (struct keeper *)(void *)self;
    const char *how;
    PyObject *object;

    if (!PyArg_ParseTuple(args, "sO", &how, &object)) {
        return -1;
    }
    return strcmp(how, "inside") == 0   ? keep_inside(keeper, object)
           : strcmp(how, "copied") == 0 ? keep_copied(keeper, object)
           : strcmp(how, "heap") == 0   ? keep_in_block(keeper, object, 0)
           : strcmp(how, "block") == 0  ? keep_in_block(keeper, object, 208)
           : strcmp(how, "behind") == 0 ? keep_behind_block(keeper, object)
                                        : keep_untold(keeper, object);
}

/* --- lost --- */

static PyObject *lose_static(UNUSED PyObject *self, PyObject *object)
{
    static Py_buffer view;

    if (PyObject_GetBuffer(object, &view, PyBUF_FULL_RO) != 0) {
        return NULL;
    }
    Py_RETURN_NONE;
}

static PyObject *lose_heap(UNUSED PyObject *self, PyObject *object)
{
    static Py_buffer *volatile last;

    last = malloc(sizeof *last);
    if (last == NULL || PyObject_GetBuffer(object, last, PyBUF_FULL_RO) != 0) {
        return NULL;
    }
    Py_RETURN_NONE;
}

static PyObject *lose_stack(UNUSED PyObject *self, PyObject *object)
{
    Py_buffer view;

    if (PyObject_GetBuffer(object, &view, PyBUF_FULL_RO) != 0) {
        return NULL;
    }
    Py_RETURN_NONE;
}

/* A variable of this module's, that nobody else knows of. */
static PyObject *keep_in_variable(UNUSED PyObject *self, PyObject *object)
{
    static PyObject *volatile kept; /* written, never read */

    kept = PyMemoryView_FromObject(object);
    if (kept == NULL) {
        return NULL;
    }
    Py_RETURN_NONE;
}

/* Calls another while it has a view. */
static PyObject *call_while_held(UNUSED PyObject *self, PyObject *args)
{
    PyObject *object, *function, *result;
    Py_buffer view;

    if (!PyArg_ParseTuple(args, "OO", &object, &function) || PyObject_GetBuffer(object, &view, PyBUF_FULL_RO) != 0) {
        return NULL;
    }
    result = PyObject_CallNoArgs(function);
    PyBuffer_Release(&view);
    return result;
}

PyMethodDef keeper_methods[] = {
    {"lose_static", lose_static, METH_O, "consumer-releases"},
    {"lose_heap", lose_heap, METH_O, "consumer-releases"},
    {"lose_stack", lose_stack, METH_O, "consumer-releases"},
    {"keep_in_variable", keep_in_variable, METH_O, "consumer-releases"},
    {"call_while_held", call_while_held, METH_VARARGS, "Takes more than a buffer."},
    {NULL, NULL, 0, NULL},
};

static void keeper_dealloc(PyObject *self)
{
    Py_TYPE(self)->tp_free(self);
}

static PyTypeObject keeper_type = {
    PyVarObject_HEAD_INIT(NULL, 0)
    .tp_name = "consumers.Keeper",
    .tp_doc = "Takes more than a buffer.",
    .tp_basicsize = sizeof(struct keeper),
    .tp_dealloc = keeper_dealloc,
    .tp_flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_BASETYPE,
    .tp_new = PyType_GenericNew,
    .tp_init = keeper_init,
};

int add_keeper(PyObject *module)
{
    if (PyType_Ready(&keeper_type) != 0) {
        return -1;
    }
    Py_INCREF(&keeper_type);
    return PyModule_AddObject(module, "Keeper", (PyObject *)&keeper_type);
}
