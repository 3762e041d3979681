/*
 * The Arrow C data interface: an array told by two structures, one for its type
 * and one for its memory ("The Arrow C data interface", version 1; there is no
 * version in the structures).
 *
 * An array has up to three buffers of its own and perhaps children.  What is
 * told is the one that the values lie in: the last.  The others (a bitmap of
 * what is not null, offsets) are told of in notes.  A type whose memory is its
 * children's alone has no layout: an obstacle names them.
 */
#ifndef MVIEW_PROTOCOL_ARROW_H
#define MVIEW_PROTOCOL_ARROW_H

#include "protocol/telling.h"

#include <stdint.h>

#define ARROW_SCHEMA_NAME "arrow_schema" /* of the capsules */
#define ARROW_ARRAY_NAME "arrow_array"
#define ARROW_STREAM_NAME "arrow_array_stream"

struct arrow_schema {
    const char *format;
    const char *name;
    const char *metadata;
    int64_t flags;
    int64_t n_children;
    struct arrow_schema **children;
    struct arrow_schema *dictionary;
    void (*release)(struct arrow_schema *self); /* NULL: released */
    void *private_data;
};

struct arrow_array {
    int64_t length;     /* items */
    int64_t null_count; /* -1: not counted */
    int64_t offset;     /* items */
    int64_t n_buffers;
    int64_t n_children;
    const void **buffers;
    struct arrow_array **children;
    struct arrow_array *dictionary;
    void (*release)(struct arrow_array *self); /* NULL: released */
    void *private_data;
};

struct arrow_stream {
    int (*get_schema)(struct arrow_stream *self, struct arrow_schema *schema); /* 0, or an errno */
    int (*get_next)(struct arrow_stream *self, struct arrow_array *array);     /* released: the end */
    const char *(*get_last_error)(struct arrow_stream *self);
    void (*release)(struct arrow_stream *self);
    void *private_data;
};

/* Begin the telling of the array that these structures, at an exporter's addresses, tell of. */
struct telling arrow_read(const struct arrow_schema *schema, const struct arrow_array *array);

/* Whether a schema is a struct's, as a table has it, as far as it can be read. */
bool arrow_is_struct(const struct arrow_schema *schema);

/* Whether a schema has children; a table of no columns has none. */
bool arrow_has_children(const struct arrow_schema *schema);

/* Append the names of a schema's children, of the first few: "'a', 'b' and 7 more". */
void arrow_children(const struct arrow_schema *schema, struct text *text);

#endif
