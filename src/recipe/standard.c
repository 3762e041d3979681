#include "base/text.h"
#include "recipe/recipe.h"
#include "recipe/recipes.h"

#include <string.h>

static bool is_latin1(const struct pickle_value *value)
{
    return value_is_text(value, "latin1") || value_is_text(value, "latin-1");
}

/* --- bytes ------------------------------------------------------------------------------ */

/* _codecs.encode(str, 'latin1'): how protocols 0 to 2 write bytes. */
struct pickle_value *standard_encode(struct reading *reading, struct pickle_object *object)
{
    const struct pickle_value *text = recipe_argument(reading, object, 0);
    struct recipe_range data;

    if (recipe_argument_count(object) != 2 || text->kind != PICKLE_STR ||
        !is_latin1(recipe_argument(reading, object, 1))) {
        return NULL;
    }
    return recipe_data(reading, text, &data) ? recipe_bytes(reading, PICKLE_BYTES, data) : NULL;
}

/* bytes(): the empty one, in protocols 0 to 2. */
struct pickle_value *standard_bytes(struct reading *reading, struct pickle_object *object)
{
    struct recipe_range none = {reading->pickle.bytes, 0};

    return recipe_argument_count(object) == 0 ? recipe_bytes(reading, PICKLE_BYTES, none) : NULL;
}

/* bytearray(), bytearray(bytes), and Python 2's bytearray(unicode, 'latin-1') */
struct pickle_value *standard_bytearray(struct reading *reading, struct pickle_object *object)
{
    const struct pickle_value *argument = recipe_argument(reading, object, 0);
    struct recipe_range data = {reading->pickle.bytes, 0};
    size_t count = recipe_argument_count(object);
    bool good = count == 0 || (count == 1 && argument->kind == PICKLE_BYTES) ||
                (count == 2 && argument->kind == PICKLE_STR && is_latin1(recipe_argument(reading, object, 1)));

    if (!good || (count > 0 && !recipe_data(reading, argument, &data))) {
        return NULL;
    }
    return recipe_bytes(reading, PICKLE_BYTEARRAY, data);
}
