/*
 * Objects that tell of their memory by DLPack, right ones.
 */
#include <Python.h>

#include "protocols.h"

#include <stdlib.h>
#include <string.h>

/* --- a right capsule --- */

void product_free(struct product *product)
{
    PyGILState_STATE state = PyGILState_Ensure();

    Py_XDECREF(product->owner);
    PyGILState_Release(state);
    free(product->memory);
    free(product);
}

void delete_legacy(struct legacy *self)
{
    product_free(self->context);
}

void delete_versioned(struct versioned *self)
{
    product_free(self->context);
}

/* What the capsule's tensor asks for at its end, whatever the capsule is called. */
void delete_any(PyObject *capsule)
{
    void *managed = PyCapsule_GetPointer(capsule, PyCapsule_GetName(capsule));
    bool is_versioned = strstr(PyCapsule_GetName(capsule), "versioned") != NULL;

    if (is_versioned && ((struct versioned *)managed)->deleter != NULL) {
        ((struct versioned *)managed)->deleter(managed);
    } else if (!is_versioned && ((struct legacy *)managed)->deleter != NULL) {
        ((struct legacy *)managed)->deleter(managed);
    }
}

void destroy_unused(PyObject *capsule)
{
    const char *name = PyCapsule_GetName(capsule);

    if (name != NULL && strncmp(name, "used_", 5) != 0) {
        delete_any(capsule);
    }
}

struct product *product_new(struct subject *self, bool is_versioned, bool copy)
{
    struct product *product = calloc(1, sizeof *product);
    size_t size = ITEMS * sizeof self->items[0];

    product->is_versioned = is_versioned;
    product->shape[0] = 2;
    product->shape[1] = product->strides[0] = 3;
    product->strides[1] = 1;
    product->owner = again((PyObject *)self);
    if (copy) {
        product->memory = malloc(size);
        memcpy(product->memory, self->items, size);
    }
    if (is_versioned) {
        product->managed.versioned.major = 1;
        product->managed.versioned.minor = 2;
        product->managed.versioned.context = product;
        product->managed.versioned.deleter = delete_versioned;
        product->managed.versioned.flags = (copy ? COPIED : 0) | (self->mode->readonly && !copy ? READ_ONLY : 0);
    } else {
        product->managed.legacy.context = product;
        product->managed.legacy.deleter = delete_legacy;
    }
    product->name = is_versioned ? "dltensor_versioned" : "dltensor";
    product->tensor = is_versioned ? &product->managed.versioned.tensor : &product->managed.legacy.tensor;
    *product->tensor = (struct tensor){
        .data = copy ? product->memory : self->items,
        .device_type = KDL_CPU,
        .ndim = 2,
        .code = KDL_INT,
        .bits = 32,
        .lanes = 1,
        .shape = product->shape,
        .strides = product->strides,
    };
    return product;
}

/* --- one tensor for all capsules at a time --- */

static struct product *counted[2]; /* of before 1.0, and since */

static void end_counted(struct product *product)
{
    if (--product->capsules == 0) {
        counted[product->is_versioned] = NULL;
        product_free(product);
    }
}

static void delete_counted_legacy(struct legacy *self)
{
    end_counted(self->context);
}

static void delete_counted_versioned(struct versioned *self)
{
    end_counted(self->context);
}

static struct product *product_counted(struct subject *self, bool is_versioned)
{
    struct product *product = counted[is_versioned];

    if (product == NULL || product->owner != (PyObject *)self) {
        product = counted[is_versioned] = product_new(self, is_versioned, false);
        if (is_versioned) {
            product->managed.versioned.deleter = delete_counted_versioned;
        } else {
            product->managed.legacy.deleter = delete_counted_legacy;
        }
    }
    product->capsules++;
    return product;
}

/* --- the method --- */

struct wish {
    PyObject *max_version, *dl_device, *copy;
};

static bool read_keywords(struct subject *self, PyObject *args, PyObject *kwargs, struct wish *wish)
{
    static char *names[] = {"stream", "max_version", "dl_device", "copy", NULL}, *old_names[] = {"stream", NULL};
    PyObject *stream = NULL;

    *wish = (struct wish){NULL, NULL, NULL};
    return self->mode->no_keywords
               ? PyArg_ParseTupleAndKeywords(args, kwargs, "|$O", old_names, &stream)
               : PyArg_ParseTupleAndKeywords(args, kwargs, "|$OOOO", names, &stream, &wish->max_version,
                                             &wish->dl_device, &wish->copy);
}

