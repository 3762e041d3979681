/*
 * Consumers that do everything right, each in a style of its own.
 */
#include "consumers.h"

#include <pthread.h>
#include <unistd.h>

#define UNUSED __attribute__((unused))

/* Asks for bytes, and adds them up. */
static PyObject *right_bytes(UNUSED PyObject *self, PyObject *object)
{
    Py_buffer view;
    long sum = 0;
    Py_ssize_t i;

    if (PyObject_GetBuffer(object, &view, PyBUF_SIMPLE) != 0) {
        return NULL;
    }
    for (i = 0; i < view.len; i++) {
        sum = sum * 31 % 1000003 + ((unsigned char *)view.buf)[i];
    }
    PyBuffer_Release(&view);
    return PyLong_FromLong(sum);
}

/* Asks for all there is, and follows it. */
static PyObject *right_strided(UNUSED PyObject *self, PyObject *object)
{
    Py_buffer view;
    double sum;

    if (PyObject_GetBuffer(object, &view, PyBUF_FULL_RO) != 0) {
        return NULL;
    }
    if (!is_known(view.format, view.itemsize)) {
        PyBuffer_Release(&view);
        PyErr_SetString(PyExc_ValueError, "items of an unknown format");
        return NULL;
    }
    sum = sum_view(&view);
    PyBuffer_Release(&view);
    return PyFloat_FromDouble(sum);
}

/* Wants rows of doubles, C-contiguous, and nothing else. */
static PyObject *right_doubles(UNUSED PyObject *self, PyObject *object)
{
    Py_buffer view;
    double sum = 0;
    Py_ssize_t i;

    if (PyObject_GetBuffer(object, &view, PyBUF_ND | PyBUF_FORMAT) != 0) {
        return NULL;
    }
    if (view.ndim != 1 || view.format == NULL || strcmp(view.format, "d") != 0) {
        PyBuffer_Release(&view);
        PyErr_SetString(PyExc_TypeError, "a row of doubles is wanted");
        return NULL;
    }
    for (i = 0; i < view.shape[0]; i++) {
        sum += ((double *)view.buf)[i];
    }
    PyBuffer_Release(&view);
    return PyFloat_FromDouble(sum);
}

/* Takes a table, in two dimensions only. */
static PyObject *right_table(UNUSED PyObject *self, PyObject *object)
{
    Py_buffer view;
    double sum;

    if (PyObject_GetBuffer(object, &view, PyBUF_RECORDS_RO) != 0) {
        return NULL;
    }
    if (view.ndim != 2 || !is_known(view.format, view.itemsize)) {
        PyBuffer_Release(&view);
        PyErr_SetString(PyExc_TypeError, "a table is wanted");
        return NULL;
    }
    sum = sum_view(&view);
    PyBuffer_Release(&view);
    return PyFloat_FromDouble(sum);
}

/* Keeps the view as long as the result lives. */
static PyObject *right_holder(UNUSED PyObject *self, PyObject *object)
{
    return PyMemoryView_FromObject(object);
}

/* Writes zeros over the items, wherever they are. */
static void clear_from(const Py_buffer *view, int dimension, char *at)
{
    Py_ssize_t i;

    if (dimension == view->ndim) {
        memset(at, 0, (size_t)view->itemsize);
        return;
    }
    for (i = 0; i < view->shape[dimension]; i++) {
        clear_from(view, dimension + 1, at + i * view->strides[dimension]);
    }
}

static PyObject *right_writer(UNUSED PyObject *self, PyObject *object)
{
    Py_buffer view;

    if (PyObject_GetBuffer(object, &view, PyBUF_STRIDED) != 0) {
        return NULL;
    }
    clear_from(&view, 0, view.buf);
    PyBuffer_Release(&view);
    Py_RETURN_NONE;
}

