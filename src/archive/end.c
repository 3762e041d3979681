#include "archive/end.h"

#include "archive/record.h"
#include "archive/sink.h"
#include "files/mapping.h"

#include <string.h>

#define NO_DIRECTORY "has no zip directory: it is cut short, or no zip archive"

enum { MAX_COMMENT = 0xffff, TAIL = 2 * MAX_COMMENT };

/* What the end record says, or the zip64 one for it. */
struct fields {
    uint64_t disk, directory_disk;
    uint64_t here, count; /* members on this disk, and on all */
    uint64_t size, offset;
};

static struct fields read_fields(const unsigned char *record)
{
    return (struct fields){
        .disk = record_number(record + 4, 2),
        .directory_disk = record_number(record + 6, 2),
        .here = record_number(record + 8, 2),
        .count = record_number(record + 10, 2),
        .size = record_number(record + 12, 4),
        .offset = record_number(record + 16, 4),
    };
}

static bool has_locator(const struct mapping *file, size_t record)
{
    return record >= LOCATOR_SIZE && memcmp(file->data + record - LOCATOR_SIZE, "PK\6\7", 4) == 0;
}

/* The next place, from `place` down, where an end record could begin; SIZE_MAX for none before `stop`. */
static size_t find_signature(const struct mapping *file, size_t place, size_t stop)
{
    while (place + 1 > stop) {
        const unsigned char *found = memrchr(file->data + stop, 'P', place + 1 - stop);

        if (found == NULL) {
            break;
        }
        if (memcmp(found, "PK\5\6", 4) == 0) {
            return (size_t)(found - file->data);
        }
        if (found == file->data) {
            break;
        }
        place = (size_t)(found - file->data) - 1;
    }
    return SIZE_MAX;
}

static size_t comment_length(const struct mapping *file, size_t record)
{
    return (size_t)record_number(file->data + record + 20, 2);
}

/* No record's comment reaches exactly to the file's end. */
static bool no_end(const struct mapping *file, size_t last, struct sink *sink)
{
    size_t record = find_signature(file, last, last > TAIL ? last - TAIL : 0);
    size_t rest, comment;

    if (record == SIZE_MAX) {
        return sink_fault(sink, ARCHIVE_FAULT_NO_END, NO_DIRECTORY) && false;
    }
    rest = last - record;
    comment = comment_length(file, record);
    if (comment > rest) {
        return sink_fault(sink, ARCHIVE_FAULT_NO_END, "is cut short: its comment has %zu bytes, %zu of them at hand",
                          comment, rest) &&
               false;
    }
    return sink_fault(sink, ARCHIVE_FAULT_BEHIND_END, "has %zu bytes behind the end of the zip archive",
                      rest - comment) &&
           false;
}

/* Whether a directory could lie in front of this record: an empty one needs an archive that is nothing else. */
static bool is_plausible(const struct mapping *file, size_t record)
{
    struct fields fields = read_fields(file->data + record);

    if (has_locator(file, record)) {
        return true;
    }
    if (fields.size == 0) {
        return record == 0;
    }
    return fields.size <= record && fields.offset <= record - fields.size &&
           memcmp(file->data + record - fields.size, "PK\1\2", 4) == 0;
}

/*
 * The end record is one whose comment reaches exactly to the file's end.  A
 * comment may hold another; zipfile takes the last, and anything for one.
 */
static bool find_end(const struct mapping *file, size_t *record, struct sink *sink)
{
    size_t last, stop, place;
    size_t count = 0, plausible = 0; /* records, and those of them that could be it */

    if (file->size < END_SIZE) {
        return sink_fault(sink, ARCHIVE_FAULT_NO_END, NO_DIRECTORY) && false;
    }
    last = file->size - END_SIZE;
    stop = last > MAX_COMMENT ? last - MAX_COMMENT : 0;
    for (place = find_signature(file, last, stop); place != SIZE_MAX;
         place = place > 0 ? find_signature(file, place - 1, stop) : SIZE_MAX) {
        if (comment_length(file, place) != last - place) {
            continue;
        }
        if (count++ == 0 || (is_plausible(file, place) && plausible == 0)) {
            *record = place;
        }
        plausible += is_plausible(file, place);
    }
    if (count == 0) {
        return no_end(file, last, sink);
    }
    if (plausible > 1 || (plausible == 0 && count > 1)) {
        return sink_fault(sink, ARCHIVE_FAULT_TWO_ENDS, "has %zu end records: readers would see different archives",
                          plausible > 1 ? plausible : count);
    }
    return count == 1 || sink_fault(sink, ARCHIVE_FAULT_END_IN_COMMENT, "has an end record in its comment, too");
}

/* --- zip64 --------------------------------------------------------------------------- */

static struct fields read_zip64_fields(const unsigned char *record)
{
    return (struct fields){
        .disk = record_number(record + 16, 4),
        .directory_disk = record_number(record + 20, 4),
        .here = record_number(record + 24, 8),
        .count = record_number(record + 32, 8),
        .size = record_number(record + 40, 8),
        .offset = record_number(record + 48, 8),
    };
}

