/*
 * Consumers that are compiled for an element type T: Cython, pybind11, nanobind, PyO3.
 */
#include "known/reads.h"

#include "known/cython.h"

#include <limits.h>
#include <string.h>

enum { LITTLE = __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__ };

/* --- Cython's typed memoryviews --- */

enum mode {
    MODE_STRIDED,
    MODE_C,
    MODE_F,
};

/* A structure that fits: for an array or a text, one that has it for its only member. */
static void name_record(struct reading *reading, struct format_field *root)
{
    struct format_field whole = {.kind = FORMAT_STRUCT, .fields = root, .field_count = 1};
    const struct format_field *record = root->kind == FORMAT_STRUCT                      ? root
                                        : root->ndim > 0 || root->kind == FORMAT_BYTES ? &whole
                                                                                         : NULL;
    struct cython_type type;

    if (record != NULL && cython_type_of_record(record, &type) &&
        cython_read(reading->answer.format, &type) == CYTHON_TAKES) {
        element_record(record, (size_t)reading->answer.itemsize, LANGUAGE_CYTHON, &reading->verdict->record);
    }
}

/* Which T the format is read for. */
static bool name_cython_types(struct reading *reading, bool is_const)
{
    struct verdict *verdict = reading->verdict;
    const struct answer *answer = &reading->answer;
    struct format_field *root = &reading->format.root;
    struct cython_type type;
    enum cython_answer text = cython_read(answer->format, NULL);
    const char *crashes = NULL;
    size_t i;

    if (text == CYTHON_RUNS_ON) {
        return cannot(reading, "unpredictable: a name in format '%.80s' has no end, and Cython reads on past the format's",
                      answer->format);
    }
    if (text == CYTHON_HANGS) {
        return cannot(reading, "hangs: Cython never passes a space in a shape, as in format '%.80s'", answer->format);
    }

    for (i = 0; i < ELEMENT_COUNT; i++) {
        const struct element *element = &elements[i];
        enum cython_answer said;

        if (!(element->languages & LANGUAGE_CYTHON) || (is_const && element->group == GROUP_OBJECT)) {
            continue;
        }
        cython_type_of(element, is_const, &type);
        said = cython_read(answer->format, &type);
        crashes = said == CYTHON_CRASHES ? "T the first field's type crashes Cython" : crashes;
        if (said == CYTHON_TAKES && (size_t)answer->itemsize == element->size) {
            verdict->types[verdict->type_count++] = element;
        }
    }
    if (reading->parsed) {
        name_record(reading, root);
    }
    if (reading->parsed && crashes == NULL && root->kind == FORMAT_STRUCT &&
        cython_crashes_for_fewer(answer->format, root)) {
        crashes = "T a structure of the first fields alone crashes Cython";
    }
    if (verdict->type_count == 0 && verdict->record.length == 0) {
        return cannot(reading, "no T fits format '%.80s' with itemsize %lld%s%s", answer->format,
                      (long long)answer->itemsize, crashes != NULL ? "; " : "", crashes != NULL ? crashes : "");
    }
    if (crashes != NULL) {
        but(reading, "but %s", crashes);
    }
    return true;
}

/* It looks at the strides again, for itself. */
static bool check_dimension(struct reading *reading, int d, bool contiguous)
{
    const struct layout *layout = &reading->answer.layout;
    ptrdiff_t stride = layout->strides[d];

    if (layout->shape[d] > 1 && !reading->answer.has_strides) {
        if (contiguous && d != layout->ndim - 1) {
            return cannot(reading, "strides are NULL, which means C-contiguous");
        }
        if (reading->answer.has_suboffsets) {
            return cannot(reading, "suboffsets without strides");
        }
    } else if (layout->shape[d] > 1 && contiguous && stride != layout->itemsize) {
        return cannot(reading, "strides[%d] is %td, which must be the itemsize", d, stride);
    }
    return !reading->answer.has_suboffsets || layout->suboffsets[d] < 0 || cannot(reading, "suboffsets");
}

