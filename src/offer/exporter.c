#include <Python.h>

#include "offer/exporter.h"

#include "offer/guarded.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

/* What a granted request was given, so that a release can be told from one too many. */
struct grant {
    struct grant *next;
    struct guarded arrays[REGION_FORMAT - REGION_SHAPE + 1];
    int regions[REGION_FORMAT - REGION_SHAPE + 1]; /* their places in the record; -1: none */
    int request;                                   /* its place in the record; -1: none */
    bool refused;
    int released; /* times */
    uintptr_t place; /* of the Py_buffer; the complement, for who looks for holders is not to find it here */
};

struct exporter {
    PyObject_HEAD
    const struct buffer *buffer;
    struct guarded block, pointers, trap;
    int block_region, pointers_region;
    struct call *call; /* NULL: nothing is written down .. */
    struct call *record; /* .. but where its memory lies, which a later use may lead to */
    bool counts;       /* requests and releases are */
    struct grant *grants;
    int held;
};

/* Where there is no GIL, several threads may be in here. */
static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;

/* --- memory --------------------------------------------------------------------------------- */

static void set_state(struct exporter *exporter, const struct guarded *guarded, int region, enum region_state state)
{
    guarded_set(guarded, state);
    if (exporter->record != NULL && region >= 0) {
        exporter->record->regions[region].state = state;
    }
}

static void open_items(struct exporter *exporter)
{
    set_state(exporter, &exporter->block, exporter->block_region,
              exporter->buffer->plan.readonly ? REGION_READONLY : REGION_OPEN);
    set_state(exporter, &exporter->pointers, exporter->pointers_region, REGION_READONLY);
}

static void close_items(struct exporter *exporter)
{
    set_state(exporter, &exporter->block, exporter->block_region, REGION_CLOSED);
    set_state(exporter, &exporter->pointers, exporter->pointers_region, REGION_CLOSED);
}

static void write_pointers(const struct exporter *exporter)
{
    const struct plan *plan = &exporter->buffer->plan;
    size_t i;

    for (i = 0; i < exporter->pointers.size / sizeof(void *); i++) {
        unsigned char *row = exporter->block.low + i * plan->row;

        memcpy(exporter->pointers.low + i * sizeof row, &row, sizeof row);
    }
}

static bool make_memory(struct exporter *exporter, const unsigned char *items)
{
    const struct plan *plan = &exporter->buffer->plan;
    bool indirect = plan_is_indirect(plan);
    size_t table = indirect && plan->count > 0 ? (size_t)plan->shape[0] * sizeof(void *) : 0;

    if (!guarded_make(&exporter->block, plan->block, plan->edge) ||
        !guarded_make(&exporter->pointers, table, EDGE_END) || !guarded_make(&exporter->trap, 0, EDGE_END)) {
        return false;
    }
    plan_write(plan, items, exporter->block.low);
    write_pointers(exporter);
    return true;
}

/* --- granting and refusing -------------------------------------------------------------------- */

/* Why a request must be refused; NULL when it must not. */
static const char *reason_to_refuse(const struct buffer *buffer, int flags)
{
    struct layout layout;
    bool c, f;

    plan_layout(&buffer->plan, &layout);
    c = layout_is_c_contiguous(&layout);
    f = layout_is_f_contiguous(&layout);
    if ((flags & PyBUF_WRITABLE) && buffer->plan.readonly) {
        return "the memory is read-only";
    }
    if (plan_is_indirect(&buffer->plan) && (flags & PyBUF_INDIRECT) != PyBUF_INDIRECT) {
        return "the memory needs suboffsets, which were not asked for";
    }
    if ((flags & PyBUF_STRIDES) != PyBUF_STRIDES && !c) {
        return "the memory is not C-contiguous, and strides were not asked for";
    }
    if ((flags & PyBUF_C_CONTIGUOUS) == PyBUF_C_CONTIGUOUS && !c) {
        return "the memory is not C-contiguous";
    }
    if ((flags & PyBUF_F_CONTIGUOUS) == PyBUF_F_CONTIGUOUS && !f) {
        return "the memory is not Fortran-contiguous";
    }
    if ((flags & PyBUF_ANY_CONTIGUOUS) == PyBUF_ANY_CONTIGUOUS && !c && !f) {
        return "the memory is not contiguous";
    }
    return NULL;
}

