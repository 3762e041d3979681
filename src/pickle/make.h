/*
 * Values while the machine runs; NULL, and the error, when the arena is full.
 */
#ifndef MVIEW_PICKLE_MAKE_H
#define MVIEW_PICKLE_MAKE_H

#include "pickle/state.h"

static inline struct pickle_value *value_new(struct machine *machine, enum pickle_kind kind)
{
    struct pickle_value *value = arena_alloc(machine->arena, value_size(kind));

    if (value == NULL) {
        machine_full(machine);
        return NULL;
    }
    value->kind = kind;
    return value;
}

struct pickle_value *value_bytes(struct machine *machine, enum pickle_kind kind, const unsigned char *data,
                                 size_t size);
struct pickle_value *value_integer(struct machine *machine, int64_t integer);
struct pickle_value *value_float(struct machine *machine, double real);

/* Append to a LIST, TUPLE, SET, FROZENSET or DICT. */
bool value_extend(struct machine *machine, struct pickle_value *container, struct pickle_value *const *items,
                  size_t count);

#endif
