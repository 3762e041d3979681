#include "cli/judge_report.h"

#include "base/text.h"
#include "judge/consumers.h"
#include "judge/rules.h"
#include "judge/transcript.h"
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

static json_t *reply_json(const struct reply *reply)
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
    json_object_set_new(json, "reply", reply_json(&transcript->sweeps[0][request]));
    text_free(&why);
    return json;
}

static json_t *requests_json(const struct transcript *transcript)
{
    json_t *list = json_array();
    int i;

    for (i = 0; i < REQUEST_COUNT; i++) {
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

static bool write_line(struct text *text, json_t *json)
{
    bool ok = json_write(text, json);

    text_putc(text, '\n');
    return ok;
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
    return write_line(text, json);
}

bool judge_json_requests(struct text *text, const char *name, const struct transcript *transcript)
{
    json_t *json = head_json(name, transcript);
    json_t *list = json_array();
    size_t i;

    for (i = 0; i < CONSUMER_COUNT; i++) {
        struct text asks = TEXT_INIT;
        struct text why = TEXT_INIT;
        bool reads = consumer_can_read(&consumers[i], transcript, &why);
        json_t *consumer = json_object();

        request_text(consumers[i].flags, &asks);
        json_object_set_new(consumer, "name", json_string(consumers[i].name));
        json_object_set_new(consumer, "asks", json_text(text_string(&asks), asks.length));
        json_object_set_new(consumer, "reads", json_boolean(reads));
        json_object_set_new(consumer, "why", why.length > 0 ? json_text(why.data, why.length) : json_null());
        json_array_append_new(list, consumer);
        text_free(&asks);
        text_free(&why);
    }
    json_object_set_new(json, "consumers", list);
    return write_line(text, json);
}
