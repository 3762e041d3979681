/*
 * mview-inspect: what memory does a Python object export, and does it keep
 * the buffer protocol's promises?
 *
 * The data flow one way:
 *
 *     options -> source -> view -> layout, format -> record -> report
 *
 *   options   the command line, one row per option in options.def; then the
 *             interpreter whose environment counts is settled (python/engine.h)
 *   source    a file read as data: the layout of a buffer in it, or the listing
 *             of a container; or an expression evaluated: one Python object
 *   view      the buffer acquired through the C API's memoryview functions, or
 *             what another protocol tells (python/via.h, protocol/telling.h)
 *   layout    what its Py_buffer says, as plain data (memory/layout.h)
 *   record    everything that can be shown, one row per field in fields.def
 *   report    the record as text, fields or JSON; its bytes, walked in an
 *             order (walk/walk.h) and dumped (dump/dump.h)
 *
 * and for --check and --requests:
 *
 *     source -> probe -> transcript -> rules, known consumers -> report
 *     mapping -> audit -> report                                 (--check FILE)
 *     battery -> offer -> trial -> rules -> report          (--check --consumer)
 *     program -> recorder -> ledger -> holding -> report    (--trace)
 *
 * The folders of src/ are the rooms.  The pure side has never heard of Python:
 *
 *   base         errors as values, text, arenas, output, the clock
 *   format       a PEP 3118 string -> a tree of fields with offsets
 *   memory       a plain mirror of Py_buffer; slices; memory that may be gone
 *   value        an item's bytes -> the text that Python's repr gives
 *   walk         the items of a layout in an order, as runs of bytes
 *   dump         bytes as the lines of hexdump -C, items as lines
 *   files        mapping, NumPy's type texts, .npy, safetensors
 *   archive      a zip directory read strictly, and one member's bytes
 *   foreign      files of other formats, told by their content, and what goes on from there
 *   pickle       an opcode machine that runs nothing
 *   recipe       what known names in a pickle mean; the tree that is shown of it
 *   protocol     what DLPack, Arrow and the array interfaces tell of memory, and whether they agree
 *   source       files of all kinds, opened: a buffer's layout, or a listing
 *   audit        a file's structure, and what loading it would run, judged by tables of names
 *   judge        what was answered, as data, and the rules that judge it
 *   known        the well-known consumers: what each reads, and what helps where it does not
 *   trial        buffers to offer a consumer, what it did, and the rules for that
 *   ledger       what a traced program asked for, and what of it is held
 *   reproduce    a breach of a rule as a script of Python's
 *   environment  which interpreter is meant, without starting one
 *   options      the command line, and which options go together
 *
 * python turns objects into those plain structs; probe asks an exporter, and
 * offer makes exporters for a consumer, in child processes; trace watches a
 * program that runs in this one; holders names who keeps an export, for all
 * three.  report writes what is to be shown; cli is the way in and out: only
 * this file prints errors and ends the program.  launch is a program of its
 * own, which picks the engine where there is one for each of several Pythons.
 */
#include "base/error.h"
#include "base/output.h"
#include "base/text.h"
#include "cli/consumer.h"
#include "cli/ending.h"
#include "cli/file_check.h"
#include "cli/judge.h"
#include "cli/show.h"
#include "cli/streams.h"
#include "cli/trace.h"
#include "memory/guard.h"
#include "options/combination.h"
#include "options/options.h"
#include "python/engine.h"
#include "python/interpreter.h"
#include "report/record.h"
#include "report/report.h"

#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static void complain(const char *subject, const struct error *error)
{
    struct text line = TEXT_INIT;

    if (error->kind == ERROR_INTERRUPTED) {
        die_by_signal(SIGINT);
    }
    text_puts(&line, "mview-inspect: ");
    if (subject != NULL && error->kind != ERROR_USAGE && error->kind != ERROR_OUTPUT) {
        text_escape_string(&line, *subject != '\0' ? subject : "''");
        text_puts(&line, ": ");
    }
    text_escape_string(&line, error->message);
    text_putc(&line, '\n');
    if (write(STDERR_FILENO, text_string(&line), line.length) < 0) {
        /* nowhere left to say it: the exit code does */
    }
    text_free(&line);
}

/* Files, shown or judged one by one: returns the exit code. */
static int each_file(struct report *report, const struct options *options)
{
    bool found = false; /* what makes --check's exit code 1 */
    int code = 0;
    size_t i;

    for (i = 0; i < options->file_count && report->output->failed_errno == 0; i++) {
        struct error error = ERROR_INIT;

        ending_file(options->files[i]);
        if (!(options->action == ACTION_CHECK ? check_file(report, options, options->files[i], &found, &error)
                                              : show_file(report, options, options->files[i], &error))) {
            struct error ignored = ERROR_INIT;

            output_flush(report->output, &ignored); /* on a terminal, what came first stands first */
            complain(options->files[i], &error);
            code = EXIT_ERROR;
        }
        if (report->remark.kind != ERROR_NONE) {
            complain(options->files[i], &report->remark);
            report->remark = (struct error)ERROR_INIT;
        }
    }
    return code == 0 && found ? EXIT_FINDINGS : code;
}

