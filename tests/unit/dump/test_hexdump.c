#include "dump/hexdump.h"

#include "base/error.h"
#include "base/output.h"

#include "test.h"

#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

static const char *const kernels[] = {"avx512", "avx2", "ssse3", "neon", "scalar"};
enum { KERNEL_COUNT = sizeof kernels / sizeof kernels[0] };

/* What a dump printed: a NUL-terminated string to be freed. */
struct printed {
    char *text;
    size_t length;
};

static struct output output;

static void start(void)
{
    struct error error = ERROR_INIT;

    if (!output_open(&output, memfd_create("dump", 0), &error)) {
        abort();
    }
}

static struct printed finish(void)
{
    struct error error = ERROR_INIT;
    struct printed printed = {NULL, 0};
    off_t length;

    CHECK(output_flush(&output, &error));
    length = lseek(output.fd, 0, SEEK_END);
    printed.length = (size_t)length;
    printed.text = malloc(printed.length + 1);
    if (printed.text == NULL || pread(output.fd, printed.text, printed.length, 0) != length) {
        abort();
    }
    printed.text[length] = '\0';
    output_close(&output, &error);
    return printed;
}

static uint64_t seed;

static uint32_t random_below(uint32_t limit)
{
    seed = seed * 6364136223846793005U + 1442695040888963407U;
    return (uint32_t)((seed >> 33) % limit);
}

/* A dump in pieces of random sizes; `pieces` false: in one. */
static struct printed dump(const struct hexdump_style *style, int64_t offset, const unsigned char *bytes,
                           const unsigned char *owners, size_t size, bool pieces)
{
    struct hexdump hexdump;

    start();
    hexdump_begin(&hexdump, &output, style, offset, offset);
    for (size_t at = 0; at < size;) {
        size_t piece = pieces ? random_below(60) : size;

        piece = piece < size - at ? piece : size - at;
        CHECK(hexdump_add(&hexdump, bytes + at, owners == NULL ? NULL : owners + at, piece));
        at += piece;
    }
    CHECK(hexdump_end(&hexdump));
    return finish();
}

static const char *color_of(int byte, bool gap)
{
    return gap || byte == 0                                                              ? "\033[90m"
           : byte == 0xff                                                                ? "\033[31m"
           : byte > 0x7f                                                                 ? "\033[33m"
           : byte == '\t' || byte == '\n' || byte == '\f' || byte == '\r' || byte == ' ' ? "\033[32m"
           : byte < ' ' || byte == 0x7f                                                  ? "\033[35m"
                                                                                         : "\033[36m";
}

/* One column of a line in colour: what the comment table of hexdump_color.c says. */
static void expect_column(FILE *stream, bool hex, const struct hexdump_style *style, size_t at,
                          const unsigned char *bytes, const unsigned char *owners, size_t filled)
{
    const char *color = "";
    bool shaded = false;

    for (size_t i = 0; i < filled; i++) {
        bool gap = owners != NULL && owners[at + i] == 0;
        bool shade = owners != NULL         ? owners[at + i] == 2
                     : style->itemsize > 1 ? (at + i) / style->itemsize % 2 != 0
                                           : false;
        int c = bytes[at + i];

        fputs(shaded && !shade ? "\033[24m" : "", stream);
        fputs(!hex || i == 0 ? "" : i % 8 == 0 ? "  " : " ", stream);
        fputs(!shaded && shade ? "\033[4m" : "", stream);
        if (strcmp(color, color_of(c, gap)) != 0) {
            color = color_of(c, gap);
            fputs(color, stream);
        }
        if (hex) {
            fprintf(stream, gap ? ".." : "%02x", c);
        } else {
            fputc(gap ? ' ' : c >= 0x20 && c < 0x7f ? c : '.', stream);
        }
        shaded = shade;
    }
    fputs("\033[0m", stream);
    for (size_t i = filled; hex && i < style->width; i++) {
        fputs(i % 8 == 0 ? "    " : "   ", stream);
    }
}

