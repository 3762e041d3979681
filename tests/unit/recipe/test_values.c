#include "recipe/tree.h"

#include "base/arena.h"
#include "base/error.h"
#include "base/text.h"
#include "files/dtype.h"

#include "recipe/pickles.h"
#include "test.h"

static const char *scalar_text(const struct pickle_value *value)
{
    static struct text text;

    text_clear(&text);
    pickle_scalar_text(value, &text);
    return text_string(&text);
}

static void marks_are_known(void)
{
    CHECK(pickle_is("\x80\2.", 3));
    CHECK(pickle_is("\x80\5.", 3));
    CHECK(!pickle_is("\x80\1.", 3));
    CHECK(!pickle_is("\x80\6.", 3));
    CHECK(!pickle_is("\x80", 1));
    CHECK(!pickle_is("N.", 2));
}

static void scalars_are_told_as_repr(void)
{
    static const struct {
        const char *bytes;
        size_t size;
        const char *type;
        const char *text;
    } cases[] = {
        {BYTES("N."), "NoneType", "None"},
        {BYTES("I01\n."), "bool", "True"},
        {BYTES("\x89."), "bool", "False"},
        {BYTES("I-17\n."), "int", "-17"},
        {BYTES("K\xff."), "int", "255"},
        {BYTES("M\xff\xff."), "int", "65535"},
        {BYTES("J\0\0\0\x80."), "int", "-2147483648"},
        {BYTES("L-9223372036854775808L\n."), "int", "-9223372036854775808"},
        {BYTES("L9223372036854775808L\n."), "int", "9223372036854775808"},
        {BYTES("\x8a\0."), "int", "0"},
        {BYTES("\x8a\1\xff."), "int", "-1"},
        {BYTES("\x8a\x08\xff\xff\xff\xff\xff\xff\xff\x7f."), "int", "9223372036854775807"},
        {BYTES("\x8a\x09\0\0\0\0\0\0\0\x80\0."), "int", "9223372036854775808"},
        {BYTES("\x8a\x09\xff\xff\xff\xff\xff\xff\xff\xff\xff."), "int", "-1"},
        {BYTES("\x8b\x0a\0\0\0\0\0\0\0\0\0\0\0\0\x80."), "int", "-604462909807314587353088"},
        {BYTES("F1.5e300\n."), "float", "1.5e+300"},
        {BYTES("F-inf\n."), "float", "-inf"},
        {BYTES("G\x3f\xb9\x99\x99\x99\x99\x99\x9a."), "float", "0.1"},
        {BYTES("U\3a'b."), "str", "a'b"},
        {BYTES("U\2a\xe9."), "bytes", "a\xe9"},
        {BYTES("S'a\\n\\x41\\101\\\\\\''\n."), "str", "a\nAA\\'"},
        {BYTES("Va\\u00e9\\\\u0041\xe9\\U0001f600\n."), "str", "a\xc3\xa9\\\\u0041\xc3\xa9\xf0\x9f\x98\x80"},
        {BYTES("\x8c\3\xed\xa0\x80."), "str", "\xed\xa0\x80"},
    };
    size_t i;

    for (i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct parsed p;

        parse(&p, cases[i].bytes, cases[i].size);
        CHECK(p.ok);
        if (p.ok) {
            CHECK_STR(recipe_type_name(&p.reading, p.root), cases[i].type);
            CHECK_STR(scalar_text(p.value), cases[i].text);
            CHECK_INT(p.reading.pickle.trailing, 0);
        }
        arena_free(&p.arena);
    }
}

/* The machine format code of array.array for 8-byte integers in the other order than the host's. */
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
#define SWAPPED_LONGS "\x0d"
#else
#define SWAPPED_LONGS "\x0c"
#endif

