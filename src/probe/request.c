/*
 * One request: sent with a poisoned Py_buffer, its answer read with care.
 */
#include "probe/child.h"

#include "memory/guard.h"
#include "probe/raised.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

_Static_assert(REQUEST_WRITABLE == PyBUF_WRITABLE && REQUEST_FORMAT == PyBUF_FORMAT &&
                   REQUEST_ND == PyBUF_ND && REQUEST_STRIDES == PyBUF_STRIDES &&
                   REQUEST_C_CONTIGUOUS == PyBUF_C_CONTIGUOUS && REQUEST_F_CONTIGUOUS == PyBUF_F_CONTIGUOUS &&
                   REQUEST_ANY_CONTIGUOUS == PyBUF_ANY_CONTIGUOUS && REQUEST_INDIRECT == PyBUF_INDIRECT &&
                   REQUEST_SIMPLE == PyBUF_SIMPLE && REQUEST_FULL == PyBUF_FULL &&
                   REQUEST_RECORDS_RO == PyBUF_RECORDS_RO,
               "request.h has other flags than this Python");

void probe_mark(struct probe *probe, enum phase phase, int request)
{
    probe->shared->phase = (int)phase;
    probe->shared->request = request;
    probe->shared->beat++;
}

/* Does a field still hold the poison? */
static bool is_poisoned(const void *field, size_t size, unsigned char poison)
{
    const unsigned char *bytes = field;
    size_t i;

    for (i = 0; i < size; i++) {
        if (bytes[i] != poison) {
            return false;
        }
    }
    return true;
}

/* buf is left NULL before a request, and obj holds an object: they are told apart by those. */
static unsigned poisoned_fields(const struct probe *probe, const Py_buffer *view, unsigned char poison)
{
    const struct {
        enum field field;
        const void *at;
        size_t size;
    } fields[] = {
        {FIELD_LEN, &view->len, sizeof view->len},
        {FIELD_ITEMSIZE, &view->itemsize, sizeof view->itemsize},
        {FIELD_READONLY, &view->readonly, sizeof view->readonly},
        {FIELD_NDIM, &view->ndim, sizeof view->ndim},
        {FIELD_FORMAT, &view->format, sizeof view->format},
        {FIELD_SHAPE, &view->shape, sizeof view->shape},
        {FIELD_STRIDES, &view->strides, sizeof view->strides},
        {FIELD_SUBOFFSETS, &view->suboffsets, sizeof view->suboffsets},
        {FIELD_INTERNAL, &view->internal, sizeof view->internal},
    };
    unsigned poisoned = view->obj == probe->stale ? FIELD_OBJ : 0;
    size_t i;

    for (i = 0; i < sizeof fields / sizeof fields[0]; i++) {
        poisoned |= is_poisoned(fields[i].at, fields[i].size, poison) ? fields[i].field : 0;
    }
    return poisoned;
}

/* The stack of the function that called the exporter last: frames below it are those of calls that have
 * returned. */
static uintptr_t caller_frame;

static enum pointer_place place_of(const Py_buffer *view, const void *pointer)
{
    enum { DEAD_STACK = 256 * 1024 };
    uintptr_t address = (uintptr_t)pointer;

    if (address >= (uintptr_t)view && address < (uintptr_t)(view + 1)) {
        return PLACE_VIEW;
    }
    return address < caller_frame && caller_frame - address < DEAD_STACK ? PLACE_DEAD_STACK : PLACE_OTHER;
}

static struct pointer read_pointer(const Py_buffer *view, const void *pointer)
{
    enum pointer_place place = place_of(view, pointer);
    enum pointer_state state = pointer == NULL ? POINTER_NULL
                               : place == PLACE_DEAD_STACK
                                   ? POINTER_UNREADABLE /* by now it holds something else */
                                   : POINTER_READ;

    return (struct pointer){(uintptr_t)pointer, state, place};
}

static void read_numbers(const Py_buffer *view, const Py_ssize_t *from, bool poisoned, int ndim,
                         struct numbers *to)
{
    Py_ssize_t values[LAYOUT_MAX_NDIM];
    const void *address;
    int d;

    to->pointer = poisoned ? (struct pointer){0, POINTER_NULL, PLACE_OTHER} : read_pointer(view, from);
    if (to->pointer.state != POINTER_READ || ndim <= 0) {
        return;
    }
    if (!guard_copy(values, from, (size_t)ndim * sizeof values[0], &address)) {
        to->pointer.state = POINTER_UNREADABLE;
        return;
    }
    for (d = 0; d < ndim; d++) {
        to->values[d] = values[d];
    }
}

