/*
 * Consumers that touch what they must not.
 */
#include "consumers.h"

#include <pthread.h>
#include <stdlib.h>
#include <time.h>

#define UNUSED __attribute__((unused))

/* consumer-keeps-to-items */

static PyObject *reads_past_the_end(UNUSED PyObject *self, PyObject *object)
{
    Py_buffer view;
    long sum = 0;
    Py_ssize_t i;

    if (PyObject_GetBuffer(object, &view, PyBUF_SIMPLE) != 0) {
        return NULL;
    }
    for (i = 0; i <= view.len; i++) {
        sum += ((volatile unsigned char *)view.buf)[i];
    }
    PyBuffer_Release(&view);
    return PyLong_FromLong(sum);
}

static PyObject *reads_before_the_beginning(UNUSED PyObject *self, PyObject *object)
{
    Py_buffer view;
    long last;

    if (PyObject_GetBuffer(object, &view, PyBUF_SIMPLE) != 0) {
        return NULL;
    }
    last = view.len > 0 ? ((volatile unsigned char *)view.buf)[-1] : 0;
    PyBuffer_Release(&view);
    return PyBool_FromLong(last > 1000);
}

/* Eight bytes at a time, of which the last ones may be somebody else's. */
static PyObject *reads_whole_words(UNUSED PyObject *self, PyObject *object)
{
    Py_buffer view;
    unsigned long long sum = 0;
    Py_ssize_t i;

    if (PyObject_GetBuffer(object, &view, PyBUF_SIMPLE) != 0) {
        return NULL;
    }
    for (i = 0; i < view.len; i += 8) {
        volatile unsigned char *word = (unsigned char *)view.buf + i;
        int byte;

        for (byte = 0; byte < 8; byte++) {
            unsigned char read = word[byte];

            sum += i + byte < view.len ? read : 0;
        }
    }
    PyBuffer_Release(&view);
    return PyLong_FromUnsignedLongLong(sum);
}

static PyObject *writes_past_the_end(UNUSED PyObject *self, PyObject *object)
{
    Py_buffer view;

    if (PyObject_GetBuffer(object, &view, PyBUF_WRITABLE) != 0) {
        return NULL;
    }
    if (view.len > 0) {
        memset(view.buf, 0, (size_t)view.len + 1);
    }
    PyBuffer_Release(&view);
    Py_RETURN_NONE;
}

/* Two at a time, of which the last may have no other. */
static PyObject *reads_pairs(UNUSED PyObject *self, PyObject *object)
{
    Py_buffer view;
    double sum = 0;
    Py_ssize_t i;
    bool fits;

    if (PyObject_GetBuffer(object, &view, PyBUF_ND | PyBUF_FORMAT) != 0) {
        return NULL;
    }
    fits = view.ndim == 1 && strcmp(view.format, "d") == 0;
    for (i = 0; fits && i < view.shape[0]; i += 2) {
        sum += ((volatile double *)view.buf)[i] + ((volatile double *)view.buf)[i + 1];
    }
    PyBuffer_Release(&view);
    return fits ? PyFloat_FromDouble(sum) : PyErr_Format(PyExc_TypeError, "not a row of doubles");
}

/* Sixteen bytes at a time, whatever the last ones are. */
static PyObject *reads_blocks(UNUSED PyObject *self, PyObject *object)
{
    Py_buffer view;
    unsigned long long sum = 0;
    Py_ssize_t i;

    if (PyObject_GetBuffer(object, &view, PyBUF_SIMPLE) != 0) {
        return NULL;
    }
    for (i = 0; i < view.len; i += 16) {
        int byte;

        for (byte = 0; byte < 16; byte++) {
            unsigned char read = ((volatile unsigned char *)view.buf)[i + byte];

            sum += i + byte < view.len ? read : 0;
        }
    }
    PyBuffer_Release(&view);
    return PyLong_FromUnsignedLongLong(sum);
}

/* consumer-respects-readonly */

static PyObject *writes_readonly(UNUSED PyObject *self, PyObject *object)
{
    Py_buffer view;

    if (PyObject_GetBuffer(object, &view, PyBUF_SIMPLE) != 0) {
        return NULL;
    }
    memset(view.buf, 0, (size_t)view.len);
    PyBuffer_Release(&view);
    Py_RETURN_NONE;
}

