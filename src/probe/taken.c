#include "probe/taken.h"

#include "memory/guard.h"
#include "probe/child.h"
#include "probe/raised.h"
#include "protocol/array_struct.h"
#include "protocol/arrow.h"
#include "protocol/dlpack.h"
#include "protocol/telling.h"

#include <string.h>

/* --- asking ------------------------------------------------------------------------------- */

PyObject *taken_keywords(const struct probe *probe, enum protocol protocol)
{
    return protocol == PROTOCOL_DLPACK && probe->transcript->protocols.dlpack.takes_version
               ? Py_BuildValue("{s:(ii)}", "max_version", DLPACK_MAJOR, DLPACK_MINOR)
               : NULL;
}

static PyObject *call(PyObject *method, PyObject *keywords)
{
    PyObject *none = PyTuple_New(0);
    PyObject *answer = none != NULL ? PyObject_Call(method, none, keywords) : NULL;

    Py_XDECREF(none);
    return answer;
}

static bool is_capsule(PyObject *object, const char *name)
{
    return object != NULL && PyCapsule_IsValid(object, name);
}

static bool is_dlpack(PyObject *object)
{
    return is_capsule(object, DLPACK_NAME) || is_capsule(object, DLPACK_NAME_VERSIONED);
}

/* Take over the answer. */
static bool sort_out(struct taken *taken, PyObject *answer)
{
    if (taken->protocol == PROTOCOL_ARROW && PyTuple_Check(answer) && PyTuple_GET_SIZE(answer) == 2) {
        taken->first = PyTuple_GET_ITEM(answer, 0);
        taken->second = PyTuple_GET_ITEM(answer, 1);
        Py_INCREF(taken->first);
        Py_INCREF(taken->second);
        Py_DECREF(answer);
        return is_capsule(taken->first, ARROW_SCHEMA_NAME) && is_capsule(taken->second, ARROW_ARRAY_NAME);
    }
    taken->first = answer;
    return taken->protocol == PROTOCOL_DLPACK ? is_dlpack(answer)
           : taken->protocol == PROTOCOL_ARRAY_STRUCT ? is_capsule(answer, NULL)
                                                      : false;
}

PyObject *taken_attribute(struct probe *probe, enum protocol protocol)
{
    PyObject *name = PyUnicode_InternFromString(protocol_attribute(protocol));
    PyObject *attribute = NULL;

    if (name != NULL) {
        probe_mark(probe, PHASE_REQUEST, -1);
        attribute = PyObject_GetAttr(probe->exporter, name);
        Py_DECREF(name);
    }
    return attribute;
}

enum outcome taken_ask(struct probe *probe, enum protocol protocol, PyObject *keywords, struct taken *taken)
{
    PyObject *answer;

    *taken = (struct taken){.protocol = protocol};
    answer = taken_attribute(probe, protocol);
    if (answer != NULL && protocol != PROTOCOL_ARRAY_STRUCT) {
        PyObject *method = answer;

        answer = call(method, keywords);
        Py_DECREF(method);
    }
    probe_stay_one(probe);
    probe_mark(probe, PHASE_OTHER, -1);
    if (answer == NULL) {
        return OUTCOME_REFUSED;
    }
    PyErr_Clear();
    if (!sort_out(taken, answer)) {
        Py_CLEAR(taken->first);
        Py_CLEAR(taken->second);
        return OUTCOME_NOT_SENT;
    }
    return OUTCOME_GRANTED;
}

/* --- looking ------------------------------------------------------------------------------- */

static void *pointer_of(PyObject *capsule)
{
    return PyCapsule_GetPointer(capsule, PyCapsule_GetName(capsule));
}

static bool is_versioned(const struct taken *taken)
{
    return is_capsule(taken->first, DLPACK_NAME_VERSIONED);
}

uintptr_t taken_structure(const struct taken *taken)
{
    return (uintptr_t)pointer_of(taken->second != NULL ? taken->second : taken->first);
}

static bool is_said_copy(const struct taken *taken)
{
    struct dlpack_versioned versioned;
    const void *address;

    return guard_copy(&versioned, pointer_of(taken->first), sizeof versioned, &address) &&
           (versioned.flags & DLPACK_COPIED);
}

static struct telling read_taken(const struct taken *taken)
{
    switch (taken->protocol) {
    case PROTOCOL_DLPACK:
        return dlpack_read(PyCapsule_GetName(taken->first), pointer_of(taken->first));
    case PROTOCOL_ARROW:
        return arrow_read(pointer_of(taken->first), pointer_of(taken->second));
    default:
        return array_struct_read(pointer_of(taken->first), NULL);
    }
}

