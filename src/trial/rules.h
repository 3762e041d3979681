/*
 * What a consumer owes, one row a rule in rules.def, and the judge: a trial in, findings out.
 */
#ifndef MVIEW_TRIAL_RULES_H
#define MVIEW_TRIAL_RULES_H

#include "judge/findings.h"

#include <stdbool.h>

struct call;
struct error;
struct trial;
struct verdict;

struct trial_rule {
    const char *id;         /* "consumer-follows-strides" */
    enum severity severity; /* of its worst breach */
    const char *statement;  /* what is owed, in one line */
    const char *source;     /* document and section */
    void (*judge)(struct verdict *verdict);
};

enum {
#define RULE(name, id, severity, statement, source) TRIAL_RULE_##name,
#include "trial/rules.def"
#undef RULE
    TRIAL_RULE_COUNT
};

extern const struct trial_rule trial_rules[TRIAL_RULE_COUNT];

/*
 * Judge a sealed trial: finding.rule is an index into `trial_rules`.  False only when out of
 * memory; on success the caller frees the findings.
 */
bool trial_judge(const struct trial *trial, struct findings *findings, struct error *error);

/* Does what a call gave, beside what it gave for other buffers, speak against the consumer? */
bool call_contradicts(const struct call *call);

#endif
