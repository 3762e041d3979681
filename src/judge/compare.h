/*
 * All that an object tells of its memory, side by side: the buffer, and each
 * other protocol that it has.
 */
#ifndef MVIEW_JUDGE_COMPARE_H
#define MVIEW_JUDGE_COMPARE_H

#include "judge/told.h"
#include "protocol/agree.h"
#include "protocol/telling.h"

#include <stddef.h>

struct crash;
struct transcript;

struct side {
    const struct told *told;   /* borrowed; NULL for the buffer */
    const struct crash *crash; /* what ended the asking; borrowed; NULL where it did not, or nothing is known of it */
    const char *owner;       /* the type of what keeps the memory; "" where nothing says it; borrowed */
    struct telling telling;  /* without a layout where nothing was told */
    unsigned differs;        /* enum difference, joined: what the first that says it tells otherwise */
};

struct sides {
    struct side items[PROTOCOL_COUNT];
    size_t count;
    bool failed; /* out of memory */
};

/* The buffer first, where there is one whose answers make sense; the others also when they were refused. */
void sides_of(struct sides *sides, const struct transcript *transcript);
void sides_free(struct sides *sides);

/*
 * Whether a fact is told, so that it can be compared: of what was copied, its place and whether it may be written are
 * its own; of items that do not fill bytes, only their place is.
 */
bool side_says(const struct side *side, enum difference fact);

/* Facts (enum difference) that both tell, and not the same. */
unsigned sides_differ(const struct side *a, const struct side *b);

/* Whether the memory may be written, also where that is a copy's. */
enum said side_readonly(const struct side *side);

/* A fact as it is told, appended: "(12, 4)", "0x7f…", "float32", "true"; nothing where it is not told. */
void side_fact(const struct side *side, enum difference fact, struct text *text);

#endif
