/*
 * Pickles, one behind the other; for this room only.
 */
#ifndef MVIEW_AUDIT_PICKLES_H
#define MVIEW_AUDIT_PICKLES_H

#include "recipe/reading.h"

#include <stdbool.h>

struct audit;
struct error;

enum pickles_are {
    PICKLES_ONE,    /* one, and nothing behind it */
    PICKLES_STREAM, /* any number, and nothing behind them */
    PICKLES_BEFORE, /* exactly `count`; what follows is the caller's */
};

struct pickles {
    enum pickles_are are;
    size_t count;                  /* PICKLES_BEFORE */
    recipe_persistent *persistent; /* what persistent ids stand for, or NULL */
    void *context;                 /* its own */
    bool unresolved;               /* they stand for something, which is looked up elsewhere */
};

/*
 * Judge the pickles at the start of `bytes`, which may be any part of `file`.
 * *used says how many bytes of them were pickles.  False, and the error, when
 * the first cannot be read, and ran no code before it broke off.
 */
bool audit_pickles(struct audit *audit, const struct pickles *pickles, struct recipe_range file,
                   struct recipe_range bytes, size_t *used, struct error *error);

/* Judge whether the objects of a pickle are what they claim to be; its persistent ids stand for something. */
void audit_meanings(struct audit *audit, struct reading *reading);

#endif
