/*
 * The bytes of items: values that are easily told apart, and the same items
 * in another order or format.
 */
#ifndef MVIEW_TRIAL_ITEMS_H
#define MVIEW_TRIAL_ITEMS_H

#include <stdbool.h>
#include <stddef.h>

struct format;

/*
 * Fill `count` items of a format, itemsize bytes each, one behind the other.  Numbers are small,
 * positive and all different; what is text or one byte wide holds digits, so that readers of
 * text have something to read.  Each variant (0, 1, 2) has other values; all of 2 are
 * larger than in 0 by the same.
 */
void items_fill(const struct format *format, size_t itemsize, size_t count, unsigned variant, unsigned char *items);

/* Reverse the bytes of each number of a format of one code; false for one that has no order. */
bool items_swap(const struct format *format, size_t itemsize, size_t count, unsigned char *items);

/* Is there nothing in a format that must not be made up (pointers, objects)? */
bool items_can_be_made(const struct format *format);

#endif
