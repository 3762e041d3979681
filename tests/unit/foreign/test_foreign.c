#include "base/text.h"
#include "foreign/foreign.h"

#include "test.h"

#include <stdlib.h>

static struct text answer;

/* What is said of bytes, in a block that ends where they do. */
static const char *name_of(const void *bytes, size_t size, const char *path)
{
    unsigned char *block = malloc(size + 1);

    text_clear(&answer);
    memcpy(block + 1, bytes, size); /* not aligned */
    if (!foreign_name(block + 1, size, true, path, "reader", &answer)) {
        text_puts(&answer, "(unknown)");
    }
    free(block);
    return text_string(&answer);
}

#define NAME(literal) name_of(literal, sizeof(literal) - 1, "f")

#define PILLOW "{numpy.asarray(PIL.Image.open(@))}"
#define ZLIB_FILTER(from) from

static const struct row {
    size_t offset;
    const char *magic;
    size_t size;
    const char *name;
} rows[] = {
#define PACKED(magic, name, filter) {0, magic, sizeof(magic) - 1, name},
#define MAGIC(offset, magic, name, advice) {offset, magic, sizeof(magic) - 1, name},
#define TEST(function, name, advice)
#include "foreign/kinds.def"
#undef PACKED
#undef MAGIC
#undef TEST
};

enum { ROWS = sizeof rows / sizeof rows[0], LARGEST = 1024 };

static void every_magic_is_found_and_no_part_of_it(void)
{
    size_t i, size;

    for (i = 0; i < ROWS; i++) {
        unsigned char bytes[LARGEST] = {0};
        size_t end = rows[i].offset + rows[i].size;

        memcpy(bytes + rows[i].offset, rows[i].magic, rows[i].size);
        CHECK(strstr(name_of(bytes, end, "f"), rows[i].name) != NULL);
        CHECK(strstr(name_of(bytes, sizeof bytes, "f"), rows[i].name) != NULL);
        for (size = 0; size < end; size++) {
            CHECK(strstr(name_of(bytes, size, "f"), rows[i].name) == NULL);
        }
    }
}

/* Each pair of rows is told apart: no row's magic begins with an earlier one's. */
static void no_row_is_hidden(void)
{
    size_t i, k;

    for (i = 0; i < ROWS; i++) {
        for (k = 0; k < i; k++) {
            CHECK(rows[k].offset != rows[i].offset || rows[k].size > rows[i].size ||
                  memcmp(rows[k].magic, rows[i].magic, rows[k].size) != 0);
        }
    }
}

static void names_are_quoted(void)
{
    static const char fits[] = "SIMPLE  =                    T";
    static const char pdf[] = "%PDF-1.7";

    CHECK(strstr(name_of(fits, sizeof fits - 1, "a b"), "-e 'astropy.io.fits.getdata(\"a b\")'") != NULL);
    CHECK(strstr(name_of(fits, sizeof fits - 1, "it's"), "'astropy.io.fits.getdata(\"it'\\''s\")'") != NULL);
    CHECK(strstr(name_of(fits, sizeof fits - 1, "a\"\\"), "'astropy.io.fits.getdata(\"a\\\"\\\\\")'") != NULL);
    CHECK(strstr(name_of(fits, sizeof fits - 1, "-"), "'astropy.io.fits.getdata(\"FILE\")'") != NULL);
    CHECK_STR(name_of(pdf, sizeof pdf - 1, "-x"), "is a PDF document: pdftotext ./-x -");
    CHECK_STR(name_of(pdf, sizeof pdf - 1, "a$b;c"), "is a PDF document: pdftotext 'a$b;c' -");
    CHECK_STR(name_of("BZh9", 4, "a b"), "compressed with bzip2: pipe it in: bzip2 -dc 'a b' | reader -");
}

