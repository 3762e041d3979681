#include "recipe/arrays.h"

#include "files/array.h"
#include "files/dtype.h"
#include "recipe/recipe.h"
#include "recipe/recipes.h"

#include <string.h>

/* --- arrays of bytes -------------------------------------------------------------------- */

/* The dtype that a value is; NULL, and the error, when it is none. */
static const struct dtype *dtype_of(struct reading *reading, const struct pickle_value *value)
{
    if (value->kind != PICKLE_DTYPE) {
        return recipe_fail(reading, "a dtype of type '%s'", pickle_type_name(value));
    }
    return value->dtype;
}

struct pickle_value *arrays_whole(struct reading *reading, enum pickle_kind kind, const struct dtype *dtype, int ndim,
                                  const ptrdiff_t *shape, const ptrdiff_t *strides, const struct pickle_value *value)
{
    struct array array = {.dtype = dtype, .ndim = ndim};
    struct recipe_range data;

    if (dtype_has_object(dtype)) {
        return recipe_fail(reading, "an array of Python objects and other data");
    }
    memcpy(array.shape, shape, (size_t)ndim * sizeof *shape);
    if (!array_measure(&array, &reading->error) || !recipe_data(reading, value, &data)) {
        return NULL;
    }
    if (data.size != array.nbytes) {
        return recipe_fail(reading, "an array of %zu data bytes, %zu present", array.nbytes, data.size);
    }
    return recipe_array(reading, kind, dtype, ndim, shape, strides, data, 0);
}

/* The same array with a header of its own, to be changed. */
static struct pickle_array *own_header(struct reading *reading, struct pickle_value *made)
{
    struct pickle_array *array = arena_alloc(reading->arena, sizeof *array);

    if (array != NULL) {
        *array = *made->array;
        made->array = array;
    }
    return array;
}

/* The same, under the name that its type has where NumPy has no such. */
static struct pickle_value *named_array(struct reading *reading, const struct pickle_value *type,
                                        struct pickle_value *made)
{
    struct pickle_array *array;

    if (made == NULL || type->data == NULL) {
        return made;
    }
    array = own_header(reading, made);
    if (array == NULL) {
        return NULL;
    }
    array->type_text = (const char *)type->data;
    return made;
}

struct pickle_value *arrays_native(struct reading *reading, struct pickle_value *made)
{
    struct pickle_array *array = made != NULL ? own_header(reading, made) : NULL;

    if (array == NULL) {
        return NULL;
    }
    array->native = true;
    return made;
}

/* What NumPy turns into the machine's order as it is loaded: plain items, never structs. */
static struct pickle_value *native_plain(struct reading *reading, struct pickle_value *made)
{
    return made != NULL && made->array->dtype->kind != 'T' ? arrays_native(reading, made) : made;
}

/* --- arrays of objects ------------------------------------------------------------------ */

/* The items are a flat list in C order, whichever order the array has in memory. */
static struct pickle_value *object_array(struct reading *reading, int ndim, const ptrdiff_t *shape,
                                         const struct pickle_value *list)
{
    struct pickle_value *value = recipe_new(reading, PICKLE_GRID);
    struct pickle_grid *grid = arena_alloc(reading->arena, sizeof *grid);
    ptrdiff_t *kept = arena_alloc(reading->arena, (size_t)ndim * sizeof *shape);
    struct array array = {.ndim = ndim};
    struct dtype pointer = {.itemsize = 1};

    if (value == NULL || grid == NULL || kept == NULL) {
        return NULL;
    }
    memcpy(array.shape, shape, (size_t)ndim * sizeof *shape);
    array.dtype = &pointer;
    if (!array_measure(&array, &reading->error)) {
        return NULL;
    }
    if (!pickle_is_sequence(list) || list->item_count != array.nbytes) {
        return recipe_fail(reading, "an array of %zu objects, %zu present", array.nbytes,
                           pickle_is_sequence(list) ? list->item_count : 0);
    }
    memcpy(kept, shape, (size_t)ndim * sizeof *shape);
    *grid = (struct pickle_grid){.ndim = ndim, .shape = kept};
    value->items = list->items;
    value->item_count = list->item_count;
    value->grid = grid;
    return value;
}

