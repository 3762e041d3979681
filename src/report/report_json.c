#include "report/report.h"

#include "base/notes.h"
#include "base/text.h"
#include "format/format.h"
#include "report/json_parts.h"
#include "report/record.h"
#include "source/listing.h"

#include <stdio.h>
#include <string.h>

static json_t *notes_json(const struct notes *notes)
{
    json_t *list = json_array();
    size_t i;

    for (i = 0; i < notes->count; i++) {
        json_array_append_new(list, json_text_string(notes->items[i]));
    }
    return list;
}

static json_t *format_fields_json(const struct format_field *list, size_t count);

/* The field's own format, such that it can be read alone. */
static json_t *field_format_json(const struct format_field *field)
{
    struct text text = TEXT_INIT;
    json_t *json;

    text_append(&text, &field->prefix, field->prefix != '\0');
    text_append(&text, field->text, field->text_length);
    json = json_text(text_string(&text), text.length);
    text_free(&text);
    return json;
}

static json_t *format_field_json(const struct format_field *field)
{
    json_t *json = json_object();
    json_t *shape = json_array();
    int i;

    for (i = 0; i < field->ndim; i++) {
        json_array_append_new(shape, json_integer((json_int_t)field->shape[i]));
    }
    json_object_set_new(json, "name", field->name != NULL ? json_text(field->name, field->name_length) : json_null());
    json_object_set_new(json, "offset", json_integer((json_int_t)field->offset));
    json_object_set_new(json, "size", json_integer((json_int_t)field->size));
    json_object_set_new(json, "format", field_format_json(field));
    json_object_set_new(json, "shape", shape);
    if (field->kind == FORMAT_STRUCT) {
        json_object_set_new(json, "fields", format_fields_json(field->fields, field->field_count));
    }
    return json;
}

/* Padding without a name is no field: it shows as the gap between two. */
static json_t *format_fields_json(const struct format_field *list, size_t count)
{
    json_t *json = json_array();
    size_t i;

    for (i = 0; i < count; i++) {
        if (list[i].kind != FORMAT_PAD || list[i].name != NULL) {
            json_array_append_new(json, format_field_json(&list[i]));
        }
    }
    return json;
}

static json_t *format_json(const struct format *format)
{
    const struct format_field *root = &format->root;

    return root->kind == FORMAT_STRUCT && root->ndim == 0 ? format_fields_json(root->fields, root->field_count)
                                                          : format_fields_json(root, 1);
}

static json_t *value_json(enum field_kind kind, const struct field_value *value)
{
    if (value->null) {
        return json_null();
    }
    switch (kind) {
    case FIELD_TEXT:
        return json_text_string(value->text);
    case FIELD_NUMBER:
        return json_integer(value->number);
    case FIELD_ADDRESS:
        return json_address((uintptr_t)value->address);
    case FIELD_BOOLEAN:
        return json_boolean(value->boolean);
    case FIELD_LIST:
        return json_list(value->list, value->count);
    case FIELD_TREE:
        return format_json(value->tree);
    case FIELD_NAMES:
    case FIELD_NOTES:
        return notes_json(value->notes);
    }
    return NULL;
}

static void add_fields(json_t *json, const struct record *record)
{
    size_t i;

    for (i = 0; i < record_field_count; i++) {
        struct field_value value = record_fields[i].get(record);

        json_object_set_new(json, record_fields[i].name, value_json(record_fields[i].kind, &value));
    }
}

static json_t *record_json(const struct record *record)
{
    json_t *json = json_object();

    json_object_set_new(json, "schema", json_integer(1));
    add_fields(json, record);
    return json;
}

bool json_record(struct text *text, const struct record *record)
{
    return json_write(text, record_json(record));
}

static json_t *member_json(const struct member *member, const char *source)
{
    struct layout layout;
    struct record record = record_of_member(member, source, &layout);
    json_t *json = json_object();

    add_fields(json, &record);
    if (member->storage != NULL) {
        json_object_set_new(json, "storage", json_string(member->storage));
        json_object_set_new(json, "packed", json_integer((json_int_t)member->packed));
        json_object_set_new(json, "size", json_integer((json_int_t)member->size));
    }
    json_object_set_new(json, "note", member->note != NULL ? json_text_string(member->note) : json_null());
    return json;
}

bool json_listing(struct text *text, const struct record *record, const struct listing *listing)
{
    json_t *note = listing->value != NULL ? json_text_string(listing->value) : json_null();
    bool ok = json_write(text, record_json(record));
    size_t i;

    /* One member after the other into the record's object: all of them at once would take ten times the memory. */
    text->length -= ok;
    text_puts(text, ",\"members\":[");
    for (i = 0; ok && i < listing->count; i++) {
        text_puts(text, i > 0 ? "," : "");
        ok = json_write(text, member_json(&listing->members[i], record->source));
    }
    text_puts(text, "],\"note\":");
    ok = json_write(text, note) && ok;
    text_putc(text, '}');
    return ok;
}

bool json_fields(struct text *text, const struct format *format)
{
    return json_write(text, format_json(format));
}

bool json_notes(struct text *text, const struct notes *notes)
{
    return json_write(text, notes_json(notes));
}
