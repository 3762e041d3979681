/*
 * What a consumer did with the buffers that it was offered, as plain data:
 * written by offer/, judged by trial/rules, and as easily written by hand in a test.
 *
 * A call is filled in by a process in which a broken consumer has run, so what
 * it says may be anything; trial_seal makes it safe to read.  Zeroed memory is
 * a trial in which nothing was offered.
 */
#ifndef MVIEW_TRIAL_TRIAL_H
#define MVIEW_TRIAL_TRIAL_H

#include "judge/transcript.h"
#include "trial/plan.h"

#include <stdbool.h>
#include <stdint.h>

struct battery_format;

enum {
    TRIAL_MAX_CALLS = 512,
    CALL_MAX_REQUESTS = 16, /* that are kept; more are counted */
    CALL_OWN_REGIONS = 6 + 4 * CALL_MAX_REQUESTS,
    CALL_MAX_REGIONS = 2 * CALL_OWN_REGIONS, /* with those of other buffers */
    CALL_MAX_LEAVES = 8,
    CALL_REPEATS = 3, /* times that a call is repeated to see what adds up */
    CALL_TEXT_SIZE = 96,
};

/* --- what is offered ---------------------------------------------------------------------- */

/* What `_` is. */
enum guise {
    GUISE_OWN,        /* the exporter itself */
    GUISE_MEMORYVIEW, /* a memoryview of it: what is asked of that one is not seen */
};

enum refusal {
    REFUSES_WHAT_IT_MUST,
    REFUSES_ALL,       /* with BufferError */
    REFUSES_FOR_MEMORY, /* all, with MemoryError */
};

/* In what a buffer differs from the plainest that the consumer takes. */
enum trait {
    TRAIT_SHAPE = 1,
    TRAIT_STRIDES = 2,
    TRAIT_SUBOFFSETS = 4,
    TRAIT_FORMAT = 8, /* other byte order, a structure */
};

struct buffer {
    struct plan plan;
    const struct battery_format *format; /* borrowed from the battery */
    enum guise guise;
    enum refusal refusal;
    enum arrangement plainest; /* that the consumer takes: references are arranged so */
    unsigned traits;           /* enum trait, joined */
};

/* --- what happened ------------------------------------------------------------------------ */

struct asked {
    int flags;
    enum outcome outcome;
    int released; /* times */
};

/* Memory that was made for a call. */
enum region_kind {
    REGION_ITEMS,
    REGION_POINTERS, /* of an indirect buffer */
    REGION_SHAPE,
    REGION_STRIDES,
    REGION_SUBOFFSETS,
    REGION_FORMAT,
    REGION_OTHER,   /* the items of another buffer, whose result is the call's reference */
    REGION_OTHER_VIEW, /* shape, strides, suboffsets or format of that one */
    REGION_REFUSED, /* where the pointers of a refused request's Py_buffer lead */
    REGION_KINDS,
};

enum region_state {
    REGION_OPEN,
    REGION_READONLY,
    REGION_CLOSED, /* inaccessible: released, or never meant to be touched */
};

struct region {
    enum region_kind kind;
    enum region_state state;
    int request;                   /* index into asked; -1: the buffer's own */
    uint64_t low, high;            /* addresses of the bytes themselves */
    uint64_t page_low, page_high;  /* of the pages that they lie in, which are as open as they are */
    uint64_t guard_low, guard_high; /* with what lies around, up to where other memory may begin */
};

struct fault {
    bool seen;
    uint64_t address;
    bool write_known, write; /* not every processor tells */
};

/* What the call was doing. */
enum call_phase {
    CALL_PREPARING, /* the tool's own work */
    CALL_REFERENCE, /* the same expression, with another buffer to compare with */
    CALL_CALLING,
    CALL_COMPARING, /* its result is read */
    CALL_DROPPING,  /* its result is given up */
    CALL_REPEATING, /* with the same buffer again */
};

/* The buffers whose results are compared with that of the call; all are arranged as the plainest. */
enum reference {
    REFERENCE_COPY,       /* the same items, in native byte order */
    REFERENCE_AGAIN,      /* that once more: is the result the same each time? */
    REFERENCE_OTHER,      /* other items: does the result depend on them? */
    REFERENCE_LARGER,     /* all items larger by the same: what goes by their order gives the same */
    REFERENCE_BYTES,      /* a bytearray, or a view of bytes, of the items' bytes */
    REFERENCE_MEMORY,     /* what lies from buf on, whatever the strides */
    REFERENCE_SAME_BYTES, /* the items' bytes, as items of another format of that size */
    REFERENCE_OPAQUE,     /* .. as items without a meaning */
    REFERENCE_FLAT,       /* all items in one dimension */
    REFERENCE_FIRST,      /* the first of them, as many as the first extent says */
    REFERENCE_COLUMN,     /* the first of each place of the first dimension */
    REFERENCE_EMPTY,      /* none */
    REFERENCE_COUNT,
};

