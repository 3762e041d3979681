#include "walk/block.h"

#include <string.h>

/* Steps of one block_owners; only items that overlap in odd ways need more than one for each item. */
enum { MAX_STEPS = 1 << 24 };

static size_t stride_of(const struct block_part *part, const struct layout *layout)
{
    size_t stride = (size_t)layout->strides[part->dim];

    return part->reversed ? (size_t)0 - stride : stride;
}

static size_t greatest_common_divisor(size_t a, size_t b)
{
    while (b != 0) {
        size_t rest = a % b;

        a = b;
        b = rest;
    }
    return a;
}

/* Does a larger dimension go on where `dim` ends, or within it, at one of its steps? */
static bool joins(const struct block_dim *dim, size_t stride)
{
    return stride % dim->stride == 0 && stride / dim->stride <= dim->extent;
}

/* Add the next larger dimension of the layout, as part number `i`. */
static void add_part(struct block *block, int i, size_t stride)
{
    struct block_part *part = &block->parts[i];
    struct block_dim *dim = &block->dims[block->ndim > 0 ? block->ndim - 1 : 0];

    if (block->ndim > 0 && joins(dim, stride)) {
        part->every = stride / dim->stride;
        part->before = dim->extent - 1;
        dim->extent += part->every * (part->extent - 1);
        dim->parts++;
    } else {
        part->every = 1;
        part->before = 0;
        block->dims[block->ndim++] = (struct block_dim){stride, part->extent, 0, i, 1};
    }
}

/* Spans, gaps and overlaps of the dimensions joined. */
static void measure(struct block *block)
{
    size_t span = block->itemsize;
    int d;

    for (d = 0; d < block->ndim; d++) {
        struct block_dim *dim = &block->dims[d];

        block->gaps = block->gaps || dim->stride > span;
        block->overlaps = block->overlaps || dim->stride < span;
        block->grid = greatest_common_divisor(dim->stride, block->grid);
        span += dim->stride * (dim->extent - 1);
        dim->span = span;
    }
    block->size = span;
}

void block_init(struct block *block, const struct layout *layout)
{
    bool odd = true; /* the product of the extents after the dimension at hand */
    int count = 0;
    int d;
    int i;

    *block = (struct block){.itemsize = (size_t)layout->itemsize};
    for (d = layout->ndim - 1; d >= 0; d--) {
        struct block_part part = {d, layout->strides[d] < 0, odd, (size_t)layout->shape[d], 0, 0};

        odd = odd && part.extent % 2 != 0;
        if (part.extent == 1 || layout->strides[d] == 0) {
            continue; /* index 0 stands for all */
        }
        block->odd ^= part.reversed && part.odd && part.extent % 2 == 0;
        for (i = count++; i > 0 && stride_of(&block->parts[i - 1], layout) > stride_of(&part, layout); i--) {
            block->parts[i] = block->parts[i - 1];
        }
        block->parts[i] = part;
    }
    for (i = 0; i < count; i++) {
        add_part(block, i, stride_of(&block->parts[i], layout));
    }
    measure(block);
}

/* Step `step` along dimension d, as steps of its parts: as few of the larger ones as will do. */
static void split(const struct block *block, int d, size_t step, size_t own[LAYOUT_MAX_NDIM])
{
    int first = block->dims[d].first;
    int i;

    for (i = first + block->dims[d].parts - 1; i >= first; i--) {
        const struct block_part *part = &block->parts[i];

        own[i] = step > part->before ? (step - part->before + part->every - 1) / part->every : 0;
        step -= own[i] * part->every;
    }
}

/* Does `step` along dimension d change the parity of the item's number? */
static inline bool is_odd(const struct block *block, int d, size_t step)
{
    size_t own[LAYOUT_MAX_NDIM];
    bool odd = false;
    int i;

    if (block->dims[d].parts == 1) {
        return block->parts[block->dims[d].first].odd && step % 2 != 0;
    }
    split(block, d, step, own);
    for (i = block->dims[d].first; i < block->dims[d].first + block->dims[d].parts; i++) {
        odd ^= block->parts[i].odd && own[i] % 2 != 0;
    }
    return odd;
}

