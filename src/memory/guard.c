#include "memory/guard.h"

#include "base/error.h"

#include <errno.h>
#include <setjmp.h>
#include <signal.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* A guard_run under way; the innermost one of a thread gets its faults. */
struct frame {
    sigjmp_buf back;
    struct frame *outer;
};

/* initial-exec: a handler must not be the first to ask for a thread's storage, which may allocate. */
#define HANDLER_THREAD_LOCAL static _Thread_local __attribute__((tls_model("initial-exec")))

HANDLER_THREAD_LOCAL struct frame *volatile innermost;
HANDLER_THREAD_LOCAL struct {
    int signal;
    int code; /* si_code */
    const void *address;
} last_fault;

static const int guarded_signals[] = {SIGSEGV, SIGBUS};
enum { GUARDED = sizeof guarded_signals / sizeof guarded_signals[0] };

/* The actions that the handler took the place of. */
static struct sigaction previous[GUARDED];

/*
 * A fault that is not ours: give the signal back to whom it belonged, for good,
 * and let it happen again.  A previous handler that gives it back to this one
 * in turn (faulthandler does, when it came between) meets the default action.
 */
static void hand_over(int signal, const siginfo_t *info)
{
    struct sigaction theirs = {.sa_handler = SIG_DFL};
    int i;

    for (i = 0; i < GUARDED; i++) {
        if (guarded_signals[i] == signal) {
            theirs = previous[i];
            previous[i] = (struct sigaction){.sa_handler = SIG_DFL};
        }
    }
    sigaction(signal, &theirs, NULL);
    if (info->si_code <= 0) {
        raise(signal); /* sent, not caused: returning would not bring it back */
    }
}

static void on_fault(int signal, siginfo_t *info, void *context)
{
    int saved_errno = errno;

    (void)context;
    if (innermost != NULL && info->si_code > 0) {
        last_fault.signal = signal;
        last_fault.code = info->si_code;
        last_fault.address = info->si_addr;
        siglongjmp(innermost->back, 1);
    }
    hand_over(signal, info);
    errno = saved_errno;
}

/* A stack for the handler, so that a stack overflow outside still reaches its action. */
static bool start_stack(struct error *error)
{
    static unsigned char *stack;
    enum { STACK_SIZE = 64 * 1024 };
    stack_t current;

    if (sigaltstack(NULL, &current) == 0 && !(current.ss_flags & SS_DISABLE)) {
        return true; /* someone's (faulthandler's) is there and does as well */
    }
    if (stack == NULL && (stack = malloc(STACK_SIZE)) == NULL) {
        return error_no_memory(error);
    }
    current = (stack_t){.ss_sp = stack, .ss_size = STACK_SIZE};
    if (sigaltstack(&current, NULL) != 0) {
        return error_set(error, ERROR_INPUT, "cannot set up a signal stack: %s", strerror(errno));
    }
    return true;
}

bool guard_start(struct error *error)
{
    /* SA_NODEFER: the jump out leaves nothing blocked, and no call has to save a mask. */
    struct sigaction ours = {.sa_sigaction = on_fault, .sa_flags = SA_SIGINFO | SA_ONSTACK | SA_NODEFER};
    int i;

    if (!start_stack(error)) {
        return false;
    }
    sigemptyset(&ours.sa_mask);
    for (i = 0; i < GUARDED; i++) {
        struct sigaction current;

        if (sigaction(guarded_signals[i], NULL, &current) != 0) {
            goto failed;
        }
        if ((current.sa_flags & SA_SIGINFO) && current.sa_sigaction == on_fault) {
            continue;
        }
        previous[i] = current;
        if (sigaction(guarded_signals[i], &ours, NULL) != 0) {
            goto failed;
        }
    }
    return true;

failed:
    return error_set(error, ERROR_INPUT, "cannot catch signal %d: %s", guarded_signals[i], strerror(errno));
}

bool guard_run(void (*body)(void *context), void *context, const void **address)
{
    struct frame frame;

    frame.outer = innermost;
    if (sigsetjmp(frame.back, 0) != 0) {
        innermost = frame.outer;
        *address = last_fault.address;
        return false;
    }
    innermost = &frame;
    body(context);
    innermost = frame.outer;
    return true;
}

struct copy {
    void *to;
    const void *from;
    size_t length;
};

#if defined(__has_feature)
#if __has_feature(address_sanitizer)
#define SANITIZED 1
#endif
#elif defined(__SANITIZE_ADDRESS__)
#define SANITIZED 1
#endif

#ifdef SANITIZED
/* Memory that is not there, NULL too, is expected here: only the processor is to say so, no sanitizer. */
__attribute__((no_sanitize("address", "undefined"))) static void copy_body(void *context)
{
    const struct copy *copy = context;
    const volatile unsigned char *from = copy->from;
    unsigned char *to = copy->to;
    size_t i;

    for (i = 0; i < copy->length; i++) {
        to[i] = from[i];
    }
}
#else
static void copy_body(void *context)
{
    const struct copy *copy = context;

    memcpy(copy->to, copy->from, copy->length);
}
#endif

/*
 * memcpy may read from the end, or far ahead: where it faulted tells little of
 * where memory ends.  Page by page it is told, for a page can be read or not.
 * True when all has been copied after all (it has come since); else *address
 * is the first byte that cannot be read, which may be that at NULL.
 */
static bool copy_by_pages(struct copy copy, const void **address)
{
    size_t page = (size_t)sysconf(_SC_PAGESIZE);
    const unsigned char *at = copy.from;
    unsigned char *to = copy.to;
    size_t left = copy.length;
    const void *ignored;

    while (left > 0) {
        size_t piece = page - (uintptr_t)at % page;
        struct copy part = {to, at, piece < left ? piece : left};

        if (!guard_run(copy_body, &part, &ignored)) {
            *address = at;
            return false;
        }
        at += part.length;
        to += part.length;
        left -= part.length;
    }
    return true;
}

bool guard_copy(void *to, const void *from, size_t length, const void **address)
{
    struct copy copy = {to, from, length};

    return length == 0 || guard_run(copy_body, &copy, address) || copy_by_pages(copy, address);
}

bool guard_copy_string(char *to, const char *from, size_t size, size_t *length, const void **address)
{
    enum { PIECE = 64 }; /* bytes up to the next multiple: no page begins inside */

    *length = 0;
    while (*length < size) {
        uintptr_t at = (uintptr_t)from + *length;
        size_t piece = PIECE - at % PIECE < size - *length ? PIECE - at % PIECE : size - *length, used;

        if (!guard_copy(to + *length, (const void *)at, piece, address)) {
            return false;
        }
        used = strnlen(to + *length, piece);
        *length += used;
        if (used < piece) {
            break;
        }
    }
    return true;
}

const char *guard_reason(void)
{
    if (last_fault.signal == SIGBUS) {
        return "the file there has become shorter or cannot be read";
    }
    switch (last_fault.code) {
    case SEGV_MAPERR:
        return "not mapped";
    case SEGV_ACCERR:
        return "not readable";
    default:
        return "no address"; /* such as one that the processor does not know */
    }
}
