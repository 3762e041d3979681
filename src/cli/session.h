/*
 * One run of the program: its command line, and where its answer goes.
 */
#ifndef MVIEW_CLI_SESSION_H
#define MVIEW_CLI_SESSION_H

#include "base/output.h"
#include "options/options.h"
#include "report/report.h"

#include <stdbool.h>

struct error;

struct session {
    struct options options;
    struct output output;
    struct report report;
};

/* Take the command line apart; a usage error for one that makes no sense. */
bool session_parse(struct session *session, int argc, char **argv, struct error *error);

/* Open the way out.  Until then nothing that was opened may stay open: it could be in a standard stream's place. */
bool session_open(struct session *session, struct error *error);

/* Give it back unused, so that the engine can begin anew; the options stay. */
void session_undo(struct session *session);

/* Say why there is no answer, and where nothing was asked, what can be: returns the exit code. */
int session_refuse(int argc, const struct error *error);

/* Write out what is left, and free everything: the exit code, which is `code` unless that fails. */
int session_close(struct session *session, int code);

#endif
