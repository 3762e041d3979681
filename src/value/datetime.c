/*
 * datetime64 and timedelta64.  NumPy computes them in 64 bits and wraps around
 * for the largest values; here they are computed in 128 and are right.
 */
#include "value/value.h"

#include "base/text.h"
#include "value/decimal.h"
#include "value/parts.h"

#include <stdbool.h>

/* 64 bits times a multiple of 31 bits in attoseconds or weeks: 100 bits at most. */
__extension__ typedef __int128 wide;

enum unit_kind {
    UNIT_YEAR,
    UNIT_MONTH,
    UNIT_DAY,
    UNIT_TIME,
    UNIT_GENERIC,
};

struct unit {
    const char *name; /* as in a dtype's text */
    const char *plural;
    enum unit_kind kind;
    uint64_t scale;   /* UNIT_DAY: days per unit; UNIT_TIME: seconds per unit, or units per second */
    int digits;       /* UNIT_TIME: of the second's fraction; -2 hours, -1 minutes, 0 whole seconds */
};

static const struct unit units[] = {
    {"Y", "years", UNIT_YEAR, 0, 0},
    {"M", "months", UNIT_MONTH, 0, 0},
    {"W", "weeks", UNIT_DAY, 7, 0},
    {"D", "days", UNIT_DAY, 1, 0},
    {"h", "hours", UNIT_TIME, 3600, -2},
    {"m", "minutes", UNIT_TIME, 60, -1},
    {"s", "seconds", UNIT_TIME, 1, 0},
    {"ms", "milliseconds", UNIT_TIME, 1000, 3},
    {"us", "microseconds", UNIT_TIME, 1000000, 6},
    {"ns", "nanoseconds", UNIT_TIME, 1000000000, 9},
    {"ps", "picoseconds", UNIT_TIME, 1000000000000, 12},
    {"fs", "femtoseconds", UNIT_TIME, 1000000000000000, 15},
    {"as", "attoseconds", UNIT_TIME, 1000000000000000000, 18},
};

static const struct unit generic = {"", "generic time units", UNIT_GENERIC, 0, 0};

/* What a dtype's text says: ">m8[25us]". */
struct dtype {
    char order;     /* '<' or '>' */
    bool is_delta;  /* timedelta64 */
    uint64_t count; /* units per step, up to 2^31 - 1 */
    const struct unit *unit;
};

static const struct unit *find_unit(const char *name, size_t length)
{
    size_t i;

    for (i = 0; i < sizeof units / sizeof units[0]; i++) {
        if (strlen(units[i].name) == length && memcmp(units[i].name, name, length) == 0) {
            return &units[i];
        }
    }
    return NULL;
}

/* False when the text is none of NumPy's; the byte order is read in any case. */
static bool parse_dtype(struct dtype *dtype, const char *text)
{
    const char *end;

    *dtype = (struct dtype){.order = BYTE_ORDER == LITTLE_ENDIAN ? '<' : '>', .count = 1, .unit = &generic};
    if (*text == '<' || *text == '>') {
        dtype->order = *text++;
    } else if (*text == '=' || *text == '|') {
        text++;
    }
    if ((text[0] != 'M' && text[0] != 'm') || text[1] != '8') {
        return false;
    }
    dtype->is_delta = text[0] == 'm';
    text += 2;
    if (*text == '\0') {
        return true;
    }
    if (*text++ != '[') {
        return false;
    }
    if (*text >= '0' && *text <= '9') {
        dtype->count = 0;
        for (; *text >= '0' && *text <= '9'; text++) {
            dtype->count = dtype->count * 10 + (uint64_t)(*text - '0');
            if (dtype->count > INT32_MAX) {
                return false;
            }
        }
    }
    end = strchr(text, ']');
    if (end == NULL || end[1] != '\0') {
        return false;
    }
    dtype->unit = find_unit(text, (size_t)(end - text));
    return dtype->unit != NULL && dtype->count > 0;
}

static wide floor_divide(wide a, wide b)
{
    return a / b - (a % b < 0);
}

