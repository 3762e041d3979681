#include "options/combination.h"

#include "base/error.h"
#include "options/options.h"

#include <stddef.h>

/* What is done. */
enum mode {
    SHOW_FILE = 1 << 0,
    SHOW_EXPRESSION = 1 << 1,
    CHECK_FILE = 1 << 2,
    CHECK_EXPRESSION = 1 << 3,
    CHECK_CONSUMER = 1 << 4,
    REQUESTS = 1 << 5,
    TRACE = 1 << 6,
    LIST = 1 << 7,

    SHOW = SHOW_FILE | SHOW_EXPRESSION,
    CHECK = CHECK_FILE | CHECK_EXPRESSION | CHECK_CONSUMER,
    FILES = SHOW_FILE | CHECK_FILE,
    EXPRESSIONS = SHOW_EXPRESSION | CHECK_EXPRESSION | REQUESTS,
    CODE = EXPRESSIONS | CHECK_CONSUMER | TRACE,
    ANY_MODE = SHOW | CHECK | REQUESTS | TRACE | LIST,
};

/* What is printed. */
enum form {
    TEXT = 1 << REPORT_TEXT,
    FIELDS = 1 << REPORT_FIELDS,
    JSON = 1 << REPORT_JSON,
    DUMP = 1 << REPORT_DUMP,
    BINARY = 1 << REPORT_BINARY,
    NPY = 1 << REPORT_NPY,
    ITEMS = 1 << REPORT_ITEMS,

    ANY_FORM = TEXT | FIELDS | JSON | DUMP | BINARY | NPY | ITEMS,
};

enum looks { ANYTHING, BUFFER };

static const struct place {
    enum option_id id;
    unsigned modes;
    unsigned forms;
    enum looks looks;
    const char *purpose;
} places[] = {
#define GOES(id, modes, forms, looks, purpose) {OPTION_##id, modes, forms, looks, purpose},
#include "options/combination.def"
#undef GOES
};

enum { PLACE_COUNT = sizeof places / sizeof places[0] };

_Static_assert(PLACE_COUNT == OPTION_END - OPTION_BASE - 1, "a row of combination.def for each option");

/* The option of each form that has one. */
static const enum option_id form_options[] = {
    [REPORT_FIELDS] = OPTION_FIELD,   [REPORT_JSON] = OPTION_JSON, [REPORT_DUMP] = OPTION_DUMP,
    [REPORT_BINARY] = OPTION_BINARY, [REPORT_NPY] = OPTION_NPY,   [REPORT_ITEMS] = OPTION_ITEMS,
};

/* Of these, one. */
static const enum option_id list_options[] = {OPTION_LIST_FIELDS, OPTION_LIST_RULES, OPTION_LIST_CONSUMERS};

static enum mode mode_of(const struct options *options)
{
    switch (options->action) {
    case ACTION_SHOW:
        return options->eval != NULL ? SHOW_EXPRESSION : SHOW_FILE;
    case ACTION_CHECK:
        return options->consumer != NULL ? CHECK_CONSUMER : options->eval != NULL ? CHECK_EXPRESSION : CHECK_FILE;
    case ACTION_REQUESTS:
        return REQUESTS;
    case ACTION_TRACE:
        return TRACE;
    default:
        return LIST;
    }
}

/* What stands on the command line for a mode that an option of `modes` does not go with; NULL: nothing. */
static const char *mode_name(enum mode mode, unsigned modes)
{
    switch (mode) {
    case SHOW_FILE:
        return modes & SHOW ? "files" : NULL;
    case SHOW_EXPRESSION:
        return modes & SHOW ? "-e" : NULL;
    case CHECK_FILE:
        return modes & CHECK ? "files" : "--check";
    case CHECK_EXPRESSION:
        return modes & CHECK ? "-e" : "--check";
    case CHECK_CONSUMER:
        return modes & CHECK ? "--consumer" : "--check";
    case REQUESTS:
        return "--requests";
    case TRACE:
        return "--trace";
    default:
        return "--list-fields, --list-rules or --list-consumers";
    }
}

/* --- each option beside what is done ------------------------------------------------- */

static bool check_place(const struct options *options, const struct place *place, struct error *error)
{
    enum mode mode = mode_of(options);
    const char *name = options_name(place->id);

    if (!(place->modes & mode)) {
        const char *beside = mode_name(mode, place->modes);

        return error_set(error, ERROR_USAGE, "--%s %s%s%s", name, place->purpose, beside != NULL ? ": not with " : "",
                         beside != NULL ? beside : "");
    }
    if (mode & SHOW && !(place->forms & 1u << options->report)) {
        return error_set(error, ERROR_USAGE, "--%s %s: not with --%s", name, place->purpose,
                         options_name(form_options[options->report]));
    }
    return true;
}

