#include "pickle/machine.h"

#include "base/error.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* Bytes and items that calls may read again in any pickle, however small. */
enum { FREE_WORK = 64 * 1024 * 1024 };

/* --- errors --------------------------------------------------------------- */

bool machine_refuse(struct machine *m, const char *format, ...)
{
    char what[512];
    va_list args;

    va_start(args, format);
    vsnprintf(what, sizeof what, format, args);
    va_end(args);
    return error_set(m->error, ERROR_INPUT,
                     "refuses %s at byte %zu: "
                     "--trust loads it with Python's unpickler, which can run any code",
                     what, m->opcode_at);
}

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

bool machine_blame(struct machine *m)
{
    return error_prefix(m->error, "broken pickle: %s at byte %zu", m->opcode, m->opcode_at);
}

bool machine_full(struct machine *m)
{
    return error_set(m->error, ERROR_INPUT, "the pickle's values need more than %zu MiB of memory",
                     m->arena->limit >> 20);
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

/* --- values --------------------------------------------------------------- */

struct pickle_value *value_new(struct machine *m, enum pickle_kind kind)
{
    struct pickle_value *value = arena_alloc(m->arena, sizeof *value);

    if (value == NULL) {
        machine_full(m);
        return NULL;
    }
    value->kind = kind;
    return value;
}

struct pickle_value *value_bytes(struct machine *m, enum pickle_kind kind, const unsigned char *data,
                                 size_t size)
{
    struct pickle_value *value = value_new(m, kind);

    if (value != NULL) {
        value->data = data;
        value->size = size;
    }
    return value;
}

struct pickle_value *value_integer(struct machine *m, int64_t integer)
{
    struct pickle_value **shared = integer >= 0 && integer < 256 ? &m->small[integer] : NULL;
    struct pickle_value *value;

    if (shared != NULL && *shared != NULL) {
        return *shared;
    }
    value = value_new(m, PICKLE_INT);
    if (value != NULL) {
        value->integer = integer;
        if (shared != NULL) {
            *shared = value;
        }
    }
    return value;
}

struct pickle_value *value_float(struct machine *m, double real)
{
    struct pickle_value *value = value_new(m, PICKLE_FLOAT);

    if (value != NULL) {
        value->real = real;
    }
    return value;
}

bool value_extend(struct machine *m, struct pickle_value *container, struct pickle_value *const *items,
                  size_t count)
{
    size_t room = container->weight; /* while the machine runs: entries that `items` has room for */

    if (count > room - container->item_count) {
        size_t least = container->item_count + count;
        struct pickle_value **grown;

        room = least > 2 * room ? least : 2 * room;
        grown = arena_array(m->arena, room, sizeof(struct pickle_value *));
        if (grown == NULL) {
            return machine_full(m);
        }
        if (container->item_count > 0) {
            memcpy(grown, container->items, container->item_count * sizeof *grown);
        }
        container->items = grown;
        container->weight = room;
    }
    if (count > 0) {
        memcpy(container->items + container->item_count, items, count * sizeof *items);
        container->item_count += count;
    }
    return true;
}

bool value_is_key(const struct pickle_value *value)
{
    return value->kind <= PICKLE_BYTES || (int)value->kind == KIND_STRING;
}

bool value_is_text(const struct pickle_value *value, const char *text)
{
    return (value->kind == PICKLE_STR || (int)value->kind == KIND_STRING) && value->size == strlen(text) &&
           memcmp(value->data, text, value->size) == 0;
}

bool value_to_int(const struct pickle_value *value, int64_t *integer)
{
    if ((value->kind != PICKLE_INT && value->kind != PICKLE_BOOL) || value->data != NULL) {
        return false;
    }
    *integer = value->integer;
    return true;
}

const char *value_type_name(const struct pickle_value *value)
{
    switch ((int)value->kind) {
    case KIND_GLOBAL:
        return global_name(value->global);
    case KIND_STRING:
        return "str";
    case KIND_UNBUILT:
        return "numpy.ndarray";
    default:
        return pickle_type_name(value);
    }
}
