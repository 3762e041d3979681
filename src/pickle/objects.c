#include "pickle/objects.h"

#include "base/hash.h"
#include "pickle/make.h"
#include "pickle/stack.h"
#include "pickle/text.h"

#include <stdio.h>
#include <string.h>

enum { PERSISTENT_PARTS = 8 }; /* of an id that are looked at */

/* --- names ---------------------------------------------------------------- */

static bool same(const char *one, const unsigned char *other, size_t size)
{
    return (const unsigned char *)one == other || memcmp(one, other, size) == 0;
}

static bool is_named(const struct pickle_global *global, const unsigned char *module, size_t module_size,
                     const unsigned char *name, size_t name_size)
{
    return global->module_size == module_size && global->name_size == name_size &&
           same(global->name, name, name_size) && same(global->module, module, module_size);
}

/* Part of a name to be shown: cut, and never cut short by a NUL. */
static void put_name(char *text, size_t *used, const unsigned char *name, size_t size)
{
    size_t i;

    for (i = 0; i < size && *used < PICKLE_MAX_NAME; i++) {
        if (name[i] == '\0') {
            memcpy(text + *used, "\\x00", 4);
            *used += 4;
        } else {
            text[(*used)++] = (char)name[i];
        }
    }
    if (i < size) {
        memcpy(text + *used, "...", 3);
        *used += 3;
    }
}

static char *dotted_name(struct machine *m, const unsigned char *module, size_t module_size,
                         const unsigned char *name, size_t name_size)
{
    char text[2 * PICKLE_MAX_NAME];
    size_t used = 0;

    put_name(text, &used, module, module_size);
    if (used < PICKLE_MAX_NAME) {
        if (module_size > 0) {
            text[used++] = '.';
        }
        put_name(text, &used, name, name_size);
    }
    return arena_copy(m->arena, text, used);
}

/* The one global of that name, made when it is first met; NULL, and the error, when it cannot be. */
static struct pickle_global *intern(struct machine *m, const unsigned char *module, size_t module_size,
                                    const unsigned char *name, size_t name_size)
{
    uint64_t hash = hash_bytes(hash_bytes(HASH_START, module, module_size), name, name_size);
    struct pickle_global **place = &m->names[hash % MACHINE_NAMES];
    struct pickle_global *global;
    size_t met = module_size + name_size;

    for (global = *place; global != NULL; global = global->neighbour, met++) {
        if (global->hash == hash && is_named(global, module, module_size, name, name_size)) {
            break;
        }
    }
    if (!machine_work(m, met) || global != NULL) {
        return global;
    }
    global = arena_alloc(m->arena, sizeof *global);
    if (global == NULL) {
        machine_full(m);
        return NULL;
    }
    *global = (struct pickle_global){.module = (const char *)module,
                                     .module_size = module_size,
                                     .name = (const char *)name,
                                     .name_size = name_size,
                                     .dotted = dotted_name(m, module, module_size, name, name_size),
                                     .place = m->opcode_at,
                                     .next = m->globals,
                                     .hash = hash,
                                     .neighbour = *place};
    if (global->dotted == NULL) {
        machine_full(m);
        return NULL;
    }
    *place = global;
    m->globals = global;
    return global;
}

/* A value for a name; NULL, and the error, when it cannot be made. */
static struct pickle_value *name_value(struct machine *m, const unsigned char *module, size_t module_size,
                                       const unsigned char *name, size_t name_size)
{
    struct pickle_global *global = intern(m, module, module_size, name, name_size);
    struct pickle_value *value = global != NULL ? value_new(m, PICKLE_GLOBAL) : NULL;

    if (value != NULL) {
        value->global = global;
    }
    return value;
}

bool run_global(struct machine *m, unsigned unused)
{
    const unsigned char *module, *name;
    size_t module_size, name_size;

    (void)unused;
    return take_line(m, &module, &module_size) && take_line(m, &name, &name_size) &&
           stack_push(m, name_value(m, module, module_size, name, name_size));
}

bool run_stack_global(struct machine *m, unsigned unused)
{
    const struct pickle_value *module, *name;

    (void)unused;
    if (!stack_need(m, 2)) {
        return false;
    }
    name = m->stack[--m->stack_count];
    module = m->stack[--m->stack_count];
    if (module->kind != PICKLE_STR || name->kind != PICKLE_STR) {
        return machine_broken(m, "a global's names must be str");
    }
    return stack_push(m, name_value(m, module->data, module->size, name->data, name->size));
}

bool run_extension(struct machine *m, unsigned width)
{
    char text[32];
    uint64_t code;
    char *name;
    int length;

    if (!take_unsigned(m, width, &code)) {
        return false;
    }
    machine_odd(m, PICKLE_EXTENSION);
    length = snprintf(text, sizeof text, "extension %u", (unsigned)code);
    name = arena_copy(m->arena, text, (size_t)length);
    if (name == NULL) {
        return machine_full(m);
    }
    return stack_push(m, name_value(m, (unsigned char *)name, 0, (unsigned char *)name, (size_t)length));
}

