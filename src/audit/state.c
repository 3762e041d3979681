#include "audit/state.h"

#include "base/text.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static bool add(struct findings *findings, int rule, const char *format, ...) __attribute__((format(printf, 3, 4)));

static bool add(struct findings *findings, int rule, const char *format, ...)
{
    va_list args;
    bool ok;

    va_start(args, format);
    ok = findings_add(findings, rule, audit_rules[rule].severity, 0, format, args);
    va_end(args);
    return ok;
}

bool audit_wants(const struct audit *audit, int rule)
{
    return audit->found[rule] < AUDIT_MAX_TOLD;
}

void audit_add(struct audit *audit, int rule, const char *format, ...)
{
    char *sentence = NULL;
    va_list args;

    if (audit->found[rule]++ >= AUDIT_MAX_TOLD) {
        return;
    }
    va_start(args, format);
    if (vasprintf(&sentence, format, args) < 0) {
        sentence = NULL;
    }
    va_end(args);
    audit->failed |= sentence == NULL || !add(audit->findings, rule, "%s%s", audit->part, sentence);
    free(sentence);
}

void audit_unknown(struct audit *audit, const char *dotted, size_t calls, const char *where)
{
    struct text text = TEXT_INIT;

    if (audit->unknown_count == audit->unknown_room) {
        size_t room = audit->unknown_room == 0 ? 64 : 2 * audit->unknown_room;
        struct unknown *grown = realloc(audit->unknown, room * sizeof *grown);

        if (grown == NULL) {
            audit->failed = true;
            return;
        }
        audit->unknown = grown;
        audit->unknown_room = room;
    }
    text_printf(&text, "%s%s", audit->part, where);
    audit->unknown[audit->unknown_count] = (struct unknown){
        .dotted = arena_copy(&audit->arena, dotted, strlen(dotted)),
        .calls = calls,
        .order = audit->unknown_count,
        .where = arena_copy(&audit->arena, text_string(&text), text.length),
    };
    audit->failed |= text.failed || audit->unknown[audit->unknown_count].dotted == NULL ||
                     audit->unknown[audit->unknown_count].where == NULL;
    audit->unknown_count += !audit->failed;
    text_free(&text);
}

void audit_place(const struct reading *reading, size_t place, struct text *text)
{
    uintptr_t start = (uintptr_t)reading->file.data;
    uintptr_t bytes = (uintptr_t)reading->pickle.bytes;

    if (bytes >= start && bytes - start <= reading->file.size) {
        place += bytes - start;
    }
    text_printf(text, "byte %zu", place);
}
