/*
 * Whose bf_getbuffer and bf_releasebuffer an exporter has, and whose memory it shows.
 */
#include "probe/child.h"

#include "probe/crowd.h"

#include <stdio.h>
#include <string.h>

/* --- slots --- */

static bool has_slot(const PyTypeObject *type, bool release, const PyBufferProcs *procs)
{
    const PyBufferProcs *own = type->tp_as_buffer;

    return own != NULL && (release ? own->bf_releasebuffer == procs->bf_releasebuffer
                                   : own->bf_getbuffer == procs->bf_getbuffer);
}

/* The last type of the method resolution order that has the same function: the others inherit it. */
static PyTypeObject *find_owner(PyTypeObject *type, bool release)
{
    PyTypeObject *owner = type;
    Py_ssize_t i;

    for (i = 0; type->tp_mro != NULL && i < PyTuple_GET_SIZE(type->tp_mro); i++) {
        PyTypeObject *base = (PyTypeObject *)PyTuple_GET_ITEM(type->tp_mro, i);

        if (PyType_Check((PyObject *)base) && has_slot(base, release, type->tp_as_buffer)) {
            owner = base;
        }
    }
    return owner;
}

void probe_slots(PyTypeObject *type, struct slots *slots)
{
    PyTypeObject *get = find_owner(type, false);
    PyTypeObject *release;

    snprintf(slots->get, sizeof slots->get, "%s", get->tp_name);
    if (type->tp_as_buffer->bf_releasebuffer != NULL) {
        release = find_owner(type, true);
        snprintf(slots->release, sizeof slots->release, "%s", release->tp_name);
        slots->same = get == release;
        slots->related = PyType_IsSubtype(get, release) || PyType_IsSubtype(release, get);
    }
}

/* --- memory --- */

/* Does buf lie inside the object itself? */
static bool contains(PyObject *object, PyTypeObject *type, const void *buf)
{
    uintptr_t offset = (uintptr_t)buf - (uintptr_t)object;
    PyObject *size;
    bool inside;

    if ((uintptr_t)buf < (uintptr_t)object) {
        return false;
    }
    size = PyObject_CallMethod((PyObject *)type, "__sizeof__", "O", object);
    inside = size != NULL && PyLong_Check(size) && offset < PyLong_AsSize_t(size);
    Py_XDECREF(size);
    PyErr_Clear();
    return inside;
}

static PyTypeObject *immutable_type(PyObject *object)
{
    return PyBytes_Check(object)     ? &PyBytes_Type
           : PyUnicode_Check(object) ? &PyUnicode_Type
           : PyLong_Check(object)    ? &PyLong_Type
                                     : NULL;
}

/* BytesIO keeps its memory in a bytes object, of which it makes a copy of its own before it exports it. */
static bool is_bytes_io(PyObject *object)
{
    return strcmp(Py_TYPE(object)->tp_name, "_io.BytesIO") == 0 ||
           strcmp(Py_TYPE(object)->tp_name, "_io._BytesIOBuffer") == 0;
}

static void search(struct crowd *crowd, const void *buf, char *name, size_t size)
{
    int i;

    for (i = 0; i < crowd->count; i++) {
        if (is_bytes_io(crowd->members[i])) {
            return;
        }
    }
    for (i = 0; i < crowd->count; i++) {
        PyTypeObject *type = immutable_type(crowd->members[i]);

        if (type != NULL && contains(crowd->members[i], type, buf)) {
            snprintf(name, size, "%s", type->tp_name);
            return;
        }
    }
}

void probe_immutable(struct probe *probe, int item)
{
    int truth = transcript_truth(probe->transcript);
    struct crowd crowd;
    Py_buffer view;

    (void)item;
    if (truth < 0 || !probe_can_send(probe, truth) || probe->transcript->sweeps[0][truth].readonly != 0 ||
        probe->transcript->sweeps[0][truth].len <= 0 || !crowd_begin(&crowd)) {
        return;
    }
    if (probe_ask(probe, truth, &view, NULL) == OUTCOME_GRANTED) {
        crowd_add(&crowd, probe->exporter);
        crowd_add(&crowd, view.obj != probe->stale ? view.obj : NULL);
        crowd_spread(&crowd, false);
        search(&crowd, view.buf, probe->transcript->immutable, sizeof probe->transcript->immutable);
        probe_release(probe, truth, &view, NULL);
    }
    crowd_end(&crowd);
}

PyObject *probe_base(PyObject *exporter)
{
    /* Not PyMemoryView_GET_BASE: what a released view has there may be gone. */
    PyObject *base = PyMemoryView_Check(exporter) ? PyObject_GetAttrString(exporter, "obj") : NULL;

    if (base == NULL) {
        PyErr_Clear();
        return NULL;
    }
    Py_DECREF(base); /* the view's own keeps it */
    return base != Py_None ? base : NULL;
}
