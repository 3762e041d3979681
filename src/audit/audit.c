#include "audit/audit.h"

#include "audit/kinds.h"
#include "audit/state.h"
#include "base/error.h"
#include "base/text.h"
#include "files/mapping.h"

#include <stdlib.h>
#include <string.h>

enum { GATHERED_LIMIT = 256 << 20 }; /* bytes of names and places, of which a file can ask for many */

/* --- kinds ---------------------------------------------------------------------------------- */

static bool (*const judges[])(struct audit *, struct recipe_range, struct error *) = {
    [SOURCE_NPY] = audit_npy,
    [SOURCE_NPZ] = audit_zip,
    [SOURCE_PICKLE] = audit_pickle,
    [SOURCE_TORCH] = audit_torch,
    [SOURCE_SAFETENSORS] = audit_safetensors,
};

/* What torch.load takes: a zip archive, or pickles one behind the other. */
static void judge_loaded(struct audit *audit, const struct reading *reading, struct recipe_range bytes,
                         const char *part)
{
    const struct mapping content = {.data = bytes.data, .size = bytes.size};
    const char *outer = audit->part;
    enum source_kind kind = content_recognise(&content);
    struct error error = ERROR_INIT;
    struct text where = TEXT_INIT;

    (void)reading;
    if (audit->level == AUDIT_MAX_LEVEL) {
        audit_add(audit, AUDIT_structure, "%sfiles in each other, more than %d", part, AUDIT_MAX_LEVEL);
        return;
    }
    text_printf(&where, "%s%s", outer, part);
    audit->part = text_string(&where);
    audit->level++;
    if (!(kind == SOURCE_NPZ || kind == SOURCE_TORCH ? judges[kind] : audit_pickle)(audit, bytes, &error)) {
        audit_add(audit, AUDIT_structure, "%s", error.message);
    }
    audit->level--;
    audit->part = outer;
    text_free(&where);
}

/* --- names that are in no table --------------------------------------------------------------- */

static int compare(const void *one, const void *other)
{
    const struct unknown *a = one;
    const struct unknown *b = other;
    int order = strcmp(a->dotted, b->dotted);

    return order != 0 ? order : (a->order > b->order) - (a->order < b->order);
}

/* One finding for each name. */
static void tell_unknown(struct audit *audit)
{
    size_t i, next;

    if (audit->unknown_count > 0) {
        qsort(audit->unknown, audit->unknown_count, sizeof *audit->unknown, compare);
    }
    for (i = 0; i < audit->unknown_count; i = next) {
        const struct unknown *first = NULL;
        size_t calls = 0;

        for (next = i; next < audit->unknown_count; next++) {
            const struct unknown *other = &audit->unknown[next];

            if (strcmp(other->dotted, audit->unknown[i].dotted) != 0) {
                break;
            }
            calls += other->calls;
            first = first == NULL && other->calls > 0 ? other : first;
        }
        if (first != NULL) {
            audit_add(audit, AUDIT_calls_unknown, "calls %s, which is in no table: %zu time%s, first at %s",
                      first->dotted, calls, calls == 1 ? "" : "s", first->where);
        } else {
            audit_add(audit, AUDIT_calls_unknown, "imports %s, which is in no table, named at %s",
                      audit->unknown[i].dotted, audit->unknown[i].where);
        }
    }
}

static void tell_more(struct audit *audit)
{
    int rule;

    for (rule = 0; rule < AUDIT_RULE_COUNT; rule++) {
        size_t found = audit->found[rule];

        if (found > AUDIT_MAX_TOLD) {
            audit->found[rule] = 0;
            audit_add(audit, rule, "and %zu more findings of this rule", found - AUDIT_MAX_TOLD);
        }
    }
}

/* --- the front door ---------------------------------------------------------------------------- */

bool audit_file(const struct mapping *file, enum source_kind *kind, struct findings *findings, struct error *error)
{
    struct audit audit = {.file = file,
                          .pages = file,
                          .findings = findings,
                          .loaded = judge_loaded,
                          .arena = ARENA_INIT(GATHERED_LIMIT),
                          .part = ""};
    struct recipe_range bytes = {file->data, file->size};
    bool ok;

    *findings = (struct findings){NULL, 0, 0, 0};
    if (*kind == SOURCE_RAW) {
        return error_set(error, ERROR_INPUT, "raw bytes have no structure to be checked");
    }
    ok = judges[*kind](&audit, bytes, error);
    if (ok) {
        *kind = audit.is_torch ? SOURCE_TORCH : *kind;
        tell_unknown(&audit);
        tell_more(&audit);
        findings_sort(findings);
    }
    if (ok && audit.failed) {
        ok = error_no_memory(error);
    }
    if (!ok) {
        findings_free(findings);
    }
    free(audit.unknown);
    arena_free(&audit.arena);
    return ok;
}
