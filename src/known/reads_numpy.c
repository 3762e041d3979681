/*
 * NumPy, and what goes by way of its arrays.
 */
#include "known/reads.h"

#include "base/error.h"

#include <string.h>

/* --- the dtype of a format: NumPy's _dtype_from_pep3118 --- */

/* It leaves out all spaces but those in names, and stops at a '}' that closes nothing. */
static void numpy_text(const char *format, char text[TRANSCRIPT_FORMAT_SIZE])
{
    bool in_name = false;
    size_t length = 0;
    int depth = 0;

    for (; *format != '\0' && length + 1 < TRANSCRIPT_FORMAT_SIZE; format++) {
        in_name ^= *format == ':';
        depth += in_name ? 0 : (*format == '{') - (*format == '}');
        if (depth < 0) {
            break;
        }
        if (in_name || strchr(" \f\n\r\t\v", *format) == NULL) {
            text[length++] = *format;
        }
    }
    text[length] = '\0';
}

static void parse_as_numpy(struct reading *reading)
{
    const struct answer *answer = &reading->answer;
    struct error error = ERROR_INIT;

    numpy_text(answer->format, reading->numpy_format);
    if (strcmp(answer->format, reading->numpy_format) != 0) {
        reading_end(reading);
        reading->parsed = format_parse(&reading->format, reading->numpy_format, (ptrdiff_t)answer->itemsize, &error);
    }
}

/* PEP 3118's way of writing complex numbers, Zf; not ctypes' F. */
static bool is_written_with_z(const struct format_field *field)
{
    return memchr(field->text, 'Z', field->text_length) != NULL;
}

static bool is_refused(const struct format_field *field)
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

/* The first field, at any depth, that it does not take; NULL when it takes all. */
static const struct format_field *find_refused(const struct format_field *field)
{
    const struct format_field *found = is_refused(field) ? field : NULL;
    size_t i;

    for (i = 0; field->kind == FORMAT_STRUCT && i < field->field_count && found == NULL; i++) {
        found = find_refused(&field->fields[i]);
    }
    return found;
}

/* It goes by the text alone, always with the padding that '@' asks for. */
static size_t numpy_size(const char *text, const struct format *format)
{
    struct error error = ERROR_INIT;
    size_t size = format->padded_size;
    struct format plain;

    if ((format->traits & FORMAT_UNALIGNED) && format_parse(&plain, text, -1, &error)) {
        size = plain.padded_size;
        format_free(&plain);
    }
    return size;
}

/* What a memoryview fills in where the exporter left NULL. */
static ptrdiff_t view_itemsize(const struct answer *answer)
{
    return (ptrdiff_t)answer->itemsize;
}

/* Has the format a dtype?  `size` gets its bytes. */
static bool find_dtype(struct reading *reading, size_t *size)
{
    const char *text = reading->answer.format;
    const struct format_field *field;

    *size = 1;
    if (text == NULL) {
        return true; /* 'B', from the memoryview */
    }
    parse_as_numpy(reading);
    if (!reading->parsed) {
        return cannot(reading, "cannot read format '%.80s'", text);
    }
    field = find_refused(&reading->format.root);
    if (field != NULL) {
        return cannot(reading, "cannot read '%.*s' in format '%.80s'",
                      field->text_length < 20 ? (int)field->text_length : 20, field->text, text);
    }
    if (reading->format.traits & FORMAT_DUPLICATE_NAME) {
        return cannot(reading, "two fields named '%.40s'", reading->format.duplicate);
    }
    *size = numpy_size(reading->numpy_format, &reading->format);
    return true;
}

/* --- numpy.asarray --- */

/* Arrays and scalars are known by their type; bytes are a scalar to it, too.  True when the question is settled. */
static bool is_known_by_type(struct reading *reading, bool *reads)
{
    unsigned kin = reading->subject->kin;

    if (kin & (KIN_NDARRAY | KIN_NUMPY_SCALAR)) {
        *reads = but(reading, kin & KIN_NDARRAY ? "it is an array already: no buffer is asked for"
                                                : "but a copy, of no dimensions: no buffer is asked for");
        return true;
    }
    if (kin & (KIN_BYTES | KIN_STR)) {
        *reads = cannot(reading, "text to it, of no dimensions, which it copies (dtype S or U): no buffer is asked for");
        return true;
    }
    return false;
}

/* Refused a memoryview, it looks for other protocols, and raises nothing when there are none. */
static bool without_buffer(struct reading *reading)
{
    if (reading->subject->kin & KIN_ARRAY_PROTOCOL) {
        text_clear(&reading->verdict->why);
        return but(reading, "but by __array_struct__, __array_interface__ or __array__: FULL_RO brings nothing");
    }
    return cannot(reading, "; it raises nothing, and makes an array of it as of any other object");
}

