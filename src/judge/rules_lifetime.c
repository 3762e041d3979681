/*
 * Lifetime: references, releases, repetition; exporters written in Python;
 * threads.
 */
#include "judge/judgement.h"

#include "judge/rules.h"

#include <inttypes.h>
#include <string.h>

/* --- references --- */

/* What one request and its release change, when every cycle agrees; else 0. */
static int64_t cycle_change(const struct slope *slope)
{
    int64_t sums[TRANSCRIPT_CYCLES];
    int i;

    for (i = 0; i < TRANSCRIPT_CYCLES; i++) {
        if (__builtin_add_overflow(slope->get[i], slope->release[i], &sums[i])) {
            return 0;
        }
    }
    return slope->measured && !slope->immortal ? steady(sums) : 0;
}

/* The view owns one reference, and the release takes a second one that it does not own. */
static bool releases_twice(const struct slope *slope)
{
    return slope->measured && !slope->immortal && steady(slope->get) == 1 && steady(slope->release) < -1;
}

static bool is_borrowed(const struct slope *slope)
{
    return slope->measured && steady(slope->get) == slope->get[0] && slope->get[0] <= 0;
}

void judge_balanced(struct judgement *j)
{
    const char *what = "view->obj's";
    int64_t change = 0;
    uint64_t bad = 0;
    int i;

    for (i = 0; i < REQUEST_COUNT; i++) {
        const struct references *references = &j->transcript->references[i];
        bool other = answer(j, i)->obj == REPLY_OBJ_OTHER;

        if (!(j->granted & request_bit(i)) || releases_twice(&references->obj) ||
            (is_borrowed(&references->obj) && !references->obj.immortal)) {
            continue; /* rules of their own */
        }
        if (cycle_change(&references->obj) != 0) {
            change = cycle_change(&references->obj);
            bad |= request_bit(i);
        } else if (other && cycle_change(&references->exporter) != 0) {
            change = cycle_change(&references->exporter);
            what = "the exporter's";
            bad |= request_bit(i);
        }
    }
    if (bad) {
        finding(j, SEVERITY_ERROR, bad,
                "%s reference count changes by %+" PRId64 " with each request and release, %s", what, change,
                where(j, bad, j->granted, "granted requests"));
    }
}

void judge_release_decref(struct judgement *j)
{
    uint64_t bad = 0;
    int64_t change = 0;
    int i;

    for (i = 0; i < REQUEST_COUNT; i++) {
        const struct slope *slope = &j->transcript->references[i].obj;

        if ((j->granted & request_bit(i)) && releases_twice(slope)) {
            change = steady(slope->release);
            bad |= request_bit(i);
        }
    }
    if (bad) {
        finding(j, SEVERITY_ERROR, bad,
                "the release changes view->obj's reference count by %+" PRId64 ", not -1, %s", change,
                where(j, bad, j->granted, "granted requests"));
    }
}

/* --- releases --- */

void judge_release_exception(struct judgement *j)
{
    struct text text = TEXT_INIT;
    uint64_t bad = 0;
    int i;

    for (i = 0; i < REQUEST_COUNT; i++) {
        if ((j->granted & request_bit(i)) && answer(j, i)->release_exception.set) {
            exception_text(&answer(j, i)->release_exception, &text);
            bad |= request_bit(i);
        }
    }
    if (bad) {
        finding(j, SEVERITY_ERROR, bad, "%s is set after the release %s", text_string(&text),
                where(j, bad, j->granted, "granted requests"));
    }
    text_free(&text);
}

static bool points_into_itself(const struct reply *reply)
{
    return reply->format.place == PLACE_VIEW || reply->shape.pointer.place == PLACE_VIEW ||
           reply->strides.pointer.place == PLACE_VIEW || reply->suboffsets.pointer.place == PLACE_VIEW;
}

/* What a release through a copy did that a release through the original did not. */
static const char *copy_trouble(const struct judgement *j, int request)
{
    const struct copied_release *copy = &j->transcript->copies[request];
    const struct references *plain = &j->transcript->references[request];

    if (copy->outcome != OUTCOME_GRANTED) {
        return NULL;
    }
    if (copy->release_exception.set && !answer(j, request)->release_exception.set) {
        return "sets an exception";
    }
    if (copy->original_written) {
        return "writes into the original";
    }
    if (plain->exporter.measured && copy->exporter.measured &&
        cycle_change(&copy->exporter) != cycle_change(&plain->exporter)) {
        return "leaves another reference count than through the original";
    }
    if (copy->after != OUTCOME_GRANTED) {
        return "is followed by a refusal of the same request";
    }
    return NULL;
}

