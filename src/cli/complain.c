#include "cli/complain.h"

#include "base/error.h"
#include "base/text.h"
#include "cli/ending.h"

#include <signal.h>
#include <unistd.h>

void complain(const char *subject, const struct error *error)
{
    struct text line = TEXT_INIT;

    if (error->kind == ERROR_INTERRUPTED) {
        die_by_signal(SIGINT);
    }
    text_puts(&line, "mview-inspect: ");
    if (subject != NULL && error->kind != ERROR_USAGE && error->kind != ERROR_OUTPUT) {
        text_escape_string(&line, *subject != '\0' ? subject : "''");
        text_puts(&line, ": ");
    }
    text_escape_string(&line, error->message);
    text_putc(&line, '\n');
    if (write(STDERR_FILENO, text_string(&line), line.length) < 0) {
        /* nowhere left to say it: the exit code does */
    }
    text_free(&line);
}
