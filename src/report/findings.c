#include "report/findings.h"

#include "base/text.h"
#include "judge/findings.h"

void findings_text(struct text *text, const struct findings *findings, rule_name *name, bool info)
{
    size_t i;

    for (i = 0; i < findings->count; i++) {
        const struct finding *finding = &findings->items[i];

        if (finding->severity == SEVERITY_INFO && !info) {
            continue;
        }
        text_printf(text, "%s  %s  ", severity_name(finding->severity), name(finding->rule));
        text_escape_string(text, finding->detail);
        text_putc(text, '\n');
    }
}

json_t *findings_json(const struct findings *findings, rule_name *name)
{
    json_t *list = json_array();
    size_t i;

    for (i = 0; i < findings->count; i++) {
        const struct finding *finding = &findings->items[i];
        json_t *json = json_object();

        json_object_set_new(json, "rule", json_string(name(finding->rule)));
        json_object_set_new(json, "severity", json_string(severity_name(finding->severity)));
        json_object_set_new(json, "detail", json_text_string(finding->detail));
        json_array_append_new(list, json);
    }
    return list;
}

void findings_count(struct text *text, size_t count, const char *what)
{
    text_printf(text, "%zu %s%s", count, what, count == 1 ? "" : "s");
}

bool findings_fail(const struct findings *findings, bool strict)
{
    return findings->errors > 0 || (strict && findings->warnings > 0);
}

void findings_sum(struct text *text, const struct findings *findings)
{
    findings_count(text, findings->errors, "error");
    text_puts(text, ", ");
    findings_count(text, findings->warnings, "warning");
    text_putc(text, '\n');
}
