/*
 * The shading of coloured lines (hexdump_color.c), for kernels: of items that
 * are one byte, or fill whole groups of HEXDUMP_GROUP bytes.
 */
#ifndef MVIEW_DUMP_HEXDUMP_SHADE_H
#define MVIEW_DUMP_HEXDUMP_SHADE_H

#include "dump/hexdump_lines.h"

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

/* Put the end of a shaded item, or the start of one, where `before` and `after` differ. */
__attribute__((always_inline)) static inline
unsigned char *hexdump_put_shade(unsigned char *to, bool before, bool after)
{
    if (before == after) {
        return to;
    }
    memcpy(to, before ? "\033[24m" : "\033[4m\0", 5);
    return to + (before ? 5 : 4);
}

/* Is the group at `*place` within two items (bytes) shaded?  Steps past it. */
__attribute__((always_inline)) static inline
bool hexdump_shade_next(uint64_t *place, uint64_t item_size)
{
    bool shaded = *place >= item_size;

    *place = *place + HEXDUMP_GROUP == 2 * item_size ? 0 : *place + HEXDUMP_GROUP;
    return shaded;
}

#endif
