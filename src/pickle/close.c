#include "pickle/close.h"

#include "pickle/make.h"
#include "pickle/objects.h"
#include "pickle/stack.h"

/* An object that may still get its state, which nearly all get as a dict or a tuple. */
static bool takes_state(const struct pickle_value *value, const struct pickle_value *state)
{
    return value->kind == PICKLE_OBJECT && value->object->states == 0 && value->object->items == NULL &&
           value->object->entries == NULL && (state->kind == PICKLE_DICT || state->kind == PICKLE_TUPLE);
}

/* Whether the topmost values above `fence` are one value that was not put together yet; then do so. */
static bool put_together(struct machine *m, size_t fence, bool *ok)
{
    struct pickle_value **top = m->stack + m->stack_count;
    size_t count = m->stack_count - fence;

    if (count >= 2 && takes_state(top[-2], top[-1])) {
        m->stack_count--;
        *ok = object_state(m, top[-2], top[-1]);
        return *ok;
    }
    if (count >= 2 && top[-2]->kind == PICKLE_GLOBAL && top[-1]->kind == PICKLE_TUPLE) {
        *ok = run_call(m, PICKLE_CALLED);
        return *ok;
    }
    if (count >= 2 && top[-2]->kind == PICKLE_LIST && top[-2]->item_count == 0) {
        m->stack_count--;
        *ok = value_extend(m, top[-2], top - 1, 1);
        return *ok;
    }
    if (count >= 3 && top[-3]->kind == PICKLE_DICT && top[-3]->item_count == 0 && top[-2]->kind == PICKLE_STR) {
        m->stack_count -= 2;
        *ok = value_extend(m, top[-3], top - 2, 2);
        return *ok;
    }
    return false;
}

/* Into the list, set or dict that `first` lies above; a key without its value is left out. */
static bool close_into(struct machine *m, struct pickle_value *container, size_t first)
{
    size_t count = m->stack_count - first;

    if (container->kind == PICKLE_DICT) {
        count -= count % 2;
    }
    m->stack_count = first;
    return count == 0 || value_extend(m, container, m->stack + first, count);
}

static bool is_container(const struct pickle_value *value)
{
    return value->kind == PICKLE_LIST || value->kind == PICKLE_SET || value->kind == PICKLE_DICT;
}

/* What lies above the last mark. */
static bool close_mark(struct machine *m)
{
    bool ok = true;
    size_t first;

    if (!stack_pop_mark(m, &first)) {
        return false;
    }
    while (put_together(m, first, &ok)) {
    }
    if (!ok) {
        return false;
    }
    return first > stack_fence(m) && is_container(m->stack[first - 1]) ? close_into(m, m->stack[first - 1], first)
                                                                        : stack_tuple(m, first);
}

struct pickle_value *close_up(struct machine *m)
{
    bool ok = true;

    while (m->mark_count > 0) {
        if (!close_mark(m)) {
            return NULL;
        }
    }
    while (put_together(m, 0, &ok)) {
    }
    if (ok && m->stack_count > 1) {
        ok = is_container(m->stack[0]) ? close_into(m, m->stack[0], 1) : stack_tuple(m, 0);
    }
    return ok && m->stack_count > 0 ? m->stack[0] : NULL;
}
