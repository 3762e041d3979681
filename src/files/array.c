#include "files/array.h"

#include "base/error.h"
#include "base/text.h"
#include "files/dtype.h"

#include <stdint.h>

bool array_measure(struct array *array, struct error *error)
{
    size_t itemsize = array->dtype->itemsize;
    ptrdiff_t bytes = itemsize > 0 ? (ptrdiff_t)itemsize : 1; /* items of no size can be too many, too */
    bool empty = itemsize == 0;
    int i;

    if (array->ndim < 0 || array->ndim > LAYOUT_MAX_NDIM) {
        return error_set(error, ERROR_INPUT, "%d dimensions, where %d are possible", array->ndim,
                         LAYOUT_MAX_NDIM);
    }
    for (i = 0; i < array->ndim; i++) {
        if (array->shape[i] < 0) {
            return error_set(error, ERROR_INPUT, "the negative extent %td in the shape", array->shape[i]);
        }
        empty |= array->shape[i] == 0;
        /* Extents beside a 0 count too: strides are products of some of them. */
        if (array->shape[i] > 0 && __builtin_mul_overflow(bytes, array->shape[i], &bytes)) {
            return error_set(error, ERROR_INPUT,
                             "the array is too big: extents times item size are more than %td bytes",
                             PTRDIFF_MAX);
        }
    }
    array->nbytes = empty ? 0 : (size_t)bytes;
    return true;
}

/* The largest power of two that divides a number; 0, which all of them divide, for 0. */
static size_t power_in(size_t number)
{
    return number & (~number + 1);
}

static size_t least_power(size_t a, size_t b)
{
    return power_in(a | b);
}

/*
 * What every item's address is a multiple of.  NumPy asks for the strides along
 * extents above 1, all of them multiples of the item size, which is one of them.
 * An array without items is aligned wherever it lies, unless its type is a struct.
 */
static size_t items_alignment(const struct array *array, size_t alignment)
{
    bool several = false;
    int i;

    for (i = 0; i < array->ndim; i++) {
        if (array->shape[i] == 0 && array->dtype->kind != 'T') {
            return 0;
        }
        several |= array->shape[i] > 1;
    }
    return several ? least_power(alignment, array->dtype->itemsize) : alignment;
}

/* Whether the order of the items is one and the same in C and in F order. */
static bool is_both_contiguous(const struct array *array)
{
    int several = 0;
    int i;

    for (i = 0; i < array->ndim; i++) {
        several += array->shape[i] > 1;
    }
    return array->nbytes == 0 || several <= 1;
}

bool array_layout(const struct array *array, const void *data, size_t alignment,
                  struct text *format, struct layout *layout, bool *plain, struct error *error)
{
    bool fortran = array->fortran_order && !is_both_contiguous(array);
    ptrdiff_t itemsize = (ptrdiff_t)array->dtype->itemsize;
    int i;

    if (alignment == 0) {
        alignment = power_in((size_t)(uintptr_t)data);
    }
    dtype_format(array->dtype, items_alignment(array, alignment), format, plain);
    if (format->failed) {
        return error_no_memory(error);
    }
    /* one by one: zeroing the places for 64 dimensions costs as much as all else here */
    layout->buf = data;
    layout->len = (ptrdiff_t)array->nbytes;
    layout->itemsize = itemsize;
    layout->format = text_string(format);
    layout->ndim = array->ndim;
    layout->readonly = true;
    layout->given = LAYOUT_FORMAT | LAYOUT_SHAPE | LAYOUT_STRIDES;
    for (i = 0; i < array->ndim; i++) {
        layout->shape[i] = array->shape[i];
        layout->suboffsets[i] = -1;
    }
    if (!(fortran ? layout_f_strides : layout_c_strides)(array->ndim, array->shape, itemsize,
                                                         layout->strides)) {
        return error_set(error, ERROR_INPUT, "the array is too big for its strides");
    }
    return layout_check(layout, error);
}
