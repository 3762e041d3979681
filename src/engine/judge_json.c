#include "engine/judge_report.h"

#include "base/text.h"
#include "judge/compare.h"
#include "judge/rules.h"
#include "judge/transcript.h"
#include "known/consumers.h"
#include "report/json_parts.h"

/* An array, null where the exporter left NULL (or something that cannot be read). */
static json_t *numbers_json(const struct numbers *numbers, int64_t ndim)
{
    json_t *list;
    int64_t i;

    if (numbers->pointer.state != POINTER_READ) {
        return json_null();
    }
    list = json_array();
    for (i = 0; i < ndim && i < LAYOUT_MAX_NDIM; i++) {
        json_array_append_new(list, json_integer(numbers->values[i]));
    }
    return list;
}

/* The type of view.obj; null where nothing was put there. */
static json_t *obj_json(const struct transcript *transcript, const struct reply *reply)
{
    switch (reply->obj) {
    case REPLY_OBJ_EXPORTER:
        return json_text_string(transcript->type);
    case REPLY_OBJ_OTHER:
        return json_text_string(reply->obj_type);
    case REPLY_OBJ_NULL:
    case REPLY_OBJ_UNTOUCHED:
        break;
    }
    return json_null();
}

static json_t *reply_json(const struct transcript *transcript, const struct reply *reply)
{
    json_t *json;

    if (reply->outcome != OUTCOME_GRANTED) {
        return json_null();
    }
    json = json_object();
    json_object_set_new(json, "buf", json_address(reply->buf.address));
    json_object_set_new(json, "len", json_integer(reply->len));
    json_object_set_new(json, "itemsize", json_integer(reply->itemsize));
    json_object_set_new(json, "readonly", json_integer(reply->readonly));
    json_object_set_new(json, "ndim", json_integer(reply->ndim));
    json_object_set_new(json, "format",
                        reply->format.state == POINTER_READ ? json_text_string(reply->format_text) : json_null());
    json_object_set_new(json, "shape", numbers_json(&reply->shape, reply->ndim));
    json_object_set_new(json, "strides", numbers_json(&reply->strides, reply->ndim));
    json_object_set_new(json, "suboffsets", numbers_json(&reply->suboffsets, reply->ndim));
    json_object_set_new(json, "obj", obj_json(transcript, reply));
    return json;
}

static json_t *request_json(const struct transcript *transcript, int request)
{
    struct text why = TEXT_INIT;
    const char *outcome = judge_outcome(transcript, request, &why);
    json_t *json = json_object();

    json_object_set_new(json, "request", json_string(requests[request].name));
    json_object_set_new(json, "flags", json_integer(requests[request].flags));
    json_object_set_new(json, "outcome", json_string(outcome));
    json_object_set_new(json, "exception", why.length > 0 ? json_text(why.data, why.length) : json_null());
    json_object_set_new(json, "reply", reply_json(transcript, &transcript->sweeps[0][request]));
    text_free(&why);
    return json;
}

static json_t *requests_json(const struct transcript *transcript)
{
    json_t *list = json_array();
    int i;

    for (i = 0; i < REQUEST_COUNT && transcript->has_buffer; i++) {
        json_array_append_new(list, request_json(transcript, i));
    }
    return list;
}

static json_t *finding_json(const struct finding *finding)
{
    json_t *json = json_object();
    json_t *names = json_array();
    int i;

    for (i = 0; i < REQUEST_COUNT; i++) {
        if (finding->requests >> i & 1) {
            json_array_append_new(names, json_string(requests[i].name));
        }
    }
    json_object_set_new(json, "rule", json_string(rules[finding->rule].id));
    json_object_set_new(json, "severity", json_string(severity_name(finding->severity)));
    json_object_set_new(json, "detail", json_text_string(finding->detail));
    json_object_set_new(json, "requests", names);
    return json;
}

static json_t *head_json(const char *name, const struct transcript *transcript)
{
    json_t *json = json_object();

    json_object_set_new(json, "schema", json_integer(1));
    json_object_set_new(json, "name", json_text_string(name));
    json_object_set_new(json, "type", json_text_string(transcript->type));
    json_object_set_new(json, "requests", requests_json(transcript));
    return json;
}

bool judge_json_check(struct text *text, const char *name, const struct transcript *transcript,
                      const struct findings *findings)
{
    json_t *json = head_json(name, transcript);
    json_t *list = json_array();
    size_t i;

    for (i = 0; i < findings->count; i++) {
        json_array_append_new(list, finding_json(&findings->items[i]));
    }
    json_object_set_new(json, "findings", list);
    json_object_set_new(json, "errors", json_integer((json_int_t)findings->errors));
    json_object_set_new(json, "warnings", json_integer((json_int_t)findings->warnings));
    return json_write_line(text, json);
}

/* The element types that fit; null for a consumer that takes none.  `windows`: those of them that do not there. */
static json_t *types_json(const struct verdict *verdict, bool windows)
{
    json_t *list;
    size_t i;

    if (!verdict->typed) {
        return json_null();
    }
    list = json_array();
    for (i = 0; i < verdict->type_count; i++) {
        if (!windows || verdict->types[i]->windows != verdict->types[i]->size) {
            json_array_append_new(list, json_string(verdict->types[i]->name));
        }
    }
    if (!windows && verdict->record.length > 0) {
        json_array_append_new(list, json_text(verdict->record.data, verdict->record.length));
    }
    return list;
}