static void what_does_not_show_is_escaped(void)
{
    static const char fits[] = "SIMPLE  =                    T";
    static const char rdata[] = "RDX3\nX\n";
    char name[300];

    CHECK_STR(name_of("%PDF-1", 6, "n\nl\x1b'\\.pdf"), "is a PDF document: pdftotext $'n\\nl\\033\\'\\\\.pdf' -");
    CHECK_STR(name_of("%PDF-1", 6, "\n\xff"), "is a PDF document: pdftotext $'\\n\\377' -");
    CHECK_STR(name_of("%PDF-1", 6, "\xe2\x80\xae\xc3\xa9"),
              "is a PDF document: pdftotext $'\\342\\200\\256\xc3\xa9' -"); /* right to left, and e acute */
    CHECK(strstr(name_of(fits, sizeof fits - 1, "\xff\x1b\xc2\x85\n'"),
                 "getdata(\"\\udcff\\u001b\\u0085\\n'\\''\")'") != NULL);
    CHECK(strstr(name_of(fits, sizeof fits - 1, "\xf3\xa0\x81\x81"), "getdata(\"\\U000e0041\")'") != NULL);
    CHECK(strstr(name_of(rdata, sizeof rdata - 1, "\xff\x1b"), "'load(\"\\377\\033\", verbose") != NULL);

    memset(name, '\xff', sizeof name - 1);
    name[sizeof name - 1] = '\0';
    CHECK_STR(name_of("%PDF-1", 6, name), "is a PDF document: pdftotext FILE -");
    CHECK_STR(name_of("BZh9", 4, name), "compressed with bzip2: pipe it in: bzip2 -dc FILE | reader -");
}

static void texts_of_numbers(void)
{
    CHECK_STR(NAME("1 2\n3 4\n"), "is a text of numbers: mview-inspect -i numpy -e 'numpy.loadtxt(\"f\")'");
    CHECK(strstr(NAME("1,2\n3,-4.5e-3"), "loadtxt(\"f\", delimiter=\",\")'") != NULL);
    CHECK(strstr(NAME("x,y\n1,2\n"), "loadtxt(\"f\", delimiter=\",\", skiprows=1)'") != NULL);
    CHECK(strstr(NAME("# a\n\nx\ty\n1 \tnan\n"), "loadtxt(\"f\", skiprows=3)'") != NULL);
    CHECK_STR(NAME("1 2\n3\n"), "(unknown)");
    CHECK_STR(NAME("1 2\n3 x\n"), "(unknown)");
    CHECK_STR(NAME("hello\n"), "(unknown)");
    CHECK_STR(NAME("1e\n"), "(unknown)");
    CHECK_STR(NAME("1,,2\n"), "(unknown)");
    CHECK_STR(NAME("\n \n# 1\n"), "(unknown)");
    CHECK_STR(NAME("192.168.0.1\n"), "(unknown)");
}

static void near_misses_are_not_named(void)
{
    CHECK_STR(NAME("BM is no image, nor is this one"), "(unknown)");
    CHECK_STR(NAME("MZ is no program"), "(unknown)");
    CHECK_STR(NAME("ORC is a text that ends otherwise"), "(unknown)");
    CHECK_STR(NAME("PAR1 and something else"), "(unknown)");
    CHECK_STR(NAME("P6 of chess"), "(unknown)");
    CHECK_STR(NAME("GGUF\0\0\0\0aaaaaaaaaaaaaaaa"), "(unknown)");
    CHECK_STR(NAME("\x08\x07\x12\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff"), "(unknown)");
    CHECK_STR(NAME("\0\0\x08\x02\0\0\0\2\0\0\0\2abc"), "(unknown)"); /* a byte is missing */
    CHECK_STR(NAME("\0\0\x08\x02\0\0\0\2\0\0\0\2abcde"), "(unknown)");
    CHECK(strstr(NAME("\0\0\x08\x02\0\0\0\2\0\0\0\2abcd"), "-t raw --offset 12 --format B --shape 2,2 f") != NULL);
    CHECK_STR(NAME("SIMPLE  = no"), "(unknown)");
    CHECK_STR(NAME("{1: 2}"), "(unknown)");
}

static const char *look(const char *bytes, size_t size)
{
    const char *seen = foreign_look(bytes, size);

    return seen != NULL ? seen : "(nothing)";
}

static void what_bytes_look_like(void)
{
    CHECK_STR(look("", 0), "(nothing)");
    CHECK_STR(look("\0\0\0", 3), "nothing but zero bytes");
    CHECK_STR(look("hello\n", 6), "text");
    CHECK_STR(look("gr\xc3\xbc\xc3", 5), "text"); /* cut in a character */
    CHECK_STR(look("\xff\xfeh\0", 4), "text in UTF-16");
    CHECK_STR(look("a\0b", 3), "(nothing)");
    CHECK_STR(look("\x80\x81", 2), "(nothing)");
    CHECK_STR(look("\x01", 1), "(nothing)");
}

int main(void)
{
    RUN(every_magic_is_found_and_no_part_of_it);
    RUN(no_row_is_hidden);
    RUN(names_are_quoted);
    RUN(what_does_not_show_is_escaped);
    RUN(texts_of_numbers);
    RUN(near_misses_are_not_named);
    RUN(what_bytes_look_like);
    text_free(&answer);
    return TEST_END();
}
