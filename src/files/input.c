#include "files/input.h"

#include "base/error.h"
#include "files/mapping.h"
#include "files/spool.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

typedef bool (*is_known_function)(const struct mapping *start);

enum { ENOUGH_TO_KNOW = 16 }; /* bytes that tell what a file is */

static bool refuse_errno(struct error *error, int code)
{
    return error_set(error, code == ENOMEM ? ERROR_MEMORY : ERROR_INPUT, "%s", strerror(code));
}

/* Read to the end what cannot be mapped.  `wait` for bytes that are not there yet, or refuse. */
static bool read_in(struct mapping *mapping, int fd, bool wait, is_known_function is_known, struct error *error)
{
    static unsigned char block[256 * 1024];
    struct spool spool = SPOOL_INIT;
    bool ok = true;

    while (ok) {
        ssize_t n = read(fd, block, sizeof block);

        if (n > 0) {
            ok = spool_add(&spool, block, (size_t)n, error);
            if (is_known != NULL && spool.size >= ENOUGH_TO_KNOW) {
                if (!is_known(&(struct mapping){.data = block, .size = (size_t)n}) && spool.size == (size_t)n) {
                    break;
                }
                is_known = NULL;
            }
        } else if (n == 0) {
            break;
        } else if (errno == EAGAIN && wait) {
            /* Whoever shares the pipe made it non-blocking. */
            poll(&(struct pollfd){.fd = fd, .events = POLLIN}, 1, -1);
        } else if (errno != EINTR) {
            ok = refuse_errno(error, errno);
        }
    }
    ok = ok && spool_finish(&spool, mapping, error);
    spool_free(&spool);
    return ok;
}

/*
 * The rest of an open file from `offset`.  Files that say they are empty, as
 * those of /proc do, and those that no memory can show, as in /sys, are read.
 */
static bool load(struct mapping *mapping, int fd, const struct stat *status, off_t offset, bool wait,
                 is_known_function is_known, struct error *error)
{
    int code = ENODEV;

    if (S_ISREG(status->st_mode) && status->st_size > offset) {
        code = mapping_of_file(mapping, fd, offset, status->st_size);
    }
    if (code == ENODEV) {
        return read_in(mapping, fd, wait, is_known, error);
    }
    return code == 0 || refuse_errno(error, code);
}

static bool open_standard_input(struct mapping *mapping, is_known_function is_known, struct error *error)
{
    struct stat status;
    off_t offset = 0;

    if (fstat(STDIN_FILENO, &status) != 0) {
        return refuse_errno(error, errno);
    }
    if (S_ISDIR(status.st_mode)) {
        return error_set(error, ERROR_INPUT, "is a directory");
    }
    if (S_ISREG(status.st_mode)) {
        offset = lseek(STDIN_FILENO, 0, SEEK_CUR);
        if (offset < 0) {
            return refuse_errno(error, errno);
        }
    }
    if (!load(mapping, STDIN_FILENO, &status, offset, true, is_known, error)) {
        return false;
    }
    if (S_ISREG(status.st_mode)) {
        lseek(STDIN_FILENO, status.st_size, SEEK_SET); /* as if it had been read */
    }
    return true;
}

static bool check_kind(mode_t mode, struct error *error)
{
    static const struct {
        mode_t type;
        const char *message;
    } refused[] = {
        {S_IFDIR, "is a directory"},
        {S_IFIFO, "is a FIFO: pipe it in with '-'"},
        {S_IFSOCK, "is a socket"},
        {S_IFCHR, "is a character device"},
        {S_IFBLK, "is a block device"},
    };
    size_t i;

    for (i = 0; i < sizeof refused / sizeof refused[0]; i++) {
        if ((mode & S_IFMT) == refused[i].type) {
            return error_set(error, ERROR_INPUT, "%s", refused[i].message);
        }
    }
    return true;
}

static bool open_path(struct mapping *mapping, const char *path, is_known_function is_known, struct error *error)
{
    struct stat status;
    bool ok;
    int fd;

    /* Looked at before, since opening a device can do things, and after, since it may be another by then. */
    if (stat(path, &status) != 0) {
        return refuse_errno(error, errno);
    }
    if (!check_kind(status.st_mode, error)) {
        return false;
    }
    fd = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC | O_NOCTTY);
    if (fd < 0) {
        return refuse_errno(error, errno);
    }
    ok = fstat(fd, &status) == 0 ? check_kind(status.st_mode, error) : refuse_errno(error, errno);
    ok = ok && load(mapping, fd, &status, 0, false, is_known, error);
    close(fd);
    return ok;
}

bool input_open(struct mapping *mapping, const char *path, is_known_function is_known, struct error *error)
{
    *mapping = (struct mapping){0};
    return strcmp(path, "-") == 0 ? open_standard_input(mapping, is_known, error)
                                  : open_path(mapping, path, is_known, error);
}
