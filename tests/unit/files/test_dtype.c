#include "base/arena.h"
#include "base/error.h"
#include "base/text.h"
#include "files/dtype.h"
#include "format/format.h"

#include "mirror.h"
#include "test.h"

static struct arena arena = ARENA_INIT(64 << 20);
static struct error error;

static const struct dtype *type(const char *text)
{
    const struct dtype *dtype;

    error = (struct error)ERROR_INIT;
    dtype = dtype_from_text(&arena, mirror(text), strlen(text), &error);
    if (dtype == NULL) {
        CHECK_INT(error.kind, ERROR_INPUT);
    }
    return dtype;
}

static struct dtype_field field(const char *name, size_t offset, const struct dtype *dtype)
{
    return (struct dtype_field){name, strlen(name), NULL, 0, offset, dtype};
}

static const struct dtype_field NONE;

/* A struct of up to 3 fields; NONE ends them. */
static const struct dtype *record(size_t itemsize, struct dtype_field a, struct dtype_field b,
                                  struct dtype_field c)
{
    struct dtype_field all[] = {a, b, c};
    struct dtype_field *fields = arena_array(&arena, 3, sizeof *fields);
    size_t count = 0;

    while (count < 3 && all[count].type != NULL) {
        fields[count] = all[count];
        count++;
    }
    error = (struct error)ERROR_INIT;
    return dtype_struct(&arena, fields, count, itemsize, &error);
}

static const char *format(const struct dtype *dtype, size_t alignment)
{
    static struct text text;
    bool plain = true;

    if (dtype == NULL) {
        return mirror(error.message);
    }
    text_clear(&text);
    dtype_format(dtype, alignment, &text, &plain);
    if (!plain) {
        text_puts(&text, " (stand-in)");
    }
    return mirror(text_string(&text));
}

static const char *spelled(const struct dtype *dtype)
{
    static struct text text;

    if (dtype == NULL) {
        return mirror(error.message);
    }
    text_clear(&text);
    dtype_text(dtype, &text);
    return mirror(text_string(&text));
}

static void type_strings_are_read(void)
{
    static const struct {
        const char *text;
        size_t itemsize;
        const char *aligned, *unaligned, *spelled;
    } rows[] = {
        {"|b1", 1, "?", "?", "|b1"},
        {"<i1", 1, "b", "b", "|i1"},
        {">u1", 1, "B", "B", "|u1"},
        {"<i2", 2, "h", "=h", "<i2"},
        {">u2", 2, ">H", ">H", ">u2"},
        {"<i4", 4, "i", "=i", "<i4"},
        {"=u4", 4, "I", "=I", "<u4"},
        {"<i8", 8, "l", "=q", "<i8"},
        {">u8", 8, ">Q", ">Q", ">u8"},
        {"f2", 2, "e", "=e", "<f2"},
        {"|f4", 4, "f", "=f", "<f4"},
        {">f8", 8, ">d", ">d", ">f8"},
        {"<f16", 16, "g", "^g", "<f16"},
        {">f16", 16, "16x (stand-in)", "16x (stand-in)", ">f16"},
        {"<c8", 8, "Zf", "=Zf", "<c8"},
        {">c16", 16, ">Zd", ">Zd", ">c16"},
        {"<c32", 32, "Zg", "^Zg", "<c32"},
        {">c32", 32, "32x (stand-in)", "32x (stand-in)", ">c32"},
        {"|S5", 5, "5s", "5s", "|S5"},
        {"S0", 0, "0s", "0s", "|S0"},
        {"<U4", 16, "4w", "=4w", "<U4"},
        {">U1", 4, ">1w", ">1w", ">U1"},
        {"|V7", 7, "7x", "7x", "|V7"},
        {"<V2", 2, "2x", "2x", "|V2"},
        {"|O", 8, "O", "O", "|O"},
        {"O4", 8, "O", "O", "|O"},
        {"|O8", 8, "O", "O", "|O"},
        {"<M8[ns]", 8, "q (stand-in)", "=q (stand-in)", "<M8[ns]"},
        {">M8[25us]", 8, ">q (stand-in)", ">q (stand-in)", ">M8[25us]"},
        {"<m8", 8, "q (stand-in)", "=q (stand-in)", "<m8"},
        {"<m8[generic]", 8, "q (stand-in)", "=q (stand-in)", "<m8"},
        {"<M8[2147483647as]", 8, "q (stand-in)", "=q (stand-in)", "<M8[2147483647as]"},
        {"|S2147483647", 2147483647, "2147483647s", "2147483647s", "|S2147483647"},
        {"<U536870911", 2147483644, "536870911w", "=536870911w", "<U536870911"},
    };
    size_t i;

    for (i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        const struct dtype *dtype = type(rows[i].text);

        CHECK_STR(format(dtype, 16), rows[i].aligned);
        CHECK_STR(format(dtype, 1), rows[i].unaligned);
        CHECK_STR(spelled(dtype), rows[i].spelled);
        CHECK_INT(dtype ? dtype->itemsize : 0, rows[i].itemsize);
        CHECK(dtype && dtype_has_object(dtype) == (dtype->kind == 'O'));
    }
}

