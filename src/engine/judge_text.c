#include "engine/judge_report.h"

#include "base/text.h"
#include "judge/compare.h"
#include "judge/rules.h"
#include "judge/transcript.h"
#include "known/consumers.h"
#include "report/findings.h"
#include "report/table.h"

#include <inttypes.h>

const char *judge_outcome(const struct transcript *transcript, int request, struct text *why)
{
    const struct reply *reply = &transcript->sweeps[0][request];
    const struct crash *crash = transcript_crash(transcript, request);

    switch (reply->outcome) {
    case OUTCOME_GRANTED:
        return "granted";
    case OUTCOME_REFUSED:
        if (reply->exception.set) {
            text_printf(why, *reply->exception.text != '\0' ? "%s: %s" : "%s", reply->exception.type,
                        reply->exception.text);
        } else {
            text_puts(why, "no exception");
        }
        return "refused";
    case OUTCOME_CRASHED:
    case OUTCOME_NOT_SENT:
        break;
    }
    if (crash != NULL) {
        crash_text(crash, transcript->timeout, why);
    } else {
        text_puts(why, "not sent any more: the time for the whole was over");
    }
    return "crashed";
}

/* --- --check ---------------------------------------------------------------------------- */

static const char *name_rule(int rule)
{
    return rules[rule].id;
}

void judge_text_check(struct text *text, const char *name, const struct transcript *transcript,
                      const struct findings *findings, bool info)
{
    findings_text(text, findings, name_rule, info);
    text_escape_string(text, name);
    text_puts(text, ": ");
    findings_count(text, transcript->has_buffer ? REQUEST_COUNT : 0, "request");
    text_puts(text, ", ");
    findings_sum(text, findings);
}

/* --- --requests ---------------------------------------------------------------------------- */

enum {
    SUBOFFSETS_COLUMN = 9,
    REQUEST_COLUMNS = 11,
    CONSUMER_COLUMNS = 3,
    EXPLANATION = 72, /* characters of a line beside the consumers' names, so that all fit into 100 */
};

static void put_head(struct table *table, const char *const *names)
{
    struct text *cells = table_row(table);
    size_t i;

    for (i = 0; cells != NULL && i < table->columns; i++) {
        text_puts(&cells[i], names[i]);
    }
}

/* "(2, 3)", "NULL", or "unreadable". */
static void put_numbers(struct text *cell, const struct numbers *numbers, int64_t ndim)
{
    int64_t i;

    if (numbers->pointer.state != POINTER_READ) {
        text_puts(cell, numbers->pointer.state == POINTER_NULL ? "NULL" : "unreadable");
        return;
    }
    text_putc(cell, '(');
    for (i = 0; i < ndim && i < LAYOUT_MAX_NDIM; i++) {
        text_printf(cell, "%s%" PRId64, i == 0 ? "" : ", ", numbers->values[i]);
    }
    text_puts(cell, ndim == 1 ? ",)" : ")");
}

static void put_obj(struct text *cell, const struct reply *reply)
{
    static const char *const words[] = {
        [REPLY_OBJ_NULL] = "NULL",
        [REPLY_OBJ_UNTOUCHED] = "untouched",
        [REPLY_OBJ_EXPORTER] = "itself",
    };

    if (reply->obj == REPLY_OBJ_OTHER) {
        text_escape_string(cell, reply->obj_type);
    } else {
        text_puts(cell, words[reply->obj]);
    }
}

static void put_granted(struct text *cells, const struct reply *reply)
{
    text_printf(&cells[2], "%" PRId64, reply->len);
    text_printf(&cells[3], "%" PRId64, reply->itemsize);
    text_printf(&cells[4], "%" PRId64, reply->readonly);
    text_printf(&cells[5], "%" PRId64, reply->ndim);
    if (reply->format.state == POINTER_READ) {
        text_escape_string(&cells[6], reply->format_text);
    } else {
        text_puts(&cells[6], reply->format.state == POINTER_NULL ? "NULL" : "unreadable");
    }
    put_numbers(&cells[7], &reply->shape, reply->ndim);
    put_numbers(&cells[8], &reply->strides, reply->ndim);
    if (reply->suboffsets.pointer.state != POINTER_NULL) {
        put_numbers(&cells[SUBOFFSETS_COLUMN], &reply->suboffsets, reply->ndim);
    }
    put_obj(&cells[10], reply);
}

