/*
 * safetensors (github.com/huggingface/safetensors): 8 bytes of a header's
 * length, little-endian, the header in JSON, and behind it the tensors' data.
 *
 * What the file says of one tensor may be wrong: that tensor says so, and the
 * others are shown.
 */
#ifndef MVIEW_FILES_SAFETENSORS_H
#define MVIEW_FILES_SAFETENSORS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct arena;
struct array;
struct error;

#define SAFETENSORS_MAX_HEADER 100000000 /* bytes; the library's own limit */

struct safetensors_type;

struct safetensor {
    const char *name;
    size_t name_length;  /* bytes, of valid UTF-8 without NUL */
    const char *dtype;   /* as the file has it: "F32", "BF16" */
    const struct safetensors_type *type; /* NULL for a dtype that is not known */
    int ndim;
    const ptrdiff_t *shape;
    uint64_t begin, end; /* bytes, from the start of the data */
    const char *problem; /* why it cannot be shown, or NULL */
    const char *remark;  /* what no writer does, though it can be shown, or NULL */
};

struct safetensors_entry {
    const char *key;
    size_t key_length;
    const char *value;
    size_t value_length;
};

/* All memory belongs to the arena. */
struct safetensors {
    struct safetensor *tensors; /* as the header has them */
    size_t count;
    struct safetensors_entry *metadata; /* "__metadata__" */
    size_t metadata_count;
    uint64_t offset;   /* of the data in the file, bytes */
    uint64_t trailing; /* bytes that no tensor reaches to, at the end */
};

/* Whether a file begins like one. */
bool safetensors_is(const void *bytes, size_t size);

/* Bytes of arena that a file may take: what is read is never much longer than its header. */
size_t safetensors_arena_limit(const void *bytes, size_t size);

/* Take a whole file apart.  Refused with one line: a header that is cut off, no JSON, or another structure. */
bool safetensors_parse(struct safetensors *file, const void *bytes, size_t size, struct arena *arena,
                       struct error *error);

/*
 * The tensor as an array in C order, of a type that PEP 3118 can say: unsigned integers for bfloat16 and floats
 * of 8 bits (*plain is set false), the bytes for smaller ones.  Refused for one with a problem.
 */
bool safetensors_array(const struct safetensor *tensor, struct arena *arena, struct array *array, bool *plain,
                       struct error *error);

#endif
