#include "audit/audit.h"
#include "base/error.h"
#include "files/mapping.h"

#include "test.h"

#include <string.h>

/* Text with its length: sizeof counts the NUL that ends it. */
#define BYTES(text) (text), sizeof(text) - 1

struct row {
    const char *bytes;
    size_t size;
    int rule;           /* of the finding that is looked for */
    const char *detail; /* in which this stands; NULL: there is no such finding */
};

/* What is said of a pickle: the row's finding, or that there is none of its rule. */
static void check_row(const struct row *row)
{
    struct mapping file = {.data = (const unsigned char *)row->bytes, .size = row->size};
    enum source_kind kind = SOURCE_PICKLE;
    struct error error = ERROR_INIT;
    struct findings findings;
    bool found = false;
    size_t i;

    if (!audit_file(&file, &kind, &findings, &error)) {
        printf("# %s\n", error.message);
        CHECK(!"judged");
        return;
    }
    for (i = 0; i < findings.count; i++) {
        const struct finding *finding = &findings.items[i];

        found |= finding->rule == row->rule &&
                 (row->detail == NULL || strstr(finding->detail, row->detail) != NULL);
        if (found && row->detail == NULL) {
            printf("# %s\n", finding->detail);
            break;
        }
    }
    if (found != (row->detail != NULL)) {
        printf("# wanted: %s\n", row->detail != NULL ? row->detail : "nothing");
    }
    CHECK(found == (row->detail != NULL));
    findings_free(&findings);
}

#define CHECK_ROWS(rows)                                                                                     \
    do {                                                                                                     \
        size_t row_;                                                                                         \
        for (row_ = 0; row_ < sizeof(rows) / sizeof(rows)[0]; row_++) {                                      \
            check_row(&(rows)[row_]);                                                                        \
        }                                                                                                    \
    } while (0)

#define CODE AUDIT_calls_code
#define UNKNOWN AUDIT_calls_unknown
#define THING "\x80\2c__main__\nThing\n"

static void names_what_runs_code(void)
{
    static const struct row rows[] = {
        {BYTES("cos\nsystem\n(Vx\ntR."), CODE, "calls os.system('x') at byte 16: runs a shell command"},
        {BYTES("(Vx\nios\nsystem\n."), CODE, "calls os.system('x')"},
        {BYTES("\x80\2(cos\nsystem\nVx\no."), CODE, "calls os.system('x')"},
        {BYTES("\x80\4\x8c\5numpyq\0\x8c\6memmap\x93\x8c\1p\x85}\x8c\4mode\x8c\2w+s\x92."), CODE,
         "calls numpy.memmap('p', **{'mode': 'w+'})"},
        {BYTES("\x80\2cos\nsystem\n)R0N."), CODE, "calls os.system()"},
        {BYTES("\x80\2ccopyreg\n__newobj__\ncnumpy\nmemmap\nVp\n\x86R."), CODE, "calls copyreg.__newobj__(numpy.memmap, 'p')"},
        {BYTES("\x80\2cpandas.core.indexes.base\n_new_Index\ncnumpy\nmemmap\n}\x86R."), CODE, "numpy.memmap"},
        {BYTES("\x80\2cnumpy.core.multiarray\n_reconstruct\ncos\nsystem\nK\0\x85Vb\n\x87R."), CODE, "os.system"},
        {BYTES("\x80\2cdill._dill\n_create_array\ncos\nsystem\nVx\n\x85N\x87R."), CODE, "os.system"},
        {BYTES("\x80\2N.\x80\2cos\nsystem\n)R."), CODE, "calls os.system()"},
        {BYTES("\x80\2N.cos\nsystem\n(tR."), CODE, "calls os.system()"},
        {BYTES("\x80\2cos\nsystem\n)R\xff"), CODE, "calls os.system()"},
        {BYTES("\x80\2ccollections\ndefaultdict\ncos\nsystem\n\x85R."), CODE, "hands os.system on, named at byte 27"},
        {BYTES("\x80\2cfunctools\npartial\ncos\nsystem\n\x85RVx\n\x85R."), CODE,
         "calls functools.partial(os.system)('x')"},
        {BYTES("\x80\2ccopyreg\n_reconstructor\ncsubprocess\nPopen\ncbuiltins\nobject\nN\x87R."), CODE,
         "subprocess.Popen"},
        {BYTES("\x80\2ctorch._tensor\n_rebuild_from_type_v2\n(cos\nsystem\nN(Vx\ntNtR."), CODE, "os.system"},
        {BYTES("\x80\2ctorch.storage\n_load_from_bytes\nC\x10\x80\2cos\nsystem\n)R.\x85R."), CODE,
         "what is loaded at byte 53: calls os.system()"},
        {BYTES("\x80\2c_codecs\nencode\nVx\nVzlib\n\x86R."), CODE, "encodes by any codec"},
        {BYTES("\x80\2cbuiltins\ntype\nVT\n)}\x87R."), CODE, "makes a class"},
        {BYTES("\x80\2Vid\nQ)R."), CODE, "what a persistent id stands for"},
    };

    CHECK_ROWS(rows);
}

