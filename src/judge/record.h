/*
 * What transcripts are made of, whatever is asked.
 */
#ifndef MVIEW_JUDGE_RECORD_H
#define MVIEW_JUDGE_RECORD_H

#include <stdbool.h>
#include <stdint.h>

enum {
    TRANSCRIPT_NAME_SIZE = 128, /* bytes, with the NUL, of a type's name */
    TRANSCRIPT_TEXT_SIZE = 512, /* bytes, with the NUL, of an exception's text */
    TRANSCRIPT_CYCLES = 3,      /* times that a reference count is measured: only what repeats counts */
};

/* How a request, or another thing asked of the exporter, ended. */
enum outcome {
    OUTCOME_NOT_SENT,
    OUTCOME_GRANTED,
    OUTCOME_REFUSED,
    OUTCOME_CRASHED,
};

struct exception {
    bool set;
    bool buffer_error; /* BufferError or a subclass */
    bool memory_error; /* MemoryError: a cause of its own */
    char type[TRANSCRIPT_NAME_SIZE];
    char text[TRANSCRIPT_TEXT_SIZE];
};

/* Addresses from `low` to before `high`; equal when there are none. */
struct range {
    uint64_t low, high;
};

/* What many repetitions of something left behind: measured over TRANSCRIPT_CYCLES, each of `repeats`. */
struct losses {
    bool measured;
    int64_t repeats;
    int64_t bytes[TRANSCRIPT_CYCLES];      /* change in what malloc has given out */
    int64_t blocks[TRANSCRIPT_CYCLES];     /* .. in how many blocks Python's own allocator has */
    int64_t references[TRANSCRIPT_CYCLES]; /* .. in the references of the object that gained or lost most .. */
    char type[TRANSCRIPT_NAME_SIZE];       /* .. of this type; empty when there is none */
    int64_t exporters[TRANSCRIPT_CYCLES];  /* .. in how many objects there are of the exporter's type */
};

/*
 * A sealed record's strings end, its enums are ones that exist (one that is out of range becomes the first), and what
 * is no bool is true.
 */
#define SEAL_TEXT(array) ((array)[sizeof(array) - 1] = '\0')
#define SEAL_BOOL(value) ((value) = *(const unsigned char *)&(value) != 0)
#define SEAL_ENUM(value, last) ((value) = (unsigned)(value) > (unsigned)(last) ? 0 : (value))

void seal_exception(struct exception *exception);
void seal_losses(struct losses *losses);

#endif
