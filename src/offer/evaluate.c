/*
 * The expression, evaluated with a buffer of ours for `_`.
 */
#include "offer/attempt.h"

#include "offer/exporter.h"
#include "probe/raised.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* References that a broken consumer may take away without taking the object away under us. */
static void add_spares(PyObject *object)
{
    enum { SPARE = 1000 };
    int i;

    for (i = 0; i < SPARE; i++) {
        Py_INCREF(object);
    }
}

void attempt_mark(struct attempt *attempt, enum call_phase phase)
{
    attempt->shared->call.phase = phase;
    attempt->shared->beat++;
}

static bool set_object(struct evaluation *evaluation, PyObject *object)
{
    evaluation->object = object;
    if (object == NULL) {
        PyErr_Clear();
        return false;
    }
    add_spares(object);
    return true;
}

static bool set_items(struct evaluation *evaluation, const struct buffer *buffer, const unsigned char *items)
{
    *evaluation = (struct evaluation){.buffer = *buffer, .items = malloc(plan_len(&buffer->plan) + 1)};
    if (evaluation->items == NULL) {
        return false;
    }
    memcpy(evaluation->items, items, plan_len(&buffer->plan));
    return true;
}

bool evaluation_begin(struct evaluation *evaluation, const struct buffer *buffer, const unsigned char *items,
                      struct call *call)
{
    if (!set_items(evaluation, buffer, items) ||
        (evaluation->exporter = exporter_new(&evaluation->buffer, items, call)) == NULL) {
        PyErr_Clear();
        return false;
    }
    exporter_read(evaluation->exporter, evaluation->items); /* where several lie in one place, all are the last */
    if (buffer->guise == GUISE_OWN) {
        Py_INCREF(evaluation->exporter);
        return set_object(evaluation, evaluation->exporter);
    }
    exporter_count(evaluation->exporter, false);
    return set_object(evaluation, PyMemoryView_FromObject(evaluation->exporter));
}

/* Not bytes itself: some that take buffers take it for a text. */
static PyObject *readonly_bytes(const char *bytes, Py_ssize_t len)
{
    PyObject *text = PyBytes_FromStringAndSize(bytes, len);
    PyObject *view = text != NULL ? PyMemoryView_FromObject(text) : NULL;

    Py_XDECREF(text);
    return view;
}

bool evaluation_begin_bytes(struct evaluation *evaluation, const struct buffer *buffer, const unsigned char *items)
{
    const char *bytes = (const char *)items;
    Py_ssize_t len = (Py_ssize_t)plan_len(&buffer->plan);

    return set_items(evaluation, buffer, items) &&
           set_object(evaluation, buffer->plan.readonly ? readonly_bytes(bytes, len)
                                                        : PyByteArray_FromStringAndSize(bytes, len));
}

/* What is in the buffer now. */
static void read_items(struct evaluation *evaluation)
{
    size_t len = plan_len(&evaluation->buffer.plan);
    unsigned char *before = malloc(len + 1);

    if (before == NULL) {
        return;
    }
    memcpy(before, evaluation->items, len);
    if (evaluation->exporter != NULL) {
        exporter_read(evaluation->exporter, evaluation->items);
    } else if (PyByteArray_Check(evaluation->object) && (size_t)PyByteArray_GET_SIZE(evaluation->object) == len) {
        memcpy(evaluation->items, PyByteArray_AS_STRING(evaluation->object), len);
    }
    evaluation->written = memcmp(before, evaluation->items, len) != 0;
    free(before);
}

/* After code that may have forked: a copy of the child ends, or two would go on. */
static void stay_one(const struct attempt *attempt)
{
    if (getpid() != attempt->child) {
        _exit(0);
    }
}

bool evaluation_run(struct attempt *attempt, struct evaluation *evaluation, struct exception *exception)
{
    if (PyDict_SetItemString(attempt->namespace, "_", evaluation->object) != 0) {
        raised_take(exception);
        return false;
    }
    evaluation->result = PyEval_EvalCode(attempt->code, attempt->namespace, attempt->namespace);
    stay_one(attempt);
    raised_take(exception); /* and with it the frames that hold the buffer */
    PyDict_DelItemString(attempt->namespace, "_");
    PyErr_Clear();
    read_items(evaluation);
    attempt->shared->beat++;
    return evaluation->result != NULL;
}
