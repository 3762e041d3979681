#include "memory/layout.h"

#include "base/error.h"

#include <string.h>

static bool refuse(struct error *error, const char *what)
{
    return error_set(error, ERROR_INPUT, "%s", what);
}

static bool check_shape(const struct layout *layout, ptrdiff_t *count, struct error *error)
{
    bool overflow = false;
    int d;

    *count = 1;
    for (d = 0; d < layout->ndim; d++) {
        if (layout->shape[d] < 0) {
            return error_set(error, ERROR_INPUT, "shape[%d] is negative: %td", d, layout->shape[d]);
        }
        if (layout->shape[d] == 0) {
            *count = 0;
        }
    }
    for (d = 0; d < layout->ndim && *count != 0; d++) {
        overflow = overflow || __builtin_mul_overflow(*count, layout->shape[d], count);
    }
    return !overflow || refuse(error, "the product of shape overflows");
}

/* How far the items lie from the first one, below and above, in bytes; every suboffset -1. */
static bool measure(const struct layout *layout, ptrdiff_t *low, ptrdiff_t *high)
{
    int d;

    *low = 0;
    *high = layout->itemsize;
    for (d = 0; d < layout->ndim; d++) {
        ptrdiff_t reach;
        ptrdiff_t *side = layout->strides[d] < 0 ? low : high;

        if (__builtin_mul_overflow(layout->strides[d], layout->shape[d] - 1, &reach) ||
            __builtin_add_overflow(*side, reach, side)) {
            return false;
        }
    }
    return true;
}

static bool check_strides(const struct layout *layout, struct error *error)
{
    ptrdiff_t low;
    ptrdiff_t high;
    ptrdiff_t size;
    uintptr_t buf = (uintptr_t)layout->buf;

    if (!measure(layout, &low, &high) || __builtin_sub_overflow(high, low, &size)) {
        return refuse(error, "strides times shape overflow");
    }
    if (layout_has_suboffsets(layout)) {
        return true; /* each pointer followed starts anew: only memory itself can tell */
    }
    if (buf < (uintptr_t)0 - (uintptr_t)low || buf > UINTPTR_MAX - (uintptr_t)high) {
        return refuse(error, "strides reach past the end of the address space");
    }
    return true;
}

bool layout_check(const struct layout *layout, struct error *error)
{
    ptrdiff_t count;
    ptrdiff_t size;

    if (layout->ndim < 0 || layout->ndim > LAYOUT_MAX_NDIM) {
        return error_set(error, ERROR_INPUT, "ndim is %d, not 0 to %d", layout->ndim, LAYOUT_MAX_NDIM);
    }
    if (layout->itemsize < 0) {
        return error_set(error, ERROR_INPUT, "itemsize is negative: %td", layout->itemsize);
    }
    if (layout->len < 0) {
        return error_set(error, ERROR_INPUT, "len is negative: %td", layout->len);
    }
    if (!check_shape(layout, &count, error)) {
        return false;
    }
    if (__builtin_mul_overflow(count, layout->itemsize, &size)) {
        return refuse(error, "the product of shape and itemsize overflows");
    }
    if (layout->len != size) {
        return error_set(error, ERROR_INPUT, "len is %td, but shape and itemsize make %td", layout->len,
                         size);
    }
    return count == 0 || check_strides(layout, error);
}

bool layout_c_strides(int ndim, const ptrdiff_t *shape, ptrdiff_t itemsize, ptrdiff_t *strides)
{
    int d;

    for (d = ndim - 1; d >= 0; d--) {
        strides[d] = itemsize;
        if (__builtin_mul_overflow(itemsize, shape[d], &itemsize)) {
            return false;
        }
    }
    return true;
}

bool layout_f_strides(int ndim, const ptrdiff_t *shape, ptrdiff_t itemsize, ptrdiff_t *strides)
{
    int d;

    for (d = 0; d < ndim; d++) {
        strides[d] = itemsize;
        if (__builtin_mul_overflow(itemsize, shape[d], &itemsize)) {
            return false;
        }
    }
    return true;
}

/* Does dimension d continue a contiguous block of *size bytes?  Adds it to the block. */
static bool continues(const struct layout *layout, int d, ptrdiff_t *size)
{
    if (layout->shape[d] > 1 && layout->strides[d] != *size) {
        return false;
    }
    *size *= layout->shape[d]; /* stays within len, which layout_check worked out */
    return true;
}

bool layout_is_c_contiguous(const struct layout *layout)
{
    ptrdiff_t size = layout->itemsize;
    int d;

    if (layout_has_suboffsets(layout)) {
        return false;
    }
    for (d = layout->ndim - 1; d >= 0 && layout->len > 0; d--) {
        if (!continues(layout, d, &size)) {
            return false;
        }
    }
    return true;
}

bool layout_is_f_contiguous(const struct layout *layout)
{
    ptrdiff_t size = layout->itemsize;
    int d;

    if (layout_has_suboffsets(layout)) {
        return false;
    }
    for (d = 0; d < layout->ndim && layout->len > 0; d++) {
        if (!continues(layout, d, &size)) {
            return false;
        }
    }
    return true;
}

bool layout_has_suboffsets(const struct layout *layout)
{
    int d;

    for (d = 0; d < layout->ndim; d++) {
        if (layout->suboffsets[d] >= 0) {
            return true;
        }
    }
    return false;
}

bool layout_is_empty(const struct layout *layout)
{
    int d;

    for (d = 0; d < layout->ndim; d++) {
        if (layout->shape[d] == 0) {
            return true;
        }
    }
    return false;
}

ptrdiff_t layout_count(const struct layout *layout)
{
    ptrdiff_t count = 1;
    int d;

    if (layout_is_empty(layout)) {
        return 0; /* first: the other extents may be too large to multiply */
    }
    for (d = 0; d < layout->ndim; d++) {
        count *= layout->shape[d];
    }
    return count;
}

bool layout_block(const struct layout *layout, ptrdiff_t *low, ptrdiff_t *high)
{
    if (layout_has_suboffsets(layout)) {
        return false;
    }
    if (layout->len == 0) {
        *low = *high = 0;
        return true;
    }
    return measure(layout, low, high);
}

const unsigned char *layout_item(const struct layout *layout, const ptrdiff_t *index)
{
    /* As integers: what an exporter's pointers lead to need be no object of C's. */
    uintptr_t item = (uintptr_t)layout->buf;
    int d;

    for (d = 0; d < layout->ndim; d++) {
        item += (uintptr_t)index[d] * (uintptr_t)layout->strides[d];
        if (layout->suboffsets[d] >= 0) {
            memcpy(&item, (const void *)item, sizeof item);
            item += (uintptr_t)layout->suboffsets[d];
        }
    }
    return (const unsigned char *)item;
}

void layout_index(const struct layout *layout, ptrdiff_t number, ptrdiff_t *index)
{
    int d;

    for (d = layout->ndim - 1; d >= 0; d--) {
        index[d] = number % layout->shape[d];
        number /= layout->shape[d];
    }
}
