/*
 * libFuzzer: the .npy reader on any bytes.
 *
 * The first byte says what the others are: 1, 2 or 3 a header's text, to which
 * the prefix of that version is made; else a whole file.  Its bit 6 has more of
 * the file than is at hand, bit 7 takes arrays of objects.
 *
 * What is accepted must keep the promises that its users build on.
 */
#include "base/arena.h"
#include "base/error.h"
#include "base/text.h"
#include "files/dtype.h"
#include "files/npy.h"
#include "memory/layout.h"

#include "fuzz.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

/* A type spelled by us is read by us, and is the same type. */
static void check_text(const struct dtype *dtype, const struct text *text, struct arena *arena)
{
    struct error error = ERROR_INIT;
    const struct dtype *again;
    struct text second = TEXT_INIT;

    if (dtype->kind == 'T') {
        return;
    }
    again = dtype_from_text(arena, text_string(text), text->length, &error);
    require(again != NULL && again->itemsize == dtype->itemsize && again->order == dtype->order);
    dtype_text(again, &second);
    require(strcmp(text_string(text), text_string(&second)) == 0);
    text_free(&second);
}

static void check_layout(const struct array *array, const unsigned char *at, size_t alignment)
{
    struct text format = TEXT_INIT;
    struct layout layout;
    struct error error = ERROR_INIT;
    bool plain = true;
    ptrdiff_t low, high;

    require(array_layout(array, at, alignment, &format, &layout, &plain, &error));
    require(layout_check(&layout, &error));
    require((size_t)layout.len == array->nbytes);
    require(layout_block(&layout, &low, &high));
    require(low == 0 && high == layout.len);
    require(array->fortran_order ? layout_is_f_contiguous(&layout) : layout_is_c_contiguous(&layout));
    require(strlen(layout.format) == format.length);
    text_free(&format);
}

static void check_accepted(const struct npy *npy, const unsigned char *bytes, size_t size, uint64_t total,
                           bool objects, struct arena *arena)
{
    const struct array *array = &npy->array;
    struct text text = TEXT_INIT;

    require(npy->offset <= size);
    if (dtype_has_object(array->dtype)) {
        require(objects && npy->trailing == 0);
    } else {
        require(array->nbytes <= total - npy->offset);
        require(npy->trailing == total - npy->offset - array->nbytes);
    }
    require(array->dtype->itemsize <= DTYPE_MAX_ITEMSIZE);
    require(array->dtype->described <= array->dtype->itemsize);
    /* With more in the file than is at hand, the addresses are only reckoned with. */
    if (array->nbytes <= (size_t)1 << 40) {
        check_layout(array, bytes + npy->offset, 0);
        check_layout(array, bytes + npy->offset, 16);
        check_layout(array, bytes + npy->offset, 1);
    }
    dtype_text(array->dtype, &text);
    check_text(array->dtype, &text, arena);
    text_free(&text);
}

/* A file of exactly its size, for a sanitizer to see what is read past it; *size is updated. */
static unsigned char *make_file(int kind, const uint8_t *data, size_t *size)
{
    size_t prefix = kind == 0 ? 0 : kind == 1 ? 10 : NPY_PREFIX_SIZE;
    unsigned char *bytes = malloc(prefix + *size + 1);

    require(bytes != NULL);
    if (kind != 0) {
        memcpy(bytes, "\x93NUMPY", NPY_MAGIC_SIZE);
        bytes[6] = (unsigned char)kind;
        memset(bytes + 7, 0, prefix - 7);
        bytes[8] = (unsigned char)(*size & 0xff);
        bytes[9] = (unsigned char)(*size >> 8 & 0xff);
    }
    if (*size > 0) {
        memcpy(bytes + prefix, data, *size);
    }
    *size += prefix;
    bytes = realloc(bytes, *size > 0 ? *size : 1);
    require(bytes != NULL);
    return bytes;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena arena = ARENA_INIT(16 << 20);
    struct error error = ERROR_INIT;
    struct npy npy;
    unsigned char *bytes;
    uint64_t total;
    bool objects;

    if (size == 0) {
        return 0;
    }
    size--;
    bytes = make_file(data[0] & 3, data + 1, &size);
    total = size + (data[0] & 0x40 ? (uint64_t)1 << 48 : 0);
    objects = (data[0] & 0x80) != 0;
    if (npy_parse(&npy, bytes, size, total, objects, &arena, &error)) {
        require(error.kind == ERROR_NONE);
        check_accepted(&npy, bytes, size, total, objects, &arena);
    } else {
        require(error.kind == ERROR_INPUT && error.message[0] != '\0');
    }
    arena_free(&arena);
    free(bytes);
    return 0;
}
