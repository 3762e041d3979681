/*
 * pandas: frames as columns, which are rows of blocks and stay where they lie;
 * series, indexes, and the arrays of its own.
 *
 * A frame's state holds a block manager, whose blocks are two-dimensional
 * arrays, a row for each column, and which columns those are: in the manager's
 * arguments since pandas 1.3, in the "0.14.1" entry of its state before, and
 * of series still.
 */
#include "recipe/pandas.h"

#include "base/text.h"
#include "files/dtype.h"
#include "format/format.h"
#include "recipe/recipe.h"
#include "recipe/recipes.h"
#include "value/value.h"

#include <stdlib.h>
#include <string.h>

/* --- block managers --------------------------------------------------------------------- */

struct manager {
    const struct pickle_value *blocks; /* a sequence of calls, or of dicts */
    const struct pickle_value *axes;   /* a sequence of indexes: columns and rows, or rows alone */
};

/* The manager of a frame or series, by any version. */
static bool find_manager(struct reading *reading, struct pickle_object *object, struct manager *manager)
{
    struct pickle_value *value = recipe_attribute(reading, object, "_mgr");
    const struct pickle_value *state, *arguments, *entry;

    if (value == NULL) {
        value = recipe_attribute(reading, object, "_data");
    }
    if (value == NULL || value->kind != PICKLE_OBJECT) {
        return false;
    }
    state = value->object->state;
    arguments = value->object->arguments;
    if (state != NULL && state->kind == PICKLE_TUPLE && state->item_count == 4) {
        entry = recipe_entry(state->items[3], "0.14.1");
        manager->blocks = entry != NULL ? recipe_entry(entry, "blocks") : NULL;
        manager->axes = entry != NULL ? recipe_entry(entry, "axes") : NULL;
    } else if (arguments != NULL && arguments->kind == PICKLE_TUPLE && arguments->item_count >= 2) {
        manager->blocks = arguments->items[0];
        manager->axes = arguments->items[1];
    }
    return manager->blocks != NULL && pickle_is_sequence(manager->blocks) && manager->axes != NULL &&
           pickle_is_sequence(manager->axes);
}

/* A block's values and its places, both unread; false for what is no block. */
static bool open_block(const struct pickle_value *block, struct pickle_value **values, struct pickle_value **places)
{
    *values = NULL;
    *places = NULL;
    if (block->kind == PICKLE_DICT) {
        *values = recipe_entry(block, "values");
        *places = recipe_entry(block, "mgr_locs");
    } else if (block->kind == PICKLE_OBJECT && recipe_argument_count(block->object) >= 2) {
        *values = block->object->arguments->items[0];
        *places = block->object->arguments->items[1];
    }
    return *values != NULL && *places != NULL;
}

/* Which columns a block holds: from a slice, or from an array of their numbers. */
struct places {
    int64_t start, step;
    const unsigned char *numbers; /* 8 bytes each, or NULL */
    size_t count;
};

static bool read_places(struct reading *reading, struct pickle_value *value, struct places *places)
{
    const struct pickle_value *arguments = value->kind == PICKLE_OBJECT ? value->object->arguments : NULL;
    int64_t stop;

    if (arguments != NULL && arguments->kind == PICKLE_TUPLE && arguments->item_count == 1) {
        return read_places(reading, arguments->items[0], places); /* BlockPlacement(slice) */
    }
    if (arguments != NULL && arguments->kind == PICKLE_TUPLE && arguments->item_count == 3 &&
        value_to_int(arguments->items[0], &places->start) && value_to_int(arguments->items[1], &stop) &&
        value_to_int(arguments->items[2], &places->step) && places->step > 0 && places->start >= 0) {
        places->count = stop > places->start ? (size_t)((stop - places->start + places->step - 1) / places->step) : 0;
        return true;
    }
    value = recipe_value(reading, value);
    if (value->kind == PICKLE_ARRAY && value->array->ndim == 1 && value->array->dtype->kind == 'i' &&
        value->array->dtype->itemsize == 8 && value->array->strides[0] == 8) {
        places->numbers = value->data;
        places->count = (size_t)value->array->shape[0];
        return true;
    }
    return false;
}

static bool place_at(const struct places *places, size_t i, int64_t *place)
{
    uint64_t number = 0;
    int byte;

    if (places->numbers == NULL) {
        return !__builtin_mul_overflow((int64_t)i, places->step, place) &&
               !__builtin_add_overflow(*place, places->start, place);
    }
    for (byte = 7; byte >= 0; byte--) {
        number = number << 8 | places->numbers[8 * i + (size_t)byte];
    }
    *place = (int64_t)number;
    return true;
}

/* --- one column ------------------------------------------------------------------------- */

/* Row `row` of a block's array of two dimensions. */
static struct pickle_value *array_row(struct reading *reading, struct pickle_value *block, size_t row)
{
    struct pickle_value *value = recipe_new(reading, PICKLE_ARRAY);
    struct pickle_array *array = arena_alloc(reading->arena, sizeof *array);

