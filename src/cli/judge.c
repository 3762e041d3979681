#include "cli/judge.h"

#include "base/error.h"
#include "base/output.h"
#include "base/text.h"
#include "cli/judge_report.h"
#include "cli/show.h"
#include "judge/consumers.h"
#include "judge/rules.h"
#include "judge/transcript.h"
#include "options/options.h"
#include "probe/probe.h"
#include "python/source.h"
#include "python/view.h"
#include "report/report.h"
#include "report/table.h"

#include <stdlib.h>
#include <string.h>

enum { EXIT_FINDINGS = 1 };

/* --- what cannot be judged ------------------------------------------------------------ */

/* The exporter's own word, when it refused everything and broke no rule in doing so. */
static bool refuse_to_judge(const struct transcript *transcript, const struct findings *findings,
                            struct error *error)
{
    size_t i;

    for (i = 0; i < REQUEST_COUNT; i++) {
        if (transcript->sweeps[0][i].outcome != OUTCOME_REFUSED) {
            return true;
        }
    }
    if (findings->errors + findings->warnings > 0) {
        return true;
    }
    return error_set(error, ERROR_INPUT, "every request is refused: %s: %s", transcript->sweeps[0][0].exception.type,
                     transcript->sweeps[0][0].exception.text);
}

/* A --mutate expression that fails without any view being there, or resizes nothing, says nothing of the exporter. */
static bool check_mutation(const struct transcript *transcript, struct error *error)
{
    const struct exception *exception = transcript_mutation_error(transcript);

    if (exception != NULL) {
        return error_set(error, ERROR_INPUT, "--mutate fails with no view there at all: %s: %s", exception->type,
                         exception->text);
    }
    return !transcript_mutates_nothing(transcript) ||
           error_set(error, ERROR_INPUT,
                     "--mutate changes neither the place of the memory nor its size: give an expression that "
                     "resizes the object, which is '_' in it");
}

/* --- the two actions ------------------------------------------------------------------ */

static bool report_check(struct report *report, const struct options *options, const struct transcript *transcript,
                         int *code, struct error *error)
{
    struct findings findings;
    struct text text = TEXT_INIT;
    bool ok;

    if (!judge(transcript, &findings, error)) {
        return false;
    }
    ok = check_mutation(transcript, error) && refuse_to_judge(transcript, &findings, error);
    if (ok && options->report == REPORT_JSON) {
        ok = judge_json_check(&text, options->eval, transcript, &findings) || error_no_memory(error);
    } else if (ok) {
        judge_text_check(&text, options->eval, &findings, options->info);
    }
    if (ok) {
        output_write(report->output, text_string(&text), text.length);
        *code = findings.errors > 0 || (options->strict && findings.warnings > 0) ? EXIT_FINDINGS : 0;
    }
    text_free(&text);
    findings_free(&findings);
    return ok;
}

static bool report_requests(struct report *report, const struct options *options,
                            const struct transcript *transcript, int *code, struct error *error)
{
    struct text text = TEXT_INIT;
    bool ok = true;

    if (options->report == REPORT_JSON) {
        ok = judge_json_requests(&text, options->eval, transcript) || error_no_memory(error);
    } else {
        judge_text_requests(&text, options->eval, transcript);
    }
    if (ok) {
        output_write(report->output, text_string(&text), text.length);
        *code = 0;
    }
    text_free(&text);
    return ok;
}

/* Did the exporter come to its end in a child, where a deallocator that crashes or hangs does no harm? */
static bool ends_well(const struct transcript *transcript)
{
    return transcript != NULL && transcript->drop.outcome == OUTCOME_GRANTED && transcript->crash_count == 0;
}

bool judge_expression(struct report *report, const struct options *options, int *code, struct error *error)
{
    struct probe_options probe_options = {
        .timeout = options->timeout,
        .mutate = options->mutate,
        .stress = (int)options->stress,
        .answers_only = options->action == ACTION_REQUESTS,
    };
    struct transcript *transcript = NULL;
    struct source source;
    bool probed = open_expression(&source, options, error) && view_check(source.object, error);
    bool ok = probed;

    if (probed) {
        transcript = probe(source.object, &probe_options, error);
        ok = transcript != NULL && (options->action == ACTION_CHECK
                                        ? report_check(report, options, transcript, code, error)
                                        : report_requests(report, options, transcript, code, error));
    }
    if (probed && !ends_well(transcript)) {
        source.object = NULL; /* kept for good */
    }
    free(transcript);
    source_close(&source);
    return ok;
}

/* --- lists ------------------------------------------------------------------------------ */

static void write_table(struct output *output, struct table *table)
{
    struct text text = TEXT_INIT;

    table_write(table, &text);
    output_write(output, text_string(&text), text.length);
    text_free(&text);
    table_free(table);
}

void judge_list_rules(struct output *output)
{
    struct table table = TABLE_INIT(3);
    size_t i;

    for (i = 0; i < RULE_COUNT; i++) {
        struct text *cells = table_row(&table);

        if (cells != NULL) {
            text_puts(&cells[0], severity_name(rules[i].severity));
            text_puts(&cells[1], rules[i].id);
            text_printf(&cells[2], "%s (%s)", rules[i].statement, rules[i].source);
        }
    }
    write_table(output, &table);
}

void judge_list_consumers(struct output *output)
{
    struct table table = TABLE_INIT(3);
    size_t i;

    for (i = 0; i < CONSUMER_COUNT; i++) {
        struct text *cells = table_row(&table);

        if (cells != NULL) {
            text_puts(&cells[0], consumers[i].name);
            request_text(consumers[i].flags, &cells[1]);
            text_puts(&cells[2], consumers[i].how);
        }
    }
    write_table(output, &table);
}
