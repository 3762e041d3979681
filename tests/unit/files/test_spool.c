#include "files/spool.h"

#include "base/error.h"
#include "files/mapping.h"

#include "test.h"

enum { PIECE = 1 << 20 };

/* Pieces of zeros between two others, and the bytes that should come out. */
static bool fill(struct spool *spool, size_t zeros, struct error *error)
{
    static const unsigned char piece[PIECE];
    bool ok = spool_add(spool, "start", 5, error);

    while (ok && zeros-- > 0) {
        ok = spool_add(spool, piece, PIECE, error);
    }
    return ok;
}

static bool all_zeros(const unsigned char *bytes, size_t size)
{
    return size == 0 || (bytes[0] == 0 && memcmp(bytes, bytes + 1, size - 1) == 0);
}

static void keeps(size_t zeros, const char *end, uint64_t expected)
{
    struct spool spool = SPOOL_INIT;
    struct error error = ERROR_INIT;
    struct mapping mapping = {0};
    size_t middle = zeros * PIECE;

    CHECK(spool_expect(&spool, expected, &error));
    CHECK_INT(spool.fd >= 0, expected > SPOOL_MEMORY);
    CHECK(fill(&spool, zeros, &error) && spool_add(&spool, end, strlen(end), &error));
    CHECK(spool_finish(&spool, &mapping, &error));
    CHECK_INT(mapping.size, 5 + middle + strlen(end));
    CHECK_INT(mapping.mapped, expected > SPOOL_MEMORY || mapping.size > SPOOL_MEMORY);
    if (mapping.size == 5 + middle + strlen(end)) {
        CHECK(memcmp(mapping.data, "start", 5) == 0);
        CHECK(all_zeros(mapping.data + 5, middle));
        CHECK(memcmp(mapping.data + 5 + middle, end, strlen(end)) == 0);
    }
    mapping_close(&mapping);
}

static void keeps_few_bytes_in_memory(void)
{
    keeps(0, "", 0);
    keeps(2, "end", 5 + 2 * PIECE + 3);
}

static void keeps_many_bytes_in_a_file(void)
{
    keeps(20, "end", 0);
    keeps(20, "end", 5 + 20 * PIECE + 3);
}

/* Holes at the end are part of it, whether so many bytes were told of or fewer. */
static void keeps_zeros_at_the_end(void)
{
    keeps(20, "", 0);
    keeps(20, "", 100 * PIECE);
    keeps(1, "", 100 * PIECE);
}

int main(void)
{
    RUN(keeps_few_bytes_in_memory);
    RUN(keeps_many_bytes_in_a_file);
    RUN(keeps_zeros_at_the_end);
    return TEST_END();
}
