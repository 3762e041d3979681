/*
 * Consumers that do not follow what the view says.
 */
#include "consumers.h"

#define UNUSED __attribute__((unused))

static PyObject *refuse(Py_buffer *view, const char *why)
{
    PyBuffer_Release(view);
    PyErr_SetString(PyExc_ValueError, why);
    return NULL;
}

static PyObject *give(Py_buffer *view, double sum)
{
    PyBuffer_Release(view);
    return PyFloat_FromDouble(sum);
}

/* A sum in which the order counts, of `count` items, `step` bytes apart. */
static double sum_row(const Py_buffer *view, Py_ssize_t count, Py_ssize_t step)
{
    double sum = 0;
    Py_ssize_t i;

    for (i = 0; i < count; i++) {
        sum = sum * 3 + item_value(view->format, view->itemsize, (unsigned char *)view->buf + i * step);
        sum -= sum > 1e12 ? 1e12 : 0;
    }
    return sum;
}

static Py_ssize_t count_items(const Py_buffer *view)
{
    Py_ssize_t count = 1;
    int d;

    for (d = 0; d < view->ndim; d++) {
        count *= view->shape[d];
    }
    return count;
}

/* consumer-follows-strides */

/* Asks for strides, and goes on as if there were none. */
static PyObject *ignores_strides(UNUSED PyObject *self, PyObject *object)
{
    Py_buffer view;

    if (PyObject_GetBuffer(object, &view, PyBUF_RECORDS_RO) != 0) {
        return NULL;
    }
    if (!is_known(view.format, view.itemsize)) {
        return refuse(&view, "items of an unknown format");
    }
    return give(&view, sum_row(&view, count_items(&view), view.itemsize));
}

/* The same, copying memory. */
static PyObject *copies_without_strides(UNUSED PyObject *self, PyObject *object)
{
    Py_buffer view;
    PyObject *bytes;

    if (PyObject_GetBuffer(object, &view, PyBUF_STRIDED_RO) != 0) {
        return NULL;
    }
    bytes = PyBytes_FromStringAndSize(view.buf, view.len);
    PyBuffer_Release(&view);
    return bytes;
}

/* The same, writing. */
static PyObject *writes_without_strides(UNUSED PyObject *self, PyObject *object)
{
    Py_buffer view;

    if (PyObject_GetBuffer(object, &view, PyBUF_STRIDED) != 0) {
        return NULL;
    }
    memset(view.buf, 0, (size_t)view.len);
    PyBuffer_Release(&view);
    Py_RETURN_NONE;
}

/* Takes every contiguous order for C's. */
static PyObject *takes_fortran_for_c(UNUSED PyObject *self, PyObject *object)
{
    Py_buffer view;

    if (PyObject_GetBuffer(object, &view, PyBUF_ANY_CONTIGUOUS | PyBUF_FORMAT) != 0) {
        return NULL;
    }
    if (!is_known(view.format, view.itemsize)) {
        return refuse(&view, "items of an unknown format");
    }
    return give(&view, sum_row(&view, count_items(&view), view.itemsize));
}

/* The sign of a stride is not expected. */
static PyObject *takes_strides_for_positive(UNUSED PyObject *self, PyObject *object)
{
    Py_buffer view;

    if (PyObject_GetBuffer(object, &view, PyBUF_RECORDS_RO) != 0) {
        return NULL;
    }
    if (view.ndim != 1 || !is_known(view.format, view.itemsize)) {
        return refuse(&view, "a row of numbers is wanted");
    }
    return give(&view, sum_row(&view, view.shape[0], view.strides[0] < 0 ? -view.strides[0] : view.strides[0]));
}

/* Writes into a contiguous copy, and loses it. */
static PyObject *writes_into_a_copy(UNUSED PyObject *self, PyObject *object)
{
    Py_buffer view;

    if (PyObject_GetBuffer(object, &view, PyBUF_STRIDED) != 0) {
        return NULL;
    }
    if (PyBuffer_IsContiguous(&view, 'C')) {
        memset(view.buf, 0, (size_t)view.len);
    }
    PyBuffer_Release(&view);
    Py_RETURN_NONE;
}

/* consumer-follows-suboffsets */

static PyObject *ignores_suboffsets(UNUSED PyObject *self, PyObject *object)
{
    Py_buffer view;

    if (PyObject_GetBuffer(object, &view, PyBUF_FULL_RO) != 0) {
        return NULL;
    }
    if (!is_known(view.format, view.itemsize)) {
        return refuse(&view, "items of an unknown format");
    }
    view.suboffsets = NULL;
    return give(&view, sum_view(&view));
}