/* A field of the end record is the zip64 one's, or says that it does not know. */
static bool agree(const struct fields *end, const struct fields *zip64)
{
    return (end->disk == zip64->disk || end->disk == SAYS_ZIP64_SHORT) &&
           (end->directory_disk == zip64->directory_disk || end->directory_disk == SAYS_ZIP64_SHORT) &&
           (end->here == zip64->here || end->here == SAYS_ZIP64_SHORT) &&
           (end->count == zip64->count || end->count == SAYS_ZIP64_SHORT) &&
           (end->size == zip64->size || end->size == SAYS_ZIP64) &&
           (end->offset == zip64->offset || end->offset == SAYS_ZIP64);
}

/* The zip64 end record in front of its locator; *record moves to where the former begins. */
static bool read_zip64(const struct mapping *file, size_t *record, struct fields *fields, struct sink *sink)
{
    const unsigned char *locator = file->data + *record - LOCATOR_SIZE;
    const unsigned char *end;
    struct fields zip64;

    if (*record < LOCATOR_SIZE + ZIP64_END_SIZE ||
        memcmp(locator - ZIP64_END_SIZE, "PK\6\6", 4) != 0 ||
        record_number(locator - ZIP64_END_SIZE + 4, 8) != ZIP64_END_SIZE - 12) {
        return sink_fault(sink, ARCHIVE_FAULT_ZIP64_END, "has a zip64 locator, but no zip64 end record in front of it") && false;
    }
    end = locator - ZIP64_END_SIZE;
    zip64 = read_zip64_fields(end);
    if (!agree(fields, &zip64) &&
        !sink_fault(sink, ARCHIVE_FAULT_ZIP64_END, "has two end records that disagree: %llu members in %llu bytes, and, "
                                                   "by the zip64 one, %llu in %llu",
                    (unsigned long long)fields->count, (unsigned long long)fields->size,
                    (unsigned long long)zip64.count, (unsigned long long)zip64.size)) {
        return false;
    }
    if ((record_number(locator + 4, 4) != 0 || record_number(locator + 16, 4) > 1) &&
        !sink_fault(sink, ARCHIVE_FAULT_DISKS, "is one part of an archive on several disks")) {
        return false;
    }
    *fields = zip64;
    *record -= LOCATOR_SIZE + ZIP64_END_SIZE;
    return true;
}

/*
 * The locator says where the zip64 end record is: without the bytes in front of the archive, if there are some, and
 * then a reader that counts them may find another there.
 */
static bool check_locator(const struct mapping *file, size_t locator, size_t end, uint64_t prefix, struct sink *sink)
{
    uint64_t place = record_number(file->data + locator + 8, 8);

    if (place != end - prefix) {
        return sink_fault(sink, ARCHIVE_FAULT_ZIP64_END, "has a zip64 locator that points elsewhere than to its end record");
    }
    return prefix == 0 || memcmp(file->data + place, "PK\6\6", 4) != 0 ||
           sink_fault(sink, ARCHIVE_FAULT_TWO_ENDS, "has 2 zip64 end records: readers would see different archives");
}

/* --- the directory's place ------------------------------------------------------------ */

static bool place_directory(struct end *end, const struct fields *fields, size_t behind, struct sink *sink)
{
    if (fields->size > behind || fields->offset > behind - fields->size) {
        return sink_fault(sink, ARCHIVE_FAULT_DIRECTORY_PLACE,
                   "cannot have a zip directory of %llu bytes at byte %llu, for its end is at byte %zu",
                   (unsigned long long)fields->size, (unsigned long long)fields->offset, behind) && false;
    }
    if (fields->size > ARCHIVE_MAX_DIRECTORY) {
        return sink_fault(sink, ARCHIVE_FAULT_DIRECTORY_LARGE, "has a zip directory of %llu bytes: more than %d are not read",
                   (unsigned long long)fields->size, ARCHIVE_MAX_DIRECTORY) && false;
    }
    *end = (struct end){
        .directory = behind - fields->size,
        .size = fields->size,
        .count = fields->count,
        .prefix = behind - fields->size - fields->offset,
    };
    return true;
}

bool end_read(struct end *end, const struct mapping *file, struct sink *sink)
{
    struct fields fields;
    size_t record = 0, behind;

    if (!find_end(file, &record, sink)) {
        return false;
    }
    fields = read_fields(file->data + record);
    behind = record;
    if (has_locator(file, record)) {
        if (!read_zip64(file, &behind, &fields, sink)) {
            return false;
        }
    } else if (fields.size == SAYS_ZIP64 || fields.offset == SAYS_ZIP64) {
        return sink_fault(sink, ARCHIVE_FAULT_ZIP64_END, "tells of a zip64 end record, but there is none") && false;
    }
    if ((fields.disk != 0 || fields.directory_disk != 0 || fields.here != fields.count) &&
        !sink_fault(sink, ARCHIVE_FAULT_DISKS, "is one part of an archive on several disks")) {
        return false;
    }
    if (!place_directory(end, &fields, behind, sink)) {
        return false;
    }
    return behind == record || check_locator(file, record - LOCATOR_SIZE, behind, end->prefix, sink);
}
