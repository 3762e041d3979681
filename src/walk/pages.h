/*
 * Giving a mapped file's pages back behind a walk, so that a large file costs
 * no more memory than a small one.  The kernel keeps them in its cache; they
 * leave this process only, and come again when they are touched again.
 */
#ifndef MVIEW_WALK_PAGES_H
#define MVIEW_WALK_PAGES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct layout;

enum {
    PAGES_WINDOW = 4 * 1024 * 1024, /* bytes of pages that may be in use before they are given back */
    PAGES_AROUND = 2 * 1024 * 1024, /* one read may bring in its whole aligned neighbourhood (large folios) */
};

struct pages {
    bool enabled;
    uintptr_t first, end;          /* whole pages of the layout's block: nothing else is given back */
    uintptr_t low, high;           /* what was used since the last giving back */
    uintptr_t last_low, last_high; /* the last use */
    size_t used;                   /* bytes that the uses brought in, at most */
};

/*
 * With `mapped`, all of the layout's block must lie in a private mapping of a
 * file that nobody has written to.  Without, the calls below do nothing.
 */
void pages_init(struct pages *pages, const struct layout *layout, bool mapped);

/* Bytes that are being used. */
void pages_use(struct pages *pages, const unsigned char *bytes, size_t size);

/* Give back everything used so far; with pages_give_back_window, only once that fills a window. */
void pages_give_back(struct pages *pages);
void pages_give_back_window(struct pages *pages);

#endif
