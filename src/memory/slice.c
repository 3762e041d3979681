#include "memory/slice.h"

#include "base/error.h"
#include "memory/guard.h"
#include "memory/layout.h"

#include <ctype.h>
#include <inttypes.h>
#include <string.h>

enum kind {
    INDEX,
    SLICE,
    ELLIPSIS,
    NEW_AXIS,
};

/* One part of the text, between commas. */
struct part {
    enum kind kind;
    bool has_start, has_stop; /* SLICE: given, not left out */
    ptrdiff_t start;          /* INDEX: the index */
    ptrdiff_t stop;
    ptrdiff_t step;
    ptrdiff_t extent; /* SLICE, once resolved: items left */
};

/* A part for every dimension of the layout, one for every dimension of the result, and an ellipsis. */
enum { MAX_PARTS = 2 * LAYOUT_MAX_NDIM + 1 };

struct parts {
    struct part part[MAX_PARTS];
    int count;
    int indexed; /* dimensions that they speak of */
    bool ellipsis;
};

/* --- the text ----------------------------------------------------------------- */

struct reader {
    const char *spec;
    const char *at;
};

static void skip_space(struct reader *reader)
{
    while (isspace((unsigned char)*reader->at)) {
        reader->at++;
    }
}

static bool accept(struct reader *reader, const char *token)
{
    size_t length = strlen(token);

    skip_space(reader);
    if (strncmp(reader->at, token, length) != 0) {
        return false;
    }
    reader->at += length;
    skip_space(reader);
    return true;
}

static bool accept_name(struct reader *reader, const char *name)
{
    size_t length = strlen(name);

    if (strncmp(reader->at, name, length) != 0 || isalnum((unsigned char)reader->at[length]) ||
        reader->at[length] == '_') {
        return false;
    }
    reader->at += length;
    skip_space(reader);
    return true;
}

static bool refuse_syntax(const struct reader *reader, const char *expected, struct error *error)
{
    return error_set(error, ERROR_INPUT, "'%s': expected %s at character %td", reader->spec, expected,
                     reader->at - reader->spec + 1);
}

/* An integer, if there is one: too large a one becomes the largest, and *fits false. */
static bool accept_integer(struct reader *reader, ptrdiff_t *value, bool *fits)
{
    const char *at = reader->at;
    bool negative = *at == '-';

    at += *at == '-' || *at == '+';
    if (!isdigit((unsigned char)*at)) {
        return false;
    }
    *value = 0;
    *fits = true;
    for (; isdigit((unsigned char)*at); at++) {
        ptrdiff_t digit = *at - '0';

        *fits = *fits && !__builtin_mul_overflow(*value, (ptrdiff_t)10, value) &&
                !__builtin_add_overflow(*value, negative ? -digit : digit, value);
    }
    if (!*fits) {
        *value = negative ? PTRDIFF_MIN : PTRDIFF_MAX;
    }
    reader->at = at;
    skip_space(reader);
    return true;
}

/* "start", "start:stop", "start:stop:step", any of them left out. */
static bool read_slice(struct reader *reader, struct part *part, struct error *error)
{
    const char *begin = reader->at;
    int digits = (int)strspn(begin, "+-0123456789");
    bool fits = true;

    part->step = 1;
    part->has_start = accept_integer(reader, &part->start, &fits);
    if (!accept(reader, ":")) {
        if (!part->has_start) {
            return refuse_syntax(reader, "an index, start:stop:step, ... or None", error);
        }
        if (!fits) {
            return error_set(error, ERROR_INPUT, "cannot fit '%.*s' into an index-sized integer", digits,
                             begin);
        }
        part->kind = INDEX;
        return true;
    }
    part->kind = SLICE;
    part->has_stop = accept_integer(reader, &part->stop, &fits);
    if (accept(reader, ":") && accept_integer(reader, &part->step, &fits) && part->step < -PTRDIFF_MAX) {
        part->step = -PTRDIFF_MAX; /* so that it can be negated */
    }
    return true;
}

static bool read_part(struct reader *reader, struct part *part, struct error *error)
{
    *part = (struct part){.kind = INDEX};
    skip_space(reader);
    if (accept(reader, "...") || accept_name(reader, "Ellipsis")) {
        part->kind = ELLIPSIS;
        return true;
    }
    if (accept_name(reader, "None") || accept_name(reader, "newaxis")) {
        part->kind = NEW_AXIS;
        return true;
    }
    return read_slice(reader, part, error);
}

