/*
 * The machine's stack, marks and memo.
 */
#ifndef MVIEW_PICKLE_STACK_H
#define MVIEW_PICKLE_STACK_H

#include "pickle/state.h"

/* Make room for one value more. */
bool stack_grow(struct machine *machine);

/* Takes NULL, for a value that could not be made. */
static inline bool stack_push(struct machine *machine, struct pickle_value *value)
{
    if (value == NULL || (machine->stack_count >= machine->stack_room && !stack_grow(machine))) {
        return false;
    }
    machine->stack[machine->stack_count++] = value;
    return true;
}

bool stack_push_mark(struct machine *machine);
/* Pop the last mark; what lay above it is then stack[*first .. stack_count). */
bool stack_pop_mark(struct machine *machine, size_t *first);
/* How far the stack may be popped: to the last mark. */
size_t stack_fence(const struct machine *machine);
/* False, and the error, when fewer than `count` values lie above the last mark. */
bool stack_need(struct machine *machine, size_t count);
/* The values from place `first` on; NULL for none, for the stack may not have been needed yet. */
struct pickle_value **stack_from(const struct machine *machine, size_t first);
/* Replace the values from place `first` on by a tuple of them. */
bool stack_tuple(struct machine *machine, size_t first);

/* Remember the topmost value. */
bool memo_put(struct machine *machine, size_t index);
/* Push a remembered value. */
bool memo_get(struct machine *machine, size_t index);

#endif
