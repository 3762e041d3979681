#include "archive/archive.h"

#include "archive/member.h"
#include "archive/sink.h"
#include "base/error.h"
#include "files/mapping.h"
#include "files/spool.h"

#include <string.h>
#include <sys/mman.h>
#include <unistd.h>
#include <zlib.h>

enum {
    PIECE = 256 * 1024,        /* unpacked bytes at once: they stay in the cache for the CRC */
    PAGES = 1024 * 1024,       /* bytes of stored data whose pages are let go at once */
    AROUND = 128 * 1024,       /* bytes, see let_go: twice what Linux has by default */
    WORTH_LETTING_GO = 4096,   /* packed bytes; the pages of smaller members are shared by many */
    INPUT_MAX = 1 << 30,       /* packed bytes that zlib is told of at once: it counts in 32 bits */
};

/* --- pages ------------------------------------------------------------------------------------- */

/* File pages that were read can go, and what the kernel maps around each that is touched. */
static void let_go(const struct mapping *file, uint64_t at, uint64_t size)
{
    uintptr_t page_mask = ~((uintptr_t)sysconf(_SC_PAGESIZE) - 1);
    uint64_t start = at > AROUND ? at - AROUND : 0;
    uint64_t left = file->size - at;
    uintptr_t address = (uintptr_t)(file->data + start) & page_mask;

    size = left < AROUND || left - AROUND < size ? left : size + AROUND;
    if (file->mapped) {
        madvise((void *)address, (uintptr_t)(file->data + at + size) - address, MADV_DONTNEED);
    }
}

void archive_let_go(const struct archive_member *member, const struct mapping *file)
{
    if (member->packed >= WORTH_LETTING_GO && member->header < file->size) {
        let_go(file, member->header, member->packed < file->size ? member->packed : file->size);
    }
}

/* --- zlib ------------------------------------------------------------------------------------ */

struct inflater {
    z_stream stream;
    const struct mapping *file;
    const unsigned char *kept;   /* from here on pages of it are not let go, though they may have been read */
    const unsigned char *packed; /* what zlib has not been told of, */
    uint64_t left;               /* and how much of it there is, bytes */
    bool ended;                  /* the deflated data are at their end */
    bool broken;
};

static bool start_inflating(struct inflater *inflater, const struct mapping *file, const unsigned char *packed,
                            uint64_t size, struct error *error)
{
    *inflater = (struct inflater){.file = file, .kept = packed, .packed = packed, .left = size};
    return inflateInit2(&inflater->stream, -MAX_WBITS) == Z_OK || error_no_memory(error);
}

/* Up to `most` more bytes; fewer only at the end, or where the data are broken or cut. */
static size_t inflate_some(struct inflater *inflater, unsigned char *to, size_t most)
{
    z_stream *stream = &inflater->stream;
    int status = Z_OK;

    stream->next_out = to;
    stream->avail_out = (uInt)most;
    while (status == Z_OK && stream->avail_out > 0) {
        if (stream->avail_in == 0 && inflater->left > 0) {
            uInt size = inflater->left < INPUT_MAX ? (uInt)inflater->left : INPUT_MAX;

            stream->next_in = (unsigned char *)(uintptr_t)inflater->packed;
            stream->avail_in = size;
            inflater->packed += size;
            inflater->left -= size;
        }
        status = inflate(stream, Z_NO_FLUSH);
    }
    if (stream->next_in != NULL && stream->next_in - inflater->kept >= PAGES) {
        let_go(inflater->file, (uint64_t)(inflater->kept - inflater->file->data),
               (uint64_t)(stream->next_in - inflater->kept));
        inflater->kept = stream->next_in;
    }
    inflater->ended = status == Z_STREAM_END;
    inflater->broken = status != Z_OK && status != Z_STREAM_END && status != Z_BUF_ERROR;
    return most - stream->avail_out;
}

static const char *what_is_broken(const struct inflater *inflater)
{
    return inflater->stream.msg != NULL ? inflater->stream.msg : "it needs what is not there";
}

/* --- the start of a member ---------------------------------------------------------------------- */

static bool inflate_start(const struct archive_member *member, const struct mapping *file,
                          const unsigned char *packed, unsigned char *to, size_t most, size_t *size,
                          struct error *error)
{
    struct inflater inflater;
    bool ok;

    if (member->size == 0) {
        *size = 0;
        return true;
    }
    if (!start_inflating(&inflater, file, packed, member->packed, error)) {
        return false;
    }
    most = member->size < most ? (size_t)member->size : most;
    *size = inflate_some(&inflater, to, most);
    ok = !inflater.broken ||
         error_set(error, ERROR_INPUT, "has broken deflated data: %s", what_is_broken(&inflater));
    inflateEnd(&inflater.stream);
    return ok;
}

bool archive_locate(const struct archive_member *member, const struct mapping *file, const unsigned char **packed,
                    struct error *error)
{
    struct sink sink = sink_reading(error);
    uint64_t data, end;

    if (!member_check_entry(member, file, &sink) || !member_check_header(member, file, &data, &end, &sink)) {
        return false;
    }
    *packed = file->data + data;
    return true;
}

bool archive_start(const struct archive_member *member, const struct mapping *file, unsigned char *to, size_t most,
                   size_t *size, struct error *error)
{
    const unsigned char *packed;
    bool ok = true;

    if (!archive_locate(member, file, &packed, error)) {
        return false;
    }
    if (member->method == ARCHIVE_DEFLATED) {
        ok = inflate_start(member, file, packed, to, most, size, error);
    } else {
        *size = member->packed < most ? (size_t)member->packed : most;
        memcpy(to, packed, *size);
    }
    archive_let_go(member, file);
    return ok;
}

