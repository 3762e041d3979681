/*
 * Texts that are kept for good, each once.
 */
#ifndef MVIEW_LEDGER_TEXTS_H
#define MVIEW_LEDGER_TEXTS_H

#include "base/arena.h"

#include <stddef.h>

struct kept_text;

struct texts {
    struct arena arena;         /* its limit is theirs */
    struct kept_text **buckets; /* owned; a power of two of them, or none yet */
    size_t bucket_count;
    size_t count;
};

#define TEXTS_INIT(limit) {ARENA_INIT(limit), NULL, 0, 0}

/* A copy that lives as long as the texts, the same for the same text; NULL past the limit or out of memory. */
const char *texts_keep(struct texts *texts, const char *string);

void texts_free(struct texts *texts);

#endif
