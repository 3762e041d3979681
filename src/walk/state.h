/*
 * A walk from the inside: what walk.c (opening it, handing out runs),
 * tile.c (gathering) and item.c (naming items) share.
 */
#ifndef MVIEW_WALK_STATE_H
#define MVIEW_WALK_STATE_H

#include "memory/layout.h"
#include "walk/block.h"
#include "walk/file.h"
#include "walk/order.h"
#include "walk/pages.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct error;
struct walk;

/* How the walk comes to its bytes. */
enum source {
    SOURCE_UNITS,    /* units at strides, gathered or, when large, handed out where they lie */
    SOURCE_POINTERS, /* the same, each at the end of a chain of pointers (suboffsets) */
    SOURCE_BLOCK,    /* a block with gaps */
};

struct unit_dim {
    size_t extent;
    ptrdiff_t stride; /* bytes */
};

struct walk_state {
    enum source source;
    bool direct; /* units are handed out where they lie */
    /*
     * A unit is an item, or as many as lie one after the other in the order of
     * the walk; the dimensions are those over units, slowest first, neighbours
     * merged and those of extent 1 left out.
     */
    size_t unit;                 /* bytes */
    const unsigned char *origin; /* the first unit */
    int ndim;
    struct unit_dim dims[LAYOUT_MAX_NDIM];
    struct layout followed; /* SOURCE_POINTERS: the layout with units for items, instead of dims */
    struct block block;     /* WALK_MEMORY */
    struct pages pages;
    struct file_memory file; /* to be read instead of the mapping, where that is better; else fd is -1 */

    unsigned char *tile;    /* owned; the bytes gathered, then (SOURCE_BLOCK) as many owners */
    size_t tile_capacity;   /* bytes */
    size_t tile_max;        /* bytes that a tile may grow to */
    size_t tile_budget;     /* bytes for the next tile; 0 for the first after a seek */
    uint64_t tile_position; /* of its first byte, in the walk */
    size_t tile_size;       /* bytes that hold something */
};

/*
 * Where unit `number` lies.  False when the pointers to it cannot be followed;
 * that fault is then the last one (guard_reason).
 */
bool walk_unit(const struct walk *walk, size_t number, const unsigned char **unit);

/* Bytes that a tile may grow to, once the rest of the state is set. */
size_t walk_tile_max(const struct walk_state *state);

/* The same when the memory is a file's; 0 when reading the file is no better than its mapping. */
size_t walk_file_tile_max(const struct walk_state *state);

/*
 * Make the tile hold the byte at the walk's position.  `most` is what the
 * consumer asks for: the first tile after a seek holds no more than it must.
 */
bool walk_fill_tile(struct walk *walk, size_t most, struct error *error);

/* The index of the item that comes at place `number` in an order (not WALK_MEMORY). */
void walk_index(enum walk_order order, const struct layout *layout, ptrdiff_t number, ptrdiff_t *index);

/* The address of an item.  False, and the address, when a pointer to it cannot be read. */
bool walk_locate(const struct layout *layout, const ptrdiff_t *index, const unsigned char **item,
                 const void **address);

/* The error for the byte at `position`, which the last fault was about.  Always returns false. */
bool walk_unreadable(const struct walk *walk, uint64_t position, struct error *error);

#endif
