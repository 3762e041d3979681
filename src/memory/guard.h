/*
 * Reading memory that may not be there: an exporter that lies about its
 * length, a mapped file that shrinks.
 *
 * guard_run calls a function; a SIGSEGV or SIGBUS raised by what that function
 * reads ends it, and guard_run says where.  The function must not allocate,
 * take locks or call Python: it is left in the middle.  Faults outside of
 * guard_run keep the action they had.
 */
#ifndef MVIEW_MEMORY_GUARD_H
#define MVIEW_MEMORY_GUARD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct error;

/*
 * The address so many bytes past another, which may be anything: what a subject
 * tells need not point into an array, and C's own arithmetic is undefined there.
 */
static inline const void *guard_past(const void *base, ptrdiff_t bytes)
{
    return (const void *)((uintptr_t)base + (uintptr_t)bytes);
}

/*
 * Install the handlers, before the first guard_run.  Call it again after code
 * that may have put its own in their place (Python's faulthandler does, when
 * enabled): it puts ours back on top, and does nothing when they are there.
 */
bool guard_start(struct error *error);

/*
 * Run `body(context)`.  False when it faulted; *address is then the byte that
 * could not be read (NULL where the processor does not tell: an address that
 * it cannot form).  Each thread is on its own; a body may call guard_run.
 */
bool guard_run(void (*body)(void *context), void *context, const void **address);

/*
 * Copy memory that may not be readable.  False when it is not: *address is then
 * the first byte that is not, and what lies before it has been copied.
 */
bool guard_copy(void *to, const void *from, size_t length, const void **address);

/*
 * Copy a string that may not be readable: up to its NUL, and at most `size` bytes,
 * none of them behind a page that the string reaches.  *length are the bytes
 * before the NUL, or `size` where there was none.  False as guard_copy, when
 * *length bytes have been copied.
 */
bool guard_copy_string(char *to, const char *from, size_t size, size_t *length, const void **address);

/* Why this thread's last fault happened, to follow a colon: "not mapped". */
const char *guard_reason(void);

#endif
