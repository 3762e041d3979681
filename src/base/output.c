#include "base/output.h"

#include "base/error.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* A pipe takes so much at once: a reader of its own processor gets on while the next is written. */
static size_t buffer_size(int fd)
{
    struct stat status;

    return fstat(fd, &status) == 0 && S_ISFIFO(status.st_mode) ? OUTPUT_PIPE_SIZE : OUTPUT_BUFFER_SIZE;
}

bool output_open(struct output *output, int fd, struct error *error)
{
    *output = (struct output){.fd = fd, .size = buffer_size(fd)};
    output->buffer = malloc(output->size);
    return output->buffer != NULL || error_no_memory(error);
}

/* The descriptor may be shared and set non-blocking by someone else (a terminal, ssh): wait, don't fail. */
static bool wait_until_writable(int fd)
{
    struct pollfd poll_fd = {.fd = fd, .events = POLLOUT};

    return poll(&poll_fd, 1, -1) >= 0 || errno == EINTR;
}

static bool write_all(struct output *output, const unsigned char *bytes, size_t length)
{
    while (length > 0 && output->failed_errno == 0) {
        ssize_t n = write(output->fd, bytes, length);

        if (n >= 0) {
            bytes += n;
            length -= (size_t)n;
        } else if ((errno != EAGAIN || !wait_until_writable(output->fd)) && errno != EINTR) {
            output->failed_errno = errno;
        }
    }
    return output->failed_errno == 0;
}

static bool drain(struct output *output)
{
    size_t used = output->used;

    output->used = 0;
    output->drains++;
    return write_all(output, output->buffer, used);
}

bool output_write(struct output *output, const void *bytes, size_t length)
{
    if (length == 0) {
        return output->failed_errno == 0;
    }
    if (length > output->size - output->used && !drain(output)) {
        return false;
    }
    if (length > output->size) {
        return write_all(output, bytes, length);
    }
    memcpy(output->buffer + output->used, bytes, length);
    output->used += length;
    return output->failed_errno == 0;
}

bool output_puts(struct output *output, const char *string)
{
    return output_write(output, string, strlen(string));
}

unsigned char *output_reserve(struct output *output, size_t length)
{
    if (length > output->size - output->used && !drain(output)) {
        return NULL;
    }
    return output->failed_errno == 0 ? output->buffer + output->used : NULL;
}

void output_commit(struct output *output, size_t length)
{
    output->used += length;
}

struct output_mark output_mark(const struct output *output)
{
    return (struct output_mark){output->used, output->drains};
}

void output_rollback(struct output *output, struct output_mark mark)
{
    if (output->drains == mark.drains) {
        output->used = mark.used;
    }
}

bool output_flush(struct output *output, struct error *error)
{
    drain(output);
    if (output->failed_errno != 0) {
        return error_set(error, ERROR_OUTPUT, "standard output: %s", strerror(output->failed_errno));
    }
    return true;
}

bool output_close(struct output *output, struct error *error)
{
    bool ok = output_flush(output, error);

    free(output->buffer);
    output->buffer = NULL;
    if (close(output->fd) != 0 && ok && errno != EBADF) {
        ok = error_set(error, ERROR_OUTPUT, "standard output: %s", strerror(errno));
    }
    output->fd = -1;
    return ok;
}
