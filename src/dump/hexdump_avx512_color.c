#include "dump/hexdump_lines.h"

#if defined(__x86_64__)

#include "dump/hexdump_shade.h"

#include <immintrin.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

/*
 * Coloured lines (hexdump_color.c) of items that are not shaded or fill whole
 * groups of 8 bytes.  All that a group's text is made of fits into a vector:
 * its parts.  Which of them stands where depends on nothing but the cells that
 * change the colour: one permutation, out of a table of 256, writes a column.
 */
#define TARGET __attribute__((target("avx512f,avx512bw,avx512dq,avx512vl,avx512vbmi,popcnt,prfchw")))
#define INLINE static inline __attribute__((always_inline))

enum {
    GROUPS = 2, /* of a line */
    LINES = 4,  /* that fill a vector */
    /* Where the parts lie, of each of 8 bytes: digits, character, the colour's digits; then what is fixed. */
    PART_HEX = 0,
    PART_TEXT = 16,
    PART_SECOND = 24,
    PART_FIRST = 32,
    PART_FIXED = 40,
    ESCAPE_SIZE = 5, /* characters that set a colour */
    LINES_MAX = HEXDUMP_BATCH_SIZE / HEXDUMP_KERNEL_WIDTH,
};

/* A colour's second digit, for ASCII; none is another colour's. */
static const char colors[] =
    "0555555552252255" "5555555555555555" "2666666666666666" "6666666666666666"
    "6666666666666666" "6666666666666666" "6666666666666666" "6666666666666665";

/* The parts of the places of a column, for each set of cells (a bit each, the first lowest) that change the colour. */
static struct {
    unsigned char hex[256][64];
    unsigned char text[256 + 1][48]; /* the last is read beyond its end */
    bool filled;
} picks __attribute__((aligned(64)));

static unsigned char *pick(unsigned char *to, unsigned char first, unsigned char step, size_t size)
{
    for (size_t i = 0; i < size; i++, first = (unsigned char)(first + step)) {
        *to++ = first;
    }
    return to;
}

/* ESC [ colour m */
static unsigned char *pick_escape(unsigned char *to, unsigned char cell)
{
    to = pick(to, PART_FIXED, 1, 2);
    *to++ = (unsigned char)(PART_FIRST + cell);
    *to++ = (unsigned char)(PART_SECOND + cell);
    return pick(to, PART_FIXED + 2, 1, 1);
}

static void fill_picks(void)
{
    for (unsigned changes = 0; changes < 256; changes++) {
        unsigned char *hex = picks.hex[changes], *text = picks.text[changes];

        for (unsigned char cell = 0; cell < HEXDUMP_GROUP; cell++) {
            if (changes >> cell & 1) {
                hex = pick_escape(hex, cell);
                text = pick_escape(text, cell);
            }
            hex = pick(hex, (unsigned char)(PART_HEX + 2 * cell), 1, 2);
            hex = pick(hex, PART_FIXED + 3, 1, 1);
            text = pick(text, (unsigned char)(PART_TEXT + cell), 1, 1);
        }
    }
    picks.filled = true;
}

/* ASCII's colours as vectors. */
struct palette {
    __m512i low, high;
};

TARGET INLINE struct palette load_palette(void)
{
    return (struct palette){_mm512_loadu_si512(colors), _mm512_loadu_si512(colors + 64)};
}

/* The next lines, of which there may be fewer than fill a vector. */
TARGET INLINE __m512i load_lines(const unsigned char *from, size_t lines)
{
    if (lines >= LINES) {
        return _mm512_loadu_si512(from);
    }
    return _mm512_maskz_loadu_epi8((UINT64_C(1) << lines * HEXDUMP_KERNEL_WIDTH) - 1, from);
}

/* The second digit of each byte's colour. */
TARGET INLINE __m512i second_digits(__m512i bytes, struct palette palette)
{
    __m512i second = _mm512_permutex2var_epi8(palette.low, bytes, palette.high);

    second = _mm512_mask_mov_epi8(second, _mm512_movepi8_mask(bytes), _mm512_set1_epi8('3'));
    return _mm512_mask_mov_epi8(second, _mm512_cmpeq_epi8_mask(bytes, _mm512_set1_epi8(-1)), _mm512_set1_epi8('1'));
}

_Static_assert(LINES_MAX % LINES == 0, "what is found of a vector has room");

