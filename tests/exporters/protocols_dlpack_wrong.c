/*
 * Objects that break a promise of DLPack's, each its own.
 */
#include <Python.h>

#include "protocols.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>

/* --- capsules --- */

static void spoil_name(struct product *product)
{
    product->name = "tensor";
}

static void spoil_no_name(struct product *product)
{
    product->name = NULL;
}

static void spoil_used(struct product *product)
{
    product->name = product->is_versioned ? "used_dltensor_versioned" : "used_dltensor";
}

static void destroy_named(PyObject *capsule)
{
    struct product *product = PyCapsule_GetPointer(capsule, PyCapsule_GetName(capsule));

    product_free(product); /* managed is its first member */
}

static PyObject *give_nowhere(struct subject *self)
{
    (void)self;
    return PyCapsule_New((void *)16, "dltensor", NULL);
}

static PyObject *give_other_major(struct subject *self)
{
    static struct versioned versioned;

    (void)self;
    versioned = (struct versioned){.major = 2};
    return PyCapsule_New(&versioned, "dltensor_versioned", NULL);
}

/* --- tensors --- */

static void spoil_ndim(struct product *product)
{
    product->tensor->ndim = -1;
}

static void spoil_huge_ndim(struct product *product)
{
    product->tensor->ndim = INT32_MAX;
}

static void spoil_shape(struct product *product)
{
    product->tensor->shape = NULL;
}

static void spoil_wild_shape(struct product *product)
{
    product->tensor->shape = (int64_t *)16;
}

static void spoil_extent(struct product *product)
{
    product->shape[1] = -3;
}

static void spoil_product(struct product *product)
{
    product->shape[0] = product->shape[1] = INT64_MAX / 2;
}

static void spoil_bits(struct product *product)
{
    product->tensor->bits = 0;
}

static void spoil_data(struct product *product)
{
    product->tensor->data = NULL;
}

static void spoil_wild_data(struct product *product)
{
    product->tensor->data = (void *)4096;
}

static void spoil_extents(struct product *product) /* more items than there is memory */
{
    product->shape[0] = INT64_C(1) << 40;
}

static void spoil_strides(struct product *product)
{
    product->tensor->strides = NULL;
}

static void spoil_wild_strides(struct product *product)
{
    product->tensor->strides = (int64_t *)16;
}

static void spoil_huge_strides(struct product *product)
{
    product->strides[0] = INT64_MAX / 2;
}

/* --- devices --- */

static PyObject *device_of_one(struct subject *self)
{
    (void)self;
    return Py_BuildValue("(i)", KDL_CPU);
}

/* --- lifetimes --- */

static void spoil_owner(struct product *product) /* nothing keeps the memory */
{
    Py_CLEAR(product->owner);
}

static void keep_owner(struct product *product) /* .. or gives it back */
{
    Py_INCREF(product->owner);
}

static void never_delete_legacy(struct legacy *self)
{
    (void)self;
}

static void never_delete_versioned(struct versioned *self)
{
    (void)self;
}

static void destroy_nothing(PyObject *capsule)
{
    (void)capsule;
}

static void spoil_deleter(struct product *product)
{
    if (product->is_versioned) {
        product->managed.versioned.deleter = never_delete_versioned;
    } else {
        product->managed.legacy.deleter = never_delete_legacy;
    }
}

/* One capsule for all. */
static PyObject *give_same_capsule(struct subject *self)
{
    if (self->kept == NULL) {
        self->kept = PyCapsule_New(&product_new(self, false, false)->managed, "dltensor", destroy_unused);
    }
    return again(self->kept);
}

/* One tensor in two capsules. */
static PyObject *give_same_tensor(struct subject *self)
{
    if (self->kept == NULL) {
        self->kept = product_new(self, false, false);
    }
    return PyCapsule_New(&((struct product *)self->kept)->managed, "dltensor", NULL);
}

/* All tensors have their shape in one place, which the end of any spoils. */
static int64_t shared_shape[2];

static void share_shape(struct product *product)
{
    shared_shape[0] = 2;
    shared_shape[1] = 3;
    product->tensor->shape = shared_shape;
}

static void destroy_shared(PyObject *capsule)
{
    shared_shape[0] = shared_shape[1] = 0;
    destroy_unused(capsule);
}

static void delete_spoiling(struct legacy *self)
{
    shared_shape[0] = shared_shape[1] = 0;
    delete_legacy(self);
}

static void delete_versioned_spoiling(struct versioned *self)
{
    shared_shape[0] = shared_shape[1] = 0;
    delete_versioned(self);
}