static void datetime_units_are_kept(void)
{
    const struct dtype *dtype = type(">m8[25us]");

    CHECK_INT(dtype->kind, 'm');
    CHECK_INT(dtype->order, SWAPPED_ORDER);
    CHECK_STR(dtype->unit, "us");
    CHECK_INT(dtype->multiple, 25);
    CHECK_STR(type("<M8")->unit, "");
    CHECK_INT(type("<M8")->multiple, 1);
}

static void other_type_strings_are_refused(void)
{
    static const char *const texts[] = {
        "", "<", "zz", "<i16", "<i3", "<f12", "|b2", "^f8", "f8,i4", "<<f8", "<f8 ", " <f8", "<f08",
        "float64", "int", "?", "S", "S05", "|S-1", "|S4294967297", "|V99999999999999999999", "|V2147483648",
        "<U536870912",
        "<M8[0s]", "<M4[s]", "<M8[", "<M8[]", "<M8[s", "<M8[s]]", "<M8[05s]", "<M8[2147483648s]", "<M8[s/3]",
        "<M8[min]", "<m8[D]x", "O2", "|O88", "a5", "<F8", "\xc3\xa9",
    };
    size_t i;

    for (i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        if (type(texts[i]) != NULL) {
            printf("# '%s' is accepted\n", texts[i]);
            test_ok = false;
        }
    }
    CHECK(type("<i16") == NULL);
    CHECK_STR(mirror(error.message), "unknown type string '<i16'");
    CHECK(type("|S4294967297") == NULL);
    CHECK_STR(error.message, "type string '|S4294967297' asks for items of more than 2147483647 bytes");
    CHECK(dtype_from_text(&arena, "<f8\0", 4, &error) == NULL);
}

static void structs_are_written_as_numpy_writes_them(void)
{
    const struct dtype *inner = record(16, field("h", 0, type("<i4")), field("y", 8, type("<f8")), NONE);

    CHECK_STR(format(inner, 8), "T{i:h:xxxxd:y:}");
    CHECK_STR(format(inner, 4), "T{i:h:xxxx=d:y:}");
    CHECK_STR(spelled(inner), "[('h', '<i4'), ('', '|V4'), ('y', '<f8')]");
    CHECK_STR(format(record(12, field("x", 0, type("<i4")), field("y", 4, type("<f8")), NONE), 4),
              "T{i:x:=d:y:}");
    CHECK_STR(format(record(25, field("a", 0, type("|i1")), field("n", 1, inner),
                            field("b", 17, type(">i2"))), 1),
              "T{b:a:T{=i:h:xxxxd:y:}:n:>h:b:}");
    CHECK_STR(format(record(0, NONE, NONE, NONE), 16), "T{}");
    CHECK_STR(spelled(record(0, NONE, NONE, NONE)), "[]");
    CHECK_STR(format(record(4, NONE, NONE, NONE), 16), "T{}");
    CHECK_STR(spelled(record(4, NONE, NONE, NONE)), "[('', '|V4')]");
}

