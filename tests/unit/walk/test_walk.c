#include "walk/walk.h"

#include "base/error.h"
#include "memory/guard.h"

#include "guarded.h"
#include "layouts.h"
#include "test.h"

#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

static size_t page;

/* What a walk gives from `position` on, at most `size` bytes in pieces of `most`; the error ends it. */
struct taken {
    unsigned char bytes[8192];
    unsigned char owners[8192];
    size_t size;
    bool owned; /* runs had owners */
    struct error error;
};

static struct taken taken;

static const char *take(const struct layout *layout, enum walk_order order, uint64_t position, size_t size,
                        size_t most)
{
    struct walk walk;
    struct walk_run run;

    taken = (struct taken){.error = ERROR_INIT};
    if (!walk_open(&walk, layout, order, false, &taken.error)) {
        return taken.error.message;
    }
    walk_seek(&walk, position);
    while (taken.size < size &&
           walk_next(&walk, most < size - taken.size ? most : size - taken.size, &run, &taken.error)) {
        const void *address;

        if (run.size == 0) {
            break;
        }
        CHECK_INT(run.position, position + taken.size);
        if (!guard_copy(taken.bytes + taken.size, run.bytes, run.size, &address)) {
            walk_fault(&walk, &run, address, &taken.error);
            break;
        }
        if (run.owners != NULL) {
            memcpy(taken.owners + taken.size, run.owners, run.size);
            taken.owned = true;
        }
        taken.size += run.size;
    }
    walk_close(&walk);
    return taken.error.message;
}

static bool took(const char *bytes)
{
    return taken.size == strlen(bytes) && memcmp(taken.bytes, bytes, taken.size) == 0;
}

static void orders_of_a_plane(void)
{
    struct layout layout = make("abcdef", 1, 2, SHAPE(2, 3), NULL);

    CHECK_STR(take(&layout, WALK_LOGICAL, 0, 100, 100), "");
    CHECK(took("abcdef"));
    CHECK_STR(take(&layout, WALK_F, 0, 100, 1), "");
    CHECK(took("adbecf"));
    CHECK_STR(take(&layout, WALK_F, 3, 2, 100), "");
    CHECK(took("ec"));
    CHECK_STR(take(&layout, WALK_MEMORY, 0, 100, 100), "");
    CHECK(took("abcdef"));
    CHECK(!taken.owned);
    layout = make(&"abcdef"[5], 1, 2, SHAPE(2, 3), STRIDES(-3, -1));
    CHECK_STR(take(&layout, WALK_LOGICAL, 0, 100, 4), "");
    CHECK(took("fedcba"));
    CHECK_STR(take(&layout, WALK_MEMORY, 0, 100, 4), "");
    CHECK(took("abcdef"));
}

static void nothing_and_next_to_nothing(void)
{
    ptrdiff_t twos[LAYOUT_MAX_NDIM];
    ptrdiff_t zeros[LAYOUT_MAX_NDIM];
    struct layout layout = make("x", 1, 0, NULL, NULL);
    int d;

    CHECK_STR(take(&layout, WALK_LOGICAL, 0, 100, 100), "");
    CHECK(took("x"));
    CHECK_STR(take(&layout, WALK_MEMORY, 1, 100, 100), "");
    CHECK(took(""));
    layout = make(NULL, 8, 2, SHAPE(3, 0), NULL);
    CHECK_STR(take(&layout, WALK_LOGICAL, 0, 100, 100), "");
    CHECK(took(""));
    CHECK_STR(take(&layout, WALK_MEMORY, 0, 100, 100), "");
    CHECK(took(""));
    layout = make(NULL, 0, 2, SHAPE(3, 5), STRIDES(7, 1));
    CHECK_STR(take(&layout, WALK_F, 0, 100, 100), "");
    CHECK(took(""));
    for (d = 0; d < LAYOUT_MAX_NDIM; d++) {
        twos[d] = d % 11 == 0 ? 2 : 1;
        zeros[d] = d == 44 ? 1 : 0;
    }
    layout = make("ab", 1, LAYOUT_MAX_NDIM, twos, zeros);
    CHECK_STR(take(&layout, WALK_LOGICAL, 0, 100, 100), "");
    CHECK(took("aabbaabbaabbaabbaabbaabbaabbaabbaabbaabbaabbaabbaabbaabbaabbaabb"));
    CHECK_STR(take(&layout, WALK_F, 28, 100, 100), "");
    CHECK(took("bbbbaaaaaaaaaaaaaaaabbbbbbbbbbbbbbbb"));
    CHECK_STR(take(&layout, WALK_MEMORY, 0, 100, 100), "");
    CHECK(took("ab"));
}

