/*
 * What a file is, by its content: never by its name.
 */
#ifndef MVIEW_RECIPE_CONTENT_H
#define MVIEW_RECIPE_CONTENT_H

#include <stdbool.h>

struct error;
struct mapping;

enum source_kind {
    SOURCE_EVAL,
    SOURCE_NPY,
    SOURCE_NPZ,
    SOURCE_PICKLE,
    SOURCE_TORCH,
    SOURCE_SAFETENSORS,
    SOURCE_RAW,
    SOURCE_AUTO, /* as a wish only: look at the content */
};

/* "eval", "npy", ... */
const char *source_kind_name(enum source_kind kind);

/* SOURCE_AUTO for content that is not known; any zip archive is SOURCE_NPZ. */
enum source_kind content_recognise(const struct mapping *mapping);

/* For input_open. */
bool content_is_known(const struct mapping *start);

/*
 * False, with the command that unpacks it in the error, for what is compressed.
 * `reader` is what the unpacked bytes are for: "mview-inspect --check".
 */
bool content_refuse_packed(const struct mapping *mapping, const char *path, const char *reader, struct error *error);

/* What content that is not known is, and what to do about it.  Always returns false. */
bool content_refuse(const struct mapping *mapping, const char *path, const char *reader, struct error *error);

/*
 * Behind the error of a file that was to be `kind`: what it is instead, where that is known.  Always returns false.
 */
bool content_explain(const struct mapping *mapping, enum source_kind kind, const char *path, const char *reader,
                     struct error *error);

/* The error of input_open, put better where the path is a folder, or a link, that is known.  Always returns false. */
bool content_cannot_open(const char *path, struct error *error);

#endif
