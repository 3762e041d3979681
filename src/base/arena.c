#include "base/arena.h"

#include <stdalign.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

enum {
    FIRST_BLOCK = 1024,    /* bytes: most arenas hold little */
    BLOCK_GROWTH = 4,      /* times the block before */
    BLOCK_MAX = 16 * 1024, /* bytes, unless one thing takes more */
    LARGE = 1 << 20,       /* bytes handed out from which on blocks are mapped, */
    LARGE_BLOCK = 8 << 20, /* so many at once: in huge pages, where the system has them, that cost little to get */
    HUGE_PAGE = 2 << 20,   /* bytes; as most systems have them */
};

struct arena_block {
    struct arena_block *next, *previous;
    size_t size; /* bytes of `bytes` */
    bool mapped;
    alignas(max_align_t) unsigned char bytes[];
};

/* Of a mapped block: whole huge pages. */
static size_t mapped_size(size_t size)
{
    return (sizeof(struct arena_block) + size + HUGE_PAGE - 1) / HUGE_PAGE * HUGE_PAGE;
}

/* `size`: bytes of `bytes`. */
static struct arena_block *map_block(size_t size)
{
    struct arena_block *block =
        mmap(NULL, mapped_size(size), PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

    if (block == MAP_FAILED) {
        return NULL;
    }
    madvise(block, mapped_size(size), MADV_HUGEPAGE);
    block->mapped = true;
    block->size = size;
    return block;
}

static struct arena_block *heap_block(size_t size)
{
    struct arena_block *block = calloc(1, sizeof *block + size);

    if (block != NULL) {
        block->size = size;
    }
    return block;
}

static void free_block(struct arena_block *block)
{
    if (block->mapped) {
        munmap(block, mapped_size(block->size));
    } else {
        free(block);
    }
}

/* Into the list: as the first, which small things are taken from, or behind that. */
static void link_block(struct arena *arena, struct arena_block *block, bool first)
{
    struct arena_block *behind = first ? NULL : arena->blocks;

    block->previous = behind;
    block->next = behind != NULL ? behind->next : arena->blocks;
    if (block->next != NULL) {
        block->next->previous = block;
    }
    if (behind != NULL) {
        behind->next = block;
    } else {
        arena->blocks = block;
    }
}

/* A block for one thing alone, which fills it. */
static void *alloc_own(struct arena *arena, size_t size)
{
    struct arena_block *block = size >= LARGE ? map_block(size) : heap_block(size);

    if (block == NULL) {
        return NULL;
    }
    arena->used += size;
    link_block(arena, block, false);
    return block->bytes;
}

static struct arena_block *add_block(struct arena *arena, size_t least)
{
    size_t last = arena->blocks != NULL ? arena->blocks->size : 0;
    size_t size = last == 0 ? FIRST_BLOCK : last < BLOCK_MAX / BLOCK_GROWTH ? BLOCK_GROWTH * last : BLOCK_MAX;
    struct arena_block *block;

    if (arena->used >= LARGE && least <= LARGE_BLOCK - sizeof *block) {
        block = map_block(LARGE_BLOCK - sizeof *block);
    } else {
        block = heap_block(size > least ? size : least);
    }
    if (block != NULL) {
        link_block(arena, block, true);
        arena->next = block->bytes;
        arena->left = block->size;
    }
    return block;
}

void *arena_alloc_more(struct arena *arena, size_t size)
{
    size_t rounded;
    void *result;

    if (size > arena->limit || size > SIZE_MAX / 2) {
        return NULL;
    }
    rounded = arena_round(size);
    if (rounded > arena->limit - arena->used) {
        return NULL;
    }
    if (rounded >= ARENA_OWN) {
        return alloc_own(arena, rounded);
    }
    if ((arena->next == NULL || arena->left < rounded) && add_block(arena, rounded) == NULL) {
        return NULL;
    }
    result = arena->next;
    arena->next += rounded;
    arena->left -= rounded;
    arena->used += rounded;
    return result;
}

void *arena_array(struct arena *arena, size_t count, size_t size)
{
    size_t bytes;

    return __builtin_mul_overflow(count, size, &bytes) ? NULL : arena_alloc(arena, bytes);
}

/* A larger block instead of one; it is not in the list yet, and may be the same.  NULL: the old one stays. */
static struct arena_block *enlarge(struct arena_block *block, size_t size)
{
    struct arena_block *grown;

    if (block->mapped && mapped_size(size) == mapped_size(block->size)) {
        return block;
    }
    if (size < LARGE) {
        return realloc(block, sizeof *block + size);
    }
    /* pages that are moved would be small ones: these are copied into huge ones */
    grown = map_block(size);
    if (grown != NULL) {
        memcpy(grown->bytes, block->bytes, block->size < size ? block->size : size);
        grown->next = block->next;
        grown->previous = block->previous;
        free_block(block);
    }
    return grown;
}

/* Something that has a block of its own. */
static void *grow_own(struct arena *arena, void *array, size_t bytes)
{
    struct arena_block *block = (struct arena_block *)((unsigned char *)array - offsetof(struct arena_block, bytes));
    size_t rounded = arena_round(bytes);
    size_t before = block->size;
    struct arena_block *grown;

    if (rounded > arena->limit - (arena->used - before)) {
        return NULL;
    }
    grown = enlarge(block, rounded);
    if (grown == NULL) {
        return NULL;
    }
    arena->used += rounded - before;
    grown->size = rounded;
    if (grown->next != NULL) {
        grown->next->previous = grown;
    }
    if (grown->previous != NULL) {
        grown->previous->next = grown;
    } else {
        arena->blocks = grown;
    }
    return grown->bytes;
}

void *arena_grow(struct arena *arena, void *array, size_t before, size_t count, size_t size)
{
    size_t bytes;
    void *grown;

    if (__builtin_mul_overflow(count, size, &bytes) || bytes > SIZE_MAX / 2) {
        return NULL;
    }
    if (array != NULL && arena_round(before * size) >= ARENA_OWN) {
        return grow_own(arena, array, bytes);
    }
    grown = arena_alloc(arena, bytes);
    if (grown != NULL && before > 0) {
        memcpy(grown, array, before * size);
    }
    return grown;
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

        free_block(arena->blocks);
        arena->blocks = next;
    }
    arena->used = 0;
    arena->next = NULL;
    arena->left = 0;
}