static int refuse(struct exporter *exporter, struct grant *grant, Py_buffer *view, const char *reason)
{
    grant->refused = true;
    /* Whoever goes on with it is led where nothing is. */
    *view = (Py_buffer){
        .buf = exporter->trap.low,
        .len = 1,
        .itemsize = 1,
        .ndim = 1,
        .format = (char *)exporter->trap.low,
        .shape = (Py_ssize_t *)(void *)exporter->trap.low,
        .strides = (Py_ssize_t *)(void *)exporter->trap.low,
        .internal = grant,
    };
    if (exporter->buffer->refusal == REFUSES_FOR_MEMORY) {
        PyErr_NoMemory();
    } else {
        PyErr_SetString(PyExc_BufferError, reason);
    }
    return -1;
}

/* An array of its own, in pages of its own, that is not to be written. */
static void *put_array(struct exporter *exporter, struct grant *grant, enum region_kind kind, const void *from,
                       size_t size)
{
    struct guarded *array = &grant->arrays[kind - REGION_SHAPE];

    if (!guarded_make(array, size, EDGE_END)) {
        return NULL;
    }
    memcpy(array->low, from, size);
    guarded_set(array, REGION_READONLY);
    if (exporter->call != NULL && grant->request >= 0) {
        grant->regions[kind - REGION_SHAPE] =
            guarded_record(array, exporter->call, kind, grant->request, REGION_READONLY);
    } else if (exporter->call == NULL && exporter->record != NULL) {
        grant->regions[kind - REGION_SHAPE] =
            guarded_record(array, exporter->record, REGION_OTHER_VIEW, -1, REGION_READONLY);
    }
    return array->low;
}

static void *first_item(const struct exporter *exporter)
{
    const struct plan *plan = &exporter->buffer->plan;

    return plan_is_indirect(plan) ? exporter->pointers.low : exporter->block.low + plan->start;
}

static int grant_view(struct exporter *exporter, struct grant *grant, Py_buffer *view, int flags)
{
    const struct plan *plan = &exporter->buffer->plan;
    size_t size = (size_t)plan->ndim * sizeof plan->shape[0];
    bool dimensions = plan->ndim > 0;

    *view = (Py_buffer){
        .buf = first_item(exporter),
        .len = (Py_ssize_t)plan_len(plan),
        .itemsize = plan->itemsize,
        .readonly = plan->readonly,
        .ndim = plan->ndim,
        .internal = grant,
    };
    if (dimensions && (flags & PyBUF_ND) == PyBUF_ND) {
        view->shape = put_array(exporter, grant, REGION_SHAPE, plan->shape, size);
    }
    if (dimensions && (flags & PyBUF_STRIDES) == PyBUF_STRIDES) {
        view->strides = put_array(exporter, grant, REGION_STRIDES, plan->strides, size);
    }
    if (plan_is_indirect(plan)) {
        view->suboffsets = put_array(exporter, grant, REGION_SUBOFFSETS, plan->suboffsets, size);
    }
    if (flags & PyBUF_FORMAT) {
        view->format = put_array(exporter, grant, REGION_FORMAT, plan->format, strlen(plan->format) + 1);
    }
    if (exporter->held++ == 0) {
        open_items(exporter);
    }
    view->obj = (PyObject *)exporter;
    Py_INCREF(view->obj);
    return 0;
}

static void write_down_request(struct exporter *exporter, struct grant *grant, int flags, bool granted)
{
    struct call *call = exporter->call;

    if (call == NULL || !exporter->counts) {
        return;
    }
    if (call->request_count < CALL_MAX_REQUESTS) {
        grant->request = call->request_count;
        call->requests[grant->request] =
            (struct asked){.flags = flags, .outcome = granted ? OUTCOME_GRANTED : OUTCOME_REFUSED};
    }
    call->request_count++;
    call->granted += granted;
}

