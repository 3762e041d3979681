#include "value/arrow.h"

#include "base/text.h"
#include "format/field.h"
#include "value/parts.h"
#include "value/value.h"

#include <stdint.h>
#include <stdlib.h>

static const struct {
    const char *format;
    bool begins; /* a time zone follows */
    enum arrow_kind kind;
    unsigned char size;
    const char *numpy;
    int digits;
} moments[] = {
    {"tdD", false, ARROW_MOMENT, 4, "M8[D]", 0},      {"tdm", false, ARROW_MOMENT, 8, "M8[ms]", 0},
    {"tss:", true, ARROW_MOMENT, 8, "M8[s]", 0},      {"tsm:", true, ARROW_MOMENT, 8, "M8[ms]", 0},
    {"tsu:", true, ARROW_MOMENT, 8, "M8[us]", 0},     {"tsn:", true, ARROW_MOMENT, 8, "M8[ns]", 0},
    {"tDs", false, ARROW_MOMENT, 8, "m8[s]", 0},      {"tDm", false, ARROW_MOMENT, 8, "m8[ms]", 0},
    {"tDu", false, ARROW_MOMENT, 8, "m8[us]", 0},     {"tDn", false, ARROW_MOMENT, 8, "m8[ns]", 0},
    {"tts", false, ARROW_TIME_OF_DAY, 4, NULL, 0},    {"ttm", false, ARROW_TIME_OF_DAY, 4, NULL, 3},
    {"ttu", false, ARROW_TIME_OF_DAY, 8, NULL, 6},    {"ttn", false, ARROW_TIME_OF_DAY, 8, NULL, 9},
};

enum { MAX_SCALE = 10000, LIMBS = 8 /* of 32 bits: 256 */ };

/* "d:PRECISION,SCALE" or "d:PRECISION,SCALE,BITS" */
static bool find_decimal(const char *format, struct arrow_value *value)
{
    char *end;
    long scale, bits = 128;

    if (strncmp(format, "d:", 2) != 0) {
        return false;
    }
    strtol(format + 2, &end, 10);
    if (end == format + 2 || *end != ',') {
        return false;
    }
    scale = strtol(end + 1, &end, 10);
    if (*end == ',') {
        bits = strtol(end + 1, &end, 10);
    }
    if (*end != '\0' || scale < -MAX_SCALE || scale > MAX_SCALE ||
        (bits != 32 && bits != 64 && bits != 128 && bits != 256)) {
        return false;
    }
    *value = (struct arrow_value){.kind = ARROW_DECIMAL, .size = (unsigned char)(bits / 8), .digits = (int)scale};
    return true;
}

bool arrow_value_find(const char *format, struct arrow_value *value)
{
    size_t i;

    for (i = 0; format[0] == 't' && i < sizeof moments / sizeof moments[0]; i++) {
        size_t length = strlen(moments[i].format);

        if (format[1] == moments[i].format[1] && strncmp(format, moments[i].format, length) == 0 &&
            (moments[i].begins || format[length] == '\0')) {
            *value = (struct arrow_value){
                .kind = moments[i].kind,
                .size = moments[i].size,
                .numpy = moments[i].numpy,
                .utc = moments[i].begins && format[length] != '\0',
                .digits = moments[i].digits,
            };
            return true;
        }
    }
    return find_decimal(format, value);
}

static int64_t load_signed(const struct arrow_value *value, char order, const unsigned char *bytes)
{
    uint64_t number = value_load(bytes, value->size, order);

    return value->size == 4 ? (int32_t)(uint32_t)number : (int64_t)number;
}

static void append_moment(struct text *text, const struct arrow_value *value, char order, const unsigned char *bytes)
{
    int64_t number = load_signed(value, order, bytes);
    unsigned char native[8];
    char type[16] = {FORMAT_NATIVE_ORDER};

    strncat(type, value->numpy, sizeof type - 2);
    memcpy(native, &number, sizeof native);
    value_append_datetime(text, type, native);
    if (value->utc && number != INT64_MIN) {
        text_putc(text, 'Z');
    }
}

