/*
 * pandas: indexes, the arrays of its own, and moments in time.
 */
#include "base/text.h"
#include "recipe/recipe.h"
#include "recipe/recipes.h"
#include "value/value.h"

#include <endian.h>
#include <stdio.h>
#include <string.h>

/* --- indexes and arrays ----------------------------------------------------------------- */

/* The members of a dict whose keys are str. */
static struct pickle_value *members_of(struct reading *reading, const struct pickle_value *dict)
{
    struct pickle_value *made = recipe_named(reading, dict->item_count / 2);
    size_t i;

    for (i = 0; made != NULL && i < made->item_count; i++) {
        const struct pickle_value *key = dict->items[2 * i];
        const char *name;

        name = key->kind == PICKLE_STR ? arena_copy(reading->arena, (const char *)key->data, key->size) : NULL;
        if (name == NULL) {
            return NULL;
        }
        made->named[i] = (struct pickle_named){name, dict->items[2 * i + 1]};
    }
    return made;
}

/* _new_Index(class, {...}), _new_DatetimeIndex: its data where it has any. */
struct pickle_value *pandas_index(struct reading *reading, struct pickle_object *object)
{
    struct pickle_value *parts = recipe_argument(reading, object, 1);
    const struct pickle_global *class = parts != NULL ? pickle_global_of(object->arguments->items[0]) : NULL;
    struct pickle_value *data, *start, *stop, *step;
    struct text text = TEXT_INIT;

    if (class == NULL || parts->kind != PICKLE_DICT) {
        return NULL;
    }
    object->type = class->dotted;
    data = recipe_entry(parts, "data");
    if (data != NULL) {
        return recipe_value(reading, data);
    }
    start = recipe_entry(parts, "start");
    stop = recipe_entry(parts, "stop");
    step = recipe_entry(parts, "step");
    if (start == NULL || stop == NULL || step == NULL) {
        return members_of(reading, parts);
    }
    text_puts(&text, "RangeIndex(start=");
    recipe_repr(reading, start, &text);
    text_puts(&text, ", stop=");
    recipe_repr(reading, stop, &text);
    text_puts(&text, ", step=");
    recipe_repr(reading, step, &text);
    text_puts(&text, ")");
    return recipe_text(reading, &text);
}

/* __pyx_unpickle_NDArrayBacked(class, ...) with the state (dtype, array, ...): dates, categories, texts. */
struct pickle_value *pandas_backed(struct reading *reading, struct pickle_object *object)
{
    const struct pickle_value *state = object->state;
    struct pickle_value *kind = recipe_argument(reading, object, 0);
    const struct pickle_global *class = kind != NULL ? pickle_global_of(kind) : NULL;
    struct pickle_value *dtype, *array, *made, *categories = NULL;

    if (class == NULL || state == NULL) {
        return NULL;
    }
    object->type = class->dotted;
    if (state->kind == PICKLE_DICT) {
        dtype = recipe_attribute(reading, object, "_dtype");
        array = recipe_attribute(reading, object, "_ndarray");
    } else {
        dtype = recipe_item(reading, state, 0);
        array = recipe_item(reading, state, 1);
    }
    if (array == NULL || (array->kind != PICKLE_ARRAY && array->kind != PICKLE_GRID)) {
        return NULL;
    }
    if (dtype != NULL && dtype->kind == PICKLE_OBJECT && dtype->object->state != NULL) {
        categories = recipe_entry(dtype->object->state, "categories");
    }
    if (categories == NULL) {
        return array;
    }
    made = recipe_named(reading, 2);
    if (made != NULL) {
        made->named[0] = (struct pickle_named){"codes", array};
        made->named[1] = (struct pickle_named){"categories", categories};
    }
    return made;
}

/* Arrays that are Arrow's: ArrowStringArray, ArrowExtensionArray. */
struct pickle_value *pandas_arrow(struct reading *reading, struct pickle_object *object)
{
    struct pickle_value *array = recipe_attribute(reading, object, "_pa_array");

    if (array == NULL) {
        array = recipe_attribute(reading, object, "_data");
    }
    return array != NULL && array->kind == PICKLE_NAMED ? array : NULL;
}

/* __pyx_unpickle_IntervalMixin(class, ...) with the state (dict): the left and right ends */
struct pickle_value *pandas_intervals(struct reading *reading, struct pickle_object *object)
{
    const struct pickle_value *kind = recipe_argument(reading, object, 0);
    const struct pickle_value *state = object->state;

    if (kind == NULL || pickle_global_of(kind) == NULL || state == NULL) {
        return NULL;
    }
    object->type = pickle_global_of(kind)->dotted;
    if (state->kind == PICKLE_TUPLE && state->item_count == 1) {
        state = state->items[0];
    }
    return state->kind == PICKLE_DICT ? members_of(reading, state) : NULL;
}

/* Interval(left, right, closed) */
struct pickle_value *pandas_interval(struct reading *reading, struct pickle_object *object)
{
    struct text text = TEXT_INIT;

    if (recipe_argument_count(object) != 3) {
        return NULL;
    }
    text_puts(&text, "Interval(");
    recipe_repr(reading, object->arguments->items[0], &text);
    text_puts(&text, ", ");
    recipe_repr(reading, object->arguments->items[1], &text);
    text_puts(&text, ", closed=");
    recipe_repr(reading, object->arguments->items[2], &text);
    text_putc(&text, ')');
    return recipe_text(reading, &text);
}

