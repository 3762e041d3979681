/*
 * What an exporter is by its type, as NumPy, ctypes and others tell it: no code of its own is run.
 */
#include "probe/child.h"

#include <string.h>

/* The type of that name in the method resolution order; NULL for none. */
static PyTypeObject *find_base(PyTypeObject *type, const char *name)
{
    Py_ssize_t i;

    for (i = 0; type->tp_mro != NULL && i < PyTuple_GET_SIZE(type->tp_mro); i++) {
        PyObject *base = PyTuple_GET_ITEM(type->tp_mro, i);

        if (PyType_Check(base) && strcmp(((PyTypeObject *)base)->tp_name, name) == 0) {
            return (PyTypeObject *)base;
        }
    }
    return NULL;
}

static bool derives_from(PyTypeObject *type, const char *name)
{
    return find_base(type, name) != NULL;
}

/* Attributes of the type: those that an instance makes up when it is asked are not seen. */
static bool has(PyTypeObject *type, const char *name)
{
    bool found = false;
    Py_ssize_t i;

    for (i = 0; type->tp_mro != NULL && i < PyTuple_GET_SIZE(type->tp_mro) && !found; i++) {
        PyObject *base = PyTuple_GET_ITEM(type->tp_mro, i);
        PyObject *names = PyType_Check(base) ? ((PyTypeObject *)base)->tp_dict : NULL;

        found = names != NULL && PyDict_Check(names) && PyDict_GetItemString(names, name) != NULL;
    }
    return found;
}

/* --- what of a dtype no format tells --- */

enum { DTYPE_DEPTH = 16 };

/* {name: (dtype, offset) or (dtype, offset, title)}, as NumPy's own type has it. */
static bool has_titles(PyObject *dtype, int depth)
{
    PyObject *base = PyObject_GetAttrString(dtype, "base"); /* of a sub-array: that of its items */
    PyObject *fields = base != NULL ? PyObject_GetAttrString(base, "fields") : NULL;
    PyObject *values = fields != NULL && fields != Py_None ? PyMapping_Values(fields) : NULL;
    Py_ssize_t count = values != NULL ? PyList_GET_SIZE(values) : 0;
    bool found = false;
    Py_ssize_t i;

    for (i = 0; i < count && !found && depth > 0; i++) {
        PyObject *value = PyList_GET_ITEM(values, i);
        Py_ssize_t parts = PyTuple_Check(value) ? PyTuple_GET_SIZE(value) : 0;

        found = parts > 2 || (parts > 0 && has_titles(PyTuple_GET_ITEM(value, 0), depth - 1));
    }
    Py_XDECREF(values);
    Py_XDECREF(fields);
    Py_XDECREF(base);
    PyErr_Clear();
    return found;
}

/* Of an array or scalar, whatever a class derived from it says of its dtype. */
static bool is_titled(PyObject *exporter, PyTypeObject *base)
{
    PyObject *descriptor = base != NULL && base->tp_dict != NULL ? PyDict_GetItemString(base->tp_dict, "dtype") : NULL;
    PyObject *dtype = descriptor != NULL && Py_TYPE(descriptor)->tp_descr_get != NULL
                          ? Py_TYPE(descriptor)->tp_descr_get(descriptor, exporter, (PyObject *)Py_TYPE(exporter))
                          : NULL;
    bool titled = dtype != NULL && has_titles(dtype, DTYPE_DEPTH);

    Py_XDECREF(dtype);
    PyErr_Clear();
    return titled;
}

/* --- the dtype that NumPy makes of a ctypes type (_dtype_ctypes.py) --- */

enum { CTYPES_DEPTH = 16 };

struct extent {
    Py_ssize_t size, alignment; /* bytes */
};

static Py_ssize_t number_of(PyTypeObject *type, const char *name)
{
    PyObject *value = PyObject_GetAttrString((PyObject *)type, name);
    Py_ssize_t number = value != NULL && PyLong_Check(value) ? PyLong_AsSsize_t(value) : -1;

    Py_XDECREF(value);
    PyErr_Clear();
    return number;
}

/* ctypes.sizeof or ctypes.alignment; -1 when it fails. */
static Py_ssize_t ask_ctypes(const char *function, PyTypeObject *type)
{
    PyObject *module = PyImport_ImportModule("_ctypes");
    PyObject *value = module != NULL ? PyObject_CallMethod(module, function, "O", type) : NULL;
    Py_ssize_t number = value != NULL ? PyLong_AsSsize_t(value) : -1;

    Py_XDECREF(value);
    Py_XDECREF(module);
    PyErr_Clear();
    return number;
}

static bool measure(PyTypeObject *type, int depth, struct extent *extent);

static bool measure_attribute(PyTypeObject *type, int depth, struct extent *extent)
{
    PyObject *inner = PyObject_GetAttrString((PyObject *)type, "_type_");
    bool ok = inner != NULL && PyType_Check(inner) && measure((PyTypeObject *)inner, depth, extent);

    Py_XDECREF(inner);
    PyErr_Clear();
    return ok;
}