static bool read_parts(struct parts *parts, const char *spec, struct error *error)
{
    struct reader reader = {spec, spec};
    bool more = true;

    *parts = (struct parts){.count = 0};
    while (more) {
        struct part *part = &parts->part[parts->count];

        if (parts->count == MAX_PARTS) {
            return error_set(error, ERROR_INPUT, "too many indices: more than %d", MAX_PARTS);
        }
        if (!read_part(&reader, part, error)) {
            return false;
        }
        if (part->kind == ELLIPSIS && parts->ellipsis) {
            return error_set(error, ERROR_INPUT, "an index can only have a single ellipsis ('...')");
        }
        parts->ellipsis = parts->ellipsis || part->kind == ELLIPSIS;
        parts->indexed += part->kind == INDEX || part->kind == SLICE;
        parts->count++;
        more = accept(&reader, ",") && *reader.at != '\0'; /* a last comma may end it, as a tuple's */
    }
    return *reader.at == '\0' || refuse_syntax(&reader, "a comma", error);
}

/* --- what it means for a shape -------------------------------------------------- */

static ptrdiff_t clamp(ptrdiff_t value, ptrdiff_t extent, ptrdiff_t least, ptrdiff_t most)
{
    value = value < 0 ? value + extent : value;
    return value < least ? least : value > most ? most : value;
}

/* As slice.indices(extent): start in place, and the number of items; an empty one as NumPy shows it. */
static bool resolve_slice(struct part *part, ptrdiff_t extent, struct error *error)
{
    ptrdiff_t least = part->step < 0 ? -1 : 0;
    ptrdiff_t most = part->step < 0 ? extent - 1 : extent;
    ptrdiff_t start = part->step < 0 ? most : least;
    ptrdiff_t stop = part->step < 0 ? least : most;

    if (part->step == 0) {
        return error_set(error, ERROR_INPUT, "slice step cannot be zero");
    }
    start = part->has_start ? clamp(part->start, extent, least, most) : start;
    stop = part->has_stop ? clamp(part->stop, extent, least, most) : stop;
    part->extent = 0;
    if (part->step > 0 && start < stop) {
        part->extent = (stop - start - 1) / part->step + 1;
    } else if (part->step < 0 && stop < start) {
        part->extent = (start - stop - 1) / -part->step + 1;
    }
    part->start = part->extent > 0 ? start : 0;
    part->step = part->extent > 0 ? part->step : 1;
    return true;
}

static bool resolve(struct part *part, int axis, ptrdiff_t extent, struct error *error)
{
    if (part->kind == SLICE) {
        return resolve_slice(part, extent, error);
    }
    if (part->start >= extent || part->start < -extent) {
        return error_set(error, ERROR_INPUT, "index %td is out of bounds for axis %d with size %td",
                         part->start, axis, extent);
    }
    part->start += part->start < 0 ? extent : 0;
    return true;
}

/* Parts for every dimension, in its order: an ellipsis, or the end, becomes whole slices. */
static bool complete(struct parts *parts, const struct layout *layout, struct error *error)
{
    const struct part whole = {.kind = SLICE, .step = 1};
    struct parts all = {.count = 0};
    int missing = layout->ndim - parts->indexed;
    int ndim = missing;
    int axis = 0;
    int i;

    if (missing < 0) {
        return error_set(error, ERROR_INPUT,
                         "too many indices for array: array is %d-dimensional, but %d were indexed",
                         layout->ndim, parts->indexed);
    }
    for (i = 0; i < parts->count; i++) {
        ndim += parts->part[i].kind == SLICE || parts->part[i].kind == NEW_AXIS;
    }
    if (ndim > LAYOUT_MAX_NDIM) {
        return error_set(error, ERROR_INPUT,
                         "number of dimensions must be within [0, %d], indexing result would have %d",
                         LAYOUT_MAX_NDIM, ndim);
    }
    if (!parts->ellipsis) {
        parts->part[parts->count++] = (struct part){.kind = ELLIPSIS};
    }
    for (i = 0; i < parts->count; i++) {
        if (parts->part[i].kind == ELLIPSIS) {
            for (; missing > 0; missing--) {
                all.part[all.count++] = whole;
            }
        } else {
            all.part[all.count++] = parts->part[i];
        }
    }
    for (i = 0; i < all.count; i++) {
        if (all.part[i].kind != NEW_AXIS && !resolve(&all.part[i], axis, layout->shape[axis], error)) {
            return false;
        }
        axis += all.part[i].kind != NEW_AXIS;
    }
    *parts = all;
    return true;
}

/* --- applying it ------------------------------------------------------------------ */

/* The layout under construction: the dimensions done so far. */
struct building {
    struct layout layout;
    int carrier; /* the last of them with a suboffset: what comes after the pointer is added there; or -1 */
    bool carries[LAYOUT_MAX_NDIM];
};

