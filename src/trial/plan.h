/*
 * One buffer that a consumer is offered, worked out before there is any
 * memory: format, shape and strides, and where in a block its items lie.
 *
 * All items lie in one block, counted from its lowest byte.  An indirect
 * buffer (section "PIL-style: shape, strides and suboffsets" of the buffer
 * protocol's page) has a table of pointers beside it, one for each place of
 * the first dimension: pointer i leads to the row that begins at i * plan.row.
 */
#ifndef MVIEW_TRIAL_PLAN_H
#define MVIEW_TRIAL_PLAN_H

#include "memory/layout.h"

#include <stdbool.h>
#include <stddef.h>

struct error;

enum arrangement {
    ARRANGED_C,
    ARRANGED_F,
    ARRANGED_STEP_FIRST,     /* every second place of the first dimension */
    ARRANGED_STEP_LAST,      /* .. of the last */
    ARRANGED_REVERSED_FIRST, /* the first dimension backwards */
    ARRANGED_REVERSED,       /* all dimensions */
    ARRANGED_REPEATED,       /* stride 0 in the first */
    ARRANGED_ODD,            /* C, with strides of no meaning where the extent is 1 */
    ARRANGED_INDIRECT,       /* pointers along the first, the items right where they lead */
    ARRANGED_INDIRECT_AFTER, /* .. behind the bytes of one more item */
    ARRANGEMENT_COUNT,
};

/* Which side of the block touches memory that is not there. */
enum edge {
    EDGE_END,
    EDGE_BEGINNING,
    EDGE_NONE, /* neither: for references */
};

struct plan {
    const char *format; /* borrowed */
    ptrdiff_t itemsize; /* bytes, 1 or more */
    int ndim;
    ptrdiff_t shape[LAYOUT_MAX_NDIM];      /* items */
    ptrdiff_t strides[LAYOUT_MAX_NDIM];    /* bytes */
    ptrdiff_t suboffsets[LAYOUT_MAX_NDIM]; /* bytes; -1: none */
    bool readonly;
    enum arrangement arrangement;
    enum edge edge;
    size_t count; /* items */
    size_t block; /* bytes that the items lie in, gaps included; 0: none */
    size_t start; /* where buf points, bytes into the block; 0 of an indirect buffer, which points at its table */
    size_t row;   /* indirect: bytes from one row to the next */
};

enum { PLAN_MAX_BLOCK = 1 << 24 }; /* bytes */

/*
 * Work out where the items lie; format, itemsize, ndim, shape, readonly and edge
 * are given.  False, and the error, for one that is larger than PLAN_MAX_BLOCK.
 */
bool plan_arrange(struct plan *plan, enum arrangement arrangement, struct error *error);

/* Bytes of all items. */
static inline size_t plan_len(const struct plan *plan)
{
    return plan->count * (size_t)plan->itemsize;
}

bool plan_is_indirect(const struct plan *plan);

/* As a layout without memory, for questions of contiguity: buf is no address. */
void plan_layout(const struct plan *plan, struct layout *layout);

/* The place in the block, in bytes, of the item whose place in C index order is `number`. */
size_t plan_item(const struct plan *plan, size_t number);

/*
 * What lies outside of the items: a pattern, known from the distance to the
 * block's beginning (bytes, negative in front of it), so that it can be looked for afterwards.
 */
unsigned char plan_pattern(ptrdiff_t distance);

/* Items in C index order (plan_len bytes) into a block, whose gaps get the pattern; and back. */
void plan_write(const struct plan *plan, const unsigned char *items, unsigned char *block);
void plan_read(const struct plan *plan, const unsigned char *block, unsigned char *items);

/*
 * Look for the first byte, of `size` from `from` on, that is no item's and does not hold the pattern
 * any more.  The block begins `before` bytes behind `from`.  True when there is one; *distance is then its
 * place, in bytes from the block's beginning.
 */
bool plan_damage(const struct plan *plan, const unsigned char *from, size_t size, size_t before, ptrdiff_t *distance);

/* Is a place in the block (bytes from its beginning) no item's? */
bool plan_is_gap(const struct plan *plan, size_t place);

#endif
