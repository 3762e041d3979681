/*
 * The opcodes, and the loop that runs them.
 */
#ifndef MVIEW_PICKLE_MACHINE_H
#define MVIEW_PICKLE_MACHINE_H

#include "pickle/state.h"

/* One opcode after the other up to STOP: the value left on the stack, or NULL and the error.  Cut short: both. */
struct pickle_value *machine_run(struct machine *machine);

#endif
