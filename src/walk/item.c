#include "walk/state.h"

#include "base/error.h"
#include "base/text.h"
#include "memory/guard.h"
#include "walk/walk.h"

#include <inttypes.h>
#include <unistd.h>

void walk_index(enum walk_order order, const struct layout *layout, ptrdiff_t number, ptrdiff_t *index)
{
    int d;

    if (order != WALK_F) {
        layout_index(layout, number, index);
        return;
    }
    for (d = 0; d < layout->ndim; d++) {
        index[d] = number % layout->shape[d];
        number /= layout->shape[d];
    }
}

/* The index of the item that holds the byte at `position`; false for a gap. */
static bool item_at(const struct walk *walk, uint64_t position, ptrdiff_t *index)
{
    if (walk->order == WALK_MEMORY) {
        return block_item(&walk->state->block, (size_t)position, index);
    }
    walk_index(walk->order, walk->layout, (ptrdiff_t)(position / (uint64_t)walk->layout->itemsize), index);
    return true;
}

struct location {
    const struct layout *layout;
    const ptrdiff_t *index;
    const unsigned char *item;
};

static void locate_body(void *context)
{
    struct location *location = context;

    location->item = layout_item(location->layout, location->index);
}

/* The address of an item whose pointers may lead nowhere. */
bool walk_locate(const struct layout *layout, const ptrdiff_t *index, const unsigned char **item,
                 const void **address)
{
    struct location location = {layout, index, NULL};

    if (!guard_run(locate_body, &location, address)) {
        return false;
    }
    *item = location.item;
    return true;
}

/* The error for the byte at `position`, of which the last fault tells why it cannot be read. */
bool walk_unreadable(const struct walk *walk, uint64_t position, struct error *error)
{
    const char *reason = guard_reason();
    ptrdiff_t index[LAYOUT_MAX_NDIM];
    struct text text = TEXT_INIT;
    const unsigned char *item = NULL;
    const void *address;
    int d;

    if (item_at(walk, position, index)) {
        for (d = 0; d < walk->layout->ndim; d++) {
            text_printf(&text, d == 0 ? "%td" : ", %td", index[d]);
        }
        if (walk->layout->ndim == 1) {
            text_putc(&text, ',');
        }
        if (walk_locate(walk->layout, index, &item, &address)) {
            error_set(error, ERROR_INPUT, "cannot read %td byte%s at 0x%" PRIxPTR ", item (%s): %s", walk->layout->itemsize,
                      walk->layout->itemsize == 1 ? "" : "s", (uintptr_t)item, text_string(&text), reason);
        } else {
            error_set(error, ERROR_INPUT, "cannot follow the pointer at 0x%" PRIxPTR " to item (%s): %s",
                      (uintptr_t)address, text_string(&text), reason);
        }
    } else {
        error_set(error, ERROR_INPUT, "cannot read 1 byte at 0x%" PRIxPTR ": %s",
                  (uintptr_t)(walk->layout->buf + walk->base + (ptrdiff_t)position), reason);
    }
    text_free(&text);
    return false;
}

/* How many of the bytes can be read, from the first one on. */
static size_t readable(const unsigned char *bytes, size_t size)
{
    size_t page = (size_t)sysconf(_SC_PAGESIZE);
    size_t done = 0;
    const void *address;
    unsigned char byte;

    while (done < size && guard_copy(&byte, bytes + done, 1, &address)) {
        done += page - (uintptr_t)(bytes + done) % page;
    }
    return done < size ? done : size;
}

bool walk_fault(const struct walk *walk, const struct walk_run *run, const void *address, struct error *error)
{
    size_t good = readable(run->bytes, run->size);

    if (good == run->size) { /* it can be read by now: a file that grew again */
        uintptr_t offset = (uintptr_t)address - (uintptr_t)run->bytes;

        good = offset < run->size ? offset : 0;
    }
    return walk_unreadable(walk, run->position + good, error);
}
