#include "value/value.h"

#include "base/text.h"
#include "format/format.h"
#include "value/decimal.h"
#include "value/parts.h"

#include <ctype.h>

/* A few bytes of format ask for any number of values that take no bytes: so many are written, then "...". */
enum { EMPTY_VALUES = 65536 };

struct writer {
    struct text *text;
    unsigned empty_values; /* that may still be written */
};

static void append_integer(struct text *text, const struct format_field *field, const unsigned char *bytes)
{
    uint64_t value = value_load(bytes, field->unit, field->order);
    char digits[1 + DECIMAL_COPY];
    char *to = digits;

    if (field->kind == FORMAT_INT && (value >> (8 * field->unit - 1) & 1)) {
        *to++ = '-';
        value = (0 - value) & (UINT64_MAX >> (64 - 8 * field->unit));
    }
    to += decimal_unsigned(to, value);
    text_append(text, digits, (size_t)(to - digits));
}

static void append_bool(struct text *text, const struct format_field *field, const unsigned char *bytes)
{
    text_puts(text, value_load(bytes, field->unit, field->order) != 0 ? "True" : "False");
}

static void append_address(struct text *text, const struct format_field *field, const unsigned char *bytes)
{
    text_printf(text, "0x%llx", (unsigned long long)value_load(bytes, field->unit, field->order));
}

static void append_bytes(struct text *text, const struct format_field *field, const unsigned char *bytes)
{
    value_append_bytes(text, bytes, field->unit);
}

/* The first byte is the length, which may claim more than there is. */
static void append_pascal(struct text *text, const struct format_field *field, const unsigned char *bytes)
{
    size_t room = field->unit > 0 ? field->unit - 1 : 0;
    size_t length = room > 0 && bytes[0] < room ? bytes[0] : room;

    value_append_bytes(text, bytes + (field->unit - room), length);
}

/* "5w", as NumPy writes a str of 5 characters, against the single character "w" of an array.array. */
static bool is_counted(const struct format_field *field)
{
    return field->count != 1 ||
           (field->text_length >= 2 && isdigit((unsigned char)field->text[field->text_length - 2]));
}

static void append_text(struct text *text, const struct format_field *field, const unsigned char *bytes)
{
    size_t count = field->count;
    size_t width = count > 0 ? field->unit / count : 0;

    if (is_counted(field)) {
        while (count > 0 && value_load(bytes + (count - 1) * width, width, field->order) == 0) {
            count--;
        }
    }
    value_append_str(text, bytes, count, width, field->order);
}

/* The integer's lowest bits, the most significant one first. */
static void append_bits(struct text *text, const struct format_field *field, const unsigned char *bytes)
{
    size_t bit = field->count < 8 * field->unit ? field->count : 8 * field->unit;

    text_puts(text, "0b");
    while (bit-- > 0 && !text->failed) {
        size_t byte = field->order == '>' ? field->unit - 1 - bit / 8 : bit / 8;

        text_putc(text, bytes[byte] >> bit % 8 & 1 ? '1' : '0');
    }
}

/* How one element of each kind is written; structs are not here, but walked. */
typedef void append_element(struct text *text, const struct format_field *field, const unsigned char *bytes);

static append_element *const append_elements[] = {
    [FORMAT_PAD] = append_bytes,
    [FORMAT_INT] = append_integer,
    [FORMAT_UINT] = append_integer,
    [FORMAT_BOOL] = append_bool,
    [FORMAT_FLOAT] = value_append_float,
    [FORMAT_COMPLEX] = value_append_complex,
    [FORMAT_CHAR] = append_bytes,
    [FORMAT_BYTES] = append_bytes,
    [FORMAT_PASCAL] = append_pascal,
    [FORMAT_TEXT] = append_text,
    [FORMAT_OBJECT] = append_address,
    [FORMAT_POINTER] = append_address,
    [FORMAT_BITS] = append_bits,
};

static void append_field(struct writer *writer, const struct format_field *field, const unsigned char *bytes);

/* The comma between two members or elements; false where the rest is cut. */
static bool next_value(struct writer *writer, bool first, size_t size)
{
    if (!first) {
        text_puts(writer->text, ", ");
    }
    if (size == 0) {
        if (writer->empty_values == 0) {
            text_puts(writer->text, "...");
            return false;
        }
        writer->empty_values--;
    }
    return !writer->text->failed;
}

/*
 * What has no name and no bytes of its own is no value: padding, and "0q",
 * which in the struct module's syntax does no more than align.
 */
static bool is_value(const struct format_field *member)
{
    bool aligns = member->ndim == 1 && member->shape[0] == 0 && member->text_length > 0 && member->text[0] != '(';

    return member->name != NULL || (member->kind != FORMAT_PAD && !aligns);
}

static void append_struct(struct writer *writer, const struct format_field *field, const unsigned char *bytes)
{
    size_t members = 0;
    size_t i;

    text_putc(writer->text, '(');
    for (i = 0; i < field->field_count; i++) {
        const struct format_field *member = &field->fields[i];

        if (!is_value(member)) {
            continue;
        }
        if (!next_value(writer, members++ == 0, member->size)) {
            break;
        }
        append_field(writer, member, bytes + member->offset);
    }
    text_puts(writer->text, members == 1 ? ",)" : ")");
}

/* The sub-array from this axis on, `size` bytes of it. */
static void append_array(struct writer *writer, const struct format_field *field, int axis,
                         const unsigned char *bytes, size_t size)
{
    size_t length;
    size_t i;

    if (axis == field->ndim) {
        if (field->kind == FORMAT_STRUCT) {
            append_struct(writer, field, bytes);
        } else {
            append_elements[field->kind](writer->text, field, bytes);
        }
        return;
    }
    length = field->shape[axis];
    text_putc(writer->text, '[');
    for (i = 0; i < length; i++) {
        if (!next_value(writer, i == 0, size / length)) {
            break;
        }
        append_array(writer, field, axis + 1, bytes + i * (size / length), size / length);
    }
    text_putc(writer->text, ']');
}

static void append_field(struct writer *writer, const struct format_field *field, const unsigned char *bytes)
{
    append_array(writer, field, 0, bytes, field->size);
}

void value_append(struct text *text, const struct format_field *field, const unsigned char *bytes)
{
    struct writer writer = {text, EMPTY_VALUES};

    append_field(&writer, field, bytes);
}
