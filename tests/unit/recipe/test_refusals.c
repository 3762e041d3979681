#include "recipe/tree.h"

#include "base/arena.h"
#include "base/error.h"

#include "recipe/pickles.h"
#include "test.h"

#include <stdlib.h>
#include <time.h>

/* --- what is refused ------------------------------------------------------ */

struct hostile {
    const char *bytes;
    size_t size;
    const char *message; /* a part of it */
};

/* What is looked for in the remarks of a tree. */
struct search {
    struct parsed *p;
    const char *message;
    bool found;
    size_t rows;
};

static bool look(struct search *search, struct pickle_value *value)
{
    const char *remark = recipe_remark(&search->p->reading, value);

    search->found = search->found || (remark != NULL && strstr(remark, search->message) != NULL);
    return !search->found;
}

static bool look_at_row(void *context, const struct tree_row *row)
{
    struct search *search = context;

    return look(search, row->value) && ++search->rows < 500000;
}

/* Whether the pickle is refused with that message, or something in it (on all levels) bears it as a remark. */
static bool complains(struct parsed *p, const char *message, bool recursive)
{
    struct search search = {p, message, false, 0};

    if (!p->ok) {
        return strstr(p->error.message, message) != NULL;
    }
    if (look(&search, p->root)) {
        tree_walk(&p->reading, p->root, NULL, recursive, look_at_row, &search);
    }
    return search.found;
}

static const char *first_remark(struct parsed *p)
{
    const char *remark = p->ok ? recipe_remark(&p->reading, p->root) : p->error.message;

    return remark != NULL ? remark : "accepted";
}

static void check_refused(const struct hostile *cases, size_t count)
{
    size_t i;

    for (i = 0; i < count; i++) {
        struct parsed p;

        parse_into(&p, cases[i].bytes, cases[i].size);
        if (!complains(&p, cases[i].message, true)) {
            printf("# case %zu: '%s' instead of '%s'\n", i, first_remark(&p), cases[i].message);
            test_ok = false;
        }
        arena_free(&p.arena);
    }
}

#define CHECK_REFUSED(cases) check_refused((cases), sizeof(cases) / sizeof(cases)[0])

static void calls_take_only_what_picklers_write(void)
{
    static const struct hostile cases[] = {
        {BYTES("NN\x85R."), "a call of a 'NoneType'"},
        {BYTES("carray\narray\nNR."), "arguments of type 'NoneType'"},
        {BYTES("c_codecs\nencode\n(V\\u0100\nVlatin1\ntR."), "not latin-1"},
        {BYTES("carray\narray\n(Vz\n(ltR."), "type code"},
        {BYTES("carray\narray\n(Vb\n(lK\x80"
               "atR."),
         "item 0 is no 'b'"},
        {BYTES("carray\narray\n(VB\n(lI-1\natR."), "item 0 is no 'B'"},
        {BYTES("carray\narray\n(VQ\n(lL18446744073709551616L\natR."), "item 0 is no 'Q'"},
        {BYTES("carray\narray\n(Vd\n(lVx\natR."), "item 0 is no 'd'"},
        {BYTES("carray\narray\n(Vu\n(lVab\natR."), "item 0 is no 'u'"},
        {BYTES("carray\narray\n(Vi\nC\3abctR."), "no whole number of items"},
        {BYTES("carray\narray\n(Vi\nJ\xff\xff\xff\x7ftR."), "arguments that 'array.array'"},
        {BYTES("carray\n_array_reconstructor\n(carray\narray\nVi\nK\x16"
               "C\0tR."),
         "machine format code"},
        {BYTES("carray\n_array_reconstructor\n(carray\narray\nVi\nJ\xff\xff\xff\xff"
               "C\0tR."),
         "machine format code"},
        {BYTES("carray\n_array_reconstructor\n(carray\narray\nVi\nK\x10"
               "C\0tR."),
         "does not go with"},
        {BYTES("carray\n_array_reconstructor\n(carray\narray\nVi\nK\x08"
               "C\3abctR."),
         "no whole number of items"},
        {BYTES("carray\n_array_reconstructor\n(NVi\nK\x08"
               "C\0tR."),
         "arguments that 'array._array_reconstructor'"},
    };

    CHECK_REFUSED(cases);
}