static void names_ways_around(void)
{
    static const struct row rows[] = {
        {BYTES(THING ")\x81}V__setstate__\ncos\nsystem\nsbNb."), CODE, "its own '__setstate__'"},
        {BYTES(THING ")\x81}Vappend\nc__main__\nf\nsbNa."), CODE, "its own 'append'"},
        {BYTES("\x80\2ccollections\nOrderedDict\nN}Vx\nNs\x86" "b."), CODE, "gives collections.OrderedDict itself state"},
        {BYTES("\x80\2csys\nmodules\nVos\nNs."), CODE, "gives sys.modules itself items"},
        {BYTES("\x80\2cbuiltins\ngetattr\nc__main__\nThing\nVmake\n\x86R)R."), UNKNOWN, "__main__.Thing.make"},
        {BYTES("\x80\2cfunctools\nreduce\ncoperator\nor_\ncbuiltins\nint\ncbuiltins\nstr\n\x86\x86R."), CODE, NULL},
        {BYTES("\x80\2cfunctools\nreduce\ncoperator\nadd\ncbuiltins\nint\ncbuiltins\nstr\n\x86\x86R."), CODE, "calls any"},
        {BYTES("\x80\2cmine\nNumpyArrayWrapper\n)\x81}Vsubclass\ncnumpy\nmemmap\nsb."), CODE, "memmap"},
        {BYTES("\x80\2ccopyreg\n_reconstructor\nq\1h\1NN\x87R."), CODE, "calls itself"},
        {BYTES("\x80\2csympy\nsympify\nV1\n\x85R."), CODE, "evaluates text"},
        {BYTES("\x80\2cgensim.utils\nunpickle\nVx\n\x85R."), CODE, "loads another pickle"},
        {BYTES("\x80\2cdataclasses\n_create_fn\nVx\n\x85R."), CODE, "runs text"},
        {BYTES("\x80\2cxml.etree.ElementTree\nparse\nVx\n\x85R."), CODE, "opens files"},
        {BYTES("\x80\2cbuiltins\ngetattr\ncsubprocess\nPopen\nVInner\n\x86R)\x81."), CODE, "subprocess.Popen"},
        {BYTES("\x80\2cbuiltins\ngetattr\ncpathlib\nPath\nVtouch\n\x86R)R."), CODE, "calls a method"},
        {BYTES("\x80\2cbuiltins\ngetattr\ncnumpy\nlib\nVload\n\x86R."), CODE, NULL},
        {BYTES("\x80\2cbuiltins\ngetattr\ncbuiltins\ngetattr\ncnumpy\nlib\nVnpyio\n\x86RVload\n\x86R."), CODE,
         "opens files, which may be pickles"},
        {BYTES("\x80\4\x8c\5numpy\x8c\x0endarray.tofile\x93)R."), CODE, "calls a method"},
        {BYTES(THING ")R)R."), CODE, "calls what a call gave"},
    };

    CHECK_ROWS(rows);
}

