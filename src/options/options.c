#include "options/options.h"

#include "base/error.h"
#include "base/output.h"
#include "base/suggest.h"
#include "base/text.h"
#include "dump/hexdump.h"
#include "known/consumers.h"
#include "options/arguments.h"

#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { NONE = no_argument, NEEDED = required_argument, OPTIONAL = optional_argument };

/* One line of the help: an option, or a heading (no name). */
struct option_row {
    enum option_id id;
    char letter;
    const char *name;
    int argument;
    const char *metavar;
    const char *help;
};

static const struct option_row rows[] = {
#define SECTION(heading) {OPTION_BASE, 0, NULL, NONE, NULL, heading},
#define OPTION(id, letter, name, argument, metavar, help) {OPTION_##id, letter, name, argument, metavar, help},
#include "options/options.def"
#undef SECTION
#undef OPTION
};

enum { ROW_COUNT = sizeof rows / sizeof rows[0] };

_Static_assert(OPTION_END - OPTION_BASE <= 64, "a bit of options.given for each option");

static uint64_t bit_of(enum option_id id)
{
    return (uint64_t)1 << (id - OPTION_BASE);
}

const char options_synopsis[] =
    "usage: mview-inspect [options] FILE...\n"
    "       mview-inspect [options] -e EXPR\n"
    "       mview-inspect --check [options] -e EXPR\n"
    "       mview-inspect --check [options] FILE...\n"
    "       mview-inspect --check [options] --consumer EXPR\n"
    "       mview-inspect --requests [options] -e EXPR\n"
    "       mview-inspect --trace [options] -x FILE | -e EXPR [-- ARGUMENT...]\n"
    "       mview-inspect --list-fields | --list-rules | --list-consumers | --help | --version\n";

/* --- one option ------------------------------------------------------------------ */

/* The words of an option, in the order of its enum. */
#define PARSE_WORD(option, text, words, target)                                                          \
    (argument_word(option, text, words, sizeof(words) / sizeof *(words), &index, error) && (*(target) = index, true))

static bool append(const char ***list, size_t *count, const char *item, struct error *error)
{
    const char **grown = realloc(*list, (*count + 1) * sizeof **list);

    if (grown == NULL) {
        return error_no_memory(error);
    }
    grown[(*count)++] = item;
    *list = grown;
    return true;
}

static bool set_report(struct options *options, enum report_kind kind)
{
    options->report = kind;
    return true;
}

/* What is asked of the program itself goes before what it is to do, whichever comes first. */
static bool set_action(struct options *options, enum action action)
{
    options->requests = options->requests || action == ACTION_REQUESTS;
    options->check = options->check || action == ACTION_CHECK;
    if (action >= ACTION_LIST_FIELDS || options->action < ACTION_LIST_FIELDS) {
        options->action = action;
    }
    return true;
}

static bool set_flag(bool *flag)
{
    *flag = true;
    return true;
}

static bool set_string(const char **string, const char *argument)
{
    *string = argument;
    return true;
}

