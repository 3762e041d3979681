#include "files/literal.h"

#include "base/arena.h"
#include "base/error.h"
#include "base/text.h"

#include <stdint.h>
#include <string.h>

/* The text being read. */
struct reader {
    const char *start;
    const char *next;
    const char *end;
    const struct literal_options *options;
    struct arena *arena;
    struct error *error;
    int depth; /* brackets open */
};

static const char *const kind_names[] = {
    [LITERAL_STRING] = "a string", [LITERAL_INTEGER] = "an integer", [LITERAL_BOOLEAN] = "a boolean",
    [LITERAL_LIST] = "a list",     [LITERAL_TUPLE] = "a tuple",      [LITERAL_DICT] = "a dict",
};

const char *literal_kind_name(enum literal_kind kind)
{
    return kind_names[kind];
}

static size_t place(const struct reader *reader, const char *at)
{
    return reader->options->place + (size_t)(at - reader->start);
}

/* --- characters ---------------------------------------------------------------- */

/* The character at `next` in UTF-8, and how many bytes of the text it takes: 0 at the end or if malformed. */
static size_t peek(const struct reader *reader, unsigned *c)
{
    if (reader->next == reader->end) {
        return 0;
    }
    if (reader->options->latin1) {
        *c = (unsigned char)*reader->next;
        return 1;
    }
    return utf8_read(reader->next, (size_t)(reader->end - reader->next), c);
}

static bool refuse_next(const struct reader *reader, const char *expected)
{
    char shown[8] = "a NUL";
    unsigned c = 0;

    if (reader->next == reader->end) {
        return error_set(reader->error, ERROR_INPUT, "it ends where %s is expected", expected);
    }
    if (peek(reader, &c) == 0) {
        return error_set(reader->error, ERROR_INPUT, "no UTF-8 at byte %zu", place(reader, reader->next));
    }
    if (c != 0) {
        memset(shown, 0, sizeof shown);
        shown[0] = '\'';
        shown[1 + utf8_write(c, shown + 1)] = '\'';
    }
    return error_set(reader->error, ERROR_INPUT, "%s at byte %zu where %s is expected", shown,
                     place(reader, reader->next), expected);
}

static bool is_space(char c)
{
    return c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == '\f';
}

static void skip_space(struct reader *reader)
{
    while (reader->next < reader->end && is_space(*reader->next)) {
        reader->next++;
    }
}

static bool take(struct reader *reader, char c)
{
    if (reader->next == reader->end || *reader->next != c) {
        return false;
    }
    reader->next++;
    return true;
}

static bool take_word(struct reader *reader, const char *word)
{
    size_t length = strlen(word);

    if ((size_t)(reader->end - reader->next) < length || memcmp(reader->next, word, length) != 0) {
        return false;
    }
    reader->next += length;
    return true;
}

/* --- strings ------------------------------------------------------------------- */

static bool take_hex(struct reader *reader, int digits, unsigned *c)
{
    *c = 0;
    while (digits-- > 0) {
        char digit = reader->next < reader->end ? *reader->next : '\0';

        if (digit >= '0' && digit <= '9') {
            *c = *c << 4 | (unsigned)(digit - '0');
        } else if ((digit | 0x20) >= 'a' && (digit | 0x20) <= 'f') {
            *c = *c << 4 | (unsigned)((digit | 0x20) - 'a' + 10);
        } else {
            return refuse_next(reader, "a hexadecimal digit");
        }
        reader->next++;
    }
    return true;
}

/* What stands behind a backslash. */
static bool take_escape(struct reader *reader, unsigned *c)
{
    static const char letters[] = "\\\\''\"\"a\ab\bf\fn\nr\rt\tv\v"; /* a letter, and what it stands for */
    size_t i;

    if (take(reader, 'x')) {
        return take_hex(reader, 2, c);
    }
    if (take(reader, 'u')) {
        return take_hex(reader, 4, c);
    }
    if (take(reader, 'U')) {
        return take_hex(reader, 8, c);
    }
    for (i = 0; letters[i] != '\0'; i += 2) {
        if (take(reader, letters[i])) {
            *c = (unsigned char)letters[i + 1];
            return true;
        }
    }
    return refuse_next(reader, "an escape sequence");
}

static bool take_character(struct reader *reader, unsigned *c)
{
    const char *at = reader->next;
    size_t n;

    if (take(reader, '\\')) {
        if (!take_escape(reader, c)) {
            return false;
        }
        if (*c == 0 || *c > 0x10ffff || (*c >= 0xd800 && *c <= 0xdfff)) {
            return error_set(reader->error, ERROR_INPUT, "an escape for U+%04X at byte %zu", *c,
                             place(reader, at));
        }
        return true;
    }
    n = peek(reader, c);
    if (n == 0 || *c == 0 || *c == '\n' || *c == '\r') {
        return refuse_next(reader, "the rest of a string");
    }
    reader->next += n;
    return true;
}

/* A string's characters up to its closing quote, as UTF-8 into `to` unless that is NULL. */
static bool take_characters(struct reader *reader, char quote, char *to, size_t *length)
{
    *length = 0;
    while (!take(reader, quote)) {
        char bytes[4];
        unsigned c;
        size_t n;

        if (!take_character(reader, &c)) {
            return false;
        }
        n = utf8_write(c, bytes);
        if (to != NULL) {
            memcpy(to + *length, bytes, n);
        }
        *length += n;
    }
    return true;
}

