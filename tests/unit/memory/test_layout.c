#include "memory/layout.h"

#include "base/error.h"

#include "layouts.h"
#include "test.h"

static unsigned char memory[4096];

static const char *check(const struct layout *layout)
{
    static struct error error;

    error = (struct error)ERROR_INIT;
    return layout_check(layout, &error) ? "" : error.message;
}

static void good_layouts_pass(void)
{
    ptrdiff_t ones[LAYOUT_MAX_NDIM];
    struct layout layout;
    int d;

    for (d = 0; d < LAYOUT_MAX_NDIM; d++) {
        ones[d] = 1;
    }
    layout = make(memory, 8, 0, NULL, NULL);
    CHECK_STR(check(&layout), "");
    layout = make(memory, 8, LAYOUT_MAX_NDIM, ones, NULL);
    CHECK_STR(check(&layout), "");
    layout = make(memory, 0, 2, SHAPE(3, 4), STRIDES(-1, 7));
    CHECK_STR(check(&layout), "");
    layout = make(memory, 1, 2, SHAPE(2, 1), STRIDES(1, PTRDIFF_MIN)); /* an extent of 1 needs no stride */
    CHECK_STR(check(&layout), "");
    layout = make(NULL, 1, 2, SHAPE(0, PTRDIFF_MAX), STRIDES(PTRDIFF_MAX, PTRDIFF_MIN));
    CHECK_STR(check(&layout), "");
    layout = make(memory, 1, 1, SHAPE(PTRDIFF_MAX), STRIDES(0));
    CHECK_STR(check(&layout), "");
}

static void bad_layouts_are_refused(void)
{
    struct layout layout = make(memory, 4, 2, SHAPE(2, 3), NULL);

    layout.ndim = 65;
    CHECK_STR(check(&layout), "ndim is 65, not 0 to 64");
    layout.ndim = -1;
    CHECK_STR(check(&layout), "ndim is -1, not 0 to 64");
    layout = make(memory, 4, 2, SHAPE(2, 3), NULL);
    layout.len = 23;
    CHECK_STR(check(&layout), "len is 23, but shape and itemsize make 24");
    layout.len = -24;
    CHECK_STR(check(&layout), "len is negative: -24");
    layout = make(memory, 4, 2, SHAPE(2, 3), NULL);
    layout.itemsize = -4;
    CHECK_STR(check(&layout), "itemsize is negative: -4");
    layout = make(memory, 4, 2, SHAPE(2, 0), NULL);
    layout.shape[0] = -2;
    CHECK_STR(check(&layout), "shape[0] is negative: -2");
    layout = make(memory, 0, 2, SHAPE(PTRDIFF_MAX, 2), STRIDES(0, 0));
    CHECK_STR(check(&layout), "the product of shape overflows");
    layout = make(memory, 4, 1, SHAPE(PTRDIFF_MAX / 2), STRIDES(0));
    layout.len = 0;
    CHECK_STR(check(&layout), "the product of shape and itemsize overflows");
    layout = make(memory, 4, 1, SHAPE(3), STRIDES(PTRDIFF_MAX / 2 + 1));
    CHECK_STR(check(&layout), "strides times shape overflow");
    layout = make(memory, 4, 2, SHAPE(2, 2), STRIDES(PTRDIFF_MAX - 4, 1));
    CHECK_STR(check(&layout), "strides times shape overflow");
    layout = make(memory, 4, 2, SHAPE(2, 2), STRIDES(PTRDIFF_MAX - 9, -9)); /* each side fits, both do not */
    CHECK_STR(check(&layout), "strides times shape overflow");
    layout = make((const void *)16, 4, 1, SHAPE(2), STRIDES(-17));
    CHECK_STR(check(&layout), "strides reach past the end of the address space");
    layout = make((const void *)(UINTPTR_MAX - 8), 4, 1, SHAPE(2), STRIDES(6));
    CHECK_STR(check(&layout), "strides reach past the end of the address space");
}

static void contiguous_strides(void)
{
    ptrdiff_t strides[3];

    CHECK(layout_c_strides(3, SHAPE(2, 3, 4), 8, strides));
    CHECK(strides[0] == 96 && strides[1] == 32 && strides[2] == 8);
    CHECK(layout_f_strides(3, SHAPE(2, 3, 4), 8, strides));
    CHECK(strides[0] == 8 && strides[1] == 16 && strides[2] == 48);
    CHECK(layout_c_strides(0, NULL, 8, strides));
    CHECK(!layout_c_strides(2, SHAPE(2, PTRDIFF_MAX), 8, strides));
    CHECK(!layout_f_strides(2, SHAPE(PTRDIFF_MAX, 2), 8, strides));
}

