#include "format/parts.h"

#include <complex.h>
#include <stdalign.h>
#include <stdint.h>
#include <sys/types.h>

#define NATIVE(type) sizeof(type), alignof(type)

/* Standard sizes are the struct module's; a code without one keeps its native size. */
static const struct format_code codes[] = {
    {'x', FORMAT_PAD, CODE_COUNTED | CODE_IN_STRUCT, 1, 1, 1},
    {'c', FORMAT_CHAR, CODE_IN_STRUCT, 1, 1, 1},
    {'b', FORMAT_INT, CODE_IN_STRUCT, 1, 1, 1},
    {'B', FORMAT_UINT, CODE_IN_STRUCT, 1, 1, 1},
    {'?', FORMAT_BOOL, CODE_IN_STRUCT, NATIVE(_Bool), 1},
    {'h', FORMAT_INT, CODE_IN_STRUCT, NATIVE(short), 2},
    {'H', FORMAT_UINT, CODE_IN_STRUCT, NATIVE(short), 2},
    {'i', FORMAT_INT, CODE_IN_STRUCT, NATIVE(int), 4},
    {'I', FORMAT_UINT, CODE_IN_STRUCT, NATIVE(int), 4},
    {'l', FORMAT_INT, CODE_IN_STRUCT, NATIVE(long), 4},
    {'L', FORMAT_UINT, CODE_IN_STRUCT, NATIVE(long), 4},
    {'q', FORMAT_INT, CODE_IN_STRUCT, NATIVE(long long), 8},
    {'Q', FORMAT_UINT, CODE_IN_STRUCT, NATIVE(long long), 8},
    {'n', FORMAT_INT, CODE_IN_STRUCT | CODE_NATIVE_ONLY, NATIVE(ssize_t), sizeof(ssize_t)},
    {'N', FORMAT_UINT, CODE_IN_STRUCT | CODE_NATIVE_ONLY, NATIVE(size_t), sizeof(size_t)},
    {'e', FORMAT_FLOAT, CODE_IN_STRUCT, NATIVE(short), 2},
    {'f', FORMAT_FLOAT, CODE_IN_STRUCT, NATIVE(float), 4},
    {'d', FORMAT_FLOAT, CODE_IN_STRUCT, NATIVE(double), 8},
    {'g', FORMAT_FLOAT, CODE_NATIVE_ONLY, NATIVE(long double), sizeof(long double)},
    {'E', FORMAT_COMPLEX, 0, 2 * sizeof(short), alignof(short), 4},
    {'F', FORMAT_COMPLEX, CODE_IN_STRUCT, NATIVE(float complex), 8},
    {'D', FORMAT_COMPLEX, CODE_IN_STRUCT, NATIVE(double complex), 16},
    {'G', FORMAT_COMPLEX, CODE_NATIVE_ONLY, NATIVE(long double complex), sizeof(long double complex)},
    {'s', FORMAT_BYTES, CODE_COUNTED | CODE_IN_STRUCT, 1, 1, 1},
    {'p', FORMAT_PASCAL, CODE_COUNTED | CODE_IN_STRUCT, 1, 1, 1},
    {'u', FORMAT_TEXT, CODE_COUNTED, 2, 2, 4},
    {'w', FORMAT_TEXT, CODE_COUNTED, 4, 4, 4},
    {'t', FORMAT_BITS, CODE_COUNTED, 1, 1, 1},
    {'O', FORMAT_OBJECT, 0, NATIVE(void *), sizeof(void *)},
    {'P', FORMAT_POINTER, CODE_IN_STRUCT | CODE_NATIVE_ONLY, NATIVE(void *), sizeof(void *)},
    {'z', FORMAT_POINTER, CODE_NATIVE_ONLY, NATIVE(char *), sizeof(char *)},
    {'Z', FORMAT_POINTER, CODE_NATIVE_ONLY, NATIVE(wchar_t *), sizeof(wchar_t *)},
    {'&', FORMAT_POINTER, 0, NATIVE(void *), sizeof(void *)},
    {'X', FORMAT_POINTER, 0, NATIVE(void (*)(void)), sizeof(void (*)(void))},
    {'v', FORMAT_BOOL, CODE_NATIVE_ONLY, NATIVE(short), 2},
};

const struct format_code *format_code(char letter)
{
    size_t i;

    for (i = 0; i < sizeof codes / sizeof codes[0]; i++) {
        if (codes[i].letter == letter) {
            return &codes[i];
        }
    }
    return NULL;
}

struct sizer {
    struct format_reading reading;
    const struct format_field *too_large;
    unsigned traits;
};

static bool place_members(struct sizer *sizer, struct format_field *field, size_t *written);

static size_t round_up(size_t size, size_t alignment)
{
    return (size + alignment - 1) / alignment * alignment;
}

static bool too_large(struct sizer *sizer, const struct format_field *field)
{
    sizer->too_large = field;
    return false;
}

/* The elements of a sub-array; no order of multiplying its extents may overflow, one of 0 or not. */
static bool count_elements(const struct format_field *field, size_t *elements)
{
    size_t product = 1;
    bool empty = false;
    int i;

    for (i = 0; i < field->ndim; i++) {
        if (field->shape[i] == 0) {
            empty = true;
        } else if (__builtin_mul_overflow(product, field->shape[i], &product) || product > PTRDIFF_MAX) {
            return false;
        }
    }
    *elements = empty ? 0 : product;
    return true;
}

