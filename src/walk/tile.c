#include "walk/state.h"

#include "base/error.h"
#include "memory/guard.h"
#include "walk/copy.h"
#include "walk/file.h"
#include "walk/walk.h"

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

enum {
    HUGE_PAGE = 2 * 1024 * 1024,
    FIRST_TILE = 4 * 1024,              /* a short look gathers little, ... */
    TILE_GROWTH = 16,                   /* ... a long one more and more, ... */
    TILE_SIZE = 1024 * 1024,            /* ... up to this, which stays in a processor's own cache, ... */
    LARGE_TILE_SIZE = 11 * 1024 * 1024, /* ... or this, where it saves reading memory many times */
    FILE_TILE_SIZE = 14 * 1024 * 1024,  /* ... or this, where the file is read: no pages are held beside it */
    OVERLAP_TILE = 4 * 1024,            /* items that share bytes in odd ways are costly to tell from gaps */
};

/*
 * Bytes that reading these dimensions brings in, at most: memory comes in
 * aligned grains (cache lines, or pages and what comes with them).
 */
static size_t footprint(const struct copy_dim *dims, int ndim, size_t unit, size_t grain)
{
    size_t size = unit + grain;
    int d;

    for (d = ndim - 1; d >= 0; d--) {
        size_t step = magnitude(dims[d].from);

        step = step < size ? step : size;
        if (__builtin_mul_overflow(step, dims[d].extent - 1, &step) ||
            __builtin_add_overflow(size, step, &size)) {
            return SIZE_MAX;
        }
    }
    return size;
}

/* Where a tile of `budget` bytes lies: units, and the dimension that it goes along. */
struct tile_shape {
    int along;     /* it spans the dimensions after this one, and part of this one */
    size_t inner;  /* units in the dimensions spanned */
    size_t extent; /* along `along` */
};

static struct tile_shape shape_tile(const struct walk_state *state, size_t budget)
{
    size_t units = budget / state->unit;
    struct tile_shape shape = {state->ndim - 1, 1, 0};
    size_t extent;

    while (shape.along > 0 && state->dims[shape.along].extent <= units / shape.inner) {
        shape.inner *= state->dims[shape.along--].extent;
    }
    extent = state->dims[shape.along].extent;
    shape.extent = units / shape.inner;
    shape.extent -= shape.extent >= 64 ? shape.extent % 16 : shape.extent >= 8 ? shape.extent % 8 : 0;
    shape.extent = shape.extent < extent ? shape.extent : extent;
    return shape;
}

/*
 * The dimensions of a tile as a box to copy, in the order of the walk.  The one
 * that the tile goes along may be but one step of it, and is then left out.
 */
static int tile_box(const struct walk_state *state, const struct tile_shape *shape, struct copy_dim *dims)
{
    int first = shape->along + (shape->extent == 1 && shape->along < state->ndim - 1);
    ptrdiff_t to = (ptrdiff_t)state->unit;
    int d;

    for (d = state->ndim - 1; d >= first; d--) {
        size_t extent = d == shape->along ? shape->extent : state->dims[d].extent;

        dims[d - first] = (struct copy_dim){extent, state->dims[d].stride, to};
        to *= (ptrdiff_t)extent;
    }
    return state->ndim - first;
}

static bool reads_before(const struct copy_dim *a, const struct copy_dim *b)
{
    return magnitude(a->from) - 1 > magnitude(b->from) - 1; /* stride 0 first: the same memory again */
}

/* Put the dimensions into the order in which their source is best read. */
static void sort_box(struct copy_dim *dims, int ndim)
{
    int i;
    int j;

    for (i = 1; i < ndim; i++) {
        struct copy_dim dim = dims[i];

        for (j = i; j > 0 && reads_before(&dim, &dims[j - 1]); j--) {
            dims[j] = dims[j - 1];
        }
        dims[j] = dim;
    }
}

/* What tiles of `budget` bytes bring in, for each byte that they hold. */
static double tile_cost(const struct walk_state *state, size_t budget)
{
    size_t grain = state->pages.enabled ? PAGES_AROUND : CACHE_LINE;
    struct copy_dim dims[LAYOUT_MAX_NDIM];
    struct tile_shape shape = shape_tile(state, budget);
    int ndim = tile_box(state, &shape, dims);

    sort_box(dims, ndim);
    return (double)(footprint(dims, ndim, state->unit, grain) - grain) /
           (double)(shape.extent * shape.inner * state->unit);
}

