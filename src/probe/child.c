/*
 * The children's side: what they do, one thing after another, until they come
 * to the end of a part or do not come back.
 */
#include "probe/child.h"

#include "probe/process.h"
#include "probe/raised.h"

#include <stdlib.h>
#include <unistd.h>

static void sweep(struct probe *probe, int request)
{
    struct reply *reply = &probe->transcript->sweeps[0][request];
    Py_buffer *view = malloc(sizeof *view);

    if (view != NULL && probe_send(probe, request, 0xaa, view, reply)) {
        probe_release(probe, request, view, &reply->release_exception);
    }
    free(view);
}

/* The object that a view is re-exported from answers for its memory too. */
static void ask_root(struct probe *probe, int item)
{
    int truth = transcript_truth(probe->transcript);
    PyObject *root = NULL;
    Py_buffer view;

    (void)item;
    if (truth < 0) {
        return;
    }
    if (PyMemoryView_Check(probe->exporter)) {
        root = probe_base(probe->exporter);
        Py_XINCREF(root);
    } else if (probe_ask(probe, truth, &view, NULL) == OUTCOME_GRANTED) {
        root = view.obj != probe->stale && view.obj != probe->exporter ? view.obj : NULL;
        Py_XINCREF(root);
        probe_release(probe, truth, &view, NULL);
    }
    if (root != NULL && PyObject_CheckBuffer(root) && PyObject_GetBuffer(root, &view, PyBUF_SIMPLE) == 0) {
        probe->transcript->root.low = (uintptr_t)view.buf;
        probe->transcript->root.high = (uintptr_t)view.buf + (uint64_t)view.len;
        PyBuffer_Release(&view);
    }
    PyErr_Clear();
    Py_XDECREF(root);
}

/*
 * One request more between the sweeps makes their distance 37, a prime: an
 * exporter that takes turns between answers shows it.
 */
static void shift(struct probe *probe, int item)
{
    int truth = transcript_truth(probe->transcript);
    int request = truth >= 0 ? truth : 0;
    Py_buffer view;

    (void)item;
    if (!(probe->avoid & UINT64_C(1) << request) &&
        probe_ask(probe, request, &view, NULL) == OUTCOME_GRANTED) {
        probe_release(probe, request, &view, NULL);
    }
}

static void sweep_again(struct probe *probe, int request)
{
    struct reply *reply = &probe->transcript->sweeps[1][request];
    Py_buffer *view = malloc(sizeof *view);

    if (view != NULL && !(probe->avoid & UINT64_C(1) << request) &&
        probe_send(probe, request, 0x55, view, reply)) {
        probe_release(probe, request, view, &reply->release_exception);
    }
    free(view);
}

const struct job probe_jobs[PROBE_JOBS] = {
    {STEP_SWEEP, REQUEST_COUNT, false, sweep},
    {STEP_OTHER, 1, false, shift},
    {STEP_AGAIN, REQUEST_COUNT, false, sweep_again},
    {STEP_REFERENCES, REQUEST_COUNT, false, probe_references},
    {STEP_LOSSES, REQUEST_COUNT, false, probe_losses},
    {STEP_HOLD, 1, false, probe_hold},
    {STEP_COPY, REQUEST_COUNT, false, probe_copy},
    {STEP_OTHER, 1, false, ask_root},
    {STEP_OTHER, 1, false, probe_immutable},
    {STEP_TELL, PROTOCOL_COUNT, false, probe_tell},
    {STEP_ASK, DLPACK_QUESTIONS, false, probe_ask_dlpack},
    {STEP_INTERFACE, 1, true, probe_exchange_interface},
    {STEP_STRUCT, EXCHANGE_TRIALS, true, probe_exchange_struct},
    {STEP_DLPACK, EXCHANGE_TRIALS, true, probe_exchange_dlpack},
    {STEP_ARROW, EXCHANGE_TRIALS, true, probe_exchange_arrow},
    {STEP_DROP, 1, true, probe_drop},
    {STEP_AFTERMATH, 1, true, probe_aftermath},
    {STEP_EVALUATE, 1, true, probe_evaluations},
    {STEP_MUTATE, MUTATE_WHENS, true, probe_mutate},
    {STEP_STRESS, 1, true, probe_stress},
};

