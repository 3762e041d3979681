/*
 * The arguments of options, from text.  Each names its option in an error:
 * "--width: 0 is not between 1 and 256".
 */
#ifndef MVIEW_OPTIONS_ARGUMENTS_H
#define MVIEW_OPTIONS_ARGUMENTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct error;

/* A whole number below 2^63: decimal, or hexadecimal with 0x. */
bool argument_number(const char *option, const char *text, uint64_t *number, struct error *error);

/* The argument of --length: a number, or "all" (UINT64_MAX). */
bool argument_length(const char *text, uint64_t *length, struct error *error);

/* A number between `least` and `most`. */
bool argument_small(const char *option, const char *text, unsigned least, unsigned most, unsigned *number,
                    struct error *error);

/* The argument of --timeout: more than 0 seconds, at most an hour. */
bool argument_seconds(const char *text, double *seconds, struct error *error);

/*
 * The argument of --shape, "2,-1,3": at most LAYOUT_MAX_NDIM extents (items), of
 * which one may be -1; "" and "()" are the shape of 0 dimensions.
 */
bool argument_shape(const char *text, int *ndim, ptrdiff_t *shape, struct error *error);

/* One of several words: its index into `words`; the error has the near match. */
bool argument_word(const char *option, const char *text, const char *const *words, size_t count,
                   unsigned *index, struct error *error);

#endif
