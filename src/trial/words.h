/*
 * A buffer of the battery in words, and as something that a person can try.
 */
#ifndef MVIEW_TRIAL_WORDS_H
#define MVIEW_TRIAL_WORDS_H

#include <stdbool.h>

struct buffer;
struct text;

/* "format 'i', shape (3, 4), every second row, read-only". */
void buffer_words(const struct buffer *buffer, struct text *text);

/* "numpy.arange(24, dtype='i4').reshape(6, 4)[::2]"; nothing, and false, where Python has no such object to offer. */
bool buffer_expression(const struct buffer *buffer, struct text *text);

#endif
