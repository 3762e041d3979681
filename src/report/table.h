/*
 * Text in columns: rows of cells, each column as wide as its widest cell.
 */
#ifndef MVIEW_REPORT_TABLE_H
#define MVIEW_REPORT_TABLE_H

#include "base/text.h"

#include <stddef.h>

enum { TABLE_MAX_COLUMNS = 12 };

struct table {
    struct text *cells; /* owned; rows of `columns` cells each */
    size_t columns;     /* at most TABLE_MAX_COLUMNS */
    size_t rows;
    bool run_on;        /* a row's last cell may run on over columns that it leaves empty */
    bool failed;        /* out of memory */
    size_t width;       /* characters that a row may have, as a terminal's has; 0 for any number */
    const struct table_give *gives; /* the columns that become narrower where rows are wider than that, or NULL */
    size_t give_count;
};

/* A column of which rows can do without a part: the first named gives all that it can before the next gives any. */
struct table_give {
    size_t column;
    size_t least;   /* characters that its cells keep */
    bool beginning; /* its cells lose their beginnings, not their ends */
};

#define TABLE_INIT(columns) {NULL, (columns), 0, false, false, 0, NULL, 0}

/* A new row of empty cells at the end, to be appended to; NULL out of memory. */
struct text *table_row(struct table *table);

/*
 * Write it: two spaces between columns, nothing behind the last cell of a row,
 * columns in which every cell is empty left out.  One very long cell does not
 * push the columns of all other rows away.  Where rows have more characters
 * than `width`, the columns of `gives` are cut, with "..." where something is
 * missing; a row that is still too long ends in it.
 */
void table_write(const struct table *table, struct text *text);
void table_free(struct table *table);

#endif
