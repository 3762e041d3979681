/*
 * What --mutate shows: memory that is moved, or cannot be moved any more.
 */
#include "judge/judgement.h"

#include <inttypes.h>

static void judge_mutation_held(struct judgement *j, const struct mutation *held)
{
    if (held->buf_after != held->buf_before || held->len_after < held->len_before) {
        finding(j, SEVERITY_ERROR, 0,
                "the memory under a held view was changed: %" PRId64 " bytes at 0x%" PRIx64 " became %" PRId64
                " bytes at 0x%" PRIx64,
                held->len_before, held->buf_before, held->len_after, held->buf_after);
    } else if (held->changed & ~(unsigned)FIELD_CONTENTS) {
        finding(j, SEVERITY_ERROR, 0, "changed under a held view: %s", field_names(j, held->changed));
    } else if (held->len_after > held->len_before) {
        finding(j, SEVERITY_INFO, 0,
                "the memory under a held view grew in place, from %" PRId64 " bytes to %" PRId64,
                held->len_before, held->len_after);
    }
}

void judge_resize_refused(struct judgement *j)
{
    const struct mutation *held = &j->transcript->mutations[MUTATE_HELD];
    struct text text = TEXT_INIT;

    if (!transcript_can_mutate(j->transcript) || !held->done) {
        return;
    }
    if (held->exception.set && !held->exception.buffer_error) {
        finding(j, SEVERITY_WARNING, 0, "refused, while a view is held, with %s",
                exception_text(&held->exception, &text));
    } else if (!held->exception.set && held->after == OUTCOME_GRANTED) {
        judge_mutation_held(j, held);
    } else if (!held->exception.set) {
        finding(j, SEVERITY_ERROR, 0, "done under a held view, after which no other view can be had");
    }
    text_free(&text);
}

static void judge_mutation_after(struct judgement *j, enum mutate_when when, const char *what)
{
    const struct mutation *mutation = &j->transcript->mutations[when];
    struct text text = TEXT_INIT;

    if (transcript_can_mutate(j->transcript) && mutation->done && mutation->exception.set) {
        finding(j, SEVERITY_ERROR, 0, "%s, %s", exception_text(&mutation->exception, &text), what);
    }
    text_free(&text);
}

void judge_resize_allowed(struct judgement *j)
{
    judge_mutation_after(j, MUTATE_RELEASED, "though every view was released");
}

void judge_failure_export(struct judgement *j)
{
    const struct mutation *released = &j->transcript->mutations[MUTATE_RELEASED];

    if (released->done && !released->exception.set) {
        judge_mutation_after(j, MUTATE_AFTER_REFUSAL, "after requests that were refused");
    }
}

/* A view that the expression itself took, while the exporter was at work on it. */
void judge_stale_view(struct judgement *j)
{
    const struct mutation *mutation = &j->transcript->mutations[MUTATE_UNTOUCHED];

    if (mutation->done && mutation->own_views > 0 && mutation->after == OUTCOME_GRANTED &&
        (mutation->buf_after != mutation->own_buf || mutation->len_after < mutation->own_len)) {
        finding(j, SEVERITY_ERROR, 0,
                "the memory under a view that the --mutate expression took was changed: %" PRId64
                " bytes at 0x%" PRIx64 " became %" PRId64 " bytes at 0x%" PRIx64,
                mutation->own_len, mutation->own_buf, mutation->len_after, mutation->buf_after);
    }
}
