/*
 * Pickles in parts, to be written one behind the other, and what they are read as.
 */
#ifndef MVIEW_TESTS_UNIT_PICKLES_H
#define MVIEW_TESTS_UNIT_PICKLES_H

#include "base/arena.h"
#include "base/error.h"
#include "pickle/pickle.h"

#include "test.h"

#define RECONSTRUCT                                                                                          \
    "cnumpy.core.multiarray\n_reconstruct\n"                                                                 \
    "cnumpy\nndarray\n"                                                                                      \
    "K\0\x85"                                                                                                \
    "C\1b"                                                                                                   \
    "\x87R"
#define DTYPE(code)                                                                                          \
    "cnumpy\ndtype\n"                                                                                        \
    "("                                                                                                      \
    "V" code "\n"                                                                                            \
    "\x89\x88"                                                                                               \
    "tR"
#define PLAIN_STATE(order)                                                                                   \
    "(K\3"                                                                                                   \
    "V" order "\n"                                                                                           \
    "NNN"                                                                                                    \
    "J\xff\xff\xff\xff"                                                                                      \
    "J\xff\xff\xff\xff"                                                                                      \
    "K\0tb"
#define TYPE(code) DTYPE(code) PLAIN_STATE("<")
#define I4 TYPE("i4")
/* shape: pushes a tuple; data: pushes bytes */
#define NDARRAY(shape, dtype, data) RECONSTRUCT "(K\1" shape dtype "\x89" data "tb"
/* A struct of `size` bytes: names and fields push a tuple and a dict. */
#define STRUCT(size, names, fields)                                                                          \
    DTYPE("V" size)                                                                                          \
    "(K\3"                                                                                                   \
    "V|\n"                                                                                                   \
    "N" names fields "I" size "\n"                                                                           \
    "K\1"                                                                                                    \
    "K\0"                                                                                                    \
    "tb"

/* Text with its length: sizeof counts the NUL that ends it. */
#define BYTES(text) (text), sizeof(text) - 1

struct parsed {
    bool ok;
    struct pickle pickle;
    struct arena arena;
    struct error error;
};

static inline struct parsed parse(const char *bytes, size_t size)
{
    struct parsed parsed = {.arena = ARENA_INIT(pickle_arena_limit(size))};

    parsed.ok = pickle_parse(&parsed.pickle, bytes, size, &parsed.arena, &parsed.error);
    if (!parsed.ok) {
        printf("# %s\n", parsed.error.message);
    }
    return parsed;
}

#endif
