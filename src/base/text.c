#include "base/text.h"

#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void text_free(struct text *text)
{
    free(text->data);
    *text = (struct text)TEXT_INIT;
}

void text_clear(struct text *text)
{
    text->length = 0;
    if (text->data != NULL) {
        text->data[0] = '\0';
    }
}

/* Make room for `more` bytes and a NUL. */
static bool reserve(struct text *text, size_t more)
{
    size_t capacity = text->capacity ? text->capacity : 64;
    char *data;

    if (text->failed) {
        return false;
    }
    if (more < text->capacity - text->length) {
        return true;
    }
    if (more > SIZE_MAX / 4 - text->length) {
        text->failed = true;
        return false;
    }
    while (capacity <= text->length + more) {
        capacity *= 2;
    }
    data = realloc(text->data, capacity);
    if (data == NULL) {
        text->failed = true;
        return false;
    }
    text->data = data;
    text->capacity = capacity;
    return true;
}

void text_append(struct text *text, const char *bytes, size_t length)
{
    if (reserve(text, length)) {
        if (length > 0) {
            memcpy(text->data + text->length, bytes, length);
        }
        text->length += length;
        text->data[text->length] = '\0';
    }
}

void text_puts(struct text *text, const char *string)
{
    text_append(text, string, strlen(string));
}

void text_putc(struct text *text, char c)
{
    text_append(text, &c, 1);
}

void text_spaces(struct text *text, size_t count)
{
    if (reserve(text, count)) {
        memset(text->data + text->length, ' ', count);
        text->length += count;
        text->data[text->length] = '\0';
    }
}

void text_printf(struct text *text, const char *format, ...)
{
    va_list args;
    size_t room;
    int length;

    if (!reserve(text, 0)) {
        return;
    }
    room = text->capacity - text->length;
    va_start(args, format);
    length = vsnprintf(text->data + text->length, room, format, args);
    va_end(args);
    if (length < 0 || !reserve(text, (size_t)length)) {
        text->data[text->length] = '\0';
        text->failed = true;
        return;
    }
    if ((size_t)length >= room) {
        va_start(args, format);
        vsnprintf(text->data + text->length, (size_t)length + 1, format, args);
        va_end(args);
    }
    text->length += (size_t)length;
}

/* There may be thousands of them: printf would take most of the time. */
static void append_number(struct text *text, ptrdiff_t number)
{
    char digits[3 * sizeof number + 1];
    size_t rest = number < 0 ? 0 - (size_t)number : (size_t)number;
    char *first = digits + sizeof digits;

    do {
        *--first = (char)('0' + rest % 10);
        rest /= 10;
    } while (rest > 0);
    if (number < 0) {
        *--first = '-';
    }
    text_append(text, first, (size_t)(digits + sizeof digits - first));
}

void text_numbers(struct text *text, const ptrdiff_t *numbers, size_t count, const char *separator)
{
    size_t i;

    for (i = 0; i < count; i++) {
        text_puts(text, i > 0 ? separator : "");
        append_number(text, numbers[i]);
    }
}

void text_tuple(struct text *text, const ptrdiff_t *numbers, size_t count)
{
    text_putc(text, '(');
    text_numbers(text, numbers, count, ", ");
    text_puts(text, count == 1 ? ",)" : ")");
}

const char *text_string(const struct text *text)
{
    return text->data != NULL ? text->data : "";
}

size_t utf8_read(const char *bytes, size_t length, unsigned *code_point)
{
    const unsigned char *u = (const unsigned char *)bytes;
    unsigned value;
    unsigned least;
    size_t more;
    size_t i;

    if (length == 0) {
        return 0;
    }
    if (u[0] < 0x80) {
        *code_point = u[0];
        return 1;
    }
    if ((u[0] & 0xe0) == 0xc0) {
        more = 1, least = 0x80, value = u[0] & 0x1fu;
    } else if ((u[0] & 0xf0) == 0xe0) {
        more = 2, least = 0x800, value = u[0] & 0x0fu;
    } else if ((u[0] & 0xf8) == 0xf0) {
        more = 3, least = 0x10000, value = u[0] & 0x07u;
    } else {
        return 0;
    }
    if (length <= more) {
        return 0;
    }
    for (i = 1; i <= more; i++) {
        if ((u[i] & 0xc0) != 0x80) {
            return 0;
        }
        value = value << 6 | (u[i] & 0x3fu);
    }
    if (value < least || value > 0x10ffff || (value >= 0xd800 && value <= 0xdfff)) {
        return 0;
    }
    *code_point = value;
    return more + 1;
}

