/*
 * What recipes look at objects with, and make values with.
 */
#include "recipe/recipe.h"

#include "base/text.h"
#include "files/array.h"
#include "files/dtype.h"

#include <string.h>

static bool full(struct reading *reading)
{
    return recipe_wrong(reading, "the pickle's values need more than %zu MiB of memory", reading->arena->limit >> 20);
}

/* --- looking at an object --------------------------------------------------------------- */

size_t recipe_argument_count(const struct pickle_object *object)
{
    return object->arguments != NULL && object->arguments->kind == PICKLE_TUPLE ? object->arguments->item_count : 0;
}

struct pickle_value *recipe_argument(struct reading *reading, const struct pickle_object *object, size_t place)
{
    return object->arguments != NULL ? recipe_item(reading, object->arguments, place) : NULL;
}

struct pickle_value *recipe_item(struct reading *reading, const struct pickle_value *sequence, size_t place)
{
    return pickle_is_sequence(sequence) && place < sequence->item_count
               ? recipe_value(reading, sequence->items[place])
               : NULL;
}

struct pickle_value *recipe_entry(const struct pickle_value *dict, const char *key)
{
    size_t i;

    if (dict->kind != PICKLE_DICT) {
        return NULL;
    }
    for (i = dict->item_count; i >= 2; i -= 2) {
        if (value_is_text(dict->items[i - 2], key)) {
            return dict->items[i - 1];
        }
    }
    return NULL;
}

struct pickle_value *recipe_part(const struct pickle_value *named, const char *name)
{
    size_t i;

    for (i = 0; i < named->item_count; i++) {
        if (strcmp(named->named[i].name, name) == 0) {
            return named->named[i].value;
        }
    }
    return NULL;
}

struct pickle_value *recipe_attribute(struct reading *reading, const struct pickle_object *object, const char *name)
{
    const struct pickle_value *state = object->state;
    struct pickle_value *found = state != NULL ? recipe_entry(state, name) : NULL;
    size_t i;

    if (state != NULL && state->kind == PICKLE_TUPLE && state->item_count == 2) {
        for (i = 0; found == NULL && i < 2; i++) {
            found = recipe_entry(state->items[i], name);
        }
    }
    return found != NULL ? recipe_value(reading, found) : NULL;
}

/* UTF-8 to latin-1, in place where there is nothing to decode. */
static bool decode_latin1(struct reading *reading, struct recipe_range *text)
{
    const unsigned char *in = text->data;
    size_t length = text->size;
    unsigned char *out;
    unsigned previous = 0;
    unsigned char highest = 0;
    size_t used = 0;
    size_t i;

    if (!recipe_work(reading, length)) {
        return false;
    }
    if (pickle_is_ascii(in, length)) {
        return true;
    }
    out = arena_alloc(reading->arena, length);
    if (out == NULL) {
        return full(reading);
    }
    /*
     * The text is good UTF-8: U+0080 .. U+00FF are C2 or C3, whose last two bits
     * count, and one byte more, of which six do.  What is written for C2 and C3
     * themselves is overwritten.  Without branches, as above.
     */
    for (i = 0; i < length; i++) {
        unsigned char c = in[i];
        unsigned high = -(unsigned)(c >> 7); /* all ones past ASCII */

        out[used] = (unsigned char)((c & ~high) | ((previous << 6 | (c & 0x3fu)) & high));
        used += c < 0xc0;
        highest = c > highest ? c : highest;
        previous = c;
    }
    if (highest > 0xc3) {
        return recipe_wrong(reading, "its text is not latin-1");
    }
    *text = (struct recipe_range){out, used};
    return true;
}

bool recipe_data(struct reading *reading, const struct pickle_value *value, struct recipe_range *data)
{
    switch (value->kind) {
    case PICKLE_STR:
        *data = (struct recipe_range){value->data, value->size};
        return decode_latin1(reading, data);
    case PICKLE_BYTES:
    case PICKLE_BYTEARRAY:
    case PICKLE_TYPED:
        *data = (struct recipe_range){value->data, value->size};
        return true;
    case PICKLE_OBJECT:
        if (value->object->how == PICKLE_BUFFER) {
            reading->outside = true;
            return recipe_wrong(reading, "its data are not in this file (an out-of-band buffer)");
        }
        /* fall through */
    default:
        return recipe_wrong(reading, "data of type '%s'", pickle_type_name(value));
    }
}

bool recipe_shape(struct reading *reading, const struct pickle_value *value, bool single, int *ndim, ptrdiff_t *shape)
{
    struct pickle_value *alone[1] = {(struct pickle_value *)value};
    struct pickle_value *const *items = alone;
    size_t count = 1;
    size_t i;

    if (value->kind == PICKLE_TUPLE || value->kind == PICKLE_LIST) {
        items = value->items;
        count = value->item_count;
    } else if (!single || value->kind != PICKLE_INT) {
        return recipe_wrong(reading, "a shape of type '%s'", pickle_type_name(value));
    }
    if (count > LAYOUT_MAX_NDIM) {
        return recipe_wrong(reading, "a shape of %zu dimensions, more than %d", count, LAYOUT_MAX_NDIM);
    }
    for (i = 0; i < count; i++) {
        int64_t extent;

        if (items[i]->kind != PICKLE_INT || !value_to_int(items[i], &extent) || extent < 0 || extent > PTRDIFF_MAX) {
            return recipe_wrong(reading, "extent %zu of a shape is no integer from 0 on", i);
        }
        shape[i] = (ptrdiff_t)extent;
    }
    *ndim = (int)count;
    return true;
}

