/*
 * Transcripts of exporters that answer anything at all: judged without harm,
 * findings in order, and every consumer has its answer.
 *
 * The bytes are spent field by field, for raw bytes would hold bools that are
 * none and hardly ever a reply worth judging.
 */
#include "base/error.h"
#include "base/text.h"
#include "judge/compare.h"
#include "judge/rules.h"
#include "judge/transcript.h"
#include "known/consumers.h"

#include "fuzz.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

/* Small numbers mostly, the ends of the range at times. */
static int64_t number(struct input *input)
{
    static const int64_t odd[] = {INT64_MAX, INT64_MIN, INT64_MAX / 2, 1 << 30, -1, 65, 64, 4096};
    unsigned b = byte(input);

    return b < 0xc0 ? (int64_t)(b % 24) : b < 0xe0 ? -(int64_t)(b % 24) : odd[b % 8];
}

static enum outcome outcome(struct input *input)
{
    return (enum outcome)(byte(input) % 5); /* one too many, for the seal */
}

static void fill_text(struct input *input, char *to, size_t size)
{
    size_t length = byte(input) % 24;
    size_t i;

    for (i = 0; i < length && i < size; i++) {
        to[i] = (char)byte(input);
    }
}

static void fill_exception(struct input *input, struct exception *exception)
{
    unsigned b = byte(input);

    exception->set = b & 1;
    exception->buffer_error = b & 2;
    exception->memory_error = b & 4;
    if (b & 8) {
        fill_text(input, exception->type, sizeof exception->type);
        fill_text(input, exception->text, sizeof exception->text);
    }
}

static struct pointer pointer(struct input *input)
{
    unsigned b = byte(input);

    return (struct pointer){b & 0x80 ? 0 : 0x10000u + b, (enum pointer_state)(b % 4),
                            (enum pointer_place)(b / 4 % 4)};
}

static void fill_numbers(struct input *input, struct numbers *numbers)
{
    int count = byte(input) % 4;
    int i;

    numbers->pointer = pointer(input);
    for (i = 0; i < count; i++) {
        numbers->values[i] = number(input);
    }
}

static void fill_reply(struct input *input, struct reply *reply)
{
    reply->outcome = outcome(input);
    reply->returned = (int)number(input);
    fill_exception(input, &reply->exception);
    reply->obj = (enum reply_obj)(byte(input) % 5);
    reply->stale_obj_references = number(input);
    reply->unfilled = byte(input) > 0xf0 ? byte(input) * 0x11u : 0;
    reply->buf = pointer(input);
    reply->len = number(input);
    reply->itemsize = number(input);
    reply->readonly = number(input);
    reply->ndim = number(input);
    reply->format = pointer(input);
    fill_numbers(input, &reply->shape);
    fill_numbers(input, &reply->strides);
    fill_numbers(input, &reply->suboffsets);
    reply->readable = (struct range){(uint64_t)number(input), (uint64_t)number(input)};
    reply->writable = reply->readable;
    fill_text(input, reply->format_text, sizeof reply->format_text);
}

static void fill_slope(struct input *input, struct slope *slope)
{
    int i;

    slope->measured = byte(input) & 1;
    for (i = 0; i < TRANSCRIPT_CYCLES; i++) {
        slope->get[i] = number(input);
        slope->release[i] = number(input);
    }
}

static void fill_losses(struct input *input, struct losses *losses)
{
    int i;

    losses->measured = byte(input) & 1;
    losses->repeats = number(input);
    for (i = 0; i < TRANSCRIPT_CYCLES; i++) {
        losses->bytes[i] = number(input);
        losses->blocks[i] = number(input);
        losses->references[i] = number(input);
        losses->exporters[i] = number(input);
    }
    fill_text(input, losses->type, sizeof losses->type);
}

