/*
 * What torch.save wrote before version 1.6, and writes into plain pickles of
 * tensors still: five pickles (a number to be known by, a version, facts of the
 * machine, the object, the keys of its storages) and then the storages in the
 * order of the keys, each behind its number of items.  All is little-endian.
 */
#ifndef MVIEW_RECIPE_TORCH_OLDER_H
#define MVIEW_RECIPE_TORCH_OLDER_H

#include "recipe/recipe.h"

/* Whether the bytes begin with that number. */
bool torch_is_older(const void *bytes, size_t size);

/*
 * Read such a file, or such bytes of `file`: reading->pickle is the object's, its
 * `trailing` what lies behind the last storage, as far as that can be told.  As reading_parse.
 */
bool torch_older_parse(struct reading *reading, struct recipe_range file, struct recipe_range bytes,
                       struct arena *arena, struct error *error);

#endif
