#include "known/subject.h"

#include "base/error.h"
#include "base/text.h"

#include <stdio.h>
#include <string.h>

struct subject subject_of(const struct transcript *transcript)
{
    struct subject subject;

    memset(&subject, 0, sizeof subject);
    subject.transcript = transcript;
    subject.kin = transcript->kin;
    subject.has_release = transcript->has_release;
    subject.python_version = transcript->python_version;
    return subject;
}

/* --- what an exporter answered --- */

/* len by shape and itemsize; false when there is no such number. */
static bool count_len(const struct reply *reply, int64_t *len)
{
    int64_t i;

    *len = reply->itemsize;
    for (i = 0; i < reply->ndim; i++) {
        if (reply->shape.values[i] < 0 || __builtin_mul_overflow(*len, reply->shape.values[i], len)) {
            return false;
        }
    }
    return reply->itemsize >= 0;
}

static const char *first_unusable(const struct reply *reply)
{
    static const struct {
        unsigned field;
        const char *name;
    } fields[] = {
        {FIELD_BUF, "buf"},       {FIELD_LEN, "len"},     {FIELD_ITEMSIZE, "itemsize"}, {FIELD_NDIM, "ndim"},
        {FIELD_SHAPE, "shape"},   {FIELD_STRIDES, "strides"}, {FIELD_SUBOFFSETS, "suboffsets"},
    };
    const struct numbers *numbers[] = {&reply->shape, &reply->strides, &reply->suboffsets};
    size_t i;

    for (i = 0; i < sizeof fields / sizeof fields[0]; i++) {
        bool unreadable = i >= 4 && numbers[i - 4]->pointer.state == POINTER_UNREADABLE;

        if ((reply->unfilled & fields[i].field) || unreadable) {
            return fields[i].name;
        }
    }
    return NULL;
}

/* Make sense of an answer whose len is not that of its shape; what cannot be made sense of stays unsound. */
static void mend(const struct reply *reply, struct answer *answer)
{
    struct reply mended = *reply;
    struct error error = ERROR_INIT;
    const char *unusable = first_unusable(reply);
    int64_t len = 0;

    if (unusable != NULL) {
        snprintf(answer->nonsense, sizeof answer->nonsense, "%s was not filled in, or points nowhere", unusable);
        return;
    }
    if (reply->ndim < 0 || reply->ndim > LAYOUT_MAX_NDIM) {
        snprintf(answer->nonsense, sizeof answer->nonsense, "ndim is %lld", (long long)reply->ndim);
        return;
    }
    if (reply->shape.pointer.state == POINTER_READ && count_len(reply, &len) && len != reply->len) {
        mended.len = len;
        snprintf(answer->nonsense, sizeof answer->nonsense, "len is %lld where shape and itemsize make %lld",
                 (long long)reply->len, (long long)len);
        answer->sound = reply_layout(&mended, &answer->layout);
        if (answer->sound) {
            answer->layout.format = answer->format != NULL ? answer->format : answer->layout.format;
            return;
        }
    }
    answer->layout.len = reply->len;
    if (layout_check(&answer->layout, &error)) {
        error_set(&error, ERROR_INPUT, "it cannot be made sense of");
    }
    snprintf(answer->nonsense, sizeof answer->nonsense, "%.150s", error.message);
}

static void take_reply(const struct reply *reply, struct answer *answer)
{
    answer->ndim = reply->ndim;
    answer->itemsize = reply->itemsize;
    answer->len = reply->len;
    answer->buf = reply->buf.address;
    answer->format = reply->format.state == POINTER_READ ? reply->format_text : NULL;
    answer->has_shape = reply->shape.pointer.state != POINTER_NULL;
    answer->has_strides = reply->strides.pointer.state != POINTER_NULL;
    answer->has_suboffsets = reply->suboffsets.pointer.state != POINTER_NULL;
    answer->sound = reply_layout(reply, &answer->layout);
    if (!answer->sound) {
        mend(reply, answer);
    }
}

/* --- what the documents say of one that keeps to them --- */

static bool grants(const struct layout *layout, int flags)
{
    bool c = layout_is_c_contiguous(layout);
    bool f = layout_is_f_contiguous(layout);

    return !((flags & REQUEST_WRITABLE) && layout->readonly) &&
           !(request_asks(flags, REQUEST_C_CONTIGUOUS) && !c) &&
           !(request_asks(flags, REQUEST_F_CONTIGUOUS) && !f) &&
           !(request_asks(flags, REQUEST_ANY_CONTIGUOUS) && !c && !f) &&
           !(layout_has_suboffsets(layout) && !request_asks(flags, REQUEST_INDIRECT)) &&
           (c || request_asks(flags, REQUEST_STRIDES));
}

