/*
 * The pickle machine's inside: shared by pickle*.c, nobody else's.
 *
 *   pickle_machine.c   the table of opcodes; those that work on the stack
 *   pickle_literals.c  the opcodes that push a value of their own
 *   pickle_stack.c     stack, marks, memo, and the opcodes' arguments
 *   pickle_value.c     values and errors while the machine runs
 *   pickle_number.c    integers and floats in their spellings
 *   pickle_text.c      escapes and encodings of text arguments
 *   pickle_build.c     the table of globals, and what their calls build
 *   pickle_dtype.c     numpy.dtype's part of that
 *   pickle_typed.c     array.array's part
 *   pickle.c           the finished value: bounds, layouts, members
 */
#ifndef MVIEW_PICKLE_MACHINE_H
#define MVIEW_PICKLE_MACHINE_H

#include "base/arena.h"
#include "pickle/pickle.h"

/* Kinds that only live while the machine runs. */
enum {
    KIND_GLOBAL = PICKLE_DICT + 1, /* `global` */
    KIND_STRING,                   /* a str of Python 2: bytes or text, which shows by its use */
    KIND_UNBUILT,                  /* what _reconstruct gives: an ndarray that waits for its state */
};

struct machine {
    const unsigned char *bytes;
    size_t size;
    size_t at;          /* bytes read */
    size_t opcode_at;   /* place of the opcode that runs */
    const char *opcode; /* its name */
    int protocol;
    struct arena *arena; /* of the values; the caller's */
    struct error *error; /* the caller's */

    /* Scratch memory, owned; together at most half of the arena's limit. */
    struct pickle_value **stack;
    struct pickle_value **memo; /* NULL where nothing was put */
    size_t *marks;              /* heights of the stack */
    size_t stack_count, stack_room;
    size_t memo_count, memo_room; /* memo_count: values put, the index of the next MEMOIZE */
    size_t mark_count, mark_room;

    size_t work;                      /* bytes and items of values that calls have read so far */
    struct pickle_value *small[256];  /* shared integers, made when first met */
    struct pickle_value *constant[3]; /* None, False, True; likewise */
};

/* One opcode after the other up to STOP; the value left on the stack, or NULL. */
struct pickle_value *machine_run(struct machine *machine);
void machine_free(struct machine *machine);

/* --- opcodes that push a value of their own (pickle_literals.c) --- */

bool run_constant(struct machine *machine, unsigned which); /* 0 None, 1 False, 2 True */
bool run_unsigned(struct machine *machine, unsigned width); /* widths in bytes, of numbers or of lengths */
bool run_binint(struct machine *machine, unsigned width);
/* INT and LONG: decimal digits; INT's "00" and "01" are bools, LONG ends in L. */
bool run_digits(struct machine *machine, unsigned is_long);
bool run_long(struct machine *machine, unsigned width);
bool run_float(struct machine *machine, unsigned unused);
bool run_binfloat(struct machine *machine, unsigned unused);
bool run_bytes(struct machine *machine, unsigned width);
bool run_bytearray(struct machine *machine, unsigned width);
bool run_binstring(struct machine *machine, unsigned width);
bool run_string(struct machine *machine, unsigned unused);
bool run_unicode(struct machine *machine, unsigned unused);
bool run_binunicode(struct machine *machine, unsigned width);

/* --- stack, marks and memo (pickle_stack.c) --- */

/* Takes NULL, for a value that could not be made. */
bool stack_push(struct machine *machine, struct pickle_value *value);
bool stack_push_mark(struct machine *machine);
/* Pop the last mark; what lay above it is then stack[*first .. stack_count). */
bool stack_pop_mark(struct machine *machine, size_t *first);
/* How far the stack may be popped: to the last mark. */
size_t stack_fence(const struct machine *machine);
/* False, and the error, when fewer than `count` values lie above the last mark. */
bool stack_need(struct machine *machine, size_t count);

/* Remember the topmost value. */
bool memo_put(struct machine *machine, size_t index);
/* Push a remembered value. */
bool memo_get(struct machine *machine, size_t index);

/* --- arguments of opcodes, in place; false, and the error, when the file is too short --- */

bool take(struct machine *machine, uint64_t count, const unsigned char **bytes);
bool take_unsigned(struct machine *machine, unsigned width, uint64_t *number);
/* Bytes behind their own length, a number of `width` bytes. */
bool take_counted(struct machine *machine, unsigned width, const unsigned char **bytes, size_t *size);
/* Text up to a newline. */
bool take_line(struct machine *machine, const unsigned char **text, size_t *size);
/* Such a text as a memo index. */
bool take_index_line(struct machine *machine, size_t *index);