static void fill_request(struct input *input, struct transcript *transcript, int request)
{
    fill_reply(input, &transcript->sweeps[0][request]);
    if (byte(input) & 1) {
        transcript->sweeps[1][request] = transcript->sweeps[0][request];
    } else {
        fill_reply(input, &transcript->sweeps[1][request]);
    }
    fill_slope(input, &transcript->references[request].exporter);
    fill_slope(input, &transcript->references[request].obj);
    fill_losses(input, &transcript->losses[request]);
    transcript->holds[request].outcome = outcome(input);
    transcript->holds[request].changed_by_asking = byte(input);
    transcript->holds[request].changed_by_release = byte(input);
    transcript->copies[request].outcome = outcome(input);
    fill_slope(input, &transcript->copies[request].exporter);
}

static void fill_told(struct input *input, struct told *told)
{
    unsigned b = byte(input);
    int i, count = byte(input) % 4;

    told->outcome = outcome(input);
    told->is_local = b & 1;
    told->have_layout = b & 2;
    told->is_plain = b & 4;
    told->is_packed = b & 8;
    told->is_copy = b & 16;
    told->is_unmarked = b & 32;
    told->is_legacy = b & 64;
    told->readonly = (enum said)(byte(input) % 4);
    told->address = (uint64_t)number(input);
    told->len = number(input);
    told->itemsize = number(input);
    told->ndim = number(input);
    for (i = 0; i < count; i++) {
        told->shape[i] = number(input);
        told->strides[i] = number(input);
    }
    fill_text(input, told->type, sizeof told->type);
    fill_text(input, told->format, sizeof told->format);
    fill_text(input, told->device, sizeof told->device);
    told->readable = told->writable = (struct range){(uint64_t)number(input), (uint64_t)number(input)};
    told->fault_count = number(input);
    for (i = 0; i < TOLD_FAULTS && i < told->fault_count; i++) {
        told->faults[i].kind = (int)number(input);
        fill_text(input, told->faults[i].sentence, sizeof told->faults[i].sentence);
    }
}

static void fill_exchange(struct input *input, struct exchange *exchange)
{
    unsigned b = byte(input);

    exchange->same_capsule = b & 1;
    exchange->same_structure = b & 2;
    exchange->restless = b & 4;
    exchange->changed_by_drop = b & 8;
    exchange->changed_by_end = b & 16;
    exchange->changed_by_owner = b & 32;
    exchange->ended_twice = b & 64;
    exchange->unmarked = b & 128;
    fill_losses(input, &exchange->dropped);
    fill_losses(input, &exchange->consumed);
}

static void fill_protocols(struct input *input, struct protocols *protocols)
{
    unsigned which = byte(input);
    int i;

    for (i = 0; i < PROTOCOL_COUNT; i++) {
        if (which >> i & 1) {
            fill_told(input, &protocols->told[i]);
            fill_exchange(input, &protocols->exchanges[i]);
        }
    }
    if (which >> PROTOCOL_DLPACK & 1) {
        for (i = 0; i < DLPACK_QUESTIONS; i++) {
            protocols->dlpack.answers[i].outcome = outcome(input);
            fill_exception(input, &protocols->dlpack.answers[i].exception);
        }
        fill_text(input, protocols->dlpack.device, sizeof protocols->dlpack.device);
        fill_text(input, protocols->dlpack.device_name, sizeof protocols->dlpack.device_name);
        fill_told(input, &protocols->dlpack.plain);
        fill_told(input, &protocols->dlpack.copy);
    }
}

