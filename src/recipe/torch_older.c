#include "recipe/torch_older.h"

#include "recipe/recipe.h"
#include "recipe/recipes.h"
#include "recipe/torch.h"

#include <stdlib.h>
#include <string.h>

/* One of the storages behind the pickles. */
struct part {
    struct recipe_range key;
    size_t itemsize;           /* bytes; 0 where no tensor tells it */
    struct recipe_range bytes; /* data NULL: it cannot be told where they are */
};

struct older {
    struct torch_storages storages; /* what the reading's context points to */
    struct part **sorted;           /* by key */
    size_t count;
};

enum { FRAME = 0x95, FRAME_SIZE = 9 }; /* bytes of the opcode with its argument */

/* PROTO, a FRAME in protocols 4 and 5, and the number 0x1950a86a20f9469cfc6c by LONG1. */
bool torch_is_older(const void *bytes, size_t size)
{
    static const unsigned char number[] = {0x8a, 10, 0x6c, 0xfc, 0x9c, 0x46, 0xf9, 0x20, 0x6a, 0xa8, 0x50, 0x19, '.'};
    const unsigned char *start = bytes;
    size_t at = size > 2 && start[2] == FRAME ? 2 + FRAME_SIZE : 2;

    return size >= at + sizeof number && start[0] == 0x80 && memcmp(start + at, number, sizeof number) == 0;
}

static int compare(struct recipe_range a, struct recipe_range b)
{
    if (a.size != b.size) {
        return a.size < b.size ? -1 : 1;
    }
    return a.size > 0 ? memcmp(a.data, b.data, a.size) : 0;
}

static int compare_parts(const void *a, const void *b)
{
    return compare((*(struct part *const *)a)->key, (*(struct part *const *)b)->key);
}

static struct part *find_part(const struct older *older, struct recipe_range key)
{
    struct part wanted = {.key = key};
    struct part *pointer = &wanted;
    struct part **found = bsearch(&pointer, older->sorted, older->count, sizeof *older->sorted, compare_parts);

    return found != NULL ? *found : NULL;
}

static bool find(struct reading *reading, const struct torch_storages *storages, struct recipe_range key,
                 size_t itemsize, struct recipe_range *bytes)
{
    const struct part *part = find_part(storages->source, key);
    int shown = (int)(key.size < 40 ? key.size : 40);

    (void)itemsize;
    if (part == NULL) {
        return recipe_wrong(reading, "the file has no storage '%.*s'", shown, (const char *)key.data);
    }
    if (part->bytes.data == NULL) {
        return recipe_wrong(reading, "the file ends before storage '%.*s'", shown, (const char *)key.data);
    }
    *bytes = part->bytes;
    return true;
}

/* Each part's place: the number of its items, in 8 bytes, and the items.  What is left behind them. */
static size_t place_parts(struct part *parts, size_t count, struct recipe_range tail)
{
    size_t i;

    for (i = 0; i < count; i++) {
        uint64_t items = 0;
        size_t bytes;
        int byte;

        if (tail.size < 8 || parts[i].itemsize == 0) {
            return 0; /* where the next one begins cannot be told */
        }
        for (byte = 7; byte >= 0; byte--) {
            items = items << 8 | tail.data[byte];
        }
        tail.data += 8;
        tail.size -= 8;
        bytes = items <= tail.size / parts[i].itemsize ? (size_t)items * parts[i].itemsize : tail.size;
        parts[i].bytes = (struct recipe_range){tail.data, bytes};
        tail.data += bytes;
        tail.size -= bytes;
    }
    return tail.size;
}

static bool take_keys(struct older *older, struct reading *reading, const struct pickle_value *keys,
                      struct recipe_range tail, struct error *error)
{
    size_t count = keys->kind == PICKLE_LIST ? keys->item_count : 0;
    struct part *parts = arena_array(reading->arena, count + 1, sizeof *parts);
    const struct pickle_object *object;
    size_t i;

    older->sorted = arena_array(reading->arena, count + 1, sizeof *older->sorted);
    if (parts == NULL || older->sorted == NULL) {
        return error_no_memory(error);
    }
    for (i = 0; i < count; i++) {
        if (keys->items[i]->kind != PICKLE_STR) {
            return error_set(error, ERROR_INPUT, "a storage's key of type '%s'", pickle_type_name(keys->items[i]));
        }
        parts[i].key = (struct recipe_range){keys->items[i]->data, keys->items[i]->size};
        older->sorted[i] = &parts[i];
    }
    older->count = count;
    qsort(older->sorted, count, sizeof *older->sorted, compare_parts);
    for (object = reading->pickle.objects; object != NULL; object = object->earlier) {
        bool is_id = object->how == PICKLE_PERSISTENT;
        struct recipe_range key;
        size_t itemsize = is_id ? torch_storage_itemsize(object->arguments, &key) : 0;
        struct part *part = itemsize > 0 ? find_part(older, key) : NULL;

        if (part != NULL) {
            part->itemsize = itemsize;
        }
    }
    reading->pickle.trailing = place_parts(parts, count, tail);
    return true;
}

bool torch_older_parse(struct reading *reading, struct recipe_range file, struct recipe_range bytes,
                       struct arena *arena, struct error *error)
{
    struct older *older = arena_alloc(arena, sizeof *older);
    struct reading other;
    int i;

    if (older == NULL) {
        return error_no_memory(error);
    }
    for (i = 0; i < 5; i++) {
        if (!reading_parse(i == 3 ? reading : &other, file, bytes, NULL, arena, error)) {
            return error_prefix(error, "pickle %d of 5 of torch's older format", i + 1);
        }
        bytes.data += (i == 3 ? reading : &other)->pickle.length;
        bytes.size -= (i == 3 ? reading : &other)->pickle.length;
    }
    older->storages = (struct torch_storages){find, older, '<'};
    reading->persistent = torch_persistent;
    reading->context = &older->storages;
    return take_keys(older, reading, other.pickle.value, bytes, error);
}

/* torch.storage._load_from_bytes(bytes): such a file within, of one storage */
struct pickle_value *torch_bytes(struct reading *reading, struct pickle_object *object)
{
    struct pickle_value *inner = recipe_argument(reading, object, 0);
    struct recipe_range bytes;
    struct reading within;
    struct pickle_value *value;

    object->type = "torch.Storage";
    if (inner == NULL || !recipe_data(reading, inner, &bytes) || !torch_is_older(bytes.data, bytes.size)) {
        return NULL;
    }
    if (reading->level == RECIPE_MAX_NESTED) {
        return recipe_fail(reading, "pickles too deep in each other");
    }
    if (!recipe_work(reading, bytes.size) ||
        !torch_older_parse(&within, reading->file, bytes, reading->arena, &reading->error)) {
        return NULL;
    }
    within.level = reading->level + 1;
    value = recipe_value(&within, within.pickle.value);
    return value->kind == PICKLE_ARRAY ? value : NULL;
}
