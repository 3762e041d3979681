#include "report/record.h"

#include "base/error.h"
#include "base/notes.h"
#include "base/output.h"
#include "base/suggest.h"
#include "base/text.h"
#include "source/listing.h"

#include <stdlib.h>
#include <string.h>

static const struct field_value null = {.null = true};

static struct field_value text_value(const char *text)
{
    return text != NULL ? (struct field_value){.text = text} : null;
}

static struct field_value number_value(int64_t number)
{
    return (struct field_value){.number = number};
}

/* One of the layout's arrays, if there is a layout and it has that. */
static struct field_value list_value(const struct layout *layout, unsigned given)
{
    if (layout == NULL || !(layout->given & given)) {
        return null;
    }
    return (struct field_value){
        .list = given == LAYOUT_SHAPE ? layout->shape : given == LAYOUT_STRIDES ? layout->strides : layout->suboffsets,
        .count = (size_t)layout->ndim,
    };
}

static struct field_value contiguity(const struct record *record, bool c, bool f)
{
    if (record->content == NULL) {
        return null;
    }
    return (struct field_value){
        .boolean = (c && layout_is_c_contiguous(record->content)) || (f && layout_is_f_contiguous(record->content)),
    };
}

/* The getters of the fields, one each.  A record without a layout has null for all that a layout says. */

static struct field_value get_name(const struct record *record)
{
    return text_value(record->name);
}

static struct field_value get_source(const struct record *record)
{
    return text_value(record->source);
}

static struct field_value get_type(const struct record *record)
{
    return text_value(record->type);
}

static struct field_value get_dtype(const struct record *record)
{
    return text_value(record->dtype);
}

static struct field_value get_format(const struct record *record)
{
    return record->layout != NULL && record->layout->given & LAYOUT_FORMAT ? text_value(record->layout->format)
                                                                           : null;
}

static struct field_value get_itemsize(const struct record *record)
{
    return record->layout != NULL ? number_value(record->layout->itemsize) : null;
}

static struct field_value get_ndim(const struct record *record)
{
    return record->layout != NULL ? number_value(record->layout->ndim) : null;
}

static struct field_value get_shape(const struct record *record)
{
    return list_value(record->layout, LAYOUT_SHAPE);
}

static struct field_value get_strides(const struct record *record)
{
    return list_value(record->layout, LAYOUT_STRIDES);
}

static struct field_value get_suboffsets(const struct record *record)
{
    return list_value(record->layout, LAYOUT_SUBOFFSETS);
}

static struct field_value get_nbytes(const struct record *record)
{
    return record->layout != NULL ? number_value(record->layout->len) : null;
}

static struct field_value get_readonly(const struct record *record)
{
    return record->layout != NULL ? (struct field_value){.boolean = record->layout->readonly} : null;
}

static struct field_value get_c_contiguous(const struct record *record)
{
    return contiguity(record, true, false);
}

static struct field_value get_f_contiguous(const struct record *record)
{
    return contiguity(record, false, true);
}

static struct field_value get_contiguous(const struct record *record)
{
    return contiguity(record, true, true);
}

static struct field_value get_address(const struct record *record)
{
    if (record->layout == NULL || record->layout->buf == NULL) {
        return null;
    }
    return (struct field_value){.address = record->layout->buf};
}

static struct field_value get_offset(const struct record *record)
{
    return record->have_offset ? number_value((int64_t)record->offset) : null;
}

static struct field_value get_copied(const struct record *record)
{
    return record->have_copied ? (struct field_value){.boolean = record->copied} : null;
}

static struct field_value names_value(const struct notes *names)
{
    return names != NULL ? (struct field_value){.notes = names} : null;
}

static struct field_value get_imports(const struct record *record)
{
    return names_value(record->imports);
}

static struct field_value get_calls(const struct record *record)
{
    return names_value(record->calls);
}

static struct field_value get_fields(const struct record *record)
{
    return record->format != NULL ? (struct field_value){.tree = record->format} : null;
}

/* An empty list, not null: a script can always loop over it.  The text report leaves it out. */
static struct field_value get_notes(const struct record *record)
{
    return (struct field_value){.notes = record->notes};
}

const struct record_field record_fields[] = {
#define FIELD(name, kind, unit, shown, help) {#name, FIELD_##kind, unit, SHOWN_##shown, help, get_##name},
#include "report/fields.def"
#undef FIELD
};

const size_t record_field_count = sizeof record_fields / sizeof record_fields[0];

static const struct record_field *find_field(const char *name, struct error *error)
{
    const char *names[sizeof record_fields / sizeof record_fields[0]];
    const char *near;
    size_t i;

    for (i = 0; i < record_field_count; i++) {
        if (strcmp(record_fields[i].name, name) == 0) {
            return &record_fields[i];
        }
        names[i] = record_fields[i].name;
    }
    near = suggest(name, names, record_field_count);
    if (near != NULL) {
        error_set(error, ERROR_USAGE, "no field '%s': did you mean '%s'?", name, near);
    } else {
        error_set(error, ERROR_USAGE, "no field '%s': see --list-fields", name);
    }
    return NULL;
}

const struct record_field **fields_choose(const char *list, size_t *count, struct error *error)
{
    const struct record_field **chosen = calloc(strlen(list) + 1, sizeof *chosen);
    char *names = strdup(list);
    char *rest = names;
    char *name;

    *count = 0;
    if (chosen == NULL || names == NULL) {
        error_no_memory(error);
        goto fail;
    }
    while ((name = strsep(&rest, ",")) != NULL) {
        name += strspn(name, " ");
        name[strcspn(name, " ")] = '\0';
        chosen[*count] = find_field(name, error);
        if (chosen[(*count)++] == NULL) {
            goto fail;
        }
    }
    free(names);
    return chosen;

fail:
    free(names);
    free(chosen);
    return NULL;
}

void fields_list(struct output *output)
{
    struct text text = TEXT_INIT;
    size_t i;

    for (i = 0; i < record_field_count; i++) {
        text_printf(&text, "%-13s %s\n", record_fields[i].name, record_fields[i].help);
    }
    output_write(output, text_string(&text), text.length);
    text_free(&text);
}

struct record record_of_member(const struct member *member, const char *source, struct layout *layout)
{
    static const struct notes no_notes = NOTES_INIT;
    const struct layout *kept = member_layout(member, layout) ? layout : NULL;

    return (struct record){
        .name = member->name,
        .source = source,
        .type = member->type,
        .dtype = member->dtype,
        .layout = kept,
        .content = kept,
        .notes = &no_notes,
    };
}
