#include "archive/archive.h"

#include "archive/directory.h"
#include "archive/member.h"
#include "archive/sink.h"
#include "base/error.h"
#include "files/mapping.h"

#include <stdlib.h>
#include <string.h>

/* What is unpacked for CRCs: bytes, and as many times the file's own as data of any sense shrink. */
enum { UNPACKED_FREE = 512 << 20, UNPACKED_TIMES = 64 };

/* A member, and the bytes of the file that it takes. */
struct place {
    const struct archive_member *member;
    size_t index;
    uint64_t end; /* bytes into the file; 0 where the member cannot be found */
};

static void speak_of(struct sink *sink, size_t index, const struct archive_member *member)
{
    sink->member = member != NULL ? index : ARCHIVE_WHOLE;
    sink->name = member != NULL ? member->name : NULL;
}

/* --- one member -------------------------------------------------------------------------- */

/* *left are the bytes that may still be unpacked. */
static bool check_data(const struct archive_member *member, const struct mapping *file, uint64_t data, uint64_t *left,
                       struct sink *sink)
{
    if (member->method == ARCHIVE_STORED) {
        return member_check_crc(member, file, data, sink);
    }
    if (member->size > *left) {
        return sink_fault(sink, ARCHIVE_FAULT_BOMB,
                          "unpacks to %llu bytes, and takes %llu in the file: its checksum is not looked at",
                          (unsigned long long)member->size, (unsigned long long)member->packed);
    }
    *left -= member->size;
    return member_inflate(member, file, data, NULL, NULL, sink);
}

/* False when hearing was stopped, or memory ran out. */
static bool check_member(struct place *place, const struct mapping *file, uint64_t *left, struct sink *sink)
{
    const struct archive_member *member = place->member;
    size_t before = sink->refused;
    uint64_t data;

    speak_of(sink, place->index, member);
    if (!member_check_entry(member, file, sink)) {
        return false;
    }
    if (sink->refused > before) {
        return true; /* its header could be anything */
    }
    if (!member_check_header(member, file, &data, &place->end, sink)) {
        return !sink->stopped;
    }
    return sink->refused > before || check_data(member, file, data, left, sink);
}

/* --- members among each other ------------------------------------------------------------ */

static int compare_names(const void *a, const void *b)
{
    const struct place *first = a;
    const struct place *second = b;
    int order = strcmp(first->member->name, second->member->name);

    return order != 0 ? order : first->index < second->index ? -1 : 1;
}

static bool check_names(struct place *places, size_t count, struct sink *sink)
{
    size_t i;

    qsort(places, count, sizeof *places, compare_names);
    for (i = 1; i < count; i++) {
        if (strcmp(places[i].member->name, places[i - 1].member->name) != 0) {
            continue;
        }
        speak_of(sink, places[i].index, places[i].member);
        if (!sink_fault(sink, ARCHIVE_FAULT_NAME_TWICE, "has the name of #%zu too", places[i - 1].index)) {
            return false;
        }
    }
    return true;
}

static int compare_places(const void *a, const void *b)
{
    uint64_t first = ((const struct place *)a)->member->header;
    uint64_t second = ((const struct place *)b)->member->header;

    return first < second ? -1 : first > second;
}

/* Bytes between members.  Where a member cannot be found, nothing is known of what lies behind it. */
static bool check_gaps(const struct archive *archive, struct place *places, struct sink *sink)
{
    uint64_t end = archive->prefix;
    size_t i;

    speak_of(sink, 0, NULL);
    qsort(places, archive->count, sizeof *places, compare_places);
    for (i = 0; i <= archive->count; i++) {
        uint64_t next = i < archive->count ? places[i].member->header : archive->directory;

        if (end != 0 && next > end &&
            !sink_fault(sink, ARCHIVE_FAULT_GAP, "has %llu bytes from byte %llu on that belong to no member",
                        (unsigned long long)(next - end), (unsigned long long)end)) {
            return false;
        }
        end = i < archive->count ? places[i].end : 0;
    }
    return true;
}

static bool check_members(const struct archive *archive, const struct mapping *file, struct sink *sink,
                          struct error *error)
{
    struct place *places = calloc(archive->count + 1, sizeof *places);
    bool ok = places != NULL || error_no_memory(error);
    uint64_t left = UNPACKED_FREE + (uint64_t)file->size * UNPACKED_TIMES;
    size_t i;

    for (i = 0; ok && i < archive->count; i++) {
        places[i] = (struct place){.member = &archive->members[i], .index = i};
        ok = check_member(&places[i], file, &left, sink);
    }
    ok = ok && check_names(places, archive->count, sink) && check_gaps(archive, places, sink);
    free(places);
    return ok;
}

bool archive_check(const struct mapping *file, archive_complain *complain, void *context, struct error *error)
{
    struct sink sink = {.complain = complain, .context = context, .error = error, .member = ARCHIVE_WHOLE};
    struct error no_memory = ERROR_INIT;
    struct archive archive;
    bool ok;

    if (!directory_read(&archive, file, &sink, &no_memory)) {
        return no_memory.kind == ERROR_NONE ? !sink.stopped : error_no_memory(error);
    }
    ok = (archive.prefix == 0 ||
          sink_fault(&sink, ARCHIVE_FAULT_PREFIX, "has %llu bytes before the archive",
                     (unsigned long long)archive.prefix)) &&
         check_members(&archive, file, &sink, error);
    archive_free(&archive);
    return ok;
}
