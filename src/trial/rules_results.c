/*
 * Rules about what a call gives, beside what it gives for other buffers; and
 * about bytes that are not the items'.
 */
#include "trial/verdict.h"

#include "base/text.h"
#include "trial/battery.h"

#include <inttypes.h>

static bool gives(const struct leaf *leaf, enum reference reference)
{
    return leaf->equal >> reference & 1;
}

static bool gave(const struct call *call, enum reference reference)
{
    return call->evaluated >> reference & 1;
}

/* What comes back although every request was refused is no result of the items. */
static int judged_leaves(const struct call *call)
{
    bool refused = call->request_count > 0 && call->granted == 0;

    return call->outcome == CALL_RETURNED && !refused ? call->leaf_count : 0;
}

/* --- one part of a result -------------------------------------------------------------------- */

/* Bytes of a Fortran-ordered buffer as they lie in memory: a dump of it, in an order that somebody else keeps. */
static bool is_dump(const struct call *call, const struct leaf *leaf)
{
    return call->buffer.plan.arrangement == ARRANGED_F && gives(leaf, REFERENCE_MEMORY) &&
           (leaf->kind == LEAF_BYTES || leaf->kind == LEAF_TEXT);
}

/*
 * A text or bytes may tell how the items lie (a pickle, a repr): those must be
 * the very result that the memory gives in its own order.
 */
static bool is_wrong(const struct call *call, const struct leaf *leaf)
{
    return gave(call, REFERENCE_COPY) && !gives(leaf, REFERENCE_COPY) && !gives(leaf, REFERENCE_BYTES) &&
           (leaf->kind != LEAF_TEXT || gives(leaf, REFERENCE_MEMORY)) && !is_dump(call, leaf);
}

static bool is_judged(const struct leaf *leaf)
{
    return leaf->comparable && leaf->stable && (leaf->dependent || leaf->kind == LEAF_ITEMS);
}

const struct leaf *wrong_leaf(const struct call *call)
{
    int i;

    for (i = 0; i < judged_leaves(call) && call->buffer.plan.arrangement != call->buffer.plainest; i++) {
        if (is_judged(&call->leaves[i]) && is_wrong(call, &call->leaves[i])) {
            return &call->leaves[i];
        }
    }
    return NULL;
}

/* A table that gives what a part of its items gives, and not what all of them give; a scalar that gives nothing. */
const struct leaf *partial_leaf(const struct call *call)
{
    int i;

    for (i = 0; i < judged_leaves(call); i++) {
        const struct leaf *leaf = &call->leaves[i];

        if (!leaf->comparable || !leaf->stable || leaf->kind == LEAF_ITEMS || !gave(call, REFERENCE_FLAT) ||
            gives(leaf, REFERENCE_FLAT)) {
            continue;
        }
        if ((leaf->dependent && (gives(leaf, REFERENCE_FIRST) || gives(leaf, REFERENCE_COLUMN))) ||
            (call->buffer.plan.ndim == 0 && gives(leaf, REFERENCE_EMPTY))) {
            return leaf;
        }
    }
    return NULL;
}

static bool has_role(const struct call *call, enum format_role role)
{
    return call->buffer.format != NULL && call->buffer.format->role == role;
}

/*
 * Other items of the same bytes give the same.  Not so where the bytes
 * themselves are meant: they give it as bytes, or (for a result of bytes) as items without a meaning.  Nor where
 * their order is: they give it also when all are larger.
 */
const struct leaf *foreign_leaf(const struct call *call)
{
    int i;

    for (i = 0; i < judged_leaves(call); i++) {
        const struct leaf *leaf = &call->leaves[i];
        bool structure = has_role(call, ROLE_STRUCTURE), swapped = has_role(call, ROLE_SWAPPED);
        bool same = gives(leaf, REFERENCE_SAME_BYTES) || (structure && gives(leaf, REFERENCE_MEMORY));

        if (!is_judged(leaf) || !same || gives(leaf, REFERENCE_BYTES) || (swapped && gives(leaf, REFERENCE_COPY)) ||
            gives(leaf, REFERENCE_LARGER) || (leaf->kind == LEAF_ITEMS && !swapped)) {
            continue;
        }
        if (leaf->kind == LEAF_VALUE || !gives(leaf, REFERENCE_OPAQUE)) {
            return leaf;
        }
    }
    return NULL;
}

bool call_contradicts(const struct call *call)
{
    return wrong_leaf(call) != NULL || partial_leaf(call) != NULL || foreign_leaf(call) != NULL;
}

/* --- bytes that are not the items' ------------------------------------------------------------- */

/* The calls that touched them and whose fault that is, by the rule that is judged. */
static void judge_outside(struct verdict *verdict, enum severity severity)
{
    struct breach breach = BREACH_INIT;
    int i;

    for (i = 0; i < verdict->call_count; i++) {
        const struct call *call = verdict->calls[i];

        if (!(verdict->failures[i] & FAILS_OUTSIDE) || verdict->charged[i] != verdict->rule ||
            !breach_add(&breach, call)) {
            continue;
        }
        if (verdict->faults[i] == FAULT_OUTSIDE) {
            fault_explain(call, &breach.what);
        } else if (call->damage < 0) {
            text_printf(&breach.what, "writes %" PRId64 " bytes before the beginning of the items", -call->damage);
        } else if (call->damage < (int64_t)call->buffer.plan.block) {
            text_printf(&breach.what, "writes between the items, at byte %" PRId64 " of their block", call->damage);
        } else {
            text_printf(&breach.what, "writes %" PRId64 " bytes past the end of the items",
                        call->damage - (int64_t)call->buffer.plan.block);
        }
    }
    breach_report(verdict, &breach, severity);
}

