#include "format/parser.h"

#include <stdint.h>
#include <string.h>

static bool is_space(char c)
{
    return c != '\0' && strchr(" \t\n\v\f\r", c) != NULL;
}

static bool is_order(char c)
{
    return c != '\0' && strchr("@=<>!^", c) != NULL;
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

void parser_skip_space(struct parser *parser)
{
    while (is_space(*parser->at)) {
        parser->at++;
    }
}

static bool read_number(struct parser *parser, size_t *number)
{
    const char *start = parser->at;

    *number = 0;
    for (; is_digit(*parser->at); parser->at++) {
        if (__builtin_mul_overflow(*number, 10, number) ||
            __builtin_add_overflow(*number, (size_t)(*parser->at - '0'), number) || *number > PTRDIFF_MAX) {
            return format_refuse(parser->error, parser->text, start, "number too large");
        }
    }
    return true;
}

static bool add_extent(struct parser *parser, struct prefix *prefix, size_t extent)
{
    if (prefix->ndim == FORMAT_MAX_NDIM) {
        return format_refuse(parser->error, parser->text, parser->at, "more than %d dimensions",
                             FORMAT_MAX_NDIM);
    }
    prefix->shape[prefix->ndim++] = extent;
    return true;
}

/* "(2,3)", from its parenthesis on. */
static bool read_shape(struct parser *parser, struct prefix *prefix)
{
    const char *start = parser->at;

    parser_struct_since(parser, FORMAT_NEVER);
    do {
        size_t extent;

        parser->at++;
        parser_skip_space(parser);
        if (*parser->at == '\0') {
            return format_refuse(parser->error, parser->text, start, "shape without end");
        }
        if (!is_digit(*parser->at)) {
            return format_refuse(parser->error, parser->text, parser->at, "number expected");
        }
        if (!read_number(parser, &extent) || !add_extent(parser, prefix, extent)) {
            return false;
        }
        parser_skip_space(parser);
    } while (*parser->at == ',');
    if (*parser->at != ')') {
        return format_refuse(parser->error, parser->text, start, "shape without end");
    }
    parser->at++;
    return true;
}

bool prefix_read(struct parser *parser, struct prefix *prefix)
{
    prefix->has_order = false;
    prefix->has_count = false;
    prefix->count = 1;
    prefix->ndim = 0;
    for (;;) {
        parser_skip_space(parser);
        if (*parser->at == '(') {
            if (!read_shape(parser, prefix)) {
                return false;
            }
        } else if (is_order(*parser->at)) {
            if (parser->at != parser->text || *parser->at == '^') {
                parser_struct_since(parser, FORMAT_NEVER); /* it wants one, first of all */
            }
            parser->mode = *parser->at++;
            prefix->has_order = true;
        } else {
            break;
        }
    }
    if (is_digit(*parser->at)) {
        prefix->has_count = true;
        return read_number(parser, &prefix->count);
    }
    return true;
}

bool prefix_apply(struct parser *parser, struct prefix *prefix, bool counted, struct format_field *field)
{
    size_t *shape;

    field->count = counted ? prefix->count : 1;
    if (!counted && prefix->count != 1 && !add_extent(parser, prefix, prefix->count)) {
        return false;
    }
    if (prefix->ndim == 0) {
        return true;
    }
    shape = parser_allocate(parser, &parser->format->arena, (size_t)prefix->ndim, sizeof shape[0]);
    if (shape == NULL) {
        return false;
    }
    memcpy(shape, prefix->shape, (size_t)prefix->ndim * sizeof shape[0]);
    field->shape = shape;
    field->ndim = prefix->ndim;
    return true;
}
