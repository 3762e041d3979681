/*
 * The return value, what is granted and what is refused, and how.
 */
#include "judge/judgement.h"

#include "base/error.h"
#include "judge/rules.h"

#include <inttypes.h>
#include <string.h>

/* --- the return value, and refusing --- */

void judge_return_value(struct judgement *j)
{
    uint64_t bad = 0;
    int returned = 0;
    int i;

    for (i = 0; i < REQUEST_COUNT; i++) {
        const struct reply *reply = answer(j, i);

        if (((j->granted | j->refused) & request_bit(i)) && reply->returned != 0 && reply->returned != -1) {
            returned = bad ? returned : reply->returned;
            bad |= request_bit(i);
        }
    }
    if (bad) {
        finding(j, SEVERITY_ERROR, bad, "returns %d %s", returned, where(j, bad, ALL_REQUESTS, "requests"));
    }
}

void judge_failure_exception(struct judgement *j)
{
    uint64_t bad = 0;
    int i;

    for (i = 0; i < REQUEST_COUNT; i++) {
        if ((j->refused & request_bit(i)) && !answer(j, i)->exception.set) {
            bad |= request_bit(i);
        }
    }
    if (bad) {
        finding(j, SEVERITY_ERROR, bad, "no exception is set %s",
                where(j, bad, j->refused, "refused requests"));
    }
}

void judge_success_exception(struct judgement *j)
{
    struct text text = TEXT_INIT;
    uint64_t bad = 0;
    int i;

    for (i = 0; i < REQUEST_COUNT; i++) {
        if ((j->granted & request_bit(i)) && answer(j, i)->exception.set) {
            exception_text(&answer(j, i)->exception, &text);
            bad |= request_bit(i);
        }
    }
    if (bad) {
        finding(j, SEVERITY_ERROR, bad, "%s is set %s", text_string(&text),
                where(j, bad, j->granted, "granted requests"));
    }
    text_free(&text);
}

/* What the core says of a __buffer__ that returns something else; otherwise since Python 3.15. */
static bool is_wrong_type(const struct exception *exception)
{
    return exception->set && strcmp(exception->type, "TypeError") == 0 &&
           (strstr(exception->text, "__buffer__ returned non-memoryview object") != NULL ||
            strstr(exception->text, ".__buffer__() must return a memoryview, not ") != NULL);
}

/* Refusals by another exception than BufferError, but for those that have a rule of their own. */
static uint64_t odd_refusals(const struct judgement *j)
{
    uint64_t odd = 0;
    int i;

    for (i = 0; i < REQUEST_COUNT; i++) {
        const struct exception *exception = &answer(j, i)->exception;

        if ((j->refused & request_bit(i)) && exception->set && !exception->buffer_error &&
            !exception->memory_error && !(j->transcript->python_buffer && is_wrong_type(exception))) {
            odd |= request_bit(i);
        }
    }
    return odd;
}

/* An exporter that refuses everything alike has another reason (it is closed, released) than the flags. */
static bool refuses_everything_alike(const struct judgement *j)
{
    int i;

    for (i = 0; i < REQUEST_COUNT; i++) {
        if (!(j->refused & request_bit(i)) ||
            strcmp(answer(j, i)->exception.type, answer(j, 0)->exception.type) != 0) {
            return false;
        }
    }
    return true;
}

static void judge_odd_refusals(struct judgement *j)
{
    uint64_t odd = odd_refusals(j);
    struct text text = TEXT_INIT;

    if (odd) {
        exception_text(&answer(j, __builtin_ctzll(odd))->exception, &text);
        finding(j, refuses_everything_alike(j) ? SEVERITY_INFO : SEVERITY_WARNING, odd, "%s, %s",
                text_string(&text), where(j, odd, j->refused, "refused requests"));
    }
    text_free(&text);
}

void judge_refusal_exception(struct judgement *j)
{
    if (!j->transcript->python_buffer) {
        judge_odd_refusals(j);
    }
}

void judge_dunder_refusal(struct judgement *j)
{
    if (j->transcript->python_buffer) {
        judge_odd_refusals(j);
    }
}

void judge_dunder_type(struct judgement *j)
{
    struct text text = TEXT_INIT;
    uint64_t bad = 0;
    int i;

    for (i = 0; i < REQUEST_COUNT; i++) {
        if ((j->refused & request_bit(i)) && j->transcript->python_buffer &&
            is_wrong_type(&answer(j, i)->exception)) {
            exception_text(&answer(j, i)->exception, &text);
            bad |= request_bit(i);
        }
    }
    if (bad) {
        finding(j, SEVERITY_ERROR, bad, "%s, %s", text_string(&text),
                where(j, bad, ALL_REQUESTS, "requests"));
    }
    text_free(&text);
}

void judge_failure_obj(struct judgement *j)
{
    uint64_t untouched = 0, set = 0, stolen = 0;
    int i;

    for (i = 0; i < REQUEST_COUNT; i++) {
        const struct reply *reply = answer(j, i);

        if (!(j->refused & request_bit(i))) {
            continue;
        }
        if (reply->stale_obj_references != 0) {
            stolen |= request_bit(i);
        } else if (reply->obj == REPLY_OBJ_UNTOUCHED) {
            untouched |= request_bit(i);
        } else if (reply->obj != REPLY_OBJ_NULL) {
            set |= request_bit(i);
        }
    }
    if (stolen) {
        finding(j, SEVERITY_ERROR, stolen,
                "the object that the caller's view->obj happened to hold loses a reference %s",
                where(j, stolen, j->refused, "refused requests"));
    }
    if (set) {
        finding(j, SEVERITY_ERROR, set, "view->obj is set to an object %s",
                where(j, set, j->refused, "refused requests"));
    }
    if (untouched) {
        finding(j, SEVERITY_INFO, untouched, "view->obj is left as it was %s",
                where(j, untouched, j->refused, "refused requests"));
    }
}

