#include "files/npy.h"

#include "base/arena.h"
#include "base/error.h"
#include "base/text.h"
#include "files/dtype.h"
#include "files/literal.h"

#include <string.h>

static const unsigned char magic[NPY_MAGIC_SIZE] = {0x93, 'N', 'U', 'M', 'P', 'Y'};

enum {
    V1_PREFIX_SIZE = 10,   /* magic, version, and the header's length in 2 bytes; else in 4 */
    MAX_UTF8 = 4,          /* bytes of a character */
    MAX_QUOTED_DTYPE = 60, /* bytes of a dtype's text in a message */
};

bool npy_is(const void *bytes, size_t size)
{
    return size >= NPY_MAGIC_SIZE && memcmp(bytes, magic, NPY_MAGIC_SIZE) == 0;
}

/* --- types ------------------------------------------------------------------- */

static const struct dtype *read_type(const struct literal *value, struct arena *arena, struct error *error);

static bool read_extents(const struct literal *list, const char *what, int most, ptrdiff_t *extents,
                         struct error *error)
{
    const struct literal *item;
    size_t i = 0;

    if (list->count > (size_t)most) {
        return error_set(error, ERROR_INPUT, "%s of %zu dimensions, where %d are possible", what, list->count,
                         most);
    }
    for (item = list->first; item != NULL; item = item->next) {
        if (item->kind != LITERAL_INTEGER) {
            return error_set(error, ERROR_INPUT, "%s in %s at byte %zu, where integers are expected",
                             literal_kind_name(item->kind), what, item->place);
        }
        extents[i++] = item->number;
    }
    return true;
}

/* A type with a shape, as the second or third item of a tuple has it: (2, 3), or just 2. */
static const struct dtype *read_subarray(const struct dtype *base, const struct literal *shape,
                                         struct arena *arena, struct error *error)
{
    ptrdiff_t extents[DTYPE_MAX_NDIM];

    if (shape->kind == LITERAL_INTEGER) {
        /* To NumPy the number 1 is no sub-array, though (1,) is one. */
        return shape->number == 1 ? base : dtype_subarray(arena, base, 1, &shape->number, error);
    }
    if (shape->kind != LITERAL_TUPLE && shape->kind != LITERAL_LIST) {
        error_set(error, ERROR_INPUT, "%s as the shape of a sub-array at byte %zu",
                  literal_kind_name(shape->kind), shape->place);
        return NULL;
    }
    if (!read_extents(shape, "a sub-array's shape", DTYPE_MAX_NDIM, extents, error)) {
        return NULL;
    }
    return shape->count == 0 ? base : dtype_subarray(arena, base, (int)shape->count, extents, error);
}

static bool read_label(const struct literal *value, const char **text, size_t *length, struct error *error)
{
    if (value->kind != LITERAL_STRING) {
        return error_set(error, ERROR_INPUT, "%s as a field's name at byte %zu",
                         literal_kind_name(value->kind), value->place);
    }
    *text = value->text;
    *length = value->length;
    return true;
}

/* 'name', or ('title', 'name') */
static bool read_name(const struct literal *value, struct dtype_field *field, struct error *error)
{
    if (value->kind == LITERAL_TUPLE && value->count == 2) {
        return read_label(value->first, &field->title, &field->title_length, error) &&
               read_label(value->first->next, &field->name, &field->name_length, error);
    }
    return read_label(value, &field->name, &field->name_length, error);
}

/* ('name', type) or ('name', type, shape) */
static bool read_field(const struct literal *value, struct dtype_field *field, struct arena *arena,
                       struct error *error)
{
    if (value->kind != LITERAL_TUPLE || value->count < 2 || value->count > 3) {
        return error_set(error, ERROR_INPUT,
                         "no field at byte %zu: a tuple of name, type and perhaps shape is expected",
                         value->place);
    }
    if (!read_name(value->first, field, error)) {
        return false;
    }
    field->type = read_type(value->first->next, arena, error);
    if (field->type != NULL && value->count == 3) {
        field->type = read_subarray(field->type, value->first->next->next, arena, error);
    }
    return field->type != NULL;
}

/*
 * NumPy drops fields that have no name and are void to it, sub-arrays among
 * them: padding.  Objects stay, so that they are found and refused.
 */
static bool is_padding(const struct dtype_field *field)
{
    return field->name_length == 0 && field->title == NULL && !dtype_has_object(field->type) &&
           (field->type->kind == 'V' || field->type->kind == '(');
}

