/*
 * Binary floating-point numbers as decimal text: the shortest digits that read
 * back as the same number, of those the ones nearest to it, laid out as
 * Python's repr lays them out.
 */
#ifndef MVIEW_VALUE_DECIMAL_H
#define MVIEW_VALUE_DECIMAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum decimal_kind {
    DECIMAL_FINITE,
    DECIMAL_INFINITE,
    DECIMAL_NAN, /* its sign is not shown */
};

enum {
    DECIMAL_MAX_DIGITS = 36, /* of IEEE binary128; x87 has 21 at most, a double 17 */
    DECIMAL_COPY = 24,       /* bytes copied at once, needed or not: that is faster than counting */
    DECIMAL_TEXT_SIZE = 80,  /* bytes that hold any text, and what is copied beyond it */
};

/* When finite: 0.DIGITS times 10 to the power of `point`; zero is the one digit 0 and point 1. */
struct decimal {
    enum decimal_kind kind;
    bool negative;
    unsigned length; /* of the digits, at least 1 */
    int point;
    char digits[DECIMAL_MAX_DIGITS + DECIMAL_COPY]; /* ASCII, the first one not 0 unless the number is */
};

/* The finite number mantissa * 2^exponent, whatever the width of its format. */
struct decimal_binary {
    bool negative;
    uint64_t mantissa[2]; /* low, high; not both 0 */
    int exponent;
    bool narrow_below;    /* the next smaller number is only half as far as the next larger one */
};

/* The long doubles known here; the values are the bits of their mantissas (LDBL_MANT_DIG). */
enum decimal_format {
    DECIMAL_X87 = 64,
    DECIMAL_BINARY128 = 113,
};

void decimal_of_double(struct decimal *decimal, double value);

/*
 * A long double: 16 bytes, least significant first (x87: 10 bytes, the others
 * are not looked at).  x87 encodings that the processor calls invalid are nan.
 */
void decimal_of_long_double(struct decimal *decimal, enum decimal_format format,
                            const unsigned char bytes[16]);

/*
 * Write as repr does: "1.5", "1e+16", "-0.0", "inf", "nan".  `whole_point`: a
 * whole number ends in ".0", as a float does and a complex number's parts do
 * not; `plus`: a sign in any case.  Returns the length, without a NUL; bytes
 * beyond it are written to.
 */
size_t decimal_write(char to[DECIMAL_TEXT_SIZE], const struct decimal *decimal, bool whole_point, bool plus);

/* Write an unsigned integer's digits; returns how many, 1 to 20.  All bytes may be written to. */
size_t decimal_unsigned(char to[DECIMAL_COPY], uint64_t value);

/* 10^n for DECIMAL_POWER_MIN + index as high * 2^64 + low: 128 bits, the highest one set, rounded up. */
struct decimal_power {
    uint64_t high, low;
};

enum {
    DECIMAL_POWER_MIN = -292,
    DECIMAL_POWER_MAX = 324,
    DECIMAL_POWERS = DECIMAL_POWER_MAX - DECIMAL_POWER_MIN + 1,
};

/* Parts of the above in exact arithmetic: the powers, and the shortest digits of any number. */
void decimal_exact_powers(struct decimal_power powers[DECIMAL_POWERS]);
void decimal_exact(struct decimal *decimal, const struct decimal_binary *binary);

#endif