/* A string behind its opening quote: measured, then kept. */
static bool read_string(struct reader *reader, char quote, struct literal *value)
{
    struct reader ahead = *reader;
    char *text;

    if (!take_characters(&ahead, quote, NULL, &value->length)) {
        return false;
    }
    text = arena_alloc(reader->arena, value->length + 1);
    if (text == NULL) {
        return error_no_memory(reader->error);
    }
    value->kind = LITERAL_STRING;
    value->text = text;
    return take_characters(reader, quote, text, &value->length);
}

/* --- other values -------------------------------------------------------------- */

static bool read_integer(struct reader *reader, struct literal *value)
{
    const char *start = reader->next;

    value->kind = LITERAL_INTEGER;
    while (reader->next < reader->end && *reader->next >= '0' && *reader->next <= '9') {
        if (__builtin_mul_overflow(value->number, 10, &value->number) ||
            __builtin_add_overflow(value->number, *reader->next - '0', &value->number)) {
            return error_set(reader->error, ERROR_INPUT, "the number at byte %zu is too large",
                             place(reader, start));
        }
        reader->next++;
    }
    if (*start == '0' && reader->next > start + 1) {
        return error_set(reader->error, ERROR_INPUT, "the number at byte %zu begins with a 0",
                         place(reader, start));
    }
    if (reader->options->long_suffix) {
        take(reader, 'L');
    }
    return true;
}

static struct literal *read_value(struct reader *reader);

/* An item, or a key, appended to a container. */
static bool read_item(struct reader *reader, struct literal *container, struct literal **last)
{
    struct literal *item = read_value(reader);

    if (item == NULL) {
        return false;
    }
    if (*last != NULL) {
        (*last)->next = item;
    } else {
        container->first = item;
    }
    *last = item;
    container->count++;
    return true;
}

/* The brackets, and what may follow an item. */
struct brackets {
    char open, close;
    enum literal_kind kind;
    const char *follow;
};

/* A container behind its opening bracket. */
static bool read_items(struct reader *reader, const struct brackets *brackets, struct literal *value)
{
    struct literal *last = NULL;
    bool comma = true; /* an item may come */

    value->kind = brackets->kind;
    for (skip_space(reader); !take(reader, brackets->close); skip_space(reader)) {
        if (!comma) {
            return refuse_next(reader, brackets->follow);
        }
        if (!read_item(reader, value, &last)) {
            return false;
        }
        if (brackets->kind == LITERAL_DICT) {
            skip_space(reader);
            if (!take(reader, ':')) {
                return refuse_next(reader, "':'");
            }
            if (!read_item(reader, value, &last)) {
                return false;
            }
        }
        skip_space(reader);
        comma = take(reader, ',');
    }
    if (brackets->kind == LITERAL_TUPLE && value->count == 1 && !comma) {
        return error_set(reader->error, ERROR_INPUT, "no tuple at byte %zu: one item and no comma",
                         value->place);
    }
    return true;
}

static bool read_container(struct reader *reader, const struct brackets *brackets, struct literal *value)
{
    bool ok;

    if (reader->depth == LITERAL_MAX_DEPTH) {
        return error_set(reader->error, ERROR_INPUT, "brackets nested more than %d deep at byte %zu",
                         LITERAL_MAX_DEPTH, value->place);
    }
    reader->depth++;
    ok = read_items(reader, brackets, value);
    reader->depth--;
    return ok;
}

static bool read_into(struct reader *reader, struct literal *value)
{
    static const struct brackets all[] = {
        {'(', ')', LITERAL_TUPLE, "',' or ')'"},
        {'[', ']', LITERAL_LIST, "',' or ']'"},
        {'{', '}', LITERAL_DICT, "',' or '}'"},
    };
    size_t i;

    for (i = 0; i < sizeof all / sizeof all[0]; i++) {
        if (take(reader, all[i].open)) {
            return read_container(reader, &all[i], value);
        }
    }
    if (take_word(reader, "'") || take_word(reader, "u'")) {
        return read_string(reader, '\'', value);
    }
    if (take_word(reader, "\"") || take_word(reader, "u\"")) {
        return read_string(reader, '"', value);
    }
    value->kind = LITERAL_BOOLEAN;
    value->number = take_word(reader, "True");
    if (value->number || take_word(reader, "False")) {
        return true;
    }
    if (reader->next < reader->end && *reader->next >= '0' && *reader->next <= '9') {
        return read_integer(reader, value);
    }
    if (reader->next < reader->end && *reader->next == '-') {
        return error_set(reader->error, ERROR_INPUT, "a negative number at byte %zu", value->place);
    }
    return refuse_next(reader, "a value");
}

static struct literal *read_value(struct reader *reader)
{
    struct literal *value = arena_alloc(reader->arena, sizeof *value);

    if (value == NULL) {
        error_no_memory(reader->error);
        return NULL;
    }
    skip_space(reader);
    value->place = place(reader, reader->next);
    return read_into(reader, value) ? value : NULL;
}

const struct literal *literal_parse(const void *bytes, size_t length, const struct literal_options *options,
                                    struct arena *arena, struct error *error)
{
    const char *text = bytes;
    struct reader reader = {text, text, text + length, options, arena, error, 0};
    const struct literal *value = read_value(&reader);

    if (value == NULL) {
        return NULL;
    }
    skip_space(&reader);
    if (reader.next != reader.end) {
        refuse_next(&reader, "its end");
        return NULL;
    }
    return value;
}
