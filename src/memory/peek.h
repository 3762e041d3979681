/*
 * Memory of this process that may be gone, read without a signal handler: the
 * program may have its own.
 */
#ifndef MVIEW_MEMORY_PEEK_H
#define MVIEW_MEMORY_PEEK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Copy it; false when it cannot be read. */
bool memory_peek(void *to, uintptr_t from, size_t size);

#endif