/* By way of a memoryview. */
static PyObject *right_memoryview(UNUSED PyObject *self, PyObject *object)
{
    PyObject *view = PyMemoryView_FromObject(object);
    PyObject *list = view != NULL ? PyObject_CallMethod(view, "tolist", NULL) : NULL;

    Py_XDECREF(view);
    return list;
}

/* By way of a contiguous copy, where one is needed. */
static PyObject *right_contiguous(UNUSED PyObject *self, PyObject *object)
{
    PyObject *view = PyMemoryView_GetContiguous(object, PyBUF_READ, 'C');
    PyObject *bytes = view != NULL ? PyObject_CallMethod(view, "tobytes", NULL) : NULL;

    Py_XDECREF(view);
    return bytes;
}

/* Keeps the view of the last object, to be fast when it comes again. */
static PyObject *right_cache(UNUSED PyObject *self, PyObject *object)
{
    static PyObject *last, *last_view;

    if (object != last) {
        PyObject *view = PyMemoryView_FromObject(object);

        if (view == NULL) {
            return NULL;
        }
        Py_XSETREF(last_view, view);
        Py_INCREF(object);
        Py_XSETREF(last, object);
    }
    return PyObject_CallMethod(last_view, "tobytes", NULL);
}

/* Releases the view a little later, in a thread of its own. */
static void *release_later(void *argument)
{
    Py_buffer *view = argument;
    PyGILState_STATE state;

    usleep(5000);
    state = PyGILState_Ensure();
    PyBuffer_Release(view);
    PyMem_RawFree(view);
    PyGILState_Release(state);
    return NULL;
}

static PyObject *right_thread(UNUSED PyObject *self, PyObject *object)
{
    Py_buffer *view = PyMem_RawMalloc(sizeof *view);
    pthread_t thread;

    if (view == NULL) {
        return PyErr_NoMemory();
    }
    if (PyObject_GetBuffer(object, view, PyBUF_SIMPLE) != 0) {
        PyMem_RawFree(view);
        return NULL;
    }
    if (pthread_create(&thread, NULL, release_later, view) != 0) {
        release_later(view);
    } else {
        pthread_detach(thread);
    }
    Py_RETURN_NONE;
}

/* Asks for less when it is refused. */
static PyObject *right_again(UNUSED PyObject *self, PyObject *object)
{
    Py_buffer view;
    PyObject *bytes;

    if (PyObject_GetBuffer(object, &view, PyBUF_WRITABLE) != 0) {
        PyErr_Clear();
        if (PyObject_GetBuffer(object, &view, PyBUF_SIMPLE) != 0) {
            return NULL;
        }
    }
    bytes = PyBytes_FromStringAndSize(view.buf, view.len);
    PyBuffer_Release(&view);
    return bytes;
}

/* PyArg_Parse does it all. */
static PyObject *right_argument(UNUSED PyObject *self, PyObject *arguments)
{
    Py_buffer view;
    PyObject *bytes;

    if (!PyArg_ParseTuple(arguments, "y*", &view)) {
        return NULL;
    }
    bytes = PyBytes_FromStringAndSize(view.buf, view.len);
    PyBuffer_Release(&view);
    return bytes;
}

PyMethodDef right_methods[] = {
    {"right_bytes", right_bytes, METH_O, NULL},
    {"right_strided", right_strided, METH_O, NULL},
    {"right_doubles", right_doubles, METH_O, NULL},
    {"right_table", right_table, METH_O, NULL},
    {"right_holder", right_holder, METH_O, NULL},
    {"right_writer", right_writer, METH_O, NULL},
    {"right_memoryview", right_memoryview, METH_O, NULL},
    {"right_contiguous", right_contiguous, METH_O, NULL},
    {"right_cache", right_cache, METH_O, NULL},
    {"right_thread", right_thread, METH_O, NULL},
    {"right_again", right_again, METH_O, NULL},
    {"right_argument", right_argument, METH_VARARGS, NULL},
    {NULL, NULL, 0, NULL},
};
