#include "judge/rules.h"

#include "base/error.h"
#include "base/text.h"
#include "judge/transcript.h"

#include "judge/transcripts.h"
#include "test.h"

static void right_exporters_have_no_findings(void)
{
    write_row();
    CHECK_STR(judged(SEVERITY_WARNING), "");
    write_table();
    CHECK_STR(judged(SEVERITY_WARNING), "");
    write_strided();
    CHECK_STR(judged(SEVERITY_WARNING), "");
}

static void one_never_asked_has_none_either(void)
{
    memset(&transcript, 0, sizeof transcript);
    CHECK_STR(judged(SEVERITY_INFO), "");
}

static void findings_say_where_and_what(void)
{
    int i;

    write_row();
    for (i = 0; i < REQUEST_COUNT; i++) {
        if ((requests[i].flags & 0x1e0) == 0) {
            fill_numbers(&transcript.sweeps[0][i].strides, false, NULL, 0);
            fill_numbers(&transcript.sweeps[1][i].strides, false, NULL, 0);
        }
    }
    CHECK_STR(judged(SEVERITY_WARNING),
              "error strides-present-when-requested: NULL in 4 of 28 requests that ask for strides "
              "(STRIDES, STRIDES|WRITABLE, STRIDES|FORMAT, …)\n");
    write_row();
    reply_to(REQUEST_SIMPLE)->len = transcript.sweeps[1][0].len = 20;
    CHECK_STR(
        judged(SEVERITY_WARNING),
        "error len-stable: len 20, where INDIRECT|FORMAT has 24, in 1 of 36 granted requests (SIMPLE)\n");
}

/* --- one rule at a time --- */

#define EACH_REFUSED(statement)                                                                              \
    do {                                                                                                     \
        int i_;                                                                                              \
        for (i_ = 0; i_ < REQUEST_COUNT; i_++) {                                                             \
            struct reply *reply = &transcript.sweeps[0][i_];                                                 \
            if (reply->outcome == OUTCOME_REFUSED) {                                                         \
                statement;                                                                                   \
            }                                                                                                \
        }                                                                                                    \
    } while (0)

static void what_is_returned(void)
{
    write_table();
    EVERY(0, reply->returned = 7);
    CHECK(only("error", "rc-is-0-or-minus-1"));
    write_table();
    EACH_REFUSED(reply->exception.set = false);
    CHECK(only("error", "failure-sets-exception"));
    write_table();
    EVERY(0, reply->exception.set = true);
    CHECK(only("error", "success-leaves-no-exception"));
}

static void refusals(void)
{
    write_table();
    EACH_REFUSED((reply->exception.buffer_error = false, strcpy(reply->exception.type, "ValueError")));
    CHECK(only("warning", "refusal-is-buffererror"));
    transcript.python_buffer = true;
    CHECK(only("warning", "dunder-buffer-refuses-with-buffererror"));
    EACH_REFUSED(reply->exception.memory_error = true);
    CHECK_STR(judged(SEVERITY_WARNING), "");

    write_table();
    transcript.python_buffer = true;
    EACH_REFUSED((reply->exception.buffer_error = false, strcpy(reply->exception.type, "TypeError"),
                  strcpy(reply->exception.text, "__buffer__ returned non-memoryview object")));
    CHECK(only("error", "dunder-buffer-returns-memoryview"));
    EACH_REFUSED(
        strcpy(reply->exception.text, "mod.Wrong.__buffer__() must return a memoryview, not bytes"));
    CHECK(only("error", "dunder-buffer-returns-memoryview"));

    write_table();
    EACH_REFUSED(reply->obj = REPLY_OBJ_EXPORTER);
    CHECK(only("error", "failure-sets-obj-null"));
    EACH_REFUSED(reply->obj = REPLY_OBJ_UNTOUCHED);
    CHECK_STR(judged(SEVERITY_WARNING), "");
    EACH_REFUSED(reply->stale_obj_references = -1);
    CHECK(only("error", "failure-sets-obj-null"));
}

