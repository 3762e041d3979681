/*
 * The standard streams, made safe before anything else runs.
 */
#ifndef MVIEW_CLI_STREAMS_H
#define MVIEW_CLI_STREAMS_H

#include <stdbool.h>

struct error;
struct output;

/*
 * Open /dev/null in place of standard streams that are closed, move the
 * program's own standard output to a private descriptor, and let descriptor 1
 * be standard error: whatever Python code, a module or a C library prints, by
 * whatever route, it cannot get into the answer.
 *
 * *columns: of the terminal that the answer goes to; 0 where it goes elsewhere.
 */
bool streams_open(struct output *output, unsigned *columns, struct error *error);

/* Put descriptor 1 back, of which nothing has been written. */
void streams_undo(struct output *output);

/* Wait until standard input, a pipe or a file, has bytes to read or has ended: false when it ends without any. */
bool streams_have_input(void);

#endif
