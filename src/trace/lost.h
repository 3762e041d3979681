/*
 * A BufferError that nobody catches, or that is raised where nobody can (in a
 * destructor): which exporter it is about, for the moment when it happens.
 */
#ifndef MVIEW_TRACE_LOST_H
#define MVIEW_TRACE_LOST_H

#include <stdbool.h>

struct error;
struct holdings;

struct lost {
    /*
     * Called with the GIL, with what the exception says and with what it is about; `near` is false where no exporter
     * is near to where it was raised, and all are told.
     */
    void (*found)(void *context, const char *exception, const struct holdings *holdings, bool near);
    /* What was known of who keeps what, when the program ended; empty before. */
    const struct holdings *before;
    /* Called soon after, when Python has printed it, or whoever replaced sys.unraisablehook has done what he does. */
    void (*printed)(void *context);
    void *context;
};

/* Watch destructors and the like, and threads, from now on; `lost` is borrowed. */
bool lost_watch(const struct lost *lost, struct error *error);

/* The exception that is set has not been caught: it stays set.  False when it is no BufferError. */
bool lost_uncaught(const struct lost *lost);

#endif
