#include "walk/threads.h"

#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>

enum { WORTH_A_THREAD = 256 * 1024 }; /* bytes */

struct parts {
    atomic_size_t next;
    size_t count;
    atomic_bool failed;
};

struct worker {
    worker_function *work;
    void *context;
    size_t number;
    struct parts *parts;
    bool threaded;
    pthread_t thread;
};

bool parts_take(struct parts *parts, size_t *part)
{
    *part = atomic_fetch_add(&parts->next, 1);
    return *part < parts->count && !parts->failed;
}

size_t count_workers(size_t bytes)
{
    size_t most = bytes / WORTH_A_THREAD;
    cpu_set_t set;
    size_t processors = sched_getaffinity(0, sizeof set, &set) == 0 ? (size_t)CPU_COUNT(&set) : 1;

    most = most < processors ? most : processors;
    most = most < WORKERS_MAX ? most : WORKERS_MAX;
    return most > 0 ? most : 1;
}

/*
 * Where threads may run: anywhere but where this one does.  Put there, they
 * would wait for the system to find out that other processors have nothing to do.
 * Not every C library (musl) can say where a thread is to begin.
 */
static void place_threads(pthread_attr_t *attributes)
{
#ifdef __GLIBC__
    int here = sched_getcpu();
    cpu_set_t set;

    if (here >= 0 && sched_getaffinity(0, sizeof set, &set) == 0) {
        CPU_CLR((size_t)here, &set);
        if (CPU_COUNT(&set) > 0) {
            pthread_attr_setaffinity_np(attributes, sizeof set, &set);
        }
    }
#else
    (void)attributes;
#endif
}

static void *run_worker(void *context)
{
    struct worker *worker = context;

    if (!worker->work(worker->context, worker->number, worker->parts)) {
        worker->parts->failed = true;
    }
    return NULL;
}

/* In its place, or, where that is refused, in any. */
static bool start_thread(struct worker *worker, const pthread_attr_t *place)
{
    return pthread_create(&worker->thread, place, run_worker, worker) == 0 ||
           pthread_create(&worker->thread, NULL, run_worker, worker) == 0;
}

/* Signals are for the thread that was there before. */
static void start_threads(struct worker *workers, size_t count)
{
    pthread_attr_t place;
    sigset_t all, before;
    size_t i;

    if (count == 0 || pthread_attr_init(&place) != 0) {
        return;
    }
    place_threads(&place);
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    for (i = 0; i < count; i++) {
        workers[i].threaded = start_thread(&workers[i], &place);
    }
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    pthread_attr_destroy(&place);
}

bool share_out(size_t count, size_t parts, worker_function *work, void *context)
{
    struct parts shared = {.count = parts};
    struct worker workers[WORKERS_MAX];
    size_t i;

    for (i = 0; i < count; i++) {
        workers[i] = (struct worker){.work = work, .context = context, .number = i, .parts = &shared};
    }
    start_threads(workers + 1, count - 1);
    run_worker(&workers[0]);
    for (i = 1; i < count; i++) {
        if (workers[i].threaded) {
            pthread_join(workers[i].thread, NULL);
        }
    }
    return !shared.failed;
}
