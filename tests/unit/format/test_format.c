#include "format/format.h"

#include "base/error.h"
#include "base/text.h"

#include "mirror.h"
#include "test.h"

#include <stdlib.h>

/* Write a field as one line: NAME@OFFSET KIND-LETTER ORDER UNIT [SHAPE] {MEMBERS}. */
static void describe(struct text *text, const struct format_field *field)
{
    size_t i;
    int axis;

    text_printf(text, "%.*s@%zu:%c%zu", (int)field->name_length, field->name != NULL ? field->name : "",
                field->offset, field->code, field->unit);
    if (field->kind != FORMAT_STRUCT && field->unit > 1 && field->order == SWAPPED_ORDER) {
        text_putc(text, '>');
    }
    for (axis = 0; axis < field->ndim; axis++) {
        text_printf(text, "[%zu]", field->shape[axis]);
    }
    if (field->kind == FORMAT_STRUCT) {
        text_putc(text, '{');
        for (i = 0; i < field->field_count; i++) {
            text_puts(text, i > 0 ? " " : "");
            describe(text, &field->fields[i]);
        }
        text_putc(text, '}');
    }
}

/* The whole of a format: its tree, and its sizes where they differ; or the error. */
static const char *parsed(const char *format_text, ptrdiff_t itemsize)
{
    static struct text text;
    struct error error = ERROR_INIT;
    struct format format;

    text_clear(&text);
    if (!format_parse(&format, mirror(format_text), itemsize, &error)) {
        text_puts(&text, mirror(error.message));
        return text_string(&text);
    }
    describe(&text, &format.root);
    if (format.padded_size != format.size) {
        text_printf(&text, " +%zu", format.padded_size - format.size);
    }
    format_free(&format);
    return text_string(&text);
}

static unsigned traits(const char *text, ptrdiff_t itemsize)
{
    struct error error = ERROR_INIT;
    struct format format;
    unsigned result;

    if (!format_parse(&format, text, itemsize, &error)) {
        printf("# %s\n", error.message);
        return ~0u;
    }
    result = format.traits;
    format_free(&format);
    return result;
}

/* Whether a format came into the struct module and memoryview with these Pythons. */
static bool since(const char *text, int in_struct, int in_memoryview)
{
    struct error error = ERROR_INIT;
    struct format format;
    bool as_said;

    if (!format_parse(&format, text, -1, &error)) {
        printf("# %s\n", error.message);
        return false;
    }
    as_said = format.struct_since == in_struct && format.memoryview_since == in_memoryview;
    format_free(&format);
    return as_said;
}

static void single_codes(void)
{
    CHECK_STR(parsed("i", -1), "@0:i4");
    CHECK_STR(parsed(">i", -1), "@0:i4>");
    CHECK_STR(parsed("!d", -1), "@0:d8>");
    CHECK_STR(parsed("5s", -1), "@0:s5");
    CHECK_STR(parsed(">3w", -1), "@0:w12>");
    CHECK_STR(parsed("0w", -1), "@0:w0");
    CHECK_STR(parsed("7x", -1), "@0:x7");
    CHECK_STR(parsed("xxx", -1), "@0:x3");
    CHECK_STR(parsed("11t", -1), "@0:t2");
    CHECK_STR(parsed("Ze", -1), "@0:E4");
    CHECK_STR(parsed("<Zf", -1), "@0:F8");
    CHECK_STR(parsed("<D", -1), "@0:D16");
    CHECK_STR(parsed("^Zg", -1), "@0:G32");
    CHECK_STR(parsed("<l", -1), "@0:l4");
    CHECK_STR(parsed("^l", -1), "@0:l8");
    CHECK_STR(parsed("\t i\n", -1), "@0:i4");
    CHECK_STR(parsed("", -1), "@0:T0{}");
    CHECK_STR(parsed("<", -1), "@0:T0{}");
    CHECK_STR(parsed("T{}", -1), "@0:T0{}");
}

