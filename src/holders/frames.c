#define Py_BUILD_CORE 1 /* for the internal header */
#include <Python.h>

#include "holders/frames.h"

#if PY_VERSION_HEX < 0x030b0000
#include <frameobject.h>
#elif PY_VERSION_HEX < 0x030e0000
#include <internal/pycore_frame.h>
#define HAVE_INTERPRETER_FRAMES 1
#endif

bool frame_is_generator(PyObject *object)
{
    return PyGen_CheckExact(object) || PyCoro_CheckExact(object) || PyAsyncGen_CheckExact(object);
}

#if PY_VERSION_HEX < 0x030e0000

static void each_value(const struct frame *frame, PyObject *(*name_of)(const struct frame *frame, int slot),
                       bool (*call)(PyObject *value, PyObject *name, bool sure, void *context), void *context)
{
    int i;

    for (i = 0; i < frame->room; i++) {
        if (frame->slots[i] != NULL &&
            !call(frame->slots[i], i < frame->locals ? name_of(frame, i) : NULL, i < frame->used, context)) {
            return;
        }
    }
}

void frames_forget(void *const *frames, size_t count)
{
    (void)frames;
    (void)count;
}

#endif

#if PY_VERSION_HEX < 0x030b0000 /* --- 3.9 and 3.10: frames are objects --- */

void frames_each_running(bool (*call)(void *frame, PyThreadState *thread, void *context), void *context)
{
    PyThreadState *thread = PyInterpreterState_ThreadHead(PyThreadState_Get()->interp);
    PyFrameObject *frame;

    for (; thread != NULL; thread = PyThreadState_Next(thread)) {
        for (frame = thread->frame; frame != NULL; frame = frame->f_back) {
            if (!call(frame, thread, context)) {
                return;
            }
        }
    }
}

static bool read_object(PyFrameObject *object, bool running, struct frame *frame)
{
    PyCodeObject *code = object->f_code;
    Py_ssize_t cells = PyTuple_GET_SIZE(code->co_cellvars) + PyTuple_GET_SIZE(code->co_freevars);

    *frame = (struct frame){
        .code = code,
        .source = object,
        .slots = object->f_localsplus,
        .locals = code->co_nlocals + (int)cells,
        .space = object->f_locals != object->f_globals ? object->f_locals : NULL,
    };
    frame->used = frame->locals;
#if PY_VERSION_HEX >= 0x030a0000
    if (object->f_stackdepth > 0) {
        frame->used += object->f_stackdepth;
    }
#else
    if (object->f_stacktop != NULL) {
        frame->used = (int)(object->f_stacktop - object->f_localsplus);
    }
#endif
    frame->room = running ? frame->locals + code->co_stacksize : frame->used;
    return true;
}

bool frame_read_running(void *address, struct frame *frame)
{
    return read_object(address, true, frame);
}

bool frame_read(PyObject *object, struct frame *frame)
{
    PyFrameObject *own = PyFrame_Check(object) ? (PyFrameObject *)object
                         : frame_is_generator(object) ? ((PyGenObject *)object)->gi_frame
                                                      : NULL;

    return own != NULL && read_object(own, false, frame);
}

static PyObject *name_of(const struct frame *frame, int slot)
{
    PyObject *const tuples[] = {frame->code->co_varnames, frame->code->co_cellvars, frame->code->co_freevars};
    Py_ssize_t at = slot;
    int i;

    for (i = 0; i < 3; at -= i == 0 ? frame->code->co_nlocals : PyTuple_GET_SIZE(tuples[i]), i++) {
        if (at < (i == 0 ? frame->code->co_nlocals : PyTuple_GET_SIZE(tuples[i]))) {
            return at < PyTuple_GET_SIZE(tuples[i]) ? PyTuple_GET_ITEM(tuples[i], at) : NULL;
        }
    }
    return NULL;
}

int frame_line(const struct frame *frame)
{
    return PyFrame_GetLineNumber(frame->source);
}

#elif defined HAVE_INTERPRETER_FRAMES /* --- 3.11 to 3.13 --- */

#if PY_VERSION_HEX >= 0x030d0000
#define CODE_OF(frame) ((frame)->f_executable)
#define CURRENT_FRAME(thread) ((thread)->current_frame)
#else
#define CODE_OF(frame) ((PyObject *)(frame)->f_code)
#define CURRENT_FRAME(thread) ((thread)->cframe->current_frame)
#endif

/* What C code puts between Python's frames is no frame of a function. */
static bool has_code(const _PyInterpreterFrame *frame)
{
    return CODE_OF(frame) != NULL && PyCode_Check(CODE_OF(frame));
}

static bool is_bare(const _PyInterpreterFrame *frame)
{
#if PY_VERSION_HEX >= 0x030c0000
    return frame->owner == FRAME_OWNED_BY_CSTACK || !has_code(frame);
#else
    return !has_code(frame);
#endif
}

void frames_each_running(bool (*call)(void *frame, PyThreadState *thread, void *context), void *context)
{
    PyThreadState *thread = PyInterpreterState_ThreadHead(PyThreadState_Get()->interp);
    _PyInterpreterFrame *frame;

    for (; thread != NULL; thread = PyThreadState_Next(thread)) {
        for (frame = CURRENT_FRAME(thread); frame != NULL; frame = frame->previous) {
            if (!is_bare(frame) && !call(frame, thread, context)) {
                return;
            }
        }
    }
}