/* Is a line the same text as the one before it? */
static bool repeats(const unsigned char *bytes, const unsigned char *owners, size_t at, size_t width)
{
    for (size_t i = at; i < at + width; i++) {
        if (bytes[i] != bytes[i - width] || (owners != NULL && (owners[i] == 0) != (owners[i - width] == 0))) {
            return false;
        }
    }
    return true;
}

/* The same, written for being easy to check. */
static struct printed expected(const struct hexdump_style *style, int64_t offset, const unsigned char *bytes,
                               const unsigned char *owners, size_t size)
{
    struct printed printed = {NULL, 0};
    FILE *stream = open_memstream(&printed.text, &printed.length);
    size_t width = style->width;
    bool star = false;

    for (size_t at = 0; at < size; at += width) {
        size_t filled = size - at < width ? size - at : width;
        int64_t here = offset + (int64_t)at;

        if (style->squeeze && at > 0 && filled == width && repeats(bytes, owners, at, width)) {
            fputs(star ? "" : "*\n", stream);
            star = true;
            continue;
        }
        star = false;
        fprintf(stream, "%s%08" PRIx64 " ", here < 0 ? "-" : "", here < 0 ? -(uint64_t)here : (uint64_t)here);
        if (style->color) {
            fputc(' ', stream);
            expect_column(stream, true, style, at, bytes, owners, filled);
            fputs("  |", stream);
            expect_column(stream, false, style, at, bytes, owners, filled);
            fputs("|\n", stream);
            continue;
        }
        for (size_t i = 0; i < width; i++) {
            fputs(i % 8 == 0 && i > 0 ? " " : "", stream);
            if (i >= filled) {
                fputs("   ", stream);
            } else if (owners != NULL && owners[at + i] == 0) {
                fputs(" ..", stream);
            } else {
                fprintf(stream, " %02x", bytes[at + i]);
            }
        }
        fputs("  |", stream);
        for (size_t i = 0; i < filled; i++) {
            bool gap = owners != NULL && owners[at + i] == 0;
            int c = bytes[at + i];

            fputc(gap ? ' ' : c >= 0x20 && c < 0x7f ? c : '.', stream);
        }
        fputs("|\n", stream);
    }
    if (size > 0) {
        int64_t here = offset + (int64_t)size;

        fprintf(stream, "%s%08" PRIx64 "\n", here < 0 ? "-" : "", here < 0 ? -(uint64_t)here : (uint64_t)here);
    }
    fclose(stream);
    return printed;
}

/* One case: what is printed, in one piece and in many, is what is expected. */
static void compare(const struct hexdump_style *style, int64_t offset, const unsigned char *bytes,
                    const unsigned char *owners, size_t size)
{
    struct printed right = expected(style, offset, bytes, owners, size);

    for (int pieces = 0; pieces < 2; pieces++) {
        struct printed got = dump(style, offset, bytes, owners, size, pieces != 0);

        if (got.length != right.length || memcmp(got.text, right.text, right.length) != 0) {
            printf("# %s: width %u, squeeze %d, offset %" PRId64 ", %zu bytes, pieces %d\n# got:\n%s# expected:\n%s",
                   hexdump_kernel(), style->width, style->squeeze, offset, size, pieces, got.text, right.text);
            test_ok = false;
        }
        free(got.text);
    }
    free(right.text);
}

/* Random bytes with runs of equal lines in them. */
static void fill_with_runs(unsigned char *bytes, size_t size, size_t width)
{
    for (size_t at = 0; at < size;) {
        size_t line = random_below(3) == 0 ? width * (1 + random_below(6)) : 1 + random_below(40);
        int value = (int)random_below(256);

        for (size_t i = 0; i < line && at < size; i++, at++) {
            bytes[at] = (unsigned char)(line % width == 0 ? value : (int)random_below(256));
        }
    }
}

static void dumps_nothing_for_no_bytes(void)
{
    struct hexdump_style style = {.width = 16, .squeeze = true};
    struct printed got = dump(&style, 7, NULL, NULL, 0, false);

    CHECK_STR(got.text, "");
    free(got.text);
}

