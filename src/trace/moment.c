#include <Python.h>

#include "trace/moment.h"

#include "base/clock.h"
#include "trace/recorder.h"
#include "trace/replace.h"

enum { MOST = 8 }; /* that are remembered: some may be caught, and raised again */

/* Seconds for all of a program's, and of those that it has run. */
static const double patience = 1, share = 0.05;

/* With the GIL, but for builds without one; there the recorder's lock. */
static struct {
    const PyObject *exception; /* compared only */
    struct holdings holdings;
} seen[MOST];
static size_t next;
static double started, spent;
static initproc original;

/* With the lock: another exception may have the address of one that is gone. */
static void forget(const PyObject *exception)
{
    size_t i;

    for (i = 0; i < MOST; i++) {
        if (seen[i].exception == exception) {
            holding_free(&seen[i].holdings);
            seen[i].exception = NULL;
        }
    }
}

static void remember(const PyObject *exception, const struct holdings *holdings)
{
    recorder_lock();
    forget(seen[next].exception);
    seen[next].exception = exception;
    seen[next].holdings = *holdings;
    next = (next + 1) % MOST;
    recorder_unlock();
}

static void look(const PyObject *exception)
{
    double begun = clock_seconds();
    struct holdings holdings;
    bool ok;

    recorder_look_away();
    ok = holding_collect(recorder_lock(), NULL, 0, &holdings);
    recorder_unlock();
    if (ok) {
        holding_name(&holdings, NULL, false);
        remember(exception, &holdings);
    }
    recorder_look_again();
    spent += clock_seconds() - begun;
}

static int initialize(PyObject *exception, PyObject *arguments, PyObject *keywords)
{
    int result = original(exception, arguments, keywords);

    if (result == 0 && recorder_sees()) {
        recorder_lock();
        forget(exception);
        recorder_unlock();
        if (spent < patience + share * (clock_seconds() - started) && !replace_is_asking()) {
            look(exception);
        }
    }
    return result;
}

void moment_watch(void)
{
    PyTypeObject *type = (PyTypeObject *)PyExc_BufferError;

    started = clock_seconds();
    original = type->tp_init;
    type->tp_init = initialize;
#if PY_VERSION_HEX >= 0x030e0000
    type->tp_vectorcall = NULL; /* it would do without tp_init */
#endif
}

bool moment_take(const void *exception, struct holdings *holdings)
{
    bool found = false;
    size_t i;

    recorder_lock();
    for (i = 0; i < MOST && !found && exception != NULL; i++) {
        if (seen[i].exception == exception) {
            *holdings = seen[i].holdings;
            seen[i].exception = NULL;
            seen[i].holdings = (struct holdings){.items = NULL};
            found = true;
        }
    }
    recorder_unlock();
    return found;
}

void moment_end(void)
{
    size_t i;

    recorder_lock();
    for (i = 0; i < MOST; i++) {
        forget(seen[i].exception);
    }
    recorder_unlock();
}
