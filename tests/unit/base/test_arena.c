#include "base/arena.h"

#include "test.h"

#include <stdalign.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

enum { MIB = 1 << 20 };

static bool is_zero(const unsigned char *bytes, size_t size)
{
    return size == 0 || (bytes[0] == 0 && memcmp(bytes, bytes + 1, size - 1) == 0);
}

static void memory_is_zeroed_and_aligned(void)
{
    static const size_t sizes[] = {1, 15, 16, 17, 1000, 20000, 64 * 1024, 200000, 3 * MIB};
    struct arena arena = ARENA_INIT(64 * MIB);
    size_t i, round;

    for (round = 0; round < 4; round++) {
        for (i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
            unsigned char *got = arena_alloc(&arena, sizes[i]);

            CHECK(got != NULL && (uintptr_t)got % alignof(max_align_t) == 0 && is_zero(got, sizes[i]));
            memset(got, 0xff, sizes[i]);
        }
    }
    CHECK(arena.used > 12 * MIB);
    arena_free(&arena);
    CHECK_INT(arena.used, 0);
}

static void small_things_where_much_was_handed_out(void)
{
    struct arena arena = ARENA_INIT(64 * MIB);
    size_t i;
    bool zero = true;

    for (i = 0; i < 20 * MIB / 100; i++) {
        unsigned char *got = arena_alloc(&arena, 100);

        zero = zero && got != NULL && is_zero(got, 100);
        if (got != NULL) {
            memset(got, 0xff, 100);
        }
    }
    CHECK(zero);
    arena_free(&arena);
}

static void arrays_grow_and_keep_what_they_had(void)
{
    struct arena arena = ARENA_INIT(64 * MIB);
    uint32_t *one = NULL;
    uint32_t *other = NULL;
    size_t count = 0;
    size_t room, i;
    bool same = true;

    for (room = 1; room <= 1 << 20; room *= 2) {
        one = arena_grow(&arena, one, count, room, sizeof *one);
        other = arena_grow(&arena, other, count, room, sizeof *other);
        CHECK(one != NULL && other != NULL);
        if (one == NULL || other == NULL) {
            break;
        }
        for (i = count; i < room; i++) {
            one[i] = (uint32_t)i;
            other[i] = ~(uint32_t)i;
        }
        count = room;
        CHECK(arena_alloc(&arena, 32) != NULL);
    }
    for (i = 0; i < count; i++) {
        same = same && one[i] == i && other[i] == ~(uint32_t)i;
    }
    CHECK(same);
    CHECK(arena.used < 9 * MIB); /* nothing large was left behind */
    arena_free(&arena);
}

static void the_limit_holds(void)
{
    struct arena arena = ARENA_INIT(MIB);
    unsigned char *array = arena_array(&arena, 100000, 1);

    CHECK(array != NULL);
    CHECK(arena_grow(&arena, array, 100000, SIZE_MAX / 2, 3) == NULL);
    CHECK(arena_grow(&arena, array, 100000, 2 * MIB, 1) == NULL);
    array = arena_grow(&arena, array, 100000, MIB, 1);
    CHECK(array != NULL);
    CHECK(arena_alloc(&arena, 1) == NULL);
    CHECK(arena_array(&arena, SIZE_MAX, 2) == NULL);
    arena_free(&arena);
}

int main(void)
{
    RUN(memory_is_zeroed_and_aligned);
    RUN(small_things_where_much_was_handed_out);
    RUN(arrays_grow_and_keep_what_they_had);
    RUN(the_limit_holds);
    return TEST_END();
}
