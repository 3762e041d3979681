/*
 * The parent's side: children are started, watched, and replaced where they
 * did not come back.
 */
#include <Python.h>

#include "probe/probe.h"

#include "base/clock.h"
#include "base/error.h"
#include "probe/child.h"
#include "probe/process.h"
#include "python/evaluate.h"
#include "python/interpreter.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

/* Of one request, however long the user would wait: one that hangs must be told from a whole that ran out of time. */
#define LONGEST_TIMEOUT ((double)PROBE_SECONDS - 4) /* seconds */

static void note_crash(struct probe *probe, const struct crash *crash)
{
    struct transcript *transcript = probe->transcript;
    int request = crash->request;

    if (crash->step == STEP_EVALUATE) {
        return; /* an expression need not work twice */
    }
    if (crash->step == STEP_TELL) {
        transcript->protocols.told[crash->item].outcome = OUTCOME_CRASHED;
    } else if (crash->step == STEP_ASK) {
        transcript->protocols.dlpack.answers[crash->item].outcome = OUTCOME_CRASHED;
    }
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
static void advance(struct probe *probe, enum process_end end, const struct crash *crash, uint64_t avoided, int *job,
                    int *item)
{
    if (end == PROCESS_CRASHED && !(crash->step == STEP_HOLD && probe->avoid != avoided)) {
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
    struct process process;
    enum process_end end;

    probe->shared->job = -1;
    probe->shared->done = false;
    if (!process_start(&process, error)) {
        return false;
    }
    if (process.pid == 0) {
        probe_run(probe, *job, *item);
    }
    end = process_wait(&process, &probe->shared->beat, probe->transcript->timeout, deadline, &crash);
    end = end == PROCESS_CRASHED && probe->shared->done ? PROCESS_DONE : end;
    if (end == PROCESS_INTERRUPTED) {
        return interpreter_error(error);
    }
    if (end == PROCESS_NO_TIME) {
        probe->transcript->out_of_time = true;
        return true;
    }
    *job = probe->shared->job;
    *item = probe->shared->item;
    if (*job < 0 || *job > PROBE_JOBS || (*job == PROBE_JOBS && end == PROCESS_CRASHED) || *item < 0) {
        return error_set(error, ERROR_PYTHON,
                         "a forked process of this Python does not come to its first line");
    }
    if (end == PROCESS_CRASHED) {
        crash.step = probe_jobs[*job].step;
        crash.item = *item < probe_jobs[*job].items ? *item : 0;
        crash.phase = (enum phase)probe->shared->phase;
        crash.request = probe->shared->request < REQUEST_COUNT ? probe->shared->request : -1;
        note_crash(probe, &crash);
    }
    advance(probe, end, &crash, avoided, job, item);
    return true;
}

static bool run_parts(struct probe *probe, struct error *error)
{
    double deadline = clock_seconds() + PROBE_SECONDS;
    int job = 0, item = 0;

    while (job < PROBE_JOBS && !probe->transcript->out_of_time) {
        if (!probe_wants(probe, job)) {
            job++;
            item = 0;
        } else if (!run_part(probe, deadline, &job, &item, error)) {
            return false;
        } else if (clock_seconds() > deadline && job < PROBE_JOBS) {
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
    transcript->kin = probe_kin(exporter);
    transcript->has_buffer = PyObject_CheckBuffer(exporter);
    if (!transcript->has_buffer) {
        return;
    }
    transcript->has_release = Py_TYPE(exporter)->tp_as_buffer->bf_releasebuffer != NULL;
#if PY_VERSION_HEX >= 0x030c0000
    transcript->python_buffer = is_python_method(exporter, "__buffer__");
    transcript->python_release = is_python_method(exporter, "__release_buffer__");
#endif
    probe_slots(Py_TYPE(exporter), &transcript->slots);
    transcript->mutate = probe->mutate != NULL;
    transcript->mutate_apart = probe->apart;
}

struct transcript *probe(PyObject *exporter, const struct probe_options *options, struct error *error)
{
    struct probe probe = {
        .exporter = exporter, .stress = options->stress, .answers_only = options->answers_only};
    struct transcript *transcript = NULL;
    void *shared;

    if (options->mutate != NULL &&
        (probe.mutate = Py_CompileString(options->mutate, "<mutate>", Py_eval_input)) == NULL) {
        interpreter_error(error);
        error_prefix(error, "--mutate '%s'", options->mutate);
        return NULL;
    }
    if (options->expression != NULL) {
        probe.expression = source_compile(options->expression);
        PyErr_Clear();
    }
    probe.apart = probe.mutate != NULL && probe.expression != NULL && !probe_uses_underscore(probe.mutate);
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
    Py_XDECREF(probe.expression);
    return transcript;
}
