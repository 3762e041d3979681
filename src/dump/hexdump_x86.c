#include "dump/hexdump_lines.h"

#if defined(__x86_64__)

#include <immintrin.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * A line's 79 characters are five vectors of 16, stored one behind the other:
 * fewer and larger stores than pieces of text would take, and those are what
 * the speed hangs on.  The tables say for each place which of the 32 hex digits
 * at hand stands there (-1: none), and which character does not depend on bytes.
 *
 *     0000000  41 41 4|1 41 41 41 41 4|1  41 41 41 41 4|1 41 41 41  |AAA|AAAAAAAAAAAAA|.
 */
#define DIGITS '0', '1', '2', '3', '4', '5', '6', '7', '8', '9', 'a', 'b', 'c', 'd', 'e', 'f'
#define PICK_0 -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, 0, 1, -1, 2, 3, -1      /* of the digits 0 .. 15 */
#define PICK_1 4, 5, -1, 6, 7, -1, 8, 9, -1, 10, 11, -1, 12, 13, -1, 14        /* of the digits 0 .. 15 */
#define PICK_2 0, -1, -1, 1, 2, -1, 3, 4, -1, 5, 6, -1, 7, 8, -1, 9            /* of the digits 15 .. 30 */
#define PICK_3 9, -1, 10, 11, -1, 12, 13, -1, 14, 15, -1, -1, -1, -1, -1, -1   /* of the digits 16 .. 31 */
#define FIXED_0 0, 0, 0, 0, 0, 0, 0, 0, ' ', ' ', 0, 0, ' ', 0, 0, ' '
#define FIXED_1 0, 0, ' ', 0, 0, ' ', 0, 0, ' ', 0, 0, ' ', 0, 0, ' ', 0
#define FIXED_2 0, ' ', ' ', 0, 0, ' ', 0, 0, ' ', 0, 0, ' ', 0, 0, ' ', 0
#define FIXED_3 0, ' ', 0, 0, ' ', 0, 0, ' ', 0, 0, ' ', ' ', '|', 0, 0, 0
#define FIXED_4 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, '|', '\n', 0

/* An offset's four bytes, highest first, each for two digits; then which digit is its high half. */
#define SPREAD 3, 3, 2, 2, 1, 1, 0, 0, -1, -1, -1, -1, -1, -1, -1, -1
#define HIGH 15, 0, 15, 0, 15, 0, 15, 0, 0, 0, 0, 0, 0, 0, 0, 0
#define LOW 0, 15, 0, 15, 0, 15, 0, 15, 0, 0, 0, 0, 0, 0, 0, 0
#define NO_DIGIT 0, 0, 0, 0, 0, 0, 0, 0, -1, -1, -1, -1, -1, -1, -1, -1

enum { LINE_SIZE = 79 };

__attribute__((target("ssse3")))
static unsigned char *ssse3_lines(unsigned char *to, const struct hexdump_lines *lines)
{
    const __m128i half = _mm_set1_epi8(15), digits = _mm_setr_epi8(DIGITS);
    const __m128i below = _mm_set1_epi8(' ' - 1), above = _mm_set1_epi8('~' + 1), dot = _mm_set1_epi8('.');
    const __m128i step = _mm_set1_epi32((int)lines->offset.step);
    const struct hexdump_offset offset = lines->offset;
    const unsigned char *from = lines->bytes, *end = from + lines->size;
    __m128i at = _mm_set1_epi32((int)offset.low);

    for (; from < end; from += HEXDUMP_KERNEL_WIDTH, to += LINE_SIZE, at = _mm_add_epi32(at, step)) {
        __m128i bytes = _mm_loadu_si128((const __m128i *)from);
        __m128i upper = _mm_shuffle_epi8(digits, _mm_and_si128(_mm_srli_epi16(bytes, 4), half));
        __m128i lower = _mm_shuffle_epi8(digits, _mm_and_si128(bytes, half));
        __m128i left = _mm_unpacklo_epi8(upper, lower), right = _mm_unpackhi_epi8(upper, lower);
        __m128i shown = _mm_and_si128(_mm_cmpgt_epi8(bytes, below), _mm_cmpgt_epi8(above, bytes));
        __m128i text = _mm_or_si128(_mm_and_si128(shown, bytes), _mm_andnot_si128(shown, dot));
        __m128i place = _mm_shuffle_epi8(at, _mm_setr_epi8(SPREAD));
        __m128i v0, v1, v2, v3, v4;

        __builtin_prefetch(from + HEXDUMP_BATCH_SIZE);
        place = _mm_or_si128(_mm_and_si128(_mm_srli_epi16(place, 4), _mm_setr_epi8(HIGH)),
                             _mm_and_si128(place, _mm_setr_epi8(LOW)));
        place = _mm_shuffle_epi8(digits, _mm_or_si128(place, _mm_setr_epi8(NO_DIGIT)));
        v0 = _mm_or_si128(_mm_shuffle_epi8(left, _mm_setr_epi8(PICK_0)), _mm_setr_epi8(FIXED_0));
        v1 = _mm_or_si128(_mm_shuffle_epi8(left, _mm_setr_epi8(PICK_1)), _mm_setr_epi8(FIXED_1));
        v2 = _mm_or_si128(_mm_shuffle_epi8(_mm_alignr_epi8(right, left, 15), _mm_setr_epi8(PICK_2)),
                          _mm_setr_epi8(FIXED_2));
        v3 = _mm_or_si128(_mm_shuffle_epi8(right, _mm_setr_epi8(PICK_3)), _mm_setr_epi8(FIXED_3));
        v4 = _mm_or_si128(_mm_srli_si128(text, 3), _mm_setr_epi8(FIXED_4));
        to = hexdump_put_prefix(to, &offset);
        _mm_storeu_si128((__m128i *)to, _mm_or_si128(place, v0));
        _mm_storeu_si128((__m128i *)(to + 16), v1);
        _mm_storeu_si128((__m128i *)(to + 32), v2);
        _mm_storeu_si128((__m128i *)(to + 48), _mm_or_si128(v3, _mm_slli_si128(text, 13)));
        _mm_storeu_si128((__m128i *)(to + 64), v4);
    }
    return to;
}

