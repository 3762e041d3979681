/*
 * A closer look at files that no few bytes tell.
 */
#ifndef MVIEW_FOREIGN_LOOKS_H
#define MVIEW_FOREIGN_LOOKS_H

#include <stdbool.h>
#include <stddef.h>

struct text;

/* The start of a file, or all of it: of what comes through a pipe there may be more. */
struct content {
    const unsigned char *data;
    size_t size;   /* bytes at hand */
    bool complete; /* they are the whole file */
};

/* Is it one?  What the advice has a $ for goes to `details`, which is empty. */
typedef bool look_function(const struct content *content, struct text *details);

/* Whether these bytes are there. */
bool content_has(const struct content *content, size_t offset, const char *magic, size_t size);

/* The rows of kinds.def. */
#define PACKED(magic, name, filter)
#define MAGIC(offset, magic, name, advice)
#define TEST(function, name, advice) look_function function;
#include "foreign/kinds.def"
#undef PACKED
#undef MAGIC
#undef TEST

#endif
