#include "trial/plan.h"

#include "base/error.h"
#include "format/format.h"
#include "trial/items.h"

#include "test.h"

#include <stdlib.h>

enum { ITEM = 4, MOST = 4096 };

static struct plan plan;
static unsigned char block[MOST], items[MOST], back[MOST];

/* A plan of 4-byte items; false when it is refused. */
static bool arrange(enum arrangement arrangement, int ndim, ptrdiff_t a, ptrdiff_t b, ptrdiff_t c)
{
    const ptrdiff_t extents[] = {a, b, c};
    struct error error = ERROR_INIT;
    int d;

    plan = (struct plan){.format = "i", .itemsize = ITEM, .ndim = ndim, .edge = EDGE_END};
    for (d = 0; d < ndim; d++) {
        plan.shape[d] = extents[d];
    }
    return plan_arrange(&plan, arrangement, &error);
}

static void items_lie_in_the_block_apart_from_each_other(void)
{
    static const ptrdiff_t shapes[][4] = {
        {0, 0, 0, 0}, {1, 12, 0, 0}, {1, 1, 0, 0}, {1, 0, 0, 0}, {2, 3, 4, 0}, {2, 3, 0, 0}, {2, 1, 5, 0}, {3, 2, 2, 3},
    };
    size_t s;
    int arrangement;

    for (s = 0; s < sizeof shapes / sizeof shapes[0]; s++) {
        for (arrangement = 0; arrangement < ARRANGEMENT_COUNT; arrangement++) {
            unsigned char used[MOST] = {0};
            bool inside = true, apart = true;
            size_t i, j;

            CHECK(arrange((enum arrangement)arrangement, (int)shapes[s][0], shapes[s][1], shapes[s][2], shapes[s][3]));
            for (i = 0; i < plan.count; i++) {
                size_t place = plan_item(&plan, i);

                inside = inside && place + ITEM <= plan.block;
                for (j = 0; j < ITEM && place + j < MOST; j++) {
                    apart = apart && used[place + j]++ == 0;
                }
            }
            CHECK(inside);
            CHECK(apart || arrangement == ARRANGED_REPEATED);
            CHECK((plan.count == 0) == (plan.block == 0));
        }
    }
}

static void what_is_written_is_read(void)
{
    int arrangement;
    size_t i;

    for (i = 0; i < MOST; i++) {
        items[i] = (unsigned char)(i * 7 + i / 256);
    }
    for (arrangement = 0; arrangement < ARRANGEMENT_COUNT; arrangement++) {
        CHECK(arrange((enum arrangement)arrangement, 3, 2, 2, 3));
        plan_write(&plan, items, block);
        plan_read(&plan, block, back);
        CHECK(memcmp(items, back, plan_len(&plan)) == 0 || arrangement == ARRANGED_REPEATED);
    }
}

static void strides_are_those_of_numpy(void)
{
    CHECK(arrange(ARRANGED_C, 2, 3, 4, 0));
    CHECK_INT(plan.strides[0], 16);
    CHECK_INT(plan.strides[1], 4);
    CHECK(arrange(ARRANGED_F, 2, 3, 4, 0));
    CHECK_INT(plan.strides[0], 4);
    CHECK_INT(plan.strides[1], 12);
    CHECK(arrange(ARRANGED_STEP_FIRST, 2, 3, 4, 0));
    CHECK_INT(plan.strides[0], 32);
    CHECK_INT(plan.block, 2 * 32 + 16);
    CHECK(arrange(ARRANGED_STEP_LAST, 2, 3, 4, 0));
    CHECK_INT(plan.strides[0], 32);
    CHECK_INT(plan.strides[1], 8);
    CHECK(arrange(ARRANGED_REVERSED, 2, 3, 4, 0));
    CHECK_INT(plan.strides[0], -16);
    CHECK_INT(plan.start, 44);
    CHECK(arrange(ARRANGED_REPEATED, 2, 3, 4, 0));
    CHECK_INT(plan.strides[0], 0);
    CHECK_INT(plan.block, 16);
    CHECK(arrange(ARRANGED_INDIRECT_AFTER, 2, 3, 4, 0));
    CHECK_INT(plan.strides[0], sizeof(void *));
    CHECK_INT(plan.suboffsets[0], ITEM);
    CHECK_INT(plan.suboffsets[1], -1);
    CHECK_INT(plan.block, 2 * plan.row + ITEM + 16);
}

