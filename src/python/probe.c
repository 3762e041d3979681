/*
 * The parent's side: children are started, watched, and replaced where they
 * did not come back.
 */
#include <Python.h>

#include "python/probe.h"

#include "base/error.h"
#include "python/interpreter.h"
#include "python/probe_child.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

/* Of one request, however long the user would wait: one that hangs must be told from a whole that ran out of time. */
#define LONGEST_TIMEOUT ((double)PROBE_SECONDS - 4) /* seconds */

/* --- what the children do --- */

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
    Py_buffer view;

    (void)item;
    if (truth >= 0 && !(probe->avoid & UINT64_C(1) << truth) &&
        probe_ask(probe, truth, &view, NULL) == OUTCOME_GRANTED) {
        probe_release(probe, truth, &view, NULL);
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

static const struct job jobs[] = {
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

enum { JOBS = sizeof jobs / sizeof jobs[0] };

static bool is_wanted(const struct probe *probe, int job)
{
    return (!probe->answers_only || jobs[job].step == STEP_SWEEP) &&
           (jobs[job].step != STEP_MUTATE || probe->mutate != NULL) &&
           (jobs[job].step != STEP_STRESS || probe->stress > 0);
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

/* What is still buffered would be written by each child again, or by none. */
static void flush_all(void)
{
    flush_python("stdout");
    flush_python("stderr");
    fflush(NULL);
}

/* An exporter that says something says it once, not some thousand times. */
static void be_quiet(void)
{
    int null = open("/dev/null", O_WRONLY | O_CLOEXEC);

    flush_all();
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

static _Noreturn void run_child(struct probe *probe, int job, int item)
{
    struct shared *shared = probe->shared;
    bool quiet = false;
    int first = job;

    settle();
    PyOS_AfterFork_Child();
    probe->stale = PyList_New(0);
    if (probe->stale == NULL) {
        _exit(1);
    }
    add_spares(probe->stale);
    watch_unraisable(probe);
    if (!jobs[job].fresh) {
        add_spares(probe->exporter);
    }
    for (; job < JOBS && (job == first || !jobs[job].fresh); job++) {
        if (!is_wanted(probe, job)) {
            continue;
        }
        if (jobs[job].step != STEP_SWEEP && !quiet) {
            be_quiet();
            quiet = true;
        }
        for (; item < jobs[job].items; item++) {
            shared->job = job;
            shared->item = item;
            probe_mark(probe, PHASE_OTHER, -1);
            jobs[job].run(probe, item);
            if (jobs[job].fresh) {
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
    flush_all();
    _exit(0);
}

/* --- the parent --- */

enum end {
    END_DONE,
    END_CRASHED,
    END_NO_TIME, /* the time for the whole probe is over */
    END_INTERRUPTED,
};

static double now(void)
{
    struct timespec time;

    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

/* Has the child ended?  It is left to be reaped, so that its number stays its own. */
static bool has_ended(pid_t child, siginfo_t *info)
{
    info->si_pid = 0;
    return waitid(P_PID, (id_t)child, info, WEXITED | WNOHANG | WNOWAIT) == 0 && info->si_pid == child;
}

/* Wait for a child's end, its time limit, or the end of all time; `gone` hangs up when it ends. */
static enum end watch(struct probe *probe, pid_t child, int gone, double deadline, struct crash *crash)
{
    struct pollfd poll_fd = {.fd = gone, .events = POLLIN};
    unsigned beat = probe->shared->beat;
    double beaten = now();
    int slice = 20; /* ms: a grandchild may keep the pipe open, or the child have closed it */
    siginfo_t info;

    while (!has_ended(child, &info)) {
        double time = now();

        if (probe->shared->beat != beat) {
            beat = probe->shared->beat;
            beaten = time;
        }
        if (time > deadline) {
            return END_NO_TIME;
        }
        if (time - beaten > probe->transcript->timeout) {
            crash->kind = CRASH_TIMEOUT;
            return END_CRASHED;
        }
        if (poll(&poll_fd, 1, slice) < 0 && errno == EINTR && PyErr_CheckSignals() != 0) {
            return END_INTERRUPTED;
        }
        if (poll_fd.revents & POLLHUP) {
            poll_fd.fd = -1;
            slice = 1;
        }
    }
    crash->kind = info.si_code == CLD_EXITED ? CRASH_EXIT : CRASH_SIGNAL;
    crash->number = info.si_status;
    return probe->shared->done ? END_DONE : END_CRASHED;
}

/* Start a child at the cursor; its number, or -1.  *gone is the end of the pipe that hangs up with it. */
static pid_t start_child(struct probe *probe, int job, int item, int *gone)
{
    int ends[2];
    pid_t child;

    if (pipe2(ends, O_CLOEXEC) != 0) {
        return -1;
    }
    probe->shared->job = -1;
    probe->shared->done = false;
    flush_all();
    PyOS_BeforeFork();
    child = fork();
    if (child == 0) {
        close(ends[0]);
        run_child(probe, job, item);
    }
    PyOS_AfterFork_Parent();
    close(ends[1]);
    if (child < 0) {
        close(ends[0]);
        return -1;
    }
    setpgid(child, child);
    *gone = ends[0];
    return child;
}

static void note_crash(struct probe *probe, const struct crash *crash)
{
    struct transcript *transcript = probe->transcript;
    int request = crash->request;

    if (transcript->crash_count < TRANSCRIPT_MAX_CRASHES) {
        transcript->crashes[transcript->crash_count++] = *crash;
    }
    if (request < 0) {
        return;
    }
    probe->avoid |= UINT64_C(1) << request;
    if (crash->phase != PHASE_RELEASE && (crash->step == STEP_SWEEP || crash->step == STEP_AGAIN)) {
        transcript->sweeps[crash->step == STEP_AGAIN][request].outcome = OUTCOME_CRASHED;
    }
}

/* Where the next child goes on after one that ended. */
static void advance(struct probe *probe, enum end end, const struct crash *crash, uint64_t avoided, int *job,
                    int *item)
{
    *job = probe->shared->job;
    *item = probe->shared->item;
    if (end == END_CRASHED && !(crash->step == STEP_HOLD && probe->avoid != avoided)) {
        (*item)++; /* views held together are tried again without the one that ended it */
    }
    if (*job < JOBS && *item >= jobs[*job].items) {
        (*job)++;
        *item = 0;
    }
}

/* Run one child from the cursor and move that on.  False, and the error, when there is no going on. */
static bool run_part(struct probe *probe, double deadline, int *job, int *item, struct error *error)
{
    uint64_t avoided = probe->avoid;
    struct crash crash = {.request = -1};
    enum end end;
    int gone;
    pid_t child = start_child(probe, *job, *item, &gone);

    if (child < 0) {
        return error_set(error, ERROR_INPUT, "cannot start a process: %s", strerror(errno));
    }
    end = watch(probe, child, gone, deadline, &crash);
    kill(-child, SIGKILL);
    kill(child, SIGKILL);
    while (waitpid(child, NULL, 0) < 0 && errno == EINTR) {
    }
    close(gone);
    if (end == END_INTERRUPTED) {
        return interpreter_error(error);
    }
    if (end == END_NO_TIME) {
        probe->transcript->out_of_time = true;
        return true;
    }
    if (probe->shared->job < 0 || probe->shared->job > JOBS || probe->shared->item < 0) {
        return error_set(error, ERROR_PYTHON,
                         "a forked process of this Python does not come to its first line");
    }
    if (end == END_CRASHED) {
        crash.step = jobs[probe->shared->job].step;
        crash.phase = (enum phase)probe->shared->phase;
        crash.request = probe->shared->request < REQUEST_COUNT ? probe->shared->request : -1;
        note_crash(probe, &crash);
    }
    advance(probe, end, &crash, avoided, job, item);
    return true;
}

static bool run_parts(struct probe *probe, struct error *error)
{
    double deadline = now() + PROBE_SECONDS;
    int job = 0, item = 0;

    while (job < JOBS && !probe->transcript->out_of_time) {
        if (!is_wanted(probe, job)) {
            job++;
            item = 0;
        } else if (!run_part(probe, deadline, &job, &item, error)) {
            return false;
        }
    }
    return true;
}

#if PY_VERSION_HEX >= 0x030c0000 /* PEP 688 */
/* Is an attribute of the type written in Python, and not the wrapper of a C slot? */
static bool is_python_method(PyObject *object, const char *name)
{
    PyObject *method = PyObject_GetAttrString((PyObject *)Py_TYPE(object), name);
    bool python = method != NULL && Py_TYPE(method) != &PyWrapperDescr_Type;

    Py_XDECREF(method);
    PyErr_Clear();
    return python;
}
#endif

#ifdef Py_GIL_DISABLED
/* Without a GIL, unless the environment or a module that was imported wants one. */
static bool has_gil(void)
{
    PyObject *enabled = PySys_GetObject("_is_gil_enabled");
    PyObject *answer = enabled != NULL ? PyObject_CallNoArgs(enabled) : NULL;
    bool has = answer == Py_True;

    Py_XDECREF(answer);
    PyErr_Clear();
    return has;
}
#else
static bool has_gil(void)
{
    return true;
}
#endif

static void describe(struct probe *probe, const struct probe_options *options)
{
    struct transcript *transcript = probe->transcript;
    PyObject *exporter = probe->exporter;
    char *name = interpreter_type_name(exporter);

    transcript->python_version = PY_VERSION_HEX;
    transcript->free_threaded = !has_gil();
    transcript->timeout = options->timeout < LONGEST_TIMEOUT ? options->timeout : LONGEST_TIMEOUT;
    snprintf(transcript->type, sizeof transcript->type, "%s", name != NULL ? name : "");
    free(name);
    transcript->has_release = Py_TYPE(exporter)->tp_as_buffer->bf_releasebuffer != NULL;
#if PY_VERSION_HEX >= 0x030c0000
    transcript->python_buffer = is_python_method(exporter, "__buffer__");
    transcript->python_release = is_python_method(exporter, "__release_buffer__");
#endif
    transcript->mutate = probe->mutate != NULL;
}

struct transcript *probe(PyObject *exporter, const struct probe_options *options, struct error *error)
{
    struct probe probe = {
        .exporter = exporter, .stress = options->stress, .answers_only = options->answers_only};
    struct transcript *transcript = NULL;
    void *shared;

    if (!PyObject_CheckBuffer(exporter)) {
        error_set(error, ERROR_INPUT, "the object exports no buffer");
        return NULL;
    }
    if (options->mutate != NULL &&
        (probe.mutate = Py_CompileString(options->mutate, "<mutate>", Py_eval_input)) == NULL) {
        interpreter_error(error);
        error_prefix(error, "--mutate '%s'", options->mutate);
        return NULL;
    }
    shared = mmap(NULL, sizeof *probe.shared, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (shared == MAP_FAILED) {
        error_no_memory(error);
        goto done;
    }
    probe.shared = shared;
    probe.transcript = &probe.shared->transcript;
    describe(&probe, options);
    if (run_parts(&probe, error)) {
        transcript = malloc(sizeof *transcript);
        if (transcript == NULL) {
            error_no_memory(error);
        } else {
            memcpy(transcript, probe.transcript, sizeof *transcript);
            transcript_seal(transcript);
        }
    }
    munmap(shared, sizeof *probe.shared);
done:
    Py_XDECREF(probe.mutate);
    return transcript;
}
