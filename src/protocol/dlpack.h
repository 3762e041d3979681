/*
 * DLPack: a tensor that a capsule leads to.
 *
 * The structures are declared from the specification (dlpack.h of DLPack 1.3:
 * the plain one of before 1.0, and the versioned one).  A capsule named
 * "dltensor" holds the first, one named "dltensor_versioned" the second; who
 * takes the tensor over renames it "used_dltensor…" and calls the deleter.
 */
#ifndef MVIEW_PROTOCOL_DLPACK_H
#define MVIEW_PROTOCOL_DLPACK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct telling;

#define DLPACK_NAME "dltensor"
#define DLPACK_NAME_VERSIONED "dltensor_versioned"
#define DLPACK_NAME_USED "used_" /* in front of either */

enum {
    /* what __dlpack__ is asked for as max_version: the newest whose every field is known here */
    DLPACK_MAJOR = 1,
    DLPACK_MINOR = 3,

    DLPACK_READ_ONLY = 1, /* flags */
    DLPACK_COPIED = 2,
    DLPACK_PADDED = 4,    /* items of less than a byte have a byte each */
};

struct dlpack_device {
    int32_t type; /* enum DLDeviceType */
    int32_t id;
};

struct dlpack_tensor {
    void *data;
    struct dlpack_device device;
    int32_t ndim;
    uint8_t code;     /* enum DLDataTypeCode */
    uint8_t bits;     /* of one lane */
    uint16_t lanes;
    int64_t *shape;   /* items */
    int64_t *strides; /* items */
    uint64_t byte_offset;
};

struct dlpack_managed {
    struct dlpack_tensor tensor;
    void *manager;
    void (*deleter)(struct dlpack_managed *self);
};

struct dlpack_versioned {
    uint32_t major;
    uint32_t minor;
    void *manager;
    void (*deleter)(struct dlpack_versioned *self);
    uint64_t flags;
    struct dlpack_tensor tensor;
};

/*
 * Begin a telling with what the capsule of this name holds at `managed`.  One
 * of before 1.0 has the version "0", and cannot say whether the memory may be
 * written.
 */
struct telling dlpack_read(const char *name, const void *managed);

/*
 * "cuda:0", cut to the size: the device as tellings have it.  True when this
 * process can read such memory: the processor's own, and what NumPy's
 * from_dlpack takes beside it (pinned and managed memory).
 */
bool dlpack_device_name(struct dlpack_device device, char *name, size_t size);

#endif
