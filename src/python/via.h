/*
 * What an object tells of its memory by other protocols than the buffer's
 * (protocol/telling.h): asks it, as consumers do, and keeps what it answers.
 *
 * Nothing is taken over.  A DLPack capsule keeps its name, and an Arrow capsule
 * its structures: each frees itself when via_close lets go of it, as the
 * specifications have it for one that nobody consumed, and calls the exporter's
 * deleter or release callback once.
 */
#ifndef MVIEW_PYTHON_VIA_H
#define MVIEW_PYTHON_VIA_H

#include "protocol/telling.h"

#include <stdbool.h>

struct _object;
struct dlpack_device;
struct error;
struct via_hold;

#define VIA_STREAM "__arrow_c_stream__" /* what Arrow's arrays of several pieces have, if not __arrow_c_array__ */

struct via {
    struct telling telling; /* have_layout is false where a fault or an obstacle says why */
    const char *how;        /* the attribute that was asked, "__dlpack__"; "" for a capsule that was given itself */
    struct via_hold *hold;  /* owned; what keeps the memory */
};

/* Whether the object has the attribute of a protocol (but the buffer's), even one that raises, or is its capsule. */
bool via_has(struct _object *object, enum protocol protocol);

/*
 * Ask, getting the attribute once.  False, with the error and nothing to close,
 * where the object has no such protocol (`how` is NULL then), raises, or answers
 * something that is none.  What is wrong in an answer that is one is in the
 * telling.
 */
bool via_open(struct via *via, struct _object *object, enum protocol protocol, struct error *error);
void via_close(struct via *via);

/* What __dlpack_device__ gave, as a device; false where it is no tuple of two integers that can be one. */
bool via_device(struct _object *answer, struct dlpack_device *device);

#endif
