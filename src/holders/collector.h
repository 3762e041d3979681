/*
 * Python's garbage collector, by its module: what PyGC_Collect leaves undone
 * where a program has disabled it, this does.
 */
#ifndef MVIEW_HOLDERS_COLLECTOR_H
#define MVIEW_HOLDERS_COLLECTOR_H

#include <stdbool.h>

struct _object;

/* Call a function of gc's, the argument NULL for none: a new reference; NULL, no exception set, when it fails. */
struct _object *collector_call(const char *name, struct _object *argument);

void collector_collect(void);

/* Let it rest, for what is made meanwhile to start no collection; it went on before? */
bool collector_rest(void);
void collector_go_on(bool before);

#endif
