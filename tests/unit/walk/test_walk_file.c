#include "walk/walk.h"

#include "base/error.h"
#include "memory/guard.h"

#include "guarded.h"
#include "layouts.h"
#include "test.h"

#include <stdlib.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <unistd.h>

static size_t page;
static char expected[200];

/* Memory of files that this process holds, in bytes. */
static size_t resident_files(void)
{
    FILE *file = fopen("/proc/self/statm", "r");
    unsigned long size, resident, shared = 0;

    if (file == NULL || fscanf(file, "%lu %lu %lu", &size, &resident, &shared) != 3) {
        shared = 0;
    }
    if (file != NULL) {
        fclose(file);
    }
    return shared * page;
}

enum { FILE_SIZE = 64 * 1024 * 1024 };

/* Random bytes, and a file of them that leaves nothing behind. */
struct random_file {
    unsigned char *bytes;
    int fd;
    const unsigned char *mapped;
};

static struct random_file make_file(void)
{
    char path[] = "/tmp/mview-walk-XXXXXX";
    struct random_file file = {.bytes = malloc(FILE_SIZE), .fd = mkstemp(path)};
    uint64_t state = 1;
    size_t i;

    unlink(path);
    for (i = 0; i < FILE_SIZE; i += 4) {
        uint32_t word;

        state = state * 6364136223846793005u + 1442695040888963407u;
        word = (uint32_t)(state >> 32);
        memcpy(file.bytes + i, &word, sizeof word);
    }
    CHECK(write(file.fd, file.bytes, FILE_SIZE) == FILE_SIZE);
    file.mapped = mmap(NULL, FILE_SIZE, PROT_READ, MAP_PRIVATE, file.fd, 0);
    return file;
}

static void drop_file(const struct random_file *file)
{
    munmap((void *)file->mapped, FILE_SIZE);
    free(file->bytes);
    close(file->fd);
}

/* Walks of a large file stay small, and see what is in it. */
static void pages_are_given_back(void)
{
    enum { ROWS = 4096, COLUMNS = 2048 };
    struct random_file file = make_file();
    size_t i;
    int variant;

    for (variant = 0; variant < 5; variant++) {
        struct layout layout = make(file.mapped, 8, 2, SHAPE(ROWS, COLUMNS), STRIDES(8, ROWS * 8));
        bool logical = variant == 0 || variant == 4;
        enum walk_order order = logical ? WALK_LOGICAL : variant == 1 ? WALK_F : WALK_MEMORY;
        size_t before = resident_files();
        size_t peak = before;
        struct error error = ERROR_INIT;
        struct walk walk;
        struct walk_run run;
        size_t wrong = 0;

        if (variant == 3) {
            layout = make(file.mapped, 8, 2, SHAPE(ROWS, COLUMNS / 2), STRIDES(8, 2 * ROWS * 8)); /* with gaps */
        }
        CHECK(walk_open(&walk, &layout, order, true, &error));
        if (variant == 4) {
            walk_read_file(&walk, file.fd, 0);
        }
        while (walk_next(&walk, SIZE_MAX, &run, &error) && run.size > 0) {
            for (i = 0; i < run.size; i += 8) {
                size_t item = (size_t)(run.position + i) / 8;
                size_t there = logical ? item % COLUMNS * ROWS + item / COLUMNS : item;

                wrong += memcmp(run.bytes + i, file.bytes + 8 * there, 8) != 0;
            }
            peak = resident_files() > peak ? resident_files() : peak;
        }
        CHECK_STR(error.message, "");
        CHECK_INT(walk.position, walk.size);
        CHECK_INT(wrong, 0);
        walk_close(&walk);
        CHECK(peak - before < (variant == 4 ? 1 : 8) * 1024 * 1024);
        CHECK(resident_files() < before + 3 * 1024 * 1024);
    }
    drop_file(&file);
}

/* How many items of a walk through the file differ from those of the layout. */
static size_t wrong_items(const struct layout *layout, int fd, uint64_t offset, enum walk_order order)
{
    size_t itemsize = (size_t)layout->itemsize;
    ptrdiff_t index[3] = {0};
    struct error error = ERROR_INIT;
    struct walk walk;
    struct walk_run run;
    size_t wrong = 0;

    CHECK(walk_open(&walk, layout, order, true, &error));
    walk_read_file(&walk, fd, offset);
    while (walk_next(&walk, SIZE_MAX, &run, &error) && run.size > 0) {
        size_t i;
        int k;

        for (i = 0; i < run.size; i += itemsize) {
            wrong += memcmp(run.bytes + i, layout_item(layout, index), itemsize) != 0;
            for (k = 0; k < layout->ndim; k++) {
                int d = order == WALK_F ? k : layout->ndim - 1 - k;

                if (++index[d] < layout->shape[d]) {
                    break;
                }
                index[d] = 0;
            }
        }
    }
    CHECK_STR(error.message, "");
    CHECK_INT(walk.position, walk.size);
    walk_close(&walk);
    return wrong;
}

