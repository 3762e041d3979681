/*
 * From an exporter's answers to a verdict: what all consumers have in common.
 */
#include "known/reads.h"

#include "base/error.h"

#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static void append(struct text *text, const char *format, va_list arguments)
{
    char line[512];

    vsnprintf(line, sizeof line, format, arguments);
    text_puts(text, line);
}

bool cannot(struct reading *reading, const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    append(&reading->verdict->why, format, arguments);
    va_end(arguments);
    return false;
}

bool but(struct reading *reading, const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    append(&reading->verdict->why, format, arguments);
    va_end(arguments);
    return true;
}

static bool releases_refused(const struct consumer *consumer, int python_version)
{
    return consumer->left == CONSUMER_RELEASES ||
           (consumer->left == CONSUMER_SINCE_3_13 && python_version >= 0x030d0000);
}

bool reading_ask_for(struct reading *reading, const struct subject *subject, int flags, int fallback)
{
    struct answer *answer = &reading->answer;
    struct error error = ERROR_INIT;

    reading_end(reading);
    subject_ask(subject, flags, answer);
    if (answer->outcome == OUTCOME_REFUSED && fallback != flags) {
        subject_ask(subject, fallback, answer);
    }
    if (answer->outcome != OUTCOME_GRANTED) {
        subject_explain(subject, answer, &reading->verdict->why);
        return answer->left_obj && releases_refused(reading->consumer, subject->python_version)
                   ? cannot(reading, "; the obj that this left is released all the same, which crashes Python in time")
                   : false;
    }
    if (!answer->sound) {
        return cannot(reading, "the answer makes no sense: %s", answer->nonsense);
    }
    reading->parsed = answer->format != NULL &&
                      format_parse(&reading->format, answer->format, (ptrdiff_t)answer->itemsize, &error);
    return true;
}

bool reading_ask(struct reading *reading)
{
    return reading_ask_for(reading, reading->subject, reading->consumer->flags, reading->consumer->fallback);
}

void reading_end(struct reading *reading)
{
    if (reading->parsed) {
        format_free(&reading->format);
        reading->parsed = false;
    }
}

bool but_len(struct reading *reading, bool items)
{
    const struct answer *answer = &reading->answer;
    int64_t more = answer->layout.len - answer->len;

    if (answer->nonsense[0] == '\0') {
        return false;
    }
    if (!items) {
        return but(reading, "but %s: it reads len bytes", answer->nonsense);
    }
    return more > 0 ? but(reading, "but %s: it reads %lld bytes past len", answer->nonsense, (long long)more)
                    : but(reading, "but %s: it reads fewer", answer->nonsense);
}

bool reads_items(struct reading *reading)
{
    but_len(reading, true);
    return true;
}

bool reads_len(struct reading *reading)
{
    but_len(reading, false);
    return true;
}

bool add_types(struct reading *reading, enum group group, size_t size)
{
    struct verdict *verdict = reading->verdict;
    size_t before = verdict->type_count;
    size_t i;

    for (i = 0; i < ELEMENT_COUNT && verdict->type_count < ELEMENT_COUNT; i++) {
        bool is_char = elements[i].group == GROUP_CHAR && group == (CHAR_MIN < 0 ? GROUP_INT : GROUP_UINT);

        if ((elements[i].group == group || is_char) && elements[i].size == size &&
            (elements[i].languages & reading->consumer->languages)) {
            verdict->types[verdict->type_count++] = &elements[i];
        }
    }
    return verdict->type_count > before;
}

bool consumer_reads(const struct consumer *consumer, const struct subject *subject, struct verdict *verdict)
{
    struct reading reading = {.consumer = consumer, .subject = subject, .verdict = verdict};

    verdict->asks = consumer->flags;
    verdict->typed = consumer->languages != 0;
    verdict->reads = consumer->check(&reading);
    if (!verdict->reads) {
        verdict->type_count = 0;
        text_clear(&verdict->record);
    }
    reading_end(&reading);
    return verdict->reads;
}

/* The exporter's dimensions: those that its truest answer tells. */
static int count_dimensions(const struct subject *subject)
{
    struct answer truth;

    return subject_truth(subject, &truth) ? truth.layout.ndim : 1;
}

bool consumer_judge(const struct consumer *consumer, const struct transcript *transcript, struct verdict *verdict)
{
    struct subject subject = subject_of(transcript);
    int ndim = consumer_has_dimensions(consumer) ? count_dimensions(&subject) : 1;

    if (ndim < 2 && consumer->check == check_cython_f) {
        return false;
    }
    consumer_name(consumer, ndim, &verdict->name);
    if (!consumer_reads(consumer, &subject, verdict)) {
        find_remedy(consumer, &subject, verdict);
    }
    return true;
}

void verdict_free(struct verdict *verdict)
{
    text_free(&verdict->name);
    text_free(&verdict->why);
    text_free(&verdict->record);
    text_free(&verdict->remedy);
}
