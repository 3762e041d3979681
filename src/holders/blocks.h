/*
 * Blocks of the C library's heap that C objects point to, by what glibc's
 * malloc writes in front of each; for src/holders.  Memory is asked for by the
 * system, which says where there is none: nothing faults.
 */
#ifndef MVIEW_HOLDERS_BLOCKS_H
#define MVIEW_HOLDERS_BLOCKS_H

#include "holders/heap.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { BLOCK_MAX = 1 << 12 /* bytes of a block that are looked at */ };

/* Bytes of the block that begins here, with another behind it; 0 where there is none. */
size_t blocks_size(uintptr_t address);

/* Called for each block, and object that is known to nobody else, once: what leads to it, and what is in it. */
typedef void blocks_look(size_t member, uintptr_t block, const uintptr_t *words, size_t count, void *context);

/* Is this no object to begin at?  NULL: all are. */
typedef bool blocks_skip(size_t member, void *context);

/*
 * Go from the C objects of the heap to the blocks that they point to, and on to those that these point to.
 * False when that was too much: not all were looked at.
 */
bool blocks_walk(struct heap *heap, blocks_skip *skip, blocks_look *look, void *context);

#endif
