/*
 * An expression, as where a buffer comes from.
 */
#ifndef MVIEW_PYTHON_EVALUATE_H
#define MVIEW_PYTHON_EVALUATE_H

#include <stdbool.h>
#include <stddef.h>

struct _object;
struct error;
struct source;

struct eval_options {
    const char *expression;
    const char *const *imports; /* "MOD" or "MOD=NAME" */
    size_t import_count;
    const char *exec; /* a Python file, or NULL */
};

/* The code of an expression, for PyEval_EvalCode: a new reference; NULL, with an exception set, when it is none. */
struct _object *source_compile(const char *expression);

/*
 * A file as Python has it in __file__, for a program that leaves the folder: from the root on, links and all.  A new
 * reference; NULL with an exception set.
 */
struct _object *source_full_name(const char *path);

/*
 * Run a Python file in __main__, which its code has as `called`, in the encoding of files: a new reference; NULL with
 * an exception set, or, when there is no such file, with the error.
 */
struct _object *source_exec(const char *path, const char *called, struct error *error);

/* Evaluate an expression in __main__: a new reference; NULL with an exception set. */
struct _object *source_evaluate(const char *expression);

/* The imports and the file to run: what an expression needs before it is evaluated in __main__. */
bool source_prepare(const struct eval_options *options, struct error *error);

/* Advice behind the message of an expression's NameError or SyntaxError that is set.  Always returns false. */
bool source_advise(const char *expression, struct error *error);

/* Evaluate an expression in __main__, after source_prepare. */
bool source_eval(struct source *source, const struct eval_options *options, struct error *error);

#endif
