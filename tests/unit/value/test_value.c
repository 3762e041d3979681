#include "value/value.h"

#include "base/text.h"
#include "format/format.h"
#include "value/decimal.h"
#include "value/named.h"

#include "mirror.h"
#include "test.h"

#include <endian.h>
#include <stdlib.h>

static const char *value(const struct format_field *field, const void *bytes)
{
    static struct text text;

    text_clear(&text);
    value_append(&text, field, bytes);
    return text_string(&text);
}

/* A field of one element; the bytes' order is the second argument. */
static struct format_field element(enum format_kind kind, char order, size_t size)
{
    return (struct format_field){.kind = kind, .order = order, .unit = size, .count = 1, .size = size};
}

static const char *integer(enum format_kind kind, char order, size_t size, const char *bytes)
{
    struct format_field field = element(kind, order, size);

    return value(&field, bytes);
}

static const char *run(enum format_kind kind, const char *bytes, size_t count, size_t width)
{
    struct format_field field = element(kind, '<', count * width);

    field.count = count;
    return value(&field, bytes);
}

static const char *number(double from)
{
    static char to[DECIMAL_TEXT_SIZE];
    struct decimal decimal;

    decimal_of_double(&decimal, from);
    to[decimal_write(to, &decimal, true, false)] = '\0';
    return to;
}

static void integers_of_every_size_and_order(void)
{
    CHECK_STR(integer(FORMAT_INT, '<', 1, "\x80"), "-128");
    CHECK_STR(integer(FORMAT_UINT, '>', 1, "\x80"), "128");
    CHECK_STR(integer(FORMAT_INT, '<', 2, "\x01\x80"), "-32767");
    CHECK_STR(integer(FORMAT_INT, '>', 2, "\x01\x80"), "384");
    CHECK_STR(integer(FORMAT_INT, '>', 3, "\xff\xff\xfe"), "-2");
    CHECK_STR(integer(FORMAT_UINT, '<', 5, "\x00\x00\x00\x00\x01"), "4294967296");
    CHECK_STR(integer(FORMAT_INT, '<', 8, "\0\0\0\0\0\0\0\x80"), "-9223372036854775808");
    CHECK_STR(integer(FORMAT_UINT, '>', 8, "\xff\xff\xff\xff\xff\xff\xff\xff"), "18446744073709551615");
    CHECK_STR(integer(FORMAT_INT, '>', 8, "\xff\xff\xff\xff\xff\xff\xff\xff"), "-1");
    CHECK_STR(integer(FORMAT_UINT, '<', 4, "\0\0\0\0"), "0");
}

static void digits_of_every_length(void)
{
    uint64_t power = 1;
    int digits;

    for (digits = 1; digits <= 20; digits++) {
        const uint64_t values[] = {power - (digits > 1), power, power + 1, power * 9 / 7};
        size_t i;

        for (i = 0; i < sizeof values / sizeof values[0]; i++) {
            char expected[32];
            char actual[DECIMAL_COPY + 1];

            snprintf(expected, sizeof expected, "%" PRIu64, values[i]);
            actual[decimal_unsigned(actual, values[i])] = '\0';
            CHECK_STR(actual, expected);
        }
        power *= 10;
    }
}

static void booleans_pointers_and_bits(void)
{
    struct format_field bits = element(FORMAT_BITS, '<', 2);

    CHECK_STR(integer(FORMAT_BOOL, '<', 1, "\0"), "False");
    CHECK_STR(integer(FORMAT_BOOL, '<', 1, "\x80"), "True");
    CHECK_STR(integer(FORMAT_POINTER, '<', 8, "\x10\0\0\0\0\0\0\xab"), "0xab00000000000010");
    CHECK_STR(integer(FORMAT_OBJECT, '>', 8, "\0\0\0\0\0\0\0\0"), "0x0");
    bits.count = 11;
    CHECK_STR(value(&bits, "\x03\xfc"), "0b10000000011");
    bits.order = '>';
    CHECK_STR(value(&bits, "\x03\xfc"), "0b01111111100");
}

