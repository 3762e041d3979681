#include "source/source.h"

#include "base/error.h"
#include "base/suggest.h"
#include "files/array.h"
#include "files/safetensors.h"
#include "source/listing.h"
#include "source/loaders.h"

#include <stdlib.h>
#include <string.h>

static bool show_tensor(struct source *source, const struct safetensors *file, const struct safetensor *tensor,
                        struct error *error)
{
    struct array array;
    bool plain = true;

    if (!safetensors_array(tensor, &source->arena, &array, &plain, error)) {
        return error_prefix(error, "tensor '%s'", tensor->name);
    }
    source->have_offset = true;
    source->offset = file->offset + tensor->begin;
    if (!load_array(source, &array, source->mapping.data + source->offset, 0, error)) {
        return false;
    }
    text_clear(&source->dtype);
    text_puts(&source->dtype, tensor->dtype);
    if (!plain) {
        notes_add(&source->notes, "PEP 3118 cannot say %s: read as '%s'", tensor->dtype, text_string(&source->format));
    }
    if (tensor->remark != NULL) {
        notes_add(&source->notes, "%s", tensor->remark);
    }
    return true;
}

/* --- the list ------------------------------------------------------------------------ */

static bool list_tensor(struct source *source, const struct safetensors *file, const struct safetensor *tensor)
{
    struct member *member = listing_add(source->listing, tensor->name, tensor->name_length);
    struct error error = ERROR_INIT;
    struct text format = TEXT_INIT;
    struct layout layout;
    struct array array;
    bool plain = true;

    if (member == NULL) {
        return false;
    }
    member->dtype = listing_text(source->listing, tensor->dtype);
    if (!listing_has_room(source->listing)) {
        member->note = "not described: the list is long enough";
    } else if (safetensors_array(tensor, &source->arena, &array, &plain, &error) &&
               array_layout(&array, source->mapping.data + file->offset + tensor->begin, 0, &format, &layout,
                            &plain, &error)) {
        listing_set_layout(source->listing, member, &layout);
        member->note = listing_text(source->listing, tensor->remark);
    } else {
        member->note = listing_text(source->listing, error.message);
    }
    text_free(&format);
    listing_described(source->listing, member);
    return true;
}

static bool list_entry(struct listing *listing, const struct safetensors_entry *entry)
{
    struct text text = TEXT_INIT;
    struct member *member;

    text_puts(&text, "__metadata__/");
    text_append(&text, entry->key, entry->key_length);
    member = listing_add(listing, text_string(&text), text.length);
    text_clear(&text);
    if (member != NULL) {
        size_t shown = entry->value_length < MEMBER_MAX_SHOWN ? entry->value_length : MEMBER_MAX_SHOWN;

        text_putc(&text, '\'');
        text_append(&text, entry->value, shown);
        text_puts(&text, shown < entry->value_length ? "...'" : "'");
        member->type = "str";
        member->note = listing_text(listing, text_string(&text));
        listing_described(listing, member);
    }
    text_free(&text);
    return member != NULL;
}

static bool list_all(struct source *source, const struct safetensors *file, struct error *error)
{
    size_t all = file->count + file->metadata_count;
    size_t i;

    source->listing = listing_new(NULL);
    if (source->listing == NULL) {
        return error_no_memory(error);
    }
    for (i = 0; i < all && i < LISTING_MAX; i++) {
        if (!(i < file->metadata_count ? list_entry(source->listing, &file->metadata[i])
                                       : list_tensor(source, file, &file->tensors[i - file->metadata_count]))) {
            return error_no_memory(error);
        }
    }
    listing_end(source->listing, all);
    return true;
}

/* --- one tensor ------------------------------------------------------------------------- */

/* "#3": the place among the tensors. */
static const struct safetensor *at_place(const struct safetensors *file, const char *text)
{
    char *end;
    size_t place;

    if (text[0] != '#' || text[1] < '0' || text[1] > '9') {
        return NULL;
    }
    place = strtoull(text + 1, &end, 10);
    return *end == '\0' && place < file->count ? &file->tensors[place] : NULL;
}

/* "; did you mean 'weights'?" */
static void tell_near(const struct safetensors *file, const char *wanted, struct error *error)
{
    const char *near = NULL;
    size_t edits = SIZE_MAX;
    size_t i;

    for (i = 0; i < file->count && i < SUGGEST_COMPARED; i++) {
        near = suggest_nearer(wanted, file->tensors[i].name, &edits) ? file->tensors[i].name : near;
    }
    if (near != NULL) {
        error_append(error, "; did you mean '%s'?", near);
    }
}

/* The one tensor of that name; a name that is there twice chooses none. */
static const struct safetensor *choose(const struct safetensors *file, const char *wanted, struct error *error)
{
    const struct safetensor *found = NULL;
    size_t i;

    for (i = 0; i < file->count; i++) {
        if (strcmp(file->tensors[i].name, wanted) != 0) {
            continue;
        }
        if (found != NULL) {
            error_set(error, ERROR_INPUT, "has '%s' twice: choose --member '#%td' or '#%zu'", wanted,
                      found - file->tensors, i);
            return NULL;
        }
        found = &file->tensors[i];
    }
    if (found == NULL) {
        found = at_place(file, wanted);
    }
    for (i = 0; found == NULL && i < file->metadata_count; i++) {
        if (strncmp(wanted, "__metadata__/", strlen("__metadata__/")) == 0 &&
            strcmp(wanted + strlen("__metadata__/"), file->metadata[i].key) == 0) {
            error_set(error, ERROR_INPUT, "the member is of type str ('%.60s'), no buffer", file->metadata[i].value);
            return NULL;
        }
    }
    if (found == NULL) {
        error_set(error, ERROR_INPUT, "has no tensor '%s': without --member its %zu are listed", wanted, file->count);
        tell_near(file, wanted, error);
    }
    return found;
}

bool load_safetensors(struct source *source, const struct file_options *options, struct error *error)
{
    struct safetensors file;
    const struct safetensor *tensor;

    source->arena.limit += safetensors_arena_limit(source->mapping.data, source->mapping.size);
    if (!safetensors_parse(&file, source->mapping.data, source->mapping.size, &source->arena, error)) {
        return false;
    }
    if (file.trailing > 0) {
        notes_add(&source->notes, "%llu bytes at the end belong to no tensor", (unsigned long long)file.trailing);
    }
    if (options->member == NULL && (file.count != 1 || file.metadata_count > 0)) {
        return list_all(source, &file, error);
    }
    tensor = options->member != NULL ? choose(&file, options->member, error) : &file.tensors[0];
    return tensor != NULL && show_tensor(source, &file, tensor, error);
}
