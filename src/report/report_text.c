#include "report/report.h"

#include "base/notes.h"
#include "base/text.h"
#include "format/format.h"
#include "report/record.h"
#include "report/struct_text.h"
#include "report/table.h"
#include "source/listing.h"

#include <inttypes.h>
#include <stdint.h>
#include <string.h>

enum { LABEL_WIDTH = 13 };

/* --- -f ------------------------------------------------------------------------------ */

static void append_names(struct text *text, const struct notes *names)
{
    size_t i;

    for (i = 0; i < names->count; i++) {
        text_puts(text, i > 0 ? " " : "");
        text_escape_string(text, names->items[i]);
    }
}

static void append_plain(struct text *text, enum field_kind kind, const struct field_value *value)
{
    switch (kind) {
    case FIELD_TEXT:
        text_escape_string(text, value->text);
        break;
    case FIELD_NUMBER:
        text_printf(text, "%" PRId64, value->number);
        break;
    case FIELD_ADDRESS:
        text_printf(text, "0x%" PRIxPTR, (uintptr_t)value->address);
        break;
    case FIELD_BOOLEAN:
        text_puts(text, value->boolean ? "true" : "false");
        break;
    case FIELD_LIST:
        text_numbers(text, value->list, value->count, " ");
        break;
    case FIELD_TREE:
        json_fields(text, value->tree);
        break;
    case FIELD_NAMES:
        append_names(text, value->notes);
        break;
    case FIELD_NOTES:
        json_notes(text, value->notes);
        break;
    }
}

void fields_record(struct text *text, const struct record *record, const struct record_field *const *chosen,
                   size_t count)
{
    size_t i;

    for (i = 0; i < count; i++) {
        struct field_value value = chosen[i]->get(record);

        if (i > 0) {
            text_putc(text, '\t');
        }
        if (!value.null) {
            append_plain(text, chosen[i]->kind, &value);
        }
    }
    text_putc(text, '\n');
}

/* --- the description ------------------------------------------------------------------ */

static void append_label(struct text *text, const char *label)
{
    text_printf(text, "%-*s ", LABEL_WIDTH, label);
}

/* A row for each. */
static void append_rows(struct text *text, const char *label, const struct notes *notes)
{
    size_t i;

    for (i = 0; i < notes->count; i++) {
        append_label(text, i == 0 ? label : "");
        text_escape_string(text, notes->items[i]);
        text_putc(text, '\n');
    }
}

/* The names that a pickle imports, one a row; those that it calls, all of which are among them, are marked. */
static void append_imports(struct text *text, const struct notes *imports, const struct notes *calls)
{
    size_t called = 0;
    size_t i;

    for (i = 0; i < imports->count; i++) {
        append_label(text, i == 0 ? "imports" : "");
        text_escape_string(text, imports->items[i]);
        if (called < calls->count && strcmp(calls->items[called], imports->items[i]) == 0) {
            text_puts(text, " (called)");
            called++;
        }
        text_putc(text, '\n');
    }
}

/* A struct is laid out below its label; a single item is said in words behind the format. */
static void append_tree(struct text *text, const struct record *record)
{
    if (record->format->root.kind == FORMAT_STRUCT) {
        struct_text(text, record->format, (size_t)record->layout->itemsize);
    }
}

static void append_value(struct text *text, const struct record_field *field, const struct field_value *value)
{
    switch (field->kind) {
    case FIELD_LIST:
        text_tuple(text, value->list, value->count);
        break;
    case FIELD_NUMBER:
        append_plain(text, field->kind, value);
        if (value->number == 1 && strcmp(field->unit, "bytes") == 0) {
            text_puts(text, " byte");
            return;
        }
        break;
    default:
        append_plain(text, field->kind, value);
    }
    if (*field->unit != '\0') {
        text_printf(text, " %s", field->unit);
    }
}

