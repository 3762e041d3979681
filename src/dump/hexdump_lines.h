/*
 * From bytes to the text of lines: hexdump.c decides which lines are shown,
 * the writers declared here put them into the output's buffer.
 *
 * Byte i of a line stands at column 10 + 3*i + i/8, behind an offset of 8
 * digits (a sign or more digits move the rest to the right); after the place
 * of the last byte come two blanks, "|", the characters, "|" and a newline.
 */
#ifndef MVIEW_DUMP_HEXDUMP_LINES_H
#define MVIEW_DUMP_HEXDUMP_LINES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

enum {
    HEXDUMP_GROUP = 8,         /* bytes up to the wider gap */
    HEXDUMP_KERNEL_WIDTH = 16, /* bytes per line of the lines that kernels write */
    HEXDUMP_BATCH_SIZE = 4096, /* bytes looked through, then written, while the next are fetched */
    HEXDUMP_OFFSET_SIZE = 17,  /* characters of an offset, at most */
    HEXDUMP_AHEAD = 1024,      /* bytes from what is written to what will be and is fetched */
    HEXDUMP_SLACK = 64,        /* bytes behind its text that a writer may spoil */
};

/* The offsets of successive lines, as long as only their last 8 digits differ. */
struct hexdump_offset {
    unsigned char prefix[16]; /* what stands before those: a sign, more digits */
    size_t prefix_size;       /* characters of it, 0 to 9 */
    uint32_t low;             /* the last 8 digits of the first line's */
    uint32_t step;            /* from line to line, modulo 2^32 */
};

/* Lines to be written. */
struct hexdump_lines {
    const unsigned char *bytes;
    const unsigned char *owners; /* as in struct walk_run, or NULL */
    size_t size;                 /* bytes, at most HEXDUMP_BATCH_SIZE; only the last line may be short */
    unsigned width;              /* bytes per line */
    struct hexdump_offset offset;
    /* What colour shades items by, where there are no owners. */
    uint64_t item_size;  /* bytes; 0: no items */
    uint64_t item_place; /* of the first byte within two items, bytes */
};

/*
 * Write lines and return the end of their text.  `to` has room for that and
 * HEXDUMP_SLACK bytes more.
 */
typedef unsigned char *hexdump_writer(unsigned char *to, const struct hexdump_lines *lines);

/* Any width, short lines, owners. */
hexdump_writer hexdump_plain_lines;

/* The same in colour, after one call of hexdump_color_start. */
hexdump_writer hexdump_color_lines;
void hexdump_color_start(void);

/* Bytes of a line of that width, at most. */
size_t hexdump_plain_size(unsigned width);
size_t hexdump_color_size(unsigned width);

/* Put what stands before an offset's last 8 digits; returns where those go. */
__attribute__((always_inline)) static inline
unsigned char *hexdump_put_prefix(unsigned char *to, const struct hexdump_offset *offset)
{
    if (offset->prefix_size > 0) {
        memcpy(to, offset->prefix, sizeof offset->prefix);
    }
    return to + offset->prefix_size;
}

/* Put an offset that ends in `low`; returns where the text goes on. */
unsigned char *hexdump_put_offset(unsigned char *to, const struct hexdump_offset *offset, uint32_t low);

/* Two digits and two blanks for every byte. */
extern const char hexdump_cells[256 * 4 + 1];

/* Full lines of HEXDUMP_KERNEL_WIDTH bytes without owners; reads exactly these bytes. */
struct hexdump_kernel {
    const char *name;
    bool (*supported)(void);
    hexdump_writer *lines;
    hexdump_writer *color; /* of items that end with groups only; NULL: none better than hexdump_color_lines */
};

#if defined(__x86_64__)
/*
 * Ask for lines of the cache that are written soon: a buffer of output does
 * not stay in the nearest one.  Needs the target "prfchw", but no processor
 * that has it: others take it for nothing.
 */
#define hexdump_prefetch(to, count)                                     \
    do {                                                                \
        for (int line_ = 0; line_ < (count); line_++) {                 \
            __builtin_prefetch((to) + HEXDUMP_AHEAD + 64 * line_, 1);   \
        }                                                               \
    } while (0)

hexdump_writer hexdump_avx2_lines, hexdump_avx2_color;
extern const struct hexdump_kernel hexdump_avx512, hexdump_avx2, hexdump_ssse3;
#elif defined(__aarch64__)
extern const struct hexdump_kernel hexdump_neon;
#endif
extern const struct hexdump_kernel hexdump_scalar;

#endif
