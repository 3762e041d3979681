#include "engine/trace.h"

#include "base/error.h"
#include "base/notes.h"
#include "base/output.h"
#include "base/text.h"
#include "cli/ending.h"
#include "ledger/ledger.h"
#include "options/options.h"
#include "python/interpreter.h"
#include "report/report.h"
#include "trace/exits.h"
#include "trace/holding.h"
#include "trace/lost.h"
#include "trace/moment.h"
#include "trace/program.h"
#include "trace/recorder.h"

#include <inttypes.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
    MOMENTS = 25,           /* that other threads get to release what they hold */
    STATUS_UNFLUSHED = 120, /* Python's own, where sys.stdout could not be flushed at its end */
};

struct tracing {
    struct report *report;
    const struct options *options;
    const char *name; /* borrowed */
    char *folder;     /* owned: where the program is; NULL where it is no file */
    struct ledger ledger;
    struct notes notes;
    struct holdings held; /* at the end */
    uint64_t begun;       /* when the imports were done, as the recorder tells time: UINT64_MAX before that */
    struct lost lost;
    struct text later; /* about lost errors: for standard error, when Python has said its part */
    struct stat way;   /* where the report goes */
    bool way_lost;
};

/* --- the way out --------------------------------------------------------------------------------------- */

/* A program that closes all descriptors closes the report's, too; what is opened then may have its number. */
static bool has_way(struct tracing *tracing)
{
    struct stat now;

    tracing->way_lost = tracing->way_lost || fstat(tracing->report->output->fd, &now) != 0 ||
                        now.st_dev != tracing->way.st_dev || now.st_ino != tracing->way.st_ino;
    return !tracing->way_lost;
}

static void put(struct tracing *tracing, const struct text *text)
{
    struct output *output = tracing->report->output;

    /* looked at whenever something is about to be written */
    if (output->used + text->length < output->size || has_way(tracing)) {
        output_write(output, text_string(text), text->length);
    }
}

static void say(const struct text *text)
{
    if (write(STDERR_FILENO, text_string(text), text->length) < 0) {
        /* nowhere left to say it */
    }
}

static void begin_line(struct text *line, const char *name)
{
    text_puts(line, "mview-inspect: ");
    text_escape_string(line, name);
    text_puts(line, ": ");
}

/* --- while it runs --------------------------------------------------------------------------------- */

static void write_event(void *context, const struct recorder_event *event)
{
    struct tracing *tracing = context;
    struct text line = TEXT_INIT;

    if (trace_event_json(&line, event)) {
        put(tracing, &line);
    }
    text_free(&line);
}

static void add_holders(void *context, const char *exception, const struct holdings *holdings, bool near)
{
    struct tracing *tracing = context;

    begin_line(&tracing->later, tracing->name);
    text_escape_string(&tracing->later, exception);
    text_puts(&tracing->later, holdings->count == 0 ? ": nothing is known to be held\n"
                               : near               ? ": at that moment\n"
                                                    : ": at that moment, of all exporters\n");
    trace_held_text(&tracing->later, holdings);
}

static void print_holders(void *context)
{
    struct tracing *tracing = context;

    say(&tracing->later);
    text_clear(&tracing->later);
}

/* --- at its end --------------------------------------------------------------------------------------- */

static void note_limits(struct tracing *tracing, const struct holdings *holdings)
{
    const struct ledger *ledger = &tracing->ledger;
    struct recorder_limits limits = recorder_limits();
    const struct {
        uint64_t count;
        const char *words;
    } notes[] = {
        {limits.forks, "processes forked off, which are not followed"},
        {limits.interpreters, "requests in other interpreters of the process, where who keeps them is not looked for"},
        {limits.threads, "threads that still run, and are not followed from here on"},
        {ledger->rows_dropped, "requests in no row, because there are too many different ones"},
        {ledger->exports_dropped, "exports not followed, because there were too many"},
        {ledger->mistakes_dropped, "wrong releases not listed"},
        {holdings->left_out, "exports that are held and not listed"},
    };
    size_t i;

    for (i = 0; i < sizeof notes / sizeof notes[0]; i++) {
        if (notes[i].count > 0) {
            notes_add(&tracing->notes, "%s: %" PRIu64, notes[i].words, notes[i].count);
        }
    }
}

