/*
 * The buffers that a call's result is compared with.
 */
#include "trial/battery.h"

#include "base/error.h"
#include "trial/items.h"

#include <stdlib.h>
#include <string.h>

static bool is_table(const struct buffer *buffer)
{
    return buffer->plan.ndim >= 2 && buffer->plan.arrangement == buffer->plainest && buffer->plan.count > 0;
}

/* Formats that other items of the same size may be taken for. */
static bool has_other_meaning(const struct buffer *buffer)
{
    return buffer->format->role == ROLE_STRUCTURE || buffer->format->twin != NULL;
}

bool battery_wants(const struct buffer *buffer, enum reference reference, bool equal)
{
    bool plain = buffer->plan.arrangement == buffer->plainest;

    switch (reference) {
    case REFERENCE_COPY:
    case REFERENCE_AGAIN:
        return true;
    case REFERENCE_OTHER:
        return !equal || is_table(buffer) || (plain && has_other_meaning(buffer));
    case REFERENCE_BYTES:
        return !equal || (plain && has_other_meaning(buffer));
    case REFERENCE_MEMORY:
        return buffer->format->role == ROLE_STRUCTURE || (!equal && !plain && !plan_is_indirect(&buffer->plan));
    case REFERENCE_SAME_BYTES:
    case REFERENCE_OPAQUE:
        return plain && ((buffer->format->role == ROLE_SWAPPED && !equal) || has_other_meaning(buffer));
    case REFERENCE_LARGER:
        return plain && has_other_meaning(buffer);
    case REFERENCE_FLAT:
        return is_table(buffer) || buffer->plan.ndim == 0;
    case REFERENCE_FIRST:
    case REFERENCE_COLUMN:
        return is_table(buffer);
    case REFERENCE_EMPTY:
        return buffer->plan.ndim == 0;
    default:
        return false;
    }
}

static void set_row(struct plan *plan, ptrdiff_t count)
{
    plan->ndim = 1;
    plan->shape[0] = count;
}

/* The format, itemsize and shape of a reference. */
static bool set_plan(const struct buffer *of, enum reference reference, struct plan *plan)
{
    const struct battery_format *format = of->format;

    switch (reference) {
    case REFERENCE_COPY:
    case REFERENCE_AGAIN:
    case REFERENCE_OTHER:
        if (format->role == ROLE_SWAPPED) {
            plan->format = format->base->text;
        }
        return true;
    case REFERENCE_BYTES:
        plan->format = "B";
        plan->itemsize = 1;
        set_row(plan, (ptrdiff_t)plan_len(&of->plan));
        return true;
    case REFERENCE_SAME_BYTES:
        plan->format = format->base != NULL ? format->base->text : format->twin;
        plan->itemsize = format->role == ROLE_STRUCTURE ? format->base->itemsize : plan->itemsize;
        return plan->format != NULL;
    case REFERENCE_LARGER:
        return true;
    case REFERENCE_MEMORY:
        if (format->role == ROLE_STRUCTURE) {
            plan->format = format->base->text;
            plan->itemsize = format->base->itemsize;
        }
        return true;
    case REFERENCE_OPAQUE:
        plan->format = format->opaque;
        return true;
    case REFERENCE_FLAT:
        set_row(plan, (ptrdiff_t)of->plan.count);
        return true;
    case REFERENCE_FIRST:
    case REFERENCE_COLUMN:
        set_row(plan, of->plan.shape[0]);
        return true;
    case REFERENCE_EMPTY:
        set_row(plan, 0);
        return true;
    default:
        return false;
    }
}

/* `size` bytes of each of `count` items that are `step` bytes apart. */
static void gather(unsigned char *to, const unsigned char *from, size_t size, size_t count, size_t step)
{
    size_t i;

    for (i = 0; i < count; i++) {
        memcpy(to + i * size, from + i * step, size);
    }
}

static void set_items(const struct buffer *of, enum reference reference, const unsigned char *items,
                      const unsigned char *memory, const struct plan *plan, unsigned char *to)
{
    const struct battery_format *format = of->format;
    size_t itemsize = (size_t)of->plan.itemsize;
    size_t len = plan_len(plan);

    switch (reference) {
    case REFERENCE_OTHER:
        items_fill(format->role == ROLE_SWAPPED ? &format->base->format : &format->format, itemsize,
                   of->plan.count, 1, to);
        break;
    case REFERENCE_LARGER:
        items_fill(&format->format, itemsize, of->plan.count, 2, to);
        break;
    case REFERENCE_MEMORY:
        memcpy(to, memory, len);
        break;
    case REFERENCE_SAME_BYTES:
        gather(to, items, (size_t)plan->itemsize, plan->count, itemsize);
        break;
    case REFERENCE_COLUMN:
        gather(to, items, itemsize, plan->count, of->plan.count / plan->count * itemsize);
        break;
    default:
        memcpy(to, items, len);
        if (format->role == ROLE_SWAPPED && (reference == REFERENCE_COPY || reference == REFERENCE_AGAIN)) {
            items_swap(&format->base->format, itemsize, of->plan.count, to);
        }
        break;
    }
}

bool battery_reference(const struct buffer *of, enum reference reference, const unsigned char *items,
                       const unsigned char *memory, struct buffer *to, unsigned char **to_items)
{
    struct error ignored = ERROR_INIT;

    *to = *of;
    to->plan.edge = EDGE_NONE;
    if (!set_plan(of, reference, &to->plan) || !plan_arrange(&to->plan, of->plainest, &ignored) ||
        plan_len(&to->plan) > plan_len(&of->plan)) {
        return false;
    }
    *to_items = malloc(plan_len(&to->plan) + 1);
    if (*to_items == NULL) {
        return false;
    }
    set_items(of, reference, items, memory, &to->plan, *to_items);
    return true;
}