static bool read_interpreter(_PyInterpreterFrame *from, bool running, struct frame *frame)
{
    PyCodeObject *code = has_code(from) ? (PyCodeObject *)CODE_OF(from) : NULL;

    if (code == NULL) {
        return false;
    }
    *frame = (struct frame){
        .code = code,
        .source = from,
        .slots = from->localsplus,
        .locals = code->co_nlocalsplus,
        .used = from->stacktop >= code->co_nlocalsplus ? from->stacktop : code->co_nlocalsplus,
        .space = from->f_locals != from->f_globals ? from->f_locals : NULL,
    };
    frame->room = running && from->stacktop < code->co_nlocalsplus ? frame->locals + code->co_stacksize : frame->used;
    return true;
}

bool frame_read_running(void *address, struct frame *frame)
{
    return read_interpreter(address, true, frame);
}

bool frame_read(PyObject *object, struct frame *frame)
{
    PyGenObject *generator = frame_is_generator(object) ? (PyGenObject *)object : NULL;

    if (generator != NULL) {
        return generator->gi_frame_state < FRAME_COMPLETED &&
               read_interpreter((_PyInterpreterFrame *)(void *)generator->gi_iframe, false, frame);
    }
    if (!PyFrame_Check(object) || ((PyFrameObject *)object)->f_frame == NULL) {
        return false;
    }
    return read_interpreter(((PyFrameObject *)object)->f_frame, false, frame);
}

static PyObject *name_of(const struct frame *frame, int slot)
{
    PyObject *names = frame->code->co_localsplusnames;

    return slot < PyTuple_GET_SIZE(names) ? PyTuple_GET_ITEM(names, slot) : NULL;
}

int frame_line(const struct frame *frame)
{
    _PyInterpreterFrame *from = frame->source;

    return PyCode_Addr2Line(frame->code, _PyInterpreterFrame_LASTI(from) * (int)sizeof(_Py_CODEUNIT));
}

#else /* --- later ones: by the API, which makes frame objects --- */

void frames_each_running(bool (*call)(void *frame, PyThreadState *thread, void *context), void *context)
{
    PyThreadState *thread = PyInterpreterState_ThreadHead(PyThreadState_GetInterpreter(PyThreadState_Get()));
    bool more = true;

    for (; thread != NULL && more; thread = PyThreadState_Next(thread)) {
        PyFrameObject *frame = PyThreadState_GetFrame(thread);

        while (frame != NULL && more) {
            PyFrameObject *back = PyFrame_GetBack(frame);

            more = call(frame, thread, context);
            if (!more) {
                Py_DECREF(frame);
                Py_XDECREF(back);
            }
            frame = back;
        }
    }
}

void frames_forget(void *const *frames, size_t count)
{
    size_t i;

    for (i = 0; i < count; i++) {
        Py_DECREF((PyObject *)frames[i]);
    }
}

static bool read_object(PyFrameObject *object, struct frame *frame)
{
    PyCodeObject *code = PyFrame_GetCode(object);

    *frame = (struct frame){.code = code, .source = object};
    Py_DECREF(code); /* the frame has it */
    return true;
}

bool frame_read_running(void *address, struct frame *frame)
{
    return read_object(address, frame);
}

bool frame_read(PyObject *object, struct frame *frame)
{
    const char *name = PyGen_CheckExact(object) ? "gi_frame" : PyCoro_CheckExact(object) ? "cr_frame" : "ag_frame";
    PyObject *own = NULL;

    if (PyFrame_Check(object)) {
        return read_object((PyFrameObject *)object, frame);
    }
    if (frame_is_generator(object)) {
        own = PyObject_GetAttrString(object, name);
        PyErr_Clear();
    }
    if (own == NULL || !PyFrame_Check(own)) {
        Py_XDECREF(own);
        return false;
    }
    read_object((PyFrameObject *)own, frame);
    Py_DECREF(own); /* the generator has it */
    return true;
}

static bool each_of(PyFrameObject *frame, PyObject *names,
                    bool (*call)(PyObject *value, PyObject *name, bool sure, void *context), void *context)
{
    bool more = true;
    Py_ssize_t i;

    for (i = 0; names != NULL && more && i < PyTuple_GET_SIZE(names); i++) {
        PyObject *value = PyFrame_GetVar(frame, PyTuple_GET_ITEM(names, i));

        if (value == NULL) {
            PyErr_Clear();
            continue;
        }
        more = call(value, PyTuple_GET_ITEM(names, i), true, context);
        Py_DECREF(value); /* the frame has it */
    }
    Py_XDECREF(names);
    return more;
}

void frame_each(const struct frame *frame, bool (*call)(PyObject *value, PyObject *name, bool sure, void *context),
                void *context)
{
    if (each_of(frame->source, PyCode_GetVarnames(frame->code), call, context) &&
        each_of(frame->source, PyCode_GetCellvars(frame->code), call, context)) {
        each_of(frame->source, PyCode_GetFreevars(frame->code), call, context);
    }
}

int frame_line(const struct frame *frame)
{
    return PyFrame_GetLineNumber(frame->source);
}

#endif

#if PY_VERSION_HEX < 0x030e0000

void frame_each(const struct frame *frame, bool (*call)(PyObject *value, PyObject *name, bool sure, void *context),
                void *context)
{
    each_value(frame, name_of, call, context);
}

#endif
