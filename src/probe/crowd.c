#include <Python.h>

#include "probe/crowd.h"

#include <stdlib.h>

enum { TABLE_SIZE = 4 * CROWD_MAX };

bool crowd_begin(struct crowd *crowd)
{
    int i;

    *crowd = (struct crowd){.members = calloc(CROWD_MAX, sizeof crowd->members[0]),
                            .table = calloc(TABLE_SIZE, sizeof crowd->table[0])};
    if (crowd->members == NULL || crowd->table == NULL) {
        crowd_end(crowd);
        return false;
    }
    for (i = 0; i < TABLE_SIZE; i++) {
        crowd->table[i] = -1;
    }
    return true;
}

void crowd_end(struct crowd *crowd)
{
    int i;

    for (i = 0; i < crowd->count; i++) {
        Py_DECREF(crowd->members[i]);
    }
    free(crowd->members);
    free(crowd->table);
    *crowd = (struct crowd){0};
}

void crowd_add(struct crowd *crowd, PyObject *object)
{
    size_t at = (uintptr_t)object / 16 * 2654435761u % TABLE_SIZE;

    if (object == NULL || crowd->count == CROWD_MAX) {
        return;
    }
    while (crowd->table[at] >= 0) {
        if (crowd->members[crowd->table[at]] == object) {
            return;
        }
        at = (at + 1) % TABLE_SIZE;
    }
    crowd->table[at] = crowd->count;
    Py_INCREF(object);
    crowd->members[crowd->count++] = object;
}

static int visit(PyObject *object, void *crowd)
{
    crowd_add(crowd, object);
    return 0;
}

void crowd_spread(struct crowd *crowd, bool whole)
{
    for (; crowd->seen < crowd->count; crowd->seen++) {
        PyObject *object = crowd->members[crowd->seen];
        bool wide = PyType_Check(object) || PyModule_Check(object);

        if (PyObject_IS_GC(object) && Py_TYPE(object)->tp_traverse != NULL && (whole || !wide)) {
            Py_TYPE(object)->tp_traverse(object, visit, crowd);
        }
    }
}
