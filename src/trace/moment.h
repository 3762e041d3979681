/*
 * What was held when a BufferError was raised.  Until nobody has caught it, a
 * with statement or a finally may have released what it was about; and if
 * somebody has, nothing else tells of it.
 */
#ifndef MVIEW_TRACE_MOMENT_H
#define MVIEW_TRACE_MOMENT_H

#include "trace/holding.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * Look whenever one is made, from now on, once: those by which requests are refused are not looked into, nor is any
 * when the time for it is used up.  `select` leaves those exports that what says
 * `exception` may be about, or none.
 */
void moment_watch(void (*select)(struct holdings *holdings, const char *exception));

/*
 * Of an exception that is told of: the caller gives it back by holding_free.  False where nobody looked then.
 */
bool moment_take(const void *exception, struct holdings *holdings);

/* A line of the program that raised some, about an exporter that is known. */
struct moment {
    char *exception; /* owned: what the first of them says */
    char *where;     /* owned: "FILE:LINE in FUNCTION" */
    uint64_t count;           /* of them */
    uint64_t told;            /* .. that were taken: the others were caught */
    struct holdings holdings; /* at the first */
};

/* What that line is to the error: "at", or, where it is made when it is handled first, "at or below". */
const char *moment_relation(void);

/* All of them: good until moment_end. */
const struct moment *moment_list(size_t *count);

void moment_end(void);

#endif
