#include "protocol/dlpack.h"

#include "base/arena.h"
#include "base/error.h"
#include "files/dtype.h"
#include "protocol/telling.h"

#include <float.h>
#include <stdio.h>
#include <string.h>

/* --- devices ------------------------------------------------------------------------------- */

static const struct {
    const char *name;
    bool is_local;
} devices[] = {
    [1] = {"cpu", true},         [2] = {"cuda", false},         [3] = {"cuda_host", true}, [4] = {"opencl", false},
    [7] = {"vulkan", false},     [8] = {"metal", false},        [9] = {"vpi", false},      [10] = {"rocm", false},
    [11] = {"rocm_host", true},  [12] = {"ext_dev", false},     [13] = {"cuda_managed", true},
    [14] = {"oneapi", false},    [15] = {"webgpu", false},      [16] = {"hexagon", false}, [17] = {"maia", false},
    [18] = {"trainium", false},
};

enum { CPU = 1 };

static bool is_known_device(int32_t type)
{
    return type >= 0 && (size_t)type < sizeof devices / sizeof devices[0] && devices[type].name != NULL;
}

bool dlpack_device_name(struct dlpack_device device, char *name, size_t size)
{
    if (!is_known_device(device.type)) {
        snprintf(name, size, "device %d:%d", device.type, device.id);
        return false;
    }
    if (device.type == CPU && device.id == 0) {
        snprintf(name, size, "cpu");
    } else {
        snprintf(name, size, "%s:%d", devices[device.type].name, device.id);
    }
    return devices[device.type].is_local;
}

/* --- types ------------------------------------------------------------------------------------ */

static const struct type_code {
    const char *name;
    bool sized;   /* the number of bits is part of the name */
    char numpy;   /* NumPy's letter, where it has such types */
    uint8_t bits; /* what they have to be; 0: any */
} codes[] = {
    {"int", true, 'i', 0},
    {"uint", true, 'u', 0},
    {"float", true, 'f', 0},
    {"opaque", true, '\0', 0},
    {"bfloat", true, '\0', 16},
    {"complex", true, 'c', 0},
    {"bool", false, 'b', 0},
    {"float8_e3m4", false, '\0', 8},
    {"float8_e4m3", false, '\0', 8},
    {"float8_e4m3b11fnuz", false, '\0', 8},
    {"float8_e4m3fn", false, '\0', 8},
    {"float8_e4m3fnuz", false, '\0', 8},
    {"float8_e5m2", false, '\0', 8},
    {"float8_e5m2fnuz", false, '\0', 8},
    {"float8_e8m0fnu", false, '\0', 8},
    {"float6_e2m3fn", false, '\0', 6},
    {"float6_e3m2fn", false, '\0', 6},
    {"float4_e2m1fn", false, '\0', 4},
};

enum { COMPLEX = 5 };

/* The type in DLPack's own words. */
static bool name_type(struct telling *telling, const struct dlpack_tensor *tensor)
{
    const struct type_code *code;

    if (tensor->code >= sizeof codes / sizeof codes[0]) {
        text_printf(&telling->type, "code %u, %u bits", tensor->code, tensor->bits);
        telling_warn(telling, FAULT_DLPACK_TENSOR, "dtype has code %u, which DLPack %d.%d does not have",
                     tensor->code, DLPACK_MAJOR, DLPACK_MINOR);
    } else {
        code = &codes[tensor->code];
        text_puts(&telling->type, code->name);
        if (code->sized) {
            text_printf(&telling->type, "%u", tensor->bits);
        } else if (code->bits == 0 && tensor->bits != 8) {
            text_printf(&telling->type, ", %u bits", tensor->bits);
        }
        if (code->bits != 0 && tensor->bits != code->bits) {
            telling_fault(telling, FAULT_DLPACK_TENSOR, "dtype %s has %u bits, not %u", code->name, tensor->bits,
                          code->bits);
        }
    }
    if (tensor->lanes != 1) {
        text_printf(&telling->type, " x %u", tensor->lanes);
    }
    if (tensor->bits == 0 || tensor->lanes == 0) {
        return telling_fault(telling, FAULT_DLPACK_TENSOR, "dtype has %u bits and %u lanes", tensor->bits,
                             tensor->lanes);
    }
    return true;
}

