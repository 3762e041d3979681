/*
 * --check FILE: a file judged and reported.  It needs no interpreter.
 */
#ifndef MVIEW_CLI_FILE_CHECK_H
#define MVIEW_CLI_FILE_CHECK_H

#include <stdbool.h>

struct error;
struct options;
struct report;

/* Judge a file ("-": standard input).  *found says whether the exit code is to be 1. */
bool check_file(struct report *report, const struct options *options, const char *path, bool *found,
                struct error *error); /* a file_action */

#endif
