#include "recipe/tree.h"

#include "base/arena.h"
#include "base/error.h"
#include "base/text.h"

#include "recipe/pickles.h"
#include "test.h"

/* "path type" of each row, by lines. */
static bool write_row(void *context, const struct tree_row *row)
{
    struct text *text = context;

    text_append(text, row->path, row->path_length);
    if (row->met != SIZE_MAX) {
        text_printf(text, row->way ? " way %zu" : " row %zu", row->met);
    }
    text_putc(text, '\n');
    return true;
}

static const char *rows(struct parsed *p)
{
    static struct text text;

    text_clear(&text);
    tree_walk(&p->reading, p->root, NULL, true, write_row, &text);
    return text_string(&text);
}

static void nothing_is_refused_for_what_it_names(void)
{
    static const struct {
        const char *bytes;
        size_t size;
        const char *type;
        const char *rows;
    } cases[] = {
        {BYTES("cos\nsystem\n(Vtrue\ntR."), "os.system", ".args/0\n"},
        {BYTES("\x80\4\x8c\2os\x8c\6system\x93\x8c\4true\x85R."), "os.system", ".args/0\n"},
        {BYTES("\x80\4\x8c\6system\x94\x8c\2os\x94h\1h\0\x93)R."), "os.system", ""},
        {BYTES("(Vtrue\nios\nsystem\n."), "os.system", ".args/0\n"},
        {BYTES("(cos\nsystem\nVtrue\no."), "os.system", ".args/0\n"},
        {BYTES("cmod\nClass\n)\x81."), "mod.Class", ""},
        {BYTES("cmod\nClass\n)}Va\nK\1s\x92."), "mod.Class", ".kwargs/a\n"},
        {BYTES("cmod\nClass\n)\x81}Va\nK\1sb."), "mod.Class", "a\n"},
        {BYTES("cmod\nClass\n)\x81N}Va\nK\1s\x86"
               "b."),
         "mod.Class", "a\n"},
        {BYTES("cmod\nClass\n)\x81K\1b."), "mod.Class", ".state\n"},
        {BYTES("cmod\nClass\n)\x81(K\1K\2eVk\nK\3s."), "mod.Class", "0\n1\nk\n"},
        {BYTES("cmod\nClass\n)\x81}Va\nK\1sbK\2b."), "mod.Class", ".state\n.state/0\n.state/0/a\n.state/1\n"},
        {BYTES("cmod\nClass\n}Va\nK\1sb."), "mod.Class", "a\n"},
        {BYTES("cos\nenviron\nVA\nK\1s."), "os.environ", "A\n"},
        {BYTES("cbuiltins\ngetattr\n(cos\nenviron\nVget\ntR(VA\ntR."), "os.environ.get", ".args/0\n"},
        {BYTES("cm\nf\n)R(VA\ntR."), "result of a call", ".args/0\n"},
        {BYTES("\x82\1)R."), "extension 1", ""},
        {BYTES("\x84\1\0\1\0)R."), "extension 65537", ""},
        {BYTES("Pid\n."), "persistent id", ".args\n"},
        {BYTES("Vid\nQ."), "persistent id", ".args\n"},
        {BYTES("\x97."), "out-of-band buffer", ""},
        {BYTES("\x97\x98."), "out-of-band buffer", ""},
        {BYTES("\x8f(K\1K\2\x90."), "set", "0\n1\n"},
        {BYTES("(K\1\x91."), "frozenset", "0\n"},
        {BYTES("})K\1s."), "dict", "()\n"},
        {BYTES("cnumpy\nndarray\0\n."), "global", ""},
        {BYTES("N\x80\2."), "NoneType", ""},
    };
    size_t i;

    for (i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct parsed p;

        parse(&p, cases[i].bytes, cases[i].size);
        CHECK(p.ok);
        if (p.ok) {
            CHECK_STR(recipe_type_name(&p.reading, p.root), cases[i].type);
            CHECK_STR(rows(&p), cases[i].rows);
        }
        arena_free(&p.arena);
    }
}

static void what_is_met_again_names_its_place(void)
{
    static const struct {
        const char *bytes;
        size_t size;
        const char *rows;
    } cases[] = {
        {BYTES("]q\0h\0a."), "0 way 0\n"},
        {BYTES("}q\0Va\n(lh\0as."), "a\na/0 way 0\n"},
        {BYTES("(](K\1eq\1h\1t."), "0\n0/0\n1 row 0\n"},
        {BYTES("cmod\nClass\n)\x81q\0}Vme\nh\0sb."), "me way 0\n"},
    };
    size_t i;

    for (i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct parsed p;

        parse(&p, cases[i].bytes, cases[i].size);
        CHECK(p.ok);
        CHECK_STR(rows(&p), cases[i].rows);
        arena_free(&p.arena);
    }
}

static void keys_go_before_attributes_and_parts_before_all(void)
{
    struct parsed p;
    struct error error = ERROR_INIT;
    struct pickle_value *found;

    parse(&p, BYTES("cm\nC\n(K\7t\x81Va\nK\1sV.args\nK\2s}(Va\nK\3Vb\nK\4ub."));
    CHECK(p.ok);
    found = tree_find(&p.reading, p.root, "a", 0, &error);
    CHECK(found != NULL && found->integer == 1);
    found = tree_find(&p.reading, p.root, "b", 0, &error);
    CHECK(found != NULL && found->integer == 4);
    found = tree_find(&p.reading, p.root, ".args/0", 0, &error);
    CHECK(found != NULL && found->integer == 7);
    found = tree_find(&p.reading, p.root, ".state/a", 0, &error);
    CHECK(found != NULL && found->integer == 3);
    CHECK(tree_find(&p.reading, p.root, ".kwargs", 0, &error) == NULL);
    arena_free(&p.arena);
}

static void names_are_gathered_once_each(void)
{
    const struct pickle_global *global;
    struct parsed p;
    size_t count = 0;

    parse(&p, BYTES("(cos\nsystem\n)Rcos\nsystem\n)Rcm\nC\ncm\nF\n)\x81t."));
    CHECK(p.ok);
    for (global = p.reading.pickle.globals; global != NULL; global = global->next) {
        count++;
        CHECK(global->called == (strcmp(global->dotted, "m.C") != 0));
        CHECK_INT(global->calls, strcmp(global->dotted, "os.system") == 0 ? 2 : global->called);
    }
    CHECK_INT(count, 3);
    arena_free(&p.arena);
}

int main(void)
{
    RUN(nothing_is_refused_for_what_it_names);
    RUN(what_is_met_again_names_its_place);
    RUN(keys_go_before_attributes_and_parts_before_all);
    RUN(names_are_gathered_once_each);
    return TEST_END();
}
