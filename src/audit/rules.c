#include "audit/rules.h"

const struct audit_rule audit_rules[AUDIT_RULE_COUNT] = {
#define RULE(name, id, severity, statement, source) {id, SEVERITY_##severity, statement, source},
#include "audit/rules.def"
#undef RULE
};
