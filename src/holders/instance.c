#define Py_BUILD_CORE 1 /* for the internal header */
#include <Python.h>

#include "holders/instance.h"

#if PY_VERSION_HEX >= 0x030b0000 && PY_VERSION_HEX < 0x030e0000
#include <internal/pycore_dict.h>
#define HAVE_INLINE_VALUES 1
#endif
#include <string.h>
#include <structmember.h>

PyObject *dict_value(PyObject *dict, const char *name)
{
    PyObject *key, *value;
    Py_ssize_t place = 0;

    while (PyDict_Check(dict) && PyDict_Next(dict, &place, &key, &value)) {
        if (PyUnicode_CheckExact(key) && PyUnicode_CompareWithASCIIString(key, name) == 0) {
            return value;
        }
    }
    return NULL;
}

/* --- where the interpreter puts a dict, or the values without one --- */

#if PY_VERSION_HEX >= 0x030b0000

static void *before(PyObject *object, int words)
{
    return ((void **)object)[-words];
}

/* In front of the object; before 3.13 the same word may be the values, marked by its lowest bit. */
static PyObject *managed_dict(PyObject *object)
{
#if defined Py_GIL_DISABLED
    return before(object, 1);
#else
    void *word = before(object, 3);

    return (uintptr_t)word & 1 ? NULL : word;
#endif
}

#endif

PyObject *instance_dict(PyObject *object)
{
    PyTypeObject *type = Py_TYPE(object);
    PyObject *dict = NULL;

#if PY_VERSION_HEX >= 0x030b0000
    if (type->tp_flags & Py_TPFLAGS_MANAGED_DICT) {
        dict = managed_dict(object);
    } else
#endif
    if (type->tp_dictoffset > 0) {
        memcpy(&dict, (char *)object + type->tp_dictoffset, sizeof dict);
    } else if (type->tp_dictoffset < 0 && type->tp_itemsize > 0) {
        Py_ssize_t items = Py_SIZE(object) < 0 ? -Py_SIZE(object) : Py_SIZE(object);
        Py_ssize_t size = type->tp_basicsize + items * type->tp_itemsize;

        size = (size + (Py_ssize_t)sizeof dict - 1) / (Py_ssize_t)sizeof dict * (Py_ssize_t)sizeof dict;
        memcpy(&dict, (char *)object + size + type->tp_dictoffset, sizeof dict);
    }
    return dict != NULL && PyDict_Check(dict) ? dict : NULL;
}

#if defined HAVE_INLINE_VALUES

static PyDictValues *inline_values(PyObject *object)
{
#if PY_VERSION_HEX >= 0x030d0000
    PyDictValues *values = (PyDictValues *)((char *)object + sizeof(PyObject));

    return Py_TYPE(object)->tp_flags & Py_TPFLAGS_INLINE_VALUES && values->valid ? values : NULL;
#elif PY_VERSION_HEX >= 0x030c0000
    char *word = before(object, 3);

    return (uintptr_t)word & 1 ? (PyDictValues *)(word + 1) : NULL;
#else
    return before(object, 4);
#endif
}

/* Call for each; the first for which it is true. */
static PyObject *find_inline(PyObject *object, bool (*is_it)(PyObject *name, PyObject *value, const void *context),
                             const void *context, PyObject **found)
{
    PyTypeObject *type = Py_TYPE(object);
    bool managed = type->tp_flags & Py_TPFLAGS_MANAGED_DICT && type->tp_flags & Py_TPFLAGS_HEAPTYPE;
    PyDictValues *values = managed ? inline_values(object) : NULL;
    PyDictKeysObject *keys = values != NULL ? ((PyHeapTypeObject *)type)->ht_cached_keys : NULL;
    Py_ssize_t i;

    for (i = 0; keys != NULL && keys->dk_kind != DICT_KEYS_GENERAL && i < keys->dk_nentries; i++) {
        PyObject *name = DK_UNICODE_ENTRIES(keys)[i].me_key;

        if (name != NULL && values->values[i] != NULL && is_it(name, values->values[i], context)) {
            *found = values->values[i];
            return name;
        }
    }
    return NULL;
}

static bool is_value(PyObject *name, PyObject *value, const void *context)
{
    (void)name;
    return value == context;
}

static bool has_name(PyObject *name, PyObject *value, const void *context)
{
    (void)value;
    return PyUnicode_CompareWithASCIIString(name, context) == 0;
}

PyObject *instance_inline_name(PyObject *object, const PyObject *value)
{
    PyObject *found;

    return find_inline(object, is_value, value, &found);
}

static PyObject *inline_value(PyObject *object, const char *name)
{
    PyObject *found = NULL;

    find_inline(object, has_name, name, &found);
    return found;
}

#else

PyObject *instance_inline_name(PyObject *object, const PyObject *value)
{
    (void)object;
    (void)value;
    return NULL;
}

static PyObject *inline_value(PyObject *object, const char *name)
{
    (void)object;
    (void)name;
    return NULL;
}

#endif

PyObject *instance_value(PyObject *object, const char *name)
{
    PyObject *dict = instance_dict(object);
    PyObject *value = dict != NULL ? dict_value(dict, name) : NULL;

    return value != NULL ? value : inline_value(object, name);
}

/* --- slots --- */

const char *instance_member_name(PyObject *object, const PyObject *value)
{
    PyTypeObject *type;

    for (type = Py_TYPE(object); type != NULL; type = type->tp_base) {
        const PyMemberDef *member;

        for (member = type->tp_members; member != NULL && member->name != NULL; member++) {
            PyObject *there = NULL;

            if ((member->type == T_OBJECT || member->type == T_OBJECT_EX) && member->offset > 0 &&
                member->offset <= type->tp_basicsize - (Py_ssize_t)sizeof there) {
                memcpy(&there, (char *)object + member->offset, sizeof there);
                if (there == value) {
                    return member->name;
                }
            }
        }
    }
    return NULL;
}
