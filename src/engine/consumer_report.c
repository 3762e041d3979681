/*
 * A consumer's trial, written as text and as JSON.
 */
#include "engine/consumer.h"

#include "base/text.h"
#include "report/findings.h"
#include "report/json_parts.h"
#include "trial/rules.h"
#include "trial/trial.h"
#include "trial/words.h"

static const char *name_rule(int rule)
{
    return trial_rules[rule].id;
}

static size_t count_tried(const struct trial *trial)
{
    size_t tried = 0;
    int i;

    for (i = 0; i < trial->call_count; i++) {
        tried += trial->calls[i].outcome != CALL_NOT_TRIED;
    }
    return tried;
}

void consumer_text(struct text *text, const char *name, const struct trial *trial, const struct findings *findings,
                   bool info)
{
    findings_text(text, findings, name_rule, info);
    text_escape_string(text, name);
    text_puts(text, ": ");
    findings_count(text, count_tried(trial), "buffer");
    text_puts(text, ", ");
    findings_sum(text, findings);
}

/* --- JSON ---------------------------------------------------------------------------------------- */

static json_t *buffer_json(const struct buffer *buffer)
{
    const struct plan *plan = &buffer->plan;
    struct text words = TEXT_INIT, expression = TEXT_INIT;
    json_t *json = json_object();
    bool has_expression = buffer_expression(buffer, &expression);

    buffer_words(buffer, &words);
    json_object_set_new(json, "format", json_text_string(plan->format));
    json_object_set_new(json, "shape", json_list(plan->shape, (size_t)plan->ndim));
    json_object_set_new(json, "strides", json_list(plan->strides, (size_t)plan->ndim));
    json_object_set_new(json, "suboffsets",
                        plan_is_indirect(plan) ? json_list(plan->suboffsets, (size_t)plan->ndim) : json_null());
    json_object_set_new(json, "readonly", json_boolean(plan->readonly));
    json_object_set_new(json, "words", json_text(text_string(&words), words.length));
    json_object_set_new(json, "expression",
                        has_expression ? json_text(text_string(&expression), expression.length) : json_null());
    text_free(&words);
    text_free(&expression);
    return json;
}

static json_t *request_json(const struct asked *asked)
{
    struct text name = TEXT_INIT;
    json_t *json = json_object();

    request_text(asked->flags, &name);
    json_object_set_new(json, "request", json_text(text_string(&name), name.length));
    json_object_set_new(json, "flags", json_integer(asked->flags));
    json_object_set_new(json, "outcome", json_string(asked->outcome == OUTCOME_GRANTED ? "granted" : "refused"));
    text_free(&name);
    return json;
}

/* The exception that was raised, or in what way the call did not come back; null for one that returned. */
static json_t *exception_json(const struct trial *trial, const struct call *call)
{
    struct text text = TEXT_INIT;
    json_t *json;

    if (call->outcome == CALL_RAISED) {
        text_printf(&text, *call->exception.text != '\0' ? "%s: %s" : "%s", call->exception.type, call->exception.text);
    } else if (call->outcome == CALL_CRASHED) {
        crash_text(&call->crash, trial->timeout, &text);
    } else if (call->outcome == CALL_NOT_TRIED) {
        text_puts(&text, "not tried: the time for the whole check was over");
    }
    json = text.length > 0 ? json_text(text_string(&text), text.length) : json_null();
    text_free(&text);
    return json;
}

static json_t *call_json(const struct trial *trial, const struct call *call)
{
    json_t *json = json_object();
    json_t *requests_list = json_array();
    int i;

    for (i = 0; i < requests_kept(call); i++) {
        json_array_append_new(requests_list, request_json(&call->requests[i]));
    }
    json_object_set_new(json, "buffer", buffer_json(&call->buffer));
    json_object_set_new(json, "outcome",
                        json_string(call->outcome == CALL_RETURNED ? "returned"
                                    : call->outcome == CALL_RAISED ? "raised"
                                                                   : "crashed"));
    json_object_set_new(json, "exception", exception_json(trial, call));
    json_object_set_new(json, "requests", requests_list);
    json_object_set_new(json, "releases", json_integer(call->releases));
    json_object_set_new(json, "held", json_integer(call->held));
    return json;
}

bool consumer_json(struct text *text, const char *name, const struct trial *trial, const struct findings *findings)
{
    json_t *json = json_object();
    json_t *calls = json_array();
    size_t i;

    for (i = 0; i < (size_t)trial->call_count; i++) {
        json_array_append_new(calls, call_json(trial, &trial->calls[i]));
    }
    json_object_set_new(json, "schema", json_integer(1));
    json_object_set_new(json, "name", json_text_string(name));
    json_object_set_new(json, "calls", calls);
    json_object_set_new(json, "findings", findings_json(findings, name_rule));
    json_object_set_new(json, "errors", json_integer((json_int_t)findings->errors));
    json_object_set_new(json, "warnings", json_integer((json_int_t)findings->warnings));
    return json_write_line(text, json);
}
