#include "trial/rules.h"

#include "base/error.h"
#include "base/text.h"
#include "trial/battery.h"
#include "trial/fault.h"

#include "mirror.h"
#include "test.h"

#include <signal.h>
#include <stdlib.h>

static struct trial trial;
static struct battery battery;

/* A consumer that takes all, does nothing, and returns what a copy gives. */
static void write_right(void)
{
    struct error error = ERROR_INIT;

    memset(&trial, 0, sizeof trial);
    trial.timeout = 2;
    battery_end(&battery);
    CHECK(battery_begin(&battery, NULL, false, 0, NULL, &error));
    while (battery_next(&battery, &trial, &trial.calls[trial.call_count].buffer)) {
        struct call *call = &trial.calls[trial.call_count++];
        bool refuses = call->buffer.refusal != REFUSES_WHAT_IT_MUST;

        call->outcome = refuses ? CALL_RAISED : CALL_RETURNED;
        if (call->buffer.guise == GUISE_OWN) {
            call->request_count = 1;
            call->requests[0].flags = REQUEST_FULL_RO;
            call->requests[0].outcome = refuses ? OUTCOME_REFUSED : OUTCOME_GRANTED;
            call->granted = call->releases = !refuses;
        }
        call->evaluated = ~0u;
        call->leaf_count = !refuses;
        call->leaves[0] = (struct leaf){.comparable = true, .stable = true, .dependent = true};
        call->leaves[0].equal = 1u << REFERENCE_COPY | 1u << REFERENCE_AGAIN | 1u << REFERENCE_FLAT;
    }
}

static struct call *call_with(enum arrangement arrangement, int ndim, const char *format)
{
    int i;

    for (i = 0; i < trial.call_count; i++) {
        const struct buffer *buffer = &trial.calls[i].buffer;

        if (buffer->plan.arrangement == arrangement && buffer->plan.ndim == ndim && buffer->guise == GUISE_OWN &&
            buffer->plan.count != 0 && strcmp(buffer->plan.format, format) == 0) {
            return &trial.calls[i];
        }
    }
    CHECK(false);
    return &trial.calls[0];
}

/* The rules that are broken: "error consumer-releases\n", to a severity. */
static const char *judged(enum severity least)
{
    static struct text text = TEXT_INIT;
    struct error error = ERROR_INIT;
    struct findings findings;
    size_t i;

    trial_seal(&trial);
    text_clear(&text);
    CHECK(trial_judge(&trial, &findings, &error));
    for (i = 0; i < findings.count; i++) {
        if (findings.items[i].severity <= least) {
            text_printf(&text, "%s %s\n", severity_name(findings.items[i].severity),
                        trial_rules[findings.items[i].rule].id);
        }
    }
    findings_free(&findings);
    return text_string(&text);
}

static void the_right_and_the_untried_have_no_findings(void)
{
    memset(&trial, 0, sizeof trial);
    CHECK_STR(judged(SEVERITY_INFO), "");
    write_right();
    CHECK_STR(judged(SEVERITY_INFO), "");
}

/* --- faults --- */

enum { LOW = 0x10000, HIGH = 0x10030, PAGE = 0x1000 };

static void crash_at(struct call *call, uint64_t address)
{
    call->outcome = CALL_CRASHED;
    call->crash = (struct crash){.kind = CRASH_SIGNAL, .number = SIGSEGV};
    call->fault = (struct fault){.seen = true, .address = address, .write_known = true};
}

static void add_region(struct call *call, enum region_kind kind, enum region_state state)
{
    struct region *region = &call->regions[call->region_count++];

    *region = (struct region){.kind = kind, .state = state, .request = -1, .low = LOW, .high = HIGH};
    region->guard_low = LOW - PAGE;
    region->guard_high = HIGH + PAGE;
}

static const char *explained(struct call *call, enum fault_kind kind)
{
    static struct text text = TEXT_INIT;

    text_clear(&text);
    CHECK_INT(fault_explain(call, &text), kind);
    return text_string(&text);
}

