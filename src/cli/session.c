#include "cli/session.h"

#include "base/error.h"
#include "cli/complain.h"
#include "cli/ending.h"
#include "cli/streams.h"
#include "options/combination.h"

#include <stdio.h>

bool session_parse(struct session *session, int argc, char **argv, struct error *error)
{
    return options_parse(&session->options, argc, argv, error) && combination_check(&session->options, error);
}

bool session_open(struct session *session, struct error *error)
{
    unsigned columns;

    return streams_open(&session->output, &columns, error) &&
           report_begin(&session->report, &session->options, &session->output, columns, error);
}

void session_undo(struct session *session)
{
    report_end(&session->report);
    streams_undo(&session->output);
}

int session_refuse(int argc, const struct error *error)
{
    complain(NULL, error);
    if (argc == 1) {
        fputs(options_synopsis, stderr);
    }
    return EXIT_ERROR;
}

int session_close(struct session *session, int code)
{
    struct error error = ERROR_INIT;

    if (!output_close(&session->output, &error)) {
        complain(NULL, &error);
        code = EXIT_ERROR;
    }
    report_end(&session->report);
    options_free(&session->options);
    return code;
}
