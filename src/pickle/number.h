/*
 * Integers and floats in their spellings.
 */
#ifndef MVIEW_PICKLE_NUMBER_H
#define MVIEW_PICKLE_NUMBER_H

#include "pickle/state.h"

/* From digits with a sign; past int64_t they must live as long as the value. */
struct pickle_value *value_digits(struct machine *machine, const unsigned char *text, size_t size);
/* From bytes in two's complement, little-endian; at most PICKLE_MAX_INT of them. */
struct pickle_value *value_long(struct machine *machine, const unsigned char *bytes, size_t size);

/* repr's text of a float, and "inf", "nan". */
bool parse_float(const unsigned char *text, size_t size, double *real);

#endif
