/*
 * The parent's side: a child for each buffer, watched to its end.
 */
#include <Python.h>

#include "offer/offer.h"

#include "base/clock.h"
#include "base/error.h"
#include "offer/attempt.h"
#include "offer/exporter.h"
#include "probe/process.h"
#include "python/evaluate.h"
#include "python/interpreter.h"

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

/* Of one call, however long the user would wait: one that hangs must be told from a whole that ran out of time. */
#define LONGEST_TIMEOUT ((double)OFFER_SECONDS - 4) /* seconds */

/* Of all calls, for who keeps what is left: where the heap is large, the first few tell enough. */
#define SEARCH_SECONDS 4.0

/* .. and for threads that may not be at their end when a call is. */
#define WAIT_SECONDS 1.0

/* --- the expression ----------------------------------------------------------------------------------- */

/* By name, that is: what it makes of a text at run time is not seen. */
static bool uses_buffer(PyObject *code);

/* Does a function or comprehension inside it use the name? */
static bool constants_use_buffer(PyObject *code)
{
    PyObject *constants = PyObject_GetAttrString(code, "co_consts");
    bool uses = false;
    Py_ssize_t i;

    for (i = 0; constants != NULL && i < PyTuple_GET_SIZE(constants) && !uses; i++) {
        PyObject *constant = PyTuple_GET_ITEM(constants, i);

        uses = PyCode_Check(constant) && uses_buffer(constant);
    }
    Py_XDECREF(constants);
    return uses;
}

static bool uses_buffer(PyObject *code)
{
    PyObject *names = PyObject_GetAttrString(code, "co_names");
    PyObject *name = PyUnicode_FromString("_");
    bool uses = names != NULL && name != NULL && PySequence_Contains(names, name) == 1;

    Py_XDECREF(names);
    Py_XDECREF(name);
    PyErr_Clear();
    return uses || constants_use_buffer(code);
}

static PyObject *compile(const char *expression, struct error *error)
{
    PyObject *code = source_compile(expression);

    if (code == NULL) {
        interpreter_error(error);
    }
    return code;
}

/* What is there already is no garbage of a call's, and need not be looked through after each. */
static void set_aside_garbage(void)
{
    PyObject *gc = PyImport_ImportModule("gc");
    PyObject *result = gc != NULL ? PyObject_CallMethod(gc, "freeze", NULL) : NULL;

    Py_XDECREF(result);
    Py_XDECREF(gc);
    PyErr_Clear();
}

/* --- one buffer ------------------------------------------------------------------------------------------ */

/* Offer it.  False, and the error, when there is no going on. */
static bool attempt_in_child(struct attempt *attempt, double timeout, double deadline, struct call *call,
                             struct error *error)
{
    struct process process;
    struct crash crash = {.request = -1};
    enum process_end end;

    memset(attempt->shared, 0, sizeof *attempt->shared);
    if (!process_start(&process, error)) {
        return false;
    }
    if (process.pid == 0) {
        attempt_run(attempt);
    }
    end = process_wait(&process, &attempt->shared->beat, timeout, deadline, &crash);
    if (end == PROCESS_INTERRUPTED) {
        return interpreter_error(error);
    }
    attempt->search -= attempt->shared->searched;
    attempt->wait -= attempt->shared->waited;
    *call = attempt->shared->call;
    call->buffer = attempt->buffer;
    if (end == PROCESS_NO_TIME) {
        call->outcome = CALL_NOT_TRIED;
    } else if (!attempt->shared->done) {
        call->outcome = CALL_CRASHED;
        call->crash = crash;
    }
    return true;
}

/* Where the reference itself does not come back, the call is made without one. */
static bool attempt_buffer(struct attempt *attempt, double timeout, double deadline, struct call *call,
                           struct error *error)
{
    attempt->compare = true;
    if (!attempt_in_child(attempt, timeout, deadline, call, error)) {
        return false;
    }
    if (call->outcome == CALL_CRASHED && call->phase == CALL_REFERENCE) {
        attempt->compare = false;
        if (!attempt_in_child(attempt, timeout, deadline, call, error)) {
            return false;
        }
        call->no_reference = true;
    }
    return true;
}

static bool attempt_all(struct attempt *attempt, struct battery *battery, struct trial *trial, struct error *error)
{
    double deadline = clock_seconds() + OFFER_SECONDS;

    while (battery_next(battery, trial, &attempt->buffer)) {
        struct call *call = &trial->calls[trial->call_count];

        call->buffer = attempt->buffer;
        trial->out_of_time = trial->out_of_time || clock_seconds() > deadline;
        if (!trial->out_of_time && !attempt_buffer(attempt, trial->timeout, deadline, call, error)) {
            return false;
        }
        trial->call_count++;
        if (!attempt->quiet) {
            modules_import(attempt->shared);
            set_aside_garbage();
        }
        attempt->quiet = true;
    }
    return true;
}

struct trial *offer(struct battery *battery, const struct offer_options *options, struct error *error)
{
    struct attempt attempt = {.code = compile(options->expression, error)};
    PyObject *main_module = PyImport_AddModule("__main__");
    struct trial *trial = attempt.code != NULL ? calloc(1, sizeof *trial) : NULL;
    void *shared = MAP_FAILED;

    if (trial == NULL) {
        if (attempt.code != NULL) {
            error_no_memory(error);
        }
        goto failed;
    }
    trial->timeout = options->timeout < LONGEST_TIMEOUT ? options->timeout : LONGEST_TIMEOUT;
    shared = mmap(NULL, sizeof *attempt.shared, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (shared == MAP_FAILED) {
        error_no_memory(error);
        goto failed;
    }
    attempt.shared = shared;
    attempt.timeout = trial->timeout;
    attempt.search = SEARCH_SECONDS;
    attempt.wait = WAIT_SECONDS;
    attempt.namespace = main_module != NULL ? PyModule_GetDict(main_module) : NULL;
    if (attempt.namespace == NULL || !exporter_start()) {
        interpreter_error(error);
        goto failed;
    }
    trial->names_buffer = uses_buffer(attempt.code);
    if (!attempt_all(&attempt, battery, trial, error)) {
        goto failed;
    }
    trial_seal(trial);
    munmap(shared, sizeof *attempt.shared);
    Py_DECREF(attempt.code);
    return trial;

failed:
    if (shared != MAP_FAILED) {
        munmap(shared, sizeof *attempt.shared);
    }
    Py_XDECREF(attempt.code);
    free(trial);
    return NULL;
}
