/*
 * The same thing many times over, and what that leaves behind: memory that was
 * given out and not given back, references that were taken and kept.
 */
#include "probe/child.h"

#include "base/clock.h"
#include "holders/collector.h"
#include "probe/crowd.h"

#include <malloc.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/time.h>

enum {
    REPEATS = 32,
    LEAST_REPEATS = 16, /* of what takes its time */
    REQUEST_MS = 10,    /* that a cycle of requests may take */
    REQUESTS_MS = 1000, /* .. all of them */
    EVALUATE_MS = 60,   /* .. a cycle of evaluations */
    EVALUATIONS_MS = 500,
};

/* --- measuring --- */

struct level {
    int64_t bytes, blocks, exporters;
    Py_ssize_t *references; /* of each member of the crowd */
};

/* A sanitizer brings a malloc of its own, which counts for itself: NULL where there is none. */
size_t __sanitizer_get_current_allocated_bytes(void) __attribute__((weak));

/* What malloc has given out; in pieces of the heap, and in pages of their own. */
static int64_t malloc_bytes(void)
{
    if (__sanitizer_get_current_allocated_bytes != NULL) {
        return (int64_t)__sanitizer_get_current_allocated_bytes();
    }
#ifndef __GLIBC__
    return 0; /* nobody counts */
#elif __GLIBC_PREREQ(2, 33)
    struct mallinfo2 info = mallinfo2();

    return (int64_t)(info.uordblks + info.hblkhd);
#else
    struct mallinfo info = mallinfo();

    return (int64_t)(unsigned)info.uordblks + (int64_t)(unsigned)info.hblkhd;
#endif
}

static int64_t python_blocks(void)
{
    PyObject *count = PySys_GetObject("getallocatedblocks");
    PyObject *answer = count != NULL ? PyObject_CallObject(count, NULL) : NULL;
    int64_t blocks = answer != NULL ? PyLong_AsLongLong(answer) : 0;

    Py_XDECREF(answer);
    PyErr_Clear();
    return blocks;
}

/* Objects of a type that the collector knows of, without the frozen ones. */
static int64_t count_objects(const PyTypeObject *type)
{
    PyObject *objects = type != NULL ? collector_call("get_objects", NULL) : NULL;
    int64_t count = 0;
    Py_ssize_t i;

    for (i = 0; objects != NULL && PyList_Check(objects) && i < PyList_GET_SIZE(objects); i++) {
        count += Py_TYPE(PyList_GET_ITEM(objects, i)) == type;
    }
    Py_XDECREF(objects);
    return count;
}

static void take_level(const struct crowd *crowd, const struct repeated *repeated, struct level *level)
{
    int i;

    PyType_ClearCache(); /* it keeps names that were made to look for an attribute once */
    collector_collect();
    level->exporters = count_objects(repeated->type);
    level->blocks = repeated->count_memory ? python_blocks() : 0;
    level->bytes = repeated->count_memory ? malloc_bytes() : 0;
    for (i = 0; i < crowd->count; i++) {
        level->references[i] = Py_REFCNT(crowd->members[i]);
    }
}

/* How often it can be repeated in a cycle's time; 0 when not often enough. */
static int warm_up(struct probe *probe, const struct repeated *repeated)
{
    double end = clock_seconds() + repeated->cycle_ms / 1e3;
    int i;

    for (i = 0; i < REPEATS && clock_seconds() < end; i++) {
        if (!repeated->once(probe, repeated->what)) {
            return 0;
        }
    }
    return i >= LEAST_REPEATS ? i : 0;
}

/* The least of an object's changes in references over the cycles; 0 when it gains in one and loses in another. */
static Py_ssize_t least_change(const struct level *levels, int member)
{
    Py_ssize_t least = levels[1].references[member] - levels[0].references[member];
    int cycle;

    for (cycle = 1; cycle < TRANSCRIPT_CYCLES; cycle++) {
        Py_ssize_t change = levels[cycle + 1].references[member] - levels[cycle].references[member];

        if ((change < 0) != (least < 0)) {
            return 0;
        }
        least = llabs(change) < llabs(least) ? change : least;
    }
    return least;
}

