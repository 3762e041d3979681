#include "walk/copy.h"

#if defined __SSE2__
#include <emmintrin.h>
#endif
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

enum { AHEAD_LINES = 16 }; /* between what is copied and what is asked for */

/* What is copied may lie anywhere, at NULL too: where it cannot be read is for the guard to tell (memory/guard.h). */
#define INLINE static inline __attribute__((always_inline, no_sanitize("nonnull-attribute")))

INLINE size_t smaller(size_t a, size_t b)
{
    return a < b ? a : b;
}

/* Inlined with a constant `unit`, memcpy becomes a load and a store or two. */
INLINE void copy_line(unsigned char *to, const unsigned char *from, const struct copy_dim *dim, size_t unit)
{
    size_t i;

    for (i = 0; i < dim->extent; i++) {
        memcpy(to + (ptrdiff_t)i * dim->to, from + (ptrdiff_t)i * dim->from, unit);
    }
}

typedef uint64_t pair __attribute__((vector_size(16)));

/* A square of 8 by 8 units of 8 bytes, two by two: they are adjacent where they are read and written. */
INLINE void copy_square_of_8(unsigned char *to, const unsigned char *from, ptrdiff_t to_row,
                             ptrdiff_t from_column)
{
    ptrdiff_t w;
    ptrdiff_t r;

    for (r = 0; r < 8; r += 2) {
        for (w = 0; w < 8; w += 2) {
            const unsigned char *corner = from + w * from_column + r * 8;
            unsigned char *target = to + w * 8 + r * to_row;
            pair a, b, upper, lower;

            memcpy(&a, corner, sizeof a);
            memcpy(&b, corner + from_column, sizeof b);
            upper = (pair){a[0], b[0]};
            lower = (pair){a[1], b[1]};
            memcpy(target, &upper, sizeof upper);
            memcpy(target + to_row, &lower, sizeof lower);
        }
    }
}

/* Units of a square of cache lines, each way. */
INLINE size_t square_side(size_t unit)
{
    return unit < CACHE_LINE / 4 ? (CACHE_LINE + unit - 1) / unit : 4;
}

/* Part of a strip (see below), small enough for its lines to stay at hand. */
INLINE void copy_square(unsigned char *to, const unsigned char *from, const struct copy_dim *writes,
                        const struct copy_dim *reads, size_t unit)
{
    size_t r;

    if (unit == 8 && reads->from == 8 && writes->to == 8 && reads->extent == 8 && writes->extent == 8) {
        copy_square_of_8(to, from, reads->to, writes->from);
        return;
    }
    for (r = 0; r < reads->extent; r++) {
        copy_line(to + (ptrdiff_t)r * reads->to, from + (ptrdiff_t)r * reads->from, writes, unit);
    }
}

/*
 * A square whose rows are whole lines of the target, written around the caches:
 * they need not be fetched before, and push nothing else out.  Elsewhere than
 * on x86 the processor finds that out by itself.
 */
INLINE void stream_square(unsigned char *to, const unsigned char *from, const struct copy_dim *writes,
                          const struct copy_dim *reads, size_t unit)
{
    unsigned char lines[CACHE_LINE * CACHE_LINE] __attribute__((aligned(CACHE_LINE)));
    struct copy_dim packed = {reads->extent, reads->from, CACHE_LINE};
    size_t r;

    copy_square(lines, from, writes, &packed, unit);
    for (r = 0; r < reads->extent; r++, to += reads->to) {
        const unsigned char *line = lines + r * CACHE_LINE;
#if defined __SSE2__
        int i;

        for (i = 0; i < CACHE_LINE; i += 16) {
            _mm_stream_si128((__m128i *)(void *)(to + i), _mm_load_si128((const __m128i *)(const void *)(line + i)));
        }
#else
        memcpy(to, line, CACHE_LINE);
#endif
    }
}

/* May squares of this strip be streamed?  Their rows must be whole lines, all of them. */
INLINE bool streams(const unsigned char *to, const struct copy_dim *writes, const struct copy_dim *reads,
                    size_t unit)
{
    return unit <= CACHE_LINE / 4 && CACHE_LINE % unit == 0 && writes->to == (ptrdiff_t)unit &&
           reads->to % CACHE_LINE == 0 && (uintptr_t)to % CACHE_LINE == 0;
}

/*
 * What is copied some time after a strip: where its first unit lies from the
 * strip's, in bytes, and how many units side by side of it are to be asked for.
 * No processor sees coming where those are: it is told.
 */
struct ahead {
    ptrdiff_t from;
    size_t count;
};

/* Rows of a square that share a line of the source. */
INLINE size_t rows_in_line(const struct copy_dim *reads)
{
    size_t step = magnitude(reads->from);

    return step == 0 || step > CACHE_LINE / 2 ? 1 : CACHE_LINE / step;
}

/* Ask for what lies ahead of the rows [first, end) of a strip. */
INLINE void prefetch(const unsigned char *from, const struct copy_dim *writes, const struct copy_dim *reads,
                     size_t first, size_t end, struct ahead ahead)
{
    size_t r, w;

    for (r = first; r < end; r += rows_in_line(reads)) {
        for (w = 0; w < ahead.count; w++) {
            __builtin_prefetch(from + ahead.from + (ptrdiff_t)r * reads->from + (ptrdiff_t)w * writes->from);
        }
    }
}

