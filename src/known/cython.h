/*
 * Cython's reader of formats (Buffer.c), which typed memoryviews judge by: for src/known's own files.
 *
 * It walks the text and the members of T side by side, and so takes what no
 * parser of the format alone would say: '<' and '>' wherever they stand, and
 * a structure of one member for that member's type.
 */
#ifndef MVIEW_KNOWN_CYTHON_H
#define MVIEW_KNOWN_CYTHON_H

#include "known/elements.h"

enum { CYTHON_LEAVES = 256, CYTHON_MAX_NDIM = 8 /* Cython's own bound for a sub-array */ };

/* A member of T that is no structure; or T itself. */
struct cython_leaf {
    enum group group;
    size_t size;   /* bytes of one element */
    size_t offset; /* bytes from the start of T */
    int ndim;      /* of an array; 0 for none */
    size_t shape[CYTHON_MAX_NDIM];
};

struct cython_type {
    struct cython_leaf leaves[CYTHON_LEAVES];
    size_t count;
};

enum cython_answer {
    CYTHON_TAKES,
    CYTHON_REFUSES,
    CYTHON_CRASHES, /* it goes on behind the last member (seen in 0.29.37 and 3.3.1) */
    CYTHON_RUNS_ON, /* it looks for the end of a name in what lies behind the text, and goes on there, if it survives */
    CYTHON_HANGS,   /* a space in a shape is not passed (both the same) */
};

/* What it says of a format (of a machine of this byte order), for a T; NULL: for one that agrees with all it reads. */
enum cython_answer cython_read(const char *format, const struct cython_type *type);

/*
 * The type of an element (`const char` is a number to it, `char` is not); that
 * of a structure: false when it is too much, or has a member of no such type.
 */
void cython_type_of(const struct element *element, bool is_const, struct cython_type *type);
bool cython_type_of_record(const struct format_field *record, struct cython_type *type);

/* Does it crash when T is a structure of the first members alone? */
bool cython_crashes_for_fewer(const char *format, const struct format_field *record);

#endif
