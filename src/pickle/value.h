/*
 * What a pickle holds, as plain data.
 *
 * A value is one of Python's plain kinds, the name of a global, or an
 * *object*: what loading would make by calling something, with all that the
 * stream gave it.  Nothing here was imported or called.
 *
 * All memory belongs to the arena that the pickle was read into, or is the
 * file's.  Values are shared as the stream shares them, and may be cyclic: a
 * list can hold itself.
 */
#ifndef MVIEW_PICKLE_VALUE_H
#define MVIEW_PICKLE_VALUE_H

#include "memory/layout.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct arena;
struct dtype;
struct error;
struct text;

enum pickle_kind {
    PICKLE_NONE,
    PICKLE_BOOL,
    PICKLE_INT, /* in int64_t */
    PICKLE_FLOAT,
    PICKLE_LONG, /* an int outside of int64_t */
    PICKLE_STR,
    PICKLE_BYTES,     /* bytes */
    PICKLE_BYTEARRAY, /* bytearray */
    PICKLE_TYPED,     /* array.array */
    PICKLE_ARRAY,     /* an array of numbers */
    PICKLE_SCALAR,    /* a NumPy scalar: an array of 0 dimensions, read-only */
    PICKLE_DTYPE,     /* a numpy.dtype on its own */
    PICKLE_LIST,
    PICKLE_TUPLE,
    PICKLE_SET,
    PICKLE_FROZENSET,
    PICKLE_DICT,
    PICKLE_GLOBAL, /* a name: of a class, a function, a module's variable */
    PICKLE_OBJECT,

    /* What recipes make of objects; no opcode gives these. */
    PICKLE_TEXT,  /* what repr would write of it */
    PICKLE_GRID,  /* an array of Python objects */
    PICKLE_NAMED, /* members by name */
};

/* What an array.array holds. */
struct pickle_typed {
    const char *format; /* PEP 3118: as its memoryview, but with '>' or '<' for bytes in foreign order */
    size_t itemsize;    /* bytes */
};

/* An array of any strides.  Item (0, 0, ...) lies at the value's `data`. */
struct pickle_array {
    const struct dtype *dtype;
    const char *type_text; /* NULL, or what the type is called where NumPy has no such: "bfloat16" */
    int ndim;
    const ptrdiff_t *shape;   /* items */
    const ptrdiff_t *strides; /* bytes */
    bool native;              /* loading gives it in the machine's byte order (dtype_native) */
};

enum { PICKLE_MAX_NAME = 500 }; /* bytes of a dotted name that are shown */

/* One for each different name in a pickle. */
struct pickle_global {
    const char *module;
    size_t module_size; /* bytes */
    const char *name;   /* may be dotted itself */
    size_t name_size;
    const char *dotted; /* "os.system" to be shown: cut with "..." past PICKLE_MAX_NAME, NUL written as \x00 */
    bool called;        /* loading calls it, or makes an instance of it */
    size_t place;       /* byte of the pickle where it is first named */
    size_t calls;       /* how often it is called, and where first */
    size_t call_place;
    struct pickle_global *next; /* the one named before it, or NULL */
    const void *recipe;         /* the recipes' own: what was found for the name */
    bool sought;                /* likewise: whether it was looked for */
    void *audited;              /* the audit's own: what its tables say of it */
    uint64_t hash;              /* the machine's own: of both names, */
    struct pickle_global *neighbour; /* and the next of its table's row */
};

/* `states` of an object of which no BUILD is counted any more: its `state` is a LIST of them. */
enum { PICKLE_SEVERAL = 2 };

enum pickle_how {
    PICKLE_CALLED,     /* REDUCE */
    PICKLE_NEW,        /* NEWOBJ, NEWOBJ_EX: cls.__new__(cls, ...) */
    PICKLE_INSTANCE,   /* INST, OBJ */
    PICKLE_CHANGED,    /* a global itself that was given state or items */
    PICKLE_PERSISTENT, /* PERSID, BINPERSID: `arguments` is the id */
    PICKLE_BUFFER,     /* NEXT_BUFFER: bytes that are not in the file */
};

/* What few objects have. */
struct pickle_rare {
    struct pickle_value *keywords; /* mostly a DICT */
    const struct pickle_value *setter; /* what is called to set the state in place of BUILD (object_set_by), or NULL */

    /* Bytes in the stream behind the last BUILD that a hook stepped over (joblib); NULL for none. */
    const unsigned char *behind;
    size_t behind_size;
    struct pickle_value *behind_value; /* or the pickle that lay there */
};

/* What loading would make by a call, and what it would then do to it; NULL for what was not given. */
struct pickle_object {
    enum pickle_how how;
    unsigned char states;           /* BUILDs: 0, 1 or PICKLE_SEVERAL */
    unsigned char settled;          /* the recipes' own */
    bool outside;                   /* likewise: its data are not in the file, which is no fault */
    bool quiet;                     /* likewise: the arguments say no more than the type */
    struct pickle_value *callable;  /* mostly a GLOBAL; another object where a call's result is called */
    struct pickle_value *arguments; /* mostly a TUPLE */
    struct pickle_value *state;     /* BUILD; a LIST of them when there were several */
    struct pickle_value *items;   /* LIST: APPEND, APPENDS, ADDITEMS */
    struct pickle_value *entries; /* DICT: SETITEM, SETITEMS */
    size_t place;                 /* byte of the opcode that made it */
    struct pickle_object *earlier; /* the one made before it, or NULL */
    struct pickle_rare *rare;      /* NULL for most; made by pickle_rare_of */

