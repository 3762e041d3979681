#include <Python.h>

#include "trace/replace.h"

#include "base/error.h"
#include "trace/record.h"
#include "trace/redirect.h"

#include <dlfcn.h>

/*
 * In place of Python's own (Objects/abstract.c), which are the same from 3.9 on but for what is noted.
 */

#define CALLER ((uintptr_t)__builtin_extract_return_addr(__builtin_return_address(0)))

static _Thread_local int asking;

/* What a request is answered, recorded. */
static int ask(getbufferproc get, PyObject *exporter, Py_buffer *view, int flags, uintptr_t caller)
{
    uint64_t time;
    int result;

    if (!record_begin(&time)) {
        return get(exporter, view, flags);
    }
    asking++;
    result = get(exporter, view, flags);
    asking--;
    record_request(exporter, view, flags, result == 0, time, caller);
    return result;
}

bool replace_is_asking(void)
{
    return asking > 0;
}

static getbufferproc getbuffer_of(PyObject *exporter)
{
    PyBufferProcs *procs = Py_TYPE(exporter)->tp_as_buffer;

    return procs != NULL ? procs->bf_getbuffer : NULL;
}

static int get_buffer(PyObject *exporter, Py_buffer *view, int flags)
{
    getbufferproc get = getbuffer_of(exporter);

#if PY_VERSION_HEX >= 0x030d0000
    if (flags == PyBUF_READ || flags == PyBUF_WRITE) {
        PyErr_BadInternalCall();
        return -1;
    }
#endif
    if (get == NULL) {
        PyErr_Format(PyExc_TypeError, "a bytes-like object is required, not '%.100s'", Py_TYPE(exporter)->tp_name);
        return -1;
    }
    return ask(get, exporter, view, flags, CALLER);
}

static void release(Py_buffer *view, uintptr_t caller)
{
    PyObject *owner = view->obj;
    PyBufferProcs *procs;

    if (owner == NULL) {
        return;
    }
    record_release(view, caller);
    procs = Py_TYPE(owner)->tp_as_buffer;
    if (procs != NULL && procs->bf_releasebuffer != NULL) {
        procs->bf_releasebuffer(owner, view);
    }
    view->obj = NULL;
    Py_DECREF(owner);
}

static void release_buffer(Py_buffer *view)
{
    release(view, CALLER);
}

/* The two of the old protocol's that ask by themselves. */
static int check_read_buffer(PyObject *exporter)
{
    getbufferproc get = getbuffer_of(exporter);
    Py_buffer view;

    if (get == NULL) {
        return 0;
    }
    if (ask(get, exporter, &view, PyBUF_SIMPLE, CALLER) == -1) {
        PyErr_Clear();
        return 0;
    }
    release(&view, CALLER);
    return 1;
}

static int as_write_buffer(PyObject *exporter, void **buffer, Py_ssize_t *length)
{
    getbufferproc get;
    Py_buffer view;

    if (exporter == NULL || buffer == NULL || length == NULL) {
        if (!PyErr_Occurred()) {
            PyErr_SetString(PyExc_SystemError, "null argument to internal routine");
        }
        return -1;
    }
    get = getbuffer_of(exporter);
    if (get == NULL || ask(get, exporter, &view, PyBUF_WRITABLE, CALLER) != 0) {
        PyErr_SetString(PyExc_TypeError, "expected a writable bytes-like object");
        return -1;
    }
    *buffer = view.buf;
    *length = view.len;
    release(&view, CALLER);
    return 0;
}

#if PY_VERSION_HEX >= 0x030c0000
/* exporter.__buffer__(flags) of a type made in C ("PEP 688"): a memoryview, filled without PyObject_GetBuffer. */
static wrapperfunc original_wrapper;

static PyObject *wrap_buffer(PyObject *exporter, PyObject *arguments, void *wrapped)
{
    uint64_t time;
    bool records = record_begin(&time);
    PyObject *result = original_wrapper(exporter, arguments, wrapped);

    if (records && result != NULL && PyMemoryView_Check(result) && PyTuple_Check(arguments) &&
        PyTuple_GET_SIZE(arguments) == 1 && PyLong_Check(PyTuple_GET_ITEM(arguments, 0))) {
        const _PyManagedBufferObject *managed = ((PyMemoryViewObject *)result)->mbuf;

        record_request(exporter, &managed->master, (int)PyLong_AsLong(PyTuple_GET_ITEM(arguments, 0)), true, time,
                       CALLER);
    }
    return result;
}

static void replace_wrapper(void)
{
    PyObject *descriptor = PyObject_GetAttrString((PyObject *)&PyByteArray_Type, "__buffer__");

    if (descriptor != NULL && Py_IS_TYPE(descriptor, &PyWrapperDescr_Type)) {
        struct wrapperbase *base = ((PyWrapperDescrObject *)descriptor)->d_base;

        original_wrapper = base->wrapper;
        base->wrapper = wrap_buffer;
    }
    PyErr_Clear();
    Py_XDECREF(descriptor);
}
#else
static void replace_wrapper(void)
{
}
#endif

static const struct {
    const char *name;
    any_function *replacement;
    bool needed; /* a later Python may have left it out */
} replaced[] = {
    {"PyObject_GetBuffer", (any_function *)get_buffer, true},
    {"PyBuffer_Release", (any_function *)release_buffer, true},
    {"PyObject_CheckReadBuffer", (any_function *)check_read_buffer, false},
    {"PyObject_AsWriteBuffer", (any_function *)as_write_buffer, false},
};

bool replace_all(struct error *error)
{
    size_t i;

    for (i = 0; i < sizeof replaced / sizeof replaced[0]; i++) {
        any_function *function = (any_function *)(uintptr_t)dlsym(RTLD_DEFAULT, replaced[i].name);

        if (function == NULL && replaced[i].needed) {
            return error_set(error, ERROR_PYTHON, "--trace cannot find %s in this Python", replaced[i].name);
        }
        if (function != NULL && !redirect(function, replaced[i].replacement, replaced[i].name, error)) {
            return false;
        }
    }
    replace_wrapper();
    return true;
}
