#include "recipe/torch_archive.h"

#include "archive/archive.h"
#include "base/error.h"
#include "base/text.h"

#include <stdlib.h>
#include <string.h>

const struct archive_member *torch_pickle(const struct archive *zip)
{
    size_t i;

    for (i = 0; i < zip->count; i++) {
        const char *name = zip->members[i].name;
        const char *slash = strchr(name, '/');

        if (slash != NULL && strcmp(slash, "/data.pkl") == 0) {
            return &zip->members[i];
        }
    }
    return NULL;
}

/* --- storages ------------------------------------------------------------------------ */

/* Where they lie, below NAME/: since torch 1.5, and in 1.4. */
static const char *const folders[] = {"data/", "tensors/"};

enum { FOLDERS = sizeof folders / sizeof folders[0] };

bool torch_is_storage(const char *name)
{
    const char *slash = strchr(name, '/');
    size_t i;

    for (i = 0; slash != NULL && i < FOLDERS; i++) {
        if (strncmp(slash + 1, folders[i], strlen(folders[i])) == 0) {
            return true;
        }
    }
    return false;
}

static int compare_names(const void *a, const void *b)
{
    return strcmp((*(const struct archive_member *const *)a)->name, (*(const struct archive_member *const *)b)->name);
}

/* "NAME/" and two more texts; NULL for no such member. */
static const struct archive_member *find_member(const struct torch_archive *archive, const char *folder,
                                            struct recipe_range key)
{
    struct archive_member wanted = {.name = NULL};
    const struct archive_member *pointer = &wanted;
    const struct archive_member **found;
    struct text name = TEXT_INIT;

    text_append(&name, archive->prefix, archive->prefix_length);
    text_puts(&name, folder);
    text_append(&name, (const char *)key.data, key.size);
    wanted.name = name.data;
    found = name.failed || strlen(name.data) != name.length
                ? NULL
                : bsearch(&pointer, archive->sorted, archive->count, sizeof *archive->sorted, compare_names);
    text_free(&name);
    return found != NULL ? *found : NULL;
}

static bool find_storage(struct reading *reading, const struct torch_storages *storages, struct recipe_range key,
                         size_t itemsize, struct recipe_range *bytes)
{
    const struct torch_archive *archive = storages->source;
    const struct archive_member *member = NULL;
    const unsigned char *packed;
    size_t i;

    (void)itemsize;
    for (i = 0; member == NULL && i < FOLDERS; i++) {
        member = find_member(archive, folders[i], key);
    }
    if (member == NULL) {
        return recipe_wrong(reading, "the archive has no storage 'data/%.*s'", (int)(key.size < 40 ? key.size : 40),
                            (const char *)key.data);
    }
    if (member->method != 0) {
        return recipe_wrong(reading, "'%.60s' is compressed in the archive, and not unpacked", member->name);
    }
    if (!archive_locate(member, archive->mapping, &packed, &reading->error)) {
        return error_prefix(&reading->error, "'%.60s'", member->name);
    }
    *bytes = (struct recipe_range){packed, (size_t)member->size};
    return true;
}

/* "little" or "big", as the machine was that wrote the file. */
static char byte_order(const struct torch_archive *archive)
{
    const struct archive_member *member = find_member(archive, "byteorder", (struct recipe_range){NULL, 0});
    unsigned char text[4];
    struct error error;
    size_t size;

    return member != NULL && archive_start(member, archive->mapping, text, 3, &size, &error) && size == 3 &&
                   memcmp(text, "big", 3) == 0
               ? '>'
               : '<';
}

bool torch_archive_open(struct torch_archive *archive, const struct archive *zip, const struct mapping *file,
                        struct error *error)
{
    const struct archive_member *pickle = torch_pickle(zip);
    size_t i;

    *archive = (struct torch_archive){.mapping = file, .prefix = pickle->name, .count = zip->count};
    archive->prefix_length = (size_t)(strchr(pickle->name, '/') + 1 - pickle->name);
    archive->sorted = malloc(zip->count * sizeof(struct archive_member *));
    if (archive->sorted == NULL) {
        return error_no_memory(error);
    }
    for (i = 0; i < zip->count; i++) {
        archive->sorted[i] = &zip->members[i];
    }
    qsort(archive->sorted, archive->count, sizeof *archive->sorted, compare_names);
    for (i = 1; i < archive->count; i++) {
        if (strcmp(archive->sorted[i]->name, archive->sorted[i - 1]->name) == 0) {
            archive->twice = archive->sorted[i]->name;
        }
    }
    archive->storages = (struct torch_storages){find_storage, archive, byte_order(archive)};
    return true;
}

void torch_archive_close(struct torch_archive *archive)
{
    free(archive->sorted);
    archive->sorted = NULL;
}