size_t walk_tile_max(const struct walk_state *state)
{
    if (state->block.overlaps) {
        return OVERLAP_TILE;
    }
    if (state->source != SOURCE_UNITS || state->direct) {
        return TILE_SIZE;
    }
    /* Large only where small ones bring the same lines and pages in again and again. */
    return tile_cost(state, LARGE_TILE_SIZE) < 0.7 * tile_cost(state, TILE_SIZE) ? LARGE_TILE_SIZE
                                                                                 : TILE_SIZE;
}

size_t walk_file_tile_max(const struct walk_state *state)
{
    struct copy_dim dims[LAYOUT_MAX_NDIM];
    struct tile_shape shape;
    int ndim;

    if (state->source != SOURCE_UNITS || state->direct) {
        return 0;
    }
    shape = shape_tile(state, FILE_TILE_SIZE);
    ndim = tile_box(state, &shape, dims);
    sort_box(dims, ndim);
    return file_suits(state->unit, ndim, dims) ? FILE_TILE_SIZE : 0;
}

/* Where unit `number` lies; false, after a fault, when its pointers lead nowhere. */
bool walk_unit(const struct walk *walk, size_t number, const unsigned char **unit)
{
    const struct walk_state *state = walk->state;
    ptrdiff_t index[LAYOUT_MAX_NDIM];
    const void *address;
    int d;

    if (state->source == SOURCE_POINTERS) {
        walk_index(walk->order, &state->followed, (ptrdiff_t)number, index);
        return walk_locate(&state->followed, index, unit, &address);
    }
    *unit = state->origin;
    for (d = state->ndim - 1; d >= 0; d--) {
        *unit += (ptrdiff_t)(number % state->dims[d].extent) * state->dims[d].stride;
        number /= state->dims[d].extent;
    }
    return true;
}

struct gathering {
    unsigned char *to;
    const unsigned char *from;
    size_t unit;
    int ndim;
    const struct copy_dim *dims;
    unsigned how;
};

static void gather_body(void *context)
{
    const struct gathering *gathering = context;

    copy_box(gathering->to, gathering->from, gathering->unit, gathering->ndim, gathering->dims,
             gathering->how);
}

/* A tile too large for the caches is better written around them. */
static unsigned how_to_copy(const struct walk_state *state)
{
    return state->tile_capacity > TILE_SIZE && state->source == SOURCE_UNITS ? COPY_STREAM : 0;
}

/* What a box takes of memory: its lowest byte, and how many from there. */
static void use_box(struct pages *pages, const struct gathering *box)
{
    const unsigned char *low = box->from;
    size_t size = box->unit;
    int d;

    for (d = 0; d < box->ndim; d++) {
        ptrdiff_t reach = (ptrdiff_t)(box->dims[d].extent - 1) * box->dims[d].from;

        low += reach < 0 ? reach : 0;
        size += magnitude(reach);
    }
    pages_use(pages, low, size);
    pages_give_back(pages);
}

/* Copy a box; where pages are to be given back, in slabs that need no more than a window of them. */
static bool gather_box(struct walk_state *state, unsigned char *to, const unsigned char *from, int ndim,
                       struct copy_dim *dims, int level)
{
    size_t whole = dims[level].extent;
    size_t slab = whole;
    size_t done;
    bool good = true;

    if (state->pages.enabled &&
        footprint(&dims[level], ndim - level, state->unit, PAGES_AROUND) > PAGES_WINDOW) {
        size_t inner = footprint(&dims[level + 1], ndim - level - 1, state->unit, PAGES_AROUND);
        size_t step = magnitude(dims[level].from);

        slab = inner < PAGES_WINDOW && step > 0 ? (PAGES_WINDOW - inner) / step + 1 : 1;
        slab = slab < whole ? slab : whole;
    }
    for (done = 0; done < whole && good; done += slab) {
        unsigned char *slab_to = to + (ptrdiff_t)done * dims[level].to;
        const unsigned char *slab_from = from + (ptrdiff_t)done * dims[level].from;

        dims[level].extent = slab < whole - done ? slab : whole - done;
        if (slab == 1 && level < ndim - 1) {
            good = gather_box(state, slab_to, slab_from, ndim, dims, level + 1);
        } else {
            struct gathering box = {slab_to, slab_from, state->unit, ndim, dims, how_to_copy(state)};
            const void *address;

            good = guard_run(gather_body, &box, &address);
            use_box(&state->pages, &box);
        }
    }
    dims[level].extent = whole;
    return good;
}

