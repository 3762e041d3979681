#include "files/dtype.h"

#include "base/error.h"
#include "base/text.h"
#include "format/format.h"
#include "value/value.h"

#include <stdalign.h>
#include <stdint.h>
#include <string.h>

/* --- PEP 3118 format ----------------------------------------------------------- */

/* How PEP 3118 writes a type of one size. */
struct spelling {
    char kind;
    unsigned char size;      /* bytes */
    unsigned char alignment; /* bytes, in native mode */
    const char *native;
    const char *standard;    /* after '=', '<' or '>'; NULL where there are native sizes only */
};

/* What NumPy calls its 8-byte integer is C's long where that has 8 bytes. */
#define LONG_CODE(longs, long_longs) (sizeof(long) == 8 ? (longs) : (long_longs))

static const struct spelling spellings[] = {
    {'b', 1, 1, "?", "?"},
    {'i', 1, 1, "b", "b"},
    {'i', 2, alignof(short), "h", "h"},
    {'i', 4, alignof(int), "i", "i"},
    {'i', 8, alignof(long long), LONG_CODE("l", "q"), "q"},
    {'u', 1, 1, "B", "B"},
    {'u', 2, alignof(short), "H", "H"},
    {'u', 4, alignof(int), "I", "I"},
    {'u', 8, alignof(long long), LONG_CODE("L", "Q"), "Q"},
    {'f', 1, 1, "B", "B"},
    {'f', 2, alignof(short), "e", "e"},
    {'f', 4, alignof(float), "f", "f"},
    {'f', 8, alignof(double), "d", "d"},
    {'f', 16, alignof(long double), "g", NULL},
    {'c', 8, alignof(float), "Zf", "Zf"},
    {'c', 16, alignof(double), "Zd", "Zd"},
    {'c', 32, alignof(long double), "Zg", NULL},
    {'W', 4, alignof(short), "4x", "4x"},
    {'M', 8, alignof(long long), "q", "q"},
    {'m', 8, alignof(long long), "q", "q"},
    {'O', sizeof(void *), 1, "O", "O"}, /* no byte order, and so no question of alignment */
};

/* A format being written. */
struct writer {
    struct text *text;
    size_t alignment; /* bytes, of every item */
    char mode;        /* the mark in force: '@' '^' '=' '<' '>' */
    size_t run;       /* x that may still be written one by one */
    bool exact;       /* nothing is left to be guessed, where that is possible: see dtype_exact_format */
    bool possible;
    bool plain;
};

static void write_mode(struct writer *writer, char mode)
{
    if (writer->mode != mode) {
        text_putc(writer->text, mode);
        writer->mode = mode;
    }
}

static void write_padding(struct writer *writer, size_t bytes)
{
    if (bytes > writer->run) {
        text_printf(writer->text, "%zux", bytes);
        return;
    }
    writer->run -= bytes;
    while (bytes-- > 0) {
        text_putc(writer->text, 'x');
    }
}

/* Bytes that PEP 3118 has no code for. */
static void write_stand_in(struct writer *writer, size_t bytes)
{
    text_printf(writer->text, "%zux", bytes);
    writer->plain = false;
}

static bool is_aligned(const struct writer *writer, size_t offset, size_t alignment)
{
    return !writer->exact && writer->alignment % alignment == 0 && offset % alignment == 0;
}

static void write_fixed(struct writer *writer, const struct dtype *dtype, size_t offset)
{
    const struct spelling *spelling = spellings;
    bool native;

    while (spelling->kind != dtype->kind || spelling->size != dtype->itemsize) {
        spelling++;
    }
    native = dtype->order != FORMAT_FOREIGN_ORDER && is_aligned(writer, offset, spelling->alignment);
    if (dtype->order == '|') {
        native = true;
    } else if (spelling->standard != NULL) {
        write_mode(writer, native ? '@' : dtype->order == FORMAT_FOREIGN_ORDER ? FORMAT_FOREIGN_ORDER : '=');
    } else if (dtype->order != FORMAT_FOREIGN_ORDER && sizeof(long double) == 16) {
        write_mode(writer, native ? '@' : '^');
        native = true;
    } else {
        write_stand_in(writer, dtype->itemsize);
        return;
    }
    text_puts(writer->text, native ? spelling->native : spelling->standard);
    if (memchr("MmW", dtype->kind, 3) != NULL || (dtype->kind == 'f' && dtype->itemsize == 1)) {
        writer->plain = false;
    }
}

