#include "environment/elf.h"
#include "environment/venv.h"
#include "environment/version.h"

#include "test.h"

#include <fcntl.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

static const char *parsed(const char *text)
{
    static struct version version;

    return version_parse(&version, text) ? version.tag : "(none)";
}

static void versions_are_parsed(void)
{
    CHECK_STR(parsed("3.11"), "3.11");
    CHECK_STR(parsed("3.11.2.final.0"), "3.11");
    CHECK_STR(parsed("3.13t"), "3.13t");
    CHECK_STR(parsed("3.13td\n"), "3.13td");
    CHECK_STR(parsed("3"), "(none)");
    CHECK_STR(parsed("3."), "(none)");
    CHECK_STR(parsed(".11"), "(none)");
    CHECK_STR(parsed(""), "(none)");
    CHECK_STR(parsed("3.11x"), "(none)");
    CHECK_STR(parsed("3.11-rc1"), "(none)");
    CHECK_STR(parsed("3.1111111111111111111"), "(none)");
    CHECK_STR(parsed("3.11tdtdtdtdtdtdtd"), "(none)");
}

static void names_tell_versions(void)
{
    struct version version;

    CHECK(version_from_program(&version, "python3.13t"));
    CHECK_STR(version.tag, "3.13t");
    CHECK(!version_from_program(&version, "python3"));
    CHECK(!version_from_program(&version, "python3.11-config"));
    CHECK(!version_from_program(&version, "python3.11.exe"));
    CHECK(!version_from_program(&version, "xpython3.11"));
    CHECK(version_from_library(&version, "libpython3.12d.so.1.0"));
    CHECK_STR(version.tag, "3.12d");
    CHECK(!version_from_library(&version, "libpython3.so"));
    CHECK(!version_from_library(&version, "libpython3.12.a"));
    CHECK(!version_from_library(&version, "libpypy3.9-c.so"));
}

static void versions_are_compared(void)
{
    CHECK(version_same_minor(&(struct version){"3.13"}, &(struct version){"3.13td"}));
    CHECK(!version_same_minor(&(struct version){"3.1"}, &(struct version){"3.13"}));
    CHECK(version_supported(&(struct version){"3.9"}));
    CHECK(version_supported(&(struct version){"3.100t"}));
    CHECK(version_supported(&(struct version){"4.0"}));
    CHECK(!version_supported(&(struct version){"3.8"}));
    CHECK(!version_supported(&(struct version){"2.7"}));
    CHECK(!version_supported(&(struct version){""}));
}

static void folders_are_those_of_the_kind(void)
{
    char name[32];

    version_folder(&(struct version){"3.11"}, name);
    CHECK_STR(name, "python3.11");
    version_folder(&(struct version){"3.11d"}, name);
    CHECK_STR(name, "python3.11");
    version_folder(&(struct version){"3.13td"}, name);
    CHECK_STR(name, "python3.13t");
}

static char folder[] = "/tmp/mview-test-XXXXXX";

static void write_file(const char *name, const char *text, size_t length, char path[4096])
{
    int fd;

    snprintf(path, 4096, "%s/%s", folder, name);
    fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0700);
    CHECK(write(fd, text, length) == (ssize_t)length);
    close(fd);
}

/* What is read of a pyvenv.cfg with this text. */
static struct venv *venv_of(const char *text)
{
    static struct venv venv;
    char path[4096];

    write_file("pyvenv.cfg", text, strlen(text), path);
    snprintf(path, sizeof path, "%s/bin/python", folder);
    CHECK(venv_read(&venv, path));
    CHECK_STR(venv.root, folder);
    return &venv;
}

static void a_venv_is_read(void)
{
    struct venv *venv = venv_of("home = /usr/bin\ninclude-system-site-packages = false\nversion = 3.11.2\n"
                                "executable = /usr/bin/python3.11\n");

    CHECK_STR(venv->home, "/usr/bin");
    CHECK_STR(venv->version.tag, "3.11");
    CHECK_STR(venv->executable, "/usr/bin/python3.11");
    venv = venv_of("  HOME=/a = b \r\nhome = /second\nimplementation = PyPy\nversion_info = 3.10.1.final.0");
    CHECK_STR(venv->home, "/a = b");
    CHECK_STR(venv->version.tag, "3.10");
    CHECK_STR(venv->implementation, "PyPy");
}

