#include "recipe/arrow.h"

#include "base/text.h"
#include "files/dtype.h"
#include "recipe/recipe.h"
#include "recipe/recipes.h"

#include <string.h>

enum { MAX_STRINGS = 10000 }; /* of an array that are shown as such, as many as a list has */

/* Arrow's types that are plain items, and NumPy's for them; strings have offsets of that type. */
static const struct arrow_type {
    const char *name;
    const char *items;
    const char *offsets;
    enum pickle_kind kind; /* of strings */
} types[] = {
#define ITEMS(name, items) {name, items, NULL, PICKLE_NONE}
#define STRINGS(name, offsets, kind) {name, NULL, offsets, kind}
    ITEMS("int8", "|i1"), ITEMS("int16", "<i2"), ITEMS("int32", "<i4"),
    ITEMS("int64", "<i8"), ITEMS("uint8", "|u1"), ITEMS("uint16", "<u2"),
    ITEMS("uint32", "<u4"), ITEMS("uint64", "<u8"), ITEMS("halffloat", "<f2"),
    ITEMS("float", "<f4"), ITEMS("double", "<f8"), ITEMS("date32", "<M8[D]"),
    ITEMS("date64", "<M8[ms]"), ITEMS("timestamp[s]", "<M8[s]"), ITEMS("timestamp[ms]", "<M8[ms]"),
    ITEMS("timestamp[us]", "<M8[us]"), ITEMS("timestamp[ns]", "<M8[ns]"),
    STRINGS("string", "<i4", PICKLE_STR),
    STRINGS("binary", "<i4", PICKLE_BYTES),
    STRINGS("large_string", "<i8", PICKLE_STR),
    STRINGS("large_binary", "<i8", PICKLE_BYTES),
#undef ITEMS
#undef STRINGS
};

/* type_for_alias('int64') */
static const struct arrow_type *find_type(const struct pickle_value *value)
{
    const struct pickle_value *name = value->kind == PICKLE_OBJECT && recipe_argument_count(value->object) == 1
                                          ? value->object->arguments->items[0]
                                          : NULL;
    size_t i;

    for (i = 0; name != NULL && i < sizeof types / sizeof types[0]; i++) {
        if (value_is_text(name, types[i].name)) {
            return &types[i];
        }
    }
    return NULL;
}

/* A buffer as `count` items from item `first` on. */
static struct pickle_value *items(struct reading *reading, const struct pickle_value *buffer, const char *type,
                                  uint64_t first, uint64_t count)
{
    const struct dtype *dtype = recipe_dtype(reading, type);
    struct recipe_range memory;
    ptrdiff_t extent = (ptrdiff_t)count;

    if (dtype == NULL || !recipe_data(reading, buffer, &memory)) {
        return NULL;
    }
    if (count > PTRDIFF_MAX || first > memory.size / dtype->itemsize) {
        return recipe_fail(reading, "more items than its buffer has");
    }
    return recipe_array(reading, PICKLE_ARRAY, dtype, 1, &extent, NULL, memory, (size_t)first * dtype->itemsize);
}

static bool is_utf8(const char *bytes, size_t size)
{
    unsigned code = 1;
    size_t i, step;

    for (i = 0; i < size && code != 0; i += step) {
        step = utf8_decode(bytes + i, size - i, &code);
        if (step == 0) {
            return false;
        }
    }
    return code != 0;
}

static bool is_valid(const struct pickle_value *validity, size_t place)
{
    return validity == NULL || !pickle_is_buffer(validity) || place / 8 >= validity->size ||
           (validity->data[place / 8] >> place % 8 & 1) != 0;
}

/* Where the bytes of string `place` lie; false when its offsets are wrong. */
static bool string_bytes(const struct pickle_value *offsets, const struct pickle_value *data, size_t place,
                         struct recipe_range *bytes)
{
    size_t width = offsets->array->dtype->itemsize;
    uint64_t ends[2] = {0, 0};
    size_t i, byte;

    for (i = 0; i < 2; i++) {
        for (byte = width; byte-- > 0;) {
            ends[i] = ends[i] << 8 | offsets->data[(place + i) * width + byte];
        }
    }
    if (ends[0] > ends[1] || ends[1] > data->size) {
        return false;
    }
    *bytes = (struct recipe_range){data->data + ends[0], (size_t)(ends[1] - ends[0])};
    return true;
}