/* Fields lie one behind the other. */
static const struct dtype *read_struct(const struct literal *list, struct arena *arena, struct error *error)
{
    struct dtype_field *fields = arena_array(arena, list->count + 1, sizeof *fields);
    const struct literal *item;
    size_t count = 0;
    size_t offset = 0;

    if (fields == NULL) {
        error_no_memory(error);
        return NULL;
    }
    for (item = list->first; item != NULL; item = item->next) {
        struct dtype_field field = {.offset = offset};

        if (!read_field(item, &field, arena, error)) {
            return NULL;
        }
        if (field.type->itemsize > DTYPE_MAX_ITEMSIZE - offset) {
            error_set(error, ERROR_INPUT, "a struct of more than %d bytes", DTYPE_MAX_ITEMSIZE);
            return NULL;
        }
        offset += field.type->itemsize;
        if (!is_padding(&field)) {
            fields[count++] = field;
        }
    }
    return dtype_struct(arena, fields, count, offset, error);
}

static const struct dtype *read_type(const struct literal *value, struct arena *arena, struct error *error)
{
    const struct dtype *base;

    if (value->kind == LITERAL_STRING) {
        return dtype_from_text(arena, value->text, value->length, error);
    }
    if (value->kind == LITERAL_LIST) {
        return read_struct(value, arena, error);
    }
    if (value->kind == LITERAL_TUPLE && value->count == 2) {
        base = read_type(value->first, arena, error);
        return base ? read_subarray(base, value->first->next, arena, error) : NULL;
    }
    error_set(error, ERROR_INPUT, "no type at byte %zu: %s, where a string or a list of fields is expected",
              value->place, literal_kind_name(value->kind));
    return NULL;
}

const struct dtype *npy_type(const char *text, size_t length, struct arena *arena, struct error *error)
{
    struct literal_options options = {0};
    const struct literal *value = literal_parse(text, length, &options, arena, error);

    return value != NULL ? read_type(value, arena, error) : NULL;
}

/* --- the header's dict --------------------------------------------------------- */

static bool set_descr(struct npy *npy, const struct literal *value, struct arena *arena, struct error *error)
{
    if (value->kind == LITERAL_TUPLE) {
        return error_set(error, ERROR_INPUT, "'descr' is a tuple: a sub-array cannot be an array's type");
    }
    npy->array.dtype = read_type(value, arena, error);
    return npy->array.dtype != NULL;
}

static bool set_fortran_order(struct npy *npy, const struct literal *value, struct arena *arena,
                              struct error *error)
{
    (void)arena;
    if (value->kind != LITERAL_BOOLEAN) {
        return error_set(error, ERROR_INPUT, "'fortran_order' is %s, not True or False",
                         literal_kind_name(value->kind));
    }
    npy->array.fortran_order = value->number != 0;
    return true;
}

static bool set_shape(struct npy *npy, const struct literal *value, struct arena *arena, struct error *error)
{
    (void)arena;
    if (value->kind != LITERAL_TUPLE) {
        return error_set(error, ERROR_INPUT, "'shape' is %s, not a tuple", literal_kind_name(value->kind));
    }
    npy->array.ndim = (int)value->count;
    return read_extents(value, "'shape'", LAYOUT_MAX_NDIM, npy->array.shape, error);
}

static const struct header_key {
    const char *name;
    bool (*set)(struct npy *npy, const struct literal *value, struct arena *arena, struct error *error);
} header_keys[] = {
    {"descr", set_descr},
    {"fortran_order", set_fortran_order},
    {"shape", set_shape},
};

enum { HEADER_KEYS = sizeof header_keys / sizeof header_keys[0] };

static bool find_key(const struct literal *key, size_t *found, struct error *error)
{
    if (key->kind != LITERAL_STRING) {
        return error_set(error, ERROR_INPUT, "%s as a key at byte %zu", literal_kind_name(key->kind),
                         key->place);
    }
    for (*found = 0; *found < HEADER_KEYS; ++*found) {
        if (strcmp(key->text, header_keys[*found].name) == 0) {
            return true;
        }
    }
    return error_set(error, ERROR_INPUT, "unknown key '%.40s'", key->text);
}

/* Exactly the three keys, in any order. */
static bool read_dict(struct npy *npy, const struct literal *dict, struct arena *arena, struct error *error)
{
    const struct literal *values[HEADER_KEYS] = {NULL};
    const struct literal *key;
    size_t k = 0;

    if (dict->kind != LITERAL_DICT) {
        return error_set(error, ERROR_INPUT, "%s, not a dict", literal_kind_name(dict->kind));
    }
    for (key = dict->first; key != NULL; key = key->next->next) {
        if (!find_key(key, &k, error)) {
            return false;
        }
        if (values[k] != NULL) {
            return error_set(error, ERROR_INPUT, "'%s' occurs twice", header_keys[k].name);
        }
        values[k] = key->next;
    }
    for (k = 0; k < HEADER_KEYS; k++) {
        if (values[k] == NULL) {
            return error_set(error, ERROR_INPUT, "no '%s'", header_keys[k].name);
        }
        if (!header_keys[k].set(npy, values[k], arena, error)) {
            return false;
        }
    }
    return array_measure(&npy->array, error);
}

/* --- the file ------------------------------------------------------------------ */

