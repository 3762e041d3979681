#include "protocol/telling.h"

#include "base/error.h"
#include "files/dtype.h"
#include "memory/guard.h"

#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct {
    const char *name;
    const char *attribute;
    const char *title;
} protocols[] = {
#define PROTOCOL(id, name, attribute, title) {name, attribute, title},
#include "protocol/protocols.def"
#undef PROTOCOL
};

static const char *const rules[] = {
#define FAULT(id, rule) rule,
#include "protocol/faults.def"
#undef FAULT
};

const char *protocol_name(enum protocol protocol)
{
    return protocols[protocol].name;
}

const char *protocol_attribute(enum protocol protocol)
{
    return protocols[protocol].attribute;
}

const char *protocol_title(enum protocol protocol)
{
    return protocols[protocol].title;
}

const char *fault_rule(enum fault_kind kind)
{
    return rules[kind];
}

void telling_begin(struct telling *telling, enum protocol protocol)
{
    *telling = (struct telling){
        .protocol = protocol,
        .device = "cpu",
        .is_local = true,
        .is_plain = true,
        .layout = {.format = "B", .readonly = true},
    };
}

void telling_free(struct telling *telling)
{
    size_t i;

    for (i = 0; i < telling->fault_count; i++) {
        free(telling->faults[i].sentence);
    }
    free(telling->faults);
    text_free(&telling->type);
    text_free(&telling->format);
    text_free(&telling->obstacle);
    notes_free(&telling->notes);
    telling_begin(telling, telling->protocol);
}

void telling_of_buffer(struct telling *telling, const struct layout *layout)
{
    telling_begin(telling, PROTOCOL_BUFFER);
    telling->layout = *layout;
    telling->readonly = layout->readonly ? SAID_YES : SAID_NO;
    text_puts(&telling->format, layout->format);
    text_puts(&telling->type, layout->format);
    telling->layout.format = text_string(&telling->format);
    telling->is_plain = (layout->given & LAYOUT_FORMAT) != 0;
    telling->have_layout = true;
    telling->failed = telling->format.failed;
}

bool telling_check(const struct telling *telling, struct error *error)
{
    size_t i;

    if (telling->failed) {
        return error_no_memory(error);
    }
    if (telling->have_layout) {
        return true;
    }
    for (i = 0; i < telling->fault_count; i++) {
        if (!telling->faults[i].is_warning) {
            return error_set(error, ERROR_INPUT, "%s", telling->faults[i].sentence);
        }
    }
    return error_set(error, ERROR_INPUT, "%s",
                     telling->obstacle.length > 0 ? text_string(&telling->obstacle) : "tells of no memory");
}

void telling_title(const struct telling *telling, struct text *text)
{
    text_puts(text, protocol_title(telling->protocol));
    if (telling->version[0] != '\0') {
        text_printf(text, " %s", telling->version);
    }
    text_printf(text, ", %s", telling->device);
}

/* --- faults ------------------------------------------------------------------------------ */

static void add_fault(struct telling *telling, enum fault_kind kind, bool is_warning, const char *format, va_list args)
    __attribute__((format(printf, 4, 0)));

static void add_fault(struct telling *telling, enum fault_kind kind, bool is_warning, const char *format, va_list args)
{
    struct protocol_fault *grown = realloc(telling->faults, (telling->fault_count + 1) * sizeof *grown);
    char *sentence = NULL;

    if (grown != NULL) {
        telling->faults = grown;
    }
    if (grown == NULL || vasprintf(&sentence, format, args) < 0) {
        telling->failed = true;
        return;
    }
    telling->faults[telling->fault_count++] = (struct protocol_fault){kind, is_warning, sentence};
}

bool telling_fault(struct telling *telling, enum fault_kind kind, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    add_fault(telling, kind, false, format, args);
    va_end(args);
    return false;
}

bool telling_warn(struct telling *telling, enum fault_kind kind, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    add_fault(telling, kind, true, format, args);
    va_end(args);
    return false;
}

