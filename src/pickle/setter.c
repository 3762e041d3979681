#include "pickle/setter.h"

#include "pickle/make.h"
#include "pickle/objects.h"

#include <string.h>

/* What the opcode that comes next gets from the memo; NULL for others. */
static const struct pickle_value *fetched_next(const struct machine *m)
{
    const unsigned char *next = m->bytes + m->at;
    size_t left = m->size - m->at;
    uint64_t index = UINT64_MAX;

    if (left > 2 && next[0] == 'h') {
        index = next[1];
    } else if (left > 5 && next[0] == 'j') {
        index = little_endian(next + 1, 4);
    } else if (left > 2 && next[0] == 'g') {
        const unsigned char *end = memchr(next, '\n', left < 24 ? left : 24);

        if (end == NULL || !digits_to_unsigned(next + 1, (size_t)(end - next - 1), &index)) {
            return NULL;
        }
    }
    return index < m->memo_room ? m->memo[index] : NULL;
}

/*
 * A call that refers to itself is pickled twice: where it is met on the way, and at its own place, where it is dropped
 * for the first.
 */
static bool is_made_again(const struct machine *m, const struct pickle_object *call)
{
    const struct pickle_value *first = fetched_next(m);
    bool is_call = first != NULL && first->kind == PICKLE_OBJECT && first->object->how == PICKLE_CALLED;
    const struct pickle_value *arguments = is_call ? first->object->arguments : NULL;
    size_t count = call->arguments->item_count;

    return arguments != NULL && arguments->kind == PICKLE_TUPLE &&
           arguments->item_count == count &&
           memcmp(arguments->items, call->arguments->items, count * sizeof *arguments->items) == 0;
}

bool object_set_by(struct machine *m, const struct pickle_value *call)
{
    bool fresh = call->kind == PICKLE_OBJECT && call->object->how == PICKLE_CALLED &&
                 call->object->place + 1 == m->opcode_at;
    const struct pickle_value *arguments = fresh ? call->object->arguments : NULL;
    struct pickle_value *const *given;
    struct pickle_value *state;
    struct pickle_rare *rare;

    if (arguments == NULL || arguments->kind != PICKLE_TUPLE || arguments->item_count < 2 ||
        arguments->item_count > 3) {
        return true;
    }
    given = arguments->items;
    if (given[0]->kind != PICKLE_OBJECT || (arguments->item_count == 3 && given[1]->kind != PICKLE_STR) ||
        is_made_again(m, call->object)) {
        return true;
    }
    state = arguments->item_count == 2 ? given[1] : value_new(m, PICKLE_DICT);
    rare = pickle_rare_of(given[0]->object, m->arena);
    if (rare == NULL || state == NULL || (arguments->item_count == 3 && !value_extend(m, state, given + 1, 2))) {
        return machine_full(m);
    }
    rare->setter = call->object->callable;
    return object_state(m, given[0], state);
}
