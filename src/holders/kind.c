#include "holders/kind.h"

#include <dlfcn.h>
#include <stdlib.h>
#include <string.h>

static const void *image_of(uintptr_t address)
{
    Dl_info info;

    return dladdr((const void *)address, &info) != 0 ? info.dli_fbase : NULL;
}

bool kinds_begin(struct kinds *kinds)
{
    *kinds = (struct kinds){.table = calloc(KINDS, sizeof kinds->table[0]),
                            .interpreter = image_of((uintptr_t)&PyList_New)};
    return kinds->table != NULL;
}

void kinds_end(struct kinds *kinds)
{
    free(kinds->table);
    kinds->table = NULL;
}

/* Types whose objects hold no other object that could lead to a view, or are where a name begins. */
static bool is_leaf(PyTypeObject *type)
{
    static PyTypeObject *const leaves[] = {
        &PyUnicode_Type, &PyLong_Type, &PyFloat_Type, &PyBool_Type, &PyComplex_Type, &PyBytes_Type, &PyByteArray_Type,
        &PyCode_Type, &PyModule_Type, &PyMethodDescr_Type, &PyWrapperDescr_Type, &PyGetSetDescr_Type,
        &PyMemberDescr_Type, &PyClassMethodDescr_Type, &PyRange_Type, &PyEllipsis_Type,
    };
    static const char *const names[] = {"datetime.", "decimal.", "array.", "mmap.mmap"};
    size_t i;

    for (i = 0; i < sizeof leaves / sizeof leaves[0]; i++) {
        if (type == leaves[i]) {
            return true;
        }
    }
    for (i = 0; i < sizeof names / sizeof names[0]; i++) {
        if (!PyType_IS_GC(type) && strncmp(type->tp_name, names[i], strlen(names[i])) == 0) {
            return true;
        }
    }
    return type == Py_TYPE(Py_None) || type == Py_TYPE(Py_NotImplemented) || PyType_IsSubtype(type, &PyType_Type);
}

/* NumPy's scalars are many, and hold a number. */
static bool is_small_number(const PyTypeObject *type)
{
    return !PyType_IS_GC((PyTypeObject *)(uintptr_t)type) && strncmp(type->tp_name, "numpy.", 6) == 0 &&
           type->tp_basicsize <= (Py_ssize_t)(sizeof(PyObject) + 16);
}

/* The type that laid out the memory: below classes that were made in Python, whose own part is well known. */
static PyTypeObject *solid_type(const struct kinds *kinds, PyTypeObject *type)
{
    while (type->tp_base != NULL && type->tp_flags & Py_TPFLAGS_HEAPTYPE &&
           image_of((uintptr_t)type->tp_dealloc) == kinds->interpreter) {
        type = type->tp_base;
    }
    return type;
}

static bool has_name(const PyTypeObject *type, const char *const *names)
{
    for (; *names != NULL; names++) {
        if (strcmp(type->tp_name, *names) == 0) {
            return true;
        }
    }
    return false;
}

/* Types that are made in C are smaller than what their own type says. */
static size_t size_of(PyTypeObject *type)
{
    if (PyType_IsSubtype(type, &PyType_Type)) {
        return sizeof(PyTypeObject);
    }
    return type->tp_basicsize > 0 ? (size_t)type->tp_basicsize : 0;
}

static void describe(const struct kinds *kinds, PyTypeObject *type, struct kind *kind)
{
    static const char *const keepers[] = {"managedbuffer", "pickle.PickleBuffer", "_pickle.Unpickler", NULL};
    static const char *const between[] = {"_io._BytesIOBuffer", "_buffer_wrapper", NULL};
    PyTypeObject *solid = solid_type(kinds, type);
    bool is_type = PyType_IsSubtype(type, &PyType_Type);

    *kind = (struct kind){
        .type = type,
        .size = size_of(type),
        .leaf = is_leaf(type) || is_small_number(type) ||
                (!PyType_IS_GC(type) && type->tp_basicsize <= (Py_ssize_t)sizeof(PyObject)),
        .collected = PyType_IS_GC(type),
        .foreign = !is_type &&
                   (image_of((uintptr_t)solid->tp_dealloc) != kinds->interpreter || solid == &PyCapsule_Type ||
                    solid == &PyModule_Type),
        .keeps_views = has_name(solid, keepers),
        .stands_between = has_name(solid, between),
        .array = strcmp(solid->tp_name, "numpy.ndarray") == 0,
    };
}

const struct kind *kinds_find(struct kinds *kinds, PyTypeObject *type)
{
    size_t at = (uintptr_t)type / 16 * 2654435761u % KINDS;

    while (kinds->table[at].type != NULL) {
        if (kinds->table[at].type == type) {
            return &kinds->table[at];
        }
        at = (at + 1) % KINDS;
    }
    if (kinds->count >= KINDS / 2) {
        if (kinds->spare.type != type) {
            describe(kinds, type, &kinds->spare);
        }
        return &kinds->spare;
    }
    kinds->count++;
    describe(kinds, type, &kinds->table[at]);
    return &kinds->table[at];
}
