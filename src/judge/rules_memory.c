/*
 * Where the items lie, what the memory can do, and what the format says of them.
 */
#include "judge/judgement.h"

#include "base/error.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

/* --- memory --- */

/* The addresses of a reply's items; false when there are none, or no one block, or the reply makes no sense.
 */
static bool reply_block(const struct reply *reply, struct range *block)
{
    struct layout layout;
    ptrdiff_t low, high;

    if (!reply_layout(reply, &layout) || layout.len == 0 || !layout_block(&layout, &low, &high)) {
        return false;
    }
    block->low = reply->buf.address + (uint64_t)low;
    block->high = reply->buf.address + (uint64_t)high;
    return true;
}

static bool is_inside(struct range block, struct range memory)
{
    return block.low >= memory.low && block.high <= memory.high;
}

static bool holds(struct range memory, uint64_t address)
{
    return address >= memory.low && address < memory.high;
}

/* Items outside of what is mapped at all. */
static void judge_mapped(struct judgement *j)
{
    struct range bad_block = {0, 0}, bad_memory = {0, 0};
    uint64_t bad = 0;
    int i;

    for (i = 0; i < REQUEST_COUNT; i++) {
        struct range block;

        if (reply_block(answer(j, i), &block) && answer(j, i)->buf.address != 0 &&
            !is_inside(block, answer(j, i)->readable)) {
            bad_block = block;
            bad_memory = answer(j, i)->readable;
            bad |= request_bit(i);
        }
    }
    if (bad && bad_memory.low == bad_memory.high) {
        finding(j, SEVERITY_ERROR, bad, "buf 0x%" PRIx64 " is not mapped, %s", bad_block.low,
                where(j, bad, j->granted, "granted requests"));
    } else if (bad) {
        finding(j, SEVERITY_ERROR, bad,
                "items at 0x%" PRIx64 " to 0x%" PRIx64 ", of which only 0x%" PRIx64 " to 0x%" PRIx64
                " can be read, %s",
                bad_block.low, bad_block.high, bad_memory.low, bad_memory.high,
                where(j, bad, j->granted, "granted requests"));
    }
}

/* Items outside of what the re-exported object itself answers for. */
static void judge_root(struct judgement *j)
{
    struct range root = j->transcript->root;
    struct range block;

    if (j->truth >= 0 && reply_block(answer(j, j->truth), &block) &&
        holds(root, answer(j, j->truth)->buf.address) && !is_inside(block, root)) {
        finding(j, SEVERITY_ERROR, request_bit(j->truth),
                "items at 0x%" PRIx64 " to 0x%" PRIx64 ", but the object re-exported has only 0x%" PRIx64
                " to 0x%" PRIx64,
                block.low, block.high, root.low, root.high);
    }
}

/* Strides that reach past the address space, where all else about the answer is right. */
static void judge_reach(struct judgement *j)
{
    const struct reply *truth = j->truth >= 0 ? answer(j, j->truth) : NULL;
    struct reply *plain;
    struct layout layout;

    if (truth == NULL || j->have_layout || truth->strides.pointer.state != POINTER_READ) {
        return;
    }
    plain = malloc(sizeof *plain);
    if (plain == NULL) {
        j->failed = true;
        return;
    }
    *plain = *truth;
    plain->strides.pointer.state = POINTER_NULL;
    if (reply_layout(plain, &layout)) {
        finding(j, SEVERITY_ERROR, request_bit(j->truth), "strides reach past the address space");
    }
    free(plain);
}

static void judge_alignment(struct judgement *j)
{
    const struct layout *layout = &j->layout;
    int d;

    if (!j->have_layout || layout->itemsize == 0 || layout->len == 0) {
        return;
    }
    for (d = 0; d < layout->ndim; d++) {
        if (layout->shape[d] > 1 && layout->strides[d] % layout->itemsize != 0) {
            finding(j, SEVERITY_INFO, request_bit(j->truth),
                    "stride %td of dimension %d is no multiple of itemsize %td", layout->strides[d], d,
                    layout->itemsize);
            return;
        }
    }
}

