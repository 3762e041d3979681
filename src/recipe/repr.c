#include "recipe/recipe.h"

#include "base/text.h"
#include "files/dtype.h"
#include "format/format.h"
#include "value/named.h"
#include "value/value.h"

#include <string.h>

enum {
    MAX_LENGTH = 400, /* bytes: what is longer is cut at the next part */
    MAX_DEPTH = 8,    /* containers inside each other */
    MAX_STRING = 120, /* bytes of a str or bytes */
    MAX_ITEM = 2048,  /* bytes of an array's item that is told */
};

static void put(struct reading *reading, struct pickle_value *value, struct text *text, size_t end, unsigned depth);

static bool is_full(const struct text *text, size_t end)
{
    return text->length > end;
}

/* "a, b, c" */
static void put_items(struct reading *reading, struct pickle_value *const *items, size_t count, struct text *text,
                      size_t end, unsigned depth)
{
    size_t i;

    for (i = 0; i < count; i++) {
        text_puts(text, i > 0 ? ", " : "");
        if (is_full(text, end)) {
            text_puts(text, "...");
            return;
        }
        put(reading, items[i], text, end, depth + 1);
    }
}

static void put_dict(struct reading *reading, const struct pickle_value *dict, struct text *text, size_t end,
                     unsigned depth)
{
    size_t i;

    text_putc(text, '{');
    for (i = 0; i + 1 < dict->item_count; i += 2) {
        text_puts(text, i > 0 ? ", " : "");
        if (is_full(text, end)) {
            text_puts(text, "...");
            break;
        }
        put(reading, dict->items[i], text, end, depth + 1);
        text_puts(text, ": ");
        put(reading, dict->items[i + 1], text, end, depth + 1);
    }
    text_putc(text, '}');
}

static void put_call(struct reading *reading, const struct pickle_object *object, const char *name,
                     struct text *text, size_t end, unsigned depth)
{
    text_puts(text, name);
    text_putc(text, '(');
    if (object->arguments != NULL && object->arguments->kind == PICKLE_TUPLE) {
        put_items(reading, object->arguments->items, object->arguments->item_count, text, end, depth);
    } else if (object->arguments != NULL) {
        put(reading, object->arguments, text, end, depth + 1);
    }
    text_putc(text, ')');
}

static void put_sequence(struct reading *reading, const struct pickle_value *value, struct text *text, size_t end,
                         unsigned depth)
{
    static const char *const begins[] = {
        [PICKLE_LIST] = "[", [PICKLE_TUPLE] = "(", [PICKLE_SET] = "{", [PICKLE_FROZENSET] = "frozenset({"};
    static const char *const ends[] = {
        [PICKLE_LIST] = "]", [PICKLE_TUPLE] = ")", [PICKLE_SET] = "}", [PICKLE_FROZENSET] = "})"};

    if (value->item_count == 0 && value->kind >= PICKLE_SET) {
        text_printf(text, "%s()", pickle_type_name(value));
        return;
    }
    text_puts(text, begins[value->kind]);
    put_items(reading, value->items, value->item_count, text, end, depth);
    text_puts(text, value->kind == PICKLE_TUPLE && value->item_count == 1 ? ",)" : ends[value->kind]);
}

static void put_cut(const struct pickle_value *value, struct text *text)
{
    size_t shown = value->size < MAX_STRING ? value->size : MAX_STRING;

    if (value->kind == PICKLE_STR) {
        while (shown < value->size && shown > 0 && (value->data[shown] & 0xc0) == 0x80) {
            shown--; /* not within a character */
        }
        value_append_utf8(text, (const char *)value->data, shown);
    } else {
        text_puts(text, value->kind == PICKLE_BYTEARRAY ? "bytearray(" : "");
        value_append_bytes(text, value->data, shown);
        text_puts(text, value->kind == PICKLE_BYTEARRAY ? ")" : "");
    }
    text_puts(text, shown < value->size ? "..." : "");
}

/* dtype('<f8'), dtype([('x', '<i4')]) */
static void put_dtype(const struct dtype *dtype, struct text *text, size_t end)
{
    struct text type = TEXT_INIT;
    const char *quote = "";

    dtype_text(dtype, &type);
    quote = text_string(&type)[0] == '[' || text_string(&type)[0] == '{' ? "" : "'";
    text_printf(text, "dtype(%s", quote);
    text_append(text, text_string(&type), type.length < end ? type.length : end);
    text_printf(text, "%s%s)", type.length < end ? "" : "...", quote);
    text_free(&type);
}

/* NumPy's scalars as what they are equal to. */
static void put_scalar(struct reading *reading, struct pickle_value *value, const struct pickle_value *scalar,
                       struct text *text)
{
    struct text item = TEXT_INIT;

