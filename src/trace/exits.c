#include <Python.h>

#include "trace/exits.h"

#include "base/error.h"
#include "trace/redirect.h"

#include <dlfcn.h>
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

enum {
    PATIENCE = 3, /* seconds for Python to come to a halt, or for a crash to be reported */
    STACK = 64 * 1024,
};

static const struct exits *watched;
static pid_t program;
static pthread_t main_thread;
static atomic_flag begun = ATOMIC_FLAG_INIT; /* the one call has been made, or is not to be made */
static atomic_int signaled; /* the signal that Python is being brought to a halt for */

/* Whether it is the program itself that ends here, and for the first time. */
static bool is_news(void)
{
    return watched != NULL && syscall(SYS_getpid) == program && !atomic_flag_test_and_set(&begun);
}

void exits_expected(void)
{
    atomic_flag_test_and_set(&begun);
}

static atomic_int settled; /* the status, or 0 */

void exits_settled(int status)
{
    settled = status;
}

static bool has_python(void)
{
    return Py_IsInitialized() && PyGILState_Check();
}

/* --- exit and _exit --------------------------------------------------------------------------------------- */

static void at_exit(int status, void *unused)
{
    (void)unused;
    if (is_news()) {
        int changed = watched->before(watched->context, EXITS_CALL, status, has_python());

        if (changed != status) {
            syscall(SYS_exit_group, changed);
        }
    }
}

/* In place of the C library's. */
static void end_at_once(int status)
{
    if (is_news()) {
        status = watched->before(watched->context, EXITS_CALL, status & 0xff, has_python());
    }
    for (;;) {
        syscall(SYS_exit_group, status);
    }
}

/*
 * In place of execve, by which the C library's others go, too.  In a child that shares this memory (vfork) nothing is
 * touched.  What cannot be executed is only tried; where it fails all the same, the report has come too early.
 */
static int replace_program(const char *path, char *const *arguments, char *const *environment)
{
    struct stat status;

    if (syscall(SYS_getpid) == program && stat(path, &status) == 0 && S_ISREG(status.st_mode) &&
        access(path, X_OK) == 0 && is_news()) {
        watched->before(watched->context, EXITS_REPLACED, 0, has_python());
    }
    return (int)syscall(SYS_execve, path, arguments, environment);
}

/* --- signals -------------------------------------------------------------------------------------------------- */

static void die(int number)
{
    sigset_t set;

    signal(number, SIG_DFL);
    sigemptyset(&set);
    sigaddset(&set, number);
    pthread_sigmask(SIG_UNBLOCK, &set, NULL);
    kill((pid_t)syscall(SYS_getpid), number);
    syscall(SYS_exit_group, 128 + number);
}

/* A copy of the process, in which a deadlock or another crash does no harm, reports; this one waits for it. */
static void report_crash(int number)
{
    long child = syscall(SYS_clone, SIGCHLD, 0L, 0L, 0L, 0L);
    int status = 1;

    if (child == 0) {
        signal(SIGSEGV, SIG_DFL);
        signal(SIGBUS, SIG_DFL);
        signal(SIGABRT, SIG_DFL);
        signal(SIGALRM, SIG_DFL);
        alarm(PATIENCE);
        watched->before(watched->context, EXITS_CRASH, number, false);
        syscall(SYS_exit_group, 0);
    }
    if (child > 0) {
        while (waitpid((pid_t)child, &status, __WALL) < 0 && errno == EINTR) {
        }
    }
    if (child < 0 || status != 0) {
        watched->silent(watched->context, number);
    }
}

static void at_crash(int number)
{
    static const char line[] = "mview-inspect: Python crashed when it ended: what was released too often is gone too "
                               "early\n";

    if (is_news()) {
        report_crash(number);
    } else if (settled != 0 && syscall(SYS_getpid) == program) {
        if (write(STDERR_FILENO, line, sizeof line - 1) < 0) {
            /* nowhere left to say it: the status does */
        }
        syscall(SYS_exit_group, settled);
    }
    die(number);
}

/* With the GIL, where nothing is half done. */
static int halt(void *unused)
{
    (void)unused;
    if (is_news()) {
        watched->before(watched->context, EXITS_SIGNAL, signaled, true);
    }
    die(signaled);
    return 0;
}

/* Python was not to be had in time. */
static void at_last(int unused)
{
    (void)unused;
    at_crash(signaled);
}

/*
 * The main thread either runs Python, and comes to a halt soon, or waits in a system call without the GIL, and
 * goes on waiting: then the GIL can be had here.
 */
static void at_signal(int number)
{
    int none = 0;
    int before = errno;

    if (syscall(SYS_getpid) != program) {
        die(number);
    }
    if (!pthread_equal(pthread_self(), main_thread)) {
        pthread_kill(main_thread, number);
    } else if (atomic_compare_exchange_strong(&signaled, &none, number)) {
        signal(SIGALRM, at_last);
        alarm(PATIENCE);
        if (!Py_IsInitialized()) {
            at_crash(number);
        } else if (PyGILState_Check()) {
            Py_AddPendingCall(halt, NULL);
        } else {
            PyGILState_Ensure();
            halt(NULL);
        }
    }
    errno = before;
}

static const int crashes[] = {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT, SIGSYS};
static const int ends[] = {SIGTERM, SIGHUP, SIGQUIT, SIGALRM, SIGUSR1, SIGUSR2, SIGVTALRM, SIGPROF, SIGXCPU, SIGIO};

/* Only those that would end it: what was ignored stays so.  Python has looked at them before, and sees no change. */
static void handle(const int *numbers, size_t count, void (*handler)(int), int flags)
{
    size_t i;

    for (i = 0; i < count; i++) {
        struct sigaction action = {.sa_handler = handler, .sa_flags = flags};
        struct sigaction before;

        sigemptyset(&action.sa_mask);
        if (sigaction(numbers[i], NULL, &before) == 0 && before.sa_handler == SIG_DFL) {
            sigaction(numbers[i], &action, NULL);
        }
    }
}

/* For a stack that is used up. */
static void set_stack(void)
{
    static char stack[STACK];
    stack_t before;
    const stack_t ours = {.ss_sp = stack, .ss_size = sizeof stack};

    if (sigaltstack(NULL, &before) == 0 && (before.ss_flags & SS_DISABLE)) {
        sigaltstack(&ours, NULL);
    }
}

static bool watch_call(const char *name, any_function *replacement, struct error *error)
{
    any_function *function = (any_function *)(uintptr_t)dlsym(RTLD_DEFAULT, name);

    return function != NULL && redirect(function, replacement, name, error);
}

bool exits_watch(const struct exits *exits, struct error *error)
{
    struct error none = ERROR_INIT;

    watched = exits;
    program = getpid();
    main_thread = pthread_self();
    if (!watch_call("_exit", (any_function *)end_at_once, error)) {
        return false;
    }
    watch_call("execve", (any_function *)replace_program, &none); /* else such a program has no report */
#ifdef __GLIBC__ /* elsewhere (musl) no code has been redirected, and this is not reached */
    on_exit(at_exit, NULL);
#else
    (void)at_exit;
#endif
    set_stack();
    handle(crashes, sizeof crashes / sizeof crashes[0], at_crash, SA_ONSTACK);
    handle(ends, sizeof ends / sizeof ends[0], at_signal, 0);
    return true;
}
