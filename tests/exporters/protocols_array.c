/*
 * Objects that tell of their memory by __array_interface__ or __array_struct__.
 */
#include <Python.h>

#include "protocols.h"

#include <stdlib.h>
#include <string.h>

/* --- __array_interface__ --- */

static PyObject *make_interface(struct subject *self)
{
    return Py_BuildValue("{s:i,s:(ii),s:s,s:(nO),s:O}", "version", 3, "shape", 2, 3, "typestr", "<i4", "data",
                         (Py_ssize_t)self->items, self->mode->readonly ? Py_True : Py_False, "strides", Py_None);
}

/* The right one with one entry changed: `value` is taken over; NULL takes the entry away. */
static PyObject *changed(struct subject *self, const char *key, PyObject *value)
{
    PyObject *interface = make_interface(self);

    if (value != NULL) {
        PyDict_SetItemString(interface, key, value);
        Py_DECREF(value);
    } else {
        PyDict_DelItemString(interface, key);
    }
    return interface;
}

PyObject *subject_interface(PyObject *object, void *closure)
{
    struct subject *self = (struct subject *)object;

    (void)closure;
    return self->mode->interface != NULL ? self->mode->interface(self) : make_interface(self);
}

/* --- right ones --- */

static PyObject *strided_interface(struct subject *self)
{
    return changed(self, "strides", Py_BuildValue("(ii)", 4, 8));
}

static PyObject *described_interface(struct subject *self)
{
    PyObject *interface = changed(self, "typestr", PyUnicode_FromString("|V4"));
    PyObject *descr = Py_BuildValue("[(ss)(ss)]", "a", "<i2", "b", "<i2");

    PyDict_SetItemString(interface, "descr", descr);
    Py_DECREF(descr);
    return interface;
}

static PyObject *buffer_interface(struct subject *self)
{
    PyObject *bytes = PyByteArray_FromStringAndSize((const char *)self->items, 2 * ITEMS * sizeof self->items[0]);
    PyObject *interface = changed(self, "data", bytes);
    PyObject *offset = PyLong_FromLong(4);

    PyDict_SetItemString(interface, "offset", offset);
    Py_DECREF(offset);
    return interface;
}

/* --- wrong ones --- */

static PyObject *interface_list(struct subject *self)
{
    (void)self;
    return PyList_New(0);
}

static PyObject *no_shape(struct subject *self)
{
    return changed(self, "shape", NULL);
}

static PyObject *shape_number(struct subject *self)
{
    return changed(self, "shape", PyLong_FromLong(6));
}

static PyObject *shape_text(struct subject *self)
{
    return changed(self, "shape", Py_BuildValue("(ss)", "2", "3"));
}

static PyObject *shape_negative(struct subject *self)
{
    return changed(self, "shape", Py_BuildValue("(ii)", 2, -3));
}

static PyObject *shape_huge(struct subject *self)
{
    return changed(self, "shape", Py_BuildValue("(LL)", INT64_MAX / 2, INT64_MAX / 2));
}

static PyObject *shape_deep(struct subject *self)
{
    PyObject *shape = PyTuple_New(1000);
    Py_ssize_t i;

    for (i = 0; i < 1000; i++) {
        PyTuple_SET_ITEM(shape, i, PyLong_FromLong(1));
    }
    return changed(self, "shape", shape);
}

static PyObject *shape_past_end(struct subject *self)
{
    return changed(self, "shape", Py_BuildValue("(Li)", INT64_C(1) << 40, 3));
}

static PyObject *no_typestr(struct subject *self)
{
    return changed(self, "typestr", NULL);
}

static PyObject *typestr_nonsense(struct subject *self)
{
    return changed(self, "typestr", PyUnicode_FromString("<q99"));
}

static PyObject *typestr_number(struct subject *self)
{
    return changed(self, "typestr", PyLong_FromLong(4));
}

static PyObject *data_number(struct subject *self)
{
    return changed(self, "data", PyLong_FromVoidPtr(self->items));
}

static PyObject *data_text(struct subject *self)
{
    return changed(self, "data", Py_BuildValue("(sO)", "here", Py_False));
}

static PyObject *data_nowhere(struct subject *self)
{
    return changed(self, "data", Py_BuildValue("(iO)", 4096, Py_False));
}

static PyObject *strides_short(struct subject *self)
{
    return changed(self, "strides", Py_BuildValue("(i)", 4));
}

static PyObject *version_text(struct subject *self)
{
    return changed(self, "version", PyUnicode_FromString("3"));
}

