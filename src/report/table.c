#include "report/table.h"

#include <stdlib.h>
#include <string.h>

enum {
    MAX_WIDTH = 80, /* cells wider than this do not count for their column's width */
    ELLIPSIS = 3,   /* characters of "..." */
};

struct text *table_row(struct table *table)
{
    struct text *row;
    size_t used = table->rows * table->columns;

    /* grown at powers of two */
    if ((table->rows & (table->rows - 1)) == 0) {
        size_t room = (table->rows == 0 ? 1 : 2 * table->rows) * table->columns;
        struct text *cells = realloc(table->cells, room * sizeof *cells);

        if (cells == NULL) {
            table->failed = true;
            return NULL;
        }
        table->cells = cells;
    }
    row = table->cells + used;
    memset(row, 0, table->columns * sizeof *row);
    table->rows++;
    return row;
}

/* Characters, as a terminal counts them nearly always: code points. */
static size_t width_of(const struct text *text)
{
    size_t width = 0;
    size_t i;

    for (i = 0; i < text->length; i++) {
        width += (text->data[i] & 0xc0) != 0x80;
    }
    return width;
}

static void measure_row(const struct text *row, size_t columns, bool run_on, size_t widths[TABLE_MAX_COLUMNS])
{
    bool last = run_on;
    size_t c;

    for (c = columns; c-- > 0;) {
        size_t cell = width_of(&row[c]);

        if (cell > 0) {
            cell = last || cell > MAX_WIDTH ? 1 : cell;
            last = false;
        }
        if (cell > widths[c]) {
            widths[c] = cell;
        }
    }
}

static void measure(const struct table *table, size_t widths[TABLE_MAX_COLUMNS])
{
    size_t i;

    memset(widths, 0, TABLE_MAX_COLUMNS * sizeof widths[0]);
    for (i = 0; i < table->rows; i++) {
        measure_row(table->cells + i * table->columns, table->columns, table->run_on, widths);
    }
}

/* End the row that begins at `start` with "..." where it is wider than the table may be. */
static void cut_row(const struct table *table, struct text *text, size_t start)
{
    size_t kept = table->width > ELLIPSIS ? table->width - ELLIPSIS : 0;
    size_t width = 0;
    size_t cut = text->length;
    size_t i;

    for (i = start; i < text->length; i++) {
        if ((text->data[i] & 0xc0) != 0x80 && width++ == kept) {
            cut = i;
        }
    }
    if (table->width > 0 && width > table->width) {
        text->length = cut;
        text_puts(text, "...");
    }
}

/* --- narrower columns ---------------------------------------------------------------- */

/* How far the first `count` characters go, in bytes. */
static size_t bytes_of(const struct text *cell, size_t count)
{
    size_t i;

    for (i = 0; i < cell->length; i++) {
        if ((cell->data[i] & 0xc0) != 0x80 && count-- == 0) {
            return i;
        }
    }
    return cell->length;
}

/* Cut a cell to so many characters. */
static void cut_cell(struct text *cell, size_t width, bool beginning)
{
    size_t characters = width_of(cell);
    struct text cut = TEXT_INIT;
    size_t from;

    if (characters <= width || width < ELLIPSIS) {
        return;
    }
    if (beginning) {
        from = bytes_of(cell, characters - (width - ELLIPSIS));
        text_puts(&cut, "...");
        text_append(&cut, cell->data + from, cell->length - from);
    } else {
        text_append(&cut, cell->data, bytes_of(cell, width - ELLIPSIS));
        text_puts(&cut, "...");
    }
    text_free(cell);
    *cell = cut;
}

static size_t total_width(const struct table *table, const size_t *widths)
{
    size_t total = 0;
    size_t c;

    for (c = 0; c < table->columns; c++) {
        total += widths[c] > 0 ? (total > 0 ? 2 : 0) + widths[c] : 0;
    }
    return total;
}

static void give_way(const struct table *table, size_t widths[TABLE_MAX_COLUMNS])
{
    size_t i, row;

    for (i = 0; table->width > 0 && i < table->give_count; i++) {
        const struct table_give *give = &table->gives[i];
        size_t total = total_width(table, widths);
        size_t spare = widths[give->column] > give->least ? widths[give->column] - give->least : 0;
        size_t excess = total > table->width ? total - table->width : 0;

        widths[give->column] -= excess < spare ? excess : spare;
        for (row = 0; excess > 0 && row < table->rows; row++) {
            cut_cell(&table->cells[row * table->columns + give->column], widths[give->column], give->beginning);
        }
    }
}

/* --- writing --------------------------------------------------------------------------- */

static void write_row(const struct text *row, size_t columns, const size_t *widths, struct text *text)
{
    size_t behind = 0;
    size_t c;

    for (c = 0; c < columns; c++) {
        size_t width = width_of(&row[c]);

        if (widths[c] == 0) {
            continue;
        }
        if (width > 0) {
            text_printf(text, "%*s", (int)behind, "");
            text_append(text, row[c].data, row[c].length);
            behind = 0;
        }
        behind += (width < widths[c] ? widths[c] - width : 0) + 2;
    }
}

void table_write(const struct table *table, struct text *text)
{
    size_t widths[TABLE_MAX_COLUMNS];
    size_t i;

    measure(table, widths);
    give_way(table, widths);
    for (i = 0; i < table->rows; i++) {
        size_t start = text->length;

        write_row(table->cells + i * table->columns, table->columns, widths, text);
        cut_row(table, text, start);
        text_putc(text, '\n');
    }
    text->failed = text->failed || table->failed;
}

void table_free(struct table *table)
{
    size_t i;

    for (i = 0; i < table->rows * table->columns; i++) {
        text_free(&table->cells[i]);
    }
    free(table->cells);
    table->cells = NULL;
    table->rows = 0;
}
