/*
 * NumPy's data types, from the texts and tuples of .npy headers and pickles,
 * and the PEP 3118 format that NumPy's own buffers give them.
 */
#ifndef MVIEW_FILES_DTYPE_H
#define MVIEW_FILES_DTYPE_H

#include <stdbool.h>
#include <stddef.h>

struct arena;
struct error;
struct format;
struct swap;
struct text;

struct dtype_field {
    const char *name;          /* UTF-8, NUL-terminated; may be "" */
    size_t name_length;        /* bytes */
    const char *title;         /* NULL when it has none */
    size_t title_length;
    size_t offset;             /* bytes from the start of the item */
    const struct dtype *type;
};

/* A type.  All memory belongs to the arena it was made in; several others may share it. */
struct dtype {
    char kind;       /* NumPy's letter: b i u f c S U V O M m, ml_dtypes' W; 'T' for a struct, '(' for a sub-array */
    char order;      /* '<' '>' as stored, '|' where it does not matter */
    size_t itemsize; /* bytes, at most DTYPE_MAX_ITEMSIZE */
    char unit[4];    /* M m: "ns", "D", ... or "" for generic */
    long multiple;   /* M m: of the unit, at least 1 */
    struct dtype_field *fields; /* 'T': in the order of their names list */
    size_t field_count;
    const struct dtype *base; /* '(': the element's type */
    int ndim;                 /* '(': 1 .. DTYPE_MAX_NDIM */
    const ptrdiff_t *shape;   /* '(': elements */

    /* What the functions below work out once, so that sharing costs nothing. */
    bool has_object;  /* O is in it somewhere */
    bool in_order;    /* 'T': no field is out of order or overlaps another, as far as a format tells */
    size_t described; /* bytes a format accounts for: itemsize, but for the padding at the end of structs */
    int depth;        /* structs and sub-arrays inside each other: 0 for a plain type */
    size_t weight;    /* types and the bytes of names in it, shared ones counted each time */
};

#define DTYPE_MAX_ITEMSIZE 0x7fffffff /* NumPy's C int */

enum {
    DTYPE_MAX_DEPTH = 100,
    DTYPE_MAX_NDIM = 64,        /* of a sub-array */
    DTYPE_MAX_WEIGHT = 4 << 20, /* stops a struct that holds twice a struct that holds twice a struct ... */
    DTYPE_MAX_RUN = 64 * 1024,  /* bytes of padding in a format */
};

/*
 * A type string such as "<f8", "|S5", ">M8[25us]": letters and digits as
 * writers emit them, nothing else.  Refusals quote the text.
 */
const struct dtype *dtype_from_text(struct arena *arena, const char *text, size_t length,
                                    struct error *error);

/*
 * A struct from its fields.  Checks that names and titles are different (one
 * name space), valid UTF-8 without NUL, and that each field lies inside
 * `itemsize`.  The fields array is kept, not copied.
 */
const struct dtype *dtype_struct(struct arena *arena, struct dtype_field *fields, size_t count,
                                 size_t itemsize, struct error *error);

/* A sub-array; the shape is copied.  Extents of 0 are fine, products that overflow are refused. */
const struct dtype *dtype_subarray(struct arena *arena, const struct dtype *base, int ndim,
                                   const ptrdiff_t *shape, struct error *error);

/* True when Python objects (O) are anywhere in it: its bytes are no data. */
bool dtype_has_object(const struct dtype *dtype);

/*
 * The format of the type's items in memory, as NumPy's buffers spell it
 * (numpy/core/src/multiarray/buffer.c): '@' codes where the type is aligned,
 * given that items begin at multiples of `alignment` bytes (the largest power
 * of two that divides the first item's address, its strides and so on), '='
 * ones where not ('^' for long doubles), '>' ones for swapped bytes; x runs for
 * padding between fields and none at the end.
 *
 * What PEP 3118 cannot say: datetimes read as q, floats of 8 bits as B, swapped long doubles as x, a
 * struct with fields out of order or overlapping as the x run of its bytes, a
 * name with a ':' is left out.  `plain` is set false then, and left alone
 * otherwise: the format is a stand-in, and the dtype's text tells more.
 * Padding past DTYPE_MAX_RUN bytes in all is written with counts ("70000x").
 */
void dtype_format(const struct dtype *dtype, size_t alignment, struct text *format, bool *plain);

/*
 * NumPy's buffers say nothing of the padding at the end of structs: where the
 * second of two such structs lies, and how large the whole is, their format
 * does not tell.  Where `format`, of items of this type, puts a field elsewhere
 * than the type does, `exact` gets the format that leaves nothing to be guessed:
 * an x for every byte of padding, and no '@'.  Else, and where fields lie in each
 * other's padding, which no format can say, it stays empty.
 */
void dtype_exact_format(const struct dtype *dtype, const char *format, struct text *exact);

/*
 * The type as NumPy's .npy headers spell it: "<f8", "<M8[ns]",
 * "[('a', '<i4'), ('b', '<f8', (2,))]".  With fields out of order or
 * overlapping, as the dict {'names':..., 'formats':..., 'offsets':...,
 * 'itemsize':...}.  Names are written as repr writes them.
 */
void dtype_text(const struct dtype *dtype, struct text *text);

/*
 * The other way: the type that NumPy's arrays of such items have, as its reader
 * of PEP 3118 takes a format (numpy/core/_internal.py), and where it takes none,
 * the type of the same bytes ("n", ctypes' "<u").  `itemsize` (bytes) must be
 * the format's: where one is larger, fields may lie anywhere (ctypes leaves out
 * those of a base class, and says B of a union).  Extents in front of the whole
 * format ("(2,3)f") are not in it: in NumPy they are dimensions of the array.
 * Refused: pointers, Python objects, Pascal strings, bits, and names that occur
 * twice.
 */
const struct dtype *dtype_from_format(struct arena *arena, const struct format *format, size_t itemsize,
                                      struct error *error);

/*
 * The type in the machine's byte order, and in `swap` how the bytes of such
 * items become those of it: a plain type, or a struct all of whose fields are
 * plain and in foreign order.  Others are returned themselves, and swap->count
 * is 0.  NULL, and the error, when the arena is full.
 */
const struct dtype *dtype_native(struct arena *arena, const struct dtype *dtype, struct swap *swap,
                                 struct error *error);

#endif
