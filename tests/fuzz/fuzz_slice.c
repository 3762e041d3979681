/*
 * Any text as a slice of any small layout: what it shows is items of the
 * layout, and a walk of it in every order sees those bytes and no others.
 */
#include "base/error.h"
#include "memory/guard.h"
#include "memory/layout.h"
#include "memory/slice.h"
#include "walk/walk.h"

#include "fuzz.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

enum {
    DIMENSIONS = 4,
    EXTENT = 4,  /* at most */
    STRIDE = 40, /* at most, either way */
    ITEM = 9,    /* at most */
    ROW = 2 * DIMENSIONS * EXTENT * STRIDE + ITEM,
    MIDDLE = DIMENSIONS * EXTENT * STRIDE,
    ITEMS = EXTENT * EXTENT * EXTENT * EXTENT,
    HEADER = 3 + 2 * DIMENSIONS, /* bytes of the input that make the layout */
};

static unsigned char memory[EXTENT][ROW];
static const unsigned char *rows[EXTENT];

/* A layout whose items all lie in memory[0], or, with pointers, in memory[i] at index i of the first
 * dimension. */
static struct layout layout_from(const uint8_t *data)
{
    struct layout layout = {.buf = memory[0] + MIDDLE, .format = "B", .itemsize = data[1] % (ITEM + 1)};
    bool pointers;
    int d;

    layout.ndim = data[0] % (DIMENSIONS + 1);
    layout.len = layout.itemsize;
    pointers = layout.ndim > 0 && data[2] % 4 == 0;
    for (d = 0; d < LAYOUT_MAX_NDIM; d++) {
        layout.suboffsets[d] = -1;
    }
    for (d = 0; d < layout.ndim; d++) {
        layout.shape[d] = data[3 + 2 * d] % (EXTENT + 1);
        layout.strides[d] = data[4 + 2 * d] % (2 * STRIDE + 1) - STRIDE;
        layout.len *= layout.shape[d];
    }
    if (pointers) {
        layout.buf = (const unsigned char *)rows;
        layout.strides[0] = sizeof rows[0];
        layout.suboffsets[0] = MIDDLE;
    }
    return layout;
}

static ptrdiff_t items_of(const struct layout *layout, const unsigned char **items)
{
    ptrdiff_t count = layout_count(layout);
    ptrdiff_t i;

    require(count <= ITEMS);
    for (i = 0; i < count; i++) {
        ptrdiff_t index[LAYOUT_MAX_NDIM];

        layout_index(layout, i, index);
        items[i] = layout_item(layout, index);
    }
    return count;
}

static void walk_through(const struct layout *layout, enum walk_order order, const unsigned char **items)
{
    struct error error = ERROR_INIT;
    struct walk walk;
    struct walk_run run;

    if (!walk_open(&walk, layout, order, false, &error)) {
        require(order == WALK_MEMORY && layout_has_suboffsets(layout));
        return;
    }
    do {
        require(walk_next(&walk, 100, &run, &error));
        if (order == WALK_LOGICAL && run.size > 0) {
            uint64_t i;

            for (i = run.position; i < run.position + run.size; i++) {
                size_t itemsize = (size_t)layout->itemsize;

                require(run.bytes[i - run.position] == items[i / itemsize][i % itemsize]);
            }
        }
    } while (run.size > 0);
    require(walk.position == walk.size);
    walk_close(&walk);
}

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
    struct error error;
    size_t i;

    (void)argc;
    (void)argv;
    for (i = 0; i < sizeof memory; i++) {
        memory[i / ROW][i % ROW] = (unsigned char)(i * 2654435761u >> 24);
    }
    for (i = 0; i < EXTENT; i++) {
        rows[i] = memory[i];
    }
    require(guard_start(&error));
    return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const unsigned char *before[ITEMS];
    static const unsigned char *after[ITEMS];
    struct layout layout;
    struct error error = ERROR_INIT;
    ptrdiff_t count;
    ptrdiff_t left;
    ptrdiff_t i;
    ptrdiff_t k;
    char *spec;

    if (size < HEADER) {
        return 0;
    }
    layout = layout_from(data);
    require(layout_check(&layout, &error));
    count = items_of(&layout, before);
    spec = calloc(1, size - HEADER + 1);
    require(spec != NULL);
    memcpy(spec, data + HEADER, size - HEADER);
    if (layout_slice(&layout, spec, &error)) {
        require(layout_check(&layout, &error));
        left = layout.len > 0 ? items_of(&layout, after) : 0; /* without bytes, items lie nowhere */
        require(left <= count);
        for (i = 0; i < left; i++) {
            for (k = 0; k < count && before[k] != after[i]; k++) {
            }
            require(k < count);
        }
        walk_through(&layout, WALK_LOGICAL, after);
        walk_through(&layout, WALK_F, after);
        walk_through(&layout, WALK_MEMORY, after);
    } else {
        require(error.kind == ERROR_INPUT && error.message[0] != '\0');
    }
    free(spec);
    return 0;
}