static void sub_arrays(void)
{
    CHECK_STR(parsed("3i", -1), "@0:i4[3]");
    CHECK_STR(parsed("1i", -1), "@0:i4");
    CHECK_STR(parsed("(1)i", -1), "@0:i4[1]");
    CHECK_STR(parsed("(2,3)<f", -1), "@0:f4[2][3]");
    CHECK_STR(parsed("( 2, 3 )4i", -1), "@0:i4[2][3][4]");
    CHECK_STR(parsed("(2)(5)d", -1), "@0:d8[2][5]");
    CHECK_STR(parsed("(7)<c", -1), "@0:c1[7]");
    CHECK_STR(parsed("(2)3s", -1), "@0:s3[2]");
    CHECK_STR(parsed("(0)i", -1), "@0:i4[0]");
    CHECK_STR(parsed("2T{i:a:b:b:}", -1), "@0:T8[2]{a@0:i4 b@4:b1}");
}

static void what_ctypes_writes(void)
{
    CHECK_STR(parsed("T{<i:a:4x<d:b:}", 16), "@0:T16{a@0:i4 @4:x4 b@8:d8}");
    CHECK_STR(parsed("T{<i:a:4xT{<h:x:6x<d:y:}:n:<b:z:7x}", 32),
              "@0:T32{a@0:i4 @4:x4 n@8:T16{x@0:h2 @2:x6 y@8:d8} z@24:b1 @25:x7}");
    CHECK_STR(parsed("<u", 4), "@0:u4");
    CHECK_STR(parsed("<z", 8), "@0:z8");
    CHECK_STR(parsed("T{<Z:e:<u:d:}", 12), "@0:T12{e@0:Z8 d@8:u4}");
    CHECK_STR(parsed("<v", 2), "@0:v2");
    CHECK_STR(parsed("<O", 8), "@0:O8");
    CHECK_STR(parsed("&<i", 8), "@0:&8");
    CHECK_STR(parsed("&&<i", 8), "@0:&8");
    CHECK_STR(parsed("&(2,3)<i", 8), "@0:&8");
    CHECK_STR(parsed("T{&T{>i:a:}:p:X{i{}d}:f:(2)X{}:g:}", 32), "@0:T32{p@0:&8 f@8:X8 g@16:X8[2]}");
}

static void what_numpy_writes(void)
{
    CHECK_STR(parsed("T{b:a:xxxi:b:b:c:}", 9), "@0:T9{a@0:b1 @1:x3 b@4:i4 c@8:b1} +3");
    CHECK_STR(parsed("T{b:a:xxxi:b:b:c:}", 12), "@0:T9{a@0:b1 @1:x3 b@4:i4 c@8:b1} +3");
    CHECK_STR(parsed("T{i:a:>i:b:@l:c:}", 16), "@0:T16{a@0:i4 b@4:i4> c@8:l8}");
    CHECK_STR(parsed("T{=i:a:T{@h:x:=d:y:}:n:l:z:}", -1),
              "@0:T18{a@0:i4 n@4:T10{x@0:h2 y@2:d8} z@14:l4}");
    CHECK_STR(parsed("T{T{>h:x:}:n:i:z:}", -1), "@0:T6{n@0:T2{x@0:h2>} z@2:i4>}");
    CHECK_STR(parsed("T{b:a:^g:g:}", 17), "@0:T17{a@0:b1 g@1:g16}");
    CHECK_STR(parsed("T{0x:a:3x:b:}", 3), "@0:T3{a@0:x0 b@0:x3}");
}

static void names_are_bytes_up_to_a_colon(void)
{
    CHECK_STR(parsed("T{i:a b:b:a}:b:}:b:\xc3\xa9:}", -1),
              "@0:T7{a b@0:i4 a}@4:b1 }@5:b1 \xc3\xa9@6:b1} +1");
    CHECK_STR(parsed("i:\xff:", -1), "@0:T4{\xff@0:i4}");
    CHECK_STR(parsed("i::", -1), "@0:T4{@0:i4}");
    CHECK_STR(parsed("T{i:a:b:}", -1), "format 'T{i:a:b:}': name without end at 8");
}

