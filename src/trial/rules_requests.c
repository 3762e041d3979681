/*
 * Rules about requests and releases, and about calls that did not come back.
 */
#include "trial/verdict.h"

#include "base/text.h"

#include <inttypes.h>
#include <string.h>

/* --- faults --------------------------------------------------------------------------------- */

void judge_fault(struct verdict *verdict, enum fault_kind kind)
{
    struct breach breach = BREACH_INIT;
    int i;

    for (i = 0; i < verdict->call_count; i++) {
        if (verdict->faults[i] == kind && breach_add(&breach, verdict->calls[i])) {
            fault_explain(verdict->calls[i], &breach.what);
        }
    }
    breach_report(verdict, &breach, SEVERITY_ERROR);
}

static const char *phase_words(enum call_phase phase)
{
    switch (phase) {
    case CALL_COMPARING:
        return " when its result is looked at";
    case CALL_DROPPING:
        return " when its result is given up";
    case CALL_REPEATING:
        return " when it is called again";
    default:
        return "";
    }
}

void verdict_crash(struct verdict *verdict)
{
    struct breach breach = BREACH_INIT;
    int untried = 0;
    int i;

    for (i = 0; i < verdict->call_count; i++) {
        const struct call *call = verdict->calls[i];
        enum fault_kind fault = verdict->faults[i];

        untried += call->outcome == CALL_NOT_TRIED;
        if (call->outcome != CALL_CRASHED || (fault != FAULT_NONE && fault != FAULT_ELSEWHERE) ||
            !breach_add(&breach, call)) {
            continue;
        }
        crash_text(&call->crash, verdict->trial->timeout, &breach.what);
        text_puts(&breach.what, phase_words(call->phase));
        if (fault == FAULT_ELSEWHERE) {
            text_puts(&breach.what, ", ");
            fault_explain(call, &breach.what);
        }
    }
    breach_report(verdict, &breach, SEVERITY_ERROR);
    for (i = 0; i < verdict->call_count && untried > 0; i++) {
        if (verdict->calls[i]->outcome == CALL_NOT_TRIED && breach_add(&breach, verdict->calls[i])) {
            text_puts(&breach.what, "not tried: the time for the whole check was over (--format and --shape offer less)");
            breach.count = untried;
        }
    }
    if (untried > 0) {
        breach_report(verdict, &breach, SEVERITY_WARNING);
    }
}

static void append_raised(const struct call *call, struct text *text)
{
    if (call->outcome == CALL_RAISED) {
        text_printf(text, ", after it raised %s: %.80s", call->exception.type, call->exception.text);
    }
}

void verdict_readonly(struct verdict *verdict)
{
    judge_fault(verdict, FAULT_READONLY);
}

void verdict_view(struct verdict *verdict)
{
    struct breach breach = BREACH_INIT;
    int i;

    for (i = 0; i < verdict->call_count; i++) {
        if (verdict->calls[i]->altered_releases > 0 && breach_add(&breach, verdict->calls[i])) {
            text_puts(&breach.what, "releases a Py_buffer whose internal it has changed");
            append_raised(verdict->calls[i], &breach.what);
        }
    }
    breach_report(verdict, &breach, SEVERITY_ERROR);
    judge_fault(verdict, FAULT_VIEW);
}

void verdict_released(struct verdict *verdict)
{
    judge_fault(verdict, FAULT_RELEASED);
}

void verdict_asks(struct verdict *verdict)
{
    judge_fault(verdict, FAULT_NULL);
}

/* --- what is left ----------------------------------------------------------------------------- */

void verdict_releases(struct verdict *verdict)
{
    struct breach breach = BREACH_INIT;
    int i;

    for (i = 0; i < verdict->call_count; i++) {
        const struct call *call = verdict->calls[i];
        int more = call_leaks(call);

        if (more > 0 && breach_add(&breach, call)) {
            text_printf(&breach.what, "each call leaves %d view%s that %s never released", more, more == 1 ? "" : "s",
                        more == 1 ? "is" : "are");
            append_raised(call, &breach.what);
        }
    }
    breach_report(verdict, &breach, SEVERITY_ERROR);
}

void verdict_releases_once(struct verdict *verdict)
{
    struct breach breach = BREACH_INIT;
    int i;

    for (i = 0; i < verdict->call_count; i++) {
        const struct call *call = verdict->calls[i];

        if ((call->wrong_releases <= 0 && call->refused_releases <= 0) || !breach_add(&breach, call)) {
            continue;
        }
        if (call->wrong_releases > 0) {
            text_puts(&breach.what, "releases a view that it has released before, by a copy of its Py_buffer");
        } else {
            text_puts(&breach.what, "releases a view that it was refused");
        }
        append_raised(call, &breach.what);
    }
    breach_report(verdict, &breach, SEVERITY_ERROR);
}

void verdict_balances(struct verdict *verdict)
{
    struct breach breach = BREACH_INIT;
    int i;

    for (i = 0; i < verdict->call_count; i++) {
        const struct call *call = verdict->calls[i];
        int64_t lost = call_keeps_references(call);

        if (lost != 0 && breach_add(&breach, call)) {
            text_printf(&breach.what, "each call %s %" PRId64 " reference%s to the exporter", lost > 0 ? "keeps" : "takes away",
                        lost > 0 ? lost : -lost, lost == 1 || lost == -1 ? "" : "s");
            append_raised(call, &breach.what);
        }
    }
    breach_report(verdict, &breach, SEVERITY_ERROR);
}

static void append_keeper(const struct call *call, bool several, struct text *text)
{
    if (call->keeper[0] != '\0') {
        text_printf(text, " that %s kept: %s", several ? "are" : "is", call->keeper);
    } else {
        text_printf(text, ", and whether something keeps %s was not found out", several ? "them" : "it");
    }
}

