#include "value/parts.h"

#include "base/text.h"
#include "value/value.h"

#include <stdbool.h>

static const char hex[] = "0123456789abcdef";

/* "\xHH", "\uHHHH" and the like; returns the length. */
static size_t write_hex_escape(char *to, char letter, unsigned digits, uint32_t value)
{
    unsigned i;

    to[0] = '\\';
    to[1] = letter;
    for (i = 0; i < digits; i++) {
        to[2 + i] = hex[value >> 4 * (digits - 1 - i) & 0xf];
    }
    return 2 + digits;
}

/* The escapes that bytes and str share; 0 when the character has none. */
static size_t write_short_escape(char *to, uint32_t c, char quote)
{
    char letter;

    switch (c) {
    case '\t':
        letter = 't';
        break;
    case '\n':
        letter = 'n';
        break;
    case '\r':
        letter = 'r';
        break;
    case '\\':
        letter = '\\';
        break;
    default:
        if (c != (unsigned char)quote) {
            return 0;
        }
        letter = quote;
    }
    to[0] = '\\';
    to[1] = letter;
    return 2;
}

/* repr prefers single quotes, and takes double ones when that saves escaping. */
static char choose_quote(bool single, bool both)
{
    return single && !both ? '"' : '\'';
}

void value_append_bytes(struct text *text, const unsigned char *bytes, size_t size)
{
    char quote = choose_quote(size > 0 && memchr(bytes, '\'', size) != NULL,
                              size > 0 && memchr(bytes, '"', size) != NULL);
    size_t i;

    text_putc(text, 'b');
    text_putc(text, quote);
    for (i = 0; i < size && !text->failed; i++) {
        char escaped[4];
        size_t length = write_short_escape(escaped, bytes[i], quote);

        if (length == 0 && (bytes[i] < ' ' || bytes[i] > '~')) {
            length = write_hex_escape(escaped, 'x', 2, bytes[i]);
        } else if (length == 0) {
            escaped[0] = (char)bytes[i];
            length = 1;
        }
        text_append(text, escaped, length);
    }
    text_putc(text, quote);
}

static bool is_printable(uint32_t c)
{
    static const struct {
        uint32_t first, last;
    } unprintable[] = {
#include "value/unprintable.inc"
    };
    size_t low = 0;
    size_t high = sizeof unprintable / sizeof unprintable[0];

    while (low < high) {
        size_t middle = low + (high - low) / 2;

        if (c > unprintable[middle].last) {
            low = middle + 1;
        } else if (c >= unprintable[middle].first) {
            return false;
        } else {
            high = middle;
        }
    }
    return true;
}

/* One character of a str, escaped if it must be; returns the length, at most 10. */
static size_t write_character(char *to, uint32_t c, char quote)
{
    size_t length = write_short_escape(to, c, quote);

    if (length > 0) {
        return length;
    }
    if (c >= ' ' && c <= '~') {
        to[0] = (char)c;
        return 1;
    }
    if (c <= 0x10ffff && is_printable(c)) {
        return utf8_write(c, to);
    }
    if (c <= 0xff) {
        return write_hex_escape(to, 'x', 2, c);
    }
    return c <= 0xffff ? write_hex_escape(to, 'u', 4, c) : write_hex_escape(to, 'U', 8, c);
}

void value_append_utf8(struct text *text, const char *bytes, size_t length)
{
    char quote = choose_quote(length > 0 && memchr(bytes, '\'', length) != NULL,
                              length > 0 && memchr(bytes, '"', length) != NULL);
    size_t i = 0;

    text_putc(text, quote);
    while (i < length && !text->failed) {
        char written[10];
        unsigned c = (unsigned char)bytes[i];
        size_t taken = utf8_read(bytes + i, length - i, &c);

        text_append(text, written,
                    taken > 0 ? write_character(written, c, quote) : write_hex_escape(written, 'x', 2, c));
        i += taken > 0 ? taken : 1;
    }
    text_putc(text, quote);
}

static uint32_t character(const unsigned char *bytes, size_t i, size_t width, char order)
{
    return (uint32_t)value_load(bytes + i * width, width, order);
}

void value_append_str(struct text *text, const unsigned char *bytes, size_t count, size_t width, char order)
{
    bool single = false;
    bool both = false;
    char quote;
    size_t i;

    for (i = 0; i < count; i++) {
        uint32_t c = character(bytes, i, width, order);

        single |= c == '\'';
        both |= c == '"';
    }
    quote = choose_quote(single, both);
    text_putc(text, quote);
    for (i = 0; i < count && !text->failed; i++) {
        char written[10];

        text_append(text, written, write_character(written, character(bytes, i, width, order), quote));
    }
    text_putc(text, quote);
}