static void contiguity(void)
{
    struct layout layout = make(memory, 8, 2, SHAPE(3, 4), STRIDES(32, 8));

    CHECK(layout_is_c_contiguous(&layout) && !layout_is_f_contiguous(&layout));
    layout = make(memory, 8, 2, SHAPE(3, 4), STRIDES(8, 24));
    CHECK(!layout_is_c_contiguous(&layout) && layout_is_f_contiguous(&layout));
    layout = make(memory, 8, 3, SHAPE(1, 4, 1), STRIDES(-5, 8, 1)); /* strides that do not count */
    CHECK(layout_is_c_contiguous(&layout) && layout_is_f_contiguous(&layout));
    layout = make(memory, 8, 2, SHAPE(0, 4), STRIDES(1, 1));
    CHECK(layout_is_c_contiguous(&layout) && layout_is_f_contiguous(&layout));
    layout = make(memory, 0, 1, SHAPE(4), STRIDES(16));
    CHECK(layout_is_c_contiguous(&layout) && layout_is_f_contiguous(&layout));
    layout = make(memory, 8, 0, NULL, NULL);
    CHECK(layout_is_c_contiguous(&layout) && layout_is_f_contiguous(&layout));
    layout = make(memory, 8, 1, SHAPE(4), STRIDES(-8));
    CHECK(!layout_is_c_contiguous(&layout) && !layout_is_f_contiguous(&layout));
    layout = make(memory, 8, 1, SHAPE(4), STRIDES(8));
    CHECK(!layout_has_suboffsets(&layout));
    layout.suboffsets[0] = 0;
    CHECK(layout_has_suboffsets(&layout));
    CHECK(!layout_is_c_contiguous(&layout) && !layout_is_f_contiguous(&layout));
}

static void block(void)
{
    struct layout layout = make(memory, 8, 2, SHAPE(3, 4), STRIDES(-100, 10));
    ptrdiff_t low = 1;
    ptrdiff_t high = 1;

    CHECK(layout_block(&layout, &low, &high));
    CHECK_INT(low, -200);
    CHECK_INT(high, 38);
    CHECK_INT(layout_count(&layout), 12);
    layout = make(memory, 8, 0, NULL, NULL);
    CHECK(layout_block(&layout, &low, &high));
    CHECK_INT(low, 0);
    CHECK_INT(high, 8);
    CHECK_INT(layout_count(&layout), 1);
    layout = make(memory, 8, 2, SHAPE(PTRDIFF_MAX, 0), STRIDES(-100, 10));
    CHECK(layout_block(&layout, &low, &high));
    CHECK_INT(low, 0);
    CHECK_INT(high, 0);
    CHECK_INT(layout_count(&layout), 0);
    layout = make(memory, 8, 1, SHAPE(3), STRIDES(8));
    layout.suboffsets[0] = 4;
    CHECK(!layout_block(&layout, &low, &high));
}

static void items_and_indices(void)
{
    struct layout layout = make(memory + 300, 8, 2, SHAPE(3, 4), STRIDES(-100, 10));
    ptrdiff_t index[2];

    layout_index(&layout, 7, index);
    CHECK_INT(index[0], 1);
    CHECK_INT(index[1], 3);
    CHECK(layout_item(&layout, index) == memory + 300 - 100 + 30);
}

static void suboffsets_are_followed(void)
{
    unsigned char rows[2][16];
    const unsigned char *pointers[2] = {rows[0], rows[1]};
    struct layout layout = make(pointers, 1, 2, SHAPE(2, 8), STRIDES(sizeof pointers[0], 2));

    layout.suboffsets[0] = 1;
    CHECK(layout_item(&layout, SHAPE(1, 3)) == &rows[1][1 + 6]);
    CHECK_STR(check(&layout), "");
}

int main(void)
{
    RUN(good_layouts_pass);
    RUN(bad_layouts_are_refused);
    RUN(contiguous_strides);
    RUN(contiguity);
    RUN(block);
    RUN(items_and_indices);
    RUN(suboffsets_are_followed);
    return TEST_END();
}
