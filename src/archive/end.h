/*
 * The end of an archive, which tells where its directory lies; for this room only.
 */
#ifndef MVIEW_ARCHIVE_END_H
#define MVIEW_ARCHIVE_END_H

#include <stdbool.h>
#include <stdint.h>

struct mapping;
struct sink;

struct end {
    uint64_t directory; /* where it begins, bytes into the file */
    uint64_t size;      /* bytes; it lies in the file */
    uint64_t count;     /* members that it should have */
    uint64_t prefix;    /* bytes of the file before the archive: what every place is counted from */
};

/* False, with a fault told, when there is no directory to be read. */
bool end_read(struct end *end, const struct mapping *file, struct sink *sink);

#endif
