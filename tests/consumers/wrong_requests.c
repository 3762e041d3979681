/*
 * Consumers that are wrong about requests, releases and references.
 */
#include "consumers.h"

#include <stdlib.h>

#define UNUSED __attribute__((unused))

static long add_up(const Py_buffer *view)
{
    long sum = 0;
    Py_ssize_t i;

    for (i = 0; i < view->len; i++) {
        sum = sum * 31 % 1000003 + ((unsigned char *)view->buf)[i];
    }
    return sum;
}

/* consumer-no-crash */

static PyObject *aborts(UNUSED PyObject *self, PyObject *object)
{
    Py_buffer view;

    if (PyObject_GetBuffer(object, &view, PyBUF_SIMPLE) != 0) {
        return NULL;
    }
    if (view.len == 0) {
        abort();
    }
    PyBuffer_Release(&view);
    Py_RETURN_NONE;
}

static PyObject *exits(UNUSED PyObject *self, PyObject *object)
{
    Py_buffer view;

    if (PyObject_GetBuffer(object, &view, PyBUF_STRIDES) != 0) {
        exit(3);
    }
    PyBuffer_Release(&view);
    Py_RETURN_NONE;
}

static PyObject *hangs(UNUSED PyObject *self, PyObject *object)
{
    Py_buffer view;
    Py_ssize_t i = 0;

    if (PyObject_GetBuffer(object, &view, PyBUF_ND) != 0) {
        return NULL;
    }
    if (view.ndim == 1 && view.shape[0] == 0) {
        for (;;) { /* up to a last item that there is not */
            if (++i == view.shape[0]) {
                break;
            }
            i -= i > 1000000 ? 1000000 : 0;
        }
    }
    PyBuffer_Release(&view);
    Py_RETURN_NONE;
}

/* consumer-releases */

static PyObject *leaks(UNUSED PyObject *self, PyObject *object)
{
    Py_buffer view;

    if (PyObject_GetBuffer(object, &view, PyBUF_SIMPLE) != 0) {
        return NULL;
    }
    return PyLong_FromLong(add_up(&view));
}

/* Only when it refuses what it was granted. */
static PyObject *leaks_when_raising(UNUSED PyObject *self, PyObject *object)
{
    Py_buffer view;
    long sum;

    if (PyObject_GetBuffer(object, &view, PyBUF_FULL_RO) != 0) {
        return NULL;
    }
    if (view.ndim != 1 || !PyBuffer_IsContiguous(&view, 'C')) {
        PyErr_SetString(PyExc_ValueError, "a contiguous row is wanted");
        return NULL;
    }
    sum = add_up(&view);
    PyBuffer_Release(&view);
    return PyLong_FromLong(sum);
}

/* consumer-releases-once */

static PyObject *releases_a_copy(UNUSED PyObject *self, PyObject *object)
{
    Py_buffer view, copy;

    if (PyObject_GetBuffer(object, &view, PyBUF_SIMPLE) != 0) {
        return NULL;
    }
    copy = view;
    PyBuffer_Release(&view);
    PyBuffer_Release(&copy);
    Py_RETURN_NONE;
}

static PyObject *releases_what_was_refused(UNUSED PyObject *self, PyObject *object)
{
    Py_buffer view;

    if (PyObject_GetBuffer(object, &view, PyBUF_SIMPLE) != 0) {
        const PyBufferProcs *slots = Py_TYPE(object)->tp_as_buffer;

        if (slots != NULL && slots->bf_releasebuffer != NULL) {
            slots->bf_releasebuffer(object, &view);
        }
        return NULL;
    }
    PyBuffer_Release(&view);
    Py_RETURN_NONE;
}

/* consumer-balances-references */

static PyObject *keeps_a_reference(UNUSED PyObject *self, PyObject *object)
{
    Py_buffer view;

    if (PyObject_GetBuffer(object, &view, PyBUF_SIMPLE) != 0) {
        return NULL;
    }
    Py_INCREF(object);
    PyBuffer_Release(&view);
    Py_RETURN_NONE;
}

static PyObject *takes_a_reference(UNUSED PyObject *self, PyObject *object)
{
    Py_buffer view;

    if (PyObject_GetBuffer(object, &view, PyBUF_SIMPLE) != 0) {
        return NULL;
    }
    PyBuffer_Release(&view);
    Py_DECREF(object);
    Py_RETURN_NONE;
}

/* consumer-passes-on-refusal */

static PyObject *swallows_refusal(UNUSED PyObject *self, PyObject *object)
{
    Py_buffer view;
    long sum;

    if (PyObject_GetBuffer(object, &view, PyBUF_SIMPLE) != 0) {
        PyErr_Clear();
        return PyLong_FromLong(0);
    }
    sum = add_up(&view);
    PyBuffer_Release(&view);
    return PyLong_FromLong(sum);
}

static PyObject *returns_with_exception(UNUSED PyObject *self, PyObject *object)
{
    Py_buffer view;

    if (PyObject_GetBuffer(object, &view, PyBUF_SIMPLE) != 0) {
        Py_RETURN_NONE;
    }
    PyBuffer_Release(&view);
    Py_RETURN_NONE;
}

static PyObject *goes_on_after_refusal(UNUSED PyObject *self, PyObject *object)
{
    Py_buffer view;
    long sum;

    PyObject_GetBuffer(object, &view, PyBUF_SIMPLE);
    PyErr_Clear();
    sum = add_up(&view);
    PyBuffer_Release(&view);
    return PyLong_FromLong(sum);
}

/* consumer-asks-documented */

static PyObject *asks_for_format_alone(UNUSED PyObject *self, PyObject *object)
{
    Py_buffer view;

    if (PyObject_GetBuffer(object, &view, PyBUF_FORMAT) != 0) {
        return NULL;
    }
    PyBuffer_Release(&view);
    Py_RETURN_NONE;
}

/* consumer-asks-for-no-more */

static PyObject *asks_writable(UNUSED PyObject *self, PyObject *object)
{
    Py_buffer view;
    long sum;

    if (PyObject_GetBuffer(object, &view, PyBUF_WRITABLE) != 0) {
        return NULL;
    }
    sum = add_up(&view);
    PyBuffer_Release(&view);
    return PyLong_FromLong(sum);
}

PyMethodDef wrong_requests_methods[] = {
    {"aborts", aborts, METH_O, "consumer-no-crash"},
    {"exits", exits, METH_O, "consumer-no-crash"},
    {"hangs", hangs, METH_O, "consumer-no-crash"},
    {"leaks", leaks, METH_O, "consumer-releases"},
    {"leaks_when_raising", leaks_when_raising, METH_O, "consumer-releases"},
    {"releases_a_copy", releases_a_copy, METH_O, "consumer-releases-once"},
    {"releases_what_was_refused", releases_what_was_refused, METH_O, "consumer-releases-once"},
    {"keeps_a_reference", keeps_a_reference, METH_O, "consumer-balances-references"},
    {"takes_a_reference", takes_a_reference, METH_O, "consumer-balances-references"},
    {"swallows_refusal", swallows_refusal, METH_O, "consumer-passes-on-refusal"},
    {"returns_with_exception", returns_with_exception, METH_O, "consumer-passes-on-refusal"},
    {"goes_on_after_refusal", goes_on_after_refusal, METH_O, "consumer-passes-on-refusal"},
    {"asks_for_format_alone", asks_for_format_alone, METH_O, "consumer-asks-documented"},
    {"asks_writable", asks_writable, METH_O, "consumer-asks-for-no-more"},
    {NULL, NULL, 0, NULL},
};
