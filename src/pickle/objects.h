/*
 * The opcodes that name globals and make objects of them.
 */
#ifndef MVIEW_PICKLE_OBJECTS_H
#define MVIEW_PICKLE_OBJECTS_H

#include "pickle/state.h"

bool run_global(struct machine *machine, unsigned unused);
bool run_stack_global(struct machine *machine, unsigned unused);
bool run_extension(struct machine *machine, unsigned width); /* EXT1, EXT2, EXT4 */
bool run_call(struct machine *machine, unsigned how);        /* REDUCE, NEWOBJ: enum pickle_how */
bool run_call_keywords(struct machine *machine, unsigned how); /* NEWOBJ_EX */
bool run_inst(struct machine *machine, unsigned unused);
bool run_obj(struct machine *machine, unsigned unused);
bool run_persistent(struct machine *machine, unsigned unused); /* PERSID */
bool run_binary_persistent(struct machine *machine, unsigned unused);
bool run_outside(struct machine *machine, unsigned unused); /* NEXT_BUFFER */
bool run_readonly(struct machine *machine, unsigned unused);
bool run_build(struct machine *machine, unsigned unused);

/*
 * Where items (PICKLE_LIST) or entries (PICKLE_DICT) for this value go: the
 * list or dict itself, or an object's own.  NULL, and the error, for values
 * that take none.
 */
struct pickle_value *object_room(struct machine *machine, struct pickle_value *value, enum pickle_kind kind);

/* Give an object or a global a state, as BUILD does. */
bool object_state(struct machine *machine, struct pickle_value *value, struct pickle_value *state);

#endif
