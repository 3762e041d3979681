#include "cli/streams.h"

#include "base/error.h"
#include "base/output.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
    PRIVATE_DESCRIPTOR = 100, /* high enough to be out of the way of code that counts on low numbers */
    USUAL_COLUMNS = 80,       /* of a terminal that does not tell */
};

static bool is_open(int fd)
{
    return fcntl(fd, F_GETFD) >= 0;
}

/*
 * A closed descriptor would be taken by the next file opened, and that file
 * written to.  What takes its place cannot be read: no input is not an empty one.
 */
static void fill_closed(void)
{
    struct stat status;
    int fd;

    /* Python refuses to start with one, be it ever needed or not. */
    if (fstat(0, &status) == 0 && S_ISDIR(status.st_mode)) {
        close(0);
    }
    for (fd = 0; fd <= 2; fd++) {
        if (!is_open(fd)) {
            open("/dev/null", O_WRONLY);
        }
    }
}

static int duplicate(int fd)
{
    int copy = fcntl(fd, F_DUPFD_CLOEXEC, PRIVATE_DESCRIPTOR);

    return copy >= 0 ? copy : fcntl(fd, F_DUPFD_CLOEXEC, 3);
}

/* Of the terminal that a descriptor is; 0 when it is none. */
static unsigned terminal_columns(int fd)
{
    struct winsize size;

    if (!isatty(fd)) {
        return 0;
    }
    return ioctl(fd, TIOCGWINSZ, &size) == 0 && size.ws_col > 0 ? size.ws_col : USUAL_COLUMNS;
}

bool streams_open(struct output *output, unsigned *columns, struct error *error)
{
    bool was_open = is_open(1);
    int fd;

    fill_closed();
    signal(SIGPIPE, SIG_DFL);
    signal(SIGXFSZ, SIG_IGN); /* a file that may not grow is an error, as a full disk is */
    *columns = terminal_columns(1);
    fd = duplicate(1);
    if (fd < 0 || dup2(2, 1) < 0) {
        return error_set(error, ERROR_OUTPUT, "standard output: %s", strerror(errno));
    }
    if (!output_open(output, fd, error)) {
        return false;
    }
    if (!was_open) {
        output->failed_errno = EBADF;
    }
    return true;
}

void streams_undo(struct output *output)
{
    struct error ignored = ERROR_INIT;

    dup2(output->fd, 1);
    output_close(output, &ignored);
}

bool streams_have_input(void)
{
    struct pollfd input = {.fd = STDIN_FILENO, .events = POLLIN};
    int waiting = 0;

    while (poll(&input, 1, -1) < 0 && errno == EINTR) {
    }
    return ioctl(STDIN_FILENO, FIONREAD, &waiting) != 0 || waiting > 0;
}