static int get_buffer(PyObject *self, Py_buffer *view, int flags)
{
    struct exporter *exporter = (struct exporter *)self;
    struct grant *grant = exporter->buffer != NULL ? calloc(1, sizeof *grant) : NULL;
    const char *reason;
    int result;

    if (grant == NULL) {
        view->obj = NULL;
        PyErr_SetString(PyExc_BufferError, "there is no memory here");
        return -1;
    }
    pthread_mutex_lock(&mutex);
    grant->request = -1;
    memset(grant->regions, -1, sizeof grant->regions);
    grant->place = ~(uintptr_t)view;
    grant->next = exporter->grants;
    exporter->grants = grant;
    reason = exporter->buffer->refusal != REFUSES_WHAT_IT_MUST ? "this exporter refuses every request"
                                                               : reason_to_refuse(exporter->buffer, flags);
    write_down_request(exporter, grant, flags, reason == NULL);
    result = reason == NULL ? grant_view(exporter, grant, view, flags) : refuse(exporter, grant, view, reason);
    pthread_mutex_unlock(&mutex);
    return result;
}

/* --- releasing ---------------------------------------------------------------------------------- */

static struct grant *find_grant(const struct exporter *exporter, const void *internal)
{
    struct grant *grant = exporter->grants;

    while (grant != NULL && grant != internal) {
        grant = grant->next;
    }
    return grant;
}

/* The one that was put there, or else the last, of those that are not released: for who has changed `internal`. */
static struct grant *find_held(const struct exporter *exporter, const Py_buffer *view)
{
    struct grant *found = NULL;
    struct grant *grant;

    for (grant = exporter->grants; grant != NULL; grant = grant->next) {
        bool held = !grant->refused && grant->released == 0;

        if (held && (found == NULL || grant->place == ~(uintptr_t)view)) {
            found = grant;
        }
    }
    return found;
}

static void write_down_release(struct call *call, const struct grant *grant)
{
    if (grant != NULL && grant->refused) {
        call->refused_releases++;
    } else if (grant != NULL && grant->released > 1) {
        call->wrong_releases++;
    } else if (grant != NULL) {
        call->releases++;
    }
    if (grant != NULL && grant->request >= 0) {
        call->requests[grant->request].released = grant->released;
    }
}

static void release_buffer(PyObject *self, Py_buffer *view)
{
    struct exporter *exporter = (struct exporter *)self;
    struct grant *grant;
    bool altered = false;
    size_t i;

    pthread_mutex_lock(&mutex);
    grant = find_grant(exporter, view->internal);
    if (grant == NULL) {
        grant = find_held(exporter, view);
        altered = true;
    }
    if (grant != NULL) {
        grant->released++;
    }
    if (exporter->call != NULL && exporter->counts) {
        exporter->call->altered_releases += altered;
        write_down_release(exporter->call, grant);
    }
    if (grant != NULL && !grant->refused && grant->released == 1) {
        for (i = 0; i < sizeof grant->arrays / sizeof grant->arrays[0]; i++) {
            set_state(exporter, &grant->arrays[i], grant->regions[i], REGION_CLOSED);
        }
        if (--exporter->held == 0) {
            close_items(exporter);
        }
    }
    pthread_mutex_unlock(&mutex);
}

/* Who was refused and now looks for another way to the data takes that. */
static PyObject *get_attribute(PyObject *self, PyObject *name)
{
    struct exporter *exporter = (struct exporter *)self;

    if (exporter->call != NULL && exporter->call->request_count > exporter->call->granted) {
        exporter->call->looked_elsewhere = true;
    }
    return PyObject_GenericGetAttr(self, name);
}

static void deallocate(PyObject *self)
{
    Py_TYPE(self)->tp_free(self);
}

/* --- from outside ------------------------------------------------------------------------------- */

static PyBufferProcs buffer_slots = {get_buffer, release_buffer};

static PyTypeObject exporter_type = {
    PyVarObject_HEAD_INIT(NULL, 0)
    .tp_name = "mview_inspect.exporter",
    .tp_basicsize = sizeof(struct exporter),
    .tp_dealloc = deallocate,
    .tp_getattro = get_attribute,
    .tp_as_buffer = &buffer_slots,
    .tp_flags = Py_TPFLAGS_DEFAULT,
};

bool exporter_start(void)
{
    return PyType_Ready(&exporter_type) == 0;
}

