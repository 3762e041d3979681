#define _GNU_SOURCE 1 /* SEEK_DATA */

#include "dump/dump.h"

#include "base/error.h"
#include "base/output.h"
#include "dump/hexdump.h"
#include "dump/hexdump_lines.h"
#include "memory/guard.h"
#include "memory/swap.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* --- how much ------------------------------------------------------------------- */

/* All bytes or items of a layout in an order. */
static uint64_t count_all(const struct layout *layout, enum walk_order order, bool items)
{
    ptrdiff_t low, high;

    if (order == WALK_MEMORY && !layout_block(layout, &low, &high)) {
        return 0;
    }
    if (items) {
        return (uint64_t)layout_count(layout);
    }
    return order == WALK_MEMORY ? (uint64_t)(high - low) : (uint64_t)layout->len;
}

uint64_t dump_count(const struct layout *layout, const struct dump_options *options, bool items)
{
    uint64_t all = count_all(layout, options->order, items);
    uint64_t left = options->skip < all ? all - options->skip : 0;

    if (items && layout->itemsize == 0 && options->length == DUMP_ALL) {
        return 0;
    }
    return left < options->length ? left : options->length;
}

/* --- from runs to an output ------------------------------------------------------- */

/* Where the bytes go: `take` reads them under the guard. */
struct sink {
    void (*take)(struct sink *sink, const unsigned char *bytes, const unsigned char *owners, size_t size);
    struct output *output;
    struct hexdump hexdump; /* dump_hex only */
    struct swapping swapping; /* dump_binary with options->swap */
};

struct piece {
    struct sink *sink;
    const struct walk_run *run;
    size_t page;          /* bytes */
    volatile size_t good; /* bytes of the run that can be read */
};

/*
 * Read a byte of every page: cheap, and it tells how far a dump gets before anything is half done.  Memory that is not
 * there, NULL too, is expected here: only the processor is to say so, no sanitizer.
 */
__attribute__((no_sanitize("address", "undefined"))) static void probe_pages(void *context)
{
    struct piece *piece = context;
    const volatile unsigned char *bytes = piece->run->bytes;
    size_t at;

    for (at = 0; at < piece->run->size; at += piece->page - (uintptr_t)(bytes + at) % piece->page) {
        piece->good = at;
        (void)bytes[at];
    }
    piece->good = piece->run->size;
}

static void take_piece(void *context)
{
    struct piece *piece = context;

    piece->sink->take(piece->sink, piece->run->bytes, piece->run->owners, piece->good);
}

/* Give a run to the sink: all of it, or what lies in front of a fault. */
static bool take_run(struct sink *sink, const struct walk *walk, const struct walk_run *run, struct error *error)
{
    struct piece piece = {.sink = sink, .run = run, .page = (size_t)sysconf(_SC_PAGESIZE)};
    const void *address = run->bytes;
    bool good = guard_run(probe_pages, &piece, &address);

    good = guard_run(take_piece, &piece, &address) && good;
    if (sink->output->failed_errno == EFAULT) { /* write() found memory gone since */
        sink->output->failed_errno = 0;
        good = false;
    }
    return good || walk_fault(walk, run, address, error);
}

/* --- holes of sparse files -------------------------------------------------------- */

/* What is known of a file around the dump's place. */
struct extents {
    const struct dump_file *file; /* NULL when it does not help */
    uint64_t end;                 /* the position, in bytes of the walk, up to which it is known ... */
    bool hole;                    /* ... to be a hole, or data */
};

static struct extents extents_of(const struct layout *layout, const struct dump_options *options)
{
    bool straight = (options->order != WALK_F && layout_is_c_contiguous(layout)) ||
                    (options->order != WALK_LOGICAL && layout_is_f_contiguous(layout));

    return (struct extents){.file = straight ? options->file : NULL};
}

/* Learn what lies at `position`: a hole, or what is to be read (past the file's end and on any error, too). */
static void find_extent(struct extents *extents, uint64_t position)
{
    uint64_t place = extents->file->offset + position;
    off_t data = lseek(extents->file->fd, (off_t)place, SEEK_DATA), end = data;
    struct stat status;

    if (data == (off_t)place) {
        end = lseek(extents->file->fd, data, SEEK_HOLE);
    } else if (data < 0 && errno == ENXIO && fstat(extents->file->fd, &status) == 0) {
        end = status.st_size; /* no data up to the end */
    }
    extents->hole = data != (off_t)place && end > (off_t)place;
    extents->end = end > (off_t)place ? (uint64_t)end - extents->file->offset : UINT64_MAX;
}

/* How many of the `left` bytes at `position` are a hole; else *most are data. */
static uint64_t hole_at(struct extents *extents, uint64_t position, uint64_t left, size_t *most)
{
    uint64_t known;

    *most = left < SIZE_MAX ? (size_t)left : SIZE_MAX;
    if (extents->file == NULL) {
        return 0;
    }
    if (position >= extents->end) {
        find_extent(extents, position);
    }
    known = extents->end - position;
    known = known < left ? known : left;
    *most = (size_t)known;
    return extents->hole ? known : 0;
}

