#include "known/elements.h"

#include "base/text.h"
#include "format/format.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

enum {
    CYTHON = LANGUAGE_CYTHON,
    CXX = LANGUAGE_CXX,
    RUST = LANGUAGE_RUST,
};

const struct element elements[ELEMENT_COUNT] = {
#define ELEMENT(name, group, size, windows, languages) {name, GROUP_##group, size, windows, languages},
#include "known/elements.def"
#undef ELEMENT
};

enum { RECORD_DEPTH = 8, RECORD_TEXT = 4096 /* bytes: what is longer helps nobody */ };

bool element_group(const struct format_field *field, enum group *group)
{
    switch (field->kind) {
    case FORMAT_INT:
        return *group = GROUP_INT, true;
    case FORMAT_UINT:
        return *group = GROUP_UINT, true;
    case FORMAT_FLOAT:
        return *group = GROUP_FLOAT, true;
    case FORMAT_COMPLEX:
        return *group = GROUP_COMPLEX, true;
    case FORMAT_BOOL:
        return *group = GROUP_BOOL, true;
    case FORMAT_CHAR:
    case FORMAT_BYTES:
        return *group = GROUP_CHAR, true;
    default:
        return false;
    }
}

/* The sized names come after the plain ones of the same size: a record is to mean the same everywhere. */
static const struct element *find_element(enum group group, size_t size, enum language language)
{
    const struct element *found = NULL;
    size_t i;

    for (i = 0; i < ELEMENT_COUNT; i++) {
        if (elements[i].group == group && elements[i].size == size && (elements[i].languages & language) &&
            (found == NULL || group == GROUP_INT || group == GROUP_UINT)) {
            found = &elements[i];
        }
    }
    return found;
}

static const char *member_type(const struct format_field *field, enum language language)
{
    bool text = field->kind == FORMAT_BYTES;
    const struct element *element;
    enum group group;

    if (!element_group(field, &group) || (field->kind == FORMAT_CHAR && language == LANGUAGE_CXX) ||
        (field->unit > 1 && !text &&
         field->order != FORMAT_NATIVE_ORDER)) {
        return NULL;
    }
    if (group == GROUP_BOOL && language == LANGUAGE_CYTHON) {
        group = GROUP_UINT; /* its bint is an int */
    }
    element = find_element(group, text ? 1 : field->unit, language);
    return element != NULL ? element->name : NULL;
}

static size_t member_alignment(const struct format_field *field)
{
    size_t unit = field->kind == FORMAT_BYTES     ? 1
                  : field->kind == FORMAT_COMPLEX ? field->unit / 2
                                                  : field->unit;

    return unit < 1 ? 1 : unit > _Alignof(long double) ? _Alignof(long double) : unit;
}

static bool is_hole(const struct format_field *field)
{
    return field->kind == FORMAT_PAD && field->name == NULL;
}

/* Would a C compiler put the members where they are?  `size` gets the bytes of the whole. */
static bool lies_so(const struct format_field *record, bool packed, int depth, size_t *size, size_t *alignment)
{
    size_t end = 0;
    size_t i;

    *alignment = 1;
    for (i = 0; i < record->field_count; i++) {
        const struct format_field *field = &record->fields[i];
        size_t own = packed ? 1 : member_alignment(field);
        size_t inner = field->unit;

        if (is_hole(field)) {
            continue;
        }
        if (field->kind == FORMAT_STRUCT &&
            (depth == 0 || !lies_so(field, packed, depth - 1, &inner, &own) || inner != field->unit)) {
            return false;
        }
        if ((end + own - 1) / own * own != field->offset) {
            return false;
        }
        end = field->offset + field->size;
        *alignment = own > *alignment ? own : *alignment;
    }
    *size = (end + *alignment - 1) / *alignment * *alignment;
    return end > 0;
}

static bool is_identifier(const struct format_field *field)
{
    size_t i;

    for (i = 0; i < field->name_length; i++) {
        if (!isalnum((unsigned char)field->name[i]) && field->name[i] != '_') {
            return false;
        }
    }
    return field->name != NULL && field->name_length > 0 && field->name_length < 64 &&
           !isdigit((unsigned char)field->name[0]);
}

/* Of C, C++ or Python: no member is called so. */
static bool is_keyword(const struct format_field *field)
{
    static const char words[] =
        " and and_eq as asm assert async auto await bitand bitor bool break case catch char class compl const constexpr"
        " continue decltype def default del delete do double elif else enum except explicit export extern False finally"
        " float for friend from global goto if import in inline int is lambda long mutable namespace new noexcept None"
        " nonlocal not not_eq nullptr operator or or_eq pass private protected public raise register reinterpret_cast"
        " restrict return short signed sizeof static struct switch template this throw True true false try typedef"
        " typeid typename union unsigned using virtual void volatile while wchar_t with xor xor_eq yield ";
    char word[66];

    if (field->name_length > sizeof word - 3) {
        return false;
    }
    snprintf(word, sizeof word, " %.*s ", (int)field->name_length, field->name);
    return strstr(words, word) != NULL;
}

static bool put_record(const struct format_field *record, bool packed, enum language language, struct text *text);

static bool put_member(const struct format_field *field, size_t number, bool packed, enum language language,
                       struct text *text)
{
    const char *type = field->kind == FORMAT_STRUCT ? NULL : member_type(field, language);
    bool named = is_identifier(field) && !is_keyword(field);
    int d;

    if (text->length > RECORD_TEXT || field->size == 0) {
        return false;
    }
    if (type != NULL) {
        text_puts(text, type);
    } else if (field->kind != FORMAT_STRUCT || !put_record(field, packed, language, text)) {
        return false;
    }
    if (language == LANGUAGE_CXX && field->name != NULL && !named) {
        return false; /* where the names count */
    }
    if (named) {
        text_printf(text, " %.*s", (int)field->name_length, field->name);
    } else {
        text_printf(text, " f%zu", number);
    }
    for (d = 0; d < field->ndim; d++) {
        text_printf(text, "[%zu]", field->shape[d]);
    }
    if (field->kind == FORMAT_BYTES) {
        text_printf(text, "[%zu]", field->unit);
    }
    text_puts(text, "; ");
    return true;
}

static bool put_record(const struct format_field *record, bool packed, enum language language, struct text *text)
{
    size_t number = 0;
    size_t i;

    text_puts(text, packed ? "packed struct {" : "struct {");
    for (i = 0; i < record->field_count; i++) {
        if (!is_hole(&record->fields[i]) &&
            !put_member(&record->fields[i], number++, packed, language, text)) {
            return false;
        }
    }
    text->data[text->length - 1] = '}'; /* the last space: put_member wrote one, for a structure is not empty */
    return true;
}

bool element_record(const struct format_field *record, size_t itemsize, enum language language, struct text *text)
{
    size_t alignment;
    size_t size;
    size_t length = text->length;
    bool natural = lies_so(record, false, RECORD_DEPTH, &size, &alignment) && size == itemsize;
    bool fits = natural || (lies_so(record, true, RECORD_DEPTH, &size, &alignment) && size == itemsize);

    if (fits && put_record(record, !natural, language, text) && !text->failed) {
        return true;
    }
    if (text->data != NULL) {
        text->length = length;
        text->data[length] = '\0';
    }
    return false;
}
