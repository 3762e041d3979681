/*
 * What helps a consumer that cannot read: each thing that is known to help
 * somebody is made of the exporter, on paper, and offered to the consumer.
 */
#include "known/reads.h"

#include "base/error.h"

#include <stdio.h>
#include <string.h>

enum {
    REMEDIES = 2,         /* that are named at most */
    SOMEWHERE = 0x100000, /* an address of new memory, aligned for anything */
};

/* --- arrays --- */

/* Has its dtype a mark for the byte order?  That of the machine is kept, too, where it was written so ('<i'). */
static bool is_marked(const struct format_field *field)
{
    return field->unit > 1 && (field->order != FORMAT_NATIVE_ORDER ||
                               field->mode == '<' || field->mode == '>' || field->mode == '!');
}

/* A dtype's own spelling of a plain code; false for what is none. */
static bool spell(const struct format_field *field, bool native, bool aligned, char *format, size_t size)
{
    static const char *const ints[] = {"b", "h", "i", sizeof(long) == 8 ? "l" : "q"};
    static const char *const uints[] = {"B", "H", "I", sizeof(long) == 8 ? "L" : "Q"};
    const char *mark = is_marked(field) && !native ? (field->order == '>' ? ">" : "<") : aligned ? "" : "=";
    int log = field->unit == 8 ? 3 : field->unit == 4 ? 2 : field->unit == 2 ? 1 : 0;
    const char *code = NULL;
    char one[2] = {field->code, '\0'};
    enum group group;

    if (field->ndim != 0 || !element_group(field, &group)) {
        return false;
    }
    switch (group) {
    case GROUP_INT:
        code = *mark != '\0' && log == 3 ? "q" : ints[log];
        break;
    case GROUP_UINT:
        code = *mark != '\0' && log == 3 ? "Q" : uints[log];
        break;
    case GROUP_CHAR:
        return snprintf(format, size, "%zus", field->unit) > 0;
    case GROUP_COMPLEX:
        return snprintf(format, size, "%sZ%c", mark, field->unit == 8 ? 'f' : field->unit == 16 ? 'd' : 'g') > 0;
    default:
        code = one;
        break;
    }
    return snprintf(format, size, "%s%s", mark, code) > 0;
}

/* An order behind the item ('i<') is the dtype's, too: which the parser does not tell. */
static bool ends_in_order(const char *format)
{
    size_t length = strlen(format);

    return length > 0 && strchr("@=<>!^", format[length - 1]) != NULL;
}

/* numpy.asarray(x), when it takes the buffer; `native` in the byte order of the machine. */
static bool make_array(const struct subject *from, bool native, struct subject *to)
{
    struct verdict verdict = VERDICT_INIT;
    struct error error = ERROR_INIT;
    struct answer answer;
    struct format format;
    bool known = false;

    subject_ask(from, REQUEST_FULL_RO, &answer);
    if (answer.outcome == OUTCOME_GRANTED && answer.sound && answer.format != NULL && !answer.has_suboffsets &&
        !ends_in_order(answer.format) &&
        (answer.ndim == 0 || !(from->kin & KIN_NUMPY_SCALAR)) &&
        consumer_reads(consumer_find("numpy.asarray"), from, &verdict) &&
        format_parse(&format, answer.format, (ptrdiff_t)answer.itemsize, &error)) {
        memset(to, 0, sizeof *to);
        snprintf(to->format, sizeof to->format, "%s", answer.format);
        bool aligned = format.root.unit == 0 || answer.buf % format.root.unit == 0;

        known = (size_t)answer.itemsize == format.root.size && (!native || is_marked(&format.root)) &&
                (spell(&format.root, native, aligned || native, to->format, sizeof to->format) ||
                 ((from->kin & KIN_NDARRAY) && !native));
        format_free(&format);
    }
    verdict_free(&verdict);
    to->layout = answer.layout;
    to->kin = KIN_NDARRAY | KIN_DLPACK | KIN_INDEX | (from->kin & KIN_TITLES);
    to->python_version = from->python_version;
    return known;
}

