/*
 * Names of item types that are no PEP 3118 format: what a user calls them, or an
 * exporter of what PEP 3118 has no code for.
 */
#ifndef MVIEW_FILES_TYPE_NAME_H
#define MVIEW_FILES_TYPE_NAME_H

#include <stdbool.h>
#include <stddef.h>

struct text;

struct type_name {
    size_t size; /* bytes of an item */
    bool plain;  /* the format says it all; else it is a stand-in of the same size and byte order */
};

/*
 * Is `name` the type of a row of value/named.def (named_in_format) or
 * value/ordinary.def ("uint16"), or NumPy's text of one type ("<M8[ns]", ">f4",
 * "|V2"; not a Python object's)?  Then `dtype` gets the name as `dtype` fields
 * have it ("bfloat16", ">bfloat16", "<u2"), and `format` a PEP 3118 format of
 * such items.  False, both left alone, for other texts, among them all PEP 3118
 * formats.
 */
bool type_name_read(const char *name, struct type_name *type, struct text *dtype, struct text *format);

#endif
