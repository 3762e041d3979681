#include <Python.h>

#include "trace/near.h"

#include "holders/frames.h"
#include "trace/recorder.h"
#include "trace/subject.h"

#include <frameobject.h>
#include <stdlib.h>

enum {
    STEPS = 3,        /* from a frame: a local, its attributes, what they hold */
    MOST_SEEN = 4096, /* objects looked at */
};

/* --- which exporters have exports ---------------------------------------------------------------- */

struct owner {
    uintptr_t behind; /* the object that programs have of it: most of the time the same */
    uintptr_t address;
};

struct owners {
    struct owner *items; /* owned; sorted */
    size_t count;
};

static int by_behind(const void *left, const void *right)
{
    uintptr_t a = ((const struct owner *)left)->behind, b = ((const struct owner *)right)->behind;

    return a < b ? -1 : a > b;
}

/* Those that have some now, and those that had when the error was raised. */
static void find_owners(struct owners *owners, const struct holdings *raised)
{
    const struct ledger *ledger = recorder_lock();
    size_t i;

    *owners = (struct owners){.items = malloc((ledger->export_count + raised->count + 1) * sizeof *owners->items)};
    for (i = 0; owners->items != NULL && i < ledger->export_count; i++) {
        const struct ledger_export *export = &ledger->exports[i];

        if (export->used) {
            bool hidden = subject_is_hidden(ledger->rows[export->row].words.type);

            owners->items[owners->count++] =
                (struct owner){hidden ? holding_behind(export) : export->view.owner, export->view.owner};
        }
    }
    recorder_unlock();
    for (i = 0; owners->items != NULL && i < raised->count; i++) {
        const struct holding *holding = &raised->items[i];
        uintptr_t owner = holding->export.view.owner;

        owners->items[owners->count++] = (struct owner){holding->behind != 0 ? holding->behind : owner, owner};
    }
    if (owners->items != NULL) {
        qsort(owners->items, owners->count, sizeof *owners->items, by_behind);
    }
}

/* --- which of them are near -------------------------------------------------------------------------- */

struct search {
    const struct owners *owners;
    struct near *near;
    PyObject **seen; /* a queue; borrowed: all that is in it is kept by the traceback meanwhile */
    size_t count;
    PyObject *avoided; /* borrowed */
};

static bool is_known(const struct search *search, const PyObject *object)
{
    size_t i;

    for (i = 0; i < search->count; i++) {
        if (search->seen[i] == object) {
            return true;
        }
    }
    return false;
}

/* What everything leads to, and leads to everything. */
static bool is_thoroughfare(PyObject *object)
{
    return PyModule_Check(object) || PyType_Check(object) || PyFunction_Check(object) || PyCode_Check(object) ||
           PyUnicode_Check(object) || PyLong_Check(object) || object == Py_None;
}

static void find(struct search *search, PyObject *object)
{
    const struct owners *owners = search->owners;
    const struct owner wanted = {.behind = (uintptr_t)object};
    const struct owner *end = owners->items + owners->count;
    const struct owner *at = bsearch(&wanted, owners->items, owners->count, sizeof wanted, by_behind);

    if (at == NULL || (search->near->exception != NULL && !subject_is_of(search->near->exception, object))) {
        return;
    }
    while (at > owners->items && at[-1].behind == wanted.behind) {
        at--;
    }
    for (; at < end && at->behind == wanted.behind && search->near->count < NEAR_MOST; at++) {
        if (search->near->count == 0 || search->near->found[search->near->count - 1] != at->address) {
            search->near->found[search->near->count++] = at->address;
        }
    }
}

static int look_at(PyObject *object, void *data)
{
    struct search *search = data;

    if (object == NULL || search->count == MOST_SEEN || object == search->avoided || is_thoroughfare(object) ||
        is_known(search, object)) {
        return 0;
    }
    search->seen[search->count++] = object;
    find(search, object);
    return 0;
}

static void go_on(struct search *search, PyObject *object)
{
    traverseproc traverse = Py_TYPE(object)->tp_traverse;

    if (traverse != NULL && PyType_IS_GC(Py_TYPE(object))) {
        traverse(object, look_at, search);
    }
}

