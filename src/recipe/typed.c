#include "base/text.h"
#include "recipe/recipe.h"
#include "recipe/recipes.h"

#include <string.h>

#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
#define LITTLE(code) code
#define BIG(code) ">" code
#else
#define LITTLE(code) "<" code
#define BIG(code) code
#endif

enum item_class { ITEM_SIGNED, ITEM_UNSIGNED, ITEM_FLOAT, ITEM_CHARACTER };

/* The module array's type codes, as this machine has them. */
static const struct type_code {
    char letter;
    enum item_class class;
    struct pickle_typed typed;
} type_codes[] = {
    {'b', ITEM_SIGNED, {"b", sizeof(signed char)}},
    {'B', ITEM_UNSIGNED, {"B", sizeof(unsigned char)}},
    {'u', ITEM_CHARACTER, {"w", 4}},
    {'w', ITEM_CHARACTER, {"w", 4}},
    {'h', ITEM_SIGNED, {"h", sizeof(short)}},
    {'H', ITEM_UNSIGNED, {"H", sizeof(unsigned short)}},
    {'i', ITEM_SIGNED, {"i", sizeof(int)}},
    {'I', ITEM_UNSIGNED, {"I", sizeof(unsigned int)}},
    {'l', ITEM_SIGNED, {"l", sizeof(long)}},
    {'L', ITEM_UNSIGNED, {"L", sizeof(unsigned long)}},
    {'q', ITEM_SIGNED, {"q", sizeof(long long)}},
    {'Q', ITEM_UNSIGNED, {"Q", sizeof(unsigned long long)}},
    {'f', ITEM_FLOAT, {"f", sizeof(float)}},
    {'d', ITEM_FLOAT, {"d", sizeof(double)}},
};

/* The module array's machine format codes, which are their places here; the last four are UTF-16 and UTF-32.
 */
static const struct machine_format {
    enum item_class class;
    struct pickle_typed typed;
} machine_formats[] = {
    {ITEM_UNSIGNED, {"B", 1}},          {ITEM_SIGNED, {"b", 1}},           {ITEM_UNSIGNED, {LITTLE("H"), 2}},
    {ITEM_UNSIGNED, {BIG("H"), 2}},     {ITEM_SIGNED, {LITTLE("h"), 2}},   {ITEM_SIGNED, {BIG("h"), 2}},
    {ITEM_UNSIGNED, {LITTLE("I"), 4}},  {ITEM_UNSIGNED, {BIG("I"), 4}},    {ITEM_SIGNED, {LITTLE("i"), 4}},
    {ITEM_SIGNED, {BIG("i"), 4}},       {ITEM_UNSIGNED, {LITTLE("Q"), 8}}, {ITEM_UNSIGNED, {BIG("Q"), 8}},
    {ITEM_SIGNED, {LITTLE("q"), 8}},    {ITEM_SIGNED, {BIG("q"), 8}},      {ITEM_FLOAT, {LITTLE("f"), 4}},
    {ITEM_FLOAT, {BIG("f"), 4}},        {ITEM_FLOAT, {LITTLE("d"), 8}},    {ITEM_FLOAT, {BIG("d"), 8}},
    {ITEM_CHARACTER, {LITTLE("u"), 2}}, {ITEM_CHARACTER, {BIG("u"), 2}},   {ITEM_CHARACTER, {LITTLE("w"), 4}},
    {ITEM_CHARACTER, {BIG("w"), 4}},
};

/* The type code that an argument names, or NULL and the error. */
static const struct type_code *find_code(struct reading *reading, const struct pickle_value *value)
{
    size_t i;

    if ((value->kind == PICKLE_STR || value->kind == PICKLE_BYTES) && value->size == 1) {
        for (i = 0; i < sizeof type_codes / sizeof type_codes[0]; i++) {
            if ((unsigned char)type_codes[i].letter == value->data[0]) {
                return &type_codes[i];
            }
        }
    }
    recipe_wrong(reading, "this type code of 'array.array'");
    return NULL;
}

