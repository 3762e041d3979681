/*
 * Text in columns: rows of cells, each column as wide as its widest cell.
 */
#ifndef MVIEW_REPORT_TABLE_H
#define MVIEW_REPORT_TABLE_H

#include "base/text.h"

#include <stddef.h>
#include <stdint.h>

enum { TABLE_MAX_COLUMNS = 12 };

struct table {
    size_t columns;     /* at most TABLE_MAX_COLUMNS */
    size_t rows;
    bool headed;        /* the first row is of heads: a head that nothing stands below is left out with its column */
    bool run_on;        /* a row's last cell may run on over columns that it leaves empty */
    size_t width;       /* characters that a row may have, as a terminal's has; 0 for any number */
    const struct table_give *gives; /* the columns that become narrower where rows are wider than that, or NULL */
    size_t give_count;

    /* The table's own. */
    struct text row[TABLE_MAX_COLUMNS]; /* the last one */
    struct text bytes; /* of the cells of all rows before it, one behind the other: there may be many thousands */
    uint32_t *lengths; /* owned; of those cells, bytes */
    size_t kept;       /* those rows */
    bool failed;       /* out of memory */
};

/* A column of which rows can do without a part: the first named gives all that it can before the next gives any. */
struct table_give {
    size_t column;
    size_t least;   /* characters that its cells keep */
    bool beginning; /* its cells lose their beginnings, not their ends */
};

#define TABLE_INIT(column_count) {.columns = (column_count)}

/* A new row of empty cells at the end, to be appended to until the next one; NULL out of memory. */
struct text *table_row(struct table *table);

/*
 * Write it: two spaces between columns, nothing behind the last cell of a row,
 * columns in which every cell is empty left out.  One very long cell does not
 * push the columns of all other rows away.  Where rows have more characters
 * than `width`, the columns of `gives` are cut, with "..." where something is
 * missing; a row that is still too long ends in it.
 */
void table_write(struct table *table, struct text *text);
void table_free(struct table *table);

#endif
