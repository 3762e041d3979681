#include "trace/redirect.h"

#include "base/error.h"
#include "trace/symbol.h"

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

/*
 * The jump: its address lies behind it.  A landing mark (endbr64, bti c) that a function begins with stays, for
 * those who come by way of a pointer.
 */
#if defined __x86_64__ && defined __LP64__
static const unsigned char landing[] = {0xf3, 0x0f, 0x1e, 0xfa};
static const unsigned char jump[] = {0xff, 0x25, 0, 0, 0, 0}; /* jmp *0(%rip) */
#elif defined __aarch64__ && defined __LP64__ && defined __AARCH64EL__
static const unsigned char landing[] = {0x5f, 0x24, 0x03, 0xd5};
static const unsigned char jump[] = {0x51, 0, 0, 0x58, 0x20, 0x02, 0x1f, 0xd6}; /* ldr x17, 8; br x17 */
#else
#define NO_JUMP 1
static const unsigned char landing[] = {0};
static const unsigned char jump[] = {0};
#endif

enum { CODE = sizeof jump + sizeof(uintptr_t) };

/* Through the page's protection: /proc/self/mem heeds none, where it is there. */
static bool write_by_file(uintptr_t place, const unsigned char *code)
{
    int fd = open("/proc/self/mem", O_RDWR | O_CLOEXEC);
    bool ok = fd >= 0 && pwrite(fd, code, CODE, (off_t)place) == CODE;

    if (fd >= 0) {
        close(fd);
    }
    return ok;
}

static bool write_code(uintptr_t place, const unsigned char *code)
{
    uintptr_t page = (uintptr_t)sysconf(_SC_PAGESIZE);
    uintptr_t begin = place & ~(page - 1);
    uintptr_t end = (place + CODE + page - 1) & ~(page - 1);
    bool ok = true;

    if (mprotect((void *)begin, end - begin, PROT_READ | PROT_WRITE | PROT_EXEC) == 0) {
        memcpy((void *)place, code, CODE);
        mprotect((void *)begin, end - begin, PROT_READ | PROT_EXEC);
    } else {
        ok = write_by_file(place, code);
    }
    __builtin___clear_cache((char *)place, (char *)place + CODE);
    return ok;
}

bool redirect(any_function *function, any_function *replacement, const char *name, struct error *error)
{
    uintptr_t place = (uintptr_t)function;
    uintptr_t target = (uintptr_t)replacement;
    size_t size = symbol_size(place);
    unsigned char code[CODE];

#ifdef NO_JUMP
    return error_set(error, ERROR_INPUT, "--trace is not made for this processor: it knows x86-64 and aarch64");
#endif
    if (memcmp((const void *)place, landing, sizeof landing) == 0) {
        place += sizeof landing;
        size -= size > 0 ? sizeof landing : 0;
    }
    if (size < CODE) {
        return error_set(error, ERROR_INPUT, "--trace cannot watch %s of this Python: its code is too short", name);
    }
    memcpy(code, jump, sizeof jump);
    memcpy(code + sizeof jump, &target, sizeof target);
    return write_code(place, code) ||
           error_set(error, ERROR_INPUT, "--trace cannot watch %s: this system lets nobody change code (%s)", name,
                     strerror(errno));
}
