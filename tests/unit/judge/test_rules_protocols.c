#include "judge/rules.h"

#include "base/error.h"
#include "base/text.h"
#include "judge/compare.h"
#include "judge/transcript.h"
#include "protocol/telling.h"

#include "judge/transcripts.h"
#include "mirror.h"
#include "test.h"

/* What a right exporter tells of the memory of write_table. */
static struct told *tell(enum protocol protocol)
{
    struct told *told = &transcript.protocols.told[protocol];

    *told = (struct told){
        .outcome = OUTCOME_GRANTED,
        .version = "1.2",
        .device = "cpu",
        .is_local = true,
        .have_layout = true,
        .is_plain = true,
        .readonly = SAID_NO,
        .address = 0x10000,
        .len = 24,
        .itemsize = 4,
        .ndim = 2,
        .given = LAYOUT_SHAPE | LAYOUT_STRIDES | LAYOUT_FORMAT,
        .shape = {2, 3},
        .strides = {12, 4},
        .type = "int32",
        .format = "i",
        .readable = {0x8000, 0x20000},
        .writable = {0x8000, 0x20000},
    };
    return told;
}

static struct dlpack_answers *answer_all(void)
{
    struct dlpack_answers *dlpack = &transcript.protocols.dlpack;
    int i;

    for (i = 0; i < DLPACK_QUESTIONS; i++) {
        dlpack->answers[i].outcome = OUTCOME_GRANTED;
    }
    dlpack->has_device = dlpack->device_is_pair = true;
    strcpy(dlpack->device, "(1, 0)");
    strcpy(dlpack->device_name, "cpu");
    return dlpack;
}

static struct told *write_dlpack(void)
{
    write_table();
    transcript.has_buffer = true;
    answer_all();
    return tell(PROTOCOL_DLPACK);
}

static void refuse_with(struct dlpack_answer *answer, const char *type)
{
    *answer = (struct dlpack_answer){.outcome = OUTCOME_REFUSED,
                                     .exception = {.set = true, .buffer_error = strcmp(type, "BufferError") == 0}};
    strcpy(answer->exception.type, type);
    strcpy(answer->exception.text, "no");
}

static void right_ones_have_no_findings(void)
{
    write_dlpack();
    tell(PROTOCOL_ARRAY_INTERFACE);
    tell(PROTOCOL_ARRAY_STRUCT);
    tell(PROTOCOL_ARROW)->readonly = SAID_NOTHING;
    CHECK_STR(judged(SEVERITY_WARNING), "");
    transcript.has_buffer = false;
    memset(transcript.sweeps, 0, sizeof transcript.sweeps);
    CHECK_STR(judged(SEVERITY_WARNING), "");
}

static void faults_are_findings_of_their_rules(void)
{
    struct told *told;
    int kind;

    for (kind = 0; kind < FAULT_COUNT; kind++) {
        told = write_dlpack();
        told->fault_count = 1;
        told->faults[0] = (struct told_fault){.kind = kind, .sentence = "it is wrong"};
        CHECK(only("error", fault_rule((enum fault_kind)kind)));
        told->faults[0].is_warning = true;
        CHECK(only("warning", fault_rule((enum fault_kind)kind)));
    }
}

static void the_same_is_said_once(void)
{
    struct told *told = write_dlpack();

    told->fault_count = 1;
    told->faults[0] = (struct told_fault){.kind = FAULT_DLPACK_STRIDES, .is_warning = true, .sentence = "strides are NULL"};
    transcript.protocols.dlpack.plain = *told;
    CHECK(only("warning", "dlpack-strides"));
}

static void memory_must_be_there(void)
{
    struct told *told = write_dlpack();

    told->readable.high = told->writable.high = 0x10010;
    CHECK(only("error", "dlpack-tensor"));
    told = write_dlpack();
    told->writable.high = 0x10010;
    CHECK(only("error", "dlpack-tensor"));
    told->device[0] = '\0';
    strcpy(told->device, "cuda:0");
    strcpy(transcript.protocols.dlpack.device_name, "cuda:0");
    told->is_local = false; /* whose memory is not looked at */
    CHECK_STR(judged(SEVERITY_WARNING), "");
    told = write_dlpack();
    told->shape[0] = told->shape[1] = INT64_C(1) << 40;
    CHECK(strstr(judged(SEVERITY_WARNING), "error dlpack-tensor: dlpack: ") != NULL);
}