static void take_memory(struct subject *to)
{
    to->layout.readonly = false;
    to->layout.buf = (const unsigned char *)(uintptr_t)SOMEWHERE;
    if (to->format[0] == '=') {
        memmove(to->format, to->format + 1, strlen(to->format)); /* said of memory that is not aligned */
    }
}

/* A copy, in an order of its own, of what is not so already. */
static bool copy_array(struct subject *to, bool fortran)
{
    struct layout *layout = &to->layout;

    if (layout->ndim == 0) {
        layout->ndim = 1;
        layout->shape[0] = 1;
        layout->strides[0] = layout->itemsize;
        return true;
    }
    if (fortran ? layout_is_f_contiguous(layout) : layout_is_c_contiguous(layout)) {
        return true;
    }
    take_memory(to);
    return (fortran ? layout_f_strides : layout_c_strides)(layout->ndim, layout->shape, layout->itemsize,
                                                           layout->strides);
}

static bool make_ascontiguousarray(const struct subject *from, struct subject *to)
{
    return make_array(from, false, to) && copy_array(to, false);
}

static bool make_asfortranarray(const struct subject *from, struct subject *to)
{
    return make_array(from, false, to) && to->layout.ndim > 1 && copy_array(to, true);
}

static bool make_asarray(const struct subject *from, struct subject *to)
{
    return !(from->kin & KIN_NDARRAY) && make_array(from, false, to);
}

static ptrdiff_t magnitude(ptrdiff_t stride)
{
    return stride < 0 ? -stride : stride;
}

/* NumPy's order 'K': the dimensions from the largest stride to the smallest, without gaps. */
static void keep_order(struct layout *layout)
{
    int order[LAYOUT_MAX_NDIM];
    ptrdiff_t stride = layout->itemsize;
    int d, place;

    for (d = 0; d < layout->ndim; d++) {
        ptrdiff_t own = magnitude(layout->strides[d]);

        for (place = d; place > 0 && magnitude(layout->strides[order[place - 1]]) < own; place--) {
            order[place] = order[place - 1];
        }
        order[place] = d;
    }
    for (place = layout->ndim - 1; place >= 0; place--) {
        layout->strides[order[place]] = stride;
        stride *= layout->shape[order[place]];
    }
}

/* .astype(.. .newbyteorder('=')): a copy as it lies, gaps left out. */
static bool make_native(const struct subject *from, struct subject *to)
{
    if (!make_array(from, true, to)) {
        return false;
    }
    to->layout.readonly = false;
    if (to->layout.ndim > 0 && !layout_is_c_contiguous(&to->layout) && !layout_is_f_contiguous(&to->layout)) {
        keep_order(&to->layout);
        take_memory(to);
    }
    return true;
}

/* An array's method gives one of the same class, whose __buffer__ may be in Python: not foreseen. */
static bool has_plain_methods(const struct subject *from)
{
    return (from->kin & KIN_NDARRAY) && (from->transcript == NULL || !from->transcript->python_buffer);
}

static bool make_native_array(const struct subject *from, struct subject *to)
{
    return has_plain_methods(from) && make_native(from, to);
}

static bool make_native_other(const struct subject *from, struct subject *to)
{
    return !(from->kin & KIN_NDARRAY) && make_native(from, to);
}

static bool make_transposed(const struct subject *from, struct subject *to)
{
    struct layout *layout = &to->layout;
    int d;

    if (!has_plain_methods(from) || !make_array(from, false, to) || layout->ndim < 2) {
        return false;
    }
    for (d = 0; d < layout->ndim / 2; d++) {
        int other = layout->ndim - 1 - d;
        ptrdiff_t extent = layout->shape[d];
        ptrdiff_t stride = layout->strides[d];

        layout->shape[d] = layout->shape[other];
        layout->strides[d] = layout->strides[other];
        layout->shape[other] = extent;
        layout->strides[other] = stride;
    }
    return true;
}

