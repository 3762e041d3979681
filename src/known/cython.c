#include "known/cython.h"

#include "format/format.h"

#include <ctype.h>
#include <limits.h>
#include <string.h>

enum { CYTHON_DEPTH = 100, CYTHON_STEPS = 100000 /* "9T{9T{9T{..." has no end */ };

/* Where it stands: the names are those of Cython's Buffer.c. */
struct walk {
    const struct cython_type *type; /* NULL: any */
    size_t leaf;            /* the next one; type->count at the end */
    size_t offset;          /* bytes, in the format */
    size_t alignment;       /* of the structure: that of its first member */
    size_t new_count, count;
    char code;              /* read and not yet compared; '\0' for none */
    bool is_complex;
    bool valid_array;
    char new_mode, mode;
    int steps;              /* that were made */
    enum cython_answer answer;
};

static bool end_with(struct walk *walk, enum cython_answer answer)
{
    walk->answer = answer;
    return false;
}

static bool refuse(struct walk *walk)
{
    return end_with(walk, CYTHON_REFUSES);
}

static size_t code_size(char code, bool is_complex, bool native)
{
    size_t times = is_complex ? 2 : 1;

    switch (code) {
    case '?': case 'c': case 'b': case 'B': case 's': case 'p':
        return 1;
    case 'h': case 'H':
        return 2;
    case 'i': case 'I':
        return 4;
    case 'l': case 'L':
        return native ? sizeof(long) : 4;
    case 'q': case 'Q':
        return 8;
    case 'f':
        return 4 * times;
    case 'd':
        return 8 * times;
    case 'g':
        return native ? sizeof(long double) * times : 0; /* no standard size */
    default:
        return sizeof(void *); /* O */
    }
}

static size_t code_alignment(char code)
{
    return code == 'g' ? _Alignof(long double) : code_size(code, false, true);
}

static enum group code_group(char code, bool is_complex)
{
    if (code == 'c') {
        return GROUP_CHAR;
    }
    if (code == 'O') {
        return GROUP_OBJECT;
    }
    if (strchr("fdg", code) != NULL) {
        return is_complex ? GROUP_COMPLEX : GROUP_FLOAT;
    }
    return strchr("?BHILQ", code) != NULL ? GROUP_UINT : GROUP_INT;
}

/* A string for a member that is an array of as many, or the shape that stood in front. */
static bool enter_array(struct walk *walk, const struct cython_leaf *leaf, size_t *elements_)
{
    int d;

    if (walk->code == 's' || walk->code == 'p') {
        walk->valid_array = leaf->ndim == 1;
        if (walk->count != leaf->shape[0]) {
            return refuse(walk);
        }
    }
    if (!walk->valid_array) {
        return refuse(walk);
    }
    for (d = 0; d < leaf->ndim; d++) {
        *elements_ *= leaf->shape[d];
    }
    walk->valid_array = false;
    walk->count = 1;
    return true;
}

/* The sign of a char is of no account. */
static bool matches(const struct cython_leaf *leaf, enum group group, size_t size)
{
    return leaf->size == size && (leaf->group == group || leaf->group == GROUP_CHAR || group == GROUP_CHAR);
}

/* One element of the format against the member at hand. */
static bool take_element(struct walk *walk, enum group group, size_t times)
{
    const struct cython_leaf *leaf = &walk->type->leaves[walk->leaf];
    size_t size = code_size(walk->code, walk->is_complex, walk->mode == '@' || walk->mode == '^');

    if (walk->mode == '@') {
        size_t alignment = code_alignment(walk->code);

        walk->offset = (walk->offset + alignment - 1) / alignment * alignment;
        walk->alignment = walk->alignment != 0 ? walk->alignment : alignment;
    }
    if (size == 0 || !matches(leaf, group, size) || walk->offset != leaf->offset) {
        return refuse(walk);
    }
    walk->offset += size * times;
    walk->count--;
    walk->leaf++;
    return walk->leaf < walk->type->count || walk->count == 0 || refuse(walk);
}

/* Compare what was read with the members; __Pyx_BufFmt_ProcessTypeChunk. */
static bool take_chunk(struct walk *walk)
{
    size_t times = 1;
    enum group group;

    if (walk->code == '\0' || walk->type == NULL) {
        return true;
    }
    if (walk->leaf == walk->type->count) {
        return end_with(walk, CYTHON_CRASHES);
    }
    if (walk->type->leaves[walk->leaf].ndim > 0 &&
        !enter_array(walk, &walk->type->leaves[walk->leaf], &times)) {
        return false;
    }
    group = code_group(walk->code, walk->is_complex);
    do {
        if (!take_element(walk, group, times)) {
            return false;
        }
    } while (walk->count != 0);
    walk->code = '\0';
    walk->is_complex = false;
    return true;
}