static void share_until_deleted(struct product *product)
{
    share_shape(product);
    if (product->is_versioned) {
        product->managed.versioned.deleter = delete_versioned_spoiling;
    } else {
        product->managed.legacy.deleter = delete_spoiling;
    }
}

static void crash_legacy(struct legacy *self)
{
    raise(SIGSEGV);
    (void)self;
}

static void crash_versioned(struct versioned *self)
{
    raise(SIGSEGV);
    (void)self;
}

static void spoil_crashing(struct product *product)
{
    if (product->is_versioned) {
        product->managed.versioned.deleter = crash_versioned;
    } else {
        product->managed.legacy.deleter = crash_legacy;
    }
}

#define WRONG(id) ERROR(id, dlpack_type)

const struct mode dlpack_wrong[] = {
    {"capsule_number", WRONG("dlpack-capsule"), .give = give_number},
    {"capsule_name", WRONG("dlpack-capsule"), .spoil = spoil_name, .destroy = destroy_named},
    {"capsule_no_name", WRONG("dlpack-capsule"), .spoil = spoil_no_name, .destroy = destroy_named},
    {"capsule_used", WRONG("dlpack-capsule"), .spoil = spoil_used, .destroy = destroy_named},
    {"capsule_nowhere", WRONG("dlpack-capsule"), .give = give_nowhere},
    {"other_major", WRONG("dlpack-version"), .give = give_other_major},
    {"ndim", WRONG("dlpack-tensor"), .spoil = spoil_ndim},
    {"huge_ndim", WRONG("dlpack-tensor"), .spoil = spoil_huge_ndim},
    {"shape", WRONG("dlpack-tensor"), .spoil = spoil_shape},
    {"wild_shape", WRONG("dlpack-tensor"), .spoil = spoil_wild_shape},
    {"extent", WRONG("dlpack-tensor"), .spoil = spoil_extent},
    {"product", WRONG("dlpack-tensor"), .spoil = spoil_product},
    {"bits", WRONG("dlpack-tensor"), .spoil = spoil_bits},
    {"data", WRONG("dlpack-tensor"), .spoil = spoil_data},
    {"wild_data", WRONG("dlpack-tensor"), .spoil = spoil_wild_data},
    {"extents", WRONG("dlpack-tensor"), .spoil = spoil_extents},
    {"strides", WRONG("dlpack-strides"), .spoil = spoil_strides},
    {"strides_legacy", WARNING("dlpack-strides", dlpack_type), .spoil = spoil_strides, .legacy = true},
    {"wild_strides", WRONG("dlpack-strides"), .spoil = spoil_wild_strides},
    {"huge_strides", WRONG("dlpack-strides"), .spoil = spoil_huge_strides},
    {"device_other", WRONG("dlpack-device"), .device_type = KDL_CUDA},
    {"device_number", WRONG("dlpack-device"), .device = give_number},
    {"device_of_one", WRONG("dlpack-device"), .device = device_of_one},
    {"device_raises", WRONG("dlpack-device"), .device = give_error},
    {"no_keywords", WARNING("dlpack-keywords", dlpack_type), .no_keywords = true, .legacy = true},
    {"refusal", WARNING("dlpack-refusal", dlpack_type), .give = give_error},
    {"never_copies", WRONG("dlpack-copy"), .copies_never = true},
    {"same_capsule", WRONG("dlpack-independent"), .give = give_same_capsule},
    {"same_tensor", WRONG("dlpack-independent"), .give = give_same_tensor},
    {"shared_shape", WRONG("dlpack-independent"), .spoil = share_shape, .destroy = destroy_shared},
    {"shared_until_deleted", WRONG("dlpack-independent"), .spoil = share_until_deleted},
    {"not_kept", WRONG("dlpack-keeps-alive"), .spoil = spoil_owner},
    {"no_destructor", WRONG("dlpack-no-leak"), .destroy = destroy_nothing},
    {"keeps_owner", WRONG("dlpack-no-leak"), .spoil = keep_owner},
    {"never_deletes", WRONG("dlpack-no-leak"), .spoil = spoil_deleter},
    {"deletes_used", WRONG("dlpack-deleter"), .destroy = delete_any},
    {"deleter_crashes", WRONG("dlpack-no-crash"), .spoil = spoil_crashing},
    {"dlpack_exits", WRONG("dlpack-no-crash"), .give = give_exit},
    {"dlpack_crashes", WRONG("dlpack-no-crash"), .give = give_crash},
    {"dlpack_hangs", WRONG("dlpack-no-crash"), .give = give_never},
    {"device_crashes", WRONG("dlpack-no-crash"), .device = give_crash},
    {NULL},
};
