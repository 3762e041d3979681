#include "trial/trial.h"

static int in_range(int value, int most)
{
    return value < 0 ? 0 : value > most ? most : value;
}

/* Differences of such numbers can be told. */
static void seal_number(int64_t *number)
{
    const int64_t most = INT64_C(1) << 40;

    *number = *number < -most ? -most : *number > most ? most : *number;
}

static void seal_counts(struct call *call)
{
    enum { MOST = 1 << 30 };
    int i;

    call->request_count = in_range(call->request_count, MOST);
    call->held_with_result = in_range(call->held_with_result, MOST);
    call->held = in_range(call->held, MOST);
    call->lost = in_range(call->lost, MOST);
    call->lost_references = call->lost_references < 0 ? 0 : call->lost_references;
    seal_number(&call->lost_references);
    seal_number(&call->references);
    seal_number(&call->damage);
    for (i = 0; i < CALL_REPEATS; i++) {
        call->held_after[i] = in_range(call->held_after[i], MOST);
        seal_number(&call->references_after[i]);
    }
}

static void seal_regions(struct call *call)
{
    int i;

    call->region_count = in_range(call->region_count, CALL_MAX_REGIONS);
    for (i = 0; i < call->region_count; i++) {
        struct region *region = &call->regions[i];

        SEAL_ENUM(region->kind, REGION_KINDS - 1);
        SEAL_ENUM(region->state, REGION_CLOSED);
        if (region->request < 0 || region->request >= CALL_MAX_REQUESTS) {
            region->request = -1;
        }
    }
}

static void seal_call(struct call *call)
{
    int i;

    SEAL_ENUM(call->outcome, CALL_CRASHED);
    SEAL_ENUM(call->phase, CALL_REPEATING);
    SEAL_ENUM(call->crash.kind, CRASH_TIMEOUT);
    SEAL_TEXT(call->exception.type);
    SEAL_TEXT(call->exception.text);
    SEAL_TEXT(call->result);
    SEAL_TEXT(call->keeper);
    seal_regions(call);
    seal_counts(call);
    for (i = 0; i < CALL_MAX_REQUESTS; i++) {
        SEAL_ENUM(call->requests[i].outcome, OUTCOME_CRASHED);
    }
    call->leaf_count = in_range(call->leaf_count, CALL_MAX_LEAVES);
    for (i = 0; i < call->leaf_count; i++) {
        SEAL_ENUM(call->leaves[i].kind, LEAF_ITEMS);
        SEAL_TEXT(call->leaves[i].text);
        SEAL_TEXT(call->leaves[i].expected);
    }
}

void trial_seal(struct trial *trial)
{
    int i;

    trial->call_count = in_range(trial->call_count, TRIAL_MAX_CALLS);
    for (i = 0; i < trial->call_count; i++) {
        seal_call(&trial->calls[i]);
    }
}

bool trial_all_refused(const struct trial *trial)
{
    int raised = 0;
    int i;

    for (i = 0; i < trial->call_count; i++) {
        enum call_outcome outcome = trial->calls[i].outcome;

        if (outcome != CALL_RAISED && outcome != CALL_NOT_TRIED) {
            return false;
        }
        raised += outcome == CALL_RAISED;
    }
    return raised > 0;
}

bool call_asks_for_format(const struct call *call)
{
    int kept = requests_kept(call);
    int i;

    for (i = 0; i < kept; i++) {
        if (request_asks(call->requests[i].flags, REQUEST_FORMAT)) {
            return true;
        }
    }
    return false;
}

bool trial_any_request(const struct trial *trial)
{
    int i;

    for (i = 0; i < trial->call_count; i++) {
        const struct call *call = &trial->calls[i];

        if (call->buffer.guise == GUISE_OWN && call->request_count > 0) {
            return true;
        }
    }
    return false;
}

bool trial_asks_nothing(const struct trial *trial)
{
    bool returned = false, kept = false;
    int i;

    for (i = 0; i < trial->call_count; i++) {
        const struct call *call = &trial->calls[i];

        returned = returned || (call->buffer.guise == GUISE_OWN && call->outcome == CALL_RETURNED);
        kept = kept || call_leaves_references(call) > 0;
    }
    return returned && !kept && !trial_any_request(trial);
}

/*
 * Of what each call leaves, `lost` of all calls' are kept by nobody: how many of one call's.  One that loses
 * something once (a cache in C) does not go on with it.
 */
static int64_t lost_of_each(const struct call *call, int64_t left, int64_t lost)
{
    int64_t each = lost / (CALL_REPEATS + 1);

    if (!call->searched || left <= 0) {
        return left;
    }
    each = each > 0 ? each : lost >= CALL_REPEATS;
    return each < left ? each : left;
}

int call_leaves(const struct call *call)
{
    int least = call->held_after[0] - call->held;
    int i;

    if (!call->repeated || call->outcome == CALL_CRASHED) {
        return 0;
    }
    for (i = 1; i < CALL_REPEATS; i++) {
        int more = call->held_after[i] - call->held_after[i - 1];

        least = more < least ? more : least;
    }
    return least > 0 ? least : 0;
}

int call_leaks(const struct call *call)
{
    return (int)lost_of_each(call, call_leaves(call), call->lost);
}

int64_t call_leaves_references(const struct call *call)
{
    int64_t first = call->references_after[0] - call->references;
    int i;

    if (!call->repeated || call->outcome == CALL_CRASHED) {
        return 0;
    }
    for (i = 1; i < CALL_REPEATS; i++) {
        if (call->references_after[i] - call->references_after[i - 1] != first) {
            return 0;
        }
    }
    return first;
}

int64_t call_keeps_references(const struct call *call)
{
    return lost_of_each(call, call_leaves_references(call), call->lost_references);
}

bool call_swallows_refusal(const struct call *call)
{
    return call->outcome == CALL_RETURNED && call->request_count > 0 && call->granted == 0 && !call->looked_elsewhere &&
           !call->result_keeps;
}
