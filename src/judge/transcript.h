/*
 * What an exporter answered, as plain data: written by probe/, judged by
 * judge/rules, and as easily written by hand in a test.
 *
 * A transcript is filled in by processes in which a broken exporter has run,
 * so what it says may be anything; transcript_seal makes it safe to read.
 * Zeroed memory is the transcript of an exporter that was asked nothing.
 */
#ifndef MVIEW_JUDGE_TRANSCRIPT_H
#define MVIEW_JUDGE_TRANSCRIPT_H

#include "judge/record.h"
#include "judge/request.h"
#include "judge/told.h"
#include "memory/layout.h"

#include <stdbool.h>
#include <stdint.h>

struct text;

enum {
    TRANSCRIPT_FORMAT_SIZE = 16384, /* bytes, with the NUL, of a format */
    TRANSCRIPT_MAX_CRASHES = 64,
};

/* The parts of a Py_buffer, and the memory behind it; joined to say which of them were, say, changed. */
enum field {
    FIELD_BUF = 0x1,
    FIELD_OBJ = 0x2,
    FIELD_LEN = 0x4,
    FIELD_ITEMSIZE = 0x8,
    FIELD_READONLY = 0x10,
    FIELD_NDIM = 0x20,
    FIELD_FORMAT = 0x40, /* the pointer, and the text it points to */
    FIELD_SHAPE = 0x80,
    FIELD_STRIDES = 0x100,
    FIELD_SUBOFFSETS = 0x200,
    FIELD_INTERNAL = 0x400,
    FIELD_CONTENTS = 0x800, /* the items' bytes */
};

enum pointer_state {
    POINTER_NULL,
    POINTER_READ,       /* what it points to was copied */
    POINTER_UNREADABLE, /* it points to memory that is not there (any more) */
};

enum pointer_place {
    PLACE_OTHER,
    PLACE_VIEW,       /* inside the Py_buffer itself */
    PLACE_DEAD_STACK, /* in the stack, below every function that still runs */
};

struct pointer {
    uint64_t address;
    enum pointer_state state;
    enum pointer_place place;
};

/* shape, strides or suboffsets. */
struct numbers {
    struct pointer pointer;
    int64_t values[LAYOUT_MAX_NDIM]; /* the first ndim, when POINTER_READ */
};

enum reply_obj {
    REPLY_OBJ_NULL,
    REPLY_OBJ_UNTOUCHED, /* what the consumer had put there is still there */
    REPLY_OBJ_EXPORTER,
    REPLY_OBJ_OTHER,
};

/* The answer to one request. */
struct reply {
    enum outcome outcome; /* granted when the return value was not negative */
    int returned;
    struct exception exception;         /* set after the request, whatever it returned */
    struct exception release_exception; /* set after the release */
    enum reply_obj obj;
    char obj_type[TRANSCRIPT_NAME_SIZE]; /* REPLY_OBJ_OTHER: its type's name */
    int64_t stale_obj_references;        /* change in references of what view.obj held before the request */

    /* The rest only when granted. */
    unsigned unfilled; /* enum field, joined: still holds what was there before the request */
    struct pointer buf;
    int64_t len, itemsize;
    int64_t readonly, ndim; /* ints */
    struct pointer format;
    bool format_cut; /* longer than fits here */
    struct numbers shape, strides, suboffsets;
    struct range readable; /* the mapped memory around buf without a gap, as far as it can be read */
    struct range writable; /* .. can be written */
    char format_text[TRANSCRIPT_FORMAT_SIZE]; /* when POINTER_READ */
};

/* Changes of a reference count over one request and its release, measured several times. */
struct slope {
    bool measured;
    bool immortal; /* the count never changes */
    int64_t get[TRANSCRIPT_CYCLES];
    int64_t release[TRANSCRIPT_CYCLES];
};

struct references {
    struct slope exporter;
    struct slope obj; /* of view.obj, when each request gets the same one */
};

/* One of many views held at the same time. */
struct hold {
    enum outcome outcome;
    struct exception exception;
    uint64_t buf;
    unsigned restless;           /* enum field: changed without anything being done */
    unsigned changed_by_asking;  /* enum field: changed while others were acquired */
    unsigned changed_by_release; /* enum field: changed while others were released */
};