static struct pickle_value *new_typed(struct reading *reading, const struct pickle_typed *typed,
                                      const unsigned char *data, size_t size)
{
    struct pickle_value *value;

    if (size % typed->itemsize != 0) {
        recipe_wrong(reading, "%zu data bytes are no whole number of items of %zu", size, typed->itemsize);
        return NULL;
    }
    value = recipe_bytes(reading, PICKLE_TYPED, (struct recipe_range){data, size});
    if (value != NULL) {
        value->typed = typed;
    }
    return value;
}

/* --- array.array(code, items) --------------------------------------------- */

/* The lowest bytes of a number, in this machine's order. */
static void store_low(uint64_t bits, size_t itemsize, unsigned char *to)
{
    size_t skipped = __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__ ? sizeof bits - itemsize : 0;

    memcpy(to, (const unsigned char *)&bits + skipped, itemsize);
}

static bool store_signed(const struct pickle_value *item, size_t itemsize, unsigned char *to)
{
    int64_t most = INT64_MAX >> (64 - 8 * itemsize);
    int64_t number;

    if (!value_to_int(item, &number) || number > most || number < -most - 1) {
        return false;
    }
    store_low((uint64_t)number, itemsize, to);
    return true;
}

static bool store_unsigned(const struct pickle_value *item, size_t itemsize, unsigned char *to)
{
    uint64_t number;

    if (!value_to_unsigned(item, &number) || number > UINT64_MAX >> (64 - 8 * itemsize)) {
        return false;
    }
    store_low(number, itemsize, to);
    return true;
}

static bool store_float(const struct pickle_value *item, size_t itemsize, unsigned char *to)
{
    int64_t integer;
    double real;
    float narrow;

    if (item->kind == PICKLE_FLOAT) {
        real = item->real;
    } else if (value_to_int(item, &integer)) {
        real = (double)integer;
    } else {
        return false;
    }
    if (itemsize == sizeof real) {
        memcpy(to, &real, sizeof real);
    } else {
        narrow = (float)real;
        memcpy(to, &narrow, sizeof narrow);
    }
    return true;
}

/* A str's only character, or one of Python 2's. */
static bool store_character(const struct pickle_value *item, size_t itemsize, unsigned char *to)
{
    uint32_t code_point;
    unsigned decoded = 0;

    (void)itemsize;
    if ((item->kind != PICKLE_STR && item->kind != PICKLE_BYTES) || item->size == 0 || item->size > 4) {
        return false;
    }
    if (utf8_read((const char *)item->data, item->size, &decoded) != item->size) {
        /* Good text of one character is no UTF-8 only when it is a surrogate. */
        if (item->kind != PICKLE_STR || item->size != 3 || item->data[0] != 0xed) {
            return false;
        }
        decoded = 0xd000u | (item->data[1] & 0x3fu) << 6 | (item->data[2] & 0x3fu);
    }
    code_point = decoded;
    memcpy(to, &code_point, sizeof code_point);
    return true;
}

static struct pickle_value *array_of_list(struct reading *reading, const struct type_code *code,
                                          const struct pickle_value *list)
{
    static bool (*const stores[])(const struct pickle_value *item, size_t itemsize, unsigned char *to) = {
        [ITEM_SIGNED] = store_signed,
        [ITEM_UNSIGNED] = store_unsigned,
        [ITEM_FLOAT] = store_float,
        [ITEM_CHARACTER] = store_character,
    };
    size_t itemsize = code->typed.itemsize;
    unsigned char *data;
    size_t i;

    if (!recipe_work(reading, list->item_count)) {
        return NULL;
    }
    data = arena_array(reading->arena, list->item_count, itemsize);
    if (data == NULL) {
        recipe_wrong(reading, "out of memory for its values");
        return NULL;
    }
    for (i = 0; i < list->item_count; i++) {
        if (!stores[code->class](list->items[i], itemsize, data + i * itemsize)) {
            recipe_wrong(reading, "item %zu is no '%c' of array.array", i, code->letter);
            return NULL;
        }
    }
    return new_typed(reading, &code->typed, data, list->item_count * itemsize);
}