static void devices(void)
{
    struct dlpack_answers *dlpack = &transcript.protocols.dlpack;

    write_dlpack();
    strcpy(dlpack->device_name, "cuda:0");
    CHECK(only("error", "dlpack-device"));
    write_dlpack();
    dlpack->device_is_pair = false;
    CHECK(only("error", "dlpack-device"));
    dlpack->device_has_no_id = true;
    CHECK(only("warning", "dlpack-device"));
    write_dlpack();
    refuse_with(&dlpack->answers[DLPACK_ASK_DEVICE], "ValueError");
    CHECK(only("error", "dlpack-device"));
    transcript.protocols.told[PROTOCOL_DLPACK].outcome = OUTCOME_REFUSED; /* there is none that it could tell of */
    CHECK_STR(judged(SEVERITY_WARNING), "");
    dlpack->has_device = false;
    CHECK(only("error", "dlpack-device"));
}

static void keywords_and_refusals(void)
{
    struct dlpack_answer *answers = transcript.protocols.dlpack.answers;

    write_dlpack();
    refuse_with(&answers[DLPACK_ASK_MAX_VERSION], "TypeError");
    refuse_with(&answers[DLPACK_ASK_COPY_NEVER], "TypeError");
    refuse_with(&answers[DLPACK_ASK_COPY], "NotImplementedError");
    CHECK_STR(judged(SEVERITY_WARNING), "warning dlpack-keywords: not taken: max_version, copy (TypeError: no)\n");
    write_dlpack();
    refuse_with(&answers[DLPACK_ASK_COPY_NEVER], "BufferError");
    refuse_with(&answers[DLPACK_ASK_PLAIN], "BufferError");
    CHECK_STR(judged(SEVERITY_WARNING), "");
    refuse_with(&answers[DLPACK_ASK_COPY_NEVER], "ValueError");
    CHECK_STR(judged(SEVERITY_WARNING), "warning dlpack-refusal: copy=False is refused with ValueError: no\n");
    refuse_with(&answers[DLPACK_ASK_PLAIN], "TypeError");
    CHECK_STR(judged(SEVERITY_WARNING), "warning dlpack-refusal: __dlpack__() is refused with TypeError: no\n");
}

static void readonly_memory(void)
{
    struct told *told = write_dlpack();
    struct told *plain = &transcript.protocols.dlpack.plain;

    told->is_legacy = true;
    told->readonly = SAID_NOTHING;
    CHECK_STR(judged(SEVERITY_WARNING), "");
    tell(PROTOCOL_ARRAY_INTERFACE)->readonly = SAID_YES;
    EVERY(0, reply->readonly = 1);
    CHECK(strstr(judged(SEVERITY_WARNING), "warning dlpack-readonly: max_version=(1, 3)") != NULL);

    told = write_dlpack(); /* what no version is asked for is what loses it */
    EVERY(0, reply->outcome = OUTCOME_NOT_SENT);
    *plain = *told;
    plain->is_legacy = true;
    plain->readonly = SAID_NOTHING;
    told->readonly = SAID_YES;
    CHECK(strstr(judged(SEVERITY_WARNING), "warning dlpack-readonly: __dlpack__()") != NULL);
    plain->is_copy = true;
    CHECK(strstr(judged(SEVERITY_WARNING), "dlpack-readonly") == NULL);
    plain->is_copy = false; /* what makes no sense is not looked up in memory */
    plain->shape[0] = plain->shape[1] = plain->strides[0] = INT64_MAX;
    plain->address = UINT64_MAX;
    CHECK(strstr(judged(SEVERITY_WARNING), "dlpack-readonly") == NULL);
}