static void one_that_refuses_everything_alike_is_closed(void)
{
    int i;

    write_table();
    for (i = 0; i < REQUEST_COUNT; i++) {
        refuse(&transcript.sweeps[0][i]);
        transcript.sweeps[0][i].exception.buffer_error = false;
        strcpy(transcript.sweeps[0][i].exception.type, "ValueError");
        transcript.sweeps[1][i] = transcript.sweeps[0][i];
        memset(&transcript.holds[i], 0, sizeof transcript.holds[i]);
        memset(&transcript.references[i], 0, sizeof transcript.references[i]);
    }
    memset(&transcript.drop, 0, sizeof transcript.drop);
    CHECK_STR(judged(SEVERITY_WARNING), "");
    CHECK(strstr(judged(SEVERITY_INFO),
                 "info refusal-is-buffererror: ValueError, in all 36 refused requests") != NULL);
}

static void what_can_be_met_is_granted(void)
{
    write_row();
    write_request(place(REQUEST_ND), false, 0, NULL, NULL);
    CHECK(only("warning", "satisfiable-request-honoured"));
    write_row();
    write_request(place(REQUEST_FORMAT), false, 0, NULL, NULL); /* may always be refused */
    CHECK_STR(judged(SEVERITY_WARNING), "");
}

static void contiguity_without_strides_that_do_not_count(void)
{
    static const int64_t shape[] = {1, 6}, strides[] = {100, 4};
    int i;

    write_row();
    for (i = 0; i < REQUEST_COUNT; i++) {
        int flags = requests[i].flags;

        write_request(i, !(flags & 0xe0) && request_asks(flags, REQUEST_STRIDES), 2, shape, strides);
    }
    CHECK(only("warning", "contiguity-is-precise"));
}

static struct crash crash_in(enum crash_kind kind, int number, enum step step, enum phase phase, int request)
{
    return (struct crash){.kind = kind, .number = number, .step = step, .phase = phase, .request = request};
}

static void crashes_are_charged_to_what_was_tried(void)
{
    int nd = place(REQUEST_ND);

    write_row();
    transcript.sweeps[0][nd].outcome = transcript.sweeps[1][nd].outcome = OUTCOME_CRASHED;
    transcript.crash_count = 1;
    transcript.crashes[0] = crash_in(CRASH_SIGNAL, 11, STEP_SWEEP, PHASE_REQUEST, nd);
    CHECK_STR(judged(SEVERITY_WARNING), "error no-crash: SIGSEGV in the request, in 1 of 36 requests (ND)\n");
    transcript.crashes[0].kind = CRASH_TIMEOUT;
    CHECK_STR(judged(SEVERITY_WARNING),
              "error no-crash: no answer within 2 s in the request, in 1 of 36 requests (ND)\n");
    transcript.crashes[0] = crash_in(CRASH_EXIT, 0, STEP_AGAIN, PHASE_RELEASE, nd);
    CHECK_STR(judged(SEVERITY_WARNING),
              "error no-crash: exit(0) in the release after the request, in 1 of 36 requests (ND)\n");
    transcript.crashes[0] = crash_in(CRASH_SIGNAL, 6, STEP_COPY, PHASE_RELEASE, nd);
    CHECK(only("error", "release-accepts-copy"));
    transcript.crashes[0] = crash_in(CRASH_SIGNAL, 6, STEP_HOLD, PHASE_RELEASE, nd);
    CHECK(only("error", "concurrent-views-independent"));
    transcript.crashes[0] = crash_in(CRASH_SIGNAL, 6, STEP_DROP, PHASE_READ, -1);
    CHECK(only("error", "exporter-kept-alive"));
    transcript.crashes[0] = crash_in(CRASH_SIGNAL, 6, STEP_STRESS, PHASE_OTHER, -1);
    CHECK(only("error", "export-count-thread-safe"));
}

static void what_was_not_sent_is_said(void)
{
    int i;

    write_row();
    for (i = 10; i < REQUEST_COUNT; i++) {
        memset(&transcript.sweeps[0][i], 0, sizeof(struct reply));
        memset(&transcript.sweeps[1][i], 0, sizeof(struct reply));
    }
    transcript.out_of_time = true;
    CHECK(strstr(judged(SEVERITY_ERROR), "error no-crash: not sent any more") != NULL);
}

