#include <Python.h>

#include "holders/blocks.h"

#include "memory/peek.h"

#include <stdlib.h>
#include <string.h>

enum {
    WORD = sizeof(uintptr_t),
    WORDS_MAX = 1 << 12,   /* of an object */
    BLOCKS_MAX = 1 << 17,
    ASKED_MAX = 1 << 21,   /* words that might be addresses of blocks */
    DEPTH_MAX = 8,
    CLOCK_STEP = 1 << 10,
};

#if defined __GLIBC__

/* The size of a block, as it stands in front of it; 0 where that is none. */
static size_t chunk_size(uintptr_t block)
{
    enum { FLAGS = 7, SMALLEST = 4 * WORD, LARGEST = 1 << 24 };
    size_t size;

    if (block < WORD || block % (2 * WORD) != 0 || !memory_peek(&size, block - WORD, sizeof size)) {
        return 0;
    }
    size &= ~(size_t)FLAGS;
    return size >= SMALLEST && size <= LARGEST && size % (2 * WORD) == 0 ? size : 0;
}

#endif

size_t blocks_size(uintptr_t address)
{
#if defined __GLIBC__
    enum { IN_USE = 1 }; /* of the one behind: that the one before is */
    size_t size = chunk_size(address);
    size_t next;
    bool used = size > 0 && memory_peek(&next, address + size - WORD, sizeof next) && (next & IN_USE);

    return used && chunk_size(address + size) > 0 ? size - WORD : 0;
#else
    (void)address;
    return 0;
#endif
}

/*
 * Objects that the collector does not know of may be known to C objects alone: NumPy's arrays, by torch's tensors.
 * The bytes of one that lies here; 0 where there is none, or one that leads nowhere.
 */
static size_t object_size(struct heap *heap, uintptr_t address)
{
    enum { REFERENCES_MAX = 1 << 20 };
    PyObject object;
    PyTypeObject type;
    const struct kind *kind;

    /* types that are made in C are never freed */
    if (!memory_peek(&object, address, sizeof object) || Py_REFCNT(&object) <= 0 ||
        Py_REFCNT(&object) > REFERENCES_MAX || !memory_peek(&type, (uintptr_t)Py_TYPE(&object), sizeof type) ||
        Py_TYPE(&type) != &PyType_Type || type.tp_flags & Py_TPFLAGS_HEAPTYPE || !(type.tp_flags & Py_TPFLAGS_READY)) {
        return 0;
    }
    kind = kinds_find(&heap->kinds, Py_TYPE(&object));
    return !kind->leaf && !kind->collected ? kind->size : 0;
}

struct block {
    uintptr_t address;
    size_t size;
    size_t member;
    int depth;
};

struct walk {
    struct block *queue;  /* owned */
    size_t count;
    uintptr_t *table;     /* owned: addresses that were asked for; open addressing */
    size_t asked_count;
    struct heap *heap;
    bool cut;
};

/* Was this asked for before? */
static bool is_known(struct walk *walk, uintptr_t address)
{
    size_t at = address / 16 * 2654435761u % ASKED_MAX;

    while (walk->table[at] != 0 && walk->table[at] != address) {
        at = (at + 1) % ASKED_MAX;
    }
    if (walk->table[at] == address) {
        return true;
    }
    walk->table[at] = address;
    walk->asked_count++;
    return false;
}

static void enqueue(struct walk *walk, uintptr_t address, size_t member, int depth)
{
    size_t size;

    if (address < BLOCK_MAX || address % (2 * WORD) != 0 || walk->cut || is_known(walk, address)) {
        return;
    }
    if (walk->count == BLOCKS_MAX || walk->asked_count > ASKED_MAX / 2 ||
        (walk->asked_count % CLOCK_STEP == 0 && clock_now() > walk->heap->deadline)) {
        walk->cut = true;
        return;
    }
    size = blocks_size(address);
    size = size > 0 ? size : object_size(walk->heap, address);
    if (size > 0) {
        walk->queue[walk->count++] = (struct block){address, size < BLOCK_MAX ? size : BLOCK_MAX, member, depth};
    }
}

static void begin_at(struct walk *walk, size_t member)
{
    PyObject *object = walk->heap->members[member];
    const struct kind *kind = kinds_find(&walk->heap->kinds, Py_TYPE(object));
    size_t words = kind->foreign && !kind->array ? kind->size / WORD : 0;
    size_t i;

    for (i = sizeof(PyObject) / WORD; i < words && i < WORDS_MAX; i++) {
        uintptr_t word;

        memcpy(&word, (const char *)object + i * WORD, sizeof word);
        enqueue(walk, word, member, 0);
    }
}

static void go_on_from(struct walk *walk, const struct block *block, blocks_look *look, void *context)
{
    uintptr_t words[BLOCK_MAX / WORD];
    size_t count = block->size / WORD;
    size_t i;

    if (!memory_peek(words, block->address, count * WORD)) {
        return;
    }
    look(block->member, block->address, words, count, context);
    for (i = 0; i < count && block->depth < DEPTH_MAX; i++) {
        enqueue(walk, words[i], block->member, block->depth + 1);
    }
}

bool blocks_walk(struct heap *heap, blocks_skip *skip, blocks_look *look, void *context)
{
    struct walk walk = {.queue = calloc(BLOCKS_MAX, sizeof walk.queue[0]),
                        .table = calloc(ASKED_MAX, sizeof walk.table[0]),
                        .heap = heap};
    bool ok = walk.queue != NULL && walk.table != NULL;
    size_t i;

    for (i = heap->frames + heap->threads; ok && i < heap->count && !walk.cut; i++) {
        if (skip == NULL || !skip(i, context)) {
            begin_at(&walk, i);
        }
    }
    for (i = 0; ok && i < walk.count && !walk.cut; i++) {
        struct block block = walk.queue[i];

        go_on_from(&walk, &block, look, context);
    }
    free(walk.queue);
    free(walk.table);
    return ok && !walk.cut;
}
