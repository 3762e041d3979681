/*
 * --check --consumer: code that takes a buffer, offered many, judged and reported.
 */
#ifndef MVIEW_ENGINE_CONSUMER_H
#define MVIEW_ENGINE_CONSUMER_H

#include <stdbool.h>

struct error;
struct findings;
struct options;
struct report;
struct text;
struct trial;

/* Judge the consumer that the options name.  *code is the exit code: 0, or 1 when there are errors. */
bool judge_consumer(struct report *report, const struct options *options, int *code, struct error *error);

/* --- the writers --------------------------------------------------------------------------- */

/* consumer_report.c: a line per finding, then the sum. */
void consumer_text(struct text *text, const char *name, const struct trial *trial, const struct findings *findings,
                   bool info);

/* consumer_report.c: one JSON object on a line; false when out of memory. */
bool consumer_json(struct text *text, const char *name, const struct trial *trial, const struct findings *findings);

#endif
