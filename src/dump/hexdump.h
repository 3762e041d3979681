/*
 * Bytes as the lines of `hexdump -C`: the one place where speed rules the style.
 *
 * A line is an offset, `width` bytes in hex with a wider gap after every 8,
 * and the printable ASCII between bars.  Runs of lines equal to the one before
 * become one "*" line; the end offset stands alone on the last line.  The
 * offset has 8 hex digits, more once it needs them; a negative one (memory
 * below buf) is written signed.  The dump of no bytes is no lines.
 */
#ifndef MVIEW_DUMP_HEXDUMP_H
#define MVIEW_DUMP_HEXDUMP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct output;

enum { HEXDUMP_MAX_WIDTH = 256 };

struct hexdump_style {
    unsigned width;    /* bytes per line, 1 .. HEXDUMP_MAX_WIDTH */
    bool squeeze;      /* equal lines become "*" */
    bool color;        /* bytes by class; items shaded alternately; gaps dim */
    size_t itemsize;   /* bytes per item, for the shading; 0: none */
};

/* A dump under way.  Fields are hexdump.c's own. */
struct hexdump {
    struct hexdump_style style;
    struct output *output;                        /* borrowed */
    int64_t offset;                               /* of the next line */
    int64_t item_base;                            /* offset at which item 0 begins */
    bool any;                                     /* at least one byte was added */
    bool owned;                                   /* bytes come with owners */
    size_t filled;                                /* bytes in `line` that wait for more */
    unsigned char line[HEXDUMP_MAX_WIDTH];
    unsigned char owners[HEXDUMP_MAX_WIDTH];      /* of these */
    bool have_last;                               /* `last` holds the last line shown, for squeezing */
    bool squeezing;                               /* the "*" is out */
    unsigned char last[HEXDUMP_MAX_WIDTH];
    unsigned char last_owners[HEXDUMP_MAX_WIDTH];
};

/* Begin a dump whose first byte has this offset; `item_base` is the offset at which item 0 begins. */
void hexdump_begin(struct hexdump *dump, struct output *output, const struct hexdump_style *style,
                   int64_t offset, int64_t item_base);

/*
 * Add bytes; `owners` as in struct walk_run in every call of a dump, or NULL
 * in every one.  Allocates nothing and takes no lock, so that it may run under
 * the guard.  False when the output failed.
 */
bool hexdump_add(struct hexdump *dump, const unsigned char *bytes, const unsigned char *owners,
                 size_t size);

/* Add so many zeros: what a run of them squeezes to takes no time. */
bool hexdump_add_zeros(struct hexdump *dump, uint64_t count);

/* The last, shorter line and the end offset. */
bool hexdump_end(struct hexdump *dump);

/*
 * Which line kernel is in use ("avx512", "avx2", "ssse3", "neon", "scalar"): the best that this processor has,
 * until hexdump_use says otherwise, for tests and benchmarks.
 */
const char *hexdump_kernel(void);
bool hexdump_use(const char *kernel); /* false when this processor has not got it */

#endif