/* A walk as the options want it. */
static bool open_walk(struct walk *walk, const struct layout *layout, const struct dump_options *options,
                      struct error *error)
{
    if (!walk_open(walk, layout, options->order, options->mapped, error)) {
        return false;
    }
    if (options->file != NULL) {
        walk_read_file(walk, options->file->fd, options->file->offset);
    }
    return true;
}

/* --- the outputs ------------------------------------------------------------------- */

/* Go to the first byte shown; returns how many are. */
static uint64_t skip_bytes(struct walk *walk, const struct dump_options *options)
{
    walk_seek(walk, options->skip < walk->size ? options->skip : walk->size);
    return dump_count(walk->layout, options, false);
}

/* Send `left` bytes to the sink; `extents` lets dump_hex step over holes. */
static bool pass_on(struct sink *sink, struct walk *walk, struct extents *extents, uint64_t left,
                 struct error *error)
{
    while (left > 0 && sink->output->failed_errno == 0) {
        struct walk_run run = {.size = 0};
        size_t most;
        uint64_t hole = hole_at(extents, walk->position, left, &most);

        if (hole > 0) {
            hexdump_add_zeros(&sink->hexdump, hole);
            walk_seek(walk, walk->position + hole);
        } else if (!walk_next(walk, most, &run, error) || !take_run(sink, walk, &run, error)) {
            return false;
        }
        left -= hole + run.size;
    }
    return true;
}

static void take_hex(struct sink *sink, const unsigned char *bytes, const unsigned char *owners, size_t size)
{
    hexdump_add(&sink->hexdump, bytes, owners, size);
}

bool dump_hex(struct output *output, const struct layout *layout, const struct dump_options *options,
              struct error *error)
{
    struct hexdump_style style = {
        .width = options->width,
        .squeeze = options->squeeze,
        .color = options->color,
        .itemsize = (size_t)layout->itemsize,
    };
    struct sink sink = {.take = take_hex, .output = output};
    struct extents extents = extents_of(layout, options);
    struct walk walk;
    uint64_t left;
    bool ok;

    if (!open_walk(&walk, layout, options, error)) {
        return false;
    }
    left = skip_bytes(&walk, options);
    hexdump_begin(&sink.hexdump, output, &style, walk.base + (int64_t)walk.position, walk.base);
    ok = pass_on(&sink, &walk, &extents, left, error);
    hexdump_end(&sink.hexdump);
    walk_close(&walk);
    return ok;
}

/* The bytes in order, to a sink that knows no offsets. */
static bool dump_plain(struct sink *sink, const struct layout *layout, const struct dump_options *options,
                       struct error *error)
{
    struct extents unknown = {.file = NULL};
    struct walk walk;
    bool ok;

    if (!open_walk(&walk, layout, options, error)) {
        return false;
    }
    ok = pass_on(sink, &walk, &unknown, skip_bytes(&walk, options), error);
    walk_close(&walk);
    return ok;
}

static void take_binary(struct sink *sink, const unsigned char *bytes, const unsigned char *owners, size_t size)
{
    (void)owners;
    output_write(sink->output, bytes, size);
}

static void take_swapped(struct sink *sink, const unsigned char *bytes, const unsigned char *owners, size_t size)
{
    (void)owners;
    while (size > 0) {
        size_t piece = size < OUTPUT_PIPE_SIZE / 2 ? size : OUTPUT_PIPE_SIZE / 2;
        unsigned char *to = output_reserve(sink->output, piece + SWAP_MAX_UNIT);

        if (to == NULL) {
            return;
        }
        output_commit(sink->output, swap_take(&sink->swapping, bytes, piece, to));
        bytes += piece;
        size -= piece;
    }
}

bool dump_binary(struct output *output, const struct layout *layout, const struct dump_options *options,
                 struct error *error)
{
    struct sink sink = {.take = options->swap != NULL ? take_swapped : take_binary, .output = output};

    sink.swapping.swap = options->swap;
    return dump_plain(&sink, layout, options, error);
}

static void take_nothing(struct sink *sink, const unsigned char *bytes, const unsigned char *owners, size_t size)
{
    (void)sink;
    (void)bytes;
    (void)owners;
    (void)size;
}

bool dump_probe(const struct layout *layout, struct error *error)
{
    struct dump_options everything = {.order = WALK_LOGICAL, .length = DUMP_ALL};
    struct output nowhere = {.fd = -1};
    struct sink sink = {.take = take_nothing, .output = &nowhere};

    return dump_plain(&sink, layout, &everything, error);
}

static void take_hex_string(struct sink *sink, const unsigned char *bytes, const unsigned char *owners,
                            size_t size)
{
    (void)owners;
    while (size > 0) {
        size_t piece = size < OUTPUT_PIPE_SIZE / 2 ? size : OUTPUT_PIPE_SIZE / 2, i;
        unsigned char *to = output_reserve(sink->output, 2 * piece);

        if (to == NULL) {
            return;
        }
        for (i = 0; i < piece; i++) {
            memcpy(to + 2 * i, hexdump_cells + 4 * bytes[i], 2);
        }
        output_commit(sink->output, 2 * piece);
        bytes += piece;
        size -= piece;
    }
}

bool dump_hex_string(struct output *output, const struct layout *layout, const struct dump_options *options,
                     struct error *error)
{
    struct sink sink = {.take = take_hex_string, .output = output};

    return dump_plain(&sink, layout, options, error);
}
