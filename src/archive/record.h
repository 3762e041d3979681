/*
 * The records of a zip archive, taken apart; for this room only.  Places are
 * bytes into the file; what lies there is checked to be in the file by whoever
 * calls.
 */
#ifndef MVIEW_ARCHIVE_RECORD_H
#define MVIEW_ARCHIVE_RECORD_H

#include <endian.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

/* Sizes of what is fixed in them, bytes. */
enum {
    LOCAL_SIZE = 30,
    ENTRY_SIZE = 46,
    END_SIZE = 22,
    LOCATOR_SIZE = 20,
    ZIP64_END_SIZE = 56,
};

/* A size or a place, and a count or a disk: it is in the zip64 field, or record. */
#define SAYS_ZIP64 UINT32_MAX
#define SAYS_ZIP64_SHORT UINT16_MAX

/* General purpose bits. */
enum {
    FLAG_ENCRYPTED = 1 << 0,
    FLAG_DESCRIPTOR = 1 << 3,
    FLAG_PATCHED = 1 << 5,
    FLAG_STRONG = 1 << 6,
    FLAG_UTF8 = 1 << 11,
    FLAG_MASKED = 1 << 13,
};

/* A number of `size` bytes, at most 8, little-endian. */
static inline uint64_t record_number(const unsigned char *bytes, size_t size)
{
    uint64_t number = 0;

    memcpy(&number, bytes, size);
    return le64toh(number);
}

/* What an entry of the directory and a local header both say. */
struct record_facts {
    unsigned version; /* needed to unpack, times ten */
    unsigned flags;
    unsigned method;
    uint32_t crc;
    uint64_t packed, size;
    size_t name_length, extra_length;
};

/* The facts of an entry (46 bytes), or a local header (30 bytes), as they stand there. */
struct record_facts record_entry(const unsigned char *entry);
struct record_facts record_local(const unsigned char *header);

/*
 * The zip64 field among extra fields: its bytes and their number; NULL when there
 * is none.  *whole tells whether the fields fill their place, but for less than
 * four bytes, as those of the directory must.
 */
const unsigned char *record_zip64(const unsigned char *extra, size_t length, size_t *size, bool *whole);

#endif
