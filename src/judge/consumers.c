#include "judge/consumers.h"

#include "base/error.h"
#include "base/text.h"
#include "format/format.h"
#include "judge/transcript.h"

#include <string.h>
#include <strings.h>

/* What a consumer looks at: the answer to its request, and how it is to be understood. */
struct reading {
    const struct transcript *transcript;
    const struct reply *reply;
    struct layout layout; /* of the reply */
    const char *format;   /* NULL when the reply has none */
    bool parsed;
    struct format parsed_format; /* when parsed */
};

/* `why` gets a reason; returns false, so that `return CANNOT(...)` reads well. */
#define CANNOT(why, ...) (text_printf((why), __VA_ARGS__), false)

/* --- consumers of bytes --- */

static bool check_any(const struct reading *reading, struct text *why)
{
    (void)reading;
    (void)why;
    return true;
}

/* Granted to one that knows no strides, though the items lie otherwise. */
static bool check_bytes(const struct reading *reading, struct text *why)
{
    int truth = transcript_truth(reading->transcript);
    struct layout layout;

    if (truth >= 0 && request_asks(requests[truth].flags, REQUEST_STRIDES) &&
        reply_layout(&reading->transcript->sweeps[0][truth], &layout) && !layout_is_c_contiguous(&layout)) {
        text_puts(why, "but it reads other bytes than the items");
    }
    return true;
}

static bool check_one_dimension(const struct reading *reading, struct text *why)
{
    if (reading->reply->ndim > 1) {
        return CANNOT(why, "ndim is %lld, which must not be more than 1", (long long)reading->reply->ndim);
    }
    return check_bytes(reading, why);
}

static bool check_itemsize_one(const struct reading *reading, struct text *why)
{
    if (reading->reply->itemsize != 1) {
        return CANNOT(why, "itemsize is %lld, which must be 1", (long long)reading->reply->itemsize);
    }
    return check_bytes(reading, why);
}

static bool check_no_release(const struct reading *reading, struct text *why)
{
    if (reading->transcript->has_release) {
        return CANNOT(why, "the type defines bf_releasebuffer, which could not be called");
    }
    return check_bytes(reading, why);
}

static bool check_not_null(const struct reading *reading, struct text *why)
{
    return reading->reply->buf.address != 0 || CANNOT(why, "buf is NULL");
}

/* --- consumers that share the memory as it lies --- */

static bool check_cast(const struct reading *reading, struct text *why)
{
    const struct layout *layout = &reading->layout;
    int d;

    if (!layout_is_c_contiguous(layout)) {
        return CANNOT(why, "not C-contiguous");
    }
    for (d = 0; d < layout->ndim && layout->ndim > 1; d++) {
        if (layout->shape[d] == 0) {
            return CANNOT(why, "shape[%d] is 0", d);
        }
    }
    return true;
}

static bool check_ctypes(const struct reading *reading, struct text *why)
{
    if (reading->layout.readonly) {
        return CANNOT(why, "readonly");
    }
    return layout_is_c_contiguous(&reading->layout) || CANNOT(why, "not C-contiguous");
}

static bool check_pickle(const struct reading *reading, struct text *why)
{
    return layout_is_c_contiguous(&reading->layout) || layout_is_f_contiguous(&reading->layout) ||
           CANNOT(why, "not contiguous");
}

/* --- consumers that read the format --- */

static bool is_byte_order_mark(char c)
{
    return c != '\0' && strchr("=<>!^", c) != NULL;
}

static bool check_memoryview(const struct reading *reading, struct text *why)
{
    const char *format = reading->format != NULL ? reading->format : "B";
    const char *code = *format == '@' ? format + 1 : format;
    int since = reading->format == NULL ? FORMAT_ALWAYS
                : reading->parsed       ? reading->parsed_format.memoryview_since
                                        : FORMAT_NEVER;

    if (reading->layout.ndim > LAYOUT_MAX_NDIM) {
        return CANNOT(why, "ndim is %d", reading->layout.ndim);
    }
    if (since <= reading->transcript->python_version) {
        return true;
    }
    if (since != FORMAT_NEVER) {
        return CANNOT(why, "cannot index '%.80s': %s since Python 3.%d only", format,
                      code[0] == 'e' ? "half floats" : "complex numbers", since >> 16 & 0xff);
    }
    if (is_byte_order_mark(format[0])) {
        return CANNOT(why, "cannot index '%.80s': byte order mark", format);
    }
    if (code[0] == '\0' || code[1] != '\0') {
        return CANNOT(why, "cannot index '%.80s': not a single code", format);
    }
    return CANNOT(why, "cannot index '%.80s': code '%c' is unknown to it", format, code[0]);
}

