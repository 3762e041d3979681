/*
 * ACTION_SHOW: one input, from source to report.
 */
#ifndef MVIEW_CLI_SHOW_H
#define MVIEW_CLI_SHOW_H

#include "recipe/content.h"

#include <stdbool.h>

struct error;
struct options;
struct report;
struct source;

/* Evaluate the expression that the options name. */
bool open_expression(struct source *source, const struct options *options, struct error *error);

/* Show the expression, or one file. */
bool show_expression(struct report *report, const struct options *options, struct error *error);
/* The kind of file that the options ask for; SOURCE_AUTO: by its content. */
enum source_kind wished_kind(const struct options *options);

bool show_file(struct report *report, const struct options *options, const char *path, struct error *error);

#endif
