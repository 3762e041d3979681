#include "cli/file_check.h"

#include "audit/audit.h"
#include "base/error.h"
#include "base/text.h"
#include "cli/files.h"
#include "files/input.h"
#include "files/mapping.h"
#include "options/options.h"
#include "report/findings.h"
#include "report/json_parts.h"
#include "report/report.h"

static const char *name_rule(int rule)
{
    return audit_rules[rule].id;
}

static void write_text(struct text *text, const char *name, const struct findings *findings, bool info)
{
    findings_text(text, findings, name_rule, info);
    text_escape_string(text, name);
    text_puts(text, ": ");
    findings_sum(text, findings);
}

static bool write_json(struct text *text, const char *name, enum source_kind kind, const struct findings *findings)
{
    json_t *json = json_object();

    json_object_set_new(json, "schema", json_integer(1));
    json_object_set_new(json, "name", json_text_string(name));
    json_object_set_new(json, "source", json_string(source_kind_name(kind)));
    json_object_set_new(json, "findings", findings_json(findings, name_rule));
    json_object_set_new(json, "errors", json_integer((json_int_t)findings->errors));
    json_object_set_new(json, "warnings", json_integer((json_int_t)findings->warnings));
    return json_write_line(text, json);
}

static bool report_findings(struct report *report, const struct options *options, const char *path,
                            enum source_kind kind, const struct findings *findings, struct error *error)
{
    struct text text = TEXT_INIT;
    bool ok = true;

    if (options->report == REPORT_JSON) {
        ok = write_json(&text, path, kind, findings);
    } else {
        write_text(&text, path, findings, options->info);
    }
    ok = (ok || error_no_memory(error)) && report_write(report, &text, error);
    text_free(&text);
    return ok;
}

bool check_file(struct report *report, const struct options *options, const char *path, bool *found,
                struct error *error)
{
    enum source_kind kind = files_kind(options);
    struct findings findings;
    struct mapping file;
    bool ok;

    if (!input_open(&file, path, kind == SOURCE_AUTO ? content_is_known : NULL, error)) {
        return content_cannot_open(path, error);
    }
    if (kind == SOURCE_AUTO) {
        kind = content_recognise(&file);
    }
    ok = kind != SOURCE_AUTO ? audit_file(&file, &kind, &findings, error)
                             : content_refuse(&file, path, "mview-inspect --check", error);
    if (ok) {
        *found |= findings_fail(&findings, options->strict);
        ok = report_findings(report, options, path, kind, &findings, error);
        findings_free(&findings);
    } else if (kind != SOURCE_AUTO && kind != SOURCE_RAW) {
        content_explain(&file, kind, path, "mview-inspect --check", error);
    }
    mapping_close(&file);
    return ok;
}