/* The first field, at any depth, that a consumer does not take; NULL when it takes all. */
static const struct format_field *find_field(const struct format_field *field,
                                             bool (*refuses)(const struct format_field *))
{
    const struct format_field *found = refuses(field) ? field : NULL;
    size_t i;

    if (field->kind == FORMAT_STRUCT) {
        for (i = 0; i < field->field_count && found == NULL; i++) {
            found = find_field(&field->fields[i], refuses);
        }
    }
    return found;
}

static bool check_fields(const struct reading *reading, bool (*refuses)(const struct format_field *),
                         struct text *why)
{
    const struct format_field *field;

    if (reading->format == NULL) {
        return true;
    }
    if (!reading->parsed) {
        return CANNOT(why, "cannot read format '%.80s'", reading->format);
    }
    field = find_field(&reading->parsed_format.root, refuses);
    return field == NULL ||
           CANNOT(why, "cannot read '%.*s' in format '%.80s'",
                  field->text_length < 20 ? (int)field->text_length : 20, field->text, reading->format);
}

/* PEP 3118's way of writing complex numbers, Zf; not ctypes' F. */
static bool is_written_with_z(const struct format_field *field)
{
    return memchr(field->text, 'Z', field->text_length) != NULL;
}

static bool numpy_refuses(const struct format_field *field)
{
    switch (field->kind) {
    case FORMAT_INT:
    case FORMAT_UINT:
        return (field->code == 'n' || field->code == 'N') && !field->native;
    case FORMAT_PASCAL:
    case FORMAT_POINTER:
    case FORMAT_BITS:
        return true;
    case FORMAT_TEXT:
        return field->code != 'w';
    case FORMAT_COMPLEX:
        return !is_written_with_z(field) || field->code == 'E' || (field->code == 'G' && !field->native);
    case FORMAT_FLOAT:
        return field->code == 'g' && !field->native;
    default:
        return false;
    }
}

/* NumPy goes by the text alone, always with the padding that '@' asks for. */
static size_t numpy_size(const struct reading *reading)
{
    struct error error = ERROR_INIT;
    size_t size = reading->parsed_format.padded_size;
    struct format plain;

    if ((reading->parsed_format.traits & FORMAT_UNALIGNED) &&
        format_parse(&plain, reading->format, -1, &error)) {
        size = plain.padded_size;
        format_free(&plain);
    }
    return size;
}

static bool check_numpy(const struct reading *reading, struct text *why)
{
    const struct format *format = &reading->parsed_format;

    if (reading->reply->suboffsets.pointer.state != POINTER_NULL) {
        return CANNOT(why, "suboffsets");
    }
    if (!check_fields(reading, numpy_refuses, why)) {
        return false;
    }
    if (reading->format != NULL && (format->traits & FORMAT_DUPLICATE_NAME)) {
        return CANNOT(why, "two fields named '%.40s'", format->duplicate);
    }
    if (reading->format != NULL && numpy_size(reading) != (size_t)reading->layout.itemsize) {
        return CANNOT(why, "itemsize is %td, but format '%.80s' makes %zu", reading->layout.itemsize,
                      reading->format, numpy_size(reading));
    }
    return true;
}

static bool is_swapped(const struct format_field *field)
{
    return field->unit > 1 && field->kind != FORMAT_STRUCT && field->kind != FORMAT_PAD &&
           field->kind != FORMAT_BYTES &&
           field->order == (__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__ ? '>' : '<');
}

static bool cython_refuses(const struct format_field *field)
{
    bool known = field->kind == FORMAT_STRUCT ||
                 (field->kind == FORMAT_COMPLEX && is_written_with_z(field)) ||
                 strchr("cbBhHiIlLqQfdg?spOPx", field->code) != NULL;

    return !known || is_swapped(field);
}

static bool check_cython(const struct reading *reading, int ndim, struct text *why)
{
    if (reading->layout.ndim != ndim) {
        return CANNOT(why, "ndim is %d, not %d", reading->layout.ndim, ndim);
    }
    if (reading->format == NULL) {
        return CANNOT(why, "format is NULL");
    }
    if (layout_has_suboffsets(&reading->layout)) {
        return CANNOT(why, "suboffsets");
    }
    return check_fields(reading, cython_refuses, why);
}

static bool check_cython_1d(const struct reading *reading, struct text *why)
{
    return check_cython(reading, 1, why);
}

static bool check_cython_2d(const struct reading *reading, struct text *why)
{
    return check_cython(reading, 2, why);
}

static bool check_cython_f(const struct reading *reading, struct text *why)
{
    if (!check_cython(reading, 2, why)) {
        return false;
    }
    if (!(reading->layout.given & LAYOUT_STRIDES) && reading->layout.shape[0] > 1 &&
        reading->layout.len > 0) {
        return CANNOT(why, "strides are NULL, which means C-contiguous");
    }
    return true;
}

