/*
 * What an object told of its memory by other protocols than the buffer's, and
 * how it kept to that: the part of a transcript that is about those.
 *
 * A told is a telling (protocol/telling.h) as plain data without pointers,
 * written by a process that the object may have spoilt.
 */
#ifndef MVIEW_JUDGE_TOLD_H
#define MVIEW_JUDGE_TOLD_H

#include "judge/record.h"
#include "memory/layout.h"
#include "protocol/protocol.h"

#include <stdbool.h>
#include <stdint.h>

struct telling;

enum {
    TOLD_FAULTS = 8, /* further ones are not kept */
    TOLD_TEXT = 256, /* bytes, with the NUL, of a sentence, a type or a format; cut where there is more */
};

struct told_fault {
    int kind; /* enum fault_kind */
    bool is_warning;
    char sentence[TOLD_TEXT];
};

struct told {
    enum outcome outcome;       /* not sent: the object has no such protocol */
    struct exception exception; /* refused: what was raised */
    char version[24];
    char device[40];
    bool is_local, have_layout, is_plain, is_packed;
    enum said readonly;
    bool is_copy;     /* made anew each time it is asked for, or said to be one */
    bool is_unmarked; /* .. but not said to be one by a protocol that can say so */
    bool is_legacy;   /* DLPack: of before 1.0, where nobody can */
    uint64_t address; /* of the first item */
    int64_t len, itemsize; /* bytes */
    int64_t ndim;
    unsigned given; /* enum layout_given, joined */
    int64_t shape[LAYOUT_MAX_NDIM];
    int64_t strides[LAYOUT_MAX_NDIM]; /* bytes */
    char type[TOLD_TEXT];   /* in the protocol's own words */
    char format[TOLD_TEXT]; /* in PEP 3118's; cut where it is longer, and then not compared */
    char obstacle[TOLD_TEXT];
    char owner[TRANSCRIPT_NAME_SIZE]; /* the type of what keeps the memory; empty where nothing says it */
    struct range readable, writable;  /* the mapped memory around the address */
    int64_t fault_count;
    struct told_fault faults[TOLD_FAULTS];
};

/* What is tried with what a protocol hands over: a capsule, or two. */
enum exchange_trial {
    EXCHANGE_HOLD,     /* two are taken, and the one is dropped */
    EXCHANGE_CONSUME,  /* two are taken, and the one is consumed and given back */
    EXCHANGE_DROPPED,  /* many are taken and dropped */
    EXCHANGE_CONSUMED, /* many are taken, consumed and given back */
    EXCHANGE_OUTLIVE,  /* one is taken, and the object's last reference dropped */
    EXCHANGE_TRIALS,
};

struct exchange {
    bool same_capsule;       /* both are the same capsule */
    bool same_structure;     /* Arrow: both lead to the same structures, which the first consumer marks as released */
    bool restless;           /* it changes without anything being done, and nothing is said of it then: */
    bool changed_by_drop;    /* the one when the other was dropped */
    bool changed_by_end;     /* .. when the other was given back */
    bool changed_by_owner;   /* .. when the object was gone */
    bool ended_twice;        /* a capsule that was consumed gives back what is not its any more */
    bool unmarked;           /* Arrow: what was released still looks as if it were not */
    struct losses dropped, consumed;
};

/* What __dlpack__ is asked, beside how it is told. */
enum dlpack_question {
    DLPACK_ASK_DEVICE,       /* __dlpack_device__() */
    DLPACK_ASK_PLAIN,        /* __dlpack__() */
    DLPACK_ASK_STREAM,       /* stream=None */
    DLPACK_ASK_MAX_VERSION,
    DLPACK_ASK_DL_DEVICE,    /* what __dlpack_device__ gave */
    DLPACK_ASK_COPY_NEVER,   /* copy=False */
    DLPACK_ASK_COPY,         /* copy=True */
    DLPACK_QUESTIONS,
};

/* "dl_device": the keyword of a question, "" for none; as it is asked: "copy=True". */
const char *dlpack_keyword(enum dlpack_question question);
const char *dlpack_question_text(enum dlpack_question question);

struct dlpack_answer {
    enum outcome outcome;
    struct exception exception;
};

struct dlpack_answers {
    struct dlpack_answer answers[DLPACK_QUESTIONS];
    bool takes_version;           /* max_version is taken: the telling was asked for with it */
    bool has_device;              /* there is a __dlpack_device__ */
    char device[TOLD_TEXT];       /* what it gave, as repr writes it */
    bool device_is_pair;          /* .. which is two integers .. */
    bool device_has_no_id;        /* .. or None for the second, as the dataframe interchange protocol has it */
    char device_name[40];         /* .. and in the words of tellings */
    struct told plain;            /* of a capsule that no max_version was asked for */
    struct told copy;             /* .. that a copy was asked for */
};

struct protocols {
    struct told told[PROTOCOL_COUNT]; /* the buffer's own is in the answers to requests */
    struct exchange exchanges[PROTOCOL_COUNT];
    struct dlpack_answers dlpack;
};

/* Write a telling down; outcome, exception, owner, ranges and what is_copy begins are the caller's. */
void told_write(struct told *told, const struct telling *telling);

/* The telling again, to be freed by telling_free.  A copy's own address and readonly are left out: they may differ. */
struct telling told_read(const struct told *told, enum protocol protocol);

/* Do two say the same of the memory, whether it is there or not?  And do they, what was found out about it included? */
bool told_same_words(const struct told *a, const struct told *b);
bool told_same(const struct told *a, const struct told *b);

/* Does the object have a protocol beside the buffer's? */
bool protocols_any(const struct protocols *protocols);

void protocols_seal(struct protocols *protocols);

#endif
