/*
 * The consumers that people meet, what they ask for, and whether and how they
 * could read what an exporter answers.
 */
#ifndef MVIEW_KNOWN_CONSUMERS_H
#define MVIEW_KNOWN_CONSUMERS_H

#include "base/text.h"
#include "known/elements.h"

#include <stdbool.h>
#include <stddef.h>

struct error;
struct reading;
struct transcript;

enum {
    CONSUMER_ASKS_NOTHING = -1, /* in place of flags: it looks at the type alone */
    CONSUMER_ANY_NDIM = 8,      /* the dimensions that a row's own name is told for: 1 to one less than this */
};

/* What becomes of an obj that a refused request left, where the documents have none. */
enum consumer_left {
    CONSUMER_LEAVES,
    CONSUMER_RELEASES, /* by PyBuffer_Release, as it does whenever there is one */
    CONSUMER_SINCE_3_13, /* likewise, from that Python on */
};

struct consumer {
    const char *name; /* "Cython T[::1]" */
    int flags;        /* what it asks for first */
    int fallback;     /* what it asks for when that is refused; the same as `flags` when it gives up */
    unsigned languages; /* enum language: of the T that it takes; 0 when it takes none */
    enum consumer_left left;
    bool (*check)(struct reading *reading);
    const char *how;  /* what it does, in a few words */
};

enum {
#define CONSUMER(name, first, then, language, left, check, how) +1
    CONSUMER_COUNT = 0
#include "known/consumers.def"
#undef CONSUMER
};

extern const struct consumer consumers[CONSUMER_COUNT];

/* What is said of a consumer and an exporter. */
struct verdict {
    struct text name; /* the consumer's: that of typed memoryviews has the exporter's number of dimensions */
    int asks;         /* flags, or CONSUMER_ASKS_NOTHING */
    bool reads;
    struct text why;  /* the reason when not ("cannot index '<i': byte order mark"), and what is to be
                         known when it can (it may stay empty).  Raw text, one line */
    bool typed;       /* it is written for a T: */
    const struct element *types[ELEMENT_COUNT]; /* those that fit .. */
    size_t type_count;
    struct text record; /* .. and a structure that does; empty for none */
    struct text remedy; /* what to give it in place of EXPR, or what to declare; empty when nothing is known */
};

#define VERDICT_INIT {TEXT_INIT, 0, false, TEXT_INIT, false, {NULL}, 0, TEXT_INIT, TEXT_INIT}

/*
 * Fill in a verdict that is VERDICT_INIT; it is freed with verdict_free.  False
 * when there is no such row for this exporter: of the three forms of a typed
 * memoryview, F-contiguous is C-contiguous in one dimension.
 */
bool consumer_judge(const struct consumer *consumer, const struct transcript *transcript, struct verdict *verdict);
void verdict_free(struct verdict *verdict);

/* The consumer of that name (case does not count, nor "()" at its end); NULL when there is none. */
const struct consumer *consumer_find(const char *name);

/*
 * Parse the text of --request: the name of a consumer, which stands for what
 * it asks for first, or flags (judge/request.h).
 */
bool consumer_request(const char *text, int *flags, struct error *error);

#endif
