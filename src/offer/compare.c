/*
 * What the call gave, beside what it gives for other buffers.
 */
#include "offer/attempt.h"

#include "offer/exporter.h"
#include "trial/items.h"
#include "trial/rules.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The references of the one call that this process makes. */
static struct evaluation references[REFERENCE_COUNT];

/* --- references ------------------------------------------------------------------------------- */

/* What lies where buf points, strides or no strides; owned. */
static unsigned char *memory_of(const struct evaluation *call)
{
    size_t len = plan_len(&call->buffer.plan);
    unsigned char *memory = malloc(len + 1);

    if (memory != NULL) {
        exporter_read_memory(call->exporter, memory, len);
    }
    return memory;
}

/* False when the expression was not evaluated. */
static bool evaluate_reference(struct attempt *attempt, const struct evaluation *call, const unsigned char *items,
                               const unsigned char *memory, enum reference reference)
{
    struct evaluation *evaluation = &references[reference];
    unsigned char *its_items = NULL;
    struct buffer buffer;
    bool made = battery_reference(&call->buffer, reference, items, memory, &buffer, &its_items) &&
                (reference == REFERENCE_BYTES ? evaluation_begin_bytes(evaluation, &buffer, its_items)
                                              : evaluation_begin(evaluation, &buffer, its_items, NULL));

    if (made && evaluation_run(attempt, evaluation, NULL)) {
        attempt->shared->call.evaluated |= 1u << reference;
    }
    free(its_items);
    return made;
}

/* The items and memory before the call, which may change both. */
static unsigned char *items_before, *memory_before;

void compare_before(struct attempt *attempt, const struct evaluation *call)
{
    size_t len = plan_len(&call->buffer.plan);

    items_before = malloc(len + 1);
    memory_before = memory_of(call);
    if (items_before == NULL || memory_before == NULL) {
        return;
    }
    memcpy(items_before, call->items, len);
    evaluate_reference(attempt, call, items_before, memory_before, REFERENCE_COPY);
}

/* --- parts ------------------------------------------------------------------------------------- */

enum { MAX_PARTS = CALL_MAX_LEAVES - 1 };

/* The parts of a tuple, list or dict, as far as there are few; else the object itself is the one part.  Borrowed. */
static int parts_of(PyObject *object, PyObject *parts[MAX_PARTS])
{
    Py_ssize_t count = object == NULL             ? 0
                       : PyTuple_Check(object)    ? PyTuple_GET_SIZE(object)
                       : PyList_CheckExact(object) ? PyList_GET_SIZE(object)
                       : PyDict_CheckExact(object) ? PyDict_Size(object)
                                                   : 0;
    Py_ssize_t position = 0;
    Py_ssize_t i;

    if (object == NULL) {
        return 0;
    }
    if (count == 0 || count > MAX_PARTS) {
        parts[0] = object;
        return 1;
    }
    for (i = 0; i < count; i++) {
        if (PyDict_Check(object)) {
            PyDict_Next(object, &position, NULL, &parts[i]);
        } else {
            parts[i] = PyTuple_Check(object) ? PyTuple_GET_ITEM(object, i) : PyList_GET_ITEM(object, i);
        }
    }
    return (int)count;
}

static int compare_part(const struct evaluation *a, const struct evaluation *b, int part)
{
    PyObject *parts_a[MAX_PARTS], *parts_b[MAX_PARTS];
    int count = parts_of(a->result, parts_a);

    if (count != parts_of(b->result, parts_b)) {
        return a->result == NULL || b->result == NULL ? -1 : 0;
    }
    return part < count ? equal_results(parts_a[part], a, parts_b[part], b) : -1;
}

/* What is a run of bytes, of whatever type, is no more than that. */
static enum leaf_kind kind_of(PyObject *part, size_t len)
{
    enum leaf_kind kind = LEAF_VALUE;
    Py_buffer view;

