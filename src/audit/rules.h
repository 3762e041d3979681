/*
 * The rules of files, one row each in rules.def.
 */
#ifndef MVIEW_AUDIT_RULES_H
#define MVIEW_AUDIT_RULES_H

#include "judge/findings.h"

struct audit_rule {
    const char *id;          /* "file-calls-code" */
    enum severity severity;
    const char *statement;   /* what is owed, in one line */
    const char *source;      /* document and section */
};

enum {
#define RULE(name, id, severity, statement, source) AUDIT_##name,
#include "audit/rules.def"
#undef RULE
    AUDIT_RULE_COUNT
};

extern const struct audit_rule audit_rules[AUDIT_RULE_COUNT];

#endif
