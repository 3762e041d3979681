#include "pickle/pickle.h"

#include "base/error.h"
#include "base/text.h"
#include "files/dtype.h"
#include "pickle/machine.h"
#include "value/decimal.h"

#include <inttypes.h>
#include <string.h>

enum {
    ALIGNMENT = 16,    /* bytes; what Python's and NumPy's allocators give */
    LINE = 16,         /* bytes of a type's text that weigh as much as a value */
    MAX_KEYS_TOLD = 8, /* in the message for a key that is not there */
};

/* --- the finished value --------------------------------------------------- */

/* A container's `own` while and after it is settled. */
enum { UNSETTLED = 0, SETTLING = 1, HEIGHT_BASE = 2 /* + containers inside each other */ };

static bool settle_container(struct machine *m, struct pickle_value *value, unsigned depth);

/*
 * What describing an array adds to its value's weight: its type's text, by the
 * line, for a short list can name one array with a long one again and again.
 */
static size_t type_weight(const struct dtype *dtype)
{
    size_t padding = dtype->depth == 0 ? 0 : dtype->itemsize;

    return (dtype->weight + (padding < DTYPE_MAX_RUN ? padding : DTYPE_MAX_RUN)) / LINE;
}

/* Make of a value of the machine one that can be shown; *weight and *height as of a walk through it. */
static bool settle(struct machine *m, struct pickle_value *value, unsigned depth, size_t *weight,
                   unsigned *height)
{
    *weight = 1;
    *height = 0;
    switch ((int)value->kind) {
    case KIND_STRING:
        value->kind = is_ascii(value->data, value->size) ? PICKLE_STR : PICKLE_BYTES;
        return true;
    case KIND_GLOBAL:
        return machine_refuse(m, "'%s' as a value", value_type_name(value));
    case KIND_UNBUILT:
        return machine_broken(m, "an array without its state");
    case PICKLE_ARRAY:
    case PICKLE_SCALAR:
        *weight += type_weight(value->array->array.dtype);
        return true;
    case PICKLE_DTYPE:
        *weight += type_weight(value->dtype);
        return true;
    case PICKLE_LIST:
    case PICKLE_TUPLE:
    case PICKLE_DICT:
        if (!settle_container(m, value, depth)) {
            return false;
        }
        *weight = value->weight;
        *height = value->own - HEIGHT_BASE + 1;
        return true;
    default:
        return true;
    }
}

static bool settle_container(struct machine *m, struct pickle_value *value, unsigned depth)
{
    size_t most = m->size > PICKLE_MAX_WEIGHT ? m->size : PICKLE_MAX_WEIGHT;
    unsigned height = 0;
    size_t weight = 1;
    size_t i;

    if (value->own == SETTLING) {
        return machine_refuse(m, "a %s that contains itself", pickle_type_name(value));
    }
    if (depth > PICKLE_MAX_DEPTH ||
        (value->own != UNSETTLED && depth + value->own - HEIGHT_BASE > PICKLE_MAX_DEPTH)) {
        return machine_refuse(m, "containers nested deeper than %d", PICKLE_MAX_DEPTH);
    }
    if (value->own != UNSETTLED) {
        return true;
    }
    value->own = SETTLING;
    for (i = 0; i < value->item_count; i++) {
        size_t item_weight;
        unsigned item_height;

        if (!settle(m, value->items[i], depth + 1, &item_weight, &item_height)) {
            return false;
        }
        weight += item_weight;
        height = item_height > height ? item_height : height;
        if (weight > most) {
            return machine_refuse(m, "shared containers that hold more than %zu values", most);
        }
    }
    value->weight = weight;
    value->own = HEIGHT_BASE + height;
    return true;
}

bool pickle_is(const void *bytes, size_t size)
{
    const unsigned char *start = bytes;

    return size >= 2 && start[0] == 0x80 && start[1] >= 2 && start[1] <= 5;
}

size_t pickle_arena_limit(size_t size)
{
    size_t least = (size_t)32 << 20;

    return size > (SIZE_MAX - least) / 8 ? SIZE_MAX : least + 8 * size;
}

bool pickle_parse(struct pickle *pickle, const void *bytes, size_t size, struct arena *arena,
                  struct error *error)
{
    struct machine machine = {.bytes = bytes, .size = size, .arena = arena, .error = error};
    struct pickle_value *value = machine_run(&machine);
    size_t weight;
    unsigned height;
    bool good = value != NULL && settle(&machine, value, 1, &weight, &height);

    machine_free(&machine);
    if (good) {
        *pickle = (struct pickle){.value = value,
                                  .protocol = machine.protocol,
                                  .trailing = size - machine.at,
                                  .bytes = bytes,
                                  .size = size};
    }
    return good;
}

/* --- a value's properties ------------------------------------------------- */

uint64_t pickle_offset(const struct pickle *pickle, const struct pickle_value *value)
{
    uintptr_t start = (uintptr_t)pickle->bytes;
    uintptr_t data = (uintptr_t)value->data;

    return pickle_is_buffer(value) && data >= start && data - start <= pickle->size ? data - start
                                                                                    : UINT64_MAX;
}

