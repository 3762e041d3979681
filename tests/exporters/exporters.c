/*
 * A Python module of exporters, right ones and wrong ones: each wrong one
 * breaks one promise of the buffer protocol and keeps all the others.
 *
 *     exporters.right("pil")      an exporter with nothing to find
 *     exporters.wrong("len")      one whose len is not the same for all
 *     exporters.RIGHT             the names of the right ones
 *     exporters.WRONG             {name: (rule, severity, what to --mutate)}
 *
 * Every exporter answers by answer(), which does all as it should be done; a
 * wrong one's own function then spoils the answer (wrong_*.c).
 */
#include <Python.h>

#include "exporters.h"

#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

/* --- a right answer --- */

static void describe(struct exporter *self, Py_buffer *view, int flags)
{
    bool nd = (flags & PyBUF_ND) == PyBUF_ND;
    bool strides = (flags & PyBUF_STRIDES) == PyBUF_STRIDES;
    bool indirect = (flags & PyBUF_INDIRECT) == PyBUF_INDIRECT;

    view->buf = self->buf;
    view->len = self->len;
    view->itemsize = self->itemsize;
    view->readonly = self->readonly;
    view->ndim = self->ndim;
    view->format = flags & PyBUF_FORMAT ? (char *)self->format : NULL;
    view->shape = nd && self->ndim > 0 ? self->shape : NULL;
    view->strides = strides && self->ndim > 0 ? self->strides : NULL;
    view->suboffsets = indirect && self->indirect ? self->suboffsets : NULL;
    view->internal = NULL;
}

/* Why a request cannot be met; NULL when it can. */
static const char *obstacle(struct exporter *self, int flags)
{
    Py_buffer all = {0};

    describe(self, &all, PyBUF_FULL_RO);
    if ((flags & PyBUF_WRITABLE) && self->readonly) {
        return "the memory is read-only";
    }
    if (self->indirect && (flags & PyBUF_INDIRECT) != PyBUF_INDIRECT) {
        return "the memory needs suboffsets";
    }
    if ((flags & PyBUF_STRIDES) != PyBUF_STRIDES && !PyBuffer_IsContiguous(&all, 'C')) {
        return "the memory needs strides";
    }
    if (((flags & PyBUF_C_CONTIGUOUS) == PyBUF_C_CONTIGUOUS && !PyBuffer_IsContiguous(&all, 'C')) ||
        ((flags & PyBUF_F_CONTIGUOUS) == PyBUF_F_CONTIGUOUS && !PyBuffer_IsContiguous(&all, 'F')) ||
        ((flags & PyBUF_ANY_CONTIGUOUS) == PyBUF_ANY_CONTIGUOUS && !PyBuffer_IsContiguous(&all, 'A'))) {
        return "the memory is not contiguous like that";
    }
    return NULL;
}

int refuse(Py_buffer *view, PyObject *type, const char *why)
{
    view->obj = NULL;
    PyErr_SetString(type, why);
    return -1;
}

int answer(struct exporter *self, Py_buffer *view, int flags)
{
    const char *why = obstacle(self, flags);

    if (why != NULL) {
        return refuse(view, PyExc_BufferError, why);
    }
    describe(self, view, flags);
    view->obj = (PyObject *)self;
    Py_INCREF(self);
    self->exports++;
    return 0;
}

void answered(struct exporter *self)
{
    self->exports--;
}

bool asks(int flags, int wanted)
{
    return (flags & wanted) == wanted;
}

bool has_base(int flags, int base)
{
    return (flags & ~(PyBUF_WRITABLE | PyBUF_FORMAT)) == base;
}

int get_right(struct exporter *self, Py_buffer *view, int flags)
{
    return answer(self, view, flags);
}

void release_right(struct exporter *self, Py_buffer *view)
{
    (void)view;
    answered(self);
}

/* --- the types --- */

