#include "base/arena.h"
#include "base/error.h"
#include "base/text.h"
#include "files/dtype.h"
#include "files/npy.h"

#include "mirror.h"
#include "test.h"

#include <stdlib.h>

static struct arena arena = ARENA_INIT(1 << 20);
static struct npy npy;

/* A file being put together: at most this many bytes. */
static unsigned char file[64 * 1024];
static size_t file_size;

static void add(const void *bytes, size_t size)
{
    memcpy(file + file_size, bytes, size);
    file_size += size;
}

/* Begin a file with a header of a version and `length` bytes, whatever they are. */
static void make(int major, const char *header, size_t length)
{
    unsigned char prefix[NPY_PREFIX_SIZE] = {0x93, 'N', 'U', 'M', 'P', 'Y', (unsigned char)major, 0,
                                             (unsigned char)(length & 0xff), (unsigned char)(length >> 8)};

    file_size = 0;
    add(prefix, major == 1 ? 10 : 12);
    add(header, length);
}

/*
 * Parse the file from a block of exactly its size, so that a sanitizer sees a
 * read past it.  "" or the error.
 */
static const char *parse(size_t at_hand, uint64_t total, bool objects)
{
    static struct error error;
    unsigned char *copy = malloc(at_hand > 0 ? at_hand : 1);

    memcpy(copy, file, at_hand);
    error = (struct error)ERROR_INIT;
    arena_free(&arena);
    CHECK(npy_parse(&npy, copy, at_hand, total, objects, &arena, &error) == (error.kind == ERROR_NONE));
    free(copy);
    return error.message;
}

/* A version 1 header with `data` bytes behind it. */
static const char *header(const char *text, size_t data)
{
    make(1, text, strlen(text));
    return parse(file_size, file_size + data, false);
}

static const char *descr(const char *text)
{
    static struct text whole;

    text_clear(&whole);
    text_printf(&whole, "{'descr': %s, 'fortran_order': False, 'shape': (0,), }", text);
    return header(text_string(&whole), 0);
}

static const char *shape(const char *text)
{
    static struct text whole;

    text_clear(&whole);
    text_printf(&whole, "{'descr': '|V0', 'fortran_order': False, 'shape': %s, }", text);
    return header(text_string(&whole), 0);
}

static const char *spelled(void)
{
    static struct text text;

    text_clear(&text);
    dtype_text(npy.array.dtype, &text);
    return text_string(&text);
}

#define PLAIN "{'descr': '<f8', 'fortran_order': True, 'shape': (2, 3), }\n"

static void every_version_is_read(void)
{
    int major;

    for (major = 1; major <= 3; major++) {
        make(major, PLAIN, strlen(PLAIN));
        CHECK_STR(parse(file_size, file_size + 48, false), "");
        CHECK_INT(npy.major, major);
        CHECK_INT(npy.offset, file_size);
        CHECK_INT(npy.trailing, 0);
        CHECK_INT(npy.array.ndim, 2);
        CHECK_INT(npy.array.shape[1], 3);
        CHECK_INT(npy.array.nbytes, 48);
        CHECK(npy.array.fortran_order);
        CHECK_STR(spelled(), "<f8");
    }
}

static void other_versions_are_refused(void)
{
    make(1, PLAIN, strlen(PLAIN));
    file[6] = 0;
    CHECK_STR(parse(file_size, file_size, false), "unknown .npy format version 0.0: 1.0, 2.0 and 3.0 exist");
    file[6] = 4;
    CHECK_STR(parse(file_size, file_size, false), "unknown .npy format version 4.0: 1.0, 2.0 and 3.0 exist");
    file[6] = 2;
    file[7] = 1;
    CHECK_STR(parse(file_size, file_size, false), "unknown .npy format version 2.1: 1.0, 2.0 and 3.0 exist");
    file[0] = 0x92;
    CHECK_STR(parse(file_size, file_size, false), "no .npy file: it does not begin with \"\\x93NUMPY\"");
    CHECK(!npy_is(file, file_size));
    CHECK(!npy_is("\x93NUMP", 5));
    CHECK(npy_is("\x93NUMPY", 6));
}

static void a_file_cut_anywhere_is_refused(void)
{
    int major;
    size_t cut;

    for (major = 1; major <= 3; major++) {
        make(major, PLAIN, strlen(PLAIN));
        for (cut = 0; cut < file_size; cut++) {
            CHECK(*parse(cut, cut, false) != '\0');
        }
        CHECK_STR(parse(file_size, file_size + 47, false), "48 data bytes needed, 47 present");
    }
}

