/*
 * The parser of format strings (see parse.c, where it begins): its
 * state, and the parts that are no part of the recursion.
 */
#ifndef MVIEW_FORMAT_PARSER_H
#define MVIEW_FORMAT_PARSER_H

#include "format/parts.h"

struct parser {
    struct format *format; /* traits, struct_since, duplicate and the arena of what stays */
    struct arena scratch;  /* of what does not */
    const char *text;
    const char *at;        /* the next character */
    char mode;             /* the order character in force */
    int depth;             /* of T{ and & around `at` */
    struct error *error;
};

/* What stands in front of a code. */
struct prefix {
    bool has_order;
    size_t count;    /* 1 without a number, as "1i" is "i" */
    bool has_count;
    int ndim;
    size_t shape[FORMAT_MAX_NDIM];
};

/* Members of a struct while their number is not known yet. */
struct member {
    struct format_field field;
    struct member *next;
};

struct members {
    struct member *first;
    struct member *last;
    size_t count;
};

static inline void parser_add_trait(struct parser *parser, enum format_trait trait)
{
    parser->format->traits |= trait;
}

/* The struct module takes such a format since that Python at the earliest. */
static inline void parser_struct_since(struct parser *parser, int version)
{
    if (parser->format->struct_since < version) {
        parser->format->struct_since = version;
    }
}

/* Zeroed memory of one of the parser's arenas, or NULL and the error. */
void *parser_allocate(struct parser *parser, struct arena *arena, size_t count, size_t size);

void parser_skip_space(struct parser *parser);

/* Read white space, order characters and shapes, in any order, and the count right before a code. */
bool prefix_read(struct parser *parser, struct prefix *prefix);

/*
 * Give a field the prefix's extents and count: a count that is no part of the
 * code (`counted`) is one more extent, the last.
 */
bool prefix_apply(struct parser *parser, struct prefix *prefix, bool counted, struct format_field *field);

/* Append a copy of a field.  Holes lose their shape, and become part of the hole before them. */
bool members_add(struct parser *parser, struct members *members, struct format_field *field);

/* Make *field a struct of these members, and look for names that appear twice in it. */
bool members_close(struct parser *parser, const struct members *members, struct format_field *field);

#endif
