/*
 * What was held when a BufferError was raised.  Until nobody has caught it, a
 * with statement or a finally may have released what it was about.
 */
#ifndef MVIEW_TRACE_MOMENT_H
#define MVIEW_TRACE_MOMENT_H

#include "trace/holding.h"

/*
 * Look whenever one is made, from now on, once: those by which requests are refused are not looked into, nor is any
 * when the time for it is used up.
 */
void moment_watch(void);

/*
 * Of an exception that is about to be told of: the caller gives it back by holding_free.  False where nobody looked
 * then.
 */
bool moment_take(const void *exception, struct holdings *holdings);

/* Those that were not asked for. */
void moment_end(void);

#endif