static void faults_are_explained(void)
{
    struct call *call;

    write_right();
    call = call_with(ARRANGED_STEP_FIRST, 1, "i");
    add_region(call, REGION_ITEMS, REGION_OPEN);
    crash_at(call, HIGH);
    CHECK_STR(explained(call, FAULT_OUTSIDE), "read right past the end of the items");
    crash_at(call, HIGH + 8);
    CHECK_STR(explained(call, FAULT_OUTSIDE), "read 8 bytes past the end of the items");
    crash_at(call, LOW - 4);
    CHECK_STR(explained(call, FAULT_OUTSIDE), "read 4 bytes before the beginning of the items");
    call->regions[0].state = REGION_READONLY;
    crash_at(call, LOW);
    CHECK_STR(explained(call, FAULT_READONLY), "write at byte 0 of the items, which are read-only");
    crash_at(call, LOW + 5);
    CHECK_STR(explained(call, FAULT_READONLY), "write at byte 5 of the items, in a gap, which are read-only");
    call->regions[0].state = REGION_CLOSED;
    crash_at(call, LOW + 4);
    CHECK_STR(explained(call, FAULT_RELEASED), "read at byte 4 of the items, which are released");
    call->regions[0].page_low = LOW - 0x10;
    call->regions[0].page_high = HIGH;
    crash_at(call, LOW - 0x10);
    CHECK_STR(explained(call, FAULT_RELEASED), "read 16 bytes before the beginning of the items, which are released");
    call->regions[0].state = REGION_OPEN;
    CHECK_STR(explained(call, FAULT_OUTSIDE), "read 16 bytes before the beginning of the items");
    call->regions[0].page_low = call->regions[0].page_high = 0;
    call->regions[0].state = REGION_CLOSED;
    crash_at(call, HIGH + 2 * PAGE);
    CHECK_STR(explained(call, FAULT_ELSEWHERE), "read at 0x12030, which is no memory of the buffer's");
    call->regions[0].kind = REGION_SHAPE;
    crash_at(call, HIGH);
    CHECK_STR(explained(call, FAULT_ARRAYS), "read right past the end of shape");
    call->regions[0].kind = REGION_OTHER;
    crash_at(call, LOW);
    CHECK_STR(explained(call, FAULT_RELEASED), "read at byte 0 of the items of another buffer, which are released");
    call->regions[0].kind = REGION_OTHER_VIEW;
    CHECK_STR(explained(call, FAULT_RELEASED), "read at byte 0 of a view of another buffer, which is released");
    call->regions[0].kind = REGION_REFUSED;
    CHECK_STR(explained(call, FAULT_REFUSED), "read through a pointer of a view that was refused");
    crash_at(call, 0);
    CHECK_STR(explained(call, FAULT_NULL_SUB), "read at NULL, as suboffsets are where none is needed");
    call->requests[0].flags = REQUEST_SIMPLE;
    CHECK_STR(explained(call, FAULT_NULL),
              "read at NULL after SIMPLE, which leaves NULL: shape, strides, suboffsets, format");
    call->requests[0].outcome = OUTCOME_REFUSED;
    CHECK_STR(explained(call, FAULT_REFUSED), "read at NULL after a request that was refused");
    call->crash.kind = CRASH_EXIT;
    CHECK_STR(explained(call, FAULT_NONE), "");
}

static void faults_break_their_rules(void)
{
    static const struct {
        enum region_kind kind;
        enum region_state state;
        uint64_t address;
        const char *findings;
    } cases[] = {
        {REGION_ITEMS, REGION_CLOSED, LOW, "error consumer-uses-no-released-memory\n"},
        {REGION_ITEMS, REGION_READONLY, LOW, "error consumer-respects-readonly\n"},
        {REGION_FORMAT, REGION_READONLY, LOW, "error consumer-leaves-view-alone\n"},
        {REGION_STRIDES, REGION_READONLY, HIGH, "error consumer-follows-shape\n"},
        {REGION_OTHER, REGION_CLOSED, LOW, "error consumer-uses-no-released-memory\n"},
        {REGION_OTHER, REGION_OPEN, HIGH, "error consumer-no-crash\n"},
        {REGION_OTHER_VIEW, REGION_CLOSED, LOW, "error consumer-uses-no-released-memory\n"},
        {REGION_REFUSED, REGION_CLOSED, LOW, "error consumer-passes-on-refusal\n"},
        {REGION_ITEMS, REGION_OPEN, UINT64_C(1) << 40, "error consumer-no-crash\n"},
    };
    size_t i;

    for (i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct call *call;

        write_right();
        call = call_with(ARRANGED_C, 1, "i");
        add_region(call, cases[i].kind, cases[i].state);
        crash_at(call, cases[i].address);
        CHECK_STR(judged(SEVERITY_INFO), cases[i].findings);
    }
}