void judge_release_copy(struct judgement *j)
{
    uint64_t bad = 0, inside = 0;
    const char *trouble = NULL;
    int i;

    for (i = 0; i < REQUEST_COUNT; i++) {
        if (!(j->granted & request_bit(i))) {
            continue;
        }
        if (copy_trouble(j, i) != NULL) {
            trouble = copy_trouble(j, i);
            bad |= request_bit(i);
        }
        if (points_into_itself(answer(j, i))) {
            inside |= request_bit(i);
        }
    }
    if (bad) {
        finding(j, SEVERITY_ERROR, bad, "a release through a copy %s, %s", trouble,
                where(j, bad, j->granted, "granted requests"));
    }
    if (inside) {
        finding(j, SEVERITY_INFO, inside,
                "the Py_buffer points into itself, which who copies it must mend, %s",
                where(j, inside, j->granted, "granted requests"));
    }
    judge_crashes(j);
}

void judge_concurrent(struct judgement *j)
{
    struct text text = TEXT_INIT;
    uint64_t refused = 0, bad = 0;
    unsigned fields = 0;
    int i;

    for (i = 0; i < REQUEST_COUNT; i++) {
        const struct hold *hold = &j->transcript->holds[i];
        unsigned changed = hold->changed_by_release & ~(hold->restless | hold->changed_by_asking);

        if (hold->outcome == OUTCOME_REFUSED && (j->granted & request_bit(i)) &&
            j->transcript->sweeps[1][i].outcome == OUTCOME_GRANTED) {
            exception_text(&hold->exception, &text);
            refused |= request_bit(i);
        } else if (hold->outcome == OUTCOME_GRANTED && changed) {
            fields |= changed;
            bad |= request_bit(i);
        }
    }
    if (refused) {
        finding(j, SEVERITY_WARNING, refused, "refused while other views are held, with %s, %s",
                text_string(&text), where(j, refused, j->granted, "requests that are granted alone"));
    }
    if (bad) {
        text_clear(&text);
        text_puts(&text, field_names(j, fields));
        finding(j, SEVERITY_ERROR, bad, "changed by the release of other views: %s, %s", text_string(&text),
                where(j, bad, j->granted, "held views"));
    }
    text_free(&text);
    judge_crashes(j);
}

void judge_kept_alive(struct judgement *j)
{
    const struct drop *drop = &j->transcript->drop;

    if (is_found(j, RULE_obj_null) || is_found(j, RULE_filled) || is_found(j, RULE_obj_reference) ||
        is_found(j, RULE_release_decref) || is_found(j, RULE_balanced)) {
        return; /* which is why */
    }
    if (drop->outcome == OUTCOME_GRANTED && drop->changed && j->truth >= 0) {
        finding(j, SEVERITY_ERROR, request_bit(j->truth),
                "changed after the last reference to the exporter but the view's was dropped: %s",
                field_names(j, drop->changed));
    }
    judge_crashes(j);
}

/* --- repetition --- */

static bool same_numbers(const struct reply *a, const struct reply *b, enum field field)
{
    const int64_t *one = reply_numbers(a, field), *other = reply_numbers(b, field);
    int ndim = reply_ndim(a);

    if ((one == NULL) != (other == NULL)) {
        return false;
    }
    return one == NULL || ndim <= 0 || memcmp(one, other, (size_t)ndim * sizeof one[0]) == 0;
}

static bool same_text(const struct reply *a, const struct reply *b)
{
    const char *one = reply_format(a), *other = reply_format(b);

    return (one == NULL) == (other == NULL) && (one == NULL || strcmp(one, other) == 0);
}

