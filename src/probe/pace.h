/*
 * How long a process has been still, by a clock that is fair to it: while it is
 * ready to run, that of its processor; while it sleeps, that on the wall,
 * but for what kept us from looking.
 */
#ifndef MVIEW_PROBE_PACE_H
#define MVIEW_PROBE_PACE_H

#include <stdbool.h>
#include <sys/types.h>

struct pace {
    pid_t process;
    double looked; /* of clock_seconds: when we last did */
    double spent;  /* seconds of the processor: what its busiest thread has had, ever */
    bool ready;    /* one of its threads could run */
};

void pace_start(struct pace *pace, pid_t process);

/* Seconds of its own since the last look; `slice` (seconds) is how long we meant to look away. */
double pace_step(struct pace *pace, double slice);

#endif