/* One thread at a time, where there is no GIL to see to that. */
#ifdef Py_GIL_DISABLED
#define LOCK(self)                \
    PyCriticalSection section = {0}; \
    if (!(self)->mode->unlocked) {   \
        PyCriticalSection_Begin(&section, (PyObject *)(self)); \
    }
#define UNLOCK(self)               \
    if (!(self)->mode->unlocked) { \
        PyCriticalSection_End(&section); \
    }
#else
#define LOCK(self)
#define UNLOCK(self)
#endif

static int getbuffer(PyObject *object, Py_buffer *view, int flags)
{
    struct exporter *self = (struct exporter *)object;
    int result;

    LOCK(self)
    result = self->mode->get(self, view, flags);
    UNLOCK(self)
    return result;
}

static void releasebuffer(PyObject *object, Py_buffer *view)
{
    struct exporter *self = (struct exporter *)object;

    LOCK(self)
    self->mode->release(self, view);
    UNLOCK(self)
}

static int traverse(PyObject *object, visitproc visit, void *arg)
{
    Py_VISIT(((struct exporter *)object)->root);
    return 0;
}

static void dealloc(PyObject *object)
{
    struct exporter *self = (struct exporter *)object;
    PyTypeObject *type = Py_TYPE(object);

    PyObject_GC_UnTrack(object);
    if (self->mapped > 0) {
        munmap(self->memory, self->mapped);
    } else if (self->memory != NULL) {
        free(self->memory);
    }
    free(self->other);
    Py_XDECREF(self->root);
    type->tp_free(object);
    if (type->tp_flags & Py_TPFLAGS_HEAPTYPE) {
        Py_DECREF(type);
    }
}

/* Make the memory larger, elsewhere. */
static PyObject *resize_to(struct exporter *self, Py_ssize_t items)
{
    unsigned char *memory;

    if (items <= 0 || self->ndim != 1) {
        return PyErr_Format(PyExc_ValueError, "cannot have %zd items", items);
    }
    if (self->exports != 0 && !self->mode->resize_anyway) {
        return PyErr_Format(self->mode->resize_error != NULL ? *self->mode->resize_error : PyExc_BufferError,
                            "%zd views are held", self->exports);
    }
    memory = calloc((size_t)items, (size_t)self->itemsize);
    if (memory == NULL) {
        return PyErr_NoMemory();
    }
    memset(self->memory, 0xdd, self->allocated);
    free(self->memory);
    self->memory = self->buf = memory;
    self->allocated = (size_t)(items * self->itemsize);
    self->shape[0] = items;
    self->len = items * self->itemsize;
    Py_RETURN_NONE;
}

static PyObject *resize(PyObject *object, PyObject *argument)
{
    struct exporter *self = (struct exporter *)object;
    Py_ssize_t before = self->exports;
    Py_ssize_t items = PyNumber_AsSsize_t(argument, PyExc_ValueError);
    PyObject *result;

    if (self->mode->resize_early && before == 0) {
        self->exports = 0;
    }
    LOCK(self)
    result = resize_to(self, items);
    UNLOCK(self)
    return result;
}

static PyMethodDef methods[] = {{"resize", resize, METH_O, NULL}, {NULL, NULL, 0, NULL}};

static PyBufferProcs plain_procs = {getbuffer, NULL};
static PyBufferProcs releasing_procs = {getbuffer, releasebuffer};

static PyTypeObject plain_type = {
    PyVarObject_HEAD_INIT(NULL, 0).tp_name = "exporters.Exporter",
    .tp_basicsize = sizeof(struct exporter),
    .tp_dealloc = dealloc,
    .tp_as_buffer = &plain_procs,
    .tp_traverse = traverse,
    .tp_flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC | Py_TPFLAGS_BASETYPE,
    .tp_methods = methods,
};

