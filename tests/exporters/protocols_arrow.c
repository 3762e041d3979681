/*
 * Objects that tell of their memory by the Arrow C data interface.
 */
#include <Python.h>

#include "protocols.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>

static void told_unref(struct told_arrow *told)
{
    if (--told->references == 0) {
        PyGILState_STATE state = PyGILState_Ensure();

        Py_XDECREF(told->owner);
        PyGILState_Release(state);
        free(told);
    }
}

static void release_schema(struct arrow_schema *self)
{
    self->release = NULL;
    told_unref(self->private_data);
}

static void release_array(struct arrow_array *self)
{
    self->release = NULL;
    told_unref(self->private_data);
}

static void release_child_schema(struct arrow_schema *self)
{
    self->release = NULL;
}

static void release_child_array(struct arrow_array *self)
{
    self->release = NULL;
}

static void destroy_schema(PyObject *capsule)
{
    struct arrow_schema *schema = PyCapsule_GetPointer(capsule, PyCapsule_GetName(capsule));

    if (schema->release != NULL) {
        schema->release(schema);
    }
}

static void destroy_array(PyObject *capsule)
{
    struct arrow_array *array = PyCapsule_GetPointer(capsule, PyCapsule_GetName(capsule));

    if (array->release != NULL) {
        array->release(array);
    }
}

/* The structures belong to `told` here, which outlives both capsules: they are what is given out. */
static struct told_arrow *told_new(struct subject *self)
{
    struct told_arrow *told = calloc(1, sizeof *told);

    told->owner = again((PyObject *)self);
    told->references = 2;
    told->buffers[1] = self->items;
    told->names[0] = "arrow_schema";
    told->names[1] = "arrow_array";
    told->schema = (struct arrow_schema){.format = "i", .name = "", .release = release_schema, .private_data = told};
    told->array = (struct arrow_array){
        .length = ITEMS, .n_buffers = 2, .buffers = told->buffers, .release = release_array, .private_data = told};
    return told;
}

/* Each capsule has a structure of its own, which its destructor frees; what it leads to is in `told`. */
static void free_schema(PyObject *capsule)
{
    destroy_schema(capsule);
    free(PyCapsule_GetPointer(capsule, PyCapsule_GetName(capsule)));
}

static void free_array(PyObject *capsule)
{
    destroy_array(capsule);
    free(PyCapsule_GetPointer(capsule, PyCapsule_GetName(capsule)));
}

static void *copy_of(const void *from, size_t size)
{
    void *to = malloc(size);

    memcpy(to, from, size);
    return to;
}

PyObject *subject_arrow(PyObject *object, PyObject *args, PyObject *kwargs)
{
    static char *names[] = {"requested_schema", NULL};
    struct subject *self = (struct subject *)object;
    struct told_arrow *told;
    PyObject *requested = NULL;
    struct arrow_array *array;

    if (!PyArg_ParseTupleAndKeywords(args, kwargs, "|O", names, &requested)) {
        return NULL;
    }
    if (self->mode->give_arrow != NULL) {
        return self->mode->give_arrow(self);
    }
    told = told_new(self);
    array = malloc(sizeof *array);
    told->own = array;
    if (self->mode->spoil_arrow != NULL) {
        self->mode->spoil_arrow(told);
    }
    *array = told->array;
    return Py_BuildValue(
        "(NN)", PyCapsule_New(copy_of(&told->schema, sizeof told->schema), told->names[0], free_schema),
        PyCapsule_New(array, told->names[1], free_array));
}

/* --- right ones --- */

static void make_sliced(struct told_arrow *told)
{
    told->array.offset = 2;
    told->array.length = 3;
}

static void make_nulls(struct told_arrow *told)
{
    static const unsigned char bitmap[8] = {0x3d};

    told->buffers[0] = bitmap;
    told->array.null_count = 1;
}

static void make_uncounted(struct told_arrow *told)
{
    make_nulls(told);
    told->array.null_count = -1;
}

static void make_empty(struct told_arrow *told)
{
    told->array.length = 0;
    told->buffers[1] = NULL;
}

static void make_strings(struct told_arrow *told)
{
    told->schema.format = "u";
    told->array.n_buffers = 3;
    told->array.length = 1;
    told->buffers[2] = told->buffers[1];
}

