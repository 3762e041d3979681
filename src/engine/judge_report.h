/*
 * Transcripts and findings, written as text and as JSON.
 */
#ifndef MVIEW_ENGINE_JUDGE_REPORT_H
#define MVIEW_ENGINE_JUDGE_REPORT_H

#include <stdbool.h>

struct findings;
struct reply;
struct text;
struct transcript;

/* One line per finding ("SEVERITY  RULE  detail"; information only with `info`), then the sum. */
void judge_text_check(struct text *text, const char *name, const struct transcript *transcript,
                      const struct findings *findings, bool info);

/*
 * A row per request: what was answered, cut where a terminal of so many
 * columns ends (0: nowhere); a column per protocol, where there are others than
 * the buffer: what it tells; then a row per consumer: whether it could read
 * this, and below, in lines that fit into 100 columns, why not and what helps.
 */
void judge_text_requests(struct text *text, const char *name, const struct transcript *transcript, unsigned columns);

/* The same as one JSON object on a line; false when out of memory. */
bool judge_json_check(struct text *text, const char *name, const struct transcript *transcript,
                      const struct findings *findings);
bool judge_json_requests(struct text *text, const char *name, const struct transcript *transcript);

/*
 * How a request of the first sweep ended, in words that both writers use:
 * "granted", "refused" or "crashed"; and the exception, or what the crash was,
 * appended to `why` ("BufferError: ...", "SIGSEGV", "not sent any more").
 */
const char *judge_outcome(const struct transcript *transcript, int request, struct text *why);

#endif
