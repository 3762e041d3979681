#include "files/dtype.h"
#include "recipe/recipe.h"
#include "recipe/recipes.h"
#include "value/named.h"

#include <stdio.h>
#include <string.h>

/*
 * numpy.dtype as pickles hold it: dtype('V12', False, True) gives kind and
 * size, BUILD the rest: (3, order, (base, shape), names, fields, itemsize,
 * alignment, flags), and with version 4 the metadata, which tells datetimes'
 * units.  Alignment and flags follow from the rest and are not believed.
 */

enum {
    MAX_TYPE_TEXT = 32,     /* bytes of "V12" */
    MAX_LIGHT_TYPE = 65536, /* weight that any type may have */
};

static bool is_string(const struct pickle_value *value)
{
    return value->kind == PICKLE_STR || value->kind == PICKLE_BYTES;
}

/* "<M8[25us]" from "M8", '<' and (metadata, (b'us', 25, 1, 1)) */
static bool add_unit(struct reading *reading, const struct pickle_value *metadata, char *text, size_t text_size)
{
    const struct pickle_value *unit;
    int64_t multiple, divisor;
    size_t used = strlen(text);

    if (metadata->kind != PICKLE_TUPLE || metadata->item_count != 2 ||
        metadata->items[1]->kind != PICKLE_TUPLE || metadata->items[1]->item_count != 4) {
        return recipe_wrong(reading, "this datetime metadata of 'numpy.dtype'");
    }
    unit = recipe_item(reading, metadata->items[1], 0);
    if ((unit->kind != PICKLE_BYTES && !is_string(unit)) || unit->size > 7 ||
        memchr(unit->data, '\0', unit->size) != NULL ||
        !value_to_int(metadata->items[1]->items[1], &multiple) ||
        !value_to_int(metadata->items[1]->items[2], &divisor) || divisor != 1) {
        return recipe_wrong(reading, "this datetime metadata of 'numpy.dtype'");
    }
    if (unit->size == 7 && memcmp(unit->data, "generic", 7) == 0) {
        return true;
    }
    if (multiple == 1) {
        snprintf(text + used, text_size - used, "[%.*s]", (int)unit->size, (const char *)unit->data);
    } else {
        snprintf(text + used, text_size - used, "[%jd%.*s]", (intmax_t)multiple, (int)unit->size,
                 (const char *)unit->data);
    }
    return true;
}

/* A type without parts, once its byte order and unit are known. */
static const struct dtype *plain_type(struct reading *reading, const struct dtype *type, char order,
                                      const struct pickle_value *metadata)
{
    bool is_datetime = type->kind == 'M' || type->kind == 'm';
    bool is_text = type->kind == 'U';
    char text[2 * MAX_TYPE_TEXT + 32];

    snprintf(text, sizeof text, "%c%c%zu", order, type->kind, is_text ? type->itemsize / 4 : type->itemsize);
    if (is_datetime && metadata != NULL && !add_unit(reading, metadata, text, sizeof text)) {
        return NULL;
    }
    return recipe_dtype(reading, text);
}

/* The type of a part: of one that only whole items can be called by (numpy_dtype), its bytes. */
static const struct dtype *part_type(struct reading *reading, const struct pickle_value *type)
{
    char text[MAX_TYPE_TEXT];

    if (type->data == NULL) {
        return type->dtype;
    }
    snprintf(text, sizeof text, "|V%zu", type->dtype->itemsize);
    return recipe_dtype(reading, text);
}

static const struct dtype *subarray_type(struct reading *reading, const struct pickle_value *parts)
{
    ptrdiff_t shape[LAYOUT_MAX_NDIM];
    const struct pickle_value *base = recipe_item(reading, parts, 0);
    const struct dtype *type;
    int ndim;

    if (parts->kind != PICKLE_TUPLE || parts->item_count != 2 || base->kind != PICKLE_DTYPE) {
        recipe_wrong(reading, "this sub-array of 'numpy.dtype'");
        return NULL;
    }
    if (!recipe_shape(reading, parts->items[1], true, &ndim, shape)) {
        return NULL;
    }
    type = part_type(reading, base);
    return type != NULL ? dtype_subarray(reading->arena, type, ndim, shape, &reading->error) : NULL;
}

