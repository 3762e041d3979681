/*
 * Items that PEP 3118 has no code for, known by the name of their type: NumPy's
 * dates (datetime.c), and the numbers of named.def.
 */
#include "value/named.h"

#include "base/suggest.h"
#include "base/text.h"
#include "format/format.h"
#include "value/decimal.h"
#include "value/parts.h"
#include "value/value.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static const struct named_type types[] = {
#define FLOAT(name, size, exponent, mantissa, bias, specials, letter)                                                \
    {#name, NAMED_FLOAT, size, "u" #size, letter, exponent, mantissa, bias, NAMED_##specials, true, NULL},
#define INTEGER(name, bits, is_signed)                                                                               \
    {#name, NAMED_INTEGER, 1, (is_signed) ? "i1" : "u1", 'V', 0, bits, 0, NAMED_NUMBERS, is_signed, NULL},
#define COMPLEX(name, part) {#name, NAMED_COMPLEX, 4, "u4", 'W', 0, 0, 0, NAMED_NUMBERS, true, part},
#define ALIAS(name, row)
#include "value/named.def"
#undef FLOAT
#undef INTEGER
#undef COMPLEX
#undef ALIAS
};

static const struct {
    const char *name;
    const char *row;
} aliases[] = {
#define FLOAT(name, size, exponent, mantissa, bias, specials, letter)
#define INTEGER(name, bits, is_signed)
#define COMPLEX(name, part)
#define ALIAS(name, row) {#name, #row},
#include "value/named.def"
#undef FLOAT
#undef INTEGER
#undef COMPLEX
#undef ALIAS
};

static const struct {
    const char *name;
    const char *numpy; /* without a byte order */
} ordinary[] = {
#define ORDINARY(name, numpy) {#name, numpy},
#include "value/ordinary.def"
#undef ORDINARY
};

static bool is_word(const char *word, const char *name, size_t length)
{
    return word[0] == name[0] && strlen(word) == length && memcmp(word, name, length) == 0;
}

static const struct named_type *find(const char *name, size_t length)
{
    size_t i;

    for (i = 0; i < sizeof aliases / sizeof aliases[0]; i++) {
        if (is_word(aliases[i].name, name, length)) {
            name = aliases[i].row;
            length = strlen(name);
            break;
        }
    }
    for (i = 0; i < sizeof types / sizeof types[0]; i++) {
        if (is_word(types[i].name, name, length)) {
            return &types[i];
        }
    }
    return NULL;
}

static const char *skip_order(const char *text, char *order)
{
    if (*text == '<' || *text == '>') {
        *order = *text;
    } else if (*text == '!') {
        *order = '>';
    } else if (*text == '=' || *text == '@' || *text == '|') {
        *order = FORMAT_NATIVE_ORDER;
    } else {
        return text;
    }
    return text + 1;
}

/* A name without what may stand in front of it: the byte order, which goes to *order, and the package. */
static const char *skip_front(const char *name, char *order)
{
    static const char *const packages[] = {"torch.", "ml_dtypes."};
    size_t i;

    name = skip_order(name, order);
    for (i = 0; i < sizeof packages / sizeof packages[0]; i++) {
        if (strncmp(name, packages[i], strlen(packages[i])) == 0) {
            name += strlen(packages[i]);
            break;
        }
    }
    return name;
}

const struct named_type *named_find(const char *name, char *order)
{
    name = skip_front(name, order);
    return find(name, strlen(name));
}

const char *named_ordinary(const char *name, char *order)
{
    size_t i;

    name = skip_front(name, order);
    for (i = 0; i < sizeof ordinary / sizeof ordinary[0]; i++) {
        if (strcmp(ordinary[i].name, name) == 0) {
            return ordinary[i].numpy;
        }
    }
    return NULL;
}

/* Do both have the same width, where the word has one?  "int24" is no slip for int4. */
static bool same_width(const char *word, const char *name)
{
    static const char digits[] = "0123456789";
    const char *width = word + strcspn(word, digits);
    size_t length = strspn(width, digits);

    name += strcspn(name, digits);
    return length == 0 || (strspn(name, digits) == length && memcmp(name, width, length) == 0);
}

const char *named_near(const char *word)
{
    enum { TYPES = sizeof types / sizeof types[0], ORDINARIES = sizeof ordinary / sizeof ordinary[0] };
    const char *nearest = NULL;
    size_t edits = SIZE_MAX;
    char order;
    size_t i;

    word = skip_front(word, &order);
    for (i = 0; i < TYPES + ORDINARIES; i++) {
        const char *name = i < TYPES ? types[i].name : ordinary[i - TYPES].name;

        if (same_width(word, name) && suggest_nearer(word, name, &edits)) {
            nearest = name;
        }
    }
    return nearest;
}

const struct named_type *named_in_format(const char *format, char *order)
{
    const char *at = skip_order(format, order);
    size_t length = strlen(at);

    if (length < 2 || at[0] != '[' || at[length - 1] != ']') {
        return named_find(format, order);
    }
    for (at++; *at != '\0'; at++) {
        size_t word = strcspn(at, "$;]");
        const struct named_type *type = at[-1] == '$' ? find(at, word) : NULL;

        if (type != NULL && strchr(";]", at[word]) != NULL) {
            return type;
        }
        at += word;
        if (*at == '\0') {
            break;
        }
    }
    return NULL;
}

static double value_of(const struct named_type *kind, unsigned bits)
{
    unsigned above = bits >> (kind->exponent + kind->mantissa); /* ml_dtypes takes any bit up there for the sign */
    bool negative = kind->specials != NAMED_POWER && above != 0;
    unsigned top = (1u << kind->exponent) - 1;
    unsigned exponent = bits >> kind->mantissa & top;
    unsigned one = 1u << kind->mantissa;
    unsigned mantissa = bits & (one - 1);
    bool all = exponent == top && mantissa == one - 1;
    double value;

    if (kind->specials == NAMED_IEEE && exponent == top) {
        value = mantissa == 0 ? (double)INFINITY : (double)NAN;
    } else if ((kind->specials == NAMED_FINITE || kind->specials == NAMED_POWER) && all) {
        value = (double)NAN;
    } else if (kind->specials == NAMED_ONE_ZERO && negative && exponent == 0 && mantissa == 0) {
        value = (double)NAN;
    } else if (exponent == 0 && kind->specials != NAMED_POWER) {
        value = ldexp(mantissa, 1 - kind->bias - kind->mantissa);
    } else {
        value = ldexp(one + mantissa, (int)exponent - kind->bias - kind->mantissa);
    }
    return negative ? -value : value;
}

static void append_float(struct text *text, const struct named_type *type, char order, const unsigned char *bytes)
{
    char written[DECIMAL_TEXT_SIZE];
    struct decimal decimal;

    decimal_of_double(&decimal, value_of(type, (unsigned)value_load(bytes, type->size, order)));
    text_append(text, written, decimal_write(written, &decimal, true, false));
}

static void append_integer(struct text *text, const struct named_type *type, const unsigned char *bytes)
{
    int one = 1 << type->mantissa;
    int value = *bytes & (one - 1);

    text_printf(text, "%d", type->is_signed && value >= one / 2 ? value - one : value);
}

static void append_complex(struct text *text, const struct named_type *type, char order, const unsigned char *bytes)
{
    const struct format_field field = {.kind = FORMAT_COMPLEX, .order = order, .unit = 4};
    const struct named_type *part = type->part != NULL ? find(type->part, strlen(type->part)) : NULL;

    if (part == NULL) {
        value_append_complex(text, &field, bytes);
    } else {
        value_append_parts(text, value_of(part, (unsigned)value_load(bytes, part->size, order)),
                           value_of(part, (unsigned)value_load(bytes + part->size, part->size, order)));
    }
}

static bool is_datetime(const char *dtype)
{
    return strchr("<>=|", dtype[0]) != NULL && (dtype[1] == 'M' || dtype[1] == 'm');
}

/* Those of one that is less than a byte, and has a part of it in a row of them; else 0. */
static unsigned bits_of(const struct named_type *type)
{
    unsigned bits = type->kind == NAMED_INTEGER ? type->mantissa : 1u + type->exponent + type->mantissa;

    return type->kind != NAMED_COMPLEX && type->specials == NAMED_NUMBERS && bits < 8 ? bits : 0;
}

/* "bfloat16 x 4", "int4 x 2": a row of numbers, side by side. */
static void find_lanes(struct named_value *value, const char *dtype)
{
    enum { LONGEST = 64, MOST = 65535 };
    const char *times = strstr(dtype, " x ");
    char *end = NULL;
    unsigned long lanes = times != NULL ? strtoul(times + 3, &end, 10) : 0;
    char name[LONGEST];
    const struct named_type *type;

    if (lanes == 0 || lanes > MOST || *end != '\0' || times[3] < '1' || times[3] > '9' || times - dtype >= LONGEST) {
        return;
    }
    memcpy(name, dtype, (size_t)(times - dtype));
    name[times - dtype] = '\0';
    type = named_find(name, &value->order);
    if (type == NULL || (bits_of(type) > 0 && (8 % bits_of(type) != 0 || bits_of(type) * lanes % 8 != 0))) {
        return;
    }
    value->type = type;
    value->lanes = (unsigned)lanes;
    value->bits = bits_of(type);
    value->size = value->bits > 0 ? value->bits * lanes / 8 : type->size * lanes;
}

bool named_value_find(struct named_value *value, const char *dtype, char order)
{
    *value = (struct named_value){.order = order};
    if (dtype == NULL || dtype[0] == '\0') {
        return false;
    }
    value->type = named_find(dtype, &value->order);
    if (value->type != NULL) {
        value->size = value->type->size;
    } else if (is_datetime(dtype)) {
        value->size = 8;
        value->datetime = dtype;
    } else if (arrow_value_find(dtype, &value->arrow)) {
        value->size = value->arrow.size;
    } else {
        find_lanes(value, dtype);
    }
    return value->size > 0;
}

size_t named_value_size(const char *dtype)
{
    struct named_value value;

    named_value_find(&value, dtype, FORMAT_NATIVE_ORDER);
    return value.size;
}

static void append_type(struct text *text, const struct named_type *type, char order, const unsigned char *bytes)
{
    switch (type->kind) {
    case NAMED_FLOAT:
        append_float(text, type, order, bytes);
        break;
    case NAMED_INTEGER:
        append_integer(text, type, bytes);
        break;
    case NAMED_COMPLEX:
        append_complex(text, type, order, bytes);
        break;
    }
}

static void append_lanes(struct text *text, const struct named_value *value, const unsigned char *bytes)
{
    unsigned i;

    for (i = 0; i < value->lanes; i++) {
        const unsigned char *lane = bytes + (value->bits > 0 ? i * value->bits / 8 : i * value->type->size);
        unsigned char number = 0;

        if (value->bits > 0) {
            number = (unsigned char)(*lane >> (i * value->bits % 8) & ((1u << value->bits) - 1));
            lane = &number;
        }
        text_puts(text, i == 0 ? "[" : ", ");
        append_type(text, value->type, value->order, lane);
    }
    text_putc(text, ']');
}

void value_append_named(struct text *text, const struct named_value *value, const unsigned char *bytes)
{
    if (value->lanes > 0) {
        append_lanes(text, value, bytes);
    } else if (value->type != NULL) {
        append_type(text, value->type, value->order, bytes);
    } else if (value->datetime != NULL) {
        value_append_datetime(text, value->datetime, bytes);
    } else {
        value_append_arrow(text, &value->arrow, value->order, bytes);
    }
}