/* --- _reconstruct ----------------------------------------------------------------------- */

/* The class that is made, as the type's name. */
static void name_class(struct pickle_object *object, const struct pickle_value *class)
{
    const struct pickle_global *global = class != NULL ? pickle_global_of(class) : NULL;

    if (global != NULL) {
        object->type = global->dotted;
    }
}

/* A subclass may have its own state behind the array's, both in a tuple: then the array's. */
static const struct pickle_value *first_state(const struct pickle_value *state)
{
    const struct pickle_value *first =
        state->kind == PICKLE_TUPLE && state->item_count > 0 ? state->items[0] : state;

    return first->kind == PICKLE_TUPLE && first->item_count >= 5 && value_is_integer(first->items[0]) &&
                   first->items[1]->kind == PICKLE_TUPLE
               ? first
               : state;
}

struct pickle_value *arrays_of_state(struct reading *reading, const struct pickle_value *state)
{
    ptrdiff_t shape[LAYOUT_MAX_NDIM], strides[LAYOUT_MAX_NDIM];
    size_t count = state->kind == PICKLE_TUPLE ? state->item_count : 0;
    size_t skipped = count >= 5;
    const struct pickle_value *order, *data;
    const struct dtype *dtype;
    struct pickle_value *made;
    int64_t fortran, version;
    int ndim;

    if (count < 4) {
        return recipe_fail(reading, "a state that 'numpy.ndarray' does not have");
    }
    order = recipe_item(reading, state, skipped + 2);
    data = recipe_item(reading, state, skipped + 3);
    if (!value_to_int(order, &fortran) ||
        (skipped && (!value_to_int(state->items[0], &version) || version != 1))) {
        return recipe_fail(reading, "a state that 'numpy.ndarray' does not have");
    }
    if (!recipe_shape(reading, recipe_item(reading, state, skipped), false, &ndim, shape)) {
        return NULL;
    }
    if (recipe_item(reading, state, skipped + 1)->kind == PICKLE_OBJECT && data->kind == PICKLE_LIST) {
        return object_array(reading, ndim, shape, data); /* StringDType and others that are no bytes */
    }
    dtype = dtype_of(reading, recipe_item(reading, state, skipped + 1));
    if (dtype == NULL) {
        return NULL;
    }
    if (dtype->kind == 'O' || (dtype_has_object(dtype) && data->kind == PICKLE_LIST)) {
        return object_array(reading, ndim, shape, data);
    }
    if (fortran != 0 && !recipe_f_strides(ndim, shape, dtype->itemsize, strides)) {
        return recipe_fail(reading, "a shape that no memory has");
    }
    made = arrays_whole(reading, PICKLE_ARRAY, dtype, ndim, shape, fortran != 0 ? strides : NULL, data);
    return native_plain(reading, named_array(reading, recipe_item(reading, state, skipped + 1), made));
}

/* _reconstruct(class, (0,), b'b'): an array that gets all from its state; subclasses may put it in a part of theirs. */
struct pickle_value *numpy_reconstruct(struct reading *reading, struct pickle_object *object)
{
    const struct pickle_value *class = recipe_argument(reading, object, 0);

    if (recipe_argument_count(object) != 3 || pickle_global_of(class) == NULL) {
        return recipe_fail(reading, "arguments that '_reconstruct' does not take");
    }
    name_class(object, class);
    if (object->states == 0) {
        return recipe_fail(reading, "an array without its state");
    }
    if (object->states > 1) {
        return recipe_fail(reading, "an array with %zu states", object->state->item_count);
    }
    return arrays_of_state(reading, first_state(recipe_value(reading, object->state)));
}

/* --- _frombuffer, scalar ---------------------------------------------------------------- */

