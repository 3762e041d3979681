/*
 * Where the members of a value come from: for the files of this room that show trees.
 */
#ifndef MVIEW_RECIPE_PARTS_H
#define MVIEW_RECIPE_PARTS_H

#include "recipe/recipe.h"

/* In a mark of a value: the rest is the length of a path; without it, the number of a row, from 1. */
enum { TREE_ON_THE_WAY = 1 << 30 };

/* Where the members of a value come from, in the order they are told. */
struct parts {
    const struct pickle_value *sequence; /* by number */
    const struct pickle_value *grid;     /* by "1,2" */
    const struct pickle_value *keys;     /* by key */
    const struct pickle_value *named;    /* by name */
    const struct pickle_value *attributes[2];
    struct pickle_value *state;          /* whole, when it is no dict */
    const struct pickle_value *arguments; /* a tuple */
    struct pickle_value *argument;        /* whole, when it is none */
    const struct pickle_value *keywords;
};

/* The parts of what recipe_value gave. */
struct parts parts_of(struct pickle_value *meaning);

/* How many members a part has; NULL has none. */
size_t parts_count(const struct pickle_value *part);

/* A dict's key as a step of a path. */
void parts_key(struct reading *reading, struct pickle_value *key, struct text *text);

#endif
