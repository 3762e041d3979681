/*
 * The protocols beside the buffer's: what reading them shows, what is asked of
 * __dlpack__, what becomes of capsules, and whether all tell the same.
 */
#include "judge/judgement.h"

#include "base/error.h"
#include "judge/compare.h"
#include "judge/rules.h"
#include "protocol/telling.h"

#include <inttypes.h>
#include <string.h>

/* --- what reading shows ------------------------------------------------------------------------- */

/* The rule under which memory that is not there is told of. */
static enum fault_kind memory_fault(enum protocol protocol)
{
    switch (protocol) {
    case PROTOCOL_ARRAY_STRUCT:
        return FAULT_ARRAY_STRUCT;
    case PROTOCOL_DLPACK:
        return FAULT_DLPACK_TENSOR;
    case PROTOCOL_ARROW:
        return FAULT_ARROW_STRUCTURES;
    default:
        return FAULT_ARRAY_INTERFACE_FIELDS;
    }
}

static bool lies_in(struct range range, uint64_t low, uint64_t high)
{
    return low >= range.low && high <= range.high;
}

/*
 * The addresses that the items cover; false when there are none, what is told makes no sense, or it is no memory of
 * this process.
 */
static bool find_block(const struct telling *telling, struct range *block)
{
    struct error ignored = ERROR_INIT;
    ptrdiff_t low, high;

    if (!telling->is_local || !layout_check(&telling->layout, &ignored) ||
        !layout_block(&telling->layout, &low, &high) || low == high) {
        return false;
    }
    block->low = (uintptr_t)telling->layout.buf + (uint64_t)low;
    block->high = (uintptr_t)telling->layout.buf + (uint64_t)high;
    return true;
}

static void judge_memory(struct judgement *j, const struct told *told, enum protocol protocol)
{
    struct telling telling = told_read(told, protocol);
    struct error error = ERROR_INIT;
    struct range block;

    if (!telling.have_layout || told->fault_count > 0) {
        telling_free(&telling);
        return;
    }
    if (!layout_check(&telling.layout, &error)) {
        finding(j, SEVERITY_ERROR, 0, "%s: %s", protocol_name(protocol), error.message);
    } else if (find_block(&telling, &block) && !lies_in(told->readable, block.low, block.high)) {
        finding(j, SEVERITY_ERROR, 0,
                "%s: items lie at 0x%" PRIx64 " to 0x%" PRIx64 ", where not all is memory that can be read",
                protocol_name(protocol), block.low, block.high);
    } else if (find_block(&telling, &block) && told->readonly == SAID_NO &&
               !lies_in(told->writable, block.low, block.high)) {
        finding(j, SEVERITY_ERROR, 0,
                "%s: items lie at 0x%" PRIx64 " to 0x%" PRIx64 ", said to be writable, which not all is",
                protocol_name(protocol), block.low, block.high);
    }
    j->failed |= telling.failed;
    telling_free(&telling);
}

/* Was the same said of the other capsule already? */
static bool is_said(const struct told *told, const struct told_fault *fault)
{
    int64_t i;

    for (i = 0; i < told->fault_count; i++) {
        if (strcmp(told->faults[i].sentence, fault->sentence) == 0) {
            return true;
        }
    }
    return false;
}

static void judge_told(struct judgement *j, const struct told *told, const struct told *other, enum protocol protocol)
{
    int64_t i;

    if (told->outcome != OUTCOME_GRANTED) {
        return;
    }
    for (i = 0; i < told->fault_count; i++) {
        const struct told_fault *fault = &told->faults[i];

        if (strcmp(fault_rule((enum fault_kind)fault->kind), rules[j->rule].id) == 0 &&
            (other == NULL || !is_said(other, fault))) {
            finding(j, fault->is_warning ? SEVERITY_WARNING : SEVERITY_ERROR, 0, "%s: %s", protocol_name(protocol),
                    fault->sentence);
        }
    }
    if (strcmp(fault_rule(memory_fault(protocol)), rules[j->rule].id) == 0 &&
        (other == NULL || !told_same(told, other))) {
        judge_memory(j, told, protocol);
    }
}

static void judge_faults(struct judgement *j)
{
    const struct protocols *protocols = &j->transcript->protocols;
    const struct told *told = protocols->told;
    int i;

    for (i = 0; i < PROTOCOL_COUNT; i++) {
        judge_told(j, &told[i], NULL, (enum protocol)i);
    }
    judge_told(j, &protocols->dlpack.plain, &told[PROTOCOL_DLPACK], PROTOCOL_DLPACK);
}

void judge_interface_fields(struct judgement *j)
{
    judge_faults(j);
}

