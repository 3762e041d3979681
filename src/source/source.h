/*
 * Where a buffer comes from: an expression (python/evaluate.h), or a file of one of several kinds, which is
 * read here.  The outcome of a file is the layout of the buffer in its bytes, or a listing of the members of a
 * container; of what Python's own code loads or evaluates, one object that exports the buffer.
 */
#ifndef MVIEW_SOURCE_SOURCE_H
#define MVIEW_SOURCE_SOURCE_H

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

struct source;

struct file_options {
    enum source_kind kind; /* SOURCE_AUTO, or what the user says it is */
    const char *member;    /* a part of a container, or NULL */
    const char *within;    /* the path of what `member` is a part of ("o.npy"), or NULL for the file */
    bool recursive;        /* list what is in members, too */
    /* What pickles go to instead of being read as data (--trust; python/trusted.h); NULL for none. */
    bool (*unpickle)(struct source *source, const struct file_options *options, struct error *error);
};

struct source {
    enum source_kind kind;
    struct _object *object;    /* owned by who made it (source_release); NULL for a file, until source_wrap */
    struct listing *listing;   /* owned; a container that no member was chosen from */
    bool from_file;            /* the buffer is these bytes of a file, and has no type of its own: */
    struct layout layout;      /* .. borrows from the rest */
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
};

/* Open a file ("-": standard input).  Its content decides what it is, unless options->kind does. */
bool source_file(struct source *source, const char *path, const struct file_options *options,
                 struct error *error);

/* Free everything but the object. */
void source_close(struct source *source);

/* For loaders: the buffer is the bytes that `layout` describes, read-only; an error where no view can be of it. */
bool source_set_layout(struct source *source, const struct layout *layout, struct error *error);

#endif
