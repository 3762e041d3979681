/*
 * What value.c is made of: the texts of bytes, of str and of numbers, as repr
 * writes them.
 */
#ifndef MVIEW_VALUE_PARTS_H
#define MVIEW_VALUE_PARTS_H

#include <endian.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

struct format_field;
struct text;

/* An unsigned integer of 1 to 8 bytes; `order` is '<' or '>'. */
static inline uint64_t value_load(const unsigned char *bytes, size_t size, char order)
{
    uint64_t value = 0;
    size_t i;

    if (size == sizeof value) {
        memcpy(&value, bytes, sizeof value);
        return order == '>' ? be64toh(value) : le64toh(value);
    }
    for (i = 0; i < size; i++) {
        value = value << 8 | bytes[order == '>' ? i : size - 1 - i];
    }
    return value;
}

/* '...' of `count` characters of `width` bytes each, 2 or 4. */
void value_append_str(struct text *text, const unsigned char *bytes, size_t count, size_t width, char order);

/* One element of FORMAT_FLOAT and one of FORMAT_COMPLEX. */
void value_append_float(struct text *text, const struct format_field *field, const unsigned char *bytes);
void value_append_complex(struct text *text, const struct format_field *field, const unsigned char *bytes);

/* A complex number of these parts. */
void value_append_parts(struct text *text, double real, double imaginary);

#endif