/* NumPy's letter for a lane; '\0' where NumPy has no such type: its floats of 16 bytes are C's long double. */
static char lane_letter(const struct dlpack_tensor *tensor)
{
    if (tensor->code >= sizeof codes / sizeof codes[0] || tensor->bits % 8 != 0) {
        return '\0';
    }
    if (tensor->bits > (tensor->code == COMPLEX ? 128 : 64) && LDBL_MANT_DIG != 113) {
        return '\0';
    }
    return codes[tensor->code].numpy;
}

/* The NumPy type of one lane, or of its bytes: "u2" for bfloat16, "V3" for what has no such. */
static const struct dtype *lane_type(struct telling *telling, struct arena *arena, const struct dlpack_tensor *tensor,
                                     size_t size)
{
    char letter = lane_letter(tensor);
    struct error ignored = ERROR_INIT;
    const struct dtype *type = NULL;
    char text[16];

    if (letter != '\0') {
        snprintf(text, sizeof text, "%c%zu", letter, size);
        type = dtype_from_text(arena, text, strlen(text), &ignored);
    }
    if (type != NULL) {
        return type;
    }
    telling->is_plain = false;
    snprintf(text, sizeof text, "%c%zu", size <= 2 ? 'u' : 'V', size);
    return dtype_from_text(arena, text, strlen(text), &ignored);
}

/* Items of whole bytes. */
static void finish(struct telling *telling, const struct dlpack_tensor *tensor, size_t size)
{
    struct arena arena = ARENA_INIT(1 << 16);
    struct error ignored = ERROR_INIT;
    size_t lanes = tensor->bits % 8 == 0 ? tensor->lanes : 1; /* else the lanes lie in each other's bytes */
    const struct dtype *type;

    if (tensor->code == COMPLEX && tensor->bits == 32 && lanes == 1) {
        telling_finish_format(telling, "Ze", size); /* two halves, which NumPy does not have */
        return;
    }
    type = lane_type(telling, &arena, tensor, size / lanes);
    if (type != NULL && lanes > 1) {
        ptrdiff_t count = (ptrdiff_t)lanes;

        type = dtype_subarray(&arena, type, 1, &count, &ignored);
    }
    if (type == NULL) {
        telling->failed = true;
    } else {
        telling_finish(telling, type);
    }
    arena_free(&arena);
}

/* --- shape and strides ---------------------------------------------------------------------------- */

static bool read_extents(struct telling *telling, const struct dlpack_tensor *tensor, int64_t *strides)
{
    struct layout *layout = &telling->layout;
    int64_t numbers[LAYOUT_MAX_NDIM];
    size_t size = (size_t)tensor->ndim * sizeof numbers[0];
    int d;

    if (tensor->ndim == 0) {
        layout->given |= LAYOUT_STRIDES;
        return true;
    }
    if (!telling_copy(telling, FAULT_DLPACK_TENSOR, "shape", numbers, tensor->shape, size)) {
        return false;
    }
    for (d = 0; d < tensor->ndim; d++) {
        layout->shape[d] = (ptrdiff_t)numbers[d];
        if (numbers[d] < 0) {
            telling_fault(telling, FAULT_DLPACK_TENSOR, "shape[%d] is negative: %lld", d, (long long)numbers[d]);
        }
    }
    if (tensor->strides != NULL) {
        layout->given |= LAYOUT_STRIDES;
        return telling_copy(telling, FAULT_DLPACK_STRIDES, "strides", strides, tensor->strides, size);
    }
    return true;
}

static bool set_strides(struct telling *telling, const int64_t *strides, size_t itemsize)
{
    struct layout *layout = &telling->layout;
    int d;

    for (d = 0; d < layout->ndim && (layout->given & LAYOUT_STRIDES); d++) {
        if (__builtin_mul_overflow(strides[d], (ptrdiff_t)itemsize, &layout->strides[d])) {
            return telling_fault(telling, FAULT_DLPACK_STRIDES, "strides[%d] is %lld items of %zu bytes, too many", d,
                                 (long long)strides[d], itemsize);
        }
    }
    return true;
}

