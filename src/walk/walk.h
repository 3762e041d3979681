/*
 * The bytes of a layout in an order, as runs.
 *
 * Every output (dump, binary, items, hex string) reads a buffer through a
 * walk, and so sees the same bytes whatever the layout: strided, negative,
 * broadcast, suboffsets, 0-d, empty.  Memory that already lies in the wanted
 * order is handed out where it lies; anything else is gathered, tile by tile,
 * into one bounded buffer of the walk's own, so that memory is touched a cache
 * line at a time and no more of it is held for a large buffer than for a small
 * one.  Pages of mapped files behind the walk are given back (`mapped`): with
 * tile and pages a walk holds less than 16 MiB.
 *
 * The block of WALK_MEMORY is read with its gaps, which are shown as they lie
 * there; gaps that cannot be read are zeros, and no error.  The block's size
 * costs nothing but the walking: it may be a TiB with two items.
 */
#ifndef MVIEW_WALK_WALK_H
#define MVIEW_WALK_WALK_H

#include "memory/layout.h"
#include "walk/order.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Consecutive bytes of the walk. */
struct walk_run {
    const unsigned char *bytes; /* valid until the next call on the walk */
    size_t size;                /* bytes; 0 at the end */
    uint64_t position;          /* of bytes[0], in bytes from the start of the walk */
    /*
     * WALK_MEMORY of a block with gaps only, else NULL: one byte per byte of
     * the run, 0 where it belongs to no item, else 1 + (item's parity), items
     * being numbered in C index order.  Where items overlap, a byte shows the
     * parity of one of those that it belongs to.
     */
    const unsigned char *owners;
};

struct walk {
    const struct layout *layout; /* borrowed */
    enum walk_order order;
    bool mapped;              /* the memory is a file's (see walk_open) */
    uint64_t size;            /* bytes of the whole walk */
    int64_t base;             /* WALK_MEMORY: the block's first byte, counted from buf; else 0 */
    uint64_t position;        /* of the next run, in bytes */
    struct walk_state *state; /* owned: tile buffer, dimensions merged and ordered */
};

/*
 * Begin a walk of a layout that passed layout_check.  WALK_MEMORY refuses a
 * layout with suboffsets (it has no one block), naming that.  walk_close is
 * for a walk that was opened.
 *
 * With `mapped`, the whole block of the layout must lie in a private mapping
 * of a file, never written to: pages are given back to it (MADV_DONTNEED) and
 * come from the file again when they are needed again.
 */
bool walk_open(struct walk *walk, const struct layout *layout, enum walk_order order, bool mapped,
               struct error *error);

/*
 * The mapped memory is that of the open file `fd` (borrowed), layout->buf at
 * `offset` in it: where the walk takes small pieces from all over it, it reads
 * the file instead of touching the mapping's pages.
 */
void walk_read_file(struct walk *walk, int fd, uint64_t offset);

/* Go to a position (bytes, 0 .. size); costs the same anywhere. */
void walk_seek(struct walk *walk, uint64_t position);

/*
 * The next run, of at most `most` bytes.  It may read the exporter's memory:
 * memory that cannot be read is an error that names the address and the item
 * ("cannot read 8 bytes at 0x7f0012345000, item (3, 1): not mapped").  A run
 * that points straight into the memory is not read here: consumers read it
 * under guard_run and pass a fault to walk_fault.  Needs guard_start.
 *
 * What comes before the first item that cannot be read is handed out first.
 * Runs end where items end, but for `most`, for items of over 1 MiB and for
 * WALK_MEMORY.
 */
bool walk_next(struct walk *walk, size_t most, struct walk_run *run, struct error *error);

/* The error for a fault at `address` while the last run was read.  Always returns false. */
bool walk_fault(const struct walk *walk, const struct walk_run *run, const void *address,
                struct error *error);

void walk_close(struct walk *walk);

#endif
