#include "audit/call_text.h"

#include "base/text.h"
#include "recipe/recipe.h"

enum {
    MAX_DEPTH = 6,    /* calls inside each other */
    MAX_LENGTH = 400, /* bytes: what is longer is cut at the next argument */
};

static void put(struct reading *reading, const struct pickle_object *object, struct text *text, size_t end,
                unsigned depth);

/* An object is shown as its call, whatever its recipe made of it: here it matters what is called. */
static void put_value(struct reading *reading, struct pickle_value *value, struct text *text, size_t end,
                      unsigned depth)
{
    if (depth > MAX_DEPTH || text->length > end) {
        text_puts(text, "...");
    } else if (value->kind == PICKLE_OBJECT && value->object->callable != NULL &&
               value->object->how != PICKLE_CHANGED) {
        put(reading, value->object, text, end, depth);
    } else {
        recipe_repr(reading, value, text);
    }
}

static void put_arguments(struct reading *reading, const struct pickle_value *arguments, struct text *text, size_t end,
                          unsigned depth)
{
    size_t i;

    for (i = 0; i < arguments->item_count; i++) {
        text_puts(text, i > 0 ? ", " : "");
        if (text->length > end) {
            text_puts(text, "...");
            return;
        }
        put_value(reading, arguments->items[i], text, end, depth + 1);
    }
}

static void put(struct reading *reading, const struct pickle_object *object, struct text *text, size_t end,
                unsigned depth)
{
    struct pickle_global *global = pickle_global_of(object->callable);

    if (global != NULL) {
        text_puts(text, global->dotted);
    } else {
        put_value(reading, object->callable, text, end, depth + 1);
    }
    text_putc(text, '(');
    if (object->arguments != NULL && object->arguments->kind == PICKLE_TUPLE) {
        put_arguments(reading, object->arguments, text, end, depth);
    } else if (object->arguments != NULL) {
        text_putc(text, '*');
        put_value(reading, object->arguments, text, end, depth + 1);
    }
    if (pickle_keywords(object) != NULL) {
        text_puts(text, ", **");
        put_value(reading, pickle_keywords(object), text, end, depth + 1);
    }
    text_putc(text, ')');
}

void put_call(struct reading *reading, const struct pickle_object *object, struct text *text)
{
    put(reading, object, text, text->length + MAX_LENGTH, 0);
}
