/*
 * The child's side of the probe; for src/python/probe*.c.
 */
#ifndef MVIEW_PROBE_CHILD_H
#define MVIEW_PROBE_CHILD_H

#include <Python.h>

#include "judge/transcript.h"
#include "probe/probe.h"

#include <sys/types.h>

struct probe;

/* What the children write and the parent reads while they run; the compiler must not keep any of it back. */
struct shared {
    /* Which of the jobs, and which of its items, is being worked on or (done) comes next; job -1: not begun. */
    volatile int job, item;
    volatile int phase;   /* enum phase */
    volatile int request; /* the last one sent, or -1 */
    volatile unsigned beat; /* goes on with every request and release */
    volatile bool done;     /* the child came to the end of its part */
    struct transcript transcript;
};

/* One thing to be done, in the order of a table. */
struct job {
    enum step step;
    int items;
    bool fresh; /* each item needs a child that nothing else was done in */
    void (*run)(struct probe *probe, int item);
};

struct probe {
    PyObject *exporter; /* one reference, the caller's; NULL when a child gave it up */
    PyObject *mutate;   /* the --mutate expression, compiled; or NULL */
    int stress;         /* threads */
    bool answers_only;
    struct shared *shared;
    struct transcript *transcript; /* shared->transcript */
    uint64_t avoid;                /* requests that a child did not come back from */
    PyObject *stale;               /* a child's: what view->obj holds before a request */
    pid_t child;                   /* a child's: its own number */
};

/* --- probe_child.c: a child --- */

enum { PROBE_JOBS = 10 };

extern const struct job probe_jobs[PROBE_JOBS];

/* Is this job one that was asked for? */
bool probe_wants(const struct probe *probe, int job);

/* What is still buffered would be written by each child again, or by none. */
void probe_flush(void);

/* Be the child that goes on from an item of a job, to the next job that needs a child of its own. */
_Noreturn void probe_run(struct probe *probe, int job, int item);

/* --- probe_request.c --- */

/* Write ahead what comes next. */
void probe_mark(struct probe *probe, enum phase phase, int request);

/* After code that may have forked: a copy of the child ends, or two would go on with the probe, then four. */
void probe_stay_one(const struct probe *probe);

/*
 * Send a request with a Py_buffer full of `poison`, view->obj set to
 * probe->stale, and write down how it ended and all that it answered.  True
 * when granted: the caller releases.
 */
bool probe_send(struct probe *probe, int request, unsigned char poison, Py_buffer *view, struct reply *reply);

/* How it ended only; *exception may be NULL. */
enum outcome probe_ask(struct probe *probe, int request, Py_buffer *view, struct exception *exception);

/* Copy the fields of a view, and what they point to but where reply->unfilled says no, into a reply. */
void probe_read(const Py_buffer *view, struct reply *reply);

/* Release; *exception (may be NULL) is what was set after it. */
void probe_release(struct probe *probe, int request, Py_buffer *view, struct exception *exception);

/* Take the exception that is set, if any; *exception may be NULL. */
void probe_take_exception(struct exception *exception);

/* --- probe_maps.c: the kernel's map of this process --- */

/* The mapped memory around buf, as far as it can be read and written without a gap. */
void probe_map(const Py_buffer *view, struct range *readable, struct range *writable);

/* --- probe_lifetime.c: views kept, released, outlived --- */

void probe_references(struct probe *probe, int request);
void probe_hold(struct probe *probe, int item);
void probe_copy(struct probe *probe, int request);
void probe_drop(struct probe *probe, int item);
void probe_mutate(struct probe *probe, int when);

/* __main__'s names, to which the exporter is added as `_`; borrowed, NULL out of memory. */
PyObject *probe_namespace(struct probe *probe);

/* Evaluate --mutate while no reference but `_` and the views' keeps the exporter: some look at the count. */
void probe_evaluate(struct probe *probe, PyObject *namespace, struct exception *exception);

/* --- probe_stress.c --- */

void probe_stress(struct probe *probe, int item);

/* --- probe_snapshot.c: a view as it was --- */

struct snapshot;

/* NULL out of memory.  snapshot_compare: which fields (enum field) are no longer as they were. */
struct snapshot *snapshot_take(const Py_buffer *view);
unsigned snapshot_compare(const struct snapshot *snapshot, const Py_buffer *view);
void snapshot_free(struct snapshot *snapshot);

/* Collect garbage, then use and (unless `keep`) free memory of many sizes, so that freed memory shows. */
void probe_disturb(bool keep);

#endif
