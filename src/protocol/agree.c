#include "protocol/agree.h"

#include "base/error.h"
#include "format/format.h"

#include <string.h>

const char *difference_name(enum difference difference)
{
    switch (difference) {
    case DIFFERENCE_DATA:
        return "data";
    case DIFFERENCE_SHAPE:
        return "shape";
    case DIFFERENCE_STRIDES:
        return "strides";
    case DIFFERENCE_TYPE:
        return "type";
    case DIFFERENCE_READONLY:
        return "readonly";
    case DIFFERENCE_ALL:
        break;
    }
    return "";
}

static bool has_no_bytes(const struct layout *layout)
{
    return layout_is_empty(layout) || layout->itemsize == 0;
}

static bool same_shape(const struct layout *a, const struct layout *b)
{
    return a->ndim == b->ndim &&
           (a->ndim == 0 || memcmp(a->shape, b->shape, (size_t)a->ndim * sizeof a->shape[0]) == 0);
}

/* Both have the same shape. */
static bool same_strides(const struct layout *a, const struct layout *b)
{
    int d;

    for (d = 0; d < a->ndim; d++) {
        if (a->shape[d] > 1 && a->strides[d] != b->strides[d]) {
            return false;
        }
    }
    return true;
}

/* A format that is no more than so many bytes says nothing of what they are. */
static bool same_items(const struct telling *a, const struct telling *b)
{
    struct error ignored = ERROR_INIT;
    struct format one, other;
    bool same = true;

    if (a->layout.itemsize != b->layout.itemsize) {
        return false;
    }
    if (!a->is_plain || !b->is_plain || !format_parse(&one, a->layout.format, a->layout.itemsize, &ignored)) {
        return true;
    }
    if (format_parse(&other, b->layout.format, b->layout.itemsize, &ignored)) {
        same = one.root.kind == FORMAT_PAD || other.root.kind == FORMAT_PAD ||
               format_same_item(&one.root, &other.root);
        format_free(&other);
    }
    format_free(&one);
    return same;
}

unsigned tellings_differ(const struct telling *a, const struct telling *b)
{
    unsigned differences = 0;
    bool empty;

    if (!a->have_layout || !b->have_layout) {
        return 0;
    }
    if (a->readonly != SAID_NOTHING && b->readonly != SAID_NOTHING && a->readonly != b->readonly) {
        differences |= DIFFERENCE_READONLY;
    }
    empty = has_no_bytes(&a->layout) || has_no_bytes(&b->layout);
    if (!empty && a->layout.buf != b->layout.buf) {
        differences |= DIFFERENCE_DATA;
    }
    if (a->is_packed || b->is_packed) {
        return differences; /* the bytes that items lie in have no shape, strides and type of their own */
    }
    if (!same_shape(&a->layout, &b->layout)) {
        differences |= DIFFERENCE_SHAPE;
    } else if (!empty && !same_strides(&a->layout, &b->layout)) {
        differences |= DIFFERENCE_STRIDES;
    }
    if (!same_items(a, b)) {
        differences |= DIFFERENCE_TYPE;
    }
    return differences;
}
