/*
 * libFuzzer: the pickle machine on any bytes.
 *
 * What is accepted must be a finite tree whose promises hold: the walk meets
 * no more values than the weight says, layouts fit their bytes, bytes in the
 * file are where pickle_offset says, and every key is found as a member.
 */
#include "base/arena.h"
#include "base/error.h"
#include "base/text.h"
#include "files/dtype.h"
#include "pickle/pickle.h"
#include "memory/layout.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(bool condition)
{
    if (!condition) {
        abort();
    }
}

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

static void check_buffer(const struct pickle *pickle, const struct pickle_value *value)
{
    uint64_t offset = pickle_offset(pickle, value);
    struct text format = TEXT_INIT, type = TEXT_INIT;
    struct error error = ERROR_INIT;
    struct layout layout;
    bool plain;

    require(pickle_layout(value, &format, &layout, &plain, &error));
    require(layout_check(&layout, &error));
    require(layout.buf == value->data && (size_t)layout.len == value->size);
    require(strlen(layout.format) == format.length);
    touch(value->data, value->size);
    require(offset == UINT64_MAX ||
            (offset + value->size <= pickle->size && value->data == pickle->bytes + offset));
    if (value->kind == PICKLE_ARRAY || value->kind == PICKLE_SCALAR) {
        dtype_text(value->array->array.dtype, &type);
        require(type.length > 0);
    }
    text_free(&format);
    text_free(&type);
}

static void check_key(struct pickle_value *dict, const struct pickle_value *key)
{
    struct text text = TEXT_INIT;
    struct error error = ERROR_INIT;

    require(key->kind <= PICKLE_BYTES);
    pickle_scalar_text(key, &text);
    require(strlen(text_string(&text)) != text.length ||
            pickle_member(dict, text_string(&text), &error) != NULL);
    text_free(&text);
}

/* Returns how many values it met. */
static size_t walk(const struct pickle *pickle, struct pickle_value *value, unsigned depth)
{
    struct text text = TEXT_INIT;
    size_t met = 1;
    size_t i;

    require(depth <= PICKLE_MAX_DEPTH + 1);
    require(pickle_type_name(value) != NULL);
    if (value->kind >= PICKLE_LIST) {
        for (i = 0; i < value->item_count; i++) {
            met += walk(pickle, value->items[i], depth + 1);
        }
        require(met <= value->weight);
    } else if (pickle_is_buffer(value)) {
        check_buffer(pickle, value);
    } else if (value->kind == PICKLE_DTYPE) {
        dtype_text(value->dtype, &text);
    } else {
        pickle_scalar_text(value, &text);
    }
    /* All keys of a large dict would take long. */
    for (i = 0; value->kind == PICKLE_DICT && i < value->item_count && i < 32; i += 2) {
        check_key(value, value->items[i]);
    }
    text_free(&text);
    return met;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena arena = ARENA_INIT(pickle_arena_limit(size));
    struct error error = ERROR_INIT;
    struct pickle pickle;

    if (pickle_parse(&pickle, data, size, &arena, &error)) {
        require(pickle.trailing < size);
        require(pickle.protocol <= 5);
        walk(&pickle, pickle.value, 1);
        require(pickle_member(pickle.value, "\x01no such", &error) == NULL ||
                pickle.value->kind == PICKLE_DICT);
    } else {
        require(error.kind != ERROR_NONE && error.message[0] != '\0');
    }
    arena_free(&arena);
    return 0;
}