/* Step by step from what is in the queue, until something is found. */
static void spread(struct search *search)
{
    size_t begin = 0;
    int step;

    for (step = 0; step < STEPS && search->near->count == 0; step++) {
        size_t end = search->count;

        for (; begin < end; begin++) {
            go_on(search, search->seen[begin]);
        }
    }
}

static PyObject *globals_of(PyFrameObject *frame)
{
#if PY_VERSION_HEX >= 0x030b0000
    return PyFrame_GetGlobals(frame);
#else
    Py_INCREF(frame->f_globals);
    return frame->f_globals;
#endif
}

static bool is_among(const PyObject *name, PyObject *names)
{
    Py_ssize_t i;

    for (i = 0; i < PyTuple_GET_SIZE(names); i++) {
        if (PyTuple_GET_ITEM(names, i) == name) { /* both are interned */
            return true;
        }
    }
    return false;
}

/* All that is in a dict, or what it has for some names. */
static void search_names(struct search *search, PyObject *dict, PyObject *names)
{
    PyObject *name, *value;
    Py_ssize_t place = 0;

    search->count = 0;
    while (PyDict_Next(dict, &place, &name, &value)) {
        if (names == NULL || is_among(name, names)) {
            look_at(value, search);
        }
    }
    spread(search);
}

static bool is_first(void *frame, PyThreadState *thread, void *first)
{
    if (thread == PyThreadState_Get()) {
        *(void **)first = frame;
    }
    return thread != PyThreadState_Get();
}

static bool look_at_value(PyObject *value, PyObject *name, bool sure, void *data)
{
    (void)name;
    return !sure || look_at(value, data) == 0;
}

/* While it runs, the collector is not told of what a frame has. */
static void look_at_locals(struct search *search)
{
    struct frame frame;
    void *running = NULL;

    frames_each_running(is_first, &running);
    if (running != NULL && frame_read_running(running, &frame)) {
        frame_each(&frame, look_at_value, search);
    }
}

/* First what the frame itself leads to, then what the globals do that its code names, then what any do. */
static void search_frame(struct search *search, PyFrameObject *frame, bool running)
{
    PyObject *globals = globals_of(frame);
    PyCodeObject *code = PyFrame_GetCode(frame);

    search->avoided = globals;
    if (running) {
        look_at_locals(search);
    } else {
        look_at((PyObject *)frame, search);
    }
    spread(search);
    if (search->near->count == 0) {
        search_names(search, globals, code->co_names);
    }
    if (search->near->count == 0) {
        search_names(search, globals, NULL);
    }
    Py_DECREF(code);
    Py_DECREF(globals);
}

static void search_traceback(struct search *search, PyObject *traceback)
{
    PyTracebackObject *entry = (PyTracebackObject *)traceback;

    if (!PyTraceBack_Check(traceback)) {
        return;
    }
    while (entry->tb_next != NULL) {
        entry = entry->tb_next;
    }
    search_frame(search, entry->tb_frame, false);
}

/* --- in all ------------------------------------------------------------------------------------------ */

static void search_object(struct search *search, PyObject *object)
{
    search->count = 0;
    look_at(object, search);
    spread(search);
}

static void search_all(struct near *near, const struct holdings *raised, const char *exception,
                       void (*begin)(struct search *search, PyObject *begin), PyObject *beginning, PyObject *loser)
{
    struct owners owners;
    struct search search = {.owners = &owners, .near = near, .seen = malloc(MOST_SEEN * sizeof *search.seen)};

    *near = (struct near){.exception = subject_is_known(exception) ? exception : NULL};
    find_owners(&owners, raised);
    if (owners.items != NULL && search.seen != NULL && owners.count > 0) {
        if (loser != NULL) {
            search_object(&search, loser);
        }
        if (beginning != NULL && near->count == 0) {
            begin(&search, beginning);
        }
    }
    free(owners.items);
    free(search.seen);
}

static void search_running(struct search *search, PyObject *frame)
{
    Py_INCREF(frame);
    search_frame(search, (PyFrameObject *)frame, true);
    Py_DECREF(frame);
}

void near_traceback(struct near *near, const struct holdings *raised, const char *exception, PyObject *traceback,
                    PyObject *loser)
{
    search_all(near, raised, exception, search_traceback, traceback, loser);
}

void near_running(struct near *near, const struct holdings *raised, const char *exception)
{
    search_all(near, raised, exception, search_running, (PyObject *)PyEval_GetFrame(), NULL);
}
