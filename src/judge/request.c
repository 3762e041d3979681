#include "judge/request.h"

#include "base/error.h"
#include "base/suggest.h"
#include "base/text.h"

#include <ctype.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
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

static const struct flag {
    const char *name;
    int value;
    enum flag_kind { BASE, ADDED, COMPOUND } kind;
} flags_known[] = {
#define BASE(name, value) {#name, REQUEST_##name, BASE},
#define ADDED(name, value) {#name, REQUEST_##name, ADDED},
#define COMPOUND(name, value) {#name, REQUEST_##name, COMPOUND},
#include "judge/request.def"
#undef BASE
#undef ADDED
#undef COMPOUND
};

enum { FLAG_NAMES = sizeof flags_known / sizeof flags_known[0] };

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

/* What a word may have been meant for: a flag or, when it stands alone, one of the other names. */
static const char *find_near(const char *word, const char *const *others, size_t other_count)
{
    const char **names = calloc(FLAG_NAMES + other_count, sizeof *names);
    const char *near = NULL;
    size_t i;

    if (names != NULL) {
        for (i = 0; i < FLAG_NAMES; i++) {
            names[i] = flags_known[i].name;
        }
        for (i = 0; i < other_count; i++) {
            names[FLAG_NAMES + i] = others[i];
        }
        near = suggest(word, names, FLAG_NAMES + other_count);
    }
    free(names);
    return near;
}

static bool unknown_flag(const char *word, size_t length, const char *const *others, size_t other_count,
                         struct error *error)
{
    const char *near;
    char copy[64];

    snprintf(copy, sizeof copy, "%.*s", (int)(length < sizeof copy ? length : sizeof copy - 1), word);
    near = find_near(copy, others, other_count);
    if (near == NULL) {
        return error_set(error, ERROR_USAGE, "unknown request '%s': give flags, such as ND|FORMAT (the manual lists them), or a consumer "
                         "(--list-consumers lists them)",
                         copy);
    }
    return error_set(error, ERROR_USAGE, "unknown request '%s' (did you mean '%s'?)", copy, near);
}

/* "0x400"; 0 where it is no such number. */
static int read_number(const char *word, size_t length)
{
    char digits[16] = "";
    char *end;
    long value;

    if (length <= 2 || length >= sizeof digits || word[0] != '0' || word[1] != 'x' ||
        !isxdigit((unsigned char)word[2])) {
        return 0;
    }
    memcpy(digits, word, length);
    value = strtol(digits, &end, 16);
    return *end == '\0' && value <= INT_MAX ? (int)value : 0;
}

static bool parse_flag(const char *word, size_t length, const char *const *others, size_t other_count, int *flags,
                       struct error *error)
{
    static const char prefix[] = "PyBUF_";
    int number = read_number(word, length);
    size_t i;

    if (number & REQUEST_KNOWN) {
        return error_set(error, ERROR_USAGE, "request '%.*s': flags that have a name are given by it", (int)length, word);
    }
    if (number != 0) { /* of a newer Python, and passed on as it is */
        *flags |= number;
        return true;
    }
    if (length > sizeof prefix - 1 && memcmp(word, prefix, sizeof prefix - 1) == 0) {
        word += sizeof prefix - 1;
        length -= sizeof prefix - 1;
    }
    for (i = 0; i < FLAG_NAMES; i++) {
        if (is_word(word, length, flags_known[i].name)) {
            *flags |= flags_known[i].value;
            return true;
        }
    }
    if (is_word(word, length, "READ") || is_word(word, length, "WRITE")) {
        return error_set(error, ERROR_USAGE,
                         "'%.*s' is no buffer request but an argument of PyMemoryView_FromMemory and "
                         "PyMemoryView_GetContiguous",
                         (int)length, word);
    }
    return unknown_flag(word, length, others, other_count, error);
}

bool request_parse(const char *text, const char *const *others, size_t other_count, int *flags,
                   struct error *error)
{
    const char *word = text;
    int joined = 0;

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
        if (!parse_flag(word + blanks, end - blanks, others, last && word == text ? other_count : 0, &joined,
                        error)) {
            return false;
        }
        if (last) {
            *flags = joined;
            return true;
        }
        word += length + 1;
    }
}

/* Is a base named by another one that is asked for, and says more? */
static bool is_part(int flags, const struct flag *base)
{
    size_t i;

    for (i = 0; i < FLAG_NAMES; i++) {
        const struct flag *other = &flags_known[i];

        if (other->kind == BASE && other->value != base->value && request_asks(flags, other->value) &&
            request_asks(other->value, base->value)) {
            return true;
        }
    }
    return false;
}

void request_text(int flags, struct text *text)
{
    int named = 0;
    bool first = true;
    size_t i;

    for (i = 0; i < FLAG_NAMES; i++) {
        const struct flag *flag = &flags_known[i];

        if (flag->kind == COMPOUND || !request_asks(flags, flag->value) ||
            (flag->kind == BASE && is_part(flags, flag))) {
            continue;
        }
        text_printf(text, "%s%s", first ? "" : "|", flag->name);
        named |= flag->value;
        first = false;
    }
    if (flags & ~named) {
        text_printf(text, "|0x%x", (unsigned)(flags & ~named));
    }
}
