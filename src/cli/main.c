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
 *   source    an expression evaluated, or a file read as data: one Python
 *             object that exports a buffer, or the listing of a container
 *   view      the buffer acquired through the C API's memoryview functions
 *   layout    what its Py_buffer says, as plain data (memory/layout.h)
 *   record    everything that can be shown, one row per field in fields.def
 *   report    the record as text, fields or JSON; its bytes, walked in an
 *             order (memory/walk.h) and dumped (memory/dump.h)
 *
 * and for --check and --requests:
 *
 *     source -> probe -> transcript -> rules, consumers -> report
 *
 * The folders of src/ are the rooms: base, memory, files, judge and
 * environment are the pure side, which never includes Python; python turns
 * objects into its plain structs; cli is the way in and out.  Only this file
 * prints errors and ends the program.  launch is a program of its own, which
 * picks the engine where there is one for each of several Pythons.
 */
#include "base/error.h"
#include "base/output.h"
#include "base/text.h"
#include "cli/ending.h"
#include "cli/judge.h"
#include "cli/show.h"
#include "cli/streams.h"
#include "memory/guard.h"
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

enum { EXIT_ERROR = 2 };

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

static int show_files(struct report *report, const struct options *options)
{
    int code = 0;
    size_t i;

    for (i = 0; i < options->file_count && report->output->failed_errno == 0; i++) {
        struct error error = ERROR_INIT;

        ending_file(options->files[i]);
        if (!show_file(report, options, options->files[i], &error)) {
            struct error ignored = ERROR_INIT;

            output_flush(report->output, &ignored); /* on a terminal, what came first stands first */
            complain(options->files[i], &error);
            code = EXIT_ERROR;
        }
    }
    return code;
}

/* What needs an interpreter, the environment of `executable`: returns the exit code. */
static int inspect(struct report *report, const struct options *options, const char *executable)
{
    struct interpreter_options interpreter = {
        .mode = options_run_code(options) ? INTERPRETER_USER : INTERPRETER_FILES,
        .executable = executable,
        .paths = options->paths,
        .path_count = options->path_count,
        .traceback = options->traceback,
    };
    struct error error = ERROR_INIT;
    int code = EXIT_ERROR;

    if (options->eval != NULL) {
        ending_is_unexpected(options->eval);
    } else {
        ending_watch_files();
    }
    if (!interpreter_start(&interpreter, &error) || !guard_start(&error)) {
        complain(NULL, &error);
        ending_is_expected();
        return EXIT_ERROR;
    }
    if (options->eval == NULL) {
        code = show_files(report, options);
    } else if (options->action == ACTION_SHOW) {
        code = show_expression(report, options, &error) ? 0 : EXIT_ERROR;
    } else if (!judge_expression(report, options, &code, &error)) {
        code = EXIT_ERROR;
    }
    if (error.kind != ERROR_NONE && code == EXIT_ERROR) {
        complain(options->eval, &error);
    }
    /* what runs at the interpreter's end may never come back: the answer goes out before (main says if it can't) */
    output_flush(report->output, &error);
    interpreter_stop();
    ending_is_expected();
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
        output_puts(report->output, "\n");
        return 0;
    case ACTION_SHOW:
    case ACTION_CHECK:
    case ACTION_REQUESTS:
        break;
    }
    return inspect(report, options, executable);
}

int main(int argc, char **argv)
{
    struct error error = ERROR_INIT;
    struct options options;
    struct output output;
    struct report report;
    char executable[PATH_MAX];
    bool terminal;
    int code = EXIT_ERROR;

    if (!options_parse(&options, argc, argv, &error) ||
        !engine_settle(executable, options.python, options_run_code(&options), argv, &error) ||
        !streams_open(&output, &terminal, &error) ||
        !report_begin(&report, &options, &output, terminal, &error)) {
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
