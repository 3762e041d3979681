#include "base/text.h"

#include "test.h"

#include <stdio.h>
#include <string.h>

static const char *escaped(const char *bytes, size_t length)
{
    static struct text text;

    text_clear(&text);
    text_escape(&text, bytes, length);
    return text_string(&text);
}

static void printable_text_stays(void)
{
    CHECK_STR(escaped("a b\\n ~", 7), "a b\\n ~");
    CHECK_STR(escaped("\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80", 9), "\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80");
    CHECK_STR(escaped("", 0), "");
    CHECK_STR(escaped("a\xc3\xa9 b\xc3\xa9", 7), "a\xc3\xa9 b\xc3\xa9");
}

static void control_characters_are_escaped(void)
{
    CHECK_STR(escaped("\x1b[2J\n\t\x7f\0", 8), "\\x1b[2J\\x0a\\x09\\x7f\\x00");
    CHECK_STR(escaped("\xc2\x85\xc2\x9b", 4), "\\x85\\x9b");
}

static void bidi_and_invisible_characters_are_escaped(void)
{
    CHECK_STR(escaped("\xe2\x80\xae\xe2\x81\xa6\xef\xbb\xbf", 9), "\\u202e\\u2066\\ufeff");
    CHECK_STR(escaped("\xf3\xa0\x80\x81", 4), "\\U000e0001");
}

static void invalid_utf8_is_escaped_by_the_byte(void)
{
    CHECK_STR(escaped("\xff" "a\xc3", 3), "\\xffa\\xc3");
    CHECK_STR(escaped("\xc0\x80", 2), "\\xc0\\x80");         /* overlong */
    CHECK_STR(escaped("\xed\xa0\x80", 3), "\\xed\\xa0\\x80"); /* surrogate */
    CHECK_STR(escaped("\xf4\x90\x80\x80", 4), "\\xf4\\x90\\x80\\x80");
}

static void json_keeps_its_value(void)
{
    struct text text = TEXT_INIT;

    text_escape_json(&text, "\"\xe2\x80\xae\xc3\xa9\xf3\xa0\x80\x81\x7f\"", 12);
    CHECK_STR(text_string(&text), "\"\\u202e\xc3\xa9\\udb40\\udc01\\u007f\"");
    text_free(&text);
}

/* Whatever room is left. */
static void printing_makes_room(void)
{
    struct text text = TEXT_INIT;
    char expected[4000] = "";
    size_t length = 0;

    for (int width = 0; width < 80; width++) {
        text_printf(&text, "%*s", width, "x");
        length += (size_t)snprintf(expected + length, sizeof expected - length, "%*s", width, "x");
        CHECK_STR(text_string(&text), expected);
        CHECK_INT(text.length, length);
    }
    text_free(&text);
}

static void code_points_survive_encoding(void)
{
    unsigned c;

    for (c = 0; c <= 0x10ffff; c += c < 0x3000 ? 1 : 97) {
        char bytes[4];
        unsigned back = 0;
        size_t n = utf8_write(c, bytes);

        if (c >= 0xd800 && c <= 0xdfff) {
            CHECK_INT(utf8_read(bytes, n, &back), 0);
        } else {
            CHECK_INT(utf8_read(bytes, n, &back), n);
            CHECK_INT(back, c);
        }
    }
}

static void text_grows(void)
{
    struct text text = TEXT_INIT;
    int i;

    CHECK_STR(text_string(&text), "");
    for (i = 0; i < 1000; i++) {
        text_printf(&text, "%d,", i);
    }
    CHECK_INT(text.length, 3890);
    CHECK_INT(strlen(text_string(&text)), 3890);
    CHECK(!text.failed);
    text_clear(&text);
    CHECK_STR(text_string(&text), "");
    text_free(&text);
}

static void numbers_are_a_tuple(void)
{
    static const ptrdiff_t numbers[] = {2, -3, 0};
    struct text text = TEXT_INIT;
    size_t i;

    for (i = 0; i <= 3; i++) {
        text_tuple(&text, numbers, i);
    }
    CHECK_STR(text_string(&text), "()(2,)(2, -3)(2, -3, 0)");
    text_clear(&text);
    text_numbers(&text, numbers, 0, " ");
    text_numbers(&text, numbers, 3, " ");
    CHECK_STR(text_string(&text), "2 -3 0");
    text_free(&text);
}

static void numbers_are_as_printf_writes_them(void)
{
    ptrdiff_t number = PTRDIFF_MIN;
    struct text text = TEXT_INIT, printed = TEXT_INIT;

    for (;; number = number < 0 ? number / 3 : number * 3 + 1) {
        text_numbers(&text, &number, 1, "");
        text_printf(&printed, "%td", number);
        CHECK_STR(text_string(&text), text_string(&printed));
        text_clear(&text);
        text_clear(&printed);
        if (number > PTRDIFF_MAX / 4) {
            break;
        }
    }
    number = PTRDIFF_MAX;
    text_numbers(&text, &number, 1, "");
    text_spaces(&text, 3);
    text_spaces(&text, 0);
    text_printf(&printed, "%td   ", number);
    CHECK_STR(text_string(&text), text_string(&printed));
    text_free(&text);
    text_free(&printed);
}

int main(void)
{
    RUN(printable_text_stays);
    RUN(control_characters_are_escaped);
    RUN(bidi_and_invisible_characters_are_escaped);
    RUN(invalid_utf8_is_escaped_by_the_byte);
    RUN(json_keeps_its_value);
    RUN(printing_makes_room);
    RUN(code_points_survive_encoding);
    RUN(text_grows);
    RUN(numbers_are_a_tuple);
    RUN(numbers_are_as_printf_writes_them);
    return TEST_END();
}
