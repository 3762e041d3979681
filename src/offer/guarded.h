/*
 * Memory against pages that are not there: whoever goes beyond its end, or in
 * front of its beginning, is stopped there.
 */
#ifndef MVIEW_OFFER_GUARDED_H
#define MVIEW_OFFER_GUARDED_H

#include "trial/trial.h"

#include <stdbool.h>
#include <stddef.h>

struct guarded {
    unsigned char *low;  /* the bytes themselves */
    size_t size;
    unsigned char *open; /* the pages that they lie in; the rest of these holds the pattern of plan_pattern */
    size_t open_size;    /* bytes; 0 where there are none: low can then not be touched at all */
    unsigned char *map;  /* all of it */
    size_t map_size;
};

/*
 * Map memory that can be read and written; false when there is none.  It is never given back: the
 * processes that make it end soon.
 */
bool guarded_make(struct guarded *guarded, size_t size, enum edge edge);

/* From now on it can be read and written, read, or not be touched. */
void guarded_set(const struct guarded *guarded, enum region_state state);

/* Tell a call's record of it; returns the region's place there, -1 when there is no room. */
int guarded_record(const struct guarded *guarded, struct call *call, enum region_kind kind, int request,
                   enum region_state state);

#endif
