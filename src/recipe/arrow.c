#include "recipe/arrow.h"

#include "base/text.h"
#include "files/dtype.h"
#include "recipe/recipe.h"
#include "recipe/recipes.h"

#include <stdio.h>
#include <string.h>

enum {
    MAX_STRINGS = 10000, /* of an array that are shown as such, as many as a list has */
    MAX_FIELDS = 1000,   /* of a struct; names are compared, each with each */
};

/* How an array of some type keeps its items. */
enum arrow_form {
    ITEMS,      /* a buffer of plain items, as NumPy has them */
    STRINGS,    /* offsets, and a buffer of bytes */
    BITS,       /* a buffer of bits */
    BYTES,      /* a buffer of items of some number of bytes */
    LISTS,      /* offsets into an array within; of one length each, only that array */
    FIELDS,     /* arrays within, by name */
    CHOICES,    /* numbers of items of another array */
};

/* A type: items are NumPy's, of the buffer that is not the bytes'; `kind` is that of strings. */
struct arrow_type {
    const char *function; /* what is called for it */
    const char *argument; /* its first argument, or NULL for any */
    enum arrow_form form;
    const char *items;
    enum pickle_kind kind;
};

static const struct arrow_type types[] = {
#define PLAIN(name, items) {"type_for_alias", name, ITEMS, items, PICKLE_NONE}
#define TEXTS(name, offsets, kind) {"type_for_alias", name, STRINGS, offsets, kind}
#define OTHER(function, argument, form, items) {function, argument, form, items, PICKLE_NONE}
    PLAIN("int8", "|i1"), PLAIN("int16", "<i2"), PLAIN("int32", "<i4"),
    PLAIN("int64", "<i8"), PLAIN("uint8", "|u1"), PLAIN("uint16", "<u2"),
    PLAIN("uint32", "<u4"), PLAIN("uint64", "<u8"), PLAIN("halffloat", "<f2"),
    PLAIN("float", "<f4"), PLAIN("double", "<f8"), PLAIN("date32", "<i4"), PLAIN("date32[day]", "<i4"),
    PLAIN("date64", "<M8[ms]"), PLAIN("date64[ms]", "<M8[ms]"), PLAIN("timestamp[s]", "<M8[s]"),
    PLAIN("timestamp[ms]", "<M8[ms]"), PLAIN("timestamp[us]", "<M8[us]"), PLAIN("timestamp[ns]", "<M8[ns]"),
    PLAIN("duration[s]", "<m8[s]"), PLAIN("duration[ms]", "<m8[ms]"), PLAIN("duration[us]", "<m8[us]"),
    PLAIN("duration[ns]", "<m8[ns]"), PLAIN("time32[s]", "<i4"), PLAIN("time32[ms]", "<i4"),
    PLAIN("time64[us]", "<i8"), PLAIN("time64[ns]", "<i8"),
    TEXTS("string", "<i4", PICKLE_STR), TEXTS("binary", "<i4", PICKLE_BYTES),
    TEXTS("large_string", "<i8", PICKLE_STR), TEXTS("large_binary", "<i8", PICKLE_BYTES),
    OTHER("type_for_alias", "bool", BITS, NULL),
    OTHER("timestamp", "s", ITEMS, "<M8[s]"), OTHER("timestamp", "ms", ITEMS, "<M8[ms]"),
    OTHER("timestamp", "us", ITEMS, "<M8[us]"), OTHER("timestamp", "ns", ITEMS, "<M8[ns]"),
    OTHER("decimal32", NULL, ITEMS, "|V4"), OTHER("decimal64", NULL, ITEMS, "|V8"),
    OTHER("decimal128", NULL, ITEMS, "|V16"), OTHER("decimal256", NULL, ITEMS, "|V32"),
    OTHER("binary", NULL, BYTES, NULL), OTHER("list_", NULL, LISTS, "<i4"), OTHER("large_list", NULL, LISTS, "<i8"),
    OTHER("map_", NULL, LISTS, "<i4"), OTHER("struct", NULL, FIELDS, NULL),
    OTHER("dictionary", NULL, CHOICES, NULL),
#undef PLAIN
#undef TEXTS
#undef OTHER
};