static void doubles_as_repr(void)
{
    CHECK_STR(number(0.0), "0.0");
    CHECK_STR(number(-0.0), "-0.0");
    CHECK_STR(number(0.1), "0.1");
    CHECK_STR(number(-1.5), "-1.5");
    CHECK_STR(number(1024), "1024.0");
    CHECK_STR(number(1e15), "1000000000000000.0");
    CHECK_STR(number(9007199254740993.0), "9007199254740992.0");
    CHECK_STR(number(1e16), "1e+16");
    CHECK_STR(number(1.5e300), "1.5e+300");
    CHECK_STR(number(0.0001), "0.0001");
    CHECK_STR(number(0.00001), "1e-05");
    CHECK_STR(number(5e-324), "5e-324");
    CHECK_STR(number(2.2250738585072014e-308), "2.2250738585072014e-308");
    CHECK_STR(number(1.7976931348623157e308), "1.7976931348623157e+308");
    CHECK_STR(number(5e-324 * 3), "1.5e-323");
    CHECK_STR(number(9.5367431640625e-07), "9.5367431640625e-07");
    CHECK_STR(number(strtod("inf", NULL)), "inf");
}

static uint64_t random_bits(uint64_t *state)
{
    *state ^= *state << 13;
    *state ^= *state >> 7;
    *state ^= *state << 17;
    return *state * UINT64_C(2685821657736338717);
}

/* Reads back, and no text with one digit less does: the C library is the judge. */
static void doubles_are_shortest(void)
{
    uint64_t state = 0x9e3779b97f4a7c15;
    int i;

    for (i = 0; i < 200000; i++) {
        uint64_t bits = random_bits(&state);
        struct decimal decimal;
        char shorter[40];
        double from;

        memcpy(&from, &bits, sizeof from);
        decimal_of_double(&decimal, from);
        if (decimal.kind != DECIMAL_FINITE) {
            continue;
        }
        CHECK(strtod(number(from), NULL) == from);
        if (decimal.length > 1) {
            snprintf(shorter, sizeof shorter, "%.*e", (int)decimal.length - 2, from);
            CHECK(strtod(shorter, NULL) != from);
        }
    }
}

/* The fast way and the exact way are two programs for one answer. */
static void fast_digits_are_the_exact_ones(void)
{
    uint64_t state = 0x2545f4914f6cdd1d;
    int i;

    for (i = 0; i < 2046 + 20000; i++) {
        uint64_t bits = i < 2046 ? (uint64_t)(i + 1) << 52 : random_bits(&state) & ~(UINT64_C(1) << 63);
        uint64_t fraction = bits & ((UINT64_C(1) << 52) - 1);
        int biased = (int)(bits >> 52);
        struct decimal_binary binary = {
            .mantissa = {biased > 0 ? fraction | UINT64_C(1) << 52 : fraction, 0},
            .exponent = (biased > 0 ? biased : 1) - 1075,
            .narrow_below = fraction == 0 && biased > 1,
        };
        struct decimal fast;
        struct decimal exact;
        double from;

        memcpy(&from, &bits, sizeof from);
        decimal_of_double(&fast, from);
        if (fast.kind != DECIMAL_FINITE) {
            continue;
        }
        decimal_exact(&exact, &binary);
        CHECK_INT(fast.length, exact.length);
        CHECK_INT(fast.point, exact.point);
        CHECK(memcmp(fast.digits, exact.digits, exact.length) == 0);
    }
}

static void floats_and_halves_as_doubles(void)
{
    CHECK_STR(integer(FORMAT_FLOAT, '<', 4, "\xcd\xcc\xcc\x3d"), "0.10000000149011612");
    CHECK_STR(integer(FORMAT_FLOAT, '>', 4, "\x3d\xcc\xcc\xcd"), "0.10000000149011612");
    CHECK_STR(integer(FORMAT_FLOAT, '>', 8, "\x3f\xf8\0\0\0\0\0\0"), "1.5");
    CHECK_STR(integer(FORMAT_FLOAT, '>', 8, "\xff\xf0\0\0\0\0\0\0"), "-inf");
    CHECK_STR(integer(FORMAT_FLOAT, '>', 8, "\xff\xf8\0\0\0\0\0\0"), "nan");
    CHECK_STR(integer(FORMAT_FLOAT, '<', 2, "\x66\x2e"), "0.0999755859375");
    CHECK_STR(integer(FORMAT_FLOAT, '<', 2, "\x01\x80"), "-5.960464477539063e-08");
    CHECK_STR(integer(FORMAT_FLOAT, '<', 2, "\x00\xfc"), "-inf");
    CHECK_STR(integer(FORMAT_FLOAT, '<', 2, "\x01\x7c"), "nan");
    CHECK_STR(integer(FORMAT_FLOAT, '<', 2, "\x00\x80"), "-0.0");
}