static void make_record(struct told_arrow *told)
{
    told->child_schema = (struct arrow_schema){.format = "i", .name = "a", .release = release_child_schema};
    told->child_array = (struct arrow_array){
        .length = ITEMS, .n_buffers = 2, .buffers = told->buffers, .release = release_child_array};
    told->schema_children[0] = &told->child_schema;
    told->array_children[0] = &told->child_array;
    told->schema.format = "+s";
    told->schema.n_children = told->array.n_children = 1;
    told->schema.children = told->schema_children;
    told->array.children = told->array_children;
    told->array.n_buffers = 1;
}

const struct mode arrow_right[] = {
    {"arrow", .type = &arrow_type},
    {"arrow_sliced", .type = &arrow_type, .spoil_arrow = make_sliced},
    {"arrow_nulls", .type = &arrow_type, .spoil_arrow = make_nulls},
    {"arrow_uncounted", .type = &arrow_type, .spoil_arrow = make_uncounted},
    {"arrow_empty", .type = &arrow_type, .spoil_arrow = make_empty},
    {"arrow_strings", .type = &arrow_type, .spoil_arrow = make_strings},
    {"arrow_record", .type = &arrow_type, .spoil_arrow = make_record},
    {NULL},
};

/* --- structures --- */

static PyObject *give_pair(struct subject *self)
{
    (void)self;
    return Py_BuildValue("(ii)", 1, 2);
}

static PyObject *give_swapped(struct subject *self)
{
    struct told_arrow *told = told_new(self);

    return Py_BuildValue(
        "(NN)", PyCapsule_New(copy_of(&told->array, sizeof told->array), "arrow_array", free_array),
        PyCapsule_New(copy_of(&told->schema, sizeof told->schema), "arrow_schema", free_schema));
}

static void spoil_format(struct told_arrow *told)
{
    told->schema.format = NULL;
}

static void spoil_unknown_format(struct told_arrow *told)
{
    told->schema.format = "?!";
}

static void spoil_length(struct told_arrow *told)
{
    told->array.length = -1;
}

static void spoil_null_count(struct told_arrow *told)
{
    told->array.null_count = ITEMS + 1;
}

static void spoil_offset(struct told_arrow *told)
{
    told->array.offset = -1;
}

static void spoil_n_buffers(struct told_arrow *told)
{
    told->array.n_buffers = 1;
}

static void spoil_many_buffers(struct told_arrow *told)
{
    told->array.n_buffers = INT64_MAX;
}

static void spoil_buffers(struct told_arrow *told)
{
    told->array.buffers = NULL;
}

static void spoil_wild_buffers(struct told_arrow *told)
{
    told->array.buffers = (const void **)16;
}

static void spoil_data(struct told_arrow *told)
{
    told->buffers[1] = NULL;
}

static void spoil_past_end(struct told_arrow *told)
{
    told->array.length = INT64_C(1) << 40;
}

static void spoil_children(struct told_arrow *told)
{
    make_record(told);
    told->array.n_children = 0;
}

static void spoil_wild_children(struct told_arrow *told)
{
    make_record(told);
    told->schema.children = NULL;
}

static void spoil_child(struct told_arrow *told)
{
    make_record(told);
    told->schema_children[0] = NULL;
}

static void spoil_own_child(struct told_arrow *told)
{
    make_record(told);
    told->array_children[0] = told->own;
}

static void spoil_released(struct told_arrow *told)
{
    told->array.release = NULL;
    told->references = 1;
}

/* --- lifetimes --- */

static void spoil_owner(struct told_arrow *told)
{
    Py_CLEAR(told->owner);
}

static void keep_owner(struct told_arrow *told)
{
    Py_INCREF(told->owner);
}

static void release_unmarked(struct arrow_array *self)
{
    told_unref(self->private_data);
}

static void spoil_mark(struct told_arrow *told) /* the released structure looks as if it were not */
{
    told->references = 1 << 20;
    told->array.release = release_unmarked;
}

static PyObject *give_undestroyed(struct subject *self)
{
    struct told_arrow *told = told_new(self);

    return Py_BuildValue("(NN)", PyCapsule_New(&told->schema, "arrow_schema", NULL),
                         PyCapsule_New(&told->array, "arrow_array", NULL));
}

static void destroy_always(PyObject *capsule) /* also what was moved away */
{
    struct arrow_array *array = PyCapsule_GetPointer(capsule, PyCapsule_GetName(capsule));

    if (array->release == NULL) {
        abort(); /* as malloc does, or may, when memory is freed again */
    }
    array->release(array);
    free(array);
}

