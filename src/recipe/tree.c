#include "recipe/tree.h"

#include "base/text.h"
#include "recipe/parts.h"
#include "recipe/twins.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

/* --- members of a value ----------------------------------------------------------------- */

size_t tree_count(struct reading *reading, struct pickle_value *value)
{
    struct parts parts = parts_of(recipe_value(reading, value));

    return parts_count(parts.sequence) + parts_count(parts.grid) + parts_count(parts.keys) + parts_count(parts.named) +
           parts_count(parts.attributes[0]) + parts_count(parts.attributes[1]) + (parts.state != NULL) +
           parts_count(parts.arguments) + (parts.argument != NULL) + parts_count(parts.keywords);
}

/* --- the text of a step ----------------------------------------------------------------- */

static void append_index(const struct pickle_grid *grid, size_t place, struct text *text)
{
    ptrdiff_t index[LAYOUT_MAX_NDIM];
    int i;

    for (i = grid->ndim - 1; i >= 0; i--) {
        index[i] = (ptrdiff_t)(place % (size_t)grid->shape[i]);
        place /= (size_t)grid->shape[i];
    }
    text_puts(text, grid->ndim == 0 ? "()" : "");
    for (i = 0; i < grid->ndim; i++) {
        text_printf(text, "%s%td", i > 0 ? "," : "", index[i]);
    }
}

static struct pickle_value *keyed(struct reading *reading, const struct pickle_value *dict, size_t place,
                                  struct text *step)
{
    parts_key(reading, dict->items[2 * place], step);
    return dict->items[2 * place + 1];
}

struct pickle_value *tree_member(struct reading *reading, struct pickle_value *value, size_t place,
                                 struct text *step)
{
    struct parts parts = parts_of(recipe_value(reading, value));
    const struct pickle_value *dicts[] = {parts.keys, parts.attributes[0], parts.attributes[1]};
    size_t i;

    if (place < parts_count(parts.sequence)) {
        text_printf(step, "%zu", place);
        return parts.sequence->items[place];
    }
    place -= parts_count(parts.sequence);
    if (place < parts_count(parts.grid)) {
        append_index(parts.grid->grid, place, step);
        return parts.grid->items[place];
    }
    place -= parts_count(parts.grid);
    if (place < parts_count(parts.named)) {
        text_puts(step, parts.named->named[place].name);
        return parts.named->named[place].value;
    }
    place -= parts_count(parts.named);
    for (i = 0; i < sizeof dicts / sizeof dicts[0]; i++) {
        if (place < parts_count(dicts[i])) {
            return keyed(reading, dicts[i], place, step);
        }
        place -= parts_count(dicts[i]);
    }
    if (parts.state != NULL && place-- == 0) {
        text_puts(step, ".state");
        return parts.state;
    }
    if (place < parts_count(parts.arguments)) {
        text_printf(step, ".args/%zu", place);
        return parts.arguments->items[place];
    }
    place -= parts_count(parts.arguments);
    if (parts.argument != NULL && place-- == 0) {
        text_puts(step, ".args");
        return parts.argument;
    }
    text_puts(step, ".kwargs/");
    return keyed(reading, parts.keywords, place, step);
}

/* --- walking ---------------------------------------------------------------------------- */

/* A value that is shown once, and named by its path where it is met again. */
static bool is_shown_once(const struct pickle_value *value, const struct pickle_value *meaning)
{
    switch (meaning->kind) {
    case PICKLE_LIST:
    case PICKLE_TUPLE:
    case PICKLE_SET:
    case PICKLE_FROZENSET:
    case PICKLE_DICT:
    case PICKLE_GRID:
    case PICKLE_NAMED:
        return meaning->item_count > 0;
    case PICKLE_OBJECT:
    case PICKLE_ARRAY:
    case PICKLE_TYPED:
    case PICKLE_BYTEARRAY:
        return true;
    default:
        (void)value;
        return false;
    }
}

struct walk {
    struct reading *reading;
    tree_visit *visit;
    void *context;
    bool recursive;
    struct text path;
    unsigned rows;
};

/* Mark a value as met in the next row; tell where it was met before. */
static void meet(struct walk *walk, struct pickle_value *value, struct tree_row *row)
{
    row->met = SIZE_MAX;
    if (!is_shown_once(value, recipe_value(walk->reading, value))) {
        return;
    }
    if (value->mark == 0) {
        value->mark = walk->rows + 1;
    } else if (value->mark & TREE_ON_THE_WAY) {
        row->way = true;
        row->met = value->mark & ~(unsigned)TREE_ON_THE_WAY;
    } else {
        row->met = value->mark - 1;
    }
}

static bool walk_members(struct walk *walk, struct pickle_value *parent, bool named, unsigned depth);

/* A row for member `place`; `twin`: of several that have its text, not the one that is taken by it. */
static bool walk_member(struct walk *walk, struct pickle_value *parent, size_t place, size_t key, bool twin, bool named,
                        unsigned depth)
{
    struct tree_row row = {.depth = depth};
    bool goes_on;

    if (named) {
        text_putc(&walk->path, '/');
    }
    row.value = tree_member(walk->reading, parent, place, &walk->path);
    if (twin) {
        text_printf(&walk->path, "#%zu", key);
    }
    row.path = text_string(&walk->path);
    row.path_length = walk->path.length;
    meet(walk, row.value, &row);
    goes_on = walk->recursive && row.met == SIZE_MAX && tree_count(walk->reading, row.value) > 0;
    row.too_deep = goes_on && depth + 1 >= TREE_MAX_DEPTH;
    if (walk->path.failed || !walk->visit(walk->context, &row)) {
        return false;
    }
    walk->rows++;
    return !goes_on || row.too_deep || walk_members(walk, row.value, true, depth + 1);
}

/* `named`: the parent has a path, which is empty below the key ''. */
static bool walk_members(struct walk *walk, struct pickle_value *parent, bool named, unsigned depth)
{
    struct parts parts = parts_of(recipe_value(walk->reading, parent));
    size_t before = parts_count(parts.sequence) + parts_count(parts.grid) + parts_count(parts.named);
    bool *twins = parts.keys != NULL ? twins_of(walk->reading, parts.keys) : NULL;
    size_t count = tree_count(walk->reading, parent);
    size_t prefix = walk->path.length;
    bool goes_on = true;
    size_t i;

    for (i = 0; goes_on && i < count; i++) {
        bool twin = twins != NULL && i >= before && i - before < parts_count(parts.keys) && twins[i - before];

        goes_on = walk_member(walk, parent, i, i - before, twin, named, depth);
        walk->path.length = prefix;
        if (walk->path.data != NULL) {
            walk->path.data[prefix] = '\0';
        }
    }
    free(twins);
    return goes_on;
}

void tree_walk(struct reading *reading, struct pickle_value *from, const char *path, bool recursive,
               tree_visit *visit, void *context)
{
    struct walk walk = {
        .reading = reading, .visit = visit, .context = context, .recursive = recursive, .path = TEXT_INIT};

    text_puts(&walk.path, path != NULL ? path : "");
    from->mark = from->mark == 0 ? TREE_ON_THE_WAY | (unsigned)walk.path.length : from->mark;
    walk_members(&walk, from, path != NULL, 0);
    text_free(&walk.path);
}
