/*
 * What a Py_buffer says, as plain data: where the items of a buffer lie.
 *
 * The terms are those of the C API's buffer page (section "Buffer structure").
 * Item (i0, .., ik) of a layout without suboffsets lies at
 * buf + i0*strides[0] + .. + ik*strides[k]; with suboffsets, every dimension d
 * whose suboffset is not negative adds: follow the pointer found there, then
 * add suboffsets[d] (section "PIL-style: shape, strides and suboffsets").
 *
 * The arrays are always filled with the values in effect; `given` says which
 * of them the exporter really gave and which stand for a NULL.
 */
#ifndef MVIEW_MEMORY_LAYOUT_H
#define MVIEW_MEMORY_LAYOUT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct error;

enum { LAYOUT_MAX_NDIM = 64 }; /* PyBUF_MAX_NDIM */

enum layout_given {
    LAYOUT_FORMAT = 1,
    LAYOUT_SHAPE = 2,
    LAYOUT_STRIDES = 4,
    LAYOUT_SUBOFFSETS = 8,
};

struct layout {
    const unsigned char *buf;               /* the first item in C index order; borrowed */
    ptrdiff_t len;                          /* bytes: product(shape) * itemsize */
    ptrdiff_t itemsize;                     /* bytes; 0 is possible */
    const char *format;                     /* borrowed; "B" where none was given */
    int ndim;                               /* 0 .. LAYOUT_MAX_NDIM */
    bool readonly;
    unsigned given;                         /* enum layout_given, joined */
    ptrdiff_t shape[LAYOUT_MAX_NDIM];       /* items */
    ptrdiff_t strides[LAYOUT_MAX_NDIM];     /* bytes; C-contiguous ones where none were given */
    ptrdiff_t suboffsets[LAYOUT_MAX_NDIM];  /* bytes; -1 where none were given */
};

/*
 * Check that a layout can be worked with: 0 <= ndim <= 64, no negative length,
 * item size or extent, len == product(shape) * itemsize, and no overflow in
 * products, strides times extents or addresses.  All other functions here
 * expect a layout that passed.
 */
bool layout_check(const struct layout *layout, struct error *error);

/* Strides of a contiguous block (bytes).  False when a product overflows ptrdiff_t. */
bool layout_c_strides(int ndim, const ptrdiff_t *shape, ptrdiff_t itemsize, ptrdiff_t *strides);
bool layout_f_strides(int ndim, const ptrdiff_t *shape, ptrdiff_t itemsize, ptrdiff_t *strides);

/*
 * Contiguity as PyBuffer_IsContiguous has it: strides of dimensions of extent
 * 0 or 1 do not count, a buffer of 0 bytes is contiguous in both orders, one
 * with suboffsets (any of them not negative) in none.
 */
bool layout_is_c_contiguous(const struct layout *layout);
bool layout_is_f_contiguous(const struct layout *layout);
bool layout_has_suboffsets(const struct layout *layout);

/* Whether an extent is 0; of a layout that was not checked, too. */
bool layout_is_empty(const struct layout *layout);

/* Number of items: product(shape), 1 for ndim 0. */
ptrdiff_t layout_count(const struct layout *layout);

/*
 * The block that the items cover, in bytes from buf: *low <= 0 the lowest,
 * *high one past the highest byte; both 0 for an empty layout.  Layouts with
 * suboffsets have no one block: false.
 */
bool layout_block(const struct layout *layout, ptrdiff_t *low, ptrdiff_t *high);

/* The address of an item; follows suboffsets, and so reads the exporter's memory (see guard.h). */
const unsigned char *layout_item(const struct layout *layout, const ptrdiff_t *index);

/* The index of the item whose place in C index order is `number` (0 .. count-1). */
void layout_index(const struct layout *layout, ptrdiff_t number, ptrdiff_t *index);

#endif
