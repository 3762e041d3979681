/*
 * Wrong answers: the fields of the Py_buffer.
 */
#include "exporters.h"

#include <stdlib.h>
#include <string.h>

/* --- fields that no flag controls --- */

static int get_null_obj(struct exporter *self, Py_buffer *view, int flags)
{
    int result = answer(self, view, flags);

    if (result == 0) {
        Py_CLEAR(view->obj);
    }
    return result;
}

static int get_borrowed_obj(struct exporter *self, Py_buffer *view, int flags)
{
    int result = answer(self, view, flags);

    if (result == 0) {
        Py_DECREF(self);
    }
    return result;
}

static int get_other_obj(struct exporter *self, Py_buffer *view, int flags)
{
    int result = answer(self, view, flags);

    if (result == 0) {
        view->obj = PyTuple_Pack(1, (PyObject *)self);
        Py_DECREF(self);
        return view->obj != NULL ? 0 : -1;
    }
    return result;
}

static int get_moving_buf(struct exporter *self, Py_buffer *view, int flags)
{
    int result = answer(self, view, flags);

    if (result == 0 && self->other == NULL) {
        self->other = malloc(self->allocated);
        if (self->other != NULL) {
            memcpy(self->other, self->memory, self->allocated);
        }
    }
    if (result == 0 && self->other != NULL && self->calls++ % 2 != 0) {
        view->buf = self->other;
    }
    return result;
}

static int get_null_buf(struct exporter *self, Py_buffer *view, int flags)
{
    int result = answer(self, view, flags);

    view->buf = NULL;
    return result;
}

static int get_short_len(struct exporter *self, Py_buffer *view, int flags)
{
    int result = answer(self, view, flags);

    if (result == 0 && !asks(flags, PyBUF_ND)) {
        view->len -= 4;
    }
    return result;
}

static bool make_empty(struct exporter *self)
{
    return make_items(self, "d", 8, 1, (Py_ssize_t[]){0});
}

static int get_other_itemsize(struct exporter *self, Py_buffer *view, int flags)
{
    int result = answer(self, view, flags);

    if (result == 0 && flags == PyBUF_ND) {
        view->itemsize = 4;
    }
    return result;
}

static int get_other_ndim(struct exporter *self, Py_buffer *view, int flags)
{
    int result = answer(self, view, flags);

    if (result == 0 && has_base(flags, PyBUF_ND)) {
        self->shape[10] = 1;
        self->shape[11] = self->shape[0];
        view->ndim = 2;
        view->shape = &self->shape[10];
    }
    return result;
}

static int get_long_len(struct exporter *self, Py_buffer *view, int flags)
{
    int result = answer(self, view, flags);

    view->len += 1;
    return result;
}

static int get_negative_itemsize(struct exporter *self, Py_buffer *view, int flags)
{
    int result = answer(self, view, flags);

    view->itemsize = -4;
    return result;
}

static int get_65_dimensions(struct exporter *self, Py_buffer *view, int flags)
{
    int result = answer(self, view, flags);

    view->ndim = 65;
    return result;
}

static int get_negative_ndim(struct exporter *self, Py_buffer *view, int flags)
{
    int result = answer(self, view, flags);

    view->ndim = -1;
    return result;
}

static bool make_negative_shape(struct exporter *self)
{
    bool ok = make_ints(self);

    self->shape[0] = -6;
    return ok;
}

static int get_suboffsets_unfilled(struct exporter *self, Py_buffer *view, int flags)
{
    Py_ssize_t *suboffsets = view->suboffsets;
    int result = answer(self, view, flags);

    view->suboffsets = suboffsets;
    return result;
}

static int get_format_unfilled(struct exporter *self, Py_buffer *view, int flags)
{
    char *format = view->format;
    int result = answer(self, view, flags);

    view->format = flags & PyBUF_FORMAT ? view->format : format;
    return result;
}

static int get_obj_unfilled(struct exporter *self, Py_buffer *view, int flags)
{
    PyObject *obj = view->obj;
    int result = answer(self, view, flags);

    if (result == 0) {
        Py_DECREF(self);
        view->obj = obj;
    }
    return result;
}

static int get_readonly_two(struct exporter *self, Py_buffer *view, int flags)
{
    int result = answer(self, view, flags);

    view->readonly = 2;
    return result;
}

/* --- fields that flags control --- */

static int get_ignores_writable(struct exporter *self, Py_buffer *view, int flags)
{
    return answer(self, view, flags & ~PyBUF_WRITABLE);
}

static int get_readonly_at_times(struct exporter *self, Py_buffer *view, int flags)
{
    int result = answer(self, view, flags);

    view->readonly = flags == PyBUF_SIMPLE;
    return result;
}

