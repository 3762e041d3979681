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
    bool failed;        /* out of memory */
};

#define TABLE_INIT(columns) {NULL, (columns), 0, false}

/* A new row of empty cells at the end, to be appended to; NULL out of memory. */
struct text *table_row(struct table *table);

/*
 * Write it: two spaces between columns, nothing behind the last cell of a row,
 * columns in which every cell is empty left out.  One very long cell does not
 * push the columns of all other rows away.
 */
void table_write(const struct table *table, struct text *text);
void table_free(struct table *table);

#endif
