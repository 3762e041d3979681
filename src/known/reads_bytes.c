/*
 * Consumers of bytes, and of memory as it lies: Python's own, C's, pyarrow's.
 */
#include "known/reads.h"

#include "base/error.h"
#include "judge/request.h"

#include <string.h>

/* Granted to one that knows no strides, though the items lie otherwise. */
static void but_other_bytes(struct reading *reading)
{
    struct answer truth;

    if (!but_len(reading, false) && subject_truth(reading->subject, &truth) &&
        request_asks(truth.request, REQUEST_STRIDES) && !layout_is_c_contiguous(&truth.layout)) {
        but(reading, "but it reads other bytes than the items");
    }
}

bool check_bytes(struct reading *reading)
{
    if (!reading_ask(reading)) {
        return false;
    }
    but_other_bytes(reading);
    return true;
}

/* Are there references among the items? */
static bool holds_objects(const struct format_field *field)
{
    bool found = field->kind == FORMAT_OBJECT;
    size_t i;

    for (i = 0; field->kind == FORMAT_STRUCT && i < field->field_count && !found; i++) {
        found = holds_objects(&field->fields[i]);
    }
    return found;
}

static void but_objects(struct reading *reading)
{
    struct error error = ERROR_INIT;
    struct answer truth;
    struct format format;

    if ((reading->consumer->flags & REQUEST_WRITABLE) && subject_truth(reading->subject, &truth) &&
        truth.format != NULL && format_parse(&format, truth.format, (ptrdiff_t)truth.itemsize, &error)) {
        if (holds_objects(&format.root)) {
            but(reading, "%sbut bytes over references to objects crash Python",
                reading->verdict->why.length > 0 ? ", " : "");
        }
        format_free(&format);
    }
}

/* PyArg_Parse and Argument Clinic looked at the contiguity again until 3.12. */
bool check_parsed(struct reading *reading)
{
    if (!reading_ask(reading)) {
        return false;
    }
    if (reading->subject->python_version < 0x030d0000 && !answer_is_c_contiguous(&reading->answer)) {
        return cannot(reading, "granted, but with strides that are not C-contiguous, which it looks at");
    }
    but_other_bytes(reading);
    but_objects(reading);
    return true;
}

/* A number (0-d arrays of integers are some) is taken for a length. */
static bool is_number(const struct reading *reading)
{
    const struct answer *answer = &reading->answer;
    enum group group;

    return (reading->subject->kin & KIN_INDEX) && reading->parsed && answer->layout.ndim == 0 &&
           element_group(&reading->format.root, &group) && (group == GROUP_INT || group == GROUP_UINT);
}

bool check_copy(struct reading *reading)
{
    if (reading->subject->kin & KIN_STR) {
        return cannot(reading, "a str is refused before its buffer is asked for");
    }
    if (!reading_ask(reading)) {
        return false;
    }
    if (is_number(reading)) {
        return cannot(reading, "it is a number, which gives as many zero bytes; no buffer is asked for");
    }
    return reads_len(reading);
}

bool check_hashlib(struct reading *reading)
{
    if (reading->subject->kin & KIN_STR) {
        return cannot(reading, "a str is refused before its buffer is asked for");
    }
    if (!reading_ask(reading)) {
        return false;
    }
    if (reading->answer.ndim > 1) {
        return cannot(reading, "ndim is %lld, which must not be more than 1", (long long)reading->answer.ndim);
    }
    but_other_bytes(reading);
    return true;
}

bool check_frombytes(struct reading *reading)
{
    if (!reading_ask(reading)) {
        return false;
    }
    if (reading->answer.itemsize != 1) {
        return cannot(reading, "itemsize is %lld, which must be 1", (long long)reading->answer.itemsize);
    }
    but_other_bytes(reading);
    return true;
}

bool check_s_star(struct reading *reading)
{
    return reading->subject->kin & KIN_STR ? but(reading, "but the UTF-8 text of the str, not its buffer")
                                           : check_parsed(reading);
}

bool check_y_hash(struct reading *reading)
{
    if (reading->subject->has_release) {
        return cannot(reading, "the type defines bf_releasebuffer, which could not be called");
    }
    return check_parsed(reading);
}

static bool is_any_contiguous(const struct answer *answer)
{
    return answer_is_c_contiguous(answer) ||
           (!answer->has_suboffsets && answer->sound && layout_is_f_contiguous(&answer->layout));
}