/* The steps along dimension d, from `base` on, that lead to items with bytes in position .. end - 1. */
static void steps_into(const struct block *block, int d, size_t base, size_t position, size_t end,
                       size_t *first, size_t *last)
{
    const struct block_dim *dim = &block->dims[d];
    size_t span = d > 0 ? dim[-1].span : block->itemsize;

    *first = base + span > position ? 0 : (position - base - span) / dim->stride + 1;
    *last = base >= end ? 0 : (end - 1 - base) / dim->stride + 1;
    *last = *last < dim->extent ? *last : dim->extent;
}

struct marking {
    const struct block *block;
    size_t position;
    size_t end;
    unsigned char *owners;
    size_t left; /* with overlaps: bytes that may belong to an item, but none was found yet */
    size_t steps;
};

static inline void mark_item(struct marking *marking, size_t base, bool odd)
{
    size_t begin = base > marking->position ? base : marking->position;
    size_t end = base + marking->block->itemsize;
    size_t i;

    end = end < marking->end ? end : marking->end;
    if (!marking->block->overlaps) {
        memset(marking->owners + (begin - marking->position), 1 + odd, end - begin);
        return;
    }
    for (i = begin; i < end; i++) {
        marking->left -= marking->owners[i - marking->position] == 0;
        marking->owners[i - marking->position] = (unsigned char)(1 + odd);
    }
}

/* Mark the items at `base` and along dimensions d and smaller. */
static bool mark(struct marking *marking, int d, size_t base, bool odd)
{
    const struct block *block = marking->block;
    size_t step;
    size_t last;

    if (d < 0) {
        mark_item(marking, base, odd);
        return true;
    }
    steps_into(block, d, base, marking->position, marking->end, &step, &last);
    if (d == 0 && !block->overlaps) {
        for (; step < last; step++) {
            mark_item(marking, base + step * block->dims[0].stride, odd ^ is_odd(block, 0, step));
        }
        return true;
    }
    for (; step < last && marking->left > 0; step++) {
        if (++marking->steps > MAX_STEPS ||
            !mark(marking, d - 1, base + step * block->dims[d].stride, odd ^ is_odd(block, d, step))) {
            return false;
        }
    }
    return true;
}

/* How many of the positions below `end` can belong to an item, going by the grid that items begin on. */
static size_t on_grid(const struct block *block, size_t end)
{
    size_t grid = block->grid;

    if (grid <= block->itemsize) {
        return end;
    }
    return end / grid * block->itemsize + (end % grid < block->itemsize ? end % grid : block->itemsize);
}

bool block_owners(const struct block *block, size_t position, size_t size, unsigned char *owners)
{
    struct marking marking = {block, position, position + size, owners, 0, 0};

    memset(owners, 0, size);
    marking.left = on_grid(block, position + size) - on_grid(block, position);
    return mark(&marking, block->ndim - 1, 0, block->odd);
}

static bool find(const struct block *block, int d, size_t base, size_t position, size_t *steps,
                 ptrdiff_t *index)
{
    size_t own[LAYOUT_MAX_NDIM];
    size_t step;
    size_t last;
    int i;

    if (d < 0) {
        return true;
    }
    steps_into(block, d, base, position, position + 1, &step, &last);
    for (; step < last && ++*steps < MAX_STEPS; step++) {
        if (find(block, d - 1, base + step * block->dims[d].stride, position, steps, index)) {
            split(block, d, step, own);
            for (i = block->dims[d].first; i < block->dims[d].first + block->dims[d].parts; i++) {
                const struct block_part *part = &block->parts[i];

                index[part->dim] = (ptrdiff_t)(part->reversed ? part->extent - 1 - own[i] : own[i]);
            }
            return true;
        }
    }
    return false;
}

bool block_item(const struct block *block, size_t position, ptrdiff_t *index)
{
    size_t steps = 0;

    memset(index, 0, LAYOUT_MAX_NDIM * sizeof *index);
    return find(block, block->ndim - 1, 0, position, &steps, index);
}