static bool check_pybind11(const struct reading *reading, struct text *why)
{
    if (reading->format == NULL) {
        return CANNOT(why, "format is NULL");
    }
    if (layout_has_suboffsets(&reading->layout)) {
        text_puts(why, "but it does not see the suboffsets");
    } else if (reading->layout.ndim > 0 && !(reading->layout.given & LAYOUT_STRIDES)) {
        text_puts(why, "but versions before 2.6 read strides, which are NULL");
    }
    return true;
}

/* PyO3 takes '>', and not '<', for the byte order of a little-endian machine. */
static bool check_pyo3(const struct reading *reading, struct text *why)
{
    const char *format = reading->format != NULL ? reading->format : "B";
    bool marked = strchr("@=<>!", format[0]) != NULL && format[0] != '\0';
    const char *code = marked ? format + 1 : format;
    bool little = __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__;

    if (reading->reply->shape.pointer.state == POINTER_NULL) {
        return CANNOT(why, "shape is NULL");
    }
    if (reading->reply->strides.pointer.state == POINTER_NULL) {
        return CANNOT(why, "strides are NULL");
    }
    if (code[0] == '\0' || code[1] != '\0' ||
        strchr(marked ? "cbB?hHiIlLqQefd" : "cbB?hHiIlLqQnNefd", code[0]) == NULL) {
        return CANNOT(why, "format '%.80s' is no single number", format);
    }
    if (format[0] == '<' || (format[0] == '!' && little)) {
        return CANNOT(why, "cannot read '%.80s': byte order mark", format);
    }
    if (format[0] == '>' && little && reading->layout.itemsize > 1) {
        text_puts(why, "but it reads the bytes of each item the wrong way round");
    } else if (reading->layout.itemsize > 1 &&
               (uintptr_t)reading->layout.buf % (uintptr_t)reading->layout.itemsize != 0) {
        return CANNOT(why, "buf is not aligned");
    }
    return true;
}

/* --- the table --- */

enum {
    REQUEST_RECORDS_C = REQUEST_C_CONTIGUOUS | REQUEST_WRITABLE | REQUEST_FORMAT,
    REQUEST_RECORDS_F = REQUEST_F_CONTIGUOUS | REQUEST_WRITABLE | REQUEST_FORMAT,
};

const struct consumer consumers[CONSUMER_COUNT] = {
#define CONSUMER(name, first, then, check, how) {name, REQUEST_##first, REQUEST_##then, check, how},
#include "judge/consumers.def"
#undef CONSUMER
};

/* The length of a name without the "()" at its end. */
static size_t stem(const char *name)
{
    size_t length = strlen(name);

    return length > 2 && strcmp(name + length - 2, "()") == 0 ? length - 2 : length;
}

const struct consumer *consumer_find(const char *name)
{
    size_t length = stem(name);
    size_t i;

    for (i = 0; i < CONSUMER_COUNT; i++) {
        if (stem(consumers[i].name) == length && strncasecmp(consumers[i].name, name, length) == 0) {
            return &consumers[i];
        }
    }
    return NULL;
}

/* Why a request brought nothing. */
static void explain(const struct transcript *transcript, int request, struct text *why)
{
    const struct reply *reply = &transcript->sweeps[0][request];
    const struct crash *crash = transcript_crash(transcript, request);

    if (reply->outcome == OUTCOME_REFUSED) {
        text_printf(why, "refused %s: %s", requests[request].name,
                    reply->exception.set ? reply->exception.type : "without an exception");
        if (reply->exception.text[0] != '\0') {
            text_printf(why, ": %s", reply->exception.text);
        }
    } else if (crash != NULL) {
        text_printf(why, "%s: ", requests[request].name);
        crash_text(crash, transcript->timeout, why);
    } else {
        text_printf(why, "%s was not sent", requests[request].name);
    }
}

static bool check_reply(const struct consumer *consumer, const struct transcript *transcript,
                        const struct reply *reply, struct text *why)
{
    struct reading reading = {.transcript = transcript, .reply = reply};
    struct error error = ERROR_INIT;
    bool can;

    if (!reply_layout(reply, &reading.layout)) {
        return CANNOT(why, "the answer makes no sense");
    }
    if (reading.layout.given & LAYOUT_FORMAT) {
        reading.format = reading.layout.format;
        reading.parsed =
            format_parse(&reading.parsed_format, reading.format, reading.layout.itemsize, &error);
    }
    can = consumer->check(&reading, why);
    if (reading.parsed) {
        format_free(&reading.parsed_format);
    }
    return can;
}

bool consumer_can_read(const struct consumer *consumer, const struct transcript *transcript, struct text *why)
{
    int request = request_find(consumer->flags);
    int fallback = request_find(consumer->fallback);

    if (transcript->sweeps[0][request].outcome == OUTCOME_REFUSED) {
        request = fallback;
    }
    if (transcript->sweeps[0][request].outcome != OUTCOME_GRANTED) {
        explain(transcript, request, why);
        return false;
    }
    return check_reply(consumer, transcript, &transcript->sweeps[0][request], why);
}
