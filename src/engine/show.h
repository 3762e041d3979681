/*
 * ACTION_SHOW: one input, from source to report.
 */
#ifndef MVIEW_ENGINE_SHOW_H
#define MVIEW_ENGINE_SHOW_H

#include <stdbool.h>

struct error;
struct options;
struct report;
struct source;

/* Evaluate the expression that the options name. */
bool open_expression(struct source *source, const struct options *options, struct error *error);

/* Show the expression, or one file. */
bool show_expression(struct report *report, const struct options *options, struct error *error);
bool show_file(struct report *report, const struct options *options, const char *path, bool *found,
               struct error *error); /* a file_action */

#endif
