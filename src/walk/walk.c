#include "walk/walk.h"

#include "base/error.h"
#include "walk/state.h"

#include <stdlib.h>

enum {
    DIRECT_SIZE = 4 * 1024, /* units of at least so many bytes are handed out where they lie, ... */
    RUN_SIZE = 1024 * 1024, /* ... at most so many bytes at a time */
};

static void open_units(struct walk *walk)
{
    struct walk_state *state = walk->state;
    const struct layout *layout = walk->layout;
    int i;

    for (i = 0; i < layout->ndim; i++) {
        int d = walk->order == WALK_F ? layout->ndim - 1 - i : i;
        struct unit_dim dim = {(size_t)layout->shape[d], layout->strides[d]};
        struct unit_dim *outer = &state->dims[state->ndim > 0 ? state->ndim - 1 : 0];
        ptrdiff_t reach;

        if (dim.extent == 1) {
            continue;
        }
        if (state->ndim > 0 && !__builtin_mul_overflow(dim.stride, (ptrdiff_t)dim.extent, &reach) &&
            outer->stride == reach) {
            outer->extent *= dim.extent;
            outer->stride = dim.stride;
        } else {
            state->dims[state->ndim++] = dim;
        }
    }
    if (state->ndim > 0 && state->dims[state->ndim - 1].stride == layout->itemsize) {
        state->unit *= state->dims[--state->ndim].extent;
    }
}

static void open_pointers(struct walk *walk)
{
    struct walk_state *state = walk->state;
    struct layout *followed = &state->followed;

    *followed = *walk->layout;
    while (walk->order == WALK_LOGICAL && followed->ndim > 0) {
        int last = followed->ndim - 1;

        if (followed->suboffsets[last] >= 0 ||
            (followed->shape[last] != 1 && followed->strides[last] != (ptrdiff_t)state->unit)) {
            break;
        }
        state->unit *= (size_t)followed->shape[last];
        followed->ndim--;
    }
}

static bool open_block(struct walk *walk, struct error *error)
{
    struct walk_state *state = walk->state;
    ptrdiff_t low;
    ptrdiff_t high;

    if (!layout_block(walk->layout, &low, &high)) {
        return error_set(
            error, ERROR_INPUT,
            "there is no one block of memory to show: the items lie behind pointers (suboffsets)");
    }
    walk->base = low;
    walk->size = (uint64_t)(high - low);
    if (walk->size > 0) {
        block_init(&state->block, walk->layout);
        state->source = state->block.gaps ? SOURCE_BLOCK : SOURCE_UNITS;
        state->origin += low;
        state->unit = (size_t)walk->size;
    }
    return true;
}

bool walk_open(struct walk *walk, const struct layout *layout, enum walk_order order, bool mapped,
               struct error *error)
{
    struct walk_state *state = calloc(1, sizeof *state);

    *walk = (struct walk){.layout = layout, .order = order, .mapped = mapped, .state = state};
    if (state == NULL) {
        return error_no_memory(error);
    }
    walk->size = (uint64_t)layout->len;
    state->origin = layout->buf;
    state->unit = (size_t)layout->itemsize;
    state->file.fd = -1;
    if (order == WALK_MEMORY) {
        if (!open_block(walk, error)) {
            walk_close(walk);
            return false;
        }
    } else if (layout->len > 0 && layout_has_suboffsets(layout)) {
        state->source = SOURCE_POINTERS;
        open_pointers(walk);
    } else if (layout->len > 0) {
        open_units(walk);
    }
    state->direct = state->source != SOURCE_BLOCK &&
                    (state->unit >= DIRECT_SIZE || (state->source == SOURCE_UNITS && state->ndim == 0));
    pages_init(&state->pages, layout, mapped);
    state->tile_max = walk_tile_max(state);
    return true;
}

void walk_read_file(struct walk *walk, int fd, uint64_t offset)
{
    struct walk_state *state = walk->state;
    size_t tile_max = walk_file_tile_max(state);

    if (tile_max > 0) {
        state->tile_max = tile_max;
        state->file = (struct file_memory){fd, offset, walk->layout->buf};
    }
}

void walk_close(struct walk *walk)
{
    if (walk->state != NULL) {
        pages_give_back(&walk->state->pages);
        free(walk->state->tile);
        free(walk->state);
        walk->state = NULL;
    }
}

void walk_seek(struct walk *walk, uint64_t position)
{
    walk->position = position;
    walk->state->tile_budget = 0;
}

/* A run of a large unit, where it lies. */
static bool direct_run(struct walk *walk, size_t most, struct walk_run *run, struct error *error)
{
    struct walk_state *state = walk->state;
    size_t offset = (size_t)(walk->position % state->unit);
    size_t left = state->unit - offset;
    size_t limit = RUN_SIZE;
    const unsigned char *unit;

    if (!walk_unit(walk, (size_t)(walk->position / state->unit), &unit)) {
        return walk_unreadable(walk, walk->position, error);
    }
    if (walk->order != WALK_MEMORY && (size_t)walk->layout->itemsize < limit) {
        limit -= limit % (size_t)walk->layout->itemsize;
    }
    left = left < limit ? left : limit;
    run->bytes = unit + offset;
    run->size = left < most ? left : most;
    pages_use(&state->pages, run->bytes, run->size);
    return true;
}

static void tile_run(const struct walk *walk, size_t most, struct walk_run *run)
{
    const struct walk_state *state = walk->state;
    size_t offset = (size_t)(walk->position - state->tile_position);
    size_t left = state->tile_size - offset;

    run->bytes = state->tile + offset;
    run->size = left < most ? left : most;
    run->owners = state->source == SOURCE_BLOCK ? state->tile + state->tile_capacity + offset : NULL;
}

bool walk_next(struct walk *walk, size_t most, struct walk_run *run, struct error *error)
{
    struct walk_state *state = walk->state;

    *run = (struct walk_run){.position = walk->position};
    pages_give_back_window(&state->pages); /* of the run before: the consumer is done with it */
    if (walk->position >= walk->size || most == 0) {
        return true;
    }
    if (state->direct) {
        if (!direct_run(walk, most, run, error)) {
            return false;
        }
    } else {
        if ((walk->position < state->tile_position ||
             walk->position - state->tile_position >= state->tile_size) &&
            !walk_fill_tile(walk, most, error)) {
            return false;
        }
        tile_run(walk, most, run);
    }
    walk->position += run->size;
    return true;
}
