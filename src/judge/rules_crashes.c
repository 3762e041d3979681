/*
 * Not coming back at all: which rule that is charged to, and where it was.
 */
#include "judge/judgement.h"

#include "judge/rules.h"
#include "protocol/telling.h"

#define LACKS_THREADS ": it waits for a lock, and in a forked process there are no other threads"

static int told_rule(int protocol)
{
    return protocol == PROTOCOL_DLPACK  ? RULE_dlpack_crash
           : protocol == PROTOCOL_ARROW ? RULE_arrow_crash
                                        : RULE_interface_crash;
}

/* When a capsule is dropped that was consumed, nothing of what it led to is its any more. */
static bool ends_what_was_consumed(const struct crash *crash)
{
    return crash->phase == PHASE_RELEASE && (crash->item == EXCHANGE_CONSUME || crash->item == EXCHANGE_CONSUMED ||
                                             crash->item == EXCHANGE_OUTLIVE);
}

/* Which rule a process that died is charged to. */
static int crash_rule(const struct crash *crash)
{
    switch (crash->step) {
    case STEP_HOLD:
        return crash->phase == PHASE_READ ? RULE_pointers_live : RULE_concurrent;
    case STEP_COPY:
        return crash->phase == PHASE_RELEASE ? RULE_release_copy : RULE_crash;
    case STEP_DROP:
        return RULE_kept_alive;
    case STEP_AFTERMATH:
        return RULE_frees;
    case STEP_STRESS:
        return RULE_threads;
    case STEP_TELL:
        return told_rule(crash->item);
    case STEP_ASK:
        return RULE_dlpack_crash;
    case STEP_INTERFACE:
        return RULE_interface_crash;
    case STEP_STRUCT:
        return crash->item == EXCHANGE_OUTLIVE && crash->phase == PHASE_READ ? RULE_interface_kept
                                                                             : RULE_interface_crash;
    case STEP_DLPACK:
        return ends_what_was_consumed(crash)      ? RULE_dlpack_deleter
               : crash->item == EXCHANGE_OUTLIVE ? RULE_dlpack_kept
                                                 : RULE_dlpack_crash;
    case STEP_ARROW:
        return ends_what_was_consumed(crash)      ? RULE_arrow_release
               : crash->item == EXCHANGE_OUTLIVE ? RULE_arrow_kept
                                                 : RULE_arrow_crash;
    default:
        return RULE_crash;
    }
}

static const char *exchange_place(const struct crash *crash)
{
    if (crash->step != STEP_STRUCT && ends_what_was_consumed(crash)) {
        return "when a capsule is dropped that was consumed";
    }
    switch (crash->item) {
    case EXCHANGE_OUTLIVE:
        return "after the object's last reference is dropped";
    case EXCHANGE_DROPPED:
        return "when many capsules are taken and dropped";
    case EXCHANGE_CONSUME:
    case EXCHANGE_CONSUMED:
        return "when what was consumed is given back";
    default:
        return crash->phase == PHASE_RELEASE ? "when a capsule is dropped" : "when a capsule is asked for";
    }
}

/* What was asked for; "" where the place says it all. */
static const char *asked_for(const struct crash *crash)
{
    if (crash->step == STEP_TELL && crash->item < PROTOCOL_COUNT && crash->phase != PHASE_RELEASE) {
        return protocol_attribute((enum protocol)crash->item);
    }
    if (crash->step == STEP_ASK && crash->item < DLPACK_QUESTIONS) {
        return dlpack_question_text((enum dlpack_question)crash->item);
    }
    return crash->step == STEP_INTERFACE ? protocol_attribute(PROTOCOL_ARRAY_INTERFACE) : "";
}

static const char *crash_place(const struct crash *crash)
{
    switch (crash->step) {
    case STEP_TELL:
        return crash->phase == PHASE_RELEASE ? "when a capsule is dropped" : "when asked for ";
    case STEP_ASK:
        return "when asked for ";
    case STEP_INTERFACE:
        return "when asked many times for ";
    case STEP_STRUCT:
    case STEP_DLPACK:
    case STEP_ARROW:
        return exchange_place(crash);
    case STEP_HOLD:
        return crash->phase == PHASE_RELEASE ? "while several views are released"
                                             : "while several views are held";
    case STEP_COPY:
        return crash->phase == PHASE_RELEASE ? "in the release of a copied Py_buffer" : "in the request";
    case STEP_DROP:
        return "after the last reference to the exporter but the view's is dropped";
    case STEP_LOSSES:
        return "when requests are sent many times";
    case STEP_EVALUATE:
        return "when the expression is evaluated again";
    case STEP_MUTATE:
        return crash->phase == PHASE_OTHER ? "while the --mutate expression is evaluated" : "beside --mutate";
    case STEP_STRESS:
        return "while threads acquire and release views";
    default:
        return crash->phase == PHASE_RELEASE ? "in the release after the request"
               : crash->phase == PHASE_READ  ? "while the answer is read"
               : crash->phase == PHASE_OTHER ? "between requests"
                                             : "in the request";
    }
}

static bool same_crash(const struct crash *a, const struct crash *b)
{
    return a->kind == b->kind && a->lacks_threads == b->lacks_threads && a->number == b->number &&
           crash_place(a) == crash_place(b) && asked_for(a) == asked_for(b);
}

void judge_crashes(struct judgement *j)
{
    const struct transcript *t = j->transcript;
    struct text text = TEXT_INIT;
    int i, k;

    for (i = 0; i < t->crash_count; i++) {
        const struct crash *crash = &t->crashes[i];
        uint64_t set = 0;
        bool first = true;

        if (crash_rule(crash) != j->rule) {
            continue;
        }
        for (k = 0; k < t->crash_count; k++) {
            if (same_crash(&t->crashes[k], crash)) {
                first = first && k >= i;
                if (t->crashes[k].request >= 0) {
                    set |= request_bit(t->crashes[k].request);
                }
            }
        }
        if (first) {
            text_clear(&text);
            crash_text(crash, t->timeout, &text);
            text_printf(&text, " %s%s%s", crash_place(crash), asked_for(crash),
                        crash->lacks_threads ? LACKS_THREADS : "");
            finding(j, crash->lacks_threads ? SEVERITY_INFO : SEVERITY_ERROR, set, "%s%s%s", text_string(&text),
                    set ? ", " : "", set ? where(j, set, ALL_REQUESTS, "requests") : "");
        }
    }
    text_free(&text);
}

void judge_crash(struct judgement *j)
{
    uint64_t unsent = ALL_REQUESTS & ~(j->granted | j->refused | j->crashed);

    judge_crashes(j);
    if (j->transcript->out_of_time && unsent) {
        finding(j, SEVERITY_ERROR, unsent, "not sent any more, the time for the whole check was over: %s",
                where(j, unsent, ALL_REQUESTS, "requests"));
    } else if (j->transcript->out_of_time) {
        finding(j, SEVERITY_WARNING, 0, "the time for the whole check was over before its end");
    }
}
