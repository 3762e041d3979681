/*
 * Arrow's arrays, as pyarrow pickles them: buffers, and what they mean.
 */
#ifndef MVIEW_RECIPE_ARROW_H
#define MVIEW_RECIPE_ARROW_H

#include <stdbool.h>
#include <stddef.h>

struct pickle_value;
struct reading;
struct text;

/* Append string `place` of an array of strings (a NAMED with offsets and data); false where there is none. */
bool arrow_string(struct reading *reading, const struct pickle_value *array, size_t place, struct text *text);

#endif
