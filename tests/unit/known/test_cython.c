#include "known/cython.h"

#include "base/error.h"
#include "base/text.h"
#include "format/format.h"

#include "mirror.h"
#include "test.h"

static enum cython_answer read_for(const char *format, const char *name, bool is_const)
{
    struct cython_type type;
    size_t i;

    for (i = 0; i < ELEMENT_COUNT; i++) {
        if (strcmp(elements[i].name, name) == 0) {
            cython_type_of(&elements[i], is_const, &type);
            return cython_read(mirror(format), &type);
        }
    }
    CHECK(!"an element of that name");
    return CYTHON_REFUSES;
}

static void plain_codes(void)
{
    CHECK_INT(read_for("i", "int", false), CYTHON_TAKES);
    CHECK_INT(read_for("<i", "int32_t", false), CYTHON_TAKES);
    CHECK_INT(read_for("i", "unsigned int", false), CYTHON_REFUSES);
    CHECK_INT(read_for(">b", "signed char", false), CYTHON_REFUSES);
    CHECK_INT(read_for("<g", "long double", false), CYTHON_REFUSES);
    CHECK_INT(read_for("g", "long double", false), CYTHON_TAKES);
    CHECK_INT(read_for("Zd", "double complex", false), CYTHON_TAKES);
    CHECK_INT(read_for("P", "size_t", false), CYTHON_REFUSES);
    CHECK_INT(read_for("", "char", false), CYTHON_REFUSES);
    CHECK_INT(read_for("x", "char", false), CYTHON_REFUSES);
    CHECK_INT(read_for("T{}", "char", false), CYTHON_REFUSES);
    CHECK_INT(read_for("O", "object", false), CYTHON_TAKES);
}

static void chars_have_no_sign_but_for_const_ones(void)
{
    CHECK_INT(read_for("B", "char", false), CYTHON_TAKES);
    CHECK_INT(read_for("b", "char", false), CYTHON_TAKES);
    CHECK_INT(read_for("c", "unsigned char", false), CYTHON_TAKES);
    CHECK(read_for("B", "char", true) != read_for("b", "char", true));
}

static void structures(void)
{
    CHECK_INT(read_for("T{i:a:}", "int", false), CYTHON_TAKES);
    CHECK_INT(read_for("T{B:a:d:b:}", "unsigned char", false), CYTHON_CRASHES);
    CHECK_INT(read_for("T{B:a:d:b:}", "double", false), CYTHON_REFUSES);
}

static void what_has_no_end_ends(void)
{
    CHECK_INT(read_for("(2", "int", false), CYTHON_REFUSES);
    CHECK_INT(read_for("200T{200T{200T{200T{200T{200T{", "int", false), CYTHON_REFUSES);
    CHECK_INT(read_for("99999999999999999999i", "int", false), CYTHON_REFUSES);
}

static void what_is_looked_for_past_the_text(void)
{
    static const char *const texts[] = {"i:a", "i:", ":", "T{i:a", "T{i:a:d:b", "T{i:a:T{h:b", "0T{i:a"};
    size_t i;

    for (i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        CHECK_INT(read_for(texts[i], "int", false), CYTHON_RUNS_ON);
    }
    CHECK_INT(read_for("T{d:a:i:b", "int", false), CYTHON_REFUSES);
    CHECK_INT(cython_read("T{d:a:i:b", NULL), CYTHON_RUNS_ON);
    CHECK_INT(cython_read("(1)i:a", NULL), CYTHON_RUNS_ON);
    CHECK_INT(cython_read("(1)i:a:d", NULL), CYTHON_TAKES);
    CHECK_INT(cython_read("(1)w:a", NULL), CYTHON_REFUSES);
    CHECK_INT(read_for("i}:a", "int", false), CYTHON_TAKES);
    CHECK_INT(read_for("T{i:a:", "int", false), CYTHON_TAKES);
}

static void a_space_in_a_shape_is_never_passed(void)
{
    CHECK_INT(read_for("(1, 1)i", "int", false), CYTHON_HANGS);
    CHECK_INT(read_for("T{( 2)h:a:}", "int", false), CYTHON_HANGS);
    CHECK_INT(read_for("(1 )i", "int", false), CYTHON_REFUSES);
    CHECK_INT(cython_read("d(3, 1)i", NULL), CYTHON_HANGS);
}

/* The structure that is named for a format; "" for none. */
static const char *record_of(const char *format, size_t itemsize, enum language language)
{
    static char line[256];
    struct error error = ERROR_INIT;
    struct text text = TEXT_INIT;
    struct format parsed;

    CHECK(format_parse(&parsed, mirror(format), (ptrdiff_t)itemsize, &error));
    element_record(&parsed.root, itemsize, language, &text);
    snprintf(line, sizeof line, "%s", text_string(&text));
    text_free(&text);
    format_free(&parsed);
    return line;
}

static void declarations(void)
{
    CHECK_STR(record_of("T{i:a:xxxxd:b:}", 16, LANGUAGE_CYTHON), "struct {int32_t a; double b;}");
    CHECK_STR(record_of("T{=i:a:d:b:}", 12, LANGUAGE_CYTHON), "packed struct {int32_t a; double b;}");
    CHECK_STR(record_of("T{i:a:xxxxd:b:}", 24, LANGUAGE_CYTHON), "");
    CHECK_STR(record_of("T{=i:a:>d:b:}", 12, LANGUAGE_CYTHON), "");
    CHECK_STR(record_of("T{(2,3)b:a:3s:b:}", 9, LANGUAGE_CYTHON), "struct {int8_t a[2][3]; char b[3];}");
    CHECK_STR(record_of("T{Zf:a:?:b c:}", 12, LANGUAGE_CYTHON), "struct {float complex a; uint8_t f1;}");
    CHECK_STR(record_of("T{Zf:a:?:b c:}", 12, LANGUAGE_CXX), "");
    CHECK_STR(record_of("T{i:a:T{h:x:f:y:}:n:}", 12, LANGUAGE_CXX),
              "struct {int32_t a; struct {int16_t x; float y;} n;}");
    CHECK_STR(record_of("T{O:a:}", 8, LANGUAGE_CYTHON), "");
}

int main(void)
{
    RUN(plain_codes);
    RUN(chars_have_no_sign_but_for_const_ones);
    RUN(structures);
    RUN(what_has_no_end_ends);
    RUN(what_is_looked_for_past_the_text);
    RUN(a_space_in_a_shape_is_never_passed);
    RUN(declarations);
    return TEST_END();
}
