/*
 * One item's bytes as the text that Python's repr would give.
 */
#ifndef MVIEW_VALUE_VALUE_H
#define MVIEW_VALUE_VALUE_H

#include <stddef.h>

struct format_field;
struct text;

/*
 * Append the value of one field of a parsed format: `bytes` points to its first
 * byte and need not be aligned; all field->size bytes must be readable (the
 * caller copies them under the guard).
 *
 * Integers, booleans, floats (as the Python float that struct.unpack makes of
 * them; long double as NumPy prints it), complex numbers, bytes (s with all its
 * NULs, p what its length byte says) and str as repr writes them; structs as
 * tuples, sub-arrays as lists.  What Python has no word for:
 *   - w and u with a count ("5w", NumPy's str) lose their NULs at the end, as in
 *     NumPy; without one ("w", array.array's) they are one character, NUL too.
 *     Code points past U+10FFFF become \U........, lone surrogates \uDxxx.
 *   - Pointers and Python objects are 0x..., never followed; bits are 0b...
 *   - Pad bytes without a name are skipped within a struct; with a name, or as
 *     the whole item, they are opaque bytes (NumPy's void): b'...'.
 *   - x87 encodings that the processor calls invalid are nan.  A long double
 *     that is neither x87's nor IEEE binary128 is shown as bytes.
 *   - More than 65536 values that take no bytes ("(1000000000)0s") are cut with
 *     "...": the text is never much longer than item and format account for.
 */
void value_append(struct text *text, const struct format_field *field, const unsigned char *bytes);

/*
 * datetime64 and timedelta64 as NumPy's str gives them ("2024-02-29T12:00",
 * "NaT", "3 days"), with the right year where NumPy's 64 bits overflow.  `unit`
 * is the dtype's text, such as "<M8[ns]" or ">m8[25us]"; `bytes` are 8.  A
 * datetime64 without a unit, and any other text, gives the plain integer.
 */
void value_append_datetime(struct text *text, const char *unit, const unsigned char bytes[8]);

/* Bytes as repr writes them: b'...'. */
void value_append_bytes(struct text *text, const unsigned char *bytes, size_t size);

/* A str, given in UTF-8, as repr writes it; a byte that is no UTF-8 becomes \xHH. */
void value_append_utf8(struct text *text, const char *bytes, size_t length);

#endif