void taken_tell(struct taken *taken, struct told *told)
{
    struct telling telling = read_taken(taken);

    told_write(told, &telling);
    telling_free(&telling);
    told->outcome = OUTCOME_GRANTED;
    if (taken->protocol == PROTOCOL_DLPACK) {
        told->is_legacy = !is_versioned(taken);
        told->is_copy = is_versioned(taken) && is_said_copy(taken);
    }
    probe_map_range(told->address, told->len, told->readonly == SAID_NO, &told->readable, &told->writable);
}

/* --- giving up ------------------------------------------------------------------------------- */

bool taken_has_end(const struct taken *taken)
{
    const void *from = pointer_of(taken->second != NULL ? taken->second : taken->first), *address;
    struct dlpack_versioned versioned;
    struct dlpack_managed managed;
    struct arrow_array array;

    if (taken->protocol == PROTOCOL_ARROW) {
        return guard_copy(&array, from, sizeof array, &address) && array.release != NULL;
    }
    if (taken->protocol != PROTOCOL_DLPACK) {
        return false;
    }
    return is_versioned(taken)
               ? guard_copy(&versioned, from, sizeof versioned, &address) && versioned.major == DLPACK_MAJOR &&
                     versioned.deleter != NULL
               : guard_copy(&managed, from, sizeof managed, &address) && managed.deleter != NULL;
}

void taken_drop(struct probe *probe, struct taken *taken)
{
    probe_mark(probe, PHASE_RELEASE, -1);
    Py_CLEAR(taken->second);
    Py_CLEAR(taken->first);
    probe_stay_one(probe);
    PyErr_Clear();
    probe_mark(probe, PHASE_OTHER, -1);
}

/* In the deleter's place as long as the capsule comes to its end: it must not be called. */
static int calls;

static void count_managed(struct dlpack_managed *self)
{
    (void)self;
    calls++;
}

static void count_versioned(struct dlpack_versioned *self)
{
    (void)self;
    calls++;
}

static void consume_managed(struct probe *probe, struct taken *taken, struct exchange *exchange)
{
    struct dlpack_managed *managed = pointer_of(taken->first);
    void (*deleter)(struct dlpack_managed *) = managed->deleter;

    PyCapsule_SetName(taken->first, DLPACK_NAME_USED DLPACK_NAME);
    managed->deleter = count_managed;
    taken_drop(probe, taken);
    exchange->ended_twice |= calls > 0;
    managed->deleter = deleter;
    deleter(managed);
}

static void consume_versioned(struct probe *probe, struct taken *taken, struct exchange *exchange)
{
    struct dlpack_versioned *managed = pointer_of(taken->first);
    void (*deleter)(struct dlpack_versioned *) = managed->deleter;

    PyCapsule_SetName(taken->first, DLPACK_NAME_USED DLPACK_NAME_VERSIONED);
    managed->deleter = count_versioned;
    taken_drop(probe, taken);
    exchange->ended_twice |= calls > 0;
    managed->deleter = deleter;
    deleter(managed);
}

/* Moved out, as the specification has it: a copy, and the original marked as released. */
static void consume_arrow(struct probe *probe, struct taken *taken, struct exchange *exchange)
{
    struct arrow_schema *schema = pointer_of(taken->first), moved_schema = *schema;
    struct arrow_array *array = pointer_of(taken->second), moved_array = *array;

    schema->release = NULL;
    array->release = NULL;
    taken_drop(probe, taken);
    moved_array.release(&moved_array);
    exchange->unmarked |= moved_array.release != NULL;
    if (moved_schema.release != NULL) {
        moved_schema.release(&moved_schema);
        exchange->unmarked |= moved_schema.release != NULL;
    }
}

void taken_consume(struct probe *probe, struct taken *taken, struct exchange *exchange)
{
    calls = 0;
    if (!taken_has_end(taken)) {
        taken_drop(probe, taken);
    } else if (taken->protocol == PROTOCOL_ARROW) {
        consume_arrow(probe, taken, exchange);
    } else if (is_versioned(taken)) {
        consume_versioned(probe, taken, exchange);
    } else {
        consume_managed(probe, taken, exchange);
    }
    probe_stay_one(probe);
    PyErr_Clear();
    probe_mark(probe, PHASE_OTHER, -1);
}