static void fields_that_no_flag_controls(void)
{
    write_row();
    EVERY(0, reply->obj = REPLY_OBJ_NULL);
    CHECK(only("error", "obj-non-null"));
    write_row();
    transcript.holds[3].buf = 0x777;
    CHECK(only("warning", "buf-stable"));
    write_row();
    EVERY(0, reply->buf = (struct pointer){0});
    CHECK(only("error", "buf-non-null"));
    write_row();
    EVERY(REQUEST_C_CONTIGUOUS, reply->itemsize = 2);
    CHECK(strstr(judged(SEVERITY_ERROR), "error itemsize-stable: itemsize 2, where INDIRECT|FORMAT has 4") !=
          NULL);
    write_row();
    EVERY(0, (reply->itemsize = request_asks(requests[i_ / 2].flags, REQUEST_ND) ? 4 : 1));
    CHECK_STR(judged(SEVERITY_WARNING), ""); /* without ND it is free */
    write_row();
    EVERY(0, reply->len = 23);
    CHECK(only("error", "len-equals-shape-times-itemsize"));
    write_row();
    EVERY(0, reply->itemsize = -4);
    CHECK(only("error", "itemsize-positive"));
    write_row();
    EVERY(0, reply->ndim = 65);
    CHECK(only("error", "ndim-in-range"));
    write_row();
    EVERY(0, reply->shape.values[0] = -1);
    CHECK(only("error", "shape-nonnegative"));
    write_row();
    EVERY(0, reply->readonly = 2);
    CHECK(strstr(judged(SEVERITY_WARNING), "warning readonly-is-boolean: readonly is 2") != NULL);
}

static void a_field_is_unfilled_when_both_poisons_stay(void)
{
    write_row();
    EVERY(0, reply->unfilled = FIELD_SUBOFFSETS);
    CHECK(only("error", "all-fields-filled"));
    write_row();
    reply_to(REQUEST_ND)->unfilled = FIELD_LEN; /* by chance, once */
    CHECK_STR(judged(SEVERITY_WARNING), "");
    write_row();
    EVERY(0, reply->unfilled = FIELD_INTERNAL);
    CHECK_STR(judged(SEVERITY_WARNING), "");
}

static void overflowing_products_are_seen(void)
{
    write_table();
    EVERY(REQUEST_ND, (reply->shape.values[0] = INT64_MAX, reply->shape.values[1] = 2));
    CHECK(only("error", "len-equals-shape-times-itemsize"));
    CHECK(strstr(judged(SEVERITY_ERROR), "is more than can be counted") != NULL);
}

static void fields_that_flags_control(void)
{
    static const int64_t values[] = {6, 1, 1};

    write_row();
    EVERY(REQUEST_WRITABLE, reply->readonly = 1);
    CHECK(only("error", "writable-honoured"));
    write_row();
    EVERY(0, reply->readonly = !(requests[i_ / 2].flags & REQUEST_WRITABLE));
    CHECK_STR(judged(SEVERITY_WARNING), ""); /* readonly for all who do not ask is allowed */
    write_row();
    reply_to(REQUEST_ND)->readonly = transcript.sweeps[1][place(REQUEST_ND)].readonly = 1;
    CHECK(only("error", "readonly-consistent"));
    write_row();
    EVERY(REQUEST_FORMAT, reply->format = (struct pointer){0});
    CHECK(only("error", "format-present-when-requested"));
    write_row();
    EVERY(0,
          (reply->format = (struct pointer){1, POINTER_READ, PLACE_OTHER}, strcpy(reply->format_text, "i")));
    CHECK(only("error", "format-null-unless-requested"));
    write_row();
    EVERY(0, fill_numbers(&reply->shape, false, NULL, 0));
    CHECK(only("error", "shape-present-when-requested"));
    write_row();
    EVERY(0, fill_numbers(&reply->shape, true, values, 1));
    CHECK(only("error", "shape-null-unless-requested"));
    write_row();
    EVERY(0, (reply->strides.pointer.state = POINTER_READ, reply->strides.values[0] = 4));
    CHECK(only("error", "strides-null-unless-requested"));
    write_row();
    EVERY(REQUEST_INDIRECT,
          (reply->suboffsets.pointer.state = POINTER_READ, reply->suboffsets.values[0] = -1));
    CHECK(only("error", "suboffsets-null-when-all-negative"));
    EVERY(REQUEST_INDIRECT, reply->suboffsets.pointer.state = POINTER_NULL);
    EVERY(0, reply->suboffsets.pointer.state =
                 (requests[i_ / 2].flags & ~5) == REQUEST_STRIDES ? POINTER_READ : POINTER_NULL);
    EVERY(0, reply->suboffsets.values[0] = -1);
    CHECK(only("error", "suboffsets-null-unless-indirect"));
}

