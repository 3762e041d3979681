/*
 * NumPy's array interface, version 3, told by a dict: __array_interface__, and
 * __cuda_array_interface__, which is the same but for whose memory it is.
 *
 * The dict is Python's; what was found in it comes here as plain data.  The
 * sources are NumPy's "The array interface protocol" and Numba's "CUDA Array
 * Interface (Version 3)".
 */
#ifndef MVIEW_PROTOCOL_ARRAY_INTERFACE_H
#define MVIEW_PROTOCOL_ARRAY_INTERFACE_H

#include "memory/layout.h"
#include "protocol/telling.h"

#include <stdbool.h>
#include <stdint.h>

/* What a key of the dict has. */
enum key_state {
    KEY_MISSING,
    KEY_NONE,  /* None, where that means the default; for `data` too */
    KEY_WRONG, /* what the protocol does not know: `wrong` says what it is */
    KEY_GIVEN,
};

struct interface_key {
    enum key_state state;
    char wrong[80]; /* "is a list", "has a str at 1" */
};

struct array_interface {
    struct interface_key version;
    int64_t version_number;

    struct interface_key shape;
    int ndim;              /* at most LAYOUT_MAX_NDIM: more is wrong */
    int64_t extents[LAYOUT_MAX_NDIM];

    struct interface_key strides;
    int stride_count;
    int64_t steps[LAYOUT_MAX_NDIM]; /* bytes */

    struct interface_key typestr;
    const char *typestr_text; /* NUL-terminated */

    struct interface_key descr;
    const char *descr_text; /* the list as repr writes it, NUL-terminated */

    /* an address, or an object with a buffer */
    struct interface_key data;
    bool have_buffer;
    uintptr_t address; /* of the first item; with a buffer where that begins */
    bool readonly;
    int64_t length;    /* with a buffer: bytes in it, */
    struct interface_key offset;
    int64_t offset_bytes; /* and those in front of the first item */

    bool have_mask;   /* something but None */
    bool have_stream; /* of a GPU, to wait for */
};

/* Begin the telling of one of the two protocols. */
struct telling array_interface_read(enum protocol protocol, const struct array_interface *interface);

/*
 * The last step of both array interfaces: the type of `typestr`, or, where that
 * is void, of `descr` (the repr of a list; NULL for none); and whether they fit.
 * False with a fault where there is no such type.
 */
bool array_interface_finish(struct telling *telling, enum fault_kind kind, const char *typestr, const char *descr);

#endif
