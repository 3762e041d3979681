/*
 * What one protocol tells of an object's memory, as plain data.
 *
 * An object that shares memory often tells of it in several ways: by the buffer
 * protocol, by __array_interface__ or __array_struct__, by a DLPack capsule, by
 * the Arrow C data interface.  Each has a reader in this room that makes a
 * telling of it; agree.h says where two of them differ.
 *
 * Whatever lies behind a pointer is the exporter's word and read under the
 * guard (memory/guard.h, which must have been started): what cannot be is a
 * fault of the telling, never ours.  The memory itself is not looked at.
 */
#ifndef MVIEW_PROTOCOL_TELLING_H
#define MVIEW_PROTOCOL_TELLING_H

#include "base/notes.h"
#include "base/text.h"
#include "memory/layout.h"
#include "protocol/protocol.h"

#include <stdbool.h>
#include <stddef.h>

struct dtype;
struct error;

const char *protocol_name(enum protocol protocol);      /* "dlpack" */
const char *protocol_attribute(enum protocol protocol); /* "__dlpack__" */
const char *protocol_title(enum protocol protocol);     /* as sentences call it: "DLPack" */

enum fault_kind {
#define FAULT(id, rule) FAULT_##id,
#include "protocol/faults.def"
#undef FAULT
    FAULT_COUNT
};

const char *fault_rule(enum fault_kind kind); /* "dlpack-tensor" */

struct protocol_fault {
    enum fault_kind kind;
    bool is_warning; /* others stumble over it; else it is an error */
    char *sentence;  /* owned; one line, raw: it may quote the exporter's own text */
};

struct telling {
    enum protocol protocol;
    char version[24]; /* of the protocol, as the exporter gives it: "3", "1.3"; "" where none is told */
    char device[40];  /* where the memory lies: "cpu", "cuda:0" */
    bool is_local;    /* it is memory of this process, which may be read */
    bool have_layout; /* `layout`, `type` and `format` hold; if not, a fault or an obstacle says why */
    /*
     * Strides are in bytes whatever the protocol counts in; where it gave NULL they are those of C order, and
     * LAYOUT_STRIDES is not in `given`.  It need not pass layout_check: extents may be negative, products overflow
     * (len is 0 then).  `readonly` is true where nothing is said.
     */
    struct layout layout;
    struct text type;      /* of the items, in the protocol's own words: "bfloat16", "<f4", "w:16" */
    struct text format;    /* of the items, in PEP 3118's */
    bool is_plain;         /* the format says all that the type does; if not, it only has the same size */
    bool is_packed;        /* items are smaller than bytes: the layout is that of the bytes they lie in */
    enum said readonly;
    struct notes notes;    /* what else there is: copies, bitmaps, streams */
    struct text obstacle;  /* why there is no layout though nothing is wrong; empty where there is none */
    struct protocol_fault *faults;  /* owned; in the order they were found */
    size_t fault_count;
    bool failed;           /* out of memory at some time */
    unsigned per_byte;     /* packed: the items in each byte, the first in its lowest bits; 0 where that is no number */
};

/* An empty telling of a protocol, on the device "cpu". */
void telling_begin(struct telling *telling, enum protocol protocol);
void telling_free(struct telling *telling);

/* The telling of a buffer whose layout has been read; its format is copied. */
void telling_of_buffer(struct telling *telling, const struct layout *layout);

/* Whether it can be shown; if not, the error says why: the obstacle, or the first fault that is no warning. */
bool telling_check(const struct telling *telling, struct error *error);

/* "DLPack 1.3, cuda:0": the protocol, its version and the device. */
void telling_title(const struct telling *telling, struct text *text);

/* --- for the readers ------------------------------------------------------------------- */

/* Add a fault.  Always returns false. */
bool telling_fault(struct telling *telling, enum fault_kind kind, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
bool telling_warn(struct telling *telling, enum fault_kind kind, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* What makes it impossible to tell a layout, without being wrong.  Always returns false. */
bool telling_obstruct(struct telling *telling, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Copy `size` bytes from an exporter's pointer; false, with a fault that calls it `what`, where it cannot be read. */
bool telling_copy(struct telling *telling, enum fault_kind kind, const char *what, void *to, const void *from,
                  size_t size);

/* Append a NUL-terminated string of at most `most` bytes from an exporter's pointer; false with a fault. */
bool telling_copy_string(struct telling *telling, enum fault_kind kind, const char *what, struct text *to,
                         const char *from, size_t most);

/*
 * The last step: buf, ndim, shape and (unless NULL was given) strides are in
 * the layout.  Fill itemsize, format and type in from a NumPy type, whose words
 * for the type are appended where there are none yet; then len, and the strides
 * where none were given.  `have_layout` is true from then on.
 */
void telling_finish(struct telling *telling, const struct dtype *dtype);

/* The same with a format of its own, for items that no NumPy type has. */
void telling_finish_format(struct telling *telling, const char *format, size_t itemsize);

#endif
