/*
 * What the machine and its callers agree on: bounds, what is odd, and who is asked on the way.
 */
#ifndef MVIEW_PICKLE_TERMS_H
#define MVIEW_PICKLE_TERMS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct error;
struct pickle_object;

enum {
    PICKLE_MAX_INT = 512, /* bytes of an integer */
};

/* What a pickle does that no pickler writes, though loading takes it. */
enum pickle_oddity {
    PICKLE_PROTOCOL_LIES,      /* an opcode that the protocol it states does not have */
    PICKLE_PROTOCOL_CHANGES,   /* a PROTO that states another protocol than the one before */
    PICKLE_PROTOCOL_AGAIN,     /* a PROTO that is not at the start, and states the same */
    PICKLE_PROTOCOL_MISSING,   /* an opcode of protocol 2 or later, and no PROTO */
    PICKLE_OPCODE_OUTLIVED,    /* an opcode that picklers of its protocol no longer write */
    PICKLE_FRAME_CROSSED,      /* an opcode that begins inside of a frame and ends behind it, or a frame in a frame */
    PICKLE_FRAME_PAST_STOP,    /* a frame that goes on behind STOP */
    PICKLE_EXTENSION,          /* EXT1, EXT2, EXT4: what is named stands nowhere in the file */
    PICKLE_DUPLICATED,         /* DUP */
    PICKLE_READONLY_AT_HAND,   /* READONLY_BUFFER of what is no out-of-band buffer */
    PICKLE_REMEMBERED_AGAIN,   /* a value put into the memo by two opcodes in a row */
    PICKLE_LEFT_ON_STACK,      /* values below the one that STOP takes */
    PICKLE_STATE_AGAIN,        /* a second BUILD of one object */
    PICKLE_ODDITIES
};

struct pickle_odd {
    size_t count;       /* how often; 0 for never */
    size_t place;       /* byte of the opcode that did it first */
    const char *opcode; /* its name */
};

/*
 * Called behind each BUILD, for objects behind whose state lie bytes that are
 * no opcodes.  `next` are the bytes behind the opcode.  Set *taken to how many
 * are to be stepped over (0 at first, at most `left`); object->behind... are
 * for it to fill.  False with an error ends the reading; with *taken set to
 * PICKLE_CUT the file ends within those bytes, and what came before counts.
 */
#define PICKLE_CUT SIZE_MAX

struct pickle_hook {
    bool (*built)(void *context, struct pickle_object *object, const unsigned char *next, size_t left,
                  size_t *taken, struct error *error);
    void (*passed)(void *context, size_t size); /* or NULL; now and then told how many bytes are read */
    void *context;
};

#endif