static void buffers_have_layouts(void)
{
    static const struct {
        const char *bytes;
        size_t size;
        const char *type;
        const char *format;
        ptrdiff_t itemsize, len;
        int ndim;
        const char *data;
        bool in_place; /* in the file */
    } cases[] = {
        {BYTES("C\4spam."), "bytes", "B", 1, 4, 1, "spam", true},
        {BYTES("\x96\2\0\0\0\0\0\0\0ab."), "bytearray", "B", 1, 2, 1, "ab", true},
        {BYTES("c_codecs\nencode\n(Vab\nVlatin1\ntR."), "bytes", "B", 1, 2, 1, "ab", true},
        {BYTES("c_codecs\nencode\n(Va\xff\nVlatin1\ntR."), "bytes", "B", 1, 2, 1, "a\xff", false},
        {BYTES("c__builtin__\nbytes\n)R."), "bytes", "B", 1, 0, 1, "", true},
        {BYTES("carray\narray\n(Vi\n(lI1\naI-2\natR."), "array.array", "i", 4, 8, 1,
         IS_MIRRORED ? "\0\0\0\1\xff\xff\xff\xfe" : "\1\0\0\0\xfe\xff\xff\xff", false},
        {BYTES("carray\n_array_reconstructor\n(carray\narray\nVl\nK" SWAPPED_LONGS
               "C\x08"
               "abcdefgh"
               "tR."),
         "array.array", ">q", 8, 8, 1, "abcdefgh", true},
        {BYTES("carray\n_array_reconstructor\n(c__main__\nNumbers\nVb\nK\1C\2abtR."), "__main__.Numbers", "b", 1, 2, 1,
         "ab", true},
        {BYTES(NDARRAY("K\1K\3\x86", TYPE("i4"),
                       "C\x0c"
                       "abcdefghijkl") "."),
         "numpy.ndarray", "i", 4, 12, 2, "abcdefghijkl", true},
        {BYTES("cnumpy._core.multiarray\nscalar\n" TYPE("f8") "C\x08"
                                                              "abcdefgh"
                                                              "\x86R."),
         "numpy.float64", "d", 8, 8, 0, "abcdefgh", true},
        {BYTES("cnumpy._core.numeric\n_frombuffer\n(C\4abcd" TYPE("u2") "K\2\x85VF\ntR."), "numpy.ndarray",
         "H", 2, 4, 1, "abcd", true},
    };
    size_t i;

    for (i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct parsed p;
        struct text format = TEXT_INIT;
        struct layout layout;
        uint64_t offset;
        bool plain;

        parse(&p, cases[i].bytes, cases[i].size);
        CHECK(p.ok && pickle_is_buffer(p.value));
        if (p.ok && pickle_layout(p.value, &format, &layout, &plain, &p.error)) {
            CHECK_STR(recipe_type_name(&p.reading, p.root), cases[i].type);
            CHECK_STR(mirror(layout.format), cases[i].format);
            CHECK_INT(layout.itemsize, cases[i].itemsize);
            CHECK_INT(layout.len, cases[i].len);
            CHECK_INT(layout.ndim, cases[i].ndim);
            CHECK(memcmp(layout.buf, cases[i].data, (size_t)layout.len) == 0);
            CHECK(plain && layout.readonly);
            offset = recipe_offset(&p.reading, p.value);
            CHECK((offset != UINT64_MAX) == cases[i].in_place);
            CHECK(offset == UINT64_MAX || (const char *)layout.buf == cases[i].bytes + offset);
        }
        text_free(&format);
        arena_free(&p.arena);
    }
}

static void the_first_of_two_pickles_is_read(void)
{
    struct parsed p;

    parse(&p, BYTES("\x80\2K\7.cos\nsystem\n."));
    CHECK(p.ok);
    CHECK_INT(p.reading.pickle.protocol, 2);
    CHECK_INT(p.reading.pickle.trailing, 12);
    CHECK_INT(p.value->integer, 7);
    arena_free(&p.arena);
}

static void shared_values_are_shared(void)
{
    struct parsed p;
    struct pickle_value *value;

    parse(&p, BYTES("(]q\1h\1h\1t."));
    CHECK(p.ok);
    value = p.value;
    CHECK_INT(value->item_count, 3);
    CHECK(value->items[0] == value->items[2]);
    arena_free(&p.arena);
}

