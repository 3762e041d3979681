/*
 * Items that the Arrow C data interface's format strings tell of and PEP 3118
 * has no code for: dates, times and decimals.
 */
#ifndef MVIEW_VALUE_ARROW_H
#define MVIEW_VALUE_ARROW_H

#include <stdbool.h>
#include <stddef.h>

struct text;

enum arrow_kind {
    ARROW_MOMENT,      /* of NumPy's datetime64 or timedelta64: `numpy` is its type, without an order */
    ARROW_TIME_OF_DAY,
    ARROW_DECIMAL,
};

struct arrow_value {
    enum arrow_kind kind;
    unsigned char size; /* bytes of one item */
    const char *numpy;  /* MOMENT: "M8[ns]", of 8 bytes */
    bool utc;           /* MOMENT: of a time zone, and so in universal time */
    int digits;         /* TIME_OF_DAY: of a second's fraction; DECIMAL: behind the point, may be negative */
};

/* What a format string ("tsn:UTC", "d:19,4") says; false for one that is none of those. */
bool arrow_value_find(const char *format, struct arrow_value *value);

/*
 * Append one item's value, whose bytes have this order ('<', '>'): as NumPy has
 * dates, with a Z where there is a time zone; "12:30:00.5" as the time; and
 * decimals as Python's Decimal writes them.  A time that no day has is its
 * number.
 */
void value_append_arrow(struct text *text, const struct arrow_value *value, char order, const unsigned char *bytes);

#endif
