#include <Python.h>

#include "trace/moment.h"

#include "base/clock.h"
#include "base/text.h"
#include "trace/asker.h"
#include "trace/recorder.h"
#include "trace/replace.h"

#include <stdlib.h>
#include <string.h>

enum {
    SEEN = 8,     /* errors that are remembered: some may be caught, and raised again */
    MOMENTS = 16, /* lines that raised some */
    NO_MOMENT = -1,
};

/* Seconds for all of a program's, and of those that it has run. */
static const double patience = 1, share = 0.05;

/* With the GIL, but for builds without one; there the recorder's lock. */
static struct {
    const PyObject *exception; /* compared only */
    int moment;                /* in the list, or NO_MOMENT */
    bool looked;
    struct holdings holdings;
} seen[SEEN];
static size_t next;
static struct moment moments[MOMENTS];
static int moment_count;
static double started, spent;
static initproc original;
static void (*near_frame)(struct holdings *holdings, const char *exception);

/* --- the last errors --------------------------------------------------------------------------- */

/* With the lock: another exception may have the address of one that is gone. */
static void forget(const PyObject *exception)
{
    size_t i;

    for (i = 0; i < SEEN; i++) {
        if (seen[i].exception == exception) {
            holding_free(&seen[i].holdings);
            seen[i].exception = NULL;
        }
    }
}

static void remember(const PyObject *exception, int moment, bool looked, const struct holdings *holdings)
{
    recorder_lock();
    forget(exception);
    forget(seen[next].exception);
    seen[next].exception = exception;
    seen[next].moment = moment;
    seen[next].looked = looked;
    seen[next].holdings = *holdings;
    next = (next + 1) % SEEN;
    recorder_unlock();
}

bool moment_take(const void *exception, struct holdings *holdings)
{
    bool found = false;
    size_t i;

    recorder_lock();
    for (i = 0; i < SEEN && exception != NULL; i++) {
        if (seen[i].exception == exception) {
            *holdings = seen[i].holdings;
            found = seen[i].looked;
            if (seen[i].moment != NO_MOMENT) {
                moments[seen[i].moment].told++;
            }
            seen[i].exception = NULL;
            seen[i].holdings = (struct holdings){.items = NULL};
        }
    }
    recorder_unlock();
    return found;
}

/* --- the lines that raised some ------------------------------------------------------------------ */

static int find(const char *where)
{
    int i;

    for (i = 0; i < moment_count; i++) {
        if (strcmp(moments[i].where, where) == 0) {
            return i;
        }
    }
    return NO_MOMENT;
}

/* The first of a line; what it is about must be known. */
static int add(PyObject *exception, const char *where, const struct holdings *holdings)
{
    struct moment moment = {.count = 0};
    struct text text = TEXT_INIT;

    if (*where == '\0' || moment_count == MOMENTS || !holding_copy(holdings, &moment.holdings)) {
        return NO_MOMENT;
    }
    asker_exception((PyObject *)Py_TYPE(exception), exception, &text);
    near_frame(&moment.holdings, text_string(&text));
    moment.exception = text.data;
    moment.where = strdup(where);
    if (moment.holdings.count == 0 || text.failed || moment.where == NULL) {
        holding_free(&moment.holdings);
        free(moment.exception);
        free(moment.where);
        return NO_MOMENT;
    }
    moments[moment_count] = moment;
    return moment_count++;
}

const char *moment_relation(void)
{
    return PY_VERSION_HEX >= 0x030c0000 ? "at" : "at or below";
}

const struct moment *moment_list(size_t *count)
{
    *count = (size_t)moment_count;
    return moments;
}

/* --- when ------------------------------------------------------------------------------------------ */

static bool look(struct holdings *holdings)
{
    double begun = clock_seconds();
    bool ok = holding_collect(recorder_lock(), NULL, 0, holdings);

    recorder_unlock();
    if (ok) {
        holding_name(holdings, NULL, false);
    }
    spent += clock_seconds() - begun;
    return ok;
}

static void see(PyObject *exception)
{
    struct holdings holdings = {.items = NULL};
    bool looks = spent < patience + share * (clock_seconds() - started);
    struct text where = TEXT_INIT;
    int moment;

    recorder_look_away();
    asker_line(&where);
    moment = find(text_string(&where));
    looks = looks && look(&holdings);
    if (moment == NO_MOMENT && looks) {
        moment = add(exception, text_string(&where), &holdings);
    }
    if (moment != NO_MOMENT) {
        moments[moment].count++;
    }
    remember(exception, moment, looks, &holdings);
    text_free(&where);
    recorder_look_again();
}

static int initialize(PyObject *exception, PyObject *arguments, PyObject *keywords)
{
    int result = original(exception, arguments, keywords);

    if (result == 0 && recorder_sees() && !replace_is_asking()) {
        see(exception);
    } else {
        recorder_lock();
        forget(exception);
        recorder_unlock();
    }
    return result;
}

void moment_watch(void (*select)(struct holdings *holdings, const char *exception))
{
    PyTypeObject *type = (PyTypeObject *)PyExc_BufferError;

    near_frame = select;
    started = clock_seconds();
    original = type->tp_init;
    type->tp_init = initialize;
#if PY_VERSION_HEX >= 0x030e0000
    type->tp_vectorcall = NULL; /* it would do without tp_init */
#endif
}

void moment_end(void)
{
    int i;

    recorder_lock();
    for (i = 0; i < SEEN; i++) {
        forget(seen[i].exception);
    }
    for (i = 0; i < moment_count; i++) {
        holding_free(&moments[i].holdings);
        free(moments[i].exception);
        free(moments[i].where);
    }
    moment_count = 0;
    recorder_unlock();
}
