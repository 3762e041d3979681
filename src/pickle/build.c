#include "pickle/machine.h"

#include "files/dtype.h"

#include <string.h>

/* A name that a pickle may use.  Nothing is imported: `call` builds what Python's call would give. */
struct pickle_global {
    const char *module;
    const char *name;
    const char *dotted; /* both */
    /* NULL for what is only ever an argument. */
    struct pickle_value *(*call)(struct machine *machine, struct pickle_value *const *arguments,
                                 size_t count);
};

static struct pickle_value *refuse_arguments(struct machine *m, const char *name)
{
    machine_refuse(m, "these arguments to '%s'", name);
    return NULL;
}

/* --- arguments ------------------------------------------------------------ */

bool value_is_global(const struct pickle_value *value, const char *module, const char *name)
{
    return (int)value->kind == KIND_GLOBAL && strcmp(value->global->module, module) == 0 &&
           strcmp(value->global->name, name) == 0;
}

bool build_data(struct machine *m, const struct pickle_value *value, const unsigned char **data, size_t *size)
{
    *data = value->data;
    *size = value->size;
    if (value->kind == PICKLE_STR) {
        return decode_latin1(m, data, size);
    }
    return value->kind == PICKLE_BYTES || value->kind == PICKLE_BYTEARRAY ||
           (int)value->kind == KIND_STRING || machine_refuse(m, "data of type '%s'", value_type_name(value));
}

bool build_shape(struct machine *m, const struct pickle_value *value, bool single, int *ndim,
                 ptrdiff_t *shape)
{
    struct pickle_value *alone[1] = {(struct pickle_value *)value};
    struct pickle_value *const *items = value->items;
    size_t count = value->item_count;
    size_t i;

    if (single && value->kind == PICKLE_INT) {
        items = alone;
        count = 1;
    } else if (value->kind != PICKLE_TUPLE) {
        return machine_broken(m, "a shape of type '%s'", value_type_name(value));
    }
    if (count > LAYOUT_MAX_NDIM) {
        return machine_broken(m, "a shape of %zu dimensions, more than %d", count, LAYOUT_MAX_NDIM);
    }
    for (i = 0; i < count; i++) {
        int64_t extent;

        if (items[i]->kind != PICKLE_INT || !value_to_int(items[i], &extent) || extent < 0 ||
            extent > PTRDIFF_MAX) {
            return machine_broken(m, "extent %zu of a shape is no integer from 0 on", i);
        }
        shape[i] = (ptrdiff_t)extent;
    }
    *ndim = (int)count;
    return true;
}

static bool is_latin1(const struct pickle_value *value)
{
    return value_is_text(value, "latin1") || value_is_text(value, "latin-1");
}

/* --- bytes ---------------------------------------------------------------- */

/* _codecs.encode(str, 'latin1'): how protocols 0 to 2 write bytes. */
static struct pickle_value *call_encode(struct machine *m, struct pickle_value *const *arguments,
                                        size_t count)
{
    const unsigned char *data;
    size_t size;

    if (count != 2 || arguments[0]->kind != PICKLE_STR || !is_latin1(arguments[1])) {
        return refuse_arguments(m, "_codecs.encode");
    }
    return build_data(m, arguments[0], &data, &size) ? value_bytes(m, PICKLE_BYTES, data, size) : NULL;
}

/* bytes(): the empty one, in protocols 0 to 2. */
static struct pickle_value *call_bytes(struct machine *m, struct pickle_value *const *arguments, size_t count)
{
    (void)arguments;
    return count == 0 ? value_bytes(m, PICKLE_BYTES, m->bytes + m->at, 0) : refuse_arguments(m, "bytes");
}

/* bytearray(), bytearray(bytes), and Python 2's bytearray(unicode, 'latin-1') */
static struct pickle_value *call_bytearray(struct machine *m, struct pickle_value *const *arguments,
                                           size_t count)
{
    const unsigned char *data = m->bytes + m->at;
    size_t size = 0;
    bool good = count == 0 || (count == 1 && arguments[0]->kind == PICKLE_BYTES) ||
                (count == 2 && arguments[0]->kind == PICKLE_STR && is_latin1(arguments[1]));

    if (!good) {
        return refuse_arguments(m, "bytearray");
    }
    if (count > 0 && !build_data(m, arguments[0], &data, &size)) {
        return NULL;
    }
    return value_bytes(m, PICKLE_BYTEARRAY, data, size);
}

/* --- OrderedDict ---------------------------------------------------------- */