/* What runs no code of the user's: the interpreter starts when an object is wanted, if at all. */
static int inspect_files(struct report *report, const struct options *options, const char *executable)
{
    const struct interpreter_options interpreter = {.mode = INTERPRETER_FILES, .executable = executable};
    struct error error = ERROR_INIT;

    ending_watch_files();
    if (!guard_start(&error)) {
        complain(NULL, &error);
        return EXIT_ERROR;
    }
    interpreter_expect(&interpreter);
    return each_file(report, options);
}

/* What runs code in the environment of `executable`, or files in it (--trust): returns the exit code. */
static int inspect(struct report *report, const struct options *options, const char *executable)
{
    struct interpreter_options interpreter = {
        .mode = INTERPRETER_USER,
        .executable = executable,
        .paths = options->paths,
        .path_count = options->path_count,
        .traceback = options->traceback,
    };
    struct error error = ERROR_INIT;
    const char *expression = options->consumer != NULL ? options->consumer : options->eval;
    int code = EXIT_ERROR;

    if (expression != NULL) {
        ending_is_unexpected(expression);
    } else {
        ending_watch_files();
    }
    if (!interpreter_start(&interpreter, &error) || !guard_start(&error)) {
        complain(NULL, &error);
        ending_is_expected();
        return EXIT_ERROR;
    }
    if (expression == NULL) {
        code = each_file(report, options);
    } else if (options->consumer != NULL) {
        code = judge_consumer(report, options, &code, &error) ? code : EXIT_ERROR;
    } else if (options->action == ACTION_SHOW) {
        code = show_expression(report, options, &error) ? 0 : EXIT_ERROR;
    } else if (!judge_expression(report, options, &code, &error)) {
        code = EXIT_ERROR;
    }
    if (error.kind != ERROR_NONE && code == EXIT_ERROR) {
        complain(expression, &error);
    }
    /* what runs at the interpreter's end may never come back */
    ending_answered(report->output, ENDING_SECONDS, code);
    if (options->exec == NULL) { /* a program of the user's ends as it does by python */
        interpreter_freeze();
    }
    interpreter_stop();
    ending_is_expected();
    return code;
}

static int trace(struct report *report, const struct options *options, const char *executable)
{
    struct error error = ERROR_INIT;
    int code = trace_program(report, options, executable, &error);

    if (error.kind != ERROR_NONE) {
        complain(options->exec != NULL ? options->exec : options->eval, &error);
    }
    return code;
}

static int run(struct report *report, const struct options *options, const char *executable)
{
    switch (options->action) {
    case ACTION_LIST_FIELDS:
        fields_list(report->output);
        return 0;
    case ACTION_LIST_RULES:
        judge_list_rules(report->output);
        return 0;
    case ACTION_LIST_CONSUMERS:
        judge_list_consumers(report->output);
        return 0;
    case ACTION_HELP:
        options_help(report->output);
        return 0;
    case ACTION_VERSION:
        output_puts(report->output, "mview-inspect " MVIEW_VERSION ", with Python ");
        output_puts(report->output, engine_python());
        output_puts(report->output, *MVIEW_COMMIT != '\0' ? ", commit " MVIEW_COMMIT "\n" : "\n");
        return 0;
    case ACTION_TRACE:
        return trace(report, options, executable);
    case ACTION_SHOW:
    case ACTION_CHECK:
    case ACTION_REQUESTS:
        break;
    }
    return options_run_code(options) ? inspect(report, options, executable)
                                     : inspect_files(report, options, executable);
}

/* Nothing was named, and standard input turns out to be empty: that is no file of no bytes. */
static bool have_input(const struct options *options, struct error *error)
{
    return !options->implied_input || streams_have_input() ||
           error_set(error, ERROR_USAGE, "standard input is empty: give a FILE or -e EXPR");
}

int main(int argc, char **argv)
{
    struct error error = ERROR_INIT;
    struct options options;
    struct output output;
    struct report report;
    char executable[PATH_MAX];
    unsigned columns; /* of the terminal */
    int code = EXIT_ERROR;

    if (!options_parse(&options, argc, argv, &error) || !combination_check(&options, &error) ||
        !engine_settle(executable, options.python, options_run_code(&options), argv, &error) ||
        !streams_open(&output, &columns, &error) ||
        !report_begin(&report, &options, &output, columns, &error) || !have_input(&options, &error)) {
        complain(NULL, &error);
        if (argc == 1) {
            fputs(options_synopsis, stderr);
        }
        return EXIT_ERROR;
    }
    code = run(&report, &options, executable);
    if (!output_close(&output, &error)) {
        complain(NULL, &error);
        code = EXIT_ERROR;
    }
    report_end(&report);
    options_free(&options);
    return code;
}