/* Put one option into effect. */
static bool apply(struct options *options, enum option_id id, const char *argument, struct error *error)
{
    static const char *const kinds[] = {"auto", "npy", "npz", "pickle", "torch", "safetensors", "raw"};
    static const char *const orders[] = {"logical", "F", "memory"};
    static const char *const whens[] = {"auto", "always", "never"};
    static const char *const contiguities[] = {"C", "F", "A"};
    static const char *const traces[] = {"events"};
    static const char *const protocols[] = {
#define PROTOCOL(id, name, attribute, title) name,
#include "protocol/protocols.def"
#undef PROTOCOL
    };
    unsigned index;

    switch (id) {
    case OPTION_EVAL:
        return set_string(&options->eval, argument);
    case OPTION_IMPORT:
        return append(&options->imports, &options->import_count, argument, error);
    case OPTION_EXEC:
        return set_string(&options->exec, argument);
    case OPTION_PATH:
        return append(&options->paths, &options->path_count, argument, error);
    case OPTION_FROM:
        return PARSE_WORD("from", argument, kinds, &options->from);
    case OPTION_MEMBER:
        return set_string(&options->member, argument);
    case OPTION_TRUST:
        return set_flag(&options->trust);
    case OPTION_RECURSIVE:
        return set_flag(&options->recursive);
    case OPTION_PYTHON:
        return set_string(&options->python, argument);
    case OPTION_FORMAT:
        return set_string(&options->format, argument);
    case OPTION_SHAPE:
        options->have_shape = true;
        return argument_shape(argument, &options->ndim, options->shape, error);
    case OPTION_OFFSET:
        options->have_offset = true;
        return argument_number("offset", argument, &options->offset, error);
    case OPTION_REQUEST:
        options->have_request = true;
        return consumer_request(argument, &options->request, error);
    case OPTION_CONTIGUOUS:
        if (!PARSE_WORD("contiguous", argument, contiguities, &index)) {
            return false;
        }
        options->contiguous = contiguities[index][0];
        return true;
    case OPTION_WRITABLE:
        return set_flag(&options->writable);
    case OPTION_VIA:
        options->have_via = true;
        return PARSE_WORD("via", argument, protocols, &options->via);
    case OPTION_SLICE:
        return set_string(&options->slice, argument);
    case OPTION_FIELD:
        options->fields = argument;
        return set_report(options, REPORT_FIELDS);
    case OPTION_JSON:
        return set_report(options, REPORT_JSON);
    case OPTION_DUMP:
        return set_report(options, REPORT_DUMP);
    case OPTION_BINARY:
        return set_report(options, REPORT_BINARY);
    case OPTION_NPY:
        return set_report(options, REPORT_NPY);
    case OPTION_ITEMS:
        return set_report(options, REPORT_ITEMS);
    case OPTION_LENGTH:
        options->have_length = true;
        return argument_length(argument, &options->length, error);
    case OPTION_SKIP:
        return argument_number("skip", argument, &options->skip, error);
    case OPTION_NO_SQUEEZING:
        return set_flag(&options->no_squeezing);
    case OPTION_WIDTH:
        return argument_small("width", argument, 1, HEXDUMP_MAX_WIDTH, &options->width, error);
    case OPTION_ORDER:
        return PARSE_WORD("order", argument, orders, &options->order);
    case OPTION_COLOR:
        return PARSE_WORD("color", argument != NULL ? argument : "always", whens, &options->color);
    case OPTION_TRACEBACK:
        return set_flag(&options->traceback);
    case OPTION_CHECK:
        return set_action(options, ACTION_CHECK);
    case OPTION_REQUESTS:
        return set_action(options, ACTION_REQUESTS);
    case OPTION_MUTATE:
        return set_string(&options->mutate, argument);
    case OPTION_CONSUMER:
        return set_string(&options->consumer, argument);
    case OPTION_REPRODUCE:
        return set_string(&options->reproduce, argument);
    case OPTION_STRICT:
        return set_flag(&options->strict);
    case OPTION_INFO:
        return set_flag(&options->info);
    case OPTION_TIMEOUT:
        options->have_timeout = true;
        return argument_seconds(argument, &options->timeout, error);
    case OPTION_STRESS:
        return argument_small("stress", argument, 2, 64, &options->stress, error);
    case OPTION_TRACE:
        options->trace = true;
        options->events = argument != NULL;
        return argument == NULL || PARSE_WORD("trace", argument, traces, &index);
    case OPTION_LIST_FIELDS:
        return set_action(options, ACTION_LIST_FIELDS);
    case OPTION_LIST_RULES:
        return set_action(options, ACTION_LIST_RULES);
    case OPTION_LIST_CONSUMERS:
        return set_action(options, ACTION_LIST_CONSUMERS);
    case OPTION_HELP:
        return set_action(options, ACTION_HELP);
    case OPTION_VERSION:
        return set_action(options, ACTION_VERSION);
    case OPTION_BASE:
    case OPTION_END:
        break;
    }
    return error_set(error, ERROR_USAGE, "unknown option");
}

/* --- getopt ----------------------------------------------------------------- */

struct getopt_tables {
    struct option longs[ROW_COUNT + 1];
    char letters[2 + 3 * ROW_COUNT];
};

static void fill_tables(struct getopt_tables *tables)
{
    size_t count = 0;
    char *letter = tables->letters;
    size_t i;

    *letter++ = ':'; /* tell a missing argument from an unknown option */
    for (i = 0; i < ROW_COUNT; i++) {
        if (rows[i].name == NULL) {
            continue;
        }
        tables->longs[count++] = (struct option){rows[i].name, rows[i].argument, NULL, (int)rows[i].id};
        if (rows[i].letter != 0) {
            *letter++ = rows[i].letter;
            if (rows[i].argument == NEEDED) {
                *letter++ = ':';
            }
        }
    }
    tables->longs[count] = (struct option){NULL, 0, NULL, 0};
    *letter = '\0';
}

static const struct option_row *find_row(int id)
{
    size_t i;

    for (i = 0; i < ROW_COUNT; i++) {
        if (rows[i].name != NULL && (id == (int)rows[i].id || id == rows[i].letter)) {
            return &rows[i];
        }
    }
    return NULL;
}

/* "'--contiguous' or '--consumer'": the options that a name begins; how many there are. */
static size_t candidates(const char *name, struct text *text)
{
    size_t count = 0;
    size_t i;

    for (i = 0; i < ROW_COUNT; i++) {
        if (rows[i].name != NULL && strncmp(rows[i].name, name, strlen(name)) == 0) {
            text_printf(text, "%s'--%s'", count++ > 0 ? " or " : "", rows[i].name);
        }
    }
    return count;
}

static bool ambiguous_option(const char *name, struct error *error)
{
    struct text text = TEXT_INIT;
    bool few = candidates(name, &text) <= 5 && !text.failed;

    error_set(error, ERROR_USAGE, "option '--%s' is ambiguous: %s", name, few ? text_string(&text) : "see --help");
    text_free(&text);
    return false;
}

