/*
 * What the parts of the format reader share: parse.c makes the tree of
 * fields, size.c gives them sizes and offsets, format.c joins the two.
 */
#ifndef MVIEW_FORMAT_PARTS_H
#define MVIEW_FORMAT_PARTS_H

#include "format/field.h"

#include <stdbool.h>
#include <stddef.h>

struct error;

enum format_code_flag {
    CODE_COUNTED = 1,     /* a number in front is part of the item, not a repeat count */
    CODE_IN_STRUCT = 2,   /* the struct module knows it, complex numbers not from the start */
    CODE_NATIVE_ONLY = 4, /* has no standard size: wrong after < > = ! */
};

/* One letter of the syntax.  Complex numbers stand here as E F D G. */
struct format_code {
    char letter;
    enum format_kind kind;
    unsigned flags;     /* enum format_code_flag, joined */
    size_t native;      /* bytes */
    size_t alignment;   /* bytes, under '@' */
    size_t standard;    /* bytes, after < > = ! */
};

/* NULL for a letter that is none; 'T' is none, a struct's size is its members'. */
const struct format_code *format_code(char letter);

/* Sizes are the native ones in this mode. */
static inline bool format_mode_is_native(char mode)
{
    return mode == '@' || mode == '^';
}

/* Bytes that nothing is in: NumPy makes a field of x only when it has a name. */
static inline bool format_is_hole(const struct format_field *field)
{
    return field->kind == FORMAT_PAD && field->name == NULL;
}

/*
 * The message of a format that cannot be read: "format 'TEXT': WHAT at PLACE",
 * the text cut when it is long.  Always returns false.
 */
bool format_refuse(struct error *error, const char *text, const char *place, const char *what, ...)
    __attribute__((format(printf, 4, 5)));

/*
 * Make the tree of fields: all but `offset`, `alignment`, `unit` and `size`;
 * traits, struct_since and duplicate too.  The arena of *format must be set up; the caller
 * frees it, on an error as well.
 */
bool format_read(struct format *format, const char *text, struct error *error);

/* What '@' implies beside what is written (see format_parse). */
enum format_gaps {
    GAPS_AS_IN_C,    /* members are aligned, nested structs padded */
    GAPS_IN_STRUCTS, /* nested structs are padded, and x after them counts in that padding; no other gap */
    GAPS_WRITTEN,    /* nothing: every gap is written as x */
};

struct format_reading {
    enum format_gaps gaps;
    bool other_u; /* u: 4 bytes without, 2 bytes with an explicit order */
};

/*
 * Give the fields of a tree their sizes and offsets, and the format its own;
 * can be called again for another reading.  False when the format has no such
 * reading; *too_large is then the field that passes PTRDIFF_MAX, or NULL.
 * *traits: FORMAT_NATIVE_IN_STANDARD, where it depends on the reading, and
 * FORMAT_UNALIGNED.
 */
bool format_lay_out(struct format *format, struct format_reading reading,
                    const struct format_field **too_large, unsigned *traits);

#endif
