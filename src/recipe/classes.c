/*
 * How pickles write classes and what is made of them where the opcodes do not
 * say it: copyreg's functions, getattr, and the containers of the standard library
 * that get their items as an argument.
 */
#include "recipe/recipe.h"
#include "recipe/recipes.h"

#include <stdio.h>
#include <string.h>

/* --- as if it had been made by itself --------------------------------------------------- */

/* Rare parts of which the keywords are one's, what lies behind the other's; false when there is no memory. */
static bool join_rare(struct reading *reading, struct pickle_object *made, const struct pickle_object *object,
                      struct pickle_value *keywords)
{
    made->rare = NULL;
    if (keywords == NULL && object->rare == NULL) {
        return true;
    }
    if (pickle_rare_of(made, reading->arena) == NULL) {
        return false;
    }
    if (object->rare != NULL) {
        *made->rare = *object->rare;
    }
    made->rare->keywords = keywords;
    return true;
}

/* What `inner` means, with these keywords, which stands for the object; the type is then its. */
static struct pickle_value *stand_in(struct reading *reading, struct pickle_object *object,
                                     const struct pickle_object *inner, struct pickle_value *keywords)
{
    struct pickle_value *value = recipe_object(reading, *inner);
    struct pickle_value *meaning;

    if (value == NULL || !join_rare(reading, value->object, object, keywords)) {
        return NULL;
    }
    value->object->place = object->place;
    if (value->object->states == 0) {
        value->object->state = object->state;
        value->object->states = object->states;
    }
    value->object->items = value->object->items != NULL ? value->object->items : object->items;
    value->object->entries = value->object->entries != NULL ? value->object->entries : object->entries;
    meaning = recipe_value(reading, value);
    object->type = recipe_type_name(reading, value);
    object->remark = value->object->remark;
    return meaning;
}

/* A tuple, for arguments. */
static struct pickle_value *tuple_of(struct reading *reading, struct pickle_value *const *items, size_t count)
{
    struct pickle_value *tuple = recipe_new(reading, PICKLE_TUPLE);

    if (tuple != NULL && (tuple->items = arena_array(reading->arena, count + 1, sizeof *tuple->items)) == NULL) {
        return NULL;
    }
    if (tuple != NULL && count > 0) {
        memcpy(tuple->items, items, count * sizeof *items);
        tuple->item_count = count;
        tuple->room = count;
    }
    return tuple;
}

/* dill._dill._create_array(function, arguments, state, attributes): what that call, given that state, is. */
struct pickle_value *class_created(struct reading *reading, struct pickle_object *object)
{
    struct pickle_object inner = {.how = PICKLE_CALLED, .states = 1};
    struct pickle_value *const *given;

    if (recipe_argument_count(object) < 3 || object->states > 0) {
        return NULL;
    }
    given = object->arguments->items;
    inner.callable = given[0];
    inner.arguments = given[1];
    inner.state = given[2];
    return pickle_global_of(given[0]) != NULL && given[1]->kind == PICKLE_TUPLE
               ? stand_in(reading, object, &inner, NULL)
               : NULL;
}

static bool is_class(struct reading *reading, struct pickle_value *value)
{
    return pickle_global_of(recipe_value(reading, value)) != NULL;
}

/* copyreg._reconstructor(class, base, value): protocols 0 and 1; the value of a list or dict are its items. */
struct pickle_value *class_reconstructor(struct reading *reading, struct pickle_object *object)
{
    struct pickle_object inner = {.how = PICKLE_NEW};
    struct pickle_value *value;

    if (recipe_argument_count(object) != 3 || !is_class(reading, object->arguments->items[0])) {
        return NULL;
    }
    inner.callable = object->arguments->items[0];
    value = recipe_value(reading, object->arguments->items[2]);
    if (value->kind == PICKLE_LIST && object->items == NULL) {
        inner.items = value;
    } else if (value->kind == PICKLE_DICT && object->entries == NULL) {
        inner.entries = value;
    } else if (value->kind == PICKLE_TUPLE) {
        inner.arguments = value;
    } else if (value->kind != PICKLE_NONE) {
        inner.arguments = tuple_of(reading, object->arguments->items + 2, 1);
    }
    return stand_in(reading, object, &inner, NULL);
}

/* copyreg.__newobj__(class, ...): what NEWOBJ does */
struct pickle_value *class_newobj(struct reading *reading, struct pickle_object *object)
{
    struct pickle_object inner = {.how = PICKLE_NEW};
    size_t count = recipe_argument_count(object);

