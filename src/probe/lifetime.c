/*
 * Views kept, released in other ways than one would think, and outlived.
 */
#include "probe/child.h"

#include "probe/raised.h"

#include <stdlib.h>
#include <string.h>

/* --- references --- */

/* Objects of which some never change their count (None, small numbers, b''). */
static bool is_immortal(PyObject *object)
{
    Py_ssize_t before = Py_REFCNT(object);
    bool immortal;

    Py_INCREF(object);
    immortal = Py_REFCNT(object) == before;
    Py_DECREF(object);
    return immortal;
}

/* Which object every view of a request has for its obj: a new reference, or NULL when each has another one.
 */
static PyObject *find_obj(struct probe *probe, int request)
{
    PyObject *obj = NULL;
    Py_buffer view;
    bool same;

    if (probe_ask(probe, request, &view, NULL) != OUTCOME_GRANTED) {
        return NULL;
    }
    if (view.obj != probe->stale) {
        obj = view.obj;
        Py_XINCREF(obj);
    }
    probe_release(probe, request, &view, NULL);
    if (obj == NULL || obj == probe->exporter) {
        return obj;
    }
    same = probe_ask(probe, request, &view, NULL) == OUTCOME_GRANTED;
    if (same) {
        same = view.obj == obj;
        probe_release(probe, request, &view, NULL);
    }
    if (!same) {
        Py_DECREF(obj);
        return NULL;
    }
    return obj;
}

/* Nothing is known of a request that was granted and is now refused, or the other way round. */
static void measure(struct probe *probe, int request, PyObject *obj, struct references *references)
{
    enum outcome expected = probe->transcript->sweeps[0][request].outcome;
    PyObject *exporter = probe->exporter;
    bool steady = true;
    Py_buffer view;
    int i;

    references->exporter.immortal = is_immortal(exporter);
    references->obj.immortal = obj != NULL && is_immortal(obj);
    for (i = 0; i < TRANSCRIPT_CYCLES; i++) {
        Py_ssize_t exporter_before = Py_REFCNT(exporter);
        Py_ssize_t obj_before = obj != NULL ? Py_REFCNT(obj) : 0;
        bool granted = probe_ask(probe, request, &view, NULL) == OUTCOME_GRANTED;

        steady = steady && granted == (expected == OUTCOME_GRANTED);
        references->exporter.get[i] = Py_REFCNT(exporter) - exporter_before;
        references->obj.get[i] = obj != NULL ? Py_REFCNT(obj) - obj_before : 0;
        exporter_before = Py_REFCNT(exporter);
        obj_before = obj != NULL ? Py_REFCNT(obj) : 0;
        if (granted) {
            probe_release(probe, request, &view, NULL);
        }
        references->exporter.release[i] = Py_REFCNT(exporter) - exporter_before;
        references->obj.release[i] = obj != NULL ? Py_REFCNT(obj) - obj_before : 0;
    }
    references->exporter.measured = steady;
    references->obj.measured = steady && obj != NULL;
}

void probe_references(struct probe *probe, int request)
{
    enum { SPARE = 100 }; /* more than a broken exporter can take away here */
    struct references *references = &probe->transcript->references[request];
    PyObject *obj = NULL;
    int i;

    if (probe_can_send(probe, request)) {
        obj = find_obj(probe, request);
    } else if (probe->transcript->sweeps[0][request].outcome != OUTCOME_REFUSED) {
        return;
    }
    for (i = 0; obj != NULL && i < SPARE; i++) {
        Py_INCREF(obj);
    }
    measure(probe, request, obj, references);
    for (i = 0; obj != NULL && i < SPARE; i++) {
        Py_DECREF(obj);
    }
    Py_XDECREF(obj);
}

/* --- all views at once --- */

struct held {
    Py_buffer view;
    struct snapshot *snapshot; /* NULL when there is no view */
};

/* Those that ask for least come last: an exporter that then frees what it gave for more shows it. */
static void acquire_all(struct probe *probe, struct held *held)
{
    struct hold *holds = probe->transcript->holds;
    int i;

    for (i = REQUEST_COUNT - 1; i >= 0; i--) {
        held[i].snapshot = NULL;
        if (!probe_can_send(probe, i)) {
            continue;
        }
        holds[i].outcome = probe_ask(probe, i, &held[i].view, &holds[i].exception);
        if (holds[i].outcome == OUTCOME_GRANTED) {
            probe_mark(probe, PHASE_READ, i);
            holds[i].buf = (uintptr_t)held[i].view.buf;
            held[i].snapshot = snapshot_take(&held[i].view);
            if (held[i].snapshot != NULL) {
                holds[i].restless |= snapshot_compare(held[i].snapshot, &held[i].view);
            }
        }
    }
    probe_mark(probe, PHASE_OTHER, -1);
    probe_disturb(false);
}

static unsigned compare_held(struct probe *probe, struct held *held, int request)
{
    if (held[request].snapshot == NULL) {
        return 0;
    }
    probe_mark(probe, PHASE_READ, request);
    return snapshot_compare(held[request].snapshot, &held[request].view);
}

static void release_held(struct probe *probe, struct held *held, int request)
{
    if (held[request].snapshot != NULL) {
        snapshot_free(held[request].snapshot);
        held[request].snapshot = NULL;
        probe_release(probe, request, &held[request].view, NULL);
    }
}

static void compare_others(struct probe *probe, struct held *held)
{
    int i;

    probe_mark(probe, PHASE_OTHER, -1);
    probe_disturb(false);
    for (i = 0; i < REQUEST_COUNT; i++) {
        probe->transcript->holds[i].changed_by_release |= compare_held(probe, held, i);
    }
}