/* getopt's complaint, in the house's words. */
static bool bad_option(int result, const char *word, struct error *error)
{
    const char *names[ROW_COUNT];
    size_t count = 0;
    char name[64];
    const char *near;
    size_t i;

    if (result == ':') {
        return error_set(error, ERROR_USAGE, "option '%s' needs an argument: see --help", word);
    }
    if (strncmp(word, "--", 2) != 0) {
        return error_set(error, ERROR_USAGE, "unknown option '-%c': see --help", optopt);
    }
    snprintf(name, sizeof name, "%.*s", (int)strcspn(word + 2, "="), word + 2);
    for (i = 0; i < ROW_COUNT; i++) {
        if (rows[i].name != NULL) {
            if (strcmp(rows[i].name, name) == 0) {
                return error_set(error, ERROR_USAGE, "option '--%s' takes no argument", name);
            }
            if (strncmp(rows[i].name, name, strlen(name)) == 0) {
                return ambiguous_option(name, error);
            }
            names[count++] = rows[i].name;
        }
    }
    near = suggest(name, names, count);
    if (near != NULL) {
        return error_set(error, ERROR_USAGE, "unknown option '--%s': did you mean '--%s'?", name, near);
    }
    return error_set(error, ERROR_USAGE, "unknown option '--%s': see --help", name);
}

/* --- the whole line ---------------------------------------------------------- */

static bool needs_input(const struct options *options)
{
    bool looks = options->action == ACTION_SHOW || options->action == ACTION_CHECK;

    return looks && options->eval == NULL && options->consumer == NULL && options->file_count == 0;
}

/* Where nothing is named, a pipe or a file on standard input is meant; a terminal or a device is not. */
static bool imply_input(struct options *options, struct error *error)
{
    static char dash[] = "-";
    static char *standard_input[] = {dash};
    struct stat status;

    if (fstat(STDIN_FILENO, &status) != 0 ||
        !(S_ISFIFO(status.st_mode) || S_ISSOCK(status.st_mode) || S_ISREG(status.st_mode))) {
        return error_set(error, ERROR_USAGE, "nothing to look at: give a FILE or -e EXPR");
    }
    options->files = standard_input;
    options->file_count = 1;
    options->implied_input = true;
    return true;
}

/* What is behind "--" are a traced program's arguments; judging it is no action of its own. */
static void settle_trace(struct options *options, char **argv)
{
    if (!options->trace || (options->action != ACTION_SHOW && options->action != ACTION_CHECK)) {
        return;
    }
    options->trace_check = options->action == ACTION_CHECK;
    options->action = ACTION_TRACE;
    if (options->file_count > 0 && options->files > argv && strcmp(options->files[-1], "--") == 0) {
        options->arguments = options->files;
        options->argument_count = options->file_count;
        options->file_count = 0;
    }
}

bool options_parse(struct options *options, int argc, char **argv, struct error *error)
{
    struct getopt_tables tables;
    int result;

    *options = (struct options){.width = 16, .timeout = 2};
    fill_tables(&tables);
    opterr = 0;
    optind = 0; /* from the start: the program and its engine each take a command line apart */
    while ((result = getopt_long(argc, argv, tables.letters, tables.longs, NULL)) != -1) {
        const struct option_row *row = find_row(result);

        if (row == NULL) {
            return bad_option(result, argv[optind - 1], error);
        }
        options->given |= bit_of(row->id);
        if (!apply(options, row->id, optarg, error)) {
            return false;
        }
    }
    options->files = argv + optind;
    options->file_count = (size_t)(argc - optind);
    settle_trace(options, argv);
    return !needs_input(options) || imply_input(options, error);
}

void options_free(struct options *options)
{
    free(options->imports);
    free(options->paths);
    options->imports = NULL;
    options->paths = NULL;
}

bool options_given(const struct options *options, enum option_id id)
{
    return (options->given & bit_of(id)) != 0;
}

const char *options_name(enum option_id id)
{
    return find_row((int)id)->name;
}

bool options_run_code(const struct options *options)
{
    return options->eval != NULL || options->consumer != NULL || options->trace || options->trust;
}

/* --- help ------------------------------------------------------------------- */

void options_help(struct output *output)
{
    struct text text = TEXT_INIT;
    size_t i;

    text_puts(&text, "mview-inspect: what memory does a Python object export, and does it keep its promises?\n\n");
    text_puts(&text, options_synopsis);
    for (i = 0; i < ROW_COUNT; i++) {
        const struct option_row *row = &rows[i];
        char letter[] = "-?, ";
        char metavar[32] = "";

        if (row->name == NULL) {
            text_printf(&text, "\n%s:\n", row->help);
            continue;
        }
        letter[1] = row->letter;
        if (row->metavar != NULL) {
            snprintf(metavar, sizeof metavar, row->argument == OPTIONAL ? "[=%s]" : " %s", row->metavar);
        }
        text_printf(&text, "  %4s--%s%-*s %s\n", row->letter != 0 ? letter : "", row->name,
                    20 - (int)strlen(row->name), metavar, row->help);
    }
    text_puts(&text, "\nExit codes: 0 all answered; 1 --check found errors; 2 an error; 128+N ended by signal N.\n"
                     "The manual has the whole story: man mview-inspect\n");
    output_write(output, text_string(&text), text.length);
    text_free(&text);
}
