#include "pickle/value.h"

#include "base/arena.h"
#include "base/error.h"
#include "base/text.h"
#include "files/array.h"
#include "files/dtype.h"
#include "value/decimal.h"
#include "value/named.h"

#include <inttypes.h>
#include <string.h>

enum { ALIGNMENT = 16 }; /* bytes; what Python's and NumPy's allocators give */

struct pickle_rare *pickle_rare_of(struct pickle_object *object, struct arena *arena)
{
    if (object->rare == NULL) {
        object->rare = arena_alloc(arena, sizeof *object->rare);
    }
    return object->rare;
}

struct pickle_value *pickle_keywords(const struct pickle_object *object)
{
    return object->rare != NULL ? object->rare->keywords : NULL;
}

const struct pickle_value *pickle_setter(const struct pickle_object *object)
{
    return object->rare != NULL ? object->rare->setter : NULL;
}

/* --- a value's type ------------------------------------------------------- */

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

static const char *object_type_name(const struct pickle_object *object)
{
    const struct pickle_global *global = object->callable != NULL ? pickle_global_of(object->callable) : NULL;

    if (object->type != NULL) {
        return object->type;
    }
    switch (object->how) {
    case PICKLE_PERSISTENT:
        return "persistent id";
    case PICKLE_BUFFER:
        return "out-of-band buffer";
    default:
        return global != NULL ? global->dotted : "result of a call";
    }
}

const char *pickle_type_name(const struct pickle_value *value)
{
    static const char *const names[] = {
        [PICKLE_NONE] = "NoneType",       [PICKLE_BOOL] = "bool",           [PICKLE_INT] = "int",
        [PICKLE_FLOAT] = "float",         [PICKLE_LONG] = "int",            [PICKLE_STR] = "str",
        [PICKLE_BYTES] = "bytes",         [PICKLE_BYTEARRAY] = "bytearray", [PICKLE_TYPED] = "array.array",
        [PICKLE_ARRAY] = "numpy.ndarray", [PICKLE_SCALAR] = NULL,           [PICKLE_DTYPE] = "numpy.dtype",
        [PICKLE_LIST] = "list",           [PICKLE_TUPLE] = "tuple",         [PICKLE_SET] = "set",
        [PICKLE_FROZENSET] = "frozenset", [PICKLE_DICT] = "dict",           [PICKLE_GLOBAL] = "global",
        [PICKLE_OBJECT] = NULL,           [PICKLE_TEXT] = "object",         [PICKLE_GRID] = "numpy.ndarray",
        [PICKLE_NAMED] = "object",
    };

    if (value->kind == PICKLE_OBJECT) {
        return object_type_name(value->object);
    }
    return value->kind == PICKLE_SCALAR ? scalar_type_name(value->array->dtype) : names[value->kind];
}

/* --- what a value is ------------------------------------------------------ */

struct pickle_global *pickle_global_of(const struct pickle_value *value)
{
    if (value->kind == PICKLE_OBJECT && value->object->how == PICKLE_CHANGED) {
        value = value->object->callable;
    }
    return value->kind == PICKLE_GLOBAL ? value->global : NULL;
}

bool pickle_is_ascii(const unsigned char *bytes, size_t size)
{
    size_t i = 0;

    for (; size - i >= sizeof(uint64_t); i += sizeof(uint64_t)) {
        uint64_t word;

        memcpy(&word, bytes + i, sizeof word);
        if ((word & 0x8080808080808080u) != 0) {
            return false;
        }
    }
    for (; i < size; i++) {
        if (bytes[i] >= 0x80) {
            return false;
        }
    }
    return true;
}

bool pickle_is_sequence(const struct pickle_value *value)
{
    return value->kind >= PICKLE_LIST && value->kind <= PICKLE_FROZENSET;
}

static bool is_name(const char *name, const char *text, size_t size)
{
    return strlen(name) == size && memcmp(name, text, size) == 0;
}

bool value_is_global(const struct pickle_value *value, const char *module, const char *name)
{
    const struct pickle_global *global = pickle_global_of(value);

    return global != NULL && is_name(module, global->module, global->module_size) &&
           is_name(name, global->name, global->name_size);
}

bool value_is_text(const struct pickle_value *value, const char *text)
{
    return value->kind == PICKLE_STR && is_name(text, (const char *)value->data, value->size);
}

bool value_is_integer(const struct pickle_value *value)
{
    return value->kind == PICKLE_INT || value->kind == PICKLE_LONG;
}

bool value_to_int(const struct pickle_value *value, int64_t *integer)
{
    if (value->kind != PICKLE_INT && value->kind != PICKLE_BOOL) {
        return false;
    }
    *integer = value->integer;
    return true;
}

bool digits_to_unsigned(const unsigned char *digits, size_t size, uint64_t *number)
{
    size_t i;

    *number = 0;
    for (i = 0; i < size; i++) {
        if (digits[i] < '0' || digits[i] > '9' || __builtin_mul_overflow(*number, 10, number) ||
            __builtin_add_overflow(*number, (uint64_t)(digits[i] - '0'), number)) {
            return false;
        }
    }
    return size > 0;
}

bool value_to_unsigned(const struct pickle_value *value, uint64_t *integer)
{
    int64_t number;

    if (value_to_int(value, &number)) {
        *integer = (uint64_t)number;
        return number >= 0;
    }
    return value->kind == PICKLE_LONG && digits_to_unsigned(value->data, value->size, integer);
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
        text_printf(text, "%" PRId64, value->integer);
        break;
    case PICKLE_LONG:
    case PICKLE_STR:
    case PICKLE_BYTES:
    case PICKLE_TEXT:
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

/* The type's format, by way of an array in C order, and then the array's own strides. */
static bool strided_layout(const struct pickle_value *value, struct text *format, struct layout *layout,
                           bool *plain, struct error *error)
{
    const struct pickle_array *array = value->array;
    struct array block;

    block.dtype = array->dtype;
    block.fortran_order = false;
    block.ndim = array->ndim;
    block.nbytes = value->size;
    memcpy(block.shape, array->shape, (size_t)array->ndim * sizeof *array->shape);
    if (!array_layout(&block, value->data, ALIGNMENT, format, layout, plain, error)) {
        return false;
    }
    memcpy(layout->strides, array->strides, (size_t)array->ndim * sizeof *array->strides);
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
        *plain = named_value_size(value->array->type_text) == 0;
        return strided_layout(value, format, layout, plain, error);
    }
}

void pickle_dtype_text(const struct pickle_value *value, struct text *text)
{
    if (value->array->type_text != NULL) {
        text_puts(text, value->array->type_text);
    } else {
        dtype_text(value->array->dtype, text);
    }
}

void pickle_exact_format(const struct pickle_value *value, const char *format, struct text *exact)
{
    if (value->array->type_text == NULL) {
        dtype_exact_format(value->array->dtype, format, exact);
    }
}

bool pickle_has_dtype(const struct pickle_value *value)
{
    return value->kind == PICKLE_ARRAY || value->kind == PICKLE_SCALAR;
}