/* NULL strides: from 1.2 on never, but for 0 dimensions. */
static void judge_strides(struct telling *telling, uint32_t major, uint32_t minor)
{
    if (telling->layout.given & LAYOUT_STRIDES) {
        return;
    }
    if (major > 1 || (major == 1 && minor >= 2)) {
        telling_fault(telling, FAULT_DLPACK_STRIDES, "strides are NULL for %d dimension%s, in version %u.%u",
                      telling->layout.ndim, telling->layout.ndim == 1 ? "" : "s", major, minor);
    } else {
        telling_warn(telling, FAULT_DLPACK_STRIDES, "strides are NULL for %d dimension%s: not allowed from DLPack 1.2 on",
                     telling->layout.ndim, telling->layout.ndim == 1 ? "" : "s");
    }
}

/* Items that do not fill bytes, side by side in C order: the bytes that they lie in. */
static void finish_packed(struct telling *telling, const struct dlpack_tensor *tensor, const int64_t *strides)
{
    struct layout *layout = &telling->layout;
    ptrdiff_t compact[LAYOUT_MAX_NDIM];
    ptrdiff_t count = 1;
    ptrdiff_t bits;
    int d;

    if (!layout_c_strides(layout->ndim, layout->shape, 1, compact)) {
        telling_fault(telling, FAULT_DLPACK_TENSOR, "the product of shape overflows");
        return;
    }
    for (d = layout->ndim - 1; d >= 0; d--) {
        if ((layout->given & LAYOUT_STRIDES) && layout->shape[d] > 1 && strides[d] != compact[d]) {
            telling_obstruct(telling, "has items of %u bits that do not lie side by side: bytes cannot tell where",
                             tensor->bits);
            return;
        }
    }
    if (layout->ndim > 0 && __builtin_mul_overflow(compact[0], layout->shape[0], &count)) {
        telling_fault(telling, FAULT_DLPACK_TENSOR, "the product of shape overflows");
        return;
    }
    if (count < 0 || __builtin_mul_overflow(count, (ptrdiff_t)tensor->bits * tensor->lanes, &bits)) {
        telling_fault(telling, FAULT_DLPACK_TENSOR, "the product of shape and bits overflows");
        return;
    }
    notes_add(&telling->notes, "%td items of %s, packed: these are the bytes they lie in", count,
              text_string(&telling->type));
    layout->ndim = 1;
    layout->shape[0] = bits / 8 + (bits % 8 != 0);
    layout->strides[0] = 1;
    telling->is_packed = true;
    telling->per_byte = tensor->lanes == 1 && 8 % tensor->bits == 0 ? 8u / tensor->bits : 0;
    telling->is_plain = false;
    telling_finish_format(telling, "B", 1);
}

/* --- the tensor ------------------------------------------------------------------------------------- */

static bool find_data(struct telling *telling, const struct dlpack_tensor *tensor)
{
    uintptr_t data = (uintptr_t)tensor->data;
    uintptr_t first;

    if (__builtin_add_overflow(data, tensor->byte_offset, &first)) {
        return telling_fault(telling, FAULT_DLPACK_TENSOR, "byte_offset is %llu: data and it are past the last address",
                             (unsigned long long)tensor->byte_offset);
    }
    telling->layout.buf = (const unsigned char *)first;
    if (tensor->data != NULL || layout_is_empty(&telling->layout)) {
        return true;
    }
    telling_fault(telling, FAULT_DLPACK_TENSOR, "data is NULL, though there are items");
    return true; /* it can be told all the same */
}