/* Views released through a copy of their Py_buffer, the original overwritten. */
struct copied_release {
    enum outcome outcome;  /* of the request */
    bool original_written; /* the release wrote into the original */
    struct exception release_exception;
    struct slope exporter; /* its references */
    enum outcome after;    /* of the same request after it */
};

/* A view left alone: every reference of the tool's to the exporter dropped. */
struct drop {
    enum outcome outcome;
    unsigned changed; /* enum field */
    struct exception release_exception;
};

/* The types that bring bf_getbuffer and bf_releasebuffer along. */
struct slots {
    char get[TRANSCRIPT_NAME_SIZE];
    char release[TRANSCRIPT_NAME_SIZE]; /* empty: no bf_releasebuffer */
    bool related;                       /* the one is the other, or derives from it */
    bool same;
};

/* A view released while the exporter lives on. */
struct aftermath {
    enum outcome outcome;
    bool restless; /* the items changed without anything being done */
    bool changed;  /* .. after the release, or cannot be read any more */
};

/* The --mutate expression evaluated once, in a process of its own. */
struct mutation {
    bool done;
    struct exception exception;     /* the expression's */
    uint64_t buf_before, buf_after; /* of a new view */
    int64_t len_before, len_after;  /* bytes */
    enum outcome after;             /* of the request for a new view */
    unsigned changed;               /* enum field: of the held view */
    int64_t own_views;              /* that the expression took itself, and had not released at its end */
    uint64_t own_buf;               /* of the first of them */
    int64_t own_len;
    bool garbage; /* it failed until garbage was collected */
};

enum mutate_when {
    MUTATE_UNTOUCHED,     /* no request was ever sent */
    MUTATE_HELD,          /* while a view is held */
    MUTATE_RELEASED,      /* after the release of one */
    MUTATE_AFTER_REFUSAL, /* after requests that were refused */
    MUTATE_WHENS,
};

/* Threads that acquire and release at the same time. */
struct stress {
    enum outcome outcome;
    int threads;
    int64_t views;           /* acquired in all */
    int64_t wrong;           /* whose answer differed from the first one's */
    int64_t exporter_change; /* in references, over all of them */
    bool immortal;
    struct exception exception; /* the first that was no BufferError */
    struct mutation mutation;   /* after the end */
};

/* What __release_buffer__ raised, which no caller ever sees. */
struct unraisable {
    int64_t count;
    bool entered; /* the function's own code had begun to run */
    struct exception exception;
};

enum step {
    STEP_SWEEP,      /* every request, answer recorded */
    STEP_OTHER,      /* between the others */
    STEP_AGAIN,      /* every request once more */
    STEP_REFERENCES, /* reference counts over each request */
    STEP_LOSSES,     /* each request many times */
    STEP_HOLD,       /* all views at once */
    STEP_COPY,       /* released through a copy */
    STEP_DROP,       /* the exporter's last reference dropped */
    STEP_AFTERMATH,  /* the last view released */
    STEP_EVALUATE,   /* the expression evaluated again */
    STEP_MUTATE,
    STEP_STRESS,
    /* The other protocols: what is asked does without a buffer. */
    STEP_TELL,      /* each (enum protocol) is asked what it tells */
    STEP_ASK,       /* __dlpack__ is asked more (enum dlpack_question) */
    STEP_INTERFACE, /* __array_interface__ many times */
    STEP_STRUCT,    /* capsules of __array_struct__ (enum exchange_trial) */
    STEP_DLPACK,    /* .. of __dlpack__ */
    STEP_ARROW,     /* .. of __arrow_c_array__ */
    STEP_COUNT,
};

enum phase {
    PHASE_REQUEST,
    PHASE_READ, /* of what the answer points to */
    PHASE_RELEASE,
    PHASE_OTHER,
};

enum crash_kind {
    CRASH_SIGNAL,
    CRASH_EXIT,
    CRASH_TIMEOUT,
};

/* A process that did not come back. */
struct crash {
    enum crash_kind kind;
    int number; /* the signal, or the exit status */
    enum step step;
    enum phase phase;
    int request; /* the last one sent; -1 for none */
    int item;    /* which one of the step's */
    bool lacks_threads; /* no answer: it waits for a lock, in a fork of a process whose other threads are not in it */
};

