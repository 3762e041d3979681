/*
 * The exact side of decimal.h, in integers as long as they need to be: slow,
 * for long doubles and for the one table.
 */
#include "value/decimal.h"

#include <assert.h>
#include <string.h>

enum {
    /* binary128's smallest numbers times 5^4966: 113 + 11531 bits, and a few to compute with */
    BIG_LIMBS = 368,
    LIMB_BITS = 32,
};

/* An unsigned integer; limbs from the least significant, no zeros on top. */
struct big {
    size_t length;
    uint32_t limbs[BIG_LIMBS];
};

static void big_set(struct big *big, uint64_t low, uint64_t high)
{
    const uint32_t limbs[] = {(uint32_t)low, (uint32_t)(low >> 32), (uint32_t)high, (uint32_t)(high >> 32)};

    memcpy(big->limbs, limbs, sizeof limbs);
    big->length = 4;
    while (big->length > 0 && big->limbs[big->length - 1] == 0) {
        big->length--;
    }
}

static void big_push(struct big *big, uint32_t limb)
{
    assert(big->length < BIG_LIMBS);
    big->limbs[big->length++] = limb;
}

static void big_multiply(struct big *big, uint32_t factor)
{
    uint64_t carry = 0;
    size_t i;

    for (i = 0; i < big->length; i++) {
        carry += (uint64_t)big->limbs[i] * factor;
        big->limbs[i] = (uint32_t)carry;
        carry >>= LIMB_BITS;
    }
    if (carry > 0) {
        big_push(big, (uint32_t)carry);
    }
}

static void big_multiply_by_power_of_5(struct big *big, unsigned exponent)
{
    const uint32_t five_to_13 = 1220703125;

    for (; exponent >= 13; exponent -= 13) {
        big_multiply(big, five_to_13);
    }
    for (; exponent > 0; exponent--) {
        big_multiply(big, 5);
    }
}

static void big_shift(struct big *big, unsigned bits)
{
    size_t limbs = bits / LIMB_BITS;

    if (big->length == 0) {
        return;
    }
    big_multiply(big, UINT32_C(1) << bits % LIMB_BITS);
    assert(big->length + limbs <= BIG_LIMBS);
    memmove(big->limbs + limbs, big->limbs, big->length * sizeof big->limbs[0]);
    memset(big->limbs, 0, limbs * sizeof big->limbs[0]);
    big->length += limbs;
}

/* The quotient rounded down. */
static void big_divide(struct big *big, uint32_t divisor)
{
    uint64_t rest = 0;
    size_t i;

    for (i = big->length; i-- > 0;) {
        rest = rest << LIMB_BITS | big->limbs[i];
        big->limbs[i] = (uint32_t)(rest / divisor);
        rest %= divisor;
    }
    while (big->length > 0 && big->limbs[big->length - 1] == 0) {
        big->length--;
    }
}

static int big_compare(const struct big *a, const struct big *b)
{
    size_t i;

    if (a->length != b->length) {
        return a->length < b->length ? -1 : 1;
    }
    for (i = a->length; i-- > 0;) {
        if (a->limbs[i] != b->limbs[i]) {
            return a->limbs[i] < b->limbs[i] ? -1 : 1;
        }
    }
    return 0;
}

static uint32_t big_limb(const struct big *big, size_t i)
{
    return i < big->length ? big->limbs[i] : 0;
}

static void big_add(struct big *sum, const struct big *a, const struct big *b)
{
    size_t length = a->length > b->length ? a->length : b->length;
    uint64_t carry = 0;
    size_t i;

    for (i = 0; i < length; i++) {
        carry += (uint64_t)big_limb(a, i) + big_limb(b, i);
        sum->limbs[i] = (uint32_t)carry;
        carry >>= LIMB_BITS;
    }
    sum->length = length;
    if (carry > 0) {
        big_push(sum, (uint32_t)carry);
    }
}

/* big -= less, which is not larger. */
static void big_subtract(struct big *big, const struct big *less)
{
    uint64_t borrow = 0;
    size_t i;

    for (i = 0; i < big->length; i++) {
        uint64_t difference = (uint64_t)big->limbs[i] - big_limb(less, i) - borrow;

        big->limbs[i] = (uint32_t)difference;
        borrow = difference >> 63;
    }
    while (big->length > 0 && big->limbs[big->length - 1] == 0) {
        big->length--;
    }
}

