/*
 * torch: tensors are views of storages; their offsets and strides count items.
 */
#include "recipe/torch.h"

#include "base/text.h"
#include "files/dtype.h"
#include "recipe/recipe.h"
#include "recipe/recipes.h"

#include <stdio.h>
#include <string.h>

static const struct torch_type {
    const char *name;    /* "float32" */
    const char *text;    /* "torch.float32" */
    const char *storage; /* "FloatStorage"; "" for none */
    const char *numpy;   /* NumPy's type for the same bytes, without its order */
    unsigned char size;  /* bytes */
} types[] = {
#define TYPE(name, storage, numpy, size) {#name, "torch." #name, storage, numpy, size},
#include "recipe/torch_types.def"
#undef TYPE
};

/* --- types ---------------------------------------------------------------------------- */

static bool is_name(const char *name, const struct pickle_global *global)
{
    return strlen(name) == global->name_size && memcmp(name, global->name, global->name_size) == 0;
}

/* torch.float32 and the like; NULL for other values. */
static const struct torch_type *find_dtype(const struct pickle_value *value)
{
    const struct pickle_global *global = value != NULL ? pickle_global_of(value) : NULL;
    size_t i;

    for (i = 0; global != NULL && i < sizeof types / sizeof types[0]; i++) {
        if (is_name(types[i].name, global)) {
            return &types[i];
        }
    }
    return NULL;
}

/* By the class of a storage; those without a type hold bytes. */
static const struct torch_type *find_storage(const struct pickle_value *value)
{
    const struct pickle_global *global = pickle_global_of(value);
    size_t i;

    for (i = 0; global != NULL && i < sizeof types / sizeof types[0]; i++) {
        if (is_name(types[i].storage, global) ||
            (is_name("UntypedStorage", global) && strcmp(types[i].name, "uint8") == 0)) {
            return &types[i];
        }
    }
    return NULL;
}

/* The items in the file's byte order, under the name that torch has for them. */
static struct pickle_value *make_array(struct reading *reading, const struct torch_type *type, int ndim,
                                       const ptrdiff_t *shape, const ptrdiff_t *strides, struct recipe_range memory,
                                       size_t start)
{
    const struct torch_storages *storages = reading->context;
    const struct dtype *dtype;
    struct pickle_array *array;
    struct pickle_value *value;
    char text[8] = {storages != NULL ? storages->order : '<'};

    strcpy(text + 1, type->numpy); /* of the table: a few characters */
    dtype = recipe_dtype(reading, text);
    value = dtype != NULL
                ? recipe_array(reading, PICKLE_ARRAY, dtype, ndim, shape, strides, memory, start)
                : NULL;
    array = value != NULL ? arena_alloc(reading->arena, sizeof *array) : NULL;
    if (array == NULL) {
        return NULL;
    }
    *array = *value->array;
    array->type_text = type->text;
    array->native = true;
    value->array = array;
    return value;
}

/* --- storages ------------------------------------------------------------------------- */

size_t torch_storage_itemsize(const struct pickle_value *id, struct recipe_range *key)
{
    const struct torch_type *type;

    if (id == NULL || id->kind != PICKLE_TUPLE || id->item_count < 5 || !value_is_text(id->items[0], "storage") ||
        id->items[2]->kind != PICKLE_STR) {
        return 0;
    }
    *key = (struct recipe_range){id->items[2]->data, id->items[2]->size};
    type = find_storage(id->items[1]);
    return type != NULL ? type->size : 0;
}

/* In older files a storage can be a part of another: (key, first item, items). */
static bool take_part(struct reading *reading, const struct pickle_value *id, size_t itemsize,
                      struct recipe_range *bytes)
{
    uint64_t first, count;

