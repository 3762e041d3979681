/*
 * A child process in which code runs that may crash, exit, hang or fork:
 * started, watched, and ended with all that it started.
 */
#ifndef MVIEW_PROBE_PROCESS_H
#define MVIEW_PROBE_PROCESS_H

#include <stdbool.h>
#include <sys/types.h>

struct crash;
struct error;

struct process {
    pid_t pid; /* 0 in the child itself */
    int gone;  /* the end of a pipe that hangs up with it */
    bool lacks_threads; /* it was forked from a process of several, of which it has one */
};

enum process_end {
    PROCESS_DONE,        /* for the caller to say, who knows whether the child came to the end of its work */
    PROCESS_CRASHED,     /* ended, in whatever way, or no beat in time */
    PROCESS_NO_TIME,     /* the deadline is over */
    PROCESS_INTERRUPTED, /* a Python exception is set */
};

/*
 * Fork.  True in the parent and in the child (pid 0), which has then been made
 * ready: without a terminal, core files or a life after its parent's, and
 * with Python told of the fork.
 */
bool process_start(struct process *process, struct error *error);

/*
 * Wait for its end, for `timeout` seconds of its own (probe/pace.h) in which *beat
 * did not change, or for the deadline (of clock_seconds); then end what is left of it and of its
 * children.  PROCESS_CRASHED fills the crash's kind,
 * number and lacks_threads.
 */
enum process_end process_wait(struct process *process, const volatile unsigned *beat, double timeout,
                              double deadline, struct crash *crash);

/* What is still buffered would be written by each child again, or by none. */
void process_flush(void);

/* In a child: from now on what is written to standard output and error is lost. */
void process_be_quiet(void);

#endif
