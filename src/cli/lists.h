/*
 * What the program knows, as lists: --help, --list-fields, --list-rules, --list-consumers.
 */
#ifndef MVIEW_CLI_LISTS_H
#define MVIEW_CLI_LISTS_H

#include "options/options.h"

#include <stdbool.h>

struct output;

/* Whether that is what is to be done. */
bool lists_are(enum action action);
void lists_write(struct output *output, enum action action);

#endif
