/*
 * A format in words, and a struct laid out as pahole lays out a C struct.
 */
#ifndef MVIEW_REPORT_STRUCT_TEXT_H
#define MVIEW_REPORT_STRUCT_TEXT_H

#include <stddef.h>

struct format;
struct text;

/* What a format of one item means: "  (int32, little-endian)"; nothing for a struct. */
void struct_text_meaning(struct text *text, const struct format *format);

/*
 * One row per field of a struct: offset, size, format and name, nested structs
 * indented, holes between fields and padding at the end said where they are;
 * then the sum, which adds up to `itemsize` (bytes) or says that it does not.
 */
void struct_text(struct text *text, const struct format *format, size_t itemsize);

#endif
