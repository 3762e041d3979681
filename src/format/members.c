#include "format/parser.h"

#include "base/error.h"

#include <stdlib.h>
#include <string.h>

void *parser_allocate(struct parser *parser, struct arena *arena, size_t count, size_t size)
{
    void *memory = arena_array(arena, count, size);

    if (memory == NULL) {
        if (count < (arena->limit - arena->used) / size) {
            error_no_memory(parser->error);
        } else {
            format_refuse(parser->error, parser->text, parser->at, "too many fields");
        }
    }
    return memory;
}

/* "(2,3)x" is a hole of 6 bytes. */
static bool flatten_hole(struct parser *parser, struct format_field *hole)
{
    int i;

    for (i = 0; i < hole->ndim; i++) {
        if (__builtin_mul_overflow(hole->count, hole->shape[i], &hole->count)) {
            return format_refuse(parser->error, parser->text, hole->text, "number too large");
        }
    }
    hole->ndim = 0;
    hole->shape = NULL;
    return true;
}

/* A run of x is one hole however it is written: NumPy writes a letter for each byte. */
static bool grow_hole(struct parser *parser, struct format_field *hole, const struct format_field *more)
{
    if (__builtin_add_overflow(hole->count, more->count, &hole->count)) {
        return format_refuse(parser->error, parser->text, more->text, "number too large");
    }
    hole->text_length = (size_t)(more->text + more->text_length - hole->text);
    hole->order = more->order;
    hole->mode = more->mode;
    hole->native = more->native;
    return true;
}

bool members_add(struct parser *parser, struct members *members, struct format_field *field)
{
    struct member *member;

    if (format_is_hole(field) && !flatten_hole(parser, field)) {
        return false;
    }
    if (members->last != NULL && format_is_hole(field) && format_is_hole(&members->last->field)) {
        return grow_hole(parser, &members->last->field, field);
    }
    member = parser_allocate(parser, &parser->scratch, 1, sizeof *member);
    if (member == NULL) {
        return false;
    }
    member->field = *field;
    if (members->last != NULL) {
        members->last->next = member;
    } else {
        members->first = member;
    }
    members->last = member;
    members->count++;
    return true;
}

/* By name, then by place in the text (a name lies in it). */
static int compare_names(const void *a, const void *b)
{
    const struct format_field *x = *(const struct format_field *const *)a;
    const struct format_field *y = *(const struct format_field *const *)b;
    size_t least = x->name_length < y->name_length ? x->name_length : y->name_length;
    int order = memcmp(x->name, y->name, least);

    if (order != 0) {
        return order;
    }
    if (x->name_length != y->name_length) {
        return x->name_length < y->name_length ? -1 : 1;
    }
    return (x->name > y->name) - (x->name < y->name);
}

static bool find_duplicate(struct parser *parser, const struct format_field *fields, size_t field_count)
{
    const struct format_field **named;
    const struct format_field *first = NULL;
    size_t count = 0;
    size_t i;

    if (parser->format->duplicate != NULL || field_count < 2) {
        return true;
    }
    named = parser_allocate(parser, &parser->scratch, field_count, sizeof named[0]);
    if (named == NULL) {
        return false;
    }
    for (i = 0; i < field_count; i++) {
        if (fields[i].name != NULL) {
            named[count++] = &fields[i];
        }
    }
    qsort(named, count, sizeof named[0], compare_names);
    for (i = 1; i < count; i++) {
        if (named[i]->name_length == named[i - 1]->name_length &&
            memcmp(named[i]->name, named[i - 1]->name, named[i]->name_length) == 0 &&
            (first == NULL || named[i] < first)) {
            first = named[i];
        }
    }
    if (first != NULL) {
        char *copy = parser_allocate(parser, &parser->format->arena, first->name_length + 1, 1);

        if (copy == NULL) {
            return false;
        }
        memcpy(copy, first->name, first->name_length);
        parser->format->duplicate = copy;
        parser_add_trait(parser, FORMAT_DUPLICATE_NAME);
    }
    return true;
}

bool members_close(struct parser *parser, const struct members *members, struct format_field *field)
{
    struct format_field *fields = NULL;
    const struct member *member;
    size_t i = 0;

    if (members->count > 0) {
        fields = parser_allocate(parser, &parser->format->arena, members->count, sizeof fields[0]);
        if (fields == NULL) {
            return false;
        }
    }
    for (member = members->first; member != NULL; member = member->next) {
        fields[i++] = member->field;
    }
    field->kind = FORMAT_STRUCT;
    field->code = 'T';
    field->count = 1;
    field->fields = fields;
    field->field_count = members->count;
    return find_duplicate(parser, fields, members->count);
}
