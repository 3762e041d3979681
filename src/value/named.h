/*
 * Types of items that PEP 3118 has no code for, known by name: one row each in
 * named.def.
 */
#ifndef MVIEW_VALUE_NAMED_H
#define MVIEW_VALUE_NAMED_H

#include "value/arrow.h"

#include <stdbool.h>
#include <stddef.h>

struct text;

/* What a float's largest exponent means. */
enum named_specials {
    NAMED_IEEE,     /* infinity and NaN, as in IEEE 754 */
    NAMED_FINITE,   /* numbers; only all bits set is NaN */
    NAMED_ONE_ZERO, /* numbers; the sign with nothing else is NaN, and there is no -0 */
    NAMED_POWER,    /* no sign, no mantissa, no zero: powers of two; all bits set is NaN */
    NAMED_NUMBERS,  /* numbers, all of them */
};

enum named_kind {
    NAMED_FLOAT,
    NAMED_INTEGER,
    NAMED_COMPLEX,
};

struct named_type {
    const char *name;
    enum named_kind kind;
    unsigned char size;     /* bytes of one item */
    const char *bytes;      /* NumPy's type that such bytes are shown as, without its order: "u2" */
    char letter;            /* NumPy's kind of ml_dtypes' type: "<V2" is what numpy.save writes of it */
    unsigned char exponent; /* FLOAT: bits */
    unsigned char mantissa; /* FLOAT: bits; INTEGER: all of its bits */
    unsigned char bias;     /* FLOAT */
    enum named_specials specials; /* FLOAT */
    bool is_signed;         /* INTEGER */
    const char *part;       /* COMPLEX: the type of either part; NULL: halves */
};

/*
 * The type of that name, or NULL.  The package's name ("torch.", "ml_dtypes.")
 * is left out, and so is a byte order in front, which goes to *order ('<' or
 * '>'); without one *order stays as it is.
 */
const struct named_type *named_find(const char *name, char *order);

/*
 * NumPy's text, without a byte order, of a type that has an ordinary name
 * (ordinary.def): "u2" for "uint16"; or NULL.  What may stand in front of the
 * name, and *order, are as above.
 */
const char *named_ordinary(const char *name, char *order);

/*
 * The name of either table that is nearest to a word that is none
 * (base/suggest.h), and of the same width where the word has one; or NULL.
 */
const char *named_near(const char *word);

/*
 * The type that a format without such a code names all the same: as its whole
 * text ("bfloat16"), or as one of the names that NumPy's draft of an extension
 * puts in brackets ("[numpy$bfloat16;ml_dtypes$bfloat16]").  NULL where it does not.
 */
const struct named_type *named_in_format(const char *format, char *order);

/*
 * Items that only the name of their type tells, of the types above, of NumPy's
 * datetimes ("<M8[ns]"), and of Arrow's dates, times and decimals ("tsn:UTC").
 */
struct named_value {
    size_t size;                   /* bytes of an item */
    char order;                    /* of its bytes: '<' or '>' */
    const struct named_type *type; /* NULL: */
    unsigned lanes;                /* of the type: "bfloat16 x 4"; 0: one item that is not shown as a list */
    unsigned bits;                 /* of a lane, where several are in a byte, from its lowest bits on; else 0 */
    const char *datetime;          /* a datetime's name, borrowed; NULL: */
    struct arrow_value arrow;
};

/*
 * What a name says of items whose bytes have this order, unless it begins with
 * another.  False, with a size of 0, where the format tells what they are, and
 * for NULL.
 */
bool named_value_find(struct named_value *value, const char *dtype, char order);

/* The size that such a name says (bytes), or 0. */
size_t named_value_size(const char *dtype);

/* One item's value; floats as Python's repr writes its own, datetimes as value_append_datetime. */
void value_append_named(struct text *text, const struct named_value *value, const unsigned char *bytes);

#endif