void judge_interface_descr(struct judgement *j)
{
    judge_faults(j);
}

void judge_interface_struct(struct judgement *j)
{
    judge_faults(j);
}

void judge_dlpack_capsule(struct judgement *j)
{
    judge_faults(j);
}

void judge_dlpack_version(struct judgement *j)
{
    judge_faults(j);
}

void judge_dlpack_tensor(struct judgement *j)
{
    judge_faults(j);
}

void judge_dlpack_strides(struct judgement *j)
{
    judge_faults(j);
}

void judge_arrow_structures(struct judgement *j)
{
    judge_faults(j);
}

/* --- what __dlpack__ is asked ---------------------------------------------------------------------- */

void judge_dlpack_device(struct judgement *j)
{
    const struct dlpack_answers *dlpack = &j->transcript->protocols.dlpack;
    const struct dlpack_answer *answer = &dlpack->answers[DLPACK_ASK_DEVICE];
    const struct told *told = &j->transcript->protocols.told[PROTOCOL_DLPACK];
    struct text text = TEXT_INIT;

    if (answer->outcome == OUTCOME_REFUSED && !dlpack->has_device) {
        finding(j, SEVERITY_ERROR, 0, "there is no __dlpack_device__ beside __dlpack__");
    } else if (answer->outcome == OUTCOME_REFUSED && told->outcome == OUTCOME_GRANTED) {
        finding(j, SEVERITY_ERROR, 0, "__dlpack_device__() raises %s", exception_text(&answer->exception, &text));
    } else if (answer->outcome == OUTCOME_GRANTED && !dlpack->device_is_pair) {
        finding(j, dlpack->device_has_no_id ? SEVERITY_WARNING : SEVERITY_ERROR, 0,
                "__dlpack_device__() gives %s, which is no tuple of two integers", dlpack->device);
    } else if (answer->outcome == OUTCOME_GRANTED && told->have_layout &&
               strcmp(told->device, dlpack->device_name) != 0) {
        finding(j, SEVERITY_ERROR, 0, "__dlpack_device__() gives %s (%s), and the tensor is on %s", dlpack->device,
                dlpack->device_name, told->device);
    }
    text_free(&text);
}

/* A keyword that the method does not have, or has but for the name. */
static bool is_unknown_keyword(const struct dlpack_answer *answer)
{
    return answer->outcome == OUTCOME_REFUSED && (strcmp(answer->exception.type, "TypeError") == 0 ||
                                                  strcmp(answer->exception.type, "NotImplementedError") == 0);
}

void judge_dlpack_keywords(struct judgement *j)
{
    const struct dlpack_answer *answers = j->transcript->protocols.dlpack.answers;
    const char *last = "";
    struct text names = TEXT_INIT, text = TEXT_INIT;
    int i;

    for (i = DLPACK_ASK_STREAM; i < DLPACK_QUESTIONS; i++) {
        const char *keyword = dlpack_keyword((enum dlpack_question)i);

        if (is_unknown_keyword(&answers[i]) && strcmp(keyword, last) != 0) {
            if (names.length == 0) {
                exception_text(&answers[i].exception, &text);
            }
            text_printf(&names, "%s%s", names.length > 0 ? ", " : "", keyword);
            last = keyword;
        }
    }
    if (names.length > 0) {
        finding(j, SEVERITY_WARNING, 0, "not taken: %s (%s)", text_string(&names), text_string(&text));
    }
    text_free(&names);
    text_free(&text);
}

void judge_dlpack_refusal(struct judgement *j)
{
    const struct dlpack_answer *answers = j->transcript->protocols.dlpack.answers;
    struct text text = TEXT_INIT;
    int i;

    for (i = DLPACK_ASK_PLAIN; i < DLPACK_QUESTIONS; i++) {
        const struct dlpack_answer *answer = &answers[i];
        bool unknown = i != DLPACK_ASK_PLAIN && is_unknown_keyword(answer);

        if (answer->outcome == OUTCOME_REFUSED && !unknown && !answer->exception.buffer_error &&
            !answer->exception.memory_error) {
            finding(j, SEVERITY_WARNING, 0, "%s is refused with %s", dlpack_question_text((enum dlpack_question)i),
                    exception_text(&answer->exception, &text));
            break; /* the others say the same */
        }
    }
    text_free(&text);
}

