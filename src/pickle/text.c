#include "pickle/text.h"

#include "base/text.h"

#include <string.h>

/* A surrogate in three bytes, as Python's 'surrogatepass' writes it. */
static bool is_surrogate(const unsigned char *bytes, size_t size)
{
    return size >= 3 && bytes[0] == 0xed && (bytes[1] & 0xe0) == 0xa0 && (bytes[2] & 0xc0) == 0x80;
}

/*
 * True for UTF-8 of one and two bytes a character, as protocols 0 to 2 write
 * bytes.  Without branches: in an array's bytes none could be foretold.
 */
static bool is_short_text(const unsigned char *bytes, size_t size)
{
    bool after_lead = false;
    bool bad = false;
    size_t i;

    for (i = 0; i < size; i++) {
        unsigned char c = bytes[i];

        bad |= ((c & 0xc0) == 0x80) != after_lead;
        after_lead = (unsigned char)(c - 0xc2) < 0x1e;
        bad |= c >= 0xc0 && !after_lead;
    }
    return !bad && !after_lead;
}

bool is_text(const unsigned char *bytes, size_t size)
{
    size_t i = pickle_is_ascii(bytes, size) || is_short_text(bytes, size) ? size : 0;

    while (i < size) {
        unsigned code_point;
        size_t length = utf8_read((const char *)bytes + i, size - i, &code_point);

        if (length == 0 && is_surrogate(bytes + i, size - i)) {
            length = 3;
        }
        if (length == 0) {
            return false;
        }
        i += length;
    }
    return true;
}

/* Hex digits as a number; false when there are not `count` of them. */
static bool parse_hex(const unsigned char *text, size_t size, size_t count, unsigned *number)
{
    size_t i;

    *number = 0;
    for (i = 0; i < count; i++) {
        unsigned char c = i < size ? text[i] : 0;
        unsigned digit;

        if (c >= '0' && c <= '9') {
            digit = c - '0';
        } else if ((c | 0x20) >= 'a' && (c | 0x20) <= 'f') {
            digit = (c | 0x20u) - 'a' + 10;
        } else {
            return false;
        }
        *number = *number << 4 | digit;
    }
    return true;
}

bool decode_unicode(struct machine *m, const unsigned char **text, size_t *size)
{
    const unsigned char *in = *text;
    size_t length = *size;
    char *out;
    size_t used = 0;
    size_t i = 0;

    if (pickle_is_ascii(in, length) && memchr(in, '\\', length) == NULL) {
        return true;
    }
    /* One byte becomes two at most; an escape never grows. */
    out = arena_array(m->arena, length, 2);
    if (out == NULL) {
        return machine_full(m);
    }
    while (i < length) {
        unsigned c = in[i++];

        if (c == '\\') {
            unsigned char letter = i < length ? in[i++] : 0;
            size_t count = letter == 'u' ? 4 : 8;

            if (letter != 'u' && letter != 'U' && letter != 0) {
                out[used++] = '\\'; /* and what follows begins no escape, nor does a second backslash */
                c = letter;
            } else if (parse_hex(in + i, length - i, count, &c) && c <= 0x10ffff) {
                i += count;
            } else {
                return machine_broken(m, "an escape that is none in its text");
            }
        }
        used += utf8_write(c, out + used);
    }
    *text = (unsigned char *)out;
    *size = used;
    return true;
}

/* One escape of Python 2's repr, from behind the backslash; returns how many bytes it takes, 0 for none. */
static size_t decode_escape(const unsigned char *text, size_t size, unsigned char *byte)
{
    static const char letters[] = "\\\\''\"\"n\nr\rt\tb\bf\fv\va\a";
    unsigned number = 0;
    size_t i;

    if (size > 0 && text[0] == 'x') {
        bool good = parse_hex(text + 1, size - 1, 2, &number);

        *byte = (unsigned char)number;
        return good ? 3 : 0;
    }
    for (i = 0; i < 3 && i < size && text[i] >= '0' && text[i] <= '7'; i++) {
        number = number * 8 + (text[i] - (unsigned)'0');
    }
    *byte = (unsigned char)number;
    if (i > 0) {
        return i;
    }
    for (i = 0; size > 0 && i < sizeof letters - 1; i += 2) {
        if ((unsigned char)letters[i] == text[0]) {
            *byte = (unsigned char)letters[i + 1];
            return 1;
        }
    }
    return 0;
}

bool decode_quoted(struct machine *m, const unsigned char **text, size_t *size)
{
    const unsigned char *in = *text;
    size_t length = *size;
    unsigned char *out;
    size_t used = 0;
    size_t i = 1;

    if (length < 2 || (in[0] != '\'' && in[0] != '"') || in[length - 1] != in[0]) {
        return machine_broken(m, "its text has no quotes around it");
    }
    length--;
    if (memchr(in + 1, '\\', length - 1) == NULL) {
        *text = in + 1;
        *size = length - 1;
        return true;
    }
    out = arena_alloc(m->arena, length);
    if (out == NULL) {
        return machine_full(m);
    }
    while (i < length) {
        unsigned char c = in[i++];

        if (c == '\\') {
            size_t escape = decode_escape(in + i, length - i, &c);

            if (escape == 0) {
                return machine_broken(m, "an escape that is none in its text");
            }
            i += escape;
        }
        out[used++] = c;
    }
    *text = out;
    *size = used;
    return true;
}