static void alignment_is_the_compilers(void)
{
    struct inner {
        char c;
        struct {
            double d;
            char e;
        } s;
        short h;
    };

    CHECK_STR(parsed("bid", -1), "@0:T16{@0:b1 @4:i4 @8:d8}");
    CHECK_STR(parsed("bT{dbT{hb}}b", -1), "@0:T25{@0:b1 @8:T16{@0:d8 @8:b1 @10:T4{@0:h2 @2:b1}} @24:b1} +7");
    CHECK_STR(parsed("c:c:T{d:d:c:e:}:s:h:h:", sizeof(struct inner)),
              "@0:T26{c@0:c1 s@8:T16{d@0:d8 e@8:c1} h@24:h2} +6");
    CHECK_STR(parsed("b0i", -1), "@0:T4{@0:b1 @4:i4[0]}");
    CHECK_STR(parsed("=bid", -1), "@0:T13{@0:b1 @1:i4 @5:d8}");
    CHECK_STR(parsed("^bid", -1), "@0:T13{@0:b1 @1:i4 @5:d8}");
    CHECK_STR(parsed("T{ib}<h", -1), "@0:T10{@0:T8{@0:i4 @4:b1} @8:h2}");
    CHECK_STR(parsed("id<b", -1), "@0:T17{@0:i4 @8:d8 @16:b1}");
}

static void the_item_size_settles_u(void)
{
    CHECK_STR(parsed("u", -1), "@0:u2");
    CHECK_STR(parsed("u", 2), "@0:u2");
    CHECK_STR(parsed("u", 4), "@0:u4");
    CHECK_STR(parsed("<u", -1), "@0:u4");
    CHECK_STR(parsed("<u", 2), "@0:u2");
    CHECK_STR(parsed(">3u", 12), "@0:u12>");
    CHECK_STR(parsed("u", 7), "@0:u2");
    CHECK(!(traits("<u", 2) & FORMAT_NATIVE_IN_STANDARD));
    CHECK(traits("<u", 4) & FORMAT_NATIVE_IN_STANDARD);
    CHECK(!(traits("u", 4) & FORMAT_NATIVE_IN_STANDARD));
}

static void the_item_size_settles_gaps(void)
{
    /* x counts from the last member of n, or from the end of its padding */
    CHECK_STR(parsed("T{T{i:a:b:b:}:n:xxxb:c:}", 9), "@0:T9{n@0:T8{a@0:i4 b@4:b1} @8:x0 c@8:b1} +3");
    CHECK_STR(parsed("T{T{i:a:b:b:}:n:xxxb:c:}", -1), "@0:T12{n@0:T8{a@0:i4 b@4:b1} @8:x3 c@11:b1}");
    CHECK_STR(parsed("T{(2)T{d:a:b:b:}:n:xxxxxxxxxxxxxxb:c:}", 40),
              "@0:T33{n@0:T16[2]{a@0:d8 b@8:b1} @32:x0 c@32:b1} +7");
    /* nothing but what is written */
    CHECK_STR(parsed("T{T{i:a:b:b:}:n:3s:x:}", 8), "@0:T8{n@0:T5{a@0:i4 b@4:b1} x@5:s3}");
    CHECK_STR(parsed("T{i:h:T{i:a:d:b:}:n:}", 16), "@0:T16{h@0:i4 n@4:T12{a@0:i4 b@4:d8}}");
    CHECK(traits("T{T{i:a:b:b:}:n:xxxb:c:}", 9) & FORMAT_UNALIGNED);
    CHECK(traits("T{T{i:a:b:b:}:n:3s:x:}", 8) & FORMAT_UNALIGNED);
    CHECK(!(traits("T{T{i:a:b:b:}:n:3s:x:}", 12) & FORMAT_UNALIGNED));
    CHECK(!(traits("T{b:a:xxxi:b:b:c:}", 9) & FORMAT_UNALIGNED));
    CHECK(!(traits("T{b:a:i:b:}", 8) & FORMAT_UNALIGNED));
}

static void traits_are_seen(void)
{
    CHECK_INT(traits("i", -1), 0);
    CHECK_INT(traits("P", -1), FORMAT_HAS_POINTER);
    CHECK_INT(traits("=n", -1), FORMAT_NATIVE_IN_STANDARD);
    CHECK_INT(traits("<g", -1), FORMAT_NATIVE_IN_STANDARD);
    CHECK_INT(traits("^g", -1), 0);
    CHECK_INT(traits("<z", -1), FORMAT_NATIVE_IN_STANDARD | FORMAT_HAS_POINTER);
    CHECK_INT(traits("T{O:a:}", -1), FORMAT_HAS_OBJECT);
    CHECK_INT(traits("&O", -1), FORMAT_HAS_POINTER);
    CHECK_INT(traits("T{T{i:a:", -1), FORMAT_UNCLOSED);
    CHECK_INT(traits("T{i:a:}", -1), 0);
}

