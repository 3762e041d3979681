#include "judge/transcript.h"

#include "base/error.h"
#include "base/text.h"

#include <signal.h>
#include <string.h>

static void seal_pointer(struct pointer *pointer)
{
    SEAL_ENUM(pointer->state, POINTER_UNREADABLE);
    SEAL_ENUM(pointer->place, PLACE_DEAD_STACK);
}

static void seal_reply(struct reply *reply)
{
    SEAL_ENUM(reply->outcome, OUTCOME_CRASHED);
    SEAL_ENUM(reply->obj, REPLY_OBJ_OTHER);
    seal_exception(&reply->exception);
    seal_exception(&reply->release_exception);
    SEAL_TEXT(reply->obj_type);
    SEAL_TEXT(reply->format_text);
    seal_pointer(&reply->buf);
    seal_pointer(&reply->format);
    seal_pointer(&reply->shape.pointer);
    seal_pointer(&reply->strides.pointer);
    seal_pointer(&reply->suboffsets.pointer);
}

static void seal_mutation(struct mutation *mutation)
{
    SEAL_ENUM(mutation->after, OUTCOME_CRASHED);
    seal_exception(&mutation->exception);
}

static void seal_crashes(struct transcript *transcript)
{
    int i;

    if (transcript->crash_count < 0 || transcript->crash_count > TRANSCRIPT_MAX_CRASHES) {
        transcript->crash_count = 0;
    }
    for (i = 0; i < transcript->crash_count; i++) {
        struct crash *crash = &transcript->crashes[i];

        SEAL_ENUM(crash->kind, CRASH_TIMEOUT);
        SEAL_ENUM(crash->step, STEP_COUNT - 1);
        SEAL_ENUM(crash->phase, PHASE_OTHER);
        SEAL_BOOL(crash->lacks_threads);
        crash->item = crash->item >= 0 ? crash->item : 0;
        crash->request = crash->request >= 0 && crash->request < REQUEST_COUNT ? crash->request : -1;
    }
}

void transcript_seal(struct transcript *transcript)
{
    int i;

    SEAL_TEXT(transcript->type);
    for (i = 0; i < REQUEST_COUNT; i++) {
        seal_reply(&transcript->sweeps[0][i]);
        seal_reply(&transcript->sweeps[1][i]);
        SEAL_ENUM(transcript->holds[i].outcome, OUTCOME_CRASHED);
        seal_exception(&transcript->holds[i].exception);
        SEAL_ENUM(transcript->copies[i].outcome, OUTCOME_CRASHED);
        SEAL_ENUM(transcript->copies[i].after, OUTCOME_CRASHED);
        seal_exception(&transcript->copies[i].release_exception);
        seal_losses(&transcript->losses[i]);
    }
    for (i = 0; i < MUTATE_WHENS; i++) {
        seal_mutation(&transcript->mutations[i]);
    }
    seal_losses(&transcript->evaluation);
    SEAL_TEXT(transcript->slots.get);
    SEAL_TEXT(transcript->slots.release);
    SEAL_TEXT(transcript->immutable);
    SEAL_ENUM(transcript->aftermath.outcome, OUTCOME_CRASHED);
    seal_mutation(&transcript->stress.mutation);
    SEAL_ENUM(transcript->stress.outcome, OUTCOME_CRASHED);
    seal_exception(&transcript->stress.exception);
    seal_exception(&transcript->unraisable.exception);
    SEAL_ENUM(transcript->drop.outcome, OUTCOME_CRASHED);
    seal_exception(&transcript->drop.release_exception);
    protocols_seal(&transcript->protocols);
    seal_crashes(transcript);
}

int transcript_truth(const struct transcript *transcript)
{
    static const int wanted[] = {
        REQUEST_FULL_RO, REQUEST_INDIRECT, REQUEST_RECORDS_RO, REQUEST_STRIDES, REQUEST_ND, REQUEST_SIMPLE,
    };
    size_t i;

    for (i = 0; i < sizeof wanted / sizeof wanted[0]; i++) {
        int request = request_find(wanted[i]);

        if (transcript->sweeps[0][request].outcome == OUTCOME_GRANTED) {
            return request;
        }
    }
    return -1;
}

const struct crash *transcript_crash(const struct transcript *transcript, int request)
{
    int i;

    for (i = 0; i < transcript->crash_count; i++) {
        const struct crash *crash = &transcript->crashes[i];

        if (crash->step == STEP_SWEEP && crash->request == request && crash->phase != PHASE_RELEASE) {
            return crash;
        }
    }
    return NULL;
}

const struct crash *transcript_tell_crash(const struct transcript *transcript, enum protocol protocol)
{
    int i;

    for (i = 0; i < transcript->crash_count; i++) {
        const struct crash *crash = &transcript->crashes[i];

        if (crash->step == STEP_TELL && crash->item == (int)protocol) {
            return crash;
        }
    }
    return NULL;
}

bool transcript_can_mutate(const struct transcript *transcript)
{
    const struct mutation *mutation = &transcript->mutations[MUTATE_UNTOUCHED];

    return transcript->mutate && mutation->done && !mutation->exception.set;
}

const struct exception *transcript_mutation_error(const struct transcript *transcript)
{
    const struct mutation *mutation = &transcript->mutations[MUTATE_UNTOUCHED];

    bool own = mutation->exception.buffer_error && mutation->own_views > 0; /* refused for a view that is there */

    return transcript->mutate && mutation->done && mutation->exception.set && !own ? &mutation->exception : NULL;
}