static void arrays_are_checked(void)
{
    static const struct hostile cases[] = {
        {BYTES(RECONSTRUCT "."), "an array without its state"},
        {BYTES("cnumpy.core.multiarray\n_reconstruct\n(cnumpy\ndtype\nK\0\x85"
               "C\1b"
               "tR."),
         "without its state"},
        {BYTES("cnumpy.core.multiarray\n_reconstruct\n(cnumpy\nndarray\nM\0\x10\x85"
               "C\1b"
               "tR."),
         "without its state"},
        {BYTES("cnumpy.core.multiarray\n_reconstruct\n(cnumpy\nndarray\nK\0\x85"
               "C\1O"
               "tR."),
         "without its state"},
        {BYTES(NDARRAY("K\2\x85", I4, "C\7abcdefg") "."), "an array of 8 data bytes, 7 present"},
        {BYTES(NDARRAY("K\2\x85", I4,
                       "C\x09"
                       "abcdefghi") "."),
         "an array of 8 data bytes, 9 present"},
        {BYTES(NDARRAY("I-1\n\x85", I4, "C\4abcd") "."), "no integer from 0 on"},
        {BYTES(NDARRAY("\x88\x85", I4, "C\4abcd") "."), "no integer from 0 on"},
        {BYTES(NDARRAY("K\1", I4, "C\4abcd") "."), "a shape of type 'int'"},
        {BYTES(NDARRAY("L9223372036854775807L\n\x85", I4, "C\4abcd") "."), "the array is too big"},
        {BYTES(NDARRAY("L4611686018427387904L\nK\0\x86", I4, "C\0") "."), "the array is too big"},
        {BYTES(NDARRAY("K\2\x85", "N",
                       "C\x08"
                       "abcdefgh") "."),
         "a dtype of type 'NoneType'"},
        {BYTES(NDARRAY("K\1\x85", "cnumpy\ndtype\n",
                       "C\x08"
                       "abcdefgh") "."),
         "a dtype of type 'global'"},
        {BYTES(NDARRAY("K\1\x85", DTYPE("O8"),
                       "C\x08"
                       "AAAAAAAA") "."),
         "an array of 1 objects, 0 present"},
        {BYTES(NDARRAY("K\1\x85", STRUCT("8", "Va\n\x85", "}Va\n" DTYPE("O8") "K\0\x86s"),
                       "C\x08"
                       "AAAAAAAA") "."),
         "Python objects"},
        {BYTES(NDARRAY("K\1\x85", I4, "(lNa") "."), "data of type 'list'"},
        {BYTES(NDARRAY("K\1\x85", I4, "C\4abcd") "(K\1K\1\x85" I4 "\x89"
                                                 "C\4abcdtb."),
         "an array with 2 states"},
        {BYTES(RECONSTRUCT "(K\2K\1\x85" I4 "\x89"
                           "C\4abcdtb."),
         "a state that 'numpy.ndarray' does not have"},
        {BYTES(RECONSTRUCT "}b."), "a state that 'numpy.ndarray' does not have"},
        {BYTES("cnumpy.core.multiarray\nscalar\n(" DTYPE("O8") "tR."), "arguments that 'scalar'"},
        {BYTES("cnumpy.core.multiarray\nscalar\n(" DTYPE("O8") "C\x08"
                                                               "AAAAAAAAtR."),
         "Python objects"},
        {BYTES("cnumpy.core.multiarray\nscalar\n(" I4 "C\3abctR."), "4 data bytes, 3 present"},
        {BYTES("cnumpy.core.numeric\n_frombuffer\n(C\4abcd" I4 "K\2\x85VC\ntR."), "8 data bytes, 4 present"},
        {BYTES("cnumpy.core.numeric\n_frombuffer\n(C\4abcd" I4 "K\1\x85VA\ntR."), "an order that"},
        {BYTES("cnumpy.core.numeric\n_frombuffer\n(C\4abcd" I4 "K\1\x85VK\nK\1\x85tR."),
         "axes that do not fit"},
        {BYTES("cnumpy.core.numeric\n_frombuffer\n(C\4abcd" I4 "K\1K\1\x86VK\nK\0K\0\x86tR."),
         "axes that do not fit"},
        {BYTES("cnumpy.core.numeric\n_frombuffer\n(carray\narray\n" I4 "K\1\x85VC\ntR."),
         "data of type 'global'"},
        {BYTES(NDARRAY("("
                       "KKKKKKKKKKKKKKKKKKKKKKKKKKKKKKKKKKKKKKKKKKKKKKKKKKKKKKKKKKKKKKKKKKKKKKKKKKKKKKKKKKKK"
                       "KKKKKKKKKKKKKKKKKKKKKKKKKKKKKKKKKKKKKKKKKKKKKKKKKKKKKKKKKKKKKKKKKKKKKKKKKKKKKKKKKKKK"
                       "t",
                       I4, "C\4abcd") "."),
         "a shape of 84 dimensions"},
    };

    CHECK_REFUSED(cases);
}