static void prints_what_hexdump_prints(void)
{
    struct hexdump_style style = {.width = 16, .squeeze = true};
    const char *bytes = "0123456789abcdef0123456789abcdef0123456789\t\x7f\x80~ ";
    struct printed got = dump(&style, 0, (const unsigned char *)bytes, NULL, 47, false);

    CHECK_STR(got.text,
              "00000000  30 31 32 33 34 35 36 37  38 39 61 62 63 64 65 66  |0123456789abcdef|\n"
              "*\n"
              "00000020  30 31 32 33 34 35 36 37  38 39 09 7f 80 7e 20     |0123456789...~ |\n"
              "0000002f\n");
    free(got.text);
}

/* Every kernel this processor has, around every boundary. */
static void prints_every_length_with_every_kernel(void)
{
    static unsigned char bytes[4200];
    const char *best = hexdump_kernel();

    for (size_t k = 0; k < KERNEL_COUNT; k++) {
        if (!hexdump_use(kernels[k])) {
            printf("# this processor has no %s\n", kernels[k]);
            continue;
        }
        CHECK_STR(hexdump_kernel(), kernels[k]);
        for (unsigned squeeze = 0; squeeze < 2; squeeze++) {
            struct hexdump_style style = {.width = 16, .squeeze = squeeze != 0};

            for (size_t size = 0; size < 620; size++) {
                seed = size;
                fill_with_runs(bytes, size, 16);
                compare(&style, 0, bytes, NULL, size);
            }
            for (size_t size = 4090; size < 4120; size++) {
                seed = size;
                fill_with_runs(bytes, size, 16);
                compare(&style, 0, bytes, NULL, size);
            }
        }
    }
    CHECK(hexdump_use(best));
}

static void prints_every_byte_at_every_place(void)
{
    static unsigned char bytes[256 * 17 * 3]; /* more than is written at once */
    const char *best = hexdump_kernel();

    for (size_t i = 0; i < sizeof bytes; i++) {
        bytes[i] = (unsigned char)(i % 257);
    }
    for (size_t k = 0; k < KERNEL_COUNT; k++) {
        for (unsigned i = 0; hexdump_use(kernels[k]) && i < 4; i++) {
            struct hexdump_style style = {.width = 16, .squeeze = i % 2 != 0, .color = i / 2 != 0};

            compare(&style, 0, bytes, NULL, sizeof bytes);
        }
    }
    CHECK(hexdump_use(best));
}

static void prints_every_width(void)
{
    static unsigned char bytes[3000];

    for (unsigned width = 1; width <= HEXDUMP_MAX_WIDTH; width++) {
        struct hexdump_style style = {.width = width, .squeeze = width % 3 != 0};

        seed = width;
        fill_with_runs(bytes, sizeof bytes, width);
        compare(&style, 3, bytes, NULL, width);
        compare(&style, 3, bytes, NULL, sizeof bytes);
    }
}

static void prints_any_offset(void)
{
    static const int64_t offsets[] = {0, 3, 0xff, 0xfffffff, 0x100000000 - 32, 0x100000000 - 7, 0x10000000000 - 16,
                                      INT64_MAX - 1000, -1, -14, -16, -17, -40, -INT64_C(0xffffffff), -0x100000000,
                                      -0x100000000 - 20, -0x1ffffffff, -0x1000000000007, INT64_MIN, INT64_MIN + 1};
    static unsigned char bytes[400];
    const char *best = hexdump_kernel();

    for (size_t k = 0; k < KERNEL_COUNT; k++) {
        for (size_t i = 0; hexdump_use(kernels[k]) && i < sizeof offsets / sizeof offsets[0]; i++) {
            for (unsigned w = 0; w < 4; w++) {
                unsigned width = w == 0 ? 1 : 14 + w;
                struct hexdump_style style = {.width = width, .squeeze = i % 2 != 0};

                seed = i;
                fill_with_runs(bytes, sizeof bytes, width);
                compare(&style, offsets[i], bytes, NULL, sizeof bytes);
                compare(&style, offsets[i], bytes, NULL, 33);
            }
        }
    }
    CHECK(hexdump_use(best));
}

