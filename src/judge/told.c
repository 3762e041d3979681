#include "judge/told.h"

#include "protocol/dlpack.h"
#include "protocol/telling.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct {
    const char *keyword;
    const char *text;
} questions[DLPACK_QUESTIONS] = {
    [DLPACK_ASK_DEVICE] = {"", "__dlpack_device__()"},
    [DLPACK_ASK_PLAIN] = {"", "__dlpack__()"},
    [DLPACK_ASK_STREAM] = {"stream", "stream=None"},
    [DLPACK_ASK_MAX_VERSION] = {"max_version", "max_version=(1, 3)"},
    [DLPACK_ASK_DL_DEVICE] = {"dl_device", "dl_device=its own"},
    [DLPACK_ASK_COPY_NEVER] = {"copy", "copy=False"},
    [DLPACK_ASK_COPY] = {"copy", "copy=True"},
};

_Static_assert(DLPACK_MAJOR == 1 && DLPACK_MINOR == 3, "the text of DLPACK_ASK_MAX_VERSION names another version");

const char *dlpack_keyword(enum dlpack_question question)
{
    return questions[question].keyword;
}

const char *dlpack_question_text(enum dlpack_question question)
{
    return questions[question].text;
}

/* --- writing ------------------------------------------------------------------------------- */

static void write_layout(struct told *told, const struct layout *layout)
{
    int d;

    told->address = (uintptr_t)layout->buf;
    told->len = layout->len;
    told->itemsize = layout->itemsize;
    told->ndim = layout->ndim;
    told->given = layout->given;
    for (d = 0; d < layout->ndim && d < LAYOUT_MAX_NDIM; d++) {
        told->shape[d] = layout->shape[d];
        told->strides[d] = layout->strides[d];
    }
}

void told_write(struct told *told, const struct telling *telling)
{
    size_t i;

    snprintf(told->version, sizeof told->version, "%s", telling->version);
    snprintf(told->device, sizeof told->device, "%s", telling->device);
    told->is_local = telling->is_local;
    told->have_layout = telling->have_layout;
    told->is_plain = telling->is_plain;
    told->is_packed = telling->is_packed;
    told->readonly = telling->readonly;
    if (telling->have_layout) {
        write_layout(told, &telling->layout);
        snprintf(told->type, sizeof told->type, "%s", text_string(&telling->type));
        snprintf(told->format, sizeof told->format, "%s", telling->layout.format);
        told->is_plain = told->is_plain && strlen(telling->layout.format) < sizeof told->format;
    }
    snprintf(told->obstacle, sizeof told->obstacle, "%s", text_string(&telling->obstacle));
    told->fault_count = 0;
    for (i = 0; i < telling->fault_count && i < TOLD_FAULTS; i++) {
        struct told_fault *fault = &told->faults[told->fault_count++];

        fault->kind = (int)telling->faults[i].kind;
        fault->is_warning = telling->faults[i].is_warning;
        snprintf(fault->sentence, sizeof fault->sentence, "%s", telling->faults[i].sentence);
    }
}

/* --- reading -------------------------------------------------------------------------------- */

struct telling told_read(const struct told *told, enum protocol protocol)
{
    struct telling telling;
    int d;

    telling_begin(&telling, protocol);
    snprintf(telling.version, sizeof telling.version, "%s", told->version);
    snprintf(telling.device, sizeof telling.device, "%s", told->device);
    telling.is_local = told->is_local;
    telling.is_plain = told->is_plain;
    telling.is_packed = told->is_packed;
    telling.readonly = told->is_copy ? SAID_NOTHING : told->readonly;
    if (told->outcome != OUTCOME_GRANTED || !told->have_layout) {
        return telling;
    }
    telling.have_layout = true;
    telling.layout.buf = (const unsigned char *)(uintptr_t)told->address;
    telling.layout.len = (ptrdiff_t)told->len;
    telling.layout.itemsize = (ptrdiff_t)told->itemsize;
    telling.layout.ndim = (int)told->ndim;
    telling.layout.given = told->given;
    telling.layout.readonly = told->readonly != SAID_NO;
    for (d = 0; d < telling.layout.ndim; d++) {
        telling.layout.shape[d] = (ptrdiff_t)told->shape[d];
        telling.layout.strides[d] = (ptrdiff_t)told->strides[d];
        telling.layout.suboffsets[d] = -1;
    }
    text_puts(&telling.type, told->type);
    text_puts(&telling.format, told->format);
    telling.layout.format = text_string(&telling.format);
    telling.failed = telling.type.failed || telling.format.failed;
    return telling;
}

