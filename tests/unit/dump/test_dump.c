#include "dump/dump.h"

#include "base/error.h"
#include "base/output.h"
#include "format/format.h"
#include "memory/guard.h"

#include "test.h"

#include <fcntl.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

/* --- what is dumped, and what comes out ------------------------------------------------ */

static struct layout layout_of(const void *buf, const char *format, ptrdiff_t itemsize, int ndim,
                               const ptrdiff_t *shape, const ptrdiff_t *strides)
{
    struct layout layout = {.buf = buf, .format = format, .itemsize = itemsize, .ndim = ndim, .len = itemsize};
    int d;

    for (d = 0; d < ndim; d++) {
        layout.shape[d] = shape[d];
        layout.suboffsets[d] = -1;
        layout.len *= shape[d];
    }
    layout_c_strides(ndim, layout.shape, itemsize, layout.strides);
    for (d = 0; strides != NULL && d < ndim; d++) {
        layout.strides[d] = strides[d];
    }
    return layout;
}

#define SHAPE(...) (const ptrdiff_t[]){__VA_ARGS__}

static struct layout bytes_layout(const void *buf, ptrdiff_t size)
{
    return layout_of(buf, "B", 1, 1, SHAPE(size), NULL);
}

static struct dump_options options_of(enum walk_order order, uint64_t skip, uint64_t length)
{
    return (struct dump_options){.order = order, .skip = skip, .length = length, .width = 16, .squeeze = true};
}

static const struct dump_options everything = {.length = DUMP_ALL, .width = 16, .squeeze = true};

typedef bool dump_function(struct output *output, const struct layout *layout, const struct dump_options *options,
                           struct error *error);

/* What a dump wrote, and how it ended. */
struct dumped {
    char *text; /* to be freed; NUL-terminated */
    size_t length;
    struct error error;
};

static void start(struct output *output)
{
    struct error error = ERROR_INIT;

    if (!output_open(output, memfd_create("dump", 0), &error)) {
        abort();
    }
}

static void finish(struct output *output, struct dumped *dumped)
{
    struct error error = ERROR_INIT;

    CHECK(output_flush(output, &error));
    dumped->length = (size_t)lseek(output->fd, 0, SEEK_END);
    dumped->text = calloc(1, dumped->length + 1);
    if (dumped->text == NULL || pread(output->fd, dumped->text, dumped->length, 0) != (ssize_t)dumped->length) {
        abort();
    }
    output_close(output, &error);
}

static struct dumped dump(dump_function *function, const struct layout *layout, const struct dump_options *options)
{
    struct dumped dumped = {.error = ERROR_INIT};
    struct output output;
    bool ok;

    start(&output);
    ok = function(&output, layout, options, &dumped.error);
    CHECK(ok == (dumped.error.kind == ERROR_NONE));
    finish(&output, &dumped);
    return dumped;
}

static struct dumped dump_values(const struct layout *layout, const char *datetime, const struct dump_options *options)
{
    struct dumped dumped = {.error = ERROR_INIT};
    struct format format;
    struct output output;
    bool ok;

    if (!format_parse(&format, layout->format, layout->itemsize, &dumped.error)) {
        abort();
    }
    start(&output);
    ok = dump_items(&output, layout, &format, datetime, options, &dumped.error);
    CHECK(ok == (dumped.error.kind == ERROR_NONE));
    finish(&output, &dumped);
    format_free(&format);
    return dumped;
}

static void check_dump(dump_function *function, const struct layout *layout, const struct dump_options *options,
                       const char *expected)
{
    struct dumped dumped = dump(function, layout, options);

    CHECK_STR(dumped.error.message, "");
    CHECK_STR(dumped.text, expected);
    free(dumped.text);
}

static void check_items(const struct layout *layout, const struct dump_options *options, const char *expected)
{
    struct dumped dumped = dump_values(layout, NULL, options);

    CHECK_STR(dumped.error.message, "");
    CHECK_STR(dumped.text, expected);
    free(dumped.text);
}

