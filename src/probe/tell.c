/*
 * What the object tells by other protocols than the buffer's, and what
 * __dlpack__ says to each keyword of its own.
 */
#include "probe/child.h"

#include "base/error.h"
#include "probe/raised.h"
#include "probe/taken.h"
#include "protocol/dlpack.h"
#include "protocol/telling.h"
#include "python/via.h"

#include <stdio.h>
#include <string.h>

/* --- telling ---------------------------------------------------------------------------- */

/* The fault of an answer that is nothing of the kind. */
static enum fault_kind nothing_fault(enum protocol protocol)
{
    switch (protocol) {
    case PROTOCOL_ARRAY_STRUCT:
        return FAULT_ARRAY_STRUCT;
    case PROTOCOL_DLPACK:
        return FAULT_DLPACK_CAPSULE;
    case PROTOCOL_ARROW:
        return FAULT_ARROW_STRUCTURES;
    default:
        return FAULT_ARRAY_INTERFACE_FIELDS;
    }
}

/* A copy, cut where there is no room for all of it. */
static void copy_cut(char *to, size_t size, const char *from)
{
    size_t length = strnlen(from, size - 1);

    memcpy(to, from, length);
    to[length] = '\0';
}

static void write_refusal(struct told *told, enum protocol protocol, const struct error *error)
{
    if (error->kind == ERROR_PYTHON || error->kind == ERROR_INTERRUPTED) { /* it raises KeyboardInterrupt itself */
        bool interrupt = error->kind == ERROR_INTERRUPTED;

        told->outcome = OUTCOME_REFUSED;
        told->exception.set = true;
        copy_cut(told->exception.text, sizeof told->exception.text, interrupt ? "KeyboardInterrupt" : error->message);
        return;
    }
    told->outcome = OUTCOME_GRANTED;
    told->is_local = true;
    told->fault_count = 1;
    told->faults[0].kind = (int)nothing_fault(protocol);
    copy_cut(told->faults[0].sentence, sizeof told->faults[0].sentence, error->message);
}

static bool tell(struct probe *probe, enum protocol protocol, struct via *via, struct told *told)
{
    struct error error = ERROR_INIT;
    bool ok;

    probe_mark(probe, PHASE_REQUEST, -1);
    ok = via_open(via, probe->exporter, protocol, &error);
    probe_stay_one(probe);
    probe_mark(probe, PHASE_OTHER, -1);
    if (!ok && via->how != NULL) {
        write_refusal(told, protocol, &error);
    }
    if (!ok) {
        return false;
    }
    told_write(told, &via->telling);
    told->outcome = OUTCOME_GRANTED;
    probe_map_range(told->address, told->len, told->readonly == SAID_NO, &told->readable, &told->writable);
    return true;
}

/* Memory of another address each time is made for the occasion. */
static bool is_made_anew(const struct told *a, const struct told *b)
{
    return a->have_layout && b->have_layout && a->len > 0 && a->address != b->address;
}

static void tell_twice(struct probe *probe, enum protocol protocol, struct told *told)
{
    struct told again = {.outcome = OUTCOME_NOT_SENT};
    struct via one, other;

    if (!tell(probe, protocol, &one, told)) {
        return;
    }
    if (tell(probe, protocol, &other, &again)) {
        told->is_copy |= is_made_anew(told, &again);
        via_close(&other);
    }
    via_close(&one);
}

/* What a capsule of DLPack's tells, asked for with these keywords; another one beside it tells whether it is a copy. */
static void tell_dlpack(struct probe *probe, PyObject *keywords, struct told *told)
{
    struct told again = {.outcome = OUTCOME_NOT_SENT};
    struct taken one, other;

    if (taken_ask(probe, PROTOCOL_DLPACK, keywords, &one) != OUTCOME_GRANTED) {
        PyErr_Clear();
        return;
    }
    taken_tell(&one, told);
    if (taken_ask(probe, PROTOCOL_DLPACK, keywords, &other) == OUTCOME_GRANTED) {
        taken_tell(&other, &again);
        told->is_unmarked = is_made_anew(told, &again) && !told->is_copy && !told->is_legacy;
        told->is_copy |= is_made_anew(told, &again);
        if (taken_structure(&one) != taken_structure(&other)) {
            taken_drop(probe, &other);
        }
    }
    taken_drop(probe, &one);
    PyErr_Clear();
}

/* Is max_version taken?  What is raised for another reason is no answer to that. */
static bool takes_version(struct probe *probe)
{
    PyObject *keywords = Py_BuildValue("{s:(ii)}", "max_version", DLPACK_MAJOR, DLPACK_MINOR);
    struct taken taken;
    bool takes = true;

    switch (taken_ask(probe, PROTOCOL_DLPACK, keywords, &taken)) {
    case OUTCOME_GRANTED:
        taken_drop(probe, &taken);
        break;
    case OUTCOME_REFUSED:
        takes = !PyErr_ExceptionMatches(PyExc_TypeError) && !PyErr_ExceptionMatches(PyExc_NotImplementedError);
        break;
    default:
        break;
    }
    Py_XDECREF(keywords);
    PyErr_Clear();
    return takes;
}