static void dtypes_are_checked(void)
{
    static const struct hostile cases[] = {
        {BYTES(DTYPE("f9") "."), "unknown type string 'f9'"},
        {BYTES(DTYPE("S-5") "."), "unknown type string 'S-5'"},
        {BYTES("cnumpy\ndtype\n(cnumpy\nndarray\ntR."), "arguments that 'numpy.dtype'"},
        {BYTES("cnumpy\ndtype\n)R."), "arguments that 'numpy.dtype'"},
        {BYTES(I4 PLAIN_STATE("<") "."), "a second state"},
        {BYTES(DTYPE("i4") PLAIN_STATE("?") "."), "wrong byte order"},
        {BYTES(DTYPE("i4") "(K\3V<\nNNNK\x08K\0K\0tb."), "a dtype of 4 bytes with a state for 8"},
        {BYTES(DTYPE("S1") "(K\3V<\nNNNI-5\nK\0K\0tb."), "a dtype of 1 bytes with a state for -5"},
        {BYTES(DTYPE("i4") "(K\3V<\nNNtb."), "this state of 'numpy.dtype'"},
        {BYTES(DTYPE("i4") "(K\5V<\nNNNK\4K\0K\0tb."), "this state of 'numpy.dtype'"},
        {BYTES(DTYPE("i4") "(K\3V|\nNVa\n\x85}Va\n" TYPE("i4") "K\0\x86sK\4K\0K\0tb."),
         "a dtype 'i' with a state of parts"},
        {BYTES(DTYPE("V4") "(K\3V|\n" I4 "K\2\x86"
                           "NNK\4K\0K\0tb."),
         "a dtype of 4 bytes with parts of 8"},
        {BYTES(DTYPE("V4") "(K\3V|\n" I4 ")\x86"
                           "NNK\4K\0K\0tb."),
         "sub-array of 0 dimensions"},
        {BYTES(STRUCT("4", "Va\n\x85", "}Va\n" I4 "K\1\x86s") "."), "does not fit"},
        {BYTES(STRUCT("4", "Va\n\x85", "}Va\n" I4 "L9223372036854775807L\n\x86s") "."), "does not fit"},
        {BYTES(STRUCT("4", "Va\n\x85", "}Va\n" I4 "I-1\n\x86s") "."), "no integer from 0 on"},
        {BYTES(STRUCT("4", "Va\n\x85", "}Vb\n" I4 "K\0\x86s") "."), "has a name, but no type"},
        {BYTES(STRUCT("4", "Va\n\x85", "}") "."), "has a name, but no type"},
        {BYTES(STRUCT("4", "Va\n\x85", "N") "."), "these fields"},
        {BYTES(STRUCT("4", "Va\nVa\n\x86", "}Va\n" I4 "K\0\x86s") "."), "occurs twice"},
        {BYTES(STRUCT("4", "K\1\x85", "}") "."), "a field's name of type 'int'"},
        {BYTES(STRUCT("4", "Va\n\x85", "}Va\nK\1s") "."), "this field"},
        {BYTES(STRUCT("4", "Va\n\x85", "}Va\n" I4 "K\0K\0\x87s") "."), "title of type 'int'"},
        {BYTES(DTYPE("M8") "(K\4V<\nNNNI-1\nI-1\nK\0}C\2nsK\1K\1K\1tb."), "this state"},
        {BYTES(DTYPE("M8") "(K\4V<\nNNNI-1\nI-1\nK\0}\x85tb."), "datetime metadata"},
        {BYTES(DTYPE("M8") "(K\4V<\nNNNI-1\nI-1\nK\0}(C\2xxK\1K\1K\1t\x86tb."),
         "unknown type string '<M8[xx]'"},
        {BYTES(DTYPE("M8") "(K\4V<\nNNNI-1\nI-1\nK\0}(C\2nsK\0K\1K\1t\x86tb."),
         "unknown type string '<M8[0ns]'"},
        {BYTES(DTYPE("M8") "(K\4V<\nNNNI-1\nI-1\nK\0}(C\2nsK\1K\2K\1t\x86tb."), "datetime metadata"},
    };

    CHECK_REFUSED(cases);
}

