/*
 * The names that are known: which run code, which only build data.
 */
#ifndef MVIEW_AUDIT_NAMES_H
#define MVIEW_AUDIT_NAMES_H

#include <stdbool.h>
#include <stddef.h>

/* What a row of code.def, standard.def or libraries.def says of a name: see there. */
enum known_kind {
    KNOWN_CODE,
    KNOWN_ARRAY,
    KNOWN_CALLED,
    KNOWN_BUILDS,
    KNOWN_CLASSES,
    KNOWN_INSTANCES,
    KNOWN_MAKES,
    KNOWN_ALLOCATES,
    KNOWN_CALLS,
    KNOWN_LATER,
    KNOWN_TYPES,
    KNOWN_LOADS,
    KNOWN_ENCODES,
    KNOWN_FILLS,
};

struct known_name {
    enum known_kind kind;
    const char *module; /* may end with ".*", or be "*" */
    size_t module_size; /* bytes */
    const char *name;   /* may be "*" */
    size_t name_size;
    unsigned argument;  /* MAKES, ALLOCATES, CALLS, LATER: its place */
    const char *what;   /* it does or gives: the reason for the row */
};

extern const struct known_name known_names[];
extern const size_t known_name_count;

/* The row that fits a name best; NULL for one that is in no table.  The name may be dotted. */
const struct known_name *known_find(const char *module, size_t module_size, const char *name, size_t name_size);

/* Whether a name looks like a class's, as PEP 8 has it, or like what Cython makes to build one. */
bool known_is_class(const char *name, size_t size);

#endif
