#include "engine/consumer.h"

#include "base/error.h"
#include "base/text.h"
#include "cli/ending.h"
#include "memory/guard.h"
#include "offer/offer.h"
#include "options/options.h"
#include "python/evaluate.h"
#include "report/findings.h"
#include "report/report.h"
#include "trial/battery.h"
#include "trial/rules.h"

#include <stdlib.h>

static const struct call *first_raised(const struct trial *trial)
{
    int i;

    for (i = 0; i < trial->call_count; i++) {
        if (trial->calls[i].outcome == CALL_RAISED) {
            return &trial->calls[i];
        }
    }
    return NULL;
}

/* A consumer that takes no buffer at all, and breaks no rule in refusing, has not been judged. */
static bool refuse_to_judge(const struct options *options, const struct trial *trial, const struct findings *findings,
                            struct error *error)
{
    const struct call *call = first_raised(trial);
    size_t not_of_it = trial->out_of_time; /* the warning that there was no time for the rest */

    if (findings->errors + findings->warnings > not_of_it) {
        return true;
    }
    if (trial_all_refused(trial) && call != NULL) {
        error_set(error, ERROR_INPUT, "%s: %s", call->exception.type, call->exception.text);
        source_advise(options->consumer, error);
        error_prefix(error, trial->out_of_time ? "refuses every buffer that there was time to offer"
                                               : "refuses every buffer that it is offered");
        return error_append(error, trial_any_request(trial)
                                       ? "; --format and --shape offer what it may want: --format d --shape 3,4"
                                       : "; it asks for no buffer at all");
    }
    return !trial_asks_nothing(trial) ||
           error_set(error, ERROR_INPUT, trial->names_buffer
                         ? "asks '_' for no buffer: it takes the object in another way, or not at all"
                         : "asks for no buffer, and does not use '_', which is one, by name: such as zlib.crc32(_)");
}

static bool report_trial(struct report *report, const struct options *options, const struct trial *trial, int *code,
                         struct error *error)
{
    struct findings findings;
    struct text text = TEXT_INIT;
    bool ok;

    if (!trial_judge(trial, &findings, error)) {
        return false;
    }
    ok = refuse_to_judge(options, trial, &findings, error);
    if (ok && options->report == REPORT_JSON) {
        ok = consumer_json(&text, options->consumer, trial, &findings) || error_no_memory(error);
    } else if (ok) {
        consumer_text(&text, options->consumer, trial, &findings, options->info);
    }
    ok = ok && report_write(report, &text, error);
    *code = findings_fail(&findings, options->strict) ? EXIT_FINDINGS : 0;
    text_free(&text);
    findings_free(&findings);
    return ok;
}

bool judge_consumer(struct report *report, const struct options *options, int *code, struct error *error)
{
    struct eval_options eval = {
        .expression = options->consumer,
        .imports = options->imports,
        .import_count = options->import_count,
        .exec = options->exec,
    };
    struct offer_options offer_options = {.expression = options->consumer, .timeout = options->timeout};
    struct battery *battery = malloc(sizeof *battery);
    struct trial *trial = NULL;
    bool ok = false;

    if (battery == NULL) {
        return error_no_memory(error);
    }
    if (battery_begin(battery, options->format, options->have_shape, options->ndim, options->shape, error)) {
        if (source_prepare(&eval, error) && guard_start(error)) {
            trial = offer(battery, &offer_options, error);
        }
        ok = trial != NULL && report_trial(report, options, trial, code, error);
        free(trial);
        battery_end(battery);
    }
    free(battery);
    return ok;
}
