/*
 * Which exporters a BufferError may be about: those that the frame leads to in
 * which it was raised.
 */
#ifndef MVIEW_TRACE_NEAR_H
#define MVIEW_TRACE_NEAR_H

#include <Python.h>

#include "trace/holding.h"

#include <stddef.h>
#include <stdint.h>

enum { NEAR_MOST = 16 };

struct near {
    uintptr_t found[NEAR_MOST]; /* owners of exports */
    size_t count;
    const char *exception; /* borrowed: what it says, where that tells of which types its exporter may be; else NULL */
};

/*
 * Of those that have exports, and those that had when it was raised: from the object whose destructor
 * lost what says `exception`, else from its traceback; both may be NULL.
 */
void near_traceback(struct near *near, const struct holdings *raised, const char *exception, PyObject *traceback,
                    PyObject *loser);

/* .. from the frame that runs. */
void near_running(struct near *near, const struct holdings *raised, const char *exception);

#endif
