/*
 * What a container keeps: by key, by index.
 */
#include "holders/step_ways.h"

#include <string.h>

static bool is_local(PyTypeObject *type)
{
    while (type != NULL && strcmp(type->tp_name, "_thread._local") != 0) {
        type = type->tp_base;
    }
    return type != NULL;
}

bool step_take_dict(struct step *step)
{
    PyObject *module = roots_module(step->roots, step->referrer);
    bool main = module != NULL && PyUnicode_CompareWithASCIIString(module, "__main__") == 0;
    unsigned skip = step->occurrence;
    PyObject *key, *value;
    Py_ssize_t place = 0;

    if (step->before != NULL && is_local(Py_TYPE(step->before))) {
        step->says = SAID_NAMES; /* from a thread to its values */
        return true;
    }
    while (PyDict_Next(step->referrer, &place, &key, &value)) {
        if (key == step->object && skip-- == 0) {
            step_turn(step, "a key");
            return true;
        }
        if (value != step->object || skip-- > 0) {
            continue;
        }
        if (main && step->hidden != NULL && PyUnicode_Check(key) &&
            PyUnicode_CompareWithASCIIString(key, step->hidden) == 0) {
            return false;
        }
        if (step->said == SAID_LOCALS) {
            return step_turn_named(step, "local", key);
        }
        if (step->said == SAID_NAMES || module != NULL) {
            step_put_attribute(&step->path, key);
        } else {
            step_put_key(&step->path, key);
        }
        return true;
    }
    return false;
}

bool step_put_index(struct step *step, Py_ssize_t index)
{
    if (index < 0) {
        return false;
    }
    text_printf(&step->path, "[%zd]", index);
    return true;
}

Py_ssize_t step_index_in(PyObject *const *items, Py_ssize_t count, const PyObject *object, unsigned skip)
{
    Py_ssize_t i;

    for (i = 0; i < count; i++) {
        if (items[i] == object && skip-- == 0) {
            return i;
        }
    }
    return -1;
}

bool step_take_list(struct step *step)
{
    PyListObject *list = (PyListObject *)step->referrer;

    return step_put_index(step, step_index_in(list->ob_item, Py_SIZE(list), step->object, step->occurrence));
}

struct counting {
    const PyObject *object, *type;
    Py_ssize_t before; /* how many are told to the collector before it */
    PyObject *next;    /* .. what is, next to it */
    bool found;
};

static int count_visits(PyObject *object, void *context)
{
    struct counting *counting = context;

    if (counting->found) {
        counting->next = object;
        return 1;
    }
    if (object == counting->type) {
        return 0; /* of a type that was made on the heap, objects refer to it first of all */
    }
    counting->found = object == counting->object;
    counting->before += !counting->found;
    return 0;
}

static struct counting count_up_to(const struct step *step)
{
    struct counting counting = {.object = step->object, .type = (PyObject *)Py_TYPE(step->referrer)};

    Py_TYPE(step->referrer)->tp_traverse(step->referrer, count_visits, &counting);
    return counting;
}

bool step_take_deque(struct step *step)
{
    return step_put_index(step, count_up_to(step).before);
}

bool step_take_set(struct step *step)
{
    step_turn(step, "an item");
    return true;
}

/* A context's map from variables to values, which is gone through from its end: a value, then its variable. */
bool step_take_context(struct step *step)
{
    struct counting counting = count_up_to(step);
    PyObject *name = NULL;

    if (counting.next == NULL || !PyContextVar_CheckExact(counting.next)) {
        return true;
    }
    name = PyObject_GetAttrString(counting.next, "name"); /* a context variable's own: runs nothing */
    PyErr_Clear();
    if (name != NULL) {
        step_turn_named(step, "context variable", name);
        Py_DECREF(name);
    }
    return true;
}
