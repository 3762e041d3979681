#include "protocol/array_struct.h"

#include "base/error.h"
#include "format/field.h"
#include "memory/guard.h"
#include "protocol/array_interface.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

void *array_struct_descr(const void *from)
{
    struct array_struct array;
    const void *address;

    if (from == NULL || !guard_copy(&array, from, sizeof array, &address) || array.two != ARRAY_STRUCT_TWO) {
        return NULL;
    }
    return array.flags & ARRAY_STRUCT_HAS_DESCR ? array.descr : NULL;
}

static bool read_extents(struct telling *telling, const struct array_struct *array)
{
    struct layout *layout = &telling->layout;
    size_t size;
    int d;

    if (array->nd < 0 || array->nd > LAYOUT_MAX_NDIM) {
        return telling_fault(telling, FAULT_ARRAY_STRUCT, "nd is %d, not 0 to %d", array->nd, LAYOUT_MAX_NDIM);
    }
    layout->ndim = array->nd;
    layout->given |= LAYOUT_STRIDES;
    if (array->nd == 0) {
        return true;
    }
    size = (size_t)array->nd * sizeof layout->shape[0];
    if (!telling_copy(telling, FAULT_ARRAY_STRUCT, "shape", layout->shape, array->shape, size) ||
        !telling_copy(telling, FAULT_ARRAY_STRUCT, "strides", layout->strides, array->strides, size)) {
        return false;
    }
    for (d = 0; d < layout->ndim; d++) {
        if (layout->shape[d] < 0) {
            telling_fault(telling, FAULT_ARRAY_STRUCT, "shape[%d] is negative: %td", d, layout->shape[d]);
        }
    }
    return true;
}

/* "<f8", of a kind and a size. */
static bool write_typestr(struct telling *telling, const struct array_struct *array, char typestr[24])
{
    int count = array->typekind == 'U' ? array->itemsize / 4 : array->itemsize;

    if (array->itemsize < 0 || (array->typekind == 'U' && array->itemsize % 4 != 0)) {
        return telling_fault(telling, FAULT_ARRAY_STRUCT, "itemsize is %d, of typekind '%c'", array->itemsize,
                             array->typekind);
    }
    if (array->typekind < 'A' || array->typekind > 'z') {
        return telling_fault(telling, FAULT_ARRAY_STRUCT, "typekind is %d, which is no letter", array->typekind);
    }
    snprintf(typestr, 24, "%c%c%d",
             array->flags & ARRAY_STRUCT_NATIVE ? FORMAT_NATIVE_ORDER : FORMAT_FOREIGN_ORDER, array->typekind, count);
    return true;
}

/* Does every item lie where a processor's own type of its size would?  What has no such type lies anywhere. */
static bool is_aligned(const struct layout *layout, char typekind)
{
    size_t alignment = strchr("iufb", typekind) != NULL ? (size_t)layout->itemsize : 1;
    uintptr_t bits = (uintptr_t)layout->buf;
    int d;

    if (layout->len == 0 || alignment > sizeof(void *) || (alignment & (alignment - 1)) != 0) {
        return true;
    }
    for (d = 0; d < layout->ndim; d++) {
        bits |= layout->shape[d] > 1 ? (uintptr_t)layout->strides[d] : 0;
    }
    return bits % alignment == 0;
}

/* What the flags claim must be so, for who trusts them. */
static void judge_flags(struct telling *telling, int flags, char typekind)
{
    struct error error = ERROR_INIT;

    if (!layout_check(&telling->layout, &error)) {
        return;
    }
    if ((flags & ARRAY_STRUCT_C_CONTIGUOUS) && !layout_is_c_contiguous(&telling->layout)) {
        telling_fault(telling, FAULT_ARRAY_STRUCT, "flags say C-contiguous, the strides do not");
    }
    if ((flags & ARRAY_STRUCT_F_CONTIGUOUS) && !layout_is_f_contiguous(&telling->layout)) {
        telling_fault(telling, FAULT_ARRAY_STRUCT, "flags say Fortran-contiguous, the strides do not");
    }
    if ((flags & ARRAY_STRUCT_ALIGNED) && !is_aligned(&telling->layout, typekind)) {
        telling_fault(telling, FAULT_ARRAY_STRUCT, "flags say aligned, which data at 0x%" PRIxPTR " and the strides are not",
                      (uintptr_t)telling->layout.buf);
    }
}

struct telling array_struct_read(const void *from, const char *descr)
{
    struct telling telling;
    struct array_struct array;
    char typestr[24];

    telling_begin(&telling, PROTOCOL_ARRAY_STRUCT);
    if (!telling_copy(&telling, FAULT_ARRAY_STRUCT, "the capsule's structure", &array, from, sizeof array)) {
        return telling;
    }
    if (array.two != ARRAY_STRUCT_TWO) {
        telling_fault(&telling, FAULT_ARRAY_STRUCT, "two is %d: this is no PyArrayInterface", array.two);
        return telling;
    }
    snprintf(telling.version, sizeof telling.version, "3");
    telling.readonly = array.flags & ARRAY_STRUCT_WRITEABLE ? SAID_NO : SAID_YES;
    telling.layout.readonly = telling.readonly == SAID_YES;
    telling.layout.buf = array.data;
    if (read_extents(&telling, &array) && write_typestr(&telling, &array, typestr) &&
        array_interface_finish(&telling, FAULT_ARRAY_STRUCT, typestr, descr)) {
        judge_flags(&telling, array.flags, array.typekind);
    }
    return telling;
}