static PyObject *give_released_twice(struct subject *self)
{
    struct told_arrow *told = told_new(self);

    return Py_BuildValue("(NN)",
                         PyCapsule_New(copy_of(&told->schema, sizeof told->schema), "arrow_schema", free_schema),
                         PyCapsule_New(copy_of(&told->array, sizeof told->array), "arrow_array", destroy_always));
}

static PyObject *give_same_structures(struct subject *self)
{
    struct told_arrow *told = self->kept;

    if (told == NULL) {
        self->kept = told = told_new(self);
    }
    return Py_BuildValue("(NN)", PyCapsule_New(&told->schema, "arrow_schema", NULL),
                         PyCapsule_New(&told->array, "arrow_array", NULL));
}

/* The array without its schema. */
static PyObject *give_alone(struct subject *self)
{
    struct told_arrow *told = told_new(self);

    told->schema.release(&told->schema);
    return PyCapsule_New(copy_of(&told->array, sizeof told->array), "arrow_array", free_array);
}

static void release_crashing(struct arrow_array *self)
{
    raise(SIGSEGV);
    (void)self;
}

static void spoil_release(struct told_arrow *told)
{
    told->array.release = release_crashing;
}

#define STRUCTURES ERROR("arrow-structures", arrow_type)

const struct mode arrow_wrong[] = {
    {"arrow_number", STRUCTURES, .give_arrow = give_number},
    {"arrow_pair", STRUCTURES, .give_arrow = give_pair},
    {"arrow_alone", STRUCTURES, .give_arrow = give_alone},
    {"arrow_swapped", STRUCTURES, .give_arrow = give_swapped},
    {"arrow_format", STRUCTURES, .spoil_arrow = spoil_format},
    {"arrow_unknown_format", STRUCTURES, .spoil_arrow = spoil_unknown_format},
    {"arrow_length", STRUCTURES, .spoil_arrow = spoil_length},
    {"arrow_null_count", STRUCTURES, .spoil_arrow = spoil_null_count},
    {"arrow_offset", STRUCTURES, .spoil_arrow = spoil_offset},
    {"arrow_n_buffers", STRUCTURES, .spoil_arrow = spoil_n_buffers},
    {"arrow_many_buffers", STRUCTURES, .spoil_arrow = spoil_many_buffers},
    {"arrow_buffers", STRUCTURES, .spoil_arrow = spoil_buffers},
    {"arrow_wild_buffers", STRUCTURES, .spoil_arrow = spoil_wild_buffers},
    {"arrow_data", STRUCTURES, .spoil_arrow = spoil_data},
    {"arrow_past_end", STRUCTURES, .spoil_arrow = spoil_past_end},
    {"arrow_children", STRUCTURES, .spoil_arrow = spoil_children},
    {"arrow_wild_children", STRUCTURES, .spoil_arrow = spoil_wild_children},
    {"arrow_child", STRUCTURES, .spoil_arrow = spoil_child},
    {"arrow_own_child", STRUCTURES, .spoil_arrow = spoil_own_child},
    {"arrow_released", STRUCTURES, .spoil_arrow = spoil_released},
    {"arrow_not_kept", ERROR("arrow-keeps-alive", arrow_type), .spoil_arrow = spoil_owner},
    {"arrow_keeps_owner", ERROR("arrow-no-leak", arrow_type), .spoil_arrow = keep_owner},
    {"arrow_undestroyed", ERROR("arrow-no-leak", arrow_type), .give_arrow = give_undestroyed},
    {"arrow_unmarked", ERROR("arrow-release", arrow_type), .spoil_arrow = spoil_mark},
    {"arrow_released_twice", ERROR("arrow-release", arrow_type), .give_arrow = give_released_twice},
    {"arrow_same", ERROR("arrow-independent", arrow_type), .give_arrow = give_same_structures},
    {"arrow_release_crashes", ERROR("arrow-no-crash", arrow_type), .spoil_arrow = spoil_release},
    {"arrow_crashes", ERROR("arrow-no-crash", arrow_type), .give_arrow = give_crash},
    {"arrow_hangs", ERROR("arrow-no-crash", arrow_type), .give_arrow = give_never},
    {NULL},
};
