#include "options/arguments.h"

#include "base/error.h"
#include "base/suggest.h"
#include "base/text.h"
#include "memory/layout.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

static bool bad_argument(const char *option, const char *argument, const char *wanted, struct error *error)
{
    return error_set(error, ERROR_USAGE, "--%s: '%s' is not %s", option, argument, wanted);
}

bool argument_number(const char *option, const char *text, uint64_t *number, struct error *error)
{
    bool hex = text[0] == '0' && (text[1] == 'x' || text[1] == 'X');
    const char *digits = hex ? text + 2 : text;
    unsigned long long value;
    char *end;

    if (strspn(digits, hex ? "0123456789abcdefABCDEF" : "0123456789") == 0) {
        return bad_argument(option, text, "a number", error);
    }
    errno = 0;
    value = strtoull(digits, &end, hex ? 16 : 10);
    if (*end != '\0') {
        return bad_argument(option, text, "a number", error);
    }
    if (errno == ERANGE || value > INT64_MAX) {
        return bad_argument(option, text, "a number below 2^63", error);
    }
    *number = value;
    return true;
}

bool argument_length(const char *text, uint64_t *length, struct error *error)
{
    if (strcmp(text, "all") == 0) {
        *length = UINT64_MAX;
        return true;
    }
    return argument_number("length", text, length, error);
}

bool argument_small(const char *option, const char *text, unsigned least, unsigned most, unsigned *number,
                        struct error *error)
{
    uint64_t value;

    if (!argument_number(option, text, &value, error)) {
        return false;
    }
    if (value < least || value > most) {
        return error_set(error, ERROR_USAGE, "--%s: %s is not between %u and %u", option, text, least, most);
    }
    *number = (unsigned)value;
    return true;
}

bool argument_seconds(const char *text, double *seconds, struct error *error)
{
    char *end;
    double value = strtod(text, &end);

    if (end == text || *end != '\0' || !isfinite(value) || value <= 0 || value > 3600) {
        return bad_argument("timeout", text, "a number of seconds between 0 and 3600", error);
    }
    *seconds = value;
    return true;
}

bool argument_shape(const char *text, int *ndim, ptrdiff_t *shape, struct error *error)
{
    const char *at = strcmp(text, "()") == 0 ? "" : text;
    int unknown = 0;

    *ndim = 0;
    while (*at != '\0') {
        size_t length = strcspn(at, ",");
        char number[32];
        uint64_t extent = 0;

        if (*ndim == LAYOUT_MAX_NDIM) {
            return error_set(error, ERROR_USAGE, "--shape: more than %d dimensions", LAYOUT_MAX_NDIM);
        }
        if (length == 0 || length >= sizeof number) {
            return bad_argument("shape", text, "a list of numbers such as 2,-1,3", error);
        }
        memcpy(number, at, length);
        number[length] = '\0';
        if (strcmp(number, "-1") == 0) {
            unknown++;
        } else if (!argument_number("shape", number, &extent, error)) {
            return bad_argument("shape", text, "a list of numbers such as 2,-1,3", error);
        }
        shape[(*ndim)++] = strcmp(number, "-1") == 0 ? -1 : (ptrdiff_t)extent;
        at += length;
        if (*at == ',') {
            at++;
        }
    }
    if (unknown > 1) {
        return error_set(error, ERROR_USAGE, "--shape: only one extent of '%s' can be -1", text);
    }
    return true;
}

bool argument_word(const char *option, const char *text, const char *const *words, size_t count,
                       unsigned *index, struct error *error)
{
    struct text list = TEXT_INIT;
    const char *near;
    size_t i;

    for (i = 0; i < count; i++) {
        if (strcmp(text, words[i]) == 0) {
            *index = (unsigned)i;
            return true;
        }
    }
    for (i = 0; i < count; i++) {
        text_printf(&list, "%s%s", i == 0 ? "" : ", ", words[i]);
    }
    near = suggest(text, words, count);
    if (near != NULL) {
        error_set(error, ERROR_USAGE, "--%s: no '%s': did you mean '%s'?", option, text, near);
    } else {
        error_set(error, ERROR_USAGE, "--%s: no '%s': %s %s", option, text,
                  count > 1 ? "it is one of" : "there is only", text_string(&list));
    }
    text_free(&list);
    return false;
}
