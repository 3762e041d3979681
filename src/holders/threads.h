/*
 * Python's threads: what they are called, and whose stack an address lies on; for src/holders.
 */
#ifndef MVIEW_HOLDERS_THREADS_H
#define MVIEW_HOLDERS_THREADS_H

#include "holders/heap.h"
#include "holders/roots.h"

#include <stdbool.h>
#include <stdint.h>

struct text;

/* " in thread NAME", or nothing for the one that asks. */
void threads_put(struct text *text, PyThreadState *thread, const struct roots *roots);

/*
 * The thread on whose stack this lies, where that is still in use: NULL for none.  Of the thread that asks only what
 * functions have that lie below a frame of Python's that runs.
 */
PyThreadState *threads_on_stack(const struct heap *heap, const struct roots *roots, uintptr_t address);

#endif