bool telling_obstruct(struct telling *telling, const char *format, ...)
{
    char *sentence = NULL;
    va_list args;

    va_start(args, format);
    if (vasprintf(&sentence, format, args) >= 0) {
        text_puts(&telling->obstacle, sentence);
        free(sentence);
    }
    va_end(args);
    return false;
}

/* --- an exporter's pointers ----------------------------------------------------------------- */

bool telling_copy(struct telling *telling, enum fault_kind kind, const char *what, void *to, const void *from,
                  size_t size)
{
    const void *address;

    if (from == NULL) {
        return telling_fault(telling, kind, "%s is NULL", what);
    }
    return guard_copy(to, from, size, &address) ||
           telling_fault(telling, kind, "%s is at %p, which cannot be read (%s)", what, from, guard_reason());
}

bool telling_copy_string(struct telling *telling, enum fault_kind kind, const char *what, struct text *to,
                         const char *from, size_t most)
{
    size_t length = 0;

    if (from == NULL) {
        return telling_fault(telling, kind, "%s is NULL", what);
    }
    while (length < most) {
        char bytes[256];
        const void *address;
        size_t used;

        if (!guard_copy_string(bytes, guard_past(from, (ptrdiff_t)length), sizeof bytes, &used, &address)) {
            return telling_fault(telling, kind, "%s is at %p, which cannot be read (%s)", what, (const void *)from,
                                 guard_reason());
        }
        text_append(to, bytes, used);
        if (used < sizeof bytes) {
            telling->failed |= to->failed;
            return !to->failed;
        }
        length += used;
    }
    return telling_fault(telling, kind, "%s has no end within %zu bytes", what, most);
}

/* --- the last step ------------------------------------------------------------------------------ */

/* The largest power of two that every item's address is a multiple of. */
static size_t items_alignment(const struct layout *layout)
{
    size_t bits = (size_t)(uintptr_t)layout->buf;
    int d;

    for (d = 0; d < layout->ndim; d++) {
        bits |= layout->shape[d] > 1 ? (size_t)layout->strides[d] : 0;
    }
    return bits & (~bits + 1);
}

/* len, and C-contiguous strides where none were given. */
static void measure(struct telling *telling)
{
    struct layout *layout = &telling->layout;
    bool overflow = false;
    int d;

    layout->len = layout->itemsize;
    for (d = 0; d < layout->ndim; d++) {
        layout->suboffsets[d] = -1;
        overflow |= layout->shape[d] < 0 || __builtin_mul_overflow(layout->len, layout->shape[d], &layout->len);
    }
    if (overflow || layout_is_empty(layout)) {
        layout->len = 0;
    }
    if (!(layout->given & LAYOUT_STRIDES) &&
        !layout_c_strides(layout->ndim, layout->shape, layout->itemsize, layout->strides)) {
        memset(layout->strides, 0, sizeof layout->strides);
    }
    layout->given |= LAYOUT_SHAPE;
}

static void settle_format(struct telling *telling)
{
    telling->layout.format = text_string(&telling->format);
    telling->layout.given |= LAYOUT_FORMAT;
    telling->have_layout = true;
    telling->failed |= telling->format.failed || telling->type.failed;
}

void telling_finish(struct telling *telling, const struct dtype *dtype)
{
    telling->layout.itemsize = (ptrdiff_t)dtype->itemsize;
    measure(telling);
    dtype_format(dtype, items_alignment(&telling->layout), &telling->format, &telling->is_plain);
    if (telling->type.length == 0) {
        dtype_text(dtype, &telling->type);
    }
    settle_format(telling);
}

void telling_finish_format(struct telling *telling, const char *format, size_t itemsize)
{
    telling->layout.itemsize = (ptrdiff_t)itemsize;
    measure(telling);
    text_puts(&telling->format, format);
    settle_format(telling);
}
