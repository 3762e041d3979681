/*
 * What an object hands over by a protocol: a capsule, or Arrow's two; asked
 * for, looked at, and given up in one of the two ways that there are.  For
 * src/probe.
 */
#ifndef MVIEW_PROBE_TAKEN_H
#define MVIEW_PROBE_TAKEN_H

#include <Python.h>

#include "judge/told.h"

#include <stdbool.h>
#include <stdint.h>

struct probe;

struct taken {
    enum protocol protocol; /* of ARRAY_STRUCT, DLPACK, ARROW */
    PyObject *first;        /* owned: the capsule, or the schema's; NULL when given up */
    PyObject *second;       /* owned: the array's capsule, or NULL */
};

/*
 * The attribute by which the object has a protocol: a new reference, or NULL with an exception set.  Its name is always
 * the same object: Python keeps those of others in a cache, which would look like a loss.
 */
PyObject *taken_attribute(struct probe *probe, enum protocol protocol);

/*
 * Ask for one; `keywords` (NULL: none) are for DLPack's.  Granted when *taken is to be given up; refused with an
 * exception set; not sent, so to say, when the answer is no such capsule.
 */
enum outcome taken_ask(struct probe *probe, enum protocol protocol, PyObject *keywords, struct taken *taken);

/* The keywords that the telling was asked with: max_version where that is taken; a new reference, or NULL for none. */
PyObject *taken_keywords(const struct probe *probe, enum protocol protocol);

/* What it tells: all of *told but how it was asked for. */
void taken_tell(struct taken *taken, struct told *told);

/* Where the structure that it leads to lies (Arrow: the array's). */
uintptr_t taken_structure(const struct taken *taken);

/* Can it be consumed: can its structure be read, and is there something to be called at its end? */
bool taken_has_end(const struct taken *taken);

/* Let go of it, unconsumed. */
void taken_drop(struct probe *probe, struct taken *taken);

/*
 * Consume it as the specification has it, let go of the capsule, and give back what it led to, once.  What is seen to
 * be wrong meanwhile is written into *exchange.  What has no end is dropped.
 */
void taken_consume(struct probe *probe, struct taken *taken, struct exchange *exchange);

#endif
