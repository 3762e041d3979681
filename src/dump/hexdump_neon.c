#include "dump/hexdump_lines.h"

#if defined(__aarch64__)

#include <arm_neon.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * As hexdump_x86.c: five vectors a line, in which the digits picked from a
 * table (255: none) meet the characters that do not depend on bytes.
 */
static const uint8_t pick[4][16] = {
    {255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 0, 1, 255, 2, 3, 255},
    {4, 5, 255, 6, 7, 255, 8, 9, 255, 10, 11, 255, 12, 13, 255, 14},
    {15, 255, 255, 16, 17, 255, 18, 19, 255, 20, 21, 255, 22, 23, 255, 24},
    {25, 255, 26, 27, 255, 28, 29, 255, 30, 31, 255, 255, 255, 255, 255, 255},
};
static const uint8_t fixed[5][16] = {
    {0, 0, 0, 0, 0, 0, 0, 0, ' ', ' ', 0, 0, ' ', 0, 0, ' '},
    {0, 0, ' ', 0, 0, ' ', 0, 0, ' ', 0, 0, ' ', 0, 0, ' ', 0},
    {0, ' ', ' ', 0, 0, ' ', 0, 0, ' ', 0, 0, ' ', 0, 0, ' ', 0},
    {0, ' ', 0, 0, ' ', 0, 0, ' ', 0, 0, ' ', ' ', '|', 0, 0, 0},
    {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, '|', '\n', 0},
};

enum { LINE_SIZE = 79 };

/* The eight digits of a number, in the lower half; the upper half is 0. */
static inline uint8x16_t offset_digits(uint8x16_t digits, uint32_t number)
{
    uint8x8_t bytes = vrev32_u8(vreinterpret_u8_u32(vdup_n_u32(number)));
    uint8x8_t halves = vzip1_u8(vshr_n_u8(bytes, 4), vand_u8(bytes, vdup_n_u8(15)));

    return vcombine_u8(vqtbl1_u8(digits, halves), vdup_n_u8(0));
}

static unsigned char *neon_lines(unsigned char *to, const struct hexdump_lines *lines)
{
    const uint8x16_t digits = vld1q_u8((const uint8_t *)"0123456789abcdef"), none = vdupq_n_u8(0);
    const uint8x16_t pick_0 = vld1q_u8(pick[0]), pick_1 = vld1q_u8(pick[1]);
    const uint8x16_t pick_2 = vld1q_u8(pick[2]), pick_3 = vld1q_u8(pick[3]);
    const uint8x16_t fixed_0 = vld1q_u8(fixed[0]), fixed_1 = vld1q_u8(fixed[1]), fixed_2 = vld1q_u8(fixed[2]);
    const uint8x16_t fixed_3 = vld1q_u8(fixed[3]), fixed_4 = vld1q_u8(fixed[4]);
    const struct hexdump_offset offset = lines->offset;
    const unsigned char *from = lines->bytes, *end = from + lines->size;
    uint32_t low = offset.low;

    for (; from < end; from += HEXDUMP_KERNEL_WIDTH, to += LINE_SIZE, low += offset.step) {
        uint8x16_t bytes = vld1q_u8(from);
        uint8x16_t upper = vqtbl1q_u8(digits, vshrq_n_u8(bytes, 4));
        uint8x16_t lower = vqtbl1q_u8(digits, vandq_u8(bytes, vdupq_n_u8(15)));
        uint8x16x2_t hex = {{vzip1q_u8(upper, lower), vzip2q_u8(upper, lower)}};
        uint8x16_t shown = vcleq_u8(vsubq_u8(bytes, vdupq_n_u8(' ')), vdupq_n_u8('~' - ' '));
        uint8x16_t text = vbslq_u8(shown, bytes, vdupq_n_u8('.'));
        uint8x16_t place = offset_digits(digits, low);

        __builtin_prefetch(from + HEXDUMP_BATCH_SIZE);
        to = hexdump_put_prefix(to, &offset);
        place = vorrq_u8(place, vqtbl1q_u8(hex.val[0], pick_0));
        vst1q_u8(to, vorrq_u8(place, fixed_0));
        vst1q_u8(to + 16, vorrq_u8(vqtbl1q_u8(hex.val[0], pick_1), fixed_1));
        vst1q_u8(to + 32, vorrq_u8(vqtbl2q_u8(hex, pick_2), fixed_2));
        vst1q_u8(to + 48, vorrq_u8(vorrq_u8(vqtbl2q_u8(hex, pick_3), fixed_3), vextq_u8(none, text, 3)));
        vst1q_u8(to + 64, vorrq_u8(vextq_u8(text, none, 3), fixed_4));
    }
    return to;
}

static bool has_neon(void)
{
    return true; /* every aarch64 has it */
}

const struct hexdump_kernel hexdump_neon = {"neon", has_neon, neon_lines, NULL};

#endif
