/*
 * A format string taken apart: PEP 3118 ("Additions to the struct string-
 * syntax") and the struct module's syntax, with everything that exporters are
 * known to emit beside it (ctypes' '<u', '&<i', '(2,3)<f', 'X{}'; NumPy's '^'
 * and byte-order switches that stay in force across T{}; 'w').
 *
 * The text is hostile: its length, depth, counts and products are bounded, and
 * every failure names the place.
 */
#ifndef MVIEW_FORMAT_FORMAT_H
#define MVIEW_FORMAT_FORMAT_H

#include "format/field.h"

#include <stdbool.h>
#include <stddef.h>

struct error;

/*
 * Take a NUL-terminated format apart.  On success the caller frees the result
 * with format_free, and keeps the text as long; on an error there is nothing
 * to free and the message names the place in bytes from 0 ("format 'T{i:a':
 * name without end at 4").
 *
 * An order character stays in force until the next one, into and out of T{}.
 * As long as '@' is, members lie where a C compiler would put them (and where
 * NumPy's reader does): each aligned, nested structs padded to their alignment.
 * A count (but 1) or a shape in front makes a sub-array; x s p u w t take the
 * count as theirs.  u is 4 bytes after < > = ! (as ctypes writes it), 2 elsewhere.
 *
 * `itemsize` (bytes, -1 when unknown) can tell that a text means something
 * else.  Then the other sizes of u are tried, and what NumPy's writer means by
 * '@', which its reader does not know: it writes every gap as x, counts those
 * after a nested struct from that struct's last member, so that they include
 * its padding, and takes '@' for a packed struct too when all its members
 * happen to be aligned in memory.  A reading that fits the item size is
 * preferred to one that lies inside it, and that to one that does not;
 * FORMAT_UNALIGNED says that the layout is not the one which '@' asks for.
 */
bool format_parse(struct format *format, const char *text, ptrdiff_t itemsize, struct error *error);
void format_free(struct format *format);

/*
 * True when `itemsize` is the format's size, with or without its trailing
 * padding.  With FORMAT_UNALIGNED, other consumers will not find that it fits.
 */
bool format_fits(const struct format *format, size_t itemsize);

/*
 * True when two formats describe the same item: same kinds, sizes, byte orders
 * (where there is more than one byte), offsets, shapes and names, however they
 * are spelled ('l' and 'q' on LP64, a gap written as x or left to '@').
 */
bool format_same_item(const struct format_field *a, const struct format_field *b);

/* True when two formats put fields of the same sizes into the same places, whatever they write of padding. */
bool format_same_places(const struct format *a, const struct format *b);

#endif
