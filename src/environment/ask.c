#include "environment/ask.h"

#include "base/clock.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

extern char **environ;

enum { PATIENCE = 10 }; /* seconds */

static const char question[] =
    "import sys\n"
    "tag = '%d.%d' % sys.version_info[:2] + getattr(sys, 'abiflags', '')\n"
    "sys.stdout.write('%s %s %s\\n' % (sys.implementation.name, tag, sys.executable))\n";

/* Everything up to the end of the first line; false when there is none in time. */
static bool read_line(int fd, char *line, size_t size)
{
    struct pollfd wait_for = {.fd = fd, .events = POLLIN};
    double end = clock_seconds() + PATIENCE;
    size_t length = 0;

    for (;;) {
        double left = (end - clock_seconds()) * 1000; /* milliseconds */
        char *newline;
        ssize_t count;

        if (left <= 0 || length == size - 1 || poll(&wait_for, 1, (int)left) != 1) {
            return false;
        }
        count = read(fd, line + length, size - 1 - length);
        if (count <= 0) {
            return false;
        }
        length += (size_t)count;
        line[length] = '\0';
        newline = strchr(line, '\n');
        if (newline != NULL) {
            *newline = '\0';
            return true;
        }
    }
}

static bool start(pid_t *pid, const char *program, int output)
{
    const char *argv[] = {program, "-I", "-S", "-c", question, NULL};
    posix_spawn_file_actions_t actions;
    bool started;

    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_adddup2(&actions, output, 1);
    posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0);
    posix_spawn_file_actions_addopen(&actions, 2, "/dev/null", O_WRONLY, 0);
    started = posix_spawn(pid, program, &actions, NULL, (char *const *)argv, environ) == 0;
    posix_spawn_file_actions_destroy(&actions);
    return started;
}

/* The first word of the text moves to `word`. */
static bool split(char **text, char *word, size_t size)
{
    size_t length = strcspn(*text, " ");

    if (length == 0 || length >= size || (*text)[length] != ' ') {
        return false;
    }
    memcpy(word, *text, length);
    word[length] = '\0';
    *text += length + 1;
    return true;
}

static bool understand(struct answer *answer, char *line)
{
    char tag[sizeof answer->version.tag];

    if (!split(&line, answer->implementation, sizeof answer->implementation) || !split(&line, tag, sizeof tag) ||
        !version_parse(&answer->version, tag) || strlen(line) >= sizeof answer->executable) {
        return false;
    }
    strcpy(answer->executable, line);
    return true;
}

bool ask(struct answer *answer, const char *program)
{
    char line[PATH_MAX + 64];
    bool answered = false;
    int ends[2];
    pid_t pid;

    if (pipe2(ends, O_CLOEXEC) != 0) {
        return false;
    }
    if (start(&pid, program, ends[1])) {
        close(ends[1]);
        ends[1] = -1;
        answered = read_line(ends[0], line, sizeof line);
        kill(pid, SIGKILL);
        waitpid(pid, NULL, 0);
    }
    close(ends[0]);
    if (ends[1] >= 0) {
        close(ends[1]);
    }
    return answered && understand(answer, line);
}
