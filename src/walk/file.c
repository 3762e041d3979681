#include "walk/file.h"

#include "memory/layout.h"
#include "walk/threads.h"

#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <unistd.h>

enum {
    PIECE_MAX = 32 * 1024,    /* bytes read at once, ... */
    STEP_MIN = 16 * 1024,     /* ... from places so far apart: less, and a fault brings in several of them */
    SCRATCH_MAX = 256 * 1024, /* bytes of pieces that one thread holds */
};

/* A box as pieces: dims[level ..] lie in one, dims[level - 1] are the pieces that are read one after another.
 */
struct reading {
    const struct file_memory *file;
    unsigned char *to;
    const unsigned char *from;
    size_t unit;
    int ndim;
    const struct copy_dim *dims;
    unsigned how; /* as for copy_box */
    int level;
    size_t span;   /* bytes from the first to the last of a piece */
    ptrdiff_t low; /* of its lowest byte, from its first unit: 0 or less */
    size_t pitch;  /* bytes from one piece to the next where they are held */
    size_t group;  /* pieces held at once: what fills a run of the target, where they are adjacent there */
    size_t groups; /* along dims[level - 1] */
    size_t total;  /* groups in all */
    unsigned char *scratch; /* for one group of each worker */
};

static void find_pieces(struct reading *reading)
{
    reading->level = reading->ndim;
    reading->span = reading->unit;
    while (reading->level > 0) {
        const struct copy_dim *dim = &reading->dims[reading->level - 1];
        ptrdiff_t reach = dim->from * (ptrdiff_t)(dim->extent - 1);

        if (magnitude(reach) > PIECE_MAX || reading->span + magnitude(reach) > PIECE_MAX) {
            break;
        }
        reading->span += magnitude(reach);
        reading->low += reach < 0 ? reach : 0;
        reading->level--;
    }
}

bool file_suits(size_t unit, int ndim, const struct copy_dim *dims)
{
    struct reading reading = {.unit = unit, .ndim = ndim, .dims = dims};

    find_pieces(&reading);
    return unit <= PIECE_MAX && reading.level > 0 && magnitude(dims[reading.level - 1].from) >= STEP_MIN;
}

static void find_groups(struct reading *reading)
{
    size_t extent = reading->dims[reading->level - 1].extent;
    size_t run = COPY_RUN, most;
    int d;

    /* An odd number of lines, for pieces not to fall on the same ones of the cache. */
    reading->pitch = ((reading->span / CACHE_LINE + 1) | 1) * CACHE_LINE;
    most = SCRATCH_MAX / reading->pitch;
    while (run > CACHE_LINE && run / reading->unit > most) {
        run /= 2; /* whole lines of the target */
    }
    reading->group = reading->unit < run ? run / reading->unit : 1;
    reading->group = reading->group < most ? reading->group : most;
    reading->group = reading->group < extent ? reading->group : extent;
    reading->groups = (extent + reading->group - 1) / reading->group;
    reading->total = reading->groups;
    for (d = 0; d < reading->level - 1; d++) {
        reading->total *= reading->dims[d].extent;
    }
}

/* Read the pieces from `from` on into the scratch. */
static bool read_pieces(const struct reading *reading, int fd, const unsigned char *from, size_t count,
                        unsigned char *scratch)
{
    const struct file_memory *file = reading->file;
    uint64_t place = file->offset + (uint64_t)(from + reading->low - file->memory);
    ptrdiff_t step = reading->dims[reading->level - 1].from;
    size_t i;

    for (i = 0; i < count; i++) {
        /* Not pread: nobody cancels these threads, and making it possible takes time. */
        long n = syscall(SYS_pread64, fd, scratch + i * reading->pitch, reading->span,
                         (off_t)(place + (uint64_t)((ptrdiff_t)i * step)));

        if (n != (long)reading->span) {
            return false;
        }
    }
    return true;
}

static bool gather_group(const struct reading *reading, int fd, size_t number, unsigned char *scratch)
{
    const struct copy_dim *along = &reading->dims[reading->level - 1];
    size_t first = number % reading->groups * reading->group;
    size_t count = along->extent - first < reading->group ? along->extent - first : reading->group;
    unsigned char *to = reading->to + (ptrdiff_t)first * along->to;
    const unsigned char *from = reading->from + (ptrdiff_t)first * along->from;
    struct copy_dim held[LAYOUT_MAX_NDIM];
    int ndim = reading->ndim - reading->level + 1;
    int d;

    number /= reading->groups;
    for (d = reading->level - 2; d >= 0; d--) {
        ptrdiff_t index = (ptrdiff_t)(number % reading->dims[d].extent);

        to += index * reading->dims[d].to;
        from += index * reading->dims[d].from;
        number /= reading->dims[d].extent;
    }
    if (!read_pieces(reading, fd, from, count, scratch)) {
        return false;
    }
    for (d = 0; d < ndim; d++) {
        held[d] = along[d];
    }
    held[0].extent = count;
    held[0].from = (ptrdiff_t)reading->pitch;
    copy_box(to, scratch - reading->low, reading->unit, ndim, held, reading->how | COPY_HELD);
    return true;
}

/* The same file, opened once more: what the system notes of its reading is nobody else's. */
static int open_again(int fd)
{
    char path[32];

    snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
    return open(path, O_RDONLY | O_CLOEXEC);
}

/*
 * Threads that share a file, or only a table of files, keep count of that
 * together, which takes as long as reading.  Where it cannot be opened again
 * (no /proc, no right to), they share it.
 */
static bool gather_groups(void *context, size_t worker, struct parts *parts)
{
    const struct reading *reading = context;
    unsigned char *scratch = reading->scratch + worker * reading->group * reading->pitch;
    int own = -1;
    size_t number;
    bool good = true;

    if (worker > 0) {
        unshare(CLONE_FILES);
        own = open_again(reading->file->fd);
    }
    while (good && parts_take(parts, &number)) {
        good = gather_group(reading, own >= 0 ? own : reading->file->fd, number, scratch);
    }
    if (own >= 0) {
        close(own);
    }
    return good;
}

bool file_gather(const struct file_memory *file, unsigned char *to, const unsigned char *from, size_t unit,
                 int ndim, const struct copy_dim *dims, unsigned how)
{
    struct reading reading = {
        .file = file, .to = to, .from = from, .unit = unit, .ndim = ndim, .dims = dims, .how = how};
    size_t workers;
    bool good;

    find_pieces(&reading);
    find_groups(&reading);
    workers = count_workers(reading.total * reading.group * reading.span);
    reading.scratch = aligned_alloc(CACHE_LINE, workers * reading.group * reading.pitch);
    if (reading.scratch == NULL) {
        return false;
    }
    good = share_out(workers, reading.total, gather_groups, &reading);
    free(reading.scratch);
    return good;
}
