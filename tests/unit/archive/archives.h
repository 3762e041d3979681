/*
 * Zip archives for tests, made record by record, so that each byte of them can
 * be made to lie.
 */
#ifndef MVIEW_TESTS_UNIT_ARCHIVE_ARCHIVES_H
#define MVIEW_TESTS_UNIT_ARCHIVE_ARCHIVES_H

#include "files/mapping.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <zlib.h>

enum { MADE_SIZE = 64 * 1024, MADE_MEMBERS = 4 };

/* A member to make. */
struct wanted {
    const char *name;
    const char *data;
    size_t size;
    bool deflated;
    bool descriptor; /* sizes and CRC behind the data, not in front */
    bool zip64;      /* sizes in zip64 fields, in both places */
};

/* An archive, and where its records lie. */
struct made {
    unsigned char data[MADE_SIZE];
    size_t size;
    size_t local[MADE_MEMBERS], body[MADE_MEMBERS], descriptor[MADE_MEMBERS], entry[MADE_MEMBERS];
    size_t packed[MADE_MEMBERS]; /* bytes */
    size_t directory, zip64_end, locator, end;
};

static inline void put(struct made *made, uint64_t value, size_t size)
{
    while (size-- > 0) {
        made->data[made->size++] = (unsigned char)value;
        value >>= 8;
    }
}

static inline void put_bytes(struct made *made, const void *bytes, size_t size)
{
    memcpy(made->data + made->size, bytes, size);
    made->size += size;
}

static inline void poke(struct made *made, size_t place, uint64_t value, size_t size)
{
    size_t end = made->size;

    made->size = place;
    put(made, value, size);
    made->size = end;
}

/* What an entry and a local header share: version, flags, method, time, CRC, sizes, lengths. */
static inline void put_facts(struct made *made, const struct wanted *wanted, size_t packed, uint32_t crc, bool zeroed)
{
    put(made, wanted->zip64 ? 45 : 20, 2);
    put(made, wanted->descriptor ? 8 : 0, 2);
    put(made, wanted->deflated ? 8 : 0, 2);
    put(made, 0x210000, 4);
    put(made, zeroed ? 0 : crc, 4);
    put(made, wanted->zip64 ? UINT32_MAX : zeroed ? 0 : packed, 4);
    put(made, wanted->zip64 ? UINT32_MAX : zeroed ? 0 : wanted->size, 4);
    put(made, strlen(wanted->name), 2);
    put(made, wanted->zip64 ? 20 : 0, 2);
}

static inline void put_zip64_field(struct made *made, const struct wanted *wanted, size_t packed, bool zeroed)
{
    if (wanted->zip64) {
        put(made, 1, 2);
        put(made, 16, 2);
        put(made, zeroed ? 0 : wanted->size, 8);
        put(made, zeroed ? 0 : packed, 8);
    }
}

static inline uint32_t crc_of(const struct wanted *wanted)
{
    return (uint32_t)crc32(0, (const unsigned char *)wanted->data, (uInt)wanted->size);
}

/* Raw deflate, as zip has it; returns its size. */
static inline size_t put_deflated(struct made *made, const struct wanted *wanted)
{
    z_stream stream = {.next_in = (unsigned char *)(uintptr_t)wanted->data, .avail_in = (uInt)wanted->size};

    deflateInit2(&stream, 9, Z_DEFLATED, -MAX_WBITS, 8, Z_DEFAULT_STRATEGY);
    stream.next_out = made->data + made->size;
    stream.avail_out = (uInt)(MADE_SIZE - made->size);
    deflate(&stream, Z_FINISH);
    made->size += stream.total_out;
    deflateEnd(&stream);
    return stream.total_out;
}

static inline void make_member(struct made *made, size_t i, const struct wanted *wanted)
{
    size_t facts;

    made->local[i] = made->size;
    put_bytes(made, "PK\3\4", 4);
    facts = made->size;
    put_facts(made, wanted, 0, crc_of(wanted), true);
    put_bytes(made, wanted->name, strlen(wanted->name));
    put_zip64_field(made, wanted, 0, true);
    made->body[i] = made->size;
    if (wanted->deflated) {
        made->packed[i] = put_deflated(made, wanted);
    } else {
        put_bytes(made, wanted->data, wanted->size);
        made->packed[i] = wanted->size;
    }
    made->descriptor[i] = made->size;
    if (wanted->descriptor) {
        put_bytes(made, "PK\7\10", 4);
        put(made, crc_of(wanted), 4);
        put(made, made->packed[i], wanted->zip64 ? 8 : 4);
        put(made, wanted->size, wanted->zip64 ? 8 : 4);
    } else {
        size_t end = made->size;

        made->size = facts;
        put_facts(made, wanted, made->packed[i], crc_of(wanted), false);
        made->size += strlen(wanted->name);
        put_zip64_field(made, wanted, made->packed[i], false);
        made->size = end;
    }
}

static inline void make_entry(struct made *made, size_t i, const struct wanted *wanted)
{
    made->entry[i] = made->size;
    put_bytes(made, "PK\1\2", 4);
    put(made, 45, 2);
    put_facts(made, wanted, made->packed[i], crc_of(wanted), false);
    put(made, 0, 10); /* comment, disk, attributes */
    put(made, made->local[i], 4);
    put_bytes(made, wanted->name, strlen(wanted->name));
    put_zip64_field(made, wanted, made->packed[i], false);
}

static inline void make_zip64_end(struct made *made, size_t count, size_t size)
{
    made->zip64_end = made->size;
    put_bytes(made, "PK\6\6", 4);
    put(made, 44, 8);
    put(made, 45, 2);
    put(made, 45, 2);
    put(made, 0, 8);
    put(made, count, 8);
    put(made, count, 8);
    put(made, size, 8);
    put(made, made->directory, 8);
    made->locator = made->size;
    put_bytes(made, "PK\6\7", 4);
    put(made, 0, 4);
    put(made, made->zip64_end, 8);
    put(made, 1, 4);
}

/* An archive of `count` members; `zip64` gives it an end record of that kind too. */
static inline void make_archive(struct made *made, const struct wanted *wanted, size_t count, bool zip64)
{
    size_t i, size;

    memset(made, 0, sizeof *made);
    for (i = 0; i < count; i++) {
        make_member(made, i, &wanted[i]);
    }
    made->directory = made->size;
    for (i = 0; i < count; i++) {
        make_entry(made, i, &wanted[i]);
    }
    size = made->size - made->directory;
    if (zip64) {
        make_zip64_end(made, count, size);
    }
    made->end = made->size;
    put_bytes(made, "PK\5\6\0\0\0\0", 8);
    put(made, count, 2);
    put(made, count, 2);
    put(made, size, 4);
    put(made, made->directory, 4);
    put(made, 0, 2);
}

static inline struct mapping made_file(const struct made *made)
{
    return (struct mapping){.data = made->size > 0 ? made->data : NULL, .size = made->size};
}

#endif