bool told_same_words(const struct told *a, const struct told *b)
{
    size_t size = (size_t)a->ndim * sizeof a->shape[0];

    return a->address == b->address && a->itemsize == b->itemsize && a->ndim == b->ndim &&
           memcmp(a->shape, b->shape, size) == 0 && memcmp(a->strides, b->strides, size) == 0 &&
           strcmp(a->type, b->type) == 0;
}

bool told_same(const struct told *a, const struct told *b)
{
    return told_same_words(a, b) && a->have_layout == b->have_layout && a->len == b->len &&
           a->fault_count == b->fault_count;
}

bool protocols_any(const struct protocols *protocols)
{
    int i;

    for (i = 0; i < PROTOCOL_COUNT; i++) {
        if (protocols->told[i].outcome != OUTCOME_NOT_SENT) {
            return true;
        }
    }
    return false;
}

/* --- sealing -------------------------------------------------------------------------------- */

static void seal_told(struct told *told)
{
    int64_t i;

    SEAL_ENUM(told->outcome, OUTCOME_CRASHED);
    seal_exception(&told->exception);
    SEAL_BOOL(told->is_local);
    SEAL_BOOL(told->have_layout);
    SEAL_BOOL(told->is_plain);
    SEAL_BOOL(told->is_packed);
    SEAL_BOOL(told->is_copy);
    SEAL_BOOL(told->is_unmarked);
    SEAL_BOOL(told->is_legacy);
    SEAL_TEXT(told->version);
    SEAL_TEXT(told->device);
    SEAL_ENUM(told->readonly, SAID_YES);
    SEAL_TEXT(told->type);
    SEAL_TEXT(told->format);
    SEAL_TEXT(told->obstacle);
    SEAL_TEXT(told->owner);
    if (told->ndim < 0 || told->ndim > LAYOUT_MAX_NDIM) {
        told->ndim = 0;
        told->have_layout = false;
    }
    if (told->fault_count < 0 || told->fault_count > TOLD_FAULTS) {
        told->fault_count = 0;
    }
    for (i = 0; i < told->fault_count; i++) {
        SEAL_ENUM(told->faults[i].kind, FAULT_COUNT - 1);
        SEAL_BOOL(told->faults[i].is_warning);
        SEAL_TEXT(told->faults[i].sentence);
    }
}

static void seal_exchange(struct exchange *exchange)
{
    SEAL_BOOL(exchange->same_capsule);
    SEAL_BOOL(exchange->same_structure);
    SEAL_BOOL(exchange->restless);
    SEAL_BOOL(exchange->changed_by_drop);
    SEAL_BOOL(exchange->changed_by_end);
    SEAL_BOOL(exchange->changed_by_owner);
    SEAL_BOOL(exchange->ended_twice);
    SEAL_BOOL(exchange->unmarked);
    seal_losses(&exchange->dropped);
    seal_losses(&exchange->consumed);
}

void protocols_seal(struct protocols *protocols)
{
    struct dlpack_answers *dlpack = &protocols->dlpack;
    int i;

    for (i = 0; i < PROTOCOL_COUNT; i++) {
        seal_told(&protocols->told[i]);
        seal_exchange(&protocols->exchanges[i]);
    }
    for (i = 0; i < DLPACK_QUESTIONS; i++) {
        SEAL_ENUM(dlpack->answers[i].outcome, OUTCOME_CRASHED);
        seal_exception(&dlpack->answers[i].exception);
    }
    SEAL_BOOL(dlpack->takes_version);
    SEAL_BOOL(dlpack->has_device);
    SEAL_BOOL(dlpack->device_is_pair);
    SEAL_BOOL(dlpack->device_has_no_id);
    SEAL_TEXT(dlpack->device);
    SEAL_TEXT(dlpack->device_name);
    seal_told(&dlpack->plain);
    seal_told(&dlpack->copy);
}
