/*
 * Transcripts written by hand, and what the judge finds in them.
 */
#ifndef MVIEW_TESTS_UNIT_TRANSCRIPTS_H
#define MVIEW_TESTS_UNIT_TRANSCRIPTS_H

#include "base/error.h"
#include "base/text.h"
#include "judge/rules.h"
#include "judge/transcript.h"

#include "test.h"

static struct transcript transcript;

static inline int place(int flags)
{
    return request_find(flags);
}

static inline struct reply *reply_to(int flags)
{
    return &transcript.sweeps[0][place(flags)];
}

static inline void fill_numbers(struct numbers *numbers, bool given, const int64_t *values, int count)
{
    *numbers =
        (struct numbers){.pointer = {given ? 0x2000 : 0, given ? POINTER_READ : POINTER_NULL, PLACE_OTHER}};
    if (given) {
        memcpy(numbers->values, values, (size_t)count * sizeof values[0]);
    }
}

/* What a right exporter of writable native ints answers to one request. */
static inline void grant(struct reply *reply, int flags, int ndim, const int64_t *shape, const int64_t *strides)
{
    int64_t count = 1;
    int d;

    for (d = 0; d < ndim; d++) {
        count *= shape[d];
    }
    *reply = (struct reply){
        .outcome = OUTCOME_GRANTED,
        .obj = REPLY_OBJ_EXPORTER,
        .buf = {0x10000, POINTER_READ, PLACE_OTHER},
        .len = 4 * count,
        .itemsize = 4,
        .ndim = ndim,
        .readable = {0x8000, 0x20000},
        .writable = {0x8000, 0x20000},
    };
    if (flags & REQUEST_FORMAT) {
        reply->format = (struct pointer){0x3000, POINTER_READ, PLACE_OTHER};
        strcpy(reply->format_text, "i");
    }
    fill_numbers(&reply->shape, request_asks(flags, REQUEST_ND) && ndim > 0, shape, ndim);
    fill_numbers(&reply->strides, request_asks(flags, REQUEST_STRIDES) && ndim > 0, strides, ndim);
}

static inline void refuse(struct reply *reply)
{
    *reply = (struct reply){.outcome = OUTCOME_REFUSED,
                            .returned = -1,
                            .exception = {.set = true, .buffer_error = true, .type = "BufferError"}};
}

static inline void write_slope(struct slope *slope, int64_t get, int64_t release)
{
    int i;

    slope->measured = true;
    for (i = 0; i < TRANSCRIPT_CYCLES; i++) {
        slope->get[i] = get;
        slope->release[i] = release;
    }
}

/* All that is recorded of one request, granted or refused alike in every step. */
static inline void write_request(int request, bool granted, int ndim, const int64_t *shape, const int64_t *strides)
{
    struct references *references = &transcript.references[request];
    int sweep;

    for (sweep = 0; sweep < 2; sweep++) {
        if (granted) {
            grant(&transcript.sweeps[sweep][request], requests[request].flags, ndim, shape, strides);
        } else {
            refuse(&transcript.sweeps[sweep][request]);
        }
    }
    write_slope(&references->exporter, granted, -(int64_t)granted);
    if (granted) {
        references->obj = references->exporter;
        transcript.holds[request] = (struct hold){.outcome = OUTCOME_GRANTED, .buf = 0x10000};
        transcript.copies[request] =
            (struct copied_release){.outcome = OUTCOME_GRANTED, .after = OUTCOME_GRANTED};
        write_slope(&transcript.copies[request].exporter, 0, 0);
    }
}

/* A table of 2 by 3 ints in C order: F requests are refused. */
static inline void write_table(void)
{
    static const int64_t shape[] = {2, 3}, strides[] = {12, 4};
    int i;

    memset(&transcript, 0, sizeof transcript);
    transcript.timeout = 2;
    strcpy(transcript.type, "m.T");
    for (i = 0; i < REQUEST_COUNT; i++) {
        write_request(i, !request_asks(requests[i].flags, REQUEST_F_CONTIGUOUS), 2, shape, strides);
    }
    transcript.drop.outcome = OUTCOME_GRANTED;
}

/* Six ints in a row: everything is granted. */
static inline void write_row(void)
{
    static const int64_t shape[] = {6}, strides[] = {4};
    int i;

    write_table();
    for (i = 0; i < REQUEST_COUNT; i++) {
        write_request(i, true, 1, shape, strides);
    }
}

/* Every second of twelve ints: what needs contiguity is refused. */
static inline void write_strided(void)
{
    static const int64_t shape[] = {6}, strides[] = {8};
    int i;

    write_table();
    for (i = 0; i < REQUEST_COUNT; i++) {
        int flags = requests[i].flags;

        write_request(i, request_asks(flags, REQUEST_STRIDES) && !(flags & 0xe0), 1, shape, strides);
    }
}

/* "error RULE: detail\n" for each finding of that severity or worse. */
static inline const char *judged(enum severity least)
{
    static struct text text;
    struct error error = ERROR_INIT;
    struct findings findings;
    size_t i;

    text_clear(&text);
    CHECK(judge(&transcript, &findings, &error));
    for (i = 0; i < findings.count; i++) {
        const struct finding *item = &findings.items[i];

        if (item->severity <= least) {
            text_printf(&text, "%s %s: %s\n", severity_name(item->severity), rules[item->rule].id,
                        item->detail);
        }
    }
    findings_free(&findings);
    return text_string(&text);
}

static inline bool only(const char *severity, const char *rule)
{
    const char *text = judged(SEVERITY_WARNING);
    char start[128];
    bool ok;

    snprintf(start, sizeof start, "%s %s: ", severity, rule);
    ok = strncmp(text, start, strlen(start)) == 0 && strchr(text, '\n') == text + strlen(text) - 1;
    if (!ok) {
        printf("# expected %s alone, found:\n# %s\n", rule, text);
    }
    return ok;
}

/* Change both sweeps' answers to every request that asks for `flags`. */
#define EVERY(flags_, statement)                                                                             \
    do {                                                                                                     \
        int i_, s_;                                                                                          \
        for (i_ = 0; i_ < 2 * REQUEST_COUNT; i_++) {                                                         \
            struct reply *reply = &transcript.sweeps[i_ % 2][i_ / 2];                                        \
            s_ = requests[i_ / 2].flags;                                                                     \
            if (reply->outcome == OUTCOME_GRANTED && request_asks(s_, flags_)) {                             \
                statement;                                                                                   \
            }                                                                                                \
        }                                                                                                    \
    } while (0)

#endif
