#include "source/source.h"

#include "archive/archive.h"
#include "base/error.h"
#include "base/suggest.h"
#include "files/dtype.h"
#include "files/npy.h"
#include "foreign/foreign.h"
#include "recipe/torch_archive.h"
#include "source/listing.h"
#include "source/loaders.h"

#include <stdlib.h>
#include <string.h>

/*
 * What a member's data count as aligned to, bytes: as any unpacked array's.
 * Where a stored one happens to lie in the archive says nothing of its type.
 */
enum { MEMBER_ALIGNMENT = 16 };

enum { MAX_NEAR = 64 }; /* bytes of a name that is suggested */

/* A deflated pickle may have so many bytes unpacked: some, and so many for each of the file. */
enum { PICKLE_LEAST = 64 << 20, PICKLE_RATIO = 16 };

static uint64_t unpacked_most(const struct source *source)
{
    return PICKLE_LEAST + PICKLE_RATIO * (uint64_t)source->mapping.size;
}

/* --- listing ------------------------------------------------------------------------------ */

/* The facts of an .npy header; an array's types are needed no longer than this. */
static bool describe_array(struct listing *listing, struct member *row, const struct npy *npy)
{
    struct text text = TEXT_INIT;
    struct layout layout;
    struct error error;
    bool plain = true;

    dtype_text(npy->array.dtype, &text);
    row->dtype = listing_text(listing, text_string(&text));
    text_clear(&text);
    if (dtype_has_object(npy->array.dtype)) {
        row->note = "Python objects: a pickle inside";
    } else if (array_layout(&npy->array, NULL, MEMBER_ALIGNMENT, &text, &layout, &plain, &error)) {
        listing_set_layout(listing, row, &layout);
    } else {
        row->note = listing_text(listing, error.message);
    }
    text_free(&text);
    return row->dtype != NULL;
}

/* What a list of members needs. */
struct members {
    struct source *source;
    unsigned char *start; /* NPY_MAX_START bytes for a member's first */
    bool recursive;
    uint64_t left; /* bytes that may still be unpacked to go down into pickles */
    bool is_foreign; /* a note says what the archive is */
};

/* What lies in the pickle behind an .npy header: false, with the reason, when it cannot be told. */
static bool list_objects(struct members *members, const struct archive_member *member, size_t header,
                         struct error *error)
{
    const struct source *outer = members->source;
    struct source inner = {.mapping = outer->mapping, .listing = outer->listing, .arena = ARENA_INIT(0)};
    const unsigned char *data;
    uint64_t place;
    bool ok;

    if (member->method != ARCHIVE_STORED && member->size > members->left) {
        return error_set(error, ERROR_INPUT, "too much to be unpacked for a list: --member goes on");
    }
    members->left -= member->method != ARCHIVE_STORED ? member->size : 0;
    ok = archive_open(member, &inner.mapping, &inner.unpacked, &place, error);
    if (ok) {
        data = place != UINT64_MAX ? inner.mapping.data + place : inner.unpacked.data;
        ok = list_pickled(&inner, data + header, (size_t)member->size - header, member->name, error);
    }
    if (ok && inner.notes.count > 0) {
        ok = error_set(error, ERROR_INPUT, "%s", inner.notes.items[0]);
    }
    notes_free(&inner.notes);
    arena_free(&inner.arena);
    mapping_close(&inner.unpacked);
    return ok;
}

/* The same behind the row of the member, which says what went wrong. */
static void list_below(struct members *members, const struct archive_member *member, size_t header,
                       struct error *error)
{
    struct listing *listing = members->source->listing;
    size_t place = listing->count - 1;
    struct text note = TEXT_INIT;

    if (list_objects(members, member, header, error)) {
        return;
    }
    text_printf(&note, "%s: %s", listing->members[place].note, error->message);
    listing->members[place].note = listing_text(listing, text_string(&note));
    text_free(&note);
}

/* What other zip archives have, tells what this one is. */
static void tell_foreign(struct members *members, const char *name)
{
    struct text answer = TEXT_INIT;

    if (!members->is_foreign && foreign_zip(name, &answer)) {
        notes_add(&members->source->notes, "%s", text_string(&answer));
        members->is_foreign = true;
    }
    text_free(&answer);
}

static bool list_member(struct members *members, const struct archive_member *member, struct error *error)
{
    struct listing *listing = members->source->listing;
    struct member *row = listing_add(listing, member->name, strlen(member->name));
    const struct mapping *file = &members->source->mapping;
    struct arena arena = ARENA_INIT((size_t)16 << 20);
    struct npy npy;
    size_t size;
    bool goes_on = false;

    if (row == NULL) {
        return error_no_memory(error);
    }
    row->storage = member->method == 0 ? "stored" : member->method == 8 ? "deflated" : "packed";
    row->packed = member->packed;
    row->size = member->size;
    if (!listing_has_room(listing)) {
        row->note = "not described: the list is long enough";
    } else if (!archive_start(member, file, members->start, NPY_MAX_START, &size, error)) {
        row->note = listing_text(listing, error->message);
    } else if (!npy_is(members->start, size)) {
        row->note = "no .npy";
        tell_foreign(members, member->name);
    } else if (!npy_parse(&npy, members->start, size, member->size, true, &arena, error)) {
        row->note = listing_text(listing, error->message);
    } else {
        describe_array(listing, row, &npy);
        goes_on = members->recursive && dtype_has_object(npy.array.dtype);
    }
    listing_described(listing, row);
    if (goes_on) {
        list_below(members, member, npy.offset, error);
    }
    arena_free(&arena);
    return error->kind != ERROR_INTERRUPTED;
}

