#include "ledger/ledger.h"

#include "test.h"

#include <stdio.h>

static const struct ledger_limits limits = {.rows = 8, .exports = 4, .text = 4096};
static struct ledger ledger;
static uint64_t now;

static void begin(void)
{
    ledger_begin(&ledger, &limits);
    now = 0;
}

static uint32_t row_of(uint64_t signature, const char *type)
{
    const struct ledger_words words = {.type = type, .native = "a.so!f", .where = {"x.py:1 in f"}, .depth = 1};
    uint32_t row = ledger_find(&ledger, signature);

    return row != LEDGER_NONE ? row : ledger_add(&ledger, signature, &words);
}

static struct ledger_view view_at(uintptr_t address, uintptr_t owner)
{
    return (struct ledger_view){.address = address, .owner = owner, .buf = owner + 64, .len = 10};
}

static const unsigned char *content(uintptr_t owner)
{
    static unsigned char filled[LEDGER_FILLED];

    memset(filled, (int)owner & 0xff, sizeof filled);
    return filled;
}

static void grant_since(uint64_t signature, uintptr_t address, uintptr_t owner, uint64_t time)
{
    struct ledger_view view = view_at(address, owner);
    char type[32];

    snprintf(type, sizeof type, "type %d", (int)signature);
    ledger_granted(&ledger, row_of(signature, type), &view, content(owner), owner, time);
}

static void grant(uint64_t signature, uintptr_t address, uintptr_t owner)
{
    grant_since(signature, address, owner, ++now);
}

static enum ledger_match release(uintptr_t address, uintptr_t owner)
{
    struct ledger_view view = view_at(address, owner);
    uint32_t row;

    return ledger_released(&ledger, &view, content(owner), true, ++now, &row);
}

static bool is_nowhere(const struct ledger_export *export)
{
    (void)export;
    return false;
}

static void test_counts_alike(void)
{
    begin();
    grant(1, 100, 1000);
    grant(1, 200, 1001);
    ledger_granted(&ledger, row_of(2, "memoryview"), &(struct ledger_view){300, 1000, 0, 0, 0, false}, content(0), 1000, ++now);
    ledger_refused(&ledger, row_of(1, "type 1"), "BufferError: no");
    ledger_refused(&ledger, row_of(1, "type 1"), "BufferError: never");
    CHECK_INT(ledger.row_count, 2);
    CHECK_INT(ledger.rows[0].count, 4);
    CHECK_INT(ledger.rows[0].refused, 2);
    CHECK_INT(ledger.rows[0].held, 2);
    CHECK_STR(ledger.rows[0].exception, "BufferError: no");
    CHECK_STR(ledger.rows[0].words.where[0], "x.py:1 in f");
    CHECK(ledger.rows[0].words.native == ledger.rows[1].words.native);
    CHECK_INT(release(200, 1001), LEDGER_MATCHED);
    CHECK_INT(ledger.rows[0].held, 1);
    CHECK_INT(ledger.live, 2);
    ledger_end(&ledger);
}

static void test_release_twice_or_unasked(void)
{
    begin();
    grant(1, 100, 1000);
    CHECK_INT(release(100, 2000), LEDGER_FOREIGN);
    CHECK_INT(release(100, 1000), LEDGER_MATCHED);
    CHECK_INT(release(500, 1000), LEDGER_TWICE);
    CHECK_INT(ledger.live, 0);
    ledger_end(&ledger);
}

/* The second release of one is not taken for that of another who still holds the same. */
static void test_release_twice_beside_another(void)
{
    begin();
    grant(1, 100, 1000);
    grant(1, 200, 1000);
    CHECK_INT(release(100, 1000), LEDGER_MATCHED);
    CHECK_INT(release(500, 1000), LEDGER_TWICE);
    CHECK_INT(release(200, 1000), LEDGER_MATCHED);
    ledger_end(&ledger);
}