static void copies(void)
{
    struct told *told = write_dlpack();
    struct told *copy = &transcript.protocols.dlpack.copy;

    *copy = *told;
    CHECK(only("error", "dlpack-copy"));
    copy->address = 0x18000;
    CHECK_STR(judged(SEVERITY_WARNING), "");
    copy->is_unmarked = true;
    CHECK(only("warning", "dlpack-copy"));
    told = write_dlpack();
    told->is_copy = true;
    told->address = 0x18000; /* where the buffer is not */
    told->readonly = SAID_YES;
    CHECK_STR(judged(SEVERITY_WARNING), "");
    told->is_unmarked = true;
    CHECK(only("warning", "dlpack-copy"));
}

static void capsules(void)
{
    struct exchange *exchange = &transcript.protocols.exchanges[PROTOCOL_DLPACK];
    int i;

    write_dlpack();
    exchange->same_capsule = true;
    CHECK(only("error", "dlpack-independent"));
    write_dlpack();
    exchange->same_structure = true;
    CHECK(only("error", "dlpack-independent"));
    write_dlpack();
    exchange->changed_by_end = true;
    CHECK(only("error", "dlpack-independent"));
    write_dlpack();
    exchange->changed_by_owner = true;
    CHECK(only("error", "dlpack-keeps-alive"));
    exchange->restless = true;
    CHECK_STR(judged(SEVERITY_WARNING), "");
    write_dlpack();
    exchange->ended_twice = true;
    CHECK(only("error", "dlpack-deleter"));
    write_dlpack();
    exchange->consumed = (struct losses){.measured = true, .repeats = 32};
    for (i = 0; i < TRANSCRIPT_CYCLES; i++) {
        exchange->consumed.bytes[i] = 32 * 64;
    }
    CHECK_STR(judged(SEVERITY_WARNING), "error dlpack-no-leak: dlpack: each capsule that is consumed and given back "
                                        "leaves behind: 64 bytes that malloc gave out\n");
    write_table();
    tell(PROTOCOL_ARROW);
    transcript.protocols.exchanges[PROTOCOL_ARROW].unmarked = true;
    CHECK(only("error", "arrow-release"));
}

static void crash_in(enum step step, int item, enum phase phase)
{
    write_dlpack();
    transcript.crash_count = 1;
    transcript.crashes[0] =
        (struct crash){.kind = CRASH_SIGNAL, .number = 11, .step = step, .item = item, .phase = phase, .request = -1};
}

static void crashes_are_charged_to_what_was_done(void)
{
    crash_in(STEP_TELL, PROTOCOL_ARROW, PHASE_REQUEST);
    CHECK_STR(judged(SEVERITY_WARNING), "error arrow-no-crash: SIGSEGV when asked for __arrow_c_array__\n");
    crash_in(STEP_TELL, PROTOCOL_ARRAY_STRUCT, PHASE_REQUEST);
    CHECK(only("error", "array-interface-no-crash"));
    crash_in(STEP_ASK, DLPACK_ASK_COPY, PHASE_REQUEST);
    CHECK_STR(judged(SEVERITY_WARNING), "error dlpack-no-crash: SIGSEGV when asked for copy=True\n");
    crash_in(STEP_DLPACK, EXCHANGE_CONSUME, PHASE_RELEASE);
    CHECK(only("error", "dlpack-deleter"));
    crash_in(STEP_DLPACK, EXCHANGE_CONSUME, PHASE_OTHER);
    CHECK(only("error", "dlpack-no-crash"));
    crash_in(STEP_DLPACK, EXCHANGE_OUTLIVE, PHASE_READ);
    CHECK(only("error", "dlpack-keeps-alive"));
    crash_in(STEP_ARROW, EXCHANGE_CONSUMED, PHASE_RELEASE);
    CHECK(only("error", "arrow-release"));
    crash_in(STEP_STRUCT, EXCHANGE_OUTLIVE, PHASE_READ);
    CHECK(only("error", "array-interface-keeps-alive"));
}