static void take_layout(const struct subject *subject, int flags, struct answer *answer)
{
    const struct layout *layout = &subject->layout;

    if (!grants(layout, flags)) {
        answer->outcome = OUTCOME_REFUSED;
        return;
    }
    answer->outcome = OUTCOME_GRANTED;
    answer->layout = *layout;
    answer->sound = true;
    answer->ndim = layout->ndim;
    answer->itemsize = layout->itemsize;
    answer->len = layout->len;
    answer->buf = (uint64_t)(uintptr_t)layout->buf;
    answer->format = (flags & REQUEST_FORMAT) ? subject->format : NULL;
    answer->has_shape = request_asks(flags, REQUEST_ND) && layout->ndim > 0;
    answer->has_strides = request_asks(flags, REQUEST_STRIDES) && layout->ndim > 0;
    answer->has_suboffsets = request_asks(flags, REQUEST_INDIRECT) && layout_has_suboffsets(layout);
    answer->layout.given = LAYOUT_SHAPE | (answer->has_strides ? LAYOUT_STRIDES : 0u) |
                           (answer->has_suboffsets ? LAYOUT_SUBOFFSETS : 0u) |
                           (answer->format != NULL ? LAYOUT_FORMAT : 0u);
    answer->layout.format = answer->format != NULL ? answer->format : "B";
}

void subject_ask(const struct subject *subject, int flags, struct answer *answer)
{
    const struct reply *reply;

    memset(answer, 0, sizeof *answer);
    answer->request = flags;
    if (subject->transcript == NULL) {
        take_layout(subject, flags, answer);
        return;
    }
    reply = &subject->transcript->sweeps[0][request_find(flags)];
    answer->outcome = reply->outcome;
    answer->left_obj = reply->outcome == OUTCOME_REFUSED &&
                       (reply->obj == REPLY_OBJ_EXPORTER || reply->obj == REPLY_OBJ_OTHER);
    if (reply->outcome == OUTCOME_GRANTED) {
        take_reply(reply, answer);
    }
}

void subject_explain(const struct subject *subject, const struct answer *answer, struct text *why)
{
    int request = request_find(answer->request);
    const struct reply *reply;
    const struct crash *crash;

    if (subject->transcript == NULL) {
        text_printf(why, "refused %s", requests[request].name);
        return;
    }
    reply = &subject->transcript->sweeps[0][request];
    crash = transcript_crash(subject->transcript, request);
    if (reply->outcome == OUTCOME_REFUSED) {
        text_printf(why, "refused %s: %s", requests[request].name,
                    reply->exception.set ? reply->exception.type : "without an exception");
        if (reply->exception.text[0] != '\0') {
            text_printf(why, ": %s", reply->exception.text);
        }
    } else if (crash != NULL) {
        text_printf(why, "%s: ", requests[request].name);
        crash_text(crash, subject->transcript->timeout, why);
    } else {
        text_printf(why, "%s was not sent", requests[request].name);
    }
}

bool subject_truth(const struct subject *subject, struct answer *answer)
{
    int truth;

    if (subject->transcript == NULL) {
        subject_ask(subject, REQUEST_FULL_RO, answer);
        return answer->sound;
    }
    truth = transcript_truth(subject->transcript);
    if (truth < 0) {
        return false;
    }
    subject_ask(subject, requests[truth].flags, answer);
    return answer->sound;
}

bool subject_memoryview(const struct subject *subject, struct subject *view)
{
    struct answer answer;

    subject_ask(subject, REQUEST_FULL_RO, &answer);
    if (answer.outcome != OUTCOME_GRANTED || !answer.sound || (!answer.has_shape && answer.ndim > 1)) {
        return false;
    }
    memset(view, 0, sizeof *view);
    view->layout = answer.layout;
    if (!answer.has_shape && answer.ndim == 1 && answer.itemsize > 0) {
        view->layout.ndim = 1;
        view->layout.itemsize = (ptrdiff_t)answer.itemsize;
        view->layout.shape[0] = (ptrdiff_t)(answer.len / answer.itemsize);
        view->layout.len = view->layout.shape[0] * view->layout.itemsize;
        view->layout.strides[0] = view->layout.itemsize;
    }
    snprintf(view->format, sizeof view->format, "%s", answer.format != NULL ? answer.format : "B");
    view->kin = KIN_MEMORYVIEW | (subject->kin & (KIN_CTYPES | KIN_NO_DTYPE));
    view->has_release = true;
    view->python_version = subject->python_version;
    return true;
}

bool answer_is_c_contiguous(const struct answer *answer)
{
    return !answer->has_suboffsets && answer->sound &&
           (!answer->has_strides || answer->len == 0 || layout_is_c_contiguous(&answer->layout));
}
