#include "memory/guard.h"

#include "base/error.h"

#include "guarded.h"
#include "test.h"

#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

static size_t page;

/* Whether a fault comes with the address of the byte: s390 tells its page, at best. */
#ifdef __s390__
enum { EXACT = 0 };
#else
enum { EXACT = 1 };
#endif

/* Two pages, of which the second has no access rights. */
static unsigned char *half_readable(void)
{
    unsigned char *pages = mmap(NULL, 2 * page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

    memset(pages, 'x', 2 * page);
    mprotect(pages + page, page, PROT_NONE);
    return pages;
}

static void read_byte(void *context)
{
    (void)*(const volatile unsigned char *)context;
}

static void what_can_be_read_is_copied(void)
{
    const void *address = NULL;
    char to[6] = "";

    CHECK(guard_copy(to, "hello", 6, &address));
    CHECK_STR(to, "hello");
    CHECK(guard_copy(to, NULL, 0, &address));
    CHECK(address == NULL);
}

static void a_fault_names_its_address(void)
{
    unsigned char *pages = half_readable();
    const void *address = NULL;
    char to[64];

    CHECK(guard_run(read_byte, pages + page - 1, &address));
    CHECK(!guard_run(read_byte, pages + page + 5, &address));
    CHECK(address == pages + page + 5);
    CHECK_STR(guard_reason(), "not readable");
    CHECK(!guard_copy(to, pages + page - 10, sizeof to, &address));
    CHECK(address == pages + page);
    munmap(pages, 2 * page);
    CHECK(!guard_run(read_byte, pages, &address));
    CHECK(address == pages);
    CHECK_STR(guard_reason(), "not mapped");
}

/* NULL is an address like any other: nothing is there, and it is not the word for that all went well. */
static void nothing_is_copied_from_null(void)
{
    static const size_t sizes[] = {1, 4, 24, 5000, 100000};
    unsigned char *to = malloc(100000);
    size_t i;

    for (i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        const void *address = to;

        CHECK(!guard_copy(to, NULL, sizes[i], &address));
        CHECK(address == NULL);
        CHECK_STR(guard_reason(), "not mapped");
    }
    free(to);
}

/* However the C library's memcpy goes about it: from the end, by large steps, not by bytes. */
static void what_lies_before_a_fault_is_copied(void)
{
    static const size_t sizes[] = {1, 17, 200, 1000, 4096};
    unsigned char *pages = half_readable();
    unsigned char *to = malloc(2 * page);
    size_t i;

    for (i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        const unsigned char *from = pages + page - sizes[i];
        size_t behind;

        for (behind = 1; behind <= page; behind += 15) {
            const void *address = NULL;

            memset(to, 0, 2 * page);
            CHECK(!guard_copy(to, from, sizes[i] + behind, &address));
            CHECK(address == pages + page);
            CHECK(memcmp(to, from, sizes[i]) == 0 && to[sizes[i]] == 0);
        }
    }
    free(to);
    munmap(pages, 2 * page);
}

static void a_file_that_shrank_is_a_fault(void)
{
    char path[] = "/tmp/mview-guard-XXXXXX";
    int fd = mkstemp(path);
    const void *address = NULL;
    unsigned char *bytes;

    unlink(path);
    CHECK(ftruncate(fd, (off_t)(2 * page)) == 0);
    bytes = mmap(NULL, 2 * page, PROT_READ, MAP_PRIVATE, fd, 0);
    CHECK(guard_run(read_byte, bytes + page, &address));
    CHECK(ftruncate(fd, 1) == 0);
    CHECK(!guard_run(read_byte, bytes + page, &address));
    CHECK(address == bytes + page);
    CHECK_STR(guard_reason(), "the file there has become shorter or cannot be read");
    munmap(bytes, 2 * page);
    close(fd);
}

static void faults_do_not_wear_out(void)
{
    unsigned char *pages = half_readable();
    const void *address = NULL;
    int faults = 0;
    int i;

    for (i = 0; i < 10000; i++) {
        faults += !guard_run(read_byte, pages + page, &address);
    }
    CHECK_INT(faults, 10000);
    munmap(pages, 2 * page);
}

struct nested {
    unsigned char *bad;
    bool inner_faulted;
};

static void fault_inside_and_again(void *context)
{
    struct nested *nested = context;
    const void *address = NULL;

    nested->inner_faulted = !guard_run(read_byte, nested->bad, &address) && address == nested->bad;
    read_byte(nested->bad + 1);
}

static void guards_nest(void)
{
    unsigned char *pages = half_readable();
    struct nested nested = {pages + page, false};
    const void *address = NULL;

    CHECK(!guard_run(fault_inside_and_again, &nested, &address));
    CHECK(nested.inner_faulted);
    CHECK(address == pages + page + 1);
    munmap(pages, 2 * page);
}

static void *fault_often(void *context)
{
    unsigned char *bad = context;
    intptr_t right = 0;
    int i;

    for (i = 0; i < 2000; i++) {
        const void *address = NULL;

        right += !guard_run(read_byte, bad + i, &address) && address == bad + i;
    }
    return (void *)right;
}

static void threads_do_not_meet(void)
{
    unsigned char *pages = half_readable();
    pthread_t threads[4];
    void *right;
    int i;

    for (i = 0; i < 4; i++) {
        CHECK(pthread_create(&threads[i], NULL, fault_often, pages + page) == 0);
    }
    for (i = 0; i < 4; i++) {
        pthread_join(threads[i], &right);
        CHECK_INT((intptr_t)right, 2000);
    }
    munmap(pages, 2 * page);
}

/* The signal that ends a child that runs `body`, or -(exit status). */
static int ends_by(void (*body)(void))
{
    pid_t pid = fork();
    int status;

    if (pid == 0) {
        body();
        _exit(0);
    }
    waitpid(pid, &status, 0);
    return WIFSIGNALED(status) ? WTERMSIG(status) : -WEXITSTATUS(status);
}

static void start(void)
{
    struct error error = ERROR_INIT;

    if (!guard_start(&error)) {
        _exit(99);
    }
}

static void default_actions(void)
{
    signal(SIGSEGV, SIG_DFL); /* a sanitizer's handler would exit */
    signal(SIGBUS, SIG_DFL);
    start();
}

static void fault_outside(void)
{
    default_actions();
    read_byte(half_readable() + page);
}

static void fault_outside_after_one_inside(void)
{
    unsigned char *bad = half_readable() + page;
    const void *address;

    default_actions();
    guard_run(read_byte, bad, &address);
    read_byte(bad);
}

static void send(void *context)
{
    raise(*(int *)context);
}

static void signal_from_outside(void)
{
    int number = SIGBUS;
    const void *address;

    default_actions();
    guard_run(send, &number, &address);
}

static void exit_7(int number)
{
    (void)number;
    _exit(7);
}

static void earlier_handler(void)
{
    signal(SIGSEGV, exit_7);
    start();
    read_byte(half_readable() + page);
}

static int chained;

/* What faulthandler does: put the action back that it had found, then raise. */
static struct sigaction found;

static void dump_and_raise(int number)
{
    chained++;
    sigaction(number, &found, NULL);
    raise(number);
}

static void handler_between(void)
{
    struct sigaction dump = {.sa_handler = dump_and_raise, .sa_flags = SA_NODEFER};
    unsigned char *bad = half_readable() + page;
    const void *address;

    default_actions();
    sigaction(SIGSEGV, &dump, &found);
    start();
    if (guard_run(read_byte, bad, &address) || chained != 0) {
        _exit(1);
    }
    read_byte(bad);
}

static void a_string_is_copied_as_far_as_it_goes(void)
{
    unsigned char *pages = half_readable();
    char *end = (char *)pages + page;
    const void *address = NULL;
    size_t i, length;
    char to[300];

    for (i = 1; i <= 200; i++) { /* i bytes, NUL included, in front of what cannot be read */
        end[-1] = '\0';
        CHECK(guard_copy_string(to, end - i, sizeof to, &length, &address));
        CHECK_INT(length, i - 1);
        CHECK(to[length] == '\0');
        CHECK(guard_copy_string(to, end - i, i - 1, &length, &address));
        CHECK_INT(length, i - 1);
        end[-1] = 'x';
        CHECK(!guard_copy_string(to, end - i, sizeof to, &length, &address));
        CHECK(length <= i);
        CHECK(!EXACT || address == end);
    }
    CHECK(guard_copy_string(to, end, 0, &length, &address));
    CHECK_INT(length, 0);
    munmap(pages, 2 * page);
}

static void faults_outside_keep_their_action(void)
{
    CHECK_INT(ends_by(fault_outside), SIGSEGV);
    CHECK_INT(ends_by(fault_outside_after_one_inside), SIGSEGV);
    CHECK_INT(ends_by(signal_from_outside), SIGBUS);
    CHECK_INT(ends_by(earlier_handler), -7);
    CHECK_INT(ends_by(handler_between), SIGSEGV);
}

int main(void)
{
    page = page_size();
    begin_guarded();
    RUN(what_can_be_read_is_copied);
    RUN_IF(EXACT, a_fault_names_its_address, "this processor does not tell the byte");
    RUN(nothing_is_copied_from_null);
    RUN(what_lies_before_a_fault_is_copied);
    RUN(a_string_is_copied_as_far_as_it_goes);
    RUN_IF(EXACT, a_file_that_shrank_is_a_fault, "this processor does not tell the byte");
    RUN(faults_do_not_wear_out);
    RUN_IF(EXACT, guards_nest, "this processor does not tell the byte");
    RUN_IF(EXACT, threads_do_not_meet, "this processor does not tell the byte");
    RUN(faults_outside_keep_their_action);
    return TEST_END();
}