static int get_no_format(struct exporter *self, Py_buffer *view, int flags)
{
    int result = answer(self, view, flags);

    view->format = NULL;
    return result;
}

static int get_always_format(struct exporter *self, Py_buffer *view, int flags)
{
    int result = answer(self, view, flags);

    view->format = (char *)self->format;
    return result;
}

static int get_no_shape(struct exporter *self, Py_buffer *view, int flags)
{
    int result = answer(self, view, flags);

    view->shape = NULL;
    return result;
}

static int get_always_shape(struct exporter *self, Py_buffer *view, int flags)
{
    int result = answer(self, view, flags);

    view->shape = self->shape;
    return result;
}

static int get_no_strides(struct exporter *self, Py_buffer *view, int flags)
{
    int result = answer(self, view, flags);

    view->strides = NULL;
    return result;
}

static int get_always_strides(struct exporter *self, Py_buffer *view, int flags)
{
    int result = answer(self, view, flags);

    view->strides = self->strides;
    return result;
}

/* Only plain STRIDES, so that no contiguity is promised. */
static int get_suboffsets_unasked(struct exporter *self, Py_buffer *view, int flags)
{
    bool unasked = has_base(flags, PyBUF_STRIDES);

    return answer(self, view, unasked ? flags | PyBUF_INDIRECT : flags);
}

static int get_negative_suboffsets(struct exporter *self, Py_buffer *view, int flags)
{
    int result = answer(self, view, flags);

    if (result == 0 && asks(flags, PyBUF_INDIRECT)) {
        self->suboffsets[0] = -1;
        view->suboffsets = self->suboffsets;
    }
    return result;
}

static bool make_scalar(struct exporter *self)
{
    return make_items(self, "i", 4, 0, NULL);
}

static int get_scalar_arrays(struct exporter *self, Py_buffer *view, int flags)
{
    int result = answer(self, view, flags);

    view->shape = asks(flags, PyBUF_ND) ? self->shape : NULL;
    view->strides = asks(flags, PyBUF_STRIDES) ? self->strides : NULL;
    return result;
}

static int get_needed_suboffsets_left_out(struct exporter *self, Py_buffer *view, int flags)
{
    int result = get_suboffsets_unasked(self, view, flags);

    if (result == 0 && has_base(flags, PyBUF_STRIDES)) {
        view->suboffsets = NULL;
    }
    return result;
}

/* Grants what needs strides to one that cannot be told of them. */
static int get_unstrided(struct exporter *self, Py_buffer *view, int flags)
{
    int result;

    if (asks(flags, PyBUF_STRIDES)) {
        return answer(self, view, flags);
    }
    result = answer(self, view, flags | PyBUF_STRIDES);
    view->strides = NULL;
    view->shape = asks(flags, PyBUF_ND) ? view->shape : NULL;
    return result;
}

static int get_ignores_c(struct exporter *self, Py_buffer *view, int flags)
{
    return answer(self, view, has_base(flags, PyBUF_C_CONTIGUOUS) ? flags & ~0x20 : flags);
}

static int get_ignores_f(struct exporter *self, Py_buffer *view, int flags)
{
    return answer(self, view, has_base(flags, PyBUF_F_CONTIGUOUS) ? flags & ~0x40 : flags);
}

static int get_ignores_any(struct exporter *self, Py_buffer *view, int flags)
{
    return answer(self, view, flags & ~0x80);
}

static int get_ignores_both(struct exporter *self, Py_buffer *view, int flags)
{
    bool both = asks(flags, PyBUF_C_CONTIGUOUS) && asks(flags, PyBUF_F_CONTIGUOUS);

    return answer(self, view, both ? flags & ~0x40 : flags);
}

/* One row of three, whose row stride steps further. */
static bool make_one_row(struct exporter *self)
{
    bool ok = make_items(self, "i", 4, 2, (Py_ssize_t[]){1, 3});

    self->strides[0] = 100;
    return ok;
}

static int get_imprecise(struct exporter *self, Py_buffer *view, int flags)
{
    return (flags & 0xe0) || !asks(flags, PyBUF_STRIDES)
               ? refuse(view, PyExc_BufferError, "strides[0] is not shape[1] * itemsize")
               : answer(self, view, flags);
}

/* F-contiguous strides over memory in C order. */
static int get_rewritten_strides(struct exporter *self, Py_buffer *view, int flags)
{
    int result = answer(self, view, has_base(flags, PyBUF_F_CONTIGUOUS) ? flags & ~0x40 : flags);

    if (result == 0 && has_base(flags, PyBUF_F_CONTIGUOUS)) {
        self->strides[10] = 4;
        self->strides[11] = 8;
        view->strides = &self->strides[10];
    }
    return result;
}

