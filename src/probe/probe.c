/*
 * The parent's side: children are started, watched, and replaced where they
 * did not come back.
 */
#include <Python.h>

#include "probe/probe.h"

#include "base/error.h"
#include "probe/child.h"
#include "python/interpreter.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

/* Of one request, however long the user would wait: one that hangs must be told from a whole that ran out of time. */
#define LONGEST_TIMEOUT ((double)PROBE_SECONDS - 4) /* seconds */

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
    probe_flush();
    PyOS_BeforeFork();
    child = fork();
    if (child == 0) {
        close(ends[0]);
        probe_run(probe, job, item);
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
    if (end == END_CRASHED && !(crash->step == STEP_HOLD && probe->avoid != avoided)) {
        (*item)++; /* views held together are tried again without the one that ended it */
    }
    if (*job < PROBE_JOBS && *item >= probe_jobs[*job].items) {
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
    *job = probe->shared->job;
    *item = probe->shared->item;
    if (*job < 0 || *job > PROBE_JOBS || (*job == PROBE_JOBS && end == END_CRASHED) || *item < 0) {
        return error_set(error, ERROR_PYTHON,
                         "a forked process of this Python does not come to its first line");
    }
    if (end == END_CRASHED) {
        crash.step = probe_jobs[*job].step;
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

    while (job < PROBE_JOBS && !probe->transcript->out_of_time) {
        if (!probe_wants(probe, job)) {
            job++;
            item = 0;
        } else if (!run_part(probe, deadline, &job, &item, error)) {
            return false;
        } else if (now() > deadline && job < PROBE_JOBS) {
            probe->transcript->out_of_time = true;
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
