#include "environment/elf.h"

#include <elf.h>
#include <fcntl.h>
#include <link.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* More than any linker writes for an interpreter. */
enum { MAX_SEGMENTS = 64, MAX_DYNAMIC = 512 };

/* Older C libraries lack it. */
#ifndef EM_LOONGARCH
#define EM_LOONGARCH 258
#endif

/* The parts of an open file that say where its libraries are named. */
struct image {
    int fd;
    ElfW(Phdr) segments[MAX_SEGMENTS];
    size_t segment_count;
    ElfW(Dyn) dynamic[MAX_DYNAMIC];
    size_t dynamic_count;
};

static const struct {
    unsigned machine;
    const char *name;
} machines[] = {
    {EM_386, "i386"},         {EM_X86_64, "x86-64"}, {EM_ARM, "arm"},   {EM_AARCH64, "aarch64"},
    {EM_PPC64, "powerpc64"},  {EM_RISCV, "risc-v"},  {EM_S390, "s390"}, {EM_MIPS, "mips"},
    {EM_LOONGARCH, "loongarch"},
};

static bool read_at(int fd, void *to, size_t size, uint64_t offset)
{
    return offset <= INT64_MAX && pread(fd, to, size, (off_t)offset) == (ssize_t)size;
}

/* The bytes before the machine are laid out alike for all processors. */
static bool read_header(int fd, ElfW(Ehdr) *header)
{
    return read_at(fd, header, sizeof *header, 0) && memcmp(header->e_ident, ELFMAG, SELFMAG) == 0;
}

/* This program's own header, where the linker put it, is the measure of what runs here. */
extern const ElfW(Ehdr) __ehdr_start __attribute__((visibility("hidden")));

static bool is_native(const ElfW(Ehdr) *header)
{
    return header->e_ident[EI_CLASS] == __ehdr_start.e_ident[EI_CLASS] &&
           header->e_ident[EI_DATA] == __ehdr_start.e_ident[EI_DATA] && header->e_machine == __ehdr_start.e_machine;
}

static void name_machine(char *name, size_t size, const ElfW(Ehdr) *header)
{
    bool swapped = header->e_ident[EI_DATA] != (__BYTE_ORDER == __LITTLE_ENDIAN ? ELFDATA2LSB : ELFDATA2MSB);
    unsigned machine = swapped ? __builtin_bswap16(header->e_machine) : header->e_machine;
    size_t i;

    for (i = 0; i < sizeof machines / sizeof machines[0]; i++) {
        if (machines[i].machine == machine) {
            snprintf(name, size, "%s", machines[i].name);
            return;
        }
    }
    snprintf(name, size, "machine %u", machine);
}

static bool read_segments(struct image *image, const ElfW(Ehdr) *header)
{
    image->segment_count = header->e_phnum;
    return header->e_phentsize == sizeof(ElfW(Phdr)) && header->e_phnum <= MAX_SEGMENTS &&
           read_at(image->fd, image->segments, image->segment_count * sizeof(ElfW(Phdr)), header->e_phoff);
}

static bool read_dynamic(struct image *image)
{
    size_t i;

    for (i = 0; i < image->segment_count; i++) {
        const ElfW(Phdr) *segment = &image->segments[i];

        if (segment->p_type == PT_DYNAMIC) {
            image->dynamic_count = segment->p_filesz / sizeof(ElfW(Dyn));
            return image->dynamic_count <= MAX_DYNAMIC &&
                   read_at(image->fd, image->dynamic, image->dynamic_count * sizeof(ElfW(Dyn)), segment->p_offset);
        }
    }
    return false;
}

/* Where in the file the names of libraries begin: DT_STRTAB is an address. */
static bool find_names(const struct image *image, uint64_t *offset)
{
    uint64_t address = 0;
    size_t i;

    for (i = 0; i < image->dynamic_count && image->dynamic[i].d_tag != DT_NULL; i++) {
        if (image->dynamic[i].d_tag == DT_STRTAB) {
            address = image->dynamic[i].d_un.d_ptr;
        }
    }
    for (i = 0; i < image->segment_count; i++) {
        const ElfW(Phdr) *segment = &image->segments[i];

        if (segment->p_type == PT_LOAD && address >= segment->p_vaddr &&
            address - segment->p_vaddr < segment->p_filesz) {
            return !__builtin_add_overflow(address - segment->p_vaddr, segment->p_offset, offset);
        }
    }
    return false;
}

/* A name that is too long is cut; it may be the last of the file. */
static bool read_name(int fd, char *name, size_t size, uint64_t offset)
{
    ssize_t length = offset <= INT64_MAX ? pread(fd, name, size - 1, (off_t)offset) : -1;

    name[length > 0 ? length : 0] = '\0';
    return length > 0;
}

static void find_library(struct image *image, const ElfW(Ehdr) *header, char *library, size_t size)
{
    uint64_t names;
    size_t i;

    if (!read_segments(image, header) || !read_dynamic(image) || !find_names(image, &names)) {
        return;
    }
    for (i = 0; i < image->dynamic_count && image->dynamic[i].d_tag != DT_NULL; i++) {
        uint64_t offset;

        if (image->dynamic[i].d_tag != DT_NEEDED ||
            __builtin_add_overflow(names, (uint64_t)image->dynamic[i].d_un.d_val, &offset)) {
            continue;
        }
        if (read_name(image->fd, library, size, offset) && strncmp(library, "libpy", 5) == 0) {
            return;
        }
    }
    library[0] = '\0';
}

void elf_read(struct elf *elf, const char *path)
{
    struct image image = {.fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)};
    ElfW(Ehdr) header;

    *elf = (struct elf){.kind = ELF_NONE};
    if (image.fd < 0) {
        return;
    }
    if (read_header(image.fd, &header)) {
        name_machine(elf->machine, sizeof elf->machine, &header);
        elf->kind = is_native(&header) ? ELF_NATIVE : ELF_FOREIGN;
    }
    if (elf->kind == ELF_NATIVE) {
        find_library(&image, &header, elf->library, sizeof elf->library);
    }
    close(image.fd);
}
