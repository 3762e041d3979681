/*
 * Text arguments: what is good text, and the escapes of protocol 0.
 */
#ifndef MVIEW_PICKLE_TEXT_H
#define MVIEW_PICKLE_TEXT_H

#include "pickle/state.h"

/* True for UTF-8 with surrogates allowed. */
bool is_text(const unsigned char *bytes, size_t size);

/*
 * The text or bytes of an argument, in place where nothing has to be decoded:
 * raw-unicode-escape to UTF-8; a quoted string's escapes.
 */
bool decode_unicode(struct machine *machine, const unsigned char **text, size_t *size);
bool decode_quoted(struct machine *machine, const unsigned char **text, size_t *size);

#endif