/* Who is to blame is told by what goes well. */
static void bytes_outside_are_charged_to_the_least_that_fails(void)
{
    struct call *call;
    int i;

    write_right();
    call = call_with(ARRANGED_REVERSED_FIRST, 1, "i");
    add_region(call, REGION_ITEMS, REGION_OPEN);
    crash_at(call, HIGH);
    CHECK_STR(judged(SEVERITY_INFO), "error consumer-follows-strides\n");
    call = call_with(ARRANGED_C, 1, "i");
    add_region(call, REGION_ITEMS, REGION_OPEN);
    crash_at(call, HIGH);
    CHECK_STR(judged(SEVERITY_INFO), "error consumer-follows-format\n");
    for (i = 0; i < trial.call_count; i++) {
        if (trial.calls[i].region_count == 0) {
            add_region(&trial.calls[i], REGION_ITEMS, REGION_OPEN);
            crash_at(&trial.calls[i], HIGH);
        }
    }
    CHECK_STR(judged(SEVERITY_INFO), "error consumer-keeps-to-items\n");
    write_right();
    call_with(ARRANGED_C, 2, "i")->damaged = true;
    CHECK_STR(judged(SEVERITY_INFO), "error consumer-follows-shape\n");
    call_with(ARRANGED_INDIRECT_AFTER, 2, "i")->damaged = true;
    CHECK_STR(judged(SEVERITY_INFO), "error consumer-follows-shape\n");
    call_with(ARRANGED_C, 2, "i")->damaged = false;
    CHECK_STR(judged(SEVERITY_INFO), "error consumer-follows-suboffsets\n");
}

/* --- results --- */

static void results_are_compared(void)
{
    struct leaf *leaf;

    write_right();
    leaf = &call_with(ARRANGED_STEP_FIRST, 1, "i")->leaves[0];
    leaf->equal = 0;
    CHECK_STR(judged(SEVERITY_INFO), "error consumer-follows-strides\n");
    leaf->equal = 1u << REFERENCE_BYTES;
    CHECK_STR(judged(SEVERITY_INFO), "");
    leaf->equal = 0;
    leaf->dependent = false;
    CHECK_STR(judged(SEVERITY_INFO), "");
    leaf->dependent = true;
    leaf->stable = false;
    CHECK_STR(judged(SEVERITY_INFO), "info consumer-follows-strides\n");
    leaf->stable = true;
    leaf->comparable = false;
    CHECK_STR(judged(SEVERITY_INFO), "");
    leaf->comparable = true;
    leaf->kind = LEAF_TEXT;
    CHECK_STR(judged(SEVERITY_INFO), "");
    leaf->equal = 1u << REFERENCE_MEMORY;
    CHECK_STR(judged(SEVERITY_INFO), "error consumer-follows-strides\n");

    write_right();
    leaf = &call_with(ARRANGED_F, 2, "i")->leaves[0];
    leaf->kind = LEAF_BYTES;
    leaf->equal = 1u << REFERENCE_MEMORY;
    CHECK_STR(judged(SEVERITY_WARNING), "");
    CHECK_STR(judged(SEVERITY_INFO), "info consumer-follows-strides\n");
    leaf->kind = LEAF_VALUE;
    CHECK_STR(judged(SEVERITY_INFO), "error consumer-follows-strides\n");

    write_right();
    call_with(ARRANGED_C, 2, "i")->leaves[0].equal = 1u << REFERENCE_COPY | 1u << REFERENCE_FIRST;
    CHECK_STR(judged(SEVERITY_INFO), "error consumer-follows-shape\n");
    write_right();
    call_with(ARRANGED_C, 1, mirror(">i"))->leaves[0].equal = 1u << REFERENCE_SAME_BYTES;
    CHECK_STR(judged(SEVERITY_INFO), "error consumer-follows-format\n");
    call_with(ARRANGED_C, 1, mirror(">i"))->requests[0].flags = REQUEST_STRIDES;
    CHECK_STR(judged(SEVERITY_INFO), "warning consumer-follows-format\n");
    call_with(ARRANGED_C, 1, mirror(">i"))->leaves[0].equal |= 1u << REFERENCE_LARGER;
    CHECK_STR(judged(SEVERITY_INFO), "");
    call_with(ARRANGED_C, 1, mirror(">i"))->leaves[0].equal = 1u << REFERENCE_SAME_BYTES | 1u << REFERENCE_BYTES;
    CHECK_STR(judged(SEVERITY_INFO), "");
}

