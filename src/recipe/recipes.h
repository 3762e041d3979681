/*
 * The functions of recipes.def, and what runs behind a BUILD: for the files of this room.
 */
#ifndef MVIEW_RECIPE_RECIPES_H
#define MVIEW_RECIPE_RECIPES_H

#include "recipe/reading.h"

#include <stdbool.h>
#include <stddef.h>

#define RECIPE(module, name, function) recipe_function function;
#include "recipe/recipes.def"
#undef RECIPE

/* classes.c: what a call of functools.partial(...) gives. */
recipe_function class_of_partial;

/* pandas.c: a frame or series of a class derived from pandas', by what its state says; asked for all other names. */
recipe_function pandas_subclass;

/*
 * struct pickle_hook's `built`, for joblib.dump's arrays, whose bytes lie between the opcodes; the
 * context is the reading.
 */
bool joblib_built(void *reading, struct pickle_object *object, const unsigned char *next, size_t left, size_t *taken,
                  struct error *error);

#endif