/* Rows behind pointers, as PIL keeps an image; then pointers behind pointers. */
static void pointers_are_followed(void)
{
    static const char *rows[] = {"..abcd", "..efgh", "..ijkl"};
    const char **tables[] = {rows, rows + 1};
    struct layout layout = make(rows, 1, 2, SHAPE(3, 4), STRIDES(sizeof rows[0], 1));

    layout.suboffsets[0] = 2;
    CHECK_STR(take(&layout, WALK_LOGICAL, 0, 100, 100), "");
    CHECK(took("abcdefghijkl"));
    CHECK_STR(take(&layout, WALK_LOGICAL, 5, 4, 3), "");
    CHECK(took("fghi"));
    CHECK_STR(take(&layout, WALK_F, 0, 100, 100), "");
    CHECK(took("aeibfjcgkdhl"));
    CHECK_STR(take(&layout, WALK_MEMORY, 0, 100, 100),
              "there is no one block of memory to show: the items lie behind pointers (suboffsets)");
    layout = make(rows, 1, 2, SHAPE(3, 2), STRIDES(sizeof rows[0], -2));
    layout.suboffsets[0] = 5;
    CHECK_STR(take(&layout, WALK_LOGICAL, 1, 100, 100), "");
    CHECK(took("bhflj"));
    layout = make(tables, 1, 3, SHAPE(2, 2, 3), STRIDES(sizeof tables[0], sizeof rows[0], 1));
    layout.suboffsets[0] = 0;
    layout.suboffsets[1] = 3;
    CHECK_STR(take(&layout, WALK_LOGICAL, 0, 100, 100), "");
    CHECK(took("bcdfghfghjkl"));
    CHECK_STR(take(&layout, WALK_F, 0, 100, 100), "");
    CHECK(took("bffjcggkdhhl"));
    layout = make(rows, 1, 1, SHAPE(2), STRIDES(sizeof rows[0])); /* a pointer to each item */
    layout.suboffsets[0] = 2;
    CHECK_STR(take(&layout, WALK_LOGICAL, 0, 100, 100), "");
    CHECK(took("ae"));
    layout = make(rows, 1, 2, SHAPE(4, 1), STRIDES(0, 0)); /* in a dimension of extent 1 */
    layout.suboffsets[1] = 3;
    CHECK_STR(take(&layout, WALK_F, 0, 100, 100), "");
    CHECK(took("bbbb"));
}

static void large_rows_behind_pointers(void)
{
    unsigned char *rows[3] = {NULL};
    struct layout layout = make(rows, 2, 2, SHAPE(3, 5000), STRIDES(sizeof rows[0], 2));
    int i;

    layout.suboffsets[0] = 0;
    for (i = 0; i < 3; i++) {
        rows[i] = malloc(10000);
        memset(rows[i], 'a' + i, 10000);
    }
    CHECK_STR(take(&layout, WALK_LOGICAL, 9998, 4, 100), "");
    CHECK(took("aabb"));
    CHECK_STR(take(&layout, WALK_LOGICAL, 29999, 100, 100), "");
    CHECK(took("c"));
    for (i = 0; i < 3; i++) {
        free(rows[i]);
    }
}

