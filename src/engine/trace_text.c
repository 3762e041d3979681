#include "engine/trace.h"

#include "base/notes.h"
#include "base/text.h"
#include "judge/request.h"
#include "ledger/ledger.h"
#include "report/table.h"
#include "trace/holding.h"
#include "trace/moment.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

enum {
    MOST_ROWS = 200,    /* of requests */
    MOST_BLOCKS = 50,   /* exporters */
    MOST_IN_BLOCK = 10, /* exports of one */
};

static void put_count(struct text *text, uint64_t count, const char *what)
{
    text_printf(text, "%" PRIu64 " %s%s", count, what, count == 1 ? "" : "s");
}

/* --- what is held ---------------------------------------------------------------------------------- */

static void put_line(struct text *text, const char *label, const char *line)
{
    text_printf(text, "    %s", label);
    text_escape_string(text, line);
    text_putc(text, '\n');
}

static void put_keepers(struct text *text, const struct holding *holding)
{
    size_t i;

    for (i = 0; i < holding->name_count; i++) {
        put_line(text, holding->state == HOLDING_GARBAGE ? "kept by garbage that is not collected yet: " : "kept by ",
                 holding->names[i]);
    }
    if (holding->more) {
        put_line(text, "", "and others");
    }
    if (holding->name_count == 0 && holding->state == HOLDING_GARBAGE) {
        put_line(text, "", "kept by garbage that is not collected yet");
    } else if (holding->name_count == 0 && holding->state == HOLDING_UNNAMED) {
        put_line(text, "", "kept by an object that has no name");
    } else if (holding->state == HOLDING_LEAKED) {
        put_line(text, "kept by no Python object: leaked by ", holding->words.native);
    } else if (holding->state == HOLDING_NOT_FOUND) {
        put_line(text, "", "who keeps it was not found");
    }
    if (*holding->why != '\0') {
        put_line(text, "(the search was not complete: ", holding->why);
        text->data[text->length - 1] = ')';
        text_putc(text, '\n');
    }
}

/* Whether the same would be said of both. */
static bool is_alike(const struct holding *a, const struct holding *b)
{
    size_t i;

    if (a->export.row != b->export.row || a->state != b->state || a->name_count != b->name_count ||
        a->more != b->more) {
        return false;
    }
    for (i = 0; i < a->name_count && strcmp(a->names[i], b->names[i]) == 0; i++) {
    }
    return i == a->name_count;
}

static void put_export(struct text *text, const struct holding *holding, uint64_t times)
{
    struct text request = TEXT_INIT;
    int i;

    request_text(holding->words.flags, &request);
    text_printf(text, "  %s asked by ", text_string(&request));
    text_escape_string(text, holding->words.native);
    if (times > 1) {
        text_printf(text, ", %" PRIu64 " times", times);
    }
    text_putc(text, '\n');
    for (i = 0; i < holding->words.depth; i++) {
        put_line(text, i == 0 ? "at " : "called from ", holding->words.where[i]);
    }
    put_keepers(text, holding);
    text_free(&request);
}

/* One exporter: returns how many of the holdings are its own. */
static size_t put_block(struct text *text, const struct holding *first, size_t left)
{
    size_t count = 0;
    uint64_t exports = 0;
    size_t shown = 0, next, i;

    while (count < left && first[count].export.exporter == first->export.exporter) {
        exports += first[count++].export.times;
    }
    text_escape_string(text, first->words.type);
    text_printf(text, " at 0x%" PRIxPTR ", %" PRId64 " bytes: ", first->export.exporter, first->export.view.len);
    put_count(text, exports, "export");
    text_puts(text, " held\n");
    for (i = 0; i < count; i = next) {
        uint64_t times = 0;

        for (next = i; next < count && is_alike(&first[i], &first[next]); next++) {
            times += first[next].export.times;
        }
        if (shown++ == MOST_IN_BLOCK) {
            text_printf(text, "  and %zu more (-j tells all)\n", count - i);
            break;
        }
        put_export(text, &first[i], times);
    }
    text_putc(text, '\n');
    return count;
}

void trace_held_text(struct text *text, const struct holdings *holdings)
{
    size_t blocks = 0, i = 0;

    while (i < holdings->count) {
        if (blocks++ == MOST_BLOCKS) {
            text_printf(text, "and %zu more that are held (-j tells all)\n\n", holdings->count - i);
            return;
        }
        i += put_block(text, &holdings->items[i], holdings->count - i);
    }
}

/* --- errors that somebody caught ---------------------------------------------------------------------------- */