/* consumer-leaves-view-alone: makes a row of a table in place. */

static PyObject *flattens_shape(UNUSED PyObject *self, PyObject *object)
{
    Py_buffer view;
    long count;

    if (PyObject_GetBuffer(object, &view, PyBUF_ND) != 0) {
        return NULL;
    }
    if (view.ndim > 1) {
        view.shape[0] = view.len / view.itemsize;
    }
    count = (long)(view.len / view.itemsize);
    PyBuffer_Release(&view);
    return PyLong_FromLong(count);
}

static PyObject *strips_byte_order(UNUSED PyObject *self, PyObject *object)
{
    Py_buffer view;

    if (PyObject_GetBuffer(object, &view, PyBUF_RECORDS_RO) != 0) {
        return NULL;
    }
    if (view.format[0] == '>' || view.format[0] == '<') {
        view.format[0] = '@';
    }
    PyBuffer_Release(&view);
    Py_RETURN_NONE;
}

/* By which an exporter knows its views. */
static PyObject *changes_internal(UNUSED PyObject *self, PyObject *object)
{
    Py_buffer view;

    if (PyObject_GetBuffer(object, &view, PyBUF_SIMPLE) != 0) {
        return NULL;
    }
    view.internal = &view;
    PyBuffer_Release(&view);
    Py_RETURN_NONE;
}

/* consumer-uses-no-released-memory */

static PyObject *reads_after_release(UNUSED PyObject *self, PyObject *object)
{
    Py_buffer view;

    if (PyObject_GetBuffer(object, &view, PyBUF_SIMPLE) != 0) {
        return NULL;
    }
    PyBuffer_Release(&view);
    return PyBytes_FromStringAndSize(view.buf, view.len);
}

/* Whatever buffer it was given the last time. */
static PyObject *reads_the_last_one(UNUSED PyObject *self, PyObject *object)
{
    static volatile unsigned char *last;
    static Py_ssize_t length;
    Py_buffer view;
    long sum = 0;
    Py_ssize_t i;

    for (i = 0; i < length; i++) {
        sum += last[i];
    }
    if (PyObject_GetBuffer(object, &view, PyBUF_SIMPLE) != 0) {
        return NULL;
    }
    last = view.buf;
    length = view.len;
    PyBuffer_Release(&view);
    return PyLong_FromLong(sum * 0);
}

static PyObject *counts_after_release(UNUSED PyObject *self, PyObject *object)
{
    Py_buffer view;
    Py_ssize_t count = 1;
    int i;

    if (PyObject_GetBuffer(object, &view, PyBUF_STRIDES) != 0) {
        return NULL;
    }
    PyBuffer_Release(&view);
    for (i = 0; i < view.ndim; i++) {
        count *= view.shape[i];
    }
    return PyLong_FromSsize_t(count);
}

/* strlen looks at more than the format's bytes at once. */
static PyObject *reads_format_after_release(UNUSED PyObject *self, PyObject *object)
{
    Py_buffer view;

    if (PyObject_GetBuffer(object, &view, PyBUF_FULL_RO) != 0) {
        return NULL;
    }
    PyBuffer_Release(&view);
    return PyUnicode_FromString(view.format);
}

/* Of whatever buffer it was given the last time. */
static PyObject *reads_the_last_shape(UNUSED PyObject *self, PyObject *object)
{
    static volatile Py_ssize_t *last;
    static int ndim;
    Py_buffer view;
    Py_ssize_t sum = 0;
    int i;

    for (i = 0; i < ndim; i++) {
        sum += last[i];
    }
    if (PyObject_GetBuffer(object, &view, PyBUF_STRIDES) != 0) {
        return NULL;
    }
    last = view.shape;
    ndim = view.ndim;
    PyBuffer_Release(&view);
    return PyLong_FromSsize_t(sum * 0);
}

struct late {
    volatile unsigned char *bytes;
    Py_ssize_t length;
};

static void *read_late(void *argument)
{
    struct late *late = argument;
    Py_ssize_t i;
    unsigned sum = 0;

    nanosleep(&(struct timespec){.tv_nsec = 20000000}, NULL);
    for (i = 0; i < late->length; i++) {
        sum += late->bytes[i];
    }
    late->length = sum;
    free(late);
    return NULL;
}

