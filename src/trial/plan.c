#include "trial/plan.h"

#include "base/error.h"

#include <stdlib.h>
#include <string.h>

/* --- where the items lie ----------------------------------------------------------------- */

static bool too_large(struct error *error)
{
    return error_set(error, ERROR_INPUT, "a buffer of that shape and format is too large to be offered (at most %d bytes)",
                     PLAN_MAX_BLOCK);
}

/* Strides of a C-contiguous block in which the last dimension takes `widen` times its room. */
static bool set_c_strides(struct plan *plan, int widen)
{
    ptrdiff_t stride = plan->itemsize * widen;
    int d;

    for (d = plan->ndim - 1; d >= 0; d--) {
        plan->strides[d] = stride;
        if (__builtin_mul_overflow(stride, plan->shape[d] > 0 ? plan->shape[d] : 1, &stride)) {
            return false;
        }
    }
    return stride <= PLAN_MAX_BLOCK;
}

static bool set_f_strides(struct plan *plan)
{
    return layout_f_strides(plan->ndim, plan->shape, plan->itemsize, plan->strides);
}

static void reverse(struct plan *plan, int dimensions)
{
    int d;

    for (d = 0; d < plan->ndim && d < dimensions; d++) {
        plan->strides[d] = -plan->strides[d];
    }
}

/* The pointers are one behind the other; each row's items, C-contiguous, lie behind `ahead` bytes. */
static void set_indirect(struct plan *plan, ptrdiff_t ahead)
{
    plan->row = (size_t)(plan->strides[0] + 2 * plan->itemsize);
    plan->strides[0] = (ptrdiff_t)sizeof(void *);
    plan->suboffsets[0] = ahead;
}

static void set_odd_strides(struct plan *plan)
{
    enum { ODD = 1009 };
    int d;

    for (d = 0; d < plan->ndim; d++) {
        if (plan->shape[d] == 1) {
            plan->strides[d] = ODD * plan->itemsize;
        }
    }
}

/* What the items cover; the strides are small by now. */
static bool measure(struct plan *plan)
{
    struct layout layout;
    ptrdiff_t low, high;

    plan_layout(plan, &layout);
    if (plan_is_indirect(plan)) {
        size_t last = plan->row - 2 * (size_t)plan->itemsize + (size_t)plan->suboffsets[0];

        plan->block = plan->count > 0 ? (size_t)(plan->shape[0] - 1) * plan->row + last : 0;
        return plan->block <= PLAN_MAX_BLOCK;
    }
    if (!layout_block(&layout, &low, &high)) {
        return false;
    }
    plan->block = (size_t)(high - low);
    plan->start = (size_t)-low;
    return plan->block <= PLAN_MAX_BLOCK;
}

static bool count_items(struct plan *plan)
{
    size_t count = 1, bytes;
    int d;

    for (d = 0; d < plan->ndim; d++) {
        if (plan->shape[d] < 0 || __builtin_mul_overflow(count, (size_t)plan->shape[d], &count)) {
            return false;
        }
    }
    plan->count = count;
    return !__builtin_mul_overflow(count, (size_t)plan->itemsize, &bytes) && bytes <= PLAN_MAX_BLOCK / 4;
}

bool plan_arrange(struct plan *plan, enum arrangement arrangement, struct error *error)
{
    struct layout layout;
    struct error ignored = ERROR_INIT;
    int d;

    plan->arrangement = arrangement;
    plan->start = plan->row = plan->block = 0;
    for (d = 0; d < LAYOUT_MAX_NDIM; d++) {
        plan->suboffsets[d] = -1;
        plan->strides[d] = 0;
    }
    if (!count_items(plan) || !set_c_strides(plan, arrangement == ARRANGED_STEP_LAST ? 2 : 1)) {
        return too_large(error);
    }
    switch (plan->ndim > 0 ? arrangement : ARRANGED_C) {
    case ARRANGED_F:
        if (!set_f_strides(plan)) {
            return too_large(error);
        }
        break;
    case ARRANGED_STEP_FIRST:
        plan->strides[0] *= 2;
        break;
    case ARRANGED_REVERSED_FIRST:
        reverse(plan, 1);
        break;
    case ARRANGED_REVERSED:
        reverse(plan, plan->ndim);
        break;
    case ARRANGED_REPEATED:
        plan->strides[0] = 0;
        break;
    case ARRANGED_ODD:
        set_odd_strides(plan);
        break;
    case ARRANGED_INDIRECT:
        set_indirect(plan, 0);
        break;
    case ARRANGED_INDIRECT_AFTER:
        set_indirect(plan, plan->itemsize);
        break;
    default:
        break;
    }
    plan_layout(plan, &layout);
    return (layout_check(&layout, &ignored) && measure(plan)) || too_large(error);
}