    if (id->item_count < 6 || id->items[5]->kind != PICKLE_TUPLE) {
        return true;
    }
    if (id->items[5]->item_count != 3 || !value_to_unsigned(id->items[5]->items[1], &first) ||
        !value_to_unsigned(id->items[5]->items[2], &count)) {
        return recipe_wrong(reading, "a storage that is part of another, but does not tell which");
    }
    if (first > bytes->size / itemsize || count > bytes->size / itemsize - first) {
        return recipe_wrong(reading, "a storage of %llu items from item %llu on, in one of %zu bytes",
                            (unsigned long long)count, (unsigned long long)first, bytes->size);
    }
    *bytes = (struct recipe_range){bytes->data + first * itemsize, (size_t)count * itemsize};
    return true;
}

struct pickle_value *torch_persistent(struct reading *reading, struct pickle_object *object,
                                      const struct pickle_value *id)
{
    const struct torch_storages *storages = reading->context;
    struct recipe_range key;
    struct recipe_range bytes;
    size_t itemsize = torch_storage_itemsize(id, &key);
    const struct torch_type *type;
    ptrdiff_t count;
    uint64_t told;

    if (id->kind == PICKLE_TUPLE && id->item_count >= 2 && value_is_text(id->items[0], "module")) {
        return pickle_global_of(id->items[1]) != NULL ? id->items[1] : NULL; /* a class, beside its source */
    }
    if (itemsize == 0 || !value_to_unsigned(id->items[4], &told)) {
        return NULL; /* something that torch does not write: shown as it is */
    }
    type = find_storage(id->items[1]);
    if (!storages->find(reading, storages, key, itemsize, &bytes)) {
        return NULL;
    }
    if (told < bytes.size / itemsize) {
        bytes.size = (size_t)told * itemsize; /* torch reads no more of it */
    }
    if (!take_part(reading, id, itemsize, &bytes)) {
        return NULL;
    }
    object->type = "torch.Storage";
    count = (ptrdiff_t)(bytes.size / itemsize);
    return make_array(reading, type, 1, &count, NULL, bytes, 0);
}

/* --- tensors -------------------------------------------------------------------------- */

/* The strides in bytes. */
static bool read_strides(struct reading *reading, const struct pickle_value *value, size_t itemsize, int ndim,
                         ptrdiff_t *strides)
{
    int count;
    int i;

    if (!recipe_shape(reading, value, false, &count, strides)) {
        return false;
    }
    if (count != ndim) {
        return recipe_wrong(reading, "%d strides for %d dimensions", count, ndim);
    }
    for (i = 0; i < ndim; i++) {
        if (__builtin_mul_overflow(strides[i], (ptrdiff_t)itemsize, &strides[i])) {
            return recipe_wrong(reading, "stride %d is more than memory has bytes", i);
        }
    }
    return true;
}

/* storage, offset, size, stride: what all calls for a tensor begin with; `type` is NULL for the storage's own. */
static struct pickle_value *make_tensor(struct reading *reading, struct pickle_object *object,
                                        const struct torch_type *type)
{
    struct pickle_value *storage = recipe_argument(reading, object, 0);
    struct pickle_value *offset = recipe_argument(reading, object, 1);
    struct pickle_value *shape = recipe_argument(reading, object, 2);
    struct pickle_value *stride = recipe_argument(reading, object, 3);
    ptrdiff_t extents[LAYOUT_MAX_NDIM], strides[LAYOUT_MAX_NDIM];
    uint64_t start;
    int ndim;
    int i;

    object->type = "torch.Tensor";
    if (stride == NULL || !value_to_unsigned(offset, &start)) {
        return recipe_fail(reading, "no storage, offset, shape and strides");
    }
    if (storage->kind != PICKLE_ARRAY) {
        const char *why = recipe_remark(reading, object->arguments->items[0]);

        return recipe_fail(reading, "its storage %s%s", why != NULL ? "cannot be read: " : "is not in this file",
                           why != NULL ? why : "");
    }
    for (i = 0; type == NULL && i < (int)(sizeof types / sizeof types[0]); i++) {
        type = types[i].text == storage->array->type_text ? &types[i] : NULL;
    }
    if (type == NULL || !recipe_shape(reading, shape, false, &ndim, extents) ||
        !read_strides(reading, stride, type->size, ndim, strides)) {
        return NULL;
    }
    if (__builtin_mul_overflow(start, type->size, &start)) {
        return recipe_fail(reading, "an offset past all memory");
    }
    return make_array(reading, type, ndim, extents, strides, (struct recipe_range){storage->data, storage->size},
                      (size_t)start);
}