void verdict_items(struct verdict *verdict)
{
    judge_outside(verdict, SEVERITY_ERROR);
}

/* --- results ------------------------------------------------------------------------------------ */

static void append_results(struct text *text, const struct leaf *leaf, const char *other)
{
    const char *verb = leaf->kind == LEAF_ITEMS ? "leaves" : "gives";

    text_printf(text, "%s %s where %s %s %s", verb, leaf->text, other, verb, leaf->expected);
}

static void judge_results(struct verdict *verdict)
{
    struct breach breach = BREACH_INIT;
    int i;

    for (i = 0; i < verdict->call_count; i++) {
        const struct call *call = verdict->calls[i];

        if ((verdict->failures[i] & FAILS_RESULT) && verdict->charged[i] == verdict->rule &&
            breach_add(&breach, call)) {
            append_results(&breach.what, wrong_leaf(call), "a copy of the items");
        }
    }
    breach_report(verdict, &breach, SEVERITY_ERROR);
}

static void judge_dumps(struct verdict *verdict)
{
    struct breach breach = BREACH_INIT;
    int i, j;

    for (i = 0; i < verdict->call_count; i++) {
        const struct call *call = verdict->calls[i];

        for (j = 0; j < judged_leaves(call) && !verdict->varies; j++) {
            const struct leaf *leaf = &call->leaves[j];

            if (is_judged(leaf) && is_dump(call, leaf) && !gives(leaf, REFERENCE_COPY) && breach_add(&breach, call)) {
                text_printf(&breach.what, "gives the bytes as they lie in memory (%s), not in the order of the items", leaf->text);
            }
        }
    }
    breach_report(verdict, &breach, SEVERITY_INFO);
}

/* Results that are of chance; where none could be compared, say why. */
static void judge_comparisons(struct verdict *verdict)
{
    struct breach varying = BREACH_INIT, unequal = BREACH_INIT;
    int judged = 0;
    int i, j;

    for (i = 0; i < verdict->call_count; i++) {
        const struct call *call = verdict->calls[i];

        for (j = 0; j < call->leaf_count && call->outcome == CALL_RETURNED; j++) {
            const struct leaf *leaf = &call->leaves[j];

            judged += leaf->comparable && leaf->stable && leaf->kind != LEAF_ITEMS;
            if (!leaf->comparable && breach_add(&unequal, call)) {
                text_printf(&unequal.what, "not compared: %s has no equality of its own", leaf->text);
            } else if (leaf->comparable && !leaf->stable && breach_add(&varying, call)) {
                text_printf(&varying.what, "not compared: another result each time (%s), also for the same items", leaf->text);
            }
        }
    }
    breach_report(verdict, &varying, SEVERITY_INFO);
    if (judged == 0) {
        breach_report(verdict, &unequal, SEVERITY_INFO);
    }
    text_free(&unequal.what);
}

void verdict_strides(struct verdict *verdict)
{
    judge_results(verdict);
    judge_dumps(verdict);
    judge_comparisons(verdict);
    judge_outside(verdict, SEVERITY_ERROR);
}

void verdict_suboffsets(struct verdict *verdict)
{
    judge_results(verdict);
    judge_outside(verdict, SEVERITY_ERROR);
    judge_fault(verdict, FAULT_NULL_SUB);
}

static void append_foreign(struct text *text, const struct call *call, const struct leaf *leaf)
{
    const struct battery_format *format = call->buffer.format;

    text_printf(text, "gives %s, as for items of format '%s'", leaf->text,
                format->base != NULL ? format->base->text : format->twin != NULL ? format->twin : "");
    if (format->role == ROLE_SWAPPED) {
        text_printf(text, "; the same items in native order give %s", leaf->expected);
    }
}

void verdict_format(struct verdict *verdict)
{
    struct breach asked = BREACH_INIT, unasked = BREACH_INIT;
    int i;

    for (i = 0; i < verdict->call_count; i++) {
        const struct call *call = verdict->calls[i];
        bool asks = call_asks_for_format(call);

        if ((verdict->failures[i] & FAILS_FORMAT) && call->buffer.format != NULL &&
            breach_add(asks ? &asked : &unasked, call)) {
            append_foreign(asks ? &asked.what : &unasked.what, call, foreign_leaf(call));
        }
    }
    breach_report(verdict, &asked, SEVERITY_ERROR);
    if (unasked.count > 0) {
        text_puts(&unasked.what, ", without asking for the format");
    }
    breach_report(verdict, &unasked, SEVERITY_WARNING);
    judge_results(verdict);
    judge_outside(verdict, SEVERITY_ERROR);
}

void verdict_shape(struct verdict *verdict)
{
    struct breach breach = BREACH_INIT;
    int i;

    for (i = 0; i < verdict->call_count; i++) {
        const struct call *call = verdict->calls[i];

        if ((verdict->failures[i] & FAILS_SHAPE) && breach_add(&breach, call)) {
            text_printf(&breach.what, "gives %s, as for %s", partial_leaf(call)->text,
                        call->buffer.plan.ndim == 0 ? "a buffer without items" : "a part of the items");
        }
    }
    breach_report(verdict, &breach, SEVERITY_ERROR);
    judge_outside(verdict, SEVERITY_ERROR);
    judge_results(verdict);
    judge_fault(verdict, FAULT_ARRAYS);
    judge_fault(verdict, FAULT_NULL_ND0);
}