size_t utf8_write(unsigned code_point, char bytes[4])
{
    if (code_point < 0x80) {
        bytes[0] = (char)code_point;
        return 1;
    }
    if (code_point < 0x800) {
        bytes[0] = (char)(0xc0 | code_point >> 6);
        bytes[1] = (char)(0x80 | (code_point & 0x3f));
        return 2;
    }
    if (code_point < 0x10000) {
        bytes[0] = (char)(0xe0 | code_point >> 12);
        bytes[1] = (char)(0x80 | (code_point >> 6 & 0x3f));
        bytes[2] = (char)(0x80 | (code_point & 0x3f));
        return 3;
    }
    bytes[0] = (char)(0xf0 | code_point >> 18);
    bytes[1] = (char)(0x80 | (code_point >> 12 & 0x3f));
    bytes[2] = (char)(0x80 | (code_point >> 6 & 0x3f));
    bytes[3] = (char)(0x80 | (code_point & 0x3f));
    return 4;
}

/* Characters that change how the rest of a line looks, or that cannot be seen (Unicode Cf, Zl, Zp). */
static bool deceives(unsigned c)
{
    static const struct {
        unsigned first, last;
    } ranges[] = {
        {0x00ad, 0x00ad}, {0x0600, 0x0605}, {0x061c, 0x061c}, {0x06dd, 0x06dd},
        {0x070f, 0x070f}, {0x0890, 0x0891}, {0x08e2, 0x08e2}, {0x180e, 0x180e},
        {0x200b, 0x200f}, {0x2028, 0x202e}, {0x2060, 0x206f}, {0xfeff, 0xfeff},
        {0xfff9, 0xfffb}, {0x110bd, 0x110bd}, {0x110cd, 0x110cd}, {0x13430, 0x1343f},
        {0x1bca0, 0x1bca3}, {0x1d173, 0x1d17a}, {0xe0000, 0xe007f},
    };
    size_t i;

    for (i = 0; i < sizeof ranges / sizeof ranges[0]; i++) {
        if (c >= ranges[i].first && c <= ranges[i].last) {
            return true;
        }
    }
    return false;
}

static bool is_control(unsigned c)
{
    return c < 0x20 || (c >= 0x7f && c < 0xa0);
}

/* Append what nobody needs to look at twice: printable ASCII, up to the first other.  Returns how many bytes. */
static size_t append_plain(struct text *text, const char *bytes, size_t length)
{
    size_t plain = 0;

    while (plain < length && bytes[plain] >= ' ' && bytes[plain] <= '~') {
        plain++;
    }
    text_append(text, bytes, plain);
    return plain;
}

void text_escape(struct text *text, const char *bytes, size_t length)
{
    size_t i;

    for (i = append_plain(text, bytes, length); i < length; i += append_plain(text, bytes + i, length - i)) {
        unsigned c = 0;
        size_t n = utf8_read(bytes + i, length - i, &c);

        if (n == 0) {
            text_printf(text, "\\x%02x", (unsigned char)bytes[i]);
            n = 1;
        } else if (is_control(c)) {
            text_printf(text, "\\x%02x", c);
        } else if (deceives(c)) {
            text_printf(text, c > 0xffff ? "\\U%08x" : "\\u%04x", c);
        } else {
            text_append(text, bytes + i, n);
        }
        i += n;
    }
}

void text_escape_string(struct text *text, const char *string)
{
    text_escape(text, string, strlen(string));
}

void text_escape_json(struct text *text, const char *bytes, size_t length)
{
    size_t i;

    for (i = append_plain(text, bytes, length); i < length; i += append_plain(text, bytes + i, length - i)) {
        unsigned c = 0;
        size_t n = utf8_read(bytes + i, length - i, &c);

        if (n == 0) {
            text->failed = true;
            return;
        }
        if (!is_control(c) && !deceives(c)) {
            text_append(text, bytes + i, n);
        } else if (c > 0xffff) {
            text_printf(text, "\\u%04x\\u%04x", 0xd800 + ((c - 0x10000) >> 10),
                        0xdc00 + ((c - 0x10000) & 0x3ff));
        } else {
            text_printf(text, "\\u%04x", c);
        }
        i += n;
    }
}
