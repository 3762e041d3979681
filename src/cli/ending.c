#include "cli/ending.h"

#include "base/error.h"
#include "base/output.h"
#include "base/text.h"

#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

static const char *unexpected; /* the subject while an exit is unexpected */
static pid_t program;          /* children that an expression forks may end as they like */
static struct text fault_line; /* made before the fault: a handler may not allocate */
static bool have_answered;
static atomic_int answered_code; /* how the program would end */

static void leave(int code) __attribute__((noreturn));

static void leave(int code)
{
    for (;;) {
        syscall(SYS_exit_group, code);
    }
}

void die_by_signal(int signal_number)
{
    sigset_t set;

    signal(signal_number, SIG_DFL);
    sigemptyset(&set);
    sigaddset(&set, signal_number);
    sigprocmask(SIG_UNBLOCK, &set, NULL);
    raise(signal_number);
    leave(128 + signal_number);
}

static void say(const struct text *line)
{
    if (write(STDERR_FILENO, text_string(line), line->length) < 0) {
        /* nowhere left to say it: the exit code does */
    }
}

static void complain_of(const char *called)
{
    struct text line = TEXT_INIT;

    text_puts(&line, "mview-inspect: ");
    text_escape_string(&line, unexpected);
    text_printf(&line, ": it ended the program (%s was called)\n", called);
    say(&line);
    leave(EXIT_ERROR);
}

static void at_exit(void)
{
    if (unexpected != NULL && getpid() == program) {
        complain_of("exit");
    }
}

/* os._exit, at which nothing runs that was registered. */
static void at_once(int code)
{
    if (unexpected != NULL && getpid() == program) {
        if (!have_answered) {
            complain_of("_exit");
        }
        leave(answered_code);
    }
    leave(code);
}

void ending_watch_exit(exit_watcher **watcher)
{
    *watcher = at_once;
}

void ending_is_unexpected(const char *subject)
{
    program = getpid();
    unexpected = subject;
    atexit(at_exit);
}

void ending_is_expected(void)
{
    unexpected = NULL;
}

/* --- an end that does not come --- */

static struct timespec patience;

/* In a thread of its own, which needs neither Python nor its lock. */
static void *wait_for_end(void *unused)
{
    static const char line[] = "mview-inspect: what the expression left behind (a destructor, an atexit function, a "
                               "thread) does not end: ended without it\n";

    (void)unused;
    nanosleep(&patience, NULL);
    if (write(STDERR_FILENO, line, sizeof line - 1) < 0) {
        /* nowhere left to say it: the answer is out */
    }
    leave(answered_code);
}

void ending_answered(struct output *output, double seconds, int code)
{
    static bool waiting;
    struct error ignored = ERROR_INIT; /* main says it */
    sigset_t all, before;
    pthread_t thread;

    answered_code = output_flush(output, &ignored) ? code : EXIT_ERROR;
    have_answered = true;
    if (waiting) {
        return;
    }
    patience.tv_sec = (time_t)seconds;
    patience.tv_nsec = (long)((seconds - (double)patience.tv_sec) * 1e9);
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before); /* the user's handlers are not for this thread */
    waiting = pthread_create(&thread, NULL, wait_for_end, NULL) == 0;
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    if (waiting) {
        pthread_detach(thread);
    }
}

/* --- files that vanish --- */

static void at_fault(int signal_number)
{
    if (fault_line.length == 0) {
        die_by_signal(signal_number);
    }
    say(&fault_line);
    leave(EXIT_ERROR);
}

void ending_watch_files(void)
{
    struct sigaction action = {.sa_handler = at_fault};

    sigemptyset(&action.sa_mask);
    sigaction(SIGBUS, &action, NULL);
}

void ending_file(const char *path)
{
    text_clear(&fault_line);
    text_puts(&fault_line, "mview-inspect: ");
    text_escape_string(&fault_line, path);
    text_puts(&fault_line, ": cannot be read any more: it has become shorter, or its disk fails\n");
}