/* --- objects -------------------------------------------------------------- */

static struct pickle_value *new_object(struct machine *m, enum pickle_how how)
{
    struct pickle_value *value = value_new(m, PICKLE_OBJECT);

    if (value == NULL) {
        return NULL;
    }
    value->object = arena_alloc(m->arena, sizeof *value->object);
    if (value->object == NULL) {
        machine_full(m);
        return NULL;
    }
    value->object->how = how;
    value->object->place = m->opcode_at;
    value->object->earlier = m->objects;
    m->objects = value->object;
    return value;
}

static void count_call(const struct machine *m, struct pickle_global *global)
{
    global->call_place = global->called ? global->call_place : m->opcode_at;
    global->called = true;
    global->calls++;
}

/* What a persistent id stands for is called: that is what the id names, as far as this can be told. */
static void count_persistent_call(const struct machine *m, const struct pickle_value *id)
{
    size_t i;

    for (i = 0; id->kind == PICKLE_TUPLE && i < id->item_count && i < PERSISTENT_PARTS; i++) {
        if (pickle_global_of(id->items[i]) != NULL) {
            count_call(m, pickle_global_of(id->items[i]));
        }
    }
}

/* Push what a call gives; keywords may be NULL. */
static bool push_call(struct machine *m, enum pickle_how how, struct pickle_value *callable,
                      struct pickle_value *arguments, struct pickle_value *keywords)
{
    struct pickle_global *global = pickle_global_of(callable);
    struct pickle_value *value;

    if (global == NULL && callable->kind != PICKLE_OBJECT) {
        return machine_broken(m, "a call of a '%s'", pickle_type_name(callable));
    }
    if (arguments->kind != PICKLE_TUPLE && arguments->kind != PICKLE_OBJECT) {
        return machine_broken(m, "arguments of type '%s'", pickle_type_name(arguments));
    }
    value = new_object(m, how);
    if (value == NULL) {
        return false;
    }
    value->object->callable = callable;
    value->object->arguments = arguments;
    if (keywords != NULL) {
        if (pickle_rare_of(value->object, m->arena) == NULL) {
            return machine_full(m);
        }
        value->object->rare->keywords = keywords;
    }
    if (global != NULL) {
        count_call(m, global);
    } else if (callable->object->how == PICKLE_PERSISTENT) {
        count_persistent_call(m, callable->object->arguments);
    }
    return stack_push(m, value);
}

bool run_call(struct machine *m, unsigned how)
{
    struct pickle_value *arguments, *callable;

    if (!stack_need(m, 2)) {
        return false;
    }
    arguments = m->stack[--m->stack_count];
    callable = m->stack[--m->stack_count];
    return push_call(m, (enum pickle_how)how, callable, arguments, NULL);
}

bool run_call_keywords(struct machine *m, unsigned how)
{
    struct pickle_value *keywords, *arguments, *callable;

    if (!stack_need(m, 3)) {
        return false;
    }
    keywords = m->stack[--m->stack_count];
    arguments = m->stack[--m->stack_count];
    callable = m->stack[--m->stack_count];
    return push_call(m, (enum pickle_how)how, callable, arguments, keywords);
}

bool run_inst(struct machine *m, unsigned unused)
{
    const unsigned char *module, *name;
    size_t module_size, name_size, first;
    struct pickle_value *class, *arguments;

    (void)unused;
    if (!take_line(m, &module, &module_size) || !take_line(m, &name, &name_size) || !stack_pop_mark(m, &first) ||
        !stack_tuple(m, first)) {
        return false;
    }
    arguments = m->stack[--m->stack_count];
    class = name_value(m, module, module_size, name, name_size);
    return class != NULL && push_call(m, PICKLE_INSTANCE, class, arguments, NULL);
}

bool run_obj(struct machine *m, unsigned unused)
{
    struct pickle_value *class, *arguments;
    size_t first;

    (void)unused;
    if (!stack_pop_mark(m, &first)) {
        return false;
    }
    if (first == m->stack_count) {
        return machine_broken(m, "no class behind the mark");
    }
    class = m->stack[first];
    if (!stack_tuple(m, first + 1)) {
        return false;
    }
    arguments = m->stack[--m->stack_count];
    m->stack_count = first;
    return push_call(m, PICKLE_INSTANCE, class, arguments, NULL);
}

static bool push_persistent(struct machine *m, struct pickle_value *id)
{
    struct pickle_value *value = id != NULL ? new_object(m, PICKLE_PERSISTENT) : NULL;

    if (value != NULL) {
        value->object->arguments = id;
    }
    return stack_push(m, value);
}