/* bytes.join fills in a Py_buffer of bytes by hand, and has it released. */
static void test_owner_that_does_not_count(void)
{
    struct ledger_view view = view_at(100, 1000);
    uint32_t row;

    begin();
    CHECK_INT(ledger_released(&ledger, &view, content(1), false, ++now, &row), LEDGER_UNKNOWN);
    grant(1, 100, 1000);
    CHECK_INT(ledger_released(&ledger, &view, content(1000), false, ++now, &row), LEDGER_MATCHED);
    CHECK_INT(ledger_released(&ledger, &view, content(1), false, ++now, &row), LEDGER_UNKNOWN);
    CHECK_INT(ledger_released(&ledger, &view, content(1000), false, ++now, &row), LEDGER_TWICE);
    ledger_end(&ledger);
}

static void test_moved(void)
{
    int i;

    begin();
    for (i = 0; i < 3; i++) {
        grant(1, 100, 1000); /* on the stack, then copied elsewhere */
        CHECK_INT(release(500, 1000), LEDGER_MATCHED);
        CHECK_INT(ledger.live, 0);
    }
    ledger_end(&ledger);
}

/* What lay on a stack, or is no more there, was moved, whatever was released meanwhile. */
static void test_moved_meanwhile(void)
{
    struct ledger_view view = view_at(100, 1000);

    begin();
    view.thread = 7;
    ledger_granted(&ledger, row_of(1, "bytearray"), &view, content(1000), 1000, ++now);
    grant(1, 200, 1000);
    CHECK_INT(release(200, 1000), LEDGER_MATCHED);
    CHECK_INT(release(500, 1000), LEDGER_MATCHED);
    grant(1, 100, 1000);
    grant(1, 200, 1000);
    CHECK_INT(release(200, 1000), LEDGER_MATCHED);
    ledger.is_there = is_nowhere;
    CHECK_INT(release(500, 1000), LEDGER_MATCHED);
    CHECK_INT(release(500, 1000), LEDGER_TWICE);
    ledger_end(&ledger);
}

/* Filled again and again in the same place, never released: all of them are held, in one item. */
static void test_lost(void)
{
    int i;

    begin();
    for (i = 0; i < 1000; i++) {
        grant(1, 100, 1000);
    }
    CHECK_INT(ledger.live, 1000);
    CHECK_INT(ledger.rows[0].held, 1000);
    CHECK_INT(ledger.export_count, 2);
    CHECK_INT(ledger.exports_dropped, 0);
    CHECK_INT(release(100, 1000), LEDGER_MATCHED);
    CHECK_INT(release(700, 1000), LEDGER_MATCHED); /* one that was moved before it was overwritten */
    CHECK_INT(ledger.live, 998);
    ledger_end(&ledger);
}

/* An exporter passes the request on to another, with the same Py_buffer. */
static void test_passed_on(void)
{
    uint64_t outer = ++now;

    begin();
    outer = ++now;
    grant(1, 100, 1000);
    grant_since(2, 100, 1000, outer);
    CHECK_INT(ledger.live, 1);
    CHECK_INT(ledger.rows[0].held, 0);
    CHECK_INT(ledger.rows[1].held, 1);
    CHECK_INT(release(100, 1000), LEDGER_MATCHED);
    CHECK_INT(ledger.live, 0);
    ledger_end(&ledger);
}

static void test_bounds(void)
{
    uint64_t i;

    begin();
    for (i = 0; i < 10; i++) {
        grant(i, 100 + i, 1000 + i);
    }
    CHECK_INT(ledger.row_count, 8);
    CHECK_INT(ledger.rows_dropped, 2);
    CHECK_INT(ledger.live, 4);
    CHECK_INT(ledger.exports_dropped, 6);
    CHECK_INT(release(100, 1000), LEDGER_MATCHED);
    CHECK_INT(release(109, 1009), LEDGER_UNKNOWN); /* it was granted, but is not known */
    ledger_end(&ledger);
}

/* Releases of those that are not followed are not taken for releases of those that are. */
static void test_dropped_of_one_owner(void)
{
    uint64_t i;

    begin();
    for (i = 0; i < 7; i++) {
        grant(1, 100 + i, 1000);
    }
    CHECK_INT(ledger.exports_dropped, 3);
    for (i = 4; i < 7; i++) {
        CHECK_INT(release(100 + i, 1000), LEDGER_UNKNOWN);
    }
    CHECK_INT(ledger.live, 4);
    ledger_end(&ledger);
}