static void gaps_have_no_owner(void)
{
    struct layout layout = make("ab.cd.ef", 2, 1, SHAPE(3), STRIDES(3));

    CHECK_STR(take(&layout, WALK_MEMORY, 0, 100, 100), "");
    CHECK(took("ab.cd.ef"));
    CHECK(memcmp(taken.owners, "\1\1\0\2\2\0\1\1", 8) == 0);
    CHECK_STR(take(&layout, WALK_MEMORY, 4, 3, 1), "");
    CHECK(took("d.e"));
    CHECK(memcmp(taken.owners, "\2\0\1", 3) == 0);
    layout = make(&"ab.cd.ef"[6], 2, 1, SHAPE(3), STRIDES(-3));
    CHECK_STR(take(&layout, WALK_MEMORY, 0, 100, 100), "");
    CHECK(memcmp(taken.owners, "\1\1\0\2\2\0\1\1", 8) == 0);
    layout = make("abcdefgh", 2, 2, SHAPE(2, 2), STRIDES(1, 4)); /* items (0, 0) and (1, 0) share a byte */
    CHECK_STR(take(&layout, WALK_MEMORY, 0, 100, 100), "");
    CHECK(took("abcdefg"));
    CHECK(taken.owners[3] == 0 && taken.owners[0] == 1 && taken.owners[2] == 1 && taken.owners[4] == 2);
}