/* The value of a dict's key.  Looked for from *from on, around: names and fields are mostly in one order. */
static const struct pickle_value *find_field(struct reading *reading, const struct pickle_value *fields,
                                             const struct pickle_value *name, size_t *from)
{
    size_t count = fields->item_count / 2;
    size_t i;

    for (i = 0; i < count; i++) {
        size_t place = (*from + i) % count;
        const struct pickle_value *key = fields->items[2 * place];
        bool fits = is_string(key) && key->size == name->size;

        if (!recipe_work(reading, 1 + (fits ? name->size : 0))) {
            return NULL;
        }
        if (fits && memcmp(key->data, name->data, name->size) == 0) {
            *from = place + 1;
            return fields->items[2 * place + 1];
        }
    }
    recipe_wrong(reading, "a dtype's field has a name, but no type");
    return NULL;
}

/* One field from (dtype, offset[, title]). */
static bool build_field(struct reading *reading, struct dtype_field *field, const struct pickle_value *name,
                        const struct pickle_value *parts)
{
    const struct pickle_value *type = recipe_item(reading, parts, 0);
    const struct pickle_value *title;
    int64_t offset;

    if (parts->kind != PICKLE_TUPLE || parts->item_count < 2 || parts->item_count > 3 ||
        type->kind != PICKLE_DTYPE) {
        return recipe_wrong(reading, "this field of 'numpy.dtype'");
    }
    if (!value_to_int(parts->items[1], &offset) || offset < 0) {
        return recipe_wrong(reading, "a field's offset is no integer from 0 on");
    }
    *field = (struct dtype_field){.name = (const char *)name->data,
                                  .name_length = name->size,
                                  .offset = (size_t)offset,
                                  .type = part_type(reading, type)};
    if (field->type == NULL) {
        return false;
    }
    title = parts->item_count == 3 ? parts->items[2] : NULL;
    if (title != NULL && title->kind != PICKLE_NONE) {
        if (!is_string(title)) {
            return recipe_wrong(reading, "a field's title of type '%s'", pickle_type_name(title));
        }
        field->title = arena_copy(reading->arena, (const char *)title->data, title->size);
        field->title_length = title->size;
    }
    field->name = arena_copy(reading->arena, field->name, field->name_length);
    if (field->name == NULL || (field->title == NULL && field->title_length > 0)) {
        return recipe_wrong(reading, "out of memory for its values");
    }
    return true;
}

static const struct dtype *struct_type(struct reading *reading, const struct pickle_value *names,
                                       const struct pickle_value *fields, size_t itemsize)
{
    struct dtype_field *built;
    size_t place = 0;
    size_t i;

    if (names->kind != PICKLE_TUPLE || fields->kind != PICKLE_DICT) {
        recipe_wrong(reading, "these fields of 'numpy.dtype'");
        return NULL;
    }
    built = arena_array(reading->arena, names->item_count, sizeof *built);
    if (built == NULL) {
        recipe_wrong(reading, "out of memory for its values");
        return NULL;
    }
    for (i = 0; i < names->item_count; i++) {
        const struct pickle_value *name = names->items[i];
        const struct pickle_value *parts;

        if (!is_string(name)) {
            recipe_wrong(reading, "a field's name of type '%s'", pickle_type_name(name));
            return NULL;
        }
        parts = find_field(reading, fields, name, &place);
        if (parts == NULL || !build_field(reading, &built[i], name, parts)) {
            return NULL;
        }
    }
    return dtype_struct(reading->arena, built, names->item_count, itemsize, &reading->error);
}

/* The byte order of a state: '<', '>', '|' or '=', this machine's. */
static char order_of(const struct pickle_value *value)
{
    const char *orders = "<>|=";
    size_t i;

    for (i = 0; orders[i] != '\0'; i++) {
        char text[2] = {orders[i], '\0'};

        if (value_is_text(value, text)) {
            return orders[i];
        }
    }
    return '\0';
}