/*
 * The cells of each line that change the colour, a bit each.  The places of all
 * text hang on them: found for many lines ahead, they are there when it is written.
 */
TARGET INLINE void find_changes(const unsigned char *from, size_t lines, struct palette palette, uint16_t *changes)
{
    for (size_t i = 0; i < lines; i += LINES, from += LINES * HEXDUMP_KERNEL_WIDTH) {
        __m512i second = second_digits(load_lines(from, lines - i), palette);
        uint64_t found = _mm512_cmpneq_epi8_mask(second, _mm512_bslli_epi128(second, 1));

        __builtin_prefetch(from + HEXDUMP_BATCH_SIZE);
        memcpy(changes + i, &found, sizeof found);
    }
}

/* Lines taken apart: a vector of parts for each group. */
struct taken {
    __m512i parts[LINES][GROUPS];
    __m512i offsets; /* 8 digits and blanks for each line */
};

/* The higher and the lower half of each byte as digits. */
TARGET INLINE void hex_digits(__m512i bytes, __m512i *left, __m512i *right)
{
    const __m512i digits = _mm512_broadcast_i32x4(_mm_loadu_si128((const __m128i *)"0123456789abcdef"));
    const __m512i half = _mm512_set1_epi8(15);
    __m512i high = _mm512_shuffle_epi8(digits, _mm512_and_si512(_mm512_srli_epi16(bytes, 4), half));
    __m512i low = _mm512_shuffle_epi8(digits, _mm512_and_si512(bytes, half));

    *left = _mm512_unpacklo_epi8(high, low);
    *right = _mm512_unpackhi_epi8(high, low);
}

/* From a kind of parts for all lines in each vector to all parts of a line. */
TARGET INLINE void transpose(struct taken *taken, size_t group, __m512i a, __m512i b, __m512i c, __m512i d)
{
    __m512i ab_01 = _mm512_shuffle_i32x4(a, b, 0x44), ab_23 = _mm512_shuffle_i32x4(a, b, 0xee);
    __m512i cd_01 = _mm512_shuffle_i32x4(c, d, 0x44), cd_23 = _mm512_shuffle_i32x4(c, d, 0xee);

    taken->parts[0][group] = _mm512_shuffle_i32x4(ab_01, cd_01, 0x88);
    taken->parts[1][group] = _mm512_shuffle_i32x4(ab_01, cd_01, 0xdd);
    taken->parts[2][group] = _mm512_shuffle_i32x4(ab_23, cd_23, 0x88);
    taken->parts[3][group] = _mm512_shuffle_i32x4(ab_23, cd_23, 0xdd);
}

TARGET INLINE __m512i offset_digits(uint32_t low, uint32_t step)
{
    const __m512i blanks = _mm512_set1_epi8(' ');
    const __m512i lines = _mm512_setr_epi32(0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2, 3, 3, 3, 3);
    const __m512i spread = _mm512_broadcast_i32x4(_mm_setr_epi8(3, 2, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0));
    __m512i at = _mm512_add_epi32(_mm512_set1_epi32((int)low),
                                  _mm512_mullo_epi32(_mm512_set1_epi32((int)step), lines));
    __m512i left, right;

    hex_digits(_mm512_shuffle_epi8(at, spread), &left, &right);
    return _mm512_mask_mov_epi64(left, 0xaa, blanks);
}

TARGET INLINE void take_apart(struct taken *taken, __m512i bytes, struct palette palette)
{
    const __m512i fixed = _mm512_set1_epi32('\033' | '[' << 8 | 'm' << 16 | ' ' << 24);
    __mmask64 printable = _mm512_cmplt_epu8_mask(_mm512_sub_epi8(bytes, _mm512_set1_epi8(' ')),
                                                 _mm512_set1_epi8('~' + 1 - ' '));
    __m512i text = _mm512_mask_mov_epi8(_mm512_set1_epi8('.'), printable, bytes);
    __m512i second = second_digits(bytes, palette);
    __m512i first = _mm512_mask_mov_epi8(_mm512_set1_epi8('3'), _mm512_testn_epi8_mask(bytes, bytes),
                                         _mm512_set1_epi8('9'));
    __m512i left, right;

    hex_digits(bytes, &left, &right);
    transpose(taken, 0, left, _mm512_unpacklo_epi64(text, second), _mm512_unpacklo_epi64(first, fixed), fixed);
    transpose(taken, 1, right, _mm512_unpackhi_epi64(text, second), _mm512_unpacklo_epi64(
        _mm512_unpackhi_epi64(first, first), fixed), fixed);
}