/* By the call that makes it: type_for_alias('int64'), timestamp('us', None), list_(field) */
static const struct arrow_type *find_type(const struct pickle_value *value)
{
    const struct pickle_object *object = value->kind == PICKLE_OBJECT ? value->object : NULL;
    const struct pickle_value *first = object != NULL && recipe_argument_count(object) > 0
                                           ? object->arguments->items[0]
                                           : NULL;
    size_t i;

    for (i = 0; first != NULL && object->callable != NULL && i < sizeof types / sizeof types[0]; i++) {
        if (value_is_global(object->callable, "pyarrow.lib", types[i].function) &&
            (types[i].argument == NULL || value_is_text(first, types[i].argument))) {
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
        step = utf8_read(bytes + i, size - i, &code);
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

/* --- one array -------------------------------------------------------------------------- */

/* (type, length, nulls, offset, buffers, children, dictionary) */
struct arrow_parts {
    const struct arrow_type *type;
    const struct pickle_value *call; /* that makes the type */
    const struct pickle_value *buffers;
    const struct pickle_value *children;
    struct pickle_value *dictionary;
    struct pickle_value *restore; /* the function that all arrays are made by */
    uint64_t length, first;
};

/* Whether a sequence has an item of that place. */
static bool has(const struct pickle_value *sequence, size_t place)
{
    return pickle_is_sequence(sequence) && place < sequence->item_count;
}

static bool read_parts(struct reading *reading, struct pickle_object *object, struct arrow_parts *parts)
{
    const struct pickle_value *tuple = recipe_argument(reading, object, 0);

    if (tuple == NULL || tuple->kind != PICKLE_TUPLE || tuple->item_count < 6 ||
        !value_to_unsigned(tuple->items[1], &parts->length) || !value_to_unsigned(tuple->items[3], &parts->first) ||
        parts->length == UINT64_MAX || !has(tuple->items[4], 0) || (parts->type = find_type(tuple->items[0])) == NULL) {
        return false;
    }
    parts->call = tuple->items[0];
    parts->buffers = tuple->items[4];
    parts->children = tuple->items[5];
    parts->dictionary = has(tuple, 6) ? tuple->items[6] : NULL;
    parts->restore = object->callable;
    return true;
}

/* An array within another, which is made as if by itself: of what _restore_array would be given for it. */
static struct pickle_value *within(struct reading *reading, const struct arrow_parts *parts, struct pickle_value *tuple)
{
    struct pickle_value *arguments = recipe_new(reading, PICKLE_TUPLE);

    if (tuple->kind != PICKLE_TUPLE || arguments == NULL ||
        (arguments->items = arena_array(reading->arena, 1, sizeof *arguments->items)) == NULL) {
        return NULL;
    }
    arguments->items[0] = tuple;
    arguments->item_count = 1;
    arguments->room = 1;
    return recipe_object(reading, (struct pickle_object){
                                      .how = PICKLE_CALLED, .callable = parts->restore, .arguments = arguments});
}

static bool put(struct pickle_value *made, const char *name, struct pickle_value *value)
{
    made->named[made->item_count++] = (struct pickle_named){name, value};
    return value != NULL;
}

static bool put_items(struct reading *reading, const struct arrow_parts *parts, const char *name, const char *type,
                      uint64_t count, struct pickle_value *made)
{
    return has(parts->buffers, 1) &&
           put(made, name, items(reading, recipe_item(reading, parts->buffers, 1), type, parts->first, count));
}

static bool put_strings(struct reading *reading, const struct arrow_parts *parts, struct pickle_value *made)
{
    if (!put_items(reading, parts, "offsets", parts->type->items, parts->length + 1, made) ||
        !has(parts->buffers, 2)) {
        return false;
    }
    made->numbered = strings(reading, made->named[0].value, recipe_item(reading, parts->buffers, 2),
                             recipe_item(reading, parts->buffers, 0), (size_t)parts->first, parts->type->kind);
    return put(made, "data", parts->buffers->items[2]);
}

/* list_(type, size) is the type of lists of one length. */
static bool put_lists(struct reading *reading, const struct arrow_parts *parts, struct pickle_value *made)
{
    bool of_one_length = recipe_argument_count(parts->call->object) > 1 && !has(parts->buffers, 1);

    return (of_one_length ||
            put_items(reading, parts, "offsets", parts->type->items, parts->length + 1, made)) &&
           has(parts->children, 0) && put(made, "items", within(reading, parts, parts->children->items[0]));
}

/* field('name', type, nullable, metadata) */
static const char *field_name(struct reading *reading, const struct pickle_value *fields, size_t place)
{
    const struct pickle_value *field = has(fields, place) ? fields->items[place] : NULL;
    const struct pickle_value *name = field != NULL && field->kind == PICKLE_OBJECT
                                          ? recipe_argument(reading, field->object, 0)
                                          : NULL;

    return name != NULL && name->kind == PICKLE_STR && recipe_work(reading, name->size)
               ? arena_copy(reading->arena, (const char *)name->data, name->size)
               : NULL;
}

static bool put_fields(struct reading *reading, const struct arrow_parts *parts, struct pickle_value *made)
{
    const struct pickle_value *fields = recipe_argument(reading, parts->call->object, 0);
    size_t i, j;

    for (i = 0; has(parts->children, i); i++) {
        const char *name = field_name(reading, fields, i);

        for (j = 0; name != NULL && j < i; j++) {
            name = strcmp(name, made->named[j].name) != 0 ? name : NULL;
        }
        if (name == NULL || !put(made, name, within(reading, parts, parts->children->items[i]))) {
            return false;
        }
    }
    return i > 0;
}

static bool put_choices(struct reading *reading, const struct arrow_parts *parts, struct pickle_value *made)
{
    const struct arrow_type *indices = find_type(parts->call->object->arguments->items[0]);

    return indices != NULL && indices->form == ITEMS && parts->dictionary != NULL &&
           put_items(reading, parts, "indices", indices->items, parts->length, made) &&
           put(made, "dictionary", within(reading, parts, parts->dictionary));
}

/* binary(size): items of that many bytes */
static bool put_bytes(struct reading *reading, const struct arrow_parts *parts, struct pickle_value *made)
{
    uint64_t size;
    char type[32];

    if (!value_to_unsigned(parts->call->object->arguments->items[0], &size) || size > DTYPE_MAX_ITEMSIZE) {
        return false;
    }
    snprintf(type, sizeof type, "|V%llu", (unsigned long long)size);
    return put_items(reading, parts, "values", type, parts->length, made);
}

static bool put_parts(struct reading *reading, const struct arrow_parts *parts, struct pickle_value *made)
{
    switch (parts->type->form) {
    case ITEMS:
        return put_items(reading, parts, "values", parts->type->items, parts->length, made);
    case STRINGS:
        return put_strings(reading, parts, made);
    case BITS:
        return has(parts->buffers, 1) && put(made, "bits", parts->buffers->items[1]);
    case BYTES:
        return put_bytes(reading, parts, made);
    case LISTS:
        return put_lists(reading, parts, made);
    case FIELDS:
        return put_fields(reading, parts, made);
    case CHOICES:
        return put_choices(reading, parts, made);
    }
    return false;
}

/* _restore_array(parts): what cannot be told so is shown by its arguments. */
struct pickle_value *arrow_array(struct reading *reading, struct pickle_object *object)
{
    struct arrow_parts parts;
    struct pickle_value *made;
    size_t room;

    object->type = "pyarrow.Array";
    if (!read_parts(reading, object, &parts)) {
        return NULL;
    }
    room = parts.type->form == FIELDS && pickle_is_sequence(parts.children) ? parts.children->item_count : 2;
    if (room > MAX_FIELDS || (made = recipe_named(reading, room + 1)) == NULL) {
        return NULL;
    }
    made->item_count = 0;
    if (!put_parts(reading, &parts, made)) {
        return NULL;
    }
    put(made, parts.type->form == FIELDS ? ".validity" : "validity", parts.buffers->items[0]);
    return made;
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
    struct pickle_value *found = recipe_part(array, name);

    return found != NULL ? recipe_value(reading, found) : NULL;
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
