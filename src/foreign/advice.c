#include "foreign/advice.h"

#include "base/error.h"
#include "base/text.h"

#include <string.h>

/* --- one character ---------------------------------------------------------------------------------- */

struct character {
    const char *bytes;
    size_t size;    /* bytes: of a whole sequence, or one that is no UTF-8 */
    unsigned point; /* where it is UTF-8 */
    bool is_utf8;
    bool shows;     /* a terminal gets it as it is (text_escape) */
};

static struct character character_at(const char *bytes, size_t left)
{
    struct character character = {.bytes = bytes};
    struct text shown = TEXT_INIT;

    character.size = utf8_read(bytes, left, &character.point);
    character.is_utf8 = character.size > 0;
    character.size += !character.is_utf8;
    text_escape(&shown, bytes, character.size);
    character.shows = shown.length == character.size && memcmp(text_string(&shown), bytes, shown.length) == 0;
    text_free(&shown);
    return character;
}

static void put_octal(struct text *text, const struct character *character)
{
    size_t i;

    for (i = 0; i < character->size; i++) {
        text_printf(text, "\\%03o", (unsigned char)character->bytes[i]);
    }
}

/* What does not show, as Python's open() takes it: what is no UTF-8 is a surrogate (PEP 383). */
static void put_python(struct text *text, const struct character *character)
{
    if (!character->is_utf8) {
        text_printf(text, "\\udc%02x", (unsigned char)*character->bytes);
    } else {
        text_printf(text, character->point > 0xffff ? "\\U%08x" : "\\u%04x", character->point);
    }
}

/* Text between `quote`s, where a backslash stands before those and itself, and `put` writes what does not show. */
static void put_quoted(struct text *text, const char *string, char quote,
                       void (*put)(struct text *text, const struct character *character))
{
    const char *end = string + strlen(string);
    struct character character;

    text_putc(text, quote);
    for (; string < end; string += character.size) {
        character = character_at(string, (size_t)(end - string));
        if (*string == '\n') {
            text_puts(text, "\\n");
        } else if (!character.shows) {
            put(text, &character);
        } else {
            if (*string == quote || *string == '\\') {
                text_putc(text, '\\');
            }
            text_append(text, string, character.size);
        }
    }
    text_putc(text, quote);
}

/* --- words ------------------------------------------------------------------------------------------ */

static bool shows(const char *string)
{
    struct text shown = TEXT_INIT;
    bool same;

    text_escape_string(&shown, string);
    same = strcmp(text_string(&shown), string) == 0;
    text_free(&shown);
    return same;
}

/* Text as a word of the shell's: $'...' where it has what does not show, as bash's printf %q does. */
static void put_word(struct text *text, const char *word)
{
    const char *c;

    if (*word != '\0' &&
        word[strspn(word, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_./+,:@%=-")] == '\0') {
        text_puts(text, word);
        return;
    }
    if (!shows(word)) {
        text_putc(text, '$');
        put_quoted(text, word, '\'', put_octal);
        return;
    }
    text_putc(text, '\'');
    for (c = word; *c != '\0'; c++) {
        if (*c == '\'') {
            text_puts(text, "'\\''");
        } else {
            text_putc(text, *c);
        }
    }
    text_putc(text, '\'');
}

static void put_path(struct text *text, const char *path)
{
    struct text named = TEXT_INIT;

    text_printf(&named, "%s%s", path[0] == '-' ? "./" : "", path);
    put_word(text, text_string(&named));
    text_free(&named);
}

/* What stands between braces; returns its end. */
static const char *put_expression(struct text *text, const char *at, const char *path, const char *details)
{
    struct text expression = TEXT_INIT;

    for (; *at != '\0' && *at != '}'; at++) {
        switch (*at) {
        case '@':
            put_quoted(&expression, path, '"', put_python);
            break;
        case '&':
            put_quoted(&expression, path, '"', put_octal);
            break;
        case '$':
            text_puts(&expression, details);
            break;
        default:
            text_putc(&expression, *at);
        }
    }
    put_word(text, text_string(&expression));
    text_free(&expression);
    return at;
}

/* --- the whole -------------------------------------------------------------------------------------- */

static void put_advice(struct text *text, const char *advice, const char *path, const char *details)
{
    const char *at;

    for (at = advice; *at != '\0'; at++) {
        switch (*at) {
        case '@':
            put_path(text, path);
            break;
        case '$':
            text_puts(text, details);
            break;
        case '{':
            at = put_expression(text, at + 1, path, details);
            break;
        default:
            text_putc(text, *at);
        }
    }
}

void foreign_put_advice(struct text *text, const char *advice, const char *path, const char *details)
{
    static const char placeholder[] = "FILE";
    struct text command = TEXT_INIT;

    put_advice(&command, advice, strcmp(path, "-") == 0 ? placeholder : path, details);
    if (text->length + command.length >= ERROR_MESSAGE_SIZE) { /* half a command is none */
        text_clear(&command);
        put_advice(&command, advice, placeholder, details);
    }
    text_append(text, text_string(&command), command.length);
    text_free(&command);
}
