#include "report/struct_text.h"

#include "base/text.h"
#include "format/format.h"

/* --- in words --------------------------------------------------------------------------- */

static void append_number(struct text *text, const struct format_field *field, const char *name)
{
    text_printf(text, "%s%zu", name, 8 * field->unit);
    if (field->unit > 1) {
        text_puts(text, field->order == '>' ? ", big-endian" : ", little-endian");
    }
}

void struct_text_meaning(struct text *text, const struct format *format)
{
    const struct format_field *field = &format->root;

    if (field->kind == FORMAT_STRUCT) {
        return;
    }
    text_puts(text, "  (");
    switch (field->kind) {
    case FORMAT_PAD:
        text_puts(text, "bytes without a type");
        break;
    case FORMAT_INT:
        append_number(text, field, "int");
        break;
    case FORMAT_UINT:
        append_number(text, field, "uint");
        break;
    case FORMAT_BOOL:
        text_puts(text, "bool");
        break;
    case FORMAT_FLOAT:
        append_number(text, field, "float");
        break;
    case FORMAT_COMPLEX:
        append_number(text, field, "complex");
        break;
    case FORMAT_CHAR:
        text_puts(text, "a byte as bytes");
        break;
    case FORMAT_BYTES:
        text_printf(text, "bytes of length %zu", field->count);
        break;
    case FORMAT_PASCAL:
        text_printf(text, "bytes behind a length, at most %zu", field->count > 0 ? field->count - 1 : 0);
        break;
    case FORMAT_TEXT:
        text_printf(text, "text of %zu UTF-%zu units, %s", field->count,
                    field->count > 0 ? 8 * field->unit / field->count : 32,
                    field->order == '>' ? "big-endian" : "little-endian");
        break;
    case FORMAT_OBJECT:
        text_puts(text, "Python objects: pointers, not data");
        break;
    case FORMAT_POINTER:
        text_puts(text, "a pointer");
        break;
    case FORMAT_BITS:
        text_printf(text, "%zu bits", field->count);
        break;
    case FORMAT_STRUCT:
        break;
    }
    if (field->ndim > 0) {
        text_puts(text, ", a sub-array");
    }
    text_putc(text, ')');
}

/* --- laid out ---------------------------------------------------------------------------- */

/* What a layout adds up to, in bytes and fields of the outermost struct. */
struct sum {
    size_t fields, field_bytes;
    size_t holes, hole_bytes;
};

static void append_row(struct text *text, size_t offset, size_t size)
{
    text_printf(text, "  %8zu %8zu  ", offset, size);
}

static void append_gap(struct text *text, size_t base, size_t from, size_t to, int depth, const char *what)
{
    append_row(text, base + from, to - from);
    text_printf(text, "%*s--- %s\n", 2 * depth, "", what);
}

static void append_field(struct text *text, const struct format_field *field, size_t base, int depth);

/* The fields of one struct, in order; returns where the last one ends, counted from the struct's start. */
static size_t append_fields(struct text *text, const struct format_field *parent, size_t base, int depth,
                            struct sum *sum)
{
    size_t end = 0;
    size_t i;

    for (i = 0; i < parent->field_count; i++) {
        const struct format_field *field = &parent->fields[i];

        if (field->kind == FORMAT_PAD && field->name == NULL) {
            continue; /* shows as the gap before the next field */
        }
        if (field->offset > end) {
            append_gap(text, base, end, field->offset, depth, "hole");
            sum->holes++;
            sum->hole_bytes += field->offset - end;
        }
        append_field(text, field, base, depth);
        sum->fields++;
        sum->field_bytes += field->size;
        end = field->offset + field->size;
    }
    return end;
}

static void append_field(struct text *text, const struct format_field *field, size_t base, int depth)
{
    append_row(text, base + field->offset, field->size);
    text_spaces(text, 2 * (size_t)depth);
    if (field->name != NULL) {
        text_escape(text, field->name, field->name_length);
    } else {
        text_puts(text, "(no name)");
    }
    text_puts(text, "  ");
    text_append(text, &field->prefix, field->prefix != '\0');
    text_escape(text, field->text, field->text_length);
    text_putc(text, '\n');
    if (field->kind == FORMAT_STRUCT) {
        struct sum inner = {0, 0, 0, 0};
        size_t end = append_fields(text, field, base + field->offset, depth + 1, &inner);

        if (end < field->unit) {
            append_gap(text, base + field->offset, end, field->unit, depth + 1, "padding");
        }
    }
}

static const char *plural(size_t count)
{
    return count == 1 ? "" : "s";
}

void struct_text(struct text *text, const struct format *format, size_t itemsize)
{
    struct sum sum = {0, 0, 0, 0};
    size_t end;

    text_puts(text, "fields\n    offset     size  name  format\n");
    end = append_fields(text, &format->root, 0, 0, &sum);
    if (end < itemsize) {
        append_gap(text, 0, end, itemsize, 0, "padding");
    }
    text_printf(text, "  %zu field%s %zu byte%s", sum.fields, plural(sum.fields), sum.field_bytes,
                plural(sum.field_bytes));
    if (sum.holes > 0) {
        text_printf(text, " + %zu hole%s %zu byte%s", sum.holes, plural(sum.holes), sum.hole_bytes,
                    plural(sum.hole_bytes));
    }
    if (end < itemsize) {
        text_printf(text, " + padding %zu byte%s", itemsize - end, plural(itemsize - end));
    }
    if (end <= itemsize) {
        text_printf(text, " = itemsize %zu\n", itemsize);
    } else {
        text_printf(text, " = %zu, but itemsize is %zu\n", end, itemsize);
    }
}