static void prints_gaps_as_dots(void)
{
    static unsigned char bytes[700], owners[700];

    for (unsigned width = 1; width <= 40; width++) {
        struct hexdump_style style = {.width = width, .squeeze = true};

        seed = width;
        fill_with_runs(bytes, sizeof bytes, width);
        fill_with_runs(owners, sizeof owners, width * 2);
        for (size_t i = 0; i < sizeof owners; i++) {
            owners[i] %= 3;
        }
        compare(&style, -(int64_t)width * 3, bytes, owners, sizeof bytes);
    }
}

static void prints_colors(void)
{
    static const size_t itemsizes[] = {0, 1, 2, 3, 4, 8, 16, 24, 1000};
    static unsigned char bytes[2000], owners[2000];
    const char *best = hexdump_kernel();

    for (unsigned k = 0; k < KERNEL_COUNT; k++) {
        for (unsigned i = 0; hexdump_use(kernels[k]) && i < sizeof itemsizes / sizeof itemsizes[0]; i++) {
            for (unsigned width = 1; width <= HEXDUMP_MAX_WIDTH; width += width < 34 ? 1 : 37) {
                struct hexdump_style style = {
                    .width = width, .squeeze = i % 2 == 0, .color = true, .itemsize = itemsizes[i]};

                seed = width;
                fill_with_runs(bytes, sizeof bytes, width);
                fill_with_runs(owners, sizeof owners, width * 2);
                for (size_t at = 0; at < sizeof bytes; at++) {
                    bytes[at] = (unsigned char)(random_below(3) == 0 ? 0xff * random_below(2) : bytes[at]);
                    owners[at] %= 3;
                }
                compare(&style, 0, bytes, NULL, sizeof bytes);
                compare(&style, 0xfffffff0, bytes, NULL, 203);
                compare(&style, -40, bytes, owners, 500);
            }
        }
    }
    CHECK(hexdump_use(best));
}

static void shades_items_from_their_base(void)
{
    struct hexdump_style style = {.width = 4, .color = true, .itemsize = 2};
    struct hexdump hexdump;
    struct printed got;

    start();
    hexdump_begin(&hexdump, &output, &style, 1, 0);
    CHECK(hexdump_add(&hexdump, (const unsigned char *)"aab", NULL, 3));
    CHECK(hexdump_end(&hexdump));
    got = finish();
    CHECK_STR(got.text, "00000001  \033[36m61 \033[4m61 62\033[0m     |\033[36ma\033[4mab\033[0m|\n00000004\n");
    free(got.text);
}

static void squeezes_by_bytes_and_gaps(void)
{
    static unsigned char bytes[64], owners[64];
    struct hexdump_style style = {.width = 16, .squeeze = true};
    struct printed got;

    memset(owners, 1, 16);
    memset(owners + 16, 2, sizeof owners - 16);
    owners[32 + 5] = 0;
    got = dump(&style, 0, bytes, owners, sizeof bytes, false);
    CHECK_STR(got.text,
              "00000000  00 00 00 00 00 00 00 00  00 00 00 00 00 00 00 00  |................|\n"
              "*\n"
              "00000020  00 00 00 00 00 .. 00 00  00 00 00 00 00 00 00 00  |..... ..........|\n"
              "00000030  00 00 00 00 00 00 00 00  00 00 00 00 00 00 00 00  |................|\n"
              "00000040\n");
    free(got.text);
}