/* A dict behind the rest says what loading does to the items: they are shown as they lie. */
static void tell_changes(struct reading *reading, struct pickle_object *object)
{
    static const struct {
        const char *key;
        const char *remark;
    } changes[] = {{"conj", "loading conjugates its items"}, {"neg", "loading negates its items"}};
    const struct pickle_value *metadata = recipe_argument(reading, object, 6);
    size_t i;

    for (i = 0; metadata != NULL && i < sizeof changes / sizeof changes[0]; i++) {
        const struct pickle_value *value = recipe_entry(metadata, changes[i].key);
        int64_t flag;

        if (value != NULL && value_to_int(value, &flag) && flag != 0) {
            object->remark = changes[i].remark;
        }
    }
}

/* _rebuild_tensor, _rebuild_tensor_v2, _rebuild_qtensor */
struct pickle_value *torch_tensor(struct reading *reading, struct pickle_object *object)
{
    struct pickle_value *made = make_tensor(reading, object, NULL);

    if (made != NULL) {
        tell_changes(reading, object);
    }
    return made;
}

/* _rebuild_tensor_v3: storage, offset, size, stride, requires_grad, hooks, dtype */
struct pickle_value *torch_typed_tensor(struct reading *reading, struct pickle_object *object)
{
    const struct torch_type *type = find_dtype(recipe_argument(reading, object, 6));

    object->type = "torch.Tensor";
    if (type == NULL) {
        return recipe_fail(reading, "items of a type that is not known");
    }
    return make_tensor(reading, object, type);
}

/* What is around one tensor or array: _rebuild_parameter, _rebuild_device_tensor_from_numpy ... */
struct pickle_value *torch_around(struct reading *reading, struct pickle_object *object)
{
    struct pickle_value *inner = recipe_argument(reading, object, 0);

    return inner != NULL && inner->kind != PICKLE_OBJECT ? inner : NULL;
}

struct pickle_value *torch_parameter(struct reading *reading, struct pickle_object *object)
{
    object->type = "torch.nn.Parameter";
    return torch_around(reading, object);
}

/* What a tensor without data of its own is around, such as the local part of a distributed one, is its state. */
static struct pickle_value *state_of(struct reading *reading, const struct pickle_object *object)
{
    struct pickle_value *state = recipe_argument(reading, object, 3);
    bool has_parts = state != NULL && (state->kind == PICKLE_DICT || state->kind == PICKLE_TUPLE) &&
                     state->item_count > 0;

    return has_parts ? recipe_object(reading, (struct pickle_object){.how = PICKLE_NEW,
                                                               .callable = object->arguments->items[1],
                                                               .state = state,
                                                               .states = 1,
                                                               .place = object->place})
                     : NULL;
}

/* _rebuild_from_type_v2: function, class, its arguments, state */
struct pickle_value *torch_from_type(struct reading *reading, struct pickle_object *object)
{
    struct pickle_value *inner, *state;
    struct pickle_value *value;
    const struct pickle_global *class_name;

    if (recipe_argument_count(object) < 3) {
        return recipe_fail(reading, "no function, class and arguments");
    }
    /* as if it had been called by itself */
    inner = recipe_object(reading, (struct pickle_object){.how = PICKLE_CALLED,
                                                    .callable = object->arguments->items[0],
                                                    .arguments = object->arguments->items[2],
                                                    .place = object->place});
    if (inner == NULL) {
        return NULL;
    }
    value = recipe_value(reading, inner);
    class_name = pickle_global_of(object->arguments->items[1]);
    if (class_name != NULL) {
        object->type = class_name->dotted;
    }
    if (value == inner) {
        return inner->object->remark != NULL ? recipe_fail(reading, "%s", inner->object->remark) : NULL;
    }
    state = value->kind == PICKLE_TEXT ? state_of(reading, object) : NULL;
    return state != NULL ? state : value;
}