/* array('u', 'text') */
static struct pickle_value *array_of_text(struct reading *reading, const struct type_code *code,
                                          const struct pickle_value *text)
{
    struct pickle_value character = {.kind = PICKLE_STR, .data = text->data};
    const unsigned char *end = text->data + text->size;
    size_t itemsize = code->typed.itemsize;
    unsigned char *data;
    size_t used = 0;

    if (!recipe_work(reading, text->size)) {
        return NULL;
    }
    data = arena_array(reading->arena, text->size, itemsize);
    if (data == NULL) {
        recipe_wrong(reading, "out of memory for its values");
        return NULL;
    }
    while (character.data < end) {
        character.size = 1;
        while (character.data + character.size < end && (character.data[character.size] & 0xc0) == 0x80) {
            character.size++;
        }
        store_character(&character, itemsize, data + used);
        used += itemsize;
        character.data += character.size;
    }
    return new_typed(reading, &code->typed, data, used);
}

/* array(code), array(code, list), array(code, bytes), array('u', str): protocols 0 to 2 */
struct pickle_value *typed_array(struct reading *reading, struct pickle_object *object)
{
    const struct pickle_value *items = recipe_argument(reading, object, 1);
    size_t count = recipe_argument_count(object);
    const struct type_code *code;

    if (count < 1 || count > 2) {
        return recipe_fail(reading, "arguments that 'array.array' does not take");
    }
    code = find_code(reading, recipe_argument(reading, object, 0));
    if (code == NULL) {
        return NULL;
    }
    if (count == 1) {
        return new_typed(reading, &code->typed, reading->pickle.bytes, 0);
    }
    if (items->kind == PICKLE_LIST) {
        return array_of_list(reading, code, items);
    }
    if (items->kind == PICKLE_STR && code->class == ITEM_CHARACTER) {
        return array_of_text(reading, code, items);
    }
    if (items->kind == PICKLE_BYTES && code->class != ITEM_CHARACTER) {
        return new_typed(reading, &code->typed, items->data, items->size);
    }
    return recipe_fail(reading, "arguments that 'array.array' does not take");
}

/* --- _array_reconstructor(array, code, machine format, bytes) -------------- */

/* True when Python would keep the type code: the bytes are as this machine has them. */
static bool is_native(const struct type_code *code, const struct machine_format *format)
{
    return code->class == format->class && code->typed.itemsize == format->typed.itemsize &&
           format->typed.format[1] == '\0';
}

/* Protocols 3 to 5.  Bytes in foreign order or size stay as they are: the format tells. */
struct pickle_value *typed_reconstructor(struct reading *reading, struct pickle_object *object)
{
    const struct pickle_value *class = recipe_argument(reading, object, 0);
    const struct pickle_value *letter = recipe_argument(reading, object, 1);
    const struct pickle_value *place = recipe_argument(reading, object, 2);
    const struct pickle_value *data = recipe_argument(reading, object, 3);
    const struct machine_format *format;
    const struct type_code *code;
    int64_t number;
    bool is_integer;

    object->type = class != NULL && pickle_global_of(class) != NULL ? pickle_global_of(class)->dotted : "array.array";
    if (recipe_argument_count(object) != 4 || pickle_global_of(class) == NULL || data->kind != PICKLE_BYTES) {
        recipe_wrong(reading, "arguments that 'array._array_reconstructor' does not take");
        return NULL;
    }
    code = find_code(reading, letter);
    if (code == NULL) {
        return NULL;
    }
    if (!value_to_int(place, &number) || number < 0 ||
        number >= (int64_t)(sizeof machine_formats / sizeof machine_formats[0])) {
        recipe_wrong(reading, "its machine format code is not known");
        return NULL;
    }
    format = &machine_formats[number];
    is_integer = code->class == ITEM_SIGNED || code->class == ITEM_UNSIGNED;
    if (is_integer != (format->class == ITEM_SIGNED || format->class == ITEM_UNSIGNED) ||
        (!is_integer && code->class != format->class)) {
        recipe_wrong(reading, "machine format code %d does not go with type code '%c'", (int)number,
                       code->letter);
        return NULL;
    }
    return new_typed(reading, is_native(code, format) ? &code->typed : &format->typed, data->data,
                     data->size);
}
