#include <Python.h>

#include "trace/lost.h"

#include "base/error.h"
#include "base/text.h"
#include "holders/frames.h"
#include "trace/asker.h"
#include "trace/holding.h"
#include "trace/moment.h"
#include "trace/recorder.h"

#include <frameobject.h>
#include <stdlib.h>
#include <string.h>

enum {
    LOST_MOST = 16,  /* exporters that one error may be about */
    STEPS = 3,       /* from a frame: a local, its attributes, what they hold */
    MOST_SEEN = 4096, /* objects looked at */
    MOST_FRAMES = 64, /* in which an exception is printed */
    PATIENCE = 20000, /* times that Python could do something else */
};

static const struct lost *watched;

/* --- which exporters have exports ---------------------------------------------------------------- */

struct owners {
    uintptr_t *items; /* owned; sorted */
    size_t count;
};

static int by_address(const void *left, const void *right)
{
    uintptr_t a = *(const uintptr_t *)left, b = *(const uintptr_t *)right;

    return a < b ? -1 : a > b;
}

/* Those that have some now, and those that had when the error was raised. */
static void find_owners(struct owners *owners, const struct holdings *raised)
{
    const struct ledger *ledger = recorder_lock();
    size_t i;

    *owners = (struct owners){.items = malloc((ledger->export_count + raised->count + 1) * sizeof *owners->items)};
    for (i = 0; owners->items != NULL && i < ledger->export_count; i++) {
        if (ledger->exports[i].used) {
            owners->items[owners->count++] = ledger->exports[i].view.owner;
        }
    }
    recorder_unlock();
    for (i = 0; owners->items != NULL && i < raised->count; i++) {
        owners->items[owners->count++] = raised->items[i].export.view.owner;
    }
    if (owners->items != NULL) {
        qsort(owners->items, owners->count, sizeof *owners->items, by_address);
    }
}

/* --- which of them are near -------------------------------------------------------------------------- */

