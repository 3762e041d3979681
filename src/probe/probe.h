/*
 * Ask an exporter everything, and write down what it answers: to requests for
 * its buffer, where it has one, and what it tells by other protocols.
 *
 * All of it happens in child processes, so that no crash, exit(), endless loop
 * or stray write of the exporter's reaches this one.  What is being asked is
 * written ahead to memory that both share; when a child does not come back,
 * the next one goes on after the request that was in flight.
 */
#ifndef MVIEW_PROBE_PROBE_H
#define MVIEW_PROBE_PROBE_H

#include <stdbool.h>

struct _object;
struct error;
struct text;
struct transcript;

struct probe_options {
    double timeout;     /* seconds that one request may take */
    const char *expression; /* what gave the exporter: evaluated again, in __main__; or NULL */
    const char *mutate; /* an expression that resizes the exporter, which is `_` in it; evaluated in __main__;
                           or NULL */
    int stress;         /* threads that acquire and release at the same time; 0 for none */
    bool answers_only;  /* only what every request is answered with, and what the other protocols tell */
};

enum { PROBE_SECONDS = 14 }; /* the most that a whole probe takes */

/*
 * Why --mutate failed where no request of the probe's was there, as one sentence: it looks for views that others
 * hold of the exporter, or of what the expression names.
 */
void probe_explain_mutation(struct _object *exporter, const char *mutate, const struct transcript *transcript,
                            struct text *text);

/*
 * Probe.  The caller must hold exactly one reference to the exporter, which
 * the children drop when they try whether a view alone keeps it alive.  The
 * transcript is owned by the caller (free); NULL on an error: a --mutate
 * expression that is no expression, no process to be had.
 */
struct transcript *probe(struct _object *exporter, const struct probe_options *options, struct error *error);

#endif
