/*
 * Every request for a buffer in this process and every release, written into
 * a ledger as it happens.
 *
 * PyObject_GetBuffer and PyBuffer_Release themselves are replaced, not the
 * slots of types: so no type looks other than before, whenever it is made, and
 * there is no other way to ask but the few that are replaced as well.
 */
#ifndef MVIEW_TRACE_RECORDER_H
#define MVIEW_TRACE_RECORDER_H

#include "ledger/ledger.h"

#include <stdbool.h>
#include <stdint.h>

struct error;

/* One request or release, for those who follow as it happens. */
struct recorder_event {
    bool release;
    uint64_t number;                  /* from 1 */
    long thread;                      /* the system's number of it */
    const struct ledger_words *words; /* who asked; of a release, who released it (its flags mean nothing) */
    uintptr_t exporter;               /* what was asked; of a release, its owner */
    uintptr_t view;                   /* where the Py_buffer lies */
    bool granted;                     /* a request: */
    int64_t nbytes;                   /* .. len, when it was granted */
    const char *exception;            /* .. when it was refused */
    enum ledger_match match;          /* a release */
};

/* Called in any thread, one at a time; it must neither touch Python nor wait. */
typedef void recorder_listener(void *context, const struct recorder_event *event);

/*
 * Begin, once in the life of a process, with Python started: the ledger is the recorder's until recorder_stop, but for
 * recorder_lock.  `listener` may be NULL.
 */
bool recorder_start(struct ledger *ledger, recorder_listener *listener, void *context, struct error *error);

/* The time of the last request or release so far, as the ledger has it. */
uint64_t recorder_time(void);

/* Record no more, in any thread, when this returns. */
void recorder_stop(void);

/* Tell the listener no more. */
void recorder_be_silent(void);

/* Whether what the calling thread asks for would be recorded, and is of the first interpreter. */
bool recorder_sees(void);

/* In between, what the calling thread asks for and releases is not recorded. */
void recorder_look_away(void);
void recorder_look_again(void);

/* In between, the ledger is the caller's, who looks away and does not touch Python. */
struct ledger *recorder_lock(void);
void recorder_unlock(void);

/* Let other threads go on for a moment, where there are any: false where there are none. */
bool recorder_wait(void);

/* What the recorder saw, but does not follow. */
struct recorder_limits {
    uint64_t forks;        /* processes that were forked off */
    uint64_t interpreters; /* requests in interpreters other than the first */
    uint64_t threads;      /* that run now, beside the one that asks */
};
struct recorder_limits recorder_limits(void);

#endif