static int judge_code(const struct tracing *tracing, const struct holdings *holdings, int status)
{
    bool wrong = holding_leaks(holdings) || tracing->ledger.mistake_count > 0 ||
                 (tracing->options->strict && holding_since(holdings, tracing->begun));

    return status == 0 && tracing->options->trace_check && wrong ? EXIT_FINDINGS : status;
}

static void write_report(struct tracing *tracing, const struct holdings *holdings)
{
    struct trace_report report = {
        .name = tracing->name,
        .folder = tracing->folder,
        .columns = tracing->report->columns,
        .ledger = &tracing->ledger,
        .holdings = holdings,
        .notes = &tracing->notes,
    };
    struct text text = TEXT_INIT;

    report.moments = moment_list(&report.moment_count);

    if (tracing->options->events) {
        return;
    }
    if (tracing->options->report == REPORT_JSON) {
        trace_json(&text, &report);
    } else {
        trace_text(&text, &report);
    }
    put(tracing, &text);
    text_free(&text);
}

/* The report, as far as it goes out at all: false with the error. */
static bool send(struct tracing *tracing, struct error *error)
{
    if (!has_way(tracing)) {
        tracing->report->output->used = 0;
        return error_set(error, ERROR_OUTPUT, "standard output: the program has closed the report's way out "
                                              "(descriptor %d): there is no report", tracing->report->output->fd);
    }
    signal(SIGPIPE, SIG_DFL); /* a report goes into a pipe as any filter's */
    return output_flush(tracing->report->output, error);
}

static bool look(struct tracing *tracing, bool python, bool ended)
{
    bool ok = holding_collect(recorder_lock(), NULL, 0, &tracing->held);

    recorder_unlock();
    if (ok && python) {
        recorder_look_away();
        holding_name(&tracing->held, NULL, ended);
        recorder_look_again();
    }
    return ok;
}

/* What seems to be leaked may be with a thread of a library's, which is about to release it. */
static bool look_twice(struct tracing *tracing)
{
    int moments;
    bool ok = look(tracing, true, true);

    for (moments = 0; ok && moments < MOMENTS && holding_leaks(&tracing->held) && recorder_wait(); moments++) {
        holding_free(&tracing->held);
        ok = look(tracing, true, true);
    }
    return ok;
}

/*
 * Look at what is held, and report: once.  `python`: who keeps it can be found out; `ended`: see holding_name.
 * Returns the exit code.
 */
static int report_trace(struct tracing *tracing, int status, bool python, bool ended, struct error *error)
{
    exits_expected();
    recorder_be_silent();
    if (!(python && ended ? look_twice(tracing) : look(tracing, python, ended))) {
        error_no_memory(error);
        return EXIT_ERROR;
    }
    recorder_lock();
    note_limits(tracing, &tracing->held);
    write_report(tracing, &tracing->held);
    status = judge_code(tracing, &tracing->held, status);
    recorder_unlock();
    return send(tracing, error) ? status : EXIT_ERROR;
}

/* --- an end that is none of its code's ------------------------------------------------------------------- */

static void complain(const struct tracing *tracing, const struct error *error)
{
    struct text line = TEXT_INIT;

    begin_line(&line, tracing->name);
    text_escape_string(&line, error->message);
    text_putc(&line, '\n');
    say(&line);
    text_free(&line);
}

static int end_early(void *context, enum exits_way way, int number, bool python)
{
    struct tracing *tracing = context;
    struct error error = ERROR_INIT;
    int code;

    print_holders(tracing);
    if (way == EXITS_REPLACED) {
        notes_add(&tracing->notes, "another program has taken the place of this one (exec), and is not followed");
    } else if (way != EXITS_CALL) {
        notes_add(&tracing->notes, "the program was ended by signal %d (%s)", number, strsignal(number));
    }
    if (!python) {
        notes_add(&tracing->notes, "who keeps what is held was not looked for: Python could not be asked any more");
    }
    code = report_trace(tracing, number, python, false, &error);
    if (error.kind != ERROR_NONE) {
        complain(tracing, &error);
    }
    return code;
}