/* --- hex ----------------------------------------------------------------------------------- */

static void dumps_hex_in_every_order(void)
{
    static const unsigned char bytes[] = "abcdefghijklmnopqrstuvwx";
    struct layout matrix = layout_of(bytes, "2s", 2, 2, SHAPE(3, 2), SHAPE(8, 2));
    struct layout reversed = layout_of(bytes + 20, "2s", 2, 1, SHAPE(3), SHAPE(-10));

    check_dump(dump_hex, &matrix, &everything,
               "00000000  61 62 63 64 69 6a 6b 6c  71 72 73 74              |abcdijklqrst|\n"
               "0000000c\n");
    check_dump(dump_hex, &matrix, &(struct dump_options){.order = WALK_F, .length = DUMP_ALL, .width = 8},
               "00000000  61 62 69 6a 71 72 63 64  |abijqrcd|\n"
               "00000008  6b 6c 73 74              |klst|\n"
               "0000000c\n");
    check_dump(dump_hex, &matrix, &(struct dump_options){.order = WALK_MEMORY, .length = DUMP_ALL, .width = 16},
               "00000000  61 62 63 64 .. .. .. ..  69 6a 6b 6c .. .. .. ..  |abcd    ijkl    |\n"
               "00000010  71 72 73 74                                       |qrst|\n"
               "00000014\n");
    check_dump(dump_hex, &reversed, &(struct dump_options){.order = WALK_MEMORY, .length = DUMP_ALL, .width = 16},
               "-00000014  61 62 .. .. .. .. .. ..  .. .. 6b 6c .. .. .. ..  |ab        kl    |\n"
               "-00000004  .. .. .. .. 75 76                                 |    uv|\n"
               "00000002\n");
}

static void dumps_a_part(void)
{
    static const unsigned char bytes[] = "0123456789abcdefghijklmnopqrstuv";
    struct layout layout = bytes_layout(bytes, 32);
    struct dump_options options = options_of(WALK_LOGICAL, 3, 18);

    check_dump(dump_hex, &layout, &options,
               "00000003  33 34 35 36 37 38 39 61  62 63 64 65 66 67 68 69  |3456789abcdefghi|\n"
               "00000013  6a 6b                                             |jk|\n"
               "00000015\n");
    check_dump(dump_binary, &layout, &options, "3456789abcdefghijk");
    check_dump(dump_hex_string, &layout, &options, "333435363738396162636465666768696a6b");
    CHECK_INT(dump_count(&layout, &options, false), 18);
    options = options_of(WALK_LOGICAL, 30, DUMP_ALL);
    check_dump(dump_binary, &layout, &options, "uv");
    CHECK_INT(dump_count(&layout, &options, false), 2);
}

static void dumps_nothing_as_nothing(void)
{
    static const unsigned char bytes[] = "abcd";
    static const struct {
        ptrdiff_t size;
        uint64_t skip, length;
    } cases[] = {{0, 0, DUMP_ALL}, {4, 0, 0}, {4, 4, DUMP_ALL}, {4, UINT64_MAX, DUMP_ALL}, {0, 7, 7}};

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        for (int order = WALK_LOGICAL; order <= WALK_MEMORY; order++) {
            struct layout layout = bytes_layout(bytes, cases[i].size);
            struct dump_options options = options_of((enum walk_order)order, cases[i].skip, cases[i].length);

            check_dump(dump_hex, &layout, &options, "");
            check_dump(dump_binary, &layout, &options, "");
            check_dump(dump_hex_string, &layout, &options, "");
            check_items(&layout, &options, "");
            CHECK_INT(dump_count(&layout, &options, false), 0);
        }
    }
}

