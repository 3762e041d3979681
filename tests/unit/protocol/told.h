/*
 * Tellings for tests, as one line.
 */
#ifndef MVIEW_TESTS_UNIT_PROTOCOL_TOLD_H
#define MVIEW_TESTS_UNIT_PROTOCOL_TOLD_H

#include "base/error.h"
#include "base/text.h"
#include "protocol/telling.h"

#include "guarded.h"
#include "test.h"

#include <sys/mman.h>

static inline void append_list(struct text *text, const ptrdiff_t *numbers, int count)
{
    int i;

    for (i = 0; i < count; i++) {
        text_printf(text, "%s%td", i == 0 ? "" : ",", numbers[i]);
    }
}

/*
 * "FORMAT TYPE (SHAPE) (STRIDES) @BYTES rw|ro|?", BYTES from `base` on, with
 * the notes behind it; or "no: WHY".  Then each fault as "; RULE! SENTENCE"
 * (a warning has a "?").  Valid until the next call; the telling is freed.
 */
static inline const char *told(struct telling telling, const void *base)
{
    static struct text text;
    struct error error = ERROR_INIT;
    size_t i;

    text_clear(&text);
    if (telling_check(&telling, &error)) {
        text_printf(&text, "%s %s (", telling.layout.format, text_string(&telling.type));
        append_list(&text, telling.layout.shape, telling.layout.ndim);
        text_puts(&text, ") (");
        append_list(&text, telling.layout.strides, telling.layout.ndim);
        text_printf(&text, ") @%td %s", (ptrdiff_t)((uintptr_t)telling.layout.buf - (uintptr_t)base),
                    telling.readonly == SAID_NOTHING ? "?" : telling.readonly == SAID_YES ? "ro" : "rw");
    } else {
        text_printf(&text, "no: %s", error.message);
    }
    for (i = 0; i < telling.notes.count; i++) {
        text_printf(&text, "; %s", telling.notes.items[i]);
    }
    for (i = 0; i < telling.fault_count; i++) {
        text_printf(&text, "; %s%s %s", fault_rule(telling.faults[i].kind), telling.faults[i].is_warning ? "?" : "!",
                    telling.faults[i].sentence);
    }
    telling_free(&telling);
    return text_string(&text);
}

/* The end of a page behind which nothing can be read. */
static inline unsigned char *page_end(void)
{
    static unsigned char *page;

    if (page == NULL) {
        page = mmap(NULL, 2 * page_size(), PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
        munmap(page + page_size(), page_size());
    }
    return page + page_size();
}

/* Whether a text begins so: the rest is an address. */
static inline bool begins(const char *text, const char *with)
{
    return strncmp(text, with, strlen(with)) == 0;
}

#endif
