#include "archive/directory.h"

#include "archive/archive.h"
#include "archive/end.h"
#include "archive/name.h"
#include "archive/record.h"
#include "archive/sink.h"
#include "base/error.h"
#include "files/mapping.h"

#include <stdlib.h>
#include <string.h>

static uint64_t add(uint64_t a, uint64_t b)
{
    uint64_t sum;

    return __builtin_add_overflow(a, b, &sum) ? UINT64_MAX : sum;
}

/* --- entries -------------------------------------------------------------------------- */

/* The size of the entry at `place`, in `left` bytes of directory; 0, with a fault told, for none. */
static size_t entry_size(const struct mapping *file, uint64_t place, uint64_t left, struct sink *sink)
{
    const unsigned char *entry = file->data + place;
    struct record_facts facts;
    size_t size;

    if (left < ENTRY_SIZE || memcmp(entry, "PK\1\2", 4) != 0) {
        sink_fault(sink, ARCHIVE_FAULT_ENTRY, "has no entry of its zip directory at byte %llu, where one should be",
                   (unsigned long long)place);
        return 0;
    }
    facts = record_entry(entry);
    size = ENTRY_SIZE + facts.name_length + facts.extra_length + (size_t)record_number(entry + 32, 2);
    if (size > left) {
        sink_fault(sink, ARCHIVE_FAULT_ENTRY, "has a zip directory that ends within the entry at byte %llu",
                   (unsigned long long)place);
        return 0;
    }
    return size;
}

/* Take a value of 8 bytes from the zip64 field, if there is one, for a value that says that it is there. */
static bool widen(uint64_t *value, const unsigned char **field, size_t *left)
{
    if (*value != SAYS_ZIP64 || *field == NULL) {
        return true;
    }
    if (*left < 8) {
        return false;
    }
    *value = record_number(*field, 8);
    *field += 8;
    *left -= 8;
    return true;
}

static bool read_entry(struct archive *archive, struct archive_member *member, const struct mapping *file,
                       uint64_t place, struct sink *sink, struct error *error)
{
    const unsigned char *entry = file->data + place;
    const unsigned char *name = entry + ENTRY_SIZE;
    struct record_facts facts = record_entry(entry);
    uint64_t header = record_number(entry + 42, 4);
    const unsigned char *field;
    size_t left;
    bool whole;

    member->name = name_decode(&archive->arena, (const char *)name, facts.name_length, facts.flags & FLAG_UTF8);
    if (member->name == NULL) {
        return error_no_memory(error);
    }
    field = record_zip64(name + facts.name_length, facts.extra_length, &left, &whole);
    if ((!whole || !widen(&facts.size, &field, &left) || !widen(&facts.packed, &field, &left) ||
         !widen(&header, &field, &left)) &&
        !sink_fault(sink, ARCHIVE_FAULT_ENTRY_EXTRA, "has a broken extra field for '%.60s' in its zip directory",
                    member->name)) {
        return false;
    }
    if (record_number(entry + 34, 2) != 0 &&
        !sink_fault(sink, ARCHIVE_FAULT_DISKS, "is one part of an archive on several disks")) {
        return false;
    }
    member->entry = place;
    member->header = add(header, archive->prefix);
    member->packed = facts.packed;
    member->size = facts.size;
    member->crc = facts.crc;
    member->method = facts.method;
    member->flags = facts.flags;
    return true;
}

/* Room for all entries; there may be fewer than this when one of them is none. */
static bool make_room(struct archive *archive, const struct mapping *file, const struct end *end, size_t *count,
                      struct sink *sink, struct error *error)
{
    uint64_t at = 0;
    size_t size;

    *count = 0;
    for (at = 0; at < end->size; at += size) {
        size = entry_size(file, end->directory + at, end->size - at, sink);
        if (size == 0) {
            break;
        }
        ++*count;
    }
    if (at < end->size && (sink->complain == NULL || *count == 0)) {
        return false;
    }
    archive->members = arena_array(&archive->arena, *count + 1, sizeof *archive->members);
    return archive->members != NULL || error_no_memory(error);
}

static bool read_entries(struct archive *archive, const struct mapping *file, const struct end *end,
                         struct sink *sink, struct error *error)
{
    uint64_t at = end->directory;
    size_t count;

    if (!make_room(archive, file, end, &count, sink, error)) {
        return false;
    }
    for (archive->count = 0; archive->count < count; archive->count++) {
        if (!read_entry(archive, &archive->members[archive->count], file, at, sink, error)) {
            return false;
        }
        at += entry_size(file, at, end->directory + end->size - at, sink);
    }
    return end->count == archive->count ||
           sink_fault(sink, ARCHIVE_FAULT_MISCOUNTED, "has %llu members by its end record, %zu by its zip directory",
                      (unsigned long long)end->count, archive->count);
}

/* --- what lies where ------------------------------------------------------------------- */

static int compare_places(const void *a, const void *b)
{
    const struct archive_member *first = *(const struct archive_member *const *)a;
    const struct archive_member *second = *(const struct archive_member *const *)b;

    if (first->header != second->header) {
        return first->header < second->header ? -1 : 1;
    }
    return first->entry < second->entry ? -1 : first->entry > second->entry;
}

/* Where a member ends at the earliest: its local header may have more. */
static uint64_t least_end(const struct archive_member *member, const struct mapping *file)
{
    return add(add(member->header, LOCAL_SIZE + record_entry(file->data + member->entry).name_length),
               member->packed);
}

/* Members in the order of their places: each ends where the next begins, at the latest. */
static void find_overlaps(struct archive_member *const *sorted, size_t count, uint64_t directory,
                          const struct mapping *file)
{
    struct archive_member *last = NULL; /* the one that reaches farthest so far */
    uint64_t reach = 0;
    size_t i;

    for (i = 0; i < count; i++) {
        struct archive_member *member = sorted[i];
        uint64_t end = least_end(member, file);

        member->limit = i + 1 < count && sorted[i + 1]->header < directory ? sorted[i + 1]->header : directory;
        if (last != NULL && member->header < reach) {
            member->overlaps = last;
            last->overlaps = last->overlaps == NULL ? member : last->overlaps;
        }
        if (end > reach) {
            reach = end;
            last = member;
        }
    }
}

static bool place_members(struct archive *archive, const struct mapping *file, struct error *error)
{
    struct archive_member **sorted = malloc((archive->count + 1) * sizeof(struct archive_member *));
    size_t i;

    if (sorted == NULL) {
        return error_no_memory(error);
    }
    for (i = 0; i < archive->count; i++) {
        sorted[i] = &archive->members[i];
    }
    qsort(sorted, archive->count, sizeof *sorted, compare_places);
    find_overlaps(sorted, archive->count, archive->directory, file);
    free(sorted);
    return true;
}

bool directory_read(struct archive *archive, const struct mapping *file, struct sink *sink, struct error *error)
{
    struct end end;

    *archive = (struct archive){.arena = ARENA_INIT((size_t)ARCHIVE_MAX_DIRECTORY * 8)};
    if (!end_read(&end, file, sink)) {
        return false;
    }
    archive->prefix = end.prefix;
    archive->directory = end.directory;
    if (!read_entries(archive, file, &end, sink, error) || !place_members(archive, file, error)) {
        archive_free(archive);
        return false;
    }
    return true;
}

bool archive_read(struct archive *archive, const struct mapping *file, struct error *error)
{
    struct sink sink = sink_reading(error);

    return directory_read(archive, file, &sink, error);
}

void archive_free(struct archive *archive)
{
    arena_free(&archive->arena);
    *archive = (struct archive){0};
}