static const char *long_double(enum decimal_format format, unsigned top, uint64_t high, uint64_t low)
{
    static char to[DECIMAL_TEXT_SIZE];
    unsigned char bytes[16] = {0};
    unsigned char *upper = bytes + 8;
    struct decimal decimal;
    int i;

    for (i = 0; i < 8; i++) {
        bytes[i] = (unsigned char)(low >> 8 * i);
    }
    for (i = 0; format == DECIMAL_BINARY128 && i < 6; i++) {
        *upper++ = (unsigned char)(high >> 8 * i);
    }
    upper[0] = (unsigned char)top;
    upper[1] = (unsigned char)(top >> 8);
    decimal_of_long_double(&decimal, format, bytes);
    to[decimal_write(to, &decimal, true, false)] = '\0';
    return to;
}

static void long_doubles_of_x87(void)
{
    const uint64_t one = UINT64_C(1) << 63;

    CHECK_STR(long_double(DECIMAL_X87, 0, 0, 0), "0.0");
    CHECK_STR(long_double(DECIMAL_X87, 0x8000, 0, 0), "-0.0");
    CHECK_STR(long_double(DECIMAL_X87, 0xbfff, 0, one | one >> 1), "-1.5");
    CHECK_STR(long_double(DECIMAL_X87, 0x3ffd, 0, 0xaaaaaaaaaaaaaaab), "0.33333333333333333334");
    CHECK_STR(long_double(DECIMAL_X87, 0x7ffe, 0, UINT64_MAX), "1.189731495357231765e+4932");
    CHECK_STR(long_double(DECIMAL_X87, 1, 0, one), "3.3621031431120935063e-4932");
    CHECK_STR(long_double(DECIMAL_X87, 0, 0, 1), "4e-4951");
    CHECK_STR(long_double(DECIMAL_X87, 0x7fff, 0, one), "inf");
    CHECK_STR(long_double(DECIMAL_X87, 0xffff, 0, one | 1), "nan");
    CHECK_STR(long_double(DECIMAL_X87, 0x7fff, 0, 0), "nan");        /* pseudo-infinity */
    CHECK_STR(long_double(DECIMAL_X87, 0x3fff, 0, one >> 1), "nan"); /* unnormal */
    CHECK_STR(long_double(DECIMAL_X87, 0, 0, one), "3.3621031431120935063e-4932"); /* pseudo-denormal */
}

static void long_doubles_of_128_bits(void)
{
    const uint64_t fraction = UINT64_C(0xffffffffffff);

    CHECK_STR(long_double(DECIMAL_BINARY128, 0, 0, 0), "0.0");
    CHECK_STR(long_double(DECIMAL_BINARY128, 0xbfff, fraction / 2 + 1, 0), "-1.5");
    CHECK_STR(long_double(DECIMAL_BINARY128, 0x3ffd, 0x555555555555, 0x5555555555555555),
              "0.3333333333333333333333333333333333");
    CHECK_STR(long_double(DECIMAL_BINARY128, 0x7ffe, fraction, UINT64_MAX),
              "1.189731495357231765085759326628007e+4932");
    CHECK_STR(long_double(DECIMAL_BINARY128, 1, 0, 0), "3.3621031431120935062626778173217526e-4932");
    CHECK_STR(long_double(DECIMAL_BINARY128, 0, 0, 1), "6e-4966");
    CHECK_STR(long_double(DECIMAL_BINARY128, 0xffff, 0, 0), "-inf");
    CHECK_STR(long_double(DECIMAL_BINARY128, 0x7fff, 0, 1), "nan");
}

static const char *complex_number(double real, double imaginary)
{
    struct format_field field = element(FORMAT_COMPLEX, BYTE_ORDER == LITTLE_ENDIAN ? '<' : '>', 16);
    double parts[2] = {real, imaginary};

    return value(&field, parts);
}

