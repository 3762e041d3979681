/*
 * What the files about pandas share.
 */
#ifndef MVIEW_RECIPE_PANDAS_H
#define MVIEW_RECIPE_PANDAS_H

#include <stddef.h>

struct pickle_value;
struct reading;
struct text;

/* What an index calls its place; its number where the index does not tell. */
void pandas_label(struct reading *reading, struct pickle_value *index, size_t place, struct text *label);

#endif