static void scalars_have_no_arrays(void)
{
    static const int64_t one[] = {1};
    int i;

    write_row();
    for (i = 0; i < REQUEST_COUNT; i++) {
        write_request(i, true, 0, one, one);
    }
    CHECK_STR(judged(SEVERITY_WARNING), "");
    EVERY(REQUEST_ND, fill_numbers(&reply->shape, true, one, 1));
    CHECK(only("error", "scalar-arrays-null"));
}

static void contiguity(void)
{
    static const int64_t shape[] = {6}, strides[] = {8};

    write_strided();
    write_request(place(REQUEST_ND), true, 1, shape, strides);
    CHECK(only("error", "unstrided-is-c-contiguous"));
    write_strided();
    write_request(place(REQUEST_C_CONTIGUOUS), true, 1, shape, strides);
    CHECK(only("error", "c-contiguous-honoured"));
    write_strided();
    write_request(place(REQUEST_F_CONTIGUOUS), true, 1, shape, strides);
    CHECK(only("error", "f-contiguous-honoured"));
    write_strided();
    write_request(place(REQUEST_ANY_CONTIGUOUS), true, 1, shape, strides);
    CHECK(only("error", "any-contiguous-honoured"));
    CHECK_STR(judged(SEVERITY_WARNING),
              "error any-contiguous-honoured: shape (6,), strides (8,), in all 1 requests "
              "that ask for ANY_CONTIGUOUS (ANY_CONTIGUOUS)\n");
}

static void both_contiguities_at_once_are_both_promised(void)
{
    static const int64_t shape[] = {2, 3}, strides[] = {12, 4};

    write_table();
    write_request(place(REQUEST_C_CONTIGUOUS | REQUEST_F_CONTIGUOUS), true, 2, shape, strides);
    CHECK(only("warning", "f-contiguous-honoured"));
    write_request(place(REQUEST_F_CONTIGUOUS | REQUEST_FORMAT), true, 2, shape, strides);
    CHECK(only("error", "f-contiguous-honoured"));
}

static void answers_agree(void)
{
    static const int64_t shape[] = {2, 3}, other[] = {3, 2}, strides[] = {4, 8}, own[] = {12, 4};

    write_table();
    write_request(place(REQUEST_F_CONTIGUOUS), true, 2, shape, strides);
    CHECK(only("error", "strides-agree"));
    write_table();
    write_request(place(REQUEST_ND), true, 2, other, own);
    CHECK(only("error", "shape-agree"));
    write_table();
    EVERY(REQUEST_C_CONTIGUOUS, strcpy(reply->format_text, "f"));
    CHECK(only("error", "format-agree"));
}

static void the_same_format_can_be_written_otherwise(void)
{
    write_table();
    EVERY(REQUEST_C_CONTIGUOUS, strcpy(reply->format_text, "@i"));
    CHECK_STR(judged(SEVERITY_WARNING), "");
    CHECK(strstr(judged(SEVERITY_INFO), "info format-agree: '@i', where INDIRECT|FORMAT has 'i'") != NULL);
}

static void memory(void)
{
    write_row();
    EVERY(0, reply->writable = (struct range){0});
    CHECK(only("error", "writable-memory-is-writable"));
    write_row();
    EVERY(0, reply->readable.high = reply->writable.high = 0x10010);
    CHECK(only("error", "strides-within-block"));
    write_row();
    EVERY(0, (reply->readable = (struct range){0}, reply->writable = (struct range){0}));
    CHECK(only("error", "strides-within-block"));
    write_row();
    transcript.root = (struct range){0x10000, 0x10014};
    CHECK(only("error", "strides-within-block"));
    transcript.root.high = 0x10018;
    CHECK_STR(judged(SEVERITY_WARNING), "");
    write_row();
    EVERY(REQUEST_STRIDES, reply->strides.values[0] = INT64_MAX / 2);
    CHECK(strstr(judged(SEVERITY_ERROR),
                 "error strides-within-block: strides reach past the address space") != NULL);
}