static void read_tensor(struct telling *telling, const struct dlpack_tensor *tensor, uint32_t major, uint32_t minor,
                        uint64_t flags)
{
    size_t bits = (size_t)tensor->bits * tensor->lanes;
    int64_t strides[LAYOUT_MAX_NDIM] = {0};

    telling->is_local = dlpack_device_name(tensor->device, telling->device, sizeof telling->device);
    if (!is_known_device(tensor->device.type)) {
        telling_warn(telling, FAULT_DLPACK_TENSOR, "device has type %d, which DLPack %d.%d does not have",
                     tensor->device.type, DLPACK_MAJOR, DLPACK_MINOR);
    }
    if (!name_type(telling, tensor)) {
        return;
    }
    if (tensor->ndim < 0 || tensor->ndim > LAYOUT_MAX_NDIM) {
        telling_fault(telling, FAULT_DLPACK_TENSOR, "ndim is %d, not 0 to %d", tensor->ndim, LAYOUT_MAX_NDIM);
        return;
    }
    telling->layout.ndim = tensor->ndim;
    if (!read_extents(telling, tensor, strides) || !find_data(telling, tensor)) {
        return;
    }
    judge_strides(telling, major, minor);
    if (bits % 8 != 0 || (tensor->bits < 8 && tensor->lanes == 1)) {
        if (!(flags & DLPACK_PADDED)) {
            finish_packed(telling, tensor, strides);
            return;
        }
        bits = (size_t)((tensor->bits + 7) / 8) * 8 * tensor->lanes;
    }
    if (set_strides(telling, strides, bits / 8)) {
        finish(telling, tensor, bits / 8);
    }
}

static void read_versioned(struct telling *telling, const void *managed)
{
    struct dlpack_versioned tensor;

    /* what stands in front of the tensor is the same in every version */
    if (!telling_copy(telling, FAULT_DLPACK_CAPSULE, "the capsule's tensor", &tensor, managed,
                      offsetof(struct dlpack_versioned, tensor))) {
        return;
    }
    snprintf(telling->version, sizeof telling->version, "%u.%u", tensor.major, tensor.minor);
    if (tensor.major != DLPACK_MAJOR) {
        telling_fault(telling, FAULT_DLPACK_VERSION,
                      "the tensor is of DLPack %u.%u, whose fields are not those of %d.%d", tensor.major,
                      tensor.minor, DLPACK_MAJOR, DLPACK_MINOR);
        return;
    }
    if (!telling_copy(telling, FAULT_DLPACK_CAPSULE, "the capsule's tensor", &tensor, managed, sizeof tensor)) {
        return;
    }
    telling->readonly = tensor.flags & DLPACK_READ_ONLY ? SAID_YES : SAID_NO;
    telling->layout.readonly = telling->readonly == SAID_YES;
    if (tensor.flags & DLPACK_COPIED) {
        notes_add(&telling->notes, "the exporter made a copy: this is not its own memory");
    }
    if (tensor.flags & ~(uint64_t)(DLPACK_READ_ONLY | DLPACK_COPIED | DLPACK_PADDED)) {
        telling_warn(telling, FAULT_DLPACK_TENSOR, "flags are 0x%llx, some of which DLPack %d.%d does not have",
                     (unsigned long long)tensor.flags, DLPACK_MAJOR, DLPACK_MINOR);
    }
    read_tensor(telling, &tensor.tensor, tensor.major, tensor.minor, tensor.flags);
}

static void read_unversioned(struct telling *telling, const void *managed)
{
    struct dlpack_managed tensor;

    if (!telling_copy(telling, FAULT_DLPACK_CAPSULE, "the capsule's tensor", &tensor, managed, sizeof tensor)) {
        return;
    }
    snprintf(telling->version, sizeof telling->version, "0");
    notes_add(&telling->notes, "a capsule of before DLPack 1.0 cannot say whether the memory may be written");
    read_tensor(telling, &tensor.tensor, 0, 0, 0);
}

struct telling dlpack_read(const char *name, const void *managed)
{
    struct telling telling;

    telling_begin(&telling, PROTOCOL_DLPACK);
    if (name != NULL && strcmp(name, DLPACK_NAME_VERSIONED) == 0) {
        read_versioned(&telling, managed);
    } else if (name != NULL && strcmp(name, DLPACK_NAME) == 0) {
        read_unversioned(&telling, managed);
    } else if (name != NULL && strncmp(name, DLPACK_NAME_USED, strlen(DLPACK_NAME_USED)) == 0) {
        telling_fault(&telling, FAULT_DLPACK_CAPSULE, "the capsule is named '%.40s': its tensor was taken before", name);
    } else {
        telling_fault(&telling, FAULT_DLPACK_CAPSULE, "the capsule is named '%.40s', not '" DLPACK_NAME "' or '"
                      DLPACK_NAME_VERSIONED "'", name != NULL ? name : "");
    }
    return telling;
}