/* Dates and times: known by what NumPy says of them. */
static bool make_numbers(const struct subject *from, struct subject *to)
{
    const char *start = "cannot include dtype '";
    const struct exception *exception;
    struct answer answer;

    if (from->transcript == NULL || !(from->kin & KIN_NDARRAY)) {
        return false;
    }
    exception = &from->transcript->sweeps[0][request_find(REQUEST_FULL_RO)].exception;
    subject_ask(from, REQUEST_STRIDES, &answer);
    if (!answer.sound || answer.itemsize != 8 || strncmp(exception->text, start, strlen(start)) != 0 ||
        strchr("Mm", exception->text[strlen(start)]) == NULL) {
        return false;
    }
    memset(to, 0, sizeof *to);
    to->layout = answer.layout;
    snprintf(to->format, sizeof to->format, sizeof(long) == 8 ? "l" : "q");
    to->kin = KIN_NDARRAY | KIN_DLPACK | KIN_INDEX | (from->kin & KIN_TITLES);
    to->python_version = from->python_version;
    return true;
}

/* --- bytes --- */

static bool make_cast(const struct subject *from, struct subject *to)
{
    struct verdict verdict = VERDICT_INIT;
    bool can = consumer_reads(consumer_find("memoryview.cast"), from, &verdict) && subject_memoryview(from, to);
    struct layout *layout = &to->layout;

    verdict_free(&verdict);
    if (can) {
        layout->ndim = 1;
        layout->shape[0] = layout->len;
        layout->strides[0] = layout->itemsize = 1;
        snprintf(to->format, sizeof to->format, "B");
        to->kin &= ~(unsigned)(KIN_CTYPES | KIN_NO_DTYPE);
    }
    return can;
}

static bool make_bytes(const struct subject *from, struct subject *to)
{
    struct layout *layout = &to->layout;

    if (!subject_memoryview(from, to)) {
        return false;
    }
    layout->ndim = 1;
    layout->shape[0] = layout->len;
    layout->strides[0] = layout->itemsize = 1;
    layout->suboffsets[0] = -1;
    layout->given = 0;
    layout->readonly = true;
    layout->buf = (const unsigned char *)(uintptr_t)SOMEWHERE;
    snprintf(to->format, sizeof to->format, "B");
    to->kin = KIN_BYTES;
    to->has_release = false;
    return true;
}

static bool make_encoded(const struct subject *from, struct subject *to)
{
    return (from->kin & KIN_STR) && make_bytes(from, to);
}

static bool make_byte_array(const struct subject *from, struct subject *to)
{
    bool made = (from->kin & KIN_BYTES) && make_bytes(from, to);

    to->kin = KIN_NDARRAY | KIN_DLPACK;
    return made;
}

static bool make_bytearray(const struct subject *from, struct subject *to)
{
    bool made = !(from->kin & KIN_STR) && make_bytes(from, to);

    to->layout.readonly = false;
    to->kin = 0;
    to->has_release = true;
    return made;
}

/* --- the table --- */

enum {
    FOR_ITEMS = 1,   /* helps those that read items */
    FOR_BYTES = 2,   /* .. and bytes */
    FOR_WRITING = 4, /* .. and those that write for the exporter to see */
    FOR_KEEPING = 8, /* .. and those that want memory of their own to write into */
    OF_NUMPY = 16,
};