struct pickle_value *pandas_nat(struct reading *reading, struct pickle_object *object)
{
    static const unsigned char nat[] = "NaT";

    object->type = "pandas.NaT";
    return recipe_bytes(reading, PICKLE_TEXT, (struct recipe_range){nat, sizeof nat - 1});
}

/* --- moments ---------------------------------------------------------------------------- */

enum { SECONDS = 7, NANOSECONDS = 10 }; /* resolutions, as NumPy counts them; nanoseconds where it is not told */

static int64_t resolution_of(const struct pickle_value *told)
{
    int64_t resolution;

    return told != NULL && value_to_int(told, &resolution) && resolution >= SECONDS && resolution <= NANOSECONDS
               ? resolution
               : NANOSECONDS;
}

/* "1 days 02:03:04.500000", and for those below 0 "-1 days +23:00:00": as pandas writes it */
static void write_span(struct text *text, int64_t value, int64_t resolution)
{
    static const int64_t scales[] = {1, 1000, 1000000, 1000000000};
    int64_t scale = scales[resolution - SECONDS];
    int64_t day = 86400 * scale;
    int64_t days = value / day - (value % day < 0);
    int64_t rest = value % day + (value % day < 0 ? day : 0);
    int64_t fraction = rest % scale * (scales[3] / scale);
    int seconds = (int)(rest / scale);

    text_printf(text, "%lld days %s%02d:%02d:%02d", (long long)days, days < 0 ? "+" : "", seconds / 3600,
                seconds / 60 % 60, seconds % 60);
    if (fraction % 1000 != 0) {
        text_printf(text, ".%09d", (int)fraction);
    } else if (fraction != 0) {
        text_printf(text, ".%06d", (int)fraction / 1000);
    }
}

/* tz='UTC' for what is known to be that, else as the zone's repr has it */
static void write_zone(struct reading *reading, struct pickle_value *zone, struct text *text)
{
    static const char *const utc[] = {"datetime.timezone.utc", "pytz._UTC()", "zoneinfo.ZoneInfo(key='UTC')"};
    struct text written = TEXT_INIT;
    size_t i;

    recipe_repr(reading, zone, &written);
    for (i = 0; i < sizeof utc / sizeof utc[0]; i++) {
        if (strcmp(text_string(&written), utc[i]) == 0) {
            text_clear(&written);
            text_puts(&written, "'UTC'");
        }
    }
    text_append(text, text_string(&written), written.length);
    text_free(&written);
}

/* "2020-01-01T00:00:00.500000000" as pandas writes it: a blank, and no more digits than there are. */
static void write_moment(struct text *text, int64_t value, int64_t resolution)
{
    static const char *const units[] = {"s", "ms", "us", "ns"}; /* from 7 on, as NumPy counts them */
    char type[16];
    struct text written = TEXT_INIT;
    char *middle;

    snprintf(type, sizeof type, "%cM8[%s]", BYTE_ORDER == LITTLE_ENDIAN ? '<' : '>', units[resolution - SECONDS]);
    value_append_datetime(&written, type, (const unsigned char *)&value);
    middle = written.length > 0 && written.data[0] != 'N' ? memchr(written.data, 'T', written.length) : NULL;
    if (middle != NULL) {
        *middle = ' ';
        while (memchr(middle, '.', (size_t)(written.data + written.length - middle)) != NULL &&
               strchr("0.", written.data[written.length - 1]) != NULL) {
            written.length--;
        }
    }
    text_append(text, text_string(&written), written.length);
    text_free(&written);
}

/* _unpickle_timestamp(value, freq, tz, resolution), Timestamp(value, freq, tz); in nanoseconds where it is not told */
struct pickle_value *pandas_timestamp(struct reading *reading, struct pickle_object *object)
{
    struct pickle_value *value = recipe_argument(reading, object, 0);
    struct pickle_value *zone = recipe_argument(reading, object, 2);
    struct pickle_value *told = recipe_argument(reading, object, 3);
    struct text text = TEXT_INIT;
    int64_t number;

    if (value == NULL || !value_to_int(value, &number)) {
        return NULL;
    }
    object->type = "pandas.Timestamp";
    text_puts(&text, "Timestamp('");
    write_moment(&text, number, resolution_of(told));
    if (zone != NULL && zone->kind != PICKLE_NONE) {
        text_puts(&text, "+0000', tz=");
        write_zone(reading, object->arguments->items[2], &text);
        text_puts(&text, ")");
    } else {
        text_puts(&text, "')");
    }
    return recipe_text(reading, &text);
}

/* _timedelta_unpickle(value, resolution), Timedelta(value) */
struct pickle_value *pandas_timedelta(struct reading *reading, struct pickle_object *object)
{
    struct pickle_value *value = recipe_argument(reading, object, 0);
    struct pickle_value *told = recipe_argument(reading, object, 1);
    struct text text = TEXT_INIT;
    int64_t number;

    if (value == NULL || !value_to_int(value, &number)) {
        return NULL;
    }
    object->type = "pandas.Timedelta";
    text_puts(&text, "Timedelta('");
    write_span(&text, number, resolution_of(told));
    text_puts(&text, "')");
    return recipe_text(reading, &text);
}