static bool list_members(struct source *source, const struct archive *archive, bool recursive, struct error *error)
{
    struct members members = {source, malloc(NPY_MAX_START), recursive, unpacked_most(source), false};
    bool ok = true;
    size_t i;

    source->listing = listing_new(NULL);
    if (members.start == NULL || source->listing == NULL) {
        free(members.start);
        return error_no_memory(error);
    }
    for (i = 0; ok && i < archive->count && listing_takes(source->listing, strlen(archive->members[i].name)); i++) {
        ok = list_member(&members, &archive->members[i], error);
    }
    source->listing->cut = source->listing->cut || i < archive->count;
    listing_end(source->listing, recursive ? 0 : archive->count);
    free(members.start);
    return ok;
}

/* --- one member ------------------------------------------------------------------------------ */

/* "#3": a place in the directory. */
static bool parse_place(const char *text, size_t *place)
{
    char *end;

    if (text[0] != '#' || text[1] < '0' || text[1] > '9') {
        return false;
    }
    *place = strtoull(text + 1, &end, 10);
    return *end == '\0';
}

bool zip_place(const struct archive *archive, const char *text, size_t *place)
{
    return parse_place(text, place) && *place < archive->count;
}

static bool is_named(const char *name, const char *wanted, const char *suffix)
{
    size_t length = strlen(wanted);

    return strncmp(name, wanted, length) == 0 && strcmp(name + length, suffix) == 0;
}

/* The one member of that name; a name that is there twice chooses none. */
static bool find_name(const struct archive *archive, const char *wanted, const char *suffix,
                      const struct archive_member **found, struct error *error)
{
    size_t first = 0;
    size_t i;

    *found = NULL;
    for (i = 0; i < archive->count; i++) {
        if (!is_named(archive->members[i].name, wanted, suffix)) {
            continue;
        }
        if (*found != NULL) {
            return error_set(error, ERROR_INPUT, "has '%s' twice: choose --member '#%zu' or '#%zu'", wanted, first, i);
        }
        *found = &archive->members[i];
        first = i;
    }
    return true;
}

/* "; did you mean 'weights'?" */
static void tell_near(const struct archive *archive, const char *wanted, struct error *error)
{
    char near[MAX_NEAR] = "";
    size_t edits = SIZE_MAX;
    size_t i;

    for (i = 0; i < archive->count && i < SUGGEST_COMPARED; i++) {
        const char *name = archive->members[i].name;
        size_t length = strlen(name);
        char plain[MAX_NEAR];

        length -= length > 4 && strcmp(name + length - 4, ".npy") == 0 ? 4 : 0;
        if (length < sizeof plain) {
            memcpy(plain, name, length);
            plain[length] = '\0';
            if (suggest_nearer(wanted, plain, &edits)) {
                memcpy(near, plain, length + 1);
            }
        }
    }
    if (near[0] != '\0') {
        error_append(error, "; did you mean '%s'?", near);
    }
}

static const struct archive_member *choose(const struct archive *archive, const char *wanted,
                                       struct error *error)
{
    const struct archive_member *found;
    size_t place;

    if (parse_place(wanted, &place)) {
        if (place < archive->count) {
            return &archive->members[place];
        }
        error_set(error, ERROR_INPUT, "has no member '%s': it has %zu, from #0 on", wanted, archive->count);
        return NULL;
    }
    if (!find_name(archive, wanted, "", &found, error)) {
        return NULL;
    }
    if (found == NULL && !find_name(archive, wanted, ".npy", &found, error)) {
        return NULL;
    }
    if (found == NULL) {
        error_set(error, ERROR_INPUT, "has no member '%s': without --member its members are listed", wanted);
        tell_near(archive, wanted, error);
    }
    return found;
}

/* The same for a path that may go on inside the member: the longest name that there is counts. */
static const struct archive_member *choose_longest(const struct archive *archive, const char *wanted,
                                               const char **rest, struct error *error)
{
    const struct archive_member *found = choose(archive, wanted, error);
    struct error shorter;
    size_t length = strlen(wanted);

    *rest = NULL;
    while (found == NULL && length > 0) {
        char *name;

        while (length > 0 && wanted[length - 1] != '/') {
            length--;
        }
        if (length-- == 0) {
            break;
        }
        name = strndup(wanted, length);
        found = name != NULL ? choose(archive, name, &shorter) : NULL;
        *rest = wanted + length + 1;
        free(name);
    }
    return found;
}

