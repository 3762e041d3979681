/*
 * Who asks: the lines of Python that are running, and the native function that
 * called.  Taken in two steps, for the words are needed only once for requests
 * that are alike.
 *
 * With the GIL, or attached where there is none; an exception that is set
 * stays, no code of the program's runs.
 */
#ifndef MVIEW_TRACE_ASKER_H
#define MVIEW_TRACE_ASKER_H

#include <Python.h>

#include "ledger/ledger.h"

#include <stdbool.h>
#include <stdint.h>

struct error;
struct text;

enum { ASKER_CALLERS = 8 };

struct asker {
    struct {
        PyCodeObject *code; /* borrowed: it is running */
        int place;          /* bytes into its code */
    } lines[LEDGER_DEPTH]; /* the innermost first */
    int line_count;
    uintptr_t callers[ASKER_CALLERS]; /* addresses to return to, the innermost first */
    int caller_count;
    bool outside; /* the last of the callers is no part of Python */
};

/* Find out where Python's own code lies; once, before anything else here. */
bool asker_start(struct error *error);

/* Whoever runs now, where `caller` is the address that the function asked for a buffer returns to. */
void asker_find(struct asker *asker, uintptr_t caller);

/* A number of all that asker_words tells, and of the exporter's type and the request. */
uint64_t asker_signature(const struct asker *asker, PyTypeObject *type, int flags);

/* The words, which point into `room`: cleared first, owned by the caller. */
void asker_words(const struct asker *asker, PyTypeObject *type, int flags, struct text *room,
                 struct ledger_words *words);

/* "FILE:LINE in FUNCTION" of whoever runs now; nothing where no code of Python's does. */
void asker_line(struct text *text);

/* An exception (normalized or not) as "BufferError: what it says", without asking it. */
void asker_exception(PyObject *type, PyObject *value, struct text *text);

#endif