static bool check_order(struct reading *reading, enum mode mode)
{
    const struct layout *layout = &reading->answer.layout;
    int d;

    if (reading->answer.len <= 0) {
        return true;
    }
    for (d = 0; d < layout->ndim; d++) {
        bool contiguous = (mode == MODE_C && d == layout->ndim - 1) || (mode == MODE_F && d == 0);
        ptrdiff_t stride = layout->strides[d] < 0 ? -layout->strides[d] : layout->strides[d];

        if (!check_dimension(reading, d, contiguous)) {
            return false;
        }
        if (mode != MODE_STRIDED && !contiguous && layout->shape[d] > 1 && reading->answer.has_strides &&
            stride < layout->itemsize) {
            return cannot(reading, "strides[%d] is less than the itemsize", d);
        }
    }
    return !reading->answer.has_strides || mode == MODE_STRIDED ||
           (mode == MODE_C ? layout_is_c_contiguous(layout) : layout_is_f_contiguous(layout)) ||
           cannot(reading, "not %c-contiguous, which it looks at again", mode == MODE_C ? 'C' : 'F');
}

static bool check_typed(struct reading *reading, enum mode mode, bool is_const)
{
    const struct answer *answer = &reading->answer;

    if (!reading_ask(reading)) {
        return false;
    }
    if (answer->format == NULL) {
        return cannot(reading, "format is NULL, which crashes it");
    }
    if (answer->ndim == 0) {
        return cannot(reading, "ndim is 0, and there is no T[]");
    }
    if (answer->ndim > CYTHON_DIMENSIONS) {
        return cannot(reading, "ndim is %lld, and no more than %d can be written", (long long)answer->ndim,
                      CYTHON_DIMENSIONS);
    }
    if (!answer->has_shape) {
        return cannot(reading, "shape is NULL, which crashes it");
    }
    return name_cython_types(reading, is_const) && check_order(reading, mode) && reads_items(reading);
}

bool check_cython(struct reading *reading)
{
    return check_typed(reading, MODE_STRIDED, false);
}

bool check_cython_const(struct reading *reading)
{
    return check_typed(reading, MODE_STRIDED, true);
}

bool check_cython_c(struct reading *reading)
{
    return check_typed(reading, MODE_C, !(reading->consumer->flags & REQUEST_WRITABLE));
}

bool check_cython_f(struct reading *reading)
{
    return check_typed(reading, MODE_F, !(reading->consumer->flags & REQUEST_WRITABLE));
}

/* --- pybind11's buffer_info: the text of the format, and no other, but for long's and size_t's codes --- */

static void name_buffer_info_types(struct reading *reading)
{
    static const struct {
        const char *format;
        enum group group;
        size_t size;
    } known[] = {
        {"?", GROUP_BOOL, 1},
        {"b", GROUP_INT, 1},
        {"h", GROUP_INT, 2},
        {"i", GROUP_INT, 4},
        {"q", GROUP_INT, 8},
        {"l", GROUP_INT, sizeof(long)},
        {"n", GROUP_INT, sizeof(size_t)},
        {"B", GROUP_UINT, 1},
        {"H", GROUP_UINT, 2},
        {"I", GROUP_UINT, 4},
        {"Q", GROUP_UINT, 8},
        {"L", GROUP_UINT, sizeof(long)},
        {"N", GROUP_UINT, sizeof(size_t)},
        {"f", GROUP_FLOAT, sizeof(float)},
        {"d", GROUP_FLOAT, sizeof(double)},
        {"g", GROUP_FLOAT, sizeof(long double)},
        {"Zf", GROUP_COMPLEX, 2 * sizeof(float)},
        {"Zd", GROUP_COMPLEX, 2 * sizeof(double)},
        {"Zg", GROUP_COMPLEX, 2 * sizeof(long double)},
    };
    size_t i;

    for (i = 0; i < sizeof known / sizeof known[0]; i++) {
        if (strcmp(reading->answer.format, known[i].format) == 0 &&
            reading->answer.itemsize == (int64_t)known[i].size) {
            add_types(reading, known[i].group, known[i].size);
        }
    }
}

