#include "base/text.h"
#include "value/arrow.h"
#include "value/named.h"

#include "test.h"

/* An item of a number, in this machine's order or the other, as text. */
static const char *value(const char *format, int64_t number)
{
    static struct text text;
    struct named_value named;
    struct arrow_value arrow;
    unsigned char bytes[32], swapped[32];
    size_t i;

    text_clear(&text);
    if (!arrow_value_find(format, &arrow)) {
        return "none";
    }
    CHECK(named_value_find(&named, format, '<'));
    CHECK_INT(named.size, arrow.size);
    for (i = 0; i < arrow.size; i++) {
        bytes[i] = (unsigned char)(i < 8 ? (uint64_t)number >> 8 * i : number < 0 ? 0xff : 0);
        swapped[arrow.size - 1 - i] = bytes[i];
    }
    value_append_arrow(&text, &arrow, '>', swapped);
    text_puts(&text, "|");
    value_append_named(&text, &named, bytes);
    i = strcspn(text_string(&text), "|");
    CHECK(strncmp(text_string(&text), text_string(&text) + i + 1, i) == 0 && text.length == 2 * i + 1);
    text.data[i] = '\0';
    return text_string(&text);
}

static void dates(void)
{
    CHECK_STR(value("tdD", 19782), "2024-02-29");
    CHECK_STR(value("tdD", -1), "1969-12-31");
    CHECK_STR(value("tdm", 86400000), "1970-01-02T00:00:00.000");
    CHECK_STR(value("tss:", 0), "1970-01-01T00:00:00");
    CHECK_STR(value("tsn:Europe/Berlin", 1700000000123456789), "2023-11-14T22:13:20.123456789Z");
    CHECK_STR(value("tsu:", INT64_MIN), "NaT");
    CHECK_STR(value("tDm", -5), "-5 milliseconds");
}

static void times_of_day(void)
{
    CHECK_STR(value("tts", 86399), "23:59:59");
    CHECK_STR(value("ttm", 5), "00:00:00.005");
    CHECK_STR(value("ttu", 86399999999), "23:59:59.999999");
    CHECK_STR(value("ttn", 86400000000000), "86400000000000");
    CHECK_STR(value("tts", -1), "-1");
}

/* What Python's Decimal says of the same. */
static void decimals(void)
{
    CHECK_STR(value("d:19,4", 12345), "1.2345");
    CHECK_STR(value("d:19,4", -5), "-0.0005");
    CHECK_STR(value("d:19,0,64", INT64_MIN), "-9223372036854775808");
    CHECK_STR(value("d:9,2,32", 0), "0.00");
    CHECK_STR(value("d:76,10,256", 1), "1E-10");
    CHECK_STR(value("d:38,-2", 123), "1.23E+4");
    CHECK_STR(value("d:38,-2", 0), "0E+2");
}

static void what_is_none(void)
{
    CHECK_STR(value("d:19", 0), "none");
    CHECK_STR(value("d:,4", 0), "none");
    CHECK_STR(value("d:19,4,99", 0), "none");
    CHECK_STR(value("d:19,99999999999999999999", 0), "none");
    CHECK_STR(value("tdDx", 0), "none");
    CHECK_STR(value("tsx:", 0), "none");
    CHECK_STR(value("", 0), "none");
}

int main(void)
{
    RUN(dates);
    RUN(times_of_day);
    RUN(decimals);
    RUN(what_is_none);
    return TEST_END();
}