static PyTypeObject releasing_type = {
    PyVarObject_HEAD_INIT(NULL, 0).tp_name = "exporters.ReleasingExporter",
    .tp_basicsize = sizeof(struct exporter),
    .tp_dealloc = dealloc,
    .tp_as_buffer = &releasing_procs,
    .tp_traverse = traverse,
    .tp_flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC | Py_TPFLAGS_BASETYPE,
    .tp_methods = methods,
};

/* A release that is inherited without the request that counts up. */
static PyBufferProcs other_procs = {NULL, releasebuffer};

static PyTypeObject other_type = {
    PyVarObject_HEAD_INIT(NULL, 0).tp_name = "exporters.Other",
    .tp_basicsize = sizeof(PyObject),
    .tp_as_buffer = &other_procs,
    .tp_flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_BASETYPE,
};

PyTypeObject *two_parents(void)
{
    return (PyTypeObject *)PyObject_CallFunction((PyObject *)&PyType_Type, "s(OO){}", "TwoParents", &plain_type,
                                                 &other_type);
}

/* --- what they are made with --- */

struct exporter *exporter_new(const struct mode *mode)
{
    PyTypeObject *type = mode->type != NULL      ? mode->type()
                         : mode->release != NULL ? &releasing_type
                                                 : &plain_type;
    struct exporter *self = type != NULL ? (struct exporter *)PyType_GenericAlloc(type, 0) : NULL;

    if (mode->type != NULL) {
        Py_XDECREF(type);
    }
    if (self != NULL) {
        self->mode = mode;
    }
    return self;
}

/*
 * Memory for `size` bytes that tell their places, and one byte more: who says a len too long by one must
 * not show the allocator's own, which changes.
 */
static bool allocate(struct exporter *self, size_t size)
{
    size_t i;

    self->memory = malloc(size + 1);
    if (self->memory == NULL) {
        return false;
    }
    self->allocated = size;
    for (i = 0; i <= size; i++) {
        self->memory[i] = (unsigned char)(i * 7 + 1);
    }
    self->buf = self->memory;
    return true;
}

bool make_items(struct exporter *self, const char *format, Py_ssize_t itemsize, int ndim,
                const Py_ssize_t *shape)
{
    Py_ssize_t size = itemsize;
    int d;

    self->format = format;
    self->itemsize = itemsize;
    self->ndim = ndim;
    for (d = ndim - 1; d >= 0; d--) {
        self->shape[d] = shape[d];
        self->strides[d] = size;
        size *= shape[d];
    }
    self->len = size;
    return allocate(self, (size_t)size);
}

bool make_ints(struct exporter *self)
{
    return make_items(self, "i", 4, 1, (Py_ssize_t[]){6});
}

bool make_many_ints(struct exporter *self)
{
    return make_items(self, "i", 4, 1, (Py_ssize_t[]){4000});
}

bool make_table(struct exporter *self)
{
    return make_items(self, "i", 4, 2, (Py_ssize_t[]){2, 3});
}

bool make_readonly_ints(struct exporter *self)
{
    self->readonly = 1;
    return make_ints(self);
}

/* Every second of twelve. */
bool make_strided(struct exporter *self)
{
    if (!make_items(self, "i", 4, 1, (Py_ssize_t[]){12})) {
        return false;
    }
    self->shape[0] = 6;
    self->strides[0] = 8;
    self->len = 24;
    return true;
}

bool make_rows(struct exporter *self, const char *format, Py_ssize_t itemsize, Py_ssize_t columns)
{
    unsigned char **rows;
    size_t table = 2 * sizeof *rows;
    size_t row = (size_t)(itemsize * columns);

    if (!allocate(self, table + 2 * row)) {
        return false;
    }
    rows = (unsigned char **)(void *)self->memory;
    rows[0] = self->memory + table;
    rows[1] = self->memory + table + row;
    self->format = format;
    self->itemsize = itemsize;
    self->ndim = 2;
    self->len = 2 * itemsize * columns;
    self->shape[0] = 2;
    self->shape[1] = columns;
    self->strides[0] = sizeof *rows;
    self->strides[1] = itemsize;
    self->suboffsets[0] = 0;
    self->suboffsets[1] = -1;
    self->indirect = true;
    return true;
}