void judge_within_block(struct judgement *j)
{
    judge_mapped(j);
    judge_root(j);
    judge_reach(j);
    judge_alignment(j);
}

void judge_writable_memory(struct judgement *j)
{
    uint64_t bad = 0;
    int i;

    for (i = 0; i < REQUEST_COUNT; i++) {
        const struct reply *reply = answer(j, i);
        struct range block;

        if (answered(j, i, FIELD_READONLY) && reply->readonly == 0 && reply_block(reply, &block) &&
            is_inside(block, reply->readable) && !is_inside(block, reply->writable)) {
            bad |= request_bit(i);
        }
    }
    if (bad) {
        finding(j, SEVERITY_ERROR, bad, "readonly is 0, but the memory is mapped read-only, %s",
                where(j, bad, j->granted, "granted requests"));
    }
}

struct axis {
    int64_t stride, shape;
};

static int compare_axes(const void *a, const void *b)
{
    const struct axis *one = a, *other = b;

    return (one->stride > other->stride) - (one->stride < other->stride);
}

/*
 * May two items share bytes?  No, when each dimension's stride steps over all
 * that the finer ones cover; layouts that interleave otherwise are rare enough
 * for a word of information.
 */
static bool may_overlap(const struct layout *layout)
{
    struct axis axes[LAYOUT_MAX_NDIM];
    int64_t covered = layout->itemsize;
    int count = 0;
    int d;

    for (d = 0; d < layout->ndim; d++) {
        if (layout->shape[d] > 1) {
            axes[count].stride = layout->strides[d] < 0 ? -layout->strides[d] : layout->strides[d];
            axes[count++].shape = layout->shape[d];
        }
    }
    qsort(axes, (size_t)count, sizeof axes[0], compare_axes);
    for (d = 0; d < count; d++) {
        if (axes[d].stride < covered) {
            return true;
        }
        covered += axes[d].stride * (axes[d].shape - 1);
    }
    return false;
}

void judge_self_overlap(struct judgement *j)
{
    if (j->have_layout && !j->layout.readonly && j->layout.len > 0 && !layout_has_suboffsets(&j->layout) &&
        may_overlap(&j->layout)) {
        finding(j, SEVERITY_INFO, request_bit(j->truth), "items of writable memory overlap each other");
    }
}

void judge_over_immutable(struct judgement *j)
{
    if (j->transcript->immutable[0] != '\0' && j->truth >= 0) {
        finding(j, SEVERITY_ERROR, request_bit(j->truth),
                "readonly is 0, but the memory is that of an object of type '%s', which never changes",
                j->transcript->immutable);
    }
}

/* --- format --- */

void judge_format_parses(struct judgement *j)
{
    uint64_t cut = 0;
    int i;

    for (i = 0; i < j->format_count; i++) {
        const struct judged_format *item = &j->formats[i];
        int version = j->transcript->python_version;

        if (!item->parsed) {
            finding(j, SEVERITY_ERROR, item->requests, "%s", item->complaint != NULL ? item->complaint : "");
        } else if (item->format.traits & FORMAT_UNCLOSED) {
            finding(j, SEVERITY_ERROR, item->requests, "format '%.80s': a closing brace is missing",
                    item->text);
        } else if (item->format.struct_since > version || item->format.memoryview_since > version) {
            finding(j, SEVERITY_INFO, item->requests, "format '%.80s' is beyond %s", item->text,
                    item->format.struct_since > version ? "the struct module" : "what memoryview can index");
        }
    }
    for (i = 0; i < REQUEST_COUNT; i++) {
        if (answered(j, i, FIELD_FORMAT) && answer(j, i)->format_cut) {
            cut |= request_bit(i);
        }
    }
    if (cut) {
        finding(j, SEVERITY_INFO, cut, "not judged: longer than %d bytes", TRANSCRIPT_FORMAT_SIZE - 1);
    }
}

