#include "judge/rules.h"

#include "base/error.h"
#include "judge/judgement.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const struct rule rules[RULE_COUNT] = {
#define RULE(name, id, severity, statement, source)                                                          \
    {id, SEVERITY_##severity, statement, source, judge_##name},
#define RULE_NOT_TRIED(name, id, severity, statement, source)                                                \
    {id, SEVERITY_##severity, statement, source, NULL},
#include "judge/rules.def"
#undef RULE
#undef RULE_NOT_TRIED
};

uint64_t requests_asking(int flags)
{
    uint64_t set = 0;
    int i;

    for (i = 0; i < REQUEST_COUNT; i++) {
        if (request_asks(requests[i].flags, flags)) {
            set |= request_bit(i);
        }
    }
    return set;
}

bool answered(const struct judgement *judgement, int request, unsigned fields)
{
    const struct reply *reply = answer(judgement, request);

    return reply->outcome == OUTCOME_GRANTED && (reply->unfilled & fields) == 0;
}

const struct pointer *reply_pointer(const struct reply *reply, enum field field)
{
    switch (field) {
    case FIELD_FORMAT:
        return &reply->format;
    case FIELD_SHAPE:
        return &reply->shape.pointer;
    case FIELD_STRIDES:
        return &reply->strides.pointer;
    default:
        return &reply->suboffsets.pointer;
    }
}

const int64_t *reply_numbers(const struct reply *reply, enum field field)
{
    const struct numbers *numbers = field == FIELD_SHAPE     ? &reply->shape
                                    : field == FIELD_STRIDES ? &reply->strides
                                                             : &reply->suboffsets;

    return (reply->unfilled & field) == 0 && numbers->pointer.state == POINTER_READ ? numbers->values : NULL;
}

const char *reply_format(const struct reply *reply)
{
    bool whole =
        (reply->unfilled & FIELD_FORMAT) == 0 && reply->format.state == POINTER_READ && !reply->format_cut;

    return whole ? reply->format_text : NULL;
}

int reply_ndim(const struct reply *reply)
{
    bool known = (reply->unfilled & FIELD_NDIM) == 0 && reply->ndim >= 0 && reply->ndim <= LAYOUT_MAX_NDIM;

    return known ? (int)reply->ndim : -1;
}

const char *exception_text(const struct exception *exception, struct text *text)
{
    text_clear(text);
    text_puts(text, exception->type);
    if (exception->text[0] != '\0') {
        text_printf(text, ": %.120s", exception->text);
    }
    return text_string(text);
}

int64_t steady(const int64_t *changes)
{
    int i;

    for (i = 1; i < TRANSCRIPT_CYCLES; i++) {
        if (changes[i] != changes[0]) {
            return 0;
        }
    }
    return changes[0];
}

static int count_bits(uint64_t set)
{
    return __builtin_popcountll(set);
}

const char *where(struct judgement *judgement, uint64_t set, uint64_t among, const char *who)
{
    enum { NAMED = 3 }; /* requests named before "…" */
    struct text *text = &judgement->where;
    int named = 0;
    int i;

    text_clear(text);
    if (set == among) {
        text_printf(text, "in all %d %s", count_bits(among), who);
    } else {
        text_printf(text, "in %d of %d %s", count_bits(set), count_bits(among), who);
    }
    for (i = 0; i < REQUEST_COUNT && named <= NAMED; i++) {
        if (set & request_bit(i)) {
            text_puts(text, named == 0 ? " (" : ", ");
            text_puts(text, named < NAMED ? requests[i].name : "…");
            named++;
        }
    }
    text_puts(text, named > 0 ? ")" : "");
    return text_string(text);
}

const char *field_names(struct judgement *judgement, unsigned fields)
{
    static const char *const names[] = {
        "buf",    "obj",   "len",     "itemsize",   "readonly", "ndim",
        "format", "shape", "strides", "suboffsets", "internal", "the contents",
    };
    struct text *text = &judgement->where;
    size_t i;

    text_clear(text);
    for (i = 0; i < sizeof names / sizeof names[0]; i++) {
        if (fields & 1u << i) {
            text_printf(text, "%s%s", text->length > 0 ? ", " : "", names[i]);
        }
    }
    return text_string(text);
}

void append_numbers(struct text *text, const int64_t *values, int count)
{
    int i;

    text_putc(text, '(');
    for (i = 0; i < count; i++) {
        text_printf(text, "%s%lld", i > 0 ? ", " : "", (long long)values[i]);
    }
    text_puts(text, count == 1 ? ",)" : ")");
}

bool is_found(const struct judgement *judgement, int rule)
{
    size_t i;

    for (i = 0; i < judgement->findings->count; i++) {
        if (judgement->findings->items[i].rule == rule) {
            return true;
        }
    }
    return false;
}

void finding(struct judgement *judgement, enum severity severity, uint64_t set, const char *format, ...)
{
    const uint64_t undocumented = requests_asking(REQUEST_C_CONTIGUOUS | REQUEST_F_CONTIGUOUS);
    va_list args;

    if (severity == SEVERITY_ERROR && set != 0 && (set & ~undocumented) == 0) {
        severity = SEVERITY_WARNING;
    }
    va_start(args, format);
    judgement->failed |=
        !findings_add(judgement->findings, judgement->rule, severity, set, format, args);
    va_end(args);
}

static void sort_outcomes(struct judgement *judgement)
{
    int i;

    for (i = 0; i < REQUEST_COUNT; i++) {
        switch (answer(judgement, i)->outcome) {
        case OUTCOME_GRANTED:
            judgement->granted |= request_bit(i);
            break;
        case OUTCOME_REFUSED:
            judgement->refused |= request_bit(i);
            break;
        case OUTCOME_CRASHED:
            judgement->crashed |= request_bit(i);
            break;
        default:
            break;
        }
    }
    judgement->truth = transcript_truth(judgement->transcript);
    if (judgement->truth >= 0) {
        judgement->have_layout = reply_layout(answer(judgement, judgement->truth), &judgement->layout);
    }
}

static void add_format(struct judgement *judgement, int request, const char *text, int64_t itemsize)
{
    struct judged_format *item = &judgement->formats[judgement->format_count];
    struct error error = ERROR_INIT;
    int i;

    for (i = 0; i < judgement->format_count; i++) {
        struct judged_format *other = &judgement->formats[i];

        if (other->itemsize == itemsize && strcmp(other->text, text) == 0) {
            other->requests |= request_bit(request);
            return;
        }
    }
    if (judgement->format_count == JUDGED_FORMATS) {
        return;
    }
    *item = (struct judged_format){.text = text, .itemsize = itemsize, .requests = request_bit(request)};
    item->parsed = format_parse(&item->format, text, itemsize > 0 ? (ptrdiff_t)itemsize : -1, &error);
    if (!item->parsed) {
        item->complaint = strdup(error.message);
        judgement->failed |= item->complaint == NULL || error.kind == ERROR_MEMORY;
    }
    judgement->format_count++;
}

/* The formats that stand beside a shape; one that answers SIMPLE|FORMAT may say anything. */
static void collect_formats(struct judgement *judgement)
{
    int i;

    for (i = 0; i < REQUEST_COUNT; i++) {
        const struct reply *reply = answer(judgement, i);
        const char *text = reply_format(reply);

        if (text != NULL && request_asks(requests[i].flags, REQUEST_ND) &&
            answered(judgement, i, FIELD_ITEMSIZE)) {
            add_format(judgement, i, text, reply->itemsize);
        }
    }
}

static void free_formats(struct judgement *judgement)
{
    int i;

    for (i = 0; i < judgement->format_count; i++) {
        if (judgement->formats[i].parsed) {
            format_free(&judgement->formats[i].format);
        }
        free(judgement->formats[i].complaint);
    }
}

bool judge(const struct transcript *transcript, struct findings *findings, struct error *error)
{
    struct judgement judgement = {
        .transcript = transcript, .findings = findings, .truth = -1, .where = TEXT_INIT};
    bool ok;

    *findings = (struct findings){NULL, 0, 0, 0};
    sort_outcomes(&judgement);
    collect_formats(&judgement);
    for (judgement.rule = 0; judgement.rule < RULE_COUNT; judgement.rule++) {
        if (rules[judgement.rule].judge != NULL) {
            rules[judgement.rule].judge(&judgement);
        }
    }
    findings_sort(findings);
    ok = !judgement.failed && !judgement.where.failed;
    free_formats(&judgement);
    text_free(&judgement.where);
    if (!ok) {
        findings_free(findings);
        return error_no_memory(error);
    }
    return true;
}
