#include "dump/dump.h"

#include "base/error.h"
#include "base/output.h"
#include "base/text.h"
#include "format/format.h"
#include "memory/guard.h"
#include "value/decimal.h"
#include "value/named.h"
#include "value/value.h"

#include <stdlib.h>
#include <string.h>

enum {
    PIECE_SIZE = 64 * 1024,                         /* bytes of items copied at a time, unless one is larger */
    TEXT_SIZE = 64 * 1024,                          /* bytes of text kept before they go to the output */
    INDEX_SIZE = LAYOUT_MAX_NDIM * DECIMAL_COPY * 2, /* bytes of an index' text */
};

/* --- the index of the next item, as text --------------------------------------------- */

/*
 * Counting on changes a digit or two, so the text is kept and mended: it is
 * written anew only when a number gets longer or shorter.
 */
struct place {
    const struct layout *layout;
    int order[LAYOUT_MAX_NDIM];       /* the dimensions, fastest first */
    bool backwards[LAYOUT_MAX_NDIM];  /* by dimension: from the last index to the first */
    ptrdiff_t steps[LAYOUT_MAX_NDIM]; /* by dimension: from where it starts */
    size_t ends[LAYOUT_MAX_NDIM];     /* by dimension: in the text, behind its last digit */
    char text[INDEX_SIZE];            /* "0,3" and a TAB */
    size_t length;
};

static ptrdiff_t place_index(const struct place *place, int d)
{
    return place->backwards[d] ? place->layout->shape[d] - 1 - place->steps[d] : place->steps[d];
}

static void place_write(struct place *place)
{
    char *to = place->text;

    for (int d = 0; d < place->layout->ndim; d++) {
        to += decimal_unsigned(to, (uint64_t)place_index(place, d));
        place->ends[d] = (size_t)(to - place->text);
        *to++ = ',';
    }
    if (place->layout->ndim == 0) {
        memcpy(to, "()", 2);
        to += 3;
    }
    to[-1] = '\t';
    place->length = (size_t)(to - place->text);
}

/* Write the number of one dimension where it stands. */
static void place_mend(struct place *place, int d)
{
    char digits[DECIMAL_COPY * 2];
    size_t length = decimal_unsigned(digits, (uint64_t)place_index(place, d));
    size_t start = d > 0 ? place->ends[d - 1] + 1 : 0;

    if (length == place->ends[d] - start) {
        memcpy(place->text + start, digits, length);
    } else {
        place_write(place);
    }
}

static void place_next(struct place *place)
{
    for (int i = 0; i < place->layout->ndim; i++) {
        int d = place->order[i];
        char *last = &place->text[place->ends[d] - 1];

        if (++place->steps[d] < place->layout->shape[d]) {
            if (!place->backwards[d] && *last != '9') {
                ++*last;
            } else {
                place_mend(place, d);
            }
            return;
        }
        place->steps[d] = 0;
        place_mend(place, d);
    }
}

static void place_start(struct place *place, uint64_t number)
{
    for (int i = 0; i < place->layout->ndim; i++) {
        int d = place->order[i];

        place->steps[d] = (ptrdiff_t)(number % (uint64_t)place->layout->shape[d]);
        number /= (uint64_t)place->layout->shape[d];
    }
    place_write(place);
}

/* The place's number in C index order. */
static uint64_t place_number(const struct place *place)
{
    uint64_t number = 0;

    for (int d = 0; d < place->layout->ndim; d++) {
        number = number * (uint64_t)place->layout->shape[d] + (uint64_t)place_index(place, d);
    }
    return number;
}

/* --- the order ------------------------------------------------------------------------- */

static size_t step_of(const struct layout *layout, int d)
{
    return layout->strides[d] < 0 ? 0 - (size_t)layout->strides[d] : (size_t)layout->strides[d];
}

/* By address: the dimensions in the order of their strides, and those that go down turned round. */
static void order_by_address(struct place *place)
{
    const struct layout *layout = place->layout;

    for (int i = 0; i < layout->ndim; i++) {
        int d = layout->ndim - 1 - i, j = i;

        for (; j > 0 && step_of(layout, place->order[j - 1]) > step_of(layout, d); j--) {
            place->order[j] = place->order[j - 1];
        }
        place->order[j] = d;
        place->backwards[d] = layout->strides[d] < 0;
    }
}

static void order_place(struct place *place, enum walk_order order)
{
    int ndim = place->layout->ndim;

    if (order == WALK_MEMORY) {
        order_by_address(place);
        return;
    }
    for (int i = 0; i < ndim; i++) {
        place->order[i] = order == WALK_F ? i : ndim - 1 - i;
    }
}

/* The layout whose C index order is the place's order. */
static struct layout layout_in_order(const struct place *place)
{
    struct layout ordered = *place->layout;

    for (int i = 0; i < ordered.ndim; i++) {
        int d = place->order[ordered.ndim - 1 - i];

        ordered.shape[i] = place->layout->shape[d];
        ordered.strides[i] = place->layout->strides[d];
        if (place->backwards[d]) {
            ordered.buf += (ordered.shape[i] - 1) * ordered.strides[i];
            ordered.strides[i] = -ordered.strides[i];
        }
    }
    return ordered;
}

/* --- items ------------------------------------------------------------------------------ */

struct items {
    struct output *output;
    const struct format *format;
    struct named_value named; /* of a size where the type's name tells what the items are, else the format does */
    struct place place;
    struct text text;
    unsigned char *bytes; /* owned; whole items and the start of one */
    size_t filled;        /* bytes of them */
};

