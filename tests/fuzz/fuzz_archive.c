/*
 * libFuzzer: the zip reader on any bytes.  Reading and judging must agree: what
 * is read has no fault that refuses, what is refused has one.
 */
#include "archive/archive.h"
#include "base/error.h"
#include "files/mapping.h"

#include "fuzz.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

enum { MOST = 1000 }; /* members whose complaints are kept apart */

struct heard {
    bool refused[MOST]; /* by member */
    bool whole;         /* the archive itself */
};

static bool hear(void *context, const struct archive_complaint *complaint)
{
    struct heard *heard = context;

    require(complaint->sentence[0] != '\0');
    if (complaint->member == ARCHIVE_WHOLE) {
        heard->whole |= complaint->refuses;
    } else if (complaint->member < MOST) {
        heard->refused[complaint->member] |= complaint->refuses;
    }
    return true;
}

static void check_start(const struct archive_member *member, const struct mapping *file, const unsigned char *whole)
{
    struct error error = ERROR_INIT;
    unsigned char start[100];
    size_t size;

    require(archive_start(member, file, start, sizeof start, &size, &error));
    require(size == (member->size < sizeof start ? member->size : sizeof start));
    require(size == 0 || memcmp(start, whole, size) == 0);
}

/* What comes out, whatever else is wrong; the same where nothing is. */
static void check_unpacked(const struct archive_member *member, const struct mapping *file, const struct mapping *whole)
{
    const uint64_t most = 1 << 16;
    struct error error = ERROR_INIT;
    struct mapping unpacked = {0};

    if (member->method != ARCHIVE_DEFLATED) {
        return;
    }
    if (!archive_unpack(member, file, most, &unpacked, &error)) {
        require(whole == NULL && error.kind == ERROR_INPUT && error.message[0] != '\0');
        return;
    }
    require(unpacked.size <= most && unpacked.size <= member->size);
    if (whole != NULL) {
        require(unpacked.size == (whole->size < most ? whole->size : most));
        require(unpacked.size == 0 || memcmp(unpacked.data, whole->data, unpacked.size) == 0);
    }
    mapping_close(&unpacked);
}

static void check_member(const struct archive_member *member, const struct mapping *file, bool refused)
{
    struct error error = ERROR_INIT;
    struct mapping unpacked;
    uint64_t place;

    require(member->name != NULL);
    if (!archive_open(member, file, &unpacked, &place, &error)) {
        require(refused && error.kind == ERROR_INPUT && error.message[0] != '\0');
        check_unpacked(member, file, NULL);
        return;
    }
    require(!refused);
    if (place == UINT64_MAX) {
        require(unpacked.size == member->size);
        check_unpacked(member, file, &unpacked);
        check_start(member, file, unpacked.data);
    } else {
        require(place <= file->size && member->size <= file->size - place);
        check_start(member, file, file->data + place);
    }
    mapping_close(&unpacked);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct heard heard;
    struct mapping file = {.data = size > 0 ? data : NULL, .size = size};
    struct error error = ERROR_INIT;
    struct archive archive;
    size_t i;

    memset(&heard, 0, sizeof heard);
    require(archive_check(&file, hear, &heard, &error));
    if (!archive_read(&archive, &file, &error)) {
        require(heard.whole && error.kind == ERROR_INPUT && error.message[0] != '\0');
        return 0;
    }
    require(!heard.whole);
    for (i = 0; i < archive.count && i < MOST; i++) {
        check_member(&archive.members[i], &file, heard.refused[i]);
    }
    archive_free(&archive);
    return 0;
}
