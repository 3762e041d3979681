#include "files/type_name.h"

#include "base/arena.h"
#include "base/error.h"
#include "base/text.h"
#include "files/dtype.h"
#include "format/field.h"
#include "value/named.h"

#include <stdio.h>
#include <string.h>

enum { ARENA_LIMIT = 4096 /* bytes: one type without parts */ };

bool type_name_read(const char *name, struct type_name *type, struct text *dtype, struct text *format)
{
    struct arena arena = ARENA_INIT(ARENA_LIMIT);
    struct error error = ERROR_INIT;
    char order = FORMAT_NATIVE_ORDER;
    const struct named_type *named = named_in_format(name, &order);
    const char *written = named != NULL ? named->bytes : named_ordinary(name, &order);
    const struct dtype *numpy;
    char bytes[8];

    if (written != NULL) {
        snprintf(bytes, sizeof bytes, "%c%s", order, written);
        numpy = dtype_from_text(&arena, bytes, strlen(bytes), &error);
    } else {
        /* "O" and "?" are PEP 3118's too, and mean the same there */
        numpy = strcspn(name, "0123456789") < strlen(name) ? dtype_from_text(&arena, name, strlen(name), &error) : NULL;
    }
    if (numpy == NULL || dtype_has_object(numpy)) {
        arena_free(&arena);
        return false;
    }
    *type = (struct type_name){.size = numpy->itemsize, .plain = true};
    dtype_format(numpy, 16, format, &type->plain);
    if (named != NULL) {
        type->plain = false;
        if (order != FORMAT_NATIVE_ORDER && named->size > 1) {
            text_putc(dtype, order);
        }
        text_puts(dtype, named->name);
    } else {
        dtype_text(numpy, dtype);
    }
    arena_free(&arena);
    return true;
}