static bool read_number(const char **text, size_t *number)
{
    if (!isdigit((unsigned char)**text)) {
        return false;
    }
    for (*number = 0; isdigit((unsigned char)**text); (*text)++) {
        *number = (unsigned)(*number * 10 + (size_t)(**text - '0')); /* an int, there */
    }
    return true;
}

/* "(2,3)" */
static bool read_shape(struct walk *walk, const char **text)
{
    const struct cython_leaf *leaf;
    size_t number;
    int d = 0;

    (*text)++;
    if (walk->new_count != 1 || !take_chunk(walk)) {
        return walk->answer == CYTHON_CRASHES ? false : refuse(walk);
    }
    if (walk->type != NULL && walk->leaf == walk->type->count) {
        return end_with(walk, CYTHON_CRASHES);
    }
    leaf = walk->type != NULL ? &walk->type->leaves[walk->leaf] : NULL;
    while (**text != '\0' && **text != ')') {
        if (strchr(" \f\n\r\t\v", **text) != NULL) {
            return end_with(walk, CYTHON_HANGS);
        }
        if (!read_number(text, &number) || (leaf != NULL && d < leaf->ndim && number != leaf->shape[d]) ||
            (**text != ',' && **text != ')')) {
            return refuse(walk);
        }
        *text += **text == ',';
        d++;
    }
    if ((leaf != NULL && d != leaf->ndim) || **text == '\0') {
        return refuse(walk);
    }
    walk->valid_array = true;
    (*text)++;
    return true;
}

static bool read_text(struct walk *walk, const char **text, int depth);

static bool read_record(struct walk *walk, const char **text, int depth)
{
    size_t times = walk->new_count;
    size_t alignment = walk->alignment;
    const char *start = *text + 2;
    size_t i;

    walk->new_count = 1;
    if ((*text)[1] != '{' || depth == 0 || times > CYTHON_LEAVES) {
        return refuse(walk);
    }
    if (!take_chunk(walk)) {
        return false;
    }
    walk->count = 0;
    walk->alignment = 0;
    *text = start;
    for (i = 0; i < times; i++) {
        *text = start;
        if (!read_text(walk, text, depth - 1)) {
            return false;
        }
    }
    walk->alignment = alignment != 0 ? alignment : walk->alignment;
    return true;
}

/* A code, or Z and a code. */
static bool read_code(struct walk *walk, const char **text)
{
    bool is_complex = **text == 'Z';

    *text += is_complex;
    if (is_complex && (**text == '\0' || strchr("fdg", **text) == NULL)) {
        return refuse(walk);
    }
    if (**text != 's' && walk->code == **text && walk->is_complex == is_complex && walk->mode == walk->new_mode &&
        !walk->valid_array) {
        walk->count += walk->new_count;
    } else {
        if (!take_chunk(walk)) {
            return false;
        }
        walk->count = walk->new_count;
        walk->mode = walk->new_mode;
        walk->code = **text;
        walk->is_complex = is_complex;
    }
    walk->new_count = 1;
    (*text)++;
    return true;
}

/* x: bytes of no member. */
static bool read_pad(struct walk *walk, const char **text)
{
    if (!take_chunk(walk)) {
        return false;
    }
    walk->offset += walk->new_count;
    walk->new_count = 1;
    walk->count = 0;
    walk->mode = walk->new_mode;
    (*text)++;
    return true;
}

static bool read_order(struct walk *walk, const char **text)
{
    char mark = *(*text)++;

    if ((mark == '!' ? '>' : mark) == FORMAT_FOREIGN_ORDER) {
        return refuse(walk);
    }
    walk->new_mode = strchr("@^", mark) != NULL ? mark : '=';
    return true;
}

/* A name, up to its end, which is looked for past that of the text. */
static bool read_name(struct walk *walk, const char **text)
{
    const char *end = strchr(*text + 1, ':');

    if (end == NULL) {
        return end_with(walk, CYTHON_RUNS_ON);
    }
    *text = end + 1;
    return true;
}

static bool end_record(struct walk *walk, const char **text)
{
    size_t alignment = walk->alignment;

    (*text)++;
    if (!take_chunk(walk)) {
        return false;
    }
    if (alignment != 0) {
        walk->offset = (walk->offset + alignment - 1) / alignment * alignment;
    }
    return true;
}