/* A member that is no .npy is shown as the bytes that it is. */
static bool show_bytes(struct source *source, const unsigned char *data, size_t size, struct error *error)
{
    notes_add(&source->notes, "the member is no .npy: these are its bytes");
    return load_bytes(source, data, size, error);
}

static bool show_content(struct source *source, const unsigned char *data, size_t size,
                         const struct file_options *options, struct error *error)
{
    struct npy npy;

    if (!npy_is(data, size)) {
        return show_bytes(source, data, size, error);
    }
    if (!npy_parse(&npy, data, size, size, true, &source->arena, error)) {
        return false;
    }
    if (dtype_has_object(npy.array.dtype)) {
        return load_pickled(source, data + npy.offset, size - npy.offset, options, error);
    }
    if (options->member != NULL) {
        return error_set(error, ERROR_INPUT, "is one buffer: there is no member '%s' in it", options->member);
    }
    source->offset += npy.offset;
    return load_array(source, &npy.array, data + npy.offset, MEMBER_ALIGNMENT, error);
}

/*
 * A pickle that deflates to next to nothing would cost what no file of that size
 * should: a larger one is for an unpacker, whose output is then read in place.
 */
bool zip_pickle_fits(const struct source *source, const struct archive_member *member, struct error *error)
{
    uint64_t most = unpacked_most(source);

    return member->method == ARCHIVE_STORED || member->size <= most ||
           error_set(error, ERROR_INPUT, "its pickle unpacks to %llu bytes; no more than %llu are, in a file of this "
                                         "size: unpack it with unzip, and look at that",
                     (unsigned long long)member->size, (unsigned long long)most);
}

/* A header that lies is found before anything is unpacked. */
static bool check_start(const struct source *source, const struct archive_member *member, struct error *error)
{
    struct arena arena = ARENA_INIT((size_t)16 << 20);
    unsigned char *start = malloc(NPY_MAX_START);
    struct npy npy;
    size_t size;
    bool ok;

    if (start == NULL) {
        return error_no_memory(error);
    }
    ok = archive_start(member, &source->mapping, start, NPY_MAX_START, &size, error) &&
         (!npy_is(start, size) || (npy_parse(&npy, start, size, member->size, true, &arena, error) &&
                                   (!dtype_has_object(npy.array.dtype) || zip_pickle_fits(source, member, error))));
    arena_free(&arena);
    free(start);
    return ok;
}

bool show_zip_member(struct source *source, const struct archive_member *member, const struct file_options *options,
                     struct error *error)
{
    const unsigned char *data;
    uint64_t place;

    if (!check_start(source, member, error) ||
        !archive_open(member, &source->mapping, &source->unpacked, &place, error)) {
        return error_prefix(error, "member '%s'", member->name);
    }
    source->have_offset = place != UINT64_MAX;
    source->offset = source->have_offset ? place : 0;
    data = source->have_offset ? source->mapping.data + place : source->unpacked.data;
    if (!show_content(source, data, (size_t)member->size, options, error)) {
        return error_prefix(error, "member '%s'", member->name);
    }
    if (place == UINT64_MAX) {
        source->have_offset = false; /* in what was unpacked, and no file */
        source->offset = 0;
    }
    return true;
}

/* An archive of one array is that array; anything else is listed. */
static bool holds_one_array(const struct archive *archive, const struct source *source)
{
    unsigned char magic[NPY_PREFIX_SIZE];
    struct error error;
    size_t size;

    return archive->count == 1 &&
           (!archive_start(&archive->members[0], &source->mapping, magic, sizeof magic, &size, &error) ||
            npy_is(magic, size));
}

/* The wished member; the only array's own parts are wished as they are listed. */
static bool show_wished(struct source *source, const struct archive *archive, const struct file_options *options,
                        struct error *error)
{
    struct file_options inner = {.recursive = options->recursive};
    const struct archive_member *member = choose_longest(archive, options->member, &inner.member, error);
    char *within;
    bool ok;

    if (member == NULL && holds_one_array(archive, source)) {
        inner.member = options->member;
        return show_zip_member(source, &archive->members[0], &inner, error);
    }
    if (member == NULL) {
        return false;
    }
    within = strndup(options->member, inner.member != NULL ? (size_t)(inner.member - options->member) - 1
                                                           : strlen(options->member));
    inner.within = within;
    ok = within != NULL ? show_zip_member(source, member, &inner, error) : error_no_memory(error);
    free(within);
    return ok;
}

bool load_npz(struct source *source, const struct file_options *options, struct error *error)
{
    struct archive archive;
    struct file_options inner = {.recursive = options->recursive};
    bool ok;

    if (!archive_read(&archive, &source->mapping, error)) {
        return false;
    }
    if (options->kind == SOURCE_AUTO && torch_pickle(&archive) != NULL) {
        source->kind = SOURCE_TORCH;
        ok = show_torch(source, &archive, options, error);
    } else if (options->member != NULL) {
        ok = show_wished(source, &archive, options, error);
    } else if (holds_one_array(&archive, source)) {
        ok = show_zip_member(source, &archive.members[0], &inner, error);
    } else {
        ok = list_members(source, &archive, options->recursive, error);
    }
    archive_free(&archive);
    return ok;
}
