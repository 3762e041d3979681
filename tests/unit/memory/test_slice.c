#include "memory/slice.h"

#include "base/error.h"
#include "base/text.h"
#include "memory/guard.h"

#include "guarded.h"
#include "layouts.h"
#include "test.h"

#include <stdlib.h>

static const unsigned char letters[] = "abcdefghijklmnopqrstuvwxyz";

/* The bytes that a slice of `layout` (items of one byte) shows, or the error. */
static const char *sliced(const struct layout *from, const char *spec)
{
    static struct text text;
    static struct error error;
    struct layout layout = *from;
    ptrdiff_t index[LAYOUT_MAX_NDIM];
    ptrdiff_t i;

    if (!layout_slice(&layout, spec, &error)) {
        CHECK(memcmp(&layout, from, sizeof layout) == 0);
        return error.message;
    }
    text_clear(&text);
    CHECK(layout_check(&layout, &error));
    for (i = 0; i < layout_count(&layout); i++) {
        layout_index(&layout, i, index);
        text_append(&text, (const char *)layout_item(&layout, index), 1);
    }
    return text_string(&text);
}

static void parts_of_a_line(void)
{
    struct layout layout = make(letters, 1, 1, SHAPE(10), NULL);

    CHECK_STR(sliced(&layout, "3"), "d");
    CHECK_STR(sliced(&layout, "-1"), "j");
    CHECK_STR(sliced(&layout, "+2:5"), "cde");
    CHECK_STR(sliced(&layout, " : "), "abcdefghij");
    CHECK_STR(sliced(&layout, "::-3"), "jgda");
    CHECK_STR(sliced(&layout, "7:2:-2"), "hfd");
    CHECK_STR(sliced(&layout, "-3:"), "hij");
    CHECK_STR(sliced(&layout, "5:2"), "");
    CHECK_STR(sliced(&layout, "8:99999999999999999999"), "ij");
    CHECK_STR(sliced(&layout, "::-99999999999999999999"), "j");
    CHECK_STR(sliced(&layout, "-99999999999999999999:2"), "ab");
    CHECK_STR(sliced(&layout, "..."), "abcdefghij");
}

static void parts_of_more_dimensions(void)
{
    struct layout layout = make(letters, 1, 3, SHAPE(2, 3, 4), NULL);

    CHECK_STR(sliced(&layout, "1,2,3"), "x");
    CHECK_STR(sliced(&layout, "1"), "mnopqrstuvwx");
    CHECK_STR(sliced(&layout, "...,0"), "aeimqu");
    CHECK_STR(sliced(&layout, "0, ... ,::2"), "acegik");
    CHECK_STR(sliced(&layout, ":,None,1,newaxis,::-1,"), "hgfetsrq");
    CHECK_STR(sliced(&layout, "1,2,3,..."), "x");
}

static void results_are_given(void)
{
    struct layout layout = make(letters, 2, 2, SHAPE(3, 4), NULL);
    struct error error;

    CHECK(layout_slice(&layout, "None,1:,::-2", &error));
    CHECK_INT(layout.given, LAYOUT_SHAPE | LAYOUT_STRIDES);
    CHECK_INT(layout.ndim, 3);
    CHECK_INT(layout.len, 8);
    CHECK(layout.shape[0] == 1 && layout.shape[1] == 2 && layout.shape[2] == 2);
    CHECK(layout.strides[1] == 8 && layout.strides[2] == -4);
    CHECK(layout.buf == letters + 8 + 6);
}

static void errors_are_numpys(void)
{
    struct layout layout = make(letters, 1, 2, SHAPE(5, 5), NULL);

    CHECK_STR(sliced(&layout, "10"), "index 10 is out of bounds for axis 0 with size 5");
    CHECK_STR(sliced(&layout, "None,:,-6"), "index -6 is out of bounds for axis 1 with size 5");
    CHECK_STR(sliced(&layout, "1,2,3"),
              "too many indices for array: array is 2-dimensional, but 3 were indexed");
    CHECK_STR(sliced(&layout, "...,1,..."), "an index can only have a single ellipsis ('...')");
    CHECK_STR(sliced(&layout, "::0"), "slice step cannot be zero");
    CHECK_STR(sliced(&layout, "9223372036854775808 ,1"),
              "cannot fit '9223372036854775808' into an index-sized integer");
}

static void syntax_errors_say_where(void)
{
    struct layout layout = make(letters, 1, 2, SHAPE(5, 5), NULL);

    CHECK_STR(sliced(&layout, ""), "'': expected an index, start:stop:step, ... or None at character 1");
    CHECK_STR(sliced(&layout, "1,x"),
              "'1,x': expected an index, start:stop:step, ... or None at character 3");
    CHECK_STR(sliced(&layout, "1,,2"),
              "'1,,2': expected an index, start:stop:step, ... or None at character 3");
    CHECK_STR(sliced(&layout, "1 2"), "'1 2': expected a comma at character 3");
    CHECK_STR(sliced(&layout, "1:2:3:4"), "'1:2:3:4': expected a comma at character 6");
    CHECK_STR(sliced(&layout, "Nonesuch"),
              "'Nonesuch': expected an index, start:stop:step, ... or None at character 1");
}