static int get_other_shape(struct exporter *self, Py_buffer *view, int flags)
{
    int result = answer(self, view, flags);

    if (result == 0 && has_base(flags, PyBUF_ND)) {
        self->shape[10] = 3;
        self->shape[11] = 2;
        view->shape = &self->shape[10];
    }
    return result;
}

static int get_other_format(struct exporter *self, Py_buffer *view, int flags)
{
    int result = answer(self, view, flags);

    if (result == 0 && flags == (PyBUF_ND | PyBUF_FORMAT)) {
        view->format = "f";
    }
    return result;
}

const struct mode wrong_answers[] = {
    {.name = "NULL obj", ERROR("obj-non-null", make_ints, get_null_obj)},
    {.name = "borrowed obj", ERROR("obj-is-new-reference", make_ints, get_borrowed_obj)},
    {.name = "other obj", INFO("obj-is-exporter-or-root", make_ints, get_other_obj)},
    {.name = "moving buf", WARNING("buf-stable", make_ints, get_moving_buf)},
    {.name = "NULL buf", ERROR("buf-non-null", make_ints, get_null_buf)},
    {.name = "short len", ERROR("len-stable", make_ints, get_short_len)},
    {.name = "other itemsize", ERROR("itemsize-stable", make_empty, get_other_itemsize)},
    {.name = "other ndim", ERROR("ndim-stable", make_ints, get_other_ndim)},
    {.name = "long len", ERROR("len-equals-shape-times-itemsize", make_ints, get_long_len)},
    {.name = "negative itemsize", ERROR("itemsize-positive", make_ints, get_negative_itemsize)},
    {.name = "65 dimensions", ERROR("ndim-in-range", make_ints, get_65_dimensions)},
    {.name = "-1 dimensions", ERROR("ndim-in-range", make_ints, get_negative_ndim)},
    {.name = "negative shape", ERROR("shape-nonnegative", make_negative_shape, get_right)},
    {.name = "suboffsets unfilled", ERROR("all-fields-filled", make_ints, get_suboffsets_unfilled)},
    {.name = "format unfilled", ERROR("all-fields-filled", make_ints, get_format_unfilled)},
    {.name = "obj unfilled", ERROR("all-fields-filled", make_ints, get_obj_unfilled)},
    {.name = "readonly 2", WARNING("readonly-is-boolean", make_readonly_ints, get_readonly_two)},
    {.name = "ignores WRITABLE", ERROR("writable-honoured", make_readonly_ints, get_ignores_writable)},
    {.name = "readonly at times", ERROR("readonly-consistent", make_ints, get_readonly_at_times)},
    {.name = "no format", ERROR("format-present-when-requested", make_ints, get_no_format)},
    {.name = "always format", ERROR("format-null-unless-requested", make_ints, get_always_format)},
    {.name = "no shape", ERROR("shape-present-when-requested", make_ints, get_no_shape)},
    {.name = "always shape", ERROR("shape-null-unless-requested", make_ints, get_always_shape)},
    {.name = "no strides", ERROR("strides-present-when-requested", make_ints, get_no_strides)},
    {.name = "always strides", ERROR("strides-null-unless-requested", make_ints, get_always_strides)},
    {.name = "suboffsets unasked",
     ERROR("suboffsets-null-unless-indirect", make_pil, get_suboffsets_unasked)},
    {.name = "negative suboffsets",
     ERROR("suboffsets-null-when-all-negative", make_ints, get_negative_suboffsets)},
    {.name = "scalar arrays", ERROR("scalar-arrays-null", make_scalar, get_scalar_arrays)},
    {.name = "suboffsets left out",
     ERROR("indirect-refused-without-flag", make_pil, get_needed_suboffsets_left_out)},
    {.name = "unstrided", ERROR("unstrided-is-c-contiguous", make_strided, get_unstrided)},
    {.name = "ignores C", ERROR("c-contiguous-honoured", make_strided, get_ignores_c)},
    {.name = "ignores F", ERROR("f-contiguous-honoured", make_table, get_ignores_f)},
    {.name = "ignores C|F", WARNING("f-contiguous-honoured", make_table, get_ignores_both)},
    {.name = "ignores ANY", ERROR("any-contiguous-honoured", make_strided, get_ignores_any)},
    {.name = "imprecise", WARNING("contiguity-is-precise", make_one_row, get_imprecise)},
    {.name = "rewritten strides", ERROR("strides-agree", make_table, get_rewritten_strides)},
    {.name = "other shape", ERROR("shape-agree", make_table, get_other_shape)},
    {.name = "other format", ERROR("format-agree", make_ints, get_other_format)},
    {.name = "format without ND", INFO("format-without-nd", make_ints, get_right)},
    {.name = NULL},
};
