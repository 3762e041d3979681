/*
 * --check and --requests: an exporter probed, judged and reported.
 */
#ifndef MVIEW_ENGINE_JUDGE_H
#define MVIEW_ENGINE_JUDGE_H

#include <stdbool.h>

struct error;
struct options;
struct report;

/*
 * Judge what the expression gives, or (--requests) tell its answers and who
 * can read it.  *code is the exit code: 0, or 1 when --check found errors.
 */
bool judge_expression(struct report *report, const struct options *options, int *code, struct error *error);

#endif
