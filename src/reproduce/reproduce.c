#include "reproduce/reproduce.h"

#include "base/error.h"
#include "base/suggest.h"
#include "base/text.h"
#include "judge/findings.h"
#include "judge/request.h"
#include "judge/rules.h"
#include "judge/transcript.h"
#include "reproduce/python.h"

#include <string.h>

enum what { GRANTED, COMPARED, REFUSED, SEQUENCE };
enum which { WHICH_ALL, WHICH_GRANTED, WHICH_NONE, WHICH_EVERY, WHICH_TRUTH, WHICH_PROTOCOLS };
enum where { HERE, CHILD };

struct script {
    const char *body; /* NULL: none can show it .. */
    const char *why;  /* .. for this reason */
    enum what what;
    enum which which;
    enum where where;
};

static const struct script scripts[RULE_COUNT] = {
#define SCRIPT(rule, what, which, where, body) [RULE_##rule] = {body, NULL, what, WHICH_##which, where},
#define NO_SCRIPT(rule, why) [RULE_##rule] = {NULL, why, SEQUENCE, WHICH_NONE, HERE},
#include "reproduce/scripts.def"
#undef SCRIPT
#undef NO_SCRIPT
};

static const struct helper {
    const char *word, *text;
} helpers[] = {
#define HELPER(word, text) {#word, text},
#include "reproduce/helpers.def"
#include "reproduce/helpers_protocols.def"
#undef HELPER
};

enum { HELPERS = sizeof helpers / sizeof helpers[0] };

bool reproduce_find(const char *id, int *rule, struct error *error)
{
    const char *ids[RULE_COUNT];
    const char *near;
    int i;

    for (i = 0; i < RULE_COUNT; i++) {
        ids[i] = rules[i].id;
        if (strcmp(rules[i].id, id) == 0) {
            *rule = i;
            return scripts[i].body != NULL ||
                   error_set(error, ERROR_USAGE, "no script can show '%s': %s", id, scripts[i].why);
        }
    }
    if (strncmp(id, "consumer-", 9) == 0) {
        return error_set(error, ERROR_USAGE, "no script can show '%s': it is a rule of consumers", id);
    }
    near = suggest(id, ids, RULE_COUNT);
    return near != NULL
               ? error_set(error, ERROR_USAGE, "unknown rule '%s': did you mean '%s'?", id, near)
               : error_set(error, ERROR_USAGE, "unknown rule '%s': --list-rules lists them", id);
}

bool reproduce_asks_buffer(int rule)
{
    return scripts[rule].which != WHICH_PROTOCOLS;
}

/* --- what a script is made from --- */

struct writing {
    const struct script *script;
    const struct rule *rule;
    const struct subject *subject;
    const struct transcript *transcript;
    const struct finding *finding; /* the worst of the rule; NULL when it is kept */
    struct text body;              /* the function that looks for breaches */
    bool used[HELPERS];
};

static bool uses(const struct writing *writing, const char *word)
{
    int i;

    if (python_uses(text_string(&writing->body), word)) {
        return true;
    }
    for (i = 0; i < HELPERS; i++) {
        if (writing->used[i] && python_uses(helpers[i].text, word)) {
            return true;
        }
    }
    return false;
}

/* Later helpers may use earlier ones. */
static void choose_helpers(struct writing *writing)
{
    int i;

    for (i = HELPERS - 1; i >= 0; i--) {
        writing->used[i] = uses(writing, helpers[i].word);
    }
}

static bool is_wanted(const struct writing *writing, char mark)
{
    return mark == '?'   ? writing->subject->mutate != NULL
           : mark == '+' ? writing->transcript->mutate_apart
                         : !writing->transcript->mutate_apart;
}

static void put_indented(struct writing *writing, const char *indent)
{
    const char *line = writing->script->body;

    while (*line != '\0') {
        size_t length = strcspn(line, "\n") + 1;
        bool marked = strchr("?+-", *line) != NULL;

        if (!marked || is_wanted(writing, *line)) {
            text_puts(&writing->body, length > 1 ? indent : "");
            text_append(&writing->body, line + marked, length - marked);
        }
        line += length;
    }
}

