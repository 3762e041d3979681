#include "files/dtype.h"

#include "base/arena.h"
#include "base/error.h"
#include "base/text.h"
#include "format/field.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

enum { MAX_QUOTED = 80 }; /* bytes of a file's text in a message */

/* How much of a text a message quotes, for "%.*s". */
static int quoted(size_t length)
{
    return (int)(length < MAX_QUOTED ? length : MAX_QUOTED);
}

static const struct dtype *keep(struct arena *arena, const struct dtype *type, struct error *error)
{
    struct dtype *kept = arena_alloc(arena, sizeof *kept);

    if (kept == NULL) {
        error_no_memory(error);
        return NULL;
    }
    *kept = *type;
    return kept;
}

/* --- type strings ------------------------------------------------------------ */

/* A type string behind its byte order, being read. */
struct cursor {
    const char *next;
    const char *end;
};

static bool take(struct cursor *cursor, char c)
{
    if (cursor->next == cursor->end || *cursor->next != c) {
        return false;
    }
    cursor->next++;
    return true;
}

static bool take_word(struct cursor *cursor, const char *word)
{
    size_t length = strlen(word);

    if ((size_t)(cursor->end - cursor->next) < length || memcmp(cursor->next, word, length) != 0) {
        return false;
    }
    cursor->next += length;
    return true;
}

/* Decimal digits without leading zeros; what is larger than `most` becomes most + 1. */
static bool take_number(struct cursor *cursor, unsigned long most, unsigned long *number)
{
    const char *start = cursor->next;

    *number = 0;
    while (cursor->next < cursor->end && *cursor->next >= '0' && *cursor->next <= '9') {
        unsigned long digit = (unsigned long)(*cursor->next++ - '0');

        *number = *number > (most - digit) / 10 ? most + 1 : *number * 10 + digit;
    }
    return cursor->next > start && (*start != '0' || cursor->next == start + 1);
}

/* The types of one size, as letter and bytes. */
static bool take_fixed(struct cursor *cursor, struct dtype *type)
{
    static const struct {
        char word[4];
        unsigned char size; /* bytes */
    } types[] = {
        {"b1", 1}, {"i1", 1}, {"i2", 2}, {"i4", 4}, {"i8", 8}, {"u1", 1}, {"u2", 2}, {"u4", 4}, {"u8", 8},
        {"f2", 2}, {"f4", 4}, {"f8", 8}, {"f16", 16}, {"c8", 8}, {"c16", 16}, {"c32", 32},
        {"M8", 8}, {"m8", 8},
        {"f1", 1}, {"W4", 4}, /* what numpy.save writes of ml_dtypes' float8_e5m2, and of its complex types */
    };
    size_t i;

    for (i = 0; i < sizeof types / sizeof types[0]; i++) {
        if (take_word(cursor, types[i].word)) {
            type->kind = types[i].word[0];
            type->itemsize = types[i].size;
            return true;
        }
    }
    return false;
}

/* "[ns]", "[25us]", or nothing: NumPy's generic unit. */
static bool take_unit(struct cursor *cursor, struct dtype *type)
{
    static const char units[][8] = {
        "Y", "M", "W", "D", "h", "m", "s", "ms", "us", "ns", "ps", "fs", "as", "generic",
    };
    unsigned long multiple = 1;
    size_t i;

    type->multiple = 1;
    if (cursor->next == cursor->end) {
        return true;
    }
    if (!take(cursor, '[')) {
        return false;
    }
    if (cursor->next < cursor->end && *cursor->next >= '0' && *cursor->next <= '9' &&
        (!take_number(cursor, INT32_MAX, &multiple) || multiple == 0 || multiple > INT32_MAX)) {
        return false;
    }
    for (i = 0; i < sizeof units / sizeof units[0]; i++) {
        struct cursor after = *cursor;

        if (take_word(&after, units[i]) && take(&after, ']')) {
            *cursor = after;
            if (strcmp(units[i], "generic") != 0) {
                memcpy(type->unit, units[i], strlen(units[i]));
                type->multiple = (long)multiple;
            }
            return true;
        }
    }
    return false;
}