static void put_caught(struct text *text, const struct trace_report *report)
{
    size_t i;

    for (i = 0; i < report->moment_count; i++) {
        const struct moment *moment = &report->moments[i];

        if (moment->count > moment->told) {
            text_escape_string(text, moment->exception);
            text_printf(text, ": raised %s ", moment_relation());
            text_escape_string(text, moment->where);
            text_puts(text, " and caught, ");
            put_count(text, moment->count - moment->told, "time");
            text_puts(text, ": at that moment\n");
            trace_held_text(text, &moment->holdings);
        }
    }
}

/* --- wrong releases -------------------------------------------------------------------------------------- */

static void put_mistakes(struct text *text, const struct ledger *ledger)
{
    size_t i;
    int k;

    for (i = 0; i < ledger->mistake_count; i++) {
        const struct ledger_mistake *mistake = &ledger->mistakes[i];

        text_escape_string(text, mistake->words.type);
        text_puts(text, mistake->match == LEDGER_TWICE ? ": released twice by " : ": released, but never asked for, by ");
        text_escape_string(text, mistake->words.native);
        text_printf(text, mistake->count > 1 ? ", %" PRIu64 " times\n" : "\n", mistake->count);
        for (k = 0; k < mistake->words.depth; k++) {
            put_line(text, k == 0 ? "at " : "called from ", mistake->words.where[k]);
        }
    }
    if (ledger->mistake_count > 0) {
        text_putc(text, '\n');
    }
}

/* --- requests ---------------------------------------------------------------------------------------------- */

enum { COUNT, REFUSED, HELD, EXPORTER, REQUEST, WHERE, ASKED_BY, REFUSAL, COLUMNS };

/* Where it was asked; what imports ask of the bytes of modules is one to whoever reads. */
static const char *leaf(const struct ledger_row *row)
{
    static const char machinery[] = "<frozen importlib";
    const char *line = row->words.depth > 0 ? row->words.where[0] : "-";

    return strncmp(line, machinery, sizeof machinery - 1) == 0 ? "(imports)" : line;
}

/* The part of a line in a library's file that tells the file apart; NULL for one of the program's own. */
static const char *in_library(const char *line)
{
    static const char *const folders[] = {"/site-packages/", "/dist-packages/"};
    const char *found;
    size_t i;

    for (i = 0; i < sizeof folders / sizeof folders[0]; i++) {
        found = strstr(line, folders[i]);
        if (found != NULL) {
            return found + strlen(folders[i]);
        }
    }
    found = strstr(line, "/lib/python3.");
    found = found != NULL ? strchr(found + strlen("/lib/"), '/') : NULL;
    return found != NULL ? found + 1 : NULL;
}

static bool is_own(const struct ledger_row *row)
{
    const char *line = leaf(row);

    return row->words.depth > 0 && strncmp(line, "<frozen ", strlen("<frozen ")) != 0 && line[0] != '(' &&
           in_library(line) == NULL;
}

/* Rows that differ in their callers' callers only come to stand together. */
static int by_leaf(const void *left, const void *right)
{
    const struct ledger_row *a = left, *b = right;
    int order = strcmp(leaf(a), leaf(b));

    order = order != 0 ? order : strcmp(a->words.type, b->words.type);
    order = order != 0 ? order : strcmp(a->words.native, b->words.native);
    return order != 0 ? order : a->words.flags - b->words.flags;
}

/* What is held first, then the program's own lines, then the frequent, then in an order that is always the same. */
static int by_weight(const void *left, const void *right)
{
    const struct ledger_row *a = left, *b = right;

    if ((a->held > 0) != (b->held > 0)) {
        return a->held > 0 ? -1 : 1;
    }
    if (is_own(a) != is_own(b)) {
        return is_own(a) ? -1 : 1;
    }
    if (a->count != b->count) {
        return a->count > b->count ? -1 : 1;
    }
    return by_leaf(a, b);
}

static size_t merge(struct ledger_row *rows, size_t count)
{
    size_t kept = 0, i;

    qsort(rows, count, sizeof *rows, by_leaf);
    for (i = 0; i < count; i++) {
        if (kept > 0 && by_leaf(&rows[kept - 1], &rows[i]) == 0) {
            rows[kept - 1].count += rows[i].count;
            rows[kept - 1].refused += rows[i].refused;
            rows[kept - 1].held += rows[i].held;
            rows[kept - 1].exception = rows[kept - 1].exception != NULL ? rows[kept - 1].exception : rows[i].exception;
        } else {
            rows[kept++] = rows[i];
        }
    }
    qsort(rows, kept, sizeof *rows, by_weight);
    return kept;
}

/* The part of a line in a file of the program's own that tells the file apart, where the folder does not. */
static const char *in_folder(const char *line, const char *folder)
{
    size_t length = folder != NULL ? strlen(folder) : 0;

    return length > 1 && strncmp(line, folder, length) == 0 && line[length] == '/' ? line + length + 1 : NULL;
}