static void put_body(struct writing *writing)
{
    static const char *const heads[] = {
        [GRANTED] = "def breach(view, flags):\n"
                    "    \"\"\"What is wrong with an answer; None when nothing is.\"\"\"\n",
        [COMPARED] = "truth = Buffer()\n\n\n"
                     "def breach(view, flags):\n"
                     "    \"\"\"What is wrong with an answer, compared with the truth; None when nothing is.\"\"\"\n",
        [REFUSED] = "def breach(error):\n"
                    "    \"\"\"What is wrong with a refusal; None when nothing is.\"\"\"\n",
        [SEQUENCE] = "def breaches():\n",
    };
    static const char *const loops[] = {
        [GRANTED] = "\n\ndef breaches():\n"
                    "    for name, flags in REQUESTS.items():\n"
                    "        view = Buffer()\n"
                    "        if ask(view, flags) is None:\n"
                    "            wrong = breach(view, flags)\n"
                    "            if wrong:\n"
                    "                yield f\"{name}: {wrong}\"\n"
                    "            release(view)\n",
        [COMPARED] = "\n\ndef breaches():\n"
                     "    ask(truth, TRUTH)\n"
                     "    for name, flags in REQUESTS.items():\n"
                     "        view = Buffer()\n"
                     "        if ask(view, flags) is None:\n"
                     "            wrong = breach(view, flags)\n"
                     "            if wrong:\n"
                     "                yield f\"{name}: {wrong}\"\n"
                     "            release(view)\n",
        [REFUSED] = "\n\ndef breaches():\n"
                    "    for name, flags in REQUESTS.items():\n"
                    "        view = Buffer()\n"
                    "        error = ask(view, flags)\n"
                    "        if error is None:\n"
                    "            release(view)\n"
                    "        elif breach(error):\n"
                    "            yield f\"{name}: {breach(error)}\"\n",
        [SEQUENCE] = "",
    };

    text_puts(&writing->body, heads[writing->script->what]);
    put_indented(writing, "    ");
    text_puts(&writing->body, loops[writing->script->what]);
    text_puts(&writing->body, writing->script->where == CHILD ? "\n\nfound = in_child(breaches)\n"
                                                              : "\n\nfound = list(breaches())\n");
}

/* --- the parts before it --- */

static void put_comment(struct text *script, const char *line)
{
    text_puts(script, "# ");
    text_escape_string(script, line);
    text_putc(script, '\n');
}

static void put_head(const struct writing *writing, struct text *script)
{
    int version = writing->transcript->python_version;
    struct text line = TEXT_INIT;

    text_puts(script, "#!/usr/bin/env python3\n");
    text_printf(script, "# %s: %s\n# (%s)\n#\n", writing->rule->id, writing->rule->statement, writing->rule->source);
    text_printf(&line, "mview-inspect, with Python %d.%d, found: %s", version >> 24, version >> 16 & 0xff,
                writing->finding != NULL ? writing->finding->detail : "it is kept");
    put_comment(script, text_string(&line));
    text_puts(script, "# Exit status: 0 when the rule is kept, 1 when it is broken.\n");
    text_free(&line);
}

static void put_modules(const struct writing *writing, struct text *script)
{
    static const char *const modules[] = {"gc", "inspect", "itertools", "json",      "math", "operator",
                                          "re", "select",  "signal",    "threading", "time"};
    size_t i;

    text_puts(script, "import ctypes\n");
    for (i = 0; i < sizeof modules / sizeof modules[0]; i++) {
        if (uses(writing, modules[i])) {
            text_printf(script, "import %s\n", modules[i]);
        }
        if (strcmp(modules[i], "operator") == 0) {
            text_puts(script, "import os\n");
        }
        if (strcmp(modules[i], "signal") == 0) {
            text_puts(script, "import sys\n");
        }
    }
}

static void put_subject(const struct writing *writing, struct text *script)
{
    const struct subject *subject = writing->subject;
    size_t i;

    text_puts(script, "\nsys.path[:0] = [");
    for (i = subject->path_count; i > 0; i--) {
        python_literal(script, subject->paths[subject->path_count - i]);
        text_puts(script, ", ");
    }
    text_puts(script, "\"\"]\n");
    if (subject->exec == NULL) {
        for (i = 0; i < subject->import_count; i++) {
            python_import(script, subject->imports[i]);
        }
    } else {
        struct text imports = TEXT_INIT;

        text_puts(script, "names = {\"__name__\": \"__main__\", \"__file__\": ");
        python_literal(script, subject->exec);
        text_puts(script, "}\n");
        for (i = 0; i < subject->import_count; i++) {
            python_import(&imports, subject->imports[i]);
        }
        if (imports.length > 0) {
            text_puts(script, "exec(");
            python_literal(script, text_string(&imports));
            text_puts(script, ", names)\n");
        }
        text_puts(script, "exec(compile(open(names[\"__file__\"], \"rb\").read(), names[\"__file__\"], \"exec\"), names)\n");
        text_free(&imports);
    }
    text_puts(script, "exporter = ");
    python_expression(script, subject->expression, subject->exec != NULL);
    text_putc(script, '\n');
}