/* Tell the record of the one call that this process makes: its own buffer comes first. */
static void record_memory(struct exporter *exporter, struct call *call)
{
    static struct call *record;

    record = call != NULL ? call : record;
    exporter->record = record;
    if (call != NULL) {
        exporter->block_region = guarded_record(&exporter->block, call, REGION_ITEMS, -1, REGION_CLOSED);
        exporter->pointers_region = guarded_record(&exporter->pointers, call, REGION_POINTERS, -1, REGION_CLOSED);
        guarded_record(&exporter->trap, call, REGION_REFUSED, -1, REGION_CLOSED);
    } else if (record != NULL) {
        exporter->block_region = guarded_record(&exporter->block, record, REGION_OTHER, -1, REGION_CLOSED);
    }
}

PyObject *exporter_new(const struct buffer *buffer, const unsigned char *items, struct call *call)
{
    struct exporter *exporter = PyObject_New(struct exporter, &exporter_type);

    if (exporter == NULL) {
        return NULL;
    }
    memset((char *)exporter + sizeof exporter->ob_base, 0, sizeof *exporter - sizeof exporter->ob_base);
    exporter->buffer = buffer;
    exporter->block_region = exporter->pointers_region = -1;
    if (!make_memory(exporter, items)) {
        Py_DECREF(exporter);
        return PyErr_NoMemory();
    }
    record_memory(exporter, call);
    exporter->call = call;
    exporter->counts = true;
    close_items(exporter);
    return (PyObject *)exporter;
}

void exporter_count(PyObject *exporter, bool count)
{
    ((struct exporter *)exporter)->counts = count;
}

int exporter_held(PyObject *exporter)
{
    int held;

    pthread_mutex_lock(&mutex);
    held = ((struct exporter *)exporter)->held;
    pthread_mutex_unlock(&mutex);
    return held;
}

size_t exporter_views(PyObject *self, const Py_buffer **views, size_t room, Py_buffer *filled)
{
    const struct exporter *exporter = (const struct exporter *)self;
    const struct grant *grant;
    size_t count = 0;

    pthread_mutex_lock(&mutex);
    for (grant = exporter->grants; grant != NULL && count < room; grant = grant->next) {
        if (!grant->refused && grant->released == 0) {
            views[count++] = (const Py_buffer *)~grant->place;
        }
    }
    pthread_mutex_unlock(&mutex);
    *filled = (Py_buffer){
        .buf = first_item(exporter),
        .obj = self,
        .len = (Py_ssize_t)plan_len(&exporter->buffer->plan),
    };
    return count;
}

/* Run with the block readable; then it is as it was. */
#define WITH_BLOCK(exporter, statement)                                                                      \
    do {                                                                                                     \
        if ((exporter)->held == 0) {                                                                         \
            guarded_set(&(exporter)->block, REGION_READONLY);                                                \
        }                                                                                                    \
        statement;                                                                                           \
        if ((exporter)->held == 0) {                                                                         \
            guarded_set(&(exporter)->block, REGION_CLOSED);                                                  \
        }                                                                                                    \
    } while (0)

void exporter_read(PyObject *self, unsigned char *items)
{
    struct exporter *exporter = (struct exporter *)self;

    WITH_BLOCK(exporter, plan_read(&exporter->buffer->plan, exporter->block.low, items));
}

void exporter_read_memory(PyObject *self, unsigned char *memory, size_t size)
{
    struct exporter *exporter = (struct exporter *)self;
    const struct plan *plan = &exporter->buffer->plan;
    size_t there = plan->block - plan->start;
    size_t i;

    there = there < size ? there : size;
    for (i = there; i < size; i++) {
        memory[i] = plan_pattern((ptrdiff_t)(plan->start + i));
    }
    if (there > 0) {
        WITH_BLOCK(exporter, memcpy(memory, exporter->block.low + plan->start, there));
    }
}

bool exporter_damage(PyObject *self, ptrdiff_t *distance)
{
    struct exporter *exporter = (struct exporter *)self;
    const struct guarded *block = &exporter->block;
    bool damaged;

    WITH_BLOCK(exporter, damaged = plan_damage(&exporter->buffer->plan, block->open, block->open_size,
                                               (size_t)(block->low - block->open), distance));
    return damaged;
}
