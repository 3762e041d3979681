/*
 * What of a schema is told in messages.
 */
#include "protocol/arrow.h"

#include "base/text.h"
#include "memory/guard.h"

#include <string.h>

enum {
    MAX_NAME = 256,   /* bytes of a child's name */
    MAX_CHILDREN = 8, /* that are named */
};

static bool peek(void *to, const void *from, size_t size)
{
    const void *address;

    return from != NULL && guard_copy(to, from, size, &address);
}

/* A string at a guarded address, as far as it can be read, or "?". */
static void append_name(struct text *text, const char *name)
{
    char bytes[MAX_NAME];
    const void *address;
    size_t length;

    if (name == NULL) {
        text_puts(text, "?");
        return;
    }
    guard_copy_string(bytes, name, sizeof bytes, &length, &address);
    text_printf(text, "'%.*s'", (int)length, bytes);
}

void arrow_children(const struct arrow_schema *schema, struct text *text)
{
    struct arrow_schema copied;
    int64_t i;

    if (!peek(&copied, schema, sizeof copied) || copied.n_children <= 0 || copied.children == NULL) {
        text_puts(text, "none");
        return;
    }
    for (i = 0; i < copied.n_children && i < MAX_CHILDREN; i++) {
        bool is_last = i + 1 == copied.n_children;
        const void *entry = guard_past(copied.children, (ptrdiff_t)i * (ptrdiff_t)sizeof copied.children[0]);
        struct arrow_schema *at;
        struct arrow_schema child;

        text_puts(text, i == 0 ? "" : is_last ? " and " : ", ");
        if (peek(&at, entry, sizeof at) && peek(&child, at, sizeof child)) {
            append_name(text, child.name);
        } else {
            text_puts(text, "?");
        }
    }
    if (copied.n_children > MAX_CHILDREN) {
        text_printf(text, " and %lld more", (long long)copied.n_children - MAX_CHILDREN);
    }
}

bool arrow_is_struct(const struct arrow_schema *schema)
{
    struct arrow_schema copied;
    char format[3];

    return peek(&copied, schema, sizeof copied) && peek(format, copied.format, sizeof format) &&
           memcmp(format, "+s", sizeof format) == 0;
}

bool arrow_has_children(const struct arrow_schema *schema)
{
    struct arrow_schema copied;

    return peek(&copied, schema, sizeof copied) && copied.n_children > 0;
}