static void lengths_that_lie_are_refused_before_anything_is_done(void)
{
    make(2, PLAIN, strlen(PLAIN));
    memset(file + 8, 0xff, 4);
    CHECK_STR(parse(file_size, file_size, false),
              "a header of 4294967295 bytes where 59 are left in the file");
    CHECK_STR(parse(file_size, UINT64_MAX, false),
              "a header of 4294967295 bytes: more than 10000 characters are not read");
    CHECK_INT(arena.used, 0);
    CHECK_STR(header("{'descr': '|V2147483647', 'fortran_order': False, 'shape': (2147483647,)}", 16),
              "4611686014132420609 data bytes needed, 16 present");
}

static void only_the_start_need_be_at_hand(void)
{
    make(1, PLAIN, strlen(PLAIN));
    CHECK_STR(parse(file_size, (uint64_t)1 << 40, false), "");
    CHECK_INT(npy.trailing, ((uint64_t)1 << 40) - file_size - 48);
    CHECK_STR(parse(file_size - 1, (uint64_t)1 << 40, false), "a header of 59 bytes, 58 of them at hand");
}

static void headers_are_limited_in_characters(void)
{
    const char *start = "{'fortran_order': True, 'shape': (0,), 'descr': [('";
    const char *end = "', '<f8')]}";
    struct text text = TEXT_INIT;
    size_t i;

    text_puts(&text, start);
    for (i = strlen(start) + strlen(end); i < NPY_MAX_HEADER; i++) {
        text_puts(&text, "\xe2\x82\xac");
    }
    text_puts(&text, end);
    make(3, text_string(&text), text.length);
    CHECK_STR(parse(file_size, file_size, false), "");
    text_putc(&text, ' ');
    make(3, text_string(&text), text.length);
    CHECK(strstr(parse(file_size, file_size, false), "more than 10000 characters are not read") != NULL);

    text_clear(&text);
    text_printf(&text, "%-10000s", "{'descr': '<f8', 'fortran_order': True, 'shape': (0,)}");
    make(1, text_string(&text), text.length);
    CHECK_STR(parse(file_size, file_size, false), "");
    text_putc(&text, ' ');
    make(1, text_string(&text), text.length);
    CHECK_STR(parse(file_size, file_size, false),
              "a header of 10001 bytes: more than 10000 characters are not read");
    text_free(&text);
}

static void trailing_bytes_are_counted(void)
{
    CHECK_STR(header(PLAIN, 53), "");
    CHECK_INT(npy.trailing, 5);
}

static void spellings_of_writers_are_accepted(void)
{
    static const char *const good[] = {
        "{'descr':'<f8','fortran_order':False,'shape':(2,)}",
        "{\"shape\":(2,),\"fortran_order\":False,\"descr\":\"<f8\"}",
        " \t\n{ 'descr' : '<f8' , 'fortran_order' :False, 'shape': ( 2 , ) , } \r\n\f",
        "{u'descr': u\"<f8\", 'fortran_order': False, 'shape': (2L,), }",
        "{'descr': '\\x3c\\u0066\\U00000038', 'fortran_order': False, 'shape': (2, )}",
    };
    size_t i;

    for (i = 0; i < sizeof good / sizeof good[0]; i++) {
        CHECK_STR(header(good[i], 16), "");
        CHECK_STR(spelled(), "<f8");
        CHECK_INT(npy.array.shape[0], 2);
        CHECK_INT(npy.array.ndim, 1);
    }
}

static void other_spellings_are_refused(void)
{
    static const struct {
        const char *text, *error;
    } bad[] = {
        {"", "it ends where a value is expected"},
        {"42", "an integer, not a dict"},
        {"[1, 2]", "a list, not a dict"},
        {"{}", "no 'descr'"},
        {"{'descr': '<f8', 'shape': (2,)}", "no 'fortran_order'"},
        {"{'descr': '<f8', 'fortran_order': False}", "no 'shape'"},
        {"{'Descr': '<f8'}", "unknown key 'Descr'"},
        {"{'shape': (2,), 'shape': (3,)}", "'shape' occurs twice"},
        {"{1: 2}", "an integer as a key at byte 11"},
        {"{'descr' '<f8'}", "''' at byte 19 where ':' is expected"},
        {"{b'descr': '<f8'}", "'b' at byte 11 where a value is expected"},
        {"{'descr': '<f8', 'fortran_order': false", "'f' at byte 44 where a value is expected"},
        {"{'descr': '<' 'f8'}", "''' at byte 24 where ',' or '}' is expected"},
        {"{'descr': r'<f8'}", "'r' at byte 20 where a value is expected"},
        {"{'descr': '''<f8'''}", "''' at byte 22 where ',' or '}' is expected"},
        {"{'descr': '<f8", "it ends where the rest of a string is expected"},
        {"{'descr': '<f8\n'}", "'\n' at byte 24 where the rest of a string is expected"},
        {"{'descr': '\\N{DIGIT ONE}'}", "'N' at byte 22 where an escape sequence is expected"},
        {"{'descr': '\\x0'}", "''' at byte 24 where a hexadecimal digit is expected"},
        {"{'descr': '\\x00'}", "an escape for U+0000 at byte 21"},
        {"{'descr': '\\ud800'}", "an escape for U+D800 at byte 21"},
        {"{'descr': '\\U00110000'}", "an escape for U+110000 at byte 21"},
        {"{'descr': None}", "'N' at byte 20 where a value is expected"},
        {"{'descr': __import__('os').system('true')}", "'_' at byte 20 where a value is expected"},
        {"{'descr': ().__class__}", "'.' at byte 22 where ',' or '}' is expected"},
        {"{'descr': dtype('float64')}", "'d' at byte 20 where a value is expected"},
        {"{'descr': (,)}", "',' at byte 21 where a value is expected"},
        {"{'descr': ('<f8',,)}", "',' at byte 27 where a value is expected"},
        {"{'descr': ('<f8']}", "']' at byte 26 where ',' or ')' is expected"},
        {PLAIN "# comment", "'#' at byte 69 where its end is expected"},
        {PLAIN ",", "',' at byte 69 where its end is expected"},
    };
    size_t i;

    for (i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        const char *message = header(bad[i].text, 48);

        CHECK(strncmp(message, "bad .npy header: ", 17) == 0);
        CHECK_STR(message + (strlen(message) > 17 ? 17 : 0), bad[i].error);
    }
    make(1, PLAIN "\0", sizeof PLAIN);
    CHECK_STR(parse(file_size, file_size + 48, false),
              "bad .npy header: a NUL at byte 69 where its end is expected");
}

