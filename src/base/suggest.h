/*
 * The near match: which word was meant by one that is not known.
 */
#ifndef MVIEW_BASE_SUGGEST_H
#define MVIEW_BASE_SUGGEST_H

#include <stdbool.h>
#include <stddef.h>

/*
 * The candidate nearest to `word` by edits (insert, delete, replace, swap of
 * neighbours; case does not count), or NULL when none is near: more than a
 * third of the word's letters would have to change.
 */
const char *suggest(const char *word, const char *const *candidates, size_t count);

enum { SUGGEST_COMPARED = 1000 }; /* names of a file, of which there may be millions, that are compared */

/* For candidates one by one: whether it is near, and nearer than *edits (SIZE_MAX at first), which is then lowered. */
bool suggest_nearer(const char *word, const char *candidate, size_t *edits);

#endif
