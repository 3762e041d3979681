/*
 * Where a consumer ends by a fault is written down; then the fault takes its course.
 */
#include "offer/attempt.h"

#include <signal.h>
#include <ucontext.h>

static struct fault *seen;

static const int signals[] = {SIGSEGV, SIGBUS};
enum { SIGNALS = sizeof signals / sizeof signals[0] };

/* The actions that the handler took the place of. */
static struct sigaction previous[SIGNALS];

static void note_access(struct fault *fault, const ucontext_t *context)
{
#if defined(__x86_64__)
    fault->write_known = true;
    fault->write = context->uc_mcontext.gregs[REG_ERR] & 2; /* the processor's page fault error code */
#else
    (void)context;
    fault->write_known = false;
#endif
}

static void hand_on(int signal, siginfo_t *info, void *context)
{
    int i;

    for (i = 0; i < SIGNALS; i++) {
        if (signals[i] == signal && (previous[i].sa_flags & SA_SIGINFO)) {
            previous[i].sa_sigaction(signal, info, context);
            return;
        }
    }
    sigaction(signal, &(struct sigaction){.sa_handler = SIG_DFL}, NULL);
}

static void on_fault(int signal, siginfo_t *info, void *context)
{
    if (info->si_code > 0) {
        seen->address = (uintptr_t)info->si_addr;
        note_access(seen, context);
        seen->seen = true;
    }
    hand_on(signal, info, context);
}

void fault_watch(struct fault *fault)
{
    struct sigaction ours = {.sa_sigaction = on_fault, .sa_flags = SA_SIGINFO | SA_ONSTACK | SA_NODEFER};
    int i;

    seen = fault;
    sigemptyset(&ours.sa_mask);
    for (i = 0; i < SIGNALS; i++) {
        sigaction(signals[i], &ours, &previous[i]);
    }
}
