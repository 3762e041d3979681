/*
 * Text: of numbers, as numpy.loadtxt reads it, or other.
 */
#include "base/text.h"
#include "foreign/foreign.h"
#include "foreign/looks.h"

#include <string.h>

enum {
    LOOKED_AT = 64 * 1024, /* bytes */
    LINES = 20,            /* lines of numbers that suffice */
};

/* One line of text, or a field of one, without its end. */
struct line {
    const char *text;
    size_t length; /* bytes */
};

static bool is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\r';
}

static void trim(struct line *line)
{
    while (line->length > 0 && is_blank(line->text[line->length - 1])) {
        line->length--;
    }
    while (line->length > 0 && is_blank(line->text[0])) {
        line->text++;
        line->length--;
    }
}

/* The next line that has something on it and is no comment; false at the end, and for one that is not at hand whole. */
static bool next_line(const struct content *content, size_t *at, struct line *line)
{
    size_t size = content->size < LOOKED_AT ? content->size : LOOKED_AT;
    bool whole = content->complete && content->size <= LOOKED_AT;

    while (*at < size) {
        const char *start = (const char *)content->data + *at;
        const char *end = memchr(start, '\n', size - *at);

        if (end == NULL && !whole) {
            return false;
        }
        line->text = start;
        line->length = end != NULL ? (size_t)(end - start) : size - *at;
        *at += line->length + 1;
        trim(line);
        if (line->length > 0 && line->text[0] != '#') {
            return true;
        }
    }
    return false;
}

/* A number as float() reads it, but for names such as "inf". */
static bool is_number(const char *text, size_t length)
{
    size_t digits = 0, points = 0;
    size_t i = length > 0 && memchr("+-", text[0], 2) != NULL;

    if (length == 3 && memcmp(text, "nan", 3) == 0) {
        return true;
    }
    for (; i < length && (text[i] == '.' || (text[i] >= '0' && text[i] <= '9')); i++) {
        digits += text[i] != '.';
        points += text[i] == '.';
    }
    if (i < length && digits > 0 && (text[i] == 'e' || text[i] == 'E')) {
        i++;
        i += i < length && memchr("+-", text[i], 2) != NULL;
        if (i == length) {
            return false;
        }
        while (i < length && text[i] >= '0' && text[i] <= '9') {
            i++;
        }
    }
    return digits > 0 && points <= 1 && i == length;
}

/* The fields of a line, with that between them ('\0': white space); `numbers` of them are numbers. */
static size_t count_fields(const struct line *line, char delimiter, size_t *numbers)
{
    size_t count = 0;
    size_t at = 0;

    *numbers = 0;
    while (at <= line->length) {
        struct line field = {line->text + at, 0};

        while (at < line->length && (delimiter != '\0' ? line->text[at] != delimiter : !is_blank(line->text[at]))) {
            at++;
            field.length++;
        }
        at++;
        while (delimiter == '\0' && at < line->length && is_blank(line->text[at])) {
            at++;
        }
        trim(&field);
        *numbers += is_number(field.text, field.length);
        count++;
    }
    return count;
}

/* How many numbers there are on each of the lines from `at` on; 0 where they have anything else. */
static size_t count_columns(const struct content *content, size_t at, char delimiter)
{
    struct line line;
    size_t columns = 0;
    int lines;

    for (lines = 0; lines < LINES && next_line(content, &at, &line); lines++) {
        size_t numbers;
        size_t fields = count_fields(&line, delimiter, &numbers);

        if (numbers != fields || (columns != 0 && fields != columns)) {
            return 0;
        }
        columns = fields;
    }
    return columns;
}

/* A line that names the columns behind it. */
static bool is_header(const struct line *line, char delimiter, size_t columns)
{
    size_t numbers;

    return columns > 0 && memchr("+-.0123456789", line->text[0], 13) == NULL &&
           count_fields(line, delimiter, &numbers) == columns && numbers == 0;
}

bool is_numbers(const struct content *content, struct text *details)
{
    static const char delimiters[] = {'\0', ',', ';', '\t'};
    struct line line;
    size_t first = 0; /* the line behind a header */
    size_t i;

    if (!next_line(content, &first, &line)) {
        return false;
    }
    for (i = 0; i < sizeof delimiters; i++) {
        bool headed = count_columns(content, 0, delimiters[i]) == 0;

        if (headed && !is_header(&line, delimiters[i], count_columns(content, first, delimiters[i]))) {
            continue;
        }
        if (delimiters[i] != '\0') {
            text_printf(details, delimiters[i] == '\t' ? ", delimiter=\"\\t\"" : ", delimiter=\"%c\"", delimiters[i]);
        }
        if (headed) {
            /* lines in front of the header count too */
            size_t skipped = 0;
            const unsigned char *c;

            for (c = content->data; c < content->data + first; c++) {
                skipped += *c == '\n';
            }
            text_printf(details, ", skiprows=%zu", skipped);
        }
        return true;
    }
    return false;
}

/* UTF-8 without control characters; a character that is cut at the end is none of its faults. */
static bool is_utf8(const unsigned char *data, size_t size)
{
    size_t i = 0;

    while (i < size) {
        unsigned c;
        size_t length = utf8_read((const char *)data + i, size - i, &c);

        if (length == 0) {
            return i > 0 && size - i < 4 && data[i] >= 0xc2;
        }
        if ((c < ' ' && memchr("\t\n\r\f\033", (int)c, 5) == NULL) || c == 0x7f) {
            return false;
        }
        i += length;
    }
    return true;
}

const char *foreign_look(const void *data, size_t size)
{
    const unsigned char *bytes = data;
    size_t looked = size < LOOKED_AT ? size : LOOKED_AT;

    if (size == 0) {
        return NULL;
    }
    if (bytes[0] == 0 && memcmp(bytes, bytes + 1, looked - 1) == 0) {
        return looked == size ? "nothing but zero bytes" : "zero bytes, at least at its start";
    }
    if (looked >= 2 && (memcmp(bytes, "\xff\xfe", 2) == 0 || memcmp(bytes, "\xfe\xff", 2) == 0)) {
        return "text in UTF-16";
    }
    return is_utf8(bytes, looked) ? "text" : NULL;
}
