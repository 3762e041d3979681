/*
 * What a judge found: rules broken, each with what was seen.
 */
#ifndef MVIEW_JUDGE_FINDINGS_H
#define MVIEW_JUDGE_FINDINGS_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum severity {
    SEVERITY_ERROR,   /* the documents say MUST */
    SEVERITY_WARNING, /* they say SHOULD, or others stumble over it */
    SEVERITY_INFO,
};

const char *severity_name(enum severity severity); /* "error", "warning", "info" */

struct finding {
    int rule; /* index into the judge's table of rules */
    enum severity severity;
    char *detail;      /* owned; one line, raw: it may quote the subject's own text */
    uint64_t requests; /* bit i: request i is concerned; 0 when it is about none in particular */
};

struct findings {
    struct finding *items; /* owned */
    size_t count;
    size_t errors, warnings;
};

/* Add one; false when out of memory. */
bool findings_add(struct findings *findings, int rule, enum severity severity, uint64_t requests,
                  const char *format, va_list args) __attribute__((format(printf, 5, 0)));

/* Errors first, then warnings, then information; within each as they were added. */
void findings_sort(struct findings *findings);

void findings_free(struct findings *findings);

#endif
