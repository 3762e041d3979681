#include "walk/pages.h"

#include "memory/layout.h"

#include <sys/mman.h>
#include <unistd.h>

static uintptr_t down(uintptr_t address, uintptr_t to)
{
    return address - address % to;
}

/* Saturates: only ever clamped to what is there. */
static uintptr_t up(uintptr_t address, uintptr_t to)
{
    return address > UINTPTR_MAX - to ? UINTPTR_MAX : down(address + to - 1, to);
}

void pages_init(struct pages *pages, const struct layout *layout, bool mapped)
{
    uintptr_t page = (uintptr_t)sysconf(_SC_PAGESIZE);
    ptrdiff_t low;
    ptrdiff_t high;

    *pages = (struct pages){.low = UINTPTR_MAX};
    if (mapped && layout->len > 0 && layout_block(layout, &low, &high)) {
        pages->enabled = true;
        pages->first = down((uintptr_t)layout->buf + (uintptr_t)low, page);
        pages->end = up((uintptr_t)layout->buf + (uintptr_t)high, page);
    }
}

void pages_use(struct pages *pages, const unsigned char *bytes, size_t size)
{
    uintptr_t low;
    uintptr_t high;

    if (!pages->enabled || size == 0) {
        return;
    }
    low = down((uintptr_t)bytes, PAGES_AROUND);
    high = up((uintptr_t)bytes + size, PAGES_AROUND);
    if (high <= pages->last_low || low >= pages->last_high) {
        pages->used += high - low;
    } else {
        pages->used += low < pages->last_low ? pages->last_low - low : 0;
        pages->used += high > pages->last_high ? high - pages->last_high : 0;
    }
    pages->last_low = low;
    pages->last_high = high;
    pages->low = low < pages->low ? low : pages->low;
    pages->high = high > pages->high ? high : pages->high;
}

void pages_give_back(struct pages *pages)
{
    uintptr_t low = pages->low > pages->first ? pages->low : pages->first;
    uintptr_t high = pages->high < pages->end ? pages->high : pages->end;

    if (pages->used > 0) {
        madvise((void *)low, high - low, MADV_DONTNEED); /* a failure costs memory, nothing else */
    }
    pages->low = UINTPTR_MAX;
    pages->high = 0;
    pages->last_low = 0;
    pages->last_high = 0;
    pages->used = 0;
}

void pages_give_back_window(struct pages *pages)
{
    if (pages->used > PAGES_WINDOW) {
        pages_give_back(pages);
    }
}
