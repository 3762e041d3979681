/*
 * Consumers that use NumPy's C API, right and wrong; the doc string of a wrong one names the rule that it breaks.
 */
#define PY_SSIZE_T_CLEAN
#include <Python.h>

#define NPY_NO_DEPRECATED_API NPY_1_7_API_VERSION
#include <numpy/arrayobject.h>

#define UNUSED __attribute__((unused))

static PyObject *as_array(PyObject *object, int flags)
{
    return PyArray_FROM_OTF(object, NPY_DOUBLE, flags);
}

/* Adds up a row, `step` bytes apart. */
static PyObject *add_up(PyObject *array, npy_intp step)
{
    double sum = 0;
    npy_intp i;

    for (i = 0; i < PyArray_SIZE((PyArrayObject *)array); i++) {
        sum = sum * 3 + *(double *)(void *)(PyArray_BYTES((PyArrayObject *)array) + i * step);
    }
    Py_DECREF(array);
    return PyFloat_FromDouble(sum);
}

/* NumPy copies what is no row of aligned doubles one behind the other. */
static PyObject *right_converted(UNUSED PyObject *self, PyObject *object)
{
    PyObject *array = as_array(object, NPY_ARRAY_IN_ARRAY);

    return array != NULL ? add_up(array, sizeof(double)) : NULL;
}

static PyObject *right_strided(UNUSED PyObject *self, PyObject *object)
{
    PyObject *array = as_array(object, NPY_ARRAY_ALIGNED | NPY_ARRAY_NOTSWAPPED);

    if (array != NULL && PyArray_NDIM((PyArrayObject *)array) != 1) {
        PyErr_SetString(PyExc_ValueError, "a row is wanted");
        Py_CLEAR(array);
    }
    return array != NULL ? add_up(array, PyArray_STRIDE((PyArrayObject *)array, 0)) : NULL;
}

static PyObject *right_in_place(UNUSED PyObject *self, PyObject *object)
{
    PyObject *array = as_array(object, NPY_ARRAY_INOUT_ARRAY2);
    npy_intp i;

    if (array == NULL) {
        return NULL;
    }
    for (i = 0; i < PyArray_SIZE((PyArrayObject *)array); i++) {
        ((double *)PyArray_DATA((PyArrayObject *)array))[i] *= 2;
    }
    PyArray_ResolveWritebackIfCopy((PyArrayObject *)array);
    Py_DECREF(array);
    Py_RETURN_NONE;
}

static PyObject *right_holder(UNUSED PyObject *self, PyObject *object)
{
    return PyArray_FromAny(object, NULL, 0, 0, 0, NULL);
}

/* Asks for no order at all, and expects the best. */
static PyObject *ignores_strides(UNUSED PyObject *self, PyObject *object)
{
    PyObject *array = as_array(object, NPY_ARRAY_ALIGNED | NPY_ARRAY_NOTSWAPPED);

    return array != NULL ? add_up(array, sizeof(double)) : NULL;
}

static PyObject *leaks_an_array(UNUSED PyObject *self, PyObject *object)
{
    PyObject *array = PyArray_FromAny(object, NULL, 0, 0, 0, NULL);
    int ndim = array != NULL ? PyArray_NDIM((PyArrayObject *)array) : 0;

    if (array != NULL && PyArray_TYPE((PyArrayObject *)array) == NPY_OBJECT) {
        Py_CLEAR(array); /* of the exporter itself, where that refuses */
    }
    return PyErr_Occurred() == NULL ? PyLong_FromLong(ndim) : NULL;
}

static PyMethodDef methods[] = {
    {"right_converted", right_converted, METH_O, NULL},
    {"right_strided", right_strided, METH_O, NULL},
    {"right_in_place", right_in_place, METH_O, NULL},
    {"right_holder", right_holder, METH_O, NULL},
    {"ignores_strides", ignores_strides, METH_O, "consumer-follows-strides"},
    {"leaks_an_array", leaks_an_array, METH_O, "consumer-releases"},
    {NULL, NULL, 0, NULL},
};

PyMODINIT_FUNC PyInit_by_numpy(void)
{
    static struct PyModuleDef definition = {
        .m_base = PyModuleDef_HEAD_INIT, .m_name = "by_numpy", .m_size = -1, .m_methods = methods};

    import_array();
    return PyModule_Create(&definition);
}
