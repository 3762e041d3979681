/*
 * Ways for a program to end that are no end of its code: exit called by C code,
 * _exit, a signal, a crash.
 */
#ifndef MVIEW_TRACE_EXITS_H
#define MVIEW_TRACE_EXITS_H

#include <stdbool.h>

struct error;

enum exits_way {
    EXITS_CALL,     /* exit or _exit with a status */
    EXITS_SIGNAL,   /* a signal that ends it; Python has been brought to a halt where all is in order */
    EXITS_REPLACED, /* another program takes its place in the process */
    EXITS_CRASH,    /* a signal that ends it at once: in a child of its own, whose memory may be in any state */
};

struct exits {
    /*
     * Called at most once, just before the end, by whichever thread ends it.  `number` is the status or the signal;
     * `python`: Python can be used, the thread has the GIL.  Returns the status, for EXITS_CALL.
     */
    int (*before)(void *context, enum exits_way way, int number, bool python);
    /* A crash of which `before` did not come back; or it cannot be tried.  May only write. */
    void (*silent)(void *context, int signal_number);
    void *context;
};

/* Watch from now on, in this process (not in those that it forks off).  `exits` is borrowed. */
bool exits_watch(const struct exits *exits, struct error *error);

/* The end is no news any more: nothing is called from here on. */
void exits_expected(void);

/* And a crash on the way there does not change the status, which is this one: a line says that it happened. */
void exits_settled(int status);

#endif