/* At most one of some options. */
static bool check_alone(const struct options *options, const enum option_id *ids, size_t count, struct error *error)
{
    const char *first = NULL;
    size_t i;

    for (i = 0; i < count; i++) {
        if (ids[i] == 0 || !options_given(options, ids[i])) {
            continue;
        }
        if (first != NULL) {
            return error_set(error, ERROR_USAGE, "give either --%s or --%s, not both", first, options_name(ids[i]));
        }
        first = options_name(ids[i]);
    }
    return true;
}

/* --- options beside each other -------------------------------------------------------- */

static bool check_pairs(const struct options *options, struct error *error)
{
    enum mode mode = mode_of(options);
    bool tracing = mode == TRACE;
    bool reinterprets = options->format != NULL || options->have_shape || options->have_offset;
    bool json_of_no_data = mode & SHOW && options->report == REPORT_JSON && !options->have_length;
    const struct {
        bool wrong;
        const char *message;
    } rules[] = {
        {options->check && options->requests, "give either --check or --requests, not both"},
        {options->trace && !tracing, "--trace goes with --check, and with no other such option"},
        {mode == LIST && options->file_count > 0, "what asks the program itself takes no files"},
        {options->eval != NULL && options->file_count > 0 && !tracing,
         "give either an expression (-e) or files, not both"},
        {options->consumer != NULL && (options->eval != NULL || options->file_count > 0),
         "--consumer makes the buffers that its expression is offered: not with -e or files"},
        {mode == REQUESTS && options->eval == NULL, "--requests looks at what an expression gives: -e EXPR"},
        {tracing && options->eval == NULL && options->exec == NULL,
         "--trace runs a program: give -x FILE, -e EXPR, or both"},
        {tracing && options->file_count > 0,
         "--trace runs a program: -x FILE names it, and its arguments stand behind --"},
        {options->strict && tracing && !options->trace_check, "--strict goes with --check"},
        {mode == SHOW_FILE && !options->trust && (options->path_count > 0 || options->traceback),
         "--path and --traceback are for code that runs: not with files, but for --trust"},
        {options->trust && options->recursive, "--trust shows what was loaded level by level: not with --recursive"},
        {options->trust && options->from != FILE_AUTO && options->from != FILE_PICKLE,
         "--trust loads a pickle: not with --from of another kind"},
        {options->reproduce != NULL && (options->report == REPORT_JSON || options->strict || options->info),
         "--reproduce prints a script: not with -j, --strict or --info"},
        {options->have_request && options->contiguous != 0, "give either --request or --contiguous, not both"},
        {options->have_request && options_given(options, OPTION_VIA),
         "--request is sent to the buffer: not with --via"},
        {options->writable && options->contiguous == 0, "--writable goes with --contiguous"},
        {options->have_request && reinterprets,
         "--request shows what was answered: not with --format, --shape or --offset"},
        {options->have_request && options->slice != NULL, "--request shows what was answered: not with --slice"},
        {json_of_no_data && (options_given(options, OPTION_SKIP) || options_given(options, OPTION_ORDER)),
         "--json has no data but with -n: --skip and --order go with that"},
    };
    size_t i;

    for (i = 0; i < sizeof rules / sizeof rules[0]; i++) {
        if (rules[i].wrong) {
            return error_set(error, ERROR_USAGE, "%s", rules[i].message);
        }
    }
    return true;
}

bool combination_check(const struct options *options, struct error *error)
{
    size_t i;

    if (options->action == ACTION_HELP || options->action == ACTION_VERSION) {
        return true; /* asked for in the middle of any line */
    }
    if (!check_pairs(options, error) ||
        !check_alone(options, form_options, sizeof form_options / sizeof form_options[0], error) ||
        !check_alone(options, list_options, sizeof list_options / sizeof list_options[0], error)) {
        return false;
    }
    for (i = 0; i < PLACE_COUNT; i++) {
        if (options_given(options, places[i].id) && !check_place(options, &places[i], error)) {
            return false;
        }
    }
    return true;
}

const char *combination_of_buffer(const struct options *options)
{
    size_t i;

    for (i = 0; i < PLACE_COUNT; i++) {
        if (places[i].looks == BUFFER && options_given(options, places[i].id)) {
            return options_name(places[i].id);
        }
    }
    return NULL;
}
