/*
 * A file's bytes in memory: mapped, and so never copied, but for files so small
 * that reading them is quicker than making a mapping.
 */
#ifndef MVIEW_FILES_MAPPING_H
#define MVIEW_FILES_MAPPING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

struct mapping {
    const unsigned char *data; /* pages, or a block of malloc's; NULL for an empty file */
    size_t size;               /* bytes */
    bool block;                /* data is malloc's: a small file, read as it is */
    bool mapped;               /* data is a file's pages (they may vanish when the file shrinks: guard.h) */
    int fd;                    /* mapped: the file, owned; it need not be there still under its name */
    uint64_t offset;           /* mapped: of data[0] in the file, bytes */
};

/*
 * The bytes of an open file from `offset` to `size`, offset being less.  Returns 0 or an
 * errno: ENODEV when a small file has another size than it said.  The descriptor stays the caller's.
 */
int mapping_of_file(struct mapping *mapping, int fd, off_t offset, off_t size);

/* The pages that lie wholly in this part of a `mapped` one take no more memory; touched again, they come again. */
void mapping_give_back(const unsigned char *data, size_t size);

void mapping_close(struct mapping *mapping);

#endif
