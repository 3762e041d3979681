/*
 * The children's side: what they do, one thing after another, until they come
 * to the end of a part or do not come back.
 */
#include "probe/child.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/resource.h>
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
    /* What a released memoryview, which grants nothing, has for a base may be gone. */
    if (truth < 0) {
        return;
    }
    if (PyMemoryView_Check(probe->exporter)) {
        root = PyMemoryView_GET_BASE(probe->exporter);
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
    {STEP_HOLD, 1, false, probe_hold},
    {STEP_COPY, REQUEST_COUNT, false, probe_copy},
    {STEP_OTHER, 1, false, ask_root},
    {STEP_DROP, 1, true, probe_drop},
    {STEP_MUTATE, MUTATE_WHENS, true, probe_mutate},
    {STEP_STRESS, 1, true, probe_stress},
};

bool probe_wants(const struct probe *probe, int job)
{
    return (!probe->answers_only || probe_jobs[job].step == STEP_SWEEP) &&
           (probe_jobs[job].step != STEP_MUTATE || probe->mutate != NULL) &&
           (probe_jobs[job].step != STEP_STRESS || probe->stress > 0);
}

/* --- a child --- */

static void flush_python(const char *name)
{
    PyObject *stream = PySys_GetObject(name);
    PyObject *result =
        stream != NULL && stream != Py_None ? PyObject_CallMethod(stream, "flush", NULL) : NULL;

    Py_XDECREF(result);
    PyErr_Clear();
}

void probe_flush(void)
{
    flush_python("stdout");
    flush_python("stderr");
    fflush(NULL);
}

/* An exporter that says something says it once, not some thousand times. */
static void be_quiet(void)
{
    int null = open("/dev/null", O_WRONLY | O_CLOEXEC);

    probe_flush();
    if (null >= 0) {
        dup2(null, STDOUT_FILENO);
        dup2(null, STDERR_FILENO);
        close(null);
    }
}

/* No terminal to wait for, no core file to write, and no life after the parent's. */
static void settle(void)
{
    struct rlimit core;
    int null = open("/dev/null", O_RDONLY | O_CLOEXEC);

    setpgid(0, 0);
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    signal(SIGTTOU, SIG_IGN);
    if (null >= 0) {
        dup2(null, STDIN_FILENO);
        close(null);
    }
    if (getrlimit(RLIMIT_CORE, &core) == 0) {
        core.rlim_cur = core.rlim_max > 0 ? 1 : 0; /* 1 keeps core_pattern's pipe from starting too */
        setrlimit(RLIMIT_CORE, &core);
    }
}

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
            probe_take_exception(&transcript->unraisable.exception);
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

/* References that a broken exporter may take away without taking the object away under us. */
static void add_spares(PyObject *object)
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

    settle();
    probe->child = getpid();
    PyOS_AfterFork_Child();
    probe->stale = PyList_New(0);
    if (probe->stale == NULL) {
        _exit(1);
    }
    add_spares(probe->stale);
    watch_unraisable(probe);
    if (!probe_jobs[job].fresh) {
        add_spares(probe->exporter);
    }
    for (; job < PROBE_JOBS && (job == first || !probe_jobs[job].fresh); job++) {
        if (!probe_wants(probe, job)) {
            continue;
        }
        if (probe_jobs[job].step != STEP_SWEEP && !quiet) {
            be_quiet();
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
    probe_flush();
    _exit(0);
}