static void trailing_padding_in_sub_arrays_is_made_up_for(void)
{
    const ptrdiff_t two[] = {2};
    const struct dtype *padded = record(8, field("a", 0, type("<i4")), NONE, NONE);
    const struct dtype *pair = dtype_subarray(&arena, padded, 1, two, &error);

    CHECK_STR(format(record(20, field("s", 0, pair), field("b", 16, type("<i4")), NONE), 4),
              "T{(2)T{i:a:}:s:xxxxxxxxi:b:}");
}

static const char *exact(const struct dtype *dtype)
{
    static struct text text;

    text_clear(&text);
    dtype_exact_format(dtype, mirror(format(dtype, 4)), &text);
    return mirror(text_string(&text));
}

static void what_formats_do_not_tell_is_written_exactly(void)
{
    const ptrdiff_t two[] = {2}, one[] = {1};
    const struct dtype *i4 = type("<i4"), *i2 = type(">i2");
    const struct dtype *padded = record(8, field("a", 0, i4), NONE, NONE);
    const struct dtype *pair = dtype_subarray(&arena, padded, 1, two, &error);
    const struct dtype *single = dtype_subarray(&arena, padded, 1, one, &error);
    const struct dtype *aligned = record(8, field("a", 0, i4), field("b", 4, type("<i2")), NONE);

    CHECK_STR(exact(padded), "=T{i:a:4x}");
    CHECK_STR(exact(record(8, field("a", 0, i4), field("b", 4, i2), NONE)), "=T{i:a:>h:b:2x}");
    CHECK_STR(exact(record(20, field("s", 0, pair), field("b", 16, i4), NONE)), "=T{(2)T{i:a:4x}:s:i:b:}");
    CHECK_STR(exact(record(12, field("g", 1, type("<f8")), NONE, NONE)), "=T{1xd:g:3x}");
    /* told already: no padding, that of alignment, that between fields */
    CHECK_STR(exact(i4), "");
    CHECK_STR(exact(record(4, field("a", 0, i4), NONE, NONE)), "");
    CHECK_STR(exact(aligned), "");
    CHECK_STR(exact(record(20, field("s", 0, dtype_subarray(&arena, aligned, 1, two, &error)), field("b", 16, i4), NONE)),
              "");
    CHECK_STR(exact(record(12, field("n", 0, padded), field("b", 8, i4), NONE)), "");
    CHECK_STR(exact(record(12, field("n", 0, single), field("b", 8, i4), NONE)), "");
    /* in another's padding */
    CHECK_STR(exact(record(8, field("n", 0, padded), field("b", 4, i2), NONE)), "");
}

static void sub_arrays_nest(void)
{
    const ptrdiff_t shape[] = {2, 0, 3};
    const ptrdiff_t five[] = {5};
    const struct dtype *inner = dtype_subarray(&arena, type("<f4"), 1, five, &error);
    const struct dtype *outer = dtype_subarray(&arena, inner, 3, shape, &error);

    CHECK_STR(format(outer, 4), "(2,0,3)(5)f");
    CHECK_INT(outer->itemsize, 0);
    CHECK_INT(inner->itemsize, 20);
    CHECK_STR(spelled(record(0, field("a", 0, outer), NONE, NONE)), "[('a', ('<f4', (5,)), (2, 0, 3))]");
}