/*
 * Release every second view, in the order they came or against it, and compare the others: after
 * the first one, too, for an exporter that then takes new memory may soon be back at the old.
 */
static void release_half(struct probe *probe, struct held *held, int first, int step)
{
    bool is_first = true;
    int i;

    for (i = first; i >= 0 && i < REQUEST_COUNT; i += step) {
        bool was_held = held[i].snapshot != NULL;

        release_held(probe, held, i);
        if (was_held && is_first) {
            compare_others(probe, held);
            is_first = false;
        }
    }
    compare_others(probe, held);
}

static void release_rest(struct probe *probe, struct held *held)
{
    int i;

    for (i = REQUEST_COUNT - 1; i >= 0; i--) {
        release_held(probe, held, i);
    }
}

void probe_hold(struct probe *probe, int item)
{
    struct held *held = calloc(REQUEST_COUNT, sizeof *held);
    int i;

    (void)item;
    if (held == NULL) {
        return;
    }
    acquire_all(probe, held);
    for (i = 0; i < REQUEST_COUNT; i++) {
        probe->transcript->holds[i].changed_by_asking |= compare_held(probe, held, i);
    }
    release_half(probe, held, 0, 2);
    release_rest(probe, held);
    acquire_all(probe, held);
    release_half(probe, held, REQUEST_COUNT - 1, -2);
    release_rest(probe, held);
    free(held);
}

/* --- release through a copy --- */

/* A pointer into the original, moved along to the copy. */
static void *move_along(void *pointer, const Py_buffer *from, Py_buffer *to)
{
    uintptr_t offset = (uintptr_t)pointer - (uintptr_t)from;

    return offset < sizeof *from ? (char *)to + offset : pointer;
}

static void copy_view(Py_buffer *from, Py_buffer *to, unsigned char poison)
{
    *to = *from;
    to->format = move_along(from->format, from, to);
    to->shape = move_along(from->shape, from, to);
    to->strides = move_along(from->strides, from, to);
    to->suboffsets = move_along(from->suboffsets, from, to);
    memset(from, poison, sizeof *from);
}

static bool is_filled_with(const Py_buffer *view, unsigned char poison)
{
    const unsigned char *bytes = (const unsigned char *)view;
    size_t i;

    for (i = 0; i < sizeof *view; i++) {
        if (bytes[i] != poison) {
            return false;
        }
    }
    return true;
}

void probe_copy(struct probe *probe, int request)
{
    enum { POISON = 0xdd };
    struct copied_release *record = &probe->transcript->copies[request];
    Py_buffer *views = calloc(2, sizeof *views);
    int i;

    for (i = 0; views != NULL && i < TRANSCRIPT_CYCLES && probe_can_send(probe, request); i++) {
        Py_ssize_t before = Py_REFCNT(probe->exporter);

        record->outcome = probe_ask(probe, request, &views[0], NULL);
        if (record->outcome != OUTCOME_GRANTED) {
            break;
        }
        copy_view(&views[0], &views[1], POISON);
        probe_release(probe, request, &views[1], &record->release_exception);
        record->original_written |= !is_filled_with(&views[0], POISON);
        record->exporter.get[i] = Py_REFCNT(probe->exporter) - before;
        record->exporter.immortal = is_immortal(probe->exporter);
        record->exporter.measured = i == TRANSCRIPT_CYCLES - 1;
    }
    if (record->exporter.measured) {
        record->after = probe_ask(probe, request, &views[0], NULL);
        if (record->after == OUTCOME_GRANTED) {
            probe_release(probe, request, &views[0], NULL);
        }
    }
    free(views);
}

/* --- the view alone --- */

void probe_drop(struct probe *probe, int item)
{
    struct drop *drop = &probe->transcript->drop;
    int truth = transcript_truth(probe->transcript);
    struct snapshot *snapshot;
    Py_buffer view;

    (void)item;
    if (truth < 0 || !probe_can_send(probe, truth)) {
        return;
    }
    drop->outcome = probe_ask(probe, truth, &view, NULL);
    if (drop->outcome != OUTCOME_GRANTED) {
        return;
    }
    snapshot = snapshot_take(&view);
    Py_CLEAR(probe->exporter);
    probe_disturb(true);
    if (snapshot != NULL) {
        probe_mark(probe, PHASE_READ, truth);
        drop->changed = snapshot_compare(snapshot, &view);
        snapshot_free(snapshot);
    }
    probe_release(probe, truth, &view, &drop->release_exception);
}

/* --- the last view released --- */

void probe_aftermath(struct probe *probe, int item)
{
    struct aftermath *aftermath = &probe->transcript->aftermath;
    int truth = transcript_truth(probe->transcript);
    struct snapshot *snapshot;
    Py_buffer view, released;

    (void)item;
    if (truth < 0 || !probe_can_send(probe, truth)) {
        return;
    }
    aftermath->outcome = probe_ask(probe, truth, &view, NULL);
    if (aftermath->outcome != OUTCOME_GRANTED) {
        return;
    }
    snapshot = snapshot_take(&view);
    if (snapshot != NULL) {
        aftermath->restless = (snapshot_compare(snapshot, &view) & FIELD_CONTENTS) != 0;
    }
    released = view;
    probe_release(probe, truth, &view, NULL);
    probe_disturb(true);
    if (snapshot != NULL) {
        aftermath->changed = (snapshot_compare(snapshot, &released) & FIELD_CONTENTS) != 0;
        snapshot_free(snapshot);
    }
}
