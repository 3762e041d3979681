/*
 * What a pickle that is cut short would hold, as far as it goes.
 */
#ifndef MVIEW_PICKLE_CLOSE_H
#define MVIEW_PICKLE_CLOSE_H

#include "pickle/state.h"

/*
 * The value that the stack comes down to when everything that is open is
 * closed: what lies above a mark goes into the list, set or dict below it, or
 * becomes a tuple.  Values that wait for an opcode without a mark are put
 * together as picklers nearly always do: an object and its state, a list or
 * dict of one. NULL when there is nothing, or no memory for it.
 */
struct pickle_value *close_up(struct machine *machine);

#endif
