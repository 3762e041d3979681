#include "judge/findings.h"

#include <stdio.h>
#include <stdlib.h>

const char *severity_name(enum severity severity)
{
    static const char *const names[] = {"error", "warning", "info"};

    return names[severity];
}

bool findings_add(struct findings *findings, int rule, enum severity severity, uint64_t requests,
                  const char *format, va_list args)
{
    struct finding *items = realloc(findings->items, (findings->count + 1) * sizeof *items);
    char *detail = NULL;

    if (items == NULL) {
        return false;
    }
    findings->items = items;
    if (vasprintf(&detail, format, args) < 0) {
        return false;
    }
    items[findings->count++] = (struct finding){rule, severity, detail, requests};
    findings->errors += severity == SEVERITY_ERROR;
    findings->warnings += severity == SEVERITY_WARNING;
    return true;
}

void findings_sort(struct findings *findings)
{
    size_t i, j;

    for (i = 1; i < findings->count; i++) {
        struct finding item = findings->items[i];

        for (j = i; j > 0 && findings->items[j - 1].severity > item.severity; j--) {
            findings->items[j] = findings->items[j - 1];
        }
        findings->items[j] = item;
    }
}

void findings_free(struct findings *findings)
{
    size_t i;

    for (i = 0; i < findings->count; i++) {
        free(findings->items[i].detail);
    }
    free(findings->items);
    *findings = (struct findings){NULL, 0, 0, 0};
}
