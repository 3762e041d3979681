/*
 * The requests that a consumer can send: PyBUF_ flags by name.
 *
 * The values are those of the C API's buffer page (section "Buffer request
 * types"); probe/probe.c asserts that the Python built for agrees.
 */
#ifndef MVIEW_JUDGE_REQUEST_H
#define MVIEW_JUDGE_REQUEST_H

#include <stdbool.h>
#include <stddef.h>

struct error;
struct text;

enum request_flag {
#define BASE(name, value) REQUEST_##name = (value),
#define ADDED BASE
#define COMPOUND BASE
#include "judge/request.def"
#undef BASE
    /* every bit that has a name in the C API, those of PyBUF_READ and PyBUF_WRITE among them */
    REQUEST_KNOWN = 0x300
#define BASE(name, value) | REQUEST_##name
#include "judge/request.def"
#undef BASE
#undef ADDED
#undef COMPOUND
};

/* True when `flags` ask for all that `wanted` (one of the above) stands for. */
static inline bool request_asks(int flags, int wanted)
{
    return (flags & wanted) == wanted;
}

struct request {
    const char *name; /* "ND|WRITABLE" */
    int flags;
};

enum { REQUEST_COUNT = 36 };

/*
 * The sweep: SIMPLE, ND, STRIDES, the three contiguous ones, INDIRECT,
 * C_CONTIGUOUS|INDIRECT and C_CONTIGUOUS|F_CONTIGUOUS, each alone, with
 * WRITABLE, with FORMAT and with both.  Every documented compound (FULL, ..,
 * CONTIG_RO) is one of them.
 */
extern const struct request requests[REQUEST_COUNT];

/* The place of flags in the sweep, or -1. */
int request_find(int flags);

/*
 * Parse flags: names as in Python's inspect.BufferFlags (also with PyBUF_ in
 * front), joined by '|' or ','; a flag without a name here, of a newer Python,
 * as a number (0x400).  READ and WRITE, which are no requests, are refused
 * with the reason.  `others` are names that stand for a request where
 * they stand alone: not known here, but suggested when one is nearly hit.
 */
bool request_parse(const char *text, const char *const *others, size_t other_count, int *flags,
                   struct error *error);

/*
 * Append the name of any combination of flags: "C_CONTIGUOUS|INDIRECT|FORMAT".
 * What has no name, or is but a part of a flag, is appended as a number: "ND|0x400".
 */
void request_text(int flags, struct text *text);

#endif