    /* What a recipe made of it. */
    struct pickle_value *meaning; /* what is shown instead of the parts, or NULL */
    const char *type;             /* the type's name where it is not the callable's, or NULL */
    const char *remark;           /* why it is not what it claims to be, or what else is to be said; or NULL */
};

/* A name of a PICKLE_NAMED's. */
struct pickle_named {
    const char *name;
    struct pickle_value *value;
};

/* An array of Python objects: the items lie in the value's `items`, in C order. */
struct pickle_grid {
    int ndim;
    const ptrdiff_t *shape;
};

/*
 * A str of Python 2 is a STR when it is ASCII, as Python 3 loads it, else BYTES.
 * Numbers and objects, of which there may be millions, end behind the first union:
 * NONE .. FLOAT, GLOBAL and OBJECT (value_size).  They are never copied whole.
 */
struct pickle_value {
    enum pickle_kind kind;
    unsigned mark; /* for whoever walks through values: 0 at first */
    union {
        int64_t integer;                  /* BOOL, INT */
        double real;                      /* FLOAT */
        const struct pickle_typed *typed; /* TYPED */
        const struct pickle_array *array; /* ARRAY, SCALAR */
        const struct dtype *dtype;        /* DTYPE */
        size_t room;                      /* LIST .. DICT: entries that `items` has room for */
        struct pickle_global *global;     /* GLOBAL */
        struct pickle_object *object;     /* OBJECT */
        const struct pickle_grid *grid;   /* GRID */
        struct pickle_value *numbered;    /* NAMED: items by number before those by name, a LIST; or NULL */
    };
    union {
        /*
         * BYTES .. SCALAR: the buffer's first item; in the file itself where it
         * holds them as they are, else in the arena.
         * STR, TEXT: UTF-8 (lone surrogates as 3 bytes, as 'surrogatepass').
         * LONG: its decimal digits with a sign.
         * DTYPE: what the type is called where NumPy has no such, a string; else NULL.
         */
        const unsigned char *data;
        /* LIST, TUPLE, SET, FROZENSET, GRID: the items; DICT: key, value, key ...; of equal keys the last counts. */
        struct pickle_value **items;
        struct pickle_named *named; /* NAMED */
    };
    union {
        size_t size;       /* bytes of `data`; ARRAY: of its items */
        size_t item_count; /* entries of `items` or `named` */
    };
};

/* Bytes that a value of this kind takes. */
static inline size_t value_size(enum pickle_kind kind)
{
    return kind <= PICKLE_FLOAT || kind == PICKLE_GLOBAL || kind == PICKLE_OBJECT ? offsetof(struct pickle_value, data)
                                                                                  : sizeof(struct pickle_value);
}

/* An object's rare parts, made when there are none; NULL when the arena is full. */
struct pickle_rare *pickle_rare_of(struct pickle_object *object, struct arena *arena);

/* Its keywords; its setter: each NULL where it has none. */
struct pickle_value *pickle_keywords(const struct pickle_object *object);
const struct pickle_value *pickle_setter(const struct pickle_object *object);

/* The value's own Python type: "numpy.ndarray", "numpy.float64", "dict"; an OBJECT's callable's name. */
const char *pickle_type_name(const struct pickle_value *value);

/* The global that a value is, also when it was given state; NULL for other values. */
struct pickle_global *pickle_global_of(const struct pickle_value *value);

bool pickle_is_ascii(const unsigned char *bytes, size_t size);

/* True for the kinds whose `items` are a plain sequence: LIST, TUPLE, SET, FROZENSET. */
bool pickle_is_sequence(const struct pickle_value *value);

/* True for this global; for a str equal to `text`. */
bool value_is_global(const struct pickle_value *value, const char *module, const char *name);
bool value_is_text(const struct pickle_value *value, const char *text);

/* True for an int of any size. */
bool value_is_integer(const struct pickle_value *value);

/* An integer that fits, from INT (and BOOL, as Python has it). */
bool value_to_int(const struct pickle_value *value, int64_t *integer);
bool value_to_unsigned(const struct pickle_value *value, uint64_t *integer);

/* Digits without a sign; false when there are others or they are too large. */
bool digits_to_unsigned(const unsigned char *digits, size_t size, uint64_t *number);

/* NONE, BOOL, INT, LONG, FLOAT as repr writes them, STR, BYTES and TEXT as they are; nothing for the others. */
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

/* True for the kinds that have a dtype: ARRAY, SCALAR. */
bool pickle_has_dtype(const struct pickle_value *value);

/* The type of an ARRAY's or SCALAR's items, in the file's own words. */
void pickle_dtype_text(const struct pickle_value *value, struct text *text);

/* .. and where they lie, where their format tells it wrong (dtype_exact_format); else nothing. */
void pickle_exact_format(const struct pickle_value *value, const char *format, struct text *exact);

#endif
