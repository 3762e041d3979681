#include "protocol/agree.h"

#include "mirror.h"
#include "protocol/told.h"

static double items[8];

static struct layout layout(void)
{
    return (struct layout){
        .buf = (const unsigned char *)items,
        .len = 32,
        .itemsize = 8,
        .format = "d",
        .ndim = 2,
        .given = LAYOUT_FORMAT | LAYOUT_SHAPE | LAYOUT_STRIDES,
        .shape = {2, 2},
        .strides = {16, 8},
    };
}

/* Of a layout and the one above. */
static unsigned differ(struct layout other)
{
    struct layout one = layout();
    struct telling a, b;
    unsigned differences;

    telling_of_buffer(&a, &one);
    telling_of_buffer(&b, &other);
    differences = tellings_differ(&a, &b);
    CHECK_INT(tellings_differ(&b, &a), differences);
    telling_free(&a);
    telling_free(&b);
    return differences;
}

static void one_fact_each(void)
{
    struct layout other = layout();

    CHECK_INT(differ(other), 0);
    other.buf += 8;
    CHECK_INT(differ(other), DIFFERENCE_DATA);
    other = layout();
    other.shape[0] = 3;
    CHECK_INT(differ(other), DIFFERENCE_SHAPE);
    other = layout();
    other.strides[0] = 32;
    CHECK_INT(differ(other), DIFFERENCE_STRIDES);
    other = layout();
    other.format = "q";
    CHECK_INT(differ(other), DIFFERENCE_TYPE);
    other.format = ">d";
    CHECK_INT(differ(other), __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__ ? DIFFERENCE_TYPE : 0);
    other = layout();
    other.readonly = true;
    CHECK_INT(differ(other), DIFFERENCE_READONLY);
    CHECK_STR(difference_name(DIFFERENCE_DATA), "data");
    CHECK_STR(difference_name(DIFFERENCE_READONLY), "readonly");
}

static void what_does_not_count(void)
{
    struct layout one = layout();
    struct layout other = layout();
    struct telling a, b;

    other.format = mirror("<d");
    CHECK_INT(differ(other), 0);
    one.shape[0] = other.shape[0] = 1;
    other.strides[0] = -5;
    telling_of_buffer(&a, &one);
    telling_of_buffer(&b, &other);
    CHECK_INT(tellings_differ(&a, &b), 0);
    b.layout.shape[0] = a.layout.shape[0] = 0; /* no items, and so no address */
    b.layout.buf = NULL;
    b.readonly = SAID_NOTHING;
    a.readonly = SAID_YES;
    CHECK_INT(tellings_differ(&a, &b), 0);
    b.is_plain = false;
    b.layout.format = "q";
    CHECK_INT(tellings_differ(&a, &b), 0);
    b.is_packed = true;
    b.layout.ndim = 1;
    CHECK_INT(tellings_differ(&a, &b), 0);
    telling_free(&a);
    telling_free(&b);
}

int main(void)
{
    begin_guarded();
    RUN(one_fact_each);
    RUN(what_does_not_count);
    return TEST_END();
}
