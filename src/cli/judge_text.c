#include "cli/judge_report.h"

#include "base/text.h"
#include "judge/consumers.h"
#include "judge/rules.h"
#include "judge/transcript.h"
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

static void append_count(struct text *text, size_t count, const char *what)
{
    text_printf(text, "%zu %s%s", count, what, count == 1 ? "" : "s");
}

void judge_text_check(struct text *text, const char *name, const struct findings *findings, bool info)
{
    size_t i;

    for (i = 0; i < findings->count; i++) {
        const struct finding *finding = &findings->items[i];

        if (finding->severity == SEVERITY_INFO && !info) {
            continue;
        }
        text_printf(text, "%s  %s  ", severity_name(finding->severity), rules[finding->rule].id);
        text_escape_string(text, finding->detail);
        text_putc(text, '\n');
    }
    text_escape_string(text, name);
    text_printf(text, ": %d requests, ", REQUEST_COUNT);
    append_count(text, findings->errors, "error");
    text_puts(text, ", ");
    append_count(text, findings->warnings, "warning");
    text_putc(text, '\n');
}

/* --- --requests ---------------------------------------------------------------------------- */

enum { REQUEST_COLUMNS = 10 };

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
    put_numbers(&cells[9], &reply->suboffsets, reply->ndim);
}

static void put_request(struct table *table, const struct transcript *transcript, int request)
{
    struct text *cells = table_row(table);
    struct text why = TEXT_INIT;

    if (cells == NULL) {
        return;
    }
    text_puts(&cells[0], requests[request].name);
    text_puts(&cells[1], judge_outcome(transcript, request, &why));
    if (transcript->sweeps[0][request].outcome == OUTCOME_GRANTED) {
        put_granted(cells, &transcript->sweeps[0][request]);
    } else if (why.length > 0) {
        text_puts(&cells[1], " (");
        text_escape(&cells[1], why.data, why.length);
        text_puts(&cells[1], ")");
    }
    text_free(&why);
}

static void put_consumer(struct table *table, const struct transcript *transcript, size_t consumer)
{
    struct text *cells = table_row(table);
    struct text why = TEXT_INIT;
    bool reads;

    if (cells == NULL) {
        return;
    }
    reads = consumer_can_read(&consumers[consumer], transcript, &why);
    text_puts(&cells[0], consumers[consumer].name);
    request_text(consumers[consumer].flags, &cells[1]);
    text_puts(&cells[2], reads ? "yes" : "no");
    text_escape(&cells[3], text_string(&why), why.length);
    text_free(&why);
}

void judge_text_requests(struct text *text, const char *name, const struct transcript *transcript)
{
    static const char *const request_heads[] = {"REQUEST", "ANSWER", "LEN",     "ITEMSIZE", "READONLY",
                                                "NDIM",    "FORMAT", "SHAPE", "STRIDES",  "SUBOFFSETS"};
    static const char *const consumer_heads[] = {"CONSUMER", "ASKS FOR", "READS", "WHY"};
    struct table answers = TABLE_INIT(REQUEST_COLUMNS);
    struct table readers = TABLE_INIT(4);
    size_t i;

    text_escape_string(text, name);
    text_puts(text, ": ");
    text_escape_string(text, transcript->type);
    text_puts(text, "\n\n");
    put_head(&answers, request_heads);
    for (i = 0; i < REQUEST_COUNT; i++) {
        put_request(&answers, transcript, (int)i);
    }
    table_write(&answers, text);
    table_free(&answers);
    text_putc(text, '\n');
    put_head(&readers, consumer_heads);
    for (i = 0; i < CONSUMER_COUNT; i++) {
        put_consumer(&readers, transcript, i);
    }
    table_write(&readers, text);
    table_free(&readers);
}
