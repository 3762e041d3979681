#include "memory/reinterpret.h"

#include "base/error.h"
#include "format/format.h"
#include "memory/layout.h"

#include <string.h>

/*
 * Item size of a format: what the struct module calculates; for T{...} with the
 * trailing padding of native alignment, as a C struct and NumPy have it.
 */
static bool measure(const char *text, ptrdiff_t *itemsize, struct error *error)
{
    struct format format;
    bool closed;

    if (!format_parse(&format, text, -1, error)) {
        return false;
    }
    closed = !(format.traits & FORMAT_UNCLOSED);
    *itemsize = (ptrdiff_t)(text[strspn(text, "@")] == 'T' ? format.padded_size : format.size);
    format_free(&format);
    /* an exporter's is taken as NumPy takes it; who types one can type the rest as well */
    return closed || error_set(error, ERROR_INPUT, "format '%s': 'T{' without '}'", text);
}

/* The shape's extent at -1, from the bytes at hand; without one, check that they suffice. */
static bool fit_shape(struct layout *next, ptrdiff_t bytes, struct error *error)
{
    ptrdiff_t known = next->itemsize;
    ptrdiff_t *unknown = NULL;
    int i;

    for (i = 0; i < next->ndim; i++) {
        if (next->shape[i] < 0) {
            unknown = &next->shape[i];
        } else if (__builtin_mul_overflow(known, next->shape[i], &known)) {
            return error_set(error, ERROR_INPUT, "the shape has more bytes than memory can have");
        }
    }
    if (unknown == NULL) {
        next->len = known;
        return known <= bytes ||
               error_set(error, ERROR_INPUT, "the shape needs %td bytes, but there are %td", known, bytes);
    }
    if (known == 0) {
        return error_set(error, ERROR_INPUT,
                         "-1 in the shape has no answer: its other extents, or the items, are empty");
    }
    if (bytes % known != 0) {
        return error_set(error, ERROR_INPUT,
                         "%td bytes are no whole number of %td bytes", bytes, known);
    }
    *unknown = bytes / known;
    next->len = bytes;
    return true;
}

bool layout_reinterpret(struct layout *layout, const struct reinterpretation *how, struct error *error)
{
    static const ptrdiff_t all[] = {-1};
    struct layout next = {
        .itemsize = layout->itemsize,
        .format = how->format != NULL ? how->format : layout->format,
        .ndim = how->have_shape ? how->ndim : 1,
        .readonly = layout->readonly,
        .given = LAYOUT_FORMAT | LAYOUT_SHAPE | LAYOUT_STRIDES,
    };
    int i;

    if (!layout_is_c_contiguous(layout)) {
        return error_set(error, ERROR_INPUT,
                         "only a C-contiguous buffer can be read as other items: try --contiguous C");
    }
    if (how->offset > (uint64_t)layout->len) {
        return error_set(error, ERROR_INPUT, "offset %llu is past the end of %td bytes",
                         (unsigned long long)how->offset, layout->len);
    }
    if (how->format != NULL && !measure(how->format, &next.itemsize, error)) {
        return false;
    }
    next.buf = layout->buf + how->offset;
    memcpy(next.shape, how->have_shape ? how->shape : all, (size_t)next.ndim * sizeof next.shape[0]);
    for (i = 0; i < LAYOUT_MAX_NDIM; i++) {
        next.suboffsets[i] = -1;
    }
    if (!fit_shape(&next, layout->len - (ptrdiff_t)how->offset, error)) {
        return false;
    }
    if (!layout_c_strides(next.ndim, next.shape, next.itemsize, next.strides)) {
        return error_set(error, ERROR_INPUT, "the shape has more bytes than memory can have");
    }
    *layout = next;
    return true;
}