/* OrderedDict(), which SETITEMS fills, and Python 2's OrderedDict([[key, value], ...]) */
static struct pickle_value *call_ordered_dict(struct machine *m, struct pickle_value *const *arguments,
                                              size_t count)
{
    struct pickle_value *dict = value_new(m, PICKLE_DICT);
    size_t pairs = 0;
    size_t i;

    if (count == 1 && arguments[0]->kind == PICKLE_LIST) {
        pairs = arguments[0]->item_count;
    } else if (count > 0) {
        return refuse_arguments(m, "collections.OrderedDict");
    }
    if (dict == NULL || !machine_work(m, pairs)) {
        return NULL;
    }
    for (i = 0; i < pairs; i++) {
        const struct pickle_value *pair = arguments[0]->items[i];

        if ((pair->kind != PICKLE_LIST && pair->kind != PICKLE_TUPLE) || pair->item_count != 2 ||
            !value_is_key(pair->items[0])) {
            return refuse_arguments(m, "collections.OrderedDict");
        }
        if (!value_extend(m, dict, pair->items, 2)) {
            return NULL;
        }
    }
    return dict;
}

/* --- NumPy ---------------------------------------------------------------- */

/* A complete array: shape and type against its bytes. */
static bool build_array(struct machine *m, struct pickle_value *array, enum pickle_kind kind,
                        struct pickle_array *description, const struct pickle_value *dtype,
                        const struct pickle_value *data)
{
    const unsigned char *bytes;
    size_t size;

    if (dtype->kind != PICKLE_DTYPE) {
        return machine_broken(m, "a dtype of type '%s'", value_type_name(dtype));
    }
    if (dtype_has_object(dtype->dtype)) {
        return machine_refuse(m, "an array of Python objects");
    }
    description->array.dtype = dtype->dtype;
    if (!array_measure(&description->array, m->error)) {
        return machine_blame(m);
    }
    if (!build_data(m, data, &bytes, &size)) {
        return false;
    }
    if (size != description->array.nbytes) {
        return machine_broken(m, "an array of %zu data bytes, %zu present", description->array.nbytes, size);
    }
    array->kind = kind;
    array->data = bytes;
    array->size = size;
    array->array = description;
    return true;
}

static struct pickle_array *new_description(struct machine *m)
{
    struct pickle_array *description = arena_alloc(m->arena, sizeof *description);

    if (description == NULL) {
        machine_full(m);
    }
    return description;
}

/* _reconstruct(ndarray, (0,), b'b'): an array that gets all from its state. */
static struct pickle_value *call_reconstruct(struct machine *m, struct pickle_value *const *arguments,
                                             size_t count)
{
    const char *name = "numpy.core.multiarray._reconstruct";
    ptrdiff_t shape[LAYOUT_MAX_NDIM];
    int ndim;

    if (count != 3 || !value_is_global(arguments[0], "numpy", "ndarray")) {
        return refuse_arguments(m, name);
    }
    if (!build_shape(m, arguments[1], false, &ndim, shape)) {
        return NULL;
    }
    if (ndim != 1 || shape[0] != 0 || !value_is_key(arguments[2]) || arguments[2]->size != 1 ||
        arguments[2]->data[0] != 'b') {
        return refuse_arguments(m, name);
    }
    return value_new(m, (enum pickle_kind)KIND_UNBUILT);
}

/* The state of what _reconstruct gave: (1, shape, dtype, is Fortran order, data). */
static bool build_ndarray(struct machine *m, struct pickle_value *array, struct pickle_value *const *state,
                          size_t count)
{
    struct pickle_array *description = new_description(m);
    int64_t version;

    if (description == NULL) {
        return false;
    }
    if (count != 5 || !value_to_int(state[0], &version) || version != 1 || state[3]->kind != PICKLE_BOOL) {
        return machine_refuse(m, "this state of 'numpy.ndarray'");
    }
    description->array.fortran_order = state[3]->integer != 0;
    if (!build_shape(m, state[1], false, &description->array.ndim, description->array.shape)) {
        return false;
    }
    return build_array(m, array, PICKLE_ARRAY, description, state[2], state[4]);
}

/*
 * The axes of NumPy's order 'K': the block has `shape` in C order, the array
 * is that transposed.
 */
static bool apply_axes(struct machine *m, struct pickle_array *description, const struct pickle_value *value)
{
    struct array *array = &description->array;
    ptrdiff_t block[LAYOUT_MAX_NDIM];
    bool taken[LAYOUT_MAX_NDIM] = {false};
    unsigned char *axes = arena_alloc(m->arena, LAYOUT_MAX_NDIM);
    int i;

    if (axes == NULL) {
        return machine_full(m);
    }
    if (value->kind != PICKLE_TUPLE || value->item_count != (size_t)array->ndim) {
        return machine_broken(m, "axes that do not fit the shape");
    }
    memcpy(block, array->shape, sizeof block);
    for (i = 0; i < array->ndim; i++) {
        int64_t axis;

        if (!value_to_int(value->items[i], &axis) || axis < 0 || axis >= array->ndim || taken[axis]) {
            return machine_broken(m, "axes that do not fit the shape");
        }
        taken[axis] = true;
        axes[i] = (unsigned char)axis;
        array->shape[i] = block[axis];
    }
    description->axes = axes;
    return true;
}