/* Unit and alignment of what is no struct. */
static bool size_code(struct sizer *sizer, struct format_field *field)
{
    const struct format_code *code = format_code(field->code);
    size_t size = field->native ? code->native : code->standard;
    size_t alignment = code->alignment;

    if (field->code == 'u') {
        if (sizer->reading.other_u) {
            size = size == 2 ? 4 : 2;
        }
        alignment = size;
        if (size == 4 && !field->native) {
            sizer->traits |= FORMAT_NATIVE_IN_STANDARD;
        }
    }
    field->alignment = field->mode == '@' ? alignment : 1;
    if (field->kind == FORMAT_BITS) {
        field->unit = field->count / 8 + (field->count % 8 != 0);
        return true;
    }
    return !__builtin_mul_overflow(size, field->count, &field->unit) && field->unit <= PTRDIFF_MAX;
}

/* The padding at the end of a struct that is a member or an element. */
static void pad_struct(struct sizer *sizer, struct format_field *field, size_t *written)
{
    size_t padded = round_up(field->unit, field->alignment);

    if (sizer->reading.gaps != GAPS_WRITTEN) {
        field->unit = padded;
    } else if (field->unit != padded) {
        sizer->traits |= FORMAT_UNALIGNED;
    }
    if (sizer->reading.gaps == GAPS_AS_IN_C) {
        *written = field->unit;
    }
}

/* Where a member goes that may not begin before `at`, nor before `end`; false when it has no such place. */
static bool place_member(struct sizer *sizer, struct format_field *member, size_t at, size_t end)
{
    size_t aligned = round_up(at, member->alignment);

    member->offset = sizer->reading.gaps == GAPS_AS_IN_C ? aligned : at;
    if (member->offset != aligned) {
        sizer->traits |= FORMAT_UNALIGNED;
        return sizer->reading.gaps == GAPS_WRITTEN;
    }
    return member->offset >= end;
}

/* A hole counts from `at`: what of it lies before `end` is padding that is placed already. */
static void place_hole(struct sizer *sizer, struct format_field *hole, size_t at, size_t end)
{
    size_t hole_end = at + hole->count;

    if (at < end && hole->count > 0) {
        sizer->traits |= FORMAT_UNALIGNED;
    }
    hole->offset = end;
    hole->unit = hole->size = hole_end > end ? hole_end - end : 0;
}

/*
 * Sizes of a field and everything in it.  *written: the bytes that a writer
 * which does not count the padding at the end of structs takes it for.
 */
static bool size_field(struct sizer *sizer, struct format_field *field, size_t *written)
{
    size_t elements;

    if (field->kind == FORMAT_STRUCT) {
        if (!place_members(sizer, field, written)) {
            return false;
        }
        pad_struct(sizer, field, written);
    } else {
        if (!size_code(sizer, field)) {
            return too_large(sizer, field);
        }
        *written = field->unit;
    }
    if (!count_elements(field, &elements) || __builtin_mul_overflow(field->unit, elements, &field->size) ||
        field->size > PTRDIFF_MAX) {
        return too_large(sizer, field);
    }
    *written *= elements; /* at most field->size */
    return true;
}

/* Offsets and sizes of a struct's members, its alignment, and its size without padding at the end. */
static bool place_members(struct sizer *sizer, struct format_field *field, size_t *written)
{
    size_t at = 0;  /* where the text is, as its writer counts */
    size_t end = 0; /* where the members so far end; not before `at` */
    size_t alignment = 1;
    size_t i;

    for (i = 0; i < field->field_count; i++) {
        struct format_field *member = &field->fields[i];
        size_t length;

        if (!size_field(sizer, member, &length)) {
            return false;
        }
        if (format_is_hole(member)) {
            place_hole(sizer, member, at, end);
            at += length;
        } else {
            if (!place_member(sizer, member, at, end)) {
                return false;
            }
            at = member->offset + length;
        }
        end = member->offset + member->size;
        if (end > PTRDIFF_MAX || at > PTRDIFF_MAX) {
            return too_large(sizer, member);
        }
        if (member->alignment > alignment) {
            alignment = member->alignment;
        }
    }
    field->alignment = field->mode == '@' ? alignment : 1;
    field->unit = end;
    *written = at;
    return true;
}

bool format_lay_out(struct format *format, struct format_reading reading,
                    const struct format_field **too_large_field, unsigned *traits)
{
    struct sizer sizer = {reading, NULL, 0};
    struct format_field *root = &format->root;
    size_t written;
    bool ok;

    if (root->kind == FORMAT_STRUCT && root->ndim == 0) {
        /* Alone it ends with its last member: whether padding follows is the item size's to say. */
        ok = place_members(&sizer, root, &written);
        root->size = root->unit;
    } else {
        ok = size_field(&sizer, root, &written);
    }
    if (ok) {
        format->size = root->size;
        format->alignment = root->alignment;
        format->padded_size = round_up(root->size, format->alignment);
        ok = format->padded_size <= PTRDIFF_MAX || too_large(&sizer, root);
    }
    *too_large_field = sizer.too_large;
    *traits = sizer.traits;
    return ok;
}