/* Which fields of two granted answers to the same request differ; buf may, and has a rule of its own. */
static unsigned differing(const struct reply *a, const struct reply *b)
{
    unsigned fields = 0;

    fields |= a->len != b->len ? FIELD_LEN : 0;
    fields |= a->itemsize != b->itemsize ? FIELD_ITEMSIZE : 0;
    fields |= a->readonly != b->readonly ? FIELD_READONLY : 0;
    fields |= a->ndim != b->ndim ? FIELD_NDIM : 0;
    fields |= !same_text(a, b) ? FIELD_FORMAT : 0;
    fields |= a->obj != b->obj ? FIELD_OBJ : 0;
    if (a->ndim == b->ndim) {
        fields |= !same_numbers(a, b, FIELD_SHAPE) ? FIELD_SHAPE : 0;
        fields |= !same_numbers(a, b, FIELD_STRIDES) ? FIELD_STRIDES : 0;
        fields |= !same_numbers(a, b, FIELD_SUBOFFSETS) ? FIELD_SUBOFFSETS : 0;
    }
    return fields & ~(a->unfilled | b->unfilled);
}

void judge_repeated(struct judgement *j)
{
    uint64_t turned = 0, changed = 0, among = j->granted | j->refused;
    unsigned fields = 0;
    struct text names = TEXT_INIT;
    int i;

    for (i = 0; i < REQUEST_COUNT; i++) {
        const struct reply *again = &j->transcript->sweeps[1][i];
        unsigned differ;

        if (!(among & request_bit(i)) ||
            (again->outcome != OUTCOME_GRANTED && again->outcome != OUTCOME_REFUSED)) {
            continue;
        }
        if (again->outcome != answer(j, i)->outcome) {
            turned |= request_bit(i);
        } else if (again->outcome == OUTCOME_GRANTED && (differ = differing(answer(j, i), again)) != 0) {
            fields |= differ;
            changed |= request_bit(i);
        }
    }
    if (turned) {
        finding(j, SEVERITY_WARNING, turned, "granted the one time and refused the other %s",
                where(j, turned, among, "requests"));
    }
    if (changed) {
        text_puts(&names, field_names(j, fields));
        finding(j, SEVERITY_WARNING, changed, "another answer the second time: %s, %s", text_string(&names),
                where(j, changed, among, "requests"));
    }
    text_free(&names);
}

void judge_has_release(struct judgement *j)
{
    if (j->transcript->has_release) {
        finding(j, SEVERITY_INFO, 0, "the type defines bf_releasebuffer");
    }
}

/* --- exporters written in Python --- */

/* A call that failed before the function's own code began did not fit its parameters. */
static void judge_unraisable(struct judgement *j, bool entered)
{
    const struct unraisable *unraisable = &j->transcript->unraisable;
    struct text text = TEXT_INIT;

    if (j->transcript->python_release && unraisable->count > 0 && unraisable->entered == entered) {
        finding(j, SEVERITY_WARNING, 0, "__release_buffer__ raised %s",
                exception_text(&unraisable->exception, &text));
    }
    text_free(&text);
}

void judge_dunder_signature(struct judgement *j)
{
    judge_unraisable(j, false);
}

void judge_dunder_pairing(struct judgement *j)
{
    judge_unraisable(j, true);
}

/* --- threads --- */

void judge_threads(struct judgement *j)
{
    const struct stress *stress = &j->transcript->stress;
    bool stuck = transcript_can_mutate(j->transcript) && stress->mutation.done && stress->mutation.exception.set;
    struct text text = TEXT_INIT;

    judge_crashes(j);
    if (stress->outcome != OUTCOME_GRANTED) {
        return;
    }
    if (stress->wrong > 0) {
        finding(j, SEVERITY_ERROR, 0, "%" PRId64 " of %" PRId64 " views of %d threads differ from the first",
                stress->wrong, stress->views, stress->threads);
    }
    if (!stress->immortal && stress->exporter_change != 0) {
        finding(j, SEVERITY_ERROR, 0,
                "the exporter's reference count changed by %+" PRId64 " over %" PRId64 " views of %d threads",
                stress->exporter_change, stress->views, stress->threads);
    }
    if (stress->exception.set) {
        finding(j, SEVERITY_ERROR, 0, "%s in one of %d threads", exception_text(&stress->exception, &text),
                stress->threads);
    }
    if (stuck) {
        text_clear(&text);
        finding(j, SEVERITY_ERROR, 0, "%s, though %d threads released every view",
                exception_text(&stress->mutation.exception, &text), stress->threads);
    }
    if (stress->wrong == 0 && stress->exporter_change == 0 && !stress->exception.set && !stuck) {
        finding(j, SEVERITY_INFO, 0, "%d threads acquired and released %" PRId64 " views, %s", stress->threads,
                stress->views, j->transcript->free_threaded ? "without a GIL" : "taking turns by the GIL");
    }
    text_free(&text);
}
