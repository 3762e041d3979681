#include "protocol/array_interface.h"

#include "base/arena.h"
#include "base/error.h"
#include "files/dtype.h"
#include "files/npy.h"

#include <stdio.h>
#include <string.h>

enum { ARENA_LIMIT = 4 << 20 };

/* A key that has to be there.  False, with a fault, where it is not right. */
static bool need_key(struct telling *telling, const struct interface_key *key, const char *name, bool may_be_none)
{
    switch (key->state) {
    case KEY_GIVEN:
        return true;
    case KEY_NONE:
        return may_be_none || telling_fault(telling, FAULT_ARRAY_INTERFACE_FIELDS, "'%s' is None", name);
    case KEY_MISSING:
        return telling_fault(telling, FAULT_ARRAY_INTERFACE_FIELDS, "there is no '%s'", name);
    case KEY_WRONG:
        break;
    }
    return telling_fault(telling, FAULT_ARRAY_INTERFACE_FIELDS, "'%s' %s", name, key->wrong);
}

/* One that may be missing, which is as None. */
static bool allow_key(struct telling *telling, const struct interface_key *key, const char *name)
{
    return key->state == KEY_MISSING || need_key(telling, key, name, true);
}

static void read_version(struct telling *telling, const struct array_interface *interface)
{
    if (!need_key(telling, &interface->version, "version", false)) {
        return;
    }
    snprintf(telling->version, sizeof telling->version, "%lld", (long long)interface->version_number);
    if (interface->version_number < 3 && telling->protocol == PROTOCOL_CUDA_ARRAY_INTERFACE) {
        return; /* 0 to 2 are told of as well */
    }
    if (interface->version_number != 3) {
        telling_warn(telling, FAULT_ARRAY_INTERFACE_FIELDS, "'version' is %lld, not 3",
                     (long long)interface->version_number);
    }
}

static bool read_extents(struct telling *telling, const struct array_interface *interface)
{
    struct layout *layout = &telling->layout;
    int d;

    if (!need_key(telling, &interface->shape, "shape", false)) {
        return false;
    }
    layout->ndim = interface->ndim;
    for (d = 0; d < layout->ndim; d++) {
        layout->shape[d] = (ptrdiff_t)interface->extents[d];
        if (layout->shape[d] < 0) {
            telling_fault(telling, FAULT_ARRAY_INTERFACE_FIELDS, "'shape' has %td at %d", layout->shape[d], d);
        }
    }
    if (!allow_key(telling, &interface->strides, "strides")) {
        return false;
    }
    if (interface->strides.state != KEY_GIVEN) {
        layout->given |= layout->ndim == 0 ? LAYOUT_STRIDES : 0;
        return true;
    }
    if (interface->stride_count != layout->ndim) {
        return telling_fault(telling, FAULT_ARRAY_INTERFACE_FIELDS, "'strides' has %d items, 'shape' %d",
                             interface->stride_count, layout->ndim);
    }
    for (d = 0; d < layout->ndim; d++) {
        layout->strides[d] = (ptrdiff_t)interface->steps[d];
    }
    layout->given |= LAYOUT_STRIDES;
    return true;
}

static bool read_data(struct telling *telling, const struct array_interface *interface)
{
    uintptr_t address = interface->address;

    if (!need_key(telling, &interface->data, "data", false)) {
        return false;
    }
    if (interface->have_buffer && !allow_key(telling, &interface->offset, "offset")) {
        return false;
    }
    if (interface->have_buffer && interface->offset.state == KEY_GIVEN) {
        if (interface->offset_bytes < 0 || interface->offset_bytes > interface->length) {
            return telling_fault(telling, FAULT_ARRAY_INTERFACE_FIELDS, "'offset' is %lld, of a buffer of %lld bytes",
                                 (long long)interface->offset_bytes, (long long)interface->length);
        }
        address += (uintptr_t)interface->offset_bytes;
    }
    telling->layout.buf = (const unsigned char *)address;
    telling->layout.readonly = interface->readonly;
    telling->readonly = interface->readonly ? SAID_YES : SAID_NO;
    return true;
}

