#include "trial/items.h"

#include "format/format.h"
#include "memory/layout.h"

#include <float.h>
#include <stdint.h>
#include <string.h>

/* Half precision, of a number below 2048. */
static uint16_t half(unsigned value)
{
    unsigned exponent = 0;

    if (value == 0) {
        return 0;
    }
    while (value >> (exponent + 1) != 0) {
        exponent++;
    }
    value = exponent <= 10 ? value << (10 - exponent) : value >> (exponent - 10);
    return (uint16_t)((exponent + 15) << 10 | (value & 0x3ff));
}

static void reverse(unsigned char *bytes, size_t size)
{
    size_t i;

    for (i = 0; i < size / 2; i++) {
        unsigned char byte = bytes[i];

        bytes[i] = bytes[size - 1 - i];
        bytes[size - 1 - i] = byte;
    }
}

static bool is_swapped(char order)
{
    return order != FORMAT_NATIVE_ORDER;
}

static void put_float(unsigned char *to, size_t size, unsigned value)
{
    uint16_t small = half(value % 2048);
    float single = (float)value;
    double number = value;
    long double wide = value;

    memset(to, 0, size);
    if (size == sizeof small) {
        memcpy(to, &small, size);
    } else if (size == sizeof single) {
        memcpy(to, &single, size);
    } else if (size == sizeof number) {
        memcpy(to, &number, size);
    } else if (size == sizeof wide) {
        memcpy(to, &wide, LDBL_MANT_DIG == 64 ? 10 : size); /* x87: the rest is padding */
    }
}

static void put_integer(unsigned char *to, size_t size, unsigned value)
{
    uint64_t number = value;

    memset(to, 0, size);
    memcpy(to, &number, size < sizeof number ? size : sizeof number);
    if (__BYTE_ORDER__ != __ORDER_LITTLE_ENDIAN__ && size <= sizeof number) {
        memcpy(to, (unsigned char *)&number + sizeof number - size, size);
    }
}

static unsigned char digit(unsigned value)
{
    return (unsigned char)('1' + (value + value / 3 * 4) % 9); /* items in a row are 3 apart: nine different ones */
}

enum { LARGER = 64 }; /* of a number; of a digit, a quarter of it */

/* One element of a field that is no struct. */
static void put_element(const struct format_field *field, unsigned char *to, unsigned value, bool larger)
{
    unsigned char figure = (unsigned char)(larger ? LARGER / 4 : 0);
    unsigned number = value + (larger ? LARGER : 0);
    size_t size = field->unit;
    size_t i;

    switch (field->kind) {
    case FORMAT_BOOL:
        put_integer(to, size, value & 1);
        return;
    case FORMAT_INT:
    case FORMAT_UINT:
        put_integer(to, size, size == 1 ? (unsigned)digit(value) + figure : number);
        break;
    case FORMAT_FLOAT:
        put_float(to, size, number);
        break;
    case FORMAT_COMPLEX:
        put_float(to, size / 2, number);
        put_float(to + size / 2, size / 2, number + 1);
        if (is_swapped(field->order)) {
            reverse(to, size / 2);
            reverse(to + size / 2, size / 2);
        }
        return;
    default:
        for (i = 0; i < size; i++) {
            to[i] = (unsigned char)(digit(value + (unsigned)i) + figure);
        }
        return;
    }
    if (is_swapped(field->order)) {
        reverse(to, size);
    }
}

static void put_field(const struct format_field *field, unsigned char *to, unsigned value, bool larger)
{
    size_t elements = field->unit > 0 ? field->size / field->unit : 0;
    size_t i, j;

    for (i = 0; i < elements; i++) {
        if (field->kind != FORMAT_STRUCT) {
            put_element(field, to + i * field->unit, value + (unsigned)i, larger);
            continue;
        }
        for (j = 0; j < field->field_count; j++) {
            put_field(&field->fields[j], to + i * field->unit + field->fields[j].offset, value + (unsigned)(i + j),
                      larger);
        }
    }
}

void items_fill(const struct format *format, size_t itemsize, size_t count, unsigned variant, unsigned char *items)
{
    size_t i;

    memset(items, 0, count * itemsize);
    for (i = 0; i < count && format->size <= itemsize; i++) {
        unsigned value = 1 + 3 * (unsigned)i + (variant == 1 ? 7 + 3 * ((unsigned)i % 2) : 0);

        put_field(&format->root, items + i * itemsize, value, variant == 2);
    }
}

bool items_swap(const struct format *format, size_t itemsize, size_t count, unsigned char *items)
{
    const struct format_field *field = &format->root;
    size_t part = field->kind == FORMAT_COMPLEX ? itemsize / 2 : itemsize;
    size_t i;

    if ((field->kind != FORMAT_INT && field->kind != FORMAT_UINT && field->kind != FORMAT_FLOAT &&
         field->kind != FORMAT_COMPLEX) ||
        field->ndim > 0 || part < 2 || field->size != itemsize) {
        return false;
    }
    for (i = 0; i + part <= count * itemsize; i += part) {
        reverse(items + i, part);
    }
    return true;
}

static bool field_can_be_made(const struct format_field *field)
{
    size_t i;

    for (i = 0; i < field->field_count; i++) {
        if (!field_can_be_made(&field->fields[i])) {
            return false;
        }
    }
    return field->kind != FORMAT_OBJECT && field->kind != FORMAT_POINTER;
}

bool items_can_be_made(const struct format *format)
{
    return field_can_be_made(&format->root);
}
