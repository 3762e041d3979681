#include "trial/rules.h"

#include "base/error.h"
#include "trial/battery.h"
#include "trial/verdict.h"
#include "trial/words.h"

#include <stdarg.h>
#include <string.h>

const struct trial_rule trial_rules[TRIAL_RULE_COUNT] = {
#define RULE(name, id, severity, statement, source)                                                          \
    {id, SEVERITY_##severity, statement, source, verdict_##name},
#include "trial/rules.def"
#undef RULE
};

/* --- findings ----------------------------------------------------------------------------- */

__attribute__((format(printf, 3, 4))) static void add(struct verdict *verdict, enum severity severity,
                                                      const char *format, ...)
{
    va_list args;

    va_start(args, format);
    verdict->failed |= !findings_add(verdict->findings, verdict->rule, severity, 0, format, args);
    va_end(args);
}

bool breach_add(struct breach *breach, const struct call *call)
{
    if (breach->count++ > 0) {
        return false;
    }
    breach->first = call;
    return true;
}

void breach_report(struct verdict *verdict, struct breach *breach, enum severity severity)
{
    struct text where = TEXT_INIT;

    if (breach->count > 0) {
        buffer_words(&breach->first->buffer, &where);
        text_puts(&where, ": ");
        if (!buffer_expression(&breach->first->buffer, &where)) {
            where.length -= 2;
            where.data[where.length] = '\0';
        }
        if (breach->count > 1) {
            text_printf(&where, " (and %d other buffer%s)", breach->count - 1, breach->count == 2 ? "" : "s");
        }
        add(verdict, severity, "%s, given %s", text_string(&breach->what), text_string(&where));
    }
    verdict->failed |= where.failed || breach->what.failed;
    text_free(&where);
    text_free(&breach->what);
    *breach = (struct breach)BREACH_INIT;
}

/* --- what says something new ----------------------------------------------------------------- */

static bool goes_wrong(const struct call *call)
{
    return call->outcome == CALL_CRASHED || call_swallows_refusal(call) || call->damaged ||
           call->altered_releases > 0 || call->wrong_releases > 0 || call->refused_releases > 0 ||
           call_leaks(call) > 0 || call_keeps_references(call) != 0 || call_contradicts(call);
}

/* What goes wrong with a memoryview is no news where it goes wrong with the exporter itself. */
static bool is_news(const struct trial *trial, const struct call *call)
{
    int i;

    for (i = 0; i < trial->call_count && call->buffer.guise == GUISE_MEMORYVIEW; i++) {
        const struct call *other = &trial->calls[i];

        if (other->buffer.guise == GUISE_OWN && other->buffer.format == call->buffer.format &&
            other->buffer.plan.arrangement == call->buffer.plan.arrangement && goes_wrong(other)) {
            return false;
        }
    }
    return true;
}

static void choose_calls(struct verdict *verdict)
{
    int i;

    for (i = 0; i < verdict->trial->call_count; i++) {
        const struct call *call = &verdict->trial->calls[i];

        if (is_news(verdict->trial, call)) {
            verdict->calls[verdict->call_count++] = call;
        }
    }
}

/* --- which rule is meant ------------------------------------------------------------------ */

static bool same_place(const struct buffer *a, const struct buffer *b)
{
    return a->plan.arrangement == b->plan.arrangement && a->plan.edge == b->plan.edge &&
           a->plan.readonly == b->plan.readonly && a->guise == b->guise && a->plan.ndim == b->plan.ndim &&
           memcmp(a->plan.shape, b->plan.shape, (size_t)a->plan.ndim * sizeof a->plan.shape[0]) == 0;
}

/* Did the same buffer in another format go well? */
static bool goes_well_elsewhere(const struct verdict *verdict, int call)
{
    const struct call *failed = verdict->calls[call];
    int i;

    for (i = 0; i < verdict->call_count; i++) {
        const struct call *other = verdict->calls[i];

        if (other->outcome == CALL_RETURNED && verdict->failures[i] == 0 && other->buffer.refusal == 0 &&
            other->buffer.traits == 0 && other->buffer.format != failed->buffer.format &&
            same_place(&other->buffer, &failed->buffer)) {
            return true;
        }
    }
    return false;
}

static int rule_of_traits(unsigned traits)
{
    return traits & TRAIT_SUBOFFSETS ? TRIAL_RULE_suboffsets
           : traits & TRAIT_STRIDES  ? TRIAL_RULE_strides
           : traits & TRAIT_SHAPE    ? TRIAL_RULE_shape
           : traits & TRAIT_FORMAT   ? TRIAL_RULE_format
                                     : TRIAL_RULE_items;
}

static int charge(const struct verdict *verdict, int call);

/* Does what goes wrong with the other buffer, plainer and of the same items, go wrong with this one too? */
static bool explains(const struct verdict *verdict, int other, int call)
{
    const struct buffer *plainer = &verdict->calls[other]->buffer, *buffer = &verdict->calls[call]->buffer;
    unsigned failures = verdict->failures[other];

    return plainer->traits != buffer->traits && (plainer->traits & ~buffer->traits) == 0 &&
           (plainer->format == buffer->format || plainer->format == buffer->format->base) &&
           ((failures & (FAILS_OUTSIDE | FAILS_RESULT)) ||
            ((failures & FAILS_SHAPE) && (buffer->traits & TRAIT_SHAPE)) ||
            ((failures & FAILS_FORMAT) && (buffer->traits & TRAIT_FORMAT)));
}

/* The rule of a plainer buffer's failure that explains this one's; -1 where there is none. */
static int explained_by(const struct verdict *verdict, int call)
{
    int i;

    for (i = 0; i < verdict->call_count; i++) {
        if (explains(verdict, i, call)) {
            return verdict->failures[i] & FAILS_SHAPE    ? TRIAL_RULE_shape
                   : verdict->failures[i] & FAILS_FORMAT ? TRIAL_RULE_format
                                                         : charge(verdict, i);
        }
    }
    return -1;
}

/*
 * Bytes outside of the items, or another result than a copy's: what is not
 * followed is what the plainest buffer has on which it happens.
 */
static int charge(const struct verdict *verdict, int call)
{
    unsigned traits = verdict->calls[call]->buffer.traits;
    int rule = explained_by(verdict, call);

    if (verdict->strays && verdict->failures[call] == FAILS_OUTSIDE && !(traits & (TRAIT_STRIDES | TRAIT_SUBOFFSETS))) {
        return TRIAL_RULE_items;
    }
    if (rule >= 0) {
        return rule;
    }
    return traits == 0 && goes_well_elsewhere(verdict, call) ? TRIAL_RULE_format : rule_of_traits(traits);
}

/*
 * Does it leave the items whatever their size?  Who takes all for items of one size goes past the end
 * of all that are smaller.  One that knows the format may do otherwise.
 */
static bool strays(const struct verdict *verdict)
{
    ptrdiff_t most = 0, least = PTRDIFF_MAX; /* itemsize, of those that it left and of those that it kept to */
    int i;

    for (i = 0; i < verdict->call_count; i++) {
        const struct call *call = verdict->calls[i];
        ptrdiff_t itemsize = (ptrdiff_t)call->buffer.plan.itemsize;

        if ((call->buffer.traits & ~(unsigned)TRAIT_FORMAT) != 0 || call->buffer.refusal != 0) {
            continue;
        }
        if (call_asks_for_format(call)) {
            return false;
        }
        if (verdict->failures[i] & FAILS_OUTSIDE) {
            most = itemsize > most ? itemsize : most;
        } else if (call->outcome == CALL_RETURNED) {
            least = itemsize < least ? itemsize : least;
        }
    }
    return least <= most;
}

/* A plain buffer whose last request was the same went well: then it was no pointer of the view that was NULL. */
static bool is_null_elsewhere(const struct verdict *verdict, const struct call *call)
{
    int i;

    for (i = 0; i < verdict->call_count; i++) {
        const struct call *other = verdict->calls[i];

        if (other->outcome == CALL_RETURNED && other->request_count > 0 && call->request_count > 0 &&
            other->request_count <= CALL_MAX_REQUESTS && call->request_count <= CALL_MAX_REQUESTS &&
            other->buffer.plan.ndim > 0 && !plan_is_indirect(&other->buffer.plan) &&
            other->requests[other->request_count - 1].flags == call->requests[call->request_count - 1].flags &&
            other->requests[other->request_count - 1].outcome == OUTCOME_GRANTED) {
            return true;
        }
    }
    return false;
}

/* It has none, though it was asked for. */
static bool lacks_shape(const struct call *call)
{
    return call->buffer.plan.ndim == 0 && call->request_count > 0 && call->request_count <= CALL_MAX_REQUESTS &&
           request_asks(call->requests[call->request_count - 1].flags, REQUEST_ND);
}

static bool varies(const struct trial *trial)
{
    int i, j;

    for (i = 0; i < trial->call_count; i++) {
        for (j = 0; j < trial->calls[i].leaf_count; j++) {
            const struct leaf *leaf = &trial->calls[i].leaves[j];

            if (leaf->comparable && !leaf->stable) {
                return true;
            }
        }
    }
    return false;
}

static unsigned failures_of_results(const struct call *call)
{
    return (wrong_leaf(call) != NULL ? FAILS_RESULT : 0) | (partial_leaf(call) != NULL ? FAILS_SHAPE : 0) |
           (foreign_leaf(call) != NULL ? FAILS_FORMAT : 0);
}

static void look_at_calls(struct verdict *verdict)
{
    int i;

    verdict->varies = varies(verdict->trial);
    for (i = 0; i < verdict->call_count; i++) {
        const struct call *call = verdict->calls[i];
        struct text ignored = TEXT_INIT;

        verdict->faults[i] = fault_explain(call, &ignored);
        verdict->failed |= ignored.failed;
        text_free(&ignored);
        if ((verdict->faults[i] == FAULT_NULL || verdict->faults[i] == FAULT_NULL_SUB) &&
            is_null_elsewhere(verdict, call)) {
            verdict->faults[i] = lacks_shape(call) ? FAULT_NULL_ND0 : FAULT_ELSEWHERE;
        }
        verdict->failures[i] = (verdict->faults[i] == FAULT_OUTSIDE || call->damaged ? FAILS_OUTSIDE : 0) |
                               (verdict->varies ? 0 : failures_of_results(call));
    }
    verdict->strays = strays(verdict);
    for (i = 0; i < verdict->call_count; i++) {
        verdict->charged[i] = verdict->failures[i] & (FAILS_OUTSIDE | FAILS_RESULT) ? charge(verdict, i) : -1;
    }
}

bool trial_judge(const struct trial *trial, struct findings *findings, struct error *error)
{
    struct verdict verdict = {.trial = trial, .findings = findings};

    *findings = (struct findings){NULL, 0, 0, 0};
    choose_calls(&verdict);
    look_at_calls(&verdict);
    for (verdict.rule = 0; verdict.rule < TRIAL_RULE_COUNT; verdict.rule++) {
        trial_rules[verdict.rule].judge(&verdict);
    }
    findings_sort(findings);
    if (verdict.failed) {
        findings_free(findings);
        return error_no_memory(error);
    }
    return true;
}
