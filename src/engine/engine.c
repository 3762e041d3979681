#include "engine/engine.h"

#include "base/error.h"
#include "base/output.h"
#include "cli/complain.h"
#include "cli/ending.h"
#include "cli/file_check.h"
#include "cli/files.h"
#include "cli/lists.h"
#include "cli/session.h"
#include "cli/streams.h"
#include "engine/consumer.h"
#include "engine/judge.h"
#include "engine/show.h"
#include "engine/trace.h"
#include "memory/guard.h"
#include "options/options.h"
#include "python/interpreter.h"
#include "python/settle.h"
#include "report/report.h"

#include <limits.h>

/* What runs no code of the user's: the interpreter starts when an object is wanted, if at all. */
static int inspect_files(struct report *report, const struct options *options, const char *executable)
{
    const struct interpreter_options interpreter = {.mode = INTERPRETER_FILES, .executable = executable};

    interpreter_expect(&interpreter);
    return files_each(report, options, options->action == ACTION_CHECK ? check_file : show_file);
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
    }
    if (!interpreter_start(&interpreter, &error) || !guard_start(&error)) {
        complain(NULL, &error);
        ending_is_expected();
        return EXIT_ERROR;
    }
    if (expression == NULL) {
        code = files_each(report, options, show_file);
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
    if (lists_are(options->action)) {
        lists_write(report->output, options->action);
        return 0;
    }
    switch (options->action) {
    case ACTION_VERSION:
        output_puts(report->output, "mview-inspect " MVIEW_VERSION ", with Python ");
        output_puts(report->output, engine_python());
        output_puts(report->output, *MVIEW_COMMIT != '\0' ? ", commit " MVIEW_COMMIT "\n" : "\n");
        return 0;
    case ACTION_TRACE:
        return trace(report, options, executable);
    default:
        return options_run_code(options) ? inspect(report, options, executable)
                                         : inspect_files(report, options, executable);
    }
}

/* Nothing was named, and standard input turns out to be empty: that is no file of no bytes. */
static bool have_input(const struct options *options, struct error *error)
{
    return !options->implied_input || streams_have_input() ||
           error_set(error, ERROR_USAGE, "standard input is empty: give a FILE or -e EXPR");
}

int mview_engine(int argc, char **argv, const struct environment *environment, exit_watcher **watcher)
{
    struct error error = ERROR_INIT;
    struct session session;
    char executable[PATH_MAX];

    ending_watch_exit(watcher);
    if (!session_parse(&session, argc, argv, &error) ||
        !engine_settle(executable, environment, session.options.python, options_run_code(&session.options), &error) ||
        !session_open(&session, &error) || !have_input(&session.options, &error)) {
        return session_refuse(argc, &error);
    }
    return session_close(&session, run(&session.report, &session.options, executable));
}
