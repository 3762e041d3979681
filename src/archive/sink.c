#include "archive/sink.h"

#include "base/error.h"

#include <stdarg.h>
#include <stdio.h>

static const struct {
    enum archive_rule rule;
    bool refuses;
} faults[] = {
#define FAULT(id, rule, refuses) {ARCHIVE_RULE_##rule, refuses},
#include "archive/faults.def"
#undef FAULT
};

struct sink sink_reading(struct error *error)
{
    return (struct sink){.error = error, .member = ARCHIVE_WHOLE};
}

bool sink_fault(struct sink *sink, enum archive_fault fault, const char *format, ...)
{
    struct archive_complaint complaint = {
        .fault = fault,
        .rule = faults[fault].rule,
        .refuses = faults[fault].refuses,
        .member = sink->member,
        .name = sink->name,
    };
    char sentence[ERROR_MESSAGE_SIZE];
    va_list arguments;

    sink->refused += complaint.refuses;
    if (sink->complain == NULL && !complaint.refuses) {
        return true;
    }
    va_start(arguments, format);
    vsnprintf(sentence, sizeof sentence, format, arguments);
    va_end(arguments);
    complaint.sentence = sentence;
    sink->stopped = sink->complain == NULL ? !error_set(sink->error, ERROR_INPUT, "%s", sentence)
                                           : !sink->complain(sink->context, &complaint);
    return !sink->stopped;
}
