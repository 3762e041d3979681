/*
 * Objects that can be reached from others; for src/probe.
 */
#ifndef MVIEW_PROBE_CROWD_H
#define MVIEW_PROBE_CROWD_H

#include <Python.h>

#include <stdbool.h>

enum { CROWD_MAX = 4096 }; /* the nearest are kept, others not looked at */

struct crowd {
    PyObject **members; /* a reference to each */
    int count;
    int seen;       /* members whose own references are in already */
    int *table;     /* places in members by address, open addressing; -1: free */
};

/* False out of memory. */
bool crowd_begin(struct crowd *crowd);
void crowd_end(struct crowd *crowd);

/* Add an object (NULL: nothing) and, by crowd_spread, all that its collector knows of, level by level. */
void crowd_add(struct crowd *crowd, PyObject *object);

/* `whole`: through types and modules too, behind which is nearly everything. */
void crowd_spread(struct crowd *crowd, bool whole);

#endif