static void complex_numbers_as_repr(void)
{
    const double infinity = strtod("inf", NULL);
    const double nan = strtod("nan", NULL);

    CHECK_STR(complex_number(1, 2), "(1+2j)");
    CHECK_STR(complex_number(0, 1), "1j");
    CHECK_STR(complex_number(0, -0.0), "-0j");
    CHECK_STR(complex_number(-0.0, -1), "(-0-1j)");
    CHECK_STR(complex_number(1e16, 1.5e-5), "(1e+16+1.5e-05j)");
    CHECK_STR(complex_number(nan, infinity), "(nan+infj)");
    CHECK_STR(complex_number(0, -nan), "nanj");
    CHECK_STR(complex_number(-infinity, -nan), "(-inf+nanj)");
}

static void bytes_as_repr(void)
{
    CHECK_STR(run(FORMAT_BYTES, "ab\0\0", 4, 1), "b'ab\\x00\\x00'");
    CHECK_STR(run(FORMAT_BYTES, "\t\n\r\\\x1f\x7f\xff", 7, 1), "b'\\t\\n\\r\\\\\\x1f\\x7f\\xff'");
    CHECK_STR(run(FORMAT_BYTES, "it's", 4, 1), "b\"it's\"");
    CHECK_STR(run(FORMAT_BYTES, "'\"", 2, 1), "b'\\'\"'");
    CHECK_STR(run(FORMAT_BYTES, "", 0, 1), "b''");
    CHECK_STR(run(FORMAT_CHAR, "x", 1, 1), "b'x'");
    CHECK_STR(run(FORMAT_PAD, "xy", 2, 1), "b'xy'");
}

static void pascal_strings(void)
{
    CHECK_STR(run(FORMAT_PASCAL, "\2abc", 4, 1), "b'ab'");
    CHECK_STR(run(FORMAT_PASCAL, "\xff" "abc", 4, 1), "b'abc'");
    CHECK_STR(run(FORMAT_PASCAL, "\3", 1, 1), "b''");
    CHECK_STR(run(FORMAT_PASCAL, "", 0, 1), "b''");
}

static void str_as_repr(void)
{
    CHECK_STR(run(FORMAT_TEXT, "a\0\0\0\xe9\0\0\0\0\0\0\0", 3, 4), "'a\xc3\xa9'");
    CHECK_STR(run(FORMAT_TEXT, "\0\0\0\0a\0\0\0", 2, 4), "'\\x00a'");
    CHECK_STR(run(FORMAT_TEXT, "\0\xd8\0\0\0\0\x11\0", 2, 4), "'\\ud800\\U00110000'");
    CHECK_STR(run(FORMAT_TEXT, "\xad\0\0\0\x0e\x20\0\0\x01\0\x0e\0", 3, 4), "'\\xad\\u200e\\U000e0001'");
    CHECK_STR(run(FORMAT_TEXT, "'\0\n\0", 2, 2), "\"'\\n\"");
    CHECK_STR(run(FORMAT_TEXT, "", 0, 4), "''");
}

static void one_character_may_be_nul(void)
{
    struct format_field field = element(FORMAT_TEXT, '<', 4);

    field.text = "<w";
    field.text_length = 2;
    CHECK_STR(value(&field, "\0\0\0\0"), "'\\x00'");
    field.text = "1w";
    CHECK_STR(value(&field, "\0\0\0\0"), "''");
}

static void structs_are_tuples(void)
{
    struct format_field members[] = {
        {.kind = FORMAT_UINT, .order = '<', .unit = 1, .count = 1, .size = 1},
        {.kind = FORMAT_PAD, .unit = 3, .count = 3, .size = 3, .offset = 1},
        {.kind = FORMAT_PAD, .unit = 1, .count = 1, .size = 1, .offset = 4, .name = "v", .name_length = 1},
    };
    struct format_field field = {.kind = FORMAT_STRUCT, .unit = 5, .count = 1, .size = 5, .fields = members};

    CHECK_STR(value(&field, "\5xxxy"), "()");
    field.field_count = 2;
    CHECK_STR(value(&field, "\5xxxy"), "(5,)");
    field.field_count = 3;
    CHECK_STR(value(&field, "\5xxxy"), "(5, b'y')");
}

static void arrays_are_lists(void)
{
    size_t shape[] = {2, 3};
    struct format_field field = {.kind = FORMAT_UINT, .order = '>', .unit = 1, .count = 1, .size = 6,
                                 .ndim = 2, .shape = shape};

    CHECK_STR(value(&field, "\1\2\3\4\5\6"), "[[1, 2, 3], [4, 5, 6]]");
    shape[1] = 0;
    field.size = 0;
    CHECK_STR(value(&field, ""), "[[], []]");
    shape[0] = 0;
    CHECK_STR(value(&field, ""), "[]");
}