    if (count < 1 || !is_class(reading, object->arguments->items[0])) {
        return NULL;
    }
    inner.callable = object->arguments->items[0];
    inner.arguments = tuple_of(reading, object->arguments->items + 1, count - 1);
    return inner.arguments != NULL ? stand_in(reading, object, &inner, NULL) : NULL;
}

/* copyreg.__newobj_ex__(class, arguments, keywords): what NEWOBJ_EX does */
struct pickle_value *class_newobj_ex(struct reading *reading, struct pickle_object *object)
{
    struct pickle_object inner = {.how = PICKLE_NEW};

    if (recipe_argument_count(object) != 3 || !is_class(reading, object->arguments->items[0])) {
        return NULL;
    }
    inner.callable = object->arguments->items[0];
    inner.arguments = object->arguments->items[1];
    return stand_in(reading, object, &inner, object->arguments->items[2]);
}

/* A global of a longer name: "a.b" and "c" as "a.b.c". */
static struct pickle_value *longer_name(struct reading *reading, const struct pickle_global *outer,
                                        const struct pickle_value *name, size_t place)
{
    char dotted[PICKLE_MAX_NAME + 1];
    struct pickle_value *value;
    struct pickle_global *made;
    size_t length;

    if (strlen(outer->dotted) + 1 + name->size > PICKLE_MAX_NAME || memchr(name->data, '\0', name->size) != NULL ||
        strlen(outer->dotted) < outer->module_size) {
        return NULL;
    }
    length = (size_t)snprintf(dotted, sizeof dotted, "%s.%.*s", outer->dotted, (int)name->size,
                              (const char *)name->data);
    made = arena_alloc(reading->arena, sizeof *made);
    value = recipe_new(reading, PICKLE_GLOBAL);
    if (made == NULL || value == NULL) {
        return NULL;
    }
    *made = (struct pickle_global){.dotted = arena_copy(reading->arena, dotted, length), .place = place};
    if (made->dotted == NULL) {
        return NULL;
    }
    made->module = made->dotted;
    made->module_size = outer->module_size;
    made->name = made->dotted + (made->module_size > 0 ? made->module_size + 1 : 0);
    made->name_size = strlen(made->name);
    value->global = made;
    return value;
}

/* getattr(a global, name): as protocol 4 has classes within classes */
struct pickle_value *class_getattr(struct reading *reading, struct pickle_object *object)
{
    const struct pickle_value *name = recipe_argument(reading, object, 1);
    const struct pickle_global *outer;

    if (recipe_argument_count(object) != 2 || name->kind != PICKLE_STR || object->states > 0) {
        return NULL;
    }
    outer = pickle_global_of(recipe_argument(reading, object, 0));
    return outer != NULL ? longer_name(reading, outer, name, object->place) : NULL;
}

/* _builtin_type('CodeType'): cloudpickle's and dill's way to write the classes of the module types */
struct pickle_value *class_by_name(struct reading *reading, struct pickle_object *object)
{
    static const char module[] = "types";
    const struct pickle_value *name = recipe_argument(reading, object, 0);
    const struct pickle_global types = {.dotted = module, .module_size = strlen(module)};

    if (recipe_argument_count(object) != 1 || name->kind != PICKLE_STR) {
        return NULL;
    }
    return longer_name(reading, &types, name, object->place);
}

/* "X.__new__" */
static bool is_new(const struct pickle_global *global, const struct pickle_global *class)
{
    static const char new[] = ".__new__";
    size_t length = strlen(global->dotted);

    return length > strlen(new) && strcmp(global->dotted + length - strlen(new), new) == 0 &&
           strncmp(global->dotted, class->dotted, length - strlen(new)) == 0;
}

/*
 * What functools.partial(function, ...) gave is called: with (X.__new__, X, ...) protocols 2 and 3 do what
 * NEWOBJ_EX does since.
 */
struct pickle_value *class_of_partial(struct reading *reading, struct pickle_object *object)
{
    const struct pickle_object *partial = object->callable->object;
    const struct pickle_value *state = partial->state;
    struct pickle_object inner = {.how = PICKLE_NEW};
    struct pickle_value *function, *arguments;

    if (partial->states != 1 || state->kind != PICKLE_TUPLE || state->item_count < 3 ||
        recipe_argument_count(object) != 0) {
        return NULL;
    }
    function = recipe_value(reading, state->items[0]);
    arguments = recipe_item(reading, state, 1);
    if (pickle_global_of(function) == NULL || arguments->kind != PICKLE_TUPLE || arguments->item_count == 0 ||
        !is_class(reading, arguments->items[0]) ||
        !is_new(pickle_global_of(function), pickle_global_of(recipe_value(reading, arguments->items[0])))) {
        return NULL;
    }
    inner.callable = arguments->items[0];
    inner.arguments = tuple_of(reading, arguments->items + 1, arguments->item_count - 1);
    return inner.arguments != NULL ? stand_in(reading, object, &inner, state->items[2]) : NULL;
}

