#include "audit/calls.h"

#include "audit/call_text.h"
#include "audit/names.h"
#include "audit/state.h"
#include "base/text.h"

#include <stdlib.h>
#include <string.h>

enum { MAX_DEPTH = 8 }; /* calls of what calls give */

struct judging {
    struct audit *audit;
    struct reading *reading;
};

/* What the tables say of a global, looked up once; of this room in pickle_global.audited. */
struct audited {
    const struct known_name *row; /* NULL: in no table */
    size_t calls;                 /* counted for file-calls-unknown */
    size_t place;                 /* of the first */
    bool told;                    /* as one that runs code, or found to be of use without running any */
};

static struct audited *audited(struct judging *judging, struct pickle_global *global)
{
    struct audited *known = global->audited;

    if (known == NULL) {
        known = arena_alloc(&judging->audit->arena, sizeof *known);
        if (known == NULL) {
            judging->audit->failed = true;
            return NULL;
        }
        known->row = known_find(global->module, global->module_size, global->name, global->name_size);
        global->audited = known;
    }
    return known;
}

static const struct known_name *row_of(struct judging *judging, const struct pickle_value *callable)
{
    struct pickle_global *global = pickle_global_of(callable);
    struct audited *known = global != NULL ? audited(judging, global) : NULL;

    return known != NULL ? known->row : NULL;
}

static bool is_code(const struct known_name *row)
{
    return row->kind == KNOWN_CODE || row->kind == KNOWN_ARRAY;
}

/* --- findings ---------------------------------------------------------------------------- */

static void tell_code(struct judging *judging, const struct pickle_object *object, const char *what)
{
    struct text call = TEXT_INIT;
    struct text place = TEXT_INIT;

    if (audit_wants(judging->audit, AUDIT_calls_code)) {
        put_call(judging->reading, object, &call);
        audit_place(judging->reading, object->place, &place);
    }
    audit_add(judging->audit, AUDIT_calls_code, "calls %s at %s: %s", text_string(&call), text_string(&place), what);
    text_free(&call);
    text_free(&place);
}

static void tell_unknown(struct judging *judging, const char *dotted, size_t calls, size_t place)
{
    struct text where = TEXT_INIT;

    audit_place(judging->reading, place, &where);
    audit_unknown(judging->audit, dotted, calls, text_string(&where));
    text_free(&where);
}

/* --- attributes: builtins.getattr(what, 'name') -------------------------------------------- */

static bool is_getattr(const struct known_name *row)
{
    return row != NULL && row->kind == KNOWN_CALLED && strcmp(row->name, "getattr") == 0;
}

static struct pickle_value *argument_of(const struct pickle_object *object, size_t place)
{
    const struct pickle_value *arguments = object->arguments;

    return arguments != NULL && arguments->kind == PICKLE_TUPLE && place < arguments->item_count
               ? arguments->items[place]
               : NULL;
}

/* The global and the dotted name within it that a chain of such calls leads to; NULL for another beginning. */
static struct pickle_global *follow(struct judging *judging, const struct pickle_object *object, unsigned depth,
                                    struct text *name)
{
    struct pickle_value *owner = argument_of(object, 0);
    struct pickle_value *attribute = argument_of(object, 1);
    struct pickle_global *global = owner != NULL ? pickle_global_of(owner) : NULL;

    if (owner == NULL || attribute == NULL || attribute->kind != PICKLE_STR || depth > MAX_DEPTH) {
        return NULL;
    }
    if (global != NULL) {
        text_append(name, global->name, global->name_size);
    } else if (owner->kind == PICKLE_OBJECT && owner->object->callable != NULL &&
               is_getattr(row_of(judging, owner->object->callable))) {
        global = follow(judging, owner->object, depth + 1, name);
    }
    text_putc(name, '.');
    text_append(name, (const char *)attribute->data, attribute->size);
    return global;
}

/* A method of an instance, as data: bound methods are pickled so. */
static bool is_bound_method(const struct pickle_object *object)
{
    const struct pickle_value *owner = argument_of(object, 0);
    const struct pickle_value *name = argument_of(object, 1);
    bool known = owner != NULL && (owner->kind != PICKLE_OBJECT || owner->object->how != PICKLE_PERSISTENT);
    const struct known_name *row = known && name != NULL && name->kind == PICKLE_STR
                                       ? known_find("", 0, (const char *)name->data, name->size)
                                       : NULL;

    return known && name != NULL && name->kind == PICKLE_STR && row == NULL;
}

/* How a name is come by: an instance may be made of a class that must not be called. */
enum way { CALLED, INSTANCE, MADE, ALLOCATED };

static void judge_callable(struct judging *judging, const struct pickle_object *caller,
                           const struct pickle_value *callable, enum way way, unsigned depth);

