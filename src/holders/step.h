/*
 * One step from an object to one that it refers to, in words; for src/holders.
 */
#ifndef MVIEW_HOLDERS_STEP_H
#define MVIEW_HOLDERS_STEP_H

#include "base/text.h"
#include "holders/heap.h"
#include "holders/roots.h"

#include <stdbool.h>
#include <stddef.h>

/* What the step before leaves to this one. */
enum step_said {
    SAID_NOTHING,
    SAID_NAMES,  /* it refers to a dict whose keys are attributes of what was named */
    SAID_LOCALS, /* .. locals of what was named */
    SAID_ALL,    /* what it refers to is named already: a cell, by its variable */
    SAID_BASE,   /* it refers to an array that what was named is a view of */
    SAID_INSIDE, /* it refers to something of its own that a program does not see: the tuple in an iterator */
};

struct step {
    const struct heap *heap;
    const struct roots *roots;
    const char *hidden;  /* a global of __main__ that is not to be named; or NULL */
    size_t member;       /* who refers */
    PyObject *referrer;  /* .. the same; NULL where it is no object */
    PyObject *before;    /* who refers to the referrer, NULL where that is none or no object */
    PyObject *object;    /* to what */
    unsigned occurrence; /* of how many references of the one to the other, from 0 */
    bool told;           /* to the collector */
    enum step_said said; /* by the step before */
    enum step_said says; /* by this one */
    struct text path;    /* the referrer in words, "" where it has none; becomes the object: "local 'x'" */
    size_t unnamed;      /* bytes with which the path begins if it goes on from a value without a name; else 0 */
    struct text tail;    /* .. the rest of them, behind what is yet to come: " of f at app.py:3" */
};

/* A value that only a frame's stack has. */
#define STEP_UNNAMED "an unnamed value"

/* Append the whole: the path, the tail behind it. */
void step_put_whole(const struct step *step, struct text *text);

/* Put something in front of the path. */
void step_put_before(struct step *step, const char *before);

/* Go on from something that the path has: it becomes the path, and what the path was goes to the tail. */
void step_turn(struct step *step, const char *what);

/* The same for "WHAT 'NAME'"; true. */
bool step_turn_named(struct step *step, const char *what, PyObject *name);

/* ['key'], cut, of a key whose repr runs no code of the program's, else its type. */
void step_put_key(struct text *text, PyObject *key);

/* ".name", or "['not a name']". */
void step_put_attribute(struct text *text, PyObject *name);

/* "a C object", "an ndarray": of a type, by the last part of its name. */
void step_put_type(struct text *text, const PyTypeObject *type);

/* Append a str, escaped and cut. */
void step_put_string(struct text *text, PyObject *string);

/* "__main__.Holder": a class by its names. */
void step_put_class(struct text *text, PyTypeObject *type);

#endif