static bool end_text(struct walk *walk)
{
    if (walk->type == NULL) {
        return true;
    }
    if (walk->code != '\0' && walk->leaf == walk->type->count) {
        return refuse(walk);
    }
    return take_chunk(walk) && (walk->leaf == walk->type->count || refuse(walk));
}

static bool read_text(struct walk *walk, const char **text, int depth)
{
    for (;;) {
        bool ok = true;
        char c = **text;

        if (walk->steps++ == CYTHON_STEPS) {
            return refuse(walk);
        }
        if (c == '\0') {
            return end_text(walk);
        }
        if (c == '}') {
            return end_record(walk, text);
        }
        if (c == ' ' || c == '\r' || c == '\n') {
            (*text)++;
        } else if (strchr("<>!=@^", c) != NULL) {
            ok = read_order(walk, text);
        } else if (c == 'T') {
            ok = read_record(walk, text, depth);
        } else if (c == 'x') {
            ok = read_pad(walk, text);
        } else if (strchr("Z?cbBhHiIlLqQfdgOps", c) != NULL) {
            ok = read_code(walk, text);
        } else if (c == ':') {
            ok = read_name(walk, text);
        } else if (c == '(') {
            ok = read_shape(walk, text);
        } else {
            ok = read_number(text, &walk->new_count) || refuse(walk);
        }
        if (!ok) {
            return false;
        }
    }
}

enum cython_answer cython_read(const char *format, const struct cython_type *type)
{
    struct walk walk = {
        .type = type, .new_count = 1, .new_mode = '@', .mode = '@', .answer = CYTHON_TAKES};

    read_text(&walk, &format, CYTHON_DEPTH);
    return walk.answer;
}

void cython_type_of(const struct element *element, bool is_const, struct cython_type *type)
{
    bool is_number = is_const && element->group == GROUP_CHAR;

    type->count = 1;
    type->leaves[0] = (struct cython_leaf){
        .group = is_number ? (CHAR_MIN < 0 ? GROUP_INT : GROUP_UINT) : element->group, .size = element->size};
}

/* The extents of an array of structures are those of its first member, as it is read. */
static bool add_leaf(struct cython_type *type, const struct format_field *field, size_t offset,
                     const struct format_field *array)
{
    struct cython_leaf *leaf = &type->leaves[type->count];
    int outer = array != NULL ? array->ndim : 0;
    int d;

    *leaf = (struct cython_leaf){.offset = offset, .size = field->kind == FORMAT_BYTES ? 1 : field->unit};
    if (!element_group(field, &leaf->group) || outer + field->ndim >= CYTHON_MAX_NDIM) {
        return false;
    }
    leaf->group = leaf->group == GROUP_BOOL ? GROUP_UINT : leaf->group;
    for (d = 0; d < outer; d++) {
        leaf->shape[leaf->ndim++] = array->shape[d];
    }
    for (d = 0; d < field->ndim; d++) {
        leaf->shape[leaf->ndim++] = field->shape[d];
    }
    if (field->kind == FORMAT_BYTES) {
        leaf->shape[leaf->ndim++] = field->unit;
    }
    type->count++;
    return true;
}

/* As many as there are types for; false when that is not all.  With `arrays`, those of structures are gone into. */
static bool add_leaves(struct cython_type *type, const struct format_field *record, size_t offset, int depth,
                       bool arrays, const struct format_field *array)
{
    size_t i;

    for (i = 0; i < record->field_count; i++) {
        const struct format_field *field = &record->fields[i];
        size_t place = offset + field->offset;
        bool is_record = field->kind == FORMAT_STRUCT;
        bool hole = field->kind == FORMAT_PAD && field->name == NULL;

        if (hole) {
            continue;
        }
        if (type->count == CYTHON_LEAVES || depth == 0 || (is_record && field->ndim > 0 && !arrays) ||
            !(is_record ? add_leaves(type, field, place, depth - 1, arrays, field->ndim > 0 ? field : array)
                        : add_leaf(type, field, place, array))) {
            return false;
        }
        array = NULL;
    }
    return true;
}

bool cython_type_of_record(const struct format_field *record, struct cython_type *type)
{
    type->count = 0;
    return add_leaves(type, record, 0, CYTHON_DEPTH, false, NULL) && type->count > 0;
}

bool cython_crashes_for_fewer(const char *format, const struct format_field *record)
{
    struct cython_type type = {.count = 0};
    size_t most;

    add_leaves(&type, record, 0, CYTHON_DEPTH, true, NULL); /* the first ones are enough */
    most = type.count;
    for (type.count = 1; type.count <= most; type.count++) {
        if (cython_read(format, &type) == CYTHON_CRASHES) {
            return true;
        }
    }
    return false;
}
