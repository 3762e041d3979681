#include "memory/walk_file.h"

#include "memory/layout.h"

#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <unistd.h>

enum {
    CACHE_LINE = 64,
    PIECE_MAX = 32 * 1024,    /* bytes read at once, ... */
    STEP_MIN = 16 * 1024,     /* ... from places so far apart: less, and a fault brings in several of them */
    SCRATCH_MAX = 256 * 1024, /* bytes of pieces that one thread holds */
    THREADS_MAX = 4,
    THREAD_WORTH = 256 * 1024, /* bytes to gather that a thread more is started for */
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
    size_t group;  /* pieces held at once: what fills a run of the target */
    size_t groups; /* along dims[level - 1] */
    size_t total;  /* groups in all */
};

static size_t magnitude(ptrdiff_t stride)
{
    return stride < 0 ? (size_t)0 - (size_t)stride : (size_t)stride;
}

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
    size_t most;
    int d;

    /* Not a power of two, for pieces not to fall on the same lines of the cache. */
    reading->pitch = (reading->span / CACHE_LINE + 2) * CACHE_LINE;
    most = SCRATCH_MAX / reading->pitch;
    reading->group = reading->unit < COPY_RUN ? COPY_RUN / reading->unit : 1;
    reading->group = reading->group < most ? reading->group : most;
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

/* --- threads ---------------------------------------------------------------------- */

struct share {
    const struct reading *reading;
    int fd;
    atomic_size_t *next; /* group that nobody has taken */
    unsigned char *scratch;
    bool good;
    bool threaded;
    pthread_t thread;
};

static void gather_share(struct share *share)
{
    size_t number;

    share->good = true;
    while (share->good && (number = atomic_fetch_add(share->next, 1)) < share->reading->total) {
        share->good = gather_group(share->reading, share->fd, number, share->scratch);
    }
}

/* The same file, opened once more: its position and what the system knows of its readers are nobody else's. */
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
static void *run_thread(void *context)
{
    struct share *share = context;
    int shared = share->fd;

    unshare(CLONE_FILES);
    share->fd = open_again(shared);
    if (share->fd >= 0) {
        gather_share(share);
        close(share->fd);
    } else {
        share->fd = shared;
        gather_share(share);
    }
    return NULL;
}

static size_t count_shares(const struct reading *reading)
{
    size_t bytes = reading->total * reading->group * reading->span;
    size_t most = bytes / THREAD_WORTH;
    cpu_set_t set;
    size_t processors = sched_getaffinity(0, sizeof set, &set) == 0 ? (size_t)CPU_COUNT(&set) : 1;

    most = most < processors ? most : processors;
    most = most < THREADS_MAX ? most : THREADS_MAX;
    return most > 0 ? most : 1;
}

/*
 * Where threads may start: anywhere but where this one runs.  Put there, they
 * would wait for the system to find out that other processors have nothing to do.
 */
static void place_threads(pthread_attr_t *attributes)
{
    int here = sched_getcpu();
    cpu_set_t set;

    if (here >= 0 && sched_getaffinity(0, sizeof set, &set) == 0) {
        CPU_CLR((size_t)here, &set);
        if (CPU_COUNT(&set) > 0) {
            pthread_attr_setaffinity_np(attributes, sizeof set, &set);
        }
    }
}

/* Signals are for the thread that was there before. */
static void start_threads(struct share *shares, size_t count)
{
    pthread_attr_t attributes;
    sigset_t all, before;
    size_t i;

    if (count == 0 || pthread_attr_init(&attributes) != 0) {
        return;
    }
    place_threads(&attributes);
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    for (i = 0; i < count; i++) {
        shares[i].threaded = pthread_create(&shares[i].thread, &attributes, run_thread, &shares[i]) == 0;
    }
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    pthread_attr_destroy(&attributes);
}

/* All shares at once; the first, and what finds no thread, is done here. */
static bool gather_shares(struct share *shares, size_t count)
{
    bool good = true;
    size_t i;

    start_threads(shares + 1, count - 1);
    for (i = 0; i < count; i++) {
        if (!shares[i].threaded) {
            gather_share(&shares[i]);
        }
    }
    for (i = 0; i < count; i++) {
        if (shares[i].threaded) {
            pthread_join(shares[i].thread, NULL);
        }
        good = good && shares[i].good;
    }
    return good;
}

bool file_gather(const struct file_memory *file, unsigned char *to, const unsigned char *from, size_t unit,
                 int ndim, const struct copy_dim *dims, unsigned how)
{
    struct reading reading = {file, to, from, unit, ndim, dims, how, 0, 0, 0, 0, 0, 0, 0};
    struct share shares[THREADS_MAX] = {{.reading = &reading}};
    unsigned char *scratch;
    atomic_size_t next = 0;
    size_t count, size, i;
    bool good;

    find_pieces(&reading);
    find_groups(&reading);
    count = count_shares(&reading);
    size = reading.group * reading.pitch;
    scratch = aligned_alloc(CACHE_LINE, count * size);
    if (scratch == NULL) {
        return false;
    }
    for (i = 0; i < count; i++) {
        shares[i].reading = &reading;
        shares[i].fd = file->fd;
        shares[i].next = &next;
        shares[i].scratch = scratch + i * size;
    }
    good = gather_shares(shares, count);
    free(scratch);
    return good;
}
