/*
 * NumPy's arrays, for the recipes of others that hold them.
 */
#ifndef MVIEW_RECIPE_ARRAYS_H
#define MVIEW_RECIPE_ARRAYS_H

#include "recipe/recipe.h"

struct dtype;

/* An array of exactly the bytes of a value: BYTES, BYTEARRAY, STR; NULL, and the reading's error, for others. */
struct pickle_value *arrays_whole(struct reading *reading, enum pickle_kind kind, const struct dtype *dtype, int ndim,
                                  const ptrdiff_t *shape, const ptrdiff_t *strides, const struct pickle_value *value);

/* The same array (NULL stays NULL): loading gives it in the machine's byte order. */
struct pickle_value *arrays_native(struct reading *reading, struct pickle_value *made);

/*
 * By an ndarray's state: (1, shape, dtype, is Fortran order, data), the version
 * missing in very old ones; subclasses may have more behind it.
 */
struct pickle_value *arrays_of_state(struct reading *reading, const struct pickle_value *state);

#endif