static void formats(void)
{
    write_row();
    EVERY(REQUEST_FORMAT, strcpy(reply->format_text, "T{i:a"));
    CHECK(only("error", "format-parses"));
    write_row();
    EVERY(REQUEST_FORMAT, strcpy(reply->format_text, "h"));
    CHECK_STR(judged(SEVERITY_WARNING),
              "error itemsize-equals-format-size: itemsize is 4, but format 'h' makes 2\n");
    write_row();
    EVERY(REQUEST_FORMAT, strcpy(reply->format_text, "T{h:a:h:a:}"));
    CHECK(only("warning", "names-unique"));
    write_row();
    EVERY(REQUEST_FORMAT, reply->format_cut = true);
    CHECK_STR(judged(SEVERITY_WARNING), "");
}

static void formats_are_for_the_python_in_use(void)
{
    const char *beyond_struct = "info format-parses: format 'F' is beyond the struct module";

    write_row();
    EVERY(REQUEST_FORMAT, strcpy(reply->format_text, "F"));
    transcript.python_version = 0x030d0000;
    CHECK(strstr(judged(SEVERITY_INFO), beyond_struct) != NULL);
    transcript.python_version = 0x030e0000;
    CHECK(strstr(judged(SEVERITY_INFO), beyond_struct) == NULL);
    CHECK(strstr(judged(SEVERITY_INFO), "format 'F' is beyond what memoryview can index") != NULL);
    EVERY(REQUEST_FORMAT, strcpy(reply->format_text, "Zf"));
    CHECK(strstr(judged(SEVERITY_INFO), "format 'Zf' is beyond the struct module") != NULL);
    transcript.python_version = 0x030f0000;
    CHECK(strstr(judged(SEVERITY_INFO), "format-parses") == NULL);
}

static void every_rule_is_documented(void)
{
    int i, k;

    for (i = 0; i < RULE_COUNT; i++) {
        CHECK(rules[i].id[0] != '\0' && rules[i].statement[0] != '\0' && rules[i].source[0] != '\0');
        for (k = 0; k < i; k++) {
            CHECK(strcmp(rules[i].id, rules[k].id) != 0);
        }
    }
}

static void sealed_transcripts_are_safe(void)
{
    struct findings findings;
    struct error error = ERROR_INIT;
    int i;

    write_row();
    memset(transcript.type, 'x', sizeof transcript.type);
    for (i = 0; i < REQUEST_COUNT; i++) {
        memset(transcript.sweeps[0][i].format_text, 'i', sizeof transcript.sweeps[0][i].format_text);
        memset(transcript.sweeps[0][i].exception.text, 'x', sizeof transcript.sweeps[0][i].exception.text);
    }
    transcript.crash_count = 1 << 30;
    transcript_seal(&transcript);
    CHECK_INT(transcript.crash_count, 0);
    CHECK(judge(&transcript, &findings, &error));
    findings_free(&findings);
}

int main(void)
{
    RUN(right_exporters_have_no_findings);
    RUN(one_never_asked_has_none_either);
    RUN(findings_say_where_and_what);
    RUN(what_is_returned);
    RUN(refusals);
    RUN(one_that_refuses_everything_alike_is_closed);
    RUN(what_can_be_met_is_granted);
    RUN(contiguity_without_strides_that_do_not_count);
    RUN(crashes_are_charged_to_what_was_tried);
    RUN(what_was_not_sent_is_said);
    RUN(fields_that_no_flag_controls);
    RUN(a_field_is_unfilled_when_both_poisons_stay);
    RUN(overflowing_products_are_seen);
    RUN(fields_that_flags_control);
    RUN(scalars_have_no_arrays);
    RUN(contiguity);
    RUN(both_contiguities_at_once_are_both_promised);
    RUN(answers_agree);
    RUN(the_same_format_can_be_written_otherwise);
    RUN(memory);
    RUN(formats);
    RUN(formats_are_for_the_python_in_use);
    RUN(every_rule_is_documented);
    RUN(sealed_transcripts_are_safe);
    return TEST_END();
}
