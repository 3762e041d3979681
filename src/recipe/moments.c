/*
 * The standard library's datetime: what its objects' bytes say, as repr writes it.
 *
 * A datetime's state is 10 bytes: year (2, big-endian), month, day, hour,
 * minute, second, microsecond (3); a date's the first 4 of them, a time's the
 * last 6.  `fold` is the highest bit of the month, or of a time's hour.
 */
#include "base/text.h"
#include "recipe/recipe.h"
#include "recipe/recipes.h"

#include <string.h>

enum { FOLD = 0x80, DATE_SIZE = 4, TIME_SIZE = 6, DATETIME_SIZE = DATE_SIZE + TIME_SIZE };

/* The bytes of the first argument, when they are `size`. */
static const unsigned char *state_bytes(struct reading *reading, const struct pickle_object *object, size_t size)
{
    const struct pickle_value *state = recipe_argument(reading, object, 0);
    struct recipe_range data;

    if (state == NULL || (state->kind != PICKLE_BYTES && state->kind != PICKLE_STR) ||
        !recipe_data(reading, state, &data) || data.size != size) {
        return NULL;
    }
    return data.data;
}

static bool is_date(const unsigned char *bytes)
{
    unsigned year = (unsigned)bytes[0] << 8 | bytes[1];
    unsigned month = bytes[2] & ~(unsigned)FOLD;

    return year >= 1 && year <= 9999 && month >= 1 && month <= 12 && bytes[3] >= 1 && bytes[3] <= 31;
}

static unsigned microsecond(const unsigned char *time)
{
    return (unsigned)time[3] << 16 | (unsigned)time[4] << 8 | time[5];
}

static bool is_time(const unsigned char *bytes)
{
    return (bytes[0] & ~(unsigned)FOLD) < 24 && bytes[1] < 60 && bytes[2] < 60 && microsecond(bytes) < 1000000;
}

static void put_date(struct text *text, const unsigned char *bytes)
{
    text_printf(text, "%u, %u, %u", (unsigned)bytes[0] << 8 | bytes[1], bytes[2] & ~(unsigned)FOLD, bytes[3]);
}

/* Hour and minute always, the rest where it is not 0. */
static void put_time(struct text *text, const unsigned char *bytes)
{
    text_printf(text, "%u, %u", bytes[0] & ~(unsigned)FOLD, bytes[1]);
    if (bytes[2] != 0 || microsecond(bytes) != 0) {
        text_printf(text, ", %u", bytes[2]);
    }
    if (microsecond(bytes) != 0) {
        text_printf(text, ", %u", microsecond(bytes));
    }
}

/* The zone, which is argument 1. */
static void put_zone(struct reading *reading, const struct pickle_object *object, struct text *text)
{
    const struct pickle_value *zone = recipe_argument(reading, object, 1);

    if (zone != NULL && zone->kind != PICKLE_NONE) {
        text_puts(text, ", tzinfo=");
        recipe_repr(reading, object->arguments->items[1], text);
    }
}

struct pickle_value *moment_datetime(struct reading *reading, struct pickle_object *object)
{
    const unsigned char *bytes = state_bytes(reading, object, DATETIME_SIZE);
    struct text text = TEXT_INIT;

    if (bytes == NULL || !is_date(bytes) || !is_time(bytes + DATE_SIZE)) {
        return NULL;
    }
    text_puts(&text, "datetime.datetime(");
    put_date(&text, bytes);
    text_puts(&text, ", ");
    put_time(&text, bytes + DATE_SIZE);
    text_puts(&text, bytes[2] & FOLD ? ", fold=1" : "");
    put_zone(reading, object, &text);
    text_putc(&text, ')');
    return recipe_text(reading, &text);
}

struct pickle_value *moment_date(struct reading *reading, struct pickle_object *object)
{
    const unsigned char *bytes = state_bytes(reading, object, DATE_SIZE);
    struct text text = TEXT_INIT;

    if (bytes == NULL || !is_date(bytes)) {
        return NULL;
    }
    text_puts(&text, "datetime.date(");
    put_date(&text, bytes);
    text_putc(&text, ')');
    return recipe_text(reading, &text);
}

struct pickle_value *moment_time(struct reading *reading, struct pickle_object *object)
{
    const unsigned char *bytes = state_bytes(reading, object, TIME_SIZE);
    struct text text = TEXT_INIT;

    if (bytes == NULL || !is_time(bytes)) {
        return NULL;
    }
    text_puts(&text, "datetime.time(");
    put_time(&text, bytes);
    put_zone(reading, object, &text);
    text_puts(&text, bytes[0] & FOLD ? ", fold=1)" : ")");
    return recipe_text(reading, &text);
}

/* timedelta(days, seconds, microseconds) */
struct pickle_value *moment_timedelta(struct reading *reading, struct pickle_object *object)
{
    static const char *const names[] = {"days", "seconds", "microseconds"};
    struct text text = TEXT_INIT;
    const char *between = "";
    size_t count = recipe_argument_count(object);
    size_t i;

    text_puts(&text, "datetime.timedelta(");
    for (i = 0; i < count; i++) {
        const struct pickle_value *part = recipe_argument(reading, object, i);
        int64_t number;

        if (i >= sizeof names / sizeof names[0] || part->kind != PICKLE_INT || !value_to_int(part, &number)) {
            text_free(&text);
            return NULL;
        }
        if (number != 0) {
            text_printf(&text, "%s%s=%lld", between, names[i], (long long)number);
            between = ", ";
        }
    }
    text_puts(&text, between[0] == '\0' ? "0)" : ")");
    return recipe_text(reading, &text);
}

/* timezone(timedelta[, name]) */
struct pickle_value *moment_timezone(struct reading *reading, struct pickle_object *object)
{
    static const char nothing[] = "datetime.timedelta(0)";
    struct pickle_value *offset = recipe_argument(reading, object, 0);
    struct text text = TEXT_INIT;

    if (offset == NULL || offset->kind != PICKLE_TEXT) {
        return NULL;
    }
    if (recipe_argument_count(object) == 1 && offset->size == strlen(nothing) &&
        memcmp(offset->data, nothing, offset->size) == 0) {
        text_puts(&text, "datetime.timezone.utc");
        return recipe_text(reading, &text);
    }
    return recipe_call_text(reading, object, "datetime.timezone");
}