/* What a protocol was told to be, as far as that has been asked. */
static bool has_told(const struct probe *probe, enum protocol protocol)
{
    return probe->transcript->protocols.told[protocol].outcome == OUTCOME_GRANTED;
}

static bool wants_step(const struct probe *probe, enum step step)
{
    switch (step) {
    case STEP_EVALUATE:
        return probe->transcript->has_buffer && probe->expression != NULL;
    case STEP_MUTATE:
        return probe->transcript->has_buffer && probe->mutate != NULL;
    case STEP_STRESS:
        return probe->transcript->has_buffer && probe->stress > 0;
    case STEP_TELL:
        return true;
    case STEP_ASK:
        return has_told(probe, PROTOCOL_DLPACK) ||
               probe->transcript->protocols.told[PROTOCOL_DLPACK].outcome == OUTCOME_REFUSED;
    case STEP_INTERFACE:
        return has_told(probe, PROTOCOL_ARRAY_INTERFACE);
    case STEP_STRUCT:
        return has_told(probe, PROTOCOL_ARRAY_STRUCT);
    case STEP_DLPACK:
        return has_told(probe, PROTOCOL_DLPACK);
    case STEP_ARROW:
        return has_told(probe, PROTOCOL_ARROW);
    default:
        return probe->transcript->has_buffer;
    }
}

bool probe_wants(const struct probe *probe, int job)
{
    enum step step = probe_jobs[job].step;

    return (!probe->answers_only || step == STEP_SWEEP || step == STEP_TELL) && wants_step(probe, step);
}

/* --- a child --- */

/* sys.unraisablehook: what __release_buffer__ raises ends here. */
static PyObject *on_unraisable(PyObject *self, PyObject *raised)
{
    struct transcript *transcript = PyCapsule_GetPointer(self, NULL);
    PyObject *value = PyObject_GetAttrString(raised, "exc_value");
    PyObject *traceback = PyObject_GetAttrString(raised, "exc_traceback");

    if (transcript != NULL && value != NULL && traceback != NULL && value != Py_None) {
        if (transcript->unraisable.count++ == 0) {
            transcript->unraisable.entered = traceback != Py_None;
            PyErr_SetObject((PyObject *)Py_TYPE(value), value);
            raised_take(&transcript->unraisable.exception);
        }
    }
    PyErr_Clear();
    Py_XDECREF(value);
    Py_XDECREF(traceback);
    Py_RETURN_NONE;
}

static void watch_unraisable(struct probe *probe)
{
    static PyMethodDef method = {"unraisablehook", on_unraisable, METH_O, NULL};
    PyObject *capsule = PyCapsule_New(probe->transcript, NULL, NULL);
    PyObject *hook = capsule != NULL ? PyCFunction_New(&method, capsule) : NULL;

    if (hook != NULL && probe->transcript->python_release) {
        PySys_SetObject("unraisablehook", hook);
    }
    Py_XDECREF(hook);
    Py_XDECREF(capsule);
    PyErr_Clear();
}

void probe_add_spares(PyObject *object)
{
    enum { SPARE = 100000 };
    int i;

    for (i = 0; i < SPARE; i++) {
        Py_INCREF(object);
    }
}

_Noreturn void probe_run(struct probe *probe, int job, int item)
{
    struct shared *shared = probe->shared;
    bool quiet = false;
    int first = job;

    probe->child = getpid();
    probe->stale = PyList_New(0);
    if (probe->stale == NULL) {
        _exit(1);
    }
    probe_add_spares(probe->stale);
    watch_unraisable(probe);
    if (!probe_jobs[job].fresh) {
        probe_add_spares(probe->exporter);
    }
    for (; job < PROBE_JOBS && (job == first || !probe_jobs[job].fresh); job++) {
        if (!probe_wants(probe, job)) {
            continue;
        }
        if (probe_jobs[job].step != STEP_SWEEP && !quiet) {
            process_be_quiet();
            quiet = true;
        }
        for (; item < probe_jobs[job].items; item++) {
            shared->job = job;
            shared->item = item;
            probe_mark(probe, PHASE_OTHER, -1);
            probe_jobs[job].run(probe, item);
            if (probe_jobs[job].fresh) {
                item++;
                goto done;
            }
        }
        item = 0;
    }
done:
    shared->job = job;
    shared->item = item;
    shared->done = true;
    process_flush();
    _exit(0);
}
