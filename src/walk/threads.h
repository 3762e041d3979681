/*
 * Work in parts that several threads take, one after another, until none is left.
 */
#ifndef MVIEW_WALK_THREADS_H
#define MVIEW_WALK_THREADS_H

#include <stdbool.h>
#include <stddef.h>

enum { WORKERS_MAX = 4 };

struct parts;

/* The next part that nobody has taken, 0 ..; false when there is none, or when a worker has failed. */
bool parts_take(struct parts *parts, size_t *part);

/*
 * A worker: it takes parts as long as there are any, and says whether all went
 * well.  Worker 0 is the thread that share_out was called in; the others are
 * threads of their own, to which no signal is sent.
 */
typedef bool worker_function(void *context, size_t worker, struct parts *parts);

/* Workers that `bytes` of work are worth, as far as there are processors: 1 .. WORKERS_MAX. */
size_t count_workers(size_t bytes);

/*
 * Have `count` workers, 1 .. WORKERS_MAX, do all parts, and wait for them; true
 * when all went well.  Where a thread cannot be had, the others do its work.
 */
bool share_out(size_t count, size_t parts, worker_function *work, void *context);

#endif
