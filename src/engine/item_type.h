/*
 * What items are by a name that is no PEP 3118 format: one that --format gives,
 * or that the exporter answers as its format.
 */
#ifndef MVIEW_ENGINE_ITEM_TYPE_H
#define MVIEW_ENGINE_ITEM_TYPE_H

#include "base/text.h"

#include <stdbool.h>
#include <stddef.h>

struct error;
struct format;
struct notes;

struct item_type {
    struct text dtype;  /* the name; empty where there is none */
    struct text format; /* the PEP 3118 format that stands for it; empty where the type is not known */
    size_t size;        /* bytes of an item */
};

#define ITEM_TYPE_INIT {.dtype = TEXT_INIT, .format = TEXT_INIT}

/*
 * --format's argument, where it is such a name; else it is to be a PEP 3118
 * format, and *type stays empty.  False when it is neither: the error names the
 * near match, where there is one.
 */
bool item_type_of_option(struct item_type *type, const char *name, struct notes *notes, struct error *error);

/*
 * An exporter's format that cannot be taken apart: `why` it cannot becomes a note
 * when it is no name either.  True when the type is known: *format is then what
 * stands for it, for format_free; type must outlive it.
 */
bool item_type_of_format(struct item_type *type, const char *text, ptrdiff_t itemsize, struct format *format,
                         struct notes *notes, const struct error *why);

void item_type_free(struct item_type *type);

#endif