static void bytes_of_many_items(void)
{
    /* More pairs of steps lead into a window than anyone could try. */
    ptrdiff_t many = 1000000;
    unsigned char *bytes =
        mmap(NULL, (size_t)many * 11, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    struct layout layout = make(bytes, 1, 2, SHAPE(many, many), STRIDES(4, 6));
    size_t i;

    CHECK_STR(take(&layout, WALK_MEMORY, 5000000, 4096, 4096), "");
    CHECK_INT(taken.size, 4096);
    for (i = 0; i < 4096; i++) {
        CHECK((taken.owners[i] != 0) == (i % 2 == 0));
    }
    CHECK_STR(take(&layout, WALK_MEMORY, 0, 8, 8), "");
    CHECK(taken.owners[0] && !taken.owners[1] && !taken.owners[2] && !taken.owners[3] && taken.owners[4] &&
          !taken.owners[5] && taken.owners[6]);
    munmap(bytes, (size_t)many * 11);
}

/* Two items a TiB apart: nobody has that much memory, nor the time to read it. */
static void far_apart(void)
{
    const size_t tib = (size_t)1 << 40;
    unsigned char *space =
        mmap(NULL, tib + page, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    struct layout layout = make(space, 4, 1, SHAPE(2), STRIDES((ptrdiff_t)tib));

    CHECK(space != MAP_FAILED);
    mprotect(space, page, PROT_READ | PROT_WRITE);
    mprotect(space + tib, page, PROT_READ | PROT_WRITE);
    memcpy(space, "abcd", 4);
    memcpy(space + tib, "efgh", 4);
    CHECK_STR(take(&layout, WALK_LOGICAL, 2, 4, 100), "");
    CHECK(took("cdef"));
    CHECK_STR(take(&layout, WALK_MEMORY, 0, 8192, 8192), "");
    CHECK_INT(taken.size, 8192);
    CHECK(memcmp(taken.bytes, "abcd\0", 5) == 0 && memcmp(taken.owners, "\1\1\1\1\0", 5) == 0);
    CHECK_STR(take(&layout, WALK_MEMORY, (uint64_t)tib - 2, 100, 100), "");
    CHECK_INT(taken.size, 6);
    CHECK(memcmp(taken.bytes, "\0\0efgh", 6) == 0 && memcmp(taken.owners, "\0\0\2\2\2\2", 6) == 0);
    CHECK_STR(take(&layout, WALK_MEMORY, (uint64_t)tib / 2 + 3, 5000, 700), "");
    CHECK_INT(taken.size, 5000);
    munmap(space, tib + page);
}

/* What lies ahead is not looked for beyond the last item, where no number tells its place. */
static void as_far_apart_as_can_be(void)
{
    const ptrdiff_t far = ((ptrdiff_t)1 << 60) + ((ptrdiff_t)1 << 54); /* aarch64 heeds no address's highest byte */
    struct layout layout = make("ab", 1, 3, SHAPE(2, 2, 2), STRIDES(1, far, 2 * far));

    CHECK(strstr(take(&layout, WALK_LOGICAL, 0, 100, 100), "cannot read 1 byte at ") != NULL);
    CHECK(took("a"));
}

static void positions_past_4_gib(void)
{
    struct layout layout = make("abcdef", 1, 3, SHAPE(1 << 20, 1 << 14, 3), STRIDES(0, 0, 2));
    const uint64_t far = ((uint64_t)1 << 34) * 3 - 4;

    CHECK_STR(take(&layout, WALK_LOGICAL, far, 100, 100), "");
    CHECK(took("eace"));
    CHECK_STR(take(&layout, WALK_F, far - ((uint64_t)1 << 34), 6, 100), "");
    CHECK(took("ccccee"));
    CHECK_STR(take(&layout, WALK_F, ((uint64_t)1 << 34) - 2, 4, 100), "");
    CHECK(took("aacc"));
}

/* `pages` of memory, of which those marked '-' cannot be read; the others are full of 'x'. */
static unsigned char *patchwork(const char *pages)
{
    size_t count = strlen(pages);
    unsigned char *memory =
        mmap(NULL, count * page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    size_t i;

    memset(memory, 'x', count * page);
    for (i = 0; i < count; i++) {
        if (pages[i] == '-') {
            mprotect(memory + i * page, page, PROT_NONE);
        }
    }
    return memory;
}

static char expected[200];

static const char *cannot_read(int size, const void *at, const char *item)
{
    snprintf(expected, sizeof expected, "cannot read %d byte%s at %p, item %s: not readable", size,
             size == 1 ? "" : "s", at, item);
    return expected;
}

static void faults_name_the_first_bad_item(void)
{
    unsigned char *memory = patchwork("x-x");
    struct layout layout = make(memory + page - 24, 8, 1, SHAPE(100), NULL);

    /* Handed out as it lies, read by the consumer. */
    CHECK_STR(take(&layout, WALK_LOGICAL, 0, 800, 800), cannot_read(8, memory + page, "(3,)"));
    layout.buf -= 4; /* item 3 lies on both pages */
    CHECK_STR(take(&layout, WALK_LOGICAL, 0, 800, 800), cannot_read(8, memory + page - 4, "(3,)"));
    CHECK_STR(take(&layout, WALK_MEMORY, 0, 800, 800), cannot_read(8, memory + page - 4, "(3,)"));
    CHECK_STR(take(&layout, WALK_LOGICAL, 0, 24, 24), "");
    /* Gathered: what comes before the bad item is still shown, also when a tile holds both. */
    layout = make(memory, 2, 2, SHAPE(2, 100), STRIDES(10, 64));
    CHECK_STR(take(&layout, WALK_LOGICAL, 0, 400, 400), cannot_read(2, memory + page, "(0, 64)"));
    CHECK_INT(taken.size, 128);
    CHECK_STR(take(&layout, WALK_LOGICAL, 0, 128, 400), "");
    CHECK_STR(take(&layout, WALK_LOGICAL, 129, 400, 400), cannot_read(2, memory + page, "(0, 64)"));
    CHECK_STR(take(&layout, WALK_LOGICAL, 200, 400, 400), cannot_read(2, memory + page + 10, "(1, 64)"));
    CHECK_INT(taken.size, 128);
    CHECK_STR(take(&layout, WALK_F, 0, 400, 400), cannot_read(2, memory + page, "(0, 64)"));
    CHECK_INT(taken.size, 256);
    CHECK_STR(take(&layout, WALK_F, 258, 400, 400), cannot_read(2, memory + page + 10, "(1, 64)"));
    munmap(memory, 3 * page);
}

static void gaps_need_not_be_readable(void)
{
    unsigned char *memory = patchwork("x-x-");
    struct layout layout = make(memory + page - 4, 4, 2, SHAPE(2, 2), STRIDES((ptrdiff_t)page + 12, -8));

    CHECK_STR(take(&layout, WALK_MEMORY, 0, 8192, 8192), "");
    CHECK_INT(taken.size, page + 24);
    CHECK(memcmp(taken.bytes, "xxxxxxxxxxxx\0", 13) == 0);
    CHECK_INT(taken.owners[4], 0);
    CHECK_INT(taken.owners[0], 2);
    CHECK_INT(taken.bytes[page + 12], 'x');
    CHECK_INT(taken.owners[page + 12], 2);
    layout = make(memory + page - 4, 4, 1, SHAPE(3), STRIDES((ptrdiff_t)page + 1));
    CHECK_STR(take(&layout, WALK_MEMORY, 0, 8192, 8192), cannot_read(4, memory + 2 * page - 3, "(1,)"));
    CHECK_INT(taken.size, page + 1);
    CHECK_STR(take(&layout, WALK_MEMORY, page, 8192, 8192), cannot_read(4, memory + 2 * page - 3, "(1,)"));
    munmap(memory, 4 * page);
}

static void pointers_that_lead_nowhere(void)
{
    unsigned char *memory = patchwork("x-");
    unsigned char *rows[3] = {memory, memory + page - 2, memory + page};
    struct layout layout = make(rows, 1, 2, SHAPE(3, 3), STRIDES(sizeof rows[0], 1));

    layout.suboffsets[0] = 0;
    CHECK_STR(take(&layout, WALK_LOGICAL, 0, 100, 100), cannot_read(1, memory + page, "(1, 2)"));
    CHECK_INT(taken.size, 5);
    layout.buf = memory + page - sizeof rows[0];
    memcpy(memory + page - sizeof rows[0], &rows[0], sizeof rows[0]);
    snprintf(expected, sizeof expected, "cannot follow the pointer at %p to item (1, 0): not readable",
             (void *)(memory + page));
    CHECK_STR(take(&layout, WALK_LOGICAL, 0, 100, 100), expected);
    CHECK_INT(taken.size, 3);
    munmap(memory, 2 * page);
}

static void a_file_that_shrank_is_an_error(void)
{
    char path[] = "/tmp/mview-walk-XXXXXX";
    int fd = mkstemp(path);
    unsigned char *mapped;
    struct layout layout;

    unlink(path);
    CHECK(ftruncate(fd, (off_t)(4 * page)) == 0);
    mapped = mmap(NULL, 4 * page, PROT_READ, MAP_PRIVATE, fd, 0);
    CHECK(ftruncate(fd, (off_t)page) == 0);
    layout = make(mapped, 16, 1, SHAPE((ptrdiff_t)(4 * page / 16)), NULL);
    snprintf(expected, sizeof expected,
             "cannot read 16 bytes at %p, item (%zu,): the file there has become shorter or cannot be read",
             (void *)(mapped + page), page / 16);
    CHECK_STR(take(&layout, WALK_LOGICAL, 0, 8192, 8192), expected);
    layout = make(mapped, 16, 1, SHAPE((ptrdiff_t)(4 * page / 32)), STRIDES(32));
    snprintf(expected, sizeof expected,
             "cannot read 16 bytes at %p, item (%zu,): the file there has become shorter or cannot be read",
             (void *)(mapped + page), page / 32);
    CHECK_STR(take(&layout, WALK_LOGICAL, 0, 8192, 8192), expected);
    munmap(mapped, 4 * page);
    close(fd);
}

int main(void)
{
    page = page_size();
    begin_guarded();
    RUN(orders_of_a_plane);
    RUN(nothing_and_next_to_nothing);
    RUN(pointers_are_followed);
    RUN(large_rows_behind_pointers);
    RUN(gaps_have_no_owner);
    RUN(bytes_of_many_items);
    RUN(far_apart);
    RUN(as_far_apart_as_can_be);
    RUN(positions_past_4_gib);
    RUN(faults_name_the_first_bad_item);
    RUN(gaps_need_not_be_readable);
    RUN(pointers_that_lead_nowhere);
    RUN(a_file_that_shrank_is_an_error);
    return TEST_END();
}