bool check_buffer_info(struct reading *reading)
{
    const struct answer *answer = &reading->answer;

    if (!reading_ask(reading)) {
        return false;
    }
    if (answer->format == NULL) {
        return cannot(reading, "format is NULL");
    }
    if (!answer->has_shape && answer->ndim > 0) {
        return cannot(reading, "shape is NULL, which crashes it");
    }
    name_buffer_info_types(reading);
    if (layout_has_suboffsets(&answer->layout)) {
        return but(reading, "but it does not see the suboffsets");
    }
    if (answer->ndim > 0 && !answer->has_strides) {
        return but(reading, "but versions before 2.6 read strides, which are NULL");
    }
    if (!but_len(reading, true) && reading->verdict->type_count == 0) {
        but(reading, "but as bytes: item_type_is_equivalent_to<T> is true of no T");
    }
    return true;
}

/* --- nanobind: one code, and as many bits as the itemsize has --- */

static bool find_nanobind_group(const char *format, enum group *group)
{
    static const struct {
        const char *codes;
        enum group group;
    } known[] = {
        {"cbhilqn", GROUP_INT}, {"BHILQN", GROUP_UINT}, {"efd", GROUP_FLOAT}, {"?", GROUP_BOOL},
    };
    bool is_complex;
    size_t i;

    if (format == NULL) {
        return *group = GROUP_UINT, true;
    }
    format += *format != '\0' && strchr(LITTLE ? "@=<" : "@=>!", *format) != NULL;
    is_complex = *format == 'Z';
    format += is_complex;
    if (format[0] == '\0' || format[1] != '\0') {
        return false;
    }
    for (i = 0; i < sizeof known / sizeof known[0]; i++) {
        if (strchr(known[i].codes, *format) != NULL && (!is_complex || known[i].group == GROUP_FLOAT)) {
            *group = is_complex ? GROUP_COMPLEX : known[i].group;
            return true;
        }
    }
    return false;
}

static bool has_whole_strides(const struct layout *layout)
{
    int d;

    for (d = 0; d < layout->ndim; d++) {
        if (layout->strides[d] % layout->itemsize != 0) {
            return false;
        }
    }
    return true;
}

/* What __dlpack__ gives, which it asks before it asks for any buffer; NULL: nothing. */
static const struct told *nanobind_capsule(const struct reading *reading, bool writable)
{
    const struct transcript *transcript = reading->subject->transcript;
    const struct told *told = NULL;

    if (transcript != NULL) {
        told = &transcript->protocols.told[PROTOCOL_DLPACK];
        if (!writable && transcript->protocols.dlpack.plain.outcome == OUTCOME_GRANTED) {
            told = &transcript->protocols.dlpack.plain;
        }
    }
    return told != NULL && told->outcome == OUTCOME_GRANTED ? told : NULL;
}

/* The group of "float32", as DLPack calls its types. */
static bool find_tensor_group(const char *type, enum group *group)
{
    static const struct {
        const char *name;
        enum group group;
    } known[] = {
        {"int", GROUP_INT}, {"uint", GROUP_UINT}, {"float", GROUP_FLOAT}, {"complex", GROUP_COMPLEX}, {"bool", GROUP_BOOL},
    };
    size_t i, length = strcspn(type, "0123456789");

    for (i = 0; i < sizeof known / sizeof known[0]; i++) {
        if (strlen(known[i].name) == length && memcmp(known[i].name, type, length) == 0) {
            *group = known[i].group;
            return type[length + strspn(type + length, "0123456789")] == '\0';
        }
    }
    return false;
}

static bool check_capsule(struct reading *reading, const struct told *told, bool writable)
{
    enum group group;

    if (!told->have_layout) {
        return cannot(reading, "__dlpack__ gives what tells of no memory");
    }
    if (writable && told->readonly == SAID_YES) {
        return cannot(reading, "__dlpack__ says that the memory is read-only");
    }
    if (!find_tensor_group(told->type, &group) || !add_types(reading, group, (size_t)told->itemsize)) {
        return cannot(reading, "__dlpack__ tells of %.80s, which is no T's", told->type);
    }
    return but(reading, "by __dlpack__, before any buffer is asked for");
}

