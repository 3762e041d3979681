/*
 * Any text as a format: it is refused with a message, or its tree holds what
 * format/format.h promises.  The first byte chooses the item size.
 */
#include "base/arena.h"
#include "base/error.h"
#include "base/text.h"
#include "files/dtype.h"
#include "files/npy.h"
#include "format/format.h"

#include "fuzz.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

static bool lies_in(const char *piece, size_t length, const char *text)
{
    return piece >= text && length <= strlen(text) && (size_t)(piece - text) <= strlen(text) - length;
}

static void check_field(const struct format_field *field, const char *text, int depth)
{
    size_t elements = 1;
    size_t end = 0;
    size_t i;
    int axis;

    require(depth <= FORMAT_MAX_DEPTH + 1);
    require(field->order == '<' || field->order == '>');
    require(strchr("@=<>!^", field->mode) != NULL);
    require(field->native == (field->mode == '@' || field->mode == '^'));
    require(field->ndim >= 0 && field->ndim <= FORMAT_MAX_NDIM);
    for (axis = 0; axis < field->ndim; axis++) {
        elements *= field->shape[axis];
    }
    require(field->size == field->unit * elements && field->size <= PTRDIFF_MAX);
    require(field->alignment == 1 || field->mode == '@');
    require(lies_in(field->text, field->text_length, text));
    require(field->name == NULL || lies_in(field->name, field->name_length, text));
    require(field->kind == FORMAT_STRUCT || field->field_count == 0);
    for (i = 0; i < field->field_count; i++) {
        const struct format_field *member = &field->fields[i];

        require(member->offset >= end && member->size <= field->unit - member->offset);
        end = member->offset + member->size;
        require(end <= field->unit);
        check_field(member, text, depth + 1);
    }
}

/* A field's piece of the text is a format of its own, where no item size had to settle how it is read. */
static void check_piece(const struct format_field *field)
{
    struct error error = ERROR_INIT;
    struct format alone;
    char *piece = malloc(field->text_length + 2);
    size_t prefix = field->prefix != '\0';

    require(piece != NULL);
    piece[0] = field->prefix;
    memcpy(piece + prefix, field->text, field->text_length);
    piece[prefix + field->text_length] = '\0';
    require(format_parse(&alone, piece, -1, &error));
    require(alone.root.kind == field->kind);
    require(format_fits(&alone, field->size));
    format_free(&alone);
    free(piece);
}

/* NumPy's type for it, where it has one, is as large, and can be written into a .npy file and read from there. */
static void check_dtype(const struct format *format, size_t itemsize)
{
    struct arena arena = ARENA_INIT(16 << 20);
    struct error error = ERROR_INIT;
    struct text descr = TEXT_INIT;
    struct text header = TEXT_INIT;
    const struct dtype *dtype = dtype_from_format(&arena, format, itemsize, &error);
    struct npy npy;

    if (dtype != NULL) {
        require(dtype->itemsize == (format->root.ndim > 0 ? format->root.unit : itemsize));
        dtype_text(dtype, &descr);
        require(npy_header(&header, text_string(&descr), false, 0, NULL, &error) && header.length % 64 == 0);
        if (npy_parse(&npy, text_string(&header), header.length, header.length + dtype->itemsize, false, &arena,
                      &error)) {
            require(npy.offset == header.length && npy.array.dtype->itemsize == dtype->itemsize);
        }
    } else {
        require(error.kind != ERROR_NONE);
    }
    text_free(&descr);
    text_free(&header);
    arena_free(&arena);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct error error = ERROR_INIT;
    struct format format;
    char *text;
    size_t i;

    if (size == 0) {
        return 0;
    }
    text = malloc(size);
    require(text != NULL);
    memcpy(text, data + 1, size - 1);
    text[size - 1] = '\0';
    if (format_parse(&format, text, (ptrdiff_t)data[0] - 1, &error)) {
        check_field(&format.root, text, 0);
        require(format.size == format.root.size);
        require(format.padded_size >= format.size && format.padded_size - format.size < format.alignment);
        require(format_fits(&format, format.size) && format_fits(&format, format.padded_size));
        require((format.duplicate != NULL) == ((format.traits & FORMAT_DUPLICATE_NAME) != 0));
        require(format_same_item(&format.root, &format.root));
        check_dtype(&format, format.size);
        check_dtype(&format, format.padded_size);
        if (!(format.traits & FORMAT_UNALIGNED) && strchr(text, 'u') == NULL) {
            for (i = 0; i < format.root.field_count && i < 20; i++) {
                check_piece(&format.root.fields[i]);
            }
        }
        format_free(&format);
    } else {
        require(error.kind == ERROR_INPUT && strncmp(error.message, "format '", 8) == 0);
    }
    free(text);
    return 0;
}
