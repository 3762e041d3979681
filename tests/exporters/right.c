/*
 * Right exporters, in every shape that there is.
 */
#include "exporters.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* The Py_buffer's own fields serve as shape and strides, as in PyBuffer_FillInfo and array.array. */
static int get_self_pointing(struct exporter *self, Py_buffer *view, int flags)
{
    int result = answer(self, view, flags);

    if (result == 0 && view->strides != NULL) {
        view->strides = &view->itemsize;
    }
    return result;
}

/* Shape and strides of the view's own, which internal keeps. */
static int get_own_arrays(struct exporter *self, Py_buffer *view, int flags)
{
    Py_ssize_t *arrays = malloc(2 * MAX_NDIM * sizeof *arrays);
    size_t size = (size_t)self->ndim * sizeof *arrays;

    if (arrays == NULL) {
        PyErr_NoMemory();
        view->obj = NULL;
        return -1;
    }
    if (answer(self, view, flags) < 0) {
        free(arrays);
        return -1;
    }
    memcpy(arrays, self->shape, size);
    memcpy(arrays + MAX_NDIM, self->strides, size);
    view->shape = view->shape != NULL ? arrays : NULL;
    view->strides = view->strides != NULL ? arrays + MAX_NDIM : NULL;
    view->internal = arrays;
    return 0;
}

static void release_own_arrays(struct exporter *self, Py_buffer *view)
{
    free(view->internal);
    answered(self);
}

/*
 * It looks for an attribute by a name that is made for the occasion: Python's cache of what types have keeps the
 * name, by its address, for as long as no other one takes the place.
 */
static int get_by_name(struct exporter *self, Py_buffer *view, int flags)
{
    PyObject *found = PyObject_GetAttrString((PyObject *)self, "__sizeof__");

    Py_XDECREF(found);
    PyErr_Clear();
    return answer(self, view, flags);
}

/* Another exporter's memory: the view belongs to that. */
static int get_root(struct exporter *self, Py_buffer *view, int flags)
{
    return PyObject_GetBuffer(self->root, view, flags);
}

static int get_fill_info(struct exporter *self, Py_buffer *view, int flags)
{
    return PyBuffer_FillInfo(view, (PyObject *)self, self->buf, self->len, self->readonly, flags);
}

static bool make_bytes(struct exporter *self)
{
    return make_items(self, "B", 1, 1, (Py_ssize_t[]){5});
}

static bool make_scalar(struct exporter *self)
{
    return make_items(self, "d", 8, 0, NULL);
}

static bool make_empty(struct exporter *self)
{
    return make_items(self, "d", 8, 1, (Py_ssize_t[]){0});
}

static bool make_empty_table(struct exporter *self)
{
    return make_items(self, "d", 8, 3, (Py_ssize_t[]){2, 0, 3});
}

static bool make_null(struct exporter *self)
{
    bool ok = make_items(self, "B", 1, 1, (Py_ssize_t[]){0});

    self->buf = NULL;
    return ok;
}

static bool make_fortran(struct exporter *self)
{
    bool ok = make_table(self);

    self->strides[0] = 4;
    self->strides[1] = 8;
    return ok;
}

static bool make_negative(struct exporter *self)
{
    bool ok = make_ints(self);

    self->buf += 20;
    self->strides[0] = -4;
    return ok;
}

static bool make_broadcast(struct exporter *self)
{
    bool ok = make_table(self);

    self->strides[0] = 0;
    self->readonly = 1;
    return ok;
}

static bool make_dead_strides(struct exporter *self)
{
    bool ok = make_items(self, "h", 2, 3, (Py_ssize_t[]){1, 4, 1});

    self->strides[0] = 12345;
    self->strides[2] = -77;
    return ok;
}

static bool make_deep(struct exporter *self)
{
    Py_ssize_t shape[MAX_NDIM];
    int d;

    for (d = 0; d < MAX_NDIM; d++) {
        shape[d] = d % 16 == 0 ? 2 : 1;
    }
    return make_items(self, "h", 2, MAX_NDIM, shape);
}

static bool make_struct(struct exporter *self)
{
    return make_items(self, "T{i:a:d:b:2h:c:4xT{h:x:h:y:}:d:}", 32, 1, (Py_ssize_t[]){3});
}

static bool make_struct_padded(struct exporter *self)
{
    return make_items(self, "T{d:a:b:b:7x}", 16, 1, (Py_ssize_t[]){3});
}

static bool make_readonly_pil(struct exporter *self)
{
    bool ok = make_pil(self);

    self->readonly = 1;
    return ok;
}

/* Its strides are those of a C-contiguous table, but it is none. */
static bool make_pil_column(struct exporter *self)
{
    return make_rows(self, "d", sizeof(double), 1);
}

static bool make_root(struct exporter *self)
{
    self->root = PyByteArray_FromStringAndSize("abcdefgh", 8);
    return self->root != NULL;
}

/* The first request is answered by two processes: in the one that is no part of the check all answers are wrong. */
static int get_doubles(struct exporter *self, Py_buffer *view, int flags)
{
    if (self->calls++ == 0) {
        self->copied = fork() == 0;
    }
    return self->copied ? -2 : answer(self, view, flags);
}

const struct mode right_modes[] = {
    {.name = "ints", .make = make_ints, .get = get_right},
    {.name = "ints, releasing", .make = make_ints, .get = get_right, .release = release_right},
    {.name = "readonly", .make = make_readonly_ints, .get = get_right},
    {.name = "table", .make = make_table, .get = get_right},
    {.name = "F order", .make = make_fortran, .get = get_right},
    {.name = "strided", .make = make_strided, .get = get_right},
    {.name = "negative", .make = make_negative, .get = get_right},
    {.name = "broadcast", .make = make_broadcast, .get = get_right},
    {.name = "dead strides", .make = make_dead_strides, .get = get_right},
    {.name = "64 dimensions", .make = make_deep, .get = get_right},
    {.name = "0-d", .make = make_scalar, .get = get_right},
    {.name = "empty", .make = make_empty, .get = get_right},
    {.name = "empty table", .make = make_empty_table, .get = get_right},
    {.name = "NULL", .make = make_null, .get = get_right},
    {.name = "pil", .make = make_pil, .get = get_right},
    {.name = "pil, readonly", .make = make_readonly_pil, .get = get_right},
    {.name = "pil, one column", .make = make_pil_column, .get = get_right},
    {.name = "struct", .make = make_struct, .get = get_right},
    {.name = "struct, padded", .make = make_struct_padded, .get = get_right},
    {.name = "self-pointing", .make = make_ints, .get = get_self_pointing, .release = release_right},
    {.name = "own arrays", .make = make_table, .get = get_own_arrays, .release = release_own_arrays},
    {.name = "re-export", .make = make_root, .get = get_root},
    {.name = "by name", .make = make_ints, .get = get_by_name},
    {.name = "PyBuffer_FillInfo", .make = make_bytes, .get = get_fill_info},
    {.name = "doubles", .make = make_ints, .get = get_doubles},
    {.name = NULL},
};