static void leaves_what_libraries_write(void)
{
    static const struct row rows[] = {
        {BYTES("\x80\2c_codecs\nencode\nVx\nVlatin1\n\x86R."), CODE, NULL},
        {BYTES("\x80\2cbuiltins\ntype\nN\x85R."), CODE, NULL},
        {BYTES("\x80\2cbuiltins\ngetattr\nc__main__\nOuter\nVInner\n\x86R."), CODE, NULL},
        {BYTES("\x80\2cbuiltins\ngetattr\nc__main__\nOuter\nVInner\n\x86R)\x81."), CODE, NULL},
        {BYTES("\x80\2cbuiltins\ngetattr\nc__main__\nOuter\nVInner\n\x86R)\x81."), UNKNOWN,
         "calls __main__.Outer.Inner, which is in no table: 1 time"},
        {BYTES("\x80\2cbuiltins\ngetattr\nc__main__\nOuter\nVColor\n\x86RK\1\x85R."), CODE, NULL},
        {BYTES("\x80\2cbuiltins\ngetattr\nVabc\nVupper\n\x86R."), CODE, NULL},
        {BYTES("\x80\2cbuiltins\ngetattr\nczoneinfo\nZoneInfo\nV_unpickle\n\x86RVUTC\nK\1\x86R."), CODE, NULL},
        {BYTES("\x80\2cfunctools\npartial\ncbuiltins\ngetattr\nc__main__\nThing\nV__new__\n\x86R\x85R)R."), CODE, NULL},
        {BYTES("\x80\2coperator\nitemgetter\nK\1\x85R."), CODE, NULL},
        {BYTES("\x80\2cnumpy.core.multiarray\n_reconstruct\ncnumpy\nmemmap\nK\0\x85Vb\n\x87R."), CODE, NULL},
        {BYTES("\x80\2cnumpy._core.multiarray\n_reconstruct\ncnumpy.core.memmap\nmemmap\nK\0\x85Vb\n\x87R."), CODE, NULL},
        {BYTES("\x80\2cdill._dill\n_create_array\ncnumpy.core.multiarray\n_reconstruct\ncnumpy\nndarray\nK\0\x85Vb\n\x87N\x87R."),
         CODE, NULL},
        {BYTES("\x80\2csklearn.svm._classes\nSVC\n)\x81}b."), UNKNOWN, NULL},
        {BYTES("\x80\2ccopy_reg\n_reconstructor\n(csklearn.svm\nSVC\nc__builtin__\nobject\nNtR."), UNKNOWN, NULL},
        {BYTES("\x80\2cnumpy\nlog1p\n."), UNKNOWN, NULL},
        {BYTES(THING "."), UNKNOWN, "imports __main__.Thing"},
        {BYTES(THING "q\0)\x81h\0)\x81\x86."), UNKNOWN,
         "calls __main__.Thing, which is in no table: 2 times, first at byte 21"},
        {BYTES("\x80\2csklearn.utils\nhelper\n)R."), UNKNOWN, "calls sklearn.utils.helper"},
    };

    CHECK_ROWS(rows);
}

