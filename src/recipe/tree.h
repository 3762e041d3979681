/*
 * The tree that is shown of a pickle: members of values, paths to them, walks.
 *
 * A path joins steps with '/'.  A step is a key or a number of a container or
 * of an object that was given items ("1,2" in an array of objects), a name of
 * an attribute, or one of .args, .kwargs, .state, .items.  Keys may hold a '/':
 * the longest that fits is taken; a key goes before an attribute of the same
 * text.  Numbers below 0 count from the end.  Of keys with one text (1 and '1')
 * a str is meant, else the last; "1#0" is the one at that place of the dict.
 */
#ifndef MVIEW_RECIPE_TREE_H
#define MVIEW_RECIPE_TREE_H

#include "recipe/recipe.h"

enum {
    TREE_MAX_DEPTH = 100, /* levels that a walk goes down */
};

/* How many members a value has: 0 for one that has none. */
size_t tree_count(struct reading *reading, struct pickle_value *value);

/* Member `place`; the step that leads to it is appended to `step`. */
struct pickle_value *tree_member(struct reading *reading, struct pickle_value *value, size_t place,
                                 struct text *step);

/*
 * The value that a path leads to from `root`, itself behind `before` bytes of a
 * longer path ("o.npy/", "#1/").  Values on the way are marked as what a walk
 * below names by their paths.  NULL and an error that names the step that
 * failed and what there is instead.
 */
struct pickle_value *tree_find(struct reading *reading, struct pickle_value *root, const char *path, size_t before,
                               struct error *error);

/* One member that a walk meets. */
struct tree_row {
    const char *path; /* from the root; NUL-terminated, but may hold NULs */
    size_t path_length;
    unsigned depth; /* 0 for the members of where the walk began */
    struct pickle_value *value;
    /*
     * Where the same value was met before: SIZE_MAX nowhere; else the number of
     * that row (from 0).  For one on the way to the walk's beginning, `way` is
     * true and `met` is the length of its path's text, 0 for the root.
     */
    size_t met;
    bool way;
    bool too_deep; /* has members that the walk leaves out */
};

/* False ends the walk. */
typedef bool tree_visit(void *context, const struct tree_row *row);

/*
 * All members of `from`, whose path is `path` (NULL for the root), and when
 * `recursive` theirs, parents before children.  A value met again has its row,
 * and no members.  One walk for one reading.
 */
void tree_walk(struct reading *reading, struct pickle_value *from, const char *path, bool recursive,
               tree_visit *visit, void *context);

#endif
