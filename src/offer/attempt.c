/*
 * One buffer offered, in a process of its own.
 */
#include "offer/attempt.h"

#include "base/clock.h"
#include "offer/exporter.h"
#include "probe/process.h"
#include "probe/raised.h"
#include "trial/items.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

/* --- what is left of a call ----------------------------------------------------------------------- */

/* A memoryview tells how many views there are of it only by refusing to be released. */
static int views_of_memoryview(PyObject *view)
{
    static const char counted[] = "memoryview has "; /* "3 exported buffers" */
    PyObject *result = PyObject_CallMethod(view, "release", NULL);
    struct exception exception;
    int views = 0;

    if (result == NULL) {
        raised_take(&exception);
        if (strncmp(exception.text, counted, sizeof counted - 1) == 0) {
            views = (int)strtol(exception.text + sizeof counted - 1, NULL, 10);
        }
        views = views > 0 ? views : 1;
    }
    Py_XDECREF(result);
    return views;
}

static int held(const struct evaluation *evaluation)
{
    return evaluation->buffer.guise == GUISE_MEMORYVIEW ? views_of_memoryview(evaluation->object)
                                                        : exporter_held(evaluation->exporter);
}

/* More references than before, those that belong to views apart; not to be told where releases went wrong. */
static int64_t references_more(const struct attempt *attempt, const struct evaluation *evaluation,
                               int64_t before, int views)
{
    const struct call *call = &attempt->shared->call;

    return call->wrong_releases + call->refused_releases + call->altered_releases > 0
               ? 0
               : (int64_t)Py_REFCNT(evaluation->object) - before - views;
}

static bool has_threads(void)
{
    struct stat tasks;

    return stat("/proc/self/task", &tasks) == 0 && tasks.st_nlink > 3; /* ".", "..", and the main thread */
}

static void pause_for_threads(struct attempt *attempt)
{
    const struct timespec pause = {.tv_nsec = 2000000};

    Py_BEGIN_ALLOW_THREADS
    nanosleep(&pause, NULL);
    Py_END_ALLOW_THREADS
    attempt->shared->beat++;
}

/* Threads that go on after the call may touch what it has released; those of a pool never end. */
static void wait_for_threads(struct attempt *attempt)
{
    const double longest = attempt->wait < 0.1 ? attempt->wait : 0.1;
    double begin = clock_seconds();

    while (has_threads() && clock_seconds() - begin < longest) {
        pause_for_threads(attempt);
    }
    attempt->shared->waited += clock_seconds() - begin;
}

static bool is_anything_left(struct attempt *attempt, struct evaluation *evaluation, int64_t before)
{
    int views = held(evaluation);

    attempt->shared->beat++;
    return views > 0 || references_more(attempt, evaluation, before, views) != 0;
}

/* Collect garbage; then other threads may have something to release. */
static void wait_for_rest(struct attempt *attempt, struct evaluation *evaluation, int64_t before)
{
    enum { PAUSES = 150 };
    int i;

    if (!is_anything_left(attempt, evaluation, before)) {
        return;
    }
    PyGC_Collect();
    for (i = 0; i < PAUSES && has_threads() && is_anything_left(attempt, evaluation, before); i++) {
        pause_for_threads(attempt);
    }
}

/* What adds up is no cache. */
static void repeat(struct attempt *attempt, struct evaluation *evaluation, int64_t before)
{
    struct call *call = &attempt->shared->call;
    int i;

    attempt_mark(attempt, CALL_REPEATING);
    for (i = 0; i < CALL_REPEATS; i++) {
        evaluation_run(attempt, evaluation, NULL);
        Py_CLEAR(evaluation->result);
        wait_for_rest(attempt, evaluation, before);
        call->held_after[i] = held(evaluation);
        call->references_after[i] = references_more(attempt, evaluation, before, call->held_after[i]);
    }
    call->repeated = true;
    left_search(attempt, evaluation);
}

/* --- the call ---------------------------------------------------------------------------------------- */

