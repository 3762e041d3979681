#include "files/spool.h"

#include "base/error.h"
#include "files/mapping.h"

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

enum { FIRST_CAPACITY = 64 * 1024 };

static void release(struct spool *spool)
{
    if (spool->capacity > 0) {
        munmap(spool->data, spool->capacity);
    }
    spool->data = NULL;
    spool->capacity = 0;
}

static const char *temporary_directory(void)
{
    const char *directory = getenv("TMPDIR");

    return directory != NULL && *directory != '\0' ? directory : "/tmp";
}

static int open_unnamed(void)
{
    char path[4096];
    int fd = open(temporary_directory(), O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);

    /* not every file system has unnamed files */
    if (fd < 0 && snprintf(path, sizeof path, "%s/mview-inspect-XXXXXX", temporary_directory()) < (int)sizeof path) {
        fd = mkostemp(path, O_CLOEXEC);
        if (fd >= 0) {
            unlink(path);
        }
    }
    return fd;
}

static bool write_all(int fd, const unsigned char *bytes, size_t size, struct error *error)
{
    while (size > 0) {
        ssize_t n = write(fd, bytes, size);

        if (n < 0 && errno != EINTR) {
            return error_set(error, ERROR_INPUT,
                             "cannot write a temporary file in '%s': %s (TMPDIR names another place)",
                             temporary_directory(), strerror(errno));
        }
        bytes += n > 0 ? n : 0;
        size -= n > 0 ? (size_t)n : 0;
    }
    return true;
}

static bool is_zeros(const unsigned char *bytes, size_t size)
{
    return size > 0 && bytes[0] == 0 && memcmp(bytes, bytes + 1, size - 1) == 0;
}

/* At the file's end, where it stands; what is skipped there is made to be by spool_finish. */
static bool add_to_file(int fd, const unsigned char *bytes, size_t size, struct error *error)
{
    return (is_zeros(bytes, size) && lseek(fd, (off_t)size, SEEK_CUR) >= 0) || write_all(fd, bytes, size, error);
}

static bool move_to_file(struct spool *spool, struct error *error)
{
    spool->fd = open_unnamed();
    if (spool->fd < 0) {
        return error_set(error, ERROR_INPUT, "cannot make a temporary file in '%s': %s (TMPDIR names another place)",
                         temporary_directory(), strerror(errno));
    }
    if (!write_all(spool->fd, spool->data, spool->size, error)) {
        return false;
    }
    release(spool);
    return true;
}

/* Anonymous pages, not malloc: a finished spool is unmapped like any other mapping. */
static bool resize(struct spool *spool, size_t capacity, struct error *error)
{
    void *data = spool->capacity > 0
                     ? mremap(spool->data, spool->capacity, capacity, MREMAP_MAYMOVE)
                     : mmap(NULL, capacity, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

    if (data == MAP_FAILED) {
        return error_no_memory(error);
    }
    spool->data = data;
    spool->capacity = capacity;
    return true;
}

static bool grow(struct spool *spool, size_t size, struct error *error)
{
    size_t capacity = spool->capacity > 0 ? spool->capacity : FIRST_CAPACITY;

    while (capacity < size) {
        capacity *= 2;
    }
    return resize(spool, capacity, error);
}

bool spool_expect(struct spool *spool, uint64_t size, struct error *error)
{
    return size <= SPOOL_MEMORY || move_to_file(spool, error);
}

bool spool_add(struct spool *spool, const void *bytes, size_t size, struct error *error)
{
    if (size > (size_t)PTRDIFF_MAX - spool->size) {
        return error_no_memory(error);
    }
    if (spool->fd < 0 && spool->size + size > SPOOL_MEMORY && !move_to_file(spool, error)) {
        return false;
    }
    if (spool->fd >= 0) {
        if (!add_to_file(spool->fd, bytes, size, error)) {
            return false;
        }
    } else if (size > 0) {
        if (spool->size + size > spool->capacity && !grow(spool, spool->size + size, error)) {
            return false;
        }
        memcpy(spool->data + spool->size, bytes, size);
    }
    spool->size += size;
    return true;
}

bool spool_finish(struct spool *spool, struct mapping *mapping, struct error *error)
{
    bool mapped = spool->fd >= 0;
    void *data;

    if (spool->size == 0) {
        *mapping = (struct mapping){0};
        spool_free(spool);
        return true;
    }
    if (!mapped) {
        if (!resize(spool, spool->size, error)) {
            return false;
        }
        data = spool->data;
        spool->capacity = 0; /* it is the mapping's now */
    } else {
        data = ftruncate(spool->fd, (off_t)spool->size) == 0
                   ? mmap(NULL, spool->size, PROT_READ, MAP_PRIVATE, spool->fd, 0)
                   : MAP_FAILED;
        if (data == MAP_FAILED) {
            return error_set(error, ERROR_INPUT, "cannot map a temporary file: %s", strerror(errno));
        }
    }
    *mapping = (struct mapping){.data = data, .size = spool->size, .mapped = mapped, .fd = spool->fd};
    spool->fd = -1; /* it is the mapping's now */
    spool_free(spool);
    return true;
}

void spool_free(struct spool *spool)
{
    release(spool);
    if (spool->fd >= 0) {
        close(spool->fd);
    }
    *spool = (struct spool)SPOOL_INIT;
}
