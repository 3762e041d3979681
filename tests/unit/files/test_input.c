#include "base/error.h"
#include "files/input.h"
#include "files/mapping.h"

#include "test.h"

#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

static char directory[] = "/tmp/mview-test-XXXXXX";
static struct mapping mapping;
static struct error error;

static const char *path(const char *name)
{
    static char whole[100];

    snprintf(whole, sizeof whole, "%s/%s", directory, name);
    return whole;
}

/* "" or the error. */
static const char *open_file(const char *name)
{
    error = (struct error)ERROR_INIT;
    CHECK(input_open(&mapping, name, NULL, &error) == (error.kind == ERROR_NONE));
    return error.message;
}

static void write_file(const char *name, const void *bytes, size_t size)
{
    int fd = open(name, O_WRONLY | O_CREAT | O_TRUNC, 0600);

    CHECK(fd >= 0 && write(fd, bytes, size) == (ssize_t)size);
    close(fd);
}

static void regular_files_are_mapped(void)
{
    static char bytes[100000];

    write_file(path("plain"), bytes, sizeof bytes);
    CHECK_STR(open_file(path("plain")), "");
    CHECK_INT(mapping.size, sizeof bytes);
    CHECK(mapping.mapped);
    CHECK(memcmp(mapping.data, bytes, sizeof bytes) == 0);
    memset(bytes, 'x', sizeof bytes);
    write_file(path("plain"), bytes, sizeof bytes);
    CHECK(memcmp(mapping.data, bytes, sizeof bytes) == 0); /* the file as it is now */
    mapping_close(&mapping);
    CHECK(mapping.data == NULL);
}

static void small_files_are_read(void)
{
    static char bytes[16384];
    static const size_t sizes[] = {1, 5, 4096, 16383, 16384};
    size_t i;

    for (i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        memset(bytes, 'a' + (int)i, sizeof bytes);
        write_file(path("small"), bytes, sizes[i]);
        CHECK_STR(open_file(path("small")), "");
        CHECK_INT(mapping.size, sizes[i]);
        CHECK(!mapping.mapped);
        write_file(path("small"), "", 0);
        CHECK(memcmp(mapping.data, bytes, sizes[i]) == 0); /* it cannot shrink under our hands */
        mapping_close(&mapping);
        CHECK(mapping.data == NULL);
    }
}

static void empty_files_have_no_data(void)
{
    write_file(path("empty"), "", 0);
    CHECK_STR(open_file(path("empty")), "");
    CHECK(mapping.data == NULL);
    CHECK_INT(mapping.size, 0);
    CHECK(!mapping.mapped);
    mapping_close(&mapping);
}

static void sparse_files_open_at_once(void)
{
    int fd = open(path("sparse"), O_RDWR | O_CREAT, 0600);
    off_t size = (off_t)1 << 40;

    CHECK(ftruncate(fd, size) == 0);
    CHECK_STR(open_file(path("sparse")), "");
    CHECK_INT(mapping.size, size);
    CHECK_INT(mapping.size ? mapping.data[mapping.size - 1] : 1, 0);
    mapping_close(&mapping);
    close(fd);
    unlink(path("sparse"));
}

static void other_kinds_are_refused_by_name(void)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    int fd = socket(AF_UNIX, SOCK_STREAM, 0);

    strcpy(address.sun_path, path("socket"));
    CHECK(bind(fd, (struct sockaddr *)&address, sizeof address) == 0);
    close(fd);
    CHECK(mkfifo(path("fifo"), 0600) == 0);
    CHECK_STR(open_file(directory), "is a directory");
    CHECK_STR(open_file(path("fifo")), "is a FIFO: pipe it in with '-'");
    CHECK_STR(open_file(path("socket")), "is a socket");
    CHECK_STR(open_file("/dev/null"), "is a character device");
    CHECK(mapping.data == NULL);
}

static void what_cannot_be_opened_says_why(void)
{
    CHECK_STR(open_file(path("absent")), "No such file or directory");
    CHECK_STR(open_file(path("plain/x")), "Not a directory");
    CHECK_STR(open_file(""), "No such file or directory");
    CHECK_INT(error.kind, ERROR_INPUT);
    write_file(path("secret"), "x", 1);
    chmod(path("secret"), 0);
    if (geteuid() != 0) {
        CHECK_STR(open_file(path("secret")), "Permission denied");
    }
}

static void files_that_hold_more_than_they_say_are_read(void)
{
    CHECK_STR(open_file("/proc/self/status"), "");
    CHECK(!mapping.mapped);
    CHECK(mapping.size > 5 && memcmp(mapping.data, "Name:", 5) == 0);
    mapping_close(&mapping);
}

/* --- standard input ------------------------------------------------------------ */

/* Open "-" with standard input from `fd`, which is closed. */
static const char *open_standard_input(int fd)
{
    CHECK(dup2(fd, STDIN_FILENO) == STDIN_FILENO);
    close(fd);
    return open_file("-");
}