/* The items must lie in the buffer that is their data. */
static void check_reach(struct telling *telling, const struct array_interface *interface)
{
    int64_t offset = interface->offset.state == KEY_GIVEN ? interface->offset_bytes : 0;
    struct error error = ERROR_INIT;
    ptrdiff_t low, high;

    if (!interface->have_buffer || !layout_check(&telling->layout, &error) ||
        !layout_block(&telling->layout, &low, &high)) {
        return;
    }
    if (low + offset < 0 || high + offset > interface->length) {
        telling->have_layout = telling_fault(telling, FAULT_ARRAY_INTERFACE_FIELDS,
                                             "the items are bytes %lld to %lld of 'data', which has %lld",
                                             (long long)(low + offset), (long long)(high + offset),
                                             (long long)interface->length);
    }
}

static void add_notes(struct telling *telling, const struct array_interface *interface)
{
    if (interface->have_mask) {
        notes_add(&telling->notes, "a 'mask' tells which items count: it is memory of its own");
    }
    if (interface->have_stream) {
        notes_add(&telling->notes, "who reads it has to wait for a 'stream'");
    }
}

struct telling array_interface_read(enum protocol protocol, const struct array_interface *interface)
{
    struct telling telling;
    bool is_whole;

    telling_begin(&telling, protocol);
    if (protocol == PROTOCOL_CUDA_ARRAY_INTERFACE) {
        snprintf(telling.device, sizeof telling.device, "cuda");
        telling.is_local = false;
    }
    read_version(&telling, interface);
    /* each, so that all that is wrong is told */
    is_whole = read_extents(&telling, interface);
    is_whole &= read_data(&telling, interface);
    is_whole &= need_key(&telling, &interface->typestr, "typestr", false);
    is_whole &= allow_key(&telling, &interface->descr, "descr");
    if (is_whole) {
        array_interface_finish(&telling, FAULT_ARRAY_INTERFACE_FIELDS, interface->typestr_text,
                               interface->descr.state == KEY_GIVEN ? interface->descr_text : NULL);
    }
    if (telling.have_layout) {
        check_reach(&telling, interface);
    }
    add_notes(&telling, interface);
    return telling;
}

/* Whether the list says more than "[('', typestr)]", which stands for no fields. */
static bool has_fields(const struct dtype *type)
{
    return type->kind == 'T' && (type->field_count > 1 || type->fields[0].name_length > 0);
}

/* The type in descr, where that is one of the same size as the items. */
static const struct dtype *read_descr(struct telling *telling, struct arena *arena, const struct dtype *type,
                                      const char *text)
{
    struct error error = ERROR_INIT;
    const struct dtype *fields = npy_type(text, strlen(text), arena, &error);

    if (fields == NULL) {
        telling_fault(telling, FAULT_ARRAY_INTERFACE_DESCR, "'descr' is no type: %s", error.message);
        return NULL;
    }
    if (fields->itemsize != type->itemsize) {
        telling_fault(telling, FAULT_ARRAY_INTERFACE_DESCR, "'descr' describes items of %zu bytes, 'typestr' of %zu",
                      fields->itemsize, type->itemsize);
        return NULL;
    }
    return fields;
}

bool array_interface_finish(struct telling *telling, enum fault_kind kind, const char *typestr, const char *descr)
{
    struct arena arena = ARENA_INIT(ARENA_LIMIT);
    struct error error = ERROR_INIT;
    const struct dtype *type = dtype_from_text(&arena, typestr, strlen(typestr), &error);
    const struct dtype *fields = NULL;

    if (type == NULL) {
        telling_fault(telling, kind, "%s", error.message);
    } else {
        fields = descr != NULL ? read_descr(telling, &arena, type, descr) : NULL;
        telling_finish(telling, fields != NULL && type->kind == 'V' && has_fields(fields) ? fields : type);
        if (telling->have_layout && telling->layout.len > 0 && telling->layout.buf == NULL) {
            telling_fault(telling, kind, "data is NULL, though there are items"); /* it can be told all the same */
        }
    }
    arena_free(&arena);
    return type != NULL;
}