/* _frombuffer(data, dtype, shape, order[, axes]): protocol 5. */
static struct pickle_value *call_frombuffer(struct machine *m, struct pickle_value *const *arguments,
                                            size_t count)
{
    struct pickle_value *value = value_new(m, (enum pickle_kind)KIND_UNBUILT);
    struct pickle_array *description = new_description(m);
    bool has_axes = count == 5 && arguments[4]->kind != PICKLE_NONE;

    if (value == NULL || description == NULL) {
        return NULL;
    }
    if (count < 4 || count > 5 || arguments[0]->kind == PICKLE_STR ||
        !(has_axes ? value_is_text(arguments[3], "K")
                   : value_is_text(arguments[3], "C") || value_is_text(arguments[3], "F"))) {
        return refuse_arguments(m, "numpy.core.numeric._frombuffer");
    }
    description->array.fortran_order = value_is_text(arguments[3], "F");
    if (!build_shape(m, arguments[2], true, &description->array.ndim, description->array.shape) ||
        (has_axes && !apply_axes(m, description, arguments[4])) ||
        !build_array(m, value, PICKLE_ARRAY, description, arguments[1], arguments[0])) {
        return NULL;
    }
    return value;
}

/* scalar(dtype, data) */
static struct pickle_value *call_scalar(struct machine *m, struct pickle_value *const *arguments,
                                        size_t count)
{
    struct pickle_value *value = value_new(m, (enum pickle_kind)KIND_UNBUILT);
    struct pickle_array *description = new_description(m);

    if (value == NULL || description == NULL) {
        return NULL;
    }
    if (count != 2) {
        return refuse_arguments(m, "numpy.core.multiarray.scalar");
    }
    return build_array(m, value, PICKLE_SCALAR, description, arguments[0], arguments[1]) ? value : NULL;
}

/* --- the table ------------------------------------------------------------ */

#define GLOBAL(module, name, call)                                                                           \
    {                                                                                                        \
        module, name, module "." name, call                                                                  \
    }

static const struct pickle_global globals[] = {
    GLOBAL("numpy", "ndarray", NULL),
    GLOBAL("numpy", "dtype", call_dtype),
    GLOBAL("numpy.core.multiarray", "_reconstruct", call_reconstruct),
    GLOBAL("numpy._core.multiarray", "_reconstruct", call_reconstruct),
    GLOBAL("numpy.core.multiarray", "scalar", call_scalar),
    GLOBAL("numpy._core.multiarray", "scalar", call_scalar),
    GLOBAL("numpy.core.numeric", "_frombuffer", call_frombuffer),
    GLOBAL("numpy._core.numeric", "_frombuffer", call_frombuffer),
    GLOBAL("array", "array", call_array),
    GLOBAL("array", "_array_reconstructor", call_array_reconstructor),
    GLOBAL("_codecs", "encode", call_encode),
    GLOBAL("builtins", "bytes", call_bytes),
    GLOBAL("__builtin__", "bytes", call_bytes),
    GLOBAL("builtins", "bytearray", call_bytearray),
    GLOBAL("__builtin__", "bytearray", call_bytearray),
    GLOBAL("collections", "OrderedDict", call_ordered_dict),
};

static bool is_name(const char *name, const char *text, size_t size)
{
    return strlen(name) == size && memcmp(name, text, size) == 0;
}

const struct pickle_global *global_find(const char *module, size_t module_size, const char *name,
                                        size_t name_size)
{
    size_t i;

    for (i = 0; i < sizeof globals / sizeof globals[0]; i++) {
        if (is_name(globals[i].module, module, module_size) && is_name(globals[i].name, name, name_size)) {
            return &globals[i];
        }
    }
    return NULL;
}

const char *global_name(const struct pickle_global *global)
{
    return global->dotted;
}

struct pickle_value *build_call(struct machine *m, const struct pickle_value *callable,
                                const struct pickle_value *arguments)
{
    if (arguments->kind != PICKLE_TUPLE) {
        machine_broken(m, "arguments of type '%s'", value_type_name(arguments));
        return NULL;
    }
    if ((int)callable->kind != KIND_GLOBAL || callable->global->call == NULL) {
        machine_refuse(m, "a call of '%s'", value_type_name(callable));
        return NULL;
    }
    return callable->global->call(m, arguments->items, arguments->item_count);
}

bool build_state(struct machine *m, struct pickle_value *value, const struct pickle_value *state)
{
    bool is_dtype = value->kind == PICKLE_DTYPE;

    if ((!is_dtype && (int)value->kind != KIND_UNBUILT) || state->kind != PICKLE_TUPLE) {
        return machine_refuse(m, "a state of type '%s' for '%s'", value_type_name(state),
                              value_type_name(value));
    }
    return is_dtype ? build_dtype(m, value, state->items, state->item_count)
                    : build_ndarray(m, value, state->items, state->item_count);
}