/* cls.__new__: protocols 2 and 3 make an instance so that is given keywords (pickle.py, save_reduce). */
static bool makes_instance(const struct pickle_object *attribute)
{
    const struct pickle_value *owner = argument_of(attribute, 0);
    const struct pickle_value *name = argument_of(attribute, 1);

    return owner != NULL && pickle_global_of(owner) != NULL && name != NULL && value_is_text(name, "__new__");
}

/* A class in a class is named so by protocols 2 and 3. */
static bool is_nested_class(const struct pickle_object *attribute, enum way way)
{
    const struct pickle_value *name = argument_of(attribute, 1);

    return way != CALLED || known_is_class((const char *)name->data, name->size);
}

/* `caller` calls what the attribute is, in some way, or (it is the getattr itself) only looks it up. */
static void judge_attribute(struct judging *judging, const struct pickle_object *attribute,
                            const struct pickle_object *caller, enum way way)
{
    struct text name = TEXT_INIT;
    struct pickle_global *global = follow(judging, attribute, 0, &name);
    const struct known_name *row = NULL;
    bool called = caller != attribute;
    struct text dotted = TEXT_INIT;

    if (makes_instance(attribute)) {
        if (called) {
            judge_callable(judging, caller, argument_of(attribute, 0), MADE, 0);
        }
        text_free(&name);
        return;
    }
    if (global == NULL) {
        if (called || !is_bound_method(attribute)) {
            tell_code(judging, caller, called ? "calls an attribute of whatever that is" : "reaches any attribute");
        }
        text_free(&name);
        return;
    }
    row = known_find(global->module, global->module_size, text_string(&name), name.length);
    if (row != NULL && (is_code(row) || (called && row->kind == KNOWN_CALLED))) {
        tell_code(judging, caller, row->what);
    } else if (row != NULL && row->kind != KNOWN_BUILDS && called && !is_nested_class(attribute, way)) {
        tell_code(judging, caller, "calls an attribute of a class, which may do anything");
    } else if (row == NULL) {
        text_append(&dotted, global->module, global->module_size);
        text_printf(&dotted, ".%s", text_string(&name));
        tell_unknown(judging, text_string(&dotted), called ? 1 : 0, caller->place);
        text_free(&dotted);
    }
    text_free(&name);
}

/* --- calls --------------------------------------------------------------------------------- */

static void judge_argument(struct judging *judging, const struct pickle_object *object, const struct known_name *row,
                           unsigned depth)
{
    const struct pickle_value *argument = argument_of(object, row->argument);
    enum way way = row->kind == KNOWN_MAKES ? MADE : row->kind == KNOWN_ALLOCATES ? ALLOCATED : CALLED;

    if (depth > 0) {
        tell_code(judging, object, "calls itself");
    } else if (argument != NULL) {
        judge_callable(judging, object, argument, way, depth + 1);
    }
}

static void judge_loaded(struct judging *judging, const struct pickle_object *object)
{
    struct pickle_value *argument = recipe_argument(judging->reading, object, 0);
    struct text part = TEXT_INIT;
    struct recipe_range bytes;

    if (argument == NULL || !recipe_data(judging->reading, argument, &bytes)) {
        tell_code(judging, object, "loads what is not in the file");
        return;
    }
    text_puts(&part, "what is loaded at ");
    audit_place(judging->reading, object->place, &part);
    text_puts(&part, ": ");
    judging->audit->loaded(judging->audit, judging->reading, bytes, text_string(&part));
    text_free(&part);
}

/* No pickler writes bytes by their number: that only takes memory. */
static void judge_filled(struct judging *judging, const struct pickle_object *object)
{
    const struct pickle_value *argument = argument_of(object, 0);
    struct text call = TEXT_INIT;

    if (argument != NULL && value_is_integer(argument)) {
        put_call(judging->reading, object, &call);
        text_puts(&call, " at ");
        audit_place(judging->reading, object->place, &call);
        audit_add(judging->audit, AUDIT_structure, "%s makes as many bytes as it says", text_string(&call));
    }
    text_free(&call);
}

static bool is_latin1(const struct pickle_object *object)
{
    const struct pickle_value *codec = argument_of(object, 1);

    return codec != NULL && (value_is_text(codec, "latin1") || value_is_text(codec, "latin-1"));
}

/* A call of a name that stands for its module's classes, and is none, or of a library whose classes do more. */
static bool is_only_for_instances(const struct known_name *row, const struct pickle_global *global)
{
    return row->kind == KNOWN_INSTANCES ||
           (row->kind == KNOWN_CLASSES && !known_is_class(global->name, global->name_size));
}

/* reduce(operator.or_, (int, str)): the standard library pickles int | str so. */
static bool is_union(const struct known_name *row, const struct pickle_object *caller)
{
    const struct pickle_value *function = argument_of(caller, 0);

    return strcmp(row->name, "reduce") == 0 && function != NULL &&
           (value_is_global(function, "_operator", "or_") || value_is_global(function, "operator", "or_"));
}

