#include <Python.h>

#include "probe/process.h"

#include "base/clock.h"
#include "base/error.h"
#include "judge/transcript.h"
#include "probe/pace.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

/* --- the parent's side ---------------------------------------------------------------- */

/* Has the child ended?  It is left to be reaped, so that its number stays its own. */
static bool has_ended(pid_t child, siginfo_t *info)
{
    info->si_pid = 0;
    return waitid(P_PID, (id_t)child, info, WEXITED | WNOHANG | WNOWAIT) == 0 && info->si_pid == child;
}

/* As the kernel counts them; 1 where it does not tell. */
static int count_threads(pid_t process)
{
    char path[64];
    int count = 0;
    DIR *tasks;

    snprintf(path, sizeof path, "/proc/%d/task", (int)process);
    tasks = opendir(path);
    if (tasks == NULL) {
        return 1;
    }
    while (readdir(tasks) != NULL) {
        count++;
    }
    closedir(tasks);
    return count - 2; /* without . and .. */
}

/* Does its only thread wait for a lock, which then nobody there can open? */
static bool waits_for_lock(pid_t process)
{
    char path[64];
    long number = -1;
    FILE *file;

    snprintf(path, sizeof path, "/proc/%d/syscall", (int)process);
    file = fopen(path, "re");
    if (file != NULL) {
        char line[32] = "";

        if (fgets(line, sizeof line, file) != NULL && isdigit((unsigned char)line[0])) {
            number = strtol(line, NULL, 10);
        }
        fclose(file);
    }
    return number == SYS_futex && count_threads(process) == 1;
}

static enum process_end watch(const struct process *process, const volatile unsigned *beat, double timeout,
                              double deadline, struct crash *crash)
{
    struct pollfd poll_fd = {.fd = process->gone, .events = POLLIN};
    unsigned last_beat = *beat;
    double still = 0; /* seconds */
    int slice = 20; /* ms: a grandchild may keep the pipe open, or the child have closed it */
    struct pace pace;
    siginfo_t info;

    pace_start(&pace, process->pid);
    while (!has_ended(process->pid, &info)) {
        still += pace_step(&pace, slice / 1e3);
        if (*beat != last_beat) {
            last_beat = *beat;
            still = 0;
        }
        if (clock_seconds() > deadline) {
            return PROCESS_NO_TIME;
        }
        if (still > timeout) {
            crash->kind = CRASH_TIMEOUT;
            crash->lacks_threads = process->lacks_threads && waits_for_lock(process->pid);
            return PROCESS_CRASHED;
        }
        if (poll(&poll_fd, 1, slice) < 0 && errno == EINTR && PyErr_CheckSignals() != 0) {
            return PROCESS_INTERRUPTED;
        }
        if (poll_fd.revents & POLLHUP) {
            poll_fd.fd = -1;
            slice = 1;
        }
    }
    crash->kind = info.si_code == CLD_EXITED ? CRASH_EXIT : CRASH_SIGNAL;
    crash->number = info.si_status;
    return PROCESS_CRASHED;
}

enum process_end process_wait(struct process *process, const volatile unsigned *beat, double timeout,
                              double deadline, struct crash *crash)
{
    enum process_end end = watch(process, beat, timeout, deadline, crash);

    kill(-process->pid, SIGKILL);
    kill(process->pid, SIGKILL);
    while (waitpid(process->pid, NULL, 0) < 0 && errno == EINTR) {
    }
    close(process->gone);
    return end;
}

/* --- the child's side ----------------------------------------------------------------- */

static void flush_stream(const char *name)
{
    PyObject *stream = PySys_GetObject(name);
    PyObject *result =
        stream != NULL && stream != Py_None ? PyObject_CallMethod(stream, "flush", NULL) : NULL;

    Py_XDECREF(result);
    PyErr_Clear();
}

void process_flush(void)
{
    flush_stream("stdout");
    flush_stream("stderr");
    fflush(NULL);
}

void process_be_quiet(void)
{
    int null = open("/dev/null", O_WRONLY | O_CLOEXEC);

    process_flush();
    if (null >= 0) {
        dup2(null, STDOUT_FILENO);
        dup2(null, STDERR_FILENO);
        close(null);
    }
}

/* No terminal to wait for, no core file to write, and no life after the parent's. */
static void settle(void)
{
    struct rlimit core;
    int null = open("/dev/null", O_RDONLY | O_CLOEXEC);

    setpgid(0, 0);
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    signal(SIGTTOU, SIG_IGN);
    if (null >= 0) {
        dup2(null, STDIN_FILENO);
        close(null);
    }
    if (getrlimit(RLIMIT_CORE, &core) == 0) {
        core.rlim_cur = core.rlim_max > 0 ? 1 : 0; /* 1 keeps core_pattern's pipe from starting too */
        setrlimit(RLIMIT_CORE, &core);
    }
}

bool process_start(struct process *process, struct error *error)
{
    int ends[2];

    if (pipe2(ends, O_CLOEXEC) != 0) {
        return error_set(error, ERROR_INPUT, "cannot start a process: %s", strerror(errno));
    }
    process_flush();
    process->lacks_threads = count_threads(getpid()) > 1;
    PyOS_BeforeFork();
    process->pid = fork();
    if (process->pid == 0) {
        close(ends[0]);
        settle();
        PyOS_AfterFork_Child();
        return true;
    }
    PyOS_AfterFork_Parent();
    close(ends[1]);
    if (process->pid < 0) {
        close(ends[0]);
        return error_set(error, ERROR_INPUT, "cannot start a process: %s", strerror(errno));
    }
    setpgid(process->pid, process->pid);
    process->gone = ends[0];
    return true;
}