/*
 * The axes of NumPy's order 'K': the block has `shape` in C order, the array
 * is that transposed.
 */
static bool apply_axes(struct reading *reading, const struct pickle_value *value, int ndim, size_t itemsize,
                       ptrdiff_t *shape, ptrdiff_t *strides)
{
    ptrdiff_t block[LAYOUT_MAX_NDIM], steps[LAYOUT_MAX_NDIM];
    bool taken[LAYOUT_MAX_NDIM] = {false};
    int i;

    if (value->kind != PICKLE_TUPLE || value->item_count != (size_t)ndim) {
        return recipe_wrong(reading, "axes that do not fit the shape");
    }
    memcpy(block, shape, (size_t)ndim * sizeof *shape);
    if (!layout_c_strides(ndim, block, (ptrdiff_t)itemsize, steps)) {
        return recipe_wrong(reading, "a shape that no memory has");
    }
    for (i = 0; i < ndim; i++) {
        int64_t axis;

        if (!value_to_int(value->items[i], &axis) || axis < 0 || axis >= ndim || taken[axis]) {
            return recipe_wrong(reading, "axes that do not fit the shape");
        }
        taken[axis] = true;
        shape[i] = block[axis];
        strides[i] = steps[axis];
    }
    return true;
}

/* _frombuffer(data, dtype, shape, order[, axes]): protocol 5. */
struct pickle_value *numpy_frombuffer(struct reading *reading, struct pickle_object *object)
{
    ptrdiff_t shape[LAYOUT_MAX_NDIM], strides[LAYOUT_MAX_NDIM];
    size_t count = recipe_argument_count(object);
    const struct pickle_value *axes = recipe_argument(reading, object, 4);
    bool has_axes = axes != NULL && axes->kind != PICKLE_NONE;
    const struct pickle_value *data, *order;
    const struct dtype *dtype;
    bool strided = has_axes;
    int ndim;

    object->type = "numpy.ndarray";
    if (count < 4 || count > 5) {
        return recipe_fail(reading, "arguments that '_frombuffer' does not take");
    }
    data = recipe_argument(reading, object, 0);
    order = recipe_argument(reading, object, 3);
    dtype = dtype_of(reading, recipe_argument(reading, object, 1));
    if (dtype == NULL || !recipe_shape(reading, recipe_argument(reading, object, 2), true, &ndim, shape)) {
        return NULL;
    }
    if (has_axes ? !value_is_text(order, "K") : !value_is_text(order, "C") && !value_is_text(order, "F")) {
        return recipe_fail(reading, "an order that '_frombuffer' does not take");
    }
    if (has_axes && !apply_axes(reading, axes, ndim, dtype->itemsize, shape, strides)) {
        return NULL;
    }
    if (value_is_text(order, "F")) {
        strided = true;
        if (!recipe_f_strides(ndim, shape, dtype->itemsize, strides)) {
            return recipe_fail(reading, "a shape that no memory has");
        }
    }
    return named_array(reading, recipe_argument(reading, object, 1),
                       arrays_whole(reading, PICKLE_ARRAY, dtype, ndim, shape, strided ? strides : NULL, data));
}

/* scalar(dtype, data) */
struct pickle_value *numpy_scalar(struct reading *reading, struct pickle_object *object)
{
    const struct pickle_value *type;
    const struct dtype *dtype;
    struct pickle_value *made;
    ptrdiff_t none[1] = {0};

    object->type = "numpy.generic";
    if (recipe_argument_count(object) != 2) {
        return recipe_fail(reading, "arguments that 'scalar' does not take");
    }
    dtype = dtype_of(reading, recipe_argument(reading, object, 0));
    if (dtype == NULL) {
        return NULL;
    }
    type = recipe_argument(reading, object, 0);
    if (type->data == NULL) {
        object->type = NULL;
    }
    made = arrays_whole(reading, PICKLE_SCALAR, dtype, 0, none, NULL, recipe_argument(reading, object, 1));
    return native_plain(reading, named_array(reading, type, made));
}