static void put_function(struct text *script, const char *head, const char *expression, bool named)
{
    text_printf(script, "\n\ndef %s:\n", head);
    if (named && strchr(head, '_') != NULL) {
        text_puts(script, "    names[\"_\"] = _\n");
    }
    text_puts(script, "    return ");
    python_expression(script, expression, named);
    text_putc(script, '\n');
}

static void put_buffer(const struct writing *writing, struct text *script)
{
    if (!uses(writing, "Buffer")) { /* who sends no request needs none */
        return;
    }
    text_puts(script, "\n\nclass Buffer(ctypes.Structure):\n"
                      "    \"\"\"Py_buffer.\"\"\"\n"
                      "    _fields_ = [(\"buf\", ctypes.c_void_p), (\"obj\", ctypes.c_void_p), (\"len\", ctypes.c_ssize_t),\n"
                      "                (\"itemsize\", ctypes.c_ssize_t), (\"readonly\", ctypes.c_int), (\"ndim\", ctypes.c_int),\n"
                      "                (\"format\", ctypes.c_char_p), (\"shape\", ctypes.POINTER(ctypes.c_ssize_t)),\n"
                      "                (\"strides\", ctypes.POINTER(ctypes.c_ssize_t)),\n"
                      "                (\"suboffsets\", ctypes.POINTER(ctypes.c_ssize_t)), (\"internal\", ctypes.c_void_p)]\n"
                      "\n\n"
                      "get_buffer = ctypes.PYFUNCTYPE(ctypes.c_int, ctypes.py_object, ctypes.POINTER(Buffer), ctypes.c_int)(\n"
                      "    (\"PyObject_GetBuffer\", ctypes.pythonapi))  # of our own: the exporter may use pythonapi's\n"
                      "release = ctypes.PYFUNCTYPE(None, ctypes.POINTER(Buffer))((\"PyBuffer_Release\", ctypes.pythonapi))\n");
}

static bool has(uint64_t set, int flags)
{
    int request = request_find(flags);

    return request >= 0 && (set >> request & 1);
}

/* One of each kind will do: without those that ask for WRITABLE or FORMAT on top of another. */
static uint64_t reduced(uint64_t set)
{
    uint64_t least = 0;
    int i;

    for (i = 0; i < REQUEST_COUNT; i++) {
        int flags = requests[i].flags;
        bool more = ((flags & REQUEST_WRITABLE) && has(set, flags & ~REQUEST_WRITABLE)) ||
                    ((flags & REQUEST_FORMAT) && has(set, flags & ~REQUEST_FORMAT));

        least |= has(set, flags) && !more ? UINT64_C(1) << i : 0;
    }
    return least;
}

/* Which requests are to be sent. */
static uint64_t chosen(const struct writing *writing)
{
    const enum which which = writing->script->which;
    uint64_t set = 0;
    int i;

    if (writing->finding != NULL && writing->finding->requests != 0 && which != WHICH_EVERY) {
        return reduced(writing->finding->requests);
    }
    for (i = 0; i < REQUEST_COUNT; i++) {
        enum outcome outcome = writing->transcript->sweeps[0][i].outcome;

        if (outcome == OUTCOME_GRANTED || (outcome == OUTCOME_REFUSED && which != WHICH_GRANTED)) {
            set |= UINT64_C(1) << i;
        }
    }
    return set;
}

static void put_constants(const struct writing *writing, struct text *script)
{
    static const char *const names[] = {"WRITABLE", "FORMAT", "ND", "STRIDES", "C_CONTIGUOUS", "F_CONTIGUOUS",
                                        "ANY_CONTIGUOUS", "INDIRECT"};
    static const int flags[] = {REQUEST_WRITABLE, REQUEST_FORMAT, REQUEST_ND, REQUEST_STRIDES, REQUEST_C_CONTIGUOUS,
                                REQUEST_F_CONTIGUOUS, REQUEST_ANY_CONTIGUOUS, REQUEST_INDIRECT};
    int truth = transcript_truth(writing->transcript);
    size_t i;

    text_puts(script, uses(writing, "Buffer") ? "\n" : "");
    for (i = 0; i < sizeof names / sizeof names[0]; i++) {
        if (uses(writing, names[i])) {
            text_printf(script, "%s = %#x\n", names[i], flags[i]);
        }
    }
    if (uses(writing, "TRUTH")) {
        text_printf(script, "TRUTH = %#x  # %s\n", requests[truth].flags, requests[truth].name);
    }
    if (uses(writing, "SIZES")) {
        python_sizes(script, writing->transcript, writing->finding != NULL ? writing->finding->requests : 0);
    }
    if (uses(writing, "SECONDS")) {
        text_printf(script, "SECONDS = %g  # for an answer\n",
                    writing->rule == &rules[RULE_crash] ? writing->transcript->timeout : 20.0);
    }
    if (uses(writing, "EXPRESSION")) {
        text_puts(script, writing->subject->exec == NULL ? "names = globals()\nEXPRESSION = " : "EXPRESSION = ");
        python_literal(script, writing->subject->expression);
        text_putc(script, '\n');
    }
    if (uses(writing, "REQUESTS")) {
        python_requests(script, chosen(writing));
    }
}

