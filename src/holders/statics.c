#include <Python.h>

#include "holders/statics.h"

#include "base/text.h"

#include <dlfcn.h>
#include <link.h>
#include <string.h>

struct search {
    const void *const *addresses;
    size_t count;
    size_t *which;
    struct text *module;
    uintptr_t own[2]; /* of the interpreter, of this engine: addresses in them */
};

static bool covers(const struct dl_phdr_info *image, uintptr_t address)
{
    int i;

    for (i = 0; i < image->dlpi_phnum; i++) {
        uintptr_t begin = image->dlpi_addr + image->dlpi_phdr[i].p_vaddr;

        if (image->dlpi_phdr[i].p_type == PT_LOAD && address - begin < image->dlpi_phdr[i].p_memsz) {
            return true;
        }
    }
    return false;
}

static bool is_there(const struct search *search, const void *word)
{
    size_t i;

    for (i = 0; i < search->count; i++) {
        if (search->addresses[i] == word) {
            *search->which = i;
            return true;
        }
    }
    return false;
}

static bool look_through(const struct search *search, uintptr_t begin, size_t size)
{
    uintptr_t at = (begin + sizeof(void *) - 1) / sizeof(void *) * sizeof(void *);

    for (; at + sizeof(void *) <= begin + size; at += sizeof(void *)) {
        if (is_there(search, *(void *const *)at)) {
            return true;
        }
    }
    return false;
}

static int look_at_image(struct dl_phdr_info *image, size_t size, void *context)
{
    const struct search *search = context;
    int i;

    (void)size;
    if (covers(image, search->own[0]) || covers(image, search->own[1]) || image->dlpi_name == NULL ||
        *image->dlpi_name == '\0' /* the program */) {
        return 0;
    }
    for (i = 0; i < image->dlpi_phnum; i++) {
        const ElfW(Phdr) *part = &image->dlpi_phdr[i];

        if (part->p_type == PT_LOAD && part->p_flags & PF_W && part->p_flags & PF_R &&
            look_through(search, image->dlpi_addr + part->p_vaddr, part->p_memsz)) {
            const char *slash = strrchr(image->dlpi_name, '/');

            text_escape_string(search->module, slash != NULL ? slash + 1 : image->dlpi_name);
            return 1;
        }
    }
    return 0;
}

bool statics_find(const void *const *addresses, size_t count, size_t *which, struct text *module)
{
    struct search search = {
        .addresses = addresses,
        .count = count,
        .which = which,
        .module = module,
        .own = {(uintptr_t)&PyList_New, (uintptr_t)&statics_find},
    };

    return count > 0 && dl_iterate_phdr(look_at_image, &search) != 0;
}