/* The strings themselves, and None for what is missing; NULL for too many, and for those that are none. */
static struct pickle_value *strings(struct reading *reading, const struct pickle_value *offsets,
                                    const struct pickle_value *data, const struct pickle_value *validity,
                                    size_t first, enum pickle_kind kind)
{
    size_t count = (size_t)offsets->array->shape[0] - 1;
    struct pickle_value *list, *values;
    size_t i;

    if (data == NULL || !pickle_is_buffer(data) || count > MAX_STRINGS || !recipe_work(reading, 64 * count)) {
        return NULL;
    }
    list = recipe_new(reading, PICKLE_LIST);
    values = arena_array(reading->arena, count + 1, sizeof *values);
    if (list == NULL || values == NULL ||
        (list->items = arena_array(reading->arena, count + 1, sizeof *list->items)) == NULL) {
        return NULL;
    }
    for (i = 0; i < count; i++) {
        struct recipe_range bytes;

        list->items[i] = &values[i];
        if (!is_valid(validity, first + i)) {
            values[i].kind = PICKLE_NONE;
        } else if (string_bytes(offsets, data, i, &bytes) && recipe_work(reading, bytes.size) &&
                   (kind == PICKLE_BYTES || is_utf8((const char *)bytes.data, bytes.size))) {
            values[i] = (struct pickle_value){.kind = kind, .data = bytes.data, .size = bytes.size};
        } else {
            return NULL;
        }
    }
    list->item_count = count;
    list->room = count;
    return list;
}

/* _restore_array((type, length, nulls, offset, buffers, children, dictionary)) */
struct pickle_value *arrow_array(struct reading *reading, struct pickle_object *object)
{
    const struct pickle_value *parts = recipe_argument(reading, object, 0);
    const struct pickle_value *buffers;
    const struct arrow_type *type;
    struct pickle_value *made, *second;
    uint64_t length, first;
    size_t count = 0;

    object->type = "pyarrow.Array";
    if (parts == NULL || parts->kind != PICKLE_TUPLE || parts->item_count < 6 ||
        !value_to_unsigned(parts->items[1], &length) || !value_to_unsigned(parts->items[3], &first)) {
        return NULL;
    }
    type = find_type(parts->items[0]);
    buffers = parts->items[4];
    if (type == NULL || !pickle_is_sequence(buffers) || buffers->item_count < (type->items != NULL ? 2u : 3u) ||
        length == UINT64_MAX) {
        return NULL; /* shown by its parts */
    }
    made = recipe_named(reading, 3);
    second = recipe_item(reading, buffers, 1);
    if (made == NULL) {
        return NULL;
    }
    if (type->items != NULL) {
        made->named[count++] = (struct pickle_named){"values", items(reading, second, type->items, first, length)};
    } else {
        made->named[count++] =
            (struct pickle_named){"offsets", items(reading, second, type->offsets, first, length + 1)};
        made->named[count++] = (struct pickle_named){"data", buffers->items[2]};
        if (made->named[0].value != NULL) {
            made->numbered = strings(reading, made->named[0].value, recipe_value(reading, buffers->items[2]),
                                     recipe_value(reading, buffers->items[0]), (size_t)first, type->kind);
        }
    }
    made->named[count++] = (struct pickle_named){"validity", buffers->items[0]};
    made->item_count = count;
    return made->named[0].value != NULL ? made : NULL;
}

/* py_buffer(bytes): the bytes */
struct pickle_value *arrow_buffer(struct reading *reading, struct pickle_object *object)
{
    struct pickle_value *bytes = recipe_argument(reading, object, 0);

    return bytes != NULL && pickle_is_buffer(bytes) ? bytes : NULL;
}

/* chunked_array([chunk, ...], type): the chunk, where there is one */
struct pickle_value *arrow_chunked(struct reading *reading, struct pickle_object *object)
{
    struct pickle_value *chunks = recipe_argument(reading, object, 0);

    object->type = "pyarrow.ChunkedArray";
    if (chunks == NULL || !pickle_is_sequence(chunks)) {
        return NULL;
    }
    return chunks->item_count == 1 ? recipe_item(reading, chunks, 0) : chunks;
}

static const struct pickle_value *member(struct reading *reading, const struct pickle_value *array, const char *name)
{
    size_t i;

    for (i = 0; i < array->item_count; i++) {
        if (strcmp(array->named[i].name, name) == 0) {
            return recipe_value(reading, array->named[i].value);
        }
    }
    return NULL;
}

bool arrow_string(struct reading *reading, const struct pickle_value *array, size_t place, struct text *text)
{
    const struct pickle_value *offsets = member(reading, array, "offsets");
    const struct pickle_value *data = member(reading, array, "data");
    struct recipe_range bytes;

    if (offsets == NULL || data == NULL || offsets->kind != PICKLE_ARRAY || !pickle_is_buffer(data) ||
        place + 1 >= (size_t)offsets->array->shape[0] || !string_bytes(offsets, data, place, &bytes) ||
        !is_utf8((const char *)bytes.data, bytes.size)) {
        return false;
    }
    text_append(text, (const char *)bytes.data, bytes.size);
    return true;
}
