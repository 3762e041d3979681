#include "value/decimal.h"

#include <endian.h>
#include <string.h>

/* --- digits ----------------------------------------------------------------- */

/*
 * Digits are made eight at once, as the bytes of a word: the first digit in the
 * lowest byte, so that a little-endian store puts it first.  Each step splits
 * every part of the word in two, without waiting for another part.
 */
static inline uint64_t eight_digits(uint64_t value)
{
    const uint32_t narrow = (uint32_t)value;
    const uint64_t halves = narrow / 10000 | (uint64_t)(narrow % 10000) << 32;
    const uint64_t hundreds = (halves * 10486 >> 20) & UINT64_C(0x0000007f0000007f); /* halves / 100 */
    const uint64_t pairs = hundreds | (halves - 100 * hundreds) << 16;
    const uint64_t tens = (pairs * 103 >> 10) & UINT64_C(0x000f000f000f000f);        /* pairs / 10 */

    return (tens | (pairs - 10 * tens) << 8) + UINT64_C(0x3030303030303030);
}

static void store_digits(char *to, uint64_t digits)
{
    digits = htole64(digits);
    memcpy(to, &digits, sizeof digits);
}

static unsigned count_digits(uint64_t value)
{
    static const uint64_t tens[] = {
        0,
        10,
        100,
        1000,
        10000,
        100000,
        1000000,
        10000000,
        100000000,
        1000000000,
        10000000000,
        100000000000,
        1000000000000,
        10000000000000,
        100000000000000,
        1000000000000000,
        10000000000000000,
        100000000000000000,
        1000000000000000000,
        10000000000000000000u,
    };
    unsigned bits = 64 - (unsigned)__builtin_clzll(value | 1);
    unsigned estimate = bits * 1233 >> 12; /* log10(2) */

    return estimate + (value >= tens[estimate]);
}

static size_t write_unsigned(char to[DECIMAL_COPY], uint64_t value)
{
    const uint64_t ten_to_8 = 100000000;
    unsigned length = count_digits(value);
    unsigned kept; /* digits of the first word, 1 to 8 */
    unsigned cut;  /* bits of it that are zeros in front */
    uint64_t words[3] = {0};

    if (value < ten_to_8) {
        store_digits(to, eight_digits(value) >> 8 * (8 - length));
        return length;
    }
    if (length <= 16) {
        words[0] = eight_digits(value / ten_to_8);
        words[1] = eight_digits(value % ten_to_8);
    } else {
        words[0] = eight_digits(value / ten_to_8 / ten_to_8);
        words[1] = eight_digits(value / ten_to_8 % ten_to_8);
        words[2] = eight_digits(value % ten_to_8);
    }
    kept = (length - 1) % 8 + 1;
    cut = 8 * (8 - kept);
    store_digits(to, words[0] >> cut | words[1] << 8 * (kept - 1) << 8);
    store_digits(to + 8, words[1] >> cut | words[2] << 8 * (kept - 1) << 8);
    store_digits(to + 16, words[2] >> cut);
    return length;
}

size_t decimal_unsigned(char to[DECIMAL_COPY], uint64_t value)
{
    return write_unsigned(to, value);
}

/* --- layout ----------------------------------------------------------------- */

/* By words, as they were stored: the processor then need not wait until they have reached the cache. */
static void copy(char *to, const char *bytes)
{
    size_t i;

    for (i = 0; i < DECIMAL_COPY; i += 8) {
        uint64_t word;

        memcpy(&word, bytes + i, sizeof word);
        memcpy(to + i, &word, sizeof word);
    }
}

static char *put(char *to, const char *bytes, size_t length)
{
    copy(to, bytes);
    if (length > DECIMAL_COPY) {
        copy(to + DECIMAL_COPY, bytes + DECIMAL_COPY);
    }
    return to + length;
}

static char *put_zeros(char *to, size_t count)
{
    memset(to, '0', DECIMAL_COPY);
    return to + count;
}

static char *put_pair(char *to, char first, char second)
{
    to[0] = first;
    to[1] = second;
    return to + 2;
}

static char *put_exponent(char *to, int exponent)
{
    unsigned size = (unsigned)(exponent < 0 ? -exponent : exponent);

    to = put_pair(to, 'e', exponent < 0 ? '-' : '+');
    if (size < 10) {
        *to++ = '0';
    }
    return to + write_unsigned(to, size);
}

static char *put_finite(char *to, const struct decimal *decimal, bool whole_point)
{
    const char *digits = decimal->digits;
    size_t length = decimal->length;
    int point = decimal->point;

    if (point <= -4 || point > 16) {
        *to++ = digits[0];
        if (length > 1) {
            *to++ = '.';
            to = put(to, digits + 1, length - 1);
        }
        return put_exponent(to, point - 1);
    }
    if (point <= 0) {
        to = put_zeros(put_pair(to, '0', '.'), (size_t)-point);
        return put(to, digits, length);
    }
    if (length > (size_t)point) {
        to = put(to, digits, (size_t)point);
        *to++ = '.';
        return put(to, digits + point, length - (size_t)point);
    }
    to = put_zeros(put(to, digits, length), (size_t)point - length);
    return whole_point ? put_pair(to, '.', '0') : to;
}

size_t decimal_write(char to[DECIMAL_TEXT_SIZE], const struct decimal *decimal, bool whole_point, bool plus)
{
    char *end = to;

    if (decimal->negative && decimal->kind != DECIMAL_NAN) {
        *end++ = '-';
    } else if (plus) {
        *end++ = '+';
    }
    switch (decimal->kind) {
    case DECIMAL_FINITE:
        end = put_finite(end, decimal, whole_point);
        break;
    case DECIMAL_INFINITE:
        memcpy(end, "inf", 3);
        end += 3;
        break;
    case DECIMAL_NAN:
        memcpy(end, "nan", 3);
        end += 3;
        break;
    }
    return (size_t)(end - to);
}