static void judge_name(struct judging *judging, const struct pickle_object *caller, struct pickle_global *global,
                       enum way way, unsigned depth)
{
    bool direct = caller->callable != NULL && pickle_global_of(caller->callable) == global;
    struct audited *known = audited(judging, global);
    const struct known_name *row = known != NULL ? known->row : NULL;

    if (known == NULL || global->module_size == 0) {
        return;
    }
    if (row == NULL || (way == CALLED && is_only_for_instances(row, global))) {
        known->place = known->calls++ == 0 ? caller->place : known->place;
        return;
    }
    switch (row->kind) {
    case KNOWN_ARRAY:
        if (way == ALLOCATED) {
            known->told = true;
            break;
        }
        /* fall through */
    case KNOWN_CODE:
    case KNOWN_CALLED:
        if (is_getattr(row) && direct) {
            judge_attribute(judging, caller, caller, way);
        } else if (direct && is_union(row, caller)) {
            break;
        } else if (is_code(row) || (way != MADE && way != ALLOCATED)) {
            known->told = true;
            tell_code(judging, caller, row->what);
        }
        break;
    case KNOWN_MAKES:
    case KNOWN_ALLOCATES:
    case KNOWN_CALLS:
        if (direct) {
            judge_argument(judging, caller, row, depth);
        }
        break;
    case KNOWN_TYPES:
        if (argument_of(caller, 1) != NULL) {
            tell_code(judging, caller, "makes a class");
        }
        break;
    case KNOWN_ENCODES:
        if (!is_latin1(caller)) {
            tell_code(judging, caller, "encodes by any codec, and imports the codec's module");
        }
        break;
    case KNOWN_FILLS:
        judge_filled(judging, caller);
        break;
    case KNOWN_LOADS:
        judge_loaded(judging, caller);
        break;
    case KNOWN_LATER:
    case KNOWN_BUILDS:
    case KNOWN_CLASSES:
    case KNOWN_INSTANCES:
        break;
    }
}

/* What a call gave is called. */
static void judge_result(struct judging *judging, const struct pickle_object *caller,
                         const struct pickle_object *result, enum way way, unsigned depth)
{
    const struct known_name *row = result->callable != NULL ? row_of(judging, result->callable) : NULL;
    const struct pickle_value *state = result->state;
    const struct pickle_value *argument;

    if (row == NULL || depth > MAX_DEPTH || (row->kind != KNOWN_LATER && !is_getattr(row))) {
        tell_code(judging, caller, "calls what a call gave");
        return;
    }
    if (is_getattr(row)) {
        judge_attribute(judging, result, caller, way);
        return;
    }
    argument = argument_of(result, row->argument);
    if (argument != NULL) {
        judge_callable(judging, caller, argument, CALLED, depth + 1);
    }
    if (state != NULL && state->kind == PICKLE_TUPLE && state->item_count > 0) {
        judge_callable(judging, caller, state->items[0], CALLED, depth + 1);
    }
}

/* torch's older files have ('module', class, file, source) as the persistent id of a class. */
static bool is_torch_module(const struct pickle_value *callable)
{
    const struct pickle_value *id = callable->kind == PICKLE_OBJECT && callable->object->how == PICKLE_PERSISTENT
                                        ? callable->object->arguments
                                        : NULL;

    return id != NULL && id->kind == PICKLE_TUPLE && id->item_count >= 2 && value_is_text(id->items[0], "module") &&
           pickle_global_of(id->items[1]) != NULL;
}

static void judge_callable(struct judging *judging, const struct pickle_object *caller,
                           const struct pickle_value *callable, enum way way, unsigned depth)
{
    struct pickle_global *global = pickle_global_of(callable);

    if (global != NULL) {
        judge_name(judging, caller, global, way, depth);
    } else if (is_torch_module(callable)) {
        judge_callable(judging, caller, callable->object->arguments->items[1], way, depth + 1);
    } else if (callable->kind == PICKLE_OBJECT && callable->object->how == PICKLE_PERSISTENT) {
        tell_code(judging, caller, "calls what a persistent id stands for");
    } else if (callable->kind == PICKLE_OBJECT) {
        judge_result(judging, caller, callable->object, way, depth);
    }
}

/* --- state and items ------------------------------------------------------------------------- */

/* Attributes that loading itself looks up in an object, and calls. */
static const char *const looked_up[] = {"__setstate__", "append", "extend", "add"};

