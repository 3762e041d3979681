/*
 * Growable text, and the one place where foreign text is made fit to show.
 *
 * Running out of memory is sticky: after a failed growth every call is a no-op
 * and `failed` stays true, so that a writer checks once, at its end.
 */
#ifndef MVIEW_BASE_TEXT_H
#define MVIEW_BASE_TEXT_H

#include <stdbool.h>
#include <stddef.h>

struct text {
    char *data;      /* owned; NUL-terminated when not NULL */
    size_t length;   /* bytes, without the NUL */
    size_t capacity; /* bytes */
    bool failed;     /* out of memory at some time */
};

#define TEXT_INIT {NULL, 0, 0, false}

void text_free(struct text *text);  /* leaves it as TEXT_INIT */
void text_clear(struct text *text); /* empties it, keeps the memory */

void text_append(struct text *text, const char *bytes, size_t length);
void text_puts(struct text *text, const char *string);
void text_putc(struct text *text, char c);
void text_spaces(struct text *text, size_t count);
void text_printf(struct text *text, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* Numbers with a separator between them; and as Python writes a tuple of them: "()", "(2,)", "(2, 3)". */
void text_numbers(struct text *text, const ptrdiff_t *numbers, size_t count, const char *separator);
void text_tuple(struct text *text, const ptrdiff_t *numbers, size_t count);

/* The text as a string: "" when nothing was ever appended. */
const char *text_string(const struct text *text);

/*
 * Append foreign bytes so that they are valid UTF-8 and cannot drive a
 * terminal: control characters (C0, DEL, C1) and bytes that are no UTF-8
 * become \xHH, bidirectional and invisible format characters and line
 * separators \uHHHH or \UHHHHHHHH.  Printable text, a backslash too, stays
 * as it is.
 */
void text_escape(struct text *text, const char *bytes, size_t length);
void text_escape_string(struct text *text, const char *string);

/*
 * The same choice of characters for text that is JSON already: what would be
 * escaped above becomes \uHHHH (a surrogate pair past U+FFFF), which leaves
 * the JSON value the same.  The bytes must be valid UTF-8.
 */
void text_escape_json(struct text *text, const char *bytes, size_t length);

/*
 * Decode one UTF-8 sequence (RFC 3629: no surrogates, no overlong forms).
 * Returns its length in bytes, 1 to 4, and the code point; 0 when the bytes
 * at hand are not one.
 */
size_t utf8_read(const char *bytes, size_t length, unsigned *code_point);

/* Encode a code point up to U+10FFFF (surrogates too) in 1 to 4 bytes; returns how many. */
size_t utf8_write(unsigned code_point, char bytes[4]);

#endif
