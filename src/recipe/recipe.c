#include "recipe/recipe.h"

#include "files/mapping.h"
#include "recipe/recipes.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

enum { FREE_WORK = 32 * 1024 * 1024 }; /* bytes and items that recipes may read in any pickle, however small */

/* --- the table -------------------------------------------------------------------------- */

static const struct recipe {
    const char *module;
    const char *name;
    recipe_function *function;
} recipes[] = {
#define RECIPE(module, name, function) {module, name, function},
#include "recipe/recipes.def"
#undef RECIPE
};

static bool is_name(const char *name, const char *text, size_t size)
{
    return strlen(name) == size && memcmp(name, text, size) == 0;
}

static const struct recipe *find_recipe(struct pickle_global *global)
{
    size_t i;

    for (i = 0; !global->sought && i < sizeof recipes / sizeof recipes[0]; i++) {
        if (is_name(recipes[i].name, global->name, global->name_size) &&
            is_name(recipes[i].module, global->module, global->module_size)) {
            global->recipe = &recipes[i];
            break;
        }
    }
    global->sought = true;
    return global->recipe;
}

/* --- reading ---------------------------------------------------------------------------- */

/* The functions that copyreg has for protocols without NEWOBJ make an instance of their first argument. */
static void count_instances(const struct pickle *pickle)
{
    const struct pickle_object *object;

    for (object = pickle->objects; object != NULL; object = object->earlier) {
        struct pickle_global *global = object->callable != NULL ? pickle_global_of(object->callable) : NULL;
        const struct recipe *recipe = global != NULL ? find_recipe(global) : NULL;

        if (recipe == NULL || recipe_argument_count(object) == 0 ||
            (recipe->function != class_reconstructor && recipe->function != class_newobj &&
             recipe->function != class_newobj_ex)) {
            continue;
        }
        global = pickle_global_of(object->arguments->items[0]);
        if (global != NULL) {
            global->call_place = global->called ? global->call_place : object->place;
            global->called = true;
            global->calls++;
        }
    }
}

static void give_back(void *context, size_t size)
{
    const struct reading *reading = context;
    const struct mapping *pages = reading->pages;
    uintptr_t at = (uintptr_t)reading->pickle.bytes, start = (uintptr_t)pages->data;

    if (pages->mapped && at >= start && at - start <= pages->size && size <= pages->size - (at - start)) {
        mapping_give_back(reading->pickle.bytes, size);
    }
}

void reading_give_back(struct reading *reading)
{
    if (reading->pages != NULL) {
        give_back(reading, reading->pickle.size);
    }
}

static bool parse(struct reading *reading, struct recipe_range bytes, struct error *error)
{
    struct pickle_hook hook = {
        .built = joblib_built, .passed = reading->pages != NULL ? give_back : NULL, .context = reading};
    bool ok;

    /* what runs behind a BUILD looks at these */
    reading->pickle.bytes = bytes.data;
    reading->pickle.size = bytes.size;
    ok = pickle_parse(&reading->pickle, bytes.data, bytes.size, &hook, reading->arena, error);
    count_instances(&reading->pickle);
    return ok;
}

bool reading_parse(struct reading *reading, struct recipe_range file, struct recipe_range bytes,
                   const struct mapping *pages, struct arena *arena, struct error *error)
{
    *reading = (struct reading){.arena = arena, .file = file, .pages = pages};
    return parse(reading, bytes, error);
}

struct reading *reading_nested(struct reading *outer, struct recipe_range bytes, struct error *error)
{
    struct reading *inner = arena_alloc(outer->arena, sizeof *inner);

    if (inner == NULL) {
        error_no_memory(error);
        return NULL;
    }
    *inner = (struct reading){
        .arena = outer->arena, .file = outer->file, .pages = outer->pages, .level = outer->level + 1};
    if (inner->level > RECIPE_MAX_NESTED) {
        error_set(error, ERROR_INPUT, "pickles nested deeper than %d", RECIPE_MAX_NESTED);
        return NULL;
    }
    /* one that breaks off is kept as well: what it ran before would have been run */
    inner->next = outer->nested;
    outer->nested = inner;
    return parse(inner, bytes, error) ? inner : NULL;
}

enum { UNSETTLED, SETTLING, SETTLED };

struct pickle_global *recipe_callable(struct reading *reading, const struct pickle_object *object)
{
    struct pickle_value *callable = object->callable;

    if (callable == NULL) {
        return NULL;
    }
    return pickle_global_of(pickle_global_of(callable) != NULL ? callable : recipe_value(reading, callable));
}