static void pythons_own_readers_learn(void)
{
    CHECK(since("i", FORMAT_ALWAYS, FORMAT_ALWAYS));
    CHECK(since("P", FORMAT_ALWAYS, FORMAT_ALWAYS));
    CHECK(since("@e", FORMAT_ALWAYS, FORMAT_SINCE_3_12));
    CHECK(since("<i", FORMAT_ALWAYS, FORMAT_NEVER));
    CHECK(since("i d", FORMAT_ALWAYS, FORMAT_NEVER));
    CHECK(since("F", FORMAT_SINCE_3_14, FORMAT_NEVER));
    CHECK(since("<3D", FORMAT_SINCE_3_14, FORMAT_NEVER));
    CHECK(since("@Zf", FORMAT_SINCE_3_15, FORMAT_SINCE_3_15));
    CHECK(since("Zd", FORMAT_SINCE_3_15, FORMAT_SINCE_3_15));
    CHECK(since("<Zf", FORMAT_SINCE_3_15, FORMAT_NEVER));
    CHECK(since("FZd", FORMAT_SINCE_3_15, FORMAT_NEVER));
    CHECK(since("Zg", FORMAT_NEVER, FORMAT_NEVER));
    CHECK(since("Ze", FORMAT_NEVER, FORMAT_NEVER));
    CHECK(since("Z", FORMAT_NEVER, FORMAT_NEVER));
    CHECK(since("i<d", FORMAT_NEVER, FORMAT_NEVER));
    CHECK(since("^i", FORMAT_NEVER, FORMAT_NEVER));
    CHECK(since("(2)i", FORMAT_NEVER, FORMAT_NEVER));
    CHECK(since("=n", FORMAT_NEVER, FORMAT_NEVER));
    CHECK(since("T{i:a:}", FORMAT_NEVER, FORMAT_NEVER));
}

static void duplicate_names_are_named(void)
{
    struct error error = ERROR_INIT;
    struct format format;

    CHECK(format_parse(&format, "i:a:T{i:c:i:b:i:\xc3\xa9:i:b:i:c:}:d:i:d:", -1, &error));
    CHECK(format.traits & FORMAT_DUPLICATE_NAME);
    CHECK_STR(format.duplicate, "b");
    format_free(&format);
    CHECK(!(traits("i:a:T{i:a:}:b:ii", -1) & FORMAT_DUPLICATE_NAME));
    CHECK(traits("i::i::", -1) & FORMAT_DUPLICATE_NAME);
}

static void malformed_formats_are_refused(void)
{
    static const struct {
        const char *text, *message;
    } cases[] = {
        {"y", "format 'y': unknown code 'y' at 0"},
        {"i\xc3\xa9", "format 'i\xc3\xa9': unknown code '\xc3\xa9' at 1"},
        {"E", "format 'E': unknown code 'E' at 0"},
        {":a:", "format ':a:': unknown code ':' at 0"},
        {"3", "format '3': count without a code at 0"},
        {"i3", "format 'i3': count without a code at 1"},
        {"3 i", "format '3 i': unknown code ' ' at 1"},
        {"T{(2)}", "format 'T{(2)}': shape without a code at 2"},
        {"(2", "format '(2': shape without end at 0"},
        {"(2;3)i", "format '(2;3)i': shape without end at 0"},
        {"(", "format '(': shape without end at 0"},
        {"()i", "format '()i': number expected at 1"},
        {"(2,)i", "format '(2,)i': number expected at 3"},
        {"(-1)i", "format '(-1)i': number expected at 1"},
        {"i}", "format 'i}': '}' without '{' at 1"},
        {"T", "format 'T': 'T' without '{' at 0"},
        {"X", "format 'X': 'X' without '{' at 0"},
        {"iX{{}", "format 'iX{{}': 'X{' without '}' at 1"},
        {"T{&}", "format 'T{&}': '&' without a target at 3"},
        {"T{i:a", "format 'T{i:a': name without end at 4"},
        {"i:", "format 'i:': name without end at 2"},
        {"99999999999999999999999s", "format '99999999999999999999999s': number too large at 0"},
        {"(9223372036854775808)x", "format '(9223372036854775808)x': number too large at 1"},
        {"b9223372036854775807i", "format 'b9223372036854775807i': more bytes than memory can have at 1"},
        {"(4294967296,0,4294967296)i",
         "format '(4294967296,0,4294967296)i': more bytes than memory can have at 0"},
    };
    size_t i;

    for (i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        CHECK_STR(parsed(cases[i].text, -1), cases[i].message);
    }
}