static void shapes_are_tuples_of_extents(void)
{
    static const char *const bad[] = {
        "2", "[2]", "'2'", "True", "(2)", "(2.0,)", "(-1,)", "(-0,)", "(+2,)", "(2**3,)", "(1_0,)", "(0x10,)",
        "(02,)", "(None,)", "(True,)", "('2',)", "((2,),)", "(2l,)", "(2LL,)", "(2 L,)", "(...,)",
        "(9223372036854775808,)", "(99999999999999999999999999999999,)", "(2 3)", "(3037000500, 3037000500)",
    };
    struct text many = TEXT_INIT;
    size_t i;

    CHECK_STR(shape("()"), "");
    CHECK_INT(npy.array.ndim, 0);
    CHECK_STR(shape("(9223372036854775807, 0,)"), "");
    CHECK_INT(npy.array.shape[0], INT64_MAX);
    CHECK_STR(shape("(1099511627776,)"), "");
    for (i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        CHECK(*shape(bad[i]) != '\0');
    }
    for (i = 0; i < 64; i++) {
        text_puts(&many, i == 0 ? "(1" : ", 1");
    }
    text_puts(&many, ")");
    CHECK_STR(shape(text_string(&many)), "");
    CHECK_INT(npy.array.ndim, 64);
    many.data[many.length - 1] = ',';
    text_puts(&many, " 1)");
    CHECK_STR(shape(text_string(&many)), "bad .npy header: 'shape' of 65 dimensions, where 64 are possible");
    text_free(&many);
    make(3, "{'descr': '|V0', 'fortran_order': False, 'shape': (2L,), }", 58);
    CHECK_STR(parse(file_size, file_size, false),
              "bad .npy header: 'L' at byte 64 where ',' or ')' is expected");
}

static void structs_are_read(void)
{
    static const struct {
        const char *text, *spelled;
    } good[] = {
        {"[]", "[]"},
        {"[('a', 'f8')]", "[('a', '<f8')]"},
        {"[('a', '|i1'), ('', '|V3'), ('b', '>i4')]", "[('a', '|i1'), ('', '|V3'), ('b', '>i4')]"},
        {"[('', '|V3'), ('', '|V1')]", "[('', '|V4')]"},
        {"[('', '<i4', (2,))]", "[('', '|V8')]"},
        {"[('', '<i4')]", "[('', '<i4')]"},
        {"[(('title', 'a'), '<i4')]", "[(('title', 'a'), '<i4')]"},
        {"[(('title', ''), '|V4')]", "[(('title', ''), '|V4')]"},
        {"[('a', '<i4', (2, 3))]", "[('a', '<i4', (2, 3))]"},
        {"[('a', '<i4', [2, 3])]", "[('a', '<i4', (2, 3))]"},
        {"[('a', '<i4', 2)]", "[('a', '<i4', (2,))]"},
        {"[('a', '<i4', 1)]", "[('a', '<i4')]"},
        {"[('a', '<i4', ())]", "[('a', '<i4')]"},
        {"[('a', ('<i4', (2,)), (3,))]", "[('a', ('<i4', (2,)), (3,))]"},
        {"[('a', [('b', '<i2'), ('c', '<M8[s]')], (0,))]", "[('a', [('b', '<i2'), ('c', '<M8[s]')], (0,))]"},
    };
    size_t i;

    for (i = 0; i < sizeof good / sizeof good[0]; i++) {
        CHECK_STR(descr(mirror(good[i].text)), "");
        CHECK_STR(npy.array.dtype ? mirror(spelled()) : "", good[i].spelled);
    }
}