enum leaf_kind {
    LEAF_VALUE, /* a number, an array, whatever has an equality */
    LEAF_TEXT,  /* str, or bytes of another length than the items' */
    LEAF_BYTES, /* bytes of the items' length */
    LEAF_ITEMS, /* the buffer's own items after the call: what was written */
};

/* One part of the result (of a tuple, list or dict: one for each of its parts), compared. */
struct leaf {
    enum leaf_kind kind;
    bool comparable;   /* false: it has no equality of its own */
    bool stable;       /* the same each time */
    bool dependent;    /* on the items */
    unsigned equal;    /* bit r: enum reference r gives the same */
    char text[CALL_TEXT_SIZE];     /* repr, cut */
    char expected[CALL_TEXT_SIZE]; /* that of the copy's */
};

enum call_outcome {
    CALL_NOT_TRIED,
    CALL_RETURNED,
    CALL_RAISED,
    CALL_CRASHED,
};

struct call {
    struct buffer buffer;
    enum call_outcome outcome;
    struct exception exception; /* CALL_RAISED */
    struct crash crash;         /* CALL_CRASHED */
    enum call_phase phase;      /* .. when it crashed */
    struct fault fault;
    char result[CALL_TEXT_SIZE]; /* repr of what was returned, cut */

    int region_count;
    struct region regions[CALL_MAX_REGIONS];
    int request_count; /* in all; the first CALL_MAX_REQUESTS are kept */
    struct asked requests[CALL_MAX_REQUESTS];
    int granted, releases;
    int wrong_releases;   /* of what was released before */
    int refused_releases; /* of what was refused */
    int altered_releases; /* with another `internal` than was granted */

    int held_with_result; /* views, while the result lives */
    int held;             /* once it is gone, and garbage collected */
    bool repeated;        /* the call was repeated, since something was left: */
    int held_after[CALL_REPEATS];
    int64_t references; /* more of the exporter's than before, those of held views apart */
    int64_t references_after[CALL_REPEATS];

    bool searched; /* what adds up was looked for in Python's objects, after the last repetition: */
    int lost;                    /* views that none of them keeps */
    int64_t lost_references;     /* more references to the exporter that none of them has, those of views apart */
    char keeper[CALL_TEXT_SIZE]; /* the name of who keeps others, cut; "": none was found */

    bool looked_elsewhere; /* after a refusal: asked for an attribute of the exporter's */
    bool result_keeps;     /* the result refers to the exporter */
    bool written;          /* the items are not what they were */
    bool damaged;          /* bytes that are no item's are not what they were: */
    int64_t damage;        /* the first, in bytes from the block's beginning */

    bool no_reference;  /* the reference itself crashed: nothing is compared */
    unsigned evaluated; /* bit r: enum reference r returned */
    int leaf_count;
    struct leaf leaves[CALL_MAX_LEAVES];
};

/* The requests of a call that are kept. */
static inline int requests_kept(const struct call *call)
{
    return call->request_count < CALL_MAX_REQUESTS ? call->request_count : CALL_MAX_REQUESTS;
}

struct trial {
    double timeout;   /* seconds for one call */
    bool out_of_time; /* the rest was not tried */
    bool names_buffer; /* the expression has `_` in it, other than in a text */
    int call_count;
    struct call calls[TRIAL_MAX_CALLS];
};

/* Make what a child wrote safe to read: strings end, counts are in range, enums are ones that exist. */
void trial_seal(struct trial *trial);

/* Did every call that came back raise, and none crash?  Then there is nothing to judge but how it refused. */
bool trial_all_refused(const struct trial *trial);

/* Was the format among what was asked for? */
bool call_asks_for_format(const struct call *call);

/* Was any request sent at all to an exporter of the program's own? */
bool trial_any_request(const struct trial *trial);

/* Came something back although no request was ever sent, and was nothing of the exporter kept? */
bool trial_asks_nothing(const struct trial *trial);

/* How many views more each repetition of a call leaves; 0 where that comes to an end. */
int call_leaves(const struct call *call);

/* .. that no Python object keeps. */
int call_leaks(const struct call *call);

/* References to the exporter that each repetition adds, or takes away; 0 where they differ or come to an end. */
int64_t call_leaves_references(const struct call *call);

/* .. those apart that Python objects have. */
int64_t call_keeps_references(const struct call *call);

/* Was every request refused, and came something back that shows no other way to the object? */
bool call_swallows_refusal(const struct call *call);

#endif
