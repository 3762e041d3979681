/*
 * A record, written: one walk over the table of fields, in the form that the
 * options ask for.
 */
#ifndef MVIEW_REPORT_REPORT_H
#define MVIEW_REPORT_REPORT_H

#include "base/error.h"

#include <stdbool.h>
#include <stddef.h>

struct dump_options;
struct record_field;
struct format;
struct layout;
struct listing;
struct notes;
struct options;
struct output;
struct record;
struct text;

/* How reports are written; settled once, before the first input. */
struct report {
    const struct options *options;
    struct output *output;
    const struct record_field **fields; /* REPORT_FIELDS: those chosen; owned */
    size_t field_count;
    bool color;
    unsigned columns; /* of the terminal; 0 where the answer goes elsewhere */
    struct error remark; /* what an answer without notes lacks: a message for standard error; of kind NONE nothing */
    bool any; /* something was reported before: text reports are set apart by an empty line */
};

/* `columns`: of the terminal that the answer goes to, or 0.  Refuses unknown field names. */
bool report_begin(struct report *report, const struct options *options, struct output *output, unsigned columns,
                  struct error *error);
void report_end(struct report *report);

/* Report one input.  On an error nothing of it has been written, unless it was too long to be held back. */
bool report_record(struct report *report, const struct record *record, struct error *error);

/* Report what is in a container: its own record (without a layout), then its members. */
bool report_listing(struct report *report, const struct record *record, const struct listing *listing,
                    struct error *error);

/* Write a text that was made for the answer; an error where memory ran out in the making. */
bool report_write(struct report *report, const struct text *text, struct error *error);

/* --- the writers ------------------------------------------------------------------ */

/* report_text.c: aligned labels; then, by report_record, the dump. */
void text_record(struct text *text, const struct record *record);
void text_listing(struct text *text, const struct record *record, const struct listing *listing, unsigned columns);

/* report_text.c: the chosen fields, TAB between them, one line. */
void fields_record(struct text *text, const struct record *record, const struct record_field *const *chosen,
                   size_t count);

/*
 * report_npy.c: what numpy.save writes in front of the data.  *data is how these are then read: the record's
 * content, with extents that its format begins with as dimensions; *fortran_order, first index fastest.
 */
bool npy_record(struct text *text, const struct record *record, struct layout *data, bool *fortran_order,
                struct error *error);

/* report_json.c: one object, without a newline; false when out of memory. */
bool json_record(struct text *text, const struct record *record);
bool json_listing(struct text *text, const struct record *record, const struct listing *listing);

/* report_json.c: the values of -f that are lists of more than numbers, as compact JSON. */
bool json_fields(struct text *text, const struct format *format);
bool json_notes(struct text *text, const struct notes *notes);

#endif
