#include "files/dtype.h"

#include "base/arena.h"
#include "base/error.h"
#include "format/format.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* What NumPy calls a kind of item; '\0' where it has no type for it. */
static const char letters[] = {
    [FORMAT_PAD] = 'V',   [FORMAT_INT] = 'i',  [FORMAT_UINT] = 'u',  [FORMAT_BOOL] = 'b',
    [FORMAT_FLOAT] = 'f', [FORMAT_COMPLEX] = 'c', [FORMAT_CHAR] = 'S', [FORMAT_BYTES] = 'S',
    [FORMAT_TEXT] = 'U',  [FORMAT_STRUCT] = '\0',
};

enum { MAX_QUOTED = 80 }; /* bytes of a format in a message */

static const struct dtype *refuse(const struct format_field *field, struct error *error)
{
    error_set(error, ERROR_INPUT, "NumPy has no type for items of format '%.*s'",
              (int)(field->text_length < MAX_QUOTED ? field->text_length : MAX_QUOTED), field->text);
    return NULL;
}

/* One element that is no struct. */
static const struct dtype *plain_type(struct arena *arena, const struct format_field *field, struct error *error)
{
    char letter = (size_t)field->kind < sizeof letters ? letters[field->kind] : '\0';
    size_t width = letter == 'U' ? 4 : 1;
    struct error unknown;
    const struct dtype *type;
    char text[32];

    if (letter == '\0' || (letter == 'U' && field->unit != field->count * width)) {
        return refuse(field, error);
    }
    snprintf(text, sizeof text, "%c%c%zu", field->order, letter, field->unit / width);
    type = dtype_from_text(arena, text, strlen(text), &unknown);
    return type != NULL ? type : refuse(field, error);
}

/* --- names ----------------------------------------------------------------------- */

struct name {
    const char *text;
    size_t length; /* bytes */
};

static int compare_names(const void *a, const void *b)
{
    const struct name *x = a;
    const struct name *y = b;

    if (x->length != y->length) {
        return x->length < y->length ? -1 : 1;
    }
    return x->length > 0 ? memcmp(x->text, y->text, x->length) : 0;
}

/* Fields without a name get the first of f0, f1, ... that no other has, as in NumPy. */
static bool name_fields(struct arena *arena, struct dtype_field *fields, size_t count, struct error *error)
{
    struct name *given = calloc(count + 1, sizeof *given);
    size_t used = 0;
    size_t next = 0;
    size_t i;
    bool ok = given != NULL;

    for (i = 0; ok && i < count; i++) {
        if (fields[i].name != NULL) {
            given[used++] = (struct name){fields[i].name, fields[i].name_length};
        }
    }
    if (ok) {
        qsort(given, used, sizeof *given, compare_names);
    }
    for (i = 0; ok && i < count; i++) {
        char text[24];
        struct name name = {.text = text};

        while (fields[i].name == NULL) {
            name.length = (size_t)snprintf(text, sizeof text, "f%zu", next++);
            if (bsearch(&name, given, used, sizeof *given, compare_names) == NULL) {
                fields[i].name = arena_copy(arena, text, name.length);
                fields[i].name_length = name.length;
                ok = fields[i].name != NULL;
                break;
            }
        }
    }
    free(given);
    return ok || error_no_memory(error);
}

/* --- structs and sub-arrays --------------------------------------------------------- */

static const struct dtype *field_type(struct arena *arena, const struct format_field *field, struct error *error);

static const struct dtype *struct_type(struct arena *arena, const struct format_field *whole, size_t itemsize,
                                       struct error *error)
{
    struct dtype_field *fields = arena_array(arena, whole->field_count + 1, sizeof *fields);
    size_t count = 0;
    size_t i;

    if (fields == NULL) {
        error_no_memory(error);
        return NULL;
    }
    for (i = 0; i < whole->field_count; i++) {
        const struct format_field *field = &whole->fields[i];

        if (field->kind == FORMAT_PAD && field->name == NULL) {
            continue;
        }
        fields[count] = (struct dtype_field){
            .name = field->name,
            .name_length = field->name_length,
            .offset = field->offset,
            .type = field_type(arena, field, error),
        };
        if (fields[count++].type == NULL) {
            return NULL;
        }
    }
    return name_fields(arena, fields, count, error) ? dtype_struct(arena, fields, count, itemsize, error) : NULL;
}

/* The extents that a field's text, read from *at on, gives together: "(2,3)" two, "5" one. */
static int take_extents(const struct format_field *field, size_t *at)
{
    const char *text = field->text;
    int extents = 1;

    while (*at < field->text_length && text[*at] != '(' && !(text[*at] >= '0' && text[*at] <= '9')) {
        ++*at;
    }
    if (*at < field->text_length && text[*at] == '(') {
        while (*at < field->text_length && text[*at] != ')') {
            extents += text[(*at)++] == ',';
        }
    }
    while (*at < field->text_length && text[*at] >= '0' && text[*at] <= '9') {
        ++*at;
    }
    return extents;
}

/*
 * Sub-arrays: "(2)(5)d" is to NumPy two arrays of five, another type than
 * "(2,5)d"; the tree of fields has the same extents for both.
 */
static const struct dtype *wrap(struct arena *arena, const struct format_field *field, const struct dtype *element,
                                int first, size_t at, struct error *error)
{
    ptrdiff_t shape[FORMAT_MAX_NDIM];
    int count = take_extents(field, &at);
    int left = field->ndim - first;
    int i;

    if (left == 0) {
        return element;
    }
    count = count < left ? count : left;
    for (i = 0; i < count; i++) {
        shape[i] = (ptrdiff_t)field->shape[first + i];
    }
    element = wrap(arena, field, element, first + count, at, error);
    return element != NULL ? dtype_subarray(arena, element, count, shape, error) : NULL;
}

static const struct dtype *element_type(struct arena *arena, const struct format_field *field, size_t itemsize,
                                        struct error *error)
{
    return field->kind == FORMAT_STRUCT ? struct_type(arena, field, itemsize, error)
                                        : plain_type(arena, field, error);
}

static const struct dtype *field_type(struct arena *arena, const struct format_field *field, struct error *error)
{
    const struct dtype *element = element_type(arena, field, field->unit, error);

    return element != NULL ? wrap(arena, field, element, 0, 0, error) : NULL;
}

const struct dtype *dtype_from_format(struct arena *arena, const struct format *format, size_t itemsize,
                                      struct error *error)
{
    const struct format_field *root = &format->root;
    bool is_struct = root->kind == FORMAT_STRUCT && root->ndim == 0;

    if (!format_fits(format, itemsize)) {
        error_set(error, ERROR_INPUT, "the format describes %zu bytes, but itemsize is %zu", format->size, itemsize);
        return NULL;
    }
    return element_type(arena, root, is_struct ? itemsize : root->unit, error);
}