void probe_tell(struct probe *probe, int item)
{
    struct protocols *protocols = &probe->transcript->protocols;
    enum protocol protocol = (enum protocol)item;
    struct told *told = &protocols->told[item];

    if (protocol == PROTOCOL_BUFFER || (protocol == PROTOCOL_DLPACK && !via_has(probe->exporter, protocol))) {
        return;
    }
    if (protocol == PROTOCOL_DLPACK) {
        PyObject *keywords;

        protocols->dlpack.takes_version = takes_version(probe);
        keywords = taken_keywords(probe, protocol);
        tell_dlpack(probe, keywords, told);
        Py_XDECREF(keywords);
    }
    if (told->outcome == OUTCOME_NOT_SENT) {
        tell_twice(probe, protocol, told);
    }
    if (told->outcome == OUTCOME_GRANTED && protocol == PROTOCOL_ARRAY_INTERFACE) {
        raised_type_name(told->owner, probe->exporter);
    } else if (told->outcome == OUTCOME_GRANTED && protocol != PROTOCOL_CUDA_ARRAY_INTERFACE) {
        snprintf(told->owner, sizeof told->owner, "%s", PyCapsule_Type.tp_name);
    }
}

/* --- what __dlpack__ is asked -------------------------------------------------------------- */

static void write_device(struct dlpack_answers *dlpack, PyObject *device)
{
    PyObject *text = PyObject_Repr(device);
    const char *utf8 = text != NULL ? PyUnicode_AsUTF8(text) : NULL;
    struct dlpack_device pair = {0, 0};

    snprintf(dlpack->device, sizeof dlpack->device, "%s", utf8 != NULL ? utf8 : "");
    Py_XDECREF(text);
    PyErr_Clear();
    dlpack->device_is_pair = via_device(device, &pair);
    dlpack->device_has_no_id =
        PyTuple_Check(device) && PyTuple_GET_SIZE(device) == 2 && PyTuple_GET_ITEM(device, 1) == Py_None;
    dlpack_device_name(pair, dlpack->device_name, sizeof dlpack->device_name);
}

static PyObject *ask_device(struct probe *probe)
{
    PyObject *device;

    probe_mark(probe, PHASE_REQUEST, -1);
    device = PyObject_CallMethod(probe->exporter, "__dlpack_device__", NULL);
    probe_stay_one(probe);
    probe_mark(probe, PHASE_OTHER, -1);
    return device;
}

static void ask_for_device(struct probe *probe, struct dlpack_answer *answer)
{
    struct dlpack_answers *dlpack = &probe->transcript->protocols.dlpack;
    PyObject *device;

    dlpack->has_device = PyObject_HasAttrString(probe->exporter, "__dlpack_device__");
    device = ask_device(probe);
    answer->outcome = device != NULL ? OUTCOME_GRANTED : OUTCOME_REFUSED;
    raised_take(&answer->exception);
    if (device != NULL) {
        write_device(dlpack, device);
    }
    Py_XDECREF(device);
}

/* The keywords of a question; NULL without an exception for none, or when it cannot be asked. */
static bool make_keywords(struct probe *probe, enum dlpack_question question, PyObject **keywords)
{
    bool with_version = question > DLPACK_ASK_MAX_VERSION; /* read-only memory is refused to those who have none */
    PyObject *value = NULL;
    bool ok = true;

    *keywords = with_version ? taken_keywords(probe, PROTOCOL_DLPACK) : NULL;
    if (*keywords == NULL) {
        *keywords = PyDict_New();
    }
    switch (question) {
    case DLPACK_ASK_STREAM:
        value = Py_None;
        Py_INCREF(value);
        break;
    case DLPACK_ASK_MAX_VERSION:
        value = Py_BuildValue("(ii)", DLPACK_MAJOR, DLPACK_MINOR);
        break;
    case DLPACK_ASK_DL_DEVICE:
        value = ask_device(probe);
        break;
    case DLPACK_ASK_COPY_NEVER:
    case DLPACK_ASK_COPY:
        value = PyBool_FromLong(question == DLPACK_ASK_COPY);
        break;
    default:
        return *keywords != NULL;
    }
    ok = *keywords != NULL && value != NULL && PyDict_SetItemString(*keywords, dlpack_keyword(question), value) == 0;
    Py_XDECREF(value);
    PyErr_Clear();
    return ok;
}

/* What was asked for without a version, and as a copy, is told too. */
static void tell_answer(struct probe *probe, enum dlpack_question question, struct taken *taken)
{
    struct dlpack_answers *dlpack = &probe->transcript->protocols.dlpack;

    if (question == DLPACK_ASK_PLAIN) {
        taken_tell(taken, &dlpack->plain);
        dlpack->plain.is_copy |= probe->transcript->protocols.told[PROTOCOL_DLPACK].is_copy;
    } else if (question == DLPACK_ASK_COPY) {
        taken_tell(taken, &dlpack->copy);
        dlpack->copy.is_unmarked = !dlpack->copy.is_copy && !dlpack->copy.is_legacy;
    }
}

void probe_ask_dlpack(struct probe *probe, int item)
{
    enum dlpack_question question = (enum dlpack_question)item;
    struct dlpack_answer *answer = &probe->transcript->protocols.dlpack.answers[item];
    PyObject *keywords;
    struct taken taken;

    if (question == DLPACK_ASK_DEVICE) {
        ask_for_device(probe, answer);
        return;
    }
    if (!make_keywords(probe, question, &keywords)) {
        Py_XDECREF(keywords);
        return;
    }
    answer->outcome = taken_ask(probe, PROTOCOL_DLPACK, keywords, &taken);
    if (answer->outcome == OUTCOME_GRANTED) {
        tell_answer(probe, question, &taken);
        taken_drop(probe, &taken);
    }
    raised_take(&answer->exception);
    Py_DECREF(keywords);
}
