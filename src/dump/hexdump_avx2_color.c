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
 * groups of 8 bytes, written four bytes at a time, a quad: what varies in its
 * text fits into 16 bytes, its parts.  Which of them stands where, and what
 * stands between, depends on nothing but the bytes that change the colour:
 * tables say it for each of the 16 cases.
 */
#define TARGET __attribute__((target("avx2,popcnt,prfchw")))
#define INLINE static inline __attribute__((always_inline))

enum {
    QUAD = 4,
    QUADS = 4, /* of a line */
    LINES = 2, /* that fill a vector */
    /* Where the parts lie: the digits, or the characters (of two quads); then the two digits of four colours. */
    PART_FIRST = 8,
    PART_SECOND = 12,
    NO_PART = 0x80,
    ESCAPE_SIZE = 5, /* characters that set a colour */
    LINES_MAX = HEXDUMP_BATCH_SIZE / HEXDUMP_KERNEL_WIDTH,
};

/* A quad's text in a column: the places' parts, and what stands where there is none. */
struct quad_text {
    unsigned char parts[32];
    unsigned char fixed[32];
};

/* By the bytes that change the colour, a bit each, the first lowest. */
static struct {
    struct quad_text hex[16];
    struct quad_text text[2][16]; /* of the first of two quads of characters, and of the second */
    bool filled;
} tables __attribute__((aligned(64)));

struct place {
    struct quad_text *quad;
    size_t at;
};

static void fix(struct place *place, char character)
{
    place->quad->parts[place->at] = NO_PART;
    place->quad->fixed[place->at++] = (unsigned char)character;
}

static void pick(struct place *place, size_t part)
{
    place->quad->parts[place->at++] = (unsigned char)part;
}

/* Of each byte so many parts from `first` on, behind its colour where that changes; digits have a blank behind them. */
static void fill_quad(struct quad_text *quad, unsigned changes, size_t first, size_t parts)
{
    struct place place = {quad, 0};

    for (size_t byte = 0; byte < QUAD; byte++) {
        if (changes >> byte & 1) {
            fix(&place, '\033');
            fix(&place, '[');
            pick(&place, PART_FIRST + byte);
            pick(&place, PART_SECOND + byte);
            fix(&place, 'm');
        }
        for (size_t part = 0; part < parts; part++) {
            pick(&place, first + parts * byte + part);
        }
        if (parts == 2) {
            fix(&place, ' ');
        }
    }
}

static void fill_tables(void)
{
    for (unsigned changes = 0; changes < 16; changes++) {
        fill_quad(&tables.hex[changes], changes, 0, 2);
        fill_quad(&tables.text[0][changes], changes, 0, 1);
        fill_quad(&tables.text[1][changes], changes, QUAD, 1);
    }
    tables.filled = true;
}

/* Two lines taken apart, one in each half of a vector. */
struct taken {
    __m256i offsets; /* 8 digits and blanks */
    __m256i hex[QUADS];
    __m256i text[QUADS];
};

#define TWICE(...) _mm256_setr_epi8(__VA_ARGS__, __VA_ARGS__)

struct halves {
    __m256i high, low;
};

TARGET INLINE struct halves hex_digits(__m256i bytes)
{
    const __m256i half = _mm256_set1_epi8(15);
    const __m256i digits = TWICE('0', '1', '2', '3', '4', '5', '6', '7', '8', '9', 'a', 'b', 'c', 'd', 'e', 'f');

    return (struct halves){
        .high = _mm256_shuffle_epi8(digits, _mm256_and_si256(_mm256_srli_epi16(bytes, 4), half)),
        .low = _mm256_shuffle_epi8(digits, _mm256_and_si256(bytes, half)),
    };
}

TARGET INLINE __m256i offset_digits(__m256i at)
{
    struct halves digits = hex_digits(
        _mm256_shuffle_epi8(at, TWICE(3, 2, 1, 0, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1)));

    return _mm256_blend_epi32(_mm256_unpacklo_epi8(digits.high, digits.low), _mm256_set1_epi8(' '), 0xcc);
}

TARGET INLINE __m256i replace(__m256i digits, __m256i bytes, char byte, char digit)
{
    return _mm256_blendv_epi8(digits, _mm256_set1_epi8(digit), _mm256_cmpeq_epi8(bytes, _mm256_set1_epi8(byte)));
}

