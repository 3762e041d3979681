/*
 * Everything that can be shown of one input, and the one table of its fields
 * that text, JSON, -f and --list-fields are written from.
 */
#ifndef MVIEW_REPORT_RECORD_H
#define MVIEW_REPORT_RECORD_H

#include "dump/dump.h"
#include "memory/layout.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct error;
struct format;
struct member;
struct notes;
struct output;
struct swap;

/* All pointers are borrowed. */
struct record {
    const char *name;             /* as given */
    const char *source;           /* "eval", "npy", ... */
    const char *type;             /* NULL for a file */
    const char *dtype;            /* NULL when the file has none */
    const char *loaded;           /* NumPy's type, where loading turns the items into another byte order; else NULL */
    const struct swap *swap;      /* .. and how it does; else NULL */
    const struct layout *layout;  /* what is reported; `given` tells NULLs; NULL for what is no buffer */
    const struct layout *content; /* how it is read; NULL when it cannot be */
    const char *unread;           /* why it is not read, though it could be told how: another device's; else NULL */
    const struct format *format;  /* taken apart; NULL when there is none, or it cannot be */
    bool raw_reply;               /* the answer to one request: what is not there is NULL, and said so */
    bool have_offset;
    uint64_t offset; /* bytes */
    bool have_copied;
    bool copied;
    bool mapped;           /* the memory is a mapped file's */
    struct dump_file file; /* mapped: which, and where in it layout->buf lies */
    const struct notes *imports; /* what loading a pickle would import, and of that call; NULL for what is none */
    const struct notes *calls;
    const struct notes *notes;
};

/*
 * The record of a container's member, or of what is no buffer: its facts without
 * an address.  Its layout, if it has one, is put into *layout.
 */
struct record record_of_member(const struct member *member, const char *source, struct layout *layout);

enum field_kind {
    FIELD_TEXT,
    FIELD_NUMBER,
    FIELD_ADDRESS,
    FIELD_BOOLEAN,
    FIELD_LIST,  /* of numbers */
    FIELD_TREE,  /* the format taken apart */
    FIELD_NAMES, /* list of dotted names */
    FIELD_NOTES, /* list of sentences */
};

enum field_shown {
    SHOWN_ALWAYS,
    SHOWN_IF_SET,
    SHOWN_NEVER,
};

/* A field's value; which member counts is told by the field's kind. */
struct field_value {
    bool null;
    const char *text;       /* raw: escaped by the writer */
    int64_t number;
    const void *address;
    bool boolean;
    const ptrdiff_t *list;
    size_t count;           /* of list */
    const struct format *tree;
    const struct notes *notes; /* NAMES, too */
};

struct record_field {
    const char *name;
    enum field_kind kind;
    const char *unit;
    enum field_shown shown;
    const char *help;
    struct field_value (*get)(const struct record *record);
};

extern const struct record_field record_fields[];
extern const size_t record_field_count;

/*
 * The fields named in a list ("shape,format"), in its order: an array of
 * pointers into `record_fields`, owned by the caller (free).  NULL and the error,
 * with the near match, for a name that is not one.
 */
const struct record_field **fields_choose(const char *list, size_t *count, struct error *error);

/* One line per field: name and help. */
void fields_list(struct output *output);

#endif
