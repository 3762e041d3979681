/*
 * What was asked for in a traced process, and what of it is still held:
 * requests that are alike counted together, live exports by the address of the
 * Py_buffer that was filled.
 *
 * Nothing here knows Python: addresses are numbers, names are text.  One caller
 * at a time; memory is bounded by the limits, and what no longer fits is
 * counted.
 */
#ifndef MVIEW_LEDGER_LEDGER_H
#define MVIEW_LEDGER_LEDGER_H

#include "ledger/texts.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    LEDGER_DEPTH = 6,       /* the most lines of a program that are told of one request */
    LEDGER_FILLED = 80,     /* bytes of a Py_buffer */
    LEDGER_RECENT = 256,    /* releases that are remembered, to tell one that comes twice */
    LEDGER_MISTAKES = 1024, /* kinds of wrong releases that are told apart */
};

struct ledger_limits {
    size_t rows;
    size_t exports;
    size_t text; /* bytes */
};

#define LEDGER_LIMITS {.rows = 1 << 16, .exports = 1 << 17, .text = (size_t)32 << 20}

/* Who asked, in words; all of them borrowed. */
struct ledger_words {
    const char *type;                /* the exporter's */
    int flags;                       /* the request */
    const char *native;              /* "MODULE!SYMBOL" */
    const char *where[LEDGER_DEPTH]; /* "FILE:LINE in FUNCTION", the innermost first */
    int depth;                       /* of them */
};

/* Requests of which the words are the same. */
struct ledger_row {
    uint32_t next; /* in its bucket */
    struct ledger_words words;
    uint64_t count;        /* requests */
    uint64_t refused;      /* of them */
    uint64_t held;         /* exports that are not released */
    const char *exception; /* that of the first refusal, or NULL */
};

/* What leads to a row: several signatures may. */
struct ledger_key {
    uint64_t signature;
    uint32_t next; /* in its bucket */
    uint32_t row;
};

/* A Py_buffer, as far as it tells one export from another. */
struct ledger_view {
    uintptr_t address; /* where it lies */
    uintptr_t owner;   /* its obj: the object that is told of the release */
    uintptr_t buf;
    int64_t len;       /* bytes */
    long thread;       /* the thread that asked, when it lies on that one's stack; else 0 */
    bool elsewhere;    /* another interpreter of the process asked */
};

/* An export that is not released; where a Py_buffer was filled again, the earlier one has no place any more. */
struct ledger_export {
    struct ledger_view view;
    uintptr_t exporter; /* what was asked; it may have passed the request on to the owner */
    uint64_t time;      /* when it was asked for */
    uint64_t times;     /* more than 1 only for those without a place */
    uint32_t row;
    bool placed; /* the Py_buffer at the address is this one's, as far as is known */
    bool used;   /* this is no free item of the pool */
    uint32_t next_place, next_owner, previous_owner;
    unsigned char filled[LEDGER_FILLED]; /* the Py_buffer */
};

enum ledger_match {
    LEDGER_MATCHED, /* of an export that was live */
    LEDGER_TWICE,   /* of one that was released already */
    LEDGER_FOREIGN, /* of one that was never asked for */
    LEDGER_UNKNOWN, /* of one that is not there; but it need not be: see ledger_released */
};

/* Releases of what was not held, alike. */
struct ledger_mistake {
    struct ledger_words words; /* of who released it; no flags */
    enum ledger_match match;
    uint64_t count;
};

struct ledger_release {
    struct ledger_view view;
    uint64_t time;
    unsigned char filled[LEDGER_FILLED];
};

/* Whether the Py_buffer of an export still lies where it was filled, as far as its memory tells. */
typedef bool ledger_is_there(const struct ledger_export *export);

struct ledger {
    struct ledger_limits limits;
    ledger_is_there *is_there; /* NULL: it always is */
    struct texts texts;
    struct ledger_row *rows; /* owned */
    size_t row_count, row_room;
    uint32_t *row_buckets; /* owned; by their words */
    struct ledger_key *keys; /* owned */
    size_t key_count, key_room;
    uint32_t *key_buckets; /* owned; by their signatures */
    struct ledger_export *exports; /* owned: a pool */
    size_t export_count, export_room;
    uint32_t free_export;
    uint32_t *place_buckets, *owner_buckets; /* owned; as many of each as export_room */
    uint64_t live;
    struct ledger_mistake *mistakes; /* owned */
    size_t mistake_count;
    struct ledger_release recent[LEDGER_RECENT]; /* a ring */
    uint64_t releases;
    bool full;                 /* a row found no room */
    uint64_t rows_dropped;     /* requests that are in no row */
    uint64_t exports_dropped;  /* exports whose release is not waited for */
    uint64_t mistakes_dropped; /* wrong releases that are in no list */
};

#define LEDGER_NONE UINT32_MAX

void ledger_begin(struct ledger *ledger, const struct ledger_limits *limits);
void ledger_end(struct ledger *ledger);

/* The row of requests alike, by a signature of all that makes its words; LEDGER_NONE when that is new. */
uint32_t ledger_find(const struct ledger *ledger, uint64_t signature);

/*
 * The row of these words, found by this signature from now on; a new one has copies of them.  LEDGER_NONE when there
 * is no room, and the request is counted as dropped.
 */
uint32_t ledger_add(struct ledger *ledger, uint64_t signature, const struct ledger_words *words);

/*
 * Once a row has found no room, a request that no signature is known of is counted as dropped, which needs no words,
 * and this is true; false when it is to be added.
 */
bool ledger_drop(struct ledger *ledger);

/* A request was refused; `exception` (NULL: it was not looked at) is copied when it is the row's first. */
void ledger_refused(struct ledger *ledger, uint32_t row, const char *exception);

/*
 * A request was granted, and `view` filled; `time`, a number that grows, is from before the exporter was called.
 * What was filled at the same address since then were requests that it passed on: they are part of this one.
 * `filled`: LEDGER_FILLED bytes.  Row LEDGER_NONE: not waited for.
 */
void ledger_granted(struct ledger *ledger, uint32_t row, const struct ledger_view *view, const void *filled,
                    uintptr_t exporter, uint64_t time);

/*
 * A view with an owner is being released; `filled` is all of it.  *row: that of its request, where it matches.
 * `counts`: the owner is told of releases, so that one too many is wrong.  Else anybody may fill in a Py_buffer by
 * hand (bytes.join does), and only the very same content, released twice, is known to be wrong.
 */
enum ledger_match ledger_released(struct ledger *ledger, const struct ledger_view *view, const void *filled,
                                  bool counts, uint64_t time, uint32_t *row);

/* A release that matched nothing. */
void ledger_mistake(struct ledger *ledger, enum ledger_match match, const struct ledger_words *words);

/* Nobody holds it any more, as its memory shows: forget it. */
void ledger_forget(struct ledger *ledger, struct ledger_export *export);

#endif