static json_t *text_json(const struct text *text)
{
    return text->length > 0 ? json_text(text->data, text->length) : json_null();
}

static json_t *asks_json(int flags)
{
    struct text asks = TEXT_INIT;
    json_t *json;

    if (flags == CONSUMER_ASKS_NOTHING) {
        return json_null();
    }
    request_text(flags, &asks);
    json = json_text(text_string(&asks), asks.length);
    text_free(&asks);
    return json;
}

static void add_consumer(json_t *list, const struct consumer *consumer, const struct transcript *transcript)
{
    struct verdict verdict = VERDICT_INIT;
    json_t *json;

    if (consumer_judge(consumer, transcript, &verdict)) {
        json = json_object();
        json_object_set_new(json, "name", text_json(&verdict.name));
        json_object_set_new(json, "asks", asks_json(verdict.asks));
        json_object_set_new(json, "reads", json_boolean(verdict.reads));
        json_object_set_new(json, "why", text_json(&verdict.why));
        json_object_set_new(json, "types", types_json(&verdict, false));
        json_object_set_new(json, "not_on_windows", types_json(&verdict, true));
        json_object_set_new(json, "remedy", text_json(&verdict.remedy));
        json_array_append_new(list, json);
    }
    verdict_free(&verdict);
}

/* --- the protocols, side by side --- */

static json_t *word_json(const char *word)
{
    return word[0] != '\0' ? json_text_string(word) : json_null();
}

/* Facts as side_fact tells them, but those that JSON has types for. */
static json_t *fact_json(const struct side *side, enum difference fact)
{
    struct text text = TEXT_INIT;
    json_t *json;

    side_fact(side, fact, &text);
    json = text_json(&text);
    text_free(&text);
    return json;
}

static json_t *extents_json(const struct side *side, const ptrdiff_t *numbers)
{
    return side->telling.have_layout ? json_list(numbers, (size_t)side->telling.layout.ndim) : json_null();
}

static json_t *readonly_json(const struct side *side)
{
    enum said said = side_readonly(side);

    return said == SAID_NOTHING ? json_null() : json_boolean(said == SAID_YES);
}

static json_t *differs_json(unsigned differs)
{
    json_t *list = json_array();
    unsigned fact;

    for (fact = 1; fact <= DIFFERENCE_ALL; fact <<= 1) {
        if (differs & fact) {
            json_array_append_new(list, json_string(difference_name((enum difference)fact)));
        }
    }
    return list;
}

static json_t *crash_json(const struct crash *crash, double timeout)
{
    struct text text = TEXT_INIT;
    json_t *json;

    crash_text(crash, timeout, &text);
    json = json_text_string(text_string(&text));
    text_free(&text);
    return json;
}

static json_t *exception_json(const struct side *side, double timeout)
{
    const struct told *told = side->told;

    if (told == NULL || told->outcome == OUTCOME_GRANTED) {
        return json_null();
    }
    if (told->outcome == OUTCOME_CRASHED) {
        return side->crash != NULL ? crash_json(side->crash, timeout) : json_string("crashed");
    }
    return json_text_string(told->exception.text);
}

static json_t *side_json(const struct side *side, double timeout)
{
    json_t *json = json_object();

    json_object_set_new(json, "protocol", json_string(protocol_name(side->telling.protocol)));
    json_object_set_new(json, "version", word_json(side->telling.version));
    json_object_set_new(json, "data", fact_json(side, DIFFERENCE_DATA));
    json_object_set_new(json, "shape", extents_json(side, side->telling.layout.shape));
    json_object_set_new(json, "strides", extents_json(side, side->telling.layout.strides));
    json_object_set_new(json, "type", fact_json(side, DIFFERENCE_TYPE));
    json_object_set_new(json, "readonly", readonly_json(side));
    json_object_set_new(json, "device", word_json(side->telling.device));
    json_object_set_new(json, "owner", word_json(side->owner));
    json_object_set_new(json, "differs", differs_json(side->differs));
    json_object_set_new(json, "exception", exception_json(side, timeout));
    return json;
}

static json_t *protocols_json(const struct transcript *transcript)
{
    json_t *list = json_array();
    struct sides sides;
    size_t i;

    sides_of(&sides, transcript);
    for (i = 0; i < sides.count; i++) {
        json_array_append_new(list, side_json(&sides.items[i], transcript->timeout));
    }
    sides_free(&sides);
    return list;
}

bool judge_json_requests(struct text *text, const char *name, const struct transcript *transcript)
{
    json_t *json = head_json(name, transcript);
    json_t *list = json_array();
    size_t i;

    json_object_set_new(json, "protocols", protocols_json(transcript));
    for (i = 0; i < CONSUMER_COUNT && transcript->has_buffer; i++) {
        add_consumer(list, &consumers[i], transcript);
    }
    json_object_set_new(json, "consumers", list);
    return json_write_line(text, json);
}
