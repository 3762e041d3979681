/*
 * --trace: a program run and watched, and what was seen reported.
 */
#ifndef MVIEW_ENGINE_TRACE_H
#define MVIEW_ENGINE_TRACE_H

#include <stdbool.h>
#include <stddef.h>

struct error;
struct holdings;
struct ledger;
struct options;
struct recorder_event;
struct report;
struct text;

/* Run the program that the options name, in the environment of `executable`: returns the exit code. */
int trace_program(struct report *report, const struct options *options, const char *executable, struct error *error);

/* What there is to report. */
struct trace_report {
    const char *name;
    const char *folder; /* where the program is: lines in files below it are told from there on; NULL for none */
    unsigned columns;   /* of the terminal that text goes to; 0 for none */
    const struct ledger *ledger;
    const struct holdings *holdings;
    const struct moment *moments; /* when BufferErrors were raised */
    size_t moment_count;
    const struct notes *notes; /* what could not be followed */
};

/* --- the writers --------------------------------------------------------------------------- */

/* trace_text.c: what is held, a block for each exporter; wrong releases; then a row for requests that are alike. */
void trace_text(struct text *text, const struct trace_report *report);
void trace_held_text(struct text *text, const struct holdings *holdings);

/* trace_json.c: one JSON object on a line; false when out of memory. */
bool trace_json(struct text *text, const struct trace_report *report);
bool trace_event_json(struct text *text, const struct recorder_event *event);

#endif