static void malformed_pickles_are_refused(void)
{
    static const struct hostile cases[] = {
        {BYTES(""), "ends at byte 0 without STOP"},
        {BYTES("N"), "ends at byte 1 without STOP"},
        {BYTES("."), "STOP at byte 0: 1 value needed"},
        {BYTES("(N."), "a mark is left"},
        {BYTES("\xff."), "byte 0xff at byte 0 is no opcode"},
        {BYTES("\x80\6N."), "protocol 6 is not known"},
        {BYTES("\x80"), "1 byte needed, 0 present"},
        {BYTES("\x80\4\x95\2\0\0\0\0\0\0\0."), "a frame of 2 bytes, 1 present"},
        {BYTES("Tabcd."), "bytes needed"},
        {BYTES("C\5abcd"), "5 bytes needed, 4 present"},
        {BYTES("B\xff\xff\xff\xff."), "4294967295 bytes needed"},
        {BYTES("\x8e\0\0\0\0\0\0\0\x40."), "bytes needed, 1 present"},
        {BYTES("\x8e\xff\xff\xff\xff\xff\xff\xff\xff."), "bytes needed, 1 present"},
        {BYTES("\x96\0\0\0\0\1\0\0\0."), "bytes needed, 1 present"},
        {BYTES("\x8d\0\0\0\0\1\0\0\0."), "bytes needed, 1 present"},
        {BYTES("\x8c\1\xff."), "not UTF-8"},
        {BYTES("\x8c\3\xed\xa0."), "not UTF-8"},
        {BYTES("\x8b\xff\xff\xff\xff."), "an integer of 4294967295 bytes"},
        {BYTES("I\n."), "no integer"},
        {BYTES("I0x10\n."), "no integer"},
        {BYTES("I 1\n."), "no integer"},
        {BYTES("I-\n."), "no integer"},
        {BYTES("I007\n."), "no integer"},
        {BYTES("I1"), "no end"},
        {BYTES("F1.5 \n."), "no number"},
        {BYTES("Fnan(1)\n."), "no number"},
        {BYTES("F0x1p3\n."), "no number"},
        {BYTES("F\n."), "no number"},
        {BYTES("Sabc\n."), "no quotes"},
        {BYTES("S'\n."), "no quotes"},
        {BYTES("S'\\x4'\n."), "an escape"},
        {BYTES("S'\\q'\n."), "an escape"},
        {BYTES("S'a\\'\n."), "an escape"},
        {BYTES("V\\u12\n."), "an escape"},
        {BYTES("V\\U00110000\n."), "an escape"},
        {BYTES("V\\\n."), "an escape"},
        {BYTES("cnumpy\n"), "no end"},
        {BYTES("K\1K\2\x93."), "names must be str"},
        {BYTES("NR."), "2 values needed on the stack, 1 there"},
        {BYTES("N(R."), "2 values needed on the stack, 0 there"},
        {BYTES("Nb."), "2 values needed"},
        {BYTES("t."), "no mark"},
        {BYTES("\x86."), "2 values needed"},
        {BYTES("Na."), "2 values needed"},
        {BYTES("NNa."), "a list needed on the stack, 'NoneType' there"},
        {BYTES(")Na."), "a list needed on the stack, 'tuple' there"},
        {BYTES("(e."), "nothing on the stack"},
        {BYTES("N((e."), "nothing on the stack"},
        {BYTES("C\0K\1K\2s."), "a dict needed on the stack, 'bytes' there"},
        {BYTES("](K\1K\2u."), "a dict needed on the stack, 'list' there"},
        {BYTES("}(K\1u."), "a key without a value"},
        {BYTES("(K\1d."), "a key without a value"},
        {BYTES("0."), "1 value needed"},
        {BYTES("1."), "no mark"},
        {BYTES("2."), "1 value needed"},
        {BYTES("g0\n."), "nothing in the memo"},
        {BYTES("h\0."), "nothing in the memo"},
        {BYTES("j\xff\xff\xff\xff."), "nothing in the memo"},
        {BYTES("g18446744073709551616\n."), "its index"},
        {BYTES("g-1\n."), "its index"},
        {BYTES("Np\n."), "its index"},
        {BYTES("q\0."), "1 value needed"},
        {BYTES("Nr\xff\xff\xff\xff."), "memo index 4294967295 is out of range"},
        {BYTES("Np99999999999999\n."), "memo index 99999999999999 is out of range"},
        {BYTES("}q\0(lh\0a)K\1h\0s."), "on the stack"},
    };

    CHECK_REFUSED(cases);
}