/* The object that gains or loses most references. */
static void find_changed(const struct crowd *crowd, const struct level *levels, const struct repeated *repeated,
                         struct losses *losses)
{
    Py_ssize_t most = 0;
    int i, cycle;

    for (i = 0; i < crowd->count; i++) {
        PyObject *member = crowd->members[i];
        Py_ssize_t change = least_change(levels, i);

        if (llabs(change) <= llabs(most) || member == repeated->left_out[0] || member == repeated->left_out[1]) {
            continue;
        }
        most = change;
        snprintf(losses->type, sizeof losses->type, "%s", Py_TYPE(member)->tp_name);
        for (cycle = 0; cycle < TRANSCRIPT_CYCLES; cycle++) {
            losses->references[cycle] = levels[cycle + 1].references[i] - levels[cycle].references[i];
        }
    }
}

void probe_measure(struct probe *probe, const struct repeated *repeated, const struct crowd *crowd,
                   struct losses *losses)
{
    struct level levels[TRANSCRIPT_CYCLES + 1];
    Py_ssize_t *references = calloc((size_t)crowd->count * (TRANSCRIPT_CYCLES + 1), sizeof references[0]);
    int repeats = references != NULL ? warm_up(probe, repeated) : 0;
    bool ok = repeats > 0;
    int cycle, i;

    for (cycle = 0; cycle <= TRANSCRIPT_CYCLES && ok; cycle++) {
        levels[cycle].references = references + cycle * crowd->count;
        for (i = 0; i < repeats && ok && cycle > 0; i++) {
            ok = repeated->once(probe, repeated->what);
        }
        take_level(crowd, repeated, &levels[cycle]);
    }
    if (ok) {
        losses->repeats = repeats;
        for (cycle = 0; cycle < TRANSCRIPT_CYCLES; cycle++) {
            losses->exporters[cycle] = levels[cycle + 1].exporters - levels[cycle].exporters;
            losses->bytes[cycle] = levels[cycle + 1].bytes - levels[cycle].bytes;
            losses->blocks[cycle] = levels[cycle + 1].blocks - levels[cycle].blocks;
        }
        find_changed(crowd, levels, repeated, losses);
        losses->measured = true;
    }
    free(references);
}

/* What everybody has at hand, and a broken exporter takes once too often. */
static void add_singletons(struct crowd *crowd)
{
    PyObject *const singletons[] = {Py_None, Py_True, Py_False, Py_Ellipsis, Py_NotImplemented, PyExc_BufferError};
    PyObject *const empty[] = {PyTuple_New(0), PyBytes_FromStringAndSize(NULL, 0), PyUnicode_FromString(""),
                               PyLong_FromLong(0), PyLong_FromLong(1)};
    size_t i;

    for (i = 0; i < sizeof singletons / sizeof singletons[0]; i++) {
        crowd_add(crowd, singletons[i]);
    }
    for (i = 0; i < sizeof empty / sizeof empty[0]; i++) {
        crowd_add(crowd, empty[i]);
        Py_XDECREF(empty[i]);
    }
}

bool probe_crowd(struct probe *probe, struct crowd *crowd)
{
    if (!crowd_begin(crowd)) {
        return false;
    }
    add_singletons(crowd);
    crowd_add(crowd, probe->exporter);
    crowd_add(crowd, (PyObject *)Py_TYPE(probe->exporter));
    crowd_spread(crowd, true);
    Py_XDECREF(collector_call("freeze", NULL)); /* what is there already need not be looked through every time */
    return true;
}

/* --- requests --- */

static bool request_once(struct probe *probe, int request)
{
    Py_buffer view;

    if (probe_ask(probe, request, &view, NULL) == OUTCOME_GRANTED) {
        probe_release(probe, request, &view, NULL);
    }
    return true;
}

