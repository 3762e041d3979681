/*
 * Pickles in parts, to be written one behind the other, and what they are read as.
 */
#ifndef MVIEW_TESTS_UNIT_PICKLES_H
#define MVIEW_TESTS_UNIT_PICKLES_H

#include "base/arena.h"
#include "base/error.h"
#include "recipe/recipe.h"

#include "mirror.h"
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
/* In the host's own order. */
#define TYPE(code) DTYPE(code) PLAIN_STATE(HOST_ORDER)
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
    struct reading reading;
    struct pickle_value *root;  /* as the machine left it */
    struct pickle_value *value; /* what it means */
    struct arena arena;
    struct error error;
};

/* To be freed with arena_free(&p->arena). */
static inline void parse_into(struct parsed *p, const char *bytes, size_t size)
{
    struct recipe_range range = {(const unsigned char *)bytes, size};

    *p = (struct parsed){.arena = ARENA_INIT(pickle_arena_limit(size))};
    p->ok = reading_parse(&p->reading, range, range, NULL, &p->arena, &p->error);
    if (p->ok) {
        p->root = p->reading.pickle.value;
        p->value = recipe_value(&p->reading, p->root);
    }
}

static inline void parse(struct parsed *p, const char *bytes, size_t size)
{
    parse_into(p, bytes, size);
    if (!p->ok) {
        printf("# %s\n", p->error.message);
    }
}

#endif
