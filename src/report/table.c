#include "report/table.h"

#include <stdlib.h>
#include <string.h>

enum {
    MAX_WIDTH = 80, /* cells wider than this do not count for their column's width */
    ELLIPSIS = 3,   /* characters of "..." */
};

/* A cell that was written, as it is kept. */
struct cell {
    const char *data;
    size_t length; /* bytes */
};

/* The kept cells, from the first on. */
struct reader {
    const struct table *table;
    const uint32_t *length;
    const char *next;
};

static struct reader reader_start(const struct table *table)
{
    return (struct reader){table, table->lengths, text_string(&table->bytes)};
}

static void next_row(struct reader *reader, struct cell row[TABLE_MAX_COLUMNS])
{
    size_t c;

    for (c = 0; c < reader->table->columns; c++) {
        row[c] = (struct cell){reader->next, *reader->length};
        reader->next += *reader->length++;
    }
}

/* Room for the lengths of one row more; grown at powers of two. */
static bool reserve(struct table *table)
{
    if ((table->kept & (table->kept - 1)) == 0) {
        size_t room = (table->kept == 0 ? 1 : 2 * table->kept) * table->columns;
        uint32_t *lengths = realloc(table->lengths, room * sizeof *lengths);

        if (lengths == NULL) {
            return false;
        }
        table->lengths = lengths;
    }
    return true;
}

/* The last row is whole: put it to the others. */
static void keep_row(struct table *table)
{
    size_t c;

    if (table->kept == table->rows || table->failed) {
        return;
    }
    if (!reserve(table)) {
        table->failed = true;
        return;
    }
    for (c = 0; c < table->columns; c++) {
        struct text *cell = &table->row[c];

        table->failed = table->failed || cell->failed || cell->length > UINT32_MAX;
        table->lengths[table->kept * table->columns + c] = (uint32_t)cell->length;
        text_append(&table->bytes, text_string(cell), cell->length);
        text_clear(cell);
    }
    table->failed = table->failed || table->bytes.failed;
    table->kept++;
}

struct text *table_row(struct table *table)
{
    keep_row(table);
    if (table->failed) {
        return NULL;
    }
    table->rows++;
    return table->row;
}

/* Characters, as a terminal counts them nearly always: code points. */
static size_t width_of(const struct cell *cell)
{
    size_t width = 0;
    size_t i;

    for (i = 0; i < cell->length; i++) {
        width += (cell->data[i] & 0xc0) != 0x80;
    }
    return width;
}

static void measure_row(const struct cell *row, size_t columns, bool run_on, size_t widths[TABLE_MAX_COLUMNS])
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
    struct reader reader = reader_start(table);
    size_t heads[TABLE_MAX_COLUMNS] = {0};
    struct cell row[TABLE_MAX_COLUMNS];
    size_t i;

    memset(widths, 0, TABLE_MAX_COLUMNS * sizeof widths[0]);
    for (i = 0; i < table->rows; i++) {
        next_row(&reader, row);
        measure_row(row, table->columns, table->run_on, i == 0 && table->headed ? heads : widths);
    }
    for (i = 0; i < table->columns; i++) {
        widths[i] = widths[i] > 0 && heads[i] > widths[i] ? heads[i] : widths[i];
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
static size_t bytes_of(const struct cell *cell, size_t count)
{
    size_t i;

    for (i = 0; i < cell->length; i++) {
        if ((cell->data[i] & 0xc0) != 0x80 && count-- == 0) {
            return i;
        }
    }
    return cell->length;
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

/* Which columns give way, and how: NULL for those that do not. */
static void give_way(const struct table *table, size_t widths[TABLE_MAX_COLUMNS],
                     const struct table_give *given[TABLE_MAX_COLUMNS])
{
    size_t i;

    memset(given, 0, TABLE_MAX_COLUMNS * sizeof given[0]);
    for (i = 0; table->width > 0 && i < table->give_count; i++) {
        const struct table_give *give = &table->gives[i];
        size_t total = total_width(table, widths);
        size_t spare = widths[give->column] > give->least ? widths[give->column] - give->least : 0;
        size_t excess = total > table->width ? total - table->width : 0;

        widths[give->column] -= excess < spare ? excess : spare;
        given[give->column] = excess > 0 ? give : NULL;
    }
}

/* --- writing --------------------------------------------------------------------------- */

/* A cell, or as much of it as its column has room for; its width. */
static size_t write_cell(struct text *text, const struct cell *cell, size_t characters, size_t width,
                         const struct table_give *give)
{
    size_t from;

    if (give == NULL || characters <= width || width < ELLIPSIS) {
        text_append(text, cell->data, cell->length);
        return characters;
    }
    if (give->beginning) {
        from = bytes_of(cell, characters - (width - ELLIPSIS));
        text_puts(text, "...");
        text_append(text, cell->data + from, cell->length - from);
    } else {
        text_append(text, cell->data, bytes_of(cell, width - ELLIPSIS));
        text_puts(text, "...");
    }
    return width;
}

static void write_row(struct text *text, const struct cell *row, size_t columns, const size_t *widths,
                      const struct table_give *const *given)
{
    size_t behind = 0;
    size_t c;

    for (c = 0; c < columns; c++) {
        size_t width = width_of(&row[c]);

        if (widths[c] == 0) {
            continue;
        }
        if (width > 0) {
            text_spaces(text, behind);
            width = write_cell(text, &row[c], width, widths[c], given[c]);
            behind = 0;
        }
        behind += (width < widths[c] ? widths[c] - width : 0) + 2;
    }
}

void table_write(struct table *table, struct text *text)
{
    size_t widths[TABLE_MAX_COLUMNS];
    const struct table_give *given[TABLE_MAX_COLUMNS];
    struct cell row[TABLE_MAX_COLUMNS];
    struct reader reader;
    size_t i;

    keep_row(table);
    if (table->failed) {
        text->failed = true;
        return;
    }
    measure(table, widths);
    give_way(table, widths, given);
    reader = reader_start(table);
    for (i = 0; i < table->rows; i++) {
        size_t start = text->length;

        next_row(&reader, row);
        write_row(text, row, table->columns, widths, given);
        cut_row(table, text, start);
        text_putc(text, '\n');
    }
}

void table_free(struct table *table)
{
    size_t c;

    for (c = 0; c < TABLE_MAX_COLUMNS; c++) {
        text_free(&table->row[c]);
    }
    text_free(&table->bytes);
    free(table->lengths);
    *table = (struct table){.columns = table->columns};
}