/* The second digit of each byte's colour; none is another colour's. */
TARGET INLINE __m256i second_digits(__m256i bytes)
{
    const __m256i rows = TWICE('5', '5', '6', '6', '6', '6', '6', '6', '3', '3', '3', '3', '3', '3', '3', '3');
    const __m256i row_0 = TWICE('0', '5', '5', '5', '5', '5', '5', '5', '5', '2', '2', '5', '2', '2', '5', '5');
    __m256i row = _mm256_and_si256(_mm256_srli_epi16(bytes, 4), _mm256_set1_epi8(15));
    __m256i digits = _mm256_blendv_epi8(_mm256_shuffle_epi8(rows, row), _mm256_shuffle_epi8(row_0, bytes),
                                        _mm256_cmpeq_epi8(row, _mm256_setzero_si256()));

    digits = replace(digits, bytes, ' ', '2');
    digits = replace(digits, bytes, 0x7f, '5');
    return replace(digits, bytes, -1, '1');
}

/* The next lines, of which there may be but one. */
TARGET INLINE __m256i load_lines(const unsigned char *from, size_t lines)
{
    return lines >= LINES ? _mm256_loadu_si256((const __m256i *)from)
                          : _mm256_castsi128_si256(_mm_loadu_si128((const __m128i *)from));
}

_Static_assert(LINES_MAX % LINES == 0, "what is found of a vector has room");

/*
 * The bytes of each line that change the colour, a bit each.  The places of all
 * text hang on them: found for many lines ahead, they are there when it is written.
 */
TARGET INLINE void find_changes(const unsigned char *from, size_t lines, uint16_t *changes)
{
    for (size_t i = 0; i < lines; i += LINES, from += LINES * HEXDUMP_KERNEL_WIDTH) {
        __m256i second = second_digits(load_lines(from, lines - i));
        uint32_t found = ~(uint32_t)_mm256_movemask_epi8(_mm256_cmpeq_epi8(second, _mm256_bslli_epi128(second, 1)));

        __builtin_prefetch(from + HEXDUMP_BATCH_SIZE);
        memcpy(changes + i, &found, sizeof found);
    }
}

/* The lower half of `a` and the higher one of `b`, or the other way round; in each half of the vectors. */
#define MIX(a, b, halves) \
    _mm256_castpd_si256(_mm256_shuffle_pd(_mm256_castsi256_pd(a), _mm256_castsi256_pd(b), halves))

TARGET INLINE void take_apart(struct taken *taken, __m256i bytes, __m256i at)
{
    struct halves digits = hex_digits(bytes);
    __m256i left = _mm256_unpacklo_epi8(digits.high, digits.low);
    __m256i right = _mm256_unpackhi_epi8(digits.high, digits.low);
    __m256i shown = _mm256_and_si256(_mm256_cmpgt_epi8(bytes, _mm256_set1_epi8(' ' - 1)),
                                     _mm256_cmpgt_epi8(_mm256_set1_epi8('~' + 1), bytes));
    __m256i text = _mm256_blendv_epi8(_mm256_set1_epi8('.'), bytes, shown);
    __m256i first = replace(_mm256_set1_epi8('3'), bytes, 0, '9'), second = second_digits(bytes);
    __m256i colors_0 = _mm256_unpacklo_epi32(first, second), colors_8 = _mm256_unpackhi_epi32(first, second);

    taken->offsets = offset_digits(at);
    taken->hex[0] = _mm256_unpacklo_epi64(left, colors_0);
    taken->hex[1] = _mm256_unpackhi_epi64(left, colors_0);
    taken->hex[2] = _mm256_unpacklo_epi64(right, colors_8);
    taken->hex[3] = _mm256_unpackhi_epi64(right, colors_8);
    taken->text[0] = _mm256_unpacklo_epi64(text, colors_0);
    taken->text[1] = MIX(text, colors_0, 0xa);
    taken->text[2] = MIX(text, colors_8, 0x5);
    taken->text[3] = _mm256_unpackhi_epi64(text, colors_8);
}

TARGET INLINE void put_quad(unsigned char *to, __m256i parts, bool second, const struct quad_text *quad)
{
    __m256i line = second ? _mm256_permute2x128_si256(parts, parts, 0x11) : _mm256_permute2x128_si256(parts, parts, 0);
    __m256i text = _mm256_shuffle_epi8(line, _mm256_load_si256((const __m256i *)quad->parts));

    _mm256_storeu_si256((__m256i *)to, _mm256_or_si256(text, _mm256_load_si256((const __m256i *)quad->fixed)));
}

