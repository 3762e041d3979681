/*
 * One member, held against all that the archive says of it; for this room only.
 */
#ifndef MVIEW_ARCHIVE_MEMBER_H
#define MVIEW_ARCHIVE_MEMBER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct archive_member;
struct error;
struct mapping;
struct sink;

/* Its entry alone.  False when reading stops. */
bool member_check_entry(const struct archive_member *member, const struct mapping *file, struct sink *sink);

/*
 * Its local header and data descriptor too, where its entry can be believed:
 * *data is where its packed bytes begin, and *end where the member does, bytes
 * into the file.  False when there are no such bytes, or reading stops.
 */
bool member_check_header(const struct archive_member *member, const struct mapping *file, uint64_t *data,
                         uint64_t *end, struct sink *sink);

/*
 * Unpack a deflated member, whose packed bytes lie at `data`, bytes into the
 * file, piece by piece into `take`, or nowhere when that is NULL.  Size and CRC
 * are checked.  False when reading stops, or `take` fails.
 */
bool member_inflate(const struct archive_member *member, const struct mapping *file, uint64_t data,
                    bool (*take)(void *context, const void *bytes, size_t size), void *context, struct sink *sink);

/* The CRC of a stored one, whose bytes lie at `data`, bytes into the file; pages of a mapped one are let go. */
bool member_check_crc(const struct archive_member *member, const struct mapping *file, uint64_t data,
                      struct sink *sink);

#endif
