/*
 * JSON (RFC 8259), pulled token by token from hostile bytes: nothing is built,
 * and strings are decoded where they lie.
 */
#ifndef MVIEW_FILES_JSON_PULL_H
#define MVIEW_FILES_JSON_PULL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct error;

struct json_pull {
    char *text;       /* borrowed; strings that were read are overwritten */
    size_t size;      /* bytes */
    size_t at;        /* of the next token */
    size_t place;     /* offset of text[0], as messages count bytes */
};

/* All fail with one line that names the place; after that the reader is of no more use. */

/* True, and stepped over, when the next token is this one character of punctuation. */
bool pull_take(struct json_pull *json, char token);

/* The same as a must: "'{' expected at byte 8". */
bool pull_expect(struct json_pull *json, char token, struct error *error);

/* True at the end of the text (white space aside). */
bool pull_at_end(struct json_pull *json);

/* A string within `text`, in valid UTF-8 with a NUL behind it; NULs within and lone surrogates are refused. */
bool pull_string(struct json_pull *json, const char **string, size_t *length, struct error *error);

/* A whole number from 0 to INT64_MAX, without fraction or exponent. */
bool pull_integer(struct json_pull *json, int64_t *number, struct error *error);

/* Any value, checked and left out. */
bool pull_skip(struct json_pull *json, struct error *error);

/*
 * Steps through an object or array that was begun with pull_take or pull_expect: true when another
 * item comes.  `count` items were read so far.  *ok turns false on an error.
 */
bool pull_more(struct json_pull *json, char closing, size_t count, bool *ok, struct error *error);

#endif
