/*
 * What is held now, of all that the ledger knows: checked against the memory
 * itself, and who keeps it.
 */
#ifndef MVIEW_TRACE_HOLDING_H
#define MVIEW_TRACE_HOLDING_H

#include "ledger/ledger.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum holding_state {
    HOLDING_KEPT,      /* by these names */
    HOLDING_GARBAGE,   /* by what nothing but itself refers to: until it is collected */
    HOLDING_UNNAMED,   /* by something whose name was not found */
    HOLDING_LEAKED,    /* by no Python object: whoever asked has forgotten it, or is not of Python */
    HOLDING_NOT_FOUND, /* it was not looked for to the end: `why` */
};

struct holding {
    struct ledger_export export; /* a copy */
    struct ledger_words words;   /* of the request; borrowed from the ledger */
    enum holding_state state;
    const char *family; /* the type of the owner's that has errors of its own: see trace/subject.h; or NULL */
    uintptr_t behind;   /* the object that programs have of the owner; 0 where it was not looked for */
    uint64_t first;     /* when the first of those of its exporter was asked for */
    char **names; /* owned, and each of them */
    size_t name_count;
    bool guessed;    /* .. of what may only look like a reference */
    bool more;       /* there are more names */
    const char *why; /* what bound was reached; "" for none */
};

struct holdings {
    struct holding *items; /* owned; those of one exporter together, all in the order in which they were asked for */
    size_t count;
    size_t left_out;        /* exports that are held and not among these */
    uint64_t left_out_time; /* when the last of them was asked for */
};

enum { HOLDING_MOST = 4096 };

/*
 * All exports (no owners given), or those of some owners or exporters.  With the recorder's lock; exports that turn
 * out to be no more are taken off the ledger.  False when out of memory.
 */
bool holding_collect(struct ledger *ledger, const uintptr_t *of, size_t of_count, struct holdings *holdings);

/* A copy, to be freed as well: false when out of memory. */
bool holding_copy(const struct holdings *holdings, struct holdings *copy);

/* Leave those of some owners or exporters. */
void holding_select(struct holdings *holdings, const uintptr_t *of, size_t of_count);

/* The object that programs have of an export's owner, or 0. */
uintptr_t holding_behind(const struct ledger_export *export);

/* Leave those that an exception of these words is about, when any are known to be of its types; NULL: all. */
void holding_restrict(struct holdings *holdings, const char *exception);

/* Whether all are exports of one object that an exception of these words (NULL: no) is known to be about. */
bool holding_are_of_one(const struct holdings *holdings, const char *exception);

/*
 * Find out who keeps them, with the GIL and without the lock.  `traceback` (a PyObject): of a BufferError that is told
 * of, or NULL.  `ended`: none of the program's code runs in this thread any more, so that what lies on its stack is
 * nobody's.
 */
void holding_name(struct holdings *holdings, void *traceback, bool ended);

/* Whether any is said to be leaked. */
bool holding_leaks(const struct holdings *holdings);

/* Whether any was asked for after a time, as the recorder tells it. */
bool holding_since(const struct holdings *holdings, uint64_t time);

/* Of those whose keepers have no name, tell what was found earlier, by names that are no more. */
void holding_recall(struct holdings *holdings, const struct holdings *earlier);

/* Whether each has names that are sure. */
bool holding_are_named(const struct holdings *holdings);

/* Of those that have none, tell what was found later. */
void holding_improve(struct holdings *holdings, const struct holdings *later);

void holding_free(struct holdings *holdings);

#endif