/* The way printf's %0*d pads: the sign counts. */
static void append_padded(struct text *text, wide value, int width)
{
    char digits[40];
    char *end = digits + sizeof digits;
    char *start = end;
    bool negative = value < 0;

    do {
        int digit = (int)(value % 10);

        *--start = (char)('0' + (negative ? -digit : digit));
        value /= 10;
    } while (value != 0);
    while (end - start < width - negative) {
        *--start = '0';
    }
    if (negative) {
        *--start = '-';
    }
    text_append(text, start, (size_t)(end - start));
}

static void append_year_month(struct text *text, wide year, int month)
{
    append_padded(text, year, 4);
    text_putc(text, '-');
    append_padded(text, month, 2);
}

/* A day since 1970-01-01 in the proleptic Gregorian calendar, counted in years that begin in March. */
static void append_date(struct text *text, wide day)
{
    enum { DAYS_IN_400_YEARS = 146097, TO_0000_03_01 = 719468 };
    wide era = floor_divide(day + TO_0000_03_01, DAYS_IN_400_YEARS);
    int day_of_era = (int)(day + TO_0000_03_01 - era * DAYS_IN_400_YEARS);
    /* leap days so far are taken out: one every 4 years, none every 100, one at the very end */
    int year = (day_of_era - day_of_era / 1460 + day_of_era / 36524 - day_of_era / 146096) / 365;
    int day_of_year = day_of_era - (365 * year + year / 4 - year / 100);
    int month = (5 * day_of_year + 2) / 153; /* from March; every 5 months have 153 days */

    append_year_month(text, era * 400 + year + (month >= 10), month < 10 ? month + 3 : month - 9);
    text_putc(text, '-');
    append_padded(text, day_of_year - (153 * month + 2) / 5 + 1, 2);
}

static void append_time(struct text *text, wide value, const struct unit *unit)
{
    enum { DAY = 86400 };
    wide second = unit->digits > 0 ? floor_divide(value, (wide)unit->scale) : value * (wide)unit->scale;
    wide day = floor_divide(second, DAY);
    int second_of_day = (int)(second - day * DAY);

    append_date(text, day);
    text_putc(text, 'T');
    append_padded(text, second_of_day / 3600, 2);
    if (unit->digits > -2) {
        text_putc(text, ':');
        append_padded(text, second_of_day / 60 % 60, 2);
    }
    if (unit->digits > -1) {
        text_putc(text, ':');
        append_padded(text, second_of_day % 60, 2);
    }
    if (unit->digits > 0) {
        text_putc(text, '.');
        append_padded(text, value - second * (wide)unit->scale, unit->digits);
    }
}

static void append_datetime(struct text *text, wide value, const struct unit *unit)
{
    wide year;

    switch (unit->kind) {
    case UNIT_YEAR:
        append_padded(text, 1970 + value, 4);
        break;
    case UNIT_MONTH:
        year = floor_divide(value, 12);
        append_year_month(text, 1970 + year, (int)(value - year * 12) + 1);
        break;
    case UNIT_DAY:
        append_date(text, value * (wide)unit->scale);
        break;
    case UNIT_TIME:
        append_time(text, value, unit);
        break;
    case UNIT_GENERIC:
        append_padded(text, value, 0);
        break;
    }
}

void value_append_datetime(struct text *text, const char *unit, const unsigned char bytes[8])
{
    struct dtype dtype;
    bool known = parse_dtype(&dtype, unit);
    int64_t value = (int64_t)value_load(bytes, 8, dtype.order);

    if (!known) {
        append_padded(text, value, 0);
    } else if (value == INT64_MIN) {
        text_puts(text, "NaT");
    } else if (dtype.is_delta) {
        append_padded(text, (wide)value * (wide)dtype.count, 0);
        text_putc(text, ' ');
        text_puts(text, dtype.unit->plural);
    } else {
        append_datetime(text, (wide)value * (wide)dtype.count, dtype.unit);
    }
}