static void sub_arrays_too_large_are_refused(void)
{
    const ptrdiff_t wrap[] = {65536, 65536};
    const ptrdiff_t hidden[] = {0, PTRDIFF_MAX, 3};
    const ptrdiff_t negative[] = {-1};
    ptrdiff_t many[65] = {0};

    CHECK(dtype_subarray(&arena, type("|u1"), 2, wrap, &error) == NULL);
    CHECK_STR(error.message, "a sub-array of more than 2147483647 bytes");
    CHECK(dtype_subarray(&arena, type("|V0"), 2, wrap, &error) == NULL);
    CHECK(dtype_subarray(&arena, type("|u1"), 3, hidden, &error) == NULL);
    CHECK(dtype_subarray(&arena, type("|u1"), 1, negative, &error) == NULL);
    CHECK(dtype_subarray(&arena, type("|u1"), 64, many, &error) != NULL);
    CHECK(dtype_subarray(&arena, type("|u1"), 65, many, &error) == NULL);
    CHECK(dtype_subarray(&arena, type("|u1"), 0, many, &error) == NULL);
}

static void fields_that_no_format_can_place_get_a_stand_in(void)
{
    const struct dtype *i4 = type("<i4");
    const struct dtype *swapped = record(8, field("a", 4, i4), field("b", 0, type("<f4")), NONE);
    const struct dtype *overlapping = record(8, field("a", 0, i4), field("b", 2, i4), NONE);

    CHECK_STR(format(swapped, 8), "8x (stand-in)");
    CHECK_STR(spelled(swapped),
              "{'names': ['a', 'b'], 'formats': ['<i4', '<f4'], 'offsets': [4, 0], 'itemsize': 8}");
    CHECK_STR(format(overlapping, 8), "8x (stand-in)");
    CHECK_STR(format(record(9, field("s", 0, swapped), field("c", 8, type("|u1")), NONE), 8),
              "T{8x:s:B:c:} (stand-in)");
}

static void names_are_written_as_they_are(void)
{
    struct dtype_field titled = field("a", 0, type("<i4"));

    titled.title = "it's";
    titled.title_length = 4;
    CHECK_STR(format(record(4, titled, NONE, NONE), 4), "T{i:a:}");
    CHECK_STR(spelled(record(4, titled, NONE, NONE)), "[((\"it's\", 'a'), '<i4')]");
    CHECK_STR(format(record(4, field("a}b", 0, type("<i4")), NONE, NONE), 4), "T{i:a}b:}");
    CHECK_STR(format(record(5, field("a:b", 0, type("<i4")), field("c", 4, type("|b1")), NONE), 4),
              "T{i?:c:} (stand-in)");
    CHECK_STR(spelled(record(4, field("\x1b\n\\'\"\xc3\xa9", 0, type("<i4")), NONE, NONE)),
              "[('\\x1b\\n\\\\\\'\"\xc3\xa9', '<i4')]");
}

static void bad_structs_are_refused(void)
{
    struct dtype_field titled = field("a", 0, type("<i4"));

    titled.title = "b";
    titled.title_length = 1;
    CHECK(record(8, field("a", 0, type("<i4")), field("a", 4, type("<i4")), NONE) == NULL);
    CHECK_STR(error.message, "the field name or title 'a' occurs twice");
    CHECK(record(8, titled, field("b", 4, type("<i4")), NONE) == NULL);
    CHECK(record(8, field("", 0, type("<i4")), field("", 4, type("<i4")), NONE) == NULL);
    CHECK(record(8, field("", 0, type("<i4")), field("b", 4, type("<i4")), NONE) != NULL);
    CHECK(record(7, field("a", 0, type("<i4")), field("b", 4, type("<i4")), NONE) == NULL);
    CHECK_STR(error.message, "field 'b' of 4 bytes at offset 4 does not fit into its struct of 7 bytes");
    CHECK(record(8, field("a", SIZE_MAX - 1, type("<i4")), NONE, NONE) == NULL);
    CHECK(record((size_t)DTYPE_MAX_ITEMSIZE + 1, NONE, NONE, NONE) == NULL);
    CHECK(record(4, field("\xed\xa0\x80", 0, type("<i4")), NONE, NONE) == NULL);
    CHECK(record(4, (struct dtype_field){"a\0b", 3, NULL, 0, 0, type("<i4")}, NONE, NONE) == NULL);
}