/* --- the table -------------------------------------------------------------- */

static uint64_t bits_from(const struct big *big, size_t bit)
{
    size_t limb = bit / LIMB_BITS;
    unsigned shift = bit % LIMB_BITS;
    uint64_t low = big_limb(big, limb) | (uint64_t)big_limb(big, limb + 1) << 32;
    uint64_t high = big_limb(big, limb + 2);

    return shift == 0 ? low : low >> shift | high << (64 - shift);
}

static bool any_bit_below(const struct big *big, size_t bit)
{
    size_t i;

    for (i = 0; i < bit / LIMB_BITS; i++) {
        if (big->limbs[i] != 0) {
            return true;
        }
    }
    return (big_limb(big, i) & ((UINT32_C(1) << bit % LIMB_BITS) - 1)) != 0;
}

/* The 128 highest bits of a number that has more, or all of them moved up; one more if asked to round up. */
static struct decimal_power highest_bits(const struct big *big, bool inexact)
{
    size_t bits = big->length * LIMB_BITS - (size_t)__builtin_clz(big->limbs[big->length - 1]);
    struct decimal_power power;

    if (bits <= 128) {
        struct big moved = *big;

        big_shift(&moved, (unsigned)(128 - bits));
        return (struct decimal_power){bits_from(&moved, 64), bits_from(&moved, 0)};
    }
    power = (struct decimal_power){bits_from(big, bits - 64), bits_from(big, bits - 128)};
    if (inexact || any_bit_below(big, bits - 128)) {
        power.low++;
        power.high += power.low == 0;
    }
    return power;
}

void decimal_exact_powers(struct decimal_power powers[DECIMAL_POWERS])
{
    enum { BITS = 1120 }; /* 10^292 and 128 more bits */
    struct big big;
    int n;

    big_set(&big, 1, 0);
    for (n = 0; n <= DECIMAL_POWER_MAX; n++) {
        powers[n - DECIMAL_POWER_MIN] = highest_bits(&big, false);
        big_multiply(&big, 10);
    }
    /* The floor of a floor's tenth is the floor of the hundredth: no error adds up. */
    big_set(&big, 1, 0);
    big_shift(&big, BITS);
    for (n = -1; n >= DECIMAL_POWER_MIN; n--) {
        big_divide(&big, 10);
        powers[n - DECIMAL_POWER_MIN] = highest_bits(&big, true);
    }
}

/* --- any number's digits ---------------------------------------------------- */

/* A number and the distances to the midpoints between it and its neighbours, all over one denominator. */
struct fraction {
    struct big value;
    struct big below;
    struct big above;
    struct big denominator;
};

/* The number over 10^point, where 2^point is taken out of both. */
static void fraction_of(struct fraction *fraction, const struct decimal_binary *binary, int point)
{
    int exponent = binary->exponent - point;
    unsigned doubling = binary->narrow_below ? 2 : 1; /* so that the smaller distance is whole */
    unsigned up = exponent > 0 ? (unsigned)exponent : 0;
    unsigned down = exponent < 0 ? (unsigned)-exponent : 0;

    big_set(&fraction->value, binary->mantissa[0], binary->mantissa[1]);
    big_set(&fraction->below, 1, 0);
    big_set(&fraction->above, 1, 0);
    big_set(&fraction->denominator, 1, 0);
    if (point >= 0) {
        big_multiply_by_power_of_5(&fraction->denominator, (unsigned)point);
    } else {
        big_multiply_by_power_of_5(&fraction->value, (unsigned)-point);
        big_multiply_by_power_of_5(&fraction->below, (unsigned)-point);
        fraction->above = fraction->below;
    }
    big_shift(&fraction->value, up + doubling);
    big_shift(&fraction->below, up);
    big_shift(&fraction->above, up + doubling - 1);
    big_shift(&fraction->denominator, down + doubling);
}

static void fraction_multiply_by_10(struct fraction *fraction)
{
    big_multiply(&fraction->value, 10);
    big_multiply(&fraction->below, 10);
    big_multiply(&fraction->above, 10);
}

/* Is value + above more than 1 (or 1, when a tie reads back as this number)? */
static bool reaches_one(const struct fraction *fraction, bool closed)
{
    struct big sum;
    int order;

    big_add(&sum, &fraction->value, &fraction->above);
    order = big_compare(&sum, &fraction->denominator);
    return order > 0 || (closed && order == 0);
}

