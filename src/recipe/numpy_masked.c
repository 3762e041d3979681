/*
 * numpy.ma: _mareconstruct(class, base, (0,), b'b') with an ndarray's state,
 * and behind it the mask's bytes, in the order of the data's, and the value
 * that fills.
 */
#include "files/array.h"
#include "files/dtype.h"
#include "recipe/arrays.h"
#include "recipe/recipe.h"
#include "recipe/recipes.h"

#include <string.h>

/* The type of a mask: a bool for each part of the data's that can be masked alone. */
static const struct dtype *mask_type(struct reading *reading, const struct dtype *type)
{
    struct dtype_field *fields;
    size_t offset = 0;
    size_t i;

    if (type->kind == '(') {
        const struct dtype *base = mask_type(reading, type->base);

        return base != NULL ? dtype_subarray(reading->arena, base, type->ndim, type->shape, &reading->error) : NULL;
    }
    if (type->kind != 'T') {
        return recipe_dtype(reading, "|b1");
    }
    fields = arena_array(reading->arena, type->field_count + 1, sizeof *fields);
    for (i = 0; fields != NULL && i < type->field_count; i++) {
        fields[i] = type->fields[i];
        fields[i].offset = offset;
        fields[i].type = mask_type(reading, type->fields[i].type);
        if (fields[i].type == NULL) {
            return NULL;
        }
        offset += fields[i].type->itemsize;
    }
    return fields != NULL ? dtype_struct(reading->arena, fields, type->field_count, offset, &reading->error) : NULL;
}

static struct pickle_value *mask_of(struct reading *reading, const struct pickle_value *data, bool fortran,
                                    const struct pickle_value *bytes)
{
    static const struct dtype object = {.kind = 'O'};
    const struct dtype *type = mask_type(reading, data->kind == PICKLE_ARRAY ? data->array->dtype : &object);
    bool is_grid = data->kind == PICKLE_GRID;
    int ndim = is_grid ? data->grid->ndim : data->array->ndim;
    const ptrdiff_t *shape = is_grid ? data->grid->shape : data->array->shape;
    ptrdiff_t strides[LAYOUT_MAX_NDIM];

    if (type == NULL || (fortran && !recipe_f_strides(ndim, shape, type->itemsize, strides))) {
        return NULL;
    }
    return arrays_whole(reading, PICKLE_ARRAY, type, ndim, shape, fortran ? strides : NULL, bytes);
}

struct pickle_value *numpy_masked(struct reading *reading, struct pickle_object *object)
{
    const struct pickle_value *class = recipe_argument(reading, object, 0);
    const struct pickle_value *state = object->state;
    struct pickle_value *data, *mask, *made;
    int64_t fortran;

    if (class == NULL || pickle_global_of(class) == NULL) {
        return recipe_fail(reading, "arguments that '_mareconstruct' does not take");
    }
    object->type = pickle_global_of(class)->dotted;
    if (object->states != 1 || state->kind != PICKLE_TUPLE || state->item_count < 7) {
        return recipe_fail(reading, "a masked array without its state");
    }
    data = arrays_of_state(reading, state);
    mask = data != NULL && value_to_int(recipe_item(reading, state, 3), &fortran)
               ? mask_of(reading, data, fortran != 0, recipe_item(reading, state, 5))
               : NULL;
    made = mask != NULL ? recipe_named(reading, 3) : NULL;
    if (made == NULL) {
        return NULL;
    }
    made->named[0] = (struct pickle_named){"data", data};
    made->named[1] = (struct pickle_named){"mask", mask};
    made->named[2] = (struct pickle_named){"fill_value", state->items[6]};
    return made;
}