/* _rebuild_sparse_tensor: layout, (indices, values, size, ...) or (compressed, plain, values, size) */
struct pickle_value *torch_sparse(struct reading *reading, struct pickle_object *object)
{
    static const char *const parts[][4] = {
        {"indices", "values", "size", "is_coalesced"},
        {"crow_indices", "col_indices", "values", "size"},
        {"ccol_indices", "row_indices", "values", "size"},
    };
    struct pickle_value *layout = recipe_argument(reading, object, 0);
    struct pickle_value *data = recipe_argument(reading, object, 1);
    struct pickle_value *made;
    const char *const *names = parts[0];
    size_t i;

    object->type = "torch.Tensor";
    if (data == NULL || data->kind != PICKLE_TUPLE || data->item_count < 3 || data->item_count > 4) {
        return recipe_fail(reading, "no layout and parts");
    }
    for (i = 1; layout->kind == PICKLE_TEXT && i < 3; i++) {
        const char *kinds[] = {"torch.sparse_csr torch.sparse_bsr", "torch.sparse_csc torch.sparse_bsc"};

        names = memmem(kinds[i - 1], strlen(kinds[i - 1]), layout->data, layout->size) != NULL ? parts[i] : names;
    }
    made = recipe_named(reading, 1 + data->item_count);
    if (made == NULL) {
        return NULL;
    }
    made->named[0] = (struct pickle_named){"layout", object->arguments->items[0]};
    for (i = 0; i < data->item_count; i++) {
        made->named[1 + i] = (struct pickle_named){names[i], data->items[i]};
    }
    return made;
}

/* _rebuild_nested_tensor: buffer, sizes, strides, offsets */
struct pickle_value *torch_nested(struct reading *reading, struct pickle_object *object)
{
    static const char *const parts[] = {"buffer", "sizes", "strides", "storage_offsets"};
    struct pickle_value *made = recipe_argument_count(object) == 4 ? recipe_named(reading, 4) : NULL;
    size_t i;

    object->type = "torch.Tensor";
    for (i = 0; made != NULL && i < 4; i++) {
        made->named[i] = (struct pickle_named){parts[i], object->arguments->items[i]};
    }
    return made;
}

/* "torch.Tensor without data: torch.float32, (2, 3)": what _rebuild_meta_tensor_no_storage and wrappers say. */
static struct pickle_value *without_data(struct reading *reading, struct pickle_object *object, size_t first)
{
    struct pickle_value *dtype = recipe_argument(reading, object, first);
    struct pickle_value *shape = recipe_argument(reading, object, first + 1);
    struct text text = TEXT_INIT;

    object->type = "torch.Tensor";
    if (shape == NULL) {
        return NULL;
    }
    text_puts(&text, "no data: ");
    recipe_repr(reading, dtype, &text);
    text_puts(&text, ", shape ");
    recipe_repr(reading, shape, &text);
    return recipe_text(reading, &text);
}

struct pickle_value *torch_meta(struct reading *reading, struct pickle_object *object)
{
    return without_data(reading, object, 0);
}

struct pickle_value *torch_wrapper(struct reading *reading, struct pickle_object *object)
{
    return without_data(reading, object, 1);
}

/* --- small things --------------------------------------------------------------------- */

/* torch.Size((2, 3)) is a tuple. */
struct pickle_value *torch_size(struct reading *reading, struct pickle_object *object)
{
    struct pickle_value *tuple = recipe_argument(reading, object, 0);

    object->type = "torch.Size";
    return tuple != NULL && tuple->kind == PICKLE_TUPLE ? tuple : NULL;
}

/* _get_layout('torch.strided') */
struct pickle_value *torch_layout(struct reading *reading, struct pickle_object *object)
{
    struct pickle_value *name = recipe_argument(reading, object, 0);

    object->type = "torch.layout";
    return name != NULL && name->kind == PICKLE_STR
               ? recipe_bytes(reading, PICKLE_TEXT, (struct recipe_range){name->data, name->size})
               : NULL;
}