/* --- the shortest digits of a double ---------------------------------------- */

enum {
    MANTISSA_BITS = 52,
    EXPONENT_BITS = 11,
    EXPONENT_MAX = (1 << EXPONENT_BITS) - 1,
    EXPONENT_BIAS = 1023 + MANTISSA_BITS,
};

#define HIDDEN_BIT (UINT64_C(1) << MANTISSA_BITS)

/* Take a number as digits, without the zeros at their end. */
static void set_digits(struct decimal *decimal, uint64_t value, int exponent)
{
    const char *digits = decimal->digits;
    size_t length = write_unsigned(decimal->digits, value);

    decimal->point = (int)length + exponent;
    if (length > 8 && memcmp(digits + length - 8, "00000000", 8) == 0) {
        length -= 8;
    }
    while (length > 1 && digits[length - 1] == '0') {
        length--;
    }
    decimal->length = (unsigned)length;
}

/* The table is computed when the first double needs it, in some 50 microseconds. */
static const struct decimal_power *power_of_ten(int exponent)
{
    static struct decimal_power powers[DECIMAL_POWERS];

    if (powers[0].high == 0) {
        decimal_exact_powers(powers);
    }
    return &powers[exponent - DECIMAL_POWER_MIN];
}

/* Floors of logarithms as fixed-point products, exact for every exponent that a double has. */
static int floor_log10_of_power_of_2(int exponent)
{
    return (int)((int64_t)exponent * 1262611 >> 22);
}

static int floor_log10_of_three_quarters_of_power_of_2(int exponent)
{
    return (int)(((int64_t)exponent * 1262611 - 524031) >> 22);
}

static int floor_log2_of_power_of_10(int exponent)
{
    return (int)((int64_t)exponent * 1741647 >> 19);
}

/*
 * power * factor / 2^128, where the lowest bit of the result says whether
 * anything was cut off ("round to odd"): enough for comparisons to be exact.
 */
static uint64_t multiply_to_odd(const struct decimal_power *power, uint64_t factor)
{
    __extension__ typedef unsigned __int128 wide;
    wide low = (wide)power->low * factor;
    wide high = (wide)power->high * factor + (uint64_t)(low >> 64);

    return (uint64_t)(high >> 64) | ((uint64_t)high > 1);
}

/*
 * Schubfach (Raffaello Giulietti, "The Schubfach way to render doubles", 2020).
 * All decimals that round to the number lie between the midpoints to its
 * neighbours.  With k chosen so that 10^k is just below their distance, one of
 * two adjacent multiples of 10^k lies between them, and at most one multiple of
 * 10^(k+1); that one is shorter.  Everything is computed in units of 10^k / 4.
 */
static void shortest(struct decimal *decimal, uint64_t mantissa, int exponent, bool narrow_below)
{
    int k = narrow_below ? floor_log10_of_three_quarters_of_power_of_2(exponent)
                         : floor_log10_of_power_of_2(exponent);
    const struct decimal_power *power = power_of_ten(-k);
    int shift = exponent + floor_log2_of_power_of_10(-k) + 1;
    uint64_t open = mantissa & 1; /* a tie at a midpoint reads back as the even neighbour */
    uint64_t center = 4 * mantissa;
    uint64_t lower = multiply_to_odd(power, (center - 2 + narrow_below) << shift) + open;
    uint64_t value = multiply_to_odd(power, center << shift);
    uint64_t upper = multiply_to_odd(power, (center + 2) << shift) - open;
    uint64_t below = value / 4;
    uint64_t middle;
    bool below_fits;
    bool above_fits;

    if (below >= 10) {
        uint64_t tens = below / 10;

        below_fits = lower <= 40 * tens;
        above_fits = 40 * (tens + 1) <= upper;
        if (below_fits != above_fits) {
            set_digits(decimal, tens + above_fits, k + 1);
            return;
        }
    }
    below_fits = lower <= 4 * below;
    above_fits = 4 * (below + 1) <= upper;
    if (below_fits != above_fits) {
        set_digits(decimal, below + above_fits, k);
        return;
    }
    middle = 4 * below + 2;
    set_digits(decimal, below + (value > middle || (value == middle && (below & 1))), k);
}

void decimal_of_double(struct decimal *decimal, double value)
{
    uint64_t bits;
    uint64_t mantissa;
    int biased;
    int exponent;

    memcpy(&bits, &value, sizeof bits);
    mantissa = bits & (HIDDEN_BIT - 1);
    biased = (int)(bits >> MANTISSA_BITS) & EXPONENT_MAX;
    decimal->negative = bits >> 63;
    decimal->kind = DECIMAL_FINITE;
    if (biased == EXPONENT_MAX) {
        decimal->kind = mantissa == 0 ? DECIMAL_INFINITE : DECIMAL_NAN;
        return;
    }
    if (biased == 0) {
        if (mantissa == 0) {
            set_digits(decimal, 0, 0);
            return;
        }
        shortest(decimal, mantissa, 1 - EXPONENT_BIAS, false);
        return;
    }
    mantissa |= HIDDEN_BIT;
    exponent = biased - EXPONENT_BIAS;
    if (exponent <= 0 && exponent >= -MANTISSA_BITS && (mantissa & ((UINT64_C(1) << -exponent) - 1)) == 0) {
        /* A whole number below 2^53: all its digits are needed to tell it from its neighbours. */
        set_digits(decimal, mantissa >> -exponent, 0);
        return;
    }
    shortest(decimal, mantissa, exponent, mantissa == HIDDEN_BIT && biased > 1);
}