/* Members one behind the other, aligned; a union among them has no alignment to NumPy. */
static bool add_member(PyObject *field, int depth, struct extent *extent)
{
    struct extent member;
    PyObject *type;

    if (!PyTuple_Check(field) || PyTuple_GET_SIZE(field) != 2) {
        return false; /* bits */
    }
    type = PyTuple_GET_ITEM(field, 1);
    if (!PyType_Check(type) || !measure((PyTypeObject *)type, depth, &member)) {
        return false;
    }
    extent->size = (extent->size + member.alignment - 1) / member.alignment * member.alignment + member.size;
    extent->alignment = extent->alignment < member.alignment ? member.alignment : extent->alignment;
    return true;
}

static bool measure_members(PyTypeObject *type, int depth, struct extent *extent)
{
    PyObject *fields = PyObject_GetAttrString((PyObject *)type, "_fields_");
    bool ok = fields != NULL && PySequence_Check(fields);
    Py_ssize_t count = ok ? PySequence_Size(fields) : 0;
    Py_ssize_t i;

    *extent = (struct extent){0, 1};
    for (i = 0; i < count && ok; i++) {
        PyObject *field = PySequence_GetItem(fields, i);

        ok = field != NULL && add_member(field, depth, extent);
        Py_XDECREF(field);
    }
    Py_XDECREF(fields);
    PyErr_Clear();
    if (derives_from(type, "_ctypes.Union") || has(type, "_pack_")) {
        *extent = (struct extent){ask_ctypes("sizeof", type), 1};
    }
    extent->size = (extent->size + extent->alignment - 1) / extent->alignment * extent->alignment;
    return ok;
}

static bool measure(PyTypeObject *type, int depth, struct extent *extent)
{
    PyObject *code;
    bool known;

    if (depth == 0 || derives_from(type, "_ctypes._Pointer")) {
        return false;
    }
    if (derives_from(type, "_ctypes.Array")) {
        Py_ssize_t length = number_of(type, "_length_");

        return length >= 0 && measure_attribute(type, depth - 1, extent) &&
               !__builtin_mul_overflow(extent->size, length, &extent->size);
    }
    if (derives_from(type, "_ctypes.Structure") || derives_from(type, "_ctypes.Union")) {
        return measure_members(type, depth - 1, extent);
    }
    code = PyObject_GetAttrString((PyObject *)type, "_type_");
    known = code != NULL && PyUnicode_Check(code) && PyUnicode_GetLength(code) == 1 &&
            strchr("cbBhHiIlLqQfdgP?O", (int)PyUnicode_ReadChar(code, 0)) != NULL;
    Py_XDECREF(code);
    PyErr_Clear();
    *extent = (struct extent){ask_ctypes("sizeof", type), ask_ctypes("alignment", type)};
    return known && extent->size > 0 && extent->alignment > 0;
}

/* `len` is that of the buffer, -1 when it is the whole object. */
static unsigned ctypes_kin(PyTypeObject *type, Py_ssize_t len)
{
    struct extent extent;
    bool has_dtype = measure(type, CTYPES_DEPTH, &extent) && extent.size == ask_ctypes("sizeof", type) &&
                     (len < 0 || len == extent.size);

    return KIN_CTYPES | (has_dtype ? 0u : KIN_NO_DTYPE);
}

unsigned probe_kin(PyObject *exporter)
{
    PyTypeObject *type = Py_TYPE(exporter);
    PyTypeObject *array = find_base(type, "numpy.ndarray");
    PyTypeObject *scalar = find_base(type, "numpy.generic");
    bool is_view = PyMemoryView_Check(exporter);
    PyObject *owner = is_view ? probe_base(exporter) : exporter;
    unsigned kin = 0;

    kin |= PyBytes_Check(exporter) ? KIN_BYTES : 0u;
    kin |= PyUnicode_Check(exporter) ? KIN_STR : 0u;
    kin |= is_view ? KIN_MEMORYVIEW : 0u;
    kin |= array != NULL ? KIN_NDARRAY : 0u;
    kin |= scalar != NULL ? KIN_NUMPY_SCALAR : 0u;
    kin |= is_titled(exporter, array != NULL ? array : scalar) ? KIN_TITLES : 0u;
    kin |= owner != NULL && derives_from(Py_TYPE(owner), "_ctypes._CData")
               ? ctypes_kin(Py_TYPE(owner), is_view ? PyMemoryView_GET_BUFFER(exporter)->len : -1)
               : 0u;
    kin |= has(type, "__array_struct__") || has(type, "__array_interface__") || has(type, "__array__")
               ? KIN_ARRAY_PROTOCOL
               : 0u;
    kin |= has(type, "__dlpack__") ? KIN_DLPACK : 0u;
    kin |= PyIndex_Check(exporter) ? KIN_INDEX : 0u;
    return kin;
}
