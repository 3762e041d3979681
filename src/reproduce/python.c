#include "reproduce/python.h"

#include "base/error.h"
#include "base/text.h"
#include "format/format.h"
#include "judge/request.h"
#include "judge/transcript.h"

#include <ctype.h>
#include <string.h>

static bool is_word_byte(char c)
{
    return isalnum((unsigned char)c) || c == '_';
}

bool python_uses(const char *code, const char *word)
{
    size_t length = strlen(word);
    const char *at = code;

    while ((at = strstr(at, word)) != NULL) {
        if ((at == code || !is_word_byte(at[-1])) && !is_word_byte(at[length])) {
            return true;
        }
        at += length;
    }
    return false;
}

/* A character that is not to be seen, or that drives a terminal, by its number. */
static void put_character(struct text *text, const char *bytes, size_t length, unsigned code)
{
    struct text escaped = TEXT_INIT;

    text_escape(&escaped, bytes, length);
    if (escaped.length == length && memcmp(escaped.data, bytes, length) == 0) {
        text_append(text, bytes, length);
    } else {
        text_printf(text, code > 0xffff ? "\\U%08x" : "\\u%04x", code);
    }
    text_free(&escaped);
}

void python_literal(struct text *text, const char *string)
{
    size_t left = strlen(string);

    text_putc(text, '"');
    while (left > 0) {
        unsigned code;
        size_t length = utf8_read(string, left, &code);

        if (length == 0) {
            length = 1;
            text_printf(text, "\\udc%02x", (unsigned char)*string);
        } else if (*string == '\n') {
            text_puts(text, "\\n");
        } else {
            text_puts(text, *string == '"' || *string == '\\' ? "\\" : "");
            put_character(text, string, length, code);
        }
        string += length;
        left -= length;
    }
    text_putc(text, '"');
}

/* On one line of its own, without a comment that would hide what follows, and all to be seen. */
static bool fits_line(const char *expression)
{
    struct text escaped = TEXT_INIT;
    bool fits;

    text_escape_string(&escaped, expression);
    fits = strcmp(text_string(&escaped), expression) == 0 && strpbrk(expression, "#\n\r") == NULL;
    text_free(&escaped);
    return fits;
}

void python_expression(struct text *text, const char *expression, bool named)
{
    if (fits_line(expression) && !named) {
        text_puts(text, expression);
        return;
    }
    text_puts(text, "eval(");
    python_literal(text, expression);
    text_puts(text, named ? ", names)" : ")");
}

void python_import(struct text *text, const char *spec)
{
    const char *equals = strchr(spec, '=');
    size_t length = equals != NULL ? (size_t)(equals - spec) : strlen(spec);

    text_printf(text, "import %.*s", (int)length, spec);
    if (equals != NULL) {
        text_printf(text, " as %s", equals + 1);
    }
    text_putc(text, '\n');
}

/* What a format describes, by its text alone. */
static size_t described(const char *format)
{
    struct error ignored = ERROR_INIT;
    struct format parsed;
    size_t size = 0;

    if (format_parse(&parsed, format, -1, &ignored)) {
        size = parsed.padded_size;
        format_free(&parsed);
    }
    return size;
}

void python_sizes(struct text *text, const struct transcript *transcript, uint64_t wrong)
{
    const char *comma = "";
    int i, k;

    text_puts(text, "SIZES = {");
    for (i = 0; i < REQUEST_COUNT; i++) {
        const struct reply *reply = &transcript->sweeps[0][i];
        bool known = reply->outcome != OUTCOME_GRANTED || reply->format.state != POINTER_READ ||
                     reply->format_cut || !request_asks(requests[i].flags, REQUEST_ND);

        for (k = 0; k < i && !known; k++) {
            known = request_asks(requests[k].flags, REQUEST_ND) &&
                    strcmp(transcript->sweeps[0][k].format_text, reply->format_text) == 0;
        }
        if (!known) {
            text_puts(text, comma);
            python_literal(text, reply->format_text);
            text_printf(text, ".encode(): %zu",
                        wrong >> i & 1 ? described(reply->format_text) : (size_t)reply->itemsize);
            comma = ", ";
        }
    }
    text_puts(text, "}  # formats, and the bytes that they describe\n");
}

void python_requests(struct text *script, uint64_t set)
{
    enum { WIDTH = 110 };
    size_t start = script->length;
    int i;

    if (set == (UINT64_C(1) << REQUEST_COUNT) - 1) {
        text_puts(script, "BASES = {\"SIMPLE\": 0, \"ND\": 0x8, \"STRIDES\": 0x18, \"C_CONTIGUOUS\": 0x38, \"F_CONTIGUOUS\": 0x58,\n"
                          "         \"ANY_CONTIGUOUS\": 0x98, \"INDIRECT\": 0x118, \"C_CONTIGUOUS|INDIRECT\": 0x138,\n"
                          "         \"C_CONTIGUOUS|F_CONTIGUOUS\": 0x78}\n"
                          "REQUESTS = {base + more: flags | bits for base, flags in BASES.items()\n"
                          "            for more, bits in ((\"\", 0), (\"|WRITABLE\", 1), (\"|FORMAT\", 4), (\"|WRITABLE|FORMAT\", 5))}\n");
        return;
    }
    text_puts(script, "REQUESTS = {");
    for (i = 0; i < REQUEST_COUNT; i++) {
        if (set >> i & 1) {
            struct text item = TEXT_INIT;

            text_printf(&item, "\"%s\": %#x", requests[i].name, requests[i].flags);
            if (script->data[script->length - 1] != '{') {
                bool full = script->length - start + item.length + 2 > WIDTH;

                text_puts(script, full ? ",\n            " : ", ");
                start = full ? script->length - 12 : start;
            }
            text_puts(script, text_string(&item));
            text_free(&item);
        }
    }
    text_puts(script, "}\n");
}
