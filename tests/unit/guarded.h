/*
 * For tests that read memory which may not be there.
 */
#ifndef MVIEW_TESTS_UNIT_GUARDED_H
#define MVIEW_TESTS_UNIT_GUARDED_H

#include "base/error.h"
#include "memory/guard.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

/* Bytes of a page. */
static inline size_t page_size(void)
{
    return (size_t)sysconf(_SC_PAGESIZE);
}

/* The first line of main: without the guard nothing can be tested. */
static inline void begin_guarded(void)
{
    struct error error = ERROR_INIT;

    if (!guard_start(&error)) {
        printf("Bail out! %s\n", error.message);
        exit(1);
    }
}

#endif
