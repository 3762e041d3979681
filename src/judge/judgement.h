/*
 * What the rules share while they judge one transcript; for src/judge/rules*.c.
 */
#ifndef MVIEW_JUDGE_JUDGEMENT_H
#define MVIEW_JUDGE_JUDGEMENT_H

#include "base/text.h"
#include "format/format.h"
#include "judge/findings.h"
#include "judge/transcript.h"

/* Requests as a set: bit i stands for requests[i]. */
#define ALL_REQUESTS ((UINT64_C(1) << REQUEST_COUNT) - 1)

/* One of the different formats that were answered, with the itemsize beside it. */
struct judged_format {
    const char *text;
    int64_t itemsize;
    uint64_t requests; /* answered with it */
    bool parsed;
    struct format format; /* when parsed; owned */
    char *complaint;      /* when not; owned */
};

enum { JUDGED_FORMATS = 8 }; /* more different ones are not looked at one by one */

struct judgement {
    const struct transcript *transcript;
    struct findings *findings;
    int rule;
    bool failed; /* out of memory */

    uint64_t granted, refused, crashed; /* in the first sweep */
    int truth;                          /* transcript_truth */
    bool have_layout;                   /* the truth makes sense: */
    struct layout layout;

    struct judged_format formats[JUDGED_FORMATS];
    int format_count;

    struct text where; /* what `where` returned last */
};

static inline uint64_t request_bit(int request)
{
    return UINT64_C(1) << request;
}

/* The requests that ask for all of `flags`. */
uint64_t requests_asking(int flags);

/* The answer of the first sweep. */
static inline const struct reply *answer(const struct judgement *judgement, int request)
{
    return &judgement->transcript->sweeps[0][request];
}

/* True when the answer was granted and all these fields (enum field) in it were written. */
bool answered(const struct judgement *judgement, int request, unsigned fields);

/* The pointer behind FIELD_FORMAT, _SHAPE, _STRIDES or _SUBOFFSETS. */
const struct pointer *reply_pointer(const struct reply *reply, enum field field);

/* The same for the last three: NULL when they could not be read. */
const int64_t *reply_numbers(const struct reply *reply, enum field field);

/* The format's text; NULL when there is none that could be read whole. */
const char *reply_format(const struct reply *reply);

/* ndim, when it is in range and was written; else -1. */
int reply_ndim(const struct reply *reply);

/* A change that each of TRANSCRIPT_CYCLES repeats; 0 when they differ, for then something else caused it. */
int64_t steady(const int64_t *changes);

/* An exception as one line: "ValueError: no"; valid as long as text is. */
const char *exception_text(const struct exception *exception, struct text *text);

/*
 * "in 3 of 12 requests that ask for strides (STRIDES, STRIDES|FORMAT, …)",
 * where `among` holds the 12 and `who` names them ("requests that ask for strides").  Valid
 * until the next call.
 */
const char *where(struct judgement *judgement, uint64_t requests, uint64_t among, const char *who);

/* "format, shape": the names of fields; for the next printf only. */
const char *field_names(struct judgement *judgement, unsigned fields);

/* "(2, 3)". */
void append_numbers(struct text *text, const int64_t *values, int count);

/* What one repetition loses, as "48 bytes that malloc gave out"; false when it loses nothing. */
bool loss_text(const struct losses *losses, struct text *text);

/* The findings about crashes that are charged to the rule that is being judged. */
void judge_crashes(struct judgement *judgement);

/* Was something found of an earlier rule (enum)? */
bool is_found(const struct judgement *judgement, int rule);

/*
 * Add a finding of the rule that is being judged.  C_CONTIGUOUS and F_CONTIGUOUS together are in no document, and
 * no consumer that is known sends them: what is wrong in answers to these alone is a warning at most.
 */
void finding(struct judgement *judgement, enum severity severity, uint64_t requests, const char *format, ...)
    __attribute__((format(printf, 4, 5)));

#define RULE(name, id, severity, statement, source) void judge_##name(struct judgement *judgement);
#define RULE_NOT_TRIED(name, id, severity, statement, source)
#include "judge/rules.def"
#undef RULE
#undef RULE_NOT_TRIED

#endif