/* Read the memory that a result shows: it must be there still. */
static void look_at_result(PyObject *result)
{
    Py_buffer view;
    char *bytes;

    if (PyObject_CheckBuffer(result) && PyObject_GetBuffer(result, &view, PyBUF_FULL_RO) == 0) {
        bytes = malloc((size_t)view.len + 1);
        if (bytes != NULL) {
            PyBuffer_ToContiguous(bytes, &view, view.len, 'C');
        }
        free(bytes);
        PyBuffer_Release(&view);
    }
    PyErr_Clear();
}

/* The call's own requests and releases; those of its repetitions are not. */
static void call_for_buffer(struct attempt *attempt, struct evaluation *evaluation, int64_t before)
{
    struct call *call = &attempt->shared->call;
    ptrdiff_t distance = 0;

    attempt_mark(attempt, CALL_CALLING);
    call->outcome = evaluation_run(attempt, evaluation, &call->exception) ? CALL_RETURNED : CALL_RAISED;
    call->written = evaluation->written;
    call->damaged = exporter_damage(evaluation->exporter, &distance);
    call->damage = distance;
    attempt_mark(attempt, CALL_COMPARING);
    if (call->outcome == CALL_RETURNED) {
        look_at_result(evaluation->result);
        if (held(evaluation) > 0) {
            wait_for_threads(attempt); /* which may be what holds it */
        }
        call->held_with_result = held(evaluation);
        call->result_keeps = references_more(attempt, evaluation, before, call->held_with_result) > 0;
        if (call->granted == 0) {
            equal_text(evaluation->result, call->result);
        }
    }
}

/* What was let go of before the result was is not the result's. */
static int fewer(int a, int b)
{
    return a < b ? a : b;
}

static unsigned char *make_items(const struct buffer *buffer)
{
    unsigned char *items = malloc(plan_len(&buffer->plan) + 1);

    if (items != NULL) {
        items_fill(&buffer->format->format, (size_t)buffer->plan.itemsize, buffer->plan.count, 0, items);
    }
    return items;
}

static void attempt_once(struct attempt *attempt)
{
    struct call *call = &attempt->shared->call;
    struct evaluation evaluation;
    unsigned char *items = make_items(&attempt->buffer);
    int64_t before;

    if (items == NULL || !evaluation_begin(&evaluation, &attempt->buffer, items, call)) {
        return;
    }
    if (attempt->compare && attempt->buffer.refusal == REFUSES_WHAT_IT_MUST) {
        attempt_mark(attempt, CALL_REFERENCE);
        compare_before(attempt, &evaluation);
    }
    before = (int64_t)Py_REFCNT(evaluation.object);
    call_for_buffer(attempt, &evaluation, before);
    if (attempt->compare && call->outcome == CALL_RETURNED) {
        compare_after(attempt, &evaluation);
    }
    attempt_mark(attempt, CALL_DROPPING);
    call->held_with_result = fewer(call->held_with_result, held(&evaluation));
    Py_CLEAR(evaluation.result);
    wait_for_rest(attempt, &evaluation, before);
    wait_for_threads(attempt);
    call->held = held(&evaluation);
    call->references = references_more(attempt, &evaluation, before, call->held);
    exporter_count(evaluation.exporter, false);
    if (call->held > 0 || call->references != 0) {
        repeat(attempt, &evaluation, before);
    }
}

/* Whoever imports, which may take its time, has not come to a standstill. */
static int on_audit(const char *event, PyObject *arguments, void *data)
{
    const struct attempt *attempt = data;
    bool import = strcmp(event, "import") == 0;

    attempt->shared->beat += import;
    if (import && !attempt->quiet) {
        modules_note(attempt->shared, arguments);
    }
    return 0;
}

_Noreturn void attempt_run(struct attempt *attempt)
{
    PyObject *before;

    attempt->child = getpid();
    signal(SIGPIPE, SIG_IGN); /* as Python has it, and the program that the consumer is meant for */
    if (attempt->quiet) {
        process_be_quiet();
    }
    PySys_AddAuditHook(on_audit, attempt);
    fault_watch(&attempt->shared->call.fault);
    before = attempt->quiet ? NULL : modules_now();
    attempt_once(attempt);
    attempt->shared->done = true;
    if (before != NULL) {
        modules_tell(attempt->shared, before);
    }
    process_flush();
    _exit(0);
}
