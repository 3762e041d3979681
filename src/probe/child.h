/*
 * The child's side of the probe; for src/probe.
 */
#ifndef MVIEW_PROBE_CHILD_H
#define MVIEW_PROBE_CHILD_H

#include <Python.h>

#include "judge/transcript.h"

#include <stdbool.h>
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
    bool apart;         /* that does without `_` */
    PyObject *expression; /* what gave the exporter, compiled; or NULL */
    int stress;         /* threads */
    bool answers_only;
    struct shared *shared;
    struct transcript *transcript; /* shared->transcript */
    uint64_t avoid;                /* requests that a child did not come back from */
    PyObject *stale;               /* a child's: what view->obj holds before a request */
    pid_t child;                   /* a child's: its own number */
};

/* --- child.c: a child --- */

enum { PROBE_JOBS = 20 };

extern const struct job probe_jobs[PROBE_JOBS];

/* Is this job one that was asked for? */
bool probe_wants(const struct probe *probe, int job);

/* Be the child that goes on from an item of a job, to the next job that needs a child of its own. */
_Noreturn void probe_run(struct probe *probe, int job, int item);

/* --- request.c --- */

/* Was it granted in the sweep, and no child died of it? */
bool probe_can_send(const struct probe *probe, int request);

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

/* References to an object that a broken exporter may take away without taking it away under us. */
void probe_add_spares(PyObject *object);

/* --- maps.c: the kernel's map of this process --- */

/* The mapped memory around `size` bytes at an address, as far as it can be read and (`write`: it should) written. */
void probe_map_range(uint64_t address, int64_t size, bool write, struct range *readable, struct range *writable);

/* The mapped memory around buf, as far as it can be read and written without a gap. */
void probe_map(const Py_buffer *view, struct range *readable, struct range *writable);

/* --- lifetime.c: views kept, released, outlived --- */

void probe_aftermath(struct probe *probe, int item);

void probe_references(struct probe *probe, int request);
void probe_hold(struct probe *probe, int item);
void probe_copy(struct probe *probe, int request);
void probe_drop(struct probe *probe, int item);

/* --- losses.c: what many repetitions leave behind --- */

/* What is repeated. */
struct repeated {
    bool (*once)(struct probe *probe, int what); /* false: it failed, and repeating it says nothing */
    int what;
    int cycle_ms;
    bool count_memory;
    PyTypeObject *type; /* of which objects are counted; or NULL */
    const PyObject *left_out[2]; /* objects that other rules are about; compared by address only */
};

struct crowd;

/* Repeat, and write down what is left behind, in references of the crowd's objects too. */
void probe_measure(struct probe *probe, const struct repeated *repeated, const struct crowd *crowd,
                   struct losses *losses);

/* Begin a crowd of the exporter and all that is behind it: false out of memory, and there is nothing to end. */
bool probe_crowd(struct probe *probe, struct crowd *crowd);

void probe_losses(struct probe *probe, int request);
void probe_evaluations(struct probe *probe, int item);

/* --- tell.c: what is told by other protocols than the buffer's --- */

void probe_tell(struct probe *probe, int protocol);
void probe_ask_dlpack(struct probe *probe, int question);

/* --- exchange.c: what becomes of their capsules --- */

void probe_exchange_interface(struct probe *probe, int item);
void probe_exchange_struct(struct probe *probe, int trial);
void probe_exchange_dlpack(struct probe *probe, int trial);
void probe_exchange_arrow(struct probe *probe, int trial);

/* --- owner.c: whose the slots are, and whose the memory --- */

void probe_slots(PyTypeObject *type, struct slots *slots);

/* What is underneath a memoryview, borrowed; NULL for none, for a view that was released, and for other objects. */
PyObject *probe_base(PyObject *exporter);

void probe_immutable(struct probe *probe, int item);

/* --- kin.c: what it is by its type (enum kin, joined) --- */

unsigned probe_kin(PyObject *exporter);

/* --- mutate.c --- */

void probe_mutate(struct probe *probe, int when);

/* Does code (or a function inside it) use the name `_`? */
bool probe_uses_underscore(PyObject *code);

/* __main__'s names, to which the exporter is added as `_`; borrowed, NULL out of memory. */
PyObject *probe_namespace(struct probe *probe);

/* Evaluate --mutate while no reference but `_` and the views' keeps the exporter: some look at the count. */
void probe_evaluate(struct probe *probe, PyObject *namespace, struct exception *exception);

/* --- stress.c --- */

void probe_stress(struct probe *probe, int item);

/* --- snapshot.c: a view as it was --- */

struct snapshot;

/* NULL out of memory.  snapshot_compare: which fields (enum field) are no longer as they were. */
struct snapshot *snapshot_take(const Py_buffer *view);
unsigned snapshot_compare(const struct snapshot *snapshot, const Py_buffer *view);
void snapshot_free(struct snapshot *snapshot);

/* Collect garbage, then use and (unless `keep`) free memory of many sizes, so that freed memory shows. */
void probe_disturb(bool keep);

#endif
