#include "trace/symbol.h"

#include "base/text.h"

#include <dlfcn.h>
#include <fcntl.h>
#include <link.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
    NAME = 512,      /* bytes of a symbol's name that are shown */
    MANGLED = 16384, /* .. that are read */
};

struct file {
    const unsigned char *bytes;
    size_t size;
};

static const void *part(const struct file *file, uint64_t offset, uint64_t size)
{
    return offset <= file->size && size <= file->size - offset ? file->bytes + offset : NULL;
}

/* The name at a place in a section of strings; NULL when it does not end there. */
static const char *string_at(const struct file *file, const ElfW(Shdr) *strings, uint64_t place)
{
    const char *all = part(file, strings->sh_offset, strings->sh_size);

    if (all == NULL || place >= strings->sh_size || memchr(all + place, '\0', strings->sh_size - place) == NULL) {
        return NULL;
    }
    return all + place;
}

/* The function of one table of symbols that an address (in the file's own count) lies in. */
static const char *find_in(const struct file *file, const ElfW(Shdr) *table, const ElfW(Shdr) *strings,
                           uint64_t address)
{
    const unsigned char *bytes = part(file, table->sh_offset, table->sh_size);
    uint64_t i;

    for (i = 0; bytes != NULL && i < table->sh_size / sizeof(ElfW(Sym)); i++) {
        ElfW(Sym) symbol;

        memcpy(&symbol, bytes + i * sizeof symbol, sizeof symbol);
        if ((symbol.st_info & 0xf) == STT_FUNC && symbol.st_value <= address &&
            address - symbol.st_value < symbol.st_size) {
            return string_at(file, strings, symbol.st_name);
        }
    }
    return NULL;
}

static const char *find_in_file(const struct file *file, uint64_t address)
{
    ElfW(Ehdr) header;
    const ElfW(Shdr) *sections;
    unsigned i;

    if (file->size < sizeof header) {
        return NULL;
    }
    memcpy(&header, file->bytes, sizeof header);
    if (memcmp(header.e_ident, ELFMAG, SELFMAG) != 0 || header.e_shentsize != sizeof *sections ||
        header.e_shoff % _Alignof(ElfW(Shdr)) != 0) {
        return NULL;
    }
    sections = part(file, header.e_shoff, (uint64_t)header.e_shnum * sizeof *sections);
    for (i = 0; sections != NULL && i < header.e_shnum; i++) {
        if (sections[i].sh_type == SHT_SYMTAB && sections[i].sh_link < header.e_shnum) {
            return find_in(file, &sections[i], &sections[sections[i].sh_link], address);
        }
    }
    return NULL;
}

/*
 * "arrow::py::PyBuffer::Init" for "_ZN5arrow2py8PyBuffer4InitEP7_object", by the library of C++ that a module in C++
 * has brought: owned; NULL for any other name, or where it has brought none.
 */
static char *plain_name(const char *name)
{
    char *(*demangle)(const char *, char *, size_t *, int *) = NULL;
    void *library = strncmp(name, "_Z", 2) == 0 ? dlopen("libstdc++.so.6", RTLD_LAZY | RTLD_NOLOAD) : NULL;
    void *function = library != NULL ? dlsym(library, "__cxa_demangle") : NULL;
    char *plain = NULL;

    if (function != NULL) {
        memcpy(&demangle, &function, sizeof demangle);
        plain = demangle(name, NULL, NULL, NULL);
    }
    if (library != NULL) {
        dlclose(library);
    }
    return plain;
}

/* Without what a function of C++ takes. */
static size_t without_parameters(const char *plain)
{
    size_t length = strlen(plain), at;
    int depth = 0;

    for (at = length; at > 0; at--) {
        depth += (plain[at - 1] == ')') - (plain[at - 1] == '(');
        if (plain[at - 1] == '(' && depth == 0) {
            return at > 1 ? at - 1 : length;
        }
    }
    return length;
}

static void put_name(struct text *text, const char *name, size_t most)
{
    char *whole = strndup(name, most);
    char *plain = whole != NULL ? plain_name(whole) : NULL;
    size_t length = plain != NULL ? without_parameters(plain) : strnlen(name, most);

    text_escape(text, plain != NULL ? plain : name, length < NAME ? length : NAME);
    free(plain);
    free(whole);
}

/* Look into the file itself, whose table of all symbols is never loaded. */
static bool deep_text(const Dl_info *info, uintptr_t address, struct text *text)
{
    int fd = open(info->dli_fname, O_RDONLY | O_CLOEXEC);
    struct stat status;
    struct file file = {NULL, 0};
    const char *name = NULL;
    void *map = MAP_FAILED;

    if (fd >= 0 && fstat(fd, &status) == 0 && S_ISREG(status.st_mode) && status.st_size > 0) {
        file.size = (size_t)status.st_size;
        map = mmap(NULL, file.size, PROT_READ, MAP_PRIVATE, fd, 0);
    }
    if (map != MAP_FAILED) {
        ElfW(Ehdr) header;

        file.bytes = map;
        memset(&header, 0, sizeof header);
        memcpy(&header, map, file.size < sizeof header ? file.size : sizeof header);
        name = find_in_file(&file, header.e_type == ET_EXEC ? address : address - (uintptr_t)info->dli_fbase);
        if (name != NULL) {
            put_name(text, name, MANGLED);
        }
        munmap(map, file.size);
    }
    if (fd >= 0) {
        close(fd);
    }
    return name != NULL;
}

/* The program itself has no name for the linker but the one it was started by. */
static const char *module_name(const Dl_info *info)
{
    const char *slash = strrchr(info->dli_fname, '/');

    return slash != NULL ? slash + 1 : info->dli_fname;
}

bool symbol_text(uintptr_t address, bool deep, struct text *text)
{
    uintptr_t inside = address - 1; /* an address to return to may be the next function's */
    Dl_info info;

    if (dladdr((const void *)inside, &info) == 0 || info.dli_fname == NULL) {
        text_printf(text, "?!0x%jx", (uintmax_t)address);
        return false;
    }
    text_escape_string(text, module_name(&info));
    text_putc(text, '!');
    if (info.dli_sname != NULL) {
        put_name(text, info.dli_sname, MANGLED);
        return true;
    }
    if (deep && deep_text(&info, inside, text)) {
        return true;
    }
    text_printf(text, "+0x%jx", (uintmax_t)(address - (uintptr_t)info.dli_fbase));
    return false;
}

void symbol_module(uintptr_t address, struct text *text)
{
    Dl_info info;

    if (dladdr((const void *)(address - 1), &info) != 0 && info.dli_fname != NULL) {
        text_escape_string(text, module_name(&info));
    } else {
        text_putc(text, '?');
    }
}

size_t symbol_size(uintptr_t function)
{
#ifdef __GLIBC__
    void *symbol = NULL;
    Dl_info info;

    if (dladdr1((const void *)function, &info, &symbol, RTLD_DL_SYMENT) != 0 && symbol != NULL) {
        return ((const ElfW(Sym) *)symbol)->st_size;
    }
#else
    (void)function;
#endif
    return 0;
}
