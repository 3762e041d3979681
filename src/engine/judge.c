#include "engine/judge.h"

#include "base/clock.h"
#include "base/error.h"
#include "base/text.h"
#include "cli/ending.h"
#include "engine/judge_report.h"
#include "engine/show.h"
#include "judge/rules.h"
#include "judge/transcript.h"
#include "options/options.h"
#include "probe/probe.h"
#include "python/view.h"
#include "python/wrap.h"
#include "report/findings.h"
#include "report/report.h"
#include "reproduce/reproduce.h"
#include "source/source.h"

#include <stdlib.h>
#include <string.h>

enum { JUDGE_SECONDS = 15 }; /* the most that all takes once the expression is evaluated */

/* --- what cannot be judged ------------------------------------------------------------ */

static bool protocols_tell(const struct protocols *protocols)
{
    int i;

    for (i = 0; i < PROTOCOL_COUNT; i++) {
        if (protocols->told[i].outcome != OUTCOME_NOT_SENT && protocols->told[i].outcome != OUTCOME_REFUSED) {
            return true;
        }
    }
    return false;
}

/* The first word with which an object refuses each protocol that it has; NULL when one tells, or none is there. */
static const char *protocols_refusal(const struct protocols *protocols)
{
    int i;

    if (protocols_tell(protocols)) {
        return NULL;
    }
    for (i = 0; i < PROTOCOL_COUNT; i++) {
        if (protocols->told[i].outcome == OUTCOME_REFUSED) {
            return protocols->told[i].exception.text;
        }
    }
    return NULL;
}

/* The exporter's own word, when it refused everything and broke no rule in doing so. */
static bool refuse_to_judge(const struct transcript *transcript, const struct findings *findings,
                            struct error *error)
{
    size_t i;

    if (findings->errors + findings->warnings > 0) {
        return true;
    }
    if (!transcript->has_buffer) {
        const char *refusal = protocols_refusal(&transcript->protocols);

        return refusal == NULL || error_set(error, ERROR_INPUT, "it has no buffer, and every protocol is refused: %s", refusal);
    }
    for (i = 0; i < REQUEST_COUNT; i++) {
        if (transcript->sweeps[0][i].outcome != OUTCOME_REFUSED) {
            return true;
        }
    }
    return protocols_tell(&transcript->protocols) ||
           error_set(error, ERROR_INPUT, "every request is refused: %s: %s", transcript->sweeps[0][0].exception.type,
                     transcript->sweeps[0][0].exception.text);
}

/* A --mutate expression that fails before any request is sent, or resizes nothing, says nothing of the exporter. */
static bool check_mutation(const struct options *options, struct _object *exporter,
                           const struct transcript *transcript, struct error *error)
{
    if (transcript_mutation_error(transcript) != NULL) {
        struct text why = TEXT_INIT;

        probe_explain_mutation(exporter, options->mutate, transcript, &why);
        error_set(error, ERROR_INPUT, "%s", text_string(&why));
        text_free(&why);
        return false;
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
    ok = refuse_to_judge(transcript, &findings, error);
    if (ok && options->report == REPORT_JSON) {
        ok = judge_json_check(&text, options->eval, transcript, &findings) || error_no_memory(error);
    } else if (ok) {
        judge_text_check(&text, options->eval, transcript, &findings, options->info);
    }
    ok = ok && report_write(report, &text, error);
    *code = findings_fail(&findings, options->strict) ? EXIT_FINDINGS : 0;
    text_free(&text);
    findings_free(&findings);
    return ok;
}

static bool report_script(struct report *report, const struct options *options, int rule,
                          const struct transcript *transcript, int *code, struct error *error)
{
    const struct subject subject = {
        .expression = options->eval + strspn(options->eval, " \t\r\n"),
        .imports = options->imports,
        .import_count = options->import_count,
        .exec = options->exec,
        .paths = options->paths,
        .path_count = options->path_count,
        .mutate = options->mutate != NULL ? options->mutate + strspn(options->mutate, " \t\r\n") : NULL,
    };
    struct findings findings;
    struct text text = TEXT_INIT;
    bool ok;

    if (!judge(transcript, &findings, error)) {
        return false;
    }
    ok = reproduce(rule, &subject, transcript, &findings, &text, error) && report_write(report, &text, error);
    *code = 0;
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
        judge_text_requests(&text, options->eval, transcript, report->columns);
    }
    ok = ok && report_write(report, &text, error);
    *code = 0;
    text_free(&text);
    return ok;
}

static bool report_any(struct report *report, const struct options *options, int rule,
                       const struct transcript *transcript, int *code, struct error *error)
{
    return options->action == ACTION_REQUESTS ? report_requests(report, options, transcript, code, error)
           : options->reproduce != NULL ? report_script(report, options, rule, transcript, code, error)
                                        : report_check(report, options, transcript, code, error);
}

/* An object without a buffer is looked at for the other protocols that it has, but these ask for one. */
static bool needs_buffer(const struct options *options, int rule)
{
    return options->mutate != NULL || options->stress > 0 ||
           (options->reproduce != NULL && reproduce_asks_buffer(rule));
}

static bool has_something(const struct transcript *transcript, struct _object *exporter, struct error *error)
{
    return transcript->has_buffer || protocols_any(&transcript->protocols) || view_check(exporter, error);
}

/* Did the exporter come to its end in a child, where a deallocator that crashes or hangs does no harm? */
static bool ends_well(const struct transcript *transcript)
{
    return transcript != NULL && transcript->drop.outcome == OUTCOME_GRANTED && transcript->crash_count == 0;
}

/* What the program has left for its end, when it began then. */
static double seconds_left(double begin)
{
    double left = JUDGE_SECONDS - (clock_seconds() - begin);

    return left < 0.5 ? 0.5 : left > ENDING_SECONDS ? ENDING_SECONDS : left;
}

bool judge_expression(struct report *report, const struct options *options, int *code, struct error *error)
{
    struct probe_options probe_options = {
        .timeout = options->timeout,
        .expression = options->eval,
        .mutate = options->mutate,
        .stress = (int)options->stress,
        .answers_only = options->action == ACTION_REQUESTS,
    };
    struct transcript *transcript = NULL;
    struct source source;
    double begin;
    bool probed, ok;
    int rule = 0;

    if (options->reproduce != NULL && !reproduce_find(options->reproduce, &rule, error)) {
        return false;
    }
    ok = probed = open_expression(&source, options, error) &&
                  (!needs_buffer(options, rule) || view_check(source.object, error));
    begin = clock_seconds();
    if (probed) {
        transcript = probe(source.object, &probe_options, error);
        ok = transcript != NULL && has_something(transcript, source.object, error) &&
             check_mutation(options, source.object, transcript, error) &&
             report_any(report, options, rule, transcript, code, error);
    }
    if (ok) {
        ending_answered(report->output, seconds_left(begin), *code);
    }
    if (probed && !ends_well(transcript)) {
        source.object = NULL; /* kept for good */
    }
    free(transcript);
    source_release(&source);
    return ok;
}
