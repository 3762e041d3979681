/*
 * An error as a value: a kind and one line of text.
 *
 * Functions that can fail take a `struct error *` as their last parameter and
 * return false (or NULL) after filling it; success leaves it alone.  Nothing
 * here prints or exits: only main does.
 *
 * The message is raw: it may quote text from a file or an exporter.  Whoever
 * shows it escapes it (text_escape), so that no caller has to.
 */
#ifndef MVIEW_BASE_ERROR_H
#define MVIEW_BASE_ERROR_H

#include <stdbool.h>

enum error_kind {
    ERROR_NONE,
    ERROR_USAGE,       /* the command line is wrong */
    ERROR_INPUT,       /* a file, a format or an object is refused */
    ERROR_PYTHON,      /* a Python exception, or an interpreter that would not start */
    ERROR_OUTPUT,      /* standard output could not be written */
    ERROR_MEMORY,      /* out of memory */
    ERROR_INTERRUPTED, /* KeyboardInterrupt: the caller dies by SIGINT */
};

enum { ERROR_MESSAGE_SIZE = 1024 };

struct error {
    enum error_kind kind;
    char message[ERROR_MESSAGE_SIZE]; /* NUL-terminated, cut when too long */
};

#define ERROR_INIT {ERROR_NONE, ""}

/* Fill *error.  Always returns false, so that `return error_set(...)` reads well. */
bool error_set(struct error *error, enum error_kind kind, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* Put "prefix: " in front of the message of an error that is set.  Always returns false. */
bool error_prefix(struct error *error, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* Put more behind the message of an error that is set.  Always returns false. */
bool error_append(struct error *error, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* The message for memory that could not be had.  Always returns false. */
bool error_no_memory(struct error *error);

#endif