/*
 * A strip: all that is read along `reads`, adjacent or nearly so, for a few
 * units that are adjacent along `writes` where they are written.  It is copied
 * in squares of a cache line each way, so that every line read or written is
 * used whole while it is at hand.
 */
INLINE void copy_strip(unsigned char *to, const unsigned char *from, const struct copy_dim *writes,
                       const struct copy_dim *reads, size_t unit, unsigned how, struct ahead ahead)
{
    const size_t side = square_side(unit);
    const bool stream = how & COPY_STREAM && streams(to, writes, reads, unit);
    size_t r, w;

    for (r = 0; r < reads->extent; r += side) {
        struct copy_dim along = {smaller(side, reads->extent - r), reads->from, reads->to};

        if (ahead.count > 0) {
            prefetch(from, writes, reads, r, r + along.extent, ahead);
        }
        for (w = 0; w < writes->extent; w += side) {
            struct copy_dim across = {smaller(side, writes->extent - w), writes->from, writes->to};
            const unsigned char *square = from + (ptrdiff_t)w * writes->from + (ptrdiff_t)r * reads->from;
            unsigned char *target = to + (ptrdiff_t)w * writes->to + (ptrdiff_t)r * reads->to;

            if (stream && across.extent == side) {
                stream_square(target, square, &across, &along, unit);
            } else {
                copy_square(target, square, &across, &along, unit);
            }
        }
    }
}

/* The last one or two dimensions. */
INLINE void copy_inner_sized(unsigned char *to, const unsigned char *from, const struct copy_dim *writes,
                             const struct copy_dim *reads, size_t unit, unsigned how, struct ahead ahead)
{
    if (writes == NULL) {
        copy_line(to, from, reads, unit);
    } else {
        copy_strip(to, from, writes, reads, unit, how, ahead);
    }
}

static void copy_inner(unsigned char *to, const unsigned char *from, const struct copy_dim *writes,
                       const struct copy_dim *reads, size_t unit, unsigned how, struct ahead ahead)
{
#define SIZE(n)                                                                                              \
    case n:                                                                                                  \
        copy_inner_sized(to, from, writes, reads, n, how, ahead);                                            \
        break
    switch (unit) {
        SIZE(1);
        SIZE(2);
        SIZE(3);
        SIZE(4);
        SIZE(5);
        SIZE(6);
        SIZE(7);
        SIZE(8);
        SIZE(10);
        SIZE(12);
        SIZE(16);
    default:
        copy_inner_sized(to, from, writes, reads, unit, how, ahead);
    }
#undef SIZE
}

struct box {
    size_t unit;
    int ndim;
    const struct copy_dim *dims;
    int writes; /* the dimension whose writes are adjacent */
    unsigned how;
};

/* How many pieces of the last dimension lie between one that is copied and one that is asked for. */
static size_t pieces_ahead(const struct box *box)
{
    const struct copy_dim *reads = &box->dims[box->ndim - 1];
    size_t lines = (reads->extent - 1) / rows_in_line(reads) + 1;

    return (AHEAD_LINES - 1) / lines + 1;
}

/* Loops over dims[level ..]; once the dimension `writes` is passed, a strip of it is what is copied. */
static void copy_level(const struct box *box, int level, unsigned char *to, const unsigned char *from,
                       const struct copy_dim *strip, struct ahead ahead)
{
    const struct copy_dim *dim = &box->dims[level];
    bool held = box->how & COPY_HELD;
    struct copy_dim part = *dim;
    size_t step = 1, distance = 1, i;

    if (level == box->ndim - 1) {
        copy_inner(to, from, strip, dim, box->unit, box->how, ahead);
        return;
    }
    if (level == box->writes) {
        step = distance = square_side(box->unit) * (held ? COPY_RUN / CACHE_LINE : 1);
        strip = &part;
    } else if (strip != NULL) {
        distance = pieces_ahead(box);
    }
    for (i = 0; i < dim->extent; i += step) {
        size_t left = dim->extent - i;
        struct ahead next = {0, 0};

        part.extent = smaller(step, left);
        if (strip != NULL && !held && left > distance) {
            next.from = (ptrdiff_t)distance * dim->from;
            next.count = strip == &part ? smaller(step, left - distance) : strip->extent;
        }
        copy_level(box, level + 1, to + (ptrdiff_t)i * dim->to, from + (ptrdiff_t)i * dim->from, strip, next);
    }
}

void copy_box(unsigned char *to, const unsigned char *from, size_t unit, int ndim,
              const struct copy_dim *dims, unsigned how)
{
    struct box box = {unit, ndim, dims, ndim - 1, how};
    int d;

    if (ndim == 0) {
        memcpy(to, from, unit);
        return;
    }
    for (d = ndim - 1; d >= 0; d--) {
        if (dims[d].to < dims[box.writes].to) {
            box.writes = d;
        }
    }
    copy_level(&box, 0, to, from, NULL, (struct ahead){0, 0});
#if defined __SSE2__
    if (how & COPY_STREAM) {
        _mm_sfence(); /* another thread may read it next */
    }
#endif
}
