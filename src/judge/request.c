#include "judge/request.h"

#include "base/error.h"
#include "base/suggest.h"
#include "base/text.h"
#include "judge/consumers.h"

#include <stdio.h>
#include <string.h>

#define SWEEP(base)                                                \
    {#base, REQUEST_##base},                                       \
    {#base "|WRITABLE", REQUEST_##base | REQUEST_WRITABLE},        \
    {#base "|FORMAT", REQUEST_##base | REQUEST_FORMAT},            \
    {#base "|WRITABLE|FORMAT", REQUEST_##base | REQUEST_WRITABLE | REQUEST_FORMAT}

#define SWEEP_TWO(a, b)                                                                     \
    {#a "|" #b, REQUEST_##a | REQUEST_##b},                                                 \
    {#a "|" #b "|WRITABLE", REQUEST_##a | REQUEST_##b | REQUEST_WRITABLE},                  \
    {#a "|" #b "|FORMAT", REQUEST_##a | REQUEST_##b | REQUEST_FORMAT},                      \
    {#a "|" #b "|WRITABLE|FORMAT", REQUEST_##a | REQUEST_##b | REQUEST_WRITABLE | REQUEST_FORMAT}

const struct request requests[REQUEST_COUNT] = {
    SWEEP(SIMPLE),
    SWEEP(ND),
    SWEEP(STRIDES),
    SWEEP(C_CONTIGUOUS),
    SWEEP(F_CONTIGUOUS),
    SWEEP(ANY_CONTIGUOUS),
    SWEEP(INDIRECT),
    SWEEP_TWO(C_CONTIGUOUS, INDIRECT),
    SWEEP_TWO(C_CONTIGUOUS, F_CONTIGUOUS),
};

#define FLAG(name) {#name, REQUEST_##name}

static const struct request flag_names[] = {
    FLAG(SIMPLE),     FLAG(WRITABLE),     FLAG(FORMAT),         FLAG(ND),       FLAG(STRIDES),
    FLAG(C_CONTIGUOUS), FLAG(F_CONTIGUOUS), FLAG(ANY_CONTIGUOUS), FLAG(INDIRECT), FLAG(CONTIG),
    FLAG(CONTIG_RO),  FLAG(STRIDED),      FLAG(STRIDED_RO),     FLAG(RECORDS),  FLAG(RECORDS_RO),
    FLAG(FULL),       FLAG(FULL_RO),
};

enum { FLAG_NAMES = sizeof flag_names / sizeof flag_names[0] };

int request_find(int flags)
{
    int i;

    for (i = 0; i < REQUEST_COUNT; i++) {
        if (requests[i].flags == flags) {
            return i;
        }
    }
    return -1;
}

static bool is_word(const char *word, size_t length, const char *name)
{
    return strlen(name) == length && memcmp(word, name, length) == 0;
}

/* A word that stands alone may have been meant as a consumer's name. */
static bool unknown_flag(const char *word, size_t length, bool alone, struct error *error)
{
    const char *names[FLAG_NAMES + CONSUMER_COUNT];
    const char *near;
    char copy[64];
    size_t count = 0;
    size_t i;

    for (i = 0; i < FLAG_NAMES; i++) {
        names[count++] = flag_names[i].name;
    }
    for (i = 0; alone && i < CONSUMER_COUNT; i++) {
        names[count++] = consumers[i].name;
    }
    snprintf(copy, sizeof copy, "%.*s", (int)(length < sizeof copy ? length : sizeof copy - 1), word);
    near = suggest(copy, names, count);
    if (near == NULL) {
        return error_set(error, ERROR_USAGE, "unknown request '%s': give flags, such as ND|FORMAT (the manual lists them), or a consumer "
                         "(--list-consumers lists them)",
                         copy);
    }
    return error_set(error, ERROR_USAGE, "unknown request '%s' (did you mean '%s'?)", copy, near);
}

static bool parse_flag(const char *word, size_t length, bool alone, int *flags, struct error *error)
{
    static const char prefix[] = "PyBUF_";
    size_t i;

    if (length > sizeof prefix - 1 && memcmp(word, prefix, sizeof prefix - 1) == 0) {
        word += sizeof prefix - 1;
        length -= sizeof prefix - 1;
    }
    for (i = 0; i < FLAG_NAMES; i++) {
        if (is_word(word, length, flag_names[i].name)) {
            *flags |= flag_names[i].flags;
            return true;
        }
    }
    if (is_word(word, length, "READ") || is_word(word, length, "WRITE")) {
        return error_set(error, ERROR_USAGE,
                         "'%.*s' is no buffer request but an argument of PyMemoryView_FromMemory and "
                         "PyMemoryView_GetContiguous",
                         (int)length, word);
    }
    return unknown_flag(word, length, alone, error);
}

bool request_parse(const char *text, int *flags, struct error *error)
{
    const struct consumer *consumer = consumer_find(text);
    const char *word = text;
    int joined = 0;

    if (consumer != NULL) {
        *flags = consumer->flags;
        return true;
    }
    for (;;) {
        size_t length = strcspn(word, "|,");
        size_t blanks = strspn(word, " ");
        bool last = word[length] == '\0';
        size_t end = length;

        blanks = blanks < length ? blanks : length;
        while (end > blanks && word[end - 1] == ' ') {
            end--;
        }
        if (end == blanks) {
            return error_set(error, ERROR_USAGE, "request '%s' has an empty flag", text);
        }
        if (!parse_flag(word + blanks, end - blanks, last && word == text, &joined, error)) {
            return false;
        }
        if (last) {
            *flags = joined;
            return true;
        }
        word += length + 1;
    }
}

void request_text(int flags, struct text *text)
{
    static const struct request bases[] = {
        FLAG(C_CONTIGUOUS), FLAG(F_CONTIGUOUS), FLAG(ANY_CONTIGUOUS), FLAG(INDIRECT), FLAG(STRIDES), FLAG(ND),
    };
    int named = 0;
    size_t i;

    for (i = 0; i < sizeof bases / sizeof bases[0]; i++) {
        if (request_asks(flags, bases[i].flags) && !request_asks(named, bases[i].flags)) {
            text_printf(text, "%s%s", named ? "|" : "", bases[i].name);
            named |= bases[i].flags;
        }
    }
    text_printf(text, "%s%s%s", named ? "" : "SIMPLE", flags & REQUEST_WRITABLE ? "|WRITABLE" : "",
                flags & REQUEST_FORMAT ? "|FORMAT" : "");
}