/* More than the output's buffer holds, and nothing read beyond the bytes. */
static void prints_large_dumps_and_reads_no_further(void)
{
    size_t size = (size_t)1 << 20, page = (size_t)sysconf(_SC_PAGESIZE);
    unsigned char *bytes = mmap(NULL, size + page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    const char *best = hexdump_kernel();

    if (bytes == MAP_FAILED || mprotect(bytes + size, page, PROT_NONE) != 0) {
        abort();
    }
    seed = 5;
    fill_with_runs(bytes, size, 16);
    memset(bytes + size / 2, 0, size / 4);
    for (size_t k = 0; k < KERNEL_COUNT; k++) {
        for (unsigned i = 0; hexdump_use(kernels[k]) && i < 4; i++) {
            struct hexdump_style style = {.width = 16, .squeeze = i % 2 != 0, .color = i / 2 != 0};

            compare(&style, 0, bytes, NULL, size);
            compare(&style, 0, bytes + 5, NULL, size - 5);
            compare(&style, 0, bytes + size - 48, NULL, 48);
        }
    }
    CHECK(hexdump_use(best));
    munmap(bytes, size + page);
}

static void prints_zeros_without_reading(void)
{
    static unsigned char bytes[5000];

    for (unsigned width = 1; width <= 48; width++) {
        for (unsigned squeeze = 0; squeeze < 2; squeeze++) {
            struct hexdump_style style = {.width = width, .squeeze = squeeze != 0};
            struct hexdump hexdump;
            struct printed right, got;
            size_t from = 50 + width % 7, to = 3000 + width;

            for (size_t i = 0; i < sizeof bytes; i++) {
                bytes[i] = (unsigned char)(i < from - width % 3 * 20 || i >= to ? i : 0);
            }
            right = expected(&style, 5, bytes, NULL, sizeof bytes);
            start();
            hexdump_begin(&hexdump, &output, &style, 5, 0);
            CHECK(hexdump_add(&hexdump, bytes, NULL, from));
            CHECK(hexdump_add_zeros(&hexdump, to - from));
            CHECK(hexdump_add(&hexdump, bytes + to, NULL, sizeof bytes - to));
            CHECK(hexdump_end(&hexdump));
            got = finish();
            CHECK_STR(got.text, right.text);
            free(got.text);
            free(right.text);
        }
    }
}

static void squeezes_a_hole_of_a_terabyte_at_once(void)
{
    struct hexdump_style style = {.width = 16, .squeeze = true};
    struct hexdump hexdump;
    struct printed got;

    start();
    hexdump_begin(&hexdump, &output, &style, 0, 0);
    CHECK(hexdump_add_zeros(&hexdump, (uint64_t)1 << 40));
    CHECK(hexdump_add(&hexdump, (const unsigned char *)"end", NULL, 3));
    CHECK(hexdump_end(&hexdump));
    got = finish();
    CHECK_STR(got.text,
              "00000000  00 00 00 00 00 00 00 00  00 00 00 00 00 00 00 00  |................|\n"
              "*\n"
              "10000000000  65 6e 64                                          |end|\n"
              "10000000003\n");
    free(got.text);
}

static void refuses_kernels_it_has_not_got(void)
{
    const char *before = hexdump_kernel();

    CHECK(!hexdump_use("mmx"));
    CHECK_STR(hexdump_kernel(), before);
}

static void says_when_the_output_failed(void)
{
    static unsigned char bytes[300000];
    struct hexdump_style style = {.width = 16, .squeeze = false};
    struct hexdump hexdump;
    struct error error = ERROR_INIT;

    CHECK(output_open(&output, -1, &error));
    hexdump_begin(&hexdump, &output, &style, 0, 0);
    CHECK(!hexdump_add(&hexdump, bytes, NULL, sizeof bytes));
    CHECK(!hexdump_end(&hexdump));
    CHECK(!output_close(&output, &error));
}

int main(void)
{
    RUN(dumps_nothing_for_no_bytes);
    RUN(prints_what_hexdump_prints);
    RUN(prints_every_length_with_every_kernel);
    RUN(prints_every_byte_at_every_place);
    RUN(prints_every_width);
    RUN(prints_any_offset);
    RUN(prints_gaps_as_dots);
    RUN(prints_colors);
    RUN(shades_items_from_their_base);
    RUN(squeezes_by_bytes_and_gaps);
    RUN(prints_large_dumps_and_reads_no_further);
    RUN(prints_zeros_without_reading);
    RUN(squeezes_a_hole_of_a_terabyte_at_once);
    RUN(refuses_kernels_it_has_not_got);
    RUN(says_when_the_output_failed);
    return TEST_END();
}
