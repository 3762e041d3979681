/*
 * Value types of the standard library, as repr writes them.
 */
#include "base/text.h"
#include "format/format.h"
#include "recipe/recipe.h"
#include "recipe/recipes.h"
#include "value/value.h"

#include <arpa/inet.h>
#include <inttypes.h>
#include <string.h>

__extension__ typedef unsigned __int128 wide;

enum { MAX_FRACTION = 400 }; /* bytes of a fraction that is shown */

/* --- numbers ---------------------------------------------------------------------------- */

/* Decimal('1.50'), IPv4Network('10.0.0.0/8'): the class's own name, around what it is made of. */
struct pickle_value *value_of_text(struct reading *reading, struct pickle_object *object)
{
    const struct pickle_value *argument = recipe_argument(reading, object, 0);
    struct text name = TEXT_INIT;
    struct pickle_value *made;

    if (recipe_argument_count(object) != 1 || (argument->kind != PICKLE_STR && !value_is_integer(argument))) {
        return NULL;
    }
    text_append(&name, recipe_callable(reading, object)->name, recipe_callable(reading, object)->name_size);
    made = recipe_call_text(reading, object, text_string(&name));
    text_free(&name);
    return made;
}

/* Fraction('1/3') before Python 3.12, and Fraction(1, 3) */
struct pickle_value *value_fraction(struct reading *reading, struct pickle_object *object)
{
    const struct pickle_value *first = recipe_argument(reading, object, 0);
    const struct pickle_value *second = recipe_argument(reading, object, 1);
    const char *slash;
    struct text text = TEXT_INIT;

    if (first != NULL && second != NULL && value_is_integer(first) && value_is_integer(second)) {
        return recipe_call_text(reading, object, "Fraction");
    }
    if (first == NULL || second != NULL || first->kind != PICKLE_STR || first->size > MAX_FRACTION ||
        strspn((const char *)first->data, "-0123456789/") < first->size) {
        return NULL;
    }
    slash = memchr(first->data, '/', first->size);
    text_puts(&text, "Fraction(");
    text_append(&text, (const char *)first->data,
                slash != NULL ? (size_t)(slash - (const char *)first->data) : first->size);
    text_puts(&text, ", ");
    if (slash != NULL) {
        text_append(&text, slash + 1, first->size - (size_t)(slash + 1 - (const char *)first->data));
    } else {
        text_putc(&text, '1');
    }
    text_putc(&text, ')');
    return recipe_text(reading, &text);
}

static bool part_of_complex(const struct pickle_value *value, double *part)
{
    int64_t integer = 0;

    if (value->kind == PICKLE_FLOAT) {
        *part = value->real;
        return true;
    }
    if (!value_to_int(value, &integer)) {
        return false;
    }
    *part = (double)integer;
    return true;
}

/* complex(real, imaginary) */
struct pickle_value *value_complex(struct reading *reading, struct pickle_object *object)
{
    struct text text = TEXT_INIT;
    struct format format;
    struct error error;
    double parts[2];

    if (recipe_argument_count(object) != 2 || !part_of_complex(recipe_argument(reading, object, 0), &parts[0]) ||
        !part_of_complex(recipe_argument(reading, object, 1), &parts[1]) ||
        !format_parse(&format, "Zd", sizeof parts, &error)) {
        return NULL;
    }
    value_append(&text, &format.root, (const unsigned char *)parts);
    format_free(&format);
    return recipe_text(reading, &text);
}

/* An integer from 0 to 2**128 - 1, from int64_t or from digits. */
static bool to_wide(const struct pickle_value *value, wide *number)
{
    int64_t narrow;
    size_t i;

    if (!value_is_integer(value)) {
        return false;
    }
    *number = 0;
    if (value_to_int(value, &narrow)) {
        *number = (wide)narrow;
        return narrow >= 0;
    }
    for (i = 0; i < value->size; i++) {
        if (value->data[i] < '0' || value->data[i] > '9' || __builtin_mul_overflow(*number, 10, number) ||
            __builtin_add_overflow(*number, (wide)(value->data[i] - '0'), number)) {
            return false;
        }
    }
    return true;
}

/* IPv4Address(number), IPv6Address(number) */
static struct pickle_value *address(struct reading *reading, struct pickle_object *object, const char *name, int family,
                                    unsigned bits)
{
    const struct pickle_value *argument = recipe_argument(reading, object, 0);
    char shown[INET6_ADDRSTRLEN];
    unsigned char bytes[16];
    struct text text = TEXT_INIT;
    wide number;
    unsigned i;

    if (recipe_argument_count(object) != 1 || !to_wide(argument, &number) || (bits < 128 && number >> bits != 0)) {
        return value_of_text(reading, object);
    }
    for (i = 0; i < bits / 8; i++) {
        bytes[i] = (unsigned char)(number >> (bits - 8 - 8 * i));
    }
    text_printf(&text, "%s('%s')", name, inet_ntop(family, bytes, shown, sizeof shown));
    return recipe_text(reading, &text);
}

struct pickle_value *value_ipv4(struct reading *reading, struct pickle_object *object)
{
    return address(reading, object, "IPv4Address", AF_INET, 32);
}

struct pickle_value *value_ipv6(struct reading *reading, struct pickle_object *object)
{
    return address(reading, object, "IPv6Address", AF_INET6, 128);
}

/* UUID: all of it is the attribute `int`. */
struct pickle_value *value_uuid(struct reading *reading, struct pickle_object *object)
{
    const struct pickle_value *whole = recipe_attribute(reading, object, "int");
    struct text text = TEXT_INIT;
    uint64_t high, low;
    wide number;