static void empty_values_without_end_are_cut(void)
{
    size_t shape[] = {SIZE_MAX / 2, 1000};
    struct format_field inner = {.kind = FORMAT_BYTES, .ndim = 2, .shape = shape};
    struct format_field outer = {.kind = FORMAT_STRUCT, .fields = &inner, .field_count = 1, .ndim = 1,
                                 .shape = shape};
    const char *text = value(&outer, "");

    CHECK(strlen(text) < 1000000);
    CHECK(strstr(text, "b'', ...]") != NULL);
    CHECK(strstr(text, "...], ...],), ...]") != NULL);
}

static const char *datetime(const char *unit, int64_t number_)
{
    static struct text text;
    bool big_endian = unit[0] == '>' || (unit[0] != '<' && IS_MIRRORED);
    unsigned char bytes[8];
    int i;

    for (i = 0; i < 8; i++) {
        bytes[big_endian ? 7 - i : i] = (unsigned char)((uint64_t)number_ >> 8 * i);
    }
    text_clear(&text);
    value_append_datetime(&text, unit, bytes);
    return text_string(&text);
}

static void datetimes_of_every_unit(void)
{
    CHECK_STR(datetime("<M8[Y]", 54), "2024");
    CHECK_STR(datetime("<M8[M]", -1), "1969-12");
    CHECK_STR(datetime("<M8[W]", 1), "1970-01-08");
    CHECK_STR(datetime("<M8[D]", 19782), "2024-02-29");
    CHECK_STR(datetime("<M8[D]", 11016), "2000-02-29");
    CHECK_STR(datetime(">M8[h]", -1), "1969-12-31T23");
    CHECK_STR(datetime(">M8[m]", 1), "1970-01-01T00:01");
    CHECK_STR(datetime("<M8[s]", 951782399), "2000-02-28T23:59:59");
    CHECK_STR(datetime("<M8[ms]", -1), "1969-12-31T23:59:59.999");
    CHECK_STR(datetime("<M8[us]", 1), "1970-01-01T00:00:00.000001");
    CHECK_STR(datetime("<M8[25us]", 3), "1970-01-01T00:00:00.000075");
    CHECK_STR(datetime("<M8[ns]", INT64_MAX), "2262-04-11T23:47:16.854775807");
    CHECK_STR(datetime("<M8[ps]", -1), "1969-12-31T23:59:59.999999999999");
    CHECK_STR(datetime("<M8[fs]", 1), "1970-01-01T00:00:00.000000000000001");
    CHECK_STR(datetime("<M8[as]", -INT64_MAX), "1969-12-31T23:59:50.776627963145224193");
    CHECK_STR(datetime("<M8[ns]", INT64_MIN), "NaT");
}

static void years_past_the_usual(void)
{
    CHECK_STR(datetime("<M8[Y]", -1970), "0000");
    CHECK_STR(datetime("<M8[Y]", -1971), "-001");
    CHECK_STR(datetime("<M8[D]", -719529), "-001-12-31");
    CHECK_STR(datetime("<M8[Y]", 10000 - 1970), "10000");
    CHECK_STR(datetime("<M8[Y]", INT64_MAX), "9223372036854777777");
    CHECK_STR(datetime("<M8[s]", INT64_MAX), "292277026596-12-04T15:30:07");
    CHECK_STR(datetime("<M8[2147483647W]", INT64_MAX), "379608847095830815186312700-04-12");
}

static void timedeltas(void)
{
    CHECK_STR(datetime("<m8[D]", 3), "3 days");
    CHECK_STR(datetime(">m8[25us]", -3), "-75 microseconds");
    CHECK_STR(datetime("<m8", 7), "7 generic time units");
    CHECK_STR(datetime("<m8", INT64_MIN), "NaT");
    CHECK_STR(datetime("<m8[2as]", INT64_MAX), "18446744073709551614 attoseconds");
}