/* A base as it is called, and below it what is added to it, so that lines stay short. */
static void put_request_name(struct text *cell, const struct request *request)
{
    if ((request->flags & (REQUEST_WRITABLE | REQUEST_FORMAT)) == 0) {
        text_puts(cell, request->name);
        return;
    }
    text_printf(cell, "  %s%s", request->flags & REQUEST_WRITABLE ? "|WRITABLE" : "",
                request->flags & REQUEST_FORMAT ? "|FORMAT" : "");
}

static void put_request(struct table *table, const struct transcript *transcript, int request)
{
    struct text *cells = table_row(table);
    struct text why = TEXT_INIT;

    if (cells == NULL) {
        return;
    }
    put_request_name(&cells[0], &requests[request]);
    text_puts(&cells[1], judge_outcome(transcript, request, &why));
    if (transcript->sweeps[0][request].outcome == OUTCOME_GRANTED) {
        put_granted(cells, &transcript->sweeps[0][request]);
    } else if (why.length > 0) {
        text_escape(&cells[2], why.data, why.length);
    }
    text_free(&why);
}

/* "T: int, long (4 bytes on Windows), int32_t" */
static void put_types(struct text *cell, const struct verdict *verdict)
{
    size_t i;

    for (i = 0; i < verdict->type_count; i++) {
        const struct element *type = verdict->types[i];

        text_printf(cell, "%s%s", cell->length > 0 ? ", " : "T: ", type->name);
        if (type->windows != type->size) {
            text_printf(cell, " (%zu bytes on Windows)", type->windows);
        }
    }
    if (verdict->record.length > 0) {
        text_puts(cell, cell->length > 0 ? ", " : "T: ");
        text_escape(cell, verdict->record.data, verdict->record.length);
    }
}

/* Where the line that begins at `start` ends: at the last space that leaves it short enough, or else at the first. */
static size_t find_line_end(const struct text *words, size_t start)
{
    size_t end = 0, width = 0, at;

    for (at = start; at < words->length; at++) {
        if (width > EXPLANATION && end > 0) {
            return end;
        }
        if (words->data[at] == ' ') {
            end = at;
        }
        width += (words->data[at] & 0xc0) != 0x80;
    }
    return width > EXPLANATION && end > 0 ? end : words->length;
}

/* Below the verdict: what is to be said, in as many lines as that takes. */
static void put_explanation(struct table *table, const struct text *words)
{
    size_t start, end;

    for (start = 0; start < words->length; start = end + 1) {
        struct text *cells = table_row(table);

        end = find_line_end(words, start);
        if (cells != NULL) {
            text_append(&cells[1], words->data + start, end - start);
        }
    }
}

static void put_verdict(struct table *table, const struct verdict *verdict)
{
    struct text *cells = table_row(table);
    struct text why = TEXT_INIT, types = TEXT_INIT, remedy = TEXT_INIT;

    if (cells == NULL) {
        return;
    }
    text_puts(&cells[0], text_string(&verdict->name));
    text_puts(&cells[1], verdict->reads ? "yes" : "no");
    if (verdict->asks == CONSUMER_ASKS_NOTHING) {
        text_puts(&cells[2], "nothing");
    } else {
        request_text(verdict->asks, &cells[2]);
    }
    text_escape(&why, text_string(&verdict->why), verdict->why.length);
    put_types(&types, verdict);
    text_puts(&remedy, verdict->remedy.length > 0 ? "try " : "");
    text_escape(&remedy, text_string(&verdict->remedy), verdict->remedy.length);
    put_explanation(table, &why);
    put_explanation(table, &types);
    put_explanation(table, &remedy);
    text_free(&why);
    text_free(&types);
    text_free(&remedy);
}

static void put_consumer(struct table *table, const struct transcript *transcript, const struct consumer *consumer)
{
    struct verdict verdict = VERDICT_INIT;

    if (consumer_judge(consumer, transcript, &verdict)) {
        put_verdict(table, &verdict);
    }
    verdict_free(&verdict);
}

/* --- the protocols, side by side --- */

static void put_fact(struct text *cell, const struct side *side, enum difference fact)
{
    struct text raw = TEXT_INIT;

    side_fact(side, fact, &raw);
    text_escape(cell, text_string(&raw), raw.length);
    text_puts(cell, side->differs & fact ? " (differs)" : "");
    text_free(&raw);
}

static void put_fact_row(struct table *table, const struct sides *sides, const char *name, enum difference fact)
{
    struct text *cells = table_row(table);
    size_t i;

    if (cells != NULL) {
        text_puts(&cells[0], name);
        for (i = 0; i < sides->count; i++) {
            put_fact(&cells[i + 1], &sides->items[i], fact);
        }
    }
}

