/*
 * Entries of a dict whose keys have one text: 1 and '1', or two objects that are written alike.
 *
 * A path takes one of them by that text: a str, else the last.  The others are
 * told, and taken, with their place behind the text: "1#0".
 */
#ifndef MVIEW_RECIPE_TWINS_H
#define MVIEW_RECIPE_TWINS_H

#include <stdbool.h>
#include <stddef.h>

struct pickle_value;
struct reading;

enum { TWINS_MAX = 10000 }; /* entries of a dict in which they are looked for: as many as are listed */

/*
 * For each entry of a DICT whether another is taken by its text: an array of malloc's, or NULL where none is, where
 * that cannot be (all keys are str), and where it would be too much to find out.
 */
bool *twins_of(struct reading *reading, const struct pickle_value *dict);

/* The place in a step of `length` bytes that ends in "#PLACE"; the text before it is *text_length bytes. */
bool twins_place(const char *step, size_t length, size_t *text_length, size_t *place);

#endif