bool check_nanobind(struct reading *reading)
{
    bool writable = (reading->consumer->flags & REQUEST_WRITABLE) != 0;
    const struct answer *answer = &reading->answer;
    const struct told *told = nanobind_capsule(reading, writable);
    enum group group;

    if (told != NULL) {
        return check_capsule(reading, told, writable);
    }
    if (!reading_ask(reading)) {
        return false;
    }
    if (!find_nanobind_group(answer->format, &group)) {
        return cannot(reading, "cannot read format '%.80s'", answer->format);
    }
    if (answer->ndim > 0 && (!answer->has_shape || !answer->has_strides)) {
        return cannot(reading, "%s NULL, which crashes it", answer->has_shape ? "strides are" : "shape is");
    }
    if (answer->ndim > 0 && (answer->itemsize == 0 || !has_whole_strides(&answer->layout))) {
        return cannot(reading, answer->itemsize == 0 ? "itemsize is 0, which crashes it"
                                                     : "strides are no multiples of the itemsize");
    }
    if (!add_types(reading, group, (size_t)answer->itemsize)) {
        return cannot(reading, "no T has the code of '%.80s' and %lld bytes",
                      answer->format != NULL ? answer->format : "B", (long long)answer->itemsize);
    }
    if (reading->subject->transcript == NULL && (reading->subject->kin & KIN_DLPACK)) {
        return but(reading, "by __dlpack__, before any buffer is asked for");
    }
    return reads_items(reading);
}

/* --- PyO3: it takes '>', and not '<', for the byte order of a little-endian machine --- */

static bool find_rust_type(const char *format, enum group *group, size_t *size)
{
    static const struct {
        char code;
        enum group group;
        size_t native, standard; /* bytes; 0: not known in that mode */
    } known[] = {
        {'c', GROUP_UINT, 1, 1},
        {'b', GROUP_INT, 1, 1},
        {'B', GROUP_UINT, 1, 1},
        {'h', GROUP_INT, sizeof(short), 2},
        {'H', GROUP_UINT, sizeof(short), 2},
        {'i', GROUP_INT, sizeof(int), 4},
        {'I', GROUP_UINT, sizeof(int), 4},
        {'l', GROUP_INT, sizeof(long), 4},
        {'L', GROUP_UINT, sizeof(long), 4},
        {'q', GROUP_INT, sizeof(long long), 8},
        {'Q', GROUP_UINT, sizeof(long long), 8},
        {'n', GROUP_INT, sizeof(size_t), 0},
        {'N', GROUP_UINT, sizeof(size_t), 0},
        {'f', GROUP_FLOAT, 4, 4},
        {'d', GROUP_FLOAT, 8, 8},
    };
    bool standard = *format != '\0' && strchr("=<>!", *format) != NULL;
    const char *code = standard || *format == '@' ? format + 1 : format;
    size_t i;

    for (i = 0; code[0] != '\0' && code[1] == '\0' && i < sizeof known / sizeof known[0]; i++) {
        if (known[i].code == *code) {
            *group = known[i].group;
            *size = standard ? known[i].standard : known[i].native;
            return *size != 0;
        }
    }
    return false;
}

bool check_pyo3(struct reading *reading)
{
    const struct answer *answer = &reading->answer;
    const char *format;
    enum group group;
    size_t size;

    if (!reading_ask(reading)) {
        return false;
    }
    format = answer->format != NULL ? answer->format : "B";
    if (!answer->has_shape || !answer->has_strides) {
        return cannot(reading, answer->has_shape ? "strides are NULL" : "shape is NULL");
    }
    if (!find_rust_type(format, &group, &size)) {
        return cannot(reading, "format '%.80s' is no single number that a T is", format);
    }
    if (format[0] == '<' || (format[0] == '!' && LITTLE)) {
        return cannot(reading, "cannot read '%.80s': byte order mark", format);
    }
    if (size != (size_t)answer->itemsize) {
        return cannot(reading, "itemsize is %lld, but T for '%.80s' has %zu bytes", (long long)answer->itemsize,
                      format, size);
    }
    if (answer->buf % size != 0) {
        return cannot(reading, "buf is not aligned");
    }
    add_types(reading, group, size);
    if (format[0] == '>' && LITTLE && size > 1) {
        return but(reading, "but it reads the bytes of each item the wrong way round");
    }
    return reads_items(reading);
}