/* --- making a value --------------------------------------------------------------------- */

struct pickle_value *recipe_new(struct reading *reading, enum pickle_kind kind)
{
    struct pickle_value *value = arena_alloc(reading->arena, value_size(kind));

    if (value == NULL) {
        full(reading);
        return NULL;
    }
    value->kind = kind;
    return value;
}

struct pickle_value *recipe_object(struct reading *reading, struct pickle_object like)
{
    struct pickle_value *value = recipe_new(reading, PICKLE_OBJECT);

    if (value == NULL) {
        return NULL;
    }
    value->object = arena_alloc(reading->arena, sizeof *value->object);
    if (value->object == NULL) {
        full(reading);
        return NULL;
    }
    *value->object = like;
    return value;
}

const struct dtype *recipe_dtype(struct reading *reading, const char *text)
{
    size_t length = strlen(text);
    const struct dtype *type;

    if (reading->type != NULL && strcmp(text, reading->type_text) == 0) {
        return reading->type;
    }
    type = dtype_from_text(reading->arena, text, length, &reading->error);
    if (type != NULL && length < sizeof reading->type_text) {
        memcpy(reading->type_text, text, length + 1);
        reading->type = type;
    }
    return type;
}

struct pickle_value *recipe_bytes(struct reading *reading, enum pickle_kind kind, struct recipe_range data)
{
    struct pickle_value *value = recipe_new(reading, kind);

    if (value != NULL) {
        value->data = data.data;
        value->size = data.size;
    }
    return value;
}

struct pickle_value *recipe_text(struct reading *reading, struct text *text)
{
    char *copy = text->failed ? NULL : arena_copy(reading->arena, text_string(text), text->length);
    struct recipe_range range = {(unsigned char *)copy, text->length};

    text_free(text);
    if (copy == NULL) {
        full(reading);
        return NULL;
    }
    return recipe_bytes(reading, PICKLE_TEXT, range);
}

struct pickle_value *recipe_named(struct reading *reading, size_t count)
{
    struct pickle_value *value = recipe_new(reading, PICKLE_NAMED);

    if (value == NULL) {
        return NULL;
    }
    value->named = arena_array(reading->arena, count, sizeof *value->named);
    value->item_count = count;
    if (value->named == NULL) {
        full(reading);
        return NULL;
    }
    return value;
}

bool recipe_f_strides(int ndim, const ptrdiff_t *shape, size_t itemsize, ptrdiff_t *strides)
{
    int wide = 0;
    bool empty = false;
    int i;

    for (i = 0; i < ndim; i++) {
        wide += shape[i] > 1;
        empty |= shape[i] == 0;
    }
    return wide < 2 || empty ? layout_c_strides(ndim, shape, (ptrdiff_t)itemsize, strides)
                             : layout_f_strides(ndim, shape, (ptrdiff_t)itemsize, strides);
}

/* Whether all items lie in the memory. */
static bool check_extent(struct reading *reading, const struct layout *layout, size_t size, size_t start)
{
    ptrdiff_t low, high;

    if (!layout_check(layout, &reading->error)) {
        return false;
    }
    layout_block(layout, &low, &high);
    if (start > size || (low < 0 && (size_t)-low > start) || (size_t)high > size - start) {
        return recipe_wrong(reading, "an array of %td data bytes, from %td to %td, %zu present",
                            layout->len, (ptrdiff_t)start + low, (ptrdiff_t)start + high, size);
    }
    return true;
}

struct pickle_value *recipe_array(struct reading *reading, enum pickle_kind kind, const struct dtype *dtype, int ndim,
                                  const ptrdiff_t *shape, const ptrdiff_t *strides, struct recipe_range memory,
                                  size_t start)
{
    struct layout layout;
    struct array array;
    size_t extents = (size_t)ndim * sizeof *shape;
    struct pickle_value *value = recipe_new(reading, kind);
    struct pickle_array *made = arena_alloc(reading->arena, sizeof *made);
    ptrdiff_t *kept = arena_alloc(reading->arena, 2 * extents);

    if (value == NULL || made == NULL || kept == NULL) {
        full(reading);
        return NULL;
    }
    array.dtype = dtype;
    array.ndim = ndim;
    memcpy(array.shape, shape, extents);
    if (!array_measure(&array, &reading->error)) {
        return NULL;
    }
    layout.buf = memory.data;
    layout.len = (ptrdiff_t)array.nbytes;
    layout.itemsize = (ptrdiff_t)dtype->itemsize;
    layout.format = "B";
    layout.ndim = ndim;
    layout.readonly = true;
    layout.given = LAYOUT_SHAPE | LAYOUT_STRIDES | LAYOUT_FORMAT;
    memcpy(layout.shape, shape, extents);
    if (strides != NULL) {
        memcpy(layout.strides, strides, extents);
    } else {
        layout_c_strides(ndim, shape, layout.itemsize, layout.strides);
    }
    memset(layout.suboffsets, 0xff, extents);
    if (!check_extent(reading, &layout, memory.size, start)) {
        return NULL;
    }
    memcpy(kept, layout.shape, extents);
    memcpy(kept + ndim, layout.strides, extents);
    *made = (struct pickle_array){.dtype = dtype, .ndim = ndim, .shape = kept, .strides = kept + ndim};
    value->data = memory.data + start;
    value->size = array.nbytes;
    value->array = made;
    return value;
}