/* --- time and memory ------------------------------------------------------ */

/* `head`, `count` times `body`, `tail`; the caller frees it. */
static char *flood(const char *head, size_t head_size, const char *body, size_t body_size, size_t count,
                   const char *tail, size_t tail_size, size_t *size)
{
    char *bytes = malloc(head_size + body_size * count + tail_size);
    char *end = bytes + head_size;

    memcpy(bytes, head, head_size);
    while (count-- > 0) {
        memcpy(end, body, body_size);
        end += body_size;
    }
    memcpy(end, tail, tail_size);
    *size = (size_t)(end - bytes) + tail_size;
    return bytes;
}

/* Under a second each, but under sanitizers; without bounds they would take minutes. */
enum { MAX_SECONDS = 5 };

/* `message` is NULL for a pickle that is accepted. */
static void check_bounded(char *bytes, size_t size, const char *message)
{
    clock_t start = clock();
    struct parsed p;
    bool good;

    parse_into(&p, bytes, size);
    good = complains(&p, message != NULL ? message : "\n", false);
    CHECK(clock() - start < MAX_SECONDS * CLOCKS_PER_SEC);
    CHECK(p.arena.used < (size_t)64 << 20);
    if (message == NULL ? !p.ok : !good) {
        printf("# '%s' instead of '%s'\n", first_remark(&p), message);
        test_ok = false;
    }
    arena_free(&p.arena);
    free(bytes);
}

static void floods_are_bounded(void)
{
    size_t size;
    char *bytes;

    bytes = flood(BYTES(""), BYTES("]"), 200000, BYTES(""), &size);
    check_bounded(bytes, size, "without STOP");
    bytes = flood(BYTES(""), BYTES("("), 1000000, BYTES("N."), &size);
    check_bounded(bytes, size, "a mark is left");
    bytes = flood(BYTES("N"), BYTES("\x94"), 1000000, BYTES("."), &size);
    check_bounded(bytes, size, NULL);
    bytes = flood(BYTES(""), BYTES("N"), 5000000, BYTES("."), &size);
    check_bounded(bytes, size, "MiB of memory");
    bytes = flood(BYTES("("), BYTES("J\0\1\0\0"), 1000000, BYTES("l."), &size);
    check_bounded(bytes, size, NULL);
    bytes = flood(BYTES(""), BYTES("]"), 1500000, BYTES("."), &size);
    check_bounded(bytes, size, "MiB of memory");
    bytes = flood(BYTES("("), BYTES("F1.5\n"), 200000, BYTES("t."), &size);
    check_bounded(bytes, size, NULL);
    bytes = flood(BYTES("("), BYTES("K\1"), 1000000, BYTES("l."), &size);
    check_bounded(bytes, size, NULL);
}

static void depth_is_bounded(void)
{
    size_t size;
    char *bytes;

    bytes = flood(BYTES(""), BYTES("("), 100,
                  BYTES("N"
                        "tttttttttttttttttttttttttttttttttttttttttttttttttt"
                        "tttttttttttttttttttttttttttttttttttttttttttttttttt."),
                  &size);
    check_bounded(bytes, size, NULL);
    bytes = flood(BYTES("N"), BYTES("\x85"), 101, BYTES("."), &size);
    check_bounded(bytes, size, NULL);
    bytes = flood(BYTES("N"), BYTES("\x85"), 400000, BYTES("."), &size);
    check_bounded(bytes, size, NULL);
    /* Each level holds the one before, first met when it is not deep at all. */
    bytes = flood(BYTES("((N\x85"), BYTES("2\x85"), 90,
                  BYTES("tt"
                        "\x85\x85\x85\x85\x85\x85\x85\x85\x85\x85."),
                  &size);
    check_bounded(bytes, size, NULL);
}