/* The object that views have for their obj: its address, which may be that of nothing by now. */
static const PyObject *obj_of(struct probe *probe, int request)
{
    const PyObject *obj = NULL;
    Py_buffer view;

    if (probe_ask(probe, request, &view, NULL) == OUTCOME_GRANTED) {
        obj = view.obj;
        probe_release(probe, request, &view, NULL);
    }
    return obj;
}

void probe_losses(struct probe *probe, int request)
{
    static struct crowd crowd; /* a child's */
    static double begin;
    enum outcome outcome = probe->transcript->sweeps[0][request].outcome;
    struct repeated repeated = {.once = request_once, .what = request, .cycle_ms = REQUEST_MS, .count_memory = true,
                          .left_out = {probe->exporter, NULL}};

    if ((outcome != OUTCOME_GRANTED && outcome != OUTCOME_REFUSED) || probe->avoid & UINT64_C(1) << request) {
        return;
    }
    if (crowd.count == 0) {
        if (!probe_crowd(probe, &crowd)) {
            return;
        }
        begin = clock_seconds();
    }
    if ((clock_seconds() - begin) * 1e3 < REQUESTS_MS) {
        repeated.left_out[1] = obj_of(probe, request);
        probe_measure(probe, &repeated, &crowd, &probe->transcript->losses[request]);
    }
}

/* --- the expression --- */

static bool evaluate_once(struct probe *probe, int request)
{
    PyObject *module = PyImport_AddModule("__main__");
    PyObject *names = module != NULL ? PyModule_GetDict(module) : NULL;
    PyObject *value = names != NULL ? PyEval_EvalCode(probe->expression, names, names) : NULL;
    bool ok = value != NULL;

    (void)request;
    Py_XDECREF(value);
    probe_stay_one(probe);
    PyErr_Clear();
    return ok;
}

/* What the expression names, in __main__ and in the modules that it names there: types are no owners. */
static void add_names(struct crowd *crowd, PyObject *names, PyObject *namespace, bool into_modules)
{
    Py_ssize_t i;

    for (i = 0; i < PyTuple_GET_SIZE(names); i++) {
        PyObject *named = PyDict_GetItem(namespace, PyTuple_GET_ITEM(names, i));

        if (named != NULL && PyModule_Check(named) && into_modules) {
            add_names(crowd, names, PyModule_GetDict(named), false);
        } else if (named != NULL && !PyType_Check(named)) {
            crowd_add(crowd, named);
        }
    }
}

static void add_owners(struct crowd *crowd, struct probe *probe)
{
    PyObject *module = PyImport_AddModule("__main__");
    PyObject *names = PyObject_GetAttrString(probe->expression, "co_names");

    crowd_add(crowd, probe_base(probe->exporter));
    if (module != NULL && names != NULL && PyTuple_Check(names)) {
        add_names(crowd, names, PyModule_GetDict(module), true);
    }
    Py_XDECREF(names);
    PyErr_Clear();
}

/*
 * The owners are what the expression names, and what it makes of the exporter's type.  Behind a memoryview without
 * an object there may be an owner that nothing tells of: what memory is left behind must be its.  An expression that
 * takes long, or for ever, the second time is none that is judged: the alarm ends the child.
 */
void probe_evaluations(struct probe *probe, int item)
{
    struct itimerval limit = {.it_value = {.tv_usec = EVALUATIONS_MS * 1000}};
    bool view = PyMemoryView_Check(probe->exporter);
    struct repeated repeated = {.once = evaluate_once, .what = -1, .cycle_ms = EVALUATE_MS,
                          .count_memory = view && probe_base(probe->exporter) == NULL,
                          .type = view ? NULL : Py_TYPE(probe->exporter)};
    struct crowd crowd;

    (void)item;
    signal(SIGALRM, SIG_DFL);
    setitimer(ITIMER_REAL, &limit, NULL);
    if (!crowd_begin(&crowd)) {
        return;
    }
    add_owners(&crowd, probe);
    Py_XDECREF(collector_call("freeze", NULL));
    probe_measure(probe, &repeated, &crowd, &probe->transcript->evaluation);
    crowd_end(&crowd);
}
