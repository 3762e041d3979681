/*
 * Unit tests as TAP: each test is a function run by RUN; a CHECK that fails
 * says where and makes the test "not ok".
 */
#ifndef MVIEW_TESTS_UNIT_TEST_H
#define MVIEW_TESTS_UNIT_TEST_H

#include <inttypes.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

static int test_count;
static int test_failures; /* tests that failed */
static bool test_ok;      /* of the test that runs */

#define CHECK(condition)                                                                     \
    do {                                                                                     \
        if (!(condition)) {                                                                  \
            printf("# %s:%d: %s\n", __FILE__, __LINE__, #condition);                         \
            test_ok = false;                                                                 \
        }                                                                                    \
    } while (0)

#define CHECK_INT(actual, expected)                                                          \
    do {                                                                                     \
        intmax_t actual_ = (intmax_t)(actual), expected_ = (intmax_t)(expected);             \
        if (actual_ != expected_) {                                                          \
            printf("# %s:%d: %s is %" PRIdMAX ", not %" PRIdMAX "\n", __FILE__, __LINE__,    \
                   #actual, actual_, expected_);                                             \
            test_ok = false;                                                                 \
        }                                                                                    \
    } while (0)

#define CHECK_STR(actual, expected)                                                          \
    do {                                                                                     \
        const char *actual_ = (actual), *expected_ = (expected);                             \
        if (strcmp(actual_, expected_) != 0) {                                               \
            printf("# %s:%d: %s is '%s', not '%s'\n", __FILE__, __LINE__, #actual, actual_,  \
                   expected_);                                                               \
            test_ok = false;                                                                 \
        }                                                                                    \
    } while (0)

#define RUN(test)                                                                            \
    do {                                                                                     \
        test_ok = true;                                                                      \
        test();                                                                              \
        test_failures += !test_ok;                                                           \
        printf("%sok %d - %s\n", test_ok ? "" : "not ", ++test_count, #test);                \
        fflush(stdout);                                                                      \
    } while (0)

/* A test that means nothing on some machines. */
#define RUN_IF(condition, test, why)                                                         \
    do {                                                                                     \
        if (condition) {                                                                     \
            RUN(test);                                                                       \
        } else {                                                                             \
            (void)(test);                                                                    \
            printf("ok %d - %s # SKIP %s\n", ++test_count, #test, why);                      \
        }                                                                                    \
    } while (0)

/* What spells native types as those of this order. */
#define RUN_LITTLE_ENDIAN(test) RUN_IF(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, test, "written for little-endian hosts")

/* The last line of main. */
#define TEST_END() (printf("1..%d\n", test_count), test_failures != 0)

#endif
