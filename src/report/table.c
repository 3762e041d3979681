#include "report/table.h"

#include <stdlib.h>
#include <string.h>

/* Cells wider than this do not count for their column's width. */
enum { MAX_WIDTH = 48 };

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

static void measure(const struct table *table, size_t widths[TABLE_MAX_COLUMNS])
{
    size_t i;

    memset(widths, 0, TABLE_MAX_COLUMNS * sizeof widths[0]);
    for (i = 0; i < table->rows * table->columns; i++) {
        size_t *width = &widths[i % table->columns];
        size_t cell = width_of(&table->cells[i]);

        if (cell > MAX_WIDTH) {
            cell = *width > 0 ? *width : 1;
        }
        if (cell > *width) {
            *width = cell;
        }
    }
}

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
    text_putc(text, '\n');
}

void table_write(const struct table *table, struct text *text)
{
    size_t widths[TABLE_MAX_COLUMNS];
    size_t i;

    measure(table, widths);
    for (i = 0; i < table->rows; i++) {
        write_row(table->cells + i * table->columns, table->columns, widths, text);
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