static void judge_attributes(struct judging *judging, const struct pickle_object *object,
                             const struct pickle_value *dict)
{
    size_t count = sizeof looked_up / sizeof looked_up[0];
    struct text place = TEXT_INIT;
    size_t i;

    if (dict->kind != PICKLE_DICT || !recipe_work(judging->reading, count * dict->item_count)) {
        return;
    }
    for (i = 0; i < count; i++) {
        const struct pickle_value *value = recipe_entry(dict, looked_up[i]);

        if (value == NULL || (value->kind != PICKLE_OBJECT && value->kind != PICKLE_GLOBAL) ||
            (i > 0 && object->items == NULL)) {
            continue;
        }
        audit_place(judging->reading, object->place, &place);
        audit_add(judging->audit, AUDIT_calls_code,
                  "gives the object of %s its own '%s': loading calls that in place of the class's",
                  text_string(&place), looked_up[i]);
        text_clear(&place);
    }
    text_free(&place);
}

static void judge_state(struct judging *judging, const struct pickle_object *object)
{
    const struct pickle_value *state = object->state;
    const struct known_name *row = object->callable != NULL ? row_of(judging, object->callable) : NULL;
    bool is_joblibs = row != NULL && strcmp(row->name, "NumpyArrayWrapper") == 0; /* which makes an array of its class */
    const struct pickle_value *subclass;
    size_t i;

    if (state == NULL || pickle_setter(object) != NULL) {
        return; /* a setter is judged as the call that it is */
    }
    if (is_joblibs && (subclass = recipe_entry(state, "subclass")) != NULL) {
        judge_callable(judging, object, subclass, ALLOCATED, 0);
    }
    judge_attributes(judging, object, state);
    if (state->kind == PICKLE_TUPLE || (state->kind == PICKLE_LIST && object->states > 1)) {
        for (i = 0; i < state->item_count && recipe_work(judging->reading, 1); i++) {
            judge_attributes(judging, object, state->items[i]);
        }
    }
}

/* A class or function that is itself given state or items: loading changes it for the whole process. */
static void tell_changed(struct judging *judging, const struct pickle_object *object)
{
    struct pickle_global *global = pickle_global_of(object->callable);
    struct text place = TEXT_INIT;

    audit_place(judging->reading, object->place, &place);
    audit_add(judging->audit, AUDIT_calls_code,
              "gives %s itself %s at %s: loading changes what is imported, for the whole process", global->dotted,
              object->state != NULL ? "state" : "items", text_string(&place));
    text_free(&place);
}

static void judge_object(struct judging *judging, const struct pickle_object *object)
{
    switch (object->how) {
    case PICKLE_CHANGED:
        tell_changed(judging, object);
        break;
    case PICKLE_CALLED:
        judge_callable(judging, object, object->callable, CALLED, 0);
        break;
    case PICKLE_INSTANCE:
        judge_callable(judging, object, object->callable, argument_of(object, 0) != NULL ? CALLED : INSTANCE, 0);
        break;
    case PICKLE_NEW:
        judge_callable(judging, object, object->callable, INSTANCE, 0);
        break;
    case PICKLE_PERSISTENT:
    case PICKLE_BUFFER:
        return;
    }
    judge_state(judging, object);
}

/* --- names ----------------------------------------------------------------------------------- */

/* What is named and not called is imported all the same, and handed to what may call it. */
static void judge_global(struct judging *judging, struct pickle_global *global)
{
    struct audited *known = audited(judging, global);
    struct text place = TEXT_INIT;

    if (known == NULL || global->module_size == 0) {
        return;
    }
    if (known->row == NULL || known->calls > 0) {
        tell_unknown(judging, global->dotted, known->calls, known->calls > 0 ? known->place : global->place);
    } else if (is_code(known->row) && !known->told) {
        audit_place(judging->reading, global->place, &place);
        audit_add(judging->audit, AUDIT_calls_code, "hands %s on, named at %s: it %s, whatever calls it", global->dotted,
                  text_string(&place), known->row->what);
        text_free(&place);
    }
}

/* In the order of the stream. */
static struct pickle_object **in_order(const struct pickle *pickle, size_t *count)
{
    struct pickle_object *object;
    struct pickle_object **objects;
    size_t i = 0;

    for (object = pickle->objects; object != NULL; object = object->earlier) {
        i++;
    }
    *count = i;
    objects = calloc(i + 1, sizeof *objects);
    for (object = pickle->objects; objects != NULL && object != NULL; object = object->earlier) {
        objects[--i] = object;
    }
    return objects;
}

void audit_calls(struct audit *audit, struct reading *reading)
{
    struct judging judging = {audit, reading};
    struct pickle_global *global;
    size_t count;
    struct pickle_object **objects = in_order(&reading->pickle, &count);
    size_t i;

    audit->failed |= objects == NULL;
    for (i = 0; objects != NULL && i < count; i++) {
        judge_object(&judging, objects[i]);
    }
    free(objects);
    for (global = reading->pickle.globals; global != NULL; global = global->next) {
        judge_global(&judging, global);
    }
}
