#include "archive/member.h"

#include "archive/archive.h"
#include "archive/name.h"
#include "archive/record.h"
#include "archive/sink.h"
#include "files/mapping.h"

#include <string.h>
#include <unistd.h>

enum {
    MAX_VERSION = 63, /* of the format, times ten */
    HEADER_READ = 160, /* bytes: more than a local header mostly has */
    DESCRIPTOR_MAX = 24, /* bytes of a data descriptor */
    MAX_RATIO = 1032, /* deflate cannot unpack a byte to more */
};

typedef unsigned long long number; /* for printing */

/* --- the entry ------------------------------------------------------------------------- */

static const char *method_name(unsigned method)
{
    static const struct {
        unsigned method;
        const char *name;
    } names[] = {
        {1, "shrink"}, {6, "implode"}, {9, "deflate64"}, {12, "bzip2"}, {14, "lzma"}, {93, "zstd"}, {95, "xz"},
    };
    size_t i;

    for (i = 0; i < sizeof names / sizeof names[0]; i++) {
        if (names[i].method == method) {
            return names[i].name;
        }
    }
    return "unknown";
}

static bool check_name(const struct archive_member *member, const struct mapping *file, struct sink *sink)
{
    const unsigned char *entry = file->data + member->entry;
    enum name_kind kind = name_judge((const char *)entry + ENTRY_SIZE, record_entry(entry).name_length,
                                     member->flags & FLAG_UTF8);

    if (kind != NAME_GOOD) {
        return sink_fault(sink, ARCHIVE_FAULT_NAME_BYTES,
                          kind == NAME_WITH_NUL ? "has a name with a NUL in it" : "has a name that is not the UTF-8 it should be");
    }
    if (member->name[0] == '\0') {
        return sink_fault(sink, ARCHIVE_FAULT_NAME_EMPTY, "has no name");
    }
    return !name_leaves_folder(member->name) ||
           sink_fault(sink, ARCHIVE_FAULT_NAME_PATH, "has a name that leaves the folder which it is unpacked to");
}

/* What this room does not read. */
static bool check_kind(const struct archive_member *member, const struct mapping *file, struct sink *sink)
{
    unsigned version = record_entry(file->data + member->entry).version;

    if (member->flags & (FLAG_ENCRYPTED | FLAG_STRONG | FLAG_MASKED)) {
        return sink_fault(sink, ARCHIVE_FAULT_ENCRYPTED, "is encrypted");
    }
    if (member->flags & FLAG_PATCHED) {
        return sink_fault(sink, ARCHIVE_FAULT_PATCH, "is a patch of other data");
    }
    if (version > MAX_VERSION) {
        return sink_fault(sink, ARCHIVE_FAULT_VERSION, "needs version %u.%u of the zip format: up to 6.3 are read",
                          version / 10, version % 10);
    }
    return member->method == ARCHIVE_STORED || member->method == ARCHIVE_DEFLATED ||
           sink_fault(sink, ARCHIVE_FAULT_METHOD,
                      "is packed by method %u (%s): only stored and deflated ones are read", member->method,
                      method_name(member->method));
}

static bool check_sizes(const struct archive_member *member, struct sink *sink)
{
    if (member->method == ARCHIVE_STORED && member->packed != member->size) {
        return sink_fault(sink, ARCHIVE_FAULT_SIZES, "is stored, but its two sizes differ: %llu and %llu",
                          (number)member->packed, (number)member->size);
    }
    if (member->method == ARCHIVE_DEFLATED && member->size / MAX_RATIO > member->packed) {
        return sink_fault(sink, ARCHIVE_FAULT_SIZES,
                          "has %llu packed bytes, which cannot be the %llu that the directory says",
                          (number)member->packed, (number)member->size);
    }
    return true;
}

bool member_check_entry(const struct archive_member *member, const struct mapping *file, struct sink *sink)
{
    return check_name(member, file, sink) && check_kind(member, file, sink) && check_sizes(member, sink) &&
           (member->overlaps == NULL ||
            sink_fault(sink, ARCHIVE_FAULT_OVERLAP, "shares bytes with '%.60s' in the archive",
                       member->overlaps->name));
}

/* --- the local header ------------------------------------------------------------------- */

/*
 * `size` bytes of the file from `at` on, in `block` or where they lie.  A page of a mapped file that is touched costs
 * more than a few bytes that are read, for the system maps those around it too; and there may be a thousand headers.
 */
static const unsigned char *file_bytes(const struct mapping *file, uint64_t at, size_t size,
                                       unsigned char block[HEADER_READ])
{
    return file->mapped && size <= HEADER_READ &&
                   pread(file->fd, block, size, (off_t)(file->offset + at)) == (ssize_t)size
               ? block
               : file->data + at;
}

/* The sizes from the zip64 field; both are there, in this order, or only those that are wanted. */
static void widen_local(struct record_facts *facts, const unsigned char *extra)
{
    bool whole;
    size_t left;
    const unsigned char *field = record_zip64(extra, facts->extra_length, &left, &whole);

    if (facts->size == SAYS_ZIP64 && left >= 8) {
        facts->size = record_number(field, 8);
    }
    if (facts->packed == SAYS_ZIP64 && left >= 16) {
        facts->packed = record_number(field + 8, 8);
    } else if (facts->packed == SAYS_ZIP64 && left >= 8 && facts->size != SAYS_ZIP64) {
        facts->packed = record_number(field, 8);
    }
}

