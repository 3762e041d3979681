/*
 * Element types by name: what T stands for in T[:], array_t<T>, PyBuffer<T>.
 */
#ifndef MVIEW_KNOWN_ELEMENTS_H
#define MVIEW_KNOWN_ELEMENTS_H

#include <stdbool.h>
#include <stddef.h>

struct format_field;
struct text;

enum language {
    LANGUAGE_CYTHON = 1,
    LANGUAGE_CXX = 2,
    LANGUAGE_RUST = 4,
};

enum group {
    GROUP_INT,
    GROUP_UINT,
    GROUP_FLOAT,
    GROUP_COMPLEX,
    GROUP_CHAR, /* whose sign is of no account */
    GROUP_BOOL,
    GROUP_OBJECT,
};

struct element {
    const char *name;
    enum group group;
    size_t size;    /* bytes here */
    size_t windows; /* bytes on 64-bit Windows */
    unsigned languages; /* enum language, joined */
};

enum {
#define ELEMENT(name, group, size, windows, languages) +1
    ELEMENT_COUNT = 0
#include "known/elements.def"
#undef ELEMENT
};

extern const struct element elements[ELEMENT_COUNT];

/* What a field is, if it is one of these; not of those that are structures or hold pointers. */
bool element_group(const struct format_field *field, enum group *group);

/*
 * Append a structure's declaration: "struct {int32_t a; double b;}", "packed
 * struct {...}" where a C compiler would leave gaps that the format has not.
 * False, and nothing appended, when no structure of that language has this
 * layout: other gaps, the other byte order, a member that it has no type for.
 */
bool element_record(const struct format_field *record, size_t itemsize, enum language language, struct text *text);

#endif