    if (PyUnicode_Check(part)) {
        return LEAF_TEXT;
    }
    if (PyObject_CheckBuffer(part) && PyObject_GetBuffer(part, &view, PyBUF_FULL_RO) == 0) {
        if (view.ndim == 1 && view.itemsize == 1 && (view.format == NULL || strchr("Bbc", view.format[0]) != NULL)) {
            kind = (size_t)view.len == len ? LEAF_BYTES : LEAF_TEXT;
        }
        PyBuffer_Release(&view);
    }
    PyErr_Clear();
    return kind;
}

/* --- leaves ------------------------------------------------------------------------------------- */

static void make_leaf(const struct evaluation *call, int part, unsigned evaluated, struct leaf *leaf)
{
    PyObject *parts[MAX_PARTS], *copies[MAX_PARTS];
    const struct evaluation *copy = &references[REFERENCE_COPY];
    int equal = compare_part(call, copy, part);
    int r;

    parts_of(call->result, parts);
    *leaf = (struct leaf){
        .kind = kind_of(parts[part], plan_len(&call->buffer.plan)), .comparable = equal >= 0, .stable = true};
    for (r = 0; r < REFERENCE_COUNT; r++) {
        if (references[r].result != NULL && compare_part(call, &references[r], part) == 1) {
            leaf->equal |= 1u << r;
        }
    }
    leaf->dependent = references[REFERENCE_OTHER].result != NULL &&
                      compare_part(copy, &references[REFERENCE_OTHER], part) == 0;
    if (equal != 1 || (evaluated & ~(1u << REFERENCE_COPY)) != 0) {
        equal_text(parts[part], leaf->text);
        equal_text(part < parts_of(copy->result, copies) ? copies[part] : NULL, leaf->expected);
    }
}

static void hex_text(const unsigned char *bytes, size_t size, char text[CALL_TEXT_SIZE])
{
    enum { SHOWN = 24 };
    size_t i;

    for (i = 0; i < size && i < SHOWN; i++) {
        snprintf(text + 3 * i, CALL_TEXT_SIZE - 3 * i, i + 1 < size ? "%02x " : "%02x", bytes[i]);
    }
    if (size > SHOWN) {
        snprintf(text + 3 * i, CALL_TEXT_SIZE - 3 * i, "...");
    }
}

/* What stands in the buffer afterwards, in the call's own byte order. */
static bool same_items(const struct evaluation *call, enum reference reference)
{
    const struct evaluation *other = &references[reference];
    const struct battery_format *format = call->buffer.format;
    size_t len = plan_len(&call->buffer.plan);
    bool swapped = format->role == ROLE_SWAPPED && (reference == REFERENCE_COPY || reference == REFERENCE_AGAIN);
    bool same;

    if (other->result == NULL || plan_len(&other->buffer.plan) != len) {
        return false;
    }
    if (swapped) {
        items_swap(&format->base->format, (size_t)format->itemsize, call->buffer.plan.count, other->items);
    }
    same = memcmp(call->items, other->items, len) == 0;
    if (swapped) {
        items_swap(&format->base->format, (size_t)format->itemsize, call->buffer.plan.count, other->items);
    }
    return same;
}

static void make_items_leaf(const struct evaluation *call, struct leaf *leaf)
{
    const struct evaluation *copy = &references[REFERENCE_COPY];
    size_t len = plan_len(&call->buffer.plan);
    int r;

    *leaf = (struct leaf){.kind = LEAF_ITEMS, .comparable = true, .stable = true};
    for (r = 0; r < REFERENCE_COUNT; r++) {
        leaf->equal |= same_items(call, (enum reference)r) ? 1u << r : 0;
    }
    hex_text(call->items, len, leaf->text);
    hex_text(copy->items, len, leaf->expected);
}

static bool all_equal(const struct evaluation *call)
{
    PyObject *parts[MAX_PARTS];
    int count = parts_of(call->result, parts);
    int i;

    for (i = 0; i < count; i++) {
        if (compare_part(call, &references[REFERENCE_COPY], i) != 1) {
            return false;
        }
    }
    return same_items(call, REFERENCE_COPY);
}

