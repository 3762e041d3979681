#include "judge/rules.h"

#include "judge/transcript.h"

#include "judge/transcripts.h"
#include "test.h"

static void write_losses(struct losses *losses, int64_t *changes, int64_t a, int64_t b, int64_t c)
{
    losses->measured = true;
    losses->repeats = 32;
    changes[0] = a;
    changes[1] = b;
    changes[2] = c;
}

static void requests_that_lose_memory(void)
{
    struct losses *losses = &transcript.losses[3];

    write_row();
    write_losses(losses, losses->bytes, 48 * 32, 48 * 32, 48 * 32 + 100); /* something else goes on, too */
    CHECK(only("error", "no-leak"));
    write_losses(losses, losses->bytes, 48 * 32, 0, 48 * 32); /* not each time */
    CHECK_STR(judged(SEVERITY_WARNING), "");
    write_losses(losses, losses->bytes, 100, 100, 100); /* not for each */
    CHECK_STR(judged(SEVERITY_WARNING), "");
    write_losses(losses, losses->bytes, 0, 0, 0);
    write_losses(losses, losses->blocks, 32, 32, 32);
    CHECK(only("error", "no-leak"));
    losses->repeats = 8;
    CHECK_STR(judged(SEVERITY_WARNING), "");
    losses->repeats = 0;
    transcript_seal(&transcript);
    CHECK_STR(judged(SEVERITY_WARNING), "");
}

static void requests_that_lose_references(void)
{
    struct losses *losses = &transcript.losses[3];

    write_row();
    write_losses(losses, losses->references, -32, -32, -33);
    strcpy(losses->type, "m.T");
    CHECK(only("error", "no-leak"));
    write_losses(losses, losses->references, 32, -32, 32);
    CHECK_STR(judged(SEVERITY_WARNING), "");
    write_losses(losses, losses->references, INT64_MAX, INT64_MIN, INT64_MAX);
    CHECK_STR(judged(SEVERITY_WARNING), "");
    write_losses(losses, losses->references, 32, 32, 32);
    write_slope(&transcript.references[3].obj, 2, -1); /* a rule of its own, and the reason */
    CHECK(only("error", "refcount-balanced"));
}

static void expressions_that_leave_something(void)
{
    write_row();
    write_losses(&transcript.evaluation, transcript.evaluation.exporters, 32, 32, 32);
    CHECK(only("warning", "evaluation-balances"));
    write_row();
    transcript.mutations[MUTATE_UNTOUCHED].garbage = true;
    CHECK(only("warning", "evaluation-balances"));
}

static void slots_of_two_types(void)
{
    write_row();
    strcpy(transcript.slots.get, "m.Get");
    CHECK_STR(judged(SEVERITY_WARNING), "");
    strcpy(transcript.slots.release, "m.Release");
    CHECK(only("error", "slots-of-one-type"));
    transcript.slots.related = true;
    CHECK_STR(judged(SEVERITY_WARNING), "");
    CHECK(strstr(judged(SEVERITY_INFO), "info slots-of-one-type") != NULL);
    transcript.slots.same = true;
    CHECK(strstr(judged(SEVERITY_INFO), "info slots-of-one-type") == NULL);
}

static void whose_memory_it_is(void)
{
    write_row();
    strcpy(transcript.immutable, "bytes");
    CHECK(only("error", "writable-over-immutable"));
    write_row();
    transcript.aftermath = (struct aftermath){OUTCOME_GRANTED, false, true};
    CHECK_STR(judged(SEVERITY_WARNING), "");
    CHECK(strstr(judged(SEVERITY_INFO), "info release-frees-memory") != NULL);
    transcript.aftermath.restless = true;
    CHECK(strstr(judged(SEVERITY_INFO), "info release-frees-memory") == NULL);
}

static void views_of_a_callback(void)
{
    struct mutation *untouched = &transcript.mutations[MUTATE_UNTOUCHED];

    write_row();
    transcript.mutate = true;
    *untouched = (struct mutation){.done = true, .after = OUTCOME_GRANTED, .buf_after = 0x20000, .len_after = 32,
                                   .own_views = 1, .own_buf = 0x10000, .own_len = 24};
    CHECK(only("error", "no-stale-view-by-callback"));
    untouched->own_buf = 0x20000;
    CHECK_STR(judged(SEVERITY_WARNING), "");
    untouched->own_len = 40;
    CHECK(only("error", "no-stale-view-by-callback"));
    untouched->own_views = 0;
    CHECK_STR(judged(SEVERITY_WARNING), "");
    untouched->own_views = 1; /* refused, for the view is there: as it should be */
    untouched->exception = (struct exception){.set = true, .buffer_error = true, .type = "BufferError"};
    untouched->own_len = 24;
    CHECK_STR(judged(SEVERITY_WARNING), "");
    CHECK(transcript_mutation_error(&transcript) == NULL);
}

/* No document has C_CONTIGUOUS and F_CONTIGUOUS together, and no consumer that is known sends them. */
static void both_orders_at_once(void)
{
    static const int64_t shape[] = {2, 3}, strides[] = {12, 4};
    const int both = REQUEST_C_CONTIGUOUS | REQUEST_F_CONTIGUOUS;
    int sweep;

    write_table();
    for (sweep = 0; sweep < 2; sweep++) {
        grant(&transcript.sweeps[sweep][place(both)], both, 2, shape, strides);
    }
    CHECK(only("warning", "f-contiguous-honoured"));
    for (sweep = 0; sweep < 2; sweep++) {
        grant(&transcript.sweeps[sweep][place(REQUEST_F_CONTIGUOUS)], REQUEST_F_CONTIGUOUS, 2, shape, strides);
    }
    CHECK(only("error", "f-contiguous-honoured"));
}

int main(void)
{
    RUN(requests_that_lose_memory);
    RUN(requests_that_lose_references);
    RUN(expressions_that_leave_something);
    RUN(slots_of_two_types);
    RUN(whose_memory_it_is);
    RUN(views_of_a_callback);
    RUN(both_orders_at_once);
    return TEST_END();
}
