/*
 * The command line, taken apart once; const from then on.
 */
#ifndef MVIEW_OPTIONS_OPTIONS_H
#define MVIEW_OPTIONS_OPTIONS_H

#include "protocol/protocol.h"
#include "walk/walk.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct error;
struct output;

/* The options of options.def, in its order; what getopt_long returns for one: past any letter. */
enum option_id {
    OPTION_BASE = 256,
#define SECTION(heading)
#define OPTION(id, letter, name, argument, metavar, help) OPTION_##id,
#include "options/options.def"
#undef SECTION
#undef OPTION
    OPTION_END,
};

enum action {
    ACTION_SHOW,
    ACTION_CHECK,
    ACTION_REQUESTS,
    ACTION_TRACE,
    ACTION_LIST_FIELDS,
    ACTION_LIST_RULES,
    ACTION_LIST_CONSUMERS,
    ACTION_HELP,
    ACTION_VERSION,
};

enum report_kind {
    REPORT_TEXT,
    REPORT_FIELDS,
    REPORT_JSON,
    REPORT_DUMP,
    REPORT_BINARY,
    REPORT_NPY,
    REPORT_ITEMS,
};

enum file_kind {
    FILE_AUTO,
    FILE_NPY,
    FILE_NPZ,
    FILE_PICKLE,
    FILE_TORCH,
    FILE_SAFETENSORS,
    FILE_RAW,
};

enum color_when {
    COLOR_AUTO,
    COLOR_ALWAYS,
    COLOR_NEVER,
};

/* Texts are borrowed from argv; an option that was not given is NULL, 0 or false. */
struct options {
    enum action action;
    uint64_t given; /* a bit for each option that was given: options_given */

    /* where the object comes from */
    const char *eval;
    const char **imports; /* "MOD" or "MOD=NAME"; owned array */
    size_t import_count;
    const char *exec;
    const char **paths; /* in the order given; owned array */
    size_t path_count;
    enum file_kind from;
    const char *member;
    bool recursive;
    bool trust;
    const char *python;
    const char *format;
    bool have_shape;
    int ndim;
    ptrdiff_t shape[LAYOUT_MAX_NDIM]; /* items; at most one -1 */
    bool have_offset;
    uint64_t offset; /* bytes */
    char **files;    /* borrowed from argv; options.file_count of them */
    size_t file_count;
    bool implied_input; /* nothing was named: files is "-", since standard input may have data */

    /* how it is viewed */
    bool have_request;
    int request; /* PyBUF_ flags */
    char contiguous; /* 'C', 'F', 'A' or 0 */
    bool writable;
    bool have_via;
    enum protocol via;
    const char *slice;

    /* what is printed */
    enum report_kind report;
    const char *fields; /* REPORT_FIELDS: the list as given */
    bool have_length;
    uint64_t length; /* bytes (items with -l); UINT64_MAX for "all" */
    uint64_t skip;
    bool no_squeezing;
    unsigned width; /* bytes per line */
    enum walk_order order;
    enum color_when color;
    bool traceback;

    /* judging */
    bool check;    /* given, whatever the action is */
    bool requests; /* likewise */
    const char *consumer; /* the expression that is offered buffers, as _ */
    const char *mutate;
    const char *reproduce; /* a rule's name */
    bool strict;
    bool info;
    bool have_timeout;
    double timeout; /* seconds for one request */
    unsigned stress; /* threads; 0: none */

    /* tracing: ACTION_TRACE */
    bool trace;
    bool events;       /* each request and release as it happens */
    bool trace_check;  /* with --check: what is leaked makes the exit code 1 */
    char **arguments;  /* the program's, behind "--"; borrowed from argv */
    size_t argument_count;
};

/*
 * Take argv apart.  An error is a usage error, worded with the near match where there is one.
 * What goes together is options/combination.h's.
 */
bool options_parse(struct options *options, int argc, char **argv, struct error *error);
void options_free(struct options *options);

/* Whether the option was on the command line, and its long name. */
bool options_given(const struct options *options, enum option_id id);
const char *options_name(enum option_id id);

/* Whether code of the user's is to run (-e, --consumer, --trace, --trust), in the user's environment. */
bool options_run_code(const struct options *options);

void options_help(struct output *output);

/* The synopsis, as usage_text prints it on standard error when there is nothing to look at. */
extern const char options_synopsis[];

#endif