/* Small pieces far apart are read from the file: of any size, in any direction, in every order. */
static void pieces_are_read(void)
{
    enum { COLUMN = 32 * 1024, HEADER = 80 };
    static const ptrdiff_t itemsizes[] = {1, 2, 3, 4, 8, 12, 16, 40};
    struct random_file file = make_file();
    const unsigned char *end = file.mapped + FILE_SIZE;
    struct layout layout;
    size_t i;

    for (i = 0; i < sizeof itemsizes / sizeof itemsizes[0]; i++) {
        ptrdiff_t size = itemsizes[i], rows = COLUMN / size;

        layout = make(file.mapped + HEADER, size, 2, SHAPE(rows, 1000), STRIDES(size, COLUMN));
        CHECK_INT(wrong_items(&layout, file.fd, HEADER, WALK_LOGICAL), 0);
        layout = make(file.mapped + HEADER, size, 2, SHAPE(rows, 1024), STRIDES(size, COLUMN));
        CHECK_INT(wrong_items(&layout, file.fd, HEADER, WALK_LOGICAL), 0);
    }
    layout = make(end - 8, 8, 2, SHAPE(COLUMN / 8, 2048), STRIDES(-8, -COLUMN));
    CHECK_INT(wrong_items(&layout, file.fd, FILE_SIZE - 8, WALK_LOGICAL), 0);
    layout = make(file.mapped + HEADER, 4, 2, SHAPE(2000, COLUMN / 16), STRIDES(COLUMN, 16));
    CHECK_INT(wrong_items(&layout, file.fd, HEADER, WALK_F), 0);
    layout = make(file.mapped + HEADER + COLUMN - 8, 8, 3, SHAPE(100, 17, 50), STRIDES(-24, 50 * COLUMN, COLUMN));
    CHECK_INT(wrong_items(&layout, file.fd, HEADER + COLUMN - 8, WALK_LOGICAL), 0);
    layout = make(file.mapped + HEADER, 8, 3, SHAPE(3, 1000, 1900), STRIDES(0, 8, COLUMN));
    CHECK_INT(wrong_items(&layout, file.fd, HEADER, WALK_LOGICAL), 0);
    drop_file(&file);
}

/* So much is written for each index along the first dimension that a tile has one or two of them. */
static void few_items_lie_side_by_side(void)
{
    static const ptrdiff_t columns[] = {1024, 512, 500, 256};
    struct random_file file = make_file();
    size_t i;

    for (i = 0; i < sizeof columns / sizeof columns[0]; i++) {
        ptrdiff_t count = columns[i], first = FILE_SIZE / (8 * 1024 * count);
        struct layout layout;

        layout = make(file.mapped, 8, 3, SHAPE(first, 1024, count), STRIDES(8, 8 * first, 8 * 1024 * first));
        CHECK_INT(wrong_items(&layout, file.fd, 0, WALK_LOGICAL), 0);
        layout = make(file.mapped, 4, 3, SHAPE(first, 2048, count), STRIDES(4, 4 * first, 8 * 1024 * first));
        CHECK_INT(wrong_items(&layout, file.fd, 0, WALK_LOGICAL), 0);
    }
    drop_file(&file);
}

/* Threads that cannot open the file once more read what is open. */
static void pieces_are_read_though_no_file_can_be_opened(void)
{
    enum { COLUMN = 64 * 1024 };
    struct random_file file = make_file();
    struct layout layout = make(file.mapped, 8, 2, SHAPE(COLUMN / 8, FILE_SIZE / COLUMN), STRIDES(8, COLUMN));
    struct rlimit before, none;

    CHECK(getrlimit(RLIMIT_NOFILE, &before) == 0);
    none = (struct rlimit){0, before.rlim_max};
    CHECK(setrlimit(RLIMIT_NOFILE, &none) == 0);
    CHECK_INT(wrong_items(&layout, file.fd, 0, WALK_LOGICAL), 0);
    CHECK(setrlimit(RLIMIT_NOFILE, &before) == 0);
    drop_file(&file);
}

/* What reading finds missing, the mapping tells. */
static void a_file_that_shrank(void)
{
    enum { COLUMN = 64 * 1024 };
    struct random_file file = make_file();
    struct layout layout = make(file.mapped, 8, 2, SHAPE(COLUMN / 8, FILE_SIZE / COLUMN), STRIDES(8, COLUMN));
    struct error error = ERROR_INIT;
    struct walk walk;
    struct walk_run run;

    CHECK(ftruncate(file.fd, 3 * COLUMN) == 0);
    CHECK(walk_open(&walk, &layout, WALK_LOGICAL, true, &error));
    walk_read_file(&walk, file.fd, 0);
    CHECK(walk_next(&walk, SIZE_MAX, &run, &error));
    CHECK_INT(run.size, 3 * 8);
    CHECK(!walk_next(&walk, SIZE_MAX, &run, &error));
    snprintf(expected, sizeof expected,
             "cannot read 8 bytes at %p, item (0, 3): the file there has become shorter or cannot be read",
             (void *)(file.mapped + 3 * COLUMN));
    CHECK_STR(error.message, expected);
    walk_close(&walk);
    drop_file(&file);
}

int main(void)
{
    page = page_size();
    begin_guarded();
    RUN(pages_are_given_back);
    RUN(pieces_are_read);
    RUN(few_items_lie_side_by_side);
    RUN(pieces_are_read_though_no_file_can_be_opened);
    RUN(a_file_that_shrank);
    return TEST_END();
}