static void texts_that_are_no_dtype_give_integers(void)
{
    static const char *const texts[] = {
        "", "<", "<M8", "<i8", "<M4[s]", "<M8[", "<M8[]", "<M8[s", "<M8[s]x", "<M8[0s]", "<M8[3]", "<M8[x]",
        "<M8[2147483648s]", "<M8[99999999999999999999999s]", "<M8[-1s]", "<M8[nss]",
    };
    size_t i;

    for (i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        CHECK_STR(datetime(mirror(texts[i]), -5), "-5");
    }
}

static const char *named(const char *dtype, char order, unsigned bits)
{
    static struct text text;
    unsigned char bytes[2] = {(unsigned char)bits, (unsigned char)(bits >> 8)};
    unsigned char swapped[2] = {bytes[1], bytes[0]};
    struct named_value value;

    text_clear(&text);
    CHECK(named_value_find(&value, dtype, order));
    value_append_named(&text, &value, order == '>' && value.size == 2 ? swapped : bytes);
    return text_string(&text);
}

static void floats_known_by_name(void)
{
    CHECK_INT(named_value_size("bfloat16"), 2);
    CHECK_INT(named_value_size("torch.float8_e5m2"), 1);
    CHECK_INT(named_value_size("<M8[s]"), 8);
    CHECK_INT(named_value_size("<f8"), 0);
    CHECK_INT(named_value_size(""), 0);
    CHECK_INT(named_value_size(NULL), 0);
    CHECK_STR(named("bfloat16", '<', 0x3fc0), "1.5");
    CHECK_STR(named("BF16", '>', 0xff80), "-inf");
    CHECK_STR(named("float8_e4m3fn", '<', 0x7e), "448.0");
    CHECK_STR(named("float8_e4m3fn", '<', 0xff), "nan");
    CHECK_STR(named("float8_e4m3fn", '<', 0x80), "-0.0");
    CHECK_STR(named("float8_e4m3fnuz", '<', 0x80), "nan");
    CHECK_STR(named("float8_e4m3fnuz", '<', 0x7f), "240.0");
    CHECK_STR(named("torch.float8_e5m2", '<', 0x7c), "inf");
    CHECK_STR(named("F8_E8M0", '<', 0), "5.877471754111438e-39");
    CHECK_STR(named(">bfloat16", '<', 0xc03f), "1.5"); /* its own order counts */
    CHECK_STR(named("ml_dtypes.int4", '<', 0x18), "-8");
    CHECK_STR(named("uint4", '<', 0x18), "8");
    CHECK_STR(named("float4_e2m1fn", '<', 0x0f), "-6.0");
    CHECK_INT(named_value_size("bcomplex32"), 4);
    CHECK_INT(named_value_size("bfloat"), 0);
}

static void types_named_by_formats(void)
{
    char order = '<';

    CHECK(named_in_format("[numpy$bfloat16]", &order) == named_find("bfloat16", &order) && order == '<');
    CHECK(named_in_format(">[a$b;c$int4]", &order) == named_find("int4", &order) && order == '>');
    CHECK(named_in_format("bfloat16", &order) != NULL);
    CHECK(named_in_format("[bfloat16]", &order) == NULL);
    CHECK(named_in_format("[numpy$bfloat16$1]", &order) == NULL);
    CHECK(named_in_format("[numpy$bfloat16", &order) == NULL);
    CHECK(named_in_format("[$]", &order) == NULL && named_in_format("[]", &order) == NULL);
    CHECK(named_in_format("", &order) == NULL && named_in_format("[", &order) == NULL);
}

int main(void)
{
    RUN(integers_of_every_size_and_order);
    RUN(digits_of_every_length);
    RUN(booleans_pointers_and_bits);
    RUN(doubles_as_repr);
    RUN(doubles_are_shortest);
    RUN(fast_digits_are_the_exact_ones);
    RUN(floats_and_halves_as_doubles);
    RUN(long_doubles_of_x87);
    RUN(long_doubles_of_128_bits);
    RUN(complex_numbers_as_repr);
    RUN(bytes_as_repr);
    RUN(pascal_strings);
    RUN(str_as_repr);
    RUN(one_character_may_be_nul);
    RUN(structs_are_tuples);
    RUN(arrays_are_lists);
    RUN(empty_values_without_end_are_cut);
    RUN(datetimes_of_every_unit);
    RUN(years_past_the_usual);
    RUN(timedeltas);
    RUN(texts_that_are_no_dtype_give_integers);
    RUN(floats_known_by_name);
    RUN(types_named_by_formats);
    return TEST_END();
}
