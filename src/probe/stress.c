/*
 * Threads that acquire and release at the same time.  Where there is a GIL
 * they take turns between two calls; without one they meet inside the exporter.
 */
#include "probe/child.h"

#include "base/clock.h"
#include "memory/guard.h"
#include "probe/raised.h"

#include <pthread.h>
#include <stdlib.h>

#define STRESS_SECONDS 0.5

enum { ROUNDS_A_BEAT = 64 };

struct worker {
    struct probe *probe;
    pthread_t thread;
    PyObject *namespace; /* the worker that evaluates --mutate; NULL for the others */
    int request;
    double end; /* of clock_seconds */
    Py_ssize_t len, itemsize; /* of the first view */
    bool sizes_change;        /* --mutate: len is not always the first one's */
    int64_t views, wrong;
    struct exception exception;
};

/* Does a held view look as the first one did, and is its memory there? */
static bool is_right(const struct worker *worker, const Py_buffer *view)
{
    const void *address;
    char byte;

    if (view->itemsize != worker->itemsize || (!worker->sizes_change && view->len != worker->len)) {
        return false;
    }
    return view->len <= 0 || view->suboffsets != NULL || guard_copy(&byte, view->buf, 1, &address);
}

static void keep_exception(struct worker *worker)
{
    struct exception exception;

    raised_take(&exception);
    if (exception.set && !exception.buffer_error && !worker->exception.set) {
        worker->exception = exception;
    }
}

static void acquire_and_release(struct worker *worker)
{
    Py_buffer view;

    if (PyObject_GetBuffer(worker->probe->exporter, &view, requests[worker->request].flags) != 0) {
        probe_stay_one(worker->probe);
        keep_exception(worker);
        return;
    }
    worker->views++;
    Py_BEGIN_ALLOW_THREADS
    worker->wrong += !is_right(worker, &view);
    Py_END_ALLOW_THREADS
    PyBuffer_Release(&view);
    probe_stay_one(worker->probe);
    keep_exception(worker);
}

static void mutate(struct worker *worker)
{
    PyObject *result = PyEval_EvalCode(worker->probe->mutate, worker->namespace, worker->namespace);

    Py_XDECREF(result);
    PyErr_Clear(); /* refused, as it should be, or the expression has come to its own end */
}

static void *work(void *argument)
{
    struct worker *worker = argument;
    PyGILState_STATE state = PyGILState_Ensure();
    int i;

    while (clock_seconds() < worker->end) {
        for (i = 0; i < ROUNDS_A_BEAT; i++) {
            if (worker->namespace != NULL) {
                mutate(worker);
            } else {
                acquire_and_release(worker);
            }
            Py_BEGIN_ALLOW_THREADS
            Py_END_ALLOW_THREADS
        }
        probe_mark(worker->probe, PHASE_OTHER, worker->request);
    }
    PyGILState_Release(state);
    return NULL;
}

static void run_workers(struct worker *workers, int count)
{
    int started = 0;

    Py_BEGIN_ALLOW_THREADS
    while (started < count && pthread_create(&workers[started].thread, NULL, work, &workers[started]) == 0) {
        started++;
    }
    while (started > 0) {
        pthread_join(workers[--started].thread, NULL);
    }
    Py_END_ALLOW_THREADS
}

/* The first view, which says what the others must be like. */
static bool set_up(struct probe *probe, struct worker *workers, int count, int request)
{
    Py_buffer view;
    int i;

    if (probe_ask(probe, request, &view, NULL) != OUTCOME_GRANTED) {
        return false;
    }
    for (i = 0; i < count; i++) {
        workers[i] = (struct worker){.probe = probe, .request = request, .end = clock_seconds() + STRESS_SECONDS,
                                     .len = view.len, .itemsize = view.itemsize, .sizes_change = probe->mutate != NULL};
    }
    probe_release(probe, request, &view, NULL);
    return true;
}

static void sum_up(struct stress *stress, const struct worker *workers, int count)
{
    int i;

    for (i = 0; i < count; i++) {
        stress->views += workers[i].views;
        stress->wrong += workers[i].wrong;
        if (workers[i].exception.set && !stress->exception.set) {
            stress->exception = workers[i].exception;
        }
    }
}

void probe_stress(struct probe *probe, int item)
{
    struct stress *stress = &probe->transcript->stress;
    int truth = transcript_truth(probe->transcript);
    int count = probe->stress + (probe->mutate != NULL);
    struct worker *workers = calloc((size_t)count, sizeof *workers);
    PyObject *namespace = probe->mutate != NULL ? probe_namespace(probe) : NULL;
    Py_ssize_t before;

    (void)item;
    if (workers == NULL || truth < 0 || (probe->avoid & UINT64_C(1) << truth) ||
        !set_up(probe, workers, count, truth)) {
        free(workers);
        return;
    }
    workers[count - 1].namespace = namespace;
    before = Py_REFCNT(probe->exporter);
    run_workers(workers, count);
    sum_up(stress, workers, count);
    stress->threads = probe->stress;
    stress->exporter_change = Py_REFCNT(probe->exporter) - before;
    if (namespace != NULL) {
        probe_evaluate(probe, namespace, &stress->mutation.exception);
        stress->mutation.done = true;
    }
    stress->outcome = OUTCOME_GRANTED;
    free(workers);
}
