/*
 * Where faults go; for this room only.  Reading stops at the first that refuses,
 * judging hears of all: the same functions look for them in both.
 */
#ifndef MVIEW_ARCHIVE_SINK_H
#define MVIEW_ARCHIVE_SINK_H

#include "archive/archive.h"

struct sink {
    archive_complain *complain; /* NULL: this is reading */
    void *context;              /* the function's own */
    struct error *error;        /* reading: filled by the first fault that refuses */
    size_t member;              /* whose faults these are: a place, or ARCHIVE_WHOLE; and its name */
    const char *name;
    size_t refused;             /* faults so far that refuse */
    bool stopped;               /* the function said so, or reading ended */
};

/* One that is for reading. */
struct sink sink_reading(struct error *error);

/*
 * Tell of a fault, in a sentence without its subject, the member or the archive.
 * Returns whether to look for more; `&& false` where there is no more to be seen.
 */
bool sink_fault(struct sink *sink, enum archive_fault fault, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

#endif
