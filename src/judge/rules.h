/*
 * The judge: a transcript in, findings out.  What an exporter owes is in
 * rules.def, one row a rule; each row's function reads the transcript and says
 * what it finds.
 */
#ifndef MVIEW_JUDGE_RULES_H
#define MVIEW_JUDGE_RULES_H

#include "judge/findings.h"

#include <stdbool.h>

struct error;
struct judgement;
struct transcript;

struct rule {
    const char *id;                             /* "strides-present-when-requested" */
    enum severity severity;                     /* of its worst breach; a finding may have a lesser one */
    const char *statement;                      /* what is owed, in one line */
    const char *source;                         /* document and section */
    void (*judge)(struct judgement *judgement); /* NULL: known, but never tried */
};

enum {
#define RULE(name, id, severity, statement, source) RULE_##name,
#define RULE_NOT_TRIED(name, id, severity, statement, source) RULE_##name,
#include "judge/rules.def"
#undef RULE
#undef RULE_NOT_TRIED
    RULE_COUNT
};

extern const struct rule rules[RULE_COUNT];

/*
 * Judge: finding.rule is an index into `rules`, finding.requests a set of
 * `requests`.  False only when out of memory; on success the caller frees the findings.
 */
bool judge(const struct transcript *transcript, struct findings *findings, struct error *error);

#endif
