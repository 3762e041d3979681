/*
 * What is asked of who keeps an export, and the answer.
 */
#ifndef MVIEW_HOLDERS_QUESTION_H
#define MVIEW_HOLDERS_QUESTION_H

#include <Python.h>

#include <stdbool.h>
#include <stddef.h>

struct holders_question {
    PyObject *exporter;    /* borrowed; alive */
    const Py_buffer *view; /* what the exporter filled: its address is compared; NULL: any view of the exporter */
    Py_buffer filled;      /* .. its content then; not used where that is NULL */
    bool itself;           /* who refers to the exporter is asked, whether for a view or not; view is NULL */
    bool moved;            /* it does not lie there any more: only a copy of it is looked for */
};

enum holders_state {
    HOLDERS_NONE,    /* no Python object is seen to hold it: leaked, or (without an address) there is none */
    HOLDERS_GARBAGE, /* only objects that nothing outside of themselves refers to: gone when collected */
    HOLDERS_KEPT,    /* named: one text for each place */
    HOLDERS_UNNAMED, /* an object holds it, and what keeps that object has no name that was found */
};

enum { HOLDERS_NAMES = 8 }; /* the most that are given for one question */

/* What was not followed to its end: then there may be more than was found. */
enum holders_bound {
    HOLDERS_TIME = 1 << 0,
    HOLDERS_DEPTH = 1 << 1,   /* a name lies further off */
    HOLDERS_BREADTH = 1 << 2, /* too many objects refer to one of those on the way, or the heap is too large */
};

struct holders_answer {
    enum holders_state state;
    unsigned bounds;            /* enum holders_bound */
    int count;                  /* names */
    size_t references;          /* itself: how many references to the exporter were seen */
    bool guessed;               /* the names are of what may only look like a reference */
    bool more;                  /* .. there are more places than these */
    char *names[HOLDERS_NAMES]; /* owned: the nearest first, escaped: "__main__.cache['x']", or what it is if not KEPT */
};

/* One sentence for what was not followed to its end: "stopped after 1 s"; "" for no bound. */
const char *holders_bounds_text(unsigned bounds);

#endif
