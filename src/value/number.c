#include "value/parts.h"

#include "base/text.h"
#include "format/format.h"
#include "value/decimal.h"
#include "value/value.h"

#include <float.h>

/* IEEE binary16; every value is a double too. */
static double half(uint16_t bits)
{
    uint64_t sign = (uint64_t)(bits >> 15) << 63;
    unsigned exponent = bits >> 10 & 0x1f;
    uint64_t mantissa = bits & 0x3ff;
    uint64_t wide;
    double value;

    if (exponent == 0) {
        value = (double)mantissa / (1 << 24);
        memcpy(&wide, &value, sizeof wide);
    } else {
        wide = (uint64_t)(exponent == 0x1f ? 0x7ff : exponent + 1023 - 15) << 52 | mantissa << 42;
    }
    wide |= sign;
    memcpy(&value, &wide, sizeof value);
    return value;
}

/* Read 16, 32 or 64 bits as the double that struct.unpack gives. */
static double load_double(const unsigned char *bytes, size_t size, char order)
{
    uint64_t bits = value_load(bytes, size, order);
    double value;
    float single;
    uint32_t single_bits = (uint32_t)bits;

    switch (size) {
    case 2:
        return half((uint16_t)bits);
    case 4:
        memcpy(&single, &single_bits, sizeof single);
        return (double)single;
    default:
        memcpy(&value, &bits, sizeof value);
        return value;
    }
}

/* False for a long double that is neither x87's nor binary128. */
static bool read_float(struct decimal *decimal, const unsigned char *bytes, size_t size, char order)
{
    unsigned char little[16] = {0};
    size_t i;

    if (size <= sizeof(double)) {
        decimal_of_double(decimal, load_double(bytes, size, order));
        return true;
    }
    if (size > sizeof little || (LDBL_MANT_DIG != DECIMAL_X87 && LDBL_MANT_DIG != DECIMAL_BINARY128)) {
        return false;
    }
    for (i = 0; i < size; i++) {
        little[i] = bytes[order == '>' ? size - 1 - i : i];
    }
    decimal_of_long_double(decimal, (enum decimal_format)LDBL_MANT_DIG, little);
    return true;
}

void value_append_float(struct text *text, const struct format_field *field, const unsigned char *bytes)
{
    struct decimal decimal;
    char written[DECIMAL_TEXT_SIZE];

    if (read_float(&decimal, bytes, field->unit, field->order)) {
        text_append(text, written, decimal_write(written, &decimal, true, false));
    } else {
        value_append_bytes(text, bytes, field->unit);
    }
}

static bool is_plus_zero(const struct decimal *decimal)
{
    return decimal->kind == DECIMAL_FINITE && decimal->digits[0] == '0' && !decimal->negative;
}

static void append_parts(struct text *text, const struct decimal *real, const struct decimal *imaginary)
{
    char written[DECIMAL_TEXT_SIZE];

    if (is_plus_zero(real)) {
        text_append(text, written, decimal_write(written, imaginary, false, false));
        text_putc(text, 'j');
        return;
    }
    text_putc(text, '(');
    text_append(text, written, decimal_write(written, real, false, false));
    text_append(text, written, decimal_write(written, imaginary, false, true));
    text_puts(text, "j)");
}

void value_append_parts(struct text *text, double real, double imaginary)
{
    struct decimal parts[2];

    decimal_of_double(&parts[0], real);
    decimal_of_double(&parts[1], imaginary);
    append_parts(text, &parts[0], &parts[1]);
}

void value_append_complex(struct text *text, const struct format_field *field, const unsigned char *bytes)
{
    size_t size = field->unit / 2;
    struct decimal real;
    struct decimal imaginary;

    if (!read_float(&real, bytes, size, field->order) ||
        !read_float(&imaginary, bytes + size, size, field->order)) {
        value_append_bytes(text, bytes, field->unit);
        return;
    }
    append_parts(text, &real, &imaginary);
}
