/*
 * A picture of Python's heap: who refers to whom; for src/holders.
 *
 * Members are, in this order: frames that run, threads, objects.  Objects are
 * those that the collector knows, and those that are reached from them without
 * being known to it (a dict of arrays, an array).  For each, where it refers
 * to; not to what keeps nothing (numbers, strings), nor to types and modules.
 */
#ifndef MVIEW_HOLDERS_HEAP_H
#define MVIEW_HOLDERS_HEAP_H

#include "holders/kind.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * Without the GIL other threads go on, and what they give up must not be freed meanwhile: a reference to each object
 * is held.
 */
#if defined Py_GIL_DISABLED
enum { HEAP_HELD = 1 };
#else
enum { HEAP_HELD = 0 };
#endif

enum { HEAP_UNTOLD = 1 }; /* bit of a reference: found in the memory of a C object, or a leftover; the address only */

/* Called for each object while it is at hand.  False ends the walk. */
typedef void heap_look(size_t member, PyObject *object, const struct kind *kind, void *context);

struct heap {
    void **members;        /* owned; the addresses */
    PyThreadState **owners; /* owned: of each frame and thread, the thread */
    size_t frames, threads; /* how many of the members are those */
    size_t count, held;     /* all; of which a reference is held, if any are */
    size_t *ends;          /* owned: of member i, references[ends[i-1]] up to references[ends[i]] */
    uintptr_t *references; /* owned: addresses, HEAP_UNTOLD in their lowest bit */
    size_t reference_count;
    struct kinds kinds;
    double deadline;       /* of clock_now */
    unsigned bounds;       /* enum holders_bound */

    /* for the walk only */
    size_t member_room, reference_room, end_room;
    void **reached; /* owned: objects that the collector does not know of, by address; open addressing */
    size_t reached_count, reached_room;
    bool frozen; /* there are objects that the collector does not list */
    PyObject *const *ignored;
    size_t ignored_count;
};

/* Seconds of the processor that this thread had: what others have of it does not cut the search short. */
double clock_now(void);

/*
 * Walk.  False out of memory.  The members are good as long as no code of Python's runs.
 * Give it back by heap_free in any case.
 */
bool heap_take(struct heap *heap, PyObject *const *ignored, size_t ignored_count, double seconds, heap_look *look,
               void *context);
void heap_free(struct heap *heap);

/* After the walk: the member that is this object, made if nothing leads to it.  False where there is no room. */
bool heap_member(struct heap *heap, PyObject *object, size_t *member);

#endif
