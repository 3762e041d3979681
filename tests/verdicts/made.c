/*
 * exporter(format, itemsize, shape, strides=None, ...): an object that answers
 * requests as the documents have it, whatever format, sizes and order it is
 * given; `refuses` (flags) and `ignores` make it answer otherwise.  With
 * `drops`, a refusal leaves an obj without a reference: who releases that ends
 * by a signal.  Nothing
 * lies behind the format: who reads past its end crashes, whatever the heap.
 */
#define PY_SSIZE_T_CLEAN
#include <Python.h>

#include <stdbool.h>
#include <sys/mman.h>
#include <unistd.h>

enum { MAX_NDIM = 16, MEMORY = 4096 };

struct exporter {
    PyObject_HEAD
    char *pages;  /* two, the second of which cannot be read */
    char *format; /* its NUL is the last byte of the first; NULL for none */
    int readonly, ndim;
    int refuses; /* any request that asks for one of these flags is refused */
    int ignores; /* these flags are taken as asked for, whatever is asked */
    int leaves;  /* .. as not asked for */
    int drops;
    Py_ssize_t itemsize, len, offset;
    Py_ssize_t shape[MAX_NDIM], strides[MAX_NDIM];
    _Alignas(16) char memory[MEMORY];
};

static int refuse(struct exporter *e, Py_buffer *view, const char *why)
{
    view->obj = e->drops ? (PyObject *)e : NULL;
    PyErr_SetString(PyExc_BufferError, why);
    return -1;
}

static int get(PyObject *self, Py_buffer *view, int asked)
{
    struct exporter *e = (struct exporter *)self;
    int flags = (asked | e->ignores) & ~e->leaves;
    bool c, f;

    *view = (Py_buffer){.buf = e->memory + e->offset, .len = e->len, .itemsize = e->itemsize, .ndim = e->ndim,
                        .readonly = e->readonly, .shape = e->shape, .strides = e->strides};
    c = PyBuffer_IsContiguous(view, 'C');
    f = PyBuffer_IsContiguous(view, 'F');
    if (asked & e->refuses)
        return refuse(e, view, "refused as it was told to");
    if ((flags & PyBUF_WRITABLE) && e->readonly)
        return refuse(e, view, "readonly");
    if ((flags & PyBUF_C_CONTIGUOUS) == PyBUF_C_CONTIGUOUS && !c)
        return refuse(e, view, "not C-contiguous");
    if ((flags & PyBUF_F_CONTIGUOUS) == PyBUF_F_CONTIGUOUS && !f)
        return refuse(e, view, "not F-contiguous");
    if ((flags & PyBUF_ANY_CONTIGUOUS) == PyBUF_ANY_CONTIGUOUS && !c && !f)
        return refuse(e, view, "not contiguous");
    if ((flags & PyBUF_STRIDES) != PyBUF_STRIDES && !c)
        return refuse(e, view, "strides must be asked for");
    view->format = flags & PyBUF_FORMAT ? e->format : NULL;
    view->shape = (flags & PyBUF_ND) && e->ndim > 0 ? e->shape : NULL;
    view->strides = (flags & PyBUF_STRIDES) == PyBUF_STRIDES && e->ndim > 0 ? e->strides : NULL;
    Py_INCREF(view->obj = self);
    return 0;
}

static void release(PyObject *self, Py_buffer *view)
{
    (void)self;
    (void)view;
}

static void fill(struct exporter *e)
{
    for (size_t i = 0; i < MEMORY; i++)
        e->memory[i] = (char)(i * 7 % 31);
}

static int numbers(PyObject *sequence, Py_ssize_t *values)
{
    Py_ssize_t n = PySequence_Size(sequence);

    for (Py_ssize_t i = 0; i < n && i < MAX_NDIM; i++) {
        PyObject *item = PySequence_GetItem(sequence, i);

        values[i] = item != NULL ? PyLong_AsSsize_t(item) : -1;
        Py_XDECREF(item);
    }
    return PyErr_Occurred() || n > MAX_NDIM ? -1 : (int)n;
}

static bool hold_format(struct exporter *e, const char *format)
{
    size_t page = (size_t)sysconf(_SC_PAGESIZE), size = format != NULL ? strlen(format) + 1 : 0;

    if (format == NULL)
        return true;
    e->pages = mmap(NULL, 2 * page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (size > page || e->pages == MAP_FAILED || mprotect(e->pages + page, page, PROT_NONE) < 0)
        return false;
    e->format = memcpy(e->pages + page - size, format, size);
    return true;
}

static void destroy(PyObject *self)
{
    struct exporter *e = (struct exporter *)self;

    if (e->drops)
        abort(); /* one reference is never given up */
    if (e->format != NULL)
        munmap(e->pages, 2 * (size_t)sysconf(_SC_PAGESIZE));
    Py_TYPE(self)->tp_free(self);
}

static PyObject *make(PyTypeObject *type, PyObject *args, PyObject *keywords)
{
    static char *names[] = {"format", "itemsize", "shape", "strides", "readonly", "offset", "refuses", "ignores", "leaves", "drops", NULL};
    struct exporter *e = (struct exporter *)type->tp_alloc(type, 0);
    PyObject *shape = NULL, *strides = Py_None;
    const char *format = NULL;

    if (e == NULL ||
        !PyArg_ParseTupleAndKeywords(args, keywords, "znO|Opniiip", names, &format, &e->itemsize, &shape, &strides,
                                     &e->readonly, &e->offset, &e->refuses, &e->ignores, &e->leaves, &e->drops) ||
        (e->ndim = numbers(shape, e->shape)) < 0 || (strides != Py_None && numbers(strides, e->strides) != e->ndim) ||
        !hold_format(e, format)) {
        Py_XDECREF(e);
        return PyErr_Occurred() ? NULL : PyErr_Format(PyExc_ValueError, "bad format, shape or strides");
    }
    fill(e);
    if (e->drops)
        Py_INCREF(e);
    e->len = e->itemsize;
    for (int i = e->ndim - 1; i >= 0; i--) {
        if (strides == Py_None)
            e->strides[i] = e->len;
        e->len *= e->shape[i];
    }
    return (PyObject *)e;
}

static PyBufferProcs plain = {get, NULL}, releasing = {get, release};
static PyTypeObject types[] = {
    {PyVarObject_HEAD_INIT(NULL, 0).tp_name = "made.exporter", .tp_basicsize = sizeof(struct exporter), .tp_new = make,
     .tp_dealloc = destroy, .tp_as_buffer = &plain, .tp_flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_BASETYPE},
    {PyVarObject_HEAD_INIT(NULL, 0).tp_name = "made.releasing", .tp_basicsize = sizeof(struct exporter), .tp_new = make,
     .tp_dealloc = destroy, .tp_as_buffer = &releasing, .tp_flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_BASETYPE},
};
static struct PyModuleDef module = {PyModuleDef_HEAD_INIT, "made", NULL, -1, NULL, NULL, NULL, NULL, NULL};

PyMODINIT_FUNC PyInit_made(void)
{
    PyObject *m = PyModule_Create(&module);

    for (size_t i = 0; m != NULL && i < 2; i++)
        if (PyModule_AddType(m, &types[i]) < 0)
            return NULL;
    return m;
}
