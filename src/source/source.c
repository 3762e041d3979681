#include "source/source.h"

#include "base/error.h"
#include "files/dtype.h"
#include "files/input.h"
#include "files/npy.h"
#include "recipe/content.h"
#include "source/listing.h"
#include "source/loaders.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

/* What is read from one file (types, values, names) may take this much; the file's own bytes are not counted. */
#define ARENA_LIMIT ((size_t)48 << 20)

/* --- loaders --------------------------------------------------------------------- */

bool source_set_layout(struct source *source, const struct layout *layout, struct error *error)
{
    if (!layout_check(layout, error)) {
        return false;
    }
    source->from_file = true;
    source->layout = *layout;
    return true;
}

bool load_array(struct source *source, const struct array *array, const void *data, size_t alignment,
                struct error *error)
{
    struct layout layout;
    bool plain = true;

    if (!array_layout(array, data, alignment, &source->format, &layout, &plain, error)) {
        return false;
    }
    dtype_text(array->dtype, &source->dtype);
    dtype_exact_format(array->dtype, text_string(&source->format), &source->exact);
    if (!plain) {
        notes_add(&source->notes, "PEP 3118 cannot say this type: read as '%s'", text_string(&source->format));
    }
    return source_set_layout(source, &layout, error);
}

static bool refuse_member(const struct file_options *options, struct error *error)
{
    return error_set(error, ERROR_INPUT, "is one buffer: there is no member '%s' in it", options->member);
}

static bool load_npy(struct source *source, const struct file_options *options, struct error *error)
{
    struct npy npy;

    if (!npy_parse(&npy, source->mapping.data, source->mapping.size, source->mapping.size, true, &source->arena,
                   error)) {
        return false;
    }
    if (dtype_has_object(npy.array.dtype)) {
        return load_pickled(source, source->mapping.data + npy.offset, source->mapping.size - npy.offset,
                            options, error);
    }
    if (options->member != NULL) {
        return refuse_member(options, error);
    }
    if (npy.trailing > 0) {
        notes_add(&source->notes, "%llu bytes behind the data", (unsigned long long)npy.trailing);
    }
    source->have_offset = true;
    source->offset = npy.offset;
    return load_array(source, &npy.array, source->mapping.data + npy.offset, 0, error);
}

bool load_bytes(struct source *source, const unsigned char *data, size_t size, struct error *error)
{
    const struct layout layout = {
        .buf = data,
        .len = (ptrdiff_t)size,
        .itemsize = 1,
        .format = "B",
        .ndim = 1,
        .readonly = true,
        .given = LAYOUT_FORMAT | LAYOUT_SHAPE | LAYOUT_STRIDES,
        .shape = {(ptrdiff_t)size},
        .strides = {1},
        .suboffsets = {-1},
    };

    return source_set_layout(source, &layout, error);
}

static bool load_raw(struct source *source, const struct file_options *options, struct error *error)
{
    (void)options;
    source->have_offset = true;
    source->offset = 0;
    return load_bytes(source, source->mapping.data, source->mapping.size, error);
}

static bool (*const loaders[])(struct source *, const struct file_options *, struct error *) = {
    [SOURCE_NPY] = load_npy,
    [SOURCE_NPZ] = load_npz,
    [SOURCE_PICKLE] = load_pickle,
    [SOURCE_TORCH] = load_torch,
    [SOURCE_SAFETENSORS] = load_safetensors,
    [SOURCE_RAW] = load_raw,
};

static bool load(struct source *source, const char *path, const struct file_options *options,
                 struct error *error)
{
    enum source_kind kind = options->kind;

    if (kind == SOURCE_AUTO) {
        kind = content_recognise(&source->mapping);
        if (kind == SOURCE_AUTO) {
            return content_refuse(&source->mapping, path, "mview-inspect", error);
        }
    }
    source->kind = kind;
    if (kind == SOURCE_PICKLE && !content_refuse_packed(&source->mapping, path, "mview-inspect", error)) {
        return false;
    }
    if (options->unpickle != NULL && kind != SOURCE_PICKLE) {
        return error_set(error, ERROR_INPUT, "is no pickle: --trust loads nothing else");
    }
    if (options->member != NULL && kind == SOURCE_RAW) {
        return refuse_member(options, error);
    }
    return loaders[kind](source, options, error) ||
           (kind != SOURCE_RAW && content_explain(&source->mapping, kind, path, "mview-inspect", error));
}

/* "-e" is forgotten easily. */
static bool cannot_open(const char *path, struct error *error)
{
    size_t length = strlen(path);

    if (length > 0 && strchr(path, '(') != NULL && strchr(")]", path[length - 1]) != NULL &&
        access(path, F_OK) != 0 && errno == ENOENT) {
        return error_append(error, " (-e looks at what an expression gives)");
    }
    return false;
}

bool source_file(struct source *source, const char *path, const struct file_options *options,
                 struct error *error)
{
    *source = (struct source){.kind = options->kind, .arena = ARENA_INIT(ARENA_LIMIT)};
    if (!input_open(&source->mapping, path, options->kind == SOURCE_AUTO ? content_is_known : NULL, error)) {
        return content_cannot_open(path, error) || cannot_open(path, error);
    }
    if (!load(source, path, options, error)) {
        return false;
    }
    if (source->listing != NULL) {
        listing_tell_cut(source->listing, &source->notes);
    }
    return true;
}

void source_close(struct source *source)
{
    listing_free(source->listing);
    source->listing = NULL;
    text_free(&source->format);
    text_free(&source->exact);
    text_free(&source->dtype);
    text_free(&source->loaded);
    notes_free(&source->notes);
    notes_free(&source->imports);
    notes_free(&source->calls);
    arena_free(&source->arena);
    mapping_close(&source->unpacked);
    mapping_close(&source->mapping);
}
