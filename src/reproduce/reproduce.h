/*
 * A breach of a rule as a script of Python's: what a maintainer gets in a bug
 * report, and needs nothing for but Python itself.
 *
 * The scripts ask the exporter by ctypes and PyObject_GetBuffer.  How each
 * rule is shown is a row in scripts.def.
 */
#ifndef MVIEW_REPRODUCE_REPRODUCE_H
#define MVIEW_REPRODUCE_REPRODUCE_H

#include <stdbool.h>
#include <stddef.h>

struct error;
struct findings;
struct text;
struct transcript;

/* What the user gave: all borrowed, what is lacking is NULL; expressions without blanks in front. */
struct subject {
    const char *expression;
    const char *const *imports; /* "MOD" or "MOD=NAME" */
    size_t import_count;
    const char *exec;         /* a Python file to run first */
    const char *const *paths; /* for sys.path */
    size_t path_count;
    const char *mutate; /* resizes the exporter, `_` */
};

/*
 * The place in rules[] of the rule of this name.  False when there is none, or
 * when no script can show it: the error says why.
 */
bool reproduce_find(const char *id, int *rule, struct error *error);

/* Whether the script is about answers to requests, which takes an exporter that has a buffer. */
bool reproduce_asks_buffer(int rule);

/*
 * Append the script that exits with 0 when the rule is kept, and with 1 when it is broken.  It sends the requests of
 * the finding, where there is one.  False when what was found, or what was given, is not enough to show it.
 */
bool reproduce(int rule, const struct subject *subject, const struct transcript *transcript,
               const struct findings *findings, struct text *script, struct error *error);

#endif