static const struct dtype *type_of_state(struct reading *reading, const struct dtype *type,
                                         const struct pickle_value *state)
{
    size_t count = state->kind == PICKLE_TUPLE ? state->item_count : 0;
    const struct pickle_value *parts[9];
    const struct dtype *built;
    int64_t version, itemsize;
    char order;
    size_t i;

    if (count != 8 && count != 9) {
        return recipe_fail(reading, "this state of 'numpy.dtype'");
    }
    for (i = 0; i < count; i++) {
        parts[i] = recipe_item(reading, state, i);
    }
    if (!value_to_int(parts[0], &version) || (version != 3 && version != 4)) {
        return recipe_fail(reading, "this state of 'numpy.dtype'");
    }
    order = order_of(parts[1]);
    if (order == '\0' || !value_to_int(parts[5], &itemsize)) {
        return recipe_fail(reading, "a dtype's state with a wrong byte order or item size");
    }
    if (itemsize != -1 && (itemsize < 0 || (uint64_t)itemsize != type->itemsize)) {
        return recipe_fail(reading, "a dtype of %zu bytes with a state for %jd", type->itemsize, (intmax_t)itemsize);
    }
    if (parts[2]->kind != PICKLE_NONE) {
        built = subarray_type(reading, parts[2]);
    } else if (parts[3]->kind != PICKLE_NONE) {
        built = struct_type(reading, parts[3], parts[4], type->itemsize);
    } else {
        built = plain_type(reading, type, order, count == 9 ? parts[8] : NULL);
    }
    if (built == NULL) {
        return NULL;
    }
    if (type->kind != built->kind && type->kind != 'V') {
        return recipe_fail(reading, "a dtype '%c' with a state of parts", type->kind);
    }
    if (built->itemsize != type->itemsize) {
        return recipe_fail(reading, "a dtype of %zu bytes with parts of %zu", type->itemsize, built->itemsize);
    }
    if (built->weight > MAX_LIGHT_TYPE && built->weight > reading->pickle.size) {
        return recipe_fail(reading, "a dtype that repeats its parts too often");
    }
    return built;
}

/* dtype(numpy.record, False, True): a struct, whose size its state tells. */
static bool is_record(const struct pickle_value *code)
{
    const struct pickle_global *class = pickle_global_of(code);

    return class != NULL && class->name_size == 6 && memcmp(class->name, "record", 6) == 0 &&
           class->module_size >= 5 && memcmp(class->module, "numpy", 5) == 0;
}

static size_t size_of_state(const struct pickle_value *state)
{
    uint64_t size = 0;

    if (state != NULL && state->kind == PICKLE_TUPLE && state->item_count > 5) {
        value_to_unsigned(state->items[5], &size);
    }
    return (size_t)size;
}

/* A type that ml_dtypes adds, by its class; NULL for any other value. */
static const struct named_type *find_extension(const struct pickle_value *code)
{
    const struct pickle_global *class = pickle_global_of(code);
    char name[MAX_TYPE_TEXT] = "";
    char order = '<';

    if (class != NULL && class->name_size < sizeof name) {
        memcpy(name, class->name, class->name_size);
    }
    return value_is_global(code, "ml_dtypes", name) ? named_find(name, &order) : NULL;
}

/* NumPy's type of the same bytes, under the name of the extension. */
static struct pickle_value *extension_type(struct reading *reading, const struct named_type *extension,
                                           const struct pickle_value *state)
{
    bool swapped = state != NULL && state->kind == PICKLE_TUPLE && state->item_count > 1 &&
                   value_is_text(state->items[1], ">");
    struct pickle_value *value = recipe_new(reading, PICKLE_DTYPE);
    char text[4];

    if (value == NULL) {
        return NULL;
    }
    snprintf(text, sizeof text, "%c%s", swapped ? '>' : '<', extension->bytes);
    value->dtype = recipe_dtype(reading, text);
    value->data = (const unsigned char *)extension->name;
    return value->dtype != NULL ? value : NULL;
}

struct pickle_value *numpy_dtype(struct reading *reading, struct pickle_object *object)
{
    const struct pickle_value *code = recipe_argument(reading, object, 0);
    size_t count = recipe_argument_count(object);
    const struct dtype *type;
    struct pickle_value *value;
    char text[MAX_TYPE_TEXT];

    if (count >= 1 && count <= 3 && is_record(code)) {
        snprintf(text, sizeof text, "V%zu", size_of_state(object->state));
    } else if (count >= 1 && count <= 3 && find_extension(code) != NULL) {
        return extension_type(reading, find_extension(code), object->state);
    } else if (count >= 1 && count <= 3 && is_string(code) && code->size < sizeof text) {
        memcpy(text, code->data, code->size);
        text[code->size] = '\0';
    } else {
        return recipe_fail(reading, "arguments that 'numpy.dtype' does not take");
    }
    if (object->states > 1) {
        return recipe_fail(reading, "a second state for the same dtype");
    }
    type = recipe_dtype(reading, text);
    if (type != NULL && object->state != NULL) {
        type = type_of_state(reading, type, recipe_value(reading, object->state));
    }
    value = type != NULL ? recipe_new(reading, PICKLE_DTYPE) : NULL;
    if (value != NULL) {
        value->dtype = type;
    }
    return value;
}
