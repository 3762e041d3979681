/*
 * CPython, embedded: started for one of two purposes, and its exceptions
 * turned into errors.
 */
#ifndef MVIEW_PYTHON_INTERPRETER_H
#define MVIEW_PYTHON_INTERPRETER_H

#include <stdbool.h>
#include <stddef.h>

struct _object;
struct error;

enum interpreter_mode {
    /*
     * For files: no site, no environment variables, no path, nothing of the
     * user's is ever imported.  Objects can be made; modules are not imported,
     * those of the standard library neither.
     */
    INTERPRETER_FILES,
    /* For expressions (and --trust): what `python -c` of the user's environment sees. */
    INTERPRETER_USER,
};

struct interpreter_options {
    enum interpreter_mode mode;
    const char *executable;   /* the interpreter whose environment is used, by its path (engine_settle) */
    const char *const *paths; /* put in front of sys.path, in this order; borrowed */
    size_t path_count;
    bool signals;             /* handle them as python does: KeyboardInterrupt, BrokenPipeError */
    bool as_python;           /* a program is to run as by python: locale, PYTHONDEVMODE, PYTHONHASHSEED .. count */
    bool traceback;           /* exceptions print their traceback on standard error too */
};

/*
 * Start CPython.  Descriptor 1 must already be something other than the
 * program's answer (main points it at standard error), for Python writes to it.
 */
bool interpreter_start(const struct interpreter_options *options, struct error *error);

/*
 * Start it so when it is needed, by interpreter_need, which does nothing where it
 * runs already: most of what files are asked takes no object.  The options are
 * copied, what they point to is borrowed.
 */
void interpreter_expect(const struct interpreter_options *options);
bool interpreter_need(struct error *error);

/*
 * End it, where it runs, before the process does: for expressions, atexit functions run, threads
 * are waited for, and what Python buffered is flushed.
 * False where that could not be.
 */
bool interpreter_stop(void);

/*
 * Spare the end the search for garbage in what is there by now, which of a large library (torch) is a fifth of all
 * that is to be done: destructors run of what references let go of, not of objects in circles.
 */
void interpreter_freeze(void);

/*
 * Turn the current Python exception into an error and clear it:
 * "TypeError: a bytes-like object is required, not 'int'".  KeyboardInterrupt
 * becomes ERROR_INTERRUPTED.  Always returns false.
 */
bool interpreter_error(struct error *error);

/*
 * The type name of an object as Python writes it ("numpy.ndarray"; builtins
 * without a module); owned by the caller (free), NULL out of memory.
 */
char *interpreter_type_name(struct _object *object);

#endif