static int looks;

static bool look_and_find(const struct ledger_export *export)
{
    (void)export;
    looks++;
    return true;
}

static void test_looks_are_bounded(void)
{
    static const struct ledger_limits many = {.rows = 8, .exports = 5000, .text = 4096};
    uint64_t i;

    ledger_begin(&ledger, &many);
    ledger.is_there = look_and_find;
    for (i = 0; i < 2000; i++) {
        grant(1, 100 + i, 1000);
    }
    for (i = 0; i < 10; i++) {
        release(9000 + i, 1000);
    }
    CHECK(looks < 1000);
    ledger_end(&ledger);
}

static void test_drop(void)
{
    uint64_t i;

    begin();
    for (i = 0; i < 8; i++) {
        row_of(i, i % 2 == 0 ? "even" : "odd");
        CHECK(!ledger_drop(&ledger));
    }
    CHECK_INT(ledger.row_count, 2);
    for (i = 0; i < 7; i++) {
        grant(100 + i, 100 + i, 1000 + i);
    }
    CHECK_INT(ledger.row_count, 8);
    CHECK_INT(ledger.rows_dropped, 1);
    CHECK(ledger_drop(&ledger));
    CHECK_INT(ledger.rows_dropped, 2);
    CHECK_INT(ledger_find(&ledger, 1), 1); /* what has a row still finds it */
    ledger_end(&ledger);
}

static void test_text_bound(void)
{
    static const struct ledger_limits little = {.rows = 1000, .exports = 4, .text = 1024};
    char type[64];
    uint64_t i;

    ledger_begin(&ledger, &little);
    for (i = 0; i < 1000; i++) {
        snprintf(type, sizeof type, "type number %d of many", (int)i);
        row_of(i, type);
    }
    CHECK(ledger.row_count > 2 && ledger.row_count < 100);
    CHECK_INT(ledger.rows_dropped, 1000 - ledger.row_count);
    CHECK_STR(ledger.rows[1].words.type, "type number 1 of many");
    ledger_end(&ledger);
}

static void test_nobodys_memory(void)
{
    begin();
    grant(1, 100, 0);
    CHECK_INT(ledger.rows[0].count, 1);
    CHECK_INT(ledger.live, 0);
    ledger_end(&ledger);
}

static void test_mistakes_alike(void)
{
    const struct ledger_words words = {.type = "T", .native = "a.so!f"};
    const struct ledger_words others = {.type = "T", .native = "a.so!g"};

    begin();
    ledger_mistake(&ledger, LEDGER_TWICE, &words);
    ledger_mistake(&ledger, LEDGER_TWICE, &words);
    ledger_mistake(&ledger, LEDGER_FOREIGN, &words);
    ledger_mistake(&ledger, LEDGER_TWICE, &others);
    CHECK_INT(ledger.mistake_count, 3);
    CHECK_INT(ledger.mistakes[0].count, 2);
    ledger_end(&ledger);
}

/* Two places in one line of a program. */
static void test_same_words(void)
{
    begin();
    CHECK_INT(row_of(1, "bytearray"), 0);
    CHECK_INT(row_of(2, "bytearray"), 0);
    CHECK_INT(row_of(3, "bytes"), 1);
    CHECK_INT(ledger_find(&ledger, 2), 0);
    CHECK_INT(ledger.row_count, 2);
    ledger_end(&ledger);
}

int main(void)
{
    RUN(test_counts_alike);
    RUN(test_release_twice_or_unasked);
    RUN(test_release_twice_beside_another);
    RUN(test_owner_that_does_not_count);
    RUN(test_moved);
    RUN(test_moved_meanwhile);
    RUN(test_lost);
    RUN(test_passed_on);
    RUN(test_bounds);
    RUN(test_dropped_of_one_owner);
    RUN(test_looks_are_bounded);
    RUN(test_drop);
    RUN(test_text_bound);
    RUN(test_nobodys_memory);
    RUN(test_mistakes_alike);
    RUN(test_same_words);
    return TEST_END();
}
