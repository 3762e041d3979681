#include "pickle/make.h"

#include <string.h>

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
    size_t room = container->room;

    if (count > room - container->item_count) {
        size_t least = container->item_count + count;
        struct pickle_value **grown;

        room = least > 2 * room ? least : 2 * room;
        grown = arena_grow(m->arena, container->items, container->room, room, sizeof(struct pickle_value *));
        if (grown == NULL) {
            return machine_full(m);
        }
        container->items = grown;
        container->room = room;
    }
    if (count > 0) {
        memcpy(container->items + container->item_count, items, count * sizeof *items);
        container->item_count += count;
    }
    return true;
}