/* The columns of the first or the second line, whose two groups are shaded or not. */
TARGET INLINE unsigned char *put_columns(unsigned char *to, const struct taken *taken, bool second, unsigned changes,
                                         bool shade_0, bool shade_8)
{
    unsigned changes_0 = changes & 15, changes_4 = changes >> 4 & 15, changes_8 = changes >> 8 & 15;
    unsigned changes_12 = changes >> 12;
    size_t escapes_4 = ESCAPE_SIZE * (size_t)_mm_popcnt_u32(changes_0);
    size_t escapes_8 = ESCAPE_SIZE * (size_t)_mm_popcnt_u32(changes & 0xff);
    size_t escapes_12 = ESCAPE_SIZE * (size_t)_mm_popcnt_u32(changes_8);
    size_t escapes_16 = ESCAPE_SIZE * (size_t)_mm_popcnt_u32(changes >> 8);

    to = hexdump_put_shade(to, false, shade_0);
    put_quad(to, taken->hex[0], second, &tables.hex[changes_0]);
    put_quad(to + 3 * QUAD + escapes_4, taken->hex[1], second, &tables.hex[changes_4]);
    to = hexdump_put_shade(to + 6 * QUAD - 1 + escapes_8, shade_0 && !shade_8, false);
    memcpy(to, "  ", 2);
    to = hexdump_put_shade(to + 2, shade_0 && shade_8, shade_8);
    put_quad(to, taken->hex[2], second, &tables.hex[changes_8]);
    put_quad(to + 3 * QUAD + escapes_12, taken->hex[3], second, &tables.hex[changes_12]);
    to += 6 * QUAD - 1 + escapes_16;
    memcpy(to, "\033[0m  |", 8);
    to = hexdump_put_shade(to + 7, false, shade_0);
    put_quad(to, taken->text[0], second, &tables.text[0][changes_0]);
    put_quad(to + QUAD + escapes_4, taken->text[1], second, &tables.text[1][changes_4]);
    to = hexdump_put_shade(to + 2 * QUAD + escapes_8, shade_0, shade_8);
    put_quad(to, taken->text[2], second, &tables.text[0][changes_8]);
    put_quad(to + QUAD + escapes_12, taken->text[3], second, &tables.text[1][changes_12]);
    to += 2 * QUAD + escapes_16;
    memcpy(to, "\033[0m|\n\0", 8);
    return to + 6;
}

/* Inlined where `shades` is a constant. */
TARGET INLINE unsigned char *put_lines(unsigned char *to, const struct hexdump_lines *lines, bool shades)
{
    const struct hexdump_offset offset = lines->offset;
    const __m256i step = _mm256_set1_epi32((int)(LINES * offset.step));
    const unsigned char *from = lines->bytes;
    __m256i at = _mm256_set_m128i(_mm_set1_epi32((int)(offset.low + offset.step)), _mm_set1_epi32((int)offset.low));
    uint64_t place = lines->item_place;
    size_t left = lines->size / HEXDUMP_KERNEL_WIDTH, count;
    uint16_t found[LINES_MAX], *changes = found;

    find_changes(from, left, changes);
    for (; left > 0; left -= count, from += count * HEXDUMP_KERNEL_WIDTH, changes += count) {
        struct taken taken;

        count = left < LINES ? left : LINES;
        take_apart(&taken, load_lines(from, count), at);
        at = _mm256_add_epi32(at, step);
#pragma GCC unroll 2
        for (size_t i = 0; i < LINES; i++) {
            bool shade_0 = false, shade_8 = false;

            if (i == count) {
                break;
            }
            hexdump_prefetch(to, 4);
            if (shades) {
                shade_0 = hexdump_shade_next(&place, lines->item_size);
                shade_8 = hexdump_shade_next(&place, lines->item_size);
            }
            to = hexdump_put_prefix(to, &offset);
            _mm_storeu_si128((__m128i *)to, i == 0 ? _mm256_castsi256_si128(taken.offsets)
                                                   : _mm256_extracti128_si256(taken.offsets, 1));
            to = put_columns(to + 10, &taken, i > 0, changes[i], shade_0, shade_8);
        }
    }
    return to;
}

TARGET unsigned char *hexdump_avx2_color(unsigned char *to, const struct hexdump_lines *lines)
{
    if (!tables.filled) {
        fill_tables();
    }
    return lines->item_size > 1 ? put_lines(to, lines, true) : put_lines(to, lines, false);
}

#endif