static void members_are_found_by_path(void)
{
    struct parsed p;
    static const struct {
        const char *path;
        const char *text;
    } good[] = {
        {"a", "6"},       {"a/b/0", "2"},   {"a/b/-1", "4"}, {"5", "text five"}, {"None", "none"},
        {"True", "true"}, {"1.5", "float"}, {"by", "bytes"}, {"c/d/0", "e"},
    };
    static const struct {
        const char *path;
        const char *message;
    } bad[] = {
        {"x", "no member 'x': the dict has 'a', 'a/b', '5', '5', 'None', 'True', '1.5', 'by' and 2 more"},
        {"NOne", "no member 'NOne': the dict has 'a', 'a/b', '5', '5', 'None', 'True', '1.5', 'by' and 2 more; "
                 "did you mean 'None'?"},
        {"a/c", "no member 'c' in 'a': int has no members"},
        {"a/b/3", "no member '3' in 'a/b': the tuple has 3 items"},
        {"a/b/-4", "no member '-4' in 'a/b': the tuple has 3 items"},
        {"a/b/", "no member '' in 'a/b': the tuple has 3 items"},
        {"a/b/-", "no member '-' in 'a/b': the tuple has 3 items"},
        {"a/b/18446744073709551617", "no member '18446744073709551617' in 'a/b': the tuple has 3 items"},
        {"c/d/0/1", "no member '1' in 'c/d/0': str has no members"},
        {"", "no member '': the dict has 'a', 'a/b', '5', '5', 'None', 'True', '1.5', 'by' and 2 more"},
    };
    size_t i;

    parse(&p, BYTES("}(Va\nK\1"
                                  "Va/b\n(K\2K\3K\4t"
                                  "K\5Vfive\n"
                                  "V5\nVtext five\n"
                                  "NVnone\n"
                                  "\x88Vtrue\n"
                                  "G\x3f\xf8\0\0\0\0\0\0Vfloat\n"
                                  "C\2byVbytes\n"
                                  "Vc\n}Vd\n(lVe\nas"
                                  "Va\nK\6u."));
    CHECK(p.ok);
    for (i = 0; p.ok && i < sizeof good / sizeof good[0]; i++) {
        struct pickle_value *value = tree_find(&p.reading, p.root, good[i].path, 0, &p.error);

        CHECK(value != NULL);
        CHECK_STR(value != NULL ? scalar_text(value) : p.error.message, good[i].text);
    }
    for (i = 0; p.ok && i < sizeof bad / sizeof bad[0]; i++) {
        CHECK(tree_find(&p.reading, p.root, bad[i].path, 0, &p.error) == NULL);
        CHECK_STR(p.error.message, bad[i].message);
    }
    arena_free(&p.arena);
}

/* What a listing prints is a path: control characters and broken UTF-8 as escapes, '' as nothing. */
static void printed_keys_are_paths(void)
{
    static const struct {
        const char *path;
        const char *text;
    } good[] = {
        {"a\nb", "1"},      {"a\\x0ab", "1"}, {"a\\x0ab/c", "2"}, {"\\x1b", "3"},
        {"\\xed\\xa0\\x80", "4"}, {"/\\x07", "5"},
    };
    struct parsed p;
    size_t i;

    parse(&p, BYTES("}(X\3\0\0\0a\nbK\1X\5\0\0\0a\nb/cK\2V\\x1b\nK\3X\1\0\0\0\x1bK\11"
                    "X\3\0\0\0\xed\xa0\x80K\4X\0\0\0\0}X\1\0\0\0\7K\5su."));
    CHECK(p.ok);
    for (i = 0; p.ok && i < sizeof good / sizeof good[0]; i++) {
        struct pickle_value *value = tree_find(&p.reading, p.root, good[i].path, 0, &p.error);

        CHECK(value != NULL);
        CHECK_STR(value != NULL ? scalar_text(value) : p.error.message, good[i].text);
    }
    CHECK(p.ok && tree_find(&p.reading, p.root, "a\\x0a", 0, &p.error) == NULL);
    arena_free(&p.arena);
}

static void transposed_arrays_keep_their_strides(void)
{
    struct parsed p;
    struct text format = TEXT_INIT;
    struct layout layout;
    bool plain;

    parse(&p, BYTES("cnumpy._core.numeric\n_frombuffer\n(C\x18"
                                  "abcdefghijklmnopqrstuvwx" TYPE("i1") "K\2K\3K\4\x87VK\nK\2K\0K\1\x87tR."));
    CHECK(p.ok && pickle_layout(p.value, &format, &layout, &plain, &p.error));
    CHECK_INT(layout.shape[0], 4);
    CHECK_INT(layout.shape[1], 2);
    CHECK_INT(layout.shape[2], 3);
    CHECK_INT(layout.strides[0], 1);
    CHECK_INT(layout.strides[1], 12);
    CHECK_INT(layout.strides[2], 4);
    text_free(&format);
    arena_free(&p.arena);
}

int main(void)
{
    RUN(marks_are_known);
    RUN(scalars_are_told_as_repr);
    RUN(buffers_have_layouts);
    RUN(the_first_of_two_pickles_is_read);
    RUN(shared_values_are_shared);
    RUN(members_are_found_by_path);
    RUN(printed_keys_are_paths);
    RUN(transposed_arrays_keep_their_strides);
    return TEST_END();
}
