#include "files/mapping.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

enum {
    SMALL = 16 * 1024,        /* bytes of a file that is read, not mapped */
    PRIVATE_DESCRIPTOR = 100, /* out of the way of code that counts on low numbers */
};

/*
 * Shared and never written to: no memory is set aside, whatever the size, and what is
 * seen is the file as it is now.
 */
static int map(struct mapping *mapping, int fd, off_t offset, off_t size)
{
    size_t before = (size_t)(offset % sysconf(_SC_PAGESIZE)); /* mappings begin where pages begin */
    size_t length;
    void *pages;

    if (__builtin_sub_overflow(size, offset, &length) || __builtin_add_overflow(length, before, &length)) {
        return EFBIG;
    }
    pages = mmap(NULL, length, PROT_READ, MAP_SHARED | MAP_NORESERVE, fd, offset - (off_t)before);
    if (pages == MAP_FAILED) {
        return errno;
    }
    mapping->data = (const unsigned char *)pages + before;
    mapping->size = length - before;
    mapping->mapped = true;
    mapping->offset = (uint64_t)offset;
    mapping->fd = fcntl(fd, F_DUPFD_CLOEXEC, PRIVATE_DESCRIPTOR);
    return 0;
}

/*
 * A small file, read: it takes a third of the time of mapping it, touching it
 * and unmapping it, and it cannot shrink under our hands.
 */
static int read_small(struct mapping *mapping, int fd, off_t offset, size_t size)
{
    unsigned char *block = malloc(size + 1);
    ssize_t n = block != NULL ? pread(fd, block, size + 1, offset) : -1;

    if (n != (ssize_t)size) {
        int code = n < 0 ? errno : ENODEV;

        free(block);
        return code;
    }
    *mapping = (struct mapping){.data = block, .size = size, .block = true};
    return 0;
}

int mapping_of_file(struct mapping *mapping, int fd, off_t offset, off_t size)
{
    return size - offset <= SMALL ? read_small(mapping, fd, offset, (size_t)(size - offset))
                                  : map(mapping, fd, offset, size);
}

void mapping_give_back(const unsigned char *data, size_t size)
{
    uintptr_t page = (uintptr_t)sysconf(_SC_PAGESIZE);
    uintptr_t end = ((uintptr_t)data + size) / page * page;
    uintptr_t start = ((uintptr_t)data + page - 1) / page * page;

    if (start < end) {
        madvise((void *)start, end - start, MADV_DONTNEED); /* a failure costs memory, nothing else */
    }
}

void mapping_close(struct mapping *mapping)
{
    size_t before = (uintptr_t)mapping->data % (size_t)sysconf(_SC_PAGESIZE);

    if (mapping->block) {
        free((unsigned char *)mapping->data);
    } else if (mapping->data != NULL) {
        munmap((unsigned char *)mapping->data - before, mapping->size + before);
    }
    if (mapping->mapped && mapping->fd >= 0) {
        close(mapping->fd);
    }
    *mapping = (struct mapping){0};
}