    if (scalar->array->dtype->itemsize <= MAX_STRING * 4 && recipe_item_text(scalar, 0, &item)) {
        text_append(text, text_string(&item), item.length);
    } else {
        text_printf(text, "<%s>", recipe_type_name(reading, value));
    }
    text_free(&item);
}

static void put(struct reading *reading, struct pickle_value *value, struct text *text, size_t end, unsigned depth)
{
    struct pickle_value *meaning;

    if (depth > MAX_DEPTH || is_full(text, end)) {
        text_puts(text, "...");
        return;
    }
    meaning = recipe_value(reading, value);
    switch (meaning->kind) {
    case PICKLE_STR:
    case PICKLE_BYTES:
    case PICKLE_BYTEARRAY:
        put_cut(meaning, text);
        break;
    case PICKLE_SCALAR:
        put_scalar(reading, value, meaning, text);
        break;
    case PICKLE_TYPED:
    case PICKLE_ARRAY:
    case PICKLE_GRID:
    case PICKLE_NAMED:
        text_printf(text, "<%s>", recipe_type_name(reading, value));
        break;
    case PICKLE_DTYPE:
        put_dtype(meaning->dtype, text, end);
        break;
    case PICKLE_LIST:
    case PICKLE_TUPLE:
    case PICKLE_SET:
    case PICKLE_FROZENSET:
        put_sequence(reading, meaning, text, end, depth);
        break;
    case PICKLE_DICT:
        put_dict(reading, meaning, text, end, depth);
        break;
    case PICKLE_GLOBAL:
        text_puts(text, meaning->global->dotted);
        break;
    case PICKLE_OBJECT:
        put_call(reading, meaning->object, recipe_type_name(reading, meaning), text, end, depth);
        break;
    default:
        pickle_scalar_text(meaning, text);
    }
}

void recipe_repr(struct reading *reading, struct pickle_value *value, struct text *text)
{
    put(reading, value, text, text->length + MAX_LENGTH, 0);
}

struct pickle_value *recipe_call_text(struct reading *reading, const struct pickle_object *object, const char *name)
{
    struct text text = TEXT_INIT;

    put_call(reading, object, name, &text, MAX_LENGTH, 0);
    return recipe_text(reading, &text);
}

static unsigned long character(const unsigned char *bytes, const struct dtype *dtype)
{
    bool big = dtype->order == '>';

    return dtype->kind == 'S' ? bytes[0]
                              : (unsigned long)bytes[big ? 0 : 3] << 24 | (unsigned long)bytes[big ? 1 : 2] << 16 |
                                    (unsigned long)bytes[big ? 2 : 1] << 8 | bytes[big ? 3 : 0];
}

bool recipe_characters(const struct pickle_value *scalar, struct text *text)
{
    const struct dtype *dtype = scalar->kind == PICKLE_SCALAR ? scalar->array->dtype : NULL;
    size_t width = dtype != NULL && dtype->kind == 'U' ? 4 : 1;
    size_t size = dtype != NULL ? dtype->itemsize : 0;
    char bytes[MAX_ITEM]; /* a character of 4 bytes takes no more in UTF-8 */
    size_t length = 0;
    size_t i;

    if (dtype == NULL || (dtype->kind != 'U' && dtype->kind != 'S') || size > MAX_ITEM) {
        return false;
    }
    while (size >= width && character(scalar->data + size - width, dtype) == 0) {
        size -= width;
    }
    if (width == 1) {
        text_append(text, (const char *)scalar->data, size);
        return true;
    }
    for (i = 0; i < size; i += width) {
        unsigned long code = character(scalar->data + i, dtype);

        length += utf8_write(code <= 0x10ffff ? (unsigned)code : 0xfffd, bytes + length);
    }
    text_append(text, bytes, length);
    return true;
}

bool recipe_item_text(const struct pickle_value *array, size_t place, struct text *text)
{
    struct text code = TEXT_INIT;
    struct text type = TEXT_INIT;
    struct error error;
    struct format format;
    struct layout layout;
    struct named_value named;
    bool plain;
    bool ok = array->array->dtype->itemsize <= MAX_ITEM &&
              (array->array->ndim == 0 ? place == 0
                                       : array->array->ndim == 1 && place < (size_t)array->array->shape[0]) &&
              pickle_layout(array, &code, &layout, &plain, &error) &&
              format_parse(&format, layout.format, layout.itemsize, &error);

    if (ok) {
        const unsigned char *item =
            array->data + (array->array->ndim > 0 ? (ptrdiff_t)place * array->array->strides[0] : 0);

        pickle_dtype_text(array, &type);
        if (named_value_find(&named, text_string(&type), format.root.order)) {
            value_append_named(text, &named, item);
        } else {
            value_append(text, &format.root, item);
        }
        format_free(&format);
    }
    text_free(&code);
    text_free(&type);
    return ok;
}
