#include "engine/trace.h"

#include "base/notes.h"
#include "base/text.h"
#include "judge/request.h"
#include "ledger/ledger.h"
#include "report/json_parts.h"
#include "trace/holding.h"
#include "trace/moment.h"
#include "trace/recorder.h"

static json_t *request_json(int flags)
{
    struct text name = TEXT_INIT;
    json_t *json;

    request_text(flags, &name);
    json = json_text(text_string(&name), name.length);
    text_free(&name);
    return json;
}

static json_t *where_json(const struct ledger_words *words)
{
    json_t *list = json_array();
    int i;

    for (i = 0; i < words->depth; i++) {
        json_array_append_new(list, json_text_string(words->where[i]));
    }
    return list;
}

static json_t *or_null(const char *string)
{
    return string != NULL ? json_text_string(string) : json_null();
}

static json_t *exporter_json(const struct holding *holding)
{
    json_t *json = json_object();

    json_object_set_new(json, "type", json_text_string(holding->words.type));
    json_object_set_new(json, "address", json_address(holding->export.exporter));
    json_object_set_new(json, "nbytes", json_integer(holding->export.view.len));
    return json;
}

static json_t *held_json(const struct holding *holding)
{
    static const char *const states[] = {"kept", "garbage", "unnamed", "leaked", "unknown"};
    json_t *json = json_object();
    json_t *names = json_array(), *notes = json_array();
    size_t i;

    for (i = 0; i < holding->name_count; i++) {
        json_array_append_new(names, json_text_string(holding->names[i]));
    }
    json_object_set_new(json, "exporter", exporter_json(holding));
    json_object_set_new(json, "request", request_json(holding->words.flags));
    json_object_set_new(json, "native", json_text_string(holding->words.native));
    json_object_set_new(json, "where", where_json(&holding->words));
    json_object_set_new(json, "kept_by", names);
    json_object_set_new(json, "state", json_string(states[holding->state]));
    json_object_set_new(json, "times", json_integer((json_int_t)holding->export.times));
    if (holding->more) {
        json_array_append_new(notes, json_string("more keep it than these"));
    }
    if (*holding->why != '\0') {
        json_array_append_new(notes, json_text_string(holding->why));
    }
    json_object_set_new(json, "notes", notes);
    return json;
}

static json_t *row_json(const struct ledger_row *row)
{
    json_t *json = json_object();

    json_object_set_new(json, "type", json_text_string(row->words.type));
    json_object_set_new(json, "request", request_json(row->words.flags));
    json_object_set_new(json, "native", json_text_string(row->words.native));
    json_object_set_new(json, "where", where_json(&row->words));
    json_object_set_new(json, "count", json_integer((json_int_t)row->count));
    json_object_set_new(json, "refused", json_integer((json_int_t)row->refused));
    json_object_set_new(json, "held", json_integer((json_int_t)row->held));
    json_object_set_new(json, "exception", or_null(row->exception));
    return json;
}

static const char *match_name(enum ledger_match match)
{
    static const char *const names[] = {"held", "released-before", "never-asked", "unknown"};

    return names[match];
}

static json_t *mistake_json(const struct ledger_mistake *mistake)
{
    json_t *json = json_object();

    json_object_set_new(json, "type", json_text_string(mistake->words.type));
    json_object_set_new(json, "native", json_text_string(mistake->words.native));
    json_object_set_new(json, "where", where_json(&mistake->words));
    json_object_set_new(json, "count", json_integer((json_int_t)mistake->count));
    json_object_set_new(json, "match", json_string(match_name(mistake->match)));
    return json;
}

static json_t *caught_json(const struct trace_report *report)
{
    json_t *list = json_array();
    size_t i, k;

    for (i = 0; i < report->moment_count; i++) {
        const struct moment *moment = &report->moments[i];
        json_t *json, *held;

        if (moment->count <= moment->told) {
            continue;
        }
        json = json_object();
        held = json_array();
        for (k = 0; k < moment->holdings.count; k++) {
            json_array_append_new(held, held_json(&moment->holdings.items[k]));
        }
        json_object_set_new(json, "exception", json_text_string(moment->exception));
        json_object_set_new(json, "where", json_text_string(moment->where));
        json_object_set_new(json, "count", json_integer((json_int_t)(moment->count - moment->told)));
        json_object_set_new(json, "held", held);
        json_array_append_new(list, json);
    }
    return list;
}

bool trace_json(struct text *text, const struct trace_report *report)
{
    json_t *json = json_object();
    json_t *held = json_array(), *calls = json_array(), *mistakes = json_array(), *notes = json_array();
    size_t i;

    for (i = 0; i < report->holdings->count; i++) {
        json_array_append_new(held, held_json(&report->holdings->items[i]));
    }
    for (i = 0; i < report->ledger->row_count; i++) {
        json_array_append_new(calls, row_json(&report->ledger->rows[i]));
    }
    for (i = 0; i < report->ledger->mistake_count; i++) {
        json_array_append_new(mistakes, mistake_json(&report->ledger->mistakes[i]));
    }
    for (i = 0; i < report->notes->count; i++) {
        json_array_append_new(notes, json_text_string(report->notes->items[i]));
    }
    json_object_set_new(json, "schema", json_integer(1));
    json_object_set_new(json, "name", json_text_string(report->name));
    json_object_set_new(json, "held", held);
    json_object_set_new(json, "calls", calls);
    json_object_set_new(json, "wrong_releases", mistakes);
    json_object_set_new(json, "caught", caught_json(report));
    json_object_set_new(json, "notes", notes);
    return json_write_line(text, json);
}

bool trace_event_json(struct text *text, const struct recorder_event *event)
{
    json_t *json = json_object();

    json_object_set_new(json, "schema", json_integer(1));
    json_object_set_new(json, "event", json_string(event->release ? "release" : "request"));
    json_object_set_new(json, "number", json_integer((json_int_t)event->number));
    json_object_set_new(json, "thread", json_integer(event->thread));
    json_object_set_new(json, "type", json_text_string(event->words->type));
    json_object_set_new(json, "address", json_address(event->exporter));
    json_object_set_new(json, "view", json_address(event->view));
    if (event->release) {
        json_object_set_new(json, "match", json_string(match_name(event->match)));
    } else {
        json_object_set_new(json, "request", request_json(event->words->flags));
        json_object_set_new(json, "outcome", json_string(event->granted ? "granted" : "refused"));
        json_object_set_new(json, "exception", or_null(event->exception));
    }
    json_object_set_new(json, "nbytes", event->release || event->granted ? json_integer(event->nbytes) : json_null());
    json_object_set_new(json, "native", json_text_string(event->words->native));
    json_object_set_new(json, "where", where_json(event->words));
    return json_write_line(text, json);
}
