#include "dump/hexdump_lines.h"

#include <string.h>

#define CELL_ROW(high)                                                                       \
    high "0  " high "1  " high "2  " high "3  " high "4  " high "5  " high "6  " high "7  "  \
    high "8  " high "9  " high "a  " high "b  " high "c  " high "d  " high "e  " high "f  "

const char hexdump_cells[256 * 4 + 1] =
    CELL_ROW("0") CELL_ROW("1") CELL_ROW("2") CELL_ROW("3") CELL_ROW("4") CELL_ROW("5") CELL_ROW("6") CELL_ROW("7")
    CELL_ROW("8") CELL_ROW("9") CELL_ROW("a") CELL_ROW("b") CELL_ROW("c") CELL_ROW("d") CELL_ROW("e") CELL_ROW("f");

size_t hexdump_plain_size(unsigned width)
{
    return HEXDUMP_OFFSET_SIZE + 2 + 3 * (size_t)width + width / HEXDUMP_GROUP + 3 + width + 2;
}

unsigned char *hexdump_put_offset(unsigned char *to, const struct hexdump_offset *offset, uint32_t low)
{
    to = hexdump_put_prefix(to, offset);
    for (int shift = 24; shift >= 0; shift -= 8, to += 2) {
        memcpy(to, hexdump_cells + 4 * (low >> shift & 0xff), 2);
    }
    return to;
}

/* Printable ASCII as it is, dots for the rest: eight bytes at a time, each within its own eight bits. */
static inline void put_text(unsigned char *to, const unsigned char *bytes, size_t size)
{
    const uint64_t ones = UINT64_MAX / 0xff;
    size_t i = 0;

    for (uint64_t eight; i + sizeof eight <= size; i += sizeof eight) {
        uint64_t low, shown;

        memcpy(&eight, bytes + i, sizeof eight);
        low = eight & ones * 0x7f;
        shown = (low + ones * (0x80 - ' ')) & ~(low + ones) & ~eight & ones * 0x80;
        shown = (shown >> 7) * 0xff;
        eight = (eight & shown) | (ones * '.' & ~shown);
        memcpy(to + i, &eight, sizeof eight);
    }
    for (; i < size; i++) {
        to[i] = bytes[i] >= ' ' && bytes[i] <= '~' ? bytes[i] : '.';
    }
}

/* A line behind its offset.  Inlined, so that the compiler unrolls it where the width is a constant. */
__attribute__((always_inline)) static inline
unsigned char *put_line(unsigned char *to, const unsigned char *bytes, const unsigned char *owners, size_t size,
                        size_t width)
{
    unsigned char *cell = to + 2;
    unsigned char *bar = cell + 3 * width + (width - 1) / HEXDUMP_GROUP + 1;

    memcpy(to, "  ", 2);
#pragma GCC unroll 16
    for (size_t i = 0; i < size; i++) {
        memcpy(cell, owners == NULL || owners[i] != 0 ? hexdump_cells + 4 * bytes[i] : "..  ", 4);
        cell += i % HEXDUMP_GROUP == HEXDUMP_GROUP - 1 ? 4 : 3;
    }
    memset(cell, ' ', (size_t)(bar - cell));
    *bar++ = '|';
    put_text(bar, bytes, size);
    for (size_t i = 0; owners != NULL && i < size; i++) {
        bar[i] = owners[i] != 0 ? bar[i] : ' ';
    }
    bar += size;
    memcpy(bar, "|\n", 2);
    return bar + 2;
}

unsigned char *hexdump_plain_lines(unsigned char *to, const struct hexdump_lines *lines)
{
    uint32_t low = lines->offset.low;

    for (size_t at = 0; at < lines->size; at += lines->width, low += lines->offset.step) {
        size_t left = lines->size - at;

        to = hexdump_put_offset(to, &lines->offset, low);
        to = put_line(to, lines->bytes + at, lines->owners == NULL ? NULL : lines->owners + at,
                      left < lines->width ? left : lines->width, lines->width);
    }
    return to;
}

/* The same for what kernels are asked: the compiler unrolls it. */
static unsigned char *scalar_lines(unsigned char *to, const struct hexdump_lines *lines)
{
    uint32_t low = lines->offset.low;

    for (size_t at = 0; at < lines->size; at += HEXDUMP_KERNEL_WIDTH, low += lines->offset.step) {
        to = hexdump_put_offset(to, &lines->offset, low);
        to = put_line(to, lines->bytes + at, NULL, HEXDUMP_KERNEL_WIDTH, HEXDUMP_KERNEL_WIDTH);
    }
    return to;
}

static bool always(void)
{
    return true;
}

const struct hexdump_kernel hexdump_scalar = {"scalar", always, scalar_lines, NULL};
