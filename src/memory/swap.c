#include "memory/swap.h"

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

/* --- units --------------------------------------------------------------------- */

#define TURN(bits)                                                                                                     \
    static void turn##bits(unsigned char *to, const unsigned char *from, size_t size)                                  \
    {                                                                                                                  \
        size_t i;                                                                                                      \
                                                                                                                       \
        for (i = 0; i < size; i += bits / 8) {                                                                         \
            uint##bits##_t unit;                                                                                       \
                                                                                                                       \
            memcpy(&unit, from + i, sizeof unit);                                                                      \
            unit = __builtin_bswap##bits(unit);                                                                        \
            memcpy(to + i, &unit, sizeof unit);                                                                        \
        }                                                                                                              \
    }

TURN(16)
TURN(32)
TURN(64)

static void turn_bytes(unsigned char *to, const unsigned char *from, size_t size, size_t unit)
{
    size_t i, j;

    for (i = 0; i < size; i += unit) {
        for (j = 0; j < unit; j++) {
            to[i + j] = from[i + unit - 1 - j];
        }
    }
}

/* `size` bytes of whole units. */
static void turn(unsigned char *to, const unsigned char *from, size_t size, size_t unit)
{
    switch (unit) {
    case 2:
        turn16(to, from, size);
        return;
    case 4:
        turn32(to, from, size);
        return;
    case 8:
        turn64(to, from, size);
        return;
    default:
        turn_bytes(to, from, size, unit);
        return;
    }
}

/* --- items --------------------------------------------------------------------- */

static size_t least(size_t a, size_t b)
{
    return a < b ? a : b;
}

/* Bytes that begin a unit or go on with one; *written are those of a unit that is whole now. */
static size_t hold(struct swapping *swapping, size_t unit, const unsigned char *from, size_t size, unsigned char *to,
                   size_t *written)
{
    size_t taken = least(size, unit - swapping->held_size);

    memcpy(swapping->held + swapping->held_size, from, taken);
    swapping->held_size += taken;
    if (swapping->held_size == unit) {
        turn(to, swapping->held, unit, unit);
        swapping->held_size = 0;
        *written = unit;
    }
    return taken;
}

/* Step over `size` bytes; `end` is where the span ends that they are in, or else the next begins. */
static void advance(struct swapping *swapping, size_t size, size_t end, bool inside)
{
    const struct swap *swap = swapping->swap;

    swapping->at += size;
    if (swapping->at == swap->itemsize) {
        swapping->at = swapping->span = 0;
    } else if (swapping->at == end) {
        swapping->span += inside;
    }
}

size_t swap_take(struct swapping *swapping, const unsigned char *from, size_t size, unsigned char *to)
{
    const struct swap *swap = swapping->swap;
    unsigned char *start = to;

    while (size > 0) {
        const struct swap_span *span = swapping->span < swap->count ? &swap->spans[swapping->span] : NULL;
        bool inside = span != NULL && swapping->at >= span->offset;
        size_t end = inside ? span->offset + span->size : span != NULL ? span->offset : swap->itemsize;
        size_t taken = least(size, end - swapping->at), written = 0;

        if (!inside) {
            memcpy(to, from, taken);
            written = taken;
        } else if (swapping->held_size > 0 || taken < span->unit) {
            taken = hold(swapping, span->unit, from, taken, to, &written);
        } else {
            written = taken -= taken % span->unit;
            turn(to, from, taken, span->unit);
        }
        advance(swapping, taken, end, inside);
        from += taken;
        size -= taken;
        to += written;
    }
    return (size_t)(to - start);
}
