/*
 * Findings, written as text: the same for all that is judged.
 */
#ifndef MVIEW_REPORT_FINDINGS_H
#define MVIEW_REPORT_FINDINGS_H

#include "report/json_parts.h"

#include <stdbool.h>
#include <stddef.h>

struct findings;
struct text;

/* The id of a rule, by its index. */
typedef const char *rule_name(int rule);

/* One line per finding: "SEVERITY  RULE  detail"; information only with `info`. */
void findings_text(struct text *text, const struct findings *findings, rule_name *name, bool info);

/* The same for JSON: a list of {"rule", "severity", "detail"}, information too. */
json_t *findings_json(const struct findings *findings, rule_name *name);

/* "36 requests". */
void findings_count(struct text *text, size_t count, const char *what);

/* Whether they make --check fail: errors, with `strict` warnings too. */
bool findings_fail(const struct findings *findings, bool strict);

/* The last line's end: "1 error, 0 warnings" and a newline. */
void findings_sum(struct text *text, const struct findings *findings);

#endif