static PyObject *descr_size(struct subject *self)
{
    PyObject *interface = changed(self, "typestr", PyUnicode_FromString("|V4"));
    PyObject *descr = Py_BuildValue("[(ss)(ss)]", "a", "<i4", "b", "<i2");

    PyDict_SetItemString(interface, "descr", descr);
    Py_DECREF(descr);
    return interface;
}

static PyObject *descr_nonsense(struct subject *self)
{
    return changed(self, "descr", Py_BuildValue("[(ss)]", "a", "<q99"));
}

static PyObject *descr_text(struct subject *self)
{
    return changed(self, "descr", PyUnicode_FromString("none"));
}

/* --- __array_struct__ --- */

enum { C_CONTIGUOUS = 1, F_CONTIGUOUS = 2, ALIGNED = 0x100, NATIVE = 0x200, WRITEABLE = 0x400 };

static void told_free(PyObject *capsule)
{
    struct told_struct *told = PyCapsule_GetPointer(capsule, PyCapsule_GetName(capsule));

    Py_XDECREF(told->owner);
    free(told);
}

static PyObject *make_struct(struct subject *self)
{
    struct told_struct *told = calloc(1, sizeof *told);

    told->shape[0] = 2;
    told->shape[1] = 3;
    told->strides[0] = 12;
    told->strides[1] = 4;
    told->owner = again((PyObject *)self);
    told->array = (struct array_struct){
        .two = 2,
        .nd = 2,
        .typekind = 'i',
        .itemsize = 4,
        .flags = C_CONTIGUOUS | ALIGNED | NATIVE | (self->mode->readonly ? 0 : WRITEABLE),
        .shape = told->shape,
        .strides = told->strides,
        .data = self->items,
    };
    if (self->mode->spoil_struct != NULL) {
        self->mode->spoil_struct(told);
    }
    return PyCapsule_New(told, NULL, told_free);
}

PyObject *subject_struct(PyObject *object, void *closure)
{
    struct subject *self = (struct subject *)object;

    (void)closure;
    return self->mode->give_struct != NULL ? self->mode->give_struct(self) : make_struct(self);
}

static void struct_columns(struct told_struct *told)
{
    told->strides[0] = 4;
    told->strides[1] = 8;
    told->array.flags = F_CONTIGUOUS | ALIGNED | NATIVE | WRITEABLE;
}

static void spoil_two(struct told_struct *told)
{
    told->array.two = 3;
}

static void spoil_nd(struct told_struct *told)
{
    told->array.nd = 1000000;
}

static void spoil_shape(struct told_struct *told)
{
    told->array.shape = NULL;
}

static void spoil_wild_strides(struct told_struct *told)
{
    told->array.strides = (Py_ssize_t *)16;
}

static void spoil_kind(struct told_struct *told)
{
    told->array.typekind = '?';
}

static void spoil_itemsize(struct told_struct *told)
{
    told->array.itemsize = -4;
}

static void spoil_contiguous(struct told_struct *told)
{
    told->array.flags |= F_CONTIGUOUS;
}

static void spoil_aligned(struct told_struct *told)
{
    told->array.data = (char *)told->array.data + 1;
}

static void spoil_data(struct told_struct *told)
{
    told->array.data = (void *)4096;
}

static void leave_owner(struct told_struct *told) /* whoever reads the memory keeps the object */
{
    Py_CLEAR(told->owner);
}

static void spoil_owner(struct told_struct *told) /* the shape is gone with the object */
{
    Py_ssize_t *shape = (void *)(((struct subject *)told->owner)->items + ITEMS);

    shape[0] = 2;
    shape[1] = 3;
    told->array.shape = shape;
    Py_CLEAR(told->owner);
}

static void keep_owner(struct told_struct *told)
{
    Py_INCREF(told->owner);
}

static PyObject *struct_nowhere(struct subject *self)
{
    (void)self;
    return PyCapsule_New((void *)16, NULL, NULL);
}

const struct mode array_right[] = {
    {"interface", .type = &interface_type},
    {"interface_readonly", .type = &interface_type, .readonly = true},
    {"interface_strided", .type = &interface_type, .interface = strided_interface},
    {"interface_described", .type = &interface_type, .interface = described_interface},
    {"interface_buffer", .type = &interface_type, .interface = buffer_interface},
    {"struct", .type = &struct_type},
    {"struct_borrows", .type = &struct_type, .spoil_struct = leave_owner},
    {"struct_columns", .type = &struct_type, .spoil_struct = struct_columns},
    {NULL},
};