/* One whose answer is no layout, and why. */
static void put_untold(struct text *text, const struct side *side, double timeout)
{
    const struct told *told = side->told;

    if (told == NULL || (told->outcome == OUTCOME_GRANTED && told->have_layout)) {
        return;
    }
    text_puts(text, protocol_name(side->telling.protocol));
    if (told->outcome == OUTCOME_CRASHED) {
        text_puts(text, side->crash != NULL && side->crash->kind == CRASH_TIMEOUT ? "" : " crashed");
        if (side->crash != NULL) {
            text_puts(text, ": ");
            crash_text(side->crash, timeout, text);
        }
    } else if (told->outcome == OUTCOME_REFUSED) {
        text_puts(text, " refused: ");
        text_escape_string(text, told->exception.text);
    } else {
        text_puts(text, ": ");
        text_escape_string(text, told->fault_count > 0 ? told->faults[0].sentence : told->obstacle);
    }
    text_putc(text, '\n');
}

static void put_words(struct table *table, const struct sides *sides, const char *name, bool device)
{
    struct text *cells = table_row(table);
    size_t i;

    if (cells == NULL) {
        return;
    }
    text_puts(&cells[0], name);
    for (i = 0; i < sides->count; i++) {
        const struct telling *telling = &sides->items[i].telling;

        text_escape_string(&cells[i + 1], device ? telling->device : telling->version);
    }
}

static void put_owners(struct table *table, const struct sides *sides)
{
    struct text *cells = table_row(table);
    size_t i;

    for (i = 0; cells != NULL && i < sides->count; i++) {
        text_puts(&cells[0], i == 0 ? "owner" : "");
        text_escape_string(&cells[i + 1], sides->items[i].owner);
    }
}

static void put_protocols(struct text *text, const struct sides *sides, double timeout)
{
    static const char *const facts[] = {"data", "shape", "strides", "type", "readonly"};
    struct table table = TABLE_INIT(sides->count + 1);
    struct text *cells = table_row(&table);
    size_t i;

    for (i = 0; cells != NULL && i < sides->count; i++) {
        text_puts(&cells[0], i == 0 ? "PROTOCOL" : "");
        text_puts(&cells[i + 1], protocol_name(sides->items[i].telling.protocol));
    }
    put_words(&table, sides, "version", false);
    put_words(&table, sides, "device", true);
    for (i = 0; i < sizeof facts / sizeof facts[0]; i++) {
        put_fact_row(&table, sides, facts[i], (enum difference)(1u << i));
    }
    put_owners(&table, sides);
    table_write(&table, text);
    table_free(&table);
    for (i = 0; i < sides->count; i++) {
        put_untold(text, &sides->items[i], timeout);
    }
    text->failed |= sides->failed;
}

/* --- all of it --- */

static void put_answers(struct text *text, const struct transcript *transcript, unsigned columns)
{
    static const char *const heads[] = {"REQUEST", "ANSWER", "LEN",     "ITEMSIZE",   "READONLY", "NDIM",
                                        "FORMAT",  "SHAPE",  "STRIDES", "SUBOFFSETS", "OBJ"};
    struct table table = TABLE_INIT(REQUEST_COLUMNS);
    int i;

    table.headed = true;
    table.run_on = true;
    table.width = columns;
    put_head(&table, heads);
    for (i = 0; i < REQUEST_COUNT; i++) {
        put_request(&table, transcript, i);
    }
    table_write(&table, text);
    table_free(&table);
}

static void put_consumers(struct text *text, const struct transcript *transcript)
{
    static const char *const heads[] = {"CONSUMER", "READS", "ASKS FOR"};
    struct table table = TABLE_INIT(CONSUMER_COLUMNS);
    size_t i;

    table.run_on = true;
    put_head(&table, heads);
    for (i = 0; i < CONSUMER_COUNT; i++) {
        put_consumer(&table, transcript, &consumers[i]);
    }
    table_write(&table, text);
    table_free(&table);
}

void judge_text_requests(struct text *text, const char *name, const struct transcript *transcript, unsigned columns)
{
    struct sides sides;

    text_escape_string(text, name);
    text_puts(text, ": ");
    text_escape_string(text, transcript->type);
    text_puts(text, transcript->has_buffer ? "\n\n" : ", without a buffer\n\n");
    if (transcript->has_buffer) {
        put_answers(text, transcript, columns);
    }
    sides_of(&sides, transcript);
    if (protocols_any(&transcript->protocols)) {
        text_puts(text, transcript->has_buffer ? "\n" : "");
        put_protocols(text, &sides, transcript->timeout);
    }
    sides_free(&sides);
    if (transcript->has_buffer) {
        text_putc(text, '\n');
        put_consumers(text, transcript);
    }
}
