/*
 * The block of a layout, seen from its bytes: which item does a byte belong to?
 *
 * Positions are bytes from the block's lowest one.  Work and memory go by the
 * bytes that are asked about, not by the size of the block.
 */
#ifndef MVIEW_WALK_BLOCK_H
#define MVIEW_WALK_BLOCK_H

#include "memory/layout.h"

#include <stdbool.h>
#include <stddef.h>

/* A dimension of the layout, as part of a dimension of the block. */
struct block_part {
    int dim;       /* of the layout */
    bool reversed; /* its stride is negative */
    bool odd;      /* one step changes the parity of the item's number */
    size_t extent;
    size_t every;  /* steps of the block's dimension to one of its own */
    size_t before; /* how far the parts before this one reach, in steps of the block's dimension */
};

/* Dimensions whose strides are multiples of one another without a gap, as one. */
struct block_dim {
    size_t stride; /* bytes */
    size_t extent;
    size_t span; /* bytes that the items take along this dimension and all smaller ones */
    int first;   /* of its parts */
    int parts;
};

struct block {
    size_t size;     /* bytes */
    size_t itemsize; /* bytes */
    bool gaps;       /* some bytes belong to no item */
    bool overlaps;   /* items share bytes in a way that joining dimensions did not resolve */
    size_t grid;     /* all items begin at multiples of it; 0 with one item */
    int ndim;
    struct block_dim dims[LAYOUT_MAX_NDIM]; /* smallest stride first */
    struct block_part parts[LAYOUT_MAX_NDIM];
    bool odd; /* the number of the item at position 0 */
};

/* The block of a layout that has one: without suboffsets, not empty. */
void block_init(struct block *block, const struct layout *layout);

/*
 * For each byte from `position` on: 0 when it belongs to no item, else 1 + the
 * parity of the number, in C index order, of one item it belongs to.  False
 * when items overlap in too many ways to tell.
 */
bool block_owners(const struct block *block, size_t position, size_t size, unsigned char *owners);

/* The index of an item that the byte at `position` belongs to; false when there is none. */
bool block_item(const struct block *block, size_t position, ptrdiff_t *index);

#endif
