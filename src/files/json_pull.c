#include "files/json_pull.h"

#include "base/error.h"
#include "base/text.h"

#include <string.h>

enum { MAX_DEPTH = 100 };

static bool fail(const struct json_pull *json, struct error *error, const char *what)
{
    return error_set(error, ERROR_INPUT, "%s at byte %zu", what, json->place + json->at);
}

/* The next byte behind white space; '\0' at the end. */
static char peek(struct json_pull *json)
{
    while (json->at < json->size && memchr(" \t\n\r", json->text[json->at], 4) != NULL) {
        json->at++;
    }
    return json->at < json->size ? json->text[json->at] : '\0';
}

bool pull_take(struct json_pull *json, char token)
{
    if (peek(json) != token || json->at == json->size) {
        return false;
    }
    json->at++;
    return true;
}

bool pull_expect(struct json_pull *json, char token, struct error *error)
{
    char what[] = "'?' expected";

    what[1] = token;
    return pull_take(json, token) || fail(json, error, what);
}

bool pull_at_end(struct json_pull *json)
{
    peek(json);
    return json->at == json->size;
}

bool pull_more(struct json_pull *json, char closing, size_t count, bool *ok, struct error *error)
{
    if (!*ok || pull_take(json, closing)) {
        return false;
    }
    *ok = count == 0 || pull_expect(json, ',', error);
    return *ok;
}

/* --- strings ----------------------------------------------------------------------- */

/* Four hexadecimal digits. */
static bool take_hex(struct json_pull *json, unsigned *code)
{
    int i;

    *code = 0;
    for (i = 0; i < 4; i++) {
        static const char digits[] = "00112233445566778899aAbBcCdDeEfF";
        const char *digit = json->at < json->size ? memchr(digits, json->text[json->at], sizeof digits - 1) : NULL;

        if (digit == NULL) {
            return false;
        }
        *code = *code << 4 | (unsigned)(digit - digits) / 2;
        json->at++;
    }
    return true;
}

/* Behind "\u": a character, perhaps of two such escapes. */
static bool take_unicode(struct json_pull *json, unsigned *code)
{
    unsigned low;

    if (!take_hex(json, code) || (*code >= 0xdc00 && *code < 0xe000)) {
        return false;
    }
    if (*code < 0xd800 || *code >= 0xe000) {
        return true;
    }
    if (json->size - json->at < 2 || memcmp(json->text + json->at, "\\u", 2) != 0) {
        return false;
    }
    json->at += 2;
    if (!take_hex(json, &low) || low < 0xdc00 || low >= 0xe000) {
        return false;
    }
    *code = 0x10000 + ((*code - 0xd800) << 10) + (low - 0xdc00);
    return true;
}

/* Behind a backslash. */
static bool take_escape(struct json_pull *json, unsigned *code)
{
    static const char letters[] = "\"\"\\\\//b\bf\fn\nr\rt\t"; /* a letter, and what it stands for */
    char letter = json->at < json->size ? json->text[json->at++] : '\0';
    size_t i;

    if (letter == 'u') {
        return take_unicode(json, code);
    }
    for (i = 0; i + 1 < sizeof letters; i += 2) {
        if (letters[i] == letter) {
            *code = (unsigned char)letters[i + 1];
            return true;
        }
    }
    return false;
}

/* One character of a string. */
static bool take_character(struct json_pull *json, unsigned *code)
{
    size_t length;

    if (json->text[json->at] == '\\') {
        json->at++;
        return take_escape(json, code) && *code != 0;
    }
    length = utf8_read(json->text + json->at, json->size - json->at, code);
    json->at += length;
    return length > 0 && *code >= ' ';
}

/*
 * The text behind the opening quote, to its closing one.  Decoded text goes to `to`, or nowhere: it is never
 * longer than the text it is decoded from, so that it can go where that is.
 */
static bool read_string(struct json_pull *json, char *to, size_t *length, struct error *error)
{
    *length = 0;
    while (json->at < json->size && json->text[json->at] != '"') {
        char encoded[4];
        unsigned code = 0;
        size_t size;

        if (!take_character(json, &code)) {
            return fail(json, error, "no valid character of a string");
        }
        size = utf8_write(code, encoded);
        if (to != NULL) {
            memcpy(to + *length, encoded, size);
        }
        *length += size;
    }
    return pull_expect(json, '"', error);
}

bool pull_string(struct json_pull *json, const char **string, size_t *length, struct error *error)
{
    char *start;

    if (!pull_take(json, '"')) {
        return fail(json, error, "a string is expected");
    }
    start = json->text + json->at;
    *string = start;
    if (!read_string(json, start, length, error)) {
        return false;
    }
    start[*length] = '\0';
    return true;
}

/* --- numbers and the rest ------------------------------------------------------------ */

bool pull_integer(struct json_pull *json, int64_t *number, struct error *error)
{
    size_t start;

    *number = 0;
    peek(json);
    for (start = json->at; json->at < json->size && json->text[json->at] >= '0' && json->text[json->at] <= '9';
         json->at++) {
        if (__builtin_mul_overflow(*number, 10, number) ||
            __builtin_add_overflow(*number, json->text[json->at] - '0', number)) {
            return fail(json, error, "a number past 2^63");
        }
    }
    if (json->at == start || (json->text[start] == '0' && json->at > start + 1) ||
        (json->at < json->size && memchr(".eE", json->text[json->at], 3) != NULL)) {
        return fail(json, error, "a whole number from 0 on is expected");
    }
    return true;
}

/* Numbers, true, false and null: only that they end is looked at. */
static bool skip_word(struct json_pull *json, struct error *error)
{
    size_t start = json->at;

    while (json->at < json->size && (memchr("+-.", json->text[json->at], 3) != NULL ||
                                     (json->text[json->at] >= '0' && json->text[json->at] <= '9') ||
                                     ((json->text[json->at] | 0x20) >= 'a' && (json->text[json->at] | 0x20) <= 'z'))) {
        json->at++;
    }
    return json->at > start || fail(json, error, "a value is expected");
}

static bool skip_value(struct json_pull *json, int depth, struct error *error)
{
    char first = peek(json);
    char closing = first == '{' ? '}' : ']';
    size_t length, count;
    bool ok = true;

    if (first == '"') {
        json->at++;
        return read_string(json, NULL, &length, error);
    }
    if (first != '{' && first != '[') {
        return skip_word(json, error);
    }
    if (depth == MAX_DEPTH) {
        return fail(json, error, "values too deep in each other");
    }
    json->at++;
    for (count = 0; pull_more(json, closing, count, &ok, error); count++) {
        if (first == '{') {
            ok = pull_expect(json, '"', error) && read_string(json, NULL, &length, error) &&
                 pull_expect(json, ':', error);
        }
        ok = ok && skip_value(json, depth + 1, error);
    }
    return ok;
}

bool pull_skip(struct json_pull *json, struct error *error)
{
    return skip_value(json, 0, error);
}
