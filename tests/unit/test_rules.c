#include "judge/rules.h"

#include "base/error.h"
#include "base/text.h"
#include "judge/transcript.h"

#include "test.h"

/* --- transcripts written by hand --- */

static struct transcript transcript;

static int place(int flags)
{
    return request_find(flags);
}

static struct reply *reply_to(int flags)
{
    return &transcript.sweeps[0][place(flags)];
}

static void fill_numbers(struct numbers *numbers, bool given, const int64_t *values, int count)
{
    *numbers =
        (struct numbers){.pointer = {given ? 0x2000 : 0, given ? POINTER_READ : POINTER_NULL, PLACE_OTHER}};
    if (given) {
        memcpy(numbers->values, values, (size_t)count * sizeof values[0]);
    }
}

/* What a right exporter of writable native ints answers to one request. */
static void grant(struct reply *reply, int flags, int ndim, const int64_t *shape, const int64_t *strides)
{
    int64_t count = 1;
    int d;

    for (d = 0; d < ndim; d++) {
        count *= shape[d];
    }
    *reply = (struct reply){
        .outcome = OUTCOME_GRANTED,
        .obj = REPLY_OBJ_EXPORTER,
        .buf = {0x10000, POINTER_READ, PLACE_OTHER},
        .len = 4 * count,
        .itemsize = 4,
        .ndim = ndim,
        .readable = {0x8000, 0x20000},
        .writable = {0x8000, 0x20000},
    };
    if (flags & REQUEST_FORMAT) {
        reply->format = (struct pointer){0x3000, POINTER_READ, PLACE_OTHER};
        strcpy(reply->format_text, "i");
    }
    fill_numbers(&reply->shape, request_asks(flags, REQUEST_ND) && ndim > 0, shape, ndim);
    fill_numbers(&reply->strides, request_asks(flags, REQUEST_STRIDES) && ndim > 0, strides, ndim);
}

static void refuse(struct reply *reply)
{
    *reply = (struct reply){.outcome = OUTCOME_REFUSED,
                            .returned = -1,
                            .exception = {.set = true, .buffer_error = true, .type = "BufferError"}};
}

static void write_slope(struct slope *slope, int64_t get, int64_t release)
{
    int i;

    slope->measured = true;
    for (i = 0; i < TRANSCRIPT_CYCLES; i++) {
        slope->get[i] = get;
        slope->release[i] = release;
    }
}

/* All that is recorded of one request, granted or refused alike in every step. */
static void write_request(int request, bool granted, int ndim, const int64_t *shape, const int64_t *strides)
{
    struct references *references = &transcript.references[request];
    int sweep;

    for (sweep = 0; sweep < 2; sweep++) {
        if (granted) {
            grant(&transcript.sweeps[sweep][request], requests[request].flags, ndim, shape, strides);
        } else {
            refuse(&transcript.sweeps[sweep][request]);
        }
    }
    write_slope(&references->exporter, granted, -(int64_t)granted);
    if (granted) {
        references->obj = references->exporter;
        transcript.holds[request] = (struct hold){.outcome = OUTCOME_GRANTED, .buf = 0x10000};
        transcript.copies[request] =
            (struct copied_release){.outcome = OUTCOME_GRANTED, .after = OUTCOME_GRANTED};
        write_slope(&transcript.copies[request].exporter, 0, 0);
    }
}

/* A table of 2 by 3 ints in C order: F requests are refused. */
static void write_table(void)
{
    static const int64_t shape[] = {2, 3}, strides[] = {12, 4};
    int i;

    memset(&transcript, 0, sizeof transcript);
    transcript.timeout = 2;
    strcpy(transcript.type, "m.T");
    for (i = 0; i < REQUEST_COUNT; i++) {
        write_request(i, !request_asks(requests[i].flags, REQUEST_F_CONTIGUOUS), 2, shape, strides);
    }
    transcript.drop.outcome = OUTCOME_GRANTED;
}

/* Six ints in a row: everything is granted. */
static void write_row(void)
{
    static const int64_t shape[] = {6}, strides[] = {4};
    int i;

    write_table();
    for (i = 0; i < REQUEST_COUNT; i++) {
        write_request(i, true, 1, shape, strides);
    }
}

/* Every second of twelve ints: what needs contiguity is refused. */
static void write_strided(void)
{
    static const int64_t shape[] = {6}, strides[] = {8};
    int i;

    write_table();
    for (i = 0; i < REQUEST_COUNT; i++) {
        int flags = requests[i].flags;

        write_request(i, request_asks(flags, REQUEST_STRIDES) && !(flags & 0xe0), 1, shape, strides);
    }
}