static void a_venv_may_say_nothing_or_nonsense(void)
{
    static char large[200000];
    struct venv *venv = venv_of("");

    CHECK_STR(venv->home, "");
    CHECK_STR(venv->version.tag, "");
    venv = venv_of("home\n=\n= x\nversion = new\nhome =\nimplementation = a name that is longer than any implementation\n");
    CHECK_STR(venv->home, "");
    CHECK_STR(venv->version.tag, "");
    CHECK_STR(venv->implementation, "");
    memset(large, 'x', sizeof large - 1);
    memcpy(large, "home = ", 7);
    CHECK_STR(venv_of(large)->home, "");
}

static void a_venv_that_is_not_there(void)
{
    struct venv venv;

    CHECK(!venv_read(&venv, "/not/there/bin/python"));
    CHECK(!venv_read(&venv, "/python"));
    CHECK(!venv_read(&venv, "python"));
    CHECK(!venv_read(&venv, ""));
}

static void elf_knows_this_program(void)
{
    struct elf elf;

    elf_read(&elf, "/proc/self/exe");
    CHECK_INT(elf.kind, ELF_NATIVE);
    CHECK_STR(elf.library, "");
    elf_read(&elf, "/not/there");
    CHECK_INT(elf.kind, ELF_NONE);
    elf_read(&elf, "/");
    CHECK_INT(elf.kind, ELF_NONE);
}

/* The whole of this program, to be damaged. */
static char *own_bytes(size_t *size)
{
    int fd = open("/proc/self/exe", O_RDONLY);
    off_t end = lseek(fd, 0, SEEK_END);
    char *bytes = mmap(NULL, (size_t)end, PROT_READ | PROT_WRITE, MAP_PRIVATE, fd, 0);

    close(fd);
    *size = (size_t)end;
    return bytes;
}

static void elf_says_the_processor(void)
{
    char path[4096];
    struct elf elf;
    size_t size;
    char *bytes = own_bytes(&size);
    uint16_t machine;
    uint16_t other;

    memcpy(&machine, bytes + 18, sizeof machine);
    other = machine == 22 ? 8 : 22;
    memcpy(bytes + 18, &other, sizeof other);
    write_file("foreign", bytes, size, path);
    elf_read(&elf, path);
    CHECK_INT(elf.kind, ELF_FOREIGN);
    CHECK_STR(elf.machine, machine == 22 ? "mips" : "s390");
    memcpy(bytes + 18, &machine, sizeof machine);
    write_file("cut", bytes, 40, path);
    elf_read(&elf, path);
    CHECK_INT(elf.kind, ELF_NONE);
    munmap(bytes, size);
}

/* Headers, segments and the dynamic section damaged at random: nothing is to be read out of bounds. */
static void elf_survives_damage(void)
{
    char path[4096];
    struct elf elf;
    size_t size;
    char *bytes = own_bytes(&size);
    char header[2048];
    unsigned i;

    srand(20240612);
    memcpy(header, bytes, sizeof header);
    for (i = 0; i < 3000; i++) {
        unsigned changes = 1 + (unsigned)rand() % 8;

        memcpy(bytes, header, sizeof header);
        while (changes-- > 0) {
            bytes[20 + (size_t)rand() % (i % 2 ? 44 : sizeof header - 20)] = (char)(rand() % 3 ? rand() : -1);
        }
        write_file("damaged", bytes, size < 65536 ? size : 65536, path);
        elf_read(&elf, path);
        CHECK(elf.kind == ELF_NATIVE && strlen(elf.library) < sizeof elf.library);
    }
    munmap(bytes, size);
}

int main(void)
{
    static const char *const names[] = {"pyvenv.cfg", "foreign", "cut", "damaged"};
    char path[4096];
    size_t i;

    if (mkdtemp(folder) == NULL) {
        return 1;
    }
    RUN(versions_are_parsed);
    RUN(names_tell_versions);
    RUN(versions_are_compared);
    RUN(folders_are_those_of_the_kind);
    RUN(a_venv_is_read);
    RUN(a_venv_may_say_nothing_or_nonsense);
    RUN(a_venv_that_is_not_there);
    RUN(elf_knows_this_program);
    RUN(elf_says_the_processor);
    RUN(elf_survives_damage);
    for (i = 0; i < sizeof names / sizeof names[0]; i++) {
        snprintf(path, sizeof path, "%s/%s", folder, names[i]);
        unlink(path);
    }
    rmdir(folder);
    return TEST_END();
}
