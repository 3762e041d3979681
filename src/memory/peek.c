#include "memory/peek.h"

#include <sys/uio.h>
#include <unistd.h>

bool memory_peek(void *to, uintptr_t from, size_t size)
{
    struct iovec local = {.iov_base = to, .iov_len = size};
    struct iovec remote = {.iov_base = (void *)from, .iov_len = size};

    return process_vm_readv(getpid(), &local, 1, &remote, 1, 0) == (ssize_t)size;
}
