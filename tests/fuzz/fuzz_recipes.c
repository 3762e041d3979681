/*
 * libFuzzer: any pickle, by all recipes, with storages behind its persistent
 * ids; or any file of torch's older format.
 *
 * The first byte chooses: bit 7 the older format; bit 0 the storages' byte order.
 * Every array that comes out must lie in memory that is there.
 */
#include "base/arena.h"
#include "base/error.h"
#include "base/text.h"
#include "files/dtype.h"
#include "memory/swap.h"
#include "recipe/torch.h"
#include "recipe/torch_older.h"
#include "recipe/tree.h"

#include "fuzz.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

enum { STORAGE = 64, MAX_ROWS = 2000 };

static size_t rows;

/* Every storage has the same bytes, but those whose key begins with '9'. */
static bool find(struct reading *reading, const struct torch_storages *storages, struct recipe_range key,
                 size_t itemsize, struct recipe_range *bytes)
{
    (void)itemsize;
    if (key.size > 0 && key.data[0] == '9') {
        return recipe_wrong(reading, "not there");
    }
    *bytes = (struct recipe_range){storages->source, STORAGE};
    return true;
}

static void check_buffer(const struct pickle_value *value)
{
    struct error error = ERROR_INIT;
    struct text format = TEXT_INIT;
    struct layout layout;
    bool plain;
    ptrdiff_t low, high;
    volatile unsigned char byte;

    if (pickle_layout(value, &format, &layout, &plain, &error)) {
        require(layout_check(&layout, &error));
        require(layout_block(&layout, &low, &high));
        if (high > low) {
            byte = layout.buf[low];
            byte = layout.buf[high - 1];
            (void)byte;
        }
    } else {
        require(error.kind != ERROR_NONE);
    }
    text_free(&format);
}

/* The type in the machine's byte order has as many bytes, and what turns them stays inside of an item. */
static void check_native(struct reading *reading, const struct dtype *dtype)
{
    struct error error = ERROR_INIT;
    unsigned char from[64] = {0}, to[sizeof from + SWAP_MAX_UNIT];
    struct swapping swapping = {0};
    struct swap swap;
    const struct dtype *native = dtype_native(reading->arena, dtype, &swap, &error);
    size_t end = 0;
    size_t i;

    require((native != NULL) == (error.kind == ERROR_NONE));
    require(native == NULL || native->itemsize == dtype->itemsize);
    for (i = 0; native != NULL && i < swap.count; i++) {
        require(swap.spans[i].offset >= end && swap.spans[i].size > 0 && swap.spans[i].size % swap.spans[i].unit == 0);
        require(swap.spans[i].unit <= SWAP_MAX_UNIT);
        end = swap.spans[i].offset + swap.spans[i].size;
    }
    require(native == NULL || end <= swap.itemsize);
    if (native != NULL && swap.count > 0) {
        swapping.swap = &swap;
        require(swap_take(&swapping, from, sizeof from, to) <= sizeof to);
    }
}

static bool visit(void *context, const struct tree_row *row)
{
    struct reading *reading = context;
    struct pickle_value *meaning = recipe_value(reading, row->value);
    struct text text = TEXT_INIT;

    require(recipe_type_name(reading, row->value) != NULL);
    if (pickle_is_buffer(meaning)) {
        check_buffer(meaning);
        if (pickle_has_dtype(meaning)) {
            check_native(reading, meaning->array->dtype);
        }
    } else {
        recipe_repr(reading, row->value, &text);
    }
    text_free(&text);
    return ++rows < MAX_ROWS;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena arena = ARENA_INIT(64 << 20);
    struct error error = ERROR_INIT;
    unsigned char *storage = calloc(1, STORAGE);
    struct torch_storages storages = {find, storage, size > 0 && data[0] & 1 ? '>' : '<'};
    struct reading reading;
    struct recipe_range file;
    unsigned char *bytes;
    bool ok;

    require(storage != NULL);
    if (size > 0) {
        bytes = malloc(size);
        require(bytes != NULL);
        memcpy(bytes, data + 1, size - 1);
        file = (struct recipe_range){bytes, size - 1};
        if (data[0] & 0x80) {
            ok = torch_older_parse(&reading, file, file, &arena, &error);
        } else {
            ok = reading_parse(&reading, file, file, NULL, &arena, &error);
            reading.persistent = torch_persistent;
            reading.context = &storages;
        }
        if (ok) {
            rows = 0;
            tree_walk(&reading, reading.pickle.value, "", true, visit, &reading);
        } else {
            require(error.kind != ERROR_NONE);
        }
        free(bytes);
    }
    free(storage);
    arena_free(&arena);
    return 0;
}