static bool changes_nothing(const struct mutation *mutation)
{
    return mutation->done && !mutation->exception.set && mutation->after == OUTCOME_GRANTED &&
           mutation->buf_after == mutation->buf_before && mutation->len_after == mutation->len_before &&
           !(mutation->changed & ~(unsigned)FIELD_CONTENTS);
}

bool transcript_mutates_nothing(const struct transcript *transcript)
{
    return transcript->mutate && changes_nothing(&transcript->mutations[MUTATE_UNTOUCHED]) &&
           changes_nothing(&transcript->mutations[MUTATE_HELD]);
}

/* strsignal describes, sigabbrev_np is not everywhere. */
static const char *signal_name(int number)
{
    static const struct {
        int number;
        const char *name;
    } names[] = {
        {SIGSEGV, "SIGSEGV"}, {SIGABRT, "SIGABRT"}, {SIGBUS, "SIGBUS"},   {SIGFPE, "SIGFPE"},
        {SIGILL, "SIGILL"},   {SIGTRAP, "SIGTRAP"}, {SIGSYS, "SIGSYS"},   {SIGKILL, "SIGKILL"},
        {SIGTERM, "SIGTERM"}, {SIGINT, "SIGINT"},   {SIGHUP, "SIGHUP"},   {SIGQUIT, "SIGQUIT"},
        {SIGALRM, "SIGALRM"}, {SIGPIPE, "SIGPIPE"}, {SIGXCPU, "SIGXCPU"}, {SIGUSR1, "SIGUSR1"},
        {SIGUSR2, "SIGUSR2"},
    };
    size_t i;

    for (i = 0; i < sizeof names / sizeof names[0]; i++) {
        if (names[i].number == number) {
            return names[i].name;
        }
    }
    return NULL;
}

void crash_text(const struct crash *crash, double timeout, struct text *text)
{
    const char *name;

    switch (crash->kind) {
    case CRASH_TIMEOUT:
        text_printf(text, "no answer within %g s", timeout);
        break;
    case CRASH_EXIT:
        text_printf(text, "exit(%d)", crash->number);
        break;
    default:
        name = signal_name(crash->number);
        if (name != NULL) {
            text_puts(text, name);
        } else {
            text_printf(text, "signal %d", crash->number);
        }
        break;
    }
}

static bool copy_numbers(const struct numbers *numbers, int ndim, ptrdiff_t *to)
{
    int i;

    if (numbers->pointer.state != POINTER_READ) {
        return false;
    }
    for (i = 0; i < ndim; i++) {
        to[i] = (ptrdiff_t)numbers->values[i];
    }
    return true;
}

/* Without a shape the buffer is one run of bytes, whatever ndim and itemsize say. */
static bool bytes_layout(const struct reply *reply, struct layout *layout)
{
    layout->ndim = 1;
    layout->itemsize = 1;
    layout->shape[0] = (ptrdiff_t)reply->len;
    return layout_c_strides(1, layout->shape, 1, layout->strides);
}

static bool shaped_layout(const struct reply *reply, struct layout *layout)
{
    if (reply->ndim < 0 || reply->ndim > LAYOUT_MAX_NDIM) {
        return false;
    }
    layout->ndim = (int)reply->ndim;
    layout->itemsize = (ptrdiff_t)reply->itemsize;
    if (layout->ndim > 0 && !copy_numbers(&reply->shape, layout->ndim, layout->shape)) {
        return false;
    }
    layout->given |= LAYOUT_SHAPE;
    if (copy_numbers(&reply->strides, layout->ndim, layout->strides)) {
        layout->given |= LAYOUT_STRIDES;
    } else if (reply->strides.pointer.state == POINTER_UNREADABLE ||
               !layout_c_strides(layout->ndim, layout->shape, layout->itemsize, layout->strides)) {
        return false;
    }
    if (copy_numbers(&reply->suboffsets, layout->ndim, layout->suboffsets)) {
        layout->given |= LAYOUT_SUBOFFSETS;
    }
    return reply->suboffsets.pointer.state != POINTER_UNREADABLE;
}

bool reply_layout(const struct reply *reply, struct layout *layout)
{
    const unsigned needed =
        FIELD_BUF | FIELD_LEN | FIELD_ITEMSIZE | FIELD_NDIM | FIELD_SHAPE | FIELD_STRIDES | FIELD_SUBOFFSETS;
    struct error ignored = ERROR_INIT;
    int i;

    if (reply->outcome != OUTCOME_GRANTED || (reply->unfilled & needed) != 0) {
        return false;
    }
    *layout = (struct layout){
        .buf = (const unsigned char *)(uintptr_t)reply->buf.address,
        .len = (ptrdiff_t)reply->len,
        .format = "B",
        .readonly = reply->readonly != 0,
    };
    for (i = 0; i < LAYOUT_MAX_NDIM; i++) {
        layout->suboffsets[i] = -1;
    }
    if (reply->format.state == POINTER_READ && (reply->unfilled & FIELD_FORMAT) == 0 && !reply->format_cut) {
        layout->format = reply->format_text;
        layout->given |= LAYOUT_FORMAT;
    }
    /* NumPy answers SIMPLE with ndim 0 and all its bytes: what has no shape is bytes, whatever ndim says */
    if (reply->shape.pointer.state == POINTER_NULL && (reply->ndim != 0 || reply->len != reply->itemsize)) {
        if (!bytes_layout(reply, layout)) {
            return false;
        }
    } else if (!shaped_layout(reply, layout)) {
        return false;
    }
    return layout_check(layout, &ignored);
}
