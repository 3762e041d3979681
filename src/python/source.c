#include <Python.h>

#include "python/source.h"

#include "base/error.h"
#include "files/dtype.h"
#include "files/npy.h"
#include "pickle/pickle.h"
#include "python/interpreter.h"
#include "python/listing.h"
#include "python/loaders.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

/* What is read from one file (types, values, names) may take this much; the file's own bytes are not counted. */
#define ARENA_LIMIT ((size_t)48 << 20)

const char *source_kind_name(enum source_kind kind)
{
    static const char *const names[] = {"eval", "npy", "npz", "pickle", "raw", "auto"};

    return names[kind];
}

/* --- what a file is ------------------------------------------------------------- */

/* Content that is known, but no source: what it is, and what to do about it. */
static const struct {
    const char *magic;
    size_t size;
    const char *name;
    const char *filter;
} wrapped[] = {
    {"\x1f\x8b", 2, "gzip", "gzip -dc"},
    {"BZh", 3, "bzip2", "bzip2 -dc"},
    {"\xfd" "7zXZ\0", 6, "xz", "xz -dc"},
    {"\x28\xb5\x2f\xfd", 4, "zstd", "zstd -dc"},
};

static bool starts_with(const struct mapping *mapping, const char *magic, size_t size)
{
    return mapping->size >= size && memcmp(mapping->data, magic, size) == 0;
}

/* HDF5, too, is a file of arrays that people take for one of ours; the rest is simply not known. */
static bool refuse_unknown(const struct mapping *mapping, const char *path, struct error *error)
{
    size_t i;

    for (i = 0; i < sizeof wrapped / sizeof wrapped[0]; i++) {
        if (starts_with(mapping, wrapped[i].magic, wrapped[i].size)) {
            return error_set(error, ERROR_INPUT, "compressed with %s: pipe it in: %s %s | mview-inspect -",
                             wrapped[i].name, wrapped[i].filter, strcmp(path, "-") == 0 ? "FILE" : path);
        }
    }
    if (mapping->size == 0) {
        return error_set(error, ERROR_INPUT, "is empty: -t raw shows it all the same");
    }
    return error_set(error, ERROR_INPUT,
                     "is no .npy, .npz or pickle that is known by its content: "
                     "-t raw shows its bytes (-t pickle opens pickles of protocol 0 and 1)");
}

static enum source_kind recognise(const struct mapping *mapping)
{
    if (npy_is(mapping->data, mapping->size)) {
        return SOURCE_NPY;
    }
    if (starts_with(mapping, "PK\3\4", 4) || starts_with(mapping, "PK\5\6", 4)) {
        return SOURCE_NPZ;
    }
    return pickle_is(mapping->data, mapping->size) ? SOURCE_PICKLE : SOURCE_AUTO;
}

/* --- loaders --------------------------------------------------------------------- */

bool source_set_layout(struct source *source, const struct layout *layout, struct error *error)
{
    Py_buffer buffer = {
        /* PyMemoryView_FromBuffer refuses NULL, which is what an empty file has */
        .buf = layout->buf != NULL ? (void *)(uintptr_t)layout->buf : (void *)source,
        .len = layout->len,
        .itemsize = layout->itemsize,
        .readonly = 1,
        .ndim = layout->ndim,
        .format = (char *)(uintptr_t)layout->format,
        .shape = (Py_ssize_t *)(uintptr_t)layout->shape,
        .strides = (Py_ssize_t *)(uintptr_t)layout->strides,
    };

    if (!layout_check(layout, error)) {
        return false;
    }
    source->from_file = true;
    source->object = PyMemoryView_FromBuffer(&buffer);
    return source->object != NULL || interpreter_error(error);
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
    if (!plain) {
        notes_add(&source->notes, "PEP 3118 cannot say this type: read as '%s'", text_string(&source->format));
    }
    return source_set_layout(source, &layout, error);
}

static bool load_npy(struct source *source, const struct file_options *options, struct error *error)
{
    struct npy npy;

    (void)options;
    if (!npy_parse(&npy, source->mapping.data, source->mapping.size, source->mapping.size, false,
                   &source->arena, error)) {
        return false;
    }
    if (npy.trailing > 0) {
        notes_add(&source->notes, "%llu bytes behind the data", (unsigned long long)npy.trailing);
    }
    source->have_offset = true;
    source->offset = npy.offset;
    return load_array(source, &npy.array, source->mapping.data + npy.offset, 0, error);
}

static bool load_raw(struct source *source, const struct file_options *options, struct error *error)
{
    struct layout layout = {
        .buf = source->mapping.data,
        .len = (ptrdiff_t)source->mapping.size,
        .itemsize = 1,
        .format = "B",
        .ndim = 1,
        .readonly = true,
        .given = LAYOUT_FORMAT | LAYOUT_SHAPE | LAYOUT_STRIDES,
        .shape = {(ptrdiff_t)source->mapping.size},
        .strides = {1},
    };

    (void)options;
    source->have_offset = true;
    source->offset = 0;
    return source_set_layout(source, &layout, error);
}

static bool (*const loaders[])(struct source *, const struct file_options *, struct error *) = {
    [SOURCE_NPY] = load_npy,
    [SOURCE_NPZ] = load_npz,
    [SOURCE_PICKLE] = load_pickle,
    [SOURCE_RAW] = load_raw,
};

static bool load(struct source *source, const char *path, const struct file_options *options,
                 struct error *error)
{
    enum source_kind kind = options->kind;

    if (kind == SOURCE_AUTO) {
        kind = recognise(&source->mapping);
        if (kind == SOURCE_AUTO) {
            return refuse_unknown(&source->mapping, path, error);
        }
    }
    source->kind = kind;
    if (options->member != NULL && kind != SOURCE_NPZ && kind != SOURCE_PICKLE) {
        return error_set(error, ERROR_INPUT, "is one buffer: there is no member '%s' in it", options->member);
    }
    return loaders[kind](source, options, error);
}

static bool is_known(const struct mapping *start)
{
    return recognise(start) != SOURCE_AUTO;
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
    if (!mapping_open_known(&source->mapping, path, options->kind == SOURCE_AUTO ? is_known : NULL, error)) {
        return cannot_open(path, error);
    }
    return load(source, path, options, error);
}

void source_close(struct source *source)
{
    Py_CLEAR(source->object);
    Py_CLEAR(source->keep);
    listing_free(source->listing);
    source->listing = NULL;
    text_free(&source->format);
    text_free(&source->dtype);
    notes_free(&source->notes);
    arena_free(&source->arena);
    mapping_close(&source->mapping);
}
