/*
 * An object's buffer, acquired: the memoryview, and the layout read from it.
 */
#ifndef MVIEW_PYTHON_VIEW_H
#define MVIEW_PYTHON_VIEW_H

#include "base/notes.h"
#include "base/text.h"
#include "memory/layout.h"
#include "protocol/protocol.h"

#include <stdbool.h>

struct _object;
struct error;

struct view_options {
    bool have_request; /* send exactly `request` and show the raw reply */
    int request;       /* PyBUF_ flags */
    char contiguous;   /* 'C', 'F' or 'A': PyMemoryView_GetContiguous; 0: PyMemoryView_FromObject */
    bool writable;     /* with contiguous: PyBUF_WRITE */
    bool have_via;     /* by `via` and no other; else by the buffer, or by the others where there is none */
    enum protocol via;
};

struct view_hold; /* the Python objects that keep the memory alive */

struct view {
    struct layout layout;  /* what was answered; `given` tells NULLs of a raw reply */
    struct layout content; /* how to read it: as `layout`, or 1-d bytes where a raw reply has no shape */
    bool readable;         /* content passed layout_check; if not, a note says what is wrong */
    bool have_copied;
    bool copied;           /* with contiguous: another memory than the exporter's own */
    struct text unread;    /* why the memory is not read, though it is well described; else empty */
    struct text dtype;     /* the type in another protocol's words, where the format tells less; else empty */
    struct text exact;     /* how items lie where the format tells it wrong (dtype_exact_format); else empty */
    struct notes notes;
    struct view_hold *hold; /* owned */
};

/* Refuse an object without a buffer: the error names its type and what it has instead. */
bool view_check(struct _object *object, struct error *error);

/*
 * Acquire.  An exporter that refuses PyMemoryView_FromObject's request
 * (PyBUF_FULL_RO) is asked for less, and a note says what was asked in the
 * end.  An object without a buffer is seen by the first other protocol that
 * tells of memory of this process, and a note says which; where there is none,
 * by one that tells of another device's, which is described and not read.
 */
bool view_open(struct view *view, struct _object *object, const struct view_options *options,
               struct error *error);
void view_close(struct view *view);

#endif