static PyObject *forgets_the_suboffset(UNUSED PyObject *self, PyObject *object)
{
    Py_buffer view;
    double sum = 0;
    Py_ssize_t i, j;

    if (PyObject_GetBuffer(object, &view, PyBUF_FULL_RO) != 0) {
        return NULL;
    }
    if (view.ndim != 2 || !is_known(view.format, view.itemsize)) {
        return refuse(&view, "a table is wanted");
    }
    for (i = 0; i < view.shape[0]; i++) {
        unsigned char *row = (unsigned char *)view.buf + i * view.strides[0];

        if (view.suboffsets != NULL && view.suboffsets[0] >= 0) {
            row = *(unsigned char **)(void *)row; /* and the suboffset? */
        }
        for (j = 0; j < view.shape[1]; j++) {
            sum = sum * 3 + item_value(view.format, view.itemsize, row + j * view.strides[1]);
            sum -= sum > 1e12 ? 1e12 : 0;
        }
    }
    return give(&view, sum);
}

static PyObject *expects_suboffsets(UNUSED PyObject *self, PyObject *object)
{
    Py_buffer view;
    Py_ssize_t first;

    if (PyObject_GetBuffer(object, &view, PyBUF_FULL_RO) != 0) {
        return NULL;
    }
    first = view.ndim > 0 ? view.suboffsets[0] : -1;
    PyBuffer_Release(&view);
    return PyLong_FromSsize_t(first);
}

/* consumer-follows-format */

static PyObject *ignores_byte_order(UNUSED PyObject *self, PyObject *object)
{
    Py_buffer view;
    const char *code;
    double sum;

    if (PyObject_GetBuffer(object, &view, PyBUF_FULL_RO) != 0) {
        return NULL;
    }
    code = view.format + (strchr("@=<>!", view.format[0]) != NULL);
    if (!is_known(code, view.itemsize)) {
        return refuse(&view, "items of an unknown format");
    }
    view.format = (char *)code;
    sum = sum_view(&view);
    return give(&view, sum);
}

/* Four bytes are an int, eight a double, whatever the format says. */
static PyObject *goes_by_itemsize(UNUSED PyObject *self, PyObject *object)
{
    Py_buffer view;

    if (PyObject_GetBuffer(object, &view, PyBUF_FULL_RO) != 0) {
        return NULL;
    }
    view.format = (char *)(view.itemsize == 1 ? "B" : view.itemsize == 4 ? "i" : view.itemsize == 8 ? "d" : NULL);
    if (view.format == NULL) {
        return refuse(&view, "items of an unknown size");
    }
    return give(&view, sum_view(&view));
}

/* Goes by the itemsize without having asked for more. */
static PyObject *asks_for_no_format(UNUSED PyObject *self, PyObject *object)
{
    Py_buffer view;

    if (PyObject_GetBuffer(object, &view, PyBUF_STRIDES) != 0) {
        return NULL;
    }
    view.format = (char *)(view.itemsize == 1 ? "B" : view.itemsize == 4 ? "i" : view.itemsize == 8 ? "q" : NULL);
    if (view.format == NULL) {
        return refuse(&view, "items of an unknown size");
    }
    return give(&view, sum_view(&view));
}

/* Every item is a double. */
static PyObject *takes_all_for_doubles(UNUSED PyObject *self, PyObject *object)
{
    Py_buffer view;

    if (PyObject_GetBuffer(object, &view, PyBUF_ND | PyBUF_FORMAT) != 0) {
        return NULL;
    }
    view.format = (char *)"d";
    return give(&view, sum_row(&view, count_items(&view), 8));
}

/* A structure is its first field. */
static PyObject *takes_the_first_field(UNUSED PyObject *self, PyObject *object)
{
    Py_buffer view;
    char code[2] = "";

    if (PyObject_GetBuffer(object, &view, PyBUF_FULL_RO) != 0) {
        return NULL;
    }
    code[0] = view.format[view.format[0] == 'T' ? 2 : 0];
    if (view.format[0] != 'T' && !is_known(view.format, view.itemsize)) {
        return refuse(&view, "items of an unknown format");
    }
    view.format = code;
    return give(&view, sum_view(&view));
}

/* consumer-follows-shape */

/* As many items as the first extent says, whatever the others do. */
static PyObject *follows_one_extent(UNUSED PyObject *self, PyObject *object)
{
    Py_buffer view;

    if (PyObject_GetBuffer(object, &view, PyBUF_ND | PyBUF_FORMAT) != 0) {
        return NULL;
    }
    if (view.ndim == 0 || !is_known(view.format, view.itemsize)) {
        return refuse(&view, "an array of numbers is wanted");
    }
    return give(&view, sum_row(&view, view.shape[0], view.itemsize));
}