static void write_type(struct writer *writer, const struct dtype *dtype, size_t offset);

static void write_struct(struct writer *writer, const struct dtype *dtype, size_t offset)
{
    size_t written = 0; /* bytes of the struct that the format accounts for so far */
    size_t i;

    if (!dtype->in_order) {
        write_stand_in(writer, dtype->itemsize);
        return;
    }
    text_puts(writer->text, "T{");
    for (i = 0; i < dtype->field_count; i++) {
        const struct dtype_field *field = &dtype->fields[i];

        if (field->offset < written) {
            writer->possible = false; /* in another's padding */
            return;
        }
        write_padding(writer, field->offset - written);
        write_type(writer, field->type, offset + field->offset);
        written = field->offset + (writer->exact ? field->type->itemsize : field->type->described);
        if (field->name_length > 0 && memchr(field->name, ':', field->name_length) != NULL) {
            writer->plain = false;
            continue;
        }
        text_putc(writer->text, ':');
        text_append(writer->text, field->name, field->name_length);
        text_putc(writer->text, ':');
    }
    if (writer->exact) {
        write_padding(writer, dtype->itemsize - written);
    }
    text_putc(writer->text, '}');
}

static void write_subarray(struct writer *writer, const struct dtype *dtype, size_t offset)
{
    int i;

    for (i = 0; i < dtype->ndim; i++) {
        text_printf(writer->text, "%c%td", i == 0 ? '(' : ',', dtype->shape[i]);
    }
    text_putc(writer->text, ')');
    write_type(writer, dtype->base, offset);
}

/* `offset` is the type's place in the item (bytes). */
static void write_type(struct writer *writer, const struct dtype *dtype, size_t offset)
{
    switch (dtype->kind) {
    case 'T':
        write_struct(writer, dtype, offset);
        break;
    case '(':
        write_subarray(writer, dtype, offset);
        break;
    case 'S':
        text_printf(writer->text, "%zus", dtype->itemsize);
        break;
    case 'U':
        write_mode(writer, dtype->order == FORMAT_FOREIGN_ORDER      ? FORMAT_FOREIGN_ORDER
                           : is_aligned(writer, offset, 4) ? '@'
                                                           : '=');
        text_printf(writer->text, "%zuw", dtype->itemsize / 4);
        break;
    case 'V':
        text_printf(writer->text, "%zux", dtype->itemsize);
        break;
    default:
        write_fixed(writer, dtype, offset);
    }
}

void dtype_format(const struct dtype *dtype, size_t alignment, struct text *format, bool *plain)
{
    struct writer writer = {
        .text = format, .alignment = alignment, .mode = '@', .run = DTYPE_MAX_RUN, .plain = true};

    write_type(&writer, dtype, 0);
    *plain &= writer.plain;
}

static bool puts_fields_there(const char *format, const char *exact, size_t itemsize)
{
    struct error ignored = ERROR_INIT;
    struct format told, meant;
    bool same = false;

    if (!format_parse(&meant, exact, (ptrdiff_t)itemsize, &ignored)) {
        return true; /* larger than formats may be */
    }
    if (format_parse(&told, format, (ptrdiff_t)itemsize, &ignored)) {
        same = format_fits(&told, itemsize) && format_same_places(&told, &meant);
        format_free(&told);
    }
    format_free(&meant);
    return same;
}

void dtype_exact_format(const struct dtype *dtype, const char *format, struct text *exact)
{
    struct writer writer = {.text = exact, .alignment = 1, .mode = '@', .run = 0, .exact = true, .possible = true};

    if (dtype->kind != 'T') {
        return;
    }
    write_mode(&writer, '=');
    write_type(&writer, dtype, 0);
    if (!writer.possible || exact->failed || puts_fields_there(format, text_string(exact), dtype->itemsize)) {
        text_clear(exact);
    }
}

/* --- NumPy's own text ---------------------------------------------------------- */

static void write_text(struct text *text, const struct dtype *dtype);

static void write_plain(struct text *text, const struct dtype *dtype)
{
    text_printf(text, "%c%c", dtype->order, dtype->kind);
    if (dtype->kind == 'U') {
        text_printf(text, "%zu", dtype->itemsize / 4);
    } else if (dtype->kind != 'O') {
        text_printf(text, "%zu", dtype->itemsize);
    }
    if (dtype->unit[0] != '\0') {
        text_putc(text, '[');
        if (dtype->multiple != 1) {
            text_printf(text, "%ld", dtype->multiple);
        }
        text_printf(text, "%s]", dtype->unit);
    }
}