static void read_format(const Py_buffer *view, bool poisoned, struct reply *reply)
{
    const char *from = view->format;
    const void *address;
    size_t length;

    reply->format_text[0] = '\0';
    reply->format = poisoned ? (struct pointer){0, POINTER_NULL, PLACE_OTHER} : read_pointer(view, from);
    if (reply->format.state != POINTER_READ) {
        return;
    }
    if (!guard_copy_string(reply->format_text, from, sizeof reply->format_text, &length, &address)) {
        reply->format.state = POINTER_UNREADABLE;
        reply->format_text[0] = '\0';
    } else if (length == sizeof reply->format_text) {
        reply->format_cut = true;
        reply->format_text[length - 1] = '\0';
    }
}

static enum reply_obj obj_of(const struct probe *probe, const Py_buffer *view)
{
    return view->obj == NULL              ? REPLY_OBJ_NULL
           : view->obj == probe->stale    ? REPLY_OBJ_UNTOUCHED
           : view->obj == probe->exporter ? REPLY_OBJ_EXPORTER
                                          : REPLY_OBJ_OTHER;
}

void probe_read(const Py_buffer *view, struct reply *reply)
{
    bool ndim_known = !(reply->unfilled & FIELD_NDIM) && view->ndim >= 0 && view->ndim <= LAYOUT_MAX_NDIM;
    int ndim = ndim_known ? view->ndim : 0;

    reply->buf = read_pointer(view, view->buf);
    reply->len = view->len;
    reply->itemsize = view->itemsize;
    reply->readonly = view->readonly;
    reply->ndim = view->ndim;
    read_format(view, reply->unfilled & FIELD_FORMAT, reply);
    read_numbers(view, view->shape, reply->unfilled & FIELD_SHAPE, ndim, &reply->shape);
    read_numbers(view, view->strides, reply->unfilled & FIELD_STRIDES, ndim, &reply->strides);
    read_numbers(view, view->suboffsets, reply->unfilled & FIELD_SUBOFFSETS, ndim, &reply->suboffsets);
}

bool probe_can_send(const struct probe *probe, int request)
{
    return probe->transcript->sweeps[0][request].outcome == OUTCOME_GRANTED &&
           !(probe->avoid & UINT64_C(1) << request);
}

void probe_stay_one(const struct probe *probe)
{
    if (getpid() != probe->child) {
        _exit(0);
    }
}

/*
 * The slot itself, not PyObject_GetBuffer: a debug build of Python aborts there
 * over what is to be found out here (a failure without an exception).
 */
static int call_exporter(struct probe *probe, int request, unsigned char poison, Py_buffer *view)
{
    int returned;

    memset(view, poison, sizeof *view);
    view->buf = NULL;
    view->obj = probe->stale;
    caller_frame = (uintptr_t)__builtin_frame_address(0);
    probe_mark(probe, PHASE_REQUEST, request);
    returned = Py_TYPE(probe->exporter)
                   ->tp_as_buffer->bf_getbuffer(probe->exporter, view, requests[request].flags);
    probe_stay_one(probe);
    return returned;
}

bool probe_send(struct probe *probe, int request, unsigned char poison, Py_buffer *view, struct reply *reply)
{
    Py_ssize_t references = Py_REFCNT(probe->stale);
    int returned = call_exporter(probe, request, poison, view);

    reply->returned = returned;
    reply->stale_obj_references = Py_REFCNT(probe->stale) - references;
    probe_mark(probe, PHASE_READ, request);
    raised_take(&reply->exception);
    reply->obj = obj_of(probe, view);
    if (returned < 0) {
        reply->outcome = OUTCOME_REFUSED;
        return false;
    }
    reply->unfilled = poisoned_fields(probe, view, poison);
    probe_read(view, reply);
    probe_map(view, &reply->readable, &reply->writable);
    if (reply->obj == REPLY_OBJ_OTHER) {
        raised_type_name(reply->obj_type, view->obj);
    }
    reply->outcome = OUTCOME_GRANTED;
    return true;
}

enum outcome probe_ask(struct probe *probe, int request, Py_buffer *view, struct exception *exception)
{
    int returned = call_exporter(probe, request, 0, view);

    raised_take(exception);
    probe_mark(probe, PHASE_OTHER, request);
    return returned < 0 ? OUTCOME_REFUSED : OUTCOME_GRANTED;
}

void probe_release(struct probe *probe, int request, Py_buffer *view, struct exception *exception)
{
    probe_mark(probe, PHASE_RELEASE, request);
    if (view->obj != probe->stale) { /* an exporter that set none left ours, which is not its to lose */
        PyBuffer_Release(view);
        probe_stay_one(probe);
    }
    raised_take(exception);
    probe_mark(probe, PHASE_OTHER, request);
}