/* --- what is found --- */

/* "error RULE: detail\n" for each finding of that severity or worse. */
static const char *judged(enum severity least)
{
    static struct text text;
    struct error error = ERROR_INIT;
    struct findings findings;
    size_t i;

    text_clear(&text);
    CHECK(judge(&transcript, &findings, &error));
    for (i = 0; i < findings.count; i++) {
        const struct finding *item = &findings.items[i];

        if (item->severity <= least) {
            text_printf(&text, "%s %s: %s\n", severity_name(item->severity), rules[item->rule].id,
                        item->detail);
        }
    }
    findings_free(&findings);
    return text_string(&text);
}

static bool only(const char *severity, const char *rule)
{
    const char *text = judged(SEVERITY_WARNING);
    char start[128];
    bool ok;

    snprintf(start, sizeof start, "%s %s: ", severity, rule);
    ok = strncmp(text, start, strlen(start)) == 0 && strchr(text, '\n') == text + strlen(text) - 1;
    if (!ok) {
        printf("# expected %s alone, found:\n# %s\n", rule, text);
    }
    return ok;
}

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

/* Change both sweeps' answers to every request that asks for `flags`. */
#define EVERY(flags_, statement)                                                                             \
    do {                                                                                                     \
        int i_, s_;                                                                                          \
        for (i_ = 0; i_ < 2 * REQUEST_COUNT; i_++) {                                                         \
            struct reply *reply = &transcript.sweeps[i_ % 2][i_ / 2];                                        \
            s_ = requests[i_ / 2].flags;                                                                     \
            if (reply->outcome == OUTCOME_GRANTED && request_asks(s_, flags_)) {                             \
                statement;                                                                                   \
            }                                                                                                \
        }                                                                                                    \
    } while (0)

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

static void crashes_are_charged_to_what_was_tried(void)
{
    int nd = place(REQUEST_ND);

    write_row();
    transcript.sweeps[0][nd].outcome = transcript.sweeps[1][nd].outcome = OUTCOME_CRASHED;
    transcript.crash_count = 1;
    transcript.crashes[0] = (struct crash){CRASH_SIGNAL, 11, STEP_SWEEP, PHASE_REQUEST, nd};
    CHECK_STR(judged(SEVERITY_WARNING), "error no-crash: SIGSEGV in the request, in 1 of 36 requests (ND)\n");
    transcript.crashes[0].kind = CRASH_TIMEOUT;
    CHECK_STR(judged(SEVERITY_WARNING),
              "error no-crash: no answer within 2 s in the request, in 1 of 36 requests (ND)\n");
    transcript.crashes[0] = (struct crash){CRASH_EXIT, 0, STEP_AGAIN, PHASE_RELEASE, nd};
    CHECK_STR(judged(SEVERITY_WARNING),
              "error no-crash: exit(0) in the release after the request, in 1 of 36 requests (ND)\n");
    transcript.crashes[0] = (struct crash){CRASH_SIGNAL, 6, STEP_COPY, PHASE_RELEASE, nd};
    CHECK(only("error", "release-accepts-copy"));
    transcript.crashes[0] = (struct crash){CRASH_SIGNAL, 6, STEP_HOLD, PHASE_RELEASE, nd};
    CHECK(only("error", "concurrent-views-independent"));
    transcript.crashes[0] = (struct crash){CRASH_SIGNAL, 6, STEP_DROP, PHASE_READ, -1};
    CHECK(only("error", "exporter-kept-alive"));
    transcript.crashes[0] = (struct crash){CRASH_SIGNAL, 6, STEP_STRESS, PHASE_OTHER, -1};
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
    CHECK(only("error", "f-contiguous-honoured"));
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
    *held = (struct mutation){true, {.set = false}, 0x10000, 0x50000, 24, 96, OUTCOME_GRANTED, 0};
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
    *untouched = (struct mutation){true, {.set = false}, 0x10000, 0x10000, 24, 24, OUTCOME_GRANTED, 0};
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
    RUN(what_is_pointed_to_stays);
    RUN(references_change_steadily);
    RUN(releases);
    RUN(resizing);
    RUN(mutations_that_change_nothing);
    RUN(repetition);
    RUN(what_release_buffer_raises);
    RUN(threads);
    RUN(every_rule_is_documented);
    RUN(sealed_transcripts_are_safe);
    return TEST_END();
}