static bool is_partial(const struct pickle_value *value)
{
    return value->kind == PICKLE_OBJECT && value->object->callable != NULL &&
           value_is_global(value->object->callable, "functools", "partial");
}

/* Whether a recipe tells no more than which class's object it is. */
static bool only_makes(recipe_function *function)
{
    return function == class_newobj || function == class_newobj_ex || function == class_reconstructor;
}

static struct pickle_value *settle(struct reading *reading, struct pickle_object *object)
{
    struct pickle_global *global = recipe_callable(reading, object);
    const struct recipe *recipe;

    if (object->how == PICKLE_PERSISTENT) {
        return reading->persistent != NULL ? reading->persistent(reading, object, object->arguments) : NULL;
    }
    if (object->how == PICKLE_CHANGED || object->callable == NULL) {
        return NULL;
    }
    if (global == NULL) {
        return is_partial(object->callable) ? class_of_partial(reading, object) : NULL;
    }
    if (object->callable->kind == PICKLE_OBJECT) {
        object->type = global->dotted;
    }
    recipe = find_recipe(global);
    if (pickle_setter(object) != NULL && recipe != NULL && !only_makes(recipe->function)) {
        return NULL; /* what a stranger's function makes of the state is not known */
    }
    return recipe != NULL ? recipe->function(reading, object) : pandas_subclass(reading, object);
}

/* With no error of a recipe around it: one is mostly not set, and to copy it takes longer than most recipes. */
static void settle_apart(struct reading *reading, struct pickle_object *object)
{
    bool has_outer = reading->error.kind != ERROR_NONE;
    struct error outer;

    if (has_outer) {
        outer = reading->error;
        reading->error.kind = ERROR_NONE;
    }
    reading->outside = false;
    object->settled = SETTLING;
    reading->depth++;
    object->meaning = settle(reading, object);
    reading->depth--;
    object->settled = SETTLED;
    object->outside = reading->outside;
    if (object->meaning == NULL && reading->error.kind != ERROR_NONE) {
        object->remark = arena_copy(reading->arena, reading->error.message, strlen(reading->error.message));
    }
    reading->error.kind = ERROR_NONE;
    if (has_outer) {
        reading->error = outer;
    }
}

struct pickle_value *recipe_value(struct reading *reading, struct pickle_value *value)
{
    struct pickle_object *object;

    if (value->kind != PICKLE_OBJECT) {
        return value;
    }
    object = value->object;
    if (object->settled == UNSETTLED && reading->depth < RECIPE_MAX_DEPTH) {
        settle_apart(reading, object);
    }
    return object->meaning != NULL ? object->meaning : value;
}

const char *recipe_type_name(struct reading *reading, struct pickle_value *value)
{
    struct pickle_value *meaning = recipe_value(reading, value);

    if (value->kind != PICKLE_OBJECT || value->object->type != NULL) {
        return pickle_type_name(value);
    }
    return meaning != value && meaning->kind != PICKLE_TEXT && meaning->kind != PICKLE_NAMED
               ? pickle_type_name(meaning)
               : pickle_type_name(value);
}

const char *recipe_remark(struct reading *reading, struct pickle_value *value)
{
    recipe_value(reading, value);
    return value->kind == PICKLE_OBJECT ? value->object->remark : NULL;
}

uint64_t recipe_offset(const struct reading *reading, const struct pickle_value *value)
{
    uintptr_t start = (uintptr_t)reading->file.data;
    uintptr_t data = pickle_is_buffer(value) ? (uintptr_t)value->data : 0;

    return data != 0 && data >= start && data - start <= reading->file.size ? data - start
                                                                                          : UINT64_MAX;
}

/* --- errors ----------------------------------------------------------------------------- */

void *recipe_fail(struct reading *reading, const char *format, ...)
{
    char what[512];
    va_list args;

    va_start(args, format);
    vsnprintf(what, sizeof what, format, args);
    va_end(args);
    error_set(&reading->error, ERROR_INPUT, "%s", what);
    return NULL;
}

bool recipe_wrong(struct reading *reading, const char *format, ...)
{
    char what[512];
    va_list args;

    va_start(args, format);
    vsnprintf(what, sizeof what, format, args);
    va_end(args);
    return error_set(&reading->error, ERROR_INPUT, "%s", what);
}

bool recipe_work(struct reading *reading, size_t amount)
{
    if (__builtin_add_overflow(reading->work, amount, &reading->work) ||
        reading->work / 16 > reading->file.size + FREE_WORK / 16) {
        return recipe_wrong(reading, "the pickle reads the same values over and over");
    }
    return true;
}