/* A NumPy scalar's type, by its dtype's kind and size. */
static const char *scalar_type_name(const struct dtype *dtype)
{
    static const struct {
        char kind;
        size_t itemsize; /* bytes; 0 for any */
        const char *name;
    } names[] = {
        {'b', 1, "numpy.bool_"},        {'i', 1, "numpy.int8"},        {'i', 2, "numpy.int16"},
        {'i', 4, "numpy.int32"},        {'i', 8, "numpy.int64"},       {'u', 1, "numpy.uint8"},
        {'u', 2, "numpy.uint16"},       {'u', 4, "numpy.uint32"},      {'u', 8, "numpy.uint64"},
        {'f', 2, "numpy.float16"},      {'f', 4, "numpy.float32"},     {'f', 8, "numpy.float64"},
        {'f', 16, "numpy.longdouble"},  {'c', 8, "numpy.complex64"},   {'c', 16, "numpy.complex128"},
        {'c', 32, "numpy.clongdouble"}, {'S', 0, "numpy.bytes_"},      {'U', 0, "numpy.str_"},
        {'M', 0, "numpy.datetime64"},   {'m', 0, "numpy.timedelta64"},
    };
    size_t i;

    for (i = 0; i < sizeof names / sizeof names[0]; i++) {
        if (names[i].kind == dtype->kind &&
            (names[i].itemsize == 0 || names[i].itemsize == dtype->itemsize)) {
            return names[i].name;
        }
    }
    return "numpy.void";
}

const char *pickle_type_name(const struct pickle_value *value)
{
    static const char *const names[] = {
        [PICKLE_NONE] = "NoneType",       [PICKLE_BOOL] = "bool",         [PICKLE_INT] = "int",
        [PICKLE_FLOAT] = "float",         [PICKLE_STR] = "str",           [PICKLE_BYTES] = "bytes",
        [PICKLE_BYTEARRAY] = "bytearray", [PICKLE_TYPED] = "array.array", [PICKLE_ARRAY] = "numpy.ndarray",
        [PICKLE_SCALAR] = NULL,           [PICKLE_DTYPE] = "numpy.dtype", [PICKLE_LIST] = "list",
        [PICKLE_TUPLE] = "tuple",         [PICKLE_DICT] = "dict",
    };

    return value->kind == PICKLE_SCALAR ? scalar_type_name(value->array->array.dtype) : names[value->kind];
}

void pickle_scalar_text(const struct pickle_value *value, struct text *text)
{
    char number[DECIMAL_TEXT_SIZE];
    struct decimal decimal;

    switch (value->kind) {
    case PICKLE_NONE:
        text_puts(text, "None");
        break;
    case PICKLE_BOOL:
        text_puts(text, value->integer ? "True" : "False");
        break;
    case PICKLE_FLOAT:
        decimal_of_double(&decimal, value->real);
        text_append(text, number, decimal_write(number, &decimal, true, false));
        break;
    case PICKLE_INT:
        if (value->data == NULL) {
            text_printf(text, "%" PRId64, value->integer);
            break;
        }
        /* fall through */
    case PICKLE_STR:
    case PICKLE_BYTES:
        text_append(text, (const char *)value->data, value->size);
        break;
    default:
        break;
    }
}

/* --- buffers -------------------------------------------------------------- */

bool pickle_is_buffer(const struct pickle_value *value)
{
    return value->kind >= PICKLE_BYTES && value->kind <= PICKLE_SCALAR;
}

/* One dimension of items, one behind the other. */
static bool plain_layout(const struct pickle_value *value, struct text *format, const char *code,
                         size_t itemsize, struct layout *layout, struct error *error)
{
    text_puts(format, code);
    if (format->failed) {
        return error_no_memory(error);
    }
    *layout = (struct layout){.buf = value->data,
                              .len = (ptrdiff_t)value->size,
                              .itemsize = (ptrdiff_t)itemsize,
                              .format = text_string(format),
                              .ndim = 1,
                              .readonly = true,
                              .given = LAYOUT_FORMAT | LAYOUT_SHAPE | LAYOUT_STRIDES,
                              .shape = {(ptrdiff_t)(value->size / itemsize)},
                              .strides = {(ptrdiff_t)itemsize},
                              .suboffsets = {-1}};
    return true;
}

/* The layout of a C-ordered block, its dimensions in the array's order. */
static bool transposed_layout(const struct pickle_value *value, struct text *format, struct layout *layout,
                              bool *plain, struct error *error)
{
    const struct pickle_array *array = value->array;
    struct array block = array->array;
    ptrdiff_t strides[LAYOUT_MAX_NDIM];
    int i;

    for (i = 0; i < block.ndim; i++) {
        block.shape[array->axes[i]] = array->array.shape[i];
    }
    if (!array_layout(&block, value->data, ALIGNMENT, format, layout, plain, error)) {
        return false;
    }
    memcpy(strides, layout->strides, sizeof strides);
    for (i = 0; i < block.ndim; i++) {
        layout->shape[i] = array->array.shape[i];
        layout->strides[i] = strides[array->axes[i]];
    }
    return true;
}