/* A value in the local header; with a data descriptor behind the data it may be left out. */
static bool check_value(const char *what, uint64_t local, uint64_t directory, bool may_be_zero, struct sink *sink)
{
    return local == directory || (may_be_zero && local == 0) ||
           sink_fault(sink, ARCHIVE_FAULT_HEADER, "has %s %llu by its local header, but %llu by the directory", what,
                      (number)local, (number)directory);
}

static bool is_ascii(const unsigned char *bytes, size_t length)
{
    while (length > 0 && *bytes < 0x80) {
        bytes++;
        length--;
    }
    return length == 0;
}

static bool check_facts(const struct archive_member *member, const unsigned char *entry,
                        const unsigned char *header, const struct record_facts *local, struct sink *sink)
{
    const unsigned mattering = FLAG_ENCRYPTED | FLAG_PATCHED | FLAG_STRONG | FLAG_MASKED | FLAG_UTF8;
    size_t length = record_entry(entry).name_length;
    bool late = local->flags & FLAG_DESCRIPTOR;
    unsigned differing = (local->flags ^ member->flags) & mattering;

    if (local->name_length != length || memcmp(header + LOCAL_SIZE, entry + ENTRY_SIZE, length) != 0) {
        return sink_fault(sink, ARCHIVE_FAULT_HEADER, "has another name in its local header: '%.*s'",
                          (int)(local->name_length < 60 ? local->name_length : 60),
                          (const char *)header + LOCAL_SIZE);
    }
    if (is_ascii(entry + ENTRY_SIZE, length)) {
        differing &= ~(unsigned)FLAG_UTF8; /* reads the same either way */
    }
    return (differing == 0 || sink_fault(sink, ARCHIVE_FAULT_HEADER,
                                         "has flags %04x in its local header, but %04x in the directory",
                                         local->flags, member->flags)) &&
           check_value("method", local->method, member->method, false, sink) &&
           (local->crc == member->crc || (late && local->crc == 0) ||
            sink_fault(sink, ARCHIVE_FAULT_HEADER, "has CRC %08x by its local header, but %08x by the directory",
                       (unsigned)local->crc, (unsigned)member->crc)) &&
           check_value("packed size", local->packed, member->packed, late, sink) &&
           check_value("size", local->size, member->size, late, sink);
}

/* --- behind the data ------------------------------------------------------------------------ */

/* The size of a data descriptor there that says what the directory does; 0 for none. */
static size_t descriptor_size(const struct archive_member *member, const unsigned char *bytes, uint64_t left)
{
    static const unsigned char signature[4] = {'P', 'K', 7, 8};
    size_t start = left >= 4 && memcmp(bytes, signature, 4) == 0 ? 4 : 0;
    size_t width;

    for (width = 8; width >= 4; width -= 4) {
        if (left >= start + 4 + 2 * width && record_number(bytes + start, 4) == member->crc &&
            record_number(bytes + start + 4, width) == member->packed &&
            record_number(bytes + start + 4 + width, width) == member->size) {
            return start + 4 + 2 * width;
        }
    }
    return 0;
}

static bool check_descriptor(const struct archive_member *member, const struct record_facts *local,
                             const struct mapping *file, uint64_t *end, struct sink *sink)
{
    bool told = local->crc == member->crc && local->packed == member->packed && local->size == member->size;
    uint64_t left = member->limit - *end;
    unsigned char block[HEADER_READ];
    size_t size;

    if (!(local->flags & FLAG_DESCRIPTOR)) {
        return true;
    }
    left = left < DESCRIPTOR_MAX ? left : DESCRIPTOR_MAX;
    size = descriptor_size(member, file_bytes(file, *end, (size_t)left, block), left);
    *end += size;
    return size > 0 || told ||
           sink_fault(sink, ARCHIVE_FAULT_DESCRIPTOR,
                      "has no data descriptor behind its data that says what the directory does");
}

bool member_check_header(const struct archive_member *member, const struct mapping *file, uint64_t *data,
                         uint64_t *end, struct sink *sink)
{
    uint64_t left = member->header > member->limit ? 0 : member->limit - member->header;
    size_t read = left < HEADER_READ ? (size_t)left : HEADER_READ;
    unsigned char block[HEADER_READ];
    const unsigned char *header = file_bytes(file, left > 0 ? member->header : 0, read, block);
    struct record_facts local;
    uint64_t labels;

    if (left < LOCAL_SIZE || memcmp(header, "PK\3\4", 4) != 0) {
        return sink_fault(sink, ARCHIVE_FAULT_HEADER_PLACE, "has no header at byte %llu, where the directory says",
                   (number)member->header) && false;
    }
    local = record_local(header);
    left -= LOCAL_SIZE;
    labels = local.name_length + local.extra_length;
    if (labels > left || member->packed > left - labels) {
        return sink_fault(sink, ARCHIVE_FAULT_OVERLAP,
                   "has %llu bytes by the directory, but there are %llu before what lies behind it",
                   (number)member->packed, (number)(labels > left ? 0 : left - labels)) && false;
    }
    if (labels > HEADER_READ - LOCAL_SIZE) {
        header = file->data + member->header;
    }
    widen_local(&local, header + LOCAL_SIZE + local.name_length);
    *data = member->header + LOCAL_SIZE + labels;
    *end = *data + member->packed;
    return check_facts(member, file->data + member->entry, header, &local, sink) &&
           check_descriptor(member, &local, file, end, sink);
}
