#include <Python.h>

#include "trace/lost.h"

#include "base/error.h"
#include "base/text.h"
#include "trace/asker.h"
#include "trace/holding.h"
#include "trace/moment.h"
#include "trace/near.h"
#include "trace/recorder.h"

#include <frameobject.h>
#include <stdlib.h>
#include <string.h>

enum {
    MOST_FRAMES = 64, /* in which an exception is printed */
    PATIENCE = 20000, /* times that Python could do something else */
    UNRAISABLE_OBJECT = 4, /* of the arguments of sys.unraisablehook */
};

static const struct lost *watched;

/* --- who keeps them ------------------------------------------------------------------------------------ */

static bool name_now(const struct near *near, PyObject *traceback, struct holdings *holdings)
{
    bool ok = holding_collect(recorder_lock(), near->found, near->count, holdings);

    recorder_unlock();
    if (ok) {
        holding_restrict(holdings, near->exception);
        holding_name(holdings, traceback, false);
    }
    return ok;
}

/*
 * Of those that the error is about, who kept them when it was raised, as far as that was seen; who keeps them now, for
 * those that no name was found for then, or if nobody looked.  Where none is near, all are meant.
 */
static bool find_keepers(const struct near *near, PyObject *traceback, struct holdings *raised)
{
    struct holdings now;

    holding_select(raised, near->found, near->count);
    if (holding_are_named(raised) && (raised->count > 0 || near->count == 0)) {
        return true;
    }
    if (!name_now(near, traceback, &now)) {
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
static void select_near(struct holdings *holdings, const char *exception)
{
    struct near near;

    near_running(&near, holdings, exception);
    holding_restrict(holdings, near.exception);
    if (near.count > 0 || !holding_are_of_one(holdings, near.exception)) {
        /* a list of none would select all */
        near.count += near.count == 0;
        holding_select(holdings, near.found, near.count);
    }
}

static void tell(const struct lost *lost, PyObject *type, PyObject *value, PyObject *traceback, PyObject *loser)
{
    struct text exception = TEXT_INIT;
    struct holdings holdings = {.items = NULL};
    bool looked = moment_take(value, &holdings);
    struct near near;

    asker_exception(type, value, &exception);
    near_traceback(&near, &holdings, text_string(&exception), traceback, loser);
    holding_restrict(&holdings, near.exception);
    if ((looked && holdings.count == 0 && holdings.left_out == 0) || find_keepers(&near, traceback, &holdings)) {
        holding_recall(&holdings, lost->before);
        lost->found(lost->context, text_string(&exception), &holdings,
                    near.count > 0 || holding_are_of_one(&holdings, near.exception));
    }
    holding_free(&holdings);
    text_free(&exception);
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
    tell(lost, type, value, traceback, NULL);
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

/*
 * The arguments of such a hook: exc_type, exc_value, exc_traceback, ..; `object`, where it is known to be among them,
 * has lost it.  Whether they tell of a BufferError.
 */
static bool see_lost(PyObject *arguments, Py_ssize_t object)
{
    PyObject *type, *loser;

    if (!PyTuple_Check(arguments) || PyTuple_GET_SIZE(arguments) < 3) {
        return false;
    }
    type = PyTuple_GET_ITEM(arguments, 0);
    if (type == NULL || !PyErr_GivenExceptionMatches(type, PyExc_BufferError)) {
        return false;
    }
    loser = object < PyTuple_GET_SIZE(arguments) ? PyTuple_GET_ITEM(arguments, object) : NULL;
    recorder_look_away();
    tell(watched, type, PyTuple_GET_ITEM(arguments, 1), PyTuple_GET_ITEM(arguments, 2), loser);
    recorder_look_again();
    return true;
}

static int hear(const char *event, PyObject *arguments, void *unused)
{
    PyObject *type, *value, *traceback;

    (void)unused;
    if (strcmp(event, "sys.unraisablehook") == 0 && PyTuple_Check(arguments) && PyTuple_GET_SIZE(arguments) == 2) {
        PyErr_Fetch(&type, &value, &traceback);
        if (see_lost(PyTuple_GET_ITEM(arguments, 1), UNRAISABLE_OBJECT)) {
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
    bool lost = see_lost(arguments, PY_SSIZE_T_MAX);
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