/* `count` copies of a piece, then a tail; the caller frees it. */
static char *repeated(const char *piece, size_t count, const char *tail)
{
    struct text text = TEXT_INIT;

    while (count-- > 0) {
        text_puts(&text, piece);
    }
    text_puts(&text, tail);
    return text.data;
}

static void check_repeated(const char *piece, size_t count, const char *tail, const char *expected)
{
    char *text = repeated(piece, count, tail);

    CHECK_STR(parsed(text, 1), expected);
    free(text);
}

static void long_formats_are_bounded(void)
{
    check_repeated("x", 3000000, "", "@0:x3000000");
    check_repeated("(1)", 65, "i",
                   "format '(1)(1)(1)(1)(1)(1)(1)(1)(1)(1)(1)(1)(1)(1)(1)(1)(1)(1)(1)(1)...': "
                   "more than 64 dimensions at 194");
    check_repeated("T{", 101, "",
                   "format 'T{T{T{T{T{T{T{T{T{T{T{T{T{T{T{T{T{T{T{T{T{T{T{T{T{T{T{T{T{T{...': "
                   "nested deeper than 100 at 200");
    check_repeated("&", 101, "i",
                   "format '&&&&&&&&&&&&&&&&&&&&&&&&&&&&&&&&&&&&&&&&&&&&&&&&&&&&&&&&&&&&...': "
                   "nested deeper than 100 at 100");
}

static void long_formats_are_quoted_in_part(void)
{
    char *text = repeated("yyy\xc3\xa9yy", 9, "");
    char *quoted = repeated("yyy\xc3\xa9yy", 8, "yyy"); /* one byte less than fits: no half character */
    struct text expected = TEXT_INIT;

    text_printf(&expected, "format '%s...': unknown code 'y' at 0", quoted);
    CHECK_STR(parsed(text, -1), text_string(&expected));
    text_free(&expected);
    free(text);
    free(quoted);
}

static void too_many_fields_are_refused(void)
{
    char *text = repeated("ib", 200000, "");
    const char *message = parsed(text, -1);

    CHECK(strncmp(message, "format 'ibib", 12) == 0);
    CHECK(strstr(message, "ib...': too many fields at ") != NULL);
    free(text);
}

static bool same(const char *a_text, const char *b_text)
{
    struct error error = ERROR_INIT;
    struct format a, b;
    bool result;

    if (!format_parse(&a, mirror(a_text), -1, &error)) {
        return false;
    }
    if (!format_parse(&b, mirror(b_text), -1, &error)) {
        format_free(&a);
        return false;
    }
    result = format_same_item(&a.root, &b.root);
    CHECK_INT(format_same_item(&b.root, &a.root), result);
    format_free(&a);
    format_free(&b);
    return result;
}

static void the_same_item_however_spelled(void)
{
    CHECK(same("l", "q"));
    CHECK(same("i", "<i"));
    CHECK(same("<b", ">b"));
    CHECK(same("3i", "(3)i"));
    CHECK(same("i:a:d:b:", "T{i:a:d:b:}"));
    CHECK(same("T{b:a:xxxi:b:}", "T{b:a:i:b:}"));
    CHECK(same("T{b:a:xxxi:b:}", "T{=b:a:3xi:b:}"));
    CHECK(same("T{T{>h:x:}:n:i:z:}", "T{T{>h:x:}:n:>i:z:}"));
    CHECK(same("D", "Zd"));
    CHECK(same("&<i", "&<d"));
    CHECK(same("5s", "=5s"));

    CHECK(!same("i", "I"));
    CHECK(!same("i", ">i"));
    CHECK(!same("i", "q"));
    CHECK(!same("i", "f"));
    CHECK(!same("3i", "3s"));
    CHECK(!same("6i", "(2,3)i"));
    CHECK(!same("(3,2)i", "(2,3)i"));
    CHECK(!same("c", "1s"));
    CHECK(!same("ii", "i"));
    CHECK(!same("T{i:a:}", "T{i:b:}"));
    CHECK(!same("T{i:a:}", "T{i}"));
    CHECK(!same("T{i::}", "T{i}"));
    CHECK(!same("T{b:a:i:b:}", "T{=b:a:i:b:}"));
    CHECK(!same("7x", "7s"));
    CHECK(!same("T{3x:a:}", "T{3x}"));
}