static void there_is_a_limit_to_dimensions(void)
{
    struct layout layout = make(letters, 1, 0, NULL, NULL);
    struct text text = TEXT_INIT;
    int i;

    for (i = 0; i < 64; i++) {
        text_puts(&text, "None,");
    }
    CHECK_STR(sliced(&layout, text_string(&text)), "a");
    text_puts(&text, "None");
    CHECK_STR(sliced(&layout, text_string(&text)),
              "number of dimensions must be within [0, 64], indexing result would have 65");
    for (i = 0; i < 100; i++) {
        text_puts(&text, ",None");
    }
    CHECK_STR(sliced(&layout, text_string(&text)), "too many indices: more than 129");
    text_free(&text);
}

static void empty_layouts(void)
{
    struct layout layout =
        make(letters, 1, 3, SHAPE(PTRDIFF_MAX, 0, 5), STRIDES(PTRDIFF_MAX, PTRDIFF_MAX, 8));

    CHECK_STR(sliced(&layout, "99999:,::-1,-1"), "");
    CHECK_STR(sliced(&layout, "0,0"), "index 0 is out of bounds for axis 1 with size 0");
}

static const char *rows[] = {"..abcd", "..efgh", "..ijkl"};

static void rows_behind_pointers(void)
{
    struct layout layout = make(rows, 1, 2, SHAPE(3, 4), STRIDES(sizeof rows[0], 1));
    struct error error;

    layout.suboffsets[0] = 2;
    layout.given = LAYOUT_SUBOFFSETS;
    CHECK_STR(sliced(&layout, "..."), "abcdefghijkl");
    CHECK_STR(sliced(&layout, "::-1,1:3"), "jkfgbc");
    CHECK_STR(sliced(&layout, ":,::-2"), "dbhflj");
    CHECK_STR(sliced(&layout, ":,2"), "cgk");
    CHECK_STR(sliced(&layout, "1"), "efgh");
    CHECK_STR(sliced(&layout, "-1,1"), "j");
    CHECK_STR(sliced(&layout, "None,1,::2"), "eg");
    CHECK_STR(sliced(&layout, "1:1,2"), "");
    CHECK(layout_slice(&layout, "1:,None,2", &error)); /* the row's pointer is still followed at each index */
    CHECK_INT(layout.given, LAYOUT_SHAPE | LAYOUT_STRIDES | LAYOUT_SUBOFFSETS);
    CHECK_INT(layout.suboffsets[0], 4);
    CHECK_INT(layout.suboffsets[1], -1);
    CHECK(layout_slice(&layout, "0", &error)); /* and is no more, once the row is chosen */
    CHECK_INT(layout.given, LAYOUT_SHAPE | LAYOUT_STRIDES);
    CHECK(layout.buf == (const unsigned char *)rows[1] + 4);
}

static void pointers_behind_pointers(void)
{
    const char **tables[] = {rows, rows + 1};
    struct layout layout = make(tables, 1, 3, SHAPE(2, 2, 3), STRIDES(sizeof tables[0], sizeof rows[0], 1));

    layout.suboffsets[0] = 0;
    layout.suboffsets[1] = 3;
    CHECK_STR(sliced(&layout, "..."), "bcdfghfghjkl");
    CHECK_STR(sliced(&layout, "1"), "fghjkl");
    CHECK_STR(sliced(&layout, "1,1,0"), "j");
    CHECK_STR(sliced(&layout, ":,1:,::-1"), "hgflkj");
    CHECK_STR(sliced(&layout, ":,1"), "axis 1 cannot be indexed: one dimension cannot follow two pointers");
    CHECK_STR(sliced(&layout, ":,None,1"), "fghjkl"); /* the new dimension can */
}

static void bad_pointers_are_errors(void)
{
    struct layout layout = make((const void *)64, 1, 2, SHAPE(3, 4), STRIDES(sizeof rows[0], -1));

    layout.suboffsets[0] = 0;
    CHECK_STR(sliced(&layout, "1"), "cannot follow the pointer at 0x48: not mapped");
    CHECK_STR(sliced(&layout, "1,3:3"), ""); /* nothing to be read there */
    layout.buf = (const unsigned char *)rows;
    CHECK_STR(sliced(&layout, ":,1:"), "suboffsets[0] would be negative");
}

int main(void)
{
    begin_guarded();
    RUN(parts_of_a_line);
    RUN(parts_of_more_dimensions);
    RUN(results_are_given);
    RUN(errors_are_numpys);
    RUN(syntax_errors_say_where);
    RUN(there_is_a_limit_to_dimensions);
    RUN(empty_layouts);
    RUN(rows_behind_pointers);
    RUN(pointers_behind_pointers);
    RUN(bad_pointers_are_errors);
    return TEST_END();
}
