/*
 * The numbers in a type's format string; for src/protocol/arrow.c.
 */
#ifndef MVIEW_PROTOCOL_ARROW_FORMAT_H
#define MVIEW_PROTOCOL_ARROW_FORMAT_H

#include <stdint.h>

enum { ARROW_MAX_PARAMETER = 1 << 30 };

/* A number, up to `end`, behind which *text is then; -1 for what is none, or one past the most. */
int64_t arrow_parameter(const char **text, char end);

/* The bytes of "19,4,256" (behind "d:"): 16 where the last is not there; 0 for what is no decimal. */
unsigned arrow_decimal_size(const char *parameters);

#endif
