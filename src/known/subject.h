/*
 * What a consumer meets: an exporter that was asked, or one that would be made
 * of it (a memoryview, an array) and answers as the documents have it.
 * For src/known's own files.
 */
#ifndef MVIEW_KNOWN_SUBJECT_H
#define MVIEW_KNOWN_SUBJECT_H

#include "judge/transcript.h"
#include "memory/layout.h"

#include <stdbool.h>

struct text;

struct subject {
    const struct transcript *transcript; /* borrowed; NULL: it answers by the rest: */
    struct layout layout;
    char format[TRANSCRIPT_FORMAT_SIZE]; /* what the layout's points to */

    unsigned kin; /* enum kin */
    bool has_release;
    int python_version; /* PY_VERSION_HEX */
};

/* An answer, as far as sense can be made of it. */
struct answer {
    enum outcome outcome;
    int request; /* flags */
    bool left_obj; /* refused, and obj is not what it was, nor NULL */

    /* Of a granted one: */
    const char *format; /* NULL when it was left so; borrowed from the subject */
    bool has_shape, has_strides, has_suboffsets;
    int64_t ndim, itemsize, len; /* as they stand there */
    uint64_t buf;
    bool sound;           /* `layout` can be worked with; its len is that of shape and itemsize */
    struct layout layout;
    char nonsense[160];   /* what is wrong with it; empty when nothing is */
};

struct subject subject_of(const struct transcript *transcript);

void subject_ask(const struct subject *subject, int flags, struct answer *answer);

/* Why an answer that is not granted is none: "refused ND: BufferError: no"; raw text. */
void subject_explain(const struct subject *subject, const struct answer *answer, struct text *why);

/* The answer that the others are compared with (transcript_truth); false when there is none that is sound. */
bool subject_truth(const struct subject *subject, struct answer *answer);

/*
 * memoryview(x): of the answer to FULL_RO.  It fills in what was left NULL;
 * false when there is none, or CPython would follow a NULL.
 */
bool subject_memoryview(const struct subject *subject, struct subject *view);

/* Is the answer contiguous, as PyBuffer_IsContiguous(view, 'C') has it? */
bool answer_is_c_contiguous(const struct answer *answer);

#endif