static void append_field(struct text *text, const struct record_field *field, const struct record *record)
{
    struct field_value value = field->get(record);

    bool said_null = record->raw_reply && field->kind == FIELD_LIST;

    if (field->shown == SHOWN_NEVER || (value.null && field->shown == SHOWN_IF_SET && !said_null)) {
        return;
    }
    if (field->kind == FIELD_NAMES) {
        append_imports(text, record->imports, record->calls);
        return;
    }
    if (field->kind == FIELD_NOTES) {
        append_rows(text, field->name, value.notes);
        return;
    }
    if (field->kind == FIELD_TREE) {
        if (!value.null) {
            append_tree(text, record);
        }
        return;
    }
    append_label(text, field->name);
    if (value.null) {
        text_puts(text, "NULL");
    } else {
        append_value(text, field, &value);
    }
    if (strcmp(field->name, "format") == 0 && record->format != NULL) {
        struct_text_meaning(text, record->format);
    }
    text_putc(text, '\n');
}

void text_record(struct text *text, const struct record *record)
{
    size_t i;

    for (i = 0; i < record_field_count; i++) {
        append_field(text, &record_fields[i], record);
    }
}

/* --- a container's members ---------------------------------------------------------------- */

/* Members of an .npz can be chosen by their place, too: `stored` counts them. */
static void add_row(struct table *table, const struct member *member, size_t *stored)
{
    struct text *cells = table_row(table);
    struct layout layout;

    if (cells == NULL) {
        return;
    }
    if (member->storage != NULL) {
        text_printf(&cells[0], "#%zu", (*stored)++);
    }
    text_spaces(&cells[1], 2 * (size_t)member->depth);
    text_escape_string(&cells[1], member->name);
    text_escape_string(&cells[2], member->type != NULL ? member->type : "");
    if (member_layout(member, &layout)) {
        text_escape_string(&cells[3], member->dtype != NULL ? member->dtype : layout.format);
        text_tuple(&cells[4], layout.shape, (size_t)layout.ndim);
        text_puts(&cells[4], layout_is_c_contiguous(&layout)   ? ""
                             : layout_is_f_contiguous(&layout) ? " F order"
                                                               : " strided");
        text_printf(&cells[5], "%td byte%s", layout.len, layout.len == 1 ? "" : "s");
    }
    if (member->storage != NULL) {
        text_puts(&cells[6], member->storage);
        if (member->size != member->packed && member->size > 0) {
            text_printf(&cells[6], " to %.0f%%", 100.0 * (double)member->packed / (double)member->size);
        }
    }
    text_escape_string(&cells[7], member->note != NULL ? member->note : "");
}

void text_listing(struct text *text, const struct record *record, const struct listing *listing, unsigned columns)
{
    struct table table = TABLE_INIT(8);
    size_t stored = 0;
    size_t i;

    table.width = columns;
    append_label(text, "name");
    text_escape_string(text, record->name);
    text_putc(text, '\n');
    append_label(text, "source");
    text_printf(text, "%s\n", record->source);
    if (record->type != NULL) {
        append_label(text, "type");
        text_escape_string(text, record->type);
        text_putc(text, '\n');
    }
    if (listing->value != NULL) {
        append_label(text, "value");
        text_escape_string(text, listing->value);
        text_putc(text, '\n');
    } else {
        append_label(text, "members");
        text_printf(text, "%s%zu", listing->cut && listing->total == 0 ? "the first " : "", listing->count);
        if (listing->cut && listing->total > 0) {
            text_printf(text, " of %zu", listing->total);
        }
        text_puts(text, listing->count > 0 ? " (--member shows one)\n" : "\n");
    }
    if (record->calls != NULL) {
        append_imports(text, record->imports, record->calls);
    }
    append_rows(text, "notes", record->notes);
    if (listing->count > 0) {
        text_putc(text, '\n');
    }
    for (i = 0; i < listing->count; i++) {
        add_row(&table, &listing->members[i], &stored);
    }
    table_write(&table, text);
    table_free(&table);
}