bool plan_is_indirect(const struct plan *plan)
{
    return plan->ndim > 0 && plan->suboffsets[0] >= 0;
}

void plan_layout(const struct plan *plan, struct layout *layout)
{
    *layout = (struct layout){
        .buf = (const unsigned char *)((uintptr_t)1 << 40), /* somewhere: only distances count */
        .len = (ptrdiff_t)plan_len(plan),
        .itemsize = plan->itemsize,
        .format = plan->format,
        .ndim = plan->ndim,
        .readonly = plan->readonly,
        .given = LAYOUT_FORMAT | LAYOUT_SHAPE | LAYOUT_STRIDES,
    };
    memcpy(layout->shape, plan->shape, sizeof layout->shape);
    memcpy(layout->strides, plan->strides, sizeof layout->strides);
    memcpy(layout->suboffsets, plan->suboffsets, sizeof layout->suboffsets);
}

size_t plan_item(const struct plan *plan, size_t number)
{
    ptrdiff_t place = (ptrdiff_t)plan->start;
    int d;

    for (d = plan->ndim - 1; d >= 0; d--) {
        ptrdiff_t index = (ptrdiff_t)(number % (size_t)plan->shape[d]);

        number /= (size_t)plan->shape[d];
        place += d == 0 && plan_is_indirect(plan) ? index * (ptrdiff_t)plan->row + plan->suboffsets[0]
                                                   : index * plan->strides[d];
    }
    return (size_t)place;
}

/* --- what they hold ---------------------------------------------------------------------- */

unsigned char plan_pattern(ptrdiff_t distance)
{
    return (unsigned char)(0xa5u ^ ((unsigned)distance * 31u & 0xffu));
}

void plan_write(const struct plan *plan, const unsigned char *items, unsigned char *block)
{
    size_t itemsize = (size_t)plan->itemsize;
    size_t i;

    for (i = 0; i < plan->block; i++) {
        block[i] = plan_pattern((ptrdiff_t)i);
    }
    for (i = 0; i < plan->count; i++) {
        memcpy(block + plan_item(plan, i), items + i * itemsize, itemsize);
    }
}

void plan_read(const struct plan *plan, const unsigned char *block, unsigned char *items)
{
    size_t itemsize = (size_t)plan->itemsize;
    size_t i;

    for (i = 0; i < plan->count; i++) {
        memcpy(items + i * itemsize, block + plan_item(plan, i), itemsize);
    }
}

/* One byte for each of the block's: is it an item's?  NULL out of memory. */
static bool *mark_items(const struct plan *plan)
{
    bool *marks = calloc(plan->block > 0 ? plan->block : 1, sizeof *marks);
    size_t i;

    for (i = 0; marks != NULL && i < plan->count; i++) {
        memset(marks + plan_item(plan, i), true, (size_t)plan->itemsize);
    }
    return marks;
}

bool plan_damage(const struct plan *plan, const unsigned char *from, size_t size, size_t before, ptrdiff_t *distance)
{
    bool *marks = mark_items(plan);
    bool found = false;
    size_t i;

    for (i = 0; marks != NULL && i < size && !found; i++) {
        ptrdiff_t place = (ptrdiff_t)i - (ptrdiff_t)before;
        bool item = place >= 0 && (size_t)place < plan->block && marks[place];

        if (!item && from[i] != plan_pattern(place)) {
            *distance = place;
            found = true;
        }
    }
    free(marks);
    return found;
}

bool plan_is_gap(const struct plan *plan, size_t place)
{
    size_t i;

    for (i = 0; i < plan->count; i++) {
        size_t item = plan_item(plan, i);

        if (place >= item && place - item < (size_t)plan->itemsize) {
            return false;
        }
    }
    return true;
}
