/*
 * The buffers of battery.def, one after the other; which come next hangs on
 * what the consumer took of those before.
 *
 * First a plain row of each format, then, if none was taken, tables, cubes,
 * scalars, tables in Fortran order, tables by pointers; then the same
 * read-only, then as memoryviews, for expressions that want more of an object:
 * the first of which one is taken is the base.  Of the formats that are taken
 * there, all are offered in the other byte order and as the first field of a
 * structure, and two (one of single bytes, one of more) in every other shape,
 * arrangement and guise.  Who asks for the format may convert those two, and take another as it is: the others are
 * offered read-only, with steps and backwards.  Two buffers that refuse everything end it.
 */
#ifndef MVIEW_TRIAL_BATTERY_H
#define MVIEW_TRIAL_BATTERY_H

#include "format/format.h"
#include "trial/trial.h"

struct error;

enum {
#define ITEM(code, size, numpy, twin, second) +1
    BATTERY_ITEMS = 0
#include "trial/battery.def"
#undef ITEM
};

enum format_role {
    ROLE_PLAIN,
    ROLE_SWAPPED,   /* the other byte order */
    ROLE_STRUCTURE, /* two fields, the first of a plain format */
    ROLE_GIVEN,     /* by the user */
};

/* A format that is offered. */
struct battery_format {
    const char *text;
    char made[24];        /* the text, where it was put together */
    const char *numpy;    /* as a dtype, for an expression; NULL: none */
    char numpy_made[24];
    const char *twin;     /* a format of the same size whose items are other ones; NULL: none */
    const char *second;   /* of the structure that begins with it; NULL: none */
    enum format_role role;
    const struct battery_format *base; /* native items of the same values (ROLE_SWAPPED) or of the first field */
    struct format format; /* taken apart */
    ptrdiff_t itemsize;   /* bytes */
    char opaque[24];      /* bytes of that size, as a format */
};

struct battery {
    const char *given_format; /* or NULL */
    bool have_shape;
    int given_ndim;
    ptrdiff_t given_shape[LAYOUT_MAX_NDIM];

    int format_count;
    struct battery_format formats[3 * BATTERY_ITEMS + 1];
    int plain_count; /* of those: ROLE_PLAIN or ROLE_GIVEN, at the front */

    int stage, base, format, row; /* where it stands */
    enum arrangement arrangement; /* of the base */
    enum guise guise;              /* memoryviews where nothing else is taken */
    bool readonly;                 /* .. read-only ones */
    int base_shape;                /* -1: not known yet */
    int first_call;                /* of the stage */
    const struct battery_format *chosen[2];
};

/*
 * Begin.  A format (or NULL) and a shape narrow the battery.  The battery must stay where it is: its buffers
 * point into it.  On an error there is nothing to free.
 */
bool battery_begin(struct battery *battery, const char *format, bool have_shape, int ndim, const ptrdiff_t *shape,
                   struct error *error);

/* The next buffer; false when there is none.  The trial has a call for each of those before. */
bool battery_next(struct battery *battery, const struct trial *trial, struct buffer *buffer);

void battery_end(struct battery *battery);

/*
 * The buffer of a reference, and its items, in C index order (plan_len bytes; owned by the caller, free); `items`
 * are those of `of`, `memory` is what lies from buf on (plan_len bytes).  False when it makes no sense for that buffer.
 * REFERENCE_BYTES has a plan, too, of which only the items count.
 */
bool battery_reference(const struct buffer *of, enum reference reference, const unsigned char *items,
                       const unsigned char *memory, struct buffer *to, unsigned char **to_items);

/* Is a reference of use for judging a buffer, once its result is not that of a copy (or `equal`)? */
bool battery_wants(const struct buffer *buffer, enum reference reference, bool equal);

#endif
