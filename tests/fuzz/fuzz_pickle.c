/*
 * libFuzzer: the pickle machine and the recipes on any bytes.
 *
 * What is accepted must be a tree whose promises hold: a walk ends, layouts fit
 * their bytes, bytes in the file are where recipe_offset says, and a path that
 * a walk tells is found, or its failure told.
 */
#include "base/arena.h"
#include "base/error.h"
#include "base/text.h"
#include "memory/layout.h"
#include "recipe/tree.h"

#include "fuzz.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

/* Read bytes, so that a sanitizer sees bad ones. */
static void touch(const unsigned char *bytes, size_t size)
{
    volatile unsigned char last;
    size_t i;

    for (i = 0; i < size; i += i < 64 || i + 64 > size ? 1 : 63) {
        last = bytes[i];
    }
    (void)last;
}

static void check_buffer(const struct reading *reading, const struct pickle_value *value)
{
    uint64_t offset = recipe_offset(reading, value);
    struct text format = TEXT_INIT, type = TEXT_INIT;
    struct error error = ERROR_INIT;
    struct layout layout;
    ptrdiff_t low, high;
    bool plain;

    require(pickle_layout(value, &format, &layout, &plain, &error));
    require(layout_check(&layout, &error));
    require(layout.buf == value->data && (size_t)layout.len == value->size);
    require(strlen(layout.format) == format.length);
    require(layout_block(&layout, &low, &high));
    touch(layout.buf + low, (size_t)(high - low));
    require(offset == UINT64_MAX || value->data == reading->file.data + offset);
    if (value->kind == PICKLE_ARRAY || value->kind == PICKLE_SCALAR) {
        pickle_dtype_text(value, &type);
        require(type.length > 0);
    }
    text_free(&format);
    text_free(&type);
}

struct walk {
    struct reading *reading;
    size_t rows;
};

static void check_value(struct reading *reading, struct pickle_value *value)
{
    struct pickle_value *meaning = recipe_value(reading, value);
    struct text text = TEXT_INIT;

    require(recipe_type_name(reading, value) != NULL);
    recipe_repr(reading, value, &text);
    if (pickle_is_buffer(meaning)) {
        check_buffer(reading, meaning);
    }
    text_free(&text);
}

static bool check_row(void *context, const struct tree_row *row)
{
    struct walk *walk = context;
    struct error error = ERROR_INIT;

    require(row->depth < TREE_MAX_DEPTH);
    require(row->met == SIZE_MAX || row->way || row->met < walk->rows);
    check_value(walk->reading, row->value);
    /* All keys of a large dict would take long. */
    if (walk->rows < 32 && strlen(row->path) == row->path_length) {
        /* a longer key may take the path another way, which may end there */
        require(tree_find(walk->reading, walk->reading->pickle.value, row->path, 0, &error) != NULL ||
                error.message[0] != '\0');
    }
    return ++walk->rows < 2000;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena arena = ARENA_INIT(pickle_arena_limit(size));
    struct recipe_range file = {data, size};
    struct error error = ERROR_INIT;
    struct reading reading;

    if (reading_parse(&reading, file, file, NULL, &arena, &error)) {
        struct walk walk = {&reading, 0};

        require(reading.pickle.trailing + reading.pickle.length == size);
        require(reading.pickle.protocol <= 5);
        check_value(&reading, reading.pickle.value);
        tree_walk(&reading, reading.pickle.value, "", true, check_row, &walk);
    } else {
        require(error.kind != ERROR_NONE && error.message[0] != '\0');
    }
    arena_free(&arena);
    return 0;
}
