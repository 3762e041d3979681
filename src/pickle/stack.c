#include "pickle/stack.h"

#include "base/error.h"
#include "pickle/make.h"

#include <stdlib.h>
#include <string.h>

/* Make room for entry `index` of a scratch array. */
static bool make_room(struct machine *m, void **array, size_t *room, size_t size, size_t index)
{
    size_t most = m->arena->limit / 2 / size;
    size_t grown = index / 2 < 16 ? 32 : index + index / 2 + 1;
    size_t others = m->stack_room + m->memo_room + m->mark_room - *room;
    void *moved;

    if (index < *room) {
        return true;
    }
    if (index >= most || others > most - (index + 1)) {
        return machine_full(m);
    }
    if (grown > most - others) {
        grown = most - others;
    }
    moved = realloc(*array, grown * size);
    if (moved == NULL) {
        return error_no_memory(m->error);
    }
    memset((char *)moved + *room * size, 0, (grown - *room) * size);
    *array = moved;
    *room = grown;
    return true;
}

size_t stack_fence(const struct machine *m)
{
    return m->mark_count > 0 ? m->marks[m->mark_count - 1] : 0;
}

bool stack_need(struct machine *m, size_t count)
{
    if (m->stack_count - stack_fence(m) < count) {
        return machine_broken(m, "%zu %s needed on the stack, %zu there", count,
                              count == 1 ? "value" : "values", m->stack_count - stack_fence(m));
    }
    return true;
}

bool stack_grow(struct machine *m)
{
    return make_room(m, (void **)&m->stack, &m->stack_room, sizeof *m->stack, m->stack_count);
}

bool stack_push_mark(struct machine *m)
{
    if (!make_room(m, (void **)&m->marks, &m->mark_room, sizeof *m->marks, m->mark_count)) {
        return false;
    }
    m->marks[m->mark_count++] = m->stack_count;
    return true;
}

bool stack_pop_mark(struct machine *m, size_t *first)
{
    if (m->mark_count == 0) {
        return machine_broken(m, "no mark on the stack");
    }
    *first = m->marks[--m->mark_count];
    return true;
}

struct pickle_value **stack_from(const struct machine *m, size_t first)
{
    return first < m->stack_count ? m->stack + first : NULL;
}

bool stack_tuple(struct machine *m, size_t first)
{
    size_t count = m->stack_count - first;
    struct pickle_value *tuple = value_new(m, PICKLE_TUPLE);

    if (tuple == NULL || !value_extend(m, tuple, stack_from(m, first), count)) {
        return false;
    }
    m->stack_count = first;
    return stack_push(m, tuple);
}

bool memo_put(struct machine *m, size_t index)
{
    if (!stack_need(m, 1)) {
        return false;
    }
    /* A pickler counts its values: it cannot have put more than there are bytes before. */
    if (index > m->opcode_at) {
        return machine_broken(m, "memo index %zu is out of range", index);
    }
    if (!make_room(m, (void **)&m->memo, &m->memo_room, sizeof *m->memo, index)) {
        return false;
    }
    if (m->put_end == m->opcode_at) {
        machine_odd(m, PICKLE_REMEMBERED_AGAIN);
    }
    m->put_end = m->at;
    m->memo_count += m->memo[index] == NULL;
    m->memo[index] = m->stack[m->stack_count - 1];
    return true;
}

bool memo_get(struct machine *m, size_t index)
{
    if (index >= m->memo_room || m->memo[index] == NULL) {
        return machine_broken(m, "nothing in the memo at index %zu", index);
    }
    return stack_push(m, m->memo[index]);
}
