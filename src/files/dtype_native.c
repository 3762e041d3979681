#include "files/dtype.h"

#include "base/arena.h"
#include "base/error.h"
#include "format/field.h"
#include "memory/swap.h"

#include <string.h>

enum { RUN = 4096 }; /* units that are turned at once, whatever items they make up */

/* Bytes that are turned together. */
static size_t unit_of(const struct dtype *dtype)
{
    return dtype->kind == 'U' ? 4 : dtype->kind == 'c' || dtype->kind == 'W' ? dtype->itemsize / 2 : dtype->itemsize;
}

/* The same type in the machine's order; NULL when the arena is full. */
static const struct dtype *turned(struct arena *arena, const struct dtype *dtype)
{
    struct dtype *made = arena_alloc(arena, sizeof *made);

    if (made != NULL) {
        *made = *dtype;
        made->order = FORMAT_NATIVE_ORDER;
    }
    return made;
}

static const struct dtype *native_plain(struct arena *arena, const struct dtype *dtype, struct swap *swap)
{
    struct swap_span *span = arena_alloc(arena, sizeof *span);

    if (span == NULL) {
        return NULL;
    }
    *span = (struct swap_span){.size = RUN * unit_of(dtype), .unit = unit_of(dtype)};
    *swap = (struct swap){span, 1, span->size};
    return turned(arena, dtype);
}

static bool is_all_foreign(const struct dtype *dtype)
{
    size_t i = 0;

    while (i < dtype->field_count && dtype->fields[i].type->order == FORMAT_FOREIGN_ORDER) {
        i++;
    }
    return dtype->kind == 'T' && dtype->in_order && dtype->field_count > 0 && i == dtype->field_count;
}

static const struct dtype *native_struct(struct arena *arena, const struct dtype *dtype, struct swap *swap,
                                         struct error *error)
{
    struct dtype_field *fields = arena_array(arena, dtype->field_count, sizeof *fields);
    struct swap_span *spans = arena_array(arena, dtype->field_count, sizeof *spans);
    size_t count = 0;
    size_t i;

    for (i = 0; fields != NULL && spans != NULL && i < dtype->field_count; i++) {
        const struct dtype_field *field = &dtype->fields[i];

        fields[i] = *field;
        fields[i].type = turned(arena, field->type);
        if (fields[i].type == NULL) {
            return NULL;
        }
        if (field->type->itemsize > 0) {
            spans[count++] = (struct swap_span){field->offset, field->type->itemsize, unit_of(field->type)};
        }
    }
    *swap = (struct swap){spans, count, dtype->itemsize};
    return fields != NULL && spans != NULL ? dtype_struct(arena, fields, i, dtype->itemsize, error) : NULL;
}

const struct dtype *dtype_native(struct arena *arena, const struct dtype *dtype, struct swap *swap,
                                 struct error *error)
{
    const struct dtype *native = dtype;

    *swap = (struct swap){NULL, 0, 0};
    if (dtype->order == FORMAT_FOREIGN_ORDER) {
        native = native_plain(arena, dtype, swap);
    } else if (is_all_foreign(dtype)) {
        native = native_struct(arena, dtype, swap, error);
    }
    if (native == NULL && error->kind == ERROR_NONE) {
        error_no_memory(error);
    }
    return native;
}