/* S, U and V with their length in characters. */
static bool take_flexible(struct cursor *cursor, struct dtype *type)
{
    unsigned long count;
    unsigned long width;

    if (cursor->next == cursor->end || memchr("SUV", *cursor->next, 3) == NULL) {
        return false;
    }
    type->kind = *cursor->next++;
    width = type->kind == 'U' ? 4 : 1;
    if (!take_number(cursor, DTYPE_MAX_ITEMSIZE / width, &count)) {
        return false;
    }
    type->itemsize = count * width; /* past the limit by a character at most: the caller looks */
    return true;
}

/* Objects: pointers in memory, "O8" and "O4" to NumPy under Python 2. */
static bool take_object(struct cursor *cursor, struct dtype *type)
{
    if (!take(cursor, 'O')) {
        return false;
    }
    type->kind = 'O';
    type->itemsize = sizeof(void *);
    type->has_object = true;
    return take(cursor, '8') || take(cursor, '4') || cursor->next == cursor->end;
}

const struct dtype *dtype_from_text(struct arena *arena, const char *text, size_t length,
                                    struct error *error)
{
    struct cursor cursor = {text, text + length};
    struct dtype type = {.order = FORMAT_NATIVE_ORDER, .in_order = true, .weight = 1};
    bool known;

    if (memchr(text, '\0', length) != NULL) {
        error_set(error, ERROR_INPUT, "a type string with a NUL in it");
        return NULL;
    }
    if (take(&cursor, '<')) {
        type.order = '<';
    } else if (take(&cursor, '>')) {
        type.order = '>';
    } else if (!take(&cursor, '=')) {
        take(&cursor, '|');
    }
    known = take_fixed(&cursor, &type) || take_flexible(&cursor, &type) || take_object(&cursor, &type);
    if (known && (type.kind == 'M' || type.kind == 'm')) {
        known = take_unit(&cursor, &type);
    }
    if (!known || cursor.next != cursor.end) {
        error_set(error, ERROR_INPUT, "unknown type string '%.*s'", quoted(length), text);
        return NULL;
    }
    if (type.itemsize > DTYPE_MAX_ITEMSIZE) {
        error_set(error, ERROR_INPUT, "type string '%.*s' asks for items of more than %d bytes",
                  quoted(length), text, DTYPE_MAX_ITEMSIZE);
        return NULL;
    }
    if ((type.itemsize == 1 && type.kind != 'f') || memchr("bSVO", type.kind, 4) != NULL) {
        type.order = '|';
    }
    type.described = type.itemsize;
    return keep(arena, &type, error);
}

/* --- structs and sub-arrays -------------------------------------------------- */

/* A name or a title; both share one name space. */
struct label {
    const char *text;
    size_t length;
};

static int compare_labels(const void *a, const void *b)
{
    const struct label *x = a;
    const struct label *y = b;

    if (x->length != y->length) {
        return x->length < y->length ? -1 : 1;
    }
    return x->length > 0 ? memcmp(x->text, y->text, x->length) : 0;
}

static bool check_label(const struct label *label, struct error *error)
{
    size_t i = 0;

    while (i < label->length) {
        unsigned c;
        size_t n = utf8_read(label->text + i, label->length - i, &c);

        if (n == 0 || c == 0) {
            return error_set(error, ERROR_INPUT, n == 0 ? "a field name that is no valid Unicode"
                                                        : "a field name with a NUL in it");
        }
        i += n;
    }
    return true;
}

static bool check_labels(const struct dtype_field *fields, size_t count, struct error *error)
{
    struct label *labels = count < SIZE_MAX / 2 ? calloc(2 * count + 1, sizeof *labels) : NULL;
    size_t used = 0;
    size_t i;
    bool ok = false;

    if (labels == NULL) {
        return error_no_memory(error);
    }
    for (i = 0; i < count; i++) {
        labels[used++] = (struct label){fields[i].name, fields[i].name_length};
        if (fields[i].title != NULL) {
            labels[used++] = (struct label){fields[i].title, fields[i].title_length};
        }
    }
    for (i = 0; i < used; i++) {
        if (!check_label(&labels[i], error)) {
            goto done;
        }
    }
    qsort(labels, used, sizeof *labels, compare_labels);
    for (i = 1; i < used; i++) {
        if (compare_labels(&labels[i - 1], &labels[i]) == 0) {
            error_set(error, ERROR_INPUT, "the field name or title '%.*s' occurs twice",
                      quoted(labels[i].length), labels[i].length > 0 ? labels[i].text : "");
            goto done;
        }
    }
    ok = true;
done:
    free(labels);
    return ok;
}

