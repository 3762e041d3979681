/*
 * The one line that says what is wrong.
 */
#ifndef MVIEW_CLI_COMPLAIN_H
#define MVIEW_CLI_COMPLAIN_H

struct error;

/* On standard error, about `subject`: a file, an expression, or NULL.  An interruption by the user ends the program. */
void complain(const char *subject, const struct error *error);

#endif