static void sees_what_no_writer_writes(void)
{
    static const struct row rows[] = {
        {BYTES("\x80\2N.x"), AUDIT_structure, "1 byte behind the end"},
        {BYTES("\x80\2N.\n"), AUDIT_structure, NULL},
        {BYTES("\x80\2N.\n"), AUDIT_unusual, "1 byte behind the end"},
        {BYTES("\x80\2N.\x80\2N."), AUDIT_structure, NULL},
        {BYTES("\x80\2\x8c\1a."), AUDIT_structure, "SHORT_BINUNICODE at byte 2"},
        {BYTES("\x80\2N0\x80\3N."), AUDIT_structure, "a second PROTO, of another protocol"},
        {BYTES("\x80\4\x95\2\0\0\0\0\0\0\0K\1."), AUDIT_structure, NULL},
        {BYTES("\x80\4\x95\3\0\0\0\0\0\0\0K\1."), AUDIT_structure, NULL},
        {BYTES("\x80\4\x95\1\0\0\0\0\0\0\0K\1."), AUDIT_structure, "across the end of its FRAME: readers differ"},
        {BYTES("\x80\4\x95\4\0\0\0\0\0\0\0K\1.x"), AUDIT_structure, "a FRAME that goes on behind STOP"},
        {BYTES("\x80\2\x82\1."), AUDIT_structure, "extension registry"},
        {BYTES("Pid\n."), AUDIT_structure, "a persistent id at byte 0"},
        {BYTES("\x80\5\x97."), AUDIT_structure, "a buffer that is not in the file"},
        {BYTES("\x80\2cbuiltins\nbytearray\nJ\0\0\0\x40\x85R."), AUDIT_structure, "makes as many bytes as it says"},
        {BYTES("\x80\5C\1a\x98."), AUDIT_structure, "READONLY_BUFFER at byte 5"},
        {BYTES("\x80\2N2\x86."), AUDIT_unusual, "a value doubled on the stack: DUP at byte 3"},
        {BYTES("\x80\4N\x94\x94."), AUDIT_unusual, "put into the memo twice"},
        {BYTES("\x80\2NN."), AUDIT_unusual, "values left on the stack"},
        {BYTES("N\x85."), AUDIT_unusual, "without PROTO"},
        {BYTES("\x80\2Vx\n."), AUDIT_unusual, "UNICODE at byte 2"},
    };

    CHECK_ROWS(rows);
}

static void takes_depth_and_spread_for_what_they_are(void)
{
    static char deep[30004] = "\x80\2";
    static char wide[400] = "\x80\2)";
    struct row rows[] = {{deep, 0, AUDIT_structure, "levels deep"}, {wide, 0, AUDIT_structure, "hold each other"}};
    size_t i;

    memset(deep + 2, ']', 15000);
    memset(deep + 15002, 'a', 14999);
    deep[30001] = '.';
    rows[0].size = 30002;
    for (i = 0; i < 64; i++) {
        memcpy(wide + 3 + 5 * i, "q\1h\1\x86", 5); /* a tuple of the one before, twice */
    }
    wide[3 + 5 * 64] = '.';
    rows[1].size = 3 + 5 * 64 + 1;
    CHECK_ROWS(rows);
}

static void counts_what_it_does_not_tell(void)
{
    static char many[4096] = "\x80\2cos\nsystem\nq\0(";
    struct mapping file = {.data = (const unsigned char *)many};
    enum source_kind kind = SOURCE_PICKLE;
    struct error error = ERROR_INIT;
    struct findings findings;
    size_t at = 2 + 11 + 2 + 1;
    size_t i;

    for (i = 0; i < 500; i++, at += 4) {
        memcpy(many + at, "h\0)R", 4);
    }
    memcpy(many + at, "l.", 2);
    file.size = at + 2;
    CHECK(audit_file(&file, &kind, &findings, &error));
    CHECK_INT(findings.errors, 101);
    CHECK_STR(findings.items[100].detail, "and 400 more findings of this rule");
    findings_free(&findings);
}

static void refuses_what_cannot_be_read(void)
{
    struct mapping file = {.data = (const unsigned char *)"\x80\2]", .size = 3};
    enum source_kind kind = SOURCE_PICKLE;
    struct error error = ERROR_INIT;
    struct findings findings;

    CHECK(!audit_file(&file, &kind, &findings, &error));
    CHECK_STR(error.message, "broken pickle: it ends at byte 3 without STOP");
    kind = SOURCE_RAW;
    CHECK(!audit_file(&file, &kind, &findings, &error));
}

int main(void)
{
    RUN(names_what_runs_code);
    RUN(names_ways_around);
    RUN(leaves_what_libraries_write);
    RUN(sees_what_no_writer_writes);
    RUN(takes_depth_and_spread_for_what_they_are);
    RUN(counts_what_it_does_not_tell);
    RUN(refuses_what_cannot_be_read);
    return TEST_END();
}