/* --- requests --- */

static void a_result_of_chance_says_nothing_of_others(void)
{
    write_right();
    call_with(ARRANGED_STEP_FIRST, 1, "i")->leaves[0].equal = 0;
    call_with(ARRANGED_C, 2, "i")->leaves[0].equal = 1u << REFERENCE_COPY | 1u << REFERENCE_FIRST;
    call_with(ARRANGED_C, 1, mirror(">i"))->leaves[0].equal = 1u << REFERENCE_SAME_BYTES;
    CHECK_STR(judged(SEVERITY_INFO), "error consumer-follows-strides\n"
                                     "error consumer-follows-format\n"
                                     "error consumer-follows-shape\n");
    call_with(ARRANGED_C, 1, "B")->leaves[0].stable = false;
    CHECK_STR(judged(SEVERITY_INFO), "info consumer-follows-strides\n");
}

static void what_is_left_is_counted(void)
{
    struct call *call;

    write_right();
    call = call_with(ARRANGED_C, 1, "i");
    call->held = call->held_with_result = 1;
    call->repeated = true;
    memcpy(call->held_after, (int[]){1, 1, 1}, sizeof call->held_after);
    CHECK_STR(judged(SEVERITY_INFO), "info consumer-holds\n");
    memcpy(call->held_after, (int[]){2, 3, 4}, sizeof call->held_after);
    CHECK_STR(judged(SEVERITY_INFO), "error consumer-releases\n");
    call->outcome = CALL_RAISED;
    CHECK_STR(judged(SEVERITY_INFO), "error consumer-releases\n");
    write_right();
    call = call_with(ARRANGED_C, 1, "i");
    call->held_with_result = 2;
    CHECK_STR(judged(SEVERITY_INFO), "info consumer-holds\n");
    write_right();
    call = call_with(ARRANGED_C, 1, "i");
    call->repeated = true;
    call->references = -1;
    memcpy(call->references_after, (int64_t[]){-2, -3, -4}, sizeof call->references_after);
    CHECK_STR(judged(SEVERITY_INFO), "error consumer-balances-references\n");
    memcpy(call->references_after, (int64_t[]){-1, -1, -1}, sizeof call->references_after);
    CHECK_STR(judged(SEVERITY_INFO), "");
    call->wrong_releases = 1;
    CHECK_STR(judged(SEVERITY_INFO), "error consumer-releases-once\n");
    call->wrong_releases = 0;
    call->altered_releases = 1;
    CHECK_STR(judged(SEVERITY_INFO), "error consumer-leaves-view-alone\n");
}

static void who_holds_does_not_lose(void)
{
    struct call *call;

    write_right();
    call = call_with(ARRANGED_C, 1, "i");
    call->held = call->held_with_result = 2;
    call->repeated = call->searched = true;
    memcpy(call->held_after, (int[]){4, 6, 8}, sizeof call->held_after);
    CHECK_STR(judged(SEVERITY_INFO), "info consumer-holds\n");
    CHECK_INT(call_leaks(call), 0);
    call->lost = 1; /* a cache of C's, which the next call overwrites */
    CHECK_INT(call_leaks(call), 0);
    call->lost = 3; /* all but the first call */
    CHECK_INT(call_leaks(call), 1);
    call->lost = 4;
    CHECK_INT(call_leaks(call), 1);
    CHECK_STR(judged(SEVERITY_INFO), "error consumer-releases\ninfo consumer-holds\n");
    call->lost = 8;
    CHECK_INT(call_leaks(call), 2);
    call->lost = 1000;
    CHECK_INT(call_leaks(call), 2);
    call->lost = -1;
    trial_seal(&trial);
    CHECK_INT(call->lost, 0);

    write_right();
    call = call_with(ARRANGED_C, 1, "i");
    call->repeated = call->searched = true;
    call->references = 1;
    memcpy(call->references_after, (int64_t[]){2, 3, 4}, sizeof call->references_after);
    CHECK_STR(judged(SEVERITY_INFO), "info consumer-holds\n");
    call->lost_references = 4;
    CHECK_STR(judged(SEVERITY_INFO), "error consumer-balances-references\n");
    CHECK_INT(call_keeps_references(call), 1);
    call->lost_references = 0;
    call->references = -1;
    memcpy(call->references_after, (int64_t[]){-2, -3, -4}, sizeof call->references_after);
    CHECK_STR(judged(SEVERITY_INFO), "error consumer-balances-references\n"); /* who takes away holds nothing */
}