static void sizes_fit_with_and_without_padding(void)
{
    struct error error = ERROR_INIT;
    struct format format;

    CHECK(format_parse(&format, "T{b:a:xxxi:b:b:c:}", -1, &error));
    CHECK_INT(format.size, 9);
    CHECK_INT(format.padded_size, 12);
    CHECK_INT(format.alignment, 4);
    CHECK(format_fits(&format, 9));
    CHECK(format_fits(&format, 12));
    CHECK(!format_fits(&format, 10));
    CHECK(!format_fits(&format, 8));
    format_free(&format);

    CHECK(format_parse(&format, "<ib", -1, &error));
    CHECK_INT(format.alignment, 1);
    CHECK(format_fits(&format, 5));
    CHECK(!format_fits(&format, 8));
    format_free(&format);
}

/* What a field's `format` is shown as: its piece, with the order it needs. */
static const char *piece(const char *format_text, size_t member)
{
    static struct text text;
    struct error error = ERROR_INIT;
    struct format format;

    text_clear(&text);
    if (format_parse(&format, format_text, -1, &error)) {
        const struct format_field *field = &format.root.fields[member];

        if (field->prefix != '\0') {
            text_putc(&text, field->prefix);
        }
        text_append(&text, field->text, field->text_length);
        format_free(&format);
    }
    return text_string(&text);
}

static void pieces_can_be_read_alone(void)
{
    CHECK_STR(piece("T{i:a:(2,3)d:b:}", 1), "(2,3)d");
    CHECK_STR(piece("T{<i:a: (2,3)<d:b:}", 1), "(2,3)<d");
    CHECK_STR(piece("T{>i:a:3d:b:}", 1), ">3d");
    CHECK_STR(piece("T{>i:a:5s:b:}", 1), "5s");
    CHECK_STR(piece("T{>i:a:x x 2x:b:}", 1), "x x");
    CHECK_STR(piece("T{<i:a:&d:b:}", 1), "<&d");
    CHECK_STR(piece("T{<i:a:&>d:b:}", 1), "&>d");
    CHECK_STR(piece("T{<i:a:X{}:b:}", 1), "X{}");
    CHECK_STR(piece("T{<i:a:T{b:a:X{}:b:}:b:}", 1), "<T{b:a:X{}:b:}");
    CHECK_STR(piece("T{<i:a:T{b:a:d:b:}:b:}", 1), "<T{b:a:d:b:}");
    CHECK_STR(piece("T{<i:a:T{b:a:>d:b:}:b:}", 1), "T{b:a:>d:b:}");
    CHECK_STR(piece("T{<i:a:2T{xxb:a:=d:b:}:b:}", 1), "2T{xxb:a:=d:b:}");
}

int main(void)
{
    RUN(single_codes);
    RUN(sub_arrays);
    RUN(what_ctypes_writes);
    RUN(what_numpy_writes);
    RUN(names_are_bytes_up_to_a_colon);
    RUN(alignment_is_the_compilers);
    RUN(the_item_size_settles_u);
    RUN(the_item_size_settles_gaps);
    RUN(traits_are_seen);
    RUN(pythons_own_readers_learn);
    RUN(duplicate_names_are_named);
    RUN(malformed_formats_are_refused);
    RUN(long_formats_are_bounded);
    RUN(long_formats_are_quoted_in_part);
    RUN(too_many_fields_are_refused);
    RUN(the_same_item_however_spelled);
    RUN(sizes_fit_with_and_without_padding);
    RUN(pieces_can_be_read_alone);
    return TEST_END();
}