bool pickle_layout(const struct pickle_value *value, struct text *format, struct layout *layout, bool *plain,
                   struct error *error)
{
    *plain = true;
    switch (value->kind) {
    case PICKLE_BYTES:
    case PICKLE_BYTEARRAY:
        return plain_layout(value, format, "B", 1, layout, error);
    case PICKLE_TYPED:
        return plain_layout(value, format, value->typed->format, value->typed->itemsize, layout, error);
    default:
        return value->array->axes != NULL
                   ? transposed_layout(value, format, layout, plain, error)
                   : array_layout(&value->array->array, value->data, ALIGNMENT, format, layout, plain, error);
    }
}

/* --- members -------------------------------------------------------------- */

/* How much of the path a key takes: its text, up to a '/' or the end; false for none. */
static bool key_begins(const struct pickle_value *key, const char *path, struct text *scratch, size_t *length)
{
    text_clear(scratch);
    pickle_scalar_text(key, scratch);
    *length = scratch->length;
    return strncmp(path, text_string(scratch), *length) == 0 &&
           memchr(text_string(scratch), '\0', *length) == NULL &&
           (path[*length] == '/' || path[*length] == '\0');
}

/* The step's value in a dict, and how much of the path it took; NULL when there is none. */
static struct pickle_value *find_key(const struct pickle_value *dict, const char *path, size_t *length)
{
    struct text scratch = TEXT_INIT;
    const struct pickle_value *best = NULL;
    struct pickle_value *found = NULL;
    size_t i;

    *length = 0;
    for (i = 0; i < dict->item_count; i += 2) {
        const struct pickle_value *key = dict->items[i];
        size_t taken;

        if (key_begins(key, path, &scratch, &taken) &&
            (best == NULL || taken > *length ||
             (taken == *length && (key->kind == PICKLE_STR || best->kind != PICKLE_STR)))) {
            best = key;
            found = dict->items[i + 1];
            *length = taken;
        }
    }
    text_free(&scratch);
    return found;
}

/* The step's value in a list or tuple; NULL when it is no number or out of range. */
static struct pickle_value *find_item(const struct pickle_value *list, const char *path, size_t length)
{
    bool negative = path[0] == '-';
    size_t number = 0;
    size_t i;

    for (i = negative; i < length; i++) {
        if (path[i] < '0' || path[i] > '9' || __builtin_mul_overflow(number, 10, &number) ||
            __builtin_add_overflow(number, (size_t)(path[i] - '0'), &number)) {
            return NULL;
        }
    }
    if (negative) {
        number = number > 0 && number <= list->item_count ? list->item_count - number : SIZE_MAX;
    }
    return length > (size_t)negative && number < list->item_count ? list->items[number] : NULL;
}

/* What there is where a step failed: "dict has 'a', 'b' and 3 more" */
static void tell_content(const struct pickle_value *value, struct text *text)
{
    size_t i;

    if (value->kind == PICKLE_LIST || value->kind == PICKLE_TUPLE) {
        text_printf(text, "the %s has %zu %s", pickle_type_name(value), value->item_count,
                    value->item_count == 1 ? "item" : "items");
        return;
    }
    if (value->kind != PICKLE_DICT) {
        text_printf(text, "%s has no members", pickle_type_name(value));
        return;
    }
    text_puts(text, value->item_count > 0 ? "the dict has " : "the dict is empty");
    for (i = 0; i < value->item_count && i < 2 * MAX_KEYS_TOLD; i += 2) {
        text_puts(text, i > 0 ? ", '" : "'");
        pickle_scalar_text(value->items[i], text);
        text_putc(text, '\'');
    }
    if (i < value->item_count) {
        text_printf(text, " and %zu more", (value->item_count - i) / 2);
    }
}

static void refuse_step(const struct pickle_value *value, const char *path, const char *step, size_t length,
                        struct error *error)
{
    struct text content = TEXT_INIT;

    tell_content(value, &content);
    error_set(error, ERROR_INPUT, "no member '%.*s'%s%.*s%s: %s", (int)length, step,
              step > path ? " in '" : "", step > path ? (int)(step - path - 1) : 0, path,
              step > path ? "'" : "", text_string(&content));
    text_free(&content);
}

struct pickle_value *pickle_member(struct pickle_value *value, const char *path, struct error *error)
{
    const char *step = path;

    for (;;) {
        size_t length = strcspn(step, "/");
        struct pickle_value *next = NULL;

        if (value->kind == PICKLE_DICT) {
            next = find_key(value, step, &length);
        } else if (value->kind == PICKLE_LIST || value->kind == PICKLE_TUPLE) {
            next = find_item(value, step, length);
        }
        if (next == NULL) {
            refuse_step(value, path, step, strcspn(step, "/"), error);
            return NULL;
        }
        if (step[length] == '\0') {
            return next;
        }
        value = next;
        step += length + 1;
    }
}
