#include "base/arena.h"
#include "base/error.h"
#include "base/text.h"
#include "files/array.h"
#include "files/dtype.h"

#include "mirror.h"
#include "test.h"

#include <stdalign.h>

static struct arena arena = ARENA_INIT(1 << 20);
static struct error error;

static struct array array(const char *type, int ndim, const ptrdiff_t *shape)
{
    struct array result = {.dtype = dtype_from_text(&arena, mirror(type), strlen(type), &error), .ndim = ndim};

    if (ndim > 0) {
        memcpy(result.shape, shape, (size_t)ndim * sizeof *shape);
    }
    return result;
}

#define ARRAY(type, ...)                                                                     \
    array(type, (int)(sizeof((ptrdiff_t[]){__VA_ARGS__}) / sizeof(ptrdiff_t)), (ptrdiff_t[]){__VA_ARGS__})

static void products_are_checked(void)
{
    struct array good[] = {
        ARRAY("<f8", 2, 3),
        ARRAY("<f8", 0, 3),
        ARRAY("|V0", (ptrdiff_t)1 << 40),
        ARRAY("|u1", PTRDIFF_MAX),
        array("<f8", 0, NULL),
    };
    size_t nbytes[] = {48, 0, 0, PTRDIFF_MAX, 8};
    struct array bad[] = {
        ARRAY("|u1", 7, 7905747460161236407),
        ARRAY("|u1", (ptrdiff_t)1 << 32, (ptrdiff_t)1 << 32),
        ARRAY("<f8", 0, (ptrdiff_t)1 << 62),
        ARRAY("<f8", (ptrdiff_t)1 << 62, 0),
        ARRAY("|V0", (ptrdiff_t)1 << 40, (ptrdiff_t)1 << 40),
        ARRAY("|u1", -1),
        ARRAY("|u1", 0, -1),
    };
    size_t i;

    for (i = 0; i < sizeof good / sizeof good[0]; i++) {
        CHECK(array_measure(&good[i], &error));
        CHECK_INT(good[i].nbytes, nbytes[i]);
    }
    for (i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        error = (struct error)ERROR_INIT;
        CHECK(!array_measure(&bad[i], &error));
        CHECK_INT(error.kind, ERROR_INPUT);
    }
    bad[0].ndim = 65;
    CHECK(!array_measure(&bad[0], &error));
    CHECK_STR(error.message, "65 dimensions, where 64 are possible");
}

static void lay_out(struct array *a, const void *data, size_t alignment, struct layout *layout)
{
    static struct text format;
    bool plain = true;

    text_clear(&format);
    CHECK(array_measure(a, &error));
    CHECK(array_layout(a, data, alignment, &format, layout, &plain, &error));
    CHECK(plain);
}

static void strides_follow_the_order(void)
{
    struct array a = ARRAY("<i4", 2, 3, 4);
    struct layout layout;
    alignas(16) char data[96];

    lay_out(&a, data, 0, &layout);
    CHECK_INT(layout.strides[0], 48);
    CHECK_INT(layout.strides[2], 4);
    a.fortran_order = true;
    lay_out(&a, data, 0, &layout);
    CHECK_INT(layout.strides[0], 4);
    CHECK_INT(layout.strides[1], 8);
    CHECK_INT(layout.strides[2], 24);
    CHECK_INT(layout.len, 96);
    CHECK_INT(layout.suboffsets[2], -1);
    CHECK(layout.readonly);
}

static void both_orders_show_c_strides(void)
{
    struct array column = ARRAY("<i4", 6, 1);
    struct array empty = ARRAY("<i4", 3, 0, 2);
    struct layout layout;
    alignas(16) char data[24];

    column.fortran_order = empty.fortran_order = true;
    lay_out(&column, data, 0, &layout);
    CHECK_INT(layout.strides[0], 4);
    CHECK_INT(layout.strides[1], 4);
    lay_out(&empty, data, 0, &layout);
    CHECK_INT(layout.strides[0], 0);
    CHECK_INT(layout.strides[1], 8);
    CHECK_INT(layout.strides[2], 4);
}

static void alignment_is_that_of_the_address(void)
{
    struct array a = ARRAY("<i4", 2);
    struct array empty = ARRAY("<i4", 0);
    struct layout layout;
    alignas(16) char data[16];

    lay_out(&a, data, 0, &layout);
    CHECK_STR(layout.format, "i");
    lay_out(&a, data + 2, 0, &layout);
    CHECK_STR(layout.format, "=i");
    lay_out(&a, data + 2, 16, &layout);
    CHECK_STR(layout.format, "i");
    lay_out(&empty, data + 2, 0, &layout);
    CHECK_STR(layout.format, "i");
}

static void alignment_is_that_of_the_item_size(void)
{
    struct dtype_field fields[] = {
        {"x", 1, NULL, 0, 0, dtype_from_text(&arena, mirror("<f8"), 3, &error)},
        {"y", 1, NULL, 0, 8, dtype_from_text(&arena, mirror("<i4"), 3, &error)},
    };
    struct array a = {.dtype = dtype_struct(&arena, fields, 2, 12, &error), .ndim = 2, .shape = {1, 2}};
    struct layout layout;
    alignas(16) char data[24];

    lay_out(&a, data, 0, &layout);
    CHECK_STR(layout.format, "T{=d:x:@i:y:}");
    a.shape[1] = 1; /* a stride along one item counts for nothing */
    lay_out(&a, data, 0, &layout);
    CHECK_STR(layout.format, "T{d:x:i:y:}");
}

int main(void)
{
    RUN(products_are_checked);
    RUN(strides_follow_the_order);
    RUN(both_orders_show_c_strides);
    RUN(alignment_is_that_of_the_address);
    RUN(alignment_is_that_of_the_item_size);
    arena_free(&arena);
    return TEST_END();
}
