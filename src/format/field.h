/*
 * A format as a tree of fields.
 */
#ifndef MVIEW_FORMAT_FIELD_H
#define MVIEW_FORMAT_FIELD_H

#include "base/arena.h"

#include <stdbool.h>
#include <stddef.h>

/* This machine's byte order and the other one, as formats mark them. */
enum {
    FORMAT_NATIVE_ORDER = __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__ ? '<' : '>',
    FORMAT_FOREIGN_ORDER = __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__ ? '>' : '<',
};

enum format_kind {
    FORMAT_PAD,     /* x: a hole when it has no name, opaque bytes (NumPy's void) when it has one */
    FORMAT_INT,     /* b h i l q n */
    FORMAT_UINT,    /* B H I L Q N */
    FORMAT_BOOL,    /* ?, and ctypes' v: a VARIANT_BOOL of 2 bytes */
    FORMAT_FLOAT,   /* e f d g */
    FORMAT_COMPLEX, /* Ze Zf Zd Zg, F D G */
    FORMAT_CHAR,    /* c: bytes of length 1 */
    FORMAT_BYTES,   /* s */
    FORMAT_PASCAL,  /* p */
    FORMAT_TEXT,    /* u (2 bytes; 4 in '<u' as ctypes writes it: see format_parse) and w (4 bytes) */
    FORMAT_OBJECT,  /* O */
    FORMAT_POINTER, /* P, &..., X{...}, and ctypes' z (char *) and Z (wchar_t *) */
    FORMAT_BITS,    /* t: whole bytes for each "5t", since no document says how they would share one */
    FORMAT_STRUCT,  /* T{...}, or a whole format of several items */
};

/* One field.  All memory belongs to the arena of the struct format. */
struct format_field {
    enum format_kind kind;
    char code;            /* the letter; 'T' of a struct, '&' of a pointer, E F D G of Ze Zf Zd Zg */
    char order;           /* byte order in force: '<' or '>' (native is resolved); of & and X always native */
    char mode;            /* the order character in force: @ = < > ! ^ ('T': that at its closing brace) */
    bool native;          /* sizes in force are native: '@' (alignment too) or '^' */
    char prefix;          /* order character that `text` needs in front to be read alone; '\0' for none */
    const char *name;     /* NULL when it has none; may hold any character but ':'; not NUL-terminated */
    size_t name_length;   /* bytes */
    size_t offset;        /* bytes from the start of the enclosing struct */
    size_t alignment;     /* bytes, as '@' asks for; 1 in every other mode */
    size_t unit;          /* bytes of one element; for FORMAT_BYTES, _PASCAL, _TEXT, _PAD the whole run's */
    size_t count;         /* FORMAT_BYTES, _PASCAL, _TEXT, _PAD, _BITS: characters, pad bytes, bits; else 1 */
    size_t size;          /* bytes: unit * product(shape), at most PTRDIFF_MAX */
    int ndim;             /* of a sub-array, "(2,3)" or a repeat count "3i"; 0 for a single element */
    const size_t *shape;  /* elements; ndim of them; many elements of no size are possible */
    const char *text;     /* this field's piece of the format string, without its name; borrowed from it */
    size_t text_length;   /* bytes */
    struct format_field *fields; /* FORMAT_STRUCT: its members, holes written as x included; else NULL */
    size_t field_count;
};

/* What a format uses, for those who judge it. */
enum format_trait {
    FORMAT_NATIVE_IN_STANDARD = 1,   /* n N P g (and ctypes' z Z v, 4-byte u) after < > = ! */
    FORMAT_DUPLICATE_NAME = 2,       /* two fields of one struct share a name */
    FORMAT_HAS_OBJECT = 4,           /* O somewhere: the bytes are pointers to Python objects */
    FORMAT_HAS_POINTER = 8,
    FORMAT_UNCLOSED = 16,            /* closing braces are missing; NumPy accepts that, so do we */
    FORMAT_UNALIGNED = 32,           /* laid out to fit the itemsize, not as '@' asks: see format_parse */
};

/* Python versions as PY_VERSION_HEX has them. */
enum {
    FORMAT_ALWAYS = 0,
    FORMAT_SINCE_3_12 = 0x030c0000,
    FORMAT_SINCE_3_14 = 0x030e0000,
    FORMAT_SINCE_3_15 = 0x030f0000,
    FORMAT_NEVER = 0x7fffffff, /* as of Python 3.15 */
};

struct format {
    struct arena arena;
    struct format_field root; /* the one item, or a FORMAT_STRUCT around several, or around one with a name */
    size_t size;              /* bytes: root.size, without trailing padding */
    size_t padded_size;       /* bytes: with the trailing padding that '@' alignment asks for */
    size_t alignment;         /* bytes, of the whole in '@' mode; 1 elsewhere */
    unsigned traits;          /* enum format_trait, joined */
    int struct_since;         /* the first Python whose struct module takes it */
    int memoryview_since;     /* the first whose memoryview can index it: it wants one native code */
    const char *duplicate;    /* FORMAT_DUPLICATE_NAME: the first such name, NUL-terminated; else NULL */
};

enum {
    FORMAT_MAX_DEPTH = 100,
    FORMAT_MAX_NDIM = 64, /* of one sub-array */
};

#endif