static void requests_are_judged(void)
{
    struct call *call;
    int i;

    write_right();
    call = call_with(ARRANGED_C, 1, "i");
    call->requests[0].flags = REQUEST_FORMAT;
    CHECK_STR(judged(SEVERITY_INFO), "warning consumer-asks-documented\n");
    call->requests[0].flags = 0x200;
    CHECK_STR(judged(SEVERITY_INFO), "warning consumer-asks-documented\n");
    call->requests[0].flags = REQUEST_ND | 0x400; /* a newer Python's */
    CHECK_STR(judged(SEVERITY_INFO), "info consumer-asks-documented\n");
    call->requests[0].flags = REQUEST_WRITABLE;
    for (i = 0; i < trial.call_count; i++) {
        if (trial.calls[i].buffer.plan.readonly) {
            trial.calls[i].outcome = CALL_RAISED;
        }
    }
    CHECK_STR(judged(SEVERITY_INFO), "info consumer-asks-for-no-more\n");
    trial.calls[3].written = true;
    CHECK_STR(judged(SEVERITY_INFO), "");
}

static void refusals_are_passed_on(void)
{
    struct call *call;

    write_right();
    call = &trial.calls[trial.call_count - 1];
    call->outcome = CALL_RETURNED;
    CHECK_STR(judged(SEVERITY_INFO), "error consumer-passes-on-refusal\n");
    call->looked_elsewhere = true;
    CHECK_STR(judged(SEVERITY_INFO), "");
    call->looked_elsewhere = false;
    call->result_keeps = true;
    CHECK_STR(judged(SEVERITY_INFO), "");
    call->outcome = CALL_RAISED;
    strcpy(call->exception.type, "SystemError");
    strcpy(call->exception.text, "<built-in function f> returned a result with an exception set");
    CHECK_STR(judged(SEVERITY_INFO), "error consumer-passes-on-refusal\n");
}

static void what_was_not_tried_is_said(void)
{
    write_right();
    trial.out_of_time = true;
    trial.calls[trial.call_count - 1].outcome = CALL_NOT_TRIED;
    CHECK_STR(judged(SEVERITY_INFO), "warning consumer-no-crash\n");
}

static void a_memoryview_is_no_news(void)
{
    int i;

    write_right();
    for (i = 0; i < trial.call_count; i++) {
        if (trial.calls[i].buffer.guise == GUISE_MEMORYVIEW) {
            trial.calls[i].outcome = CALL_CRASHED;
            trial.calls[i].crash = (struct crash){.kind = CRASH_SIGNAL, .number = SIGABRT};
        }
    }
    CHECK_STR(judged(SEVERITY_INFO), "error consumer-no-crash\n");
    for (i = 0; i < trial.call_count; i++) {
        if (trial.calls[i].buffer.guise == GUISE_OWN) {
            trial.calls[i].wrong_releases = 1;
        }
    }
    CHECK_STR(judged(SEVERITY_INFO), "error consumer-releases-once\n");
}

int main(void)
{
    RUN(the_right_and_the_untried_have_no_findings);
    RUN(faults_are_explained);
    RUN(faults_break_their_rules);
    RUN(bytes_outside_are_charged_to_the_least_that_fails);
    RUN(results_are_compared);
    RUN(a_result_of_chance_says_nothing_of_others);
    RUN(what_is_left_is_counted);
    RUN(who_holds_does_not_lose);
    RUN(requests_are_judged);
    RUN(refusals_are_passed_on);
    RUN(what_was_not_tried_is_said);
    RUN(a_memoryview_is_no_news);
    return TEST_END();
}
