#include "pickle/pickle.h"

#include "pickle/machine.h"

#include <string.h>

bool pickle_is(const void *bytes, size_t size)
{
    const unsigned char *start = bytes;

    return size >= 2 && start[0] == 0x80 && start[1] >= 2 && start[1] <= 5;
}

/* What comes of a file so small should be small; in a larger one each further byte may unpack to so many. */
enum { SMALL_FILE = 1 << 20, LARGE_RATIO = 32 };

size_t pickle_arena_limit(size_t size)
{
    size_t least = (size_t)32 << 20;

    return size > (SIZE_MAX - least) / 8 ? SIZE_MAX : least + 8 * size;
}

size_t pickle_unpacked_limit(size_t size, size_t file)
{
    size_t large = file > SMALL_FILE ? file - SMALL_FILE : 0;

    if (size > file && (size - file) / LARGE_RATIO > large) {
        size = file + LARGE_RATIO * large;
    }
    return pickle_arena_limit(size);
}

bool pickle_parse(struct pickle *pickle, const void *bytes, size_t size, const struct pickle_hook *hook,
                  struct arena *arena, struct error *error)
{
    struct machine machine = {
        .bytes = bytes, .size = size, .latest = 1, .frame_end = SIZE_MAX, .hook = hook, .arena = arena, .error = error};
    struct pickle_value *value;

    machine.tell_at = hook != NULL && hook->passed != NULL ? 0 : SIZE_MAX;
    machine_plan_pause(&machine);
    value = machine_run(&machine);
    machine_free(&machine);
    *pickle = (struct pickle){.value = value,
                              .protocol = machine.protocol,
                              .length = machine.at,
                              .trailing = size - machine.at,
                              .globals = machine.globals,
                              .objects = machine.objects,
                              .bytes = bytes,
                              .size = size};
    memcpy(pickle->odd, machine.odd, sizeof pickle->odd);
    return value != NULL && !machine.cut;
}