/* Who says that the memory of a capsule which cannot say so is read-only; NULL when nobody does. */
static const char *who_says_readonly(const struct judgement *j, const struct told *told)
{
    const struct told *best = &j->transcript->protocols.told[PROTOCOL_DLPACK];
    struct telling telling = told_read(told, PROTOCOL_DLPACK);
    struct range block;
    bool mapped = find_block(&telling, &block) && lies_in(told->readable, block.low, block.high) &&
                  !lies_in(told->writable, block.low, block.high);
    int i;

    telling_free(&telling);
    if (mapped) {
        return "the kernel, which maps it so,";
    }
    if (best->outcome == OUTCOME_GRANTED && best->readonly == SAID_NO) {
        return NULL; /* who says otherwise does not agree with DLPack itself */
    }
    if (j->have_layout && j->layout.readonly && (uintptr_t)j->layout.buf == told->address) {
        return "the buffer";
    }
    for (i = 0; i < PROTOCOL_COUNT; i++) {
        const struct told *other = &j->transcript->protocols.told[i];

        if (other->outcome == OUTCOME_GRANTED && other->have_layout && other->address == told->address &&
            (other->readonly == SAID_YES || i == PROTOCOL_ARROW)) {
            return i == PROTOCOL_DLPACK ? "a capsule of DLPack 1" : protocol_name((enum protocol)i);
        }
    }
    return NULL;
}

void judge_dlpack_readonly(struct judgement *j)
{
    const struct protocols *protocols = &j->transcript->protocols;
    const struct told *const legacy[] = {&protocols->told[PROTOCOL_DLPACK], &protocols->dlpack.plain};
    size_t i;

    for (i = 0; i < sizeof legacy / sizeof legacy[0]; i++) {
        const struct told *told = legacy[i];
        const char *who;

        if (told->outcome != OUTCOME_GRANTED || !told->have_layout || !told->is_legacy || told->is_copy ||
            told->len == 0) {
            continue;
        }
        who = who_says_readonly(j, told);
        if (who != NULL) {
            finding(j, SEVERITY_WARNING, 0,
                    "%s: a capsule of before DLPack 1.0, which cannot say that memory is read-only, of memory that is, "
                    "as %s says",
                    dlpack_question_text(i == 0 ? DLPACK_ASK_MAX_VERSION : DLPACK_ASK_PLAIN), who);
            return;
        }
    }
}

/* Who is not told of a copy treats it as shared, which is safe. */
void judge_dlpack_copy(struct judgement *j)
{
    const struct protocols *protocols = &j->transcript->protocols;
    const struct told *told = &protocols->told[PROTOCOL_DLPACK], *copy = &protocols->dlpack.copy;

    if (told->outcome == OUTCOME_GRANTED && told->is_unmarked) {
        finding(j, SEVERITY_WARNING, 0, "each capsule has memory of its own, and the flag that says so is not set");
    }
    if (copy->outcome != OUTCOME_GRANTED || !copy->have_layout || copy->len == 0 || told->is_copy ||
        is_found(j, RULE_dlpack_tensor)) {
        return;
    }
    if (copy->address == told->address) {
        finding(j, SEVERITY_ERROR, 0, "copy=True gives the memory itself, at 0x%" PRIx64, copy->address);
    } else if (copy->is_unmarked) {
        finding(j, SEVERITY_WARNING, 0, "copy=True gives a copy, and the flag that says so is not set");
    }
}

/* --- what is handed over ------------------------------------------------------------------------------ */

static const struct exchange *exchange_of(const struct judgement *j, enum protocol protocol)
{
    return &j->transcript->protocols.exchanges[protocol];
}

static void judge_independent(struct judgement *j, enum protocol protocol, const char *thing)
{
    const struct exchange *exchange = exchange_of(j, protocol);

    if (exchange->same_capsule) {
        finding(j, SEVERITY_ERROR, 0, "%s: asked twice, it gives the same %s, which only one can consume",
                protocol_name(protocol), thing);
    } else if (exchange->same_structure) {
        finding(j, SEVERITY_ERROR, 0, "%s: two %ss lead to the same structures, which the first consumer marks as released",
                protocol_name(protocol), thing);
    }
    if (!exchange->restless && (exchange->changed_by_drop || exchange->changed_by_end)) {
        finding(j, SEVERITY_ERROR, 0, "%s: what one %s leads to changes when another is %s", protocol_name(protocol),
                thing, exchange->changed_by_drop ? "dropped" : "consumed and given back");
    }
}

static void judge_kept(struct judgement *j, enum protocol protocol, const char *thing)
{
    const struct exchange *exchange = exchange_of(j, protocol);

    if (!exchange->restless && exchange->changed_by_owner) {
        finding(j, SEVERITY_ERROR, 0, "%s: what a %s leads to changes when the object's last reference is dropped",
                protocol_name(protocol), thing);
    }
    judge_crashes(j);
}

