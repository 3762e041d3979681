/*
 * Copying a strided box of equal units from one place to another.
 */
#ifndef MVIEW_WALK_COPY_H
#define MVIEW_WALK_COPY_H

#include <stddef.h>

/* How a box is copied best. */
enum {
    COPY_STREAM = 1, /* the target is larger than the caches: whole lines are written around them where that can be */
    COPY_HELD = 2,   /* the source lies in the nearest caches */
};

enum {
    CACHE_LINE = 64, /* bytes */
    COPY_RUN = 256,  /* bytes of a row of the target that are written together, from a source that is held */
};

/* One dimension of a box; the strides are bytes. */
struct copy_dim {
    size_t extent;  /* at least 1 */
    ptrdiff_t from; /* stride where it is read */
    ptrdiff_t to;   /* stride where it is written */
};

/* Bytes from one to the next along a stride, forwards or backwards. */
static inline size_t magnitude(ptrdiff_t stride)
{
    return stride < 0 ? (size_t)0 - (size_t)stride : (size_t)stride;
}

/*
 * Copy units of `unit` bytes.  The dimensions come in the order in which the
 * source is best read, the one of adjacent reads last.  Calls nothing that
 * could not be left in the middle (guard.h).  `how` is COPY_STREAM, COPY_HELD,
 * both or neither.
 */
void copy_box(unsigned char *to, const unsigned char *from, size_t unit, int ndim,
              const struct copy_dim *dims, unsigned how);

#endif