/* What is printed when the rule is broken: the finding, but for addresses, which are others each time. */
static void put_end(const struct writing *writing, struct text *script)
{
    struct text sentence = TEXT_INIT;

    if (writing->finding != NULL && strstr(writing->finding->detail, "0x") == NULL) {
        text_printf(&sentence, "%s: %s", writing->rule->id, writing->finding->detail);
    } else {
        text_printf(&sentence, "%s: it is not so that %s", writing->rule->id, writing->rule->statement);
    }
    text_puts(script, "if found:\n    print(");
    python_literal(script, text_string(&sentence));
    text_puts(script, ",\n          *found, sep=\"\\n    \", flush=True)\n"
                      "os._exit(bool(found))  # what is shown here may not survive the interpreter's end\n");
    text_free(&sentence);
}

static void write_script(struct writing *writing, struct text *script)
{
    const struct subject *subject = writing->subject;
    bool named = subject->exec != NULL;
    int i;

    put_body(writing);
    choose_helpers(writing);
    put_head(writing, script);
    put_modules(writing, script);
    put_subject(writing, script);
    put_buffer(writing, script);
    put_constants(writing, script);
    if (uses(writing, "evaluate")) {
        put_function(script, "evaluate()", subject->expression, named);
    }
    if (uses(writing, "mutate")) {
        put_function(script, "mutate(_)", subject->mutate, named);
    }
    for (i = 0; i < HELPERS; i++) {
        if (writing->used[i]) {
            text_printf(script, "\n\n%s", helpers[i].text);
        }
    }
    text_printf(script, "\n\n%s", text_string(&writing->body));
    put_end(writing, script);
}

/* --- whether it can be written --- */

static const struct finding *find_worst(const struct findings *findings, int rule)
{
    size_t i;

    for (i = 0; i < findings->count; i++) {
        if (findings->items[i].rule == rule) {
            return &findings->items[i];
        }
    }
    return NULL;
}

/* Only a return value that comes without an exception arrives in Python. */
static bool returns_unseen(const struct writing *writing)
{
    int i;

    for (i = 0; i < REQUEST_COUNT; i++) {
        if (writing->transcript->sweeps[0][i].returned > 0) {
            return false;
        }
    }
    return writing->rule == &rules[RULE_return_value] && writing->finding != NULL;
}

static bool can_write(const struct writing *writing, struct error *error)
{
    const char *body = writing->script->body;
    bool truth = writing->script->what == COMPARED || python_uses(body, "TRUTH");
    const char *why = NULL;

    if (truth && transcript_truth(writing->transcript) < 0) {
        why = "no request is granted";
    } else if (python_uses(body, "mutate") && strstr(body, "\n?") == NULL && writing->subject->mutate == NULL) {
        why = "give the expression that shows it, --mutate EXPR";
    } else if (returns_unseen(writing)) {
        why = "Python's ctypes raises the exception that is set, and drops the return value";
    }
    return why == NULL || error_set(error, ERROR_INPUT, "no script can show '%s': %s", writing->rule->id, why);
}

bool reproduce(int rule, const struct subject *subject, const struct transcript *transcript,
               const struct findings *findings, struct text *script, struct error *error)
{
    struct writing writing = {
        .script = &scripts[rule],
        .rule = &rules[rule],
        .subject = subject,
        .transcript = transcript,
        .finding = find_worst(findings, rule),
        .body = TEXT_INIT,
    };
    bool ok = can_write(&writing, error);

    if (ok) {
        write_script(&writing, script);
        ok = (!script->failed && !writing.body.failed) || error_no_memory(error);
    }
    text_free(&writing.body);
    return ok;
}
