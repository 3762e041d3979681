/*
 * A pickle as data: an opcode machine for protocols 0 to 5 that imports
 * nothing, calls nothing and never hands file content to Python's unpickler.
 *
 * No pickle is refused for what it names: a global is a value, and what would
 * be called becomes an object with its callable, arguments, state and items
 * (value.h).  What known objects mean is not known here: that is what recipes
 * are for (recipe/recipe.h).  Time, memory, counts and lengths are bounded.
 */
#ifndef MVIEW_PICKLE_PICKLE_H
#define MVIEW_PICKLE_PICKLE_H

#include "pickle/terms.h"
#include "pickle/value.h"

struct arena;
struct error;

struct pickle {
    struct pickle_value *value; /* what the pickle holds; NULL when it breaks off, but for what a hook says is cut */
    int protocol;               /* of its PROTO opcode; 0 without one (0 or 1) */
    size_t length;              /* bytes up to and with STOP, or up to where it breaks off */
    size_t trailing;            /* bytes behind that */
    struct pickle_odd odd[PICKLE_ODDITIES];
    struct pickle_global *globals; /* all that it names, the last first */
    struct pickle_object *objects; /* all objects that it makes, the last first, whether they are kept or not */
    const unsigned char *bytes;    /* as given to pickle_parse */
    size_t size;
};

/* True when the bytes begin as a pickle of protocol 2 or later does: PROTO, 2 .. 5. */
bool pickle_is(const void *bytes, size_t size);

/* A fair limit for the arena of a pickle of `size` bytes: room for a million numbers at least. */
size_t pickle_arena_limit(size_t size);

/*
 * The same for one that was unpacked, from a file of `file` bytes: room for what
 * a file of that size accounts for, since anything deflates to next to nothing.
 */
size_t pickle_unpacked_limit(size_t size, size_t file);

/*
 * Run the first pickle in the bytes.  They must stay as long as the value is
 * used.  `arena` bounds the memory (half as much again is used for the machine
 * while it runs); it is the caller's and freed by it, also after an error.
 * `hook` may be NULL.
 *
 * A pickle that breaks off gives false and the error; *pickle then tells what
 * came before: loading would have done that much.
 *
 * What comes out may be cyclic, shared and of any depth.
 */
bool pickle_parse(struct pickle *pickle, const void *bytes, size_t size, const struct pickle_hook *hook,
                  struct arena *arena, struct error *error);

#endif