static void sharing_and_nesting_are_bounded(void)
{
    const struct dtype *dtype = type("|V0");
    int depth;

    for (depth = 0; dtype != NULL; depth++) {
        dtype = record(0, field("a", 0, dtype), field("b", 0, dtype), NONE);
    }
    CHECK_STR(error.message, "a type of too many fields");
    CHECK(depth > 15 && depth < 30);
    dtype = type("|V0");
    for (depth = 0; dtype != NULL; depth++) {
        dtype = record(0, field("a", 0, dtype), NONE, NONE);
    }
    CHECK_STR(error.message, "a type nested more than 100 deep");
    CHECK_INT(depth, DTYPE_MAX_DEPTH + 1);
}

static void long_padding_is_counted(void)
{
    const struct dtype *far = record(1 << 30, field("a", (1 << 30) - 1, type("|b1")), NONE, NONE);

    CHECK_STR(format(far, 1), "T{1073741823x?:a:}");
    far = record(DTYPE_MAX_RUN + 1, field("a", DTYPE_MAX_RUN, type("|b1")), NONE, NONE);
    CHECK_INT(strlen(format(far, 1)), DTYPE_MAX_RUN + 7);
}

/* The text of NumPy's type for a format. */
static const char *from_format(const char *text, size_t itemsize)
{
    static struct format parsed;
    const char *result;

    error = (struct error)ERROR_INIT;
    if (!format_parse(&parsed, mirror(text), (ptrdiff_t)itemsize, &error)) {
        return mirror(error.message);
    }
    result = spelled(dtype_from_format(&arena, &parsed, itemsize, &error));
    format_free(&parsed);
    return result;
}

static void formats_become_types(void)
{
    static const struct {
        const char *format;
        size_t itemsize;
        const char *type;
    } rows[] = {
        {"d", 8, "<f8"},
        {">q", 8, ">i8"},
        {"3w", 12, "<U3"},
        {"7x", 7, "|V7"},
        {"T{B:a:3x}", 4, "[('a', '|u1'), ('', '|V3')]"},
        {"T{B:a:}", 4, "the format describes 1 bytes, but itemsize is 4"},
        {"T{b:a:xxxi:b:}", 8, "[('a', '|i1'), ('', '|V3'), ('b', '<i4')]"},
        {"i:f0:i", 8, "[('f0', '<i4'), ('f1', '<i4')]"},
        {"T{(2)(5)d:a:}", 80, "[('a', ('<f8', (5,)), (2,))]"},
        {"T{(2,5)d:a:}", 80, "[('a', '<f8', (2, 5))]"},
        {"(2,3)f", 24, "<f4"},
        {"O", 8, "NumPy has no type for items of format 'O'"},
        {"T{i:a:i:a:}", 8, "the field name or title 'a' occurs twice"},
        {"d", 4, "the format describes 8 bytes, but itemsize is 4"},
    };
    size_t i;

    for (i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        CHECK_STR(from_format(rows[i].format, rows[i].itemsize), rows[i].type);
    }
}

int main(void)
{
    RUN(type_strings_are_read);
    RUN(datetime_units_are_kept);
    RUN(other_type_strings_are_refused);
    RUN(structs_are_written_as_numpy_writes_them);
    RUN(trailing_padding_in_sub_arrays_is_made_up_for);
    RUN(what_formats_do_not_tell_is_written_exactly);
    RUN(sub_arrays_nest);
    RUN(sub_arrays_too_large_are_refused);
    RUN(fields_that_no_format_can_place_get_a_stand_in);
    RUN(names_are_written_as_they_are);
    RUN(bad_structs_are_refused);
    RUN(sharing_and_nesting_are_bounded);
    RUN(long_padding_is_counted);
    RUN(formats_become_types);
    arena_free(&arena);
    return TEST_END();
}
