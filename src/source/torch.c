#include "source/source.h"

#include "archive/archive.h"
#include "base/error.h"
#include "recipe/torch_archive.h"
#include "recipe/torch_older.h"
#include "source/listing.h"
#include "source/loaders.h"

#include <stdlib.h>
#include <string.h>

static bool ends_with(const char *name, const char *end)
{
    size_t length = strlen(name);

    return length >= strlen(end) && strcmp(name + length - strlen(end), end) == 0;
}

/* --- the archive ----------------------------------------------------------------------- */

/* The pickle's bytes: where they lie, or unpacked. */
static bool open_pickle(struct source *source, const struct archive_member *member, struct recipe_range *bytes,
                        struct error *error)
{
    uint64_t place;

    if (!zip_pickle_fits(source, member, error) ||
        !archive_open(member, &source->mapping, &source->unpacked, &place, error)) {
        return error_prefix(error, "'%s'", member->name);
    }
    bytes->data = place != UINT64_MAX ? source->mapping.data + place : source->unpacked.data;
    bytes->size = (size_t)member->size;
    allow_pickle(source, bytes->size);
    return true;
}

/* Members that are neither the pickle, nor storages, nor torch's own marks: TorchScript's code and constants. */
static bool is_listed(const struct torch_archive *archive, const char *name)
{
    static const char *const marks[] = {"data.pkl", "version", "byteorder"};
    size_t i;

    if (strncmp(name, archive->prefix, archive->prefix_length) != 0) {
        return true;
    }
    name += archive->prefix_length;
    for (i = 0; i < sizeof marks / sizeof marks[0]; i++) {
        if (strcmp(name, marks[i]) == 0) {
            return false;
        }
    }
    return name[0] != '.' && !torch_is_storage(name - archive->prefix_length) && !ends_with(name, ".debug_pkl");
}

static bool list_others(struct source *source, const struct torch_archive *archive,
                        const struct archive *zip)
{
    size_t i;

    for (i = 0; i < zip->count; i++) {
        const struct archive_member *found = &zip->members[i];
        struct text text = TEXT_INIT;
        struct member *member;

        if (!is_listed(archive, found->name)) {
            continue;
        }
        text_printf(&text, "#%zu", i);
        if (!listing_takes(source->listing, text.length)) {
            text_free(&text);
            return true;
        }
        member = listing_add(source->listing, text_string(&text), text.length);
        text_clear(&text);
        if (member == NULL) {
            text_free(&text);
            return false;
        }
        text_printf(&text, "%s, %llu bytes", found->name, (unsigned long long)found->size);
        member->note = listing_text(source->listing, text_string(&text));
        text_free(&text);
        listing_described(source->listing, member);
    }
    return true;
}

bool show_torch(struct source *source, struct archive *zip, const struct file_options *options, struct error *error)
{
    const struct archive_member *pickle = torch_pickle(zip);
    struct torch_archive archive;
    struct recipe_range file = {source->mapping.data, source->mapping.size};
    struct recipe_range bytes;
    struct reading reading;
    size_t place, i;
    bool ok;

    for (i = 0; i < zip->count; i++) {
        zip->members[i].may_lack_sum = true; /* torch.serialization.set_crc32_options(False), skip_data() */
    }
    if (options->member != NULL && zip_place(zip, options->member, &place)) {
        struct file_options whole = {.recursive = options->recursive, .within = options->member};

        return show_zip_member(source, &zip->members[place], &whole, error);
    }
    if (pickle == NULL) {
        return error_set(error, ERROR_INPUT, "is an archive without a 'NAME/data.pkl': torch did not write it");
    }
    if (!torch_archive_open(&archive, zip, &source->mapping, error)) {
        return false;
    }
    ok = (archive.twice == NULL ||
          error_set(error, ERROR_INPUT, "has '%.60s' twice: -t npz lists its members", archive.twice)) &&
         open_pickle(source, pickle, &bytes, error) &&
         reading_parse(&reading, file, bytes, source_pages(source), &source->arena, error);
    if (ok) {
        reading.persistent = torch_persistent;
        reading.context = &archive.storages;
        ok = show_reading(source, &reading, options, error);
    }
    if (ok && zip->prefix > 0) {
        bool another = zip->prefix >= 4 && memcmp(source->mapping.data, "PK\3\4", 4) == 0;

        notes_add(&source->notes, "%llu bytes before the archive%s", (unsigned long long)zip->prefix,
                  another ? " begin as another: of several archives the last is shown" : "");
    }
    if (ok && source->listing != NULL && options->member == NULL) {
        ok = list_others(source, &archive, zip) || error_no_memory(error);
    }
    torch_archive_close(&archive);
    return ok;
}

bool load_torch(struct source *source, const struct file_options *options, struct error *error)
{
    struct recipe_range file = {source->mapping.data, source->mapping.size};
    struct reading reading;

    struct archive zip;
    bool ok;

    if (!torch_is_older(source->mapping.data, source->mapping.size)) {
        if (!archive_read(&zip, &source->mapping, error)) {
            return false;
        }
        ok = show_torch(source, &zip, options, error);
        archive_free(&zip);
        return ok;
    }
    source->arena.limit = pickle_arena_limit(source->mapping.size);
    return torch_older_parse(&reading, file, file, &source->arena, error) &&
           show_reading(source, &reading, options, error);
}