/* A fork has one thread: what it waits for may be the work of another. */
static void a_wait_for_a_thread_that_is_not_there_is_no_error(void)
{
    crash_in(STEP_ASK, DLPACK_ASK_COPY, PHASE_REQUEST);
    transcript.crashes[0].kind = CRASH_TIMEOUT;
    CHECK(only("error", "dlpack-no-crash"));
    transcript.crashes[0].lacks_threads = true;
    CHECK_STR(judged(SEVERITY_WARNING), "");
    CHECK(strstr(judged(SEVERITY_INFO), "info dlpack-no-crash: no answer within 2 s when asked for copy=True: it waits") != NULL);
}

static void all_must_tell_the_same(void)
{
    write_dlpack();
    tell(PROTOCOL_ARRAY_INTERFACE)->address = 0x10004;
    CHECK_STR(judged(SEVERITY_WARNING),
              "error protocols-agree: data differs: buffer, dlpack: 0x10000; array_interface: 0x10004\n");
    tell(PROTOCOL_ARRAY_INTERFACE)->strides[0] = 4;
    CHECK_STR(judged(SEVERITY_WARNING),
              "error protocols-agree: strides differs: buffer, dlpack: (12, 4); array_interface: (4, 4)\n");
    strcpy(tell(PROTOCOL_ARRAY_INTERFACE)->format, mirror(">i"));
    CHECK(only("error", "protocols-agree"));
    tell(PROTOCOL_ARRAY_INTERFACE)->readonly = SAID_YES;
    CHECK_STR(judged(SEVERITY_WARNING),
              "warning protocols-agree: readonly differs: buffer, dlpack: false; array_interface: true\n");
    tell(PROTOCOL_ARRAY_INTERFACE)->have_layout = false; /* who tells nothing contradicts nobody */
    CHECK_STR(judged(SEVERITY_WARNING), "");
}

static void the_first_that_tells_is_the_measure(void)
{
    struct sides sides;

    write_dlpack();
    tell(PROTOCOL_ARRAY_INTERFACE)->shape[0] = 1;
    tell(PROTOCOL_ARROW)->outcome = OUTCOME_REFUSED;
    sides_of(&sides, &transcript);
    CHECK_INT(sides.count, 4);
    CHECK_INT(sides.items[0].telling.protocol, PROTOCOL_BUFFER);
    CHECK_INT(sides.items[1].differs, DIFFERENCE_SHAPE);
    CHECK_INT(sides.items[2].differs, 0);
    CHECK_INT(sides.items[3].telling.have_layout, false);
    sides_free(&sides);
}

static void nonsense_is_sealed(void)
{
    struct sides sides;
    int i;

    write_table();
    memset(&transcript.protocols, 0xff, sizeof transcript.protocols);
    transcript_seal(&transcript);
    judged(SEVERITY_INFO);
    memset(&transcript.protocols, 0x55, sizeof transcript.protocols);
    transcript_seal(&transcript);
    judged(SEVERITY_INFO);
    for (i = 0; i < PROTOCOL_COUNT; i++) {
        memset(&transcript.protocols.told[i], 0x01, sizeof transcript.protocols.told[i]);
        transcript.protocols.told[i].outcome = OUTCOME_GRANTED;
        transcript.protocols.told[i].ndim = 64;
        transcript.protocols.told[i].fault_count = 1000;
    }
    transcript_seal(&transcript);
    sides_of(&sides, &transcript);
    sides_free(&sides);
    judged(SEVERITY_INFO);
}

int main(void)
{
    RUN(right_ones_have_no_findings);
    RUN(faults_are_findings_of_their_rules);
    RUN(the_same_is_said_once);
    RUN(memory_must_be_there);
    RUN(devices);
    RUN(keywords_and_refusals);
    RUN(readonly_memory);
    RUN(copies);
    RUN(capsules);
    RUN(crashes_are_charged_to_what_was_done);
    RUN(a_wait_for_a_thread_that_is_not_there_is_no_error);
    RUN(all_must_tell_the_same);
    RUN(the_first_that_tells_is_the_measure);
    RUN(nonsense_is_sealed);
    return TEST_END();
}