/* Take the measures of a part into those of the whole; `names` is the weight of its names (bytes). */
static bool add_part(struct dtype *whole, const struct dtype *part, size_t names, struct error *error)
{
    whole->has_object |= part->has_object;
    if (whole->depth <= part->depth) {
        whole->depth = part->depth + 1;
    }
    if (whole->depth > DTYPE_MAX_DEPTH) {
        return error_set(error, ERROR_INPUT, "a type nested more than %d deep", DTYPE_MAX_DEPTH);
    }
    if (part->weight + names > DTYPE_MAX_WEIGHT - whole->weight) {
        return error_set(error, ERROR_INPUT, "a type of too many fields");
    }
    whole->weight += part->weight + names;
    return true;
}

static bool add_field(struct dtype *whole, const struct dtype_field *field, struct error *error)
{
    if (field->type->itemsize > whole->itemsize || field->offset > whole->itemsize - field->type->itemsize) {
        return error_set(error, ERROR_INPUT,
                         "field '%.*s' of %zu bytes at offset %zu does not fit into its struct of %zu bytes",
                         quoted(field->name_length), field->name, field->type->itemsize, field->offset,
                         whole->itemsize);
    }
    whole->in_order &= field->offset >= whole->described;
    whole->described = field->offset + field->type->described;
    return add_part(whole, field->type, field->name_length + field->title_length, error);
}

const struct dtype *dtype_struct(struct arena *arena, struct dtype_field *fields, size_t count,
                                 size_t itemsize, struct error *error)
{
    struct dtype type = {.kind = 'T', .order = '|', .itemsize = itemsize, .fields = fields,
                         .field_count = count, .in_order = true, .weight = 1};
    size_t i;

    if (itemsize > DTYPE_MAX_ITEMSIZE) {
        error_set(error, ERROR_INPUT, "a struct of more than %d bytes", DTYPE_MAX_ITEMSIZE);
        return NULL;
    }
    if (!check_labels(fields, count, error)) {
        return NULL;
    }
    for (i = 0; i < count; i++) {
        if (!add_field(&type, &fields[i], error)) {
            return NULL;
        }
    }
    if (!type.in_order) {
        type.described = itemsize;
    }
    return keep(arena, &type, error);
}

const struct dtype *dtype_subarray(struct arena *arena, const struct dtype *base, int ndim,
                                   const ptrdiff_t *shape, struct error *error)
{
    struct dtype type = {.kind = '(', .order = '|', .base = base, .ndim = ndim, .in_order = true};
    size_t bytes = base->itemsize > 0 ? base->itemsize : 1;
    size_t count = 1;
    ptrdiff_t *copy;
    int i;

    if (ndim < 1 || ndim > DTYPE_MAX_NDIM) {
        error_set(error, ERROR_INPUT, "a sub-array of %d dimensions, where 1 to %d are possible", ndim,
                  DTYPE_MAX_NDIM);
        return NULL;
    }
    type.weight = 1 + (size_t)ndim;
    for (i = 0; i < ndim; i++) {
        if (shape[i] < 0) {
            error_set(error, ERROR_INPUT, "a sub-array with the negative extent %td", shape[i]);
            return NULL;
        }
        /* Extents beside a 0 are measured too: whoever multiplies them in another order must not overflow. */
        if (shape[i] > 0 && (__builtin_mul_overflow(bytes, (size_t)shape[i], &bytes) ||
                             bytes > DTYPE_MAX_ITEMSIZE)) {
            error_set(error, ERROR_INPUT, "a sub-array of more than %d bytes", DTYPE_MAX_ITEMSIZE);
            return NULL;
        }
        count *= (size_t)shape[i];
    }
    if (!add_part(&type, base, 0, error)) {
        return NULL;
    }
    copy = arena_array(arena, (size_t)ndim, sizeof *copy);
    if (copy == NULL) {
        error_no_memory(error);
        return NULL;
    }
    memcpy(copy, shape, (size_t)ndim * sizeof *copy);
    type.shape = copy;
    type.itemsize = count * base->itemsize;
    type.described = count * base->described;
    return keep(arena, &type, error);
}

bool dtype_has_object(const struct dtype *dtype)
{
    return dtype->has_object;
}
