/*
 * libFuzzer: the safetensors reader on any header.
 *
 * The first byte tells how many bytes of data lie behind the header, which is
 * what follows; its bit 7 has a whole file follow instead.
 */
#include "base/arena.h"
#include "base/error.h"
#include "base/text.h"
#include "files/array.h"
#include "files/safetensors.h"

#include "fuzz.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

static bool is_text(const char *bytes, size_t length)
{
    unsigned code = 1;
    size_t i, step;

    for (i = 0; i < length && code != 0; i += step) {
        step = utf8_read(bytes + i, length - i, &code);
        if (step == 0) {
            return false;
        }
    }
    return bytes[length] == '\0' && strlen(bytes) == length;
}

static void check_tensor(const struct safetensors *file, const struct safetensor *tensor, const unsigned char *bytes,
                         size_t size, struct arena *arena)
{
    struct error error = ERROR_INIT;
    struct text format = TEXT_INIT;
    struct layout layout;
    struct array array;
    bool plain = true;
    ptrdiff_t low, high;

    require(is_text(tensor->name, tensor->name_length));
    if (!safetensors_array(tensor, arena, &array, &plain, &error)) {
        require(error.kind != ERROR_NONE);
        return;
    }
    require(tensor->problem == NULL && array.nbytes == tensor->end - tensor->begin);
    require(array_layout(&array, bytes + file->offset + tensor->begin, 0, &format, &layout, &plain, &error));
    require(layout_block(&layout, &low, &high) && low == 0);
    require(file->offset + tensor->begin + (uint64_t)high <= size);
    text_free(&format);
}

static void check_file(const struct safetensors *file, const unsigned char *bytes, size_t size, struct arena *arena)
{
    size_t i;

    require(file->offset <= size && file->trailing <= size - file->offset);
    for (i = 0; i < file->count; i++) {
        check_tensor(file, &file->tensors[i], bytes, size, arena);
    }
    for (i = 0; i < file->metadata_count; i++) {
        require(is_text(file->metadata[i].key, file->metadata[i].key_length));
        require(is_text(file->metadata[i].value, file->metadata[i].value_length));
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena arena = ARENA_INIT(0);
    struct error error = ERROR_INIT;
    struct safetensors file;
    size_t prefix, behind;
    unsigned char *bytes;

    if (size == 0) {
        return 0;
    }
    prefix = data[0] & 0x80 ? 0 : 8;
    behind = data[0] & 0x80 ? 0 : data[0];
    size--;
    bytes = calloc(1, prefix + size + behind + 1);
    require(bytes != NULL);
    if (prefix > 0) {
        bytes[0] = (unsigned char)(size & 0xff);
        bytes[1] = (unsigned char)(size >> 8 & 0xff);
    }
    memcpy(bytes + prefix, data + 1, size);
    size += prefix + behind;
    bytes = realloc(bytes, size > 0 ? size : 1); /* for a sanitizer to see what is read past it */
    require(bytes != NULL);
    arena.limit = (1 << 20) + safetensors_arena_limit(bytes, size);
    if (safetensors_parse(&file, bytes, size, &arena, &error)) {
        require(error.kind == ERROR_NONE);
        check_file(&file, bytes, size, &arena);
    } else {
        require(error.kind == ERROR_INPUT && error.message[0] != '\0');
    }
    free(bytes);
    arena_free(&arena);
    return 0;
}