bool make_pil(struct exporter *self)
{
    return make_rows(self, "B", 1, 3);
}

/* --- the module --- */

static const struct mode *find_mode(const struct mode *modes, PyObject *name)
{
    for (; modes->name != NULL; modes++) {
        if (PyUnicode_Check(name) && PyUnicode_CompareWithASCIIString(name, modes->name) == 0) {
            return modes;
        }
    }
    return NULL;
}

static PyObject *make(const struct mode *mode, PyObject *name)
{
    struct exporter *self;

    if (mode == NULL) {
        return PyErr_Format(PyExc_KeyError, "%R", name);
    }
    self = exporter_new(mode);
    if (self != NULL && !mode->make(self)) {
        Py_DECREF(self);
        return PyErr_NoMemory();
    }
    return (PyObject *)self;
}

static PyObject *right(PyObject *module, PyObject *name)
{
    (void)module;
    return make(find_mode(right_modes, name), name);
}

static const struct mode *const wrong_modes[] = {wrong_endings, wrong_answers, wrong_lifetimes, wrong_losses};
enum { WRONG_LISTS = sizeof wrong_modes / sizeof wrong_modes[0] };

static PyObject *wrong(PyObject *module, PyObject *name)
{
    const struct mode *mode = NULL;
    int i;

    (void)module;
    for (i = 0; i < WRONG_LISTS && mode == NULL; i++) {
        mode = find_mode(wrong_modes[i], name);
    }
    return make(mode, name);
}

static PyMethodDef functions[] = {
    {"right", right, METH_O, NULL},
    {"wrong", wrong, METH_O, NULL},
    {NULL, NULL, 0, NULL},
};

static struct PyModuleDef definition = {
    PyModuleDef_HEAD_INIT, "exporters", NULL, -1, functions, NULL, NULL, NULL, NULL};

static bool add_rules(PyObject *rules, const struct mode *mode)
{
    bool ok = true;

    for (; ok && mode->name != NULL; mode++) {
        const char *mutate = mode->mutate != NULL ? mode->mutate : "";
        PyObject *value = Py_BuildValue("(sss)", mode->rule, mode->severity, mutate);

        ok = value != NULL && PyDict_SetItemString(rules, mode->name, value) == 0;
        Py_XDECREF(value);
    }
    return ok;
}

static bool add_names(PyObject *module)
{
    PyObject *names = PyList_New(0), *rules = PyDict_New();
    const struct mode *mode;
    bool ok = names != NULL && rules != NULL;
    int i;

    for (mode = right_modes; ok && mode->name != NULL; mode++) {
        PyObject *name = PyUnicode_FromString(mode->name);

        ok = name != NULL && PyList_Append(names, name) == 0;
        Py_XDECREF(name);
    }
    for (i = 0; ok && i < WRONG_LISTS; i++) {
        ok = add_rules(rules, wrong_modes[i]);
    }
    ok = ok && PyObject_SetAttrString(module, "RIGHT", names) == 0 &&
         PyObject_SetAttrString(module, "WRONG", rules) == 0;
    Py_XDECREF(names);
    Py_XDECREF(rules);
    return ok;
}

PyMODINIT_FUNC PyInit_exporters(void)
{
    PyObject *module = PyType_Ready(&plain_type) == 0 && PyType_Ready(&other_type) == 0 &&
                               PyType_Ready(&releasing_type) == 0
                           ? PyModule_Create(&definition)
                           : NULL;

    if (module != NULL && !add_names(module)) {
        Py_CLEAR(module);
    }
#ifdef Py_GIL_DISABLED
    if (module != NULL && PyUnstable_Module_SetGIL(module, Py_MOD_GIL_NOT_USED) != 0) {
        Py_CLEAR(module);
    }
#endif
    return module;
}