/* ctypes' formats are known to be wrong; the type itself is then looked at. */
static bool take_ctypes_layout(struct reading *reading)
{
    if (reading->subject->kin & KIN_NO_DTYPE) {
        return cannot(reading, "the format does not fit the itemsize, and NumPy makes no dtype of that size of the "
                               "ctypes type (bit-fields, pointers, inherited members, a union inside)");
    }
    reading->takes_type_layout = true;
    return but(reading, "but with a RuntimeWarning: the layout is the ctypes type's, for the format does not fit");
}

bool check_asarray(struct reading *reading)
{
    const struct answer *answer = &reading->answer;
    bool reads = false;
    size_t size;

    if (is_known_by_type(reading, &reads)) {
        return reads;
    }
    if (!reading_ask(reading)) {
        return answer->outcome == OUTCOME_REFUSED ? without_buffer(reading) : false;
    }
    if (!answer->has_shape && answer->ndim > 1) {
        return cannot(reading, "shape is NULL and ndim %lld: memoryview crashes", (long long)answer->ndim);
    }
    if (answer->has_suboffsets) {
        return cannot(reading, "suboffsets");
    }
    if (!find_dtype(reading, &size)) {
        return false;
    }
    if (size != (size_t)view_itemsize(answer)) {
        return reading->subject->kin & KIN_CTYPES
                   ? take_ctypes_layout(reading)
                   : cannot(reading, "itemsize is %td, but format '%.80s' makes %zu", view_itemsize(answer),
                            answer->format != NULL ? answer->format : "B", size);
    }
    if (reading->parsed && (reading->format.root.code == 'n' || reading->format.root.code == 'N')) {
        return but(reading, "but NumPy before 2.0 does not know '%c'", reading->format.root.code);
    }
    return reads_items(reading);
}

/* A type with bf_releasebuffer is held by a memoryview, and that is what is asked. */
bool check_frombuffer(struct reading *reading)
{
    struct subject view;

    if (reading->subject->has_release) {
        reading->verdict->asks = REQUEST_FULL_RO;
        if (!reading_ask_for(reading, reading->subject, REQUEST_FULL_RO, REQUEST_FULL_RO)) {
            return false;
        }
        if (!subject_memoryview(reading->subject, &view)) {
            return cannot(reading, "shape is NULL and ndim %lld: memoryview crashes", (long long)reading->answer.ndim);
        }
        reading_end(reading);
        if (!reading_ask_for(reading, &view, REQUEST_WRITABLE, REQUEST_SIMPLE)) {
            text_clear(&reading->verdict->why);
            return cannot(reading, "asked by way of a memoryview, which is not C-contiguous");
        }
        return reads_len(reading);
    }
    return check_bytes(reading);
}

/* --- pybind11's arrays, which are NumPy's --- */

static bool is_native(const struct format_field *field)
{
    return field->unit < 2 || field->order == FORMAT_NATIVE_ORDER;
}

/* Name the T whose dtype is the array's. */
static bool name_types(struct reading *reading)
{
    const struct format_field *root = &reading->format.root;
    size_t itemsize = (size_t)reading->answer.itemsize;
    enum group group;

    if ((reading->subject->kin & KIN_NUMPY_SCALAR) && reading->answer.ndim != 0) {
        return false; /* text, or a date: the bytes that it answers are not its dtype */
    }
    if (reading->answer.format == NULL) {
        return add_types(reading, GROUP_UINT, 1);
    }
    if (!reading->parsed) {
        return false;
    }
    if (root->kind == FORMAT_STRUCT && !(reading->subject->kin & KIN_TITLES)) {
        return element_record(root, itemsize, LANGUAGE_CXX, &reading->verdict->record);
    }
    return element_group(root, &group) && group != GROUP_CHAR && is_native(root) && !is_refused(root) &&
           add_types(reading, group, root->unit);
}

/* The dtype of an array is what it answers, when it answers with a format. */
static bool ask_array(struct reading *reading)
{
    return reading_ask_for(reading, reading->subject, REQUEST_FULL_RO, REQUEST_FULL_RO);
}

bool check_array_t(struct reading *reading)
{
    size_t length;

    if (!check_asarray(reading)) {
        return false;
    }
    if (reading->takes_type_layout) {
        return true;
    }
    length = reading->verdict->why.length;
    if (reading->answer.outcome == OUTCOME_GRANTED || ask_array(reading)) {
        name_types(reading);
    } else if (reading->verdict->why.length > length) {
        reading->verdict->why.length = length;
        reading->verdict->why.data[length] = '\0';
    }
    return true;
}

bool check_noconvert(struct reading *reading)
{
    if (!(reading->subject->kin & KIN_NDARRAY)) {
        return cannot(reading, "no numpy.ndarray, and nothing else is taken");
    }
    if (!ask_array(reading)) {
        text_clear(&reading->verdict->why);
        return cannot(reading, "its dtype is that of no T");
    }
    return name_types(reading) || cannot(reading, "the dtype of '%.80s'%s is that of no T",
                                         reading->answer.format != NULL ? reading->answer.format : "B",
                                         reading->subject->kin & KIN_TITLES ? ", which has titles," : "");
}
