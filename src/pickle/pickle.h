/*
 * A pickle as data: an opcode machine for protocols 0 to 5 that imports
 * nothing, calls nothing and never hands file content to Python's unpickler.
 *
 * The few globals that bytes, arrays and their containers need are names in a
 * table whose "calls" build plain values below; every other name, and every
 * opcode that could only serve other objects, is refused by name and place:
 * "refuses 'os.system' at byte 17".  Time, memory, depth, counts and lengths
 * are bounded.
 */
#ifndef MVIEW_PICKLE_PICKLE_H
#define MVIEW_PICKLE_PICKLE_H

#include "files/array.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct arena;
struct error;
struct pickle_global;
struct text;

enum pickle_kind {
    PICKLE_NONE,
    PICKLE_BOOL,
    PICKLE_INT,
    PICKLE_FLOAT,
    PICKLE_STR,
    PICKLE_BYTES,     /* bytes */
    PICKLE_BYTEARRAY, /* bytearray */
    PICKLE_TYPED,     /* array.array */
    PICKLE_ARRAY,     /* numpy.ndarray */
    PICKLE_SCALAR,    /* a NumPy scalar: an array of 0 dimensions, read-only */
    PICKLE_DTYPE,     /* a numpy.dtype on its own */
    PICKLE_LIST,
    PICKLE_TUPLE,
    PICKLE_DICT, /* also collections.OrderedDict */
};

/* What an array.array holds. */
struct pickle_typed {
    const char *format; /* PEP 3118: as its memoryview, but with '>' or '<' for bytes in foreign order */
    size_t itemsize;    /* bytes */
};

struct pickle_array {
    struct array array;
    /*
     * NULL, or for an array that lies in memory in neither C nor Fortran
     * order: dimension i of the array is dimension axes[i] of a block of
     * C-ordered memory.
     */
    const unsigned char *axes;
};

/*
 * A value.  All memory belongs to the arena given to pickle_parse, or is the
 * file's.  Values may be shared: the same list can be at several places.
 *
 * A str of Python 2 is a STR when it is ASCII, as Python 3 loads it, else BYTES.
 */
struct pickle_value {
    enum pickle_kind kind;
    unsigned own; /* pickle_parse's own */
    union {
        /*
         * BYTES .. SCALAR: the buffer's bytes; in the pickle itself where it
         * holds them as they are (pickle_offset), else in the arena.
         * STR: UTF-8 (lone surrogates as 3 bytes, as 'surrogatepass').
         * INT outside of int64_t: its decimal digits with a sign; else NULL.
         */
        const unsigned char *data;
        /* LIST, TUPLE: the items; DICT: key, value, key, value ...; of equal keys the last counts. */
        struct pickle_value **items;
    };
    union {
        size_t size;       /* bytes of `data` */
        size_t item_count; /* entries of `items` */
    };
    union {
        int64_t integer;                  /* BOOL, INT without `data` */
        double real;                      /* FLOAT */
        const struct pickle_typed *typed; /* TYPED */
        const struct pickle_array *array; /* ARRAY, SCALAR */
        const struct dtype *dtype;        /* DTYPE */
        /* LIST, TUPLE, DICT: values that a walk through it meets, and lines of their types' texts. */
        size_t weight;
        const struct pickle_global *global; /* pickle_parse's own */
    };
};

enum {
    PICKLE_MAX_DEPTH = 100,      /* containers within containers */
    PICKLE_MAX_WEIGHT = 2000000, /* as many as the file has bytes, if that is more */
    PICKLE_MAX_INT = 64,         /* bytes of an integer */
};

struct pickle {
    struct pickle_value *value; /* what the pickle holds */
    int protocol;               /* of its PROTO opcode; 0 without one (0 or 1) */
    size_t trailing;            /* bytes behind STOP */
    const unsigned char *bytes; /* as given to pickle_parse */
    size_t size;
};

/* True when the bytes begin as a pickle of protocol 2 or later does: PROTO, 2 .. 5. */
bool pickle_is(const void *bytes, size_t size);

/* A fair limit for the arena of a pickle of `size` bytes: room for a million numbers at least. */
size_t pickle_arena_limit(size_t size);

/*
 * Run the first pickle in the bytes.  They must stay as long as the value is
 * used.  `arena` bounds the memory (half as much again is used for the machine
 * while it runs); it is the caller's and freed by it, also after an error.
 *
 * What comes out is a finite tree: a container that contains itself, a depth
 * past PICKLE_MAX_DEPTH and a weight past PICKLE_MAX_WEIGHT are refused, so
 * that a plain recursive walk ends, and ends soon.
 */
bool pickle_parse(struct pickle *pickle, const void *bytes, size_t size, struct arena *arena,
                  struct error *error);

/* Where a value's `data` lie in the file (bytes from the start of the pickle); UINT64_MAX when they don't. */
uint64_t pickle_offset(const struct pickle *pickle, const struct pickle_value *value);

/* The value's Python type name: "numpy.ndarray", "numpy.float64", "dict", ... */
const char *pickle_type_name(const struct pickle_value *value);

/* NONE, BOOL, INT, FLOAT as repr writes them, STR and BYTES as they are; nothing for the others. */
void pickle_scalar_text(const struct pickle_value *value, struct text *text);

/*
 * A buffer's layout and format.  The value must be one (pickle_is_buffer).
 * `format` must outlive the layout.  Alignment is taken as the unpickled
 * object would have it, so that the format is that of the object, wherever its
 * bytes lie in the file.  `readonly` is true: whoever copies the bytes knows
 * better.
 */
bool pickle_is_buffer(const struct pickle_value *value);
bool pickle_layout(const struct pickle_value *value, struct text *format, struct layout *layout, bool *plain,
                   struct error *error);

/*
 * The member of a container by a path: keys and numbers joined with '/'
 * ("weights/0"); numbers below 0 count from the end.  Where several keys of a
 * dict begin the path, the longest is taken, so a key that holds a '/' works
 * too, and a str before another key of the same text.  The value, or NULL and
 * an error that names the step that failed and what there is instead.
 */
struct pickle_value *pickle_member(struct pickle_value *value, const char *path, struct error *error);

#endif