bool check_cffi(struct reading *reading)
{
    if (reading->subject->kin & KIN_STR) {
        return cannot(reading, "a str is refused before its buffer is asked for");
    }
    if (!reading_ask(reading)) {
        return false;
    }
    if (!is_any_contiguous(&reading->answer)) {
        return cannot(reading, "granted, but with strides that are not contiguous, which it looks at");
    }
    but_other_bytes(reading);
    return true;
}

bool check_torch(struct reading *reading)
{
    if (!reading_ask(reading)) {
        return false;
    }
    if (reading->answer.len == 0) {
        return cannot(reading, "len is 0, which it refuses");
    }
    but_other_bytes(reading);
    return true;
}

bool check_not_null(struct reading *reading)
{
    if (!reading_ask(reading)) {
        return false;
    }
    if (reading->answer.buf == 0) {
        return cannot(reading, "buf is NULL, which crashes it");
    }
    return reads_len(reading);
}

/* --- by way of a memoryview --- */

static bool is_byte_order_mark(char c)
{
    return c != '\0' && strchr("=<>!^", c) != NULL;
}

/* memoryview(x), which fails where x refuses, and follows a NULL shape of more than one dimension. */
static bool make_view(struct reading *reading, struct subject *view)
{
    return reading_ask(reading) && (subject_memoryview(reading->subject, view) ||
                                    cannot(reading, "shape is NULL and ndim %lld: memoryview crashes",
                                           (long long)reading->answer.ndim));
}

bool check_memoryview(struct reading *reading)
{
    const char *format = reading->answer.format;
    struct subject view;
    const char *code;
    int since;

    if (!make_view(reading, &view)) {
        return false;
    }
    format = view.format;
    code = *format == '@' ? format + 1 : format;
    since = reading->answer.format == NULL ? FORMAT_ALWAYS
            : reading->parsed              ? reading->format.memoryview_since
                                           : FORMAT_NEVER;
    if (since <= reading->subject->python_version) {
        return reads_items(reading);
    }
    if (view.layout.len == 0 && code[0] != '\0' && code[1] == '\0' && !is_byte_order_mark(code[0])) {
        return but(reading, "but it is empty: it could not index '%.80s'", format);
    }
    if (since != FORMAT_NEVER) {
        return cannot(reading, "cannot index '%.80s': %s since Python 3.%d only", format,
                      code[0] == 'e' ? "half floats" : "complex numbers", since >> 16 & 0xff);
    }
    if (is_byte_order_mark(format[0])) {
        return cannot(reading, "cannot index '%.80s': byte order mark", format);
    }
    if (code[0] == '\0' || code[1] != '\0') {
        return cannot(reading, "cannot index '%.80s': not a single code", format);
    }
    return cannot(reading, "cannot index '%.80s': code '%c' is unknown to it", format, code[0]);
}

/* Contiguous as a memoryview has it: in one dimension an empty one has to have the stride, too. */
static bool is_view_contiguous(const struct layout *layout, bool has_suboffsets)
{
    return !has_suboffsets && (layout->ndim == 1 ? layout->shape[0] == 1 || layout->strides[0] == layout->itemsize
                                                 : layout_is_c_contiguous(layout));
}

bool check_cast(struct reading *reading)
{
    struct subject view;
    int d;

    if (!make_view(reading, &view)) {
        return false;
    }
    if (!is_view_contiguous(&view.layout, reading->answer.has_suboffsets)) {
        return cannot(reading, "not C-contiguous");
    }
    for (d = 0; d < view.layout.ndim && view.layout.ndim > 1; d++) {
        if (view.layout.shape[d] == 0) {
            return cannot(reading, "shape[%d] is 0", d);
        }
    }
    return reads_len(reading);
}

bool check_dunder(struct reading *reading)
{
    struct subject view;

    if (reading->subject->python_version < 0x030c0000) {
        return cannot(reading, "since Python 3.12 only");
    }
    return make_view(reading, &view) && reads_items(reading);
}

bool check_ctypes(struct reading *reading)
{
    struct subject view;

    if (!make_view(reading, &view)) {
        return false;
    }
    if (reading->answer.layout.readonly) {
        return cannot(reading, "readonly");
    }
    if (!answer_is_c_contiguous(&reading->answer)) {
        return cannot(reading, "not C-contiguous");
    }
    return reads_len(reading);
}

bool check_pickle(struct reading *reading)
{
    struct subject view;

    if (!make_view(reading, &view)) {
        return false;
    }
    if (!is_any_contiguous(&reading->answer)) {
        return cannot(reading, "not contiguous");
    }
    if (reading->subject->transcript != NULL && reading->subject->transcript->python_buffer) {
        return cannot(reading, "asks the view's obj, which for a __buffer__ in Python is no exporter");
    }
    return reads_len(reading);
}