/* --- containers ------------------------------------------------------------------------- */

static struct pickle_value *set_of(struct reading *reading, const struct pickle_object *object, enum pickle_kind kind)
{
    struct pickle_value *items = recipe_argument(reading, object, 0);
    struct pickle_value *made;

    if (recipe_argument_count(object) > 1 || object->states > 0 || object->items != NULL || object->entries != NULL ||
        (items != NULL && !pickle_is_sequence(items))) {
        return NULL;
    }
    made = recipe_new(reading, kind);
    if (made != NULL && items != NULL) {
        made->items = items->items;
        made->item_count = items->item_count;
    }
    return made;
}

/* set([...]), frozenset([...]): protocols before 4 */
struct pickle_value *class_set(struct reading *reading, struct pickle_object *object)
{
    return set_of(reading, object, PICKLE_SET);
}

struct pickle_value *class_frozenset(struct reading *reading, struct pickle_object *object)
{
    return set_of(reading, object, PICKLE_FROZENSET);
}

/* Counter({...}) */
struct pickle_value *class_counter(struct reading *reading, struct pickle_object *object)
{
    struct pickle_value *counts = recipe_argument(reading, object, 0);

    if (recipe_argument_count(object) != 1 || counts->kind != PICKLE_DICT || object->states > 0 ||
        object->items != NULL || object->entries != NULL) {
        return NULL;
    }
    object->type = recipe_callable(reading, object)->dotted;
    return counts;
}

/* deque([...], length or None): Python 2's has the items as an argument, Python 3's is given them */
struct pickle_value *class_deque(struct reading *reading, struct pickle_object *object)
{
    struct pickle_value *items = recipe_argument(reading, object, 0);
    const struct pickle_value *length = recipe_argument(reading, object, 1);
    struct pickle_object inner = *object;
    bool bounded = length != NULL && length->kind != PICKLE_NONE;

    if (items == NULL || !pickle_is_sequence(items)) {
        return NULL;
    }
    if (items->item_count > 0 && object->items == NULL) {
        inner.items = items;
        inner.arguments = bounded ? tuple_of(reading, object->arguments->items + 1, 1) : NULL;
        return stand_in(reading, object, &inner, pickle_keywords(object));
    }
    object->quiet = items->item_count == 0 && !bounded;
    return NULL;
}

/* Python 2's OrderedDict([[key, value], ...]) as a dict; NULL for what is none. */
static struct pickle_value *dict_of_pairs(struct reading *reading, const struct pickle_value *pairs)
{
    struct pickle_value *dict = pickle_is_sequence(pairs) && recipe_work(reading, pairs->item_count)
                                    ? recipe_new(reading, PICKLE_DICT)
                                    : NULL;
    size_t i;

    if (dict == NULL) {
        return NULL;
    }
    dict->items = arena_array(reading->arena, pairs->item_count, 2 * sizeof *dict->items);
    if (dict->items == NULL) {
        return recipe_fail(reading, "out of memory for its values");
    }
    for (i = 0; i < pairs->item_count; i++) {
        const struct pickle_value *pair = pairs->items[i];

        if (!pickle_is_sequence(pair) || pair->item_count != 2) {
            return NULL;
        }
        memcpy(dict->items + 2 * i, pair->items, 2 * sizeof *dict->items);
    }
    dict->item_count = 2 * pairs->item_count;
    return dict;
}

/* OrderedDict(), which SETITEMS fills, or with its pairs; torch's have attributes too, and are objects then. */
struct pickle_value *class_ordered_dict(struct reading *reading, struct pickle_object *object)
{
    struct pickle_object inner = *object;
    struct pickle_value *dict = object->entries;
    bool plain = object->states == 0 && object->items == NULL && pickle_keywords(object) == NULL;

    object->type = "collections.OrderedDict";
    if (recipe_argument_count(object) == 0) {
        return !plain ? NULL : dict != NULL ? dict : recipe_new(reading, PICKLE_DICT);
    }
    if (recipe_argument_count(object) != 1 || dict != NULL ||
        (dict = dict_of_pairs(reading, recipe_argument(reading, object, 0))) == NULL) {
        return NULL;
    }
    inner.entries = dict;
    inner.arguments = NULL;
    return plain ? dict : stand_in(reading, object, &inner, pickle_keywords(object));
}
