/*
 * A layout's content, written out: as a hex dump, as bytes, as a hex string or
 * as items.  Each is one loop over a walk (walk.h), reading under the guard.
 */
#ifndef MVIEW_DUMP_DUMP_H
#define MVIEW_DUMP_DUMP_H

#include "walk/walk.h"

#include <stdbool.h>
#include <stdint.h>

struct error;
struct format;
struct output;
struct swap;
struct text;

#define DUMP_ALL UINT64_MAX

/* The file that the memory is mapped from. */
struct dump_file {
    int fd;          /* borrowed; its file position is moved */
    uint64_t offset; /* bytes, in the file, of layout->buf */
};

struct dump_options {
    enum walk_order order;
    uint64_t skip;    /* bytes (items for dump_items) left out at the start */
    uint64_t length;  /* bytes (items) shown at most; DUMP_ALL for all */
    unsigned width;   /* bytes per line */
    bool squeeze;
    bool color;
    bool mapped;      /* the memory is a mapped file's (see walk.h) */
    /*
     * The file, or NULL.  It is read where that is better than touching the
     * mapping (see walk.h), and dump_hex shows the holes of a layout that is
     * contiguous in the order without reading them.
     */
    const struct dump_file *file;
    const struct swap *swap; /* dump_binary of all in C or F order: how the items are turned; or NULL */
};

/*
 * All return false with the error for memory that cannot be read, after what
 * lies in front of it was shown; a failed output is no error of theirs
 * (output_flush tells).
 */
bool dump_hex(struct output *output, const struct layout *layout,
              const struct dump_options *options, struct error *error);
bool dump_binary(struct output *output, const struct layout *layout,
                 const struct dump_options *options, struct error *error);

/* Write nothing: whether all of it can be read, for those who hand it to code that does not guard itself. */
bool dump_probe(const struct layout *layout, struct error *error);

/* Two lower-case digits a byte, nothing between or behind them. */
bool dump_hex_string(struct output *output, const struct layout *layout,
                     const struct dump_options *options, struct error *error);

/*
 * One line per item: index ("0,3", "()" of a 0-d layout), TAB, value (value.h).
 * `format` is the layout's format taken apart; `dtype` the name of the items'
 * type or NULL.  Where that alone tells what they are (named_value_size) it
 * counts, and the format may be NULL.  In the order WALK_MEMORY the items come
 * by their address.  Of items that take no bytes there may be any number:
 * DUMP_ALL shows none of them.
 */
bool dump_items(struct output *output, const struct layout *layout, const struct format *format,
                const char *dtype, const struct dump_options *options, struct error *error);

/* How many bytes (or, with `items`, items) these options show of a layout; 0 for an order it has not got. */
uint64_t dump_count(const struct layout *layout, const struct dump_options *options, bool items);

#endif