    if (value == NULL || array == NULL) {
        return NULL;
    }
    *array = *block->array;
    array->ndim = 1;
    array->shape++;
    array->strides++;
    value->array = array;
    value->size = (size_t)array->shape[0] * array->dtype->itemsize;
    value->data = value->size > 0 ? block->data + (ptrdiff_t)row * block->array->strides[0] : block->data;
    return value;
}

/* The same of an array of objects. */
static struct pickle_value *grid_row(struct reading *reading, struct pickle_value *block, size_t row)
{
    size_t columns = (size_t)block->grid->shape[1];
    struct pickle_value *value = recipe_new(reading, PICKLE_GRID);
    struct pickle_grid *grid = arena_alloc(reading->arena, sizeof *grid);

    if (value == NULL || grid == NULL) {
        return NULL;
    }
    *grid = (struct pickle_grid){.ndim = 1, .shape = block->grid->shape + 1};
    value->grid = grid;
    value->item_count = columns;
    value->items = block->items + row * columns;
    return value;
}

static struct pickle_value *column(struct reading *reading, struct pickle_value *values, size_t row)
{
    struct pickle_value *block = recipe_value(reading, values);

    if (block->kind == PICKLE_ARRAY && block->array->ndim == 2) {
        return row < (size_t)block->array->shape[0] ? array_row(reading, block, row) : NULL;
    }
    if (block->kind == PICKLE_GRID && block->grid->ndim == 2) {
        return row < (size_t)block->grid->shape[0] ? grid_row(reading, block, row) : NULL;
    }
    return values; /* the arrays of pandas' own have one column each */
}

/* --- frames and series ------------------------------------------------------------------ */

/* A NUL-terminated copy, which `label` gives up. */
static const char *keep(struct reading *reading, struct text *label)
{
    char *kept = label->failed ? NULL : arena_copy(reading->arena, text_string(label), label->length);

    text_free(label);
    return kept != NULL ? kept : "?";
}

/* What a frame may have beside what its file's size allows: one text can name any number of columns. */
enum { MAX_LABELS = 4 << 20, MAX_COLUMNS = 1 << 16, COLUMN_COST = 256 /* bytes of memory, for each */ };

enum { MAX_ATTRIBUTES = 64 }; /* of what may be a frame of a class that is derived from pandas' */

struct frame {
    const struct pickle_value *columns; /* the axis, or NULL */
    struct pickle_value *made;          /* NAMED: first a place for each column */
    size_t width;                       /* columns */
    size_t labels;                      /* bytes of their names */
};

static size_t count_columns(struct reading *reading, const struct manager *manager)
{
    size_t count = 0;
    size_t i;

    for (i = 0; i < manager->blocks->item_count; i++) {
        struct pickle_value *values, *where;
        struct places places = {0};

        if (open_block(manager->blocks->items[i], &values, &where) && read_places(reading, where, &places) &&
            places.count <= SIZE_MAX - count) {
            count += places.count;
        }
    }
    return count;
}

/* The columns of one block, each at its place. */
static bool add_block(struct reading *reading, struct frame *frame, const struct pickle_value *block)
{
    struct pickle_value *values, *where;
    struct places places = {0};
    size_t i;

    if (!open_block(block, &values, &where) || !read_places(reading, where, &places)) {
        return recipe_wrong(reading, "a block that does not tell its columns");
    }
    for (i = 0; i < places.count; i++) {
        struct text label = TEXT_INIT;
        int64_t place;
        struct pickle_named *named;

        if (!place_at(&places, i, &place) || place < 0 || (uint64_t)place >= frame->width) {
            return recipe_wrong(reading, "a block of a column that the frame does not have");
        }
        named = &frame->made->named[place];
        named->value = column(reading, values, i);
        if (named->value == NULL) {
            return recipe_wrong(reading, "a block with fewer rows than columns");
        }
        pandas_label(reading, (struct pickle_value *)frame->columns, (size_t)place, &label);
        frame->labels += label.length;
        if (!recipe_work(reading, label.length)) {
            text_free(&label);
            return false;
        }
        named->name = keep(reading, &label);
        if (frame->labels > MAX_LABELS + reading->file.size) {
            return recipe_wrong(reading, "columns with more than %zu bytes of names", frame->labels);
        }
    }
    return true;
}

/* The blocks themselves, as they lie. */
static struct pickle_value *list_blocks(struct reading *reading, const struct manager *manager)
{
    struct pickle_value *list = recipe_new(reading, PICKLE_LIST);
    size_t count = manager->blocks->item_count;
    size_t i;

    if (list == NULL || (list->items = arena_array(reading->arena, count + 1, sizeof *list->items)) == NULL) {
        return NULL;
    }
    for (i = 0; i < count; i++) {
        struct pickle_value *values, *where;

        if (open_block(manager->blocks->items[i], &values, &where)) {
            list->items[list->item_count++] = values;
        }
    }
    list->room = list->item_count;
    return list;
}

static int compare_members(const void *a, const void *b)
{
    const struct pickle_named *x = *(const struct pickle_named *const *)a;
    const struct pickle_named *y = *(const struct pickle_named *const *)b;
    int order = strcmp(x->name, y->name);

    return order != 0 ? order : x < y ? -1 : x > y;
}

