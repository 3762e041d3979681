/*
 * Are two results the same, and what do they look like?
 */
#include "offer/attempt.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static bool has_equality(PyObject *object)
{
    richcmpfunc compare = Py_TYPE(object)->tp_richcompare;

    return compare != NULL && compare != PyBaseObject_Type.tp_richcompare;
}

/* Arrays compare item by item; what `==` gives then says by all() whether all are. */
static int truth_of(PyObject *answer)
{
    PyObject *all = PyBool_Check(answer) ? NULL : PyObject_CallMethod(answer, "all", NULL);
    int truth;

    PyErr_Clear();
    truth = PyObject_IsTrue(all != NULL ? all : answer);
    Py_XDECREF(all);
    PyErr_Clear();
    return truth;
}

static int equal_by_operator(PyObject *a, PyObject *b)
{
    PyObject *answer = has_equality(a) && has_equality(b) ? PyObject_RichCompare(a, b, Py_EQ) : NULL;
    int truth = answer != NULL ? truth_of(answer) : -1;

    Py_XDECREF(answer);
    PyErr_Clear();
    return truth;
}

static bool same_layout(const Py_buffer *a, const Py_buffer *b)
{
    return a->len == b->len && a->itemsize == b->itemsize && a->ndim == b->ndim && a->format != NULL &&
           b->format != NULL && strcmp(a->format, b->format) == 0 &&
           (a->ndim == 0 || memcmp(a->shape, b->shape, (size_t)a->ndim * sizeof *a->shape) == 0);
}

static int equal_bytes(Py_buffer *a, Py_buffer *b)
{
    char *bytes = malloc(2 * (size_t)a->len + 1);
    int equal = -1;

    if (bytes != NULL && PyBuffer_ToContiguous(bytes, a, a->len, 'C') == 0 &&
        PyBuffer_ToContiguous(bytes + a->len, b, a->len, 'C') == 0) {
        equal = memcmp(bytes, bytes + a->len, (size_t)a->len) == 0;
    }
    free(bytes);
    return equal;
}

/* By their bytes: what holds NaN is not equal to itself, and some formats memoryview cannot compare. */
static int equal_by_buffer(PyObject *a, PyObject *b)
{
    Py_buffer view_a, view_b;
    int equal = -1;

    if (!PyObject_CheckBuffer(a) || !PyObject_CheckBuffer(b) || PyObject_GetBuffer(a, &view_a, PyBUF_FULL_RO) != 0) {
        PyErr_Clear();
        return -1;
    }
    if (PyObject_GetBuffer(b, &view_b, PyBUF_FULL_RO) == 0) {
        equal = same_layout(&view_a, &view_b) ? equal_bytes(&view_a, &view_b) : 0;
        PyBuffer_Release(&view_b);
    }
    PyBuffer_Release(&view_a);
    PyErr_Clear();
    return equal;
}

/* What holds NaN is equal by what it shows; no address is shown of numbers and what holds nothing else. */
static bool equal_by_repr(PyObject *a, PyObject *b)
{
    bool known = PyFloat_CheckExact(a) || PyComplex_CheckExact(a) || PyList_CheckExact(a) || PyTuple_CheckExact(a) ||
                 PyDict_CheckExact(a);
    PyObject *repr_a = known && Py_TYPE(a) == Py_TYPE(b) ? PyObject_Repr(a) : NULL;
    PyObject *repr_b = repr_a != NULL ? PyObject_Repr(b) : NULL;
    bool equal = repr_b != NULL && PyUnicode_Compare(repr_a, repr_b) == 0;

    Py_XDECREF(repr_a);
    Py_XDECREF(repr_b);
    PyErr_Clear();
    return equal;
}

int equal_results(PyObject *a, const struct evaluation *of_a, PyObject *b, const struct evaluation *of_b)
{
    int by_operator;

    if (a == b || (a == of_a->object && b == of_b->object)) {
        return 1;
    }
    by_operator = equal_by_operator(a, b);
    if (by_operator == 1) {
        return 1;
    }
    return equal_by_buffer(a, b) == 1 || (by_operator == 0 && equal_by_repr(a, b)) ? 1 : by_operator;
}

void equal_cut(const char *from, char text[CALL_TEXT_SIZE])
{
    size_t length = strlen(from);
    size_t i;

    if (length < CALL_TEXT_SIZE) {
        memcpy(text, from, length + 1);
    } else {
        length = CALL_TEXT_SIZE - 4;
        while (length > 0 && ((unsigned char)from[length] & 0xc0) == 0x80) {
            length--;
        }
        memcpy(text, from, length);
        memcpy(text + length, "...", 4);
    }
    for (i = 0; text[i] != '\0'; i++) {
        text[i] = text[i] == '\n' ? ' ' : text[i];
    }
}

void equal_text(PyObject *object, char text[CALL_TEXT_SIZE])
{
    PyObject *repr = object != NULL ? PyObject_Repr(object) : NULL;
    PyObject *bytes = repr != NULL ? PyUnicode_AsEncodedString(repr, "utf-8", "backslashreplace") : NULL;

    equal_cut(bytes != NULL ? PyBytes_AS_STRING(bytes) : "?", text);
    Py_XDECREF(bytes);
    Py_XDECREF(repr);
    PyErr_Clear();
}