/* --- errors (pickle_value.c): all return false and name the opcode and its place --- */

/* Something a pickle may well hold, but that only Python's unpickler could load. */
bool machine_refuse(struct machine *machine, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* Something that no pickler writes. */
bool machine_broken(struct machine *machine, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* The same, for an error that is set. */
bool machine_blame(struct machine *machine);
bool machine_full(struct machine *machine);

/*
 * Account for reading `amount` bytes or items of values that exist already: a
 * small pickle can ask for that again and again.  False when it is too much.
 */
bool machine_work(struct machine *machine, size_t amount);

/* --- values; NULL, and the error, when the arena is full --- */

struct pickle_value *value_new(struct machine *machine, enum pickle_kind kind);
struct pickle_value *value_bytes(struct machine *machine, enum pickle_kind kind, const unsigned char *data,
                                 size_t size);
struct pickle_value *value_integer(struct machine *machine, int64_t integer);
/* From digits with a sign; past int64_t they must live as long as the value. */
struct pickle_value *value_digits(struct machine *machine, const unsigned char *text, size_t size);
/* From bytes in two's complement, little-endian. */
struct pickle_value *value_long(struct machine *machine, const unsigned char *bytes, size_t size);
struct pickle_value *value_float(struct machine *machine, double real);

/* Append to a LIST or DICT. */
bool value_extend(struct machine *machine, struct pickle_value *container, struct pickle_value *const *items,
                  size_t count);

/* True for kinds that a dict may have as keys here: None, bool, int, float, str, bytes. */
bool value_is_key(const struct pickle_value *value);

/* True for a str, of Python 2 or 3, equal to `text`. */
bool value_is_text(const struct pickle_value *value, const char *text);

/* An integer that fits, from INT (and BOOL, as Python has it). */
bool value_to_int(const struct pickle_value *value, int64_t *integer);
bool value_to_unsigned(const struct pickle_value *value, uint64_t *integer);

/* What a value under construction is called in messages. */
const char *value_type_name(const struct pickle_value *value);

/* --- numbers and text (pickle_number.c, pickle_text.c) --- */

uint64_t little_endian(const unsigned char *bytes, size_t size); /* size <= 8 */

/* repr's text of a float, and "inf", "nan". */
bool parse_float(const unsigned char *text, size_t size, double *real);

/* True for UTF-8 with surrogates allowed. */
bool is_text(const unsigned char *bytes, size_t size);
bool is_ascii(const unsigned char *bytes, size_t size);

/*
 * The text or bytes of an argument, in place where nothing has to be decoded:
 * raw-unicode-escape to UTF-8; a quoted string's escapes; UTF-8 to latin-1.
 */
bool decode_unicode(struct machine *machine, const unsigned char **text, size_t *size);
bool decode_quoted(struct machine *machine, const unsigned char **text, size_t *size);
bool decode_latin1(struct machine *machine, const unsigned char **text, size_t *size);

/* --- globals and their calls (pickle_build.c) --- */

/* The table's entry, or NULL. */
const struct pickle_global *global_find(const char *module, size_t module_size, const char *name,
                                        size_t name_size);
/* "numpy.ndarray" */
const char *global_name(const struct pickle_global *global);

/* True for this global as an argument. */
bool value_is_global(const struct pickle_value *value, const char *module, const char *name);

/* REDUCE: NULL, and the error, when the call is refused. */
struct pickle_value *build_call(struct machine *machine, const struct pickle_value *callable,
                                const struct pickle_value *arguments);
/* BUILD */
bool build_state(struct machine *machine, struct pickle_value *value, const struct pickle_value *state);

/* The bytes of a bytes, bytearray, Python 2 str, or str by latin-1. */
bool build_data(struct machine *machine, const struct pickle_value *value, const unsigned char **data,
                size_t *size);
/* A tuple of extents (or, for `single`, one int) as a shape of at most LAYOUT_MAX_NDIM dimensions. */
bool build_shape(struct machine *machine, const struct pickle_value *value, bool single, int *ndim,
                 ptrdiff_t *shape);

/* The calls that have files of their own. */
struct pickle_value *call_dtype(struct machine *machine, struct pickle_value *const *arguments, size_t count);
bool build_dtype(struct machine *machine, struct pickle_value *dtype, struct pickle_value *const *state,
                 size_t count);
struct pickle_value *call_array(struct machine *machine, struct pickle_value *const *arguments, size_t count);
struct pickle_value *call_array_reconstructor(struct machine *machine, struct pickle_value *const *arguments,
                                              size_t count);

#endif