struct search {
    const struct owners *owners;
    PyObject **seen; /* a queue; borrowed: all that is in it is kept by the traceback meanwhile */
    size_t count;
    PyObject *avoided; /* borrowed */
    uintptr_t found[LOST_MOST];
    size_t found_count;
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

static int look_at(PyObject *object, void *data)
{
    struct search *search = data;
    uintptr_t address = (uintptr_t)object;

    if (object == NULL || search->count == MOST_SEEN || object == search->avoided || is_thoroughfare(object) ||
        is_known(search, object)) {
        return 0;
    }
    search->seen[search->count++] = object;
    if (search->found_count < LOST_MOST &&
        bsearch(&address, search->owners->items, search->owners->count, sizeof address, by_address) != NULL) {
        search->found[search->found_count++] = address;
    }
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

    for (step = 0; step < STEPS && search->found_count == 0; step++) {
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
    if (search->found_count == 0) {
        search_names(search, globals, code->co_names);
    }
    if (search->found_count == 0) {
        search_names(search, globals, NULL);
    }
    Py_DECREF(code);
    Py_DECREF(globals);
}

static void search_traceback(struct search *search, PyObject *traceback)
{
    PyTracebackObject *entry = (PyTracebackObject *)traceback;

    if (traceback == NULL || !PyTraceBack_Check(traceback)) {
        return;
    }
    while (entry->tb_next != NULL) {
        entry = entry->tb_next;
    }
    search_frame(search, entry->tb_frame, false);
}

/* --- who keeps them ------------------------------------------------------------------------------------ */

static bool name_now(const struct search *search, PyObject *traceback, struct holdings *holdings)
{
    bool ok = holding_collect(recorder_lock(), search->found, search->found_count, holdings);

    recorder_unlock();
    if (ok) {
        holding_name(holdings, traceback, false);
    }
    return ok;
}

/*
 * Of those that the error is about, who kept them when it was raised, as far as that was seen; who keeps them now, for
 * those that no name was found for then, or if nobody looked.  Where none is near, all are meant.
 */
static bool find_keepers(const struct search *search, PyObject *traceback, struct holdings *raised)
{
    struct holdings now;

    holding_select(raised, search->found, search->found_count);
    if (holding_are_named(raised) && (raised->count > 0 || search->found_count == 0)) {
        return true;
    }
    if (!name_now(search, traceback, &now)) {
        return false;
    }
    if (raised->count == 0) {
        holding_free(raised);
        *raised = now;
        return true;
    }
    holding_improve(raised, &now);
    holding_free(&now);
    return true;
}

/* Those near to the frame that runs. */
static void select_near(struct holdings *holdings)
{
    PyFrameObject *frame = PyEval_GetFrame();
    struct owners owners;
    struct search search = {.owners = &owners, .seen = malloc(MOST_SEEN * sizeof *search.seen)};

    find_owners(&owners, holdings);
    if (frame != NULL && owners.items != NULL && search.seen != NULL) {
        Py_INCREF(frame);
        search_frame(&search, frame, true);
        Py_DECREF(frame);
    }
    /* a list of none would select all */
    search.found_count += search.found_count == 0;
    holding_select(holdings, search.found, search.found_count);
    free(owners.items);
    free(search.seen);
}

static void tell(const struct lost *lost, PyObject *type, PyObject *value, PyObject *traceback)
{
    struct text exception = TEXT_INIT;
    struct holdings holdings = {.items = NULL};
    bool looked = moment_take(value, &holdings);
    struct owners owners;
    struct search search = {.owners = &owners, .seen = malloc(MOST_SEEN * sizeof *search.seen)};

    find_owners(&owners, &holdings);
    if (owners.items != NULL && search.seen != NULL && owners.count > 0) {
        search_traceback(&search, traceback);
    }
    if ((looked && holdings.count == 0 && holdings.left_out == 0) || find_keepers(&search, traceback, &holdings)) {
        asker_exception(type, value, &exception);
        holding_recall(&holdings, lost->before);
        lost->found(lost->context, text_string(&exception), &holdings, search.found_count > 0);
    }
    holding_free(&holdings);
    text_free(&exception);
    free(owners.items);
    free(search.seen);
}

/* --- when ------------------------------------------------------------------------------------------------ */

bool lost_uncaught(const struct lost *lost)
{
    PyObject *type, *value, *traceback;

    if (!PyErr_ExceptionMatches(PyExc_BufferError)) {
        return false;
    }
    recorder_look_away();
    PyErr_Fetch(&type, &value, &traceback);
    PyErr_NormalizeException(&type, &value, &traceback);
    tell(lost, type, value, traceback);
    PyErr_Restore(type, value, traceback);
    recorder_look_again();
    return true;
}

/*
 * Whoever prints the exception runs code of Python's, in frames called from the one that ran: wait until that one
 * goes on, or has ended; but not for ever, for it may have called another meanwhile.
 */
static struct {
    PyFrameObject *frame; /* compared only */
    int patience;
} waiting;

static bool is_running(PyFrameObject *frame)
{
    PyFrameObject *at = PyEval_GetFrame();
    bool found = false;
    int steps;

    Py_XINCREF(at);
    for (steps = 0; at != NULL && steps < MOST_FRAMES && !found; steps++) {
        PyFrameObject *back = PyFrame_GetBack(at);

        found = back == frame;
        Py_DECREF(at);
        at = back;
    }
    Py_XDECREF(at);
    return found;
}

static int print_later(void *unused)
{
    (void)unused;
    if (waiting.patience-- > 0 && is_running(waiting.frame)) {
        Py_AddPendingCall(print_later, NULL);
    } else {
        watched->printed(watched->context);
    }
    return 0;
}

/* Without a frame Python is at its end, and whoever ended it prints what there is. */
static void wait_for_print(void)
{
    waiting.frame = PyEval_GetFrame();
    waiting.patience = PATIENCE;
    if (waiting.frame != NULL) {
        Py_AddPendingCall(print_later, NULL);
    }
}

/* The arguments of such a hook: exc_type, exc_value, exc_traceback, ..  Whether they tell of a BufferError. */
static bool see_lost(PyObject *arguments)
{
    PyObject *type;

    if (!PyTuple_Check(arguments) || PyTuple_GET_SIZE(arguments) < 3) {
        return false;
    }
    type = PyTuple_GET_ITEM(arguments, 0);
    if (type == NULL || !PyErr_GivenExceptionMatches(type, PyExc_BufferError)) {
        return false;
    }
    recorder_look_away();
    tell(watched, type, PyTuple_GET_ITEM(arguments, 1), PyTuple_GET_ITEM(arguments, 2));
    recorder_look_again();
    return true;
}

static int hear(const char *event, PyObject *arguments, void *unused)
{
    PyObject *type, *value, *traceback;

    (void)unused;
    if (strcmp(event, "sys.unraisablehook") == 0 && PyTuple_Check(arguments) && PyTuple_GET_SIZE(arguments) == 2) {
        PyErr_Fetch(&type, &value, &traceback);
        if (see_lost(PyTuple_GET_ITEM(arguments, 1))) {
            wait_for_print();
        }
        PyErr_Restore(type, value, traceback);
    }
    return 0;
}

/* What threading.excepthook is, where the program does not replace it: no audit event tells of threads. */
static PyCFunction original_excepthook;

static PyObject *thread_excepthook(PyObject *module, PyObject *arguments)
{
    bool lost = see_lost(arguments);
    PyObject *result = original_excepthook(module, arguments);

    if (lost) {
        watched->printed(watched->context);
    }
    return result;
}

static void watch_threads(void)
{
    PyObject *module = PyImport_ImportModule("_thread");
    PyObject *hook = module != NULL ? PyObject_GetAttrString(module, "_excepthook") : NULL;

    if (hook != NULL && PyCFunction_Check(hook) && PyCFunction_GET_FLAGS(hook) == METH_O) {
        PyMethodDef *method = ((PyCFunctionObject *)hook)->m_ml;

        original_excepthook = method->ml_meth;
        method->ml_meth = thread_excepthook;
    }
    PyErr_Clear();
    Py_XDECREF(hook);
    Py_XDECREF(module);
}

bool lost_watch(const struct lost *lost, struct error *error)
{
    watched = lost;
    watch_threads();
    moment_watch(select_near);
    return PySys_AddAuditHook(hear, NULL) == 0 ||
           error_set(error, ERROR_PYTHON, "--trace cannot listen to Python's audit events");
}
