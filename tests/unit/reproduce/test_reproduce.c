#include "reproduce/reproduce.h"

#include "base/error.h"
#include "base/text.h"
#include "judge/findings.h"
#include "judge/rules.h"
#include "judge/transcript.h"
#include "reproduce/python.h"

#include "judge/transcripts.h"
#include "test.h"

static const char *literal(const char *string)
{
    static struct text text;

    text_clear(&text);
    python_literal(&text, string);
    return text_string(&text);
}

static void literals(void)
{
    CHECK_STR(literal("plain 'text'"), "\"plain 'text'\"");
    CHECK_STR(literal("\"\\\n\t"), "\"\\\"\\\\\\n\\u0009\"");
    CHECK_STR(literal("\xe2\x98\x83"), "\"\xe2\x98\x83\"");
    CHECK_STR(literal("\xe2\x80\xae"), "\"\\u202e\""); /* turns the text around on a terminal */
    CHECK_STR(literal("\xff"), "\"\\udcff\"");
}

static void words(void)
{
    CHECK(python_uses("a(view)", "view"));
    CHECK(!python_uses("a(views, review)", "view"));
    CHECK(python_uses("views, view", "view"));
    CHECK(!python_uses("", "view"));
}

static const char *expression(const char *string, bool named)
{
    static struct text text;

    text_clear(&text);
    python_expression(&text, string, named);
    return text_string(&text);
}

static void expressions(void)
{
    CHECK_STR(expression("f(1)", false), "f(1)");
    CHECK_STR(expression("f(1)", true), "eval(\"f(1)\", names)");
    CHECK_STR(expression("f(1) # one", false), "eval(\"f(1) # one\")");
    CHECK_STR(expression("f(\n1)", false), "eval(\"f(\\n1)\")");
}

static bool write(const char *id, const char *mutate, struct text *script, struct error *error)
{
    struct subject subject = {.expression = "m.T()", .mutate = mutate};
    struct findings findings;
    int rule;
    bool ok;

    *error = (struct error)ERROR_INIT;
    if (!reproduce_find(id, &rule, error)) {
        return false;
    }
    CHECK(judge(&transcript, &findings, error));
    ok = reproduce(rule, &subject, &transcript, &findings, script, error);
    findings_free(&findings);
    return ok;
}

static void requests_of_a_finding(void)
{
    struct text script = TEXT_INIT;
    struct error error;

    write_row();
    EVERY(REQUEST_STRIDES | REQUEST_FORMAT, reply->strides.pointer.state = POINTER_NULL);
    CHECK(write("strides-present-when-requested", NULL, &script, &error));
    CHECK(strstr(text_string(&script), "\"STRIDES|FORMAT\": 0x1c, \"C_CONTIGUOUS|FORMAT\": 0x3c") != NULL);
    CHECK(strstr(text_string(&script), "WRITABLE|FORMAT\": 0x") == NULL);
    text_clear(&script);
    write_row();
    CHECK(write("strides-present-when-requested", NULL, &script, &error));
    CHECK(strstr(text_string(&script), "found: it is kept") != NULL);
    text_free(&script);
}

static void what_no_script_can_show(void)
{
    struct text script = TEXT_INIT;
    struct error error;

    write_row();
    CHECK(!write("format-parses", NULL, &script, &error));
    CHECK(!write("no-such-rule", NULL, &script, &error));
    CHECK(!write("resize-allowed-after-release", NULL, &script, &error));
    CHECK(write("resize-allowed-after-release", "_.resize()", &script, &error));
    EVERY(REQUEST_SIMPLE, reply->outcome = OUTCOME_REFUSED);
    CHECK(!write("exporter-kept-alive", NULL, &script, &error));
    text_free(&script);
}

int main(void)
{
    RUN(literals);
    RUN(words);
    RUN(expressions);
    RUN(requests_of_a_finding);
    RUN(what_no_script_can_show);
    return TEST_END();
}
