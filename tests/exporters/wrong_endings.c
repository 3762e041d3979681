/*
 * Wrong endings: what is returned, refusals, and what never comes back.
 */
#include "exporters.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* --- the return value, and refusing --- */

static int get_returns_one(struct exporter *self, Py_buffer *view, int flags)
{
    return answer(self, view, flags) < 0 ? -1 : 1;
}

static int get_returns_minus_two(struct exporter *self, Py_buffer *view, int flags)
{
    return answer(self, view, flags) < 0 ? -2 : 0;
}

static int get_no_exception(struct exporter *self, Py_buffer *view, int flags)
{
    int result = answer(self, view, flags);

    PyErr_Clear();
    return result;
}

static int get_stray_exception(struct exporter *self, Py_buffer *view, int flags)
{
    int result = answer(self, view, flags);

    if (result == 0) {
        PyErr_SetString(PyExc_RuntimeError, "left over");
    }
    return result;
}

static int get_value_error(struct exporter *self, Py_buffer *view, int flags)
{
    int result = answer(self, view, flags);

    if (result < 0) {
        PyErr_SetString(PyExc_ValueError, "not like that");
    }
    return result;
}

static int get_obj_on_failure(struct exporter *self, Py_buffer *view, int flags)
{
    int result = answer(self, view, flags);

    if (result < 0) {
        view->obj = (PyObject *)self;
    }
    return result;
}

static int get_steals_on_failure(struct exporter *self, Py_buffer *view, int flags)
{
    PyObject *stale = view->obj;
    int result = answer(self, view, flags);

    if (result < 0) {
        Py_XDECREF(stale);
    }
    return result;
}

static int get_leaks_on_failure(struct exporter *self, Py_buffer *view, int flags)
{
    int result = answer(self, view, flags);

    if (result < 0) {
        Py_INCREF(self);
    }
    return result;
}

static int get_exports_on_failure(struct exporter *self, Py_buffer *view, int flags)
{
    int result = answer(self, view, flags);

    if (result < 0) {
        self->exports++;
    }
    return result;
}

static int get_needless_refusal(struct exporter *self, Py_buffer *view, int flags)
{
    return has_base(flags, PyBUF_ND) ? refuse(view, PyExc_BufferError, "never just a shape")
                                     : answer(self, view, flags);
}

/* --- not coming back --- */

static int get_segfault(struct exporter *self, Py_buffer *view, int flags)
{
    if (has_base(flags, PyBUF_ND)) {
        raise(SIGSEGV);
    }
    return answer(self, view, flags);
}

static int get_abort(struct exporter *self, Py_buffer *view, int flags)
{
    if (has_base(flags, PyBUF_ND)) {
        abort();
    }
    return answer(self, view, flags);
}

static int get_exit(struct exporter *self, Py_buffer *view, int flags)
{
    if (has_base(flags, PyBUF_ND)) {
        exit(0);
    }
    return answer(self, view, flags);
}

static int get_hard_exit(struct exporter *self, Py_buffer *view, int flags)
{
    if (has_base(flags, PyBUF_ND)) {
        _exit(3);
    }
    return answer(self, view, flags);
}

static int get_endless(struct exporter *self, Py_buffer *view, int flags)
{
    while (flags == PyBUF_ND) {
        usleep(1000);
    }
    return answer(self, view, flags);
}

static int get_always_endless(struct exporter *self, Py_buffer *view, int flags)
{
    while (asks(flags, PyBUF_ND)) {
        usleep(1000);
    }
    return answer(self, view, flags);
}

static int get_overflow(struct exporter *self, Py_buffer *view, int flags)
{
    volatile char room[64 * 1024];

    room[0] = (char)flags;
    if (has_base(flags, PyBUF_ND)) {
        return get_overflow(self, view, flags) + room[0];
    }
    return answer(self, view, flags);
}

/* A process that outlives the child and keeps its files open. */
static int get_forks(struct exporter *self, Py_buffer *view, int flags)
{
    if (flags == PyBUF_ND) {
        if (fork() == 0) {
            sleep(30);
            _exit(0);
        }
        raise(SIGSEGV);
    }
    return answer(self, view, flags);
}

static void release_abort(struct exporter *self, Py_buffer *view)
{
    if (view->strides == NULL && view->shape != NULL) {
        abort();
    }
    answered(self);
}

const struct mode wrong_endings[] = {
    {.name = "returns 1", ERROR("rc-is-0-or-minus-1", make_table, get_returns_one)},
    {.name = "returns -2", ERROR("rc-is-0-or-minus-1", make_table, get_returns_minus_two)},
    {.name = "no exception", ERROR("failure-sets-exception", make_table, get_no_exception)},
    {.name = "stray exception", ERROR("success-leaves-no-exception", make_table, get_stray_exception)},
    {.name = "ValueError", WARNING("refusal-is-buffererror", make_table, get_value_error)},
    {.name = "obj on failure", ERROR("failure-sets-obj-null", make_table, get_obj_on_failure)},
    {.name = "steals on failure", ERROR("failure-sets-obj-null", make_table, get_steals_on_failure)},
    {.name = "leaks on failure", ERROR("failure-keeps-refcount", make_table, get_leaks_on_failure)},
    {.name = "exports on failure",
     ERROR("failure-adds-no-export", make_readonly_ints, get_exports_on_failure),
     .release = release_right, .mutate = "_.resize(8)"},
    {.name = "needless refusal", WARNING("satisfiable-request-honoured", make_ints, get_needless_refusal)},
    {.name = "SIGSEGV", ERROR("no-crash", make_ints, get_segfault)},
    {.name = "abort", ERROR("no-crash", make_ints, get_abort)},
    {.name = "exit", ERROR("no-crash", make_ints, get_exit)},
    {.name = "_exit", ERROR("no-crash", make_ints, get_hard_exit)},
    {.name = "endless", ERROR("no-crash", make_ints, get_endless)},
    {.name = "always endless", ERROR("no-crash", make_ints, get_always_endless)},
    {.name = "stack overflow", ERROR("no-crash", make_ints, get_overflow)},
    {.name = "forks", ERROR("no-crash", make_ints, get_forks)},
    {.name = "abort in release", ERROR("no-crash", make_ints, get_right), .release = release_abort},
    {.name = NULL},
};
