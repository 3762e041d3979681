/*
 * The pickle machine while it runs: for the files of this room, nobody else.
 * Each is above those before it:
 *
 *   value      what a pickle holds
 *   terms      bounds, oddities and the hook
 *   state      the machine, its errors, and the opcodes' arguments
 *   make       values while the machine runs
 *   text       escapes of text arguments
 *   number     integers and floats in their spellings
 *   stack      stack, marks and memo
 *   literals   the opcodes that push a value of their own
 *   objects    globals, and objects made of them
 *   machine    the table of opcodes; those that work on the stack
 *   pickle     the front door
 */
#ifndef MVIEW_PICKLE_STATE_H
#define MVIEW_PICKLE_STATE_H

#include "base/arena.h"
#include "pickle/terms.h"
#include "pickle/value.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { MACHINE_NAMES = 1024 }; /* rows of the table of names */

struct machine {
    const unsigned char *bytes;
    size_t size;
    size_t at;          /* bytes read */
    size_t opcode_at;   /* place of the opcode that runs */
    const char *opcode; /* its name */
    int protocol;
    unsigned latest;  /* protocol whose opcodes may occur: 1 until PROTO says otherwise */
    size_t frame_end; /* place where the frame that is open ends; SIZE_MAX for none */
    size_t tell_at;   /* place from which on the hook is told how much is read; SIZE_MAX for none */
    size_t pause;     /* the nearest of both */
    bool cut;         /* the file ends within bytes that are no opcodes: what is there is closed up */
    size_t put_end;   /* place behind the last opcode that put something into the memo; 0 for none */
    struct pickle_odd odd[PICKLE_ODDITIES];
    const struct pickle_hook *hook; /* the caller's, or NULL */
    struct arena *arena;            /* of the values; the caller's */
    struct error *error;            /* the caller's */

    /* Scratch memory, owned; together at most half of the arena's limit. */
    struct pickle_value **stack;
    struct pickle_value **memo; /* NULL where nothing was put */
    size_t *marks;              /* heights of the stack */
    size_t stack_count, stack_room;
    size_t memo_count, memo_room; /* memo_count: values put, the index of the next MEMOIZE */
    size_t mark_count, mark_room;

    size_t work;                      /* bytes and items of values that were read again so far */
    struct pickle_global *globals;    /* the last one that was named */
    struct pickle_object *objects;    /* the last one that was made */
    struct pickle_global *names[MACHINE_NAMES]; /* all of them, by their hash */
    struct pickle_value *small[256];  /* shared integers, made when first met */
    struct pickle_value *constant[3]; /* None, False, True; likewise */
    struct pickle_value *empty;       /* the empty tuple; likewise */
};

/* --- errors: all return false and name the opcode and its place --- */

/* Something that no pickler writes and no unpickler loads. */
bool machine_broken(struct machine *machine, const char *format, ...) __attribute__((format(printf, 2, 3)));
bool machine_full(struct machine *machine);

/* The opcode that runs does what no pickler writes. */
void machine_odd(struct machine *machine, enum pickle_oddity oddity);

/* The frame that is open ends with the opcode that runs, or before. */
void machine_end_frame(struct machine *machine);

/* Something is to be done between two opcodes: machine->pause is reached. */
void machine_pause(struct machine *machine);

/* frame_end or tell_at is another now. */
void machine_plan_pause(struct machine *machine);

/*
 * Account for reading `amount` bytes or items of values that exist already: a
 * small pickle can ask for that again and again.  False when it is too much.
 */
bool machine_work(struct machine *machine, size_t amount);

/* --- arguments of opcodes, in place; false, and the error, when the file is too short --- */

/* The error for `count` bytes that are not there. */
void machine_short(struct machine *machine, uint64_t count);

static inline uint64_t little_endian(const unsigned char *bytes, size_t size) /* size <= 8 */
{
    uint64_t number = 0;

    while (size > 0) {
        number = number << 8 | bytes[--size];
    }
    return number;
}

static inline bool take(struct machine *machine, uint64_t count, const unsigned char **bytes)
{
    if (count > machine->size - machine->at) {
        machine_short(machine, count);
        return false;
    }
    *bytes = machine->bytes + machine->at;
    machine->at += (size_t)count;
    return true;
}

static inline bool take_unsigned(struct machine *machine, unsigned width, uint64_t *number)
{
    const unsigned char *bytes;

    if (!take(machine, width, &bytes)) {
        return false;
    }
    *number = little_endian(bytes, width);
    return true;
}

/* Bytes behind their own length, a number of `width` bytes. */
bool take_counted(struct machine *machine, unsigned width, const unsigned char **bytes, size_t *size);
/* Text up to a newline. */
bool take_line(struct machine *machine, const unsigned char **text, size_t *size);
/* Such a text as a memo index. */
bool take_index_line(struct machine *machine, size_t *index);

void machine_free(struct machine *machine);

#endif
