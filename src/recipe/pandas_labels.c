/*
 * What a pandas index calls its places: the names of a frame's columns.
 */
#include "recipe/pandas.h"

#include "base/text.h"
#include "files/dtype.h"
#include "recipe/arrow.h"
#include "recipe/recipe.h"
#include "value/value.h"

#include <stdlib.h>
#include <string.h>

enum {
    MAX_DEPTH = 4,   /* indexes in each other: the levels of one, the categories of another */
    MAX_LEVELS = 32, /* of a MultiIndex that are told */
    CODE_COST = 32,  /* bytes that take as long as it to be read */
};

static bool put_label(struct reading *reading, struct pickle_value *index, size_t place, bool quoted, unsigned depth,
                      struct text *label);

/* RangeIndex: start and step are in its arguments. */
static bool range_label(const struct pickle_object *index, size_t place, struct text *label)
{
    const struct pickle_value *parts = recipe_argument_count(index) == 2 ? index->arguments->items[1] : NULL;
    const struct pickle_value *start = parts != NULL ? recipe_entry(parts, "start") : NULL;
    const struct pickle_value *step = parts != NULL ? recipe_entry(parts, "step") : NULL;
    int64_t first, by, at;

    if (start == NULL || step == NULL || !value_to_int(start, &first) || !value_to_int(step, &by) ||
        __builtin_mul_overflow((int64_t)place, by, &at) || __builtin_add_overflow(at, first, &at)) {
        return false;
    }
    text_printf(label, "%lld", (long long)at);
    return true;
}

/* Which of its labels a place has: -1 for none. */
static bool read_code(struct reading *reading, struct pickle_value *codes, size_t place, int64_t *code)
{
    const struct pickle_value *array = recipe_value(reading, codes);
    struct text text = TEXT_INIT;
    bool ok = array->kind == PICKLE_ARRAY && array->array->dtype->kind == 'i' && recipe_work(reading, CODE_COST) &&
              recipe_item_text(array, place, &text);

    if (ok) {
        *code = strtoll(text_string(&text), NULL, 10);
    }
    text_free(&text);
    return ok;
}

/* One of the labels that there are; nan for none. */
static bool coded_label(struct reading *reading, struct pickle_value *labels, struct pickle_value *codes, size_t place,
                        bool quoted, unsigned depth, struct text *label)
{
    int64_t code;

    if (!read_code(reading, codes, place, &code)) {
        return false;
    }
    if (code < 0) {
        text_puts(label, "nan");
        return true;
    }
    return put_label(reading, labels, (size_t)code, quoted, depth + 1, label);
}

/* MultiIndex: a tuple of a label from each level. */
static bool tuple_label(struct reading *reading, struct pickle_value *levels, struct pickle_value *codes, size_t place,
                        unsigned depth, struct text *label)
{
    struct text text = TEXT_INIT;
    bool ok;
    size_t i;

    levels = recipe_value(reading, levels);
    codes = recipe_value(reading, codes);
    ok = pickle_is_sequence(levels) && pickle_is_sequence(codes) && levels->item_count == codes->item_count &&
         levels->item_count <= MAX_LEVELS;
    text_putc(&text, '(');
    for (i = 0; ok && i < levels->item_count; i++) {
        text_puts(&text, i > 0 ? ", " : "");
        ok = coded_label(reading, levels->items[i], codes->items[i], place, true, depth, &text);
    }
    text_puts(&text, i == 1 ? ",)" : ")");
    if (ok) {
        text_append(label, text_string(&text), text.length);
    }
    text_free(&text);
    return ok;
}

static bool named_label(struct reading *reading, struct pickle_value *labels, size_t place, bool quoted, unsigned depth,
                        struct text *label)
{
    struct pickle_value *codes = recipe_part(labels, "codes");
    struct pickle_value *levels = recipe_part(labels, "levels");
    struct pickle_value *categories = recipe_part(labels, "categories");
    struct text text = TEXT_INIT;
    bool ok;

    if (codes == NULL) {
        codes = recipe_part(labels, "labels"); /* before pandas 0.24 */
    }
    if (codes != NULL && levels != NULL) {
        return tuple_label(reading, levels, codes, place, depth, label);
    }
    if (codes != NULL && categories != NULL) {
        return coded_label(reading, categories, codes, place, quoted, depth, label);
    }
    ok = arrow_string(reading, labels, place, &text);
    if (ok && quoted) {
        value_append_utf8(label, text_string(&text), text.length);
    } else if (ok) {
        text_append(label, text_string(&text), text.length);
    }
    text_free(&text);
    return ok;
}

/* A Categorical of pandas before 1.3 is an object with attributes. */
static bool older_label(struct reading *reading, const struct pickle_object *labels, size_t place, bool quoted,
                        unsigned depth, struct text *label)
{
    struct pickle_value *codes = recipe_attribute(reading, labels, "_codes");
    const struct pickle_value *type = recipe_attribute(reading, labels, "_dtype");
    struct pickle_value *categories =
        type != NULL && type->kind == PICKLE_OBJECT ? recipe_attribute(reading, type->object, "categories") : NULL;

    return codes != NULL && categories != NULL && coded_label(reading, categories, codes, place, quoted, depth, label);
}

static bool put_label(struct reading *reading, struct pickle_value *index, size_t place, bool quoted, unsigned depth,
                      struct text *label)
{
    struct pickle_value *labels = index != NULL ? recipe_value(reading, index) : NULL;

    if (labels == NULL || depth > MAX_DEPTH) {
        return false;
    }
    if (labels->kind == PICKLE_ARRAY) {
        return recipe_item_text(labels, place, label);
    }
    if (labels->kind == PICKLE_GRID && place < labels->item_count) {
        struct pickle_value *item = recipe_value(reading, labels->items[place]);

        if (item->kind == PICKLE_STR && !quoted) {
            text_append(label, (const char *)item->data, item->size);
        } else {
            recipe_repr(reading, item, label);
        }
        return true;
    }
    if (labels->kind == PICKLE_NAMED) {
        return named_label(reading, labels, place, quoted, depth, label);
    }
    if (labels->kind == PICKLE_OBJECT && older_label(reading, labels->object, place, quoted, depth, label)) {
        return true;
    }
    return index->kind == PICKLE_OBJECT && range_label(index->object, place, label);
}

void pandas_label(struct reading *reading, struct pickle_value *index, size_t place, struct text *label)
{
    if (!put_label(reading, index, place, false, 0, label)) {
        text_printf(label, "%zu", place);
    }
}