/* To "#" and the column's place. */
static void rename_all_but(struct reading *reading, struct frame *frame, struct pickle_named **same, size_t count,
                           size_t stays)
{
    size_t i;

    for (i = 0; i < count; i++) {
        struct text name = TEXT_INIT;

        if (i != stays) {
            text_printf(&name, "#%td", same[i] - frame->made->named);
            same[i]->name = keep(reading, &name);
        }
    }
}

/* Of columns with one name only the first keeps it, and none that of .index. */
static bool tell_apart(struct reading *reading, struct frame *frame)
{
    size_t count = frame->made->item_count;
    struct pickle_named **sorted = arena_array(reading->arena, count + 1, sizeof *sorted);
    size_t i, end;

    if (sorted == NULL) {
        return recipe_wrong(reading, "no memory for the names of %zu columns", frame->width);
    }
    for (i = 0; i < count; i++) {
        sorted[i] = &frame->made->named[i];
    }
    qsort(sorted, count, sizeof *sorted, compare_members);
    for (i = 0; i < count; i = end) {
        size_t stays = i;

        for (end = i + 1; end < count && strcmp(sorted[i]->name, sorted[end]->name) == 0; end++) {
            stays = sorted[end] >= frame->made->named + frame->width ? end : stays;
        }
        rename_all_but(reading, frame, sorted + i, end - i, stays - i);
    }
    return true;
}

struct pickle_value *pandas_frame(struct reading *reading, struct pickle_object *object)
{
    struct manager manager = {NULL, NULL};
    struct frame frame;
    struct pickle_value *blocks, *attributes;
    bool has_attributes;
    size_t i;

    if (!find_manager(reading, object, &manager) || manager.axes->item_count != 2) {
        return NULL;
    }
    frame = (struct frame){.columns = manager.axes->items[0], .width = count_columns(reading, &manager)};
    if (frame.width > MAX_COLUMNS + reading->file.size) {
        return recipe_fail(reading, "%zu columns, more than the file can hold", frame.width);
    }
    if (frame.width > SIZE_MAX / COLUMN_COST || !recipe_work(reading, COLUMN_COST * frame.width)) {
        return NULL;
    }
    attributes = recipe_attribute(reading, object, "attrs");
    has_attributes = attributes != NULL && attributes->kind == PICKLE_DICT && attributes->item_count > 0;
    frame.made = recipe_named(reading, frame.width + 3 + has_attributes);
    blocks = list_blocks(reading, &manager);
    if (frame.made == NULL || blocks == NULL) {
        return NULL;
    }
    for (i = 0; i < manager.blocks->item_count; i++) {
        if (!add_block(reading, &frame, manager.blocks->items[i])) {
            return NULL;
        }
    }
    for (i = 0; i < frame.width; i++) {
        if (frame.made->named[i].value == NULL) {
            return recipe_fail(reading, "no block has column %zu", i);
        }
    }
    frame.made->named[frame.width] = (struct pickle_named){".index", manager.axes->items[1]};
    frame.made->named[frame.width + 1] = (struct pickle_named){".columns", manager.axes->items[0]};
    frame.made->named[frame.width + 2] = (struct pickle_named){".blocks", blocks};
    if (has_attributes) {
        frame.made->named[frame.width + 3] = (struct pickle_named){".attrs", attributes};
    }
    return tell_apart(reading, &frame) ? frame.made : NULL;
}

struct pickle_value *pandas_series(struct reading *reading, struct pickle_object *object)
{
    struct manager manager = {NULL, NULL};
    struct pickle_value *values, *where, *made;
    struct pickle_value *name = recipe_attribute(reading, object, "_name");

    if (!find_manager(reading, object, &manager) || manager.axes->item_count != 1 || manager.blocks->item_count != 1 ||
        !open_block(manager.blocks->items[0], &values, &where)) {
        return NULL;
    }
    if (name == NULL) {
        name = recipe_attribute(reading, object, "name");
    }
    made = recipe_named(reading, name != NULL ? 3 : 2);
    if (made != NULL) {
        made->named[0] = (struct pickle_named){"values", values};
        made->named[1] = (struct pickle_named){".index", manager.axes->items[0]};
        if (name != NULL) {
            made->named[2] = (struct pickle_named){".name", name};
        }
    }
    return made;
}

struct pickle_value *pandas_subclass(struct reading *reading, struct pickle_object *object)
{
    const struct pickle_value *state = object->state;
    const struct pickle_value *kind = object->how == PICKLE_NEW && state != NULL && state->kind == PICKLE_DICT &&
                                              state->item_count <= 2 * MAX_ATTRIBUTES
                                          ? recipe_entry(state, "_typ")
                                          : NULL;

    if (kind != NULL && value_is_text(kind, "dataframe")) {
        return pandas_frame(reading, object);
    }
    return kind != NULL && value_is_text(kind, "series") ? pandas_series(reading, object) : NULL;
}