/* --- all of it ------------------------------------------------------------------------------------ */

static bool check_crc(const struct archive_member *member, uLong crc, struct sink *sink)
{
    return crc == member->crc || (member->may_lack_sum && member->crc == 0) ||
           sink_fault(sink, ARCHIVE_FAULT_CRC, "has CRC %08lx, but the directory says %08lx", crc,
                      (unsigned long)member->crc);
}

/* What came out is what the directory said, of what it said. */
static bool check_end(const struct archive_member *member, const struct inflater *inflater, uint64_t done,
                      struct sink *sink)
{
    uint64_t behind = inflater->left + inflater->stream.avail_in;

    if (inflater->broken) {
        return sink_fault(sink, ARCHIVE_FAULT_DATA, "has broken deflated data: %s", what_is_broken(inflater));
    }
    if (done > member->size) {
        return sink_fault(sink, ARCHIVE_FAULT_DATA, "unpacks to more than the %llu bytes that the directory says",
                          (unsigned long long)member->size);
    }
    if (done < member->size || !inflater->ended) {
        return sink_fault(sink, ARCHIVE_FAULT_DATA, "unpacks to %llu bytes, but the directory says %llu",
                          (unsigned long long)done, (unsigned long long)member->size);
    }
    return behind == 0 || sink_fault(sink, ARCHIVE_FAULT_DATA, "has %llu packed bytes behind the end of its data",
                                     (unsigned long long)behind);
}

bool member_inflate(const struct archive_member *member, const struct mapping *file, uint64_t data,
                    bool (*take)(void *context, const void *bytes, size_t size), void *context, struct sink *sink)
{
    static unsigned char piece[PIECE];
    struct inflater inflater;
    uLong crc = crc32(0, NULL, 0);
    uint64_t done = 0;
    size_t size = 1;
    bool ok = true;

    if (member->packed == 0 && member->size == 0) {
        return check_crc(member, crc, sink); /* what some writers make of nothing */
    }
    if (!start_inflating(&inflater, file, file->data + data, member->packed, sink->error)) {
        return false;
    }
    while (ok && size > 0 && !inflater.ended && !inflater.broken && done <= member->size) {
        size = inflate_some(&inflater, piece, PIECE);
        done += size;
        crc = crc32(crc, piece, (uInt)size);
        ok = take == NULL || done > member->size || take(context, piece, size);
    }
    ok = ok && check_end(member, &inflater, done, sink) && check_crc(member, crc, sink);
    inflateEnd(&inflater.stream);
    return ok;
}

bool member_check_crc(const struct archive_member *member, const struct mapping *file, uint64_t data,
                      struct sink *sink)
{
    uLong crc = crc32(0, NULL, 0);
    uint64_t at;

    for (at = 0; at < member->size; at += PAGES) {
        size_t size = member->size - at < PAGES ? (size_t)(member->size - at) : PAGES;

        crc = crc32(crc, file->data + data + at, (uInt)size);
        let_go(file, data + at, size);
    }
    return check_crc(member, crc, sink);
}

bool archive_unpack(const struct archive_member *member, const struct mapping *file, uint64_t most,
                    struct mapping *unpacked, struct error *error)
{
    static unsigned char piece[PIECE];
    struct spool spool = SPOOL_INIT;
    struct inflater inflater;
    const unsigned char *packed;
    size_t size = 1;
    bool ok;

    most = member->size < most ? member->size : most;
    if (!archive_locate(member, file, &packed, error) ||
        !start_inflating(&inflater, file, packed, member->packed, error)) {
        return false;
    }
    ok = spool_expect(&spool, most, error);
    while (ok && size > 0 && spool.size < most && !inflater.ended && !inflater.broken) {
        size = inflate_some(&inflater, piece, most - spool.size < PIECE ? (size_t)(most - spool.size) : PIECE);
        ok = spool_add(&spool, piece, size, error);
    }
    inflateEnd(&inflater.stream);
    ok = ok && spool_finish(&spool, unpacked, error);
    spool_free(&spool);
    return ok;
}

/* Where pieces go when a member is opened. */
struct taker {
    struct spool spool;
    struct error *error;
};

static bool take_piece(void *context, const void *bytes, size_t size)
{
    struct taker *taker = context;

    return spool_add(&taker->spool, bytes, size, taker->error);
}

bool archive_open(const struct archive_member *member, const struct mapping *file, struct mapping *unpacked,
                  uint64_t *place, struct error *error)
{
    struct taker taker = {.spool = SPOOL_INIT, .error = error};
    struct sink sink = sink_reading(error);
    const unsigned char *packed;
    bool ok;

    *unpacked = (struct mapping){0};
    if (!archive_locate(member, file, &packed, error)) {
        return false;
    }
    if (member->method == ARCHIVE_STORED) {
        *place = (uint64_t)(packed - file->data);
        return member_check_crc(member, file, *place, &sink);
    }
    *place = UINT64_MAX;
    ok = spool_expect(&taker.spool, member->size, error) &&
         member_inflate(member, file, (uint64_t)(packed - file->data), take_piece, &taker, &sink) &&
         spool_finish(&taker.spool, unpacked, error);
    spool_free(&taker.spool);
    return ok;
}