/* --- once more ---------------------------------------------------------------------------------- */

static void mark_unstable(struct call *record, int part)
{
    int i;

    for (i = 0; i < record->leaf_count; i++) {
        struct leaf *leaf = &record->leaves[i];

        if (part < 0 ? leaf->kind == LEAF_ITEMS : i == part && leaf->kind != LEAF_ITEMS) {
            leaf->stable = false;
        }
    }
}

/* What is not the same as in another evaluation of the same buffer is of chance, or of what went before. */
static void mark_varying(struct call *record, const struct evaluation *first, const struct evaluation *next)
{
    PyObject *parts[MAX_PARTS];
    int count = parts_of(first->result, parts);
    int i;

    for (i = 0; i < count; i++) {
        if (next->result == NULL || compare_part(first, next, i) == 0) {
            mark_unstable(record, i);
        }
    }
    if (next->result == NULL || memcmp(first->items, next->items, plan_len(&first->buffer.plan)) != 0) {
        mark_unstable(record, -1);
    }
}

static void evaluate_copy_again(struct attempt *attempt, const struct evaluation *call)
{
    attempt_mark(attempt, CALL_REFERENCE);
    if (evaluate_reference(attempt, call, items_before, memory_before, REFERENCE_AGAIN)) {
        mark_varying(&attempt->shared->call, &references[REFERENCE_COPY], &references[REFERENCE_AGAIN]);
    }
}

/* The same buffer in other memory.  Pointers into that are other ones: who takes them for items gives other results. */
static void evaluate_call_again(struct attempt *attempt, const struct evaluation *call)
{
    struct evaluation again;

    if (plan_is_indirect(&call->buffer.plan) ||
        !evaluation_begin(&again, &call->buffer, items_before, NULL)) {
        return;
    }
    attempt_mark(attempt, CALL_REPEATING);
    evaluation_run(attempt, &again, NULL);
    mark_varying(&attempt->shared->call, call, &again);
}

/* Take what was freed: the next objects have other addresses, and what hangs on those shows it. */
static void displace(void)
{
    enum { SIZES = 64, STEP = 16, BLOCKS = 4 };
    volatile char *block;
    int i;

    for (i = 0; i < SIZES * BLOCKS; i++) {
        block = PyObject_Malloc((size_t)(i / BLOCKS + 1) * STEP);
        if (block != NULL) {
            *block = 1;
        }
    }
}

/* What speaks against a consumer must do so each time, and on both sides. */
static void try_again(struct attempt *attempt, const struct evaluation *call)
{
    enum { TRIES = 8 };
    const struct call *record = &attempt->shared->call;
    int i;

    for (i = 0; i < TRIES && call_contradicts(record); i++) {
        displace();
        evaluate_copy_again(attempt, call);
        evaluate_call_again(attempt, call);
    }
}

void compare_after(struct attempt *attempt, const struct evaluation *call)
{
    struct call *record = &attempt->shared->call;
    const struct evaluation *copy = &references[REFERENCE_COPY];
    PyObject *parts[MAX_PARTS];
    int count = parts_of(call->result, parts);
    bool equal;
    int r, i;

    if (copy->result == NULL) {
        return;
    }
    equal = all_equal(call);
    attempt_mark(attempt, CALL_REFERENCE);
    for (r = REFERENCE_OTHER; r < REFERENCE_COUNT; r++) {
        if (battery_wants(&call->buffer, (enum reference)r, equal)) {
            evaluate_reference(attempt, call, items_before, memory_before, (enum reference)r);
        }
    }
    attempt_mark(attempt, CALL_COMPARING);
    for (i = 0; i < count; i++) {
        make_leaf(call, i, record->evaluated, &record->leaves[record->leaf_count++]);
    }
    if (call->written || copy->written) {
        make_items_leaf(call, &record->leaves[record->leaf_count++]);
    }
    if (!equal) {
        evaluate_copy_again(attempt, call);
    }
    try_again(attempt, call);
}
