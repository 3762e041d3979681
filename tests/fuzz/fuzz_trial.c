/*
 * Trials of consumers that do anything at all: judged without harm, findings in
 * order; and batteries narrowed to any format and shape.
 */
#include "base/error.h"
#include "base/text.h"
#include "trial/battery.h"
#include "trial/fault.h"
#include "trial/items.h"
#include "trial/rules.h"
#include "trial/words.h"

#include "fuzz.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

/* Small numbers mostly, the ends of the range at times. */
static int64_t number(struct input *input)
{
    static const int64_t odd[] = {INT64_MAX, INT64_MIN, INT32_MAX, INT32_MIN, -1, 65, 64, 4096};
    unsigned b = byte(input);

    return b < 0xc0 ? (int64_t)(b % 24) : b < 0xe0 ? -(int64_t)(b % 24) : odd[b % 8];
}

static void fill_region(struct input *input, struct region *region)
{
    region->kind = (enum region_kind)(byte(input) % (REGION_KINDS + 1));
    region->state = (enum region_state)(byte(input) % 4);
    region->request = (int)number(input);
    region->low = (uint64_t)number(input) * 64;
    region->high = region->low + (uint64_t)number(input);
    region->page_low = region->low - 32;
    region->page_high = region->high + 32;
    region->guard_low = region->low - 64;
    region->guard_high = region->high + 64;
}

static void fill_leaf(struct input *input, struct leaf *leaf)
{
    unsigned b = byte(input);

    leaf->kind = (enum leaf_kind)(b % 5);
    leaf->comparable = b & 8;
    leaf->stable = b & 16;
    leaf->dependent = b & 32;
    leaf->equal = byte(input) | byte(input) << 8;
    memset(leaf->text, 'x', sizeof leaf->text);
}

static void fill_call(struct input *input, struct call *call)
{
    unsigned b = byte(input);
    int i;

    call->outcome = (enum call_outcome)(b % 5);
    call->phase = (enum call_phase)(b / 8 % 8);
    if (byte(input) & 1) {
        return; /* nothing else happened */
    }
    call->crash.kind = (enum crash_kind)(byte(input) % 4);
    call->crash.number = (int)number(input);
    b = byte(input);
    call->fault.seen = b & 1;
    call->fault.write_known = b & 2;
    call->fault.write = b & 4;
    call->fault.address = (uint64_t)number(input) * (b & 8 ? 64 : 1);
    call->region_count = (int)number(input);
    for (i = 0; i < 3; i++) {
        fill_region(input, &call->regions[i]);
    }
    call->request_count = (int)number(input);
    for (i = 0; i < 2; i++) {
        call->requests[i].flags = (int)number(input);
        call->requests[i].outcome = (enum outcome)(byte(input) % 5);
    }
    call->granted = (int)number(input);
    call->wrong_releases = (int)number(input);
    call->refused_releases = (int)number(input);
    call->altered_releases = (int)number(input);
    call->held_with_result = (int)number(input);
    call->held = (int)number(input);
    call->references = number(input);
    b = byte(input);
    call->repeated = b & 1;
    call->looked_elsewhere = b & 2;
    call->written = b & 4;
    call->damaged = b & 8;
    call->damage = number(input);
    call->searched = b & 16;
    call->lost = (int)number(input);
    call->lost_references = number(input);
    memset(call->keeper, (int)byte(input), sizeof call->keeper);
    for (i = 0; i < CALL_REPEATS; i++) {
        call->held_after[i] = (int)number(input);
        call->references_after[i] = number(input);
    }
    call->evaluated = byte(input) | byte(input) << 8;
    call->leaf_count = (int)number(input);
    fill_leaf(input, &call->leaves[0]);
    fill_leaf(input, &call->leaves[1]);
}

static void judge_all(struct trial *trial)
{
    struct error error = ERROR_INIT;
    struct findings findings;
    size_t i;

    trial_seal(trial);
    require(trial_judge(trial, &findings, &error));
    for (i = 0; i < findings.count; i++) {
        require(findings.items[i].rule >= 0 && findings.items[i].rule < TRIAL_RULE_COUNT);
        require(i == 0 || findings.items[i - 1].severity <= findings.items[i].severity);
        require(findings.items[i].severity >= trial_rules[findings.items[i].rule].severity);
    }
    findings_free(&findings);
}

/* Items written into memory come back, and all references can be made or are refused. */
static void use_buffer(const struct buffer *buffer)
{
    size_t len = plan_len(&buffer->plan);
    unsigned char *items = calloc(2, len + 1), *block = malloc(buffer->plan.block + 1);
    struct text text = TEXT_INIT;
    int r;

    require(items != NULL && block != NULL);
    items_fill(&buffer->format->format, (size_t)buffer->plan.itemsize, buffer->plan.count, 0, items);
    plan_write(&buffer->plan, items, block);
    plan_read(&buffer->plan, block, items + len);
    require(buffer->plan.arrangement == ARRANGED_REPEATED || memcmp(items, items + len, len) == 0);
    for (r = 0; r < REFERENCE_COUNT; r++) {
        struct buffer to;
        unsigned char *to_items = NULL;

        if (battery_wants(buffer, (enum reference)r, r & 1) &&
            battery_reference(buffer, (enum reference)r, items, items, &to, &to_items)) {
            free(to_items);
        }
    }
    buffer_words(buffer, &text);
    buffer_expression(buffer, &text);
    require(text.length > 0);
    text_free(&text);
    free(block);
    free(items);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct trial trial;
    static struct battery battery;
    struct input input = {data, size};
    struct error error = ERROR_INIT;
    ptrdiff_t shape[4];
    char format[32] = "";
    unsigned choice = byte(&input);
    int ndim = (int)(choice / 4 % 5);
    int i;

    for (i = 0; i < 4; i++) {
        shape[i] = (ptrdiff_t)number(&input);
    }
    for (i = 0; (choice & 1) && i < (int)sizeof format - 1; i++) {
        format[i] = (char)byte(&input);
    }
    memset(&trial, 0, sizeof trial);
    if (!battery_begin(&battery, choice & 1 ? format : NULL, choice & 2, ndim, shape, &error)) {
        return 0;
    }
    while (battery_next(&battery, &trial, &trial.calls[trial.call_count].buffer)) {
        struct call *call = &trial.calls[trial.call_count++];

        if (call->buffer.plan.block < 4096) {
            use_buffer(&call->buffer);
        }
        fill_call(&input, call);
    }
    judge_all(&trial);
    battery_end(&battery);
    return 0;
}
