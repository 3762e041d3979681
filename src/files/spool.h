/*
 * Bytes that arrive piece by piece and are wanted as one block: kept in memory
 * while they are few, in an unnamed temporary file (mapped in the end) when
 * they get many, so that a large input takes no more memory than a small one.
 * Pieces of zeros become holes in that file, which take nothing.
 */
#ifndef MVIEW_FILES_SPOOL_H
#define MVIEW_FILES_SPOOL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct error;
struct mapping;

#define SPOOL_MEMORY ((size_t)16 << 20) /* bytes kept in memory at most */

struct spool {
    unsigned char *data; /* owned */
    size_t size;         /* bytes so far */
    size_t capacity;     /* bytes at data */
    int fd;              /* the temporary file, once there is one; else -1 */
};

#define SPOOL_INIT {NULL, 0, 0, -1}

/* Tell an empty spool how many bytes will come: many go to the file from the first on. */
bool spool_expect(struct spool *spool, uint64_t size, struct error *error);

/* Append bytes.  On an error (no memory, a full disk) the spool is still to be freed. */
bool spool_add(struct spool *spool, const void *bytes, size_t size, struct error *error);

/* Hand the bytes over as a mapping, `mapped` when they went to a file; empties the spool. */
bool spool_finish(struct spool *spool, struct mapping *mapping, struct error *error);

void spool_free(struct spool *spool);

#endif