#define TWICE(table) _mm256_setr_epi8(table, table)

/* As ssse3_lines, with a line in each half of a vector. */
__attribute__((target("avx2,prfchw")))
unsigned char *hexdump_avx2_lines(unsigned char *to, const struct hexdump_lines *lines)
{
    const __m256i half = _mm256_set1_epi8(15), digits = TWICE(DIGITS);
    const __m256i below = _mm256_set1_epi8(' ' - 1), above = _mm256_set1_epi8('~' + 1);
    const __m256i dot = _mm256_set1_epi8('.'), step = _mm256_set1_epi32((int)(2 * lines->offset.step));
    struct hexdump_lines rest = *lines;
    size_t pairs = lines->size / (2 * HEXDUMP_KERNEL_WIDTH);
    const unsigned char *from = lines->bytes, *end = from + pairs * 2 * HEXDUMP_KERNEL_WIDTH;
    __m256i at = _mm256_set_m128i(_mm_set1_epi32((int)(lines->offset.low + lines->offset.step)),
                                  _mm_set1_epi32((int)lines->offset.low));

    for (; from < end; from += 2 * HEXDUMP_KERNEL_WIDTH, at = _mm256_add_epi32(at, step)) {
        __m256i bytes = _mm256_loadu_si256((const __m256i *)from);
        __m256i upper = _mm256_shuffle_epi8(digits, _mm256_and_si256(_mm256_srli_epi16(bytes, 4), half));
        __m256i lower = _mm256_shuffle_epi8(digits, _mm256_and_si256(bytes, half));
        __m256i left = _mm256_unpacklo_epi8(upper, lower), right = _mm256_unpackhi_epi8(upper, lower);
        __m256i shown = _mm256_and_si256(_mm256_cmpgt_epi8(bytes, below), _mm256_cmpgt_epi8(above, bytes));
        __m256i text = _mm256_blendv_epi8(dot, bytes, shown);
        __m256i place = _mm256_shuffle_epi8(at, TWICE(SPREAD));
        __m256i v0, v1, v2, v3, v4;

        __builtin_prefetch(from + HEXDUMP_BATCH_SIZE);
        hexdump_prefetch(to, 3);
        place = _mm256_or_si256(_mm256_and_si256(_mm256_srli_epi16(place, 4), TWICE(HIGH)),
                                _mm256_and_si256(place, TWICE(LOW)));
        place = _mm256_shuffle_epi8(digits, _mm256_or_si256(place, TWICE(NO_DIGIT)));
        v0 = _mm256_or_si256(_mm256_shuffle_epi8(left, TWICE(PICK_0)), TWICE(FIXED_0));
        v0 = _mm256_or_si256(v0, place);
        v1 = _mm256_or_si256(_mm256_shuffle_epi8(left, TWICE(PICK_1)), TWICE(FIXED_1));
        v2 = _mm256_shuffle_epi8(_mm256_alignr_epi8(right, left, 15), TWICE(PICK_2));
        v2 = _mm256_or_si256(v2, TWICE(FIXED_2));
        v3 = _mm256_or_si256(_mm256_shuffle_epi8(right, TWICE(PICK_3)), TWICE(FIXED_3));
        v3 = _mm256_or_si256(v3, _mm256_slli_si256(text, 13));
        v4 = _mm256_or_si256(_mm256_srli_si256(text, 3), TWICE(FIXED_4));
        to = hexdump_put_prefix(to, &rest.offset);
        _mm_storeu_si128((__m128i *)to, _mm256_castsi256_si128(v0));
        _mm_storeu_si128((__m128i *)(to + 16), _mm256_castsi256_si128(v1));
        _mm_storeu_si128((__m128i *)(to + 32), _mm256_castsi256_si128(v2));
        _mm_storeu_si128((__m128i *)(to + 48), _mm256_castsi256_si128(v3));
        _mm_storeu_si128((__m128i *)(to + 64), _mm256_castsi256_si128(v4));
        to = hexdump_put_prefix(to + LINE_SIZE, &rest.offset);
        _mm_storeu_si128((__m128i *)to, _mm256_extracti128_si256(v0, 1));
        _mm_storeu_si128((__m128i *)(to + 16), _mm256_extracti128_si256(v1, 1));
        _mm_storeu_si128((__m128i *)(to + 32), _mm256_extracti128_si256(v2, 1));
        _mm_storeu_si128((__m128i *)(to + 48), _mm256_extracti128_si256(v3, 1));
        _mm_storeu_si128((__m128i *)(to + 64), _mm256_extracti128_si256(v4, 1));
        to += LINE_SIZE;
    }
    rest.bytes = end;
    rest.size -= pairs * 2 * HEXDUMP_KERNEL_WIDTH;
    rest.offset.low += 2 * (uint32_t)pairs * rest.offset.step;
    return ssse3_lines(to, &rest);
}

static bool has_ssse3(void)
{
    return __builtin_cpu_supports("ssse3");
}

static bool has_avx2(void)
{
    return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("popcnt");
}

const struct hexdump_kernel hexdump_ssse3 = {"ssse3", has_ssse3, ssse3_lines, NULL};
const struct hexdump_kernel hexdump_avx2 = {"avx2", has_avx2, hexdump_avx2_lines, hexdump_avx2_color};

#endif
