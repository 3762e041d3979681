#include "pickle/number.h"

#include "pickle/make.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    MAX_FLOAT_TEXT = 64,  /* bytes; repr writes 24 at most */
    BILLION = 1000000000, /* the base of decimal conversion */
    BILLION_DIGITS = 9,
};

static bool parse_signed(const unsigned char *text, size_t size, int64_t *integer)
{
    bool negative = size > 0 && text[0] == '-';
    uint64_t magnitude;

    if (!digits_to_unsigned(text + negative, size - negative, &magnitude) ||
        magnitude > (uint64_t)INT64_MAX + negative) {
        return false;
    }
    *integer = (int64_t)(negative ? 0 - magnitude : magnitude);
    return true;
}

/* As repr writes an int: no plus sign, no zeros in front, no "-0". */
static bool is_integer_text(const unsigned char *text, size_t size)
{
    bool negative = size > 0 && text[0] == '-';
    size_t i;

    for (i = negative; i < size; i++) {
        if (text[i] < '0' || text[i] > '9') {
            return false;
        }
    }
    return size > negative && (text[negative] != '0' || size == 1);
}

struct pickle_value *value_digits(struct machine *m, const unsigned char *text, size_t size)
{
    int64_t integer;

    if (!is_integer_text(text, size)) {
        machine_broken(m, "its text is no integer");
        return NULL;
    }
    if (parse_signed(text, size, &integer)) {
        return value_integer(m, integer);
    }
    return value_bytes(m, PICKLE_LONG, text, size);
}

/* The digits of a number of 32-bit words, the lowest first, which are used up; returns where they start. */
static char *put_decimal(uint32_t *words, size_t count, char *end)
{
    while (count > 0) {
        uint64_t rest = 0;
        size_t i;
        int digit;

        for (i = count; i-- > 0;) {
            rest = rest << 32 | words[i];
            words[i] = (uint32_t)(rest / BILLION);
            rest %= BILLION;
        }
        while (count > 0 && words[count - 1] == 0) {
            count--;
        }
        for (digit = 0; digit < BILLION_DIGITS && (count > 0 || rest > 0); digit++) {
            *--end = (char)('0' + rest % 10);
            rest /= 10;
        }
    }
    return end;
}

struct pickle_value *value_long(struct machine *m, const unsigned char *bytes, size_t size)
{
    bool negative = size > 0 && bytes[size - 1] >= 0x80;
    unsigned char magnitude[PICKLE_MAX_INT];
    uint32_t words[PICKLE_MAX_INT / 4];
    char digits[PICKLE_MAX_INT * 3];
    char *end = digits + sizeof digits;
    char *start;
    unsigned carry = negative;
    size_t i;

    memset(magnitude, negative ? 0xff : 0, sizeof magnitude);
    memcpy(magnitude, bytes, size);
    if (size <= sizeof(int64_t)) {
        return value_integer(m, (int64_t)little_endian(magnitude, sizeof(int64_t)));
    }
    for (i = 0; negative && i < sizeof magnitude; i++) {
        carry += (unsigned char)~magnitude[i];
        magnitude[i] = (unsigned char)carry;
        carry >>= 8;
    }
    for (i = 0; i < sizeof words / sizeof words[0]; i++) {
        words[i] = (uint32_t)little_endian(magnitude + 4 * i, 4);
    }
    start = put_decimal(words, sizeof words / sizeof words[0], end);
    if (start == end) {
        *--start = '0';
    }
    if (negative) {
        *--start = '-';
    }
    start = arena_copy(m->arena, start, (size_t)(end - start));
    if (start == NULL) {
        machine_full(m);
        return NULL;
    }
    return value_digits(m, (unsigned char *)start, strlen(start));
}

bool parse_float(const unsigned char *text, size_t size, double *real)
{
    char copy[MAX_FLOAT_TEXT + 1];
    char *end;

    /* Neither white space, hex floats nor "nan(...)", which strtod would take. */
    if (size == 0 || size > MAX_FLOAT_TEXT) {
        return false;
    }
    memcpy(copy, text, size);
    copy[size] = '\0';
    if (strspn(copy, "+-.0123456789eE") != size && strcmp(copy, "inf") != 0 && strcmp(copy, "-inf") != 0 &&
        strcmp(copy, "nan") != 0 && strcmp(copy, "-nan") != 0) {
        return false;
    }
    *real = strtod(copy, &end);
    return *end == '\0';
}
