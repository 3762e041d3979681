#include "trial/words.h"

#include "base/text.h"
#include "trial/battery.h"

#include <string.h>

static const char *arrangement_words(const struct plan *plan)
{
    bool row = plan->ndim < 2;

    switch (plan->arrangement) {
    case ARRANGED_F:
        return ", in Fortran order";
    case ARRANGED_STEP_FIRST:
        return row ? ", every second item" : ", every second row";
    case ARRANGED_STEP_LAST:
        return row ? ", every second item" : ", every second column";
    case ARRANGED_REVERSED_FIRST:
        return row ? ", backwards" : ", rows backwards";
    case ARRANGED_REVERSED:
        return ", backwards in every dimension";
    case ARRANGED_REPEATED:
        return row ? ", one item repeated by stride 0" : ", one row repeated by stride 0";
    case ARRANGED_ODD:
        return ", with a stride of no meaning where the extent is 1";
    case ARRANGED_INDIRECT:
    case ARRANGED_INDIRECT_AFTER:
        return ", with suboffsets";
    default:
        return "";
    }
}

void buffer_words(const struct buffer *buffer, struct text *text)
{
    const struct plan *plan = &buffer->plan;

    text_printf(text, "format '%s', shape ", plan->format != NULL ? plan->format : "");
    text_tuple(text, plan->shape, (size_t)plan->ndim);
    text_puts(text, arrangement_words(plan));
    text_puts(text, plan->readonly ? ", read-only" : "");
    text_puts(text, buffer->guise == GUISE_MEMORYVIEW ? ", as a memoryview" : "");
    text_puts(text, buffer->refusal == REFUSES_ALL          ? ", which refuses every request with BufferError"
                    : buffer->refusal == REFUSES_FOR_MEMORY ? ", which refuses every request with MemoryError"
                                                            : "");
}

/* --- as an expression -------------------------------------------------------------------------- */

static bool has_arange(const struct battery_format *format)
{
    return format->role != ROLE_STRUCTURE && strchr("?S", format->numpy[0]) == NULL;
}

/* An array of these extents, in order. */
static void append_array(struct text *text, const struct battery_format *format, const ptrdiff_t *extents, int ndim,
                         const char *order)
{
    ptrdiff_t count = 1;
    int d;

    for (d = 0; d < ndim; d++) {
        count *= extents[d];
    }
    text_printf(text, "numpy.%s(%td, dtype='%s')", has_arange(format) ? "arange" : "zeros", count, format->numpy);
    if (ndim == 0) {
        text_puts(text, ".reshape(())");
    } else if (ndim > 1) {
        text_puts(text, ".reshape(");
        text_numbers(text, extents, (size_t)ndim, ", ");
        text_printf(text, "%s)", order);
    }
}

static void append_repeated(struct text *text, const struct plan *plan, const struct battery_format *format)
{
    const ptrdiff_t one = 1;

    text_puts(text, "numpy.broadcast_to(");
    if (plan->ndim == 1) {
        append_array(text, format, &one, 1, "");
    } else {
        append_array(text, format, plan->shape + 1, plan->ndim - 1, "");
    }
    text_puts(text, ", ");
    text_tuple(text, plan->shape, (size_t)plan->ndim);
    text_putc(text, ')');
}

static void append_sliced(struct text *text, const struct plan *plan, const struct battery_format *format)
{
    ptrdiff_t extents[LAYOUT_MAX_NDIM];
    int d;

    memcpy(extents, plan->shape, sizeof extents);
    switch (plan->arrangement) {
    case ARRANGED_STEP_FIRST:
        extents[0] *= 2;
        append_array(text, format, extents, plan->ndim, "");
        text_puts(text, "[::2]");
        break;
    case ARRANGED_STEP_LAST:
        extents[plan->ndim - 1] *= 2;
        append_array(text, format, extents, plan->ndim, "");
        text_puts(text, plan->ndim > 1 ? "[..., ::2]" : "[::2]");
        break;
    case ARRANGED_REVERSED_FIRST:
        append_array(text, format, extents, plan->ndim, "");
        text_puts(text, "[::-1]");
        break;
    case ARRANGED_REVERSED:
        append_array(text, format, extents, plan->ndim, "");
        for (d = 0; d < plan->ndim; d++) {
            text_puts(text, d == 0 ? "[::-1" : ", ::-1");
        }
        text_putc(text, ']');
        break;
    case ARRANGED_F:
        append_array(text, format, extents, plan->ndim, ", order='F'");
        break;
    default:
        append_array(text, format, extents, plan->ndim, "");
        break;
    }
}

/* CPython's own module for such tests; many distributions leave it out. */
static void append_indirect(struct text *text, const struct plan *plan)
{
    text_printf(text, "_testbuffer.ndarray(list(range(%zu)), shape=[", plan->count);
    text_numbers(text, plan->shape, (size_t)plan->ndim, ", ");
    text_printf(text, "], format='%s', flags=_testbuffer.ND_PIL%s)", plan->format,
                plan->readonly ? "" : "|_testbuffer.ND_WRITABLE");
}

bool buffer_expression(const struct buffer *buffer, struct text *text)
{
    const struct plan *plan = &buffer->plan;
    const struct battery_format *format = buffer->format;
    bool wraps = buffer->guise == GUISE_MEMORYVIEW || (plan->readonly && plan->arrangement != ARRANGED_REPEATED);

    if (buffer->refusal != REFUSES_WHAT_IT_MUST || format == NULL || format->numpy == NULL) {
        return false;
    }
    if (plan->arrangement == ARRANGED_ODD) {
        return false; /* NumPy itself gives strides a meaning there */
    }
    if (plan_is_indirect(plan) && (format->role != ROLE_PLAIN || !has_arange(format) || plan->format[0] == 'Z')) {
        return false;
    }
    text_puts(text, wraps ? "memoryview(" : "");
    if (plan_is_indirect(plan)) {
        append_indirect(text, plan);
    } else if (plan->arrangement == ARRANGED_REPEATED && plan->ndim > 0) {
        append_repeated(text, plan, format);
    } else {
        append_sliced(text, plan, format);
    }
    text_puts(text, wraps ? ")" : "");
    text_puts(text, wraps && plan->readonly ? ".toreadonly()" : "");
    return true;
}
