#include <Python.h>

#include "holders/heap.h"

#include "holders/array.h"
#include "holders/collector.h"
#include "holders/frames.h"
#include "holders/question.h"

#include <frameobject.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum {
    MEMBERS_MAX = 1 << 23,
    REFERENCES_MAX = 1 << 25,
    FRAMES_MAX = 1 << 14,
    CLOCK_STEP = 1 << 12, /* members between two looks at the clock */
    FROZEN_AT_START = 1 << 10,
    WORDS_MAX = 1 << 12,  /* of a C object's own memory that are looked at */
};

double clock_now(void)
{
    struct timespec now;

    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

/* --- growing --- */

static bool make_room(void **array, size_t *room, size_t needed, size_t size)
{
    size_t larger = *room < 1024 ? 1024 : *room * 2;
    void *moved;

    if (needed <= *room) {
        return true;
    }
    moved = realloc(*array, larger * size);
    if (moved == NULL) {
        return false;
    }
    *array = moved;
    *room = larger;
    return true;
}

static bool add_member(struct heap *heap, void *address)
{
    if (heap->count >= MEMBERS_MAX ||
        !make_room((void **)&heap->members, &heap->member_room, heap->count + 1, sizeof heap->members[0])) {
        heap->bounds |= HOLDERS_BREADTH;
        return false;
    }
    heap->members[heap->count++] = address;
    return true;
}

static bool add_object(struct heap *heap, PyObject *object)
{
    bool ok = add_member(heap, object);

    if (ok && HEAP_HELD > 0) {
        Py_INCREF(object);
        heap->held = heap->count;
    }
    return ok;
}

static void add_reference(struct heap *heap, const void *to, unsigned bits)
{
    if (heap->reference_count >= REFERENCES_MAX ||
        !make_room((void **)&heap->references, &heap->reference_room, heap->reference_count + 1,
                   sizeof heap->references[0])) {
        heap->bounds |= HOLDERS_BREADTH;
        return;
    }
    heap->references[heap->reference_count++] = (uintptr_t)to | bits;
}

/* --- objects that the collector does not know of --- */

static size_t place_of(const struct heap *heap, const void *address)
{
    size_t at = (uintptr_t)address / 16 * 2654435761u % heap->reached_room;

    while (heap->reached[at] != NULL && heap->reached[at] != address) {
        at = (at + 1) % heap->reached_room;
    }
    return at;
}

static bool more_reached(struct heap *heap)
{
    void **old = heap->reached;
    size_t room = heap->reached_room;
    size_t i;

    heap->reached_room = room > 0 ? room * 2 : 4096;
    heap->reached = calloc(heap->reached_room, sizeof heap->reached[0]);
    if (heap->reached == NULL) {
        heap->reached = old;
        heap->reached_room = room;
        heap->bounds |= HOLDERS_BREADTH;
        return false;
    }
    for (i = 0; i < room; i++) {
        if (old[i] != NULL) {
            heap->reached[place_of(heap, old[i])] = old[i];
        }
    }
    free(old);
    return true;
}

/* Is it seen for the first time? */
static bool note(struct heap *heap, PyObject *object)
{
    size_t at;

    if (heap->reached_count * 2 >= heap->reached_room && !more_reached(heap)) {
        return false;
    }
    at = place_of(heap, object);
    if (heap->reached[at] != NULL) {
        return false;
    }
    heap->reached[at] = object;
    heap->reached_count++;
    return true;
}

static void reach(struct heap *heap, PyObject *object)
{
    if (note(heap, object)) {
        add_object(heap, object);
    }
}

/* --- what an object refers to --- */

static int visit(PyObject *object, void *context)
{
    struct heap *heap = context;
    const struct kind *kind = object != NULL ? kinds_find(&heap->kinds, Py_TYPE(object)) : NULL;

    if (kind == NULL || kind->leaf) {
        if (heap->frozen && object != NULL && (PyType_Check(object) || PyModule_Check(object))) {
            reach(heap, object);
        }
        return 0;
    }
    if (!kind->collected || heap->frozen || !PyObject_GC_IsTracked(object)) {
        reach(heap, object);
    }
    add_reference(heap, object, 0);
    return 0;
}

/* Whatever in the memory of a C object may be an address. */
static void scan_words(struct heap *heap, PyObject *object, const struct kind *kind)
{
    size_t words = kind->size / sizeof(uintptr_t);
    size_t i;

    for (i = sizeof(PyObject) / sizeof(uintptr_t); i < words && i < WORDS_MAX; i++) {
        uintptr_t word;

        memcpy(&word, (char *)object + i * sizeof word, sizeof word);
        if (word >= 1 << 16 && word % sizeof word == 0) {
            add_reference(heap, (void *)word, HEAP_UNTOLD);
        }
    }
}

static void visit_object(struct heap *heap, size_t member, heap_look *look, void *context)
{
    PyObject *object = heap->members[member];
    struct kind kind = *kinds_find(&heap->kinds, Py_TYPE(object));

    if (kind.collected && PyObject_IS_GC(object) && Py_TYPE(object)->tp_traverse != NULL) {
        Py_TYPE(object)->tp_traverse(object, visit, heap);
    }
    if (kind.array) {
        array_traverse(object, visit, heap);
    } else if (kind.foreign) {
        scan_words(heap, object, &kind);
    }
    look(member, object, &kind, context);
}

static bool visit_slot(PyObject *value, PyObject *name, bool sure, void *context)
{
    (void)name;
    if (sure) {
        visit(value, context);
    } else if ((uintptr_t)value % sizeof value == 0) {
        add_reference(context, value, HEAP_UNTOLD);
    }
    return true;
}

static void visit_frame(struct heap *heap, size_t member)
{
    struct frame frame;

    if (frame_read_running(heap->members[member], &frame)) {
        frame_each(&frame, visit_slot, heap);
        if (frame.space != NULL) {
            visit(frame.space, heap);
        }
    }
}

static void visit_thread(struct heap *heap, size_t member)
{
    PyThreadState *thread = heap->owners[member];
    const _PyErr_StackItem *item;

    visit(thread->dict, heap);
    visit(thread->context, heap);
    for (item = thread->exc_info; item != NULL; item = item->previous_item) {
        visit(item->exc_value, heap);
    }
}

static void visit_member(struct heap *heap, size_t member, heap_look *look, void *context)
{
    if (member < heap->frames) {
        visit_frame(heap, member);
    } else if (member < heap->frames + heap->threads) {
        visit_thread(heap, member);
    } else {
        visit_object(heap, member, look, context);
    }
    heap->ends[member] = heap->reference_count;
}

/* --- the members --- */

static bool add_owned(struct heap *heap, void *address, PyThreadState *thread)
{
    void *moved;

    if (heap->count >= FRAMES_MAX || !add_member(heap, address)) {
        heap->bounds |= HOLDERS_BREADTH;
        return false;
    }
    moved = realloc(heap->owners, heap->member_room * sizeof heap->owners[0]);
    if (moved == NULL) {
        heap->count--;
        return false;
    }
    heap->owners = moved;
    heap->owners[heap->count - 1] = thread;
    return true;
}

static bool add_frame(void *frame, PyThreadState *thread, void *context)
{
    struct heap *heap = context;

    heap->frames += add_owned(heap, frame, thread);
    return heap->count == heap->frames && (heap->bounds & HOLDERS_BREADTH) == 0;
}

static void add_threads(struct heap *heap)
{
    PyThreadState *thread = PyInterpreterState_ThreadHead(PyThreadState_GetInterpreter(PyThreadState_Get()));

    for (; thread != NULL; thread = PyThreadState_Next(thread)) {
        heap->threads += add_owned(heap, thread, thread);
    }
}

/* Ours, or there already as a frame that runs. */
static bool is_ignored(const struct heap *heap, const PyObject *object)
{
    size_t i;

    for (i = 0; i < heap->ignored_count; i++) {
        if (heap->ignored[i] == object) {
            return true;
        }
    }
    for (i = 0; Py_IS_TYPE(object, &PyFrame_Type) && i < heap->frames; i++) {
        if (heap->members[i] == object) {
            return true;
        }
    }
    return false;
}

static int add_tracked(PyObject *object, void *context)
{
    struct heap *heap = context;

    if (is_ignored(heap, object) || (heap->frozen && !note(heap, object))) {
        return true;
    }
    return add_object(heap, object);
}

/* Not only those few that the interpreter itself freezes as it starts (3.12). */
static bool any_frozen(void)
{
    PyObject *count = collector_call("get_freeze_count", NULL);
    bool any = count != NULL && PyLong_Check(count) && PyLong_AsLong(count) > FROZEN_AT_START;

    Py_XDECREF(count);
    return any;
}

#if PY_VERSION_HEX >= 0x030c0000

static bool add_objects(struct heap *heap)
{
    PyUnstable_GC_VisitObjects(add_tracked, heap);
    return true;
}

#else

static bool add_objects(struct heap *heap)
{
    PyObject *list = collector_call("get_objects", NULL);
    Py_ssize_t i;

    for (i = 0; list != NULL && PyList_Check(list) && i < PyList_GET_SIZE(list); i++) {
        add_tracked(PyList_GET_ITEM(list, i), heap);
    }
    Py_XDECREF(list);
    return list != NULL;
}

#endif

bool heap_take(struct heap *heap, PyObject *const *ignored, size_t ignored_count, double seconds, heap_look *look,
               void *context)
{
    size_t i;

    *heap = (struct heap){.ignored = ignored, .ignored_count = ignored_count, .deadline = clock_now() + seconds};
    if (!kinds_begin(&heap->kinds)) {
        return false;
    }
    frames_each_running(add_frame, heap);
    add_threads(heap);
    heap->frozen = any_frozen();
    if (!add_objects(heap)) {
        return false;
    }
    if (heap->frozen) {
        reach(heap, PyImport_GetModuleDict());
    }
    for (i = 0; i < heap->count; i++) {
        if (i % CLOCK_STEP == 0 && clock_now() > heap->deadline) {
            heap->bounds |= HOLDERS_TIME;
            heap->count = i;
            break;
        }
        if (!make_room((void **)&heap->ends, &heap->end_room, i + 1, sizeof heap->ends[0])) {
            return false;
        }
        visit_member(heap, i, look, context);
    }
    return true;
}

void heap_free(struct heap *heap)
{
    size_t i;

    for (i = heap->frames + heap->threads; i < heap->held; i++) {
        Py_DECREF((PyObject *)heap->members[i]);
    }
    frames_forget(heap->members, heap->frames);
    free(heap->members);
    free(heap->owners);
    free(heap->ends);
    free(heap->references);
    free(heap->reached);
    kinds_end(&heap->kinds);
}

bool heap_member(struct heap *heap, PyObject *object, size_t *member)
{
    size_t i;

    for (i = heap->frames + heap->threads; i < heap->count; i++) {
        if (heap->members[i] == object) {
            *member = i;
            return true;
        }
    }
    if (!make_room((void **)&heap->ends, &heap->end_room, heap->count + 1, sizeof heap->ends[0]) ||
        !add_member(heap, object)) {
        return false;
    }
    *member = heap->count - 1;
    heap->ends[*member] = heap->reference_count;
    return true;
}
