#include "format/format.h"

#include "base/error.h"
#include "format/parts.h"

#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

enum {
    ARENA_LIMIT = 16 * 1024 * 1024, /* bytes; over 100 000 fields */
    QUOTED_LENGTH = 60,             /* bytes of a format in a message */
};

/* What the text says by itself; always there unless it is too large. */
static const struct format_reading PLAIN_READING = {GAPS_AS_IN_C, false};

bool format_refuse(struct error *error, const char *text, const char *place, const char *what, ...)
{
    size_t length = strnlen(text, QUOTED_LENGTH + 1);
    bool cut = length > QUOTED_LENGTH;
    char message[160];
    va_list args;

    if (cut) {
        length = QUOTED_LENGTH; /* or up to 3 less, not to split a character */
        while (length > QUOTED_LENGTH - 3 && ((unsigned char)text[length] & 0xc0) == 0x80) {
            length--;
        }
    }
    va_start(args, what);
    vsnprintf(message, sizeof message, what, args);
    va_end(args);
    return error_set(error, ERROR_INPUT, "format '%.*s%s': %s at %td", (int)length, text, cut ? "..." : "",
                     message, place - text);
}

/* How far a reading is from the item size: 0 fits, 1 lies inside, 2 does not. */
static int misfit(const struct format *format, size_t itemsize)
{
    if (format_fits(format, itemsize)) {
        return 0;
    }
    return format->size < itemsize ? 1 : 2;
}

/* The reading that suits the item size best. */
static struct format_reading choose(struct format *format, size_t itemsize)
{
    static const struct format_reading readings[] = {
        {GAPS_IN_STRUCTS, false}, {GAPS_AS_IN_C, false}, {GAPS_IN_STRUCTS, true},
        {GAPS_AS_IN_C, true},     {GAPS_WRITTEN, false}, {GAPS_WRITTEN, true},
    };
    struct format_reading best = PLAIN_READING;
    int best_misfit = 3;
    size_t i;

    for (i = 0; i < sizeof readings / sizeof readings[0] && best_misfit > 0; i++) {
        const struct format_field *too_large;
        unsigned traits;

        if (format_lay_out(format, readings[i], &too_large, &traits)) {
            int far = misfit(format, itemsize);

            if (far < best_misfit) {
                best_misfit = far;
                best = readings[i];
            }
        }
    }
    return best;
}

/* Give the tree its sizes. */
static bool settle(struct format *format, const char *text, ptrdiff_t itemsize, struct error *error)
{
    struct format_reading reading = itemsize < 0 ? PLAIN_READING : choose(format, (size_t)itemsize);
    const struct format_field *too_large;
    unsigned traits;

    if (!format_lay_out(format, reading, &too_large, &traits)) {
        return format_refuse(error, text, too_large->text, "more bytes than memory can have");
    }
    format->traits |= traits;
    return true;
}

/* memoryview takes one code, with or without '@', and nothing else. */
static int memoryview_since(const char *text)
{
    text += text[0] == '@';
    if (strcmp(text, "e") == 0) {
        return FORMAT_SINCE_3_12;
    }
    if (strcmp(text, "Zf") == 0 || strcmp(text, "Zd") == 0) {
        return FORMAT_SINCE_3_15;
    }
    return text[0] != '\0' && strchr("cbBhHiIlLqQnNfd?P", text[0]) != NULL && text[1] == '\0' ? FORMAT_ALWAYS
                                                                                             : FORMAT_NEVER;
}

bool format_parse(struct format *format, const char *text, ptrdiff_t itemsize, struct error *error)
{
    *format = (struct format){.arena = ARENA_INIT(ARENA_LIMIT)};
    if (!format_read(format, text, error) || !settle(format, text, itemsize, error)) {
        format_free(format);
        return false;
    }
    format->memoryview_since = memoryview_since(text);
    return true;
}

void format_free(struct format *format)
{
    arena_free(&format->arena);
}

bool format_fits(const struct format *format, size_t itemsize)
{
    return itemsize == format->size || itemsize == format->padded_size;
}

static bool order_matters(const struct format_field *field)
{
    switch (field->kind) {
    case FORMAT_PAD:
    case FORMAT_CHAR:
    case FORMAT_BYTES:
    case FORMAT_PASCAL:
    case FORMAT_STRUCT:
        return false;
    default:
        return field->unit > 1;
    }
}

static bool same_name(const struct format_field *a, const struct format_field *b)
{
    return (a->name == NULL) == (b->name == NULL) && a->name_length == b->name_length &&
           (a->name_length == 0 || memcmp(a->name, b->name, a->name_length) == 0);
}

static bool same_shape(const struct format_field *a, const struct format_field *b)
{
    return a->ndim == b->ndim &&
           (a->ndim == 0 || memcmp(a->shape, b->shape, (size_t)a->ndim * sizeof a->shape[0]) == 0);
}

static size_t skip_holes(const struct format_field *field, size_t i)
{
    while (i < field->field_count && format_is_hole(&field->fields[i])) {
        i++;
    }
    return i;
}

static bool same_members(const struct format_field *a, const struct format_field *b)
{
    size_t i = skip_holes(a, 0);
    size_t j = skip_holes(b, 0);

    while (i < a->field_count && j < b->field_count) {
        if (a->fields[i].offset != b->fields[j].offset ||
            !format_same_item(&a->fields[i], &b->fields[j])) {
            return false;
        }
        i = skip_holes(a, i + 1);
        j = skip_holes(b, j + 1);
    }
    return i == a->field_count && j == b->field_count;
}

bool format_same_item(const struct format_field *a, const struct format_field *b)
{
    return a->kind == b->kind && a->unit == b->unit && a->count == b->count && a->size == b->size &&
           (!order_matters(a) || a->order == b->order) && same_name(a, b) && same_shape(a, b) &&
           same_members(a, b);
}

/* Of a struct that is no array the padding at its end places nothing. */
static bool same_place(const struct format_field *a, const struct format_field *b)
{
    size_t i = skip_holes(a, 0);
    size_t j = skip_holes(b, 0);

    if (a->kind != b->kind || a->offset != b->offset || !same_shape(a, b) ||
        (a->unit != b->unit && (a->kind != FORMAT_STRUCT || a->size > a->unit))) {
        return false;
    }
    while (i < a->field_count && j < b->field_count && same_place(&a->fields[i], &b->fields[j])) {
        i = skip_holes(a, i + 1);
        j = skip_holes(b, j + 1);
    }
    return i == a->field_count && j == b->field_count;
}

bool format_same_places(const struct format *a, const struct format *b)
{
    return same_place(&a->root, &b->root);
}