static void sharing_is_bounded(void)
{
    size_t size;
    char *bytes;

    bytes = flood(BYTES(")"), BYTES("2\x86"), 64, BYTES("."), &size);
    check_bounded(bytes, size, NULL);
    bytes = flood(BYTES("]"), BYTES("q\0]q\1(h\0h\0h\0h\0h\0e"), 50, BYTES("."), &size);
    check_bounded(bytes, size, NULL);
    bytes = flood(BYTES(")"), BYTES("2\x86"), 18, BYTES("."), &size);
    check_bounded(bytes, size, NULL);
    /* Each mention of the type has a format of 60000 bytes. */
    bytes = flood(BYTES("(" STRUCT("60001", "Va\n\x85", "}Va\n" TYPE("i1") "I60000\n\x86s") "q\1"),
                  BYTES("h\1"), 1000, BYTES("t."), &size);
    check_bounded(bytes, size, NULL);
}

/* A memoised value read by one call after the other. */
static void repeated_calls_are_bounded(void)
{
    size_t head_size, size;
    char *head, *bytes;

    head = flood(BYTES("(c_codecs\nencode\nq\0X\x40\x0d\x03\0"), BYTES("aaaaaaaaaa"), 20000,
                 BYTES("Vlatin1\n\x86q\1"), &head_size);
    bytes = flood(head, head_size, BYTES("h\0h\1R"), 50000, BYTES("t."), &size);
    free(head);
    check_bounded(bytes, size, "over and over");

    head = flood(BYTES("(carray\narray\nq\0Vb\n("), BYTES("K\1"), 100000, BYTES("l\x86q\1"), &head_size);
    bytes = flood(head, head_size, BYTES("h\0h\1R"), 50000, BYTES("t."), &size);
    free(head);
    check_bounded(bytes, size, "");

    head = flood(BYTES("(ccollections\nOrderedDict\nq\0("), BYTES("(K\1Nl"), 50000, BYTES("l\x85q\1"),
                 &head_size);
    bytes = flood(head, head_size, BYTES("h\0h\1R"), 50000, BYTES("t."), &size);
    free(head);
    check_bounded(bytes, size, "memory");
}

static void dtypes_are_bounded(void)
{
    size_t head_size, size;
    char *head, *bytes;

    /* A struct of two structs of two structs ... of nothing. */
    bytes = flood(BYTES("(" STRUCT("0", ")", "}")),
                  BYTES("q\x01" STRUCT("0", "Va\nVb\n\x86", "}Va\nh\x01K\0\x86sVb\nh\x01K\0\x86s")), 90,
                  BYTES("t."), &size);
    check_bounded(bytes, size, "repeats its parts too often");
    bytes = flood(BYTES("(" STRUCT("0", ")", "}")),
                  BYTES("q\x01" STRUCT("0", "Va\n\x85", "}Va\nh\x01K\0\x86s")), 101, BYTES("t."), &size);
    check_bounded(bytes, size, "nested");
    /* Each name is looked for in all fields. */
    head = flood(BYTES(I4 "K\0\x86q\1"
                          "0" DTYPE("V4") "(K\3V|\nN("),
                 BYTES("Va\n"), 50000, BYTES("t}("), &head_size);
    bytes = flood(head, head_size, BYTES("Vb\nh\1"), 50000, BYTES("Va\nh\1uK\4K\0K\0tb."), &size);
    free(head);
    check_bounded(bytes, size, "over and over");
}

int main(void)
{
    RUN(calls_take_only_what_picklers_write);
    RUN(arrays_are_checked);
    RUN(dtypes_are_checked);
    RUN(malformed_pickles_are_refused);
    RUN(floods_are_bounded);
    RUN(depth_is_bounded);
    RUN(sharing_is_bounded);
    RUN(repeated_calls_are_bounded);
    RUN(dtypes_are_bounded);
    return TEST_END();
}
