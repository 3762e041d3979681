#include "memory/swap.h"

#include "test.h"

enum { ITEMS = 5, MOST = 4 * 1024 };

/* What comes out when a stream is taken in pieces of `piece` bytes. */
static size_t taken(const struct swap *swap, const unsigned char *from, size_t size, size_t piece, unsigned char *to)
{
    struct swapping swapping = {.swap = swap};
    size_t written = 0;
    size_t at;

    for (at = 0; at < size; at += piece) {
        written += swap_take(&swapping, from + at, piece < size - at ? piece : size - at, to + written);
    }
    return written;
}

/* Each byte of a span is where its mirror image was, whatever pieces it came in. */
static void check_swap(const struct swap *swap, size_t size)
{
    static unsigned char from[MOST], want[MOST], to[MOST + SWAP_MAX_UNIT];
    size_t i, k, piece;

    for (i = 0; i < size; i++) {
        from[i] = want[i] = (unsigned char)(i * 7 + i / 256);
    }
    for (i = 0; i + swap->itemsize <= size; i += swap->itemsize) {
        for (k = 0; k < swap->count; k++) {
            const struct swap_span *span = &swap->spans[k];
            size_t at;

            for (at = 0; at < span->size; at++) {
                size_t unit = at / span->unit * span->unit;

                want[i + span->offset + at] = from[i + span->offset + unit + span->unit - 1 - (at - unit)];
            }
        }
    }
    for (piece = 1; piece <= size; piece += 1 + piece / 40) {
        memset(to, 0, sizeof to);
        CHECK_INT(taken(swap, from, size, piece, to), size);
        CHECK(memcmp(to, want, size) == 0);
    }
}

static void plain_items(void)
{
    static const size_t units[] = {2, 4, 8, 16, 1, 3};
    size_t i;

    for (i = 0; i < sizeof units / sizeof units[0]; i++) {
        struct swap_span span = {.size = 4 * units[i], .unit = units[i]};
        struct swap swap = {&span, 1, 4 * units[i]};

        check_swap(&swap, ITEMS * swap.itemsize);
    }
}

static void fields(void)
{
    static const struct swap_span spans[] = {{0, 2, 2}, {2, 8, 4}, {13, 16, 16}, {31, 1, 1}};
    const struct swap whole = {spans, 4, 32}, padded = {spans, 3, 40}, later = {spans + 2, 1, 29};

    check_swap(&whole, ITEMS * whole.itemsize);
    check_swap(&padded, ITEMS * padded.itemsize);
    check_swap(&later, ITEMS * later.itemsize);
}

static void what_is_cut_short_is_held(void)
{
    static const struct swap_span span = {0, 4, 4};
    const struct swap swap = {&span, 1, 4};
    unsigned char to[8 + SWAP_MAX_UNIT];

    CHECK_INT(taken(&swap, (const unsigned char *)"abcdefg", 7, 3, to), 4);
    CHECK(memcmp(to, "dcba", 4) == 0);
}

int main(void)
{
    RUN(plain_items);
    RUN(fields);
    RUN(what_is_cut_short_is_held);
    return TEST_END();
}