/* In a signal handler. */
static void end_silently(void *context, int number)
{
    static const char line[] = "mview-inspect: the program was ended by a signal, and its memory is in no state to be "
                               "reported\n";

    (void)context;
    (void)number;
    if (write(STDERR_FILENO, line, sizeof line - 1) < 0) {
        /* nowhere left to say it */
    }
}

/* --- all of it ---------------------------------------------------------------------------------------------- */

static void see_begin(void *context)
{
    struct tracing *tracing = context;

    tracing->begun = recorder_time();
}

static void see_uncaught(void *context)
{
    const struct tracing *tracing = context;

    lost_uncaught(&tracing->lost);
}

static bool watch(struct tracing *tracing, const struct exits *exits, struct error *error)
{
    return recorder_start(&tracing->ledger, tracing->options->events ? write_event : NULL, tracing, error) &&
           lost_watch(&tracing->lost, error) && exits_watch(exits, error);
}

static int run(struct tracing *tracing, struct error *error)
{
    const struct options *options = tracing->options;
    const struct program program = {
        .imports = options->imports,
        .import_count = options->import_count,
        .exec = options->exec,
        .expression = options->eval,
        .arguments = options->arguments,
        .argument_count = options->argument_count,
        .path_count = options->path_count,
    };
    const struct exits exits = {.before = end_early, .silent = end_silently, .context = tracing};
    const struct program_watch watching = {
        .begins = see_begin, .uncaught = see_uncaught, .printed = print_holders, .context = tracing};
    struct program_end end;
    int code;

    tracing->lost = (struct lost){.found = add_holders,
                                  .before = &tracing->held,
                                  .printed = print_holders,
                                  .context = tracing};
    if (!watch(tracing, &exits, error)) {
        return EXIT_ERROR;
    }
    if (!program_run(&program, &watching, &end, error)) {
        exits_expected();
        recorder_stop();
        return EXIT_ERROR;
    }
    code = report_trace(tracing, end.status, true, true, error);
    if (tracing->report->output->failed_errno != 0) {
        *error = (struct error)ERROR_INIT; /* main says it when it closes the output */
    }
    ending_answered(tracing->report->output, ENDING_SECONDS, code);
    exits_settled(code != end.status ? code : 0);
    if (!interpreter_stop() && code == end.status) {
        code = STATUS_UNFLUSHED;
    }
    print_holders(tracing);
    recorder_stop();
    moment_end();
    if (end.interrupted) {
        die_by_signal(SIGINT);
    }
    return code;
}

/* The folder of a file, in full: the caller frees it; NULL for none. */
static char *folder_of(const char *file)
{
    char *full = file != NULL ? realpath(file, NULL) : NULL;
    char *slash = full != NULL ? strrchr(full, '/') : NULL;

    if (slash != NULL) {
        *slash = '\0';
    }
    return full;
}

int trace_program(struct report *report, const struct options *options, const char *executable, struct error *error)
{
    static const struct ledger_limits limits = LEDGER_LIMITS;
    struct interpreter_options interpreter = {
        .mode = INTERPRETER_USER,
        .executable = executable,
        .paths = options->paths,
        .path_count = options->path_count,
        .signals = true,
        .as_python = true,
        .traceback = options->traceback,
    };
    struct tracing tracing = {.report = report,
                              .options = options,
                              .name = options->exec != NULL ? options->exec : options->eval,
                              .folder = folder_of(options->exec),
                              .notes = NOTES_INIT,
                              .begun = UINT64_MAX,
                              .later = TEXT_INIT};
    int code = EXIT_ERROR;

    ledger_begin(&tracing.ledger, &limits);
    if (fstat(report->output->fd, &tracing.way) == 0 && interpreter_start(&interpreter, error)) {
        code = run(&tracing, error);
    }
    holding_free(&tracing.held);
    ledger_end(&tracing.ledger);
    notes_free(&tracing.notes);
    text_free(&tracing.later);
    free(tracing.folder);
    return code;
}
