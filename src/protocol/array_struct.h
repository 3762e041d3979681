/*
 * NumPy's array interface, told by a C structure: __array_struct__ is a capsule
 * around a PyArrayInterface ("The array interface protocol", section "C-struct
 * access").
 */
#ifndef MVIEW_PROTOCOL_ARRAY_STRUCT_H
#define MVIEW_PROTOCOL_ARRAY_STRUCT_H

#include "protocol/telling.h"

#include <stdint.h>

enum {
    ARRAY_STRUCT_TWO = 2, /* what `two` is, a check that it is such a structure */

    ARRAY_STRUCT_C_CONTIGUOUS = 0x1, /* flags */
    ARRAY_STRUCT_F_CONTIGUOUS = 0x2,
    ARRAY_STRUCT_ALIGNED = 0x100,
    ARRAY_STRUCT_NATIVE = 0x200, /* byte order */
    ARRAY_STRUCT_WRITEABLE = 0x400,
    ARRAY_STRUCT_HAS_DESCR = 0x800,
};

struct array_struct {
    int two;
    int nd;
    char typekind; /* as in typestr */
    int itemsize;  /* bytes */
    int flags;
    intptr_t *shape;   /* items */
    intptr_t *strides; /* bytes */
    void *data;
    void *descr; /* a Python object, with ARRAY_STRUCT_HAS_DESCR */
};

/*
 * The object under `descr` of the structure at `from`; NULL where there is
 * none, or the structure cannot be read.
 */
void *array_struct_descr(const void *from);

/* Begin the telling of the structure at `from`; `descr` is its descr as repr writes it, or NULL. */
struct telling array_struct_read(const void *from, const char *descr);

#endif