static void write_name(struct text *text, const struct dtype_field *field)
{
    if (field->title != NULL) {
        text_putc(text, '(');
        value_append_utf8(text, field->title, field->title_length);
        text_puts(text, ", ");
    }
    value_append_utf8(text, field->name, field->name_length);
    if (field->title != NULL) {
        text_putc(text, ')');
    }
}

/* "('a', '<f8', (2,))" */
static void write_field(struct text *text, const struct dtype_field *field)
{
    text_putc(text, '(');
    write_name(text, field);
    text_puts(text, ", ");
    if (field->type->kind == '(') {
        write_text(text, field->type->base);
        text_puts(text, ", ");
        text_tuple(text, field->type->shape, (size_t)field->type->ndim);
    } else {
        write_text(text, field->type);
    }
    text_putc(text, ')');
}

/* Fields one behind the other, with '' fields for the bytes between and behind them. */
static void write_list(struct text *text, const struct dtype *dtype)
{
    size_t end = 0; /* bytes up to here are accounted for */
    const char *comma = "";
    size_t i;

    text_putc(text, '[');
    for (i = 0; i <= dtype->field_count; i++) {
        size_t next = i < dtype->field_count ? dtype->fields[i].offset : dtype->itemsize;

        if (next > end) {
            text_printf(text, "%s('', '|V%zu')", comma, next - end);
            comma = ", ";
        }
        if (i < dtype->field_count) {
            text_puts(text, comma);
            comma = ", ";
            write_field(text, &dtype->fields[i]);
            end = next + dtype->fields[i].type->itemsize;
        }
    }
    text_putc(text, ']');
}

static void write_dict_title(struct text *text, const struct dtype_field *field)
{
    if (field->title != NULL) {
        value_append_utf8(text, field->title, field->title_length);
    } else {
        text_puts(text, "None");
    }
}

static void write_dict_name(struct text *text, const struct dtype_field *field)
{
    value_append_utf8(text, field->name, field->name_length);
}

static void write_dict_format(struct text *text, const struct dtype_field *field)
{
    write_text(text, field->type);
}

static void write_dict_offset(struct text *text, const struct dtype_field *field)
{
    text_printf(text, "%zu", field->offset);
}

static void write_dict(struct text *text, const struct dtype *dtype)
{
    static const struct {
        const char *key;
        void (*write)(struct text *text, const struct dtype_field *field);
    } lists[] = {
        {"names", write_dict_name},
        {"formats", write_dict_format},
        {"offsets", write_dict_offset},
        {"titles", write_dict_title},
    };
    bool titles = false;
    size_t i, k;

    for (i = 0; i < dtype->field_count; i++) {
        titles |= dtype->fields[i].title != NULL;
    }
    text_putc(text, '{');
    for (k = 0; k < sizeof lists / sizeof lists[0]; k++) {
        if (lists[k].write == write_dict_title && !titles) {
            continue;
        }
        text_printf(text, "'%s': [", lists[k].key);
        for (i = 0; i < dtype->field_count; i++) {
            text_puts(text, i > 0 ? ", " : "");
            lists[k].write(text, &dtype->fields[i]);
        }
        text_puts(text, "], ");
    }
    text_printf(text, "'itemsize': %zu}", dtype->itemsize);
}

/* Whether a list can say where the fields lie: each begins behind the one before. */
static bool fields_follow(const struct dtype *dtype)
{
    size_t end = 0;
    size_t i;

    for (i = 0; i < dtype->field_count; i++) {
        if (dtype->fields[i].offset < end) {
            return false;
        }
        end = dtype->fields[i].offset + dtype->fields[i].type->itemsize;
    }
    return true;
}

static void write_text(struct text *text, const struct dtype *dtype)
{
    switch (dtype->kind) {
    case 'T':
        if (fields_follow(dtype)) {
            write_list(text, dtype);
        } else {
            write_dict(text, dtype);
        }
        break;
    case '(':
        text_putc(text, '(');
        write_text(text, dtype->base);
        text_puts(text, ", ");
        text_tuple(text, dtype->shape, (size_t)dtype->ndim);
        text_putc(text, ')');
        break;
    default:
        text_putc(text, '\'');
        write_plain(text, dtype);
        text_putc(text, '\'');
    }
}

void dtype_text(const struct dtype *dtype, struct text *text)
{
    if (dtype->kind == 'T' || dtype->kind == '(') {
        write_text(text, dtype);
    } else {
        write_plain(text, dtype);
    }
}