/* A box from the file itself; false when that is not better, or fails. */
static bool read_box(const struct walk_state *state, const unsigned char *from, int ndim,
                     const struct copy_dim *dims)
{
    return state->file.fd >= 0 && file_suits(state->unit, ndim, dims) &&
           file_gather(&state->file, state->tile, from, state->unit, ndim, dims, how_to_copy(state));
}

/* Fill the tile with the units around `position`; false after a fault. */
static bool gather_units(struct walk *walk, size_t budget)
{
    struct walk_state *state = walk->state;
    struct tile_shape shape = shape_tile(state, budget);
    struct copy_dim dims[LAYOUT_MAX_NDIM];
    size_t row = (size_t)(walk->position / state->unit) / shape.inner;
    size_t start = row % state->dims[shape.along].extent;
    size_t end = start + shape.extent - start % shape.extent; /* aligned, as pages and cache lines are */
    const unsigned char *from;
    size_t size;
    int ndim;

    end = end < state->dims[shape.along].extent ? end : state->dims[shape.along].extent;
    shape.extent = end - start;
    size = shape.extent * shape.inner * state->unit;
    ndim = tile_box(state, &shape, dims);
    sort_box(dims, ndim);
    if (!walk_unit(walk, row * shape.inner, &from) ||
        (!read_box(state, from, ndim, dims) && !gather_box(state, state->tile, from, ndim, dims, 0))) {
        return false;
    }
    state->tile_position = (uint64_t)row * shape.inner * state->unit;
    state->tile_size = size;
    return true;
}

struct following {
    const struct walk *walk;
    size_t first; /* unit */
    size_t count; /* units */
};

/* Units behind pointers: along the fastest dimension while no pointer lies in the way, else one by one. */
static void follow_body(void *context)
{
    const struct following *following = context;
    const struct walk_state *state = following->walk->state;
    const struct layout *followed = &state->followed;
    int fastest = followed->ndim - 1;
    bool straight =
        following->walk->order == WALK_LOGICAL && fastest >= 0 && followed->suboffsets[fastest] < 0;
    ptrdiff_t index[LAYOUT_MAX_NDIM];
    size_t done;
    struct copy_dim line = {1, 0, (ptrdiff_t)state->unit};

    if (straight) {
        line.from = followed->strides[fastest];
    }
    for (done = 0; done < following->count; done += line.extent) {
        walk_index(following->walk->order, followed, (ptrdiff_t)(following->first + done), index);
        if (straight) {
            line.extent = (size_t)(followed->shape[fastest] - index[fastest]);
            line.extent = line.extent < following->count - done ? line.extent : following->count - done;
        }
        copy_box(state->tile + done * state->unit, layout_item(followed, index), state->unit, 1, &line, 0);
    }
}

static bool gather_pointers(struct walk *walk, size_t budget)
{
    struct walk_state *state = walk->state;
    struct following following = {walk, (size_t)(walk->position / state->unit), budget / state->unit};
    size_t left = (size_t)((walk->size - walk->position + state->unit - 1) / state->unit);
    const void *address;

    following.count = following.count < left ? following.count : left;
    if (!guard_run(follow_body, &following, &address)) {
        return false;
    }
    state->tile_position = (uint64_t)following.first * state->unit;
    state->tile_size = following.count * state->unit;
    return true;
}

/*
 * After a fault: the items from `position` on, one by one, up to the first that
 * cannot be read; false when that is the very first.
 */
