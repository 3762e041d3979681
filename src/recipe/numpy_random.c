/*
 * numpy.random: generators, by what they are made of.
 */
#include "recipe/recipe.h"
#include "recipe/recipes.h"

/* __bit_generator_ctor(class or name): the state is a dict, and since NumPy 2 (dict, seeds). */
struct pickle_value *numpy_bit_generator(struct reading *reading, struct pickle_object *object)
{
    const struct pickle_value *class = recipe_argument(reading, object, 0);
    const struct pickle_value *state = object->state;
    struct pickle_value *made;

    if (class == NULL || object->states != 1) {
        return NULL;
    }
    if (pickle_global_of(class) != NULL) {
        object->type = pickle_global_of(class)->dotted;
    }
    if (state->kind != PICKLE_TUPLE || state->item_count != 2 || state->items[0]->kind != PICKLE_DICT) {
        object->quiet = state->kind == PICKLE_DICT;
        return NULL;
    }
    made = recipe_named(reading, 2);
    if (made != NULL) {
        made->named[0] = (struct pickle_named){"state", state->items[0]};
        made->named[1] = (struct pickle_named){"seed_seq", state->items[1]};
    }
    return made;
}

/*
 * __generator_ctor(bit generator); by the name alone in older ones, which have a dict as state, and __randomstate_ctor
 * has both since NumPy 2: the seeds are the bit generator's.
 */
struct pickle_value *numpy_generator(struct reading *reading, struct pickle_object *object)
{
    const struct pickle_value *inner = recipe_argument(reading, object, 0);
    struct pickle_value *made;

    if (inner == NULL || inner->kind == PICKLE_STR || (object->state != NULL && object->state->kind == PICKLE_DICT)) {
        object->quiet = inner != NULL && inner->kind == PICKLE_STR && object->state != NULL &&
                        object->state->kind == PICKLE_DICT;
        return NULL;
    }
    made = recipe_named(reading, 1);
    if (made != NULL) {
        made->named[0] = (struct pickle_named){"bit_generator", object->arguments->items[0]};
    }
    return made;
}
