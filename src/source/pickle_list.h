/*
 * Rows of a listing for what lies in a pickle.
 */
#ifndef MVIEW_SOURCE_PICKLE_LIST_H
#define MVIEW_SOURCE_PICKLE_LIST_H

#include <stdbool.h>
#include <stddef.h>

struct error;
struct pickle_value;
struct reading;
struct source;
struct text;
struct tree_row;

struct lister {
    struct source *source;
    struct reading *reading;
    const char *path; /* of the value that is listed, from the file on; NULL for the file's own */
    unsigned level;   /* of its members in the list */
    size_t before;    /* rows that the list had before them */
};

/* A tree_visit: the row into the source's listing; false ends the walk, which `cut` tells of. */
bool list_row(void *lister, const struct tree_row *row);

/* "3", "'text'", "2 members", what is wrong with it. */
void describe_value(struct text *text, struct reading *reading, struct pickle_value *value);

/* A new listing of a value's members, of all levels when `recursive`. */
bool list_value(struct source *source, struct reading *reading, struct pickle_value *value, const char *path,
                bool recursive, struct error *error);

#endif
