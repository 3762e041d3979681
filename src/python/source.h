/*
 * Where a buffer comes from: an expression, or a file of one of several kinds.
 * Whatever it was, the outcome is one Python object that exports the buffer
 * (a memoryview over the file's own bytes, for files that are read as data),
 * or a listing of the members of a container.
 */
#ifndef MVIEW_PYTHON_SOURCE_H
#define MVIEW_PYTHON_SOURCE_H

#include "base/arena.h"
#include "base/notes.h"
#include "base/text.h"
#include "files/mapping.h"
#include "memory/layout.h"
#include "memory/swap.h"
#include "recipe/content.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct _object;
struct error;
struct listing;

struct eval_options {
    const char *expression;
    const char *const *imports; /* "MOD" or "MOD=NAME" */
    size_t import_count;
    const char *exec; /* a Python file, or NULL */
};

struct file_options {
    enum source_kind kind; /* SOURCE_AUTO, or what the user says it is */
    const char *member;    /* a part of a container, or NULL */
    const char *within;    /* the path of what `member` is a part of ("o.npy"), or NULL for the file */
    bool recursive;        /* list what is in members, too */
    bool trust;            /* pickles go to Python's own unpickler */
};

struct source {
    enum source_kind kind;
    struct _object *object;    /* owned; NULL when there is a listing */
    struct listing *listing;   /* owned; a container that no member was chosen from */
    bool from_file;            /* object is a memoryview over a file's bytes: it has no type of its own */
    struct text format;        /* from_file: the buffer's format */
    struct text exact;         /* .. and how items lie where that tells it wrong (dtype_exact_format); else empty */
    struct text dtype;         /* from_file: the file's own type text; empty when it has none */
    struct text loaded;        /* .. and NumPy's where loading turns the items into another byte order; else empty */
    struct swap swap;          /* .. and how it does; its count is 0 where it doesn't */
    bool have_offset;
    uint64_t offset;           /* of the data in the file, bytes */
    struct notes notes;
    bool have_names;           /* a pickle: */
    struct notes imports;      /* the names that loading it would import, sorted, */
    struct notes calls;        /* and those that it would call */
    struct mapping mapping;    /* the file */
    struct mapping unpacked;   /* a member of it, inflated; else nothing */
    struct arena arena;        /* what was read from it */
    struct _object *keep;      /* owned; a Python object that holds the bytes of a member, or NULL */
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

/* Open a file ("-": standard input).  Its content decides what it is, unless options->kind does. */
bool source_file(struct source *source, const char *path, const struct file_options *options,
                 struct error *error);

/* Free everything; every view of the object must be closed. */
void source_close(struct source *source);

/*
 * For loaders: make `source->object` a read-only memoryview over the bytes
 * that `layout` describes (PyMemoryView_FromBuffer).
 */
bool source_set_layout(struct source *source, const struct layout *layout, struct error *error);

#endif