static void fill_rest(struct input *input, struct transcript *transcript)
{
    int i;

    transcript->timeout = 2;
    transcript->python_buffer = byte(input) & 1;
    transcript->python_release = byte(input) & 1;
    transcript->mutate = byte(input) & 1;
    transcript->out_of_time = byte(input) & 1;
    transcript->root = (struct range){(uint64_t)number(input), (uint64_t)number(input)};
    transcript->drop.outcome = outcome(input);
    transcript->drop.changed = byte(input);
    transcript->aftermath = (struct aftermath){outcome(input), byte(input) & 1, byte(input) & 1};
    fill_losses(input, &transcript->evaluation);
    fill_text(input, transcript->slots.get, sizeof transcript->slots.get);
    fill_text(input, transcript->slots.release, sizeof transcript->slots.release);
    transcript->slots.related = byte(input) & 1;
    fill_text(input, transcript->immutable, sizeof transcript->immutable);
    transcript->stress.outcome = outcome(input);
    transcript->stress.wrong = number(input);
    transcript->unraisable.count = number(input);
    for (i = 0; i < MUTATE_WHENS; i++) {
        transcript->mutations[i].done = byte(input) & 1;
        transcript->mutations[i].len_after = number(input);
        transcript->mutations[i].own_views = number(input);
        transcript->mutations[i].own_len = number(input);
        fill_exception(input, &transcript->mutations[i].exception);
    }
    transcript->has_buffer = byte(input) & 1;
    fill_protocols(input, &transcript->protocols);
    transcript->crash_count = (int)(byte(input) % 80);
    for (i = 0; i < transcript->crash_count && i < TRANSCRIPT_MAX_CRASHES && input->size > 0; i++) {
        transcript->crashes[i] = (struct crash){
            .kind = (enum crash_kind)(byte(input) % 4),
            .number = (int)number(input),
            .step = (enum step)(byte(input) % (STEP_COUNT + 2)),
            .phase = (enum phase)(byte(input) % 6),
            .request = (int)number(input),
            .item = (int)number(input),
            .lacks_threads = byte(input) & 1,
        };
    }
}

static void check_findings(const struct transcript *transcript)
{
    struct error error = ERROR_INIT;
    struct findings findings;
    size_t i;

    require(judge(transcript, &findings, &error));
    for (i = 0; i < findings.count; i++) {
        const struct finding *item = &findings.items[i];

        require(item->rule >= 0 && item->rule < RULE_COUNT && item->detail != NULL &&
                item->detail[0] != '\0');
        require(item->requests >> REQUEST_COUNT == 0);
        require(i == 0 || findings.items[i - 1].severity <= item->severity);
    }
    findings_free(&findings);
}

static void check_consumers(const struct transcript *transcript)
{
    int i;

    for (i = 0; i < CONSUMER_COUNT; i++) {
        struct verdict verdict = VERDICT_INIT;

        if (consumer_judge(&consumers[i], transcript, &verdict)) {
            require(verdict.reads || verdict.why.length > 0);
            require(verdict.reads ? verdict.remedy.length == 0 : verdict.type_count == 0);
        }
        verdict_free(&verdict);
    }
}

static void check_sides(const struct transcript *transcript)
{
    struct sides sides;
    size_t i;

    sides_of(&sides, transcript);
    require(sides.count <= PROTOCOL_COUNT && (sides.count == 0 || sides.items[0].differs == 0));
    for (i = 0; i < sides.count; i++) {
        struct text text = TEXT_INIT;
        unsigned fact;

        for (fact = 1; fact <= DIFFERENCE_ALL; fact <<= 1) {
            side_fact(&sides.items[i], (enum difference)fact, &text);
        }
        text_free(&text);
    }
    sides_free(&sides);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct input input = {data, size};
    struct transcript *transcript = calloc(1, sizeof *transcript);
    unsigned seed;
    int i;

    require(transcript != NULL);
    fill_rest(&input, transcript);
    /* One or two different answers, spread over the requests, then changed here and there. */
    fill_request(&input, transcript, 0);
    fill_request(&input, transcript, 1);
    seed = byte(&input) * 0x101u;
    for (i = 2; i < REQUEST_COUNT; i++) {
        int from = (int)(seed >> i % 16 & 1);

        transcript->sweeps[0][i] = transcript->sweeps[0][from];
        transcript->sweeps[1][i] = transcript->sweeps[1][from];
        transcript->references[i] = transcript->references[from];
        transcript->holds[i] = transcript->holds[from];
        transcript->losses[i] = transcript->losses[from];
        transcript->copies[i] = transcript->copies[from];
    }
    while (input.size > 8) {
        fill_request(&input, transcript, (int)(byte(&input) % REQUEST_COUNT));
    }
    transcript_seal(transcript);
    check_findings(transcript);
    check_consumers(transcript);
    check_sides(transcript);
    free(transcript);
    return 0;
}
