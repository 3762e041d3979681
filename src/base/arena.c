#include "base/arena.h"

#include <stdalign.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

enum {
    FIRST_BLOCK = 1024,    /* bytes: most arenas hold little */
    BLOCK_GROWTH = 4,      /* times the block before */
    BLOCK_MAX = 16 * 1024, /* bytes, unless one thing takes more */
};

struct arena_block {
    struct arena_block *next;
    size_t used; /* bytes of `bytes` handed out */
    size_t size; /* bytes of `bytes` */
    alignas(max_align_t) unsigned char bytes[];
};

static struct arena_block *add_block(struct arena *arena, size_t least)
{
    size_t last = arena->blocks != NULL ? arena->blocks->size : 0;
    size_t size = last == 0 ? FIRST_BLOCK : last < BLOCK_MAX / BLOCK_GROWTH ? BLOCK_GROWTH * last : BLOCK_MAX;
    struct arena_block *block;

    size = size > least ? size : least;
    block = calloc(1, sizeof *block + size);
    if (block != NULL) {
        block->size = size;
        block->next = arena->blocks;
        arena->blocks = block;
    }
    return block;
}

void *arena_alloc(struct arena *arena, size_t size)
{
    struct arena_block *block = arena->blocks;
    size_t rounded;
    void *result;

    if (size > arena->limit || size > SIZE_MAX / 2) {
        return NULL;
    }
    rounded = (size + alignof(max_align_t) - 1) / alignof(max_align_t) * alignof(max_align_t);
    if (rounded > arena->limit - arena->used) {
        return NULL;
    }
    if (block == NULL || block->size - block->used < rounded) {
        block = add_block(arena, rounded);
        if (block == NULL) {
            return NULL;
        }
    }
    result = block->bytes + block->used;
    block->used += rounded;
    arena->used += rounded;
    return result;
}

void *arena_array(struct arena *arena, size_t count, size_t size)
{
    size_t bytes;

    return __builtin_mul_overflow(count, size, &bytes) ? NULL : arena_alloc(arena, bytes);
}

char *arena_copy(struct arena *arena, const char *bytes, size_t length)
{
    char *copy = length < SIZE_MAX ? arena_alloc(arena, length + 1) : NULL;

    if (copy != NULL && length > 0) {
        memcpy(copy, bytes, length);
    }
    return copy;
}

void arena_free(struct arena *arena)
{
    while (arena->blocks != NULL) {
        struct arena_block *next = arena->blocks->next;

        free(arena->blocks);
        arena->blocks = next;
    }
    arena->used = 0;
}
