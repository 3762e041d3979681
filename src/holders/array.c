#include <Python.h>

#include "holders/array.h"

#include "base/text.h"

#include <string.h>

enum { ITEMS_MAX = 1 << 20, DIMENSIONS_MAX = 64 };

/* As NumPy's headers have it since 1.0. */
struct array {
    PyObject_HEAD
    char *data;
    int dimensions;
    const Py_ssize_t *shape, *strides;
    PyObject *base;
    const struct descriptor *type;
};

struct descriptor {
    PyObject_HEAD
    PyTypeObject *scalar;
    char kind, code;
};

bool array_is(PyObject *object)
{
    const PyTypeObject *type = Py_TYPE(object);

    while (type != NULL && strcmp(type->tp_name, "numpy.ndarray") != 0) {
        type = type->tp_base;
    }
    return type != NULL;
}

/* How many objects are its items, and no other array's. */
static Py_ssize_t count_objects(const struct array *array)
{
    Py_ssize_t count = 1;
    int i;

    if (array->data == NULL || array->type == NULL || array->type->code != 'O' || array->dimensions < 0 ||
        array->dimensions > DIMENSIONS_MAX || (array->base != NULL && array_is(array->base))) {
        return 0;
    }
    for (i = 0; i < array->dimensions; i++) {
        if (array->shape[i] <= 0 || array->shape[i] > ITEMS_MAX / count) {
            return 0;
        }
        count *= array->shape[i];
    }
    return count;
}

static void place_of(const struct array *array, Py_ssize_t number, Py_ssize_t place[DIMENSIONS_MAX])
{
    int i;

    for (i = array->dimensions - 1; i >= 0; i--) {
        place[i] = number % array->shape[i];
        number /= array->shape[i];
    }
}

static PyObject *item_at(const struct array *array, Py_ssize_t number)
{
    Py_ssize_t place[DIMENSIONS_MAX];
    const char *at = array->data;
    PyObject *item;
    int i;

    place_of(array, number, place);
    for (i = 0; i < array->dimensions; i++) {
        at += place[i] * array->strides[i];
    }
    memcpy(&item, at, sizeof item);
    return item;
}

void array_traverse(PyObject *object, visitproc visit, void *context)
{
    const struct array *array = (struct array *)(void *)object;
    Py_ssize_t count = count_objects(array);
    Py_ssize_t i;

    if (array->base != NULL && visit(array->base, context) != 0) {
        return;
    }
    for (i = 0; i < count; i++) {
        PyObject *item = item_at(array, i);

        if (item != NULL && visit(item, context) != 0) {
            return;
        }
    }
}

bool array_put_index(PyObject *object, const PyObject *item, unsigned skip, struct text *text)
{
    const struct array *array = (struct array *)(void *)object;
    Py_ssize_t count = count_objects(array);
    Py_ssize_t place[DIMENSIONS_MAX];
    Py_ssize_t i;
    int k;

    for (i = 0; i < count && (item_at(array, i) != item || skip-- > 0); i++) {
    }
    if (i == count || array->dimensions == 0) {
        return false;
    }
    place_of(array, i, place);
    for (k = 0; k < array->dimensions; k++) {
        text_printf(text, "%s%zd", k == 0 ? "[" : ", ", place[k]);
    }
    text_puts(text, "]");
    return true;
}