/* Does the format make the itemsize by its text alone?  *size gets what it makes, padded. */
static bool fits_by_text(const struct judged_format *item, size_t *size)
{
    struct error error = ERROR_INIT;
    struct format plain;
    bool fits;

    *size = item->format.padded_size;
    if (!(item->format.traits & FORMAT_UNALIGNED)) {
        return format_fits(&item->format, (size_t)item->itemsize);
    }
    if (!format_parse(&plain, item->text, -1, &error)) {
        return false;
    }
    *size = plain.padded_size;
    fits = format_fits(&plain, (size_t)item->itemsize);
    format_free(&plain);
    return fits;
}

void judge_format_size(struct judgement *j)
{
    size_t size;
    int i;

    for (i = 0; i < j->format_count; i++) {
        const struct judged_format *item = &j->formats[i];

        if (item->parsed && item->itemsize >= 0 && !fits_by_text(item, &size)) {
            finding(j, SEVERITY_ERROR, item->requests,
                    "itemsize is %" PRId64 ", but format '%.80s' makes %zu", item->itemsize, item->text,
                    size);
        }
    }
}

void judge_native_code(struct judgement *j)
{
    int i;

    for (i = 0; i < j->format_count; i++) {
        if (j->formats[i].parsed && (j->formats[i].format.traits & FORMAT_NATIVE_IN_STANDARD)) {
            finding(j, SEVERITY_WARNING, j->formats[i].requests,
                    "format '%.80s' has a code of native size after a byte order mark", j->formats[i].text);
        }
    }
}

void judge_names_unique(struct judgement *j)
{
    int i;

    for (i = 0; i < j->format_count; i++) {
        if (j->formats[i].parsed && (j->formats[i].format.traits & FORMAT_DUPLICATE_NAME)) {
            finding(j, SEVERITY_WARNING, j->formats[i].requests,
                    "format '%.80s' has two fields named '%.40s'", j->formats[i].text,
                    j->formats[i].format.duplicate);
        }
    }
}

/* --- what the view points to --- */

static const enum field pointed[] = {FIELD_FORMAT, FIELD_SHAPE, FIELD_STRIDES, FIELD_SUBOFFSETS};

/* Fields of an answer that point to what cannot be read, or to a stack frame that is gone. */
static unsigned dangling(const struct judgement *j, int request)
{
    const struct reply *reply = answer(j, request);
    unsigned fields = 0;
    size_t k;

    for (k = 0; k < sizeof pointed / sizeof pointed[0]; k++) {
        const struct pointer *pointer = reply_pointer(reply, pointed[k]);

        if (answered(j, request, pointed[k]) && pointer->state == POINTER_UNREADABLE) {
            fields |= pointed[k];
        }
    }
    if (answered(j, request, FIELD_BUF) && reply->len > 0 && reply->buf.place == PLACE_DEAD_STACK) {
        fields |= FIELD_BUF;
    }
    return fields;
}

void judge_pointers_live(struct judgement *j)
{
    struct text names = TEXT_INIT;
    uint64_t lost = 0, bad = 0;
    unsigned lost_fields = 0, bad_fields = 0;
    int i;

    for (i = 0; i < REQUEST_COUNT; i++) {
        const struct hold *hold = &j->transcript->holds[i];
        unsigned fields = (j->granted & request_bit(i)) ? dangling(j, i) : 0;
        unsigned changed = hold->outcome == OUTCOME_GRANTED ? hold->changed_by_asking & ~hold->restless : 0;

        if (fields) {
            lost_fields |= fields;
            lost |= request_bit(i);
        } else if (changed) {
            bad_fields |= changed;
            bad |= request_bit(i);
        }
    }
    if (lost) {
        text_puts(&names, field_names(j, lost_fields));
        finding(j, SEVERITY_ERROR, lost, "memory that is no longer there: %s, %s", text_string(&names),
                where(j, lost, j->granted, "granted requests"));
    }
    if (bad) {
        text_clear(&names);
        text_puts(&names, field_names(j, bad_fields));
        finding(j, SEVERITY_ERROR, bad, "changed while other requests were sent: %s, %s", text_string(&names),
                where(j, bad, j->granted, "held views"));
    }
    text_free(&names);
    judge_crashes(j);
}