static bool refuses(struct subject *self, const struct wish *wish, bool is_versioned)
{
    int type = KDL_CPU, id = 0;

    if (wish->dl_device != NULL && wish->dl_device != Py_None && PyArg_ParseTuple(wish->dl_device, "ii", &type, &id) &&
        type != (self->mode->device_type != 0 ? self->mode->device_type : KDL_CPU)) {
        PyErr_SetString(PyExc_BufferError, "the memory is not there");
    } else if (self->mode->readonly && !is_versioned && !self->mode->legacy && wish->copy != Py_True) {
        PyErr_SetString(PyExc_BufferError, "a capsule of before 1.0 cannot say that memory is read-only");
    } else if (self->mode->copies && wish->copy == Py_False) {
        PyErr_SetString(PyExc_BufferError, "it takes a copy");
    }
    return PyErr_Occurred() != NULL;
}

PyObject *subject_dlpack(PyObject *object, PyObject *args, PyObject *kwargs)
{
    struct subject *self = (struct subject *)object;
    const struct mode *mode = self->mode;
    struct product *product;
    struct wish wish;
    bool is_versioned;
    PyObject *capsule;

    if (!read_keywords(self, args, kwargs, &wish)) {
        return NULL;
    }
    if (mode->give != NULL && wish.copy != Py_True) {
        return mode->give(self);
    }
    is_versioned = !mode->legacy && wish.max_version != NULL && wish.max_version != Py_None;
    if (refuses(self, &wish, is_versioned)) {
        return NULL;
    }
    product = mode->counted && wish.copy != Py_True
                  ? product_counted(self, is_versioned)
                  : product_new(self, is_versioned, mode->copies || (wish.copy == Py_True && !mode->copies_never));
    if (mode->spoil != NULL) {
        mode->spoil(product);
    }
    capsule = PyCapsule_New(&product->managed, product->name, mode->destroy != NULL ? mode->destroy : destroy_unused);
    if (capsule == NULL) {
        product_free(product);
    }
    return capsule;
}

PyObject *subject_dlpack_device(PyObject *object, PyObject *none)
{
    struct subject *self = (struct subject *)object;

    (void)none;
    if (self->mode->device != NULL) {
        return self->mode->device(self);
    }
    return Py_BuildValue("(ii)", self->mode->device_type != 0 ? self->mode->device_type : KDL_CPU, 0);
}

/* --- right ones --- */

static void make_scalar(struct product *product)
{
    product->tensor->ndim = 0;
    product->tensor->shape = product->tensor->strides = NULL;
}

static void make_empty(struct product *product)
{
    product->shape[0] = 0;
    product->tensor->data = NULL;
}


static void make_columns(struct product *product)
{
    product->strides[0] = 1;
    product->strides[1] = 2;
}

static void make_reversed(struct product *product)
{
    product->tensor->byte_offset = 20;
    product->strides[0] = -3;
    product->strides[1] = -1;
}

static void make_bfloat16(struct product *product)
{
    product->tensor->code = KDL_BFLOAT;
    product->tensor->bits = 16;
}

static void make_cuda(struct product *product)
{
    product->tensor->device_type = KDL_CUDA;
    product->tensor->data = (void *)(uintptr_t)(product->memory != NULL ? 0x7f0000001000 : 0x7f0000000000);
}

const struct mode dlpack_right[] = {
    {"dlpack", .type = &dlpack_type},
    {"dlpack_legacy", .type = &dlpack_type, .legacy = true},
    {"dlpack_readonly", .type = &dlpack_type, .readonly = true},
    {"dlpack_copies", .type = &dlpack_type, .copies = true},
    {"dlpack_counted", .type = &dlpack_type, .counted = true},
    {"dlpack_scalar", .type = &dlpack_type, .spoil = make_scalar},
    {"dlpack_empty", .type = &dlpack_type, .spoil = make_empty},
    {"dlpack_columns", .type = &dlpack_type, .spoil = make_columns},
    {"dlpack_reversed", .type = &dlpack_type, .spoil = make_reversed},
    {"dlpack_bfloat16", &dlpack_type, .spoil = make_bfloat16},
    {"dlpack_cuda", .type = &dlpack_type, .spoil = make_cuda, .device_type = KDL_CUDA},
    {NULL},
};