/* A thread is still at it when the view is released. */
static PyObject *reads_in_thread(UNUSED PyObject *self, PyObject *object)
{
    struct late *late = malloc(sizeof *late);
    Py_buffer view;
    pthread_t thread;

    if (late == NULL || PyObject_GetBuffer(object, &view, PyBUF_SIMPLE) != 0) {
        free(late);
        return NULL;
    }
    *late = (struct late){view.buf, view.len};
    if (pthread_create(&thread, NULL, read_late, late) == 0) {
        pthread_detach(thread);
    }
    PyBuffer_Release(&view);
    Py_RETURN_NONE;
}

/* The result points to memory that is released already. */
static PyObject *returns_released(UNUSED PyObject *self, PyObject *object)
{
    Py_buffer view;

    if (PyObject_GetBuffer(object, &view, PyBUF_SIMPLE) != 0) {
        return NULL;
    }
    PyBuffer_Release(&view);
    return PyMemoryView_FromMemory(view.buf, view.len, PyBUF_READ);
}

/* consumer-asks-for-what-it-uses */

static PyObject *uses_shape_unasked(UNUSED PyObject *self, PyObject *object)
{
    Py_buffer view;
    Py_ssize_t count;

    if (PyObject_GetBuffer(object, &view, PyBUF_SIMPLE) != 0) {
        return NULL;
    }
    count = view.shape[0];
    PyBuffer_Release(&view);
    return PyLong_FromSsize_t(count);
}

static PyObject *uses_strides_unasked(UNUSED PyObject *self, PyObject *object)
{
    Py_buffer view;
    Py_ssize_t stride = 0;

    if (PyObject_GetBuffer(object, &view, PyBUF_ND | PyBUF_FORMAT) != 0) {
        return NULL;
    }
    if (view.ndim > 0) {
        stride = view.strides[0];
    }
    PyBuffer_Release(&view);
    return PyLong_FromSsize_t(stride);
}

static PyObject *uses_format_unasked(UNUSED PyObject *self, PyObject *object)
{
    Py_buffer view;
    char code;

    if (PyObject_GetBuffer(object, &view, PyBUF_STRIDES) != 0) {
        return NULL;
    }
    code = view.format[0];
    PyBuffer_Release(&view);
    return PyLong_FromLong(code);
}

PyMethodDef wrong_memory_methods[] = {
    {"reads_past_the_end", reads_past_the_end, METH_O, "consumer-keeps-to-items"},
    {"reads_before_the_beginning", reads_before_the_beginning, METH_O, "consumer-keeps-to-items"},
    {"reads_whole_words", reads_whole_words, METH_O, "consumer-keeps-to-items"},
    {"reads_pairs", reads_pairs, METH_O, "consumer-keeps-to-items"},
    {"reads_blocks", reads_blocks, METH_O, "consumer-keeps-to-items"},
    {"writes_past_the_end", writes_past_the_end, METH_O, "consumer-keeps-to-items"},
    {"writes_readonly", writes_readonly, METH_O, "consumer-respects-readonly"},
    {"flattens_shape", flattens_shape, METH_O, "consumer-leaves-view-alone"},
    {"strips_byte_order", strips_byte_order, METH_O, "consumer-leaves-view-alone"},
    {"changes_internal", changes_internal, METH_O, "consumer-leaves-view-alone"},
    {"reads_after_release", reads_after_release, METH_O, "consumer-uses-no-released-memory"},
    {"reads_the_last_one", reads_the_last_one, METH_O, "consumer-uses-no-released-memory"},
    {"counts_after_release", counts_after_release, METH_O, "consumer-uses-no-released-memory"},
    {"reads_format_after_release", reads_format_after_release, METH_O, "consumer-uses-no-released-memory"},
    {"reads_the_last_shape", reads_the_last_shape, METH_O, "consumer-uses-no-released-memory"},
    {"reads_in_thread", reads_in_thread, METH_O, "consumer-uses-no-released-memory"},
    {"returns_released", returns_released, METH_O, "consumer-uses-no-released-memory"},
    {"uses_shape_unasked", uses_shape_unasked, METH_O, "consumer-asks-for-what-it-uses"},
    {"uses_strides_unasked", uses_strides_unasked, METH_O, "consumer-asks-for-what-it-uses"},
    {"uses_format_unasked", uses_format_unasked, METH_O, "consumer-asks-for-what-it-uses"},
    {NULL, NULL, 0, NULL},
};