TARGET INLINE unsigned char *put_column(unsigned char *to, __m512i parts, const unsigned char *picked, size_t size)
{
    _mm512_storeu_si512(to, _mm512_permutexvar_epi8(_mm512_loadu_si512(picked), parts));
    return to + size;
}

/* The columns of a line, `shade` telling which of its groups are shaded. */
TARGET INLINE unsigned char *put_columns(unsigned char *to, const __m512i *parts, unsigned changes, const bool *shade)
{
    unsigned changes_0 = changes & 0xff, changes_8 = changes >> 8;
    size_t escapes_0 = ESCAPE_SIZE * (size_t)_mm_popcnt_u32(changes_0);
    size_t escapes_8 = ESCAPE_SIZE * (size_t)_mm_popcnt_u32(changes_8);

    to = hexdump_put_shade(to, false, shade[0]);
    to = put_column(to, parts[0], picks.hex[changes_0], 3 * HEXDUMP_GROUP - 1 + escapes_0);
    if (shade[0] && !shade[1]) {
        to = hexdump_put_shade(to, true, false);
    }
    memcpy(to, "  ", 2);
    to = hexdump_put_shade(to + 2, shade[0] && shade[1], shade[1]);
    to = put_column(to, parts[1], picks.hex[changes_8], 3 * HEXDUMP_GROUP - 1 + escapes_8);
    memcpy(to, "\033[0m  |", 8);
    to = hexdump_put_shade(to + 7, false, shade[0]);
    to = put_column(to, parts[0], picks.text[changes_0], HEXDUMP_GROUP + escapes_0);
    to = hexdump_put_shade(to, shade[0], shade[1]);
    to = put_column(to, parts[1], picks.text[changes_8], HEXDUMP_GROUP + escapes_8);
    memcpy(to, "\033[0m|\n\0", 8);
    return to + 6;
}

/* Inlined where `shades` is a constant. */
TARGET INLINE unsigned char *put_lines(unsigned char *to, const struct hexdump_lines *lines, bool shades)
{
    const struct palette palette = load_palette();
    const struct hexdump_offset offset = lines->offset;
    const unsigned char *from = lines->bytes;
    uint64_t place = lines->item_place;
    uint32_t low = offset.low;
    size_t left = lines->size / HEXDUMP_KERNEL_WIDTH, count;
    uint16_t found[LINES_MAX], *changes = found;

    find_changes(from, left, palette, changes);
    for (; left > 0; left -= count, from += count * HEXDUMP_KERNEL_WIDTH, changes += count) {
        unsigned char offsets[LINES][16];
        struct taken taken;

        count = left < LINES ? left : LINES;
        take_apart(&taken, load_lines(from, count), palette);
        _mm512_storeu_si512(offsets, offset_digits(low, offset.step));
        low += LINES * offset.step;
#pragma GCC unroll 4
        for (size_t i = 0; i < LINES; i++) {
            bool shade[GROUPS] = {false, false};

            if (i == count) {
                break;
            }
            hexdump_prefetch(to, 4);
            if (shades) {
                shade[0] = hexdump_shade_next(&place, lines->item_size);
                shade[1] = hexdump_shade_next(&place, lines->item_size);
            }
            to = hexdump_put_prefix(to, &offset);
            memcpy(to, offsets[i], sizeof offsets[i]);
            to = put_columns(to + 10, taken.parts[i], changes[i], shade);
        }
    }
    return to;
}

TARGET static unsigned char *avx512_color(unsigned char *to, const struct hexdump_lines *lines)
{
    if (!picks.filled) {
        fill_picks();
    }
    return lines->item_size > 1 ? put_lines(to, lines, true) : put_lines(to, lines, false);
}

static bool has_avx512(void)
{
    return __builtin_cpu_supports("avx512vbmi") && __builtin_cpu_supports("avx512bw") &&
           __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl") &&
           __builtin_cpu_supports("popcnt") && hexdump_avx2.supported();
}

const struct hexdump_kernel hexdump_avx512 = {"avx512", has_avx512, hexdump_avx2_lines, avx512_color};

#endif
