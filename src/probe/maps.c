/*
 * What the kernel has mapped: whether memory that an exporter calls readable
 * and writable is so is looked up, never tried.
 */
#include "probe/child.h"

#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct mapping {
    uint64_t low, high;
    bool readable, writable;
};

/* The child's picture of /proc/self/maps, in order of addresses; read again when an address is not in it. */
static struct mapping *mappings;
static size_t mapping_count;

static char *read_file(const char *path)
{
    enum { PIECE = 32 * 1024 };
    size_t size = 0, capacity = 0;
    char *text = NULL;
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    ssize_t n = fd >= 0 ? 1 : -1;

    while (n > 0) {
        if (capacity - size <= PIECE) {
            char *more = realloc(text, capacity + 4 * PIECE);

            if (more == NULL) {
                break;
            }
            text = more;
            capacity += 4 * PIECE;
        }
        n = read(fd, text + size, PIECE);
        size += n > 0 ? (size_t)n : 0;
    }
    if (fd >= 0) {
        close(fd);
    }
    if (n != 0) {
        free(text);
        return NULL;
    }
    text[size] = '\0';
    return text;
}

/* A line is "LOW-HIGH rwxp ...", the addresses in hexadecimal. */
static bool parse_line(const char *line, struct mapping *mapping)
{
    char *end;

    mapping->low = strtoull(line, &end, 16);
    if (*end != '-') {
        return false;
    }
    mapping->high = strtoull(end + 1, &end, 16);
    if (end[0] != ' ' || end[1] == '\0' || end[2] == '\0') {
        return false;
    }
    mapping->readable = end[1] == 'r';
    mapping->writable = end[2] == 'w';
    return true;
}

static void read_mappings(void)
{
    char *text = read_file("/proc/self/maps");
    size_t lines = 0;
    const char *line;

    free(mappings);
    mappings = NULL;
    mapping_count = 0;
    for (line = text; line != NULL && (line = strchr(line, '\n')) != NULL; line++) {
        lines++;
    }
    mappings = lines > 0 ? calloc(lines, sizeof *mappings) : NULL;
    for (line = text; mappings != NULL && line != NULL && *line != '\0' && mapping_count < lines;) {
        mapping_count += parse_line(line, &mappings[mapping_count]);
        line = strchr(line, '\n');
        line = line != NULL ? line + 1 : NULL;
    }
    free(text);
}

static bool allows(const struct mapping *mapping, bool write)
{
    return write ? mapping->writable : mapping->readable;
}

/* The addresses around one, mapped without a gap and with the permission. */
static struct range around(uint64_t address, bool write)
{
    struct range range = {0, 0};
    size_t i, first, last;

    for (i = 0; i < mapping_count; i++) {
        if (address >= mappings[i].low && address < mappings[i].high) {
            break;
        }
    }
    if (i == mapping_count || !allows(&mappings[i], write)) {
        return range;
    }
    for (first = i; first > 0 && mappings[first - 1].high == mappings[first].low &&
                    allows(&mappings[first - 1], write);) {
        first--;
    }
    for (last = i; last + 1 < mapping_count && mappings[last + 1].low == mappings[last].high &&
                   allows(&mappings[last + 1], write);) {
        last++;
    }
    return (struct range){mappings[first].low, mappings[last].high};
}

static bool covers(struct range range, uint64_t low, uint64_t size)
{
    return low >= range.low && low <= range.high && size <= range.high - low;
}

void probe_map_range(uint64_t address, int64_t size, bool write, struct range *readable, struct range *writable)
{
    uint64_t bytes = size > 0 ? (uint64_t)size : 0;
    int tries;

    for (tries = 0; tries < 2; tries++) {
        if (mappings == NULL || tries > 0) {
            read_mappings();
        }
        *readable = around(address, false);
        *writable = around(address, true);
        if (covers(*readable, address, bytes) && (!write || covers(*writable, address, bytes))) {
            return;
        }
    }
    if (mapping_count == 0) {
        /* Without /proc nothing is known, and so nothing is found wrong. */
        *readable = *writable = (struct range){0, UINT64_MAX};
    }
}

void probe_map(const Py_buffer *view, struct range *readable, struct range *writable)
{
    probe_map_range((uintptr_t)view->buf, view->len, !view->readonly, readable, writable);
}
