/*
 * A view as it was, to compare with what it became.
 */
#include "probe/child.h"

#include "base/error.h"
#include "holders/collector.h"
#include "memory/guard.h"

#include <stdlib.h>
#include <string.h>

enum { SAMPLE_SIZE = 4096 }; /* bytes of the items that are looked at, at each end of their block */

/* Some of the exported memory. */
struct sample {
    const unsigned char *from;
    size_t size; /* 0: none, or it cannot be read */
    unsigned char bytes[SAMPLE_SIZE];
};

struct snapshot {
    struct reply reply;
    struct sample samples[2];
};

static void take_sample(struct sample *sample, const unsigned char *from, size_t size)
{
    const void *address;

    sample->from = from;
    sample->size = guard_copy(sample->bytes, from, size, &address) ? size : 0;
}

/* Under suboffsets the block is that of the pointers. */
static bool find_block(struct reply *reply, const unsigned char **from, size_t *size)
{
    struct layout layout;
    struct error error = ERROR_INIT;
    ptrdiff_t low, high;
    int d;

    if (!reply_layout(reply, &layout) || layout.len == 0 || layout.buf == NULL) {
        return false;
    }
    for (d = 0; d < layout.ndim; d++) {
        layout.suboffsets[d] = -1;
    }
    if (!layout_check(&layout, &error) || !layout_block(&layout, &low, &high)) {
        return false;
    }
    *from = layout.buf + low;
    *size = (size_t)(high - low);
    return true;
}

struct snapshot *snapshot_take(const Py_buffer *view)
{
    struct snapshot *snapshot = calloc(1, sizeof *snapshot);
    const unsigned char *from;
    size_t size;

    if (snapshot == NULL) {
        return NULL;
    }
    snapshot->reply.outcome = OUTCOME_GRANTED;
    probe_read(view, &snapshot->reply);
    if (find_block(&snapshot->reply, &from, &size)) {
        size_t part = size < SAMPLE_SIZE ? size : SAMPLE_SIZE;

        take_sample(&snapshot->samples[0], from, part);
        take_sample(&snapshot->samples[1], from + size - part, part);
    }
    return snapshot;
}

void snapshot_free(struct snapshot *snapshot)
{
    free(snapshot);
}

static bool same_numbers(const struct numbers *a, const struct numbers *b)
{
    return a->pointer.address == b->pointer.address && a->pointer.state == b->pointer.state &&
           memcmp(a->values, b->values, sizeof a->values) == 0;
}

static bool same_sample(const struct sample *sample)
{
    unsigned char now[SAMPLE_SIZE];
    const void *address;

    return sample->size == 0 || (guard_copy(now, sample->from, sample->size, &address) &&
                                 memcmp(now, sample->bytes, sample->size) == 0);
}

unsigned snapshot_compare(const struct snapshot *snapshot, const Py_buffer *view)
{
    struct reply *now = calloc(1, sizeof *now);
    const struct reply *was = &snapshot->reply;
    unsigned changed = 0;

    if (now == NULL) {
        return 0;
    }
    probe_read(view, now);
    changed |= now->buf.address != was->buf.address ? FIELD_BUF : 0;
    changed |= now->len != was->len ? FIELD_LEN : 0;
    changed |= now->itemsize != was->itemsize ? FIELD_ITEMSIZE : 0;
    changed |= now->readonly != was->readonly ? FIELD_READONLY : 0;
    changed |= now->ndim != was->ndim ? FIELD_NDIM : 0;
    changed |= now->format.address != was->format.address || now->format.state != was->format.state ||
                       strcmp(now->format_text, was->format_text) != 0
                   ? FIELD_FORMAT
                   : 0;
    changed |= !same_numbers(&now->shape, &was->shape) ? FIELD_SHAPE : 0;
    changed |= !same_numbers(&now->strides, &was->strides) ? FIELD_STRIDES : 0;
    changed |= !same_numbers(&now->suboffsets, &was->suboffsets) ? FIELD_SUBOFFSETS : 0;
    changed |=
        !same_sample(&snapshot->samples[0]) || !same_sample(&snapshot->samples[1]) ? FIELD_CONTENTS : 0;
    free(now);
    return changed;
}

void probe_disturb(bool keep)
{
    enum { SIZES = 64, STEP = 16, BLOCKS = 4 };
    void *blocks[2][SIZES][BLOCKS];
    int size, i;

    collector_collect();
    for (size = 0; size < SIZES; size++) {
        for (i = 0; i < BLOCKS; i++) {
            size_t bytes = (size_t)(size + 1) * STEP;

            blocks[0][size][i] = malloc(bytes);
            blocks[1][size][i] = PyMem_Malloc(bytes);
            if (blocks[0][size][i] != NULL) {
                memset(blocks[0][size][i], 0xdd, bytes);
            }
            if (blocks[1][size][i] != NULL) {
                memset(blocks[1][size][i], 0xdd, bytes);
            }
        }
    }
    for (size = 0; size < SIZES && !keep; size++) {
        for (i = 0; i < BLOCKS; i++) {
            free(blocks[0][size][i]);
            PyMem_Free(blocks[1][size][i]);
        }
    }
}
