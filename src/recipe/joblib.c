#include "files/array.h"
#include "files/dtype.h"
#include "recipe/arrays.h"
#include "recipe/recipe.h"
#include "recipe/recipes.h"

#include <string.h>

/*
 * numpy_pickle.py, class NumpyArrayWrapper: its state has subclass, shape,
 * order, dtype and numpy_array_alignment_bytes.  Behind the state, in the
 * stream: a byte N and N bytes (only where the alignment is there and not
 * None), then the array's bytes in its order; of an array of objects a whole
 * pickle of it.
 */

/* --- in the stream ---------------------------------------------------------------------- */

static bool is_wrapper(const struct pickle_object *object)
{
    return object->callable != NULL &&
           (value_is_global(object->callable, "joblib.numpy_pickle", "NumpyArrayWrapper") ||
            value_is_global(object->callable, "sklearn.externals.joblib.numpy_pickle", "NumpyArrayWrapper"));
}

/* The pickle of an array of objects. */
static bool step_over_pickle(struct reading *reading, struct pickle_rare *rare, struct recipe_range left,
                             size_t *taken, struct error *error)
{
    struct reading *inner = reading_nested(reading, left, error);

    if (inner == NULL) {
        *taken = PICKLE_CUT;
        return false;
    }
    rare->behind_value = inner->pickle.value;
    *taken = inner->pickle.length;
    return true;
}

/* The bytes that make the data begin at a multiple of the alignment. */
static bool step_over_padding(struct reading *reading, const struct pickle_object *object, struct recipe_range *left)
{
    const struct pickle_value *alignment = recipe_attribute(reading, object, "numpy_array_alignment_bytes");
    size_t padding;

    if (alignment == NULL || alignment->kind == PICKLE_NONE) {
        return true;
    }
    padding = left->size > 0 ? (size_t)left->data[0] + 1 : 1;
    if (padding > left->size) {
        return false;
    }
    left->data += padding;
    left->size -= padding;
    return true;
}

static bool measure(struct reading *reading, const struct pickle_object *object, struct array *array)
{
    const struct pickle_value *dtype = recipe_attribute(reading, object, "dtype");
    const struct pickle_value *shape = recipe_attribute(reading, object, "shape");

    if (dtype == NULL || shape == NULL || dtype->kind != PICKLE_DTYPE) {
        return recipe_wrong(reading, "an array of joblib's without dtype or shape");
    }
    array->dtype = dtype->dtype;
    return recipe_shape(reading, shape, false, &array->ndim, array->shape) && array_measure(array, &reading->error);
}

bool joblib_built(void *context, struct pickle_object *object, const unsigned char *next, size_t left, size_t *taken,
                  struct error *error)
{
    struct recipe_range rest = {next, left};
    struct reading *reading = context;
    struct pickle_rare *rare;
    struct array array;

    if (!is_wrapper(object) || object->states != 1) {
        return true;
    }
    rare = pickle_rare_of(object, reading->arena);
    if (rare == NULL) {
        return error_no_memory(error);
    }
    reading->error = (struct error)ERROR_INIT;
    if (!measure(reading, object, &array)) {
        return error_set(error, ERROR_INPUT, "broken pickle: byte %zu: %s", object->place, reading->error.message);
    }
    if (dtype_has_object(array.dtype)) {
        return step_over_pickle(reading, rare, rest, taken, error);
    }
    if (!step_over_padding(reading, object, &rest)) {
        rest.size = 0;
    }
    if (rest.size < array.nbytes) {
        rare->behind_size = rest.size;
        *taken = PICKLE_CUT;
        return error_set(error, ERROR_INPUT,
                         "broken pickle: the array at byte %zu has %zu data bytes, %zu present: the file is cut short",
                         object->place, array.nbytes, rest.size);
    }
    rare->behind = rest.data;
    rare->behind_size = array.nbytes;
    *taken = left - rest.size + array.nbytes;
    return true;
}

/* --- when it is looked at --------------------------------------------------------------- */

struct pickle_value *joblib_array(struct reading *reading, struct pickle_object *object)
{
    const struct pickle_value *class = recipe_attribute(reading, object, "subclass");
    const struct pickle_value *order = recipe_attribute(reading, object, "order");
    const struct pickle_rare nothing = {.behind_size = 0};
    const struct pickle_rare *rare = object->rare != NULL ? object->rare : &nothing;
    struct recipe_range data = {rare->behind, rare->behind_size};
    ptrdiff_t strides[LAYOUT_MAX_NDIM];
    struct array array;
    bool fortran;

    if (class != NULL && pickle_global_of(class) != NULL) {
        object->type = pickle_global_of(class)->dotted;
    }
    if (rare->behind_value != NULL) {
        return recipe_value(reading, rare->behind_value);
    }
    if (!measure(reading, object, &array)) {
        return NULL;
    }
    if (rare->behind == NULL && dtype_has_object(array.dtype)) {
        return recipe_fail(reading, "the pickle of its objects is broken or cut short");
    }
    if (rare->behind == NULL) {
        return recipe_fail(reading, "an array of %zu data bytes, %zu present: the file is cut short", array.nbytes,
                           rare->behind_size);
    }
    fortran = order != NULL && value_is_text(order, "F");
    if (fortran && !recipe_f_strides(array.ndim, array.shape, array.dtype->itemsize, strides)) {
        return recipe_fail(reading, "a shape that no memory has");
    }
    return arrays_native(reading, recipe_array(reading, PICKLE_ARRAY, array.dtype, array.ndim, array.shape,
                                               fortran ? strides : NULL, data, 0));
}
