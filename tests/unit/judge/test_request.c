#include "judge/request.h"

#include "base/error.h"
#include "base/text.h"

#include "test.h"

static void every_request_has_its_own_flags_and_name(void)
{
    struct text text = TEXT_INIT;
    int i;

    for (i = 0; i < REQUEST_COUNT; i++) {
        struct error error = ERROR_INIT;
        int flags = -1;

        CHECK_INT(request_find(requests[i].flags), i);
        text_clear(&text);
        request_text(requests[i].flags, &text);
        CHECK_STR(text_string(&text), requests[i].name);
        CHECK(request_parse(requests[i].name, NULL, 0, &flags, &error));
        CHECK_INT(flags, requests[i].flags);
    }
    CHECK_INT(request_find(0x200), -1);
    text_free(&text);
}

static void values_are_those_of_the_c_api(void)
{
    static const struct request known[] = {
        {"SIMPLE", 0},          {"WRITABLE", 1},
        {"FORMAT", 4},          {"ND", 8},
        {"STRIDES", 0x18},      {"C_CONTIGUOUS", 0x38},
        {"F_CONTIGUOUS", 0x58}, {"ANY_CONTIGUOUS", 0x98},
        {"INDIRECT", 0x118},    {"CONTIG", 9},
        {"CONTIG_RO", 8},       {"STRIDED", 0x19},
        {"STRIDED_RO", 0x18},   {"RECORDS", 0x1d},
        {"RECORDS_RO", 0x1c},   {"FULL", 0x11d},
        {"FULL_RO", 0x11c},     {"PyBUF_FULL_RO", 0x11c},
        {"ND|WRITABLE", 9},     {"WRITABLE,ND", 9},
        {" ND | FORMAT ", 12},  {"SIMPLE|ND", 8},
    };
    size_t i;

    for (i = 0; i < sizeof known / sizeof known[0]; i++) {
        struct error error = ERROR_INIT;
        int flags = -1;

        CHECK(request_parse(known[i].name, NULL, 0, &flags, &error));
        CHECK_INT(flags, known[i].flags);
        CHECK_STR(error.message, "");
    }
}

static const char *refusal(const char *text)
{
    static struct error error;
    int flags = -1;

    error = (struct error)ERROR_INIT;
    CHECK(!request_parse(text, NULL, 0, &flags, &error));
    CHECK_INT(error.kind, ERROR_USAGE);
    CHECK_INT(flags, -1);
    return error.message;
}

static void unknown_flags_are_refused_with_the_near_one(void)
{
    CHECK_STR(refusal("STRIDE"), "unknown request 'STRIDE' (did you mean 'STRIDES'?)");
    CHECK_STR(refusal("nd"), "unknown request 'nd' (did you mean 'ND'?)");
    CHECK_STR(refusal("ND|FROMAT"), "unknown request 'FROMAT' (did you mean 'FORMAT'?)");
    CHECK_STR(refusal("qqqqqqqq"),
              "unknown request 'qqqqqqqq': give flags, such as ND|FORMAT (the manual lists them), or a consumer "
              "(--list-consumers lists them)");
    CHECK(strncmp(refusal("28"), "unknown request '28': ", 22) == 0);
}

static void what_is_no_request_is_refused_with_the_reason(void)
{
    CHECK_STR(refusal("WRITE"), "'WRITE' is no buffer request but an argument of PyMemoryView_FromMemory and "
                                "PyMemoryView_GetContiguous");
    CHECK(strstr(refusal("ND|PyBUF_READ"), "'READ' is no buffer request") != NULL);
    CHECK_STR(refusal(""), "request '' has an empty flag");
    CHECK_STR(refusal("ND|"), "request 'ND|' has an empty flag");
    CHECK_STR(refusal("|ND"), "request '|ND' has an empty flag");
    CHECK_STR(refusal("ND, ,FORMAT"), "request 'ND, ,FORMAT' has an empty flag");
}

static void other_combinations_have_names_too(void)
{
    struct text text = TEXT_INIT;

    request_text(REQUEST_F_CONTIGUOUS | REQUEST_INDIRECT | REQUEST_WRITABLE, &text);
    CHECK_STR(text_string(&text), "F_CONTIGUOUS|INDIRECT|WRITABLE");
    text_free(&text);
}

/* A flag that a newer Python brings is a number until it has a row. */
static void flags_without_a_name_are_numbers(void)
{
    static const struct request told[] = {
        {"SIMPLE|0x400", 0x400},
        {"ND|0x400", 0x408},
        {"C_CONTIGUOUS|WRITABLE|FORMAT|0x1400", 0x143d},
        {"ND|0x40000000", 0x40000008},
    };
    struct text text = TEXT_INIT;
    size_t i;

    for (i = 0; i < sizeof told / sizeof told[0]; i++) {
        struct error error = ERROR_INIT;
        int flags = -1;

        text_clear(&text);
        request_text(told[i].flags, &text);
        CHECK_STR(text_string(&text), told[i].name);
        CHECK(request_parse(told[i].name, NULL, 0, &flags, &error));
        CHECK_INT(flags, told[i].flags);
    }
    text_free(&text);
    CHECK_STR(refusal("0x1c"), "request '0x1c': flags that have a name are given by it");
    CHECK_STR(refusal("ND|0x500"), "request '0x500': flags that have a name are given by it");
    CHECK(strncmp(refusal("0x"), "unknown request '0x'", 20) == 0);
    CHECK(strncmp(refusal("0x0"), "unknown request '0x0'", 21) == 0);
    CHECK(strncmp(refusal("0x80000000"), "unknown request '0x80000000'", 28) == 0);
    CHECK(strncmp(refusal("0xffffffffffffffff"), "unknown request '0xffffffffffffffff'", 36) == 0);
    CHECK(strncmp(refusal("0x-4"), "unknown request '0x-4'", 22) == 0);
    CHECK(strncmp(refusal("0x 400"), "unknown request '0x 400'", 24) == 0);
}

static void parts_of_flags_are_numbers_too(void)
{
    struct text text = TEXT_INIT;

    request_text(0x10, &text); /* STRIDES without ND */
    CHECK_STR(text_string(&text), "SIMPLE|0x10");
    text_clear(&text);
    request_text(0x208, &text); /* ND|PyBUF_WRITE */
    CHECK_STR(text_string(&text), "ND|0x200");
    text_clear(&text);
    request_text(-1, &text);
    CHECK_STR(text_string(&text), "C_CONTIGUOUS|F_CONTIGUOUS|ANY_CONTIGUOUS|INDIRECT|WRITABLE|FORMAT|0xfffffe02");
    text_free(&text);
}

int main(void)
{
    RUN(every_request_has_its_own_flags_and_name);
    RUN(values_are_those_of_the_c_api);
    RUN(unknown_flags_are_refused_with_the_near_one);
    RUN(what_is_no_request_is_refused_with_the_reason);
    RUN(other_combinations_have_names_too);
    RUN(flags_without_a_name_are_numbers);
    RUN(parts_of_flags_are_numbers_too);
    return TEST_END();
}