static void other_types_are_refused(void)
{
    static const char *const bad[] = {
        "5", "True", "''", "'f8,i4'", "('<f8', (2,))", "('<i4', [('a', '<i2')])", "{'a': ('<i4', 0)}",
        "['<f8']",
        "[('a',)]", "[['a', '<f8']]", "[('a', '<f8', (2,), 1)]", "[(1, '<f8')]", "[(('a', 1), '<f8')]",
        "[(('a', 'b', 'c'), '<f8')]", "[('a', '<f8'), ('a', '<f8')]", "[(('a', 'a'), '<f8')]",
        "[('', '<f8'), ('', '<f8')]", "[('a', '<f8', (-1,))]", "[('a', '<f8', (True,))]",
        "[('a', '<f8', '2')]",
        "[('a', '|u1', (65536, 65536))]", "[('a', '|V2147483647'), ('b', '|u1')]", "[('a', ('<i4',))]",
        "[('a', ('|O', {'vlen': 1}))]", "[('a', ('<i4', [('b', '<i2')]))]",
        "[('', '|V2147483647'), ('', '|V1')]",
    };
    size_t i;

    for (i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        if (*descr(bad[i]) == '\0') {
            printf("# %s is accepted\n", bad[i]);
            test_ok = false;
        }
    }
}

static void nesting_is_bounded(void)
{
    struct text deep = TEXT_INIT;
    int i;

    for (i = 0; i < 64; i++) {
        text_puts(&deep, "[('a',");
    }
    text_puts(&deep, "'<f8'");
    for (i = 0; i < 64; i++) {
        text_puts(&deep, ")]");
    }
    CHECK_STR(descr(text_string(&deep)), "");
    text_clear(&deep);
    for (i = 0; i < 5000; i++) {
        text_puts(&deep, "[");
    }
    CHECK(strstr(descr(text_string(&deep)), "nested more than 200 deep") != NULL);
    text_free(&deep);
}

static void encodings_differ_by_version(void)
{
    const char *utf8 = "{'descr': [('caf\xc3\xa9', '<f8')], 'fortran_order': False, 'shape': (0,)}";
    const char *latin1 = "{'descr': [('caf\xe9', '<f8')], 'fortran_order': False, 'shape': (0,)}";

    CHECK_STR(header(latin1, 0), "");
    CHECK_STR(spelled(), "[('caf\xc3\xa9', '<f8')]");
    CHECK_STR(header(utf8, 0), "");
    CHECK_STR(spelled(), "[('caf\xc3\x83\xc2\xa9', '<f8')]");
    make(3, utf8, strlen(utf8));
    CHECK_STR(parse(file_size, file_size, false), "");
    CHECK_STR(spelled(), "[('caf\xc3\xa9', '<f8')]");
    make(3, latin1, strlen(latin1));
    CHECK_STR(parse(file_size, file_size, false), "bad .npy header: no UTF-8 at byte 28");
}

static void objects_are_a_pickle(void)
{
    CHECK_STR(header("{'descr': '|O', 'fortran_order': False, 'shape': (2,)}", 16),
              "holds Python objects (dtype |O): the data from byte 64 on are a pickle, which is not run; "
              "for a file of your own: -i numpy -e 'numpy.load(FILE, allow_pickle=True)'");
    CHECK(strstr(descr("[('', '|O8', (2,))]"), "Python objects") != NULL);
    make(1, "{'descr': '|O', 'fortran_order': False, 'shape': (2,)}", 54);
    CHECK_STR(parse(file_size, file_size + 3, true), "");
    CHECK(dtype_has_object(npy.array.dtype));
    CHECK_INT(npy.offset, 64);
    CHECK_INT(npy.trailing, 0);
}

int main(void)
{
    RUN(every_version_is_read);
    RUN(other_versions_are_refused);
    RUN(a_file_cut_anywhere_is_refused);
    RUN(lengths_that_lie_are_refused_before_anything_is_done);
    RUN(only_the_start_need_be_at_hand);
    RUN(headers_are_limited_in_characters);
    RUN(trailing_bytes_are_counted);
    RUN(spellings_of_writers_are_accepted);
    RUN(other_spellings_are_refused);
    RUN(shapes_are_tuples_of_extents);
    RUN(structs_are_read);
    RUN(other_types_are_refused);
    RUN(nesting_is_bounded);
    RUN(encodings_differ_by_version);
    RUN(objects_are_a_pickle);
    arena_free(&arena);
    return TEST_END();
}
