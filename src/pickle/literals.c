#include "pickle/literals.h"

#include "pickle/make.h"
#include "pickle/number.h"
#include "pickle/stack.h"
#include "pickle/text.h"

#include <string.h>

enum { MAX_INT_DIGITS = 1234 }; /* of PICKLE_MAX_INT bytes */

/* --- constants and numbers ------------------------------------------------ */

bool run_constant(struct machine *m, unsigned which)
{
    struct pickle_value *value = m->constant[which];

    if (value == NULL) {
        value = value_new(m, which == 0 ? PICKLE_NONE : PICKLE_BOOL);
        if (value == NULL) {
            return false;
        }
        value->integer = which == 2;
        m->constant[which] = value;
    }
    return stack_push(m, value);
}

bool run_unsigned(struct machine *m, unsigned width)
{
    uint64_t number;

    return take_unsigned(m, width, &number) && stack_push(m, value_integer(m, (int64_t)number));
}

/* Of a width that the compiler knows. */
bool run_binint(struct machine *m, unsigned width)
{
    uint64_t number;

    (void)width;
    return take_unsigned(m, sizeof(int32_t), &number) && stack_push(m, value_integer(m, (int32_t)(uint32_t)number));
}

bool run_digits(struct machine *m, unsigned is_long)
{
    const unsigned char *text;
    size_t size;

    if (!take_line(m, &text, &size)) {
        return false;
    }
    if (!is_long && size == 2 && text[0] == '0' && (text[1] == '0' || text[1] == '1')) {
        return run_constant(m, 1 + (text[1] - '0'));
    }
    if (is_long && size > 0 && text[size - 1] == 'L') {
        size--;
    }
    if (size > MAX_INT_DIGITS + 1) {
        return machine_broken(m, "%zu digits are too many", size);
    }
    return stack_push(m, value_digits(m, text, size));
}

bool run_long(struct machine *m, unsigned width)
{
    const unsigned char *bytes;
    uint64_t size;

    if (!take_unsigned(m, width, &size)) {
        return false;
    }
    if (size > PICKLE_MAX_INT) {
        return machine_broken(m, "an integer of %ju bytes is too large", (uintmax_t)size);
    }
    return take(m, size, &bytes) && stack_push(m, value_long(m, bytes, (size_t)size));
}

bool run_float(struct machine *m, unsigned unused)
{
    const unsigned char *text;
    size_t size;
    double real;

    (void)unused;
    if (!take_line(m, &text, &size)) {
        return false;
    }
    if (!parse_float(text, size, &real)) {
        return machine_broken(m, "its text is no number");
    }
    return stack_push(m, value_float(m, real));
}

bool run_binfloat(struct machine *m, unsigned unused)
{
    const unsigned char *bytes;
    uint64_t bits;
    double real;

    (void)unused;
    if (!take(m, sizeof real, &bytes)) {
        return false;
    }
    bits = __builtin_bswap64(little_endian(bytes, sizeof bits));
    memcpy(&real, &bits, sizeof real);
    return stack_push(m, value_float(m, real));
}

/* --- bytes and text ------------------------------------------------------- */

bool run_bytes(struct machine *m, unsigned width)
{
    const unsigned char *data;
    size_t size;

    return take_counted(m, width, &data, &size) && stack_push(m, value_bytes(m, PICKLE_BYTES, data, size));
}

bool run_bytearray(struct machine *m, unsigned width)
{
    const unsigned char *data;
    size_t size;

    return take_counted(m, width, &data, &size) &&
           stack_push(m, value_bytes(m, PICKLE_BYTEARRAY, data, size));
}

/* A str of Python 2. */
static bool push_string(struct machine *m, const unsigned char *data, size_t size)
{
    return stack_push(m, value_bytes(m, pickle_is_ascii(data, size) ? PICKLE_STR : PICKLE_BYTES, data, size));
}

bool run_binstring(struct machine *m, unsigned width)
{
    const unsigned char *data;
    size_t size;

    return take_counted(m, width, &data, &size) && push_string(m, data, size);
}

bool run_string(struct machine *m, unsigned unused)
{
    const unsigned char *text;
    size_t size;

    (void)unused;
    return take_line(m, &text, &size) && decode_quoted(m, &text, &size) &&
           push_string(m, text, size);
}

bool run_unicode(struct machine *m, unsigned unused)
{
    const unsigned char *text;
    size_t size;

    (void)unused;
    return take_line(m, &text, &size) && decode_unicode(m, &text, &size) &&
           stack_push(m, value_bytes(m, PICKLE_STR, text, size));
}

bool run_binunicode(struct machine *m, unsigned width)
{
    const unsigned char *text;
    size_t size;

    if (!take_counted(m, width, &text, &size)) {
        return false;
    }
    if (!is_text(text, size)) {
        return machine_broken(m, "its text is not UTF-8");
    }
    return stack_push(m, value_bytes(m, PICKLE_STR, text, size));
}
