/*
 * What is lost: memory and references that many repetitions leave behind, and
 * the counts of a type that another type's release counts down.
 */
#include "judge/judgement.h"

#include "judge/rules.h"

#include <inttypes.h>

enum {
    LEAST_BYTES = 16,  /* what malloc gives out at the least */
    SOME_REPEATS = 16, /* fewer than these show nothing */
};

/* What each repetition changes at least, rounded, for other things may go on; 0 when it is now more, now less. */
static int64_t each(const int64_t *changes, int64_t repeats)
{
    int64_t least = 0;
    int i;

    for (i = 0; i < TRANSCRIPT_CYCLES; i++) {
        int64_t half = changes[i] < 0 ? -(repeats / 2) : repeats / 2;
        int64_t sum;
        int64_t change = __builtin_add_overflow(changes[i], half, &sum) ? 0 : sum / repeats;

        if (change == 0 || (i > 0 && (change < 0) != (least < 0))) {
            return 0;
        }
        least = i == 0 || (change < 0 ? change > least : change < least) ? change : least;
    }
    return least;
}

static void put(struct text *text, int64_t number, const char *one, const char *many)
{
    text_printf(text, "%s%" PRId64 " %s", text->length > 0 ? ", " : "", number, number == 1 ? one : many);
}

bool loss_text(const struct losses *losses, struct text *text)
{
    int64_t exporters, bytes, blocks, references;

    text_clear(text);
    if (!losses->measured || losses->repeats < SOME_REPEATS) {
        return false;
    }
    exporters = each(losses->exporters, losses->repeats);
    bytes = each(losses->bytes, losses->repeats);
    blocks = each(losses->blocks, losses->repeats);
    references = each(losses->references, losses->repeats);
    if (exporters > 0) {
        put(text, exporters, "object of the exporter's type", "objects of the exporter's type");
    }
    if (bytes >= LEAST_BYTES) {
        put(text, bytes, "byte that malloc gave out", "bytes that malloc gave out");
    }
    if (blocks > 0) {
        put(text, blocks, "block of Python's allocator", "blocks of Python's allocator");
    }
    if (references != 0 && losses->type[0] != '\0') {
        put(text, references, "reference to an object of type '", "references to an object of type '");
        text_printf(text, "%s'", losses->type);
    }
    return text->length > 0;
}

void judge_no_leak(struct judgement *j)
{
    const uint64_t among = j->granted | j->refused;
    struct text text = TEXT_INIT, seen = TEXT_INIT;
    uint64_t bad = 0;
    int i;

    for (i = 0; i < REQUEST_COUNT; i++) {
        if ((among & request_bit(i)) && loss_text(&j->transcript->losses[i], &text)) {
            if (!bad) {
                text_puts(&seen, text_string(&text));
            }
            bad |= request_bit(i);
        }
    }
    if (bad && !is_found(j, RULE_balanced) && !is_found(j, RULE_failure_references) &&
        !is_found(j, RULE_obj_null) && !is_found(j, RULE_filled)) { /* which is why */
        finding(j, SEVERITY_ERROR, bad, "each request and its release leave behind: %s, %s", text_string(&seen),
                where(j, bad, among, "requests"));
    }
    text_free(&text);
    text_free(&seen);
}

void judge_evaluation(struct judgement *j)
{
    struct text text = TEXT_INIT;

    if (loss_text(&j->transcript->evaluation, &text)) {
        finding(j, SEVERITY_WARNING, 0, "each evaluation of the expression leaves behind: %s", text_string(&text));
    }
    if (j->transcript->mutations[MUTATE_UNTOUCHED].garbage) {
        finding(j, SEVERITY_WARNING, 0, "a view was held by garbage that had not been collected");
    }
    text_free(&text);
}

void judge_slots(struct judgement *j)
{
    const struct slots *slots = &j->transcript->slots;

    if (slots->release[0] == '\0' || slots->same || j->transcript->python_buffer || j->transcript->python_release) {
        return;
    }
    finding(j, slots->related ? SEVERITY_INFO : SEVERITY_ERROR, 0,
            "bf_getbuffer is that of '%s', bf_releasebuffer that of '%s'", slots->get, slots->release);
}

void judge_frees(struct judgement *j)
{
    const struct aftermath *aftermath = &j->transcript->aftermath;

    if (aftermath->outcome == OUTCOME_GRANTED && !aftermath->restless && aftermath->changed && j->truth >= 0) {
        finding(j, SEVERITY_INFO, request_bit(j->truth),
                "after the release the memory holds something else, or is not there");
    }
    judge_crashes(j);
}