static ptrdiff_t wrapping_product(ptrdiff_t a, ptrdiff_t b)
{
    return (ptrdiff_t)((size_t)a * (size_t)b); /* only ever too large where it does not count */
}

/* Move on by so many bytes, before the dimensions to come. */
static bool move(struct building *building, ptrdiff_t bytes, struct error *error)
{
    struct layout *layout = &building->layout;
    int d = building->carrier;

    if (d < 0) {
        layout->buf = guard_past(layout->buf, bytes);
    } else if (__builtin_add_overflow(layout->suboffsets[d], bytes, &layout->suboffsets[d])) {
        return error_set(error, ERROR_INPUT, "suboffsets[%d] overflows", d);
    }
    return true;
}

static void add_dimension(struct building *building, ptrdiff_t extent, ptrdiff_t stride, ptrdiff_t suboffset)
{
    struct layout *layout = &building->layout;
    int d = layout->ndim++;

    layout->shape[d] = extent;
    layout->strides[d] = stride;
    layout->suboffsets[d] = suboffset;
    if (suboffset >= 0) {
        building->carries[building->carrier = d] = true;
    }
}

/* A dimension with a suboffset was indexed away: its pointer has to be followed all the same. */
static bool follow(struct building *building, ptrdiff_t suboffset, int axis, struct error *error)
{
    struct layout *layout = &building->layout;
    int last = layout->ndim - 1;
    const unsigned char *target;
    const void *address;

    if (last >= 0 && building->carrier == last) {
        return error_set(error, ERROR_INPUT,
                         "axis %d cannot be indexed: one dimension cannot follow two pointers", axis);
    }
    if (last >= 0) {
        layout->suboffsets[last] = suboffset;
        building->carries[building->carrier = last] = true;
        return true;
    }
    if (layout->len == 0) {
        return true; /* nothing will be read there */
    }
    if (!guard_copy(&target, layout->buf, sizeof target, &address)) {
        return error_set(error, ERROR_INPUT, "cannot follow the pointer at 0x%" PRIxPTR ": %s", (uintptr_t)layout->buf,
                         guard_reason());
    }
    layout->buf = guard_past(target, suboffset);
    return true;
}

static ptrdiff_t length_of(const struct parts *parts, ptrdiff_t itemsize)
{
    ptrdiff_t length = itemsize;
    int i;

    for (i = 0; i < parts->count; i++) {
        if (parts->part[i].kind == SLICE && parts->part[i].extent == 0) {
            return 0; /* first: the other extents may be too large to multiply */
        }
    }
    for (i = 0; i < parts->count; i++) {
        length *= parts->part[i].kind == SLICE ? parts->part[i].extent : 1;
    }
    return length;
}

static bool apply(struct building *building, const struct parts *parts, const struct layout *from,
                  struct error *error)
{
    int axis = 0;
    int i;

    for (i = 0; i < parts->count; i++) {
        const struct part *part = &parts->part[i];
        ptrdiff_t suboffset;

        if (part->kind == NEW_AXIS) {
            add_dimension(building, 1, 0, -1);
            continue;
        }
        suboffset = from->suboffsets[axis];
        if (!move(building, wrapping_product(from->strides[axis], part->start), error)) {
            return false;
        }
        if (part->kind == SLICE) {
            add_dimension(building, part->extent, wrapping_product(from->strides[axis], part->step),
                          suboffset);
        } else if (suboffset >= 0 && !follow(building, suboffset, axis, error)) {
            return false;
        }
        axis++;
    }
    for (i = 0; i < building->layout.ndim; i++) {
        if (building->carries[i] && building->layout.suboffsets[i] < 0) { /* which would mean: no pointer */
            return error_set(error, ERROR_INPUT, "suboffsets[%d] would be negative", i);
        }
    }
    return true;
}

bool layout_slice(struct layout *layout, const char *spec, struct error *error)
{
    struct building building = {.layout = *layout, .carrier = -1};
    struct parts parts;

    if (!read_parts(&parts, spec, error) || !complete(&parts, layout, error)) {
        return false;
    }
    building.layout.ndim = 0;
    building.layout.len = length_of(&parts, layout->itemsize);
    if (!apply(&building, &parts, layout, error)) {
        return false;
    }
    building.layout.given |= LAYOUT_SHAPE | LAYOUT_STRIDES;
    if (!layout_has_suboffsets(&building.layout)) {
        building.layout.given &= ~(unsigned)LAYOUT_SUBOFFSETS;
    }
    /* With suboffsets only: behind pointers, strides need fit no block, and may overflow together. */
    if (!layout_check(&building.layout, error)) {
        return false;
    }
    *layout = building.layout;
    return true;
}