/* floor(log10(number)), or one more or less. */
static int estimate_log10(const struct decimal_binary *binary)
{
    uint64_t high = binary->mantissa[1];
    int bits = high != 0 ? 128 - __builtin_clzll(high) : 64 - __builtin_clzll(binary->mantissa[0]);

    return (int)((int64_t)(binary->exponent + bits - 1) * 1262611 >> 22);
}

/*
 * Steele and White's free-format digits: go on until what is left is nearer to
 * this number than to its neighbours.
 */
void decimal_exact(struct decimal *decimal, const struct decimal_binary *binary)
{
    struct fraction fraction;
    bool closed = (binary->mantissa[0] & 1) == 0; /* a tie at a midpoint reads back as the even neighbour */
    bool below_fits;
    bool above_fits;

    decimal->kind = DECIMAL_FINITE;
    decimal->negative = binary->negative;
    decimal->length = 0;
    /* At most 1, so that the digits come after the point; at least 0.1, so that the first one is not 0. */
    decimal->point = estimate_log10(binary);
    fraction_of(&fraction, binary, decimal->point);
    while (reaches_one(&fraction, closed)) {
        big_multiply(&fraction.denominator, 10);
        decimal->point++;
    }
    do {
        unsigned digit = 0;
        int order;

        fraction_multiply_by_10(&fraction);
        while (big_compare(&fraction.value, &fraction.denominator) >= 0) {
            big_subtract(&fraction.value, &fraction.denominator);
            digit++;
        }
        order = big_compare(&fraction.value, &fraction.below);
        below_fits = order < 0 || (closed && order == 0);
        above_fits = reaches_one(&fraction, closed);
        if (above_fits && below_fits) {
            big_multiply(&fraction.value, 2);
            order = big_compare(&fraction.value, &fraction.denominator);
            digit += order > 0 || (order == 0 && (digit & 1));
        } else {
            digit += above_fits;
        }
        assert(digit <= 9 && decimal->length < DECIMAL_MAX_DIGITS);
        decimal->digits[decimal->length++] = (char)('0' + digit);
    } while (!below_fits && !above_fits);
}

/* --- long double ------------------------------------------------------------ */

static uint64_t load(const unsigned char *bytes, size_t size)
{
    uint64_t value = 0;

    while (size-- > 0) {
        value = value << 8 | bytes[size];
    }
    return value;
}

void decimal_of_long_double(struct decimal *decimal, enum decimal_format format,
                            const unsigned char bytes[16])
{
    enum { EXPONENT_MAX = 0x7fff, BIAS = 16383 };
    const uint64_t x87_one = UINT64_C(1) << 63;        /* x87 stores the bit in front of the point */
    const uint64_t binary128_one = UINT64_C(1) << 48;
    struct decimal_binary binary = {.mantissa = {load(bytes, 8), 0}};
    unsigned top = (unsigned)load(bytes + (format == DECIMAL_X87 ? 8 : 14), 2);
    int biased = top & EXPONENT_MAX;
    bool bad = false;  /* x87: the bit in front of the point is missing */
    bool zero_fraction;

    binary.negative = top >> 15;
    if (format == DECIMAL_X87) {
        zero_fraction = (binary.mantissa[0] & (x87_one - 1)) == 0;
        bad = biased != 0 && (binary.mantissa[0] & x87_one) == 0;
    } else {
        binary.mantissa[1] = load(bytes + 8, 6);
        zero_fraction = (binary.mantissa[0] | binary.mantissa[1]) == 0;
        binary.mantissa[1] |= biased != 0 ? binary128_one : 0;
    }
    if (bad || biased == EXPONENT_MAX) {
        decimal->kind = bad || !zero_fraction ? DECIMAL_NAN : DECIMAL_INFINITE;
        decimal->negative = binary.negative;
        return;
    }
    if ((binary.mantissa[0] | binary.mantissa[1]) == 0) {
        *decimal = (struct decimal){.negative = binary.negative, .length = 1, .point = 1, .digits = {'0'}};
        return;
    }
    binary.narrow_below = zero_fraction && biased > 1;
    binary.exponent = (biased > 0 ? biased : 1) - BIAS - ((int)format - 1);
    decimal_exact(decimal, &binary);
}