    if (whole == NULL || !to_wide(whole, &number)) {
        return NULL;
    }
    high = (uint64_t)(number >> 64);
    low = (uint64_t)number;
    text_printf(&text, "UUID('%08" PRIx64 "-%04" PRIx64 "-%04" PRIx64 "-%04" PRIx64 "-%012" PRIx64 "')", high >> 32,
                high >> 16 & 0xffff, high & 0xffff, low >> 48, low & 0xffffffffffff);
    return recipe_text(reading, &text);
}

/* --- ranges ----------------------------------------------------------------------------- */

/* range(1, 9, 2), and Python 2's xrange; the step only where it is not 1 */
struct pickle_value *value_range(struct reading *reading, struct pickle_object *object)
{
    struct text text = TEXT_INIT;
    size_t count = recipe_argument_count(object);
    int64_t step;
    size_t i;

    if (count != 3) {
        return count > 0 && count < 3 ? recipe_call_text(reading, object, "range") : NULL;
    }
    text_puts(&text, "range(");
    count = value_to_int(recipe_argument(reading, object, 2), &step) && step == 1 ? 2 : 3;
    for (i = 0; i < count; i++) {
        text_puts(&text, i > 0 ? ", " : "");
        recipe_repr(reading, object->arguments->items[i], &text);
    }
    text_putc(&text, ')');
    return recipe_text(reading, &text);
}

/* slice(1, None, None) */
struct pickle_value *value_slice(struct reading *reading, struct pickle_object *object)
{
    return recipe_argument_count(object) == 3 ? recipe_call_text(reading, object, "slice") : NULL;
}

/* --- texts ------------------------------------------------------------------------------ */

/* PosixPath(*parts): joined, a part that begins at the root alone. */
struct pickle_value *value_path(struct reading *reading, struct pickle_object *object)
{
    const struct pickle_global *class = recipe_callable(reading, object);
    struct pickle_value joined = {.kind = PICKLE_STR};
    struct text path = TEXT_INIT;
    struct text text = TEXT_INIT;
    size_t i, c;

    for (i = 0; i < recipe_argument_count(object); i++) {
        const struct pickle_value *part = recipe_argument(reading, object, i);

        if (part->kind != PICKLE_STR || !recipe_work(reading, part->size)) {
            text_free(&path);
            return NULL;
        }
        if (part->size > 0 && part->data[0] == '/') {
            text_clear(&path);
        } else if (path.length > 0 && strchr("/\\", text_string(&path)[path.length - 1]) == NULL) {
            text_putc(&path, '/');
        }
        text_append(&path, (const char *)part->data, part->size);
    }
    text_puts(&path, path.length == 0 ? "." : "");
    for (c = 0; memmem(class->name, class->name_size, "Windows", 7) != NULL && c < path.length; c++) {
        path.data[c] = path.data[c] == '\\' ? '/' : path.data[c];
    }
    joined.data = (const unsigned char *)text_string(&path);
    joined.size = path.length;
    text_append(&text, class->name, class->name_size);
    text_putc(&text, '(');
    recipe_repr(reading, &joined, &text);
    text_putc(&text, ')');
    text_free(&path);
    return recipe_text(reading, &text);
}

/* re._compile(pattern, flags) */
struct pickle_value *value_pattern(struct reading *reading, struct pickle_object *object)
{
    static const char *const names[] = {NULL,     "IGNORECASE", "LOCALE",  "MULTILINE", "DOTALL",
                                        "UNICODE", "VERBOSE",    "DEBUG",   "ASCII"};
    enum { LOCALE = 4, UNICODE = 32, ASCII = 256 };
    const struct pickle_value *pattern = recipe_argument(reading, object, 0);
    const char *between = ", ";
    struct text text = TEXT_INIT;
    int64_t flags;
    unsigned i;

    if (recipe_argument_count(object) != 2 || (pattern->kind != PICKLE_STR && pattern->kind != PICKLE_BYTES) ||
        !value_to_int(recipe_argument(reading, object, 1), &flags) || flags < 0) {
        return NULL;
    }
    if (pattern->kind == PICKLE_STR && (flags & (LOCALE | UNICODE | ASCII)) == UNICODE) {
        flags &= ~(int64_t)UNICODE;
    }
    text_puts(&text, "re.compile(");
    recipe_repr(reading, object->arguments->items[0], &text);
    for (i = 1; i < sizeof names / sizeof names[0]; i++) {
        if (flags & (int64_t)1 << i) {
            text_printf(&text, "%sre.%s", between, names[i]);
            between = "|";
            flags &= ~((int64_t)1 << i);
        }
    }
    if (flags != 0) {
        text_printf(&text, "%s0x%" PRIx64, between, (uint64_t)flags);
    }
    text_putc(&text, ')');
    return recipe_text(reading, &text);
}

/* ZoneInfo._unpickle(key, from the cache) */
struct pickle_value *value_zone(struct reading *reading, struct pickle_object *object)
{
    const struct pickle_value *key = recipe_argument(reading, object, 0);
    struct text text = TEXT_INIT;

    object->type = "zoneinfo.ZoneInfo";
    if (key == NULL || key->kind != PICKLE_STR) {
        return NULL;
    }
    text_puts(&text, "zoneinfo.ZoneInfo(key=");
    recipe_repr(reading, object->arguments->items[0], &text);
    text_putc(&text, ')');
    return recipe_text(reading, &text);
}

/* type(None): how protocols before 4 write NoneType */
struct pickle_value *value_type(struct reading *reading, struct pickle_object *object)
{
    const struct pickle_value *instance = recipe_argument(reading, object, 0);
    struct text text = TEXT_INIT;

    if (recipe_argument_count(object) != 1 || instance->kind == PICKLE_OBJECT) {
        return NULL;
    }
    text_printf(&text, "<class '%s'>", pickle_type_name(instance));
    return recipe_text(reading, &text);
}
