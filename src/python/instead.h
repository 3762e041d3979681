/*
 * Objects without a buffer: what they have instead, told in a message.
 */
#ifndef MVIEW_PYTHON_INSTEAD_H
#define MVIEW_PYTHON_INSTEAD_H

#include "base/error.h"

#include <stdbool.h>
#include <stddef.h>

struct _object;

/* A way that was tried: by which attribute, and why it led nowhere. */
struct instead_tried {
    const char *attribute; /* "" for what the object is itself, a capsule */
    struct error why;
};

/*
 * Refuse an object without a buffer: the error names its type and the ways to a
 * buffer that it has, each with what to write or why it failed.  `tried` is NULL
 * where nothing was.  Always returns false.
 */
bool instead_refuse(struct _object *object, const struct instead_tried *tried, size_t count, struct error *error);

#endif