void judge_failure_references(struct judgement *j)
{
    int64_t change = 0;
    uint64_t bad = 0;
    int i;

    for (i = 0; i < REQUEST_COUNT; i++) {
        const struct slope *slope = &j->transcript->references[i].exporter;

        if ((j->refused & request_bit(i)) && slope->measured && !slope->immortal && steady(slope->get) != 0) {
            change = steady(slope->get);
            bad |= request_bit(i);
        }
    }
    if (bad) {
        finding(j, SEVERITY_ERROR, bad, "the exporter's reference count changes by %+" PRId64 " %s", change,
                where(j, bad, j->refused, "refused requests"));
    }
}

/* --- granted or not --- */

/* What the memory, as the truth shows it, can and cannot do. */
struct abilities {
    bool writable, format;
    bool suboffsets; /* needs them */
    bool c, f;       /* contiguous */
};

static bool can_meet(const struct abilities *memory, int flags)
{
    bool c = request_asks(flags, REQUEST_C_CONTIGUOUS) || !request_asks(flags, REQUEST_STRIDES);
    bool f = request_asks(flags, REQUEST_F_CONTIGUOUS);
    bool any = request_asks(flags, REQUEST_ANY_CONTIGUOUS);

    if ((flags & REQUEST_FORMAT) && (!memory->format || !request_asks(flags, REQUEST_ND))) {
        return false; /* SIMPLE|FORMAT may always be refused */
    }
    if (((flags & REQUEST_WRITABLE) && !memory->writable) ||
        (memory->suboffsets && !request_asks(flags, REQUEST_INDIRECT))) {
        return false;
    }
    return (!c || memory->c) && (!f || memory->f) && (!any || memory->c || memory->f);
}

/* Refused requests that the memory could meet. */
static uint64_t needless_refusals(const struct judgement *j, const struct abilities *memory)
{
    uint64_t bad = 0;
    int i;

    for (i = 0; i < REQUEST_COUNT; i++) {
        if ((j->refused & request_bit(i)) && can_meet(memory, requests[i].flags)) {
            bad |= request_bit(i);
        }
    }
    return bad;
}

/* False when the truth does not say enough: it has no strides, or was granted to every FORMAT but FULL_RO. */
static bool memory_abilities(const struct judgement *j, struct abilities *memory)
{
    if (!j->have_layout || !request_asks(requests[j->truth].flags, REQUEST_STRIDES)) {
        return false;
    }
    *memory = (struct abilities){
        .writable = !j->layout.readonly,
        .format = (j->granted & requests_asking(REQUEST_FORMAT | REQUEST_ND)) != 0,
        .suboffsets = layout_has_suboffsets(&j->layout),
        .c = layout_is_c_contiguous(&j->layout),
        .f = layout_is_f_contiguous(&j->layout),
    };
    return true;
}

/* Contiguity as it looks to an exporter that forgets that some strides do not matter. */
static struct abilities imprecise(const struct judgement *j, const struct abilities *memory)
{
    const struct layout *layout = &j->layout;
    struct abilities strict = *memory;
    ptrdiff_t c[LAYOUT_MAX_NDIM], f[LAYOUT_MAX_NDIM];
    size_t size = (size_t)layout->ndim * sizeof c[0];

    strict.c = memory->c && layout_c_strides(layout->ndim, layout->shape, layout->itemsize, c) &&
               memcmp(c, layout->strides, size) == 0;
    strict.f = memory->f && layout_f_strides(layout->ndim, layout->shape, layout->itemsize, f) &&
               memcmp(f, layout->strides, size) == 0;
    return strict;
}

void judge_satisfiable(struct judgement *j)
{
    struct abilities memory, strict;
    uint64_t bad;

    if (memory_abilities(j, &memory)) {
        strict = imprecise(j, &memory);
        bad = needless_refusals(j, &strict);
        if (bad) {
            finding(j, SEVERITY_WARNING, bad,
                    "refused %s, though the answer to %s shows that it could be met",
                    where(j, bad, ALL_REQUESTS, "requests"), requests[j->truth].name);
        }
    }
}

void judge_precise(struct judgement *j)
{
    struct abilities memory, strict;
    struct text text = TEXT_INIT;
    int64_t shape[LAYOUT_MAX_NDIM], strides[LAYOUT_MAX_NDIM];
    uint64_t bad;
    int d;

    if (!memory_abilities(j, &memory)) {
        return;
    }
    strict = imprecise(j, &memory);
    bad = needless_refusals(j, &memory) & ~needless_refusals(j, &strict);
    if (bad) {
        for (d = 0; d < j->layout.ndim; d++) {
            shape[d] = j->layout.shape[d];
            strides[d] = j->layout.strides[d];
        }
        text_puts(&text, "shape ");
        append_numbers(&text, shape, j->layout.ndim);
        text_puts(&text, " with strides ");
        append_numbers(&text, strides, j->layout.ndim);
        finding(j, SEVERITY_WARNING, bad, "%s is contiguous, but refused %s", text_string(&text),
                where(j, bad, ALL_REQUESTS, "requests"));
    }
    text_free(&text);
}
