#include "pickle/state.h"

#include "base/error.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    FREE_WORK = 64 * 1024 * 1024, /* bytes and items that may be read again in any pickle, however small */
    MAX_INDEX_DIGITS = 20,        /* of a memo index as text */
    TELLING = 4 * 1024 * 1024,    /* bytes from one telling of the hook to the next */
};

/* --- errors --------------------------------------------------------------- */

bool machine_broken(struct machine *m, const char *format, ...)
{
    char what[512];
    va_list args;

    va_start(args, format);
    vsnprintf(what, sizeof what, format, args);
    va_end(args);
    return error_set(m->error, ERROR_INPUT, "broken pickle: %s at byte %zu: %s", m->opcode, m->opcode_at,
                     what);
}

bool machine_full(struct machine *m)
{
    return error_set(m->error, ERROR_INPUT, "the pickle's values need more than %zu MiB of memory",
                     m->arena->limit >> 20);
}

void machine_odd(struct machine *m, enum pickle_oddity oddity)
{
    struct pickle_odd *odd = &m->odd[oddity];

    if (odd->count++ == 0) {
        odd->place = m->opcode_at;
        odd->opcode = m->opcode;
    }
}

void machine_plan_pause(struct machine *m)
{
    m->pause = m->frame_end < m->tell_at ? m->frame_end : m->tell_at;
}

void machine_end_frame(struct machine *m)
{
    if (m->at > m->frame_end) {
        machine_odd(m, PICKLE_FRAME_CROSSED);
    }
    m->frame_end = SIZE_MAX;
    machine_plan_pause(m);
}

void machine_pause(struct machine *m)
{
    if (m->at >= m->frame_end) {
        machine_end_frame(m);
    }
    if (m->at >= m->tell_at) {
        m->hook->passed(m->hook->context, m->at);
        m->tell_at = m->at < SIZE_MAX - TELLING ? m->at + TELLING : SIZE_MAX;
    }
    machine_plan_pause(m);
}

bool machine_work(struct machine *m, size_t amount)
{
    if (__builtin_add_overflow(m->work, amount, &m->work) || m->work / 16 > m->size + FREE_WORK / 16) {
        return error_set(m->error, ERROR_INPUT,
                         "the pickle reads the same values over and over (%s at byte %zu)", m->opcode,
                         m->opcode_at);
    }
    return true;
}

/* --- arguments ------------------------------------------------------------ */

void machine_short(struct machine *m, uint64_t count)
{
    machine_broken(m, "%ju %s needed, %zu present", (uintmax_t)count, count == 1 ? "byte" : "bytes", m->size - m->at);
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

void machine_free(struct machine *m)
{
    free(m->stack);
    free(m->memo);
    free(m->marks);
}
