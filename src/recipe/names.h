/*
 * What loading a pickle would import, and what of that it would call.
 */
#ifndef MVIEW_RECIPE_NAMES_H
#define MVIEW_RECIPE_NAMES_H

#include "recipe/recipe.h"

struct notes;

enum { NAMES_MAX = 10000 }; /* names that are told */

/*
 * The dotted names of all pickles given and of those that lie in them: sorted,
 * each once.  `called`: only those that are called, or that instances are made
 * of.  False when memory ran out.
 */
bool names_gather(struct reading *const *readings, size_t count, bool called, struct notes *names);

#endif