static void put_where(struct text *cell, const char *folder, const struct ledger_row *row)
{
    const char *line = leaf(row);
    const char *part = in_library(line);

    part = part == NULL ? in_folder(line, folder) : part;
    text_escape_string(cell, part != NULL ? part : line);
}

/* How much of "MODULE!NAME" is the module's name, without what its file has in its name for the linker. */
static size_t module_length(const char *native, const char *mark)
{
    static const char *const endings[] = {".cpython-", ".abi3.", ".so"};
    size_t i;

    for (i = 0; i < sizeof endings / sizeof endings[0]; i++) {
        const char *found = strstr(native, endings[i]);

        if (found != NULL && found < mark) {
            return (size_t)(found - native);
        }
    }
    return (size_t)(mark - native);
}

/* Python's library, or the program that it is linked into. */
static bool is_pythons(const char *native)
{
    return strncmp(native, "libpython", strlen("libpython")) == 0 ||
           strncmp(native, "mview-inspect", strlen("mview-inspect")) == 0;
}

/* The module is left out where the name tells it, or it is Python itself; not of what has a place for a name. */
static void put_native(struct text *cell, const char *native)
{
    const char *mark = strchr(native, '!');
    size_t length = mark != NULL ? module_length(native, mark) : 0;

    if (mark != NULL && mark[1] != '+' &&
        (is_pythons(native) || (strncmp(native, mark + 1, length) == 0 && mark[1 + length] == '.'))) {
        text_escape_string(cell, mark + 1);
        return;
    }
    text_escape(cell, native, length);
    text_escape_string(cell, native + (mark != NULL ? (size_t)(mark - native) : 0));
}

static void put_row(struct table *table, const char *folder, const struct ledger_row *row)
{
    struct text *cells = table_row(table);

    if (cells == NULL) {
        return;
    }
    text_printf(&cells[COUNT], "%" PRIu64, row->count);
    text_printf(&cells[REFUSED], row->refused > 0 ? "%" PRIu64 : "-", row->refused);
    text_printf(&cells[HELD], row->held > 0 ? "%" PRIu64 : "-", row->held);
    text_escape_string(&cells[EXPORTER], row->words.type);
    request_text(row->words.flags, &cells[REQUEST]);
    put_where(&cells[WHERE], folder, row);
    put_native(&cells[ASKED_BY], row->words.native);
    text_escape_string(&cells[REFUSAL], row->exception != NULL ? row->exception : "");
}

static void put_requests(struct text *text, const struct trace_report *report)
{
    static const char *const heads[COLUMNS] = {"COUNT", "REFUSED", "HELD",    "EXPORTER",
                                               "REQUEST", "WHERE",   "ASKED BY", "REFUSAL"};
    static const struct table_give gives[] = {
        {REFUSAL, 10, false}, {WHERE, 24, true}, {ASKED_BY, 16, false}, {EXPORTER, 12, true}, {REQUEST, 8, false}};
    const struct ledger *ledger = report->ledger;
    struct table table = TABLE_INIT(COLUMNS);
    struct ledger_row *rows = malloc((ledger->row_count + 1) * sizeof *rows);
    struct text *cells = table_row(&table);
    size_t count, i;

    if (ledger->row_count == 0) {
        text_puts(text, "no object was asked for a buffer\n");
        free(rows);
        table_free(&table);
        return;
    }
    if (rows == NULL || cells == NULL) {
        text->failed = true;
        free(rows);
        table_free(&table);
        return;
    }
    memcpy(rows, ledger->rows, ledger->row_count * sizeof *rows);
    count = merge(rows, ledger->row_count);
    table.headed = true;
    table.width = report->columns;
    table.gives = gives;
    table.give_count = sizeof gives / sizeof gives[0];
    for (i = 0; i < COLUMNS; i++) {
        text_puts(&cells[i], heads[i]);
    }
    for (i = 0; i < count && i < MOST_ROWS; i++) {
        put_row(&table, report->folder, &rows[i]);
    }
    table_write(&table, text);
    if (count > MOST_ROWS) {
        text_printf(text, "and %zu rows more (-j tells all)\n", count - MOST_ROWS);
    }
    table_free(&table);
    free(rows);
}

void trace_text(struct text *text, const struct trace_report *report)
{
    size_t i;

    if (report->holdings->count == 0) {
        text_puts(text, "nothing is held\n\n");
    }
    trace_held_text(text, report->holdings);
    put_caught(text, report);
    put_mistakes(text, report->ledger);
    put_requests(text, report);
    for (i = 0; i < report->notes->count; i++) {
        text_puts(text, i == 0 ? "\nnote: " : "note: ");
        text_escape_string(text, report->notes->items[i]);
        text_putc(text, '\n');
    }
}
