/*
 * Gathering a box from a mapped file by reading the file.
 *
 * Where a box takes small pieces that lie far apart (rows of a file in Fortran
 * order), touching them through the mapping costs a page fault each, and the
 * pages that come with it are held for a few bytes.  Reading costs a system
 * call a piece and no page, and several threads can do it at once: they wait
 * for memory most of the time.
 */
#ifndef MVIEW_WALK_FILE_H
#define MVIEW_WALK_FILE_H

#include "walk/copy.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct file_memory {
    int fd;                      /* borrowed; -1 for memory that is no file's */
    uint64_t offset;             /* bytes, in the file, of ... */
    const unsigned char *memory; /* ... this byte of the mapping */
};

/* Is this box one of small pieces far apart?  Its dimensions as for copy_box. */
bool file_suits(size_t unit, int ndim, const struct copy_dim *dims);

/*
 * copy_box, of a box that file_suits and that lies in the file's mapping.
 * False when some of the file cannot be read, or there is no memory: the box
 * is then to be copied from the mapping, which tells what is the matter.
 */
bool file_gather(const struct file_memory *file, unsigned char *to, const unsigned char *from, size_t unit,
                 int ndim, const struct copy_dim *dims, unsigned how);

#endif