/* More than the output holds, in every way: equal to the bytes themselves. */
static void dumps_large_memory(void)
{
    size_t size = 5 * OUTPUT_BUFFER_SIZE + 77, i;
    unsigned char *bytes = malloc(size);
    struct dumped binary, text;
    struct layout layout = bytes_layout(bytes, (ptrdiff_t)size);
    bool same = true;

    for (i = 0; i < size; i++) {
        bytes[i] = (unsigned char)(i * i >> 5);
    }
    binary = dump(dump_binary, &layout, &everything);
    text = dump(dump_hex_string, &layout, &everything);
    CHECK_INT(binary.length, size);
    CHECK(memcmp(binary.text, bytes, size) == 0);
    CHECK_INT(text.length, 2 * size);
    for (i = 0; i < size && same; i++) {
        char digits[3];

        snprintf(digits, sizeof digits, "%02x", bytes[i]);
        same = memcmp(text.text + 2 * i, digits, 2) == 0;
    }
    CHECK(same);
    free(binary.text);
    free(text.text);
    free(bytes);
}

/* --- memory that is not there ---------------------------------------------------------------- */

/* Two pages, of which only the first, full of 'x', can be read. */
static unsigned char *half_readable(size_t page)
{
    unsigned char *bytes = mmap(NULL, 2 * page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

    if (bytes == MAP_FAILED) {
        abort();
    }
    memset(bytes, 'x', page);
    if (mprotect(bytes + page, page, PROT_NONE) != 0) {
        abort();
    }
    return bytes;
}

static void shows_what_lies_before_unreadable_memory(void)
{
    static dump_function *const functions[] = {dump_hex, dump_binary, dump_hex_string};
    size_t page = (size_t)sysconf(_SC_PAGESIZE);
    unsigned char *bytes = half_readable(page);
    struct layout layout = layout_of(bytes, "<i", 4, 1, SHAPE((ptrdiff_t)page / 2), NULL);
    char expected[200], lines[200], item[40];

    snprintf(expected, sizeof expected, "cannot read 4 bytes at %p, item (%zu,): ", (void *)(bytes + page), page / 4);
    for (size_t i = 0; i < 3; i++) {
        struct dumped dumped = dump(functions[i], &layout, &everything);

        CHECK(strncmp(dumped.error.message, expected, strlen(expected)) == 0);
        if (functions[i] == dump_hex) {
            snprintf(lines, sizeof lines,
                     "00000000  78 78 78 78 78 78 78 78  78 78 78 78 78 78 78 78  |xxxxxxxxxxxxxxxx|\n*\n%08zx\n",
                     page);
            CHECK_STR(dumped.text, lines);
        } else {
            CHECK_INT(dumped.length, functions[i] == dump_binary ? page : 2 * page);
        }
        free(dumped.text);
    }
    {
        struct dumped dumped = dump_values(&layout, NULL, &everything);
        char *last = strrchr(dumped.text, '\t');

        CHECK(strncmp(dumped.error.message, expected, strlen(expected)) == 0);
        snprintf(item, sizeof item, "\n%zu\t2021161080\n", page / 4 - 1);
        CHECK(last != NULL && strstr(dumped.text, item) == strrchr(dumped.text, '\t') - (strlen(item) - 12));
        free(dumped.text);
    }
    munmap(bytes, 2 * page);
}

/* Items by address: the error still names the item by its own index. */
static void names_unreadable_items_in_the_order_of_addresses(void)
{
    size_t page = (size_t)sysconf(_SC_PAGESIZE);
    unsigned char *bytes = half_readable(page);
    ptrdiff_t count = (ptrdiff_t)page / 2; /* ints of both pages */
    struct layout layout = layout_of(bytes + 2 * page - 4, "<i", 4, 1, SHAPE(count), SHAPE(-4));
    struct dump_options options = options_of(WALK_MEMORY, (uint64_t)page / 4 - 2, DUMP_ALL);
    struct dumped dumped = dump_values(&layout, NULL, &options);
    char expected[200];

    snprintf(expected, sizeof expected, "cannot read 4 bytes at %p, item (%td,): ", (void *)(bytes + page),
             count / 2 - 1);
    CHECK(strncmp(dumped.error.message, expected, strlen(expected)) == 0);
    snprintf(expected, sizeof expected, "%td\t2021161080\n%td\t2021161080\n", count / 2 + 1, count / 2);
    CHECK_STR(dumped.text, expected);
    free(dumped.text);
    munmap(bytes, 2 * page);
}

/* --- items --------------------------------------------------------------------------------------- */

static void shows_items_in_every_order(void)
{
    static const unsigned char bytes[] = {1, 2, 3, 4, 5, 6};
    struct layout matrix = layout_of(bytes, "B", 1, 2, SHAPE(2, 3), NULL);
    struct layout turned = layout_of(bytes + 2, "B", 1, 2, SHAPE(3, 2), SHAPE(-1, 3));
    struct layout repeated = layout_of(bytes, "B", 1, 2, SHAPE(2, 2), SHAPE(0, 5));
    struct layout scalar = layout_of(bytes, "<H", 2, 0, NULL, NULL);
    struct dump_options options = everything;

    check_items(&matrix, &options, "0,0\t1\n0,1\t2\n0,2\t3\n1,0\t4\n1,1\t5\n1,2\t6\n");
    check_items(&turned, &options, "0,0\t3\n0,1\t6\n1,0\t2\n1,1\t5\n2,0\t1\n2,1\t4\n");
    check_items(&scalar, &options, "()\t513\n");
    options.order = WALK_F;
    check_items(&matrix, &options, "0,0\t1\n1,0\t4\n0,1\t2\n1,1\t5\n0,2\t3\n1,2\t6\n");
    check_items(&scalar, &options, "()\t513\n");
    options.order = WALK_MEMORY;
    check_items(&matrix, &options, "0,0\t1\n0,1\t2\n0,2\t3\n1,0\t4\n1,1\t5\n1,2\t6\n");
    check_items(&turned, &options, "2,0\t1\n1,0\t2\n0,0\t3\n2,1\t4\n1,1\t5\n0,1\t6\n");
    check_items(&repeated, &options, "0,0\t1\n1,0\t1\n0,1\t6\n1,1\t6\n");
    check_items(&scalar, &options, "()\t513\n");
    options.skip = 2;
    options.length = 3;
    check_items(&turned, &options, "0,0\t3\n2,1\t4\n1,1\t5\n");
    CHECK_INT(dump_count(&turned, &options, true), 3);
}

/* Every index a counter goes through, from any start. */
static void counts_indices(void)
{
    static const ptrdiff_t shape[] = {3, 101, 1, 12};
    static const unsigned char byte;
    struct layout layout = layout_of(&byte, "B", 1, 4, shape, SHAPE(0, 0, 0, 0));

    for (int order = WALK_LOGICAL; order <= WALK_F; order++) {
        for (uint64_t skip = 0; skip < 3636; skip += 1109) {
            struct dump_options options = options_of((enum walk_order)order, skip, DUMP_ALL);
            struct dumped dumped = dump_values(&layout, NULL, &options);
            const char *line = dumped.text;
            bool same = true;

            for (uint64_t i = skip; i < 3636 && same; i++) {
                ptrdiff_t index[4];
                char expected[80];
                uint64_t number = i;

                for (int k = 0; k < 4; k++) {
                    int d = order == WALK_F ? k : 3 - k;

                    index[d] = (ptrdiff_t)(number % (uint64_t)shape[d]);
                    number /= (uint64_t)shape[d];
                }
                snprintf(expected, sizeof expected, "%td,%td,%td,%td\t0\n", index[0], index[1], index[2], index[3]);
                same = strncmp(line, expected, strlen(expected)) == 0;
                line += strlen(expected);
            }
            CHECK(same && *line == '\0');
            free(dumped.text);
        }
    }
}

static void counts_down_and_up_in_the_order_of_addresses(void)
{
    static unsigned char bytes[1200];
    struct layout layout = layout_of(bytes + 1100, "B", 1, 2, SHAPE(12, 100), SHAPE(-100, 1));
    struct dump_options options = everything;
    struct dumped dumped;
    const char *line;
    bool same = true;

    options.order = WALK_MEMORY;
    dumped = dump_values(&layout, NULL, &options);
    line = dumped.text;
    for (int i = 11; i >= 0; i--) {
        for (int j = 0; j < 100 && same; j++) {
            char expected[80];

            snprintf(expected, sizeof expected, "%d,%d\t0\n", i, j);
            same = strncmp(line, expected, strlen(expected)) == 0;
            line += strlen(expected);
        }
    }
    CHECK(same && *line == '\0');
    free(dumped.text);
}

static void shows_items_larger_than_a_piece(void)
{
    size_t itemsize = 300000;
    unsigned char *bytes = malloc(2 * itemsize);
    struct layout layout = layout_of(bytes, "300000s", (ptrdiff_t)itemsize, 1, SHAPE(2), NULL);
    struct dumped dumped;

    memset(bytes, 'a', itemsize);
    memset(bytes + itemsize, 'b', itemsize);
    dumped = dump_values(&layout, NULL, &everything);
    CHECK_INT(dumped.length, 2 * (itemsize + 6));
    CHECK(strncmp(dumped.text, "0\tb'aaaa", 8) == 0);
    CHECK(strncmp(dumped.text + itemsize + 6, "1\tb'bbbb", 8) == 0);
    free(dumped.text);
    free(bytes);
}

static void shows_items_without_bytes_only_when_asked(void)
{
    struct layout layout = layout_of("", "0s", 0, 2, SHAPE((ptrdiff_t)1 << 40, 1000), NULL);
    struct dump_options options = options_of(WALK_LOGICAL, 999, 2);

    CHECK_INT(dump_count(&layout, &options, true), 2);
    check_items(&layout, &options, "0,999\tb''\n1,0\tb''\n");
    check_items(&layout, &everything, "");
    CHECK_INT(dump_count(&layout, &everything, true), 0);
}

static void shows_datetimes(void)
{
    static const unsigned char bytes[8] = {0, 0, 0, 0, 0, 0, 0, 0x80};
    struct layout layout = layout_of(bytes, "<q", 8, 1, SHAPE(1), NULL);
    struct dumped dumped = dump_values(&layout, "<M8[ns]", &everything);

    CHECK_STR(dumped.text, "0\tNaT\n");
    free(dumped.text);
}

static void refuses_what_cannot_be(void)
{
    static const unsigned char bytes[16];
    struct layout layout = layout_of(bytes, "<q", 4, 1, SHAPE(2), NULL);
    struct dumped dumped = dump_values(&layout, NULL, &everything);
    struct dump_options memory = options_of(WALK_MEMORY, 0, DUMP_ALL);

    CHECK_STR(dumped.error.message, "an item has 4 bytes, and its format '<q' takes 8");
    free(dumped.text);
    layout = layout_of(bytes, "B", 1, 1, SHAPE(2), SHAPE(8));
    layout.suboffsets[0] = 0;
    CHECK_INT(dump_count(&layout, &memory, false), 0);
    CHECK_INT(dump_count(&layout, &memory, true), 0);
    dumped = dump_values(&layout, NULL, &memory);
    CHECK(strstr(dumped.error.message, "suboffsets") != NULL);
    free(dumped.text);
    dumped = dump(dump_hex, &layout, &memory);
    CHECK(strstr(dumped.error.message, "suboffsets") != NULL);
    free(dumped.text);
}

/* --- holes ------------------------------------------------------------------------------------------- */

static void skips_the_holes_of_sparse_files(void)
{
    enum { HEADER = 80 };
    const off_t size = (off_t)1 << 40;
    char path[] = "/tmp/test_dump.XXXXXX";
    int fd = mkstemp(path);
    struct dump_file file = {fd, HEADER};
    struct dump_options options = everything;
    unsigned char *bytes;
    struct layout layout;

    unlink(path);
    if (ftruncate(fd, size) != 0 || pwrite(fd, "in the middle", 13, size / 2 + HEADER) != 13) {
        printf("# no sparse files here\n");
        close(fd);
        return;
    }
    bytes = mmap(NULL, (size_t)size, PROT_READ, MAP_SHARED | MAP_NORESERVE, fd, 0);
    CHECK(bytes != MAP_FAILED);
    layout = bytes_layout(bytes + HEADER, size - HEADER);
    options.file = &file;
    options.mapped = true;
    check_dump(dump_hex, &layout, &options,
               "00000000  00 00 00 00 00 00 00 00  00 00 00 00 00 00 00 00  |................|\n"
               "*\n"
               "8000000000  69 6e 20 74 68 65 20 6d  69 64 64 6c 65 00 00 00  |in the middle...|\n"
               "8000000010  00 00 00 00 00 00 00 00  00 00 00 00 00 00 00 00  |................|\n"
               "*\n"
               "ffffffffb0\n");
    options.skip = ((uint64_t)1 << 39) + 7;
    options.length = 30;
    check_dump(dump_hex, &layout, &options,
               "8000000007  6d 69 64 64 6c 65 00 00  00 00 00 00 00 00 00 00  |middle..........|\n"
               "8000000017  00 00 00 00 00 00 00 00  00 00 00 00 00 00        |..............|\n"
               "8000000025\n");
    munmap(bytes, (size_t)size);
    close(fd);
}

static void reports_a_file_that_shrank(void)
{
    char path[] = "/tmp/test_dump.XXXXXX";
    int fd = mkstemp(path);
    struct dump_file file = {fd, 0};
    struct dump_options options = everything;
    struct layout layout;
    struct dumped dumped;
    unsigned char *bytes;

    unlink(path);
    if (ftruncate(fd, 1 << 20) != 0) {
        abort();
    }
    bytes = mmap(NULL, 1 << 20, PROT_READ, MAP_SHARED, fd, 0);
    layout = bytes_layout(bytes, 1 << 20);
    if (bytes == MAP_FAILED || ftruncate(fd, 1 << 16) != 0) {
        abort();
    }
    options.mapped = true;
    for (int with_file = 0; with_file < 2; with_file++) {
        options.file = with_file ? &file : NULL;
        dumped = dump(dump_hex, &layout, &options);
        CHECK_STR(dumped.text,
                  "00000000  00 00 00 00 00 00 00 00  00 00 00 00 00 00 00 00  |................|\n"
                  "*\n"
                  "00010000\n");
        CHECK(strstr(dumped.error.message, "item (65536,)") != NULL);
        free(dumped.text);
    }
    munmap(bytes, 1 << 20);
    close(fd);
}

int main(void)
{
    struct error error = ERROR_INIT;

    if (!guard_start(&error)) {
        printf("Bail out! %s\n", error.message);
        return 1;
    }
    RUN(dumps_hex_in_every_order);
    RUN(dumps_a_part);
    RUN(dumps_nothing_as_nothing);
    RUN(dumps_large_memory);
    RUN(shows_what_lies_before_unreadable_memory);
    RUN(names_unreadable_items_in_the_order_of_addresses);
    RUN(shows_items_in_every_order);
    RUN(counts_indices);
    RUN(counts_down_and_up_in_the_order_of_addresses);
    RUN(shows_items_larger_than_a_piece);
    RUN(shows_items_without_bytes_only_when_asked);
    RUN(shows_datetimes);
    RUN(refuses_what_cannot_be);
    RUN(skips_the_holes_of_sparse_files);
    RUN(reports_a_file_that_shrank);
    return TEST_END();
}