static void append_time(struct text *text, const struct arrow_value *value, char order, const unsigned char *bytes)
{
    int64_t number = load_signed(value, order, bytes);
    int64_t second = 1;
    int64_t seconds;
    int i;

    for (i = 0; i < value->digits; i++) {
        second *= 10;
    }
    seconds = number / second;
    if (number < 0 || seconds >= 86400) {
        text_printf(text, "%lld", (long long)number);
        return;
    }
    text_printf(text, "%02d:%02d:%02d", (int)(seconds / 3600), (int)(seconds / 60 % 60), (int)(seconds % 60));
    if (value->digits > 0) {
        text_printf(text, ".%0*lld", value->digits, (long long)(number % second));
    }
}

/* --- decimals -------------------------------------------------------------------------------------- */

/* The limbs of a number's absolute value, the lowest first; true when it is negative. */
static bool load_limbs(uint32_t limbs[LIMBS], size_t count, char order, const unsigned char *bytes)
{
    bool negative;
    uint64_t carry = 1;
    size_t i;

    for (i = 0; i < count; i++) {
        limbs[i] = (uint32_t)value_load(bytes + 4 * (order == '>' ? count - 1 - i : i), 4, order);
    }
    negative = limbs[count - 1] >> 31;
    for (i = 0; i < count && negative; i++) {
        carry += (uint32_t)~limbs[i];
        limbs[i] = (uint32_t)carry;
        carry >>= 32;
    }
    return negative;
}

/* Its decimal digits, the last one at the end of `digits`: returns how many, at least 1. */
static size_t write_digits(uint32_t limbs[LIMBS], size_t count, char *digits, size_t size)
{
    size_t written = 0;
    bool more = true;

    while (more && written < size) {
        uint64_t rest = 0;
        size_t i;

        more = false;
        for (i = count; i-- > 0;) {
            uint64_t part = rest << 32 | limbs[i];

            limbs[i] = (uint32_t)(part / 10);
            rest = part % 10;
            more |= limbs[i] != 0;
        }
        digits[size - ++written] = (char)('0' + rest);
    }
    return written;
}

/* As Python's Decimal: the point among the digits, unless that takes zeros in front by the dozen or behind. */
static void append_decimal(struct text *text, const struct arrow_value *value, char order, const unsigned char *bytes)
{
    uint32_t limbs[LIMBS];
    char buffer[80];
    bool negative = load_limbs(limbs, value->size / 4u, order, bytes);
    size_t length = write_digits(limbs, value->size / 4u, buffer, sizeof buffer);
    const char *digits = buffer + sizeof buffer - length;
    int left = (int)length - value->digits; /* digits in front of the point */
    bool plain = value->digits >= 0 && left > -6;
    int point = plain ? left : 1;
    int i;

    text_puts(text, negative ? "-" : "");
    if (point <= 0) {
        text_puts(text, "0.");
        for (i = point; i < 0; i++) {
            text_putc(text, '0');
        }
        text_append(text, digits, length);
    } else {
        text_append(text, digits, (size_t)point);
        if ((size_t)point < length) {
            text_putc(text, '.');
            text_append(text, digits + point, length - (size_t)point);
        }
    }
    if (!plain) {
        text_printf(text, "E%+d", left - 1);
    }
}

void value_append_arrow(struct text *text, const struct arrow_value *value, char order, const unsigned char *bytes)
{
    switch (value->kind) {
    case ARROW_MOMENT:
        append_moment(text, value, order, bytes);
        break;
    case ARROW_TIME_OF_DAY:
        append_time(text, value, order, bytes);
        break;
    case ARROW_DECIMAL:
        append_decimal(text, value, order, bytes);
        break;
    }
}
