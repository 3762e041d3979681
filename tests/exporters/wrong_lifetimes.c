/*
 * Wrong memory, formats and lifetimes.
 */
#include "exporters.h"

#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

/* --- memory and format --- */

static bool make_mapped(struct exporter *self, int protection, Py_ssize_t items)
{
    size_t page = (size_t)sysconf(_SC_PAGESIZE);
    void *memory = mmap(NULL, 2 * page, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

    if (memory == MAP_FAILED || mprotect(memory, page, protection) != 0) {
        return false;
    }
    self->memory = self->buf = memory;
    self->mapped = 2 * page;
    self->format = "i";
    self->itemsize = 4;
    self->ndim = 1;
    self->shape[0] = items;
    self->strides[0] = 4;
    self->len = 4 * items;
    return true;
}

static bool make_unwritable(struct exporter *self)
{
    return make_mapped(self, PROT_READ, 6);
}

static bool make_too_long(struct exporter *self)
{
    return make_mapped(self, PROT_READ | PROT_WRITE, (Py_ssize_t)sysconf(_SC_PAGESIZE));
}

static bool make_unmapped(struct exporter *self)
{
    bool ok = make_mapped(self, PROT_READ | PROT_WRITE, 6);

    self->buf += sysconf(_SC_PAGESIZE);
    return ok;
}

static bool make_reaching(struct exporter *self)
{
    bool ok = make_ints(self);

    self->strides[0] = PY_SSIZE_T_MAX / 2;
    return ok;
}

static bool make_past_root(struct exporter *self)
{
    bool ok = make_ints(self);

    self->root = PyByteArray_FromStringAndSize(NULL, 64);
    if (self->root != NULL) {
        self->buf = (unsigned char *)PyByteArray_AS_STRING(self->root);
        self->shape[0] = 20;
        self->len = 80;
    }
    return ok && self->root != NULL;
}

static int get_root_obj(struct exporter *self, Py_buffer *view, int flags)
{
    static Py_ssize_t shape[] = {20}, strides[] = {4}; /* they outlive the exporter, as the root does */
    int result = answer(self, view, flags);

    if (result == 0) {
        view->shape = view->shape != NULL ? shape : NULL;
        view->strides = view->strides != NULL ? strides : NULL;
        Py_INCREF(self->root);
        view->obj = self->root;
        Py_DECREF(self);
    }
    return result;
}

static bool make_overlapping(struct exporter *self)
{
    bool ok = make_ints(self);

    self->strides[0] = 2;
    return ok;
}

static bool make_bad_format(struct exporter *self)
{
    return make_items(self, "T{i:a", 4, 1, (Py_ssize_t[]){6});
}

static bool make_unknown_code(struct exporter *self)
{
    return make_items(self, "y", 4, 1, (Py_ssize_t[]){6});
}

static bool make_beyond_struct(struct exporter *self)
{
    return make_items(self, "T{i:a:f:b:}", 8, 1, (Py_ssize_t[]){6});
}

static bool make_wrong_size(struct exporter *self)
{
    return make_items(self, "h", 4, 1, (Py_ssize_t[]){6});
}

static bool make_no_padding(struct exporter *self)
{
    return make_items(self, "T{<i:a:<d:b:}", 16, 1, (Py_ssize_t[]){6});
}

static bool make_native_code(struct exporter *self)
{
    return make_items(self, "<n", 8, 1, (Py_ssize_t[]){6});
}

static bool make_same_names(struct exporter *self)
{
    return make_items(self, "T{i:a:i:a:}", 8, 1, (Py_ssize_t[]){6});
}

/* The shape given last is freed by the next request. */
static int get_lost_shape(struct exporter *self, Py_buffer *view, int flags)
{
    int result = answer(self, view, flags);

    free(self->other);
    self->other = malloc(sizeof view->shape[0]);
    if (self->other != NULL && view->shape != NULL) {
        memcpy(self->other, self->shape, sizeof view->shape[0]);
        view->shape = self->other;
    }
    return result;
}

/* A shape on the stack of a function that has returned. */
static int get_stack_shape(struct exporter *self, Py_buffer *view, int flags)
{
    Py_ssize_t shape[4] = {self->shape[0], 1, 1, 1};
    Py_ssize_t *volatile out = shape;
    int result = answer(self, view, flags);

    if (view->shape != NULL) {
        view->shape = out;
    }
    return result;
}

static int get_wild_format(struct exporter *self, Py_buffer *view, int flags)
{
    int result = answer(self, view, flags);

    if (view->format != NULL) {
        view->format = (char *)(uintptr_t)0x10;
    }
    return result;
}

/* --- lifetime --- */

static int get_leaks(struct exporter *self, Py_buffer *view, int flags)
{
    int result = answer(self, view, flags);

    if (result == 0) {
        Py_INCREF(self);
    }
    return result;
}

static void release_decref(struct exporter *self, Py_buffer *view)
{
    (void)view;
    answered(self);
    Py_DECREF(self);
}

/* From one block to another, and to the first again. */
static void release_moves(struct exporter *self, Py_buffer *view)
{
    size_t len = (size_t)self->len;
    unsigned char *other = self->buf == self->memory ? self->memory + len : self->memory;

    (void)view;
    answered(self);
    memmove(other, self->buf, len);
    memset(self->buf, 0xdd, len);
    self->buf = other;
}

static bool make_roomy(struct exporter *self)
{
    return make_ints(self) && (self->memory = self->buf = realloc(self->memory, 2 * (size_t)self->len)) != NULL;
}

static void release_exception(struct exporter *self, Py_buffer *view)
{
    (void)view;
    answered(self);
    PyErr_SetString(PyExc_RuntimeError, "released");
}

/* Knows its views by their addresses. */
static int get_registered(struct exporter *self, Py_buffer *view, int flags)
{
    int result = answer(self, view, flags);
    int i;

    for (i = 0; result == 0 && i < MAX_VIEWS; i++) {
        if (self->views[i] == NULL) {
            self->views[i] = view;
            break;
        }
    }
    return result;
}

static bool forget(struct exporter *self, const Py_buffer *view)
{
    int i;

    for (i = 0; i < MAX_VIEWS; i++) {
        if (self->views[i] == view) {
            self->views[i] = NULL;
            return true;
        }
    }
    return false;
}

static void release_registered(struct exporter *self, Py_buffer *view)
{
    answered(self);
    if (!forget(self, view)) {
        PyErr_SetString(PyExc_SystemError, "a view that was never acquired");
    }
}

static void release_registered_or_abort(struct exporter *self, Py_buffer *view)
{
    answered(self);
    if (!forget(self, view)) {
        abort();
    }
}

/* One shape for all views, freed by the first release. */
static int get_shared_shape(struct exporter *self, Py_buffer *view, int flags)
{
    int result = answer(self, view, flags);

    if (result == 0 && self->other == NULL) {
        self->other = malloc(sizeof view->shape[0]);
        if (self->other != NULL) {
            memcpy(self->other, self->shape, sizeof view->shape[0]);
        }
    }
    if (result == 0 && view->shape != NULL) {
        view->shape = self->other;
    }
    return result;
}

static void release_shared_shape(struct exporter *self, Py_buffer *view)
{
    (void)view;
    answered(self);
    free(self->other);
    self->other = NULL;
}

static int get_exclusive(struct exporter *self, Py_buffer *view, int flags)
{
    return self->exports > 0 ? refuse(view, PyExc_BufferError, "one view at a time")
                             : answer(self, view, flags);
}

static void release_nothing(struct exporter *self, Py_buffer *view)
{
    (void)self;
    (void)view;
}

/* A view that keeps something, but not the memory. */
static int get_keeps_none(struct exporter *self, Py_buffer *view, int flags)
{
    int result = answer(self, view, flags);

    if (result == 0) {
        Py_INCREF(Py_None);
        view->obj = Py_None;
        Py_DECREF(self);
    }
    return result;
}

static int get_only_once(struct exporter *self, Py_buffer *view, int flags)
{
    if (flags == PyBUF_CONTIG && self->calls++ > 0) {
        return refuse(view, PyExc_BufferError, "not again");
    }
    return answer(self, view, flags);
}

static int get_refuses_by_turns(struct exporter *self, Py_buffer *view, int flags)
{
    if (self->calls++ % 2 == 0) {
        return refuse(view, PyExc_BufferError, "not now");
    }
    return answer(self, view, flags);
}

/* Two formats of the same size by turns. */
static int get_by_turns(struct exporter *self, Py_buffer *view, int flags)
{
    int result = answer(self, view, flags);

    if (flags == (PyBUF_SIMPLE | PyBUF_FORMAT) && self->calls++ % 2 != 0) {
        view->format = "B";
    }
    return result;
}

/*
 * Counts its views with time for another thread between reading and writing.  Releases get lost so, and never views:
 * what is lost both ways comes out even now and then.
 */
static int get_racy(struct exporter *self, Py_buffer *view, int flags)
{
    Py_ssize_t exports = self->exports;
    int result = answer(self, view, flags);

    Py_BEGIN_ALLOW_THREADS
    usleep(10);
    Py_END_ALLOW_THREADS
    if (result == 0 && self->exports < exports + 1) {
        self->exports = exports + 1;
    }
    return result;
}

/* --- threads, and talk --- */

static void *count_forever(void *argument)
{
    volatile int *count = argument;

    for (;;) {
        (*count)++;
        usleep(100);
    }
    return NULL;
}

static int get_starts_threads(struct exporter *self, Py_buffer *view, int flags)
{
    pthread_t thread;

    if (self->other == NULL && pthread_create(&thread, NULL, count_forever, &self->calls) == 0) {
        self->other = malloc(1);
        pthread_detach(thread);
    }
    return answer(self, view, flags) < 0 ? -2 : 0;
}

static int get_talks(struct exporter *self, Py_buffer *view, int flags)
{
    printf("a request: %d\n", flags);
    if (write(STDOUT_FILENO, "talk\n", 5) < 0) {
        return refuse(view, PyExc_OSError, "cannot talk");
    }
    return answer(self, view, flags) < 0 ? -2 : 0;
}

const struct mode wrong_lifetimes[] = {
    {.name = "unwritable", ERROR("writable-memory-is-writable", make_unwritable, get_right)},
    {.name = "too long", ERROR("strides-within-block", make_too_long, get_right)},
    {.name = "unmapped", ERROR("strides-within-block", make_unmapped, get_right)},
    {.name = "reaching", ERROR("strides-within-block", make_reaching, get_right)},
    {.name = "past the root", ERROR("strides-within-block", make_past_root, get_root_obj)},
    {.name = "overlapping", INFO("writable-self-overlap", make_overlapping, get_right)},
    {.name = "unclosed format", ERROR("format-parses", make_bad_format, get_right)},
    {.name = "unknown code", ERROR("format-parses", make_unknown_code, get_right)},
    {.name = "beyond struct", INFO("format-parses", make_beyond_struct, get_right)},
    {.name = "wrong size", ERROR("itemsize-equals-format-size", make_wrong_size, get_right)},
    {.name = "no padding", ERROR("itemsize-equals-format-size", make_no_padding, get_right)},
    {.name = "native code", WARNING("native-only-code-in-standard-mode", make_native_code, get_right)},
    {.name = "same names", WARNING("names-unique", make_same_names, get_right)},
    {.name = "lost shape", ERROR("pointers-live-until-release", make_ints, get_lost_shape)},
    {.name = "stack shape", ERROR("pointers-live-until-release", make_ints, get_stack_shape)},
    {.name = "wild format", ERROR("pointers-live-until-release", make_ints, get_wild_format)},
    {.name = "leaks", ERROR("refcount-balanced", make_ints, get_leaks)},
    {.name = "decref in release", ERROR("release-does-not-decref-obj", make_ints, get_right),
     .release = release_decref},
    {.name = "exception in release", ERROR("release-sets-no-exception", make_ints, get_right),
     .release = release_exception},
    {.name = "registered", ERROR("release-accepts-copy", make_ints, get_registered),
     .release = release_registered},
    {.name = "registered, or abort", ERROR("release-accepts-copy", make_ints, get_registered),
     .release = release_registered_or_abort},
    {.name = "shared shape", ERROR("concurrent-views-independent", make_ints, get_shared_shape),
     .release = release_shared_shape},
    {.name = "moves in release", ERROR("concurrent-views-independent", make_roomy, get_right),
     .release = release_moves},
    {.name = "exclusive", WARNING("concurrent-views-independent", make_ints, get_exclusive),
     .release = release_right},
    {.name = "resizes anyway", ERROR("resize-refused-while-exported", make_ints, get_right),
     .release = release_right,
     .mutate = "_.resize(1000)", .resize_anyway = true},
    {.name = "resize RuntimeError", WARNING("resize-refused-while-exported", make_ints, get_right),
     .release = release_right, .mutate = "_.resize(1000)", .resize_error = &PyExc_RuntimeError},
    {.name = "export stuck", ERROR("resize-allowed-after-release", make_ints, get_right),
     .release = release_nothing, .mutate = "_.resize(1000)"},
    {.name = "keeps None", ERROR("exporter-kept-alive", make_ints, get_keeps_none)},
    {.name = "keeps None, large", ERROR("exporter-kept-alive", make_many_ints, get_keeps_none)},
    {.name = "only once", WARNING("repeated-requests-agree", make_ints, get_only_once)},
    {.name = "refuses by turns", WARNING("repeated-requests-agree", make_ints, get_refuses_by_turns)},
    {.name = "by turns", WARNING("repeated-requests-agree", make_ints, get_by_turns)},
    {.name = "has a release", INFO("has-releasebuffer", make_ints, get_right), .release = release_right},
    {.name = "racy", ERROR("export-count-thread-safe", make_ints, get_racy), .release = release_right,
     .mutate = "_.resize(8)"},
#ifdef Py_GIL_DISABLED
    {.name = "unlocked", ERROR("export-count-thread-safe", make_ints, get_right), .release = release_right,
     .mutate = "_.resize(8)", .unlocked = true},
#endif
    {.name = "threads", ERROR("rc-is-0-or-minus-1", make_readonly_ints, get_starts_threads)},
    {.name = "talks", ERROR("rc-is-0-or-minus-1", make_readonly_ints, get_talks)},
    {.name = NULL},
};
