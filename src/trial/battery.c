#include "trial/battery.h"

#include "base/error.h"
#include "trial/items.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct {
    const char *text;
    ptrdiff_t size;
    const char *numpy;
    const char *twin, *second;
} items[] = {
#define ITEM(code, size, numpy, twin, second) {code, size, numpy, twin, second},
#include "trial/battery.def"
#undef ITEM
};

enum shape_id {
#define SHAPE(id, ndim, first, second, third) SHAPE_##id,
#include "trial/battery.def"
#undef SHAPE
    SHAPE_COUNT
};

static const struct {
    int ndim;
    ptrdiff_t extents[3];
} shapes[SHAPE_COUNT] = {
#define SHAPE(id, ndim, first, second, third) {ndim, {first, second, third}},
#include "trial/battery.def"
#undef SHAPE
};

enum { READONLY = true, WRITABLE = false };

static const struct {
    enum shape_id shape;
    enum arrangement arrangement;
    enum edge edge;
    bool readonly;
    enum guise guise;
} rows[] = {
#define BUFFER(shape, arrangement, edge, access, guise)                                                      \
    {SHAPE_##shape, ARRANGED_##arrangement, EDGE_##edge, access, GUISE_##guise},
#include "trial/battery.def"
#undef BUFFER
};

enum { ROW_COUNT = sizeof rows / sizeof rows[0], MOST_SWAPPED = 5, MOST_STRUCTURES = 6 };

/* How a consumer may want all its buffers; that of a given shape counts for its arrangement only. */
static const struct {
    enum shape_id shape;
    enum arrangement arrangement;
    bool of_given_shape;
    bool as_memoryview;
} bases[] = {
    {SHAPE_ROW, ARRANGED_C, true, true},      {SHAPE_TABLE, ARRANGED_C, false, true},
    {SHAPE_CUBE, ARRANGED_C, false, true},    {SHAPE_SCALAR, ARRANGED_C, false, true},
    {SHAPE_TABLE, ARRANGED_F, true, false},   {SHAPE_TABLE, ARRANGED_INDIRECT, true, false},
};
enum { BASES = sizeof bases / sizeof bases[0] };

enum stage { STAGE_PLAIN, STAGE_DERIVED, STAGE_ROWS, STAGE_OTHERS, STAGE_REFUSALS, STAGE_END };

/* --- formats ------------------------------------------------------------------------------ */

static bool add_format(struct battery *battery, const struct battery_format *made, struct error *error)
{
    struct battery_format *format = &battery->formats[battery->format_count];

    *format = *made;
    if (made->text == NULL) {
        format->text = format->made;
    }
    if (format->numpy_made[0] != '\0') {
        format->numpy = format->numpy_made;
    }
    if (!format_parse(&format->format, format->text, -1, error)) {
        return false;
    }
    if (format->itemsize == 0) {
        format->itemsize = (ptrdiff_t)format->format.size;
    }
    snprintf(format->opaque, sizeof format->opaque, "%tds", format->itemsize);
    battery->format_count++;
    return true;
}

static bool add_plain(struct battery *battery, struct error *error)
{
    size_t i;

    for (i = 0; i < BATTERY_ITEMS; i++) {
        struct battery_format made = {
            .text = items[i].text, .numpy = items[i].numpy, .twin = items[i].twin, .second = items[i].second};

        if (!add_format(battery, &made, error)) {
            return false;
        }
    }
    return true;
}

static bool add_given(struct battery *battery, struct error *error)
{
    struct battery_format made = {.text = battery->given_format, .role = ROLE_GIVEN};
    struct battery_format *added = &battery->formats[battery->format_count];
    size_t i;

    for (i = 0; i < BATTERY_ITEMS; i++) {
        if (strcmp(items[i].text, battery->given_format) == 0) {
            made.numpy = items[i].numpy;
            made.twin = items[i].twin;
        }
    }
    if (!add_format(battery, &made, error)) {
        return error_prefix(error, "--format");
    }
    if (added->itemsize == 0 || !items_can_be_made(&added->format)) {
        format_free(&added->format);
        battery->format_count--;
        return error_set(error, ERROR_USAGE, added->itemsize == 0
                             ? "--format: items of no size cannot be offered"
                             : "--format: pointers and objects cannot be made up for a buffer that is offered");
    }
    return true;
}

/* The same code after the order character that is not this machine's; l and L have another size there. */
static bool swapped_format(const struct battery_format *plain, struct battery_format *made)
{
    unsigned char probe[16] = {0};

    if (plain->text[0] == 'l' || plain->text[0] == 'L' || plain->itemsize > (ptrdiff_t)sizeof probe ||
        !items_swap(&plain->format, (size_t)plain->itemsize, 1, probe)) {
        return false;
    }
    *made = (struct battery_format){.role = ROLE_SWAPPED, .base = plain};
    snprintf(made->made, sizeof made->made, "%c%s", FORMAT_FOREIGN_ORDER, plain->text);
    if (plain->numpy != NULL) {
        snprintf(made->numpy_made, sizeof made->numpy_made, "%c%s", FORMAT_FOREIGN_ORDER, plain->numpy);
    }
    return true;
}

static const char *numpy_name(const char *text)
{
    size_t i;

    for (i = 0; i < BATTERY_ITEMS; i++) {
        if (strcmp(items[i].text, text) == 0) {
            return items[i].numpy;
        }
    }
    return NULL;
}

static void structure_format(const struct battery_format *plain, struct battery_format *made)
{
    const char *second = numpy_name(plain->second);

    *made = (struct battery_format){.role = ROLE_STRUCTURE, .base = plain};
    snprintf(made->made, sizeof made->made, "T{%s:f0:%s:f1:}", plain->text, plain->second);
    if (plain->numpy != NULL && second != NULL) {
        snprintf(made->numpy_made, sizeof made->numpy_made, "%s,%s", plain->numpy, second);
    }
}

/* --- beginning and end -------------------------------------------------------------------- */

static bool check_shape(const struct battery *battery, struct error *error)
{
    int d;

    for (d = 0; battery->have_shape && d < battery->given_ndim; d++) {
        if (battery->given_shape[d] < 0) {
            return error_set(error, ERROR_USAGE, "--shape: with --consumer, every extent is to be given");
        }
    }
    return true;
}

/* What is given must fit into memory in every arrangement. */
static bool try_shape(const struct battery *battery, struct error *error)
{
    struct plan plan = {.itemsize = battery->formats[0].itemsize, .ndim = battery->given_ndim, .format = "B"};

    if (!battery->have_shape) {
        plan.ndim = 1;
        plan.shape[0] = 12;
    } else {
        memcpy(plan.shape, battery->given_shape, sizeof plan.shape);
    }
    plan.itemsize = battery->given_format == NULL ? 32 : plan.itemsize;
    return plan_arrange(&plan, ARRANGED_STEP_LAST, error) && plan_arrange(&plan, ARRANGED_STEP_FIRST, error) &&
           plan_arrange(&plan, ARRANGED_INDIRECT_AFTER, error);
}

bool battery_begin(struct battery *battery, const char *format, bool have_shape, int ndim, const ptrdiff_t *shape,
                   struct error *error)
{
    *battery = (struct battery){
        .given_format = format, .have_shape = have_shape, .given_ndim = ndim, .base_shape = -1};
    if (have_shape) {
        memcpy(battery->given_shape, shape, (size_t)ndim * sizeof *shape);
    }
    if (!check_shape(battery, error) || !(format != NULL ? add_given(battery, error) : add_plain(battery, error)) ||
        !try_shape(battery, error)) {
        battery_end(battery);
        return false;
    }
    battery->plain_count = battery->format_count;
    return true;
}

void battery_end(struct battery *battery)
{
    int i;

    for (i = 0; i < battery->format_count; i++) {
        format_free(&battery->formats[i].format);
    }
    battery->format_count = 0;
}

/* --- one after the other ------------------------------------------------------------------ */

static int shape_ndim(const struct battery *battery, int shape)
{
    return battery->have_shape ? battery->given_ndim : shapes[shape].ndim;
}

/* Another number of items is no other shape. */
static bool is_as_plain(int shape, int base)
{
    return shape == base || (shape == SHAPE_ODD_ROW && base == SHAPE_ROW);
}

static unsigned traits_of(const struct battery *battery, int shape, enum arrangement arrangement,
                          const struct battery_format *format)
{
    unsigned traits = 0;

    if (arrangement == battery->arrangement) {
        arrangement = ARRANGED_C;
    }
    if (!is_as_plain(shape, battery->base_shape) && battery->base_shape >= 0 && !battery->have_shape) {
        traits |= TRAIT_SHAPE;
    }
    if (arrangement == ARRANGED_INDIRECT || arrangement == ARRANGED_INDIRECT_AFTER) {
        traits |= TRAIT_SUBOFFSETS;
    } else if (arrangement != ARRANGED_C) {
        traits |= TRAIT_STRIDES;
    }
    if (format->role == ROLE_SWAPPED || format->role == ROLE_STRUCTURE) {
        traits |= TRAIT_FORMAT;
    }
    return traits;
}

static void make(const struct battery *battery, int shape, enum arrangement arrangement, bool readonly,
                 enum edge edge, const struct battery_format *format, struct buffer *buffer)
{
    struct error ignored = ERROR_INIT;
    int d;

    *buffer = (struct buffer){.format = format,
                              .guise = battery->guise,
                              .plainest = battery->arrangement,
                              .traits = traits_of(battery, shape, arrangement, format)};
    buffer->plan = (struct plan){.format = format->text,
                                 .itemsize = format->itemsize,
                                 .ndim = shape_ndim(battery, shape),
                                 .readonly = readonly,
                                 .edge = edge};
    for (d = 0; d < buffer->plan.ndim; d++) {
        buffer->plan.shape[d] = battery->have_shape ? battery->given_shape[d] : shapes[shape].extents[d];
    }
    if (!plan_arrange(&buffer->plan, arrangement, &ignored)) {
        buffer->plan.ndim = 0; /* larger than battery_begin made sure of: a single item */
        plan_arrange(&buffer->plan, ARRANGED_C, &ignored);
    }
}

static bool was_taken(const struct trial *trial, int call)
{
    return call < trial->call_count && trial->calls[call].outcome == CALL_RETURNED;
}

/* Of the plain buffers of this shape: those that were taken, or at least not refused (a crash). */
static void choose(struct battery *battery, const struct trial *trial, enum call_outcome wanted)
{
    int i;

    for (i = 0; i < battery->plain_count; i++) {
        const struct battery_format *format = &battery->formats[i];
        int place = format->itemsize == 1 ? 0 : 1;
        int call = battery->first_call + i;

        if (call < trial->call_count && trial->calls[call].outcome == wanted && battery->chosen[place] == NULL) {
            battery->chosen[place] = format;
        }
    }
}

/* At the end of a base's plain buffers: was it the right one? */
static void end_base(struct battery *battery, const struct trial *trial)
{
    choose(battery, trial, CALL_RETURNED);
    if (battery->chosen[0] == NULL && battery->chosen[1] == NULL) {
        choose(battery, trial, CALL_CRASHED);
    }
    if (battery->chosen[0] != NULL || battery->chosen[1] != NULL) {
        battery->base_shape = battery->have_shape ? SHAPE_ROW : (int)bases[battery->base].shape;
        battery->stage = STAGE_DERIVED;
    } else {
        battery->base++;
    }
    battery->format = 0;
}

static bool is_base_wanted(const struct battery *battery)
{
    bool indirect = bases[battery->base].arrangement == ARRANGED_INDIRECT;

    return (!battery->have_shape || (bases[battery->base].of_given_shape && (!indirect || battery->given_ndim > 0))) &&
           (battery->guise == GUISE_OWN || bases[battery->base].as_memoryview);
}

/* Nothing was taken in any base: the same read-only, then as memoryviews.  False when that was all. */
static bool next_guise(struct battery *battery)
{
    if (battery->readonly && battery->guise == GUISE_MEMORYVIEW) {
        return false;
    }
    if (battery->readonly) {
        battery->guise = GUISE_MEMORYVIEW; /* it may want more of an object than a buffer */
    }
    battery->readonly = !battery->readonly;
    battery->base = 0;
    return true;
}

static bool next_plain(struct battery *battery, const struct trial *trial, struct buffer *buffer)
{
    if (battery->format == battery->plain_count) {
        end_base(battery, trial);
    }
    if (battery->stage != STAGE_PLAIN) {
        return false;
    }
    while (battery->base < BASES && !is_base_wanted(battery)) {
        battery->base++;
    }
    if (battery->base == BASES) {
        battery->stage = next_guise(battery) ? STAGE_PLAIN : STAGE_END;
        return false;
    }
    battery->arrangement = bases[battery->base].arrangement;
    if (battery->format == 0) {
        battery->first_call = trial->call_count;
    }
    make(battery, (int)bases[battery->base].shape, battery->arrangement, battery->readonly, EDGE_END,
         &battery->formats[battery->format++], buffer);
    return true;
}

/* Of the formats that were taken, those in the other order and as the first of two fields. */
static void derive(struct battery *battery, const struct trial *trial)
{
    int swapped = 0, structures = 0;
    int i;

    for (i = 0; i < battery->plain_count && battery->given_format == NULL; i++) {
        const struct battery_format *plain = &battery->formats[i];
        struct error ignored = ERROR_INIT;
        struct battery_format made;

        if (!was_taken(trial, battery->first_call + i)) {
            continue;
        }
        if (swapped < MOST_SWAPPED && swapped_format(plain, &made)) {
            swapped += add_format(battery, &made, &ignored);
        }
        if (structures < MOST_STRUCTURES) {
            structure_format(plain, &made);
            structures += add_format(battery, &made, &ignored);
        }
    }
}

static bool next_derived(struct battery *battery, const struct trial *trial, struct buffer *buffer)
{
    if (battery->format == 0) {
        derive(battery, trial);
        battery->format = battery->plain_count;
    }
    if (battery->format == battery->format_count) {
        battery->stage = STAGE_ROWS;
        battery->format = 0;
        return false;
    }
    make(battery, battery->base_shape, battery->arrangement, battery->readonly, EDGE_END,
         &battery->formats[battery->format++], buffer);
    return true;
}

/* Rows that say nothing new: the base itself; with a shape given, those of another one. */
static bool is_row_wanted(const struct battery *battery, int row)
{
    bool plain = rows[row].arrangement == battery->arrangement && rows[row].edge == EDGE_END &&
                 rows[row].readonly == battery->readonly &&
                 rows[row].guise == GUISE_OWN;
    enum shape_id given = battery->given_ndim == 0   ? SHAPE_SCALAR
                          : battery->given_ndim == 1 ? SHAPE_ROW
                                                     : SHAPE_TABLE;

    if (battery->guise == GUISE_MEMORYVIEW && rows[row].guise == GUISE_MEMORYVIEW) {
        return false; /* all are */
    }
    if (battery->have_shape) {
        return rows[row].shape == given && !plain;
    }
    return !(plain && (int)rows[row].shape == battery->base_shape);
}

static bool next_row(struct battery *battery, struct buffer *buffer)
{
    while (battery->format < 2) {
        const struct battery_format *format = battery->chosen[battery->format];
        int row = battery->row++;

        if (row == ROW_COUNT || format == NULL) {
            battery->row = 0;
            battery->format++;
        } else if (is_row_wanted(battery, row)) {
            make(battery, battery->have_shape ? battery->base_shape : (int)rows[row].shape, rows[row].arrangement,
                 rows[row].readonly, rows[row].edge, format, buffer);
            buffer->guise = rows[row].guise == GUISE_MEMORYVIEW ? GUISE_MEMORYVIEW : battery->guise;
            return true;
        }
    }
    battery->stage = STAGE_OTHERS;
    battery->format = battery->row = 0;
    return false;
}

/* Taken, and maybe as it is where the chosen ones are converted first. */
static bool is_other(const struct battery *battery, const struct trial *trial, int format)
{
    int call = battery->first_call + format;

    return was_taken(trial, call) &&
           (battery->guise == GUISE_MEMORYVIEW || call_asks_for_format(&trial->calls[call])) &&
           &battery->formats[format] != battery->chosen[0] && &battery->formats[format] != battery->chosen[1];
}

static bool next_other(struct battery *battery, const struct trial *trial, struct buffer *buffer)
{
    static const struct {
        enum arrangement arrangement;
        bool readonly;
    } others[] = {{ARRANGED_C, true}, {ARRANGED_STEP_FIRST, false}, {ARRANGED_REVERSED_FIRST, true}};
    enum { OTHERS = sizeof others / sizeof others[0] };

    while (battery->format < battery->plain_count && shape_ndim(battery, battery->base_shape) > 0) {
        int row = battery->row++;

        if (row == OTHERS || !is_other(battery, trial, battery->format)) {
            battery->format++;
            battery->row = 0;
        } else {
            enum arrangement arrangement = row == 0 ? battery->arrangement : others[row].arrangement;

            make(battery, battery->base_shape, arrangement, others[row].readonly || battery->readonly, EDGE_END,
                 &battery->formats[battery->format], buffer);
            return true;
        }
    }
    battery->stage = STAGE_REFUSALS;
    battery->row = 0;
    return false;
}

static bool next_refusal(struct battery *battery, struct buffer *buffer)
{
    const struct battery_format *format = battery->chosen[battery->chosen[1] != NULL];
    int row = battery->row++;

    if (row == 2 || battery->guise == GUISE_MEMORYVIEW) { /* a memoryview refuses as it will */
        battery->stage = STAGE_END;
        return false;
    }
    make(battery, battery->base_shape, battery->arrangement, battery->readonly, EDGE_END, format, buffer);
    buffer->refusal = row == 0 ? REFUSES_ALL : REFUSES_FOR_MEMORY;
    return true;
}

bool battery_next(struct battery *battery, const struct trial *trial, struct buffer *buffer)
{
    while (battery->stage != STAGE_END && trial->call_count < TRIAL_MAX_CALLS) {
        bool made = battery->stage == STAGE_PLAIN     ? next_plain(battery, trial, buffer)
                    : battery->stage == STAGE_DERIVED ? next_derived(battery, trial, buffer)
                    : battery->stage == STAGE_ROWS    ? next_row(battery, buffer)
                    : battery->stage == STAGE_OTHERS  ? next_other(battery, trial, buffer)
                                                      : next_refusal(battery, buffer);

        if (made) {
            return true;
        }
    }
    return false;
}