/* The reading end of a pipe into which a child writes `size` bytes, counting up. */
static int feed(size_t size, bool nonblocking)
{
    int ends[2];

    CHECK(pipe2(ends, nonblocking ? O_NONBLOCK : 0) == 0);
    fflush(stdout);
    if (fork() == 0) {
        unsigned char block[4096];
        size_t done = 0;

        close(ends[0]);
        fcntl(ends[1], F_SETFL, 0);
        usleep(nonblocking ? 20000 : 0);
        while (done < size) {
            size_t n = size - done < sizeof block ? size - done : sizeof block;
            size_t i;

            for (i = 0; i < n; i++) {
                block[i] = (unsigned char)((done + i) * 2654435761u >> 13);
            }
            if (write(ends[1], block, n) != (ssize_t)n) {
                _exit(1);
            }
            done += n;
        }
        _exit(0);
    }
    close(ends[1]);
    return ends[0];
}

static void check_fed(size_t size)
{
    size_t wrong = 0;
    size_t i;
    int status;

    wait(&status);
    CHECK_INT(status, 0);
    CHECK_INT(mapping.size, size);
    for (i = 0; i < mapping.size; i++) {
        wrong += mapping.data[i] != (unsigned char)(i * 2654435761u >> 13);
    }
    CHECK_INT(wrong, 0);
}

static void pipes_are_read_to_their_end(void)
{
    static const size_t sizes[] = {0, 1, 65535, 65536, 65537, 1000000};
    size_t i;

    for (i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        CHECK_STR(open_standard_input(feed(sizes[i], i % 2)), "");
        CHECK(!mapping.mapped);
        CHECK((mapping.data == NULL) == (sizes[i] == 0));
        check_fed(sizes[i]);
        mapping_close(&mapping);
    }
}

static void large_pipes_go_through_a_temporary_file(void)
{
    static const size_t sizes[] = {64 << 20, (64 << 20) + 1, (130 << 20) + 77};
    size_t i;

    setenv("TMPDIR", directory, 1);
    for (i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        CHECK_STR(open_standard_input(feed(sizes[i], false)), "");
        CHECK(mapping.mapped);
        check_fed(sizes[i]);
        mapping_close(&mapping);
    }
    setenv("TMPDIR", path("absent"), 1);
    signal(SIGPIPE, SIG_DFL);
    CHECK(strncmp(open_standard_input(feed(65 << 20, false)), "cannot make a temporary file in '", 33) == 0);
    CHECK(mapping.data == NULL);
    unsetenv("TMPDIR");
    open_standard_input(open("/dev/null", O_RDONLY)); /* so that the writer ends */
    wait(NULL);
}

static void regular_standard_input_is_mapped_from_its_offset(void)
{
    static char bytes[40000];
    static const off_t offsets[] = {0, 1, 4096, 5000, 39999, 40000, 50000};
    size_t i;

    for (i = 0; i < sizeof bytes; i++) {
        bytes[i] = (char)(i / 7);
    }
    write_file(path("long"), bytes, sizeof bytes);
    for (i = 0; i < sizeof offsets / sizeof offsets[0]; i++) {
        int fd = open(path("long"), O_RDONLY);
        size_t left = offsets[i] < (off_t)sizeof bytes ? sizeof bytes - (size_t)offsets[i] : 0;

        lseek(fd, offsets[i], SEEK_SET);
        CHECK_STR(open_standard_input(fd), "");
        CHECK_INT(mapping.size, left);
        CHECK(mapping.mapped == (left > 16384));
        CHECK(mapping.data == NULL || memcmp(mapping.data, bytes + offsets[i], left) == 0);
        CHECK_INT(read(STDIN_FILENO, bytes, 1), 0); /* it has been read, as through a pipe */
        mapping_close(&mapping);
    }
}

static void odd_standard_inputs(void)
{
    CHECK_STR(open_standard_input(open(directory, O_RDONLY)), "is a directory");
    CHECK_STR(open_standard_input(open("/dev/null", O_RDONLY)), "");
    CHECK_INT(mapping.size, 0);
    mapping_close(&mapping);
    close(STDIN_FILENO);
    CHECK_STR(open_file("-"), "Bad file descriptor");
}

static void remove_all(void)
{
    static const char *const names[] = {"plain", "empty", "socket", "fifo", "secret", "long", "small"};
    size_t i;

    for (i = 0; i < sizeof names / sizeof names[0]; i++) {
        unlink(path(names[i]));
    }
    CHECK_INT(rmdir(directory), 0); /* no temporary file is left */
}

int main(void)
{
    if (mkdtemp(directory) == NULL) {
        perror("mkdtemp");
        return 1;
    }
    RUN(regular_files_are_mapped);
    RUN(small_files_are_read);
    RUN(empty_files_have_no_data);
    RUN(sparse_files_open_at_once);
    RUN(other_kinds_are_refused_by_name);
    RUN(what_cannot_be_opened_says_why);
    RUN(files_that_hold_more_than_they_say_are_read);
    RUN(pipes_are_read_to_their_end);
    RUN(large_pipes_go_through_a_temporary_file);
    RUN(regular_standard_input_is_mapped_from_its_offset);
    RUN(odd_standard_inputs);
    RUN(remove_all);
    return TEST_END();
}
