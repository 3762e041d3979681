/*
 * A pickle that is read by recipes: the data that all of this room share.
 */
#ifndef MVIEW_RECIPE_READING_H
#define MVIEW_RECIPE_READING_H

#include "base/arena.h"
#include "base/error.h"
#include "pickle/pickle.h"

#include <stddef.h>

struct dtype;
struct mapping;

/* A range of bytes in memory that stays as long as the reading does. */
struct recipe_range {
    const unsigned char *data;
    size_t size; /* bytes */
};

struct reading;

/*
 * What a persistent id stands for: the value to be shown, or NULL with
 * reading->error set or not.  `id` is the PERSID's or BINPERSID's argument.
 */
typedef struct pickle_value *recipe_persistent(struct reading *reading, struct pickle_object *object,
                                               const struct pickle_value *id);

/* A pickle that is read. */
struct reading {
    struct pickle pickle;
    struct arena *arena;         /* of the values; the caller's */
    struct recipe_range file;    /* what offsets are counted in: the whole mapped file */
    const struct mapping *pages; /* those that the pickle's bytes are in, given back when read; or NULL */
    recipe_persistent *persistent; /* or NULL: then persistent ids stay objects */
    void *context;                 /* the persistent function's own */

    /* The room's own. */
    struct error error; /* why the recipe that runs failed */
    bool outside;       /* the recipe that runs needs data that are not in the file */
    char type_text[16]; /* NumPy's type that was last asked for by its text, */
    const struct dtype *type; /* and itself */
    size_t work;        /* bytes and items that recipes have read */
    unsigned depth;     /* recipes inside each other */
    unsigned level;     /* pickles that this one lies in */
    struct reading *nested; /* the last pickle that lies in this one (joblib's arrays of objects) */
    struct reading *next;   /* nested: the one before */
};

enum {
    RECIPE_MAX_DEPTH = 100, /* recipes inside each other */
    RECIPE_MAX_NESTED = 8,  /* pickles inside each other */
};

typedef struct pickle_value *recipe_function(struct reading *reading, struct pickle_object *object);

#endif