static void judge_lost(struct judgement *j, enum protocol protocol, const char *thing, int ended_twice)
{
    const struct exchange *exchange = exchange_of(j, protocol);
    struct text text = TEXT_INIT;

    if (exchange->same_capsule || exchange->same_structure || (ended_twice >= 0 && is_found(j, ended_twice))) {
        return; /* which is why */
    }
    if (loss_text(&exchange->dropped, &text)) {
        finding(j, SEVERITY_ERROR, 0, "%s: each %s that is dropped leaves behind: %s", protocol_name(protocol), thing,
                text_string(&text));
    } else if (loss_text(&exchange->consumed, &text)) {
        finding(j, SEVERITY_ERROR, 0, "%s: each %s that is consumed and given back leaves behind: %s",
                protocol_name(protocol), thing, text_string(&text));
    }
    text_free(&text);
}

void judge_interface_kept(struct judgement *j)
{
    judge_kept(j, PROTOCOL_ARRAY_STRUCT, "capsule");
}

void judge_interface_leak(struct judgement *j)
{
    judge_lost(j, PROTOCOL_ARRAY_INTERFACE, "dict", -1);
    judge_lost(j, PROTOCOL_ARRAY_STRUCT, "capsule", -1);
}

void judge_interface_crash(struct judgement *j)
{
    judge_crashes(j);
}

void judge_dlpack_independent(struct judgement *j)
{
    judge_independent(j, PROTOCOL_DLPACK, "capsule");
}

void judge_dlpack_kept(struct judgement *j)
{
    judge_kept(j, PROTOCOL_DLPACK, "capsule");
}

void judge_dlpack_deleter(struct judgement *j)
{
    if (exchange_of(j, PROTOCOL_DLPACK)->ended_twice) {
        finding(j, SEVERITY_ERROR, 0, "the destructor of a capsule that was renamed 'used_…' calls the deleter all the same");
    }
    judge_crashes(j);
}

void judge_dlpack_leak(struct judgement *j)
{
    judge_lost(j, PROTOCOL_DLPACK, "capsule", RULE_dlpack_deleter);
}

void judge_dlpack_crash(struct judgement *j)
{
    judge_crashes(j);
}

void judge_arrow_independent(struct judgement *j)
{
    judge_independent(j, PROTOCOL_ARROW, "pair of capsules");
}

void judge_arrow_kept(struct judgement *j)
{
    judge_kept(j, PROTOCOL_ARROW, "pair of capsules");
}

void judge_arrow_release(struct judgement *j)
{
    if (exchange_of(j, PROTOCOL_ARROW)->unmarked) {
        finding(j, SEVERITY_ERROR, 0, "the release callback does not set release to NULL: who has the structure releases it again");
    }
    judge_crashes(j);
}

void judge_arrow_leak(struct judgement *j)
{
    judge_lost(j, PROTOCOL_ARROW, "pair of capsules", RULE_arrow_release);
}

void judge_arrow_crash(struct judgement *j)
{
    judge_crashes(j);
}

/* --- whether all tell the same --------------------------------------------------------------------------- */

/* Those that tell one thing of a fact. */
struct party {
    const struct side *first;
    struct text names;
};

static void judge_fact(struct judgement *j, const struct sides *sides, enum difference fact)
{
    struct party parties[PROTOCOL_COUNT] = {{NULL, TEXT_INIT}};
    struct text text = TEXT_INIT;
    size_t count = 0;
    size_t i, p;

    for (i = 0; i < sides->count; i++) {
        const struct side *side = &sides->items[i];

        if (!side_says(side, fact)) {
            continue;
        }
        for (p = 0; p < count && (sides_differ(parties[p].first, side) & fact); p++) {
        }
        if (p == count) {
            parties[count++].first = side;
        }
        text_printf(&parties[p].names, "%s%s", parties[p].names.length > 0 ? ", " : "",
                    protocol_name(side->telling.protocol));
    }
    for (p = 0; p < count; p++) {
        text_printf(&text, "%s%s: ", p > 0 ? "; " : "", text_string(&parties[p].names));
        side_fact(parties[p].first, fact, &text);
        text_free(&parties[p].names);
    }
    if (count > 1) {
        finding(j, fact == DIFFERENCE_READONLY ? SEVERITY_WARNING : SEVERITY_ERROR, 0, "%s differs: %s",
                difference_name(fact), text_string(&text));
    }
    text_free(&text);
}

void judge_protocols_agree(struct judgement *j)
{
    struct sides sides;
    unsigned fact;

    sides_of(&sides, j->transcript);
    for (fact = 1; fact <= DIFFERENCE_ALL; fact <<= 1) {
        judge_fact(j, &sides, (enum difference)fact);
    }
    j->failed |= sides.failed;
    sides_free(&sides);
}