/* What is written beside the items is found, with its place. */
static void damage_is_found(void)
{
    unsigned char around[MOST];
    ptrdiff_t distance = 0;
    size_t before = 64;
    size_t i;

    CHECK(arrange(ARRANGED_STEP_FIRST, 1, 12, 0, 0));
    for (i = 0; i < MOST; i++) {
        around[i] = plan_pattern((ptrdiff_t)i - (ptrdiff_t)before);
    }
    plan_write(&plan, items, around + before);
    CHECK(!plan_damage(&plan, around, sizeof around, before, &distance));
    around[before + 3]++; /* an item's */
    CHECK(!plan_damage(&plan, around, sizeof around, before, &distance));
    around[before + plan.block + 5]++;
    CHECK(plan_damage(&plan, around, sizeof around, before, &distance));
    CHECK_INT(distance, plan.block + 5);
    around[before + 5]++;
    CHECK(plan_damage(&plan, around, sizeof around, before, &distance));
    CHECK_INT(distance, 5);
    CHECK(plan_is_gap(&plan, 5));
    CHECK(!plan_is_gap(&plan, 8));
    around[before - 1]++;
    CHECK(plan_damage(&plan, around, sizeof around, before, &distance));
    CHECK_INT(distance, -1);
}

static void what_is_too_large_is_refused(void)
{
    CHECK(!arrange(ARRANGED_C, 2, 100000, 100000, 0));
    CHECK(!arrange(ARRANGED_C, 3, PTRDIFF_MAX, 3, 0));
    CHECK(!arrange(ARRANGED_STEP_LAST, 3, PTRDIFF_MAX, PTRDIFF_MAX, 0));
    CHECK(!arrange(ARRANGED_F, 1, -1, 0, 0));
    CHECK(arrange(ARRANGED_INDIRECT, 2, 1000, 1000, 0));
}

/* --- items --- */

static struct format format;

static void fill(const char *text, size_t itemsize, unsigned variant)
{
    struct error error = ERROR_INIT;

    CHECK(format_parse(&format, text, (ptrdiff_t)itemsize, &error));
    items_fill(&format, itemsize, 12, variant, items);
}

static void numbers_are_small_and_different(void)
{
    uint16_t halves[2];
    int32_t integer;
    double number;

    fill("i", 4, 0);
    memcpy(&integer, items + 4, sizeof integer);
    CHECK_INT(integer, 4);
    format_free(&format);
    fill("d", 8, 0);
    memcpy(&number, items + 16, sizeof number);
    CHECK(number == 7.0);
    format_free(&format);
    fill(">h", 2, 0);
    CHECK_INT(items[0], 0);
    CHECK_INT(items[1], 1);
    format_free(&format);
    fill("e", 2, 0); /* 1.0, 4.0 */
    memcpy(halves, items, sizeof halves);
    CHECK_INT(halves[0], 0x3c00);
    CHECK_INT(halves[1], 0x4400);
    format_free(&format);
    fill("B", 1, 0);
    CHECK(memcmp(items, "297531864297", 12) == 0);
    format_free(&format);
    fill("T{h:a:=d:b:}", 10, 0);
    memcpy(&number, items + 10 + 2, sizeof number);
    CHECK(number == 5.0);
    format_free(&format);
}

static void variants_differ_everywhere(void)
{
    static const char *const texts[] = {"B", "b", "h", "i", "q", "f", "d", "e", "Zd", "c", "3s"};
    size_t t, i;

    for (t = 0; t < sizeof texts / sizeof texts[0]; t++) {
        size_t size;

        fill(texts[t], 16, 0);
        size = format.size;
        format_free(&format);
        fill(texts[t], size, 0);
        memcpy(back, items, 12 * size);
        format_free(&format);
        fill(texts[t], size, 1);
        for (i = 0; i < 12; i++) {
            CHECK(memcmp(back + i * size, items + i * size, size) != 0);
        }
        format_free(&format);
    }
}

static void swapping_twice_is_nothing(void)
{
    fill("Zd", 16, 0);
    memcpy(back, items, 12 * 16);
    CHECK(items_swap(&format, 16, 12, items));
    CHECK(memcmp(back, items, 12 * 16) != 0);
    CHECK(back[7] == items[0] && back[15] == items[8]);
    CHECK(items_swap(&format, 16, 12, items));
    CHECK(memcmp(back, items, 12 * 16) == 0);
    format_free(&format);
    fill("3s", 3, 0);
    CHECK(!items_swap(&format, 3, 12, items));
    format_free(&format);
}

static void pointers_are_not_made_up(void)
{
    fill("T{i:a:T{O:b:}:c:}", 16, 0);
    CHECK(!items_can_be_made(&format));
    format_free(&format);
    fill("P", 8, 0);
    CHECK(!items_can_be_made(&format));
    format_free(&format);
    fill("T{i:a:3s:b:}", 7, 0);
    CHECK(items_can_be_made(&format));
    format_free(&format);
}

int main(void)
{
    RUN(items_lie_in_the_block_apart_from_each_other);
    RUN(what_is_written_is_read);
    RUN(strides_are_those_of_numpy);
    RUN(damage_is_found);
    RUN(what_is_too_large_is_refused);
    RUN(numbers_are_small_and_different);
    RUN(variants_differ_everywhere);
    RUN(swapping_twice_is_nothing);
    RUN(pointers_are_not_made_up);
    return TEST_END();
}
