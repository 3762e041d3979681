/*
 * What the rules share while they judge one trial; for src/trial/rules*.c.
 */
#ifndef MVIEW_TRIAL_VERDICT_H
#define MVIEW_TRIAL_VERDICT_H

#include "base/text.h"
#include "judge/findings.h"
#include "trial/fault.h"
#include "trial/trial.h"

/* What went wrong in a call, as far as more than one rule may be meant. */
enum failure {
    FAILS_OUTSIDE = 1, /* bytes that are no item's were touched */
    FAILS_RESULT = 2,  /* it gives what a copy of the items does not give */
    FAILS_SHAPE = 4,   /* it gives what a part of the items gives */
    FAILS_FORMAT = 8,  /* it gives what the same bytes give as other items */
};

struct verdict {
    const struct trial *trial;
    struct findings *findings;
    int rule;
    bool failed; /* out of memory */

    bool varies; /* some result is not the same each time: then none says anything beside another */
    bool strays; /* items are left whatever their size, and no format was asked for */
    int call_count;
    const struct call *calls[TRIAL_MAX_CALLS]; /* those that say something new */
    enum fault_kind faults[TRIAL_MAX_CALLS];
    unsigned failures[TRIAL_MAX_CALLS]; /* enum failure, joined */
    int charged[TRIAL_MAX_CALLS];       /* the rule that FAILS_OUTSIDE and FAILS_RESULT are a breach of; -1: none */
};

/*
 * Calls that break the rule which is judged in the same way: the first is told
 * in full, the others are counted.
 */
struct breach {
    int count;
    const struct call *first;
    struct text what; /* what happened in the first, to follow "..." */
};

#define BREACH_INIT {0, NULL, TEXT_INIT}

/* True when this is the first call of the breach: its `what` is to be written. */
bool breach_add(struct breach *breach, const struct call *call);

/* Add the finding, if there is one, and empty the breach: "WHAT, given WORDS: EXPRESSION (and 3 other buffers)". */
void breach_report(struct verdict *verdict, struct breach *breach, enum severity severity);

/* The finding about calls that ended by a fault of this kind, if there are any. */
void judge_fault(struct verdict *verdict, enum fault_kind kind);

/*
 * A part of the result that is not what a copy of the items gives; that is what a part of the items gives (or none,
 * where there is one without a dimension); that is what the same bytes give as other items.  NULL when there is none.
 */
const struct leaf *wrong_leaf(const struct call *call);
const struct leaf *partial_leaf(const struct call *call);
const struct leaf *foreign_leaf(const struct call *call);

#define RULE(name, id, severity, statement, source) void verdict_##name(struct verdict *verdict);
#include "trial/rules.def"
#undef RULE

#endif