#define FIELDS ERROR("array-interface-fields", interface_type)
#define DESCR ERROR("array-interface-descr", interface_type)
#define STRUCT ERROR("array-interface-struct", struct_type)

const struct mode array_wrong[] = {
    {"interface_list", FIELDS, .interface = interface_list},
    {"interface_no_shape", FIELDS, .interface = no_shape},
    {"interface_shape_number", FIELDS, .interface = shape_number},
    {"interface_shape_text", FIELDS, .interface = shape_text},
    {"interface_shape_negative", FIELDS, .interface = shape_negative},
    {"interface_shape_huge", FIELDS, .interface = shape_huge},
    {"interface_shape_deep", FIELDS, .interface = shape_deep},
    {"interface_shape_past_end", FIELDS, .interface = shape_past_end},
    {"interface_no_typestr", FIELDS, .interface = no_typestr},
    {"interface_typestr", FIELDS, .interface = typestr_nonsense},
    {"interface_typestr_number", FIELDS, .interface = typestr_number},
    {"interface_data_number", FIELDS, .interface = data_number},
    {"interface_data_text", FIELDS, .interface = data_text},
    {"interface_data_nowhere", FIELDS, .interface = data_nowhere},
    {"interface_strides_short", FIELDS, .interface = strides_short},
    {"interface_version", FIELDS, .interface = version_text},
    {"interface_descr_text", FIELDS, .interface = descr_text},
    {"interface_descr_size", DESCR, .interface = descr_size},
    {"interface_descr", DESCR, .interface = descr_nonsense},
    {"interface_crashes", ERROR("array-interface-no-crash", interface_type), .interface = give_crash},
    {"interface_hangs", ERROR("array-interface-no-crash", interface_type), .interface = give_never},
    {"struct_number", STRUCT, .give_struct = give_number},
    {"struct_nowhere", STRUCT, .give_struct = struct_nowhere},
    {"struct_two", STRUCT, .spoil_struct = spoil_two},
    {"struct_nd", STRUCT, .spoil_struct = spoil_nd},
    {"struct_shape", STRUCT, .spoil_struct = spoil_shape},
    {"struct_wild_strides", STRUCT, .spoil_struct = spoil_wild_strides},
    {"struct_kind", STRUCT, .spoil_struct = spoil_kind},
    {"struct_itemsize", STRUCT, .spoil_struct = spoil_itemsize},
    {"struct_contiguous", STRUCT, .spoil_struct = spoil_contiguous},
    {"struct_aligned", STRUCT, .spoil_struct = spoil_aligned},
    {"struct_data", STRUCT, .spoil_struct = spoil_data},
    {"struct_not_kept", ERROR("array-interface-keeps-alive", struct_type), .spoil_struct = spoil_owner},
    {"struct_keeps_owner", ERROR("array-interface-no-leak", struct_type), .spoil_struct = keep_owner},
    {"struct_exits", ERROR("array-interface-no-crash", struct_type), .give_struct = give_exit},
    {NULL},
};

/* --- all of them --- */

static void many_shape(struct product *product)
{
    product->shape[0] = product->strides[1] = 1;
    product->shape[1] = 6;
}

static void many_strides(struct product *product)
{
    product->strides[0] = 1;
    product->strides[1] = 2;
}

static void many_type_code(struct product *product)
{
    product->tensor->code = 2; /* float */
}

static void many_address(struct product *product)
{
    product->tensor->byte_offset = 4;
}

static PyObject *many_readonly(struct subject *self)
{
    return changed(self, "data", Py_BuildValue("(nO)", (Py_ssize_t)self->items, Py_True));
}

static PyObject *many_swapped(struct subject *self)
{
    return changed(self, "typestr", PyUnicode_FromString(">i4"));
}

const struct mode many_right[] = {
    {"many", .type = &many_type},
    {"many_readonly", .type = &many_type, .readonly = true},
    {"many_copies", .type = &many_type, .copies = true},
    {NULL},
};

const struct mode many_wrong[] = {
    {"many_shape", ERROR("protocols-agree", many_type), .spoil = many_shape},
    {"many_strides", ERROR("protocols-agree", many_type), .spoil = many_strides},
    {"many_type", ERROR("protocols-agree", many_type), .spoil = many_type_code},
    {"many_address", ERROR("protocols-agree", many_type), .spoil = many_address},
    {"many_order", ERROR("protocols-agree", many_type), .interface = many_swapped},
    {"many_one_readonly", WARNING("protocols-agree", many_type), .interface = many_readonly},
    {"many_legacy", WARNING("dlpack-readonly", many_type), .readonly = true, .legacy = true},
    {NULL},
};
