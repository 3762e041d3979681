#include "pickle/machine.h"

#include "base/error.h"

#include <stdlib.h>
#include <string.h>

enum { MAX_INDEX_DIGITS = 20 }; /* of a memo index as text */

/* --- stack, marks and memo ------------------------------------------------ */

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

bool stack_push(struct machine *m, struct pickle_value *value)
{
    if (value == NULL ||
        !make_room(m, (void **)&m->stack, &m->stack_room, sizeof *m->stack, m->stack_count)) {
        return false;
    }
    m->stack[m->stack_count++] = value;
    return true;
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

void machine_free(struct machine *m)
{
    free(m->stack);
    free(m->memo);
    free(m->marks);
}

/* --- arguments ------------------------------------------------------------ */

bool take(struct machine *m, uint64_t count, const unsigned char **bytes)
{
    if (count > m->size - m->at) {
        return machine_broken(m, "%ju %s needed, %zu present", (uintmax_t)count,
                              count == 1 ? "byte" : "bytes", m->size - m->at);
    }
    *bytes = m->bytes + m->at;
    m->at += (size_t)count;
    return true;
}

bool take_unsigned(struct machine *m, unsigned width, uint64_t *number)
{
    const unsigned char *bytes;

    if (!take(m, width, &bytes)) {
        return false;
    }
    *number = little_endian(bytes, width);
    return true;
}

bool take_counted(struct machine *m, unsigned width, const unsigned char **bytes, size_t *size)
{
    uint64_t count;

    if (!take_unsigned(m, width, &count) || !take(m, count, bytes)) {
        return false;
    }
    *size = (size_t)count;
    return true;
}

bool take_line(struct machine *m, const unsigned char **text, size_t *size)
{
    const unsigned char *start = m->bytes + m->at;
    const unsigned char *end = m->at < m->size ? memchr(start, '\n', m->size - m->at) : NULL;

    if (end == NULL) {
        return machine_broken(m, "its line has no end");
    }
    *text = start;
    *size = (size_t)(end - start);
    m->at += *size + 1;
    return true;
}

bool take_index_line(struct machine *m, size_t *index)
{
    const unsigned char *text;
    size_t size;
    size_t i;

    if (!take_line(m, &text, &size)) {
        return false;
    }
    *index = 0;
    for (i = 0; i < size && i < MAX_INDEX_DIGITS; i++) {
        if (text[i] < '0' || text[i] > '9' || __builtin_mul_overflow(*index, 10, index) ||
            __builtin_add_overflow(*index, (size_t)(text[i] - '0'), index)) {
            break;
        }
    }
    return (size > 0 && i == size) || machine_broken(m, "its index is no number that fits");
}
