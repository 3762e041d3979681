/*
 * The .npy header (NumPy Enhancement Proposal 1 and numpy.lib.format), read
 * from hostile bytes without Python.
 *
 * What writers write is read: versions 1.0 to 3.0, any order of keys, any
 * padding and alignment, structs, sub-arrays, titles, Python 2's "3L".  What
 * only a hand or an attacker writes is refused, where NumPy accepts it too:
 * keys that occur twice, negative or boolean extents, lengths that wrap around,
 * and the other spellings that Python has for the same values (literal.h).
 */
#ifndef MVIEW_FILES_NPY_H
#define MVIEW_FILES_NPY_H

#include "files/array.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct arena;
struct dtype;
struct error;
struct text;

enum {
    NPY_MAGIC_SIZE = 6,
    NPY_MAX_HEADER = 10000, /* characters, NumPy's own limit since 1.24 */
    NPY_PREFIX_SIZE = 12,   /* bytes that tell how long the header is (version 2 and 3) */

    /* Bytes that hold every header which is read, in UTF-8 */
    NPY_MAX_START = NPY_PREFIX_SIZE + 4 * NPY_MAX_HEADER,
};

struct npy {
    struct array array;
    unsigned char major, minor; /* version: 1.0, 2.0 or 3.0 */
    uint64_t offset;            /* bytes before the data */
    uint64_t trailing;          /* bytes behind the data */
};

/* True when the bytes begin with the magic "\x93NUMPY". */
bool npy_is(const void *bytes, size_t size);

/*
 * Read the header from the first `size` bytes of a file of `total` bytes
 * (total >= size; more than size when only the start is at hand).  Types live
 * in `arena`, for which 4 MiB are enough.  Refused with one line, before
 * anything is allocated for it: a header or data shorter than the file says
 * ("16 data bytes needed, 15 present"), and Python objects, whose data are a
 * pickle.
 *
 * With `objects` those are taken: offset is then where their pickle begins,
 * array.nbytes what the items would need in memory, and trailing is 0.
 */
bool npy_parse(struct npy *npy, const void *bytes, size_t size, uint64_t total, bool objects,
               struct arena *arena, struct error *error);

/*
 * A type as headers have it under 'descr' ("'<f8'", "[('a', '<i4'), ('b', '<f8', (2,))]"), which is also the repr of
 * NumPy's dtype.descr.  It lives in `arena`; NULL and an error where it is none.
 */
const struct dtype *npy_type(const char *text, size_t length, struct arena *arena, struct error *error);

/*
 * What numpy.save writes in front of an array's data: magic, version (the first
 * of 1.0 to 3.0 that can hold it), and the header padded so that the data begin
 * at a multiple of 64 bytes.  `descr` is the type as dtype_text writes it.
 */
bool npy_header(struct text *header, const char *descr, bool fortran_order, int ndim, const ptrdiff_t *shape,
                struct error *error);

#endif