static void write_text(struct items *items)
{
    output_write(items->output, text_string(&items->text), items->text.length);
    text_clear(&items->text);
}

static void show_item(struct items *items, const unsigned char *bytes)
{
    text_append(&items->text, items->place.text, items->place.length);
    if (items->named.size > 0) {
        value_append_named(&items->text, &items->named, bytes);
    } else {
        value_append(&items->text, &items->format->root, bytes);
    }
    text_putc(&items->text, '\n');
    if (items->text.length >= TEXT_SIZE) {
        write_text(items);
    }
    place_next(&items->place);
}

/* Show the whole items at hand, and keep the start of the next. */
static void show_items(struct items *items)
{
    size_t itemsize = (size_t)items->place.layout->itemsize, done = 0;

    for (; items->filled - done >= itemsize; done += itemsize) {
        show_item(items, items->bytes + done);
    }
    items->filled -= done;
    memmove(items->bytes, items->bytes + done, items->filled);
}

static bool copy_run(struct items *items, const struct walk *walk, const struct walk_run *run, struct error *error)
{
    const void *address;
    size_t good = run->size;
    bool ok = guard_copy(items->bytes + items->filled, run->bytes, run->size, &address);

    if (!ok) {
        good = (size_t)((uintptr_t)address - (uintptr_t)run->bytes);
        walk_fault(walk, run, address, error);
    }
    items->filled += good;
    show_items(items);
    return ok;
}

static bool walk_items(struct items *items, struct walk *walk, uint64_t left, size_t capacity, struct error *error)
{
    while (left > 0 && items->output->failed_errno == 0 && !items->text.failed) {
        size_t most = capacity - items->filled;
        struct walk_run run;

        if (!walk_next(walk, left < most ? (size_t)left : most, &run, error) ||
            !copy_run(items, walk, &run, error)) {
            return false;
        }
        left -= run.size;
    }
    return true;
}

/* An error that a walk of the layout in another shape has found, told of the layout itself. */
static void tell_error(const struct items *items, bool mapped, struct error *error)
{
    const struct layout *layout = items->place.layout;
    unsigned char *bytes = items->bytes;
    struct error told = ERROR_INIT;
    struct walk_run run;
    struct walk walk;
    const void *address;

    if (!walk_open(&walk, layout, WALK_LOGICAL, mapped, &told)) {
        return;
    }
    walk_seek(&walk, place_number(&items->place) * (uint64_t)layout->itemsize);
    if (!walk_next(&walk, (size_t)layout->itemsize, &run, &told) ||
        (!guard_copy(bytes, run.bytes, run.size, &address) && !walk_fault(&walk, &run, address, &told))) {
        *error = told;
    }
    walk_close(&walk);
}

static bool show_all(struct items *items, const struct dump_options *options, uint64_t count, struct error *error)
{
    const struct layout *layout = items->place.layout;
    bool by_address = options->order == WALK_MEMORY;
    struct layout ordered = by_address ? layout_in_order(&items->place) : *layout;
    size_t itemsize = (size_t)layout->itemsize;
    size_t capacity = itemsize < PIECE_SIZE ? PIECE_SIZE / itemsize * itemsize : itemsize;
    struct walk walk;
    bool ok;

    items->bytes = malloc(capacity);
    if (items->bytes == NULL) {
        return error_no_memory(error);
    }
    if (!walk_open(&walk, &ordered, by_address ? WALK_LOGICAL : options->order, options->mapped, error)) {
        return false;
    }
    walk_seek(&walk, options->skip * itemsize);
    ok = walk_items(items, &walk, count * itemsize, capacity, error);
    if (!ok && by_address) {
        tell_error(items, options->mapped, error);
    }
    walk_close(&walk);
    return ok;
}

/* Items that take no bytes: there is nothing to walk. */
static bool show_empty(struct items *items, uint64_t count)
{
    for (; count > 0 && items->output->failed_errno == 0 && !items->text.failed; count--) {
        show_item(items, (const unsigned char *)"");
    }
    return true;
}

bool dump_items(struct output *output, const struct layout *layout, const struct format *format,
                const char *dtype, const struct dump_options *options, struct error *error)
{
    struct items items = {.output = output, .format = format, .text = TEXT_INIT};
    bool named = named_value_find(&items.named, dtype, format != NULL ? format->root.order : FORMAT_NATIVE_ORDER);
    uint64_t count = dump_count(layout, options, true);
    size_t needed = named ? items.named.size : format->root.size;
    bool ok;

    if (options->order == WALK_MEMORY && layout_has_suboffsets(layout)) {
        struct walk refused;

        return walk_open(&refused, layout, WALK_MEMORY, options->mapped, error);
    }
    if (needed > (size_t)layout->itemsize) {
        return error_set(error, ERROR_INPUT, "an item has %td bytes, and its format '%s' takes %zu", layout->itemsize,
                         named ? dtype : layout->format, needed);
    }
    if (count == 0) {
        return true;
    }
    items.place.layout = layout;
    order_place(&items.place, options->order);
    place_start(&items.place, options->skip);
    ok = layout->itemsize == 0 ? show_empty(&items, count) : show_all(&items, options, count, error);
    write_text(&items);
    if (items.text.failed && ok) {
        ok = error_no_memory(error);
    }
    text_free(&items.text);
    free(items.bytes);
    return ok;
}