/* Read version and length of the header; *length is what the file says. */
static bool read_prefix(struct npy *npy, const unsigned char *bytes, size_t size, size_t *prefix,
                        uint32_t *length, struct error *error)
{
    int i;

    if (!npy_is(bytes, size)) {
        return error_set(error, ERROR_INPUT, "no .npy file: it does not begin with \"\\x93NUMPY\"");
    }
    if (size < NPY_MAGIC_SIZE + 2) {
        return error_set(error, ERROR_INPUT, "the file ends before its format version");
    }
    npy->major = bytes[NPY_MAGIC_SIZE];
    npy->minor = bytes[NPY_MAGIC_SIZE + 1];
    if (npy->major < 1 || npy->major > 3 || npy->minor != 0) {
        return error_set(error, ERROR_INPUT, "unknown .npy format version %d.%d: 1.0, 2.0 and 3.0 exist",
                         npy->major, npy->minor);
    }
    *prefix = npy->major == 1 ? V1_PREFIX_SIZE : NPY_PREFIX_SIZE;
    if (size < *prefix) {
        return error_set(error, ERROR_INPUT, "the file ends before its header's length");
    }
    *length = 0;
    for (i = (int)*prefix - 1; i >= NPY_MAGIC_SIZE + 2; i--) {
        *length = *length << 8 | bytes[i];
    }
    return true;
}

static size_t count_utf8(const char *bytes, size_t length)
{
    size_t count = 0;

    while (length-- > 0) {
        count += ((unsigned char)*bytes++ & 0xc0) != 0x80;
    }
    return count;
}

/* Look at the length before the header is touched: it may be any number. */
static bool check_length(const struct npy *npy, const char *header, size_t length, size_t at_hand,
                         uint64_t left, struct error *error)
{
    bool utf8 = npy->major == 3;

    if (length > left) {
        return error_set(error, ERROR_INPUT, "a header of %zu bytes where %llu are left in the file", length,
                         (unsigned long long)left);
    }
    if (length > (utf8 ? MAX_UTF8 : 1) * (size_t)NPY_MAX_HEADER ||
        (utf8 && length <= at_hand && count_utf8(header, length) > NPY_MAX_HEADER)) {
        return error_set(error, ERROR_INPUT, "a header of %zu bytes: more than %d characters are not read",
                         length, NPY_MAX_HEADER);
    }
    if (length > at_hand) {
        return error_set(error, ERROR_INPUT, "a header of %zu bytes, %zu of them at hand", length, at_hand);
    }
    return true;
}

static bool refuse_objects(const struct npy *npy, struct error *error)
{
    struct text dtype = TEXT_INIT;

    dtype_text(npy->array.dtype, &dtype);
    error_set(error, ERROR_INPUT,
              "holds Python objects (dtype %.*s%s): the data from byte %llu on are a pickle, which is not "
              "run; for a file of your own: -i numpy -e 'numpy.load(FILE, allow_pickle=True)'",
              MAX_QUOTED_DTYPE, text_string(&dtype), dtype.length > MAX_QUOTED_DTYPE ? "..." : "",
              (unsigned long long)npy->offset);
    text_free(&dtype);
    return false;
}

static bool check_data(struct npy *npy, uint64_t total, bool objects, struct error *error)
{
    uint64_t present = total - npy->offset;

    if (dtype_has_object(npy->array.dtype)) {
        npy->trailing = 0; /* where a pickle ends only running it tells */
        return objects || refuse_objects(npy, error);
    }
    if (present < npy->array.nbytes) {
        return error_set(error, ERROR_INPUT, "%zu data bytes needed, %llu present", npy->array.nbytes,
                         (unsigned long long)present);
    }
    npy->trailing = present - npy->array.nbytes;
    return true;
}

bool npy_parse(struct npy *npy, const void *bytes, size_t size, uint64_t total, bool objects,
               struct arena *arena, struct error *error)
{
    struct literal_options options = {0};
    const struct literal *dict;
    const char *header;
    size_t prefix = 0;
    uint32_t length = 0;

    *npy = (struct npy){0};
    if (!read_prefix(npy, bytes, size, &prefix, &length, error)) {
        return false;
    }
    if (!check_length(npy, (const char *)bytes + prefix, length, size - prefix, total - prefix, error)) {
        return false;
    }
    /* A copy, since whoever writes to a mapped file could change it between two looks at the same byte. */
    header = arena_copy(arena, (const char *)bytes + prefix, length);
    if (header == NULL) {
        return error_no_memory(error);
    }
    options.latin1 = npy->major < 3;
    options.long_suffix = npy->major < 3;
    options.place = prefix;
    dict = literal_parse(header, length, &options, arena, error);
    if (dict == NULL || !read_dict(npy, dict, arena, error)) {
        return error_prefix(error, "bad .npy header");
    }
    npy->offset = prefix + length;
    return check_data(npy, total, objects, error);
}
