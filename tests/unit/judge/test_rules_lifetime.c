#include "judge/rules.h"

#include "judge/transcript.h"

#include "judge/transcripts.h"
#include "test.h"

static void what_is_pointed_to_stays(void)
{
    write_row();
    transcript.holds[5].changed_by_asking = FIELD_SHAPE;
    CHECK(only("error", "pointers-live-until-release"));
    transcript.holds[5].restless = FIELD_SHAPE; /* it changes by itself */
    CHECK_STR(judged(SEVERITY_WARNING), "");
    write_row();
    EVERY(REQUEST_FORMAT, reply->format.state = POINTER_UNREADABLE);
    CHECK(only("error", "pointers-live-until-release"));
    write_row();
    transcript.holds[5].changed_by_release = FIELD_SHAPE;
    CHECK(only("error", "concurrent-views-independent"));
    write_row();
    transcript.holds[5].outcome = OUTCOME_REFUSED;
    CHECK(only("warning", "concurrent-views-independent"));
}

static void references_change_steadily(void)
{
    int nd = place(REQUEST_ND);

    write_row();
    write_slope(&transcript.references[nd].obj, 0, -1);
    CHECK(only("error", "obj-is-new-reference"));
    write_row();
    write_slope(&transcript.references[nd].obj, 1, -2);
    CHECK(only("error", "release-does-not-decref-obj"));
    write_row();
    write_slope(&transcript.references[nd].obj, 2, -1);
    CHECK(only("error", "refcount-balanced"));
    transcript.references[nd].obj.get[1] = 1; /* only once: something else did it */
    CHECK_STR(judged(SEVERITY_WARNING), "");
    write_slope(&transcript.references[nd].obj, 0, 0);
    transcript.references[nd].obj.immortal = true;
    CHECK_STR(judged(SEVERITY_WARNING), "");
    write_table();
    write_slope(&transcript.references[place(REQUEST_F_CONTIGUOUS)].exporter, 1, 0);
    CHECK(only("error", "failure-keeps-refcount"));
}

static void releases(void)
{
    write_row();
    EVERY(REQUEST_ND, reply->release_exception.set = true);
    CHECK(only("error", "release-sets-no-exception"));
    write_row();
    transcript.copies[0].release_exception.set = true;
    CHECK(only("error", "release-accepts-copy"));
    write_row();
    transcript.copies[0].original_written = true;
    CHECK(only("error", "release-accepts-copy"));
    write_row();
    transcript.copies[0].after = OUTCOME_REFUSED;
    CHECK(only("error", "release-accepts-copy"));
    write_row();
    write_slope(&transcript.copies[0].exporter, 1, 0);
    CHECK(only("error", "release-accepts-copy"));
    write_row();
    transcript.drop.changed = FIELD_CONTENTS;
    CHECK(only("error", "exporter-kept-alive"));
}

static void write_mutations(void)
{
    int when;

    write_row();
    transcript.mutate = true;
    for (when = 0; when < MUTATE_WHENS; when++) {
        transcript.mutations[when] = (struct mutation){.done = true};
    }
    transcript.mutations[MUTATE_HELD].exception = (struct exception){.set = true, .buffer_error = true};
}

static void resizing(void)
{
    struct mutation *held = &transcript.mutations[MUTATE_HELD];

    write_mutations();
    CHECK_STR(judged(SEVERITY_WARNING), "");
    *held = (struct mutation){.done = true, .buf_before = 0x10000, .buf_after = 0x50000,
                              .len_before = 24, .len_after = 96, .after = OUTCOME_GRANTED};
    CHECK(only("error", "resize-refused-while-exported"));
    held->buf_after = 0x10000;
    CHECK_STR(judged(SEVERITY_WARNING), ""); /* it grew in place */
    held->len_after = 20;
    CHECK(only("error", "resize-refused-while-exported"));
    write_mutations();
    held->exception.buffer_error = false;
    CHECK(only("warning", "resize-refused-while-exported"));
    write_mutations();
    transcript.mutations[MUTATE_RELEASED].exception.set = true;
    CHECK(only("error", "resize-allowed-after-release"));
    write_mutations();
    transcript.mutations[MUTATE_AFTER_REFUSAL].exception.set = true;
    CHECK(only("error", "failure-adds-no-export"));
    transcript.mutations[MUTATE_UNTOUCHED].exception.set = true; /* the expression never works */
    CHECK_STR(judged(SEVERITY_WARNING), "");
    CHECK(transcript_mutation_error(&transcript) != NULL);
}

static void mutations_that_change_nothing(void)
{
    struct mutation *untouched = &transcript.mutations[MUTATE_UNTOUCHED];
    struct mutation *held = &transcript.mutations[MUTATE_HELD];

    write_mutations();
    *untouched = (struct mutation){.done = true, .buf_before = 0x10000, .buf_after = 0x10000,
                                   .len_before = 24, .len_after = 24, .after = OUTCOME_GRANTED};
    CHECK(!transcript_mutates_nothing(&transcript)); /* it is refused under a view: it does something */
    *held = *untouched;
    CHECK(transcript_mutates_nothing(&transcript));
    held->changed = FIELD_CONTENTS;
    CHECK(transcript_mutates_nothing(&transcript));
    held->changed = FIELD_SHAPE;
    CHECK(!transcript_mutates_nothing(&transcript));
    *held = *untouched;
    untouched->len_after = 32;
    CHECK(!transcript_mutates_nothing(&transcript));
    *untouched = *held;
    held->buf_after = 0x20000;
    CHECK(!transcript_mutates_nothing(&transcript));
    *held = *untouched;
    untouched->after = OUTCOME_REFUSED;
    CHECK(!transcript_mutates_nothing(&transcript));
}

static void repetition(void)
{
    static const int64_t shape[] = {6}, strides[] = {4};

    write_row();
    grant(&transcript.sweeps[1][place(REQUEST_ND)], REQUEST_ND, 1, shape, strides);
    refuse(&transcript.sweeps[1][place(REQUEST_ND)]);
    CHECK(only("warning", "repeated-requests-agree"));
    write_row();
    transcript.sweeps[1][place(REQUEST_ND)].shape.values[0] = 7;
    CHECK(only("warning", "repeated-requests-agree"));
    write_row();
    transcript.sweeps[1][place(REQUEST_ND)].buf.address = 0x70000; /* another rule's */
    CHECK_STR(judged(SEVERITY_WARNING), "");
}

static void what_release_buffer_raises(void)
{
    write_row();
    transcript.python_release = true;
    transcript.unraisable.count = 3;
    CHECK(only("warning", "dunder-release-signature"));
    transcript.unraisable.entered = true;
    CHECK(only("warning", "dunder-release-pairing"));
}

static void threads(void)
{
    write_row();
    transcript.stress = (struct stress){.outcome = OUTCOME_GRANTED, .threads = 4, .views = 1000};
    CHECK_STR(judged(SEVERITY_WARNING), "");
    transcript.stress.exporter_change = -3;
    CHECK(only("error", "export-count-thread-safe"));
    transcript.stress.exporter_change = 0;
    transcript.stress.wrong = 1;
    CHECK(only("error", "export-count-thread-safe"));
}

int main(void)
{
    RUN(what_is_pointed_to_stays);
    RUN(references_change_steadily);
    RUN(releases);
    RUN(resizing);
    RUN(mutations_that_change_nothing);
    RUN(repetition);
    RUN(what_release_buffer_raises);
    RUN(threads);
    return TEST_END();
}
