/*
 * Items on their way out, turned into the other byte order.
 */
#ifndef MVIEW_MEMORY_SWAP_H
#define MVIEW_MEMORY_SWAP_H

#include <stddef.h>

enum { SWAP_MAX_UNIT = 16 }; /* bytes: a long double */

/* Part of an item: whole units of which each is turned round. */
struct swap_span {
    size_t offset; /* bytes from the item's start, at or behind the end of the span before */
    size_t size;   /* bytes, more than 0 */
    size_t unit;   /* bytes, at most SWAP_MAX_UNIT */
};

/* How items are turned; bytes in no span stay as they are. */
struct swap {
    const struct swap_span *spans;
    size_t count; /* 0: nothing is turned */
    size_t itemsize;
};

/* A stream of such items, all zeros at its start but for `swap`. */
struct swapping {
    const struct swap *swap; /* of at least one span */
    size_t at;               /* bytes of the item that were taken */
    size_t span;             /* the one that these are in or in front of */
    unsigned char held[SWAP_MAX_UNIT]; /* the start of a unit whose rest is still to come */
    size_t held_size;
};

/* Take the next bytes, wherever they end; returns how many are written: at most `size` + SWAP_MAX_UNIT. */
size_t swap_take(struct swapping *swapping, const unsigned char *from, size_t size, unsigned char *to);

#endif
