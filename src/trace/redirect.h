/*
 * Functions of this process replaced at their entry, by machine code: whoever
 * calls them, by whatever way, gets another.
 */
#ifndef MVIEW_TRACE_REDIRECT_H
#define MVIEW_TRACE_REDIRECT_H

#include <stdbool.h>

struct error;

typedef void any_function(void); /* to be cast to what it is */

/*
 * From now on, and for good, a call of `function` (named `name` in errors) is one of `replacement`.  No thread may
 * be in it.  An error where the processor is not known, or the system lets nobody change code.
 */
bool redirect(any_function *function, any_function *replacement, const char *name, struct error *error);

#endif