bool run_persistent(struct machine *m, unsigned unused)
{
    const unsigned char *text;
    size_t size;

    (void)unused;
    return take_line(m, &text, &size) &&
           (pickle_is_ascii(text, size) || machine_broken(m, "a persistent id that is not ASCII")) &&
           push_persistent(m, value_bytes(m, PICKLE_STR, text, size));
}

bool run_binary_persistent(struct machine *m, unsigned unused)
{
    (void)unused;
    return stack_need(m, 1) && push_persistent(m, m->stack[--m->stack_count]);
}

bool run_outside(struct machine *m, unsigned unused)
{
    (void)unused;
    return stack_push(m, new_object(m, PICKLE_BUFFER));
}

/* Makes a view of what is there; the bytes are the same. */
bool run_readonly(struct machine *m, unsigned unused)
{
    const struct pickle_value *value;

    (void)unused;
    if (!stack_need(m, 1)) {
        return false;
    }
    value = m->stack[m->stack_count - 1];
    if (value->kind != PICKLE_OBJECT || value->object->how != PICKLE_BUFFER) {
        machine_odd(m, PICKLE_READONLY_AT_HAND);
    }
    return true;
}

/* --- state and items ------------------------------------------------------ */

/* A global that is given something is from now on an object that tells of it, wherever it is referred to. */
static struct pickle_object *changed_global(struct machine *m, struct pickle_value *value)
{
    struct pickle_value *object = new_object(m, PICKLE_CHANGED);
    struct pickle_value *global = object != NULL ? value_new(m, PICKLE_GLOBAL) : NULL;

    if (global == NULL) {
        return NULL;
    }
    global->global = value->global;
    object->object->callable = global;
    value->kind = PICKLE_OBJECT;
    value->object = object->object;
    return value->object;
}

/* The object that takes state or items: NULL without an error for a plain value. */
static struct pickle_object *object_of(struct machine *m, struct pickle_value *value)
{
    return value->kind == PICKLE_OBJECT   ? value->object
           : value->kind == PICKLE_GLOBAL ? changed_global(m, value)
                                          : NULL;
}

struct pickle_value *object_room(struct machine *m, struct pickle_value *value, enum pickle_kind kind)
{
    static const char *const needed[] = {
        [PICKLE_LIST] = "a list", [PICKLE_SET] = "a set", [PICKLE_DICT] = "a dict"};
    struct pickle_value **room;
    struct pickle_object *object;

    if (value->kind == kind) {
        return value;
    }
    if (value->kind != PICKLE_OBJECT && value->kind != PICKLE_GLOBAL) {
        machine_broken(m, "%s needed on the stack, '%s' there", needed[kind], pickle_type_name(value));
        return NULL;
    }
    object = object_of(m, value);
    if (object == NULL) {
        return NULL;
    }
    room = kind == PICKLE_DICT ? &object->entries : &object->items;
    if (*room == NULL) {
        *room = value_new(m, kind == PICKLE_DICT ? PICKLE_DICT : PICKLE_LIST);
    }
    return *room;
}

/* One state is the state; of several a list is kept. */
static bool add_state(struct machine *m, struct pickle_object *object, struct pickle_value *state)
{
    struct pickle_value *list;

    if (object->states == 0) {
        object->state = state;
        object->states = 1;
    } else {
        if (object->states == 1) {
            list = value_new(m, PICKLE_LIST);
            if (list == NULL || !value_extend(m, list, &object->state, 1)) {
                return false;
            }
            object->state = list;
            object->states = PICKLE_SEVERAL;
        }
        if (!value_extend(m, object->state, &state, 1)) {
            return false;
        }
    }
    return true;
}

bool object_state(struct machine *m, struct pickle_value *value, struct pickle_value *state)
{
    struct pickle_object *object = object_of(m, value);

    return object != NULL && add_state(m, object, state);
}

static bool step_over(struct machine *m, struct pickle_object *object)
{
    size_t taken = 0;

    if (m->hook == NULL) {
        return true;
    }
    if (m->at >= m->frame_end) {
        machine_end_frame(m); /* what is stepped over belongs to none */
    }
    if (!m->hook->built(m->hook->context, object, m->bytes + m->at, m->size - m->at, &taken, m->error)) {
        m->cut = taken == PICKLE_CUT;
        return false;
    }
    m->at += taken;
    return true;
}

bool run_build(struct machine *m, unsigned unused)
{
    struct pickle_value *state, *value;
    struct pickle_object *object;

    (void)unused;
    if (!stack_need(m, 2)) {
        return false;
    }
    state = m->stack[--m->stack_count];
    value = m->stack[m->stack_count - 1];
    if (value->kind != PICKLE_OBJECT && value->kind != PICKLE_GLOBAL) {
        return machine_broken(m, "a state of type '%s' for '%s'", pickle_type_name(state),
                              pickle_type_name(value));
    }
    object = object_of(m, value);
    if (object != NULL && object->states > 0) {
        machine_odd(m, PICKLE_STATE_AGAIN);
    }
    return object != NULL && add_state(m, object, state) && step_over(m, object);
}