static bool gather_singly(struct walk *walk, size_t budget)
{
    struct walk_state *state = walk->state;
    size_t itemsize = (size_t)walk->layout->itemsize;
    size_t first = (size_t)(walk->position / itemsize);
    size_t count = (size_t)(walk->size / itemsize);
    size_t done = 0;

    while (done + itemsize <= budget && first + done / itemsize < count) {
        ptrdiff_t index[LAYOUT_MAX_NDIM];
        const unsigned char *item;
        const void *address;

        walk_index(walk->order, walk->layout, (ptrdiff_t)(first + done / itemsize), index);
        if (!walk_locate(walk->layout, index, &item, &address) ||
            !guard_copy(state->tile + done, item, itemsize, &address)) {
            break;
        }
        done += itemsize;
    }
    state->tile_position = (uint64_t)first * itemsize;
    state->tile_size = done;
    state->tile_budget = 0;
    return done > 0;
}

/*
 * A piece of the block with its gaps.  Gaps may lie where there is no memory:
 * what cannot be read is zero, and an error only where an item has bytes.
 */
static bool gather_block(struct walk *walk, size_t budget, struct error *error)
{
    struct walk_state *state = walk->state;
    size_t position = (size_t)walk->position;
    const unsigned char *from = state->origin + position;
    unsigned char *owners = state->tile + state->tile_capacity;
    size_t page = (size_t)sysconf(_SC_PAGESIZE);
    size_t size = budget - position % budget;
    const void *address;
    size_t piece;
    size_t done;

    size = size < walk->size - position ? size : (size_t)(walk->size - position);
    state->tile_position = position;
    state->tile_size = size;
    if (!block_owners(&state->block, position, size, owners)) {
        state->tile_size = 0;
        return error_set(error, ERROR_INPUT, "cannot tell items from gaps: they overlap in too many ways");
    }
    if (!guard_copy(state->tile, from, size, &address)) {
        memset(state->tile, 0, size);
        for (done = 0; done < state->tile_size; done += piece) {
            const unsigned char *owner;

            piece = page - (uintptr_t)(from + done) % page;
            piece = piece < size - done ? piece : size - done;
            if (!guard_copy(state->tile + done, from + done, piece, &address)) {
                for (owner = owners + done; owner < owners + done + piece && *owner == 0; owner++) {
                }
                state->tile_size = owner < owners + done + piece ? (size_t)(owner - owners) : size;
            }
        }
    }
    pages_use(&state->pages, from, size);
    pages_give_back_window(&state->pages);
    return state->tile_size > 0 || walk_unreadable(walk, walk->position, error);
}

/* In huge pages where they can be had: a large tile is written all over. */
static unsigned char *allocate_huge(size_t size)
{
    unsigned char *memory;

    size += HUGE_PAGE - 1;
    size -= size % HUGE_PAGE;
    memory = aligned_alloc(HUGE_PAGE, size);
    if (memory != NULL) {
        madvise(memory, size, MADV_HUGEPAGE);
    }
    return memory;
}

/* Room for a tile of `budget` bytes (twice: the owners). */
static bool reserve_tile(struct walk_state *state, size_t budget, struct error *error)
{
    if (state->tile_capacity < budget) {
        free(state->tile);
        state->tile_size = 0;
        state->tile_capacity = 0;
        state->tile = budget < HUGE_PAGE ? malloc(state->source == SOURCE_BLOCK ? 2 * budget : budget)
                                         : allocate_huge(budget);
        if (state->tile == NULL) {
            return error_no_memory(error);
        }
        state->tile_capacity = budget;
    }
    return true;
}

/* A tile that holds the byte at the walk's position. */
bool walk_fill_tile(struct walk *walk, size_t most, struct error *error)
{
    struct walk_state *state = walk->state;
    size_t budget = state->tile_budget;

    if (budget == 0) {
        budget = most > FIRST_TILE ? most : FIRST_TILE;
    }
    budget = budget < state->tile_max ? budget : state->tile_max;
    if (!reserve_tile(state, budget, error)) {
        return false;
    }
    state->tile_budget = budget * TILE_GROWTH;
    if (state->source == SOURCE_BLOCK) {
        return gather_block(walk, budget, error);
    }
    if (state->source == SOURCE_POINTERS ? gather_pointers(walk, budget) : gather_units(walk, budget)) {
        return true;
    }
    return gather_singly(walk, budget) || walk_unreadable(walk, walk->position, error);
}
