#include "pickle/machine.h"

#include "files/dtype.h"

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

/* A type from dtype.c; NULL with its error, and the place. */
static const struct dtype *checked(struct machine *m, const struct dtype *type)
{
    if (type == NULL) {
        machine_blame(m);
    }
    return type;
}

static bool is_string(const struct pickle_value *value)
{
    return value->kind == PICKLE_STR || (int)value->kind == KIND_STRING;
}

struct pickle_value *call_dtype(struct machine *m, struct pickle_value *const *arguments, size_t count)
{
    const struct dtype *type;
    struct pickle_value *value;

    if (count < 1 || count > 3 || !is_string(arguments[0]) || arguments[0]->size > MAX_TYPE_TEXT) {
        machine_refuse(m, "these arguments to 'numpy.dtype'");
        return NULL;
    }
    type = dtype_from_text(m->arena, (const char *)arguments[0]->data, arguments[0]->size, m->error);
    type = checked(m, type);
    value = type != NULL ? value_new(m, PICKLE_DTYPE) : NULL;
    if (value != NULL) {
        value->dtype = type;
    }
    return value;
}

/* "<M8[25us]" from "M8", '<' and (metadata, (b'us', 25, 1, 1)) */
static bool add_unit(struct machine *m, const struct pickle_value *metadata, char *text, size_t text_size)
{
    const struct pickle_value *unit;
    int64_t multiple, divisor;
    size_t used = strlen(text);

    if (metadata->kind != PICKLE_TUPLE || metadata->item_count != 2 ||
        metadata->items[1]->kind != PICKLE_TUPLE || metadata->items[1]->item_count != 4) {
        return machine_refuse(m, "this datetime metadata of 'numpy.dtype'");
    }
    unit = metadata->items[1]->items[0];
    if ((unit->kind != PICKLE_BYTES && !is_string(unit)) || unit->size > 7 ||
        memchr(unit->data, '\0', unit->size) != NULL ||
        !value_to_int(metadata->items[1]->items[1], &multiple) ||
        !value_to_int(metadata->items[1]->items[2], &divisor) || divisor != 1) {
        return machine_refuse(m, "this datetime metadata of 'numpy.dtype'");
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
static const struct dtype *plain_type(struct machine *m, const struct dtype *type, char order,
                                      const struct pickle_value *metadata)
{
    bool is_datetime = type->kind == 'M' || type->kind == 'm';
    bool is_text = type->kind == 'U';
    char text[2 * MAX_TYPE_TEXT + 32];

    snprintf(text, sizeof text, "%c%c%zu", order, type->kind, is_text ? type->itemsize / 4 : type->itemsize);
    if (is_datetime && metadata != NULL && !add_unit(m, metadata, text, sizeof text)) {
        return NULL;
    }
    return checked(m, dtype_from_text(m->arena, text, strlen(text), m->error));
}

static const struct dtype *subarray_type(struct machine *m, const struct pickle_value *parts)
{
    ptrdiff_t shape[LAYOUT_MAX_NDIM];
    int ndim;

    if (parts->kind != PICKLE_TUPLE || parts->item_count != 2 || parts->items[0]->kind != PICKLE_DTYPE) {
        machine_refuse(m, "this sub-array of 'numpy.dtype'");
        return NULL;
    }
    if (!build_shape(m, parts->items[1], true, &ndim, shape)) {
        return NULL;
    }
    return checked(m, dtype_subarray(m->arena, parts->items[0]->dtype, ndim, shape, m->error));
}

/* The value of a dict's key.  Looked for from *from on, around: names and fields are mostly in one order. */
static const struct pickle_value *find_field(struct machine *m, const struct pickle_value *fields,
                                             const struct pickle_value *name, size_t *from)
{
    size_t count = fields->item_count / 2;
    size_t i;

    for (i = 0; i < count; i++) {
        size_t place = (*from + i) % count;
        const struct pickle_value *key = fields->items[2 * place];

        if (!machine_work(m, 1 + (key->size == name->size ? name->size : 0))) {
            return NULL;
        }
        if (is_string(key) && key->size == name->size && memcmp(key->data, name->data, name->size) == 0) {
            *from = place + 1;
            return fields->items[2 * place + 1];
        }
    }
    machine_broken(m, "a dtype's field has a name, but no type");
    return NULL;
}

/* One field from (dtype, offset[, title]). */
static bool build_field(struct machine *m, struct dtype_field *field, const struct pickle_value *name,
                        const struct pickle_value *parts)
{
    const struct pickle_value *title;
    int64_t offset;

    if (parts->kind != PICKLE_TUPLE || parts->item_count < 2 || parts->item_count > 3 ||
        parts->items[0]->kind != PICKLE_DTYPE) {
        return machine_refuse(m, "this field of 'numpy.dtype'");
    }
    if (!value_to_int(parts->items[1], &offset) || offset < 0) {
        return machine_broken(m, "a field's offset is no integer from 0 on");
    }
    *field = (struct dtype_field){.name = (const char *)name->data,
                                  .name_length = name->size,
                                  .offset = (size_t)offset,
                                  .type = parts->items[0]->dtype};
    title = parts->item_count == 3 ? parts->items[2] : NULL;
    if (title != NULL && title->kind != PICKLE_NONE) {
        if (!is_string(title)) {
            return machine_refuse(m, "a field's title of type '%s'", value_type_name(title));
        }
        field->title = arena_copy(m->arena, (const char *)title->data, title->size);
        field->title_length = title->size;
    }
    field->name = arena_copy(m->arena, field->name, field->name_length);
    if (field->name == NULL || (field->title == NULL && field->title_length > 0)) {
        return machine_full(m);
    }
    return true;
}

static const struct dtype *struct_type(struct machine *m, const struct pickle_value *names,
                                       const struct pickle_value *fields, size_t itemsize)
{
    struct dtype_field *built;
    size_t place = 0;
    size_t i;

    if (names->kind != PICKLE_TUPLE || fields->kind != PICKLE_DICT) {
        machine_refuse(m, "these fields of 'numpy.dtype'");
        return NULL;
    }
    built = arena_array(m->arena, names->item_count, sizeof *built);
    if (built == NULL) {
        machine_full(m);
        return NULL;
    }
    for (i = 0; i < names->item_count; i++) {
        const struct pickle_value *name = names->items[i];
        const struct pickle_value *parts;

        if (!is_string(name)) {
            machine_broken(m, "a field's name of type '%s'", value_type_name(name));
            return NULL;
        }
        parts = find_field(m, fields, name, &place);
        if (parts == NULL || !build_field(m, &built[i], name, parts)) {
            return NULL;
        }
    }
    return checked(m, dtype_struct(m->arena, built, names->item_count, itemsize, m->error));
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

bool build_dtype(struct machine *m, struct pickle_value *dtype, struct pickle_value *const *state,
                 size_t count)
{
    const struct dtype *type = dtype->dtype;
    const struct pickle_value *metadata = count == 9 ? state[8] : NULL;
    int64_t version, itemsize;
    char order;

    if (dtype->own) {
        return machine_broken(m, "a second state for the same dtype");
    }
    if ((count != 8 && count != 9) || !value_to_int(state[0], &version) || (version != 3 && version != 4)) {
        return machine_refuse(m, "this state of 'numpy.dtype'");
    }
    order = order_of(state[1]);
    if (order == '\0' || !value_to_int(state[5], &itemsize)) {
        return machine_broken(m, "a dtype's state with a wrong byte order or item size");
    }
    if (itemsize != -1 && (itemsize < 0 || (uint64_t)itemsize != type->itemsize)) {
        return machine_broken(m, "a dtype of %zu bytes with a state for %jd", type->itemsize,
                              (intmax_t)itemsize);
    }
    if (state[2]->kind != PICKLE_NONE) {
        type = subarray_type(m, state[2]);
    } else if (state[3]->kind != PICKLE_NONE) {
        type = struct_type(m, state[3], state[4], type->itemsize);
    } else {
        type = plain_type(m, type, order, metadata);
    }
    if (type == NULL) {
        return false;
    }
    if (dtype->dtype->kind != type->kind && dtype->dtype->kind != 'V') {
        return machine_broken(m, "a dtype '%c' with a state of parts", dtype->dtype->kind);
    }
    if (type->itemsize != dtype->dtype->itemsize) {
        return machine_broken(m, "a dtype of %zu bytes with parts of %zu", dtype->dtype->itemsize,
                              type->itemsize);
    }
    if (type->weight > MAX_LIGHT_TYPE && type->weight > m->size) {
        return machine_broken(m, "a dtype that repeats its parts too often");
    }
    dtype->dtype = type;
    dtype->own = true; /* built */
    return true;
}