/* Only the first column. */
static PyObject *follows_one_dimension(UNUSED PyObject *self, PyObject *object)
{
    Py_buffer view;

    if (PyObject_GetBuffer(object, &view, PyBUF_RECORDS_RO) != 0) {
        return NULL;
    }
    if (view.ndim == 0 || !is_known(view.format, view.itemsize)) {
        return refuse(&view, "an array of numbers is wanted");
    }
    return give(&view, sum_row(&view, view.shape[0], view.strides[0]));
}

static PyObject *expects_a_dimension(UNUSED PyObject *self, PyObject *object)
{
    Py_buffer view;
    Py_ssize_t count;

    if (PyObject_GetBuffer(object, &view, PyBUF_FULL_RO) != 0) {
        return NULL;
    }
    count = view.shape[0];
    PyBuffer_Release(&view);
    return PyLong_FromSsize_t(count);
}

static PyObject *expects_two_dimensions(UNUSED PyObject *self, PyObject *object)
{
    Py_buffer view;
    Py_ssize_t count;

    if (PyObject_GetBuffer(object, &view, PyBUF_STRIDES) != 0) {
        return NULL;
    }
    count = view.ndim > 0 ? view.shape[1] : 0;
    PyBuffer_Release(&view);
    return PyLong_FromSsize_t(count);
}

static PyObject *expects_an_item(UNUSED PyObject *self, PyObject *object)
{
    Py_buffer view;
    long first;

    if (PyObject_GetBuffer(object, &view, PyBUF_SIMPLE) != 0) {
        return NULL;
    }
    first = *(volatile unsigned char *)view.buf;
    PyBuffer_Release(&view);
    return PyLong_FromLong(first);
}

/* No dimension, no item. */
static PyObject *takes_scalars_for_empty(UNUSED PyObject *self, PyObject *object)
{
    Py_buffer view;

    if (PyObject_GetBuffer(object, &view, PyBUF_FULL_RO) != 0) {
        return NULL;
    }
    if (!is_known(view.format, view.itemsize)) {
        return refuse(&view, "items of an unknown format");
    }
    return give(&view, view.ndim == 0 ? 0 : sum_view(&view));
}

PyMethodDef wrong_results_methods[] = {
    {"ignores_strides", ignores_strides, METH_O, "consumer-follows-strides"},
    {"copies_without_strides", copies_without_strides, METH_O, "consumer-follows-strides"},
    {"writes_without_strides", writes_without_strides, METH_O, "consumer-follows-strides"},
    {"takes_fortran_for_c", takes_fortran_for_c, METH_O, "consumer-follows-strides"},
    {"takes_strides_for_positive", takes_strides_for_positive, METH_O, "consumer-follows-strides"},
    {"writes_into_a_copy", writes_into_a_copy, METH_O, "consumer-follows-strides"},
    {"ignores_suboffsets", ignores_suboffsets, METH_O, "consumer-follows-suboffsets"},
    {"forgets_the_suboffset", forgets_the_suboffset, METH_O, "consumer-follows-suboffsets"},
    {"expects_suboffsets", expects_suboffsets, METH_O, "consumer-follows-suboffsets"},
    {"ignores_byte_order", ignores_byte_order, METH_O, "consumer-follows-format"},
    {"goes_by_itemsize", goes_by_itemsize, METH_O, "consumer-follows-format"},
    {"asks_for_no_format", asks_for_no_format, METH_O, "consumer-follows-format"},
    {"takes_all_for_doubles", takes_all_for_doubles, METH_O, "consumer-follows-format"},
    {"takes_the_first_field", takes_the_first_field, METH_O, "consumer-follows-format"},
    {"follows_one_extent", follows_one_extent, METH_O, "consumer-follows-shape"},
    {"follows_one_dimension", follows_one_dimension, METH_O, "consumer-follows-shape"},
    {"expects_a_dimension", expects_a_dimension, METH_O, "consumer-follows-shape"},
    {"expects_two_dimensions", expects_two_dimensions, METH_O, "consumer-follows-shape"},
    {"expects_an_item", expects_an_item, METH_O, "consumer-follows-shape"},
    {"takes_scalars_for_empty", takes_scalars_for_empty, METH_O, "consumer-follows-shape"},
    {NULL, NULL, 0, NULL},
};
