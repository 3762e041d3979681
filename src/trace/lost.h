/*
 * A BufferError that nobody catches, or that is raised where nobody can (in a
 * destructor): which exporter it is about, for the moment when it happens.
 */
#ifndef MVIEW_TRACE_LOST_H
#define MVIEW_TRACE_LOST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct error;

enum { LOST_MOST = 16 }; /* exporters that one error may be about */

struct lost {
    /*
     * Called with the GIL and with what the exception says.  `exporters`: those with exports that are nearest to where
     * it was raised; where none is near, all of them are meant, and count is 0.
     */
    void (*found)(void *context, const char *exception, const uintptr_t *exporters, size_t count);
    /* Called soon after, when Python has printed it, or whoever replaced sys.unraisablehook has done what he does. */
    void (*printed)(void *context);
    void *context;
};

/* Watch destructors and the like, and threads, from now on; `lost` is borrowed. */
bool lost_watch(const struct lost *lost, struct error *error);

/* The exception that is set has not been caught: it stays set.  False when it is no BufferError. */
bool lost_uncaught(const struct lost *lost);

#endif