/* What each call adds to something of Python's, which may let go of it later. */
static void judge_added(struct verdict *verdict)
{
    struct breach views = BREACH_INIT, references = BREACH_INIT;
    int i;

    for (i = 0; i < verdict->call_count; i++) {
        const struct call *call = verdict->calls[i];
        int more = call_leaves(call) - call_leaks(call);
        int64_t added = call_leaves_references(call) - call_keeps_references(call);

        if (more > 0 && breach_add(&views, call)) {
            text_printf(&views.what, "each call leaves %d view%s", more, more == 1 ? "" : "s");
            append_keeper(call, more > 1, &views.what);
        } else if (more == 0 && added > 0 && breach_add(&references, call)) {
            text_printf(&references.what, "each call leaves %" PRId64 " reference%s to the exporter", added,
                        added == 1 ? "" : "s");
            append_keeper(call, added > 1, &references.what);
        }
    }
    breach_report(verdict, &views, SEVERITY_INFO);
    breach_report(verdict, &references, SEVERITY_INFO);
}

void verdict_holds(struct verdict *verdict)
{
    struct breach result = BREACH_INIT, kept = BREACH_INIT;
    int i;

    for (i = 0; i < verdict->call_count; i++) {
        const struct call *call = verdict->calls[i];

        if (call->outcome == CALL_RETURNED && call->held_with_result > call->held && breach_add(&result, call)) {
            text_printf(&result.what, "its result keeps %d view%s, until it is gone", call->held_with_result - call->held,
                        call->held_with_result - call->held == 1 ? "" : "s");
        }
        if (call->outcome != CALL_CRASHED && call->held > 0 && call_leaves(call) == 0 && breach_add(&kept, call)) {
            text_printf(&kept.what, "it keeps %d view%s when its result is gone, and no more for more calls", call->held,
                        call->held == 1 ? "" : "s");
        }
    }
    breach_report(verdict, &result, SEVERITY_INFO);
    breach_report(verdict, &kept, SEVERITY_INFO);
    judge_added(verdict);
}

/* --- what was asked ------------------------------------------------------------------------------ */

/* Python's own words for a function that breaks its contract. */
static bool is_broken_return(const struct call *call)
{
    return call->outcome == CALL_RAISED && strcmp(call->exception.type, "SystemError") == 0 &&
           (strstr(call->exception.text, "with an exception set") != NULL ||
            strstr(call->exception.text, "with an error set") != NULL ||
            strstr(call->exception.text, "without setting an exception") != NULL ||
            strstr(call->exception.text, "without exception set") != NULL ||
            strstr(call->exception.text, "NULL without") != NULL);
}

void verdict_refusal(struct verdict *verdict)
{
    struct breach breach = BREACH_INIT, broken = BREACH_INIT;
    int i;

    for (i = 0; i < verdict->call_count; i++) {
        const struct call *call = verdict->calls[i];

        if (call_swallows_refusal(call) && breach_add(&breach, call)) {
            text_printf(&breach.what, "gives %s although every request was refused", call->result);
        }
        if (is_broken_return(call) && breach_add(&broken, call)) {
            text_puts(&broken.what, call->exception.text);
        }
    }
    breach_report(verdict, &breach, SEVERITY_ERROR);
    breach_report(verdict, &broken, SEVERITY_ERROR);
    judge_fault(verdict, FAULT_REFUSED);
}

static bool is_documented(int flags)
{
    return request_find(flags) >= 0 && (flags & ~REQUEST_WRITABLE) != REQUEST_FORMAT;
}

void verdict_documented(struct verdict *verdict)
{
    struct breach breach = BREACH_INIT, newer = BREACH_INIT;
    int i, j;

    for (i = 0; i < verdict->call_count; i++) {
        const struct call *call = verdict->calls[i];

        for (j = 0; j < requests_kept(call); j++) {
            int flags = call->requests[j].flags & REQUEST_KNOWN;
            int unknown = call->requests[j].flags & ~REQUEST_KNOWN;

            if (unknown != 0 && breach_add(&newer, call)) {
                text_printf(&newer.what, "asks with 0x%x too, which is unknown here: a newer Python's flag",
                            (unsigned)unknown);
            }
            if (is_documented(flags)) {
                continue;
            }
            if (breach_add(&breach, call)) {
                text_printf(&breach.what, "asks with flags 0x%x, which are no documented combination", (unsigned)flags);
                if ((flags & ~REQUEST_WRITABLE) == REQUEST_FORMAT) {
                    text_puts(&breach.what, " (FORMAT goes with any flag but SIMPLE)");
                }
            }
            break;
        }
    }
    breach_report(verdict, &breach, SEVERITY_WARNING);
    breach_report(verdict, &newer, SEVERITY_INFO);
}

/* Who takes read-only memory too has asked again. */
void verdict_no_more(struct verdict *verdict)
{
    struct breach breach = BREACH_INIT;
    bool writes = false, asks_again = false;
    int i, j;

    for (i = 0; i < verdict->call_count; i++) {
        const struct call *call = verdict->calls[i];

        writes = writes || call->written || call->damaged;
        asks_again = asks_again || (call->outcome == CALL_RETURNED && call->buffer.plan.readonly);
        for (j = 0; j < requests_kept(call); j++) {
            if ((call->requests[j].flags & REQUEST_WRITABLE) && call->requests[j].outcome == OUTCOME_GRANTED) {
                if (breach_add(&breach, call)) {
                    text_puts(&breach.what, "asks for WRITABLE and never writes");
                }
                break;
            }
        }
    }
    if (!writes && !asks_again) {
        breach_report(verdict, &breach, SEVERITY_INFO);
    }
    text_free(&breach.what);
}
