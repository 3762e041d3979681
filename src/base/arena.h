/*
 * Memory that is given back all at once: for trees built from hostile input,
 * whose whole cost is bounded by one limit.
 */
#ifndef MVIEW_BASE_ARENA_H
#define MVIEW_BASE_ARENA_H

#include <stdalign.h>
#include <stddef.h>

struct arena_block;

enum { ARENA_OWN = 64 * 1024 }; /* bytes of things that have a block of their own */

struct arena {
    struct arena_block *blocks; /* owned */
    size_t used;                /* bytes handed out */
    size_t limit;               /* bytes that may be handed out */
    unsigned char *next;        /* of the first block: what is not handed out yet, */
    size_t left;                /* and its bytes */
};

#define ARENA_INIT(limit) {NULL, 0, (limit), NULL, 0}

/* Zeroed memory, aligned for any type, that lives until arena_free; NULL past the limit or out of memory. */
static inline void *arena_alloc(struct arena *arena, size_t size);

/* The same for `count` things of `size` bytes; NULL when the product overflows too. */
void *arena_array(struct arena *arena, size_t count, size_t size);

/*
 * An array of `count` things of `size` bytes in place of one of `before` that arena_array or this gave: its things
 * are kept, `array` is not to be used any more, and what is new is not zeroed.  Large ones are moved, not copied.
 */
void *arena_grow(struct arena *arena, void *array, size_t before, size_t count, size_t size);

/* A NUL-terminated copy of `length` bytes. */
char *arena_copy(struct arena *arena, const char *bytes, size_t length);

void arena_free(struct arena *arena); /* keeps the limit */

/* --- what there may be millions of: without a call ------------------------------------- */

/* arena_alloc, where the first block has no room. */
void *arena_alloc_more(struct arena *arena, size_t size);

/* Bytes that something of this size takes: what lies behind it is aligned for anything. */
static inline size_t arena_round(size_t size)
{
    return (size + alignof(max_align_t) - 1) / alignof(max_align_t) * alignof(max_align_t);
}

static inline void *arena_alloc(struct arena *arena, size_t size)
{
    size_t rounded = arena_round(size);
    void *result = arena->next;

    if (size == 0 || size >= ARENA_OWN || rounded > arena->left || rounded > arena->limit - arena->used) {
        return arena_alloc_more(arena, size);
    }
    arena->next += rounded;
    arena->left -= rounded;
    arena->used += rounded;
    return result;
}

#endif