/* What consumers tell by the type, before or without a request: joined. */
enum kin {
    KIN_BYTES = 1,           /* bytes, or a subclass */
    KIN_STR = 2,             /* str, or a subclass */
    KIN_MEMORYVIEW = 4,
    KIN_NDARRAY = 8,         /* numpy.ndarray, or a subclass */
    KIN_NUMPY_SCALAR = 16,   /* numpy.generic */
    KIN_CTYPES = 32,         /* a ctypes object, or a memoryview of one */
    KIN_NO_DTYPE = 64,       /* .. of whose type NumPy makes no dtype of its size */
    KIN_ARRAY_PROTOCOL = 128, /* has __array_struct__, __array_interface__ or __array__ */
    KIN_DLPACK = 256,        /* has __dlpack__ */
    KIN_INDEX = 512,         /* has __index__: a number may be meant */
    KIN_TITLES = 1024,       /* an array or scalar whose dtype has titles, which no format tells */
};

struct transcript {
    int python_version; /* PY_VERSION_HEX */
    bool free_threaded; /* threads run without a GIL */
    double timeout;   /* seconds for one request */
    bool out_of_time; /* the time for the whole check was over before its end */

    char type[TRANSCRIPT_NAME_SIZE];
    bool has_buffer;     /* it is an exporter: else only the other protocols are asked */
    bool has_release;    /* the type defines bf_releasebuffer */
    bool python_buffer;  /* .. __buffer__ in Python */
    bool python_release; /* .. __release_buffer__ in Python */
    unsigned kin;        /* enum kin */

    struct slots slots;

    struct reply sweeps[2][REQUEST_COUNT];
    struct references references[REQUEST_COUNT];
    struct losses losses[REQUEST_COUNT];
    struct hold holds[REQUEST_COUNT];
    struct copied_release copies[REQUEST_COUNT];
    struct range root; /* the memory that view.obj itself answers for, when it is another object */
    char immutable[TRANSCRIPT_NAME_SIZE]; /* the type of the bytes, str or int whose memory buf lies in; or empty */
    struct drop drop;
    struct aftermath aftermath;
    struct losses evaluation; /* of the expression */
    bool mutate; /* a --mutate expression was given */
    bool mutate_apart; /* .. which does without `_`: what the exporter is may itself be a view of what it resizes */
    struct mutation mutations[MUTATE_WHENS];
    struct stress stress;
    struct unraisable unraisable;
    struct protocols protocols;

    int crash_count;
    struct crash crashes[TRANSCRIPT_MAX_CRASHES];
};

/*
 * Make a transcript safe to read, whatever was written into it: strings end,
 * counts are in range, enums are ones that exist.  Every function that takes a
 * transcript expects it so.
 */
void transcript_seal(struct transcript *transcript);

/*
 * The request whose answer the others are compared with: the first granted of
 * INDIRECT|FORMAT (FULL_RO), INDIRECT, STRIDES|FORMAT, STRIDES, ND and SIMPLE;
 * -1 when none is.
 */
int transcript_truth(const struct transcript *transcript);

/* The crash that ended a request of the first sweep before an answer; NULL when there was none. */
const struct crash *transcript_crash(const struct transcript *transcript, int request);

/* The crash that ended the asking of what a protocol tells (STEP_TELL); NULL when there was none. */
const struct crash *transcript_tell_crash(const struct transcript *transcript, enum protocol protocol);

/* Does the --mutate expression work on an exporter that was never asked for anything? */
bool transcript_can_mutate(const struct transcript *transcript);

/*
 * The exception of a --mutate expression that fails on an exporter that was
 * never asked for anything, and so is wrong itself; NULL when it works there.
 */
const struct exception *transcript_mutation_error(const struct transcript *transcript);

/*
 * Did --mutate, with no view there as under one, leave the memory where it was
 * and as long?  The rules of resizing were then not tried.
 */
bool transcript_mutates_nothing(const struct transcript *transcript);

/* "SIGSEGV", "exit(3)", "no answer within 2 s". */
void crash_text(const struct crash *crash, double timeout, struct text *text);

/*
 * A reply as a layout: NULLs stand for what the C API says of them.  False when
 * the reply is not granted, lacks a field or makes no sense (layout_check).
 * The layout's format borrows from the reply.
 */
bool reply_layout(const struct reply *reply, struct layout *layout);

#endif