static const struct {
    const char *text;
    unsigned fits;
    bool (*make)(const struct subject *from, struct subject *to);
} made[] = {
    {"(EXPR).view('i8')", FOR_ITEMS | FOR_BYTES | FOR_WRITING | OF_NUMPY, make_numbers},
    {"(EXPR).encode()", FOR_BYTES, make_encoded},
    {"memoryview(EXPR)", FOR_ITEMS | FOR_BYTES | FOR_WRITING, subject_memoryview},
    {"numpy.frombuffer(EXPR, 'u1')", FOR_ITEMS | OF_NUMPY, make_byte_array},
    {"numpy.asarray(EXPR)", FOR_ITEMS | OF_NUMPY, make_asarray},
    {"numpy.ascontiguousarray(EXPR)", FOR_ITEMS | FOR_BYTES | OF_NUMPY, make_ascontiguousarray},
    {"numpy.asfortranarray(EXPR)", FOR_ITEMS | OF_NUMPY, make_asfortranarray},
    {"(EXPR).T", FOR_ITEMS | FOR_BYTES | FOR_WRITING | OF_NUMPY, make_transposed},
    {"(EXPR).astype((EXPR).dtype.newbyteorder('='))", FOR_ITEMS | OF_NUMPY, make_native_array},
    {"numpy.asarray(EXPR).astype(numpy.asarray(EXPR).dtype.newbyteorder('='))", FOR_ITEMS | OF_NUMPY,
     make_native_other},
    {"memoryview(EXPR).cast('B')", FOR_ITEMS | FOR_BYTES | FOR_WRITING, make_cast},
    {"memoryview(EXPR).tobytes()", FOR_BYTES, make_bytes},
    {"bytearray(EXPR)", FOR_KEEPING, make_bytearray},
};

static unsigned find_need(const struct consumer *consumer)
{
    if (consumer->languages != 0 || consumer->check == check_memoryview || consumer->check == check_asarray) {
        return FOR_ITEMS;
    }
    if (consumer->check == check_ctypes) {
        return FOR_BYTES | FOR_KEEPING;
    }
    return (consumer->flags & REQUEST_WRITABLE) && consumer->fallback == consumer->flags ? FOR_WRITING : FOR_BYTES;
}

static bool helps(const struct consumer *consumer, const struct subject *subject)
{
    struct verdict verdict = VERDICT_INIT;
    bool reads = consumer_reads(consumer, subject, &verdict);

    verdict_free(&verdict);
    return reads;
}

/* Something that is declared otherwise: the same without PyBUF_WRITABLE. */
static int declare_const(const struct consumer *consumer, const struct subject *subject, struct text *remedy)
{
    struct consumer reader = *consumer;
    struct text name = TEXT_INIT;
    struct answer truth;
    const char *what;

    if (consumer->languages == 0 || !(consumer->flags & REQUEST_WRITABLE)) {
        return 0;
    }
    reader.flags &= ~REQUEST_WRITABLE;
    reader.fallback = reader.flags;
    if ((consumer->check == check_cython ? !helps(consumer_find("Cython const T[:]"), subject)
                                         : !helps(&reader, subject)) ||
        !subject_truth(subject, &truth)) {
        return 0;
    }
    if (consumer_has_dimensions(consumer)) {
        consumer_name(consumer, truth.layout.ndim, &name);
        what = text_string(&name) + strlen("Cython ");
        text_printf(remedy, "const %s", what);
    } else {
        text_puts(remedy, "ndarray<const T>");
    }
    text_free(&name);
    return 1;
}

void find_remedy(const struct consumer *consumer, const struct subject *subject, struct verdict *verdict)
{
    unsigned need = find_need(consumer);
    bool numpy_first = (subject->kin & KIN_NDARRAY) || need == FOR_ITEMS;
    int count = declare_const(consumer, subject, &verdict->remedy);
    struct subject other;
    int turn;
    size_t i;

    if (count > 0) {
        return;
    }
    for (turn = 0; turn < 2; turn++) {
        for (i = 0; i < sizeof made / sizeof made[0] && count < REMEDIES; i++) {
            bool is_last = need == FOR_ITEMS && made[i].make == make_cast; /* other items */
            bool is_turn = ((made[i].fits & OF_NUMPY) != 0) == (numpy_first == (turn == 0));

            if (is_turn && (made[i].fits & need) && !(is_last && count > 0) && made[i].make(subject, &other) &&
                helps(consumer, &other)) {
                text_printf(&verdict->remedy, "%s%s", count > 0 ? ", or " : "", made[i].text);
                count++;
            }
        }
    }
}
