/*
 * libFuzzer: any file, opened by its content: a buffer lies in the bytes that are there, a listing can be shown, and
 * a member of it is opened by its name as by what the list says of it.
 */
#include "base/error.h"
#include "source/listing.h"
#include "source/source.h"

#include "fuzz.h"

#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

static const char *make_file(const uint8_t *data, size_t size)
{
    static char path[64];
    static int fd = -1;

    if (fd < 0) {
        fd = memfd_create("file", MFD_CLOEXEC);
        snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
    }
    require(fd >= 0 && ftruncate(fd, 0) == 0 && pwrite(fd, data, size, 0) == (ssize_t)size);
    return path;
}

static void check_buffer(const struct layout *layout)
{
    struct error error = ERROR_INIT;
    volatile unsigned char seen;
    ptrdiff_t low, high;

    require(layout_check(layout, &error) && layout_block(layout, &low, &high));
    if (high > low) {
        seen = layout->buf[low];
        seen = layout->buf[high - 1];
        (void)seen;
    }
}

static void check_listing(const struct listing *listing)
{
    size_t i;

    require(listing->count <= LISTING_MAX && (listing->count == 0 || listing->members != NULL));
    for (i = 0; i < listing->count; i++) {
        const struct member *member = &listing->members[i];
        struct error error = ERROR_INIT;
        struct layout layout;

        require(member->name != NULL && (member->note == NULL || *member->note != '\0'));
        if (member_layout(member, &layout)) {
            require(layout_check(&layout, &error) && strlen(layout.format) < LISTING_MAX_TEXT);
        }
    }
}

static void open_member(const char *path, const struct member *member, bool recursive)
{
    struct file_options options = {.kind = SOURCE_AUTO, .member = member->name};
    struct error error = ERROR_INIT;
    struct layout listed;
    struct source source;

    if (source_file(&source, path, &options, &error)) {
        require(source.from_file != (source.listing != NULL));
        if (source.from_file) {
            check_buffer(&source.layout);
        } else {
            check_listing(source.listing);
        }
        if (!recursive && source.from_file && member_layout(member, &listed)) {
            require(listed.len == source.layout.len && listed.ndim == source.layout.ndim);
        }
    } else {
        require(error.kind != ERROR_NONE && error.message[0] != '\0');
    }
    source_close(&source);
}

static void open_file(const char *path, size_t choice, bool recursive)
{
    struct file_options options = {.kind = SOURCE_AUTO, .recursive = recursive};
    struct error error = ERROR_INIT;
    struct source source;

    if (!source_file(&source, path, &options, &error)) {
        require(error.kind != ERROR_NONE && error.message[0] != '\0');
    } else if (source.listing == NULL) {
        require(source.from_file);
        check_buffer(&source.layout);
    } else {
        check_listing(source.listing);
        if (source.listing->count > 0) {
            open_member(path, &source.listing->members[choice % source.listing->count], recursive);
        }
    }
    source_close(&source);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const char *path = make_file(data, size);
    size_t choice = size > 0 ? data[size / 2] : 0;

    open_file(path, choice, false);
    open_file(path, choice, true);
    return 0;
}
