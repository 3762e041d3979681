#include "source/source.h"

#include "base/error.h"
#include "files/dtype.h"
#include "format/format.h"
#include "recipe/names.h"
#include "recipe/tree.h"
#include "source/listing.h"
#include "source/loaders.h"
#include "source/pickle_list.h"
#include "value/named.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* --- one buffer ------------------------------------------------------------------------- */

/* The type of an array.array's items; NULL where NumPy has none. */
static const struct dtype *typed_dtype(struct arena *arena, const struct pickle_typed *typed)
{
    struct error ignored = ERROR_INIT;
    const struct dtype *dtype = NULL;
    struct format format;

    if (format_parse(&format, typed->format, (ptrdiff_t)typed->itemsize, &ignored)) {
        dtype = dtype_from_format(arena, &format, typed->itemsize, &ignored);
        format_free(&format);
    }
    return dtype;
}

/* The type of an array's items; of complex numbers that NumPy has not, one that is of two halves, too. */
static const struct dtype *array_dtype(struct arena *arena, const struct pickle_array *array)
{
    char order;
    const struct named_type *named = array->type_text != NULL ? named_find(array->type_text, &order) : NULL;
    char text[] = {array->dtype->order, 'W', '4', '\0'};
    struct error ignored = ERROR_INIT;

    return named != NULL && named->kind == NAMED_COMPLEX ? dtype_from_text(arena, text, strlen(text), &ignored)
                                                         : array->dtype;
}

/* The type of a buffer that loading gives in the machine's byte order; NULL for others. */
static const struct dtype *foreign_dtype(struct arena *arena, const struct pickle_value *value)
{
    if (value->kind == PICKLE_TYPED) {
        return typed_dtype(arena, value->typed);
    }
    return pickle_has_dtype(value) && value->array->native ? array_dtype(arena, value->array) : NULL;
}

/* What loading makes of items in the other byte order. */
static bool tell_loaded(struct source *source, const struct pickle_value *value, struct error *error)
{
    const struct dtype *dtype = foreign_dtype(&source->arena, value);
    const struct dtype *native =
        dtype != NULL ? dtype_native(&source->arena, dtype, &source->swap, error) : NULL;

    if (native != NULL && source->swap.count > 0) {
        dtype_text(native, &source->loaded);
    }
    return dtype == NULL || native != NULL;
}

static bool show_buffer(struct source *source, const struct reading *reading, const struct pickle_value *value,
                        struct error *error)
{
    uint64_t offset = recipe_offset(reading, value);
    struct layout layout;
    bool plain = true;

    if (!pickle_layout(value, &source->format, &layout, &plain, error)) {
        return false;
    }
    if (pickle_has_dtype(value)) {
        pickle_dtype_text(value, &source->dtype);
        pickle_exact_format(value, text_string(&source->format), &source->exact);
    }
    if (!plain) {
        notes_add(&source->notes, "PEP 3118 cannot say this type: read as '%s'", text_string(&source->format));
    }
    source->have_offset = offset != UINT64_MAX;
    source->offset = offset;
    return tell_loaded(source, value, error) && source_set_layout(source, &layout, error);
}

/* --- one value -------------------------------------------------------------------------- */

static bool is_plain_container(const struct pickle_value *value)
{
    return value->kind == PICKLE_DICT || pickle_is_sequence(value);
}

/* The one buffer that containers of one member each come down to, or the value itself. */
static struct pickle_value *only_buffer(struct reading *reading, struct pickle_value *value)
{
    struct pickle_value *inner = value;
    struct pickle_value *meaning = recipe_value(reading, inner);
    int depth;

    for (depth = 0; depth < TREE_MAX_DEPTH && is_plain_container(meaning) && tree_count(reading, inner) == 1; depth++) {
        inner = meaning->items[meaning->item_count - 1];
        meaning = recipe_value(reading, inner);
    }
    return pickle_is_buffer(meaning) ? inner : value;
}

static bool show_value(struct source *source, struct reading *reading, struct pickle_value *value, const char *path,
                       const struct file_options *options, struct error *error)
{
    struct pickle_value *chosen = options->recursive ? value : only_buffer(reading, value);
    struct pickle_value *meaning = recipe_value(reading, chosen);
    struct text text = TEXT_INIT;

    if (pickle_is_buffer(meaning)) {
        if (recipe_remark(reading, chosen) != NULL) {
            notes_add(&source->notes, "%s", recipe_remark(reading, chosen));
        }
        return show_buffer(source, reading, meaning, error);
    }
    if (!list_value(source, reading, value, path, options->recursive, error)) {
        return false;
    }
    if (source->listing->count == 0) {
        describe_value(&text, reading, value);
        source->listing->value = text.length > 0 ? listing_text(source->listing, text_string(&text)) : NULL;
        text_free(&text);
    }
    return true;
}

/* --- pickles, one behind the other ------------------------------------------------------- */

enum { MAX_STREAM = LISTING_MAX }; /* pickles of a file that are read */

struct stream {
    struct reading **readings; /* owned array, of the arena's */
    size_t count;
    size_t left; /* bytes behind the last */
};

static struct reading *add_reading(struct source *source, struct stream *stream, struct error *error)
{
    struct reading *reading = arena_alloc(&source->arena, sizeof *reading);

    /* grown at powers of two */
    if ((stream->count & (stream->count - 1)) == 0) {
        size_t room = stream->count == 0 ? 1 : 2 * stream->count;
        struct reading **grown = realloc(stream->readings, room * sizeof *grown);

        if (grown == NULL) {
            error_no_memory(error);
            return NULL;
        }
        stream->readings = grown;
    }
    if (reading == NULL) {
        error_set(error, ERROR_INPUT, "the pickles need more than %zu MiB of memory", source->arena.limit >> 20);
    }
    return reading;
}

/* Whether what lies behind a pickle looks like another: those of protocol 0 and 1 have no mark. */
static bool goes_on(const struct stream *stream, struct recipe_range rest)
{
    return rest.size > 0 && stream->count < MAX_STREAM &&
           (pickle_is(rest.data, rest.size) || stream->readings[0]->pickle.protocol < 2);
}

/* The first must be a pickle; what breaks behind it is left. */
static bool read_stream(struct source *source, struct stream *stream, struct recipe_range rest, struct error *error)
{
    struct recipe_range file = {source->mapping.data, source->mapping.size};

    do {
        struct reading *reading = add_reading(source, stream, error);
        struct error later = ERROR_INIT;

        if (reading == NULL) {
            return false;
        }
        if (!reading_parse(reading, file, rest, source_pages(source), &source->arena, &later) &&
            reading->pickle.value == NULL) {
            if (stream->count == 0) {
                *error = later;
                return false;
            }
            break;
        }
        if (later.kind != ERROR_NONE) {
            notes_add(&source->notes, "%s", later.message);
        }
        stream->readings[stream->count++] = reading;
        rest.data += reading->pickle.length;
        rest.size = later.kind != ERROR_NONE ? 0 : rest.size - reading->pickle.length;
    } while (goes_on(stream, rest));
    stream->left = rest.size;
    return true;
}

/* One row for each pickle, and when asked for what lies in them; `level` is that of the pickles. */
static void list_pickles(struct source *source, struct stream *stream, const char *within, unsigned level,
                         bool recursive)
{
    struct text name = TEXT_INIT;
    size_t i;

    for (i = 0; i < stream->count && !source->listing->cut; i++) {
        struct lister lister = {source, stream->readings[i], NULL, level, 0};
        struct tree_row row = {.value = stream->readings[i]->pickle.value, .met = SIZE_MAX};

        text_clear(&name);
        text_printf(&name, "%s%s#%zu", within, within[0] != '\0' ? "/" : "", i);
        lister.path = text_string(&name);
        row.path = lister.path;
        row.path_length = name.length;
        list_row(&lister, &row);
        lister.level = level + 1;
        lister.before = source->listing->count;
        if (recursive) {
            tree_walk(stream->readings[i], row.value, lister.path, true, list_row, &lister);
        }
    }
    text_free(&name);
}

static bool list_stream(struct source *source, struct stream *stream, const struct file_options *options,
                        struct error *error)
{
    source->listing = listing_new("stream of pickles");
    if (source->listing == NULL) {
        return error_no_memory(error);
    }
    list_pickles(source, stream, options->within != NULL ? options->within : "", 0, options->recursive);
    listing_end(source->listing, options->recursive ? 0 : stream->count);
    return true;
}

/* "#1/weights": the number of a pickle and what lies behind it; a path without is one in the first. */
static bool choose(const struct stream *stream, const char *member, size_t *place, const char **path,
                   struct error *error)
{
    char *end;

    *place = 0;
    *path = member;
    if (member[0] != '#' || member[1] < '0' || member[1] > '9') {
        return true;
    }
    errno = 0;
    *place = strtoul(member + 1, &end, 10);
    if (*end != '/' && *end != '\0') {
        *place = 0;
        return true;
    }
    if (stream->count == 1 && *place > 0) {
        *place = 0; /* a column "#1" of a frame */
        return true;
    }
    *path = *end == '/' ? end + 1 : NULL;
    return (errno == 0 && *place < stream->count) ||
           error_set(error, ERROR_INPUT, "no member '%.*s': the file has %zu pickle%s, from #0 on", (int)(end - member),
                     member, stream->count, stream->count == 1 ? "" : "s");
}

/* What loading all of them would import and call. */
static bool tell_names(struct source *source, struct reading *const *readings, size_t count, struct error *error)
{
    source->have_names = true;
    return (names_gather(readings, count, false, &source->imports) &&
            names_gather(readings, count, true, &source->calls)) ||
           error_no_memory(error);
}

/* From the file on: "o.npy/0,1"; NULL for the file's own value. */
static const char *whole_path(struct text *text, const struct file_options *options)
{
    if (options->within == NULL) {
        return options->member;
    }
    text_puts(text, options->within);
    if (options->member != NULL) {
        text_printf(text, "/%s", options->member);
    }
    return text_string(text);
}

static bool show_stream(struct source *source, struct stream *stream, const struct file_options *options,
                        struct error *error)
{
    struct pickle_value *value;
    struct reading *reading;
    struct text text = TEXT_INIT;
    const char *whole;
    const char *path = NULL;
    size_t place = 0;
    bool ok;

    if (options->member == NULL && stream->count > 1) {
        return list_stream(source, stream, options, error);
    }
    if (options->member != NULL && !choose(stream, options->member, &place, &path, error)) {
        return false;
    }
    reading = stream->readings[place];
    value = reading->pickle.value;
    whole = whole_path(&text, options);
    if (path != NULL) {
        value = tree_find(reading, value, path, strlen(whole) - strlen(path), error);
    }
    ok = value != NULL && show_value(source, reading, value, whole, options, error);
    text_free(&text);
    return ok;
}

bool show_reading(struct source *source, struct reading *reading, const struct file_options *options,
                  struct error *error)
{
    struct reading *readings[] = {reading};
    struct stream stream = {readings, 1, 0};

    return tell_names(source, readings, 1, error) && show_stream(source, &stream, options, error);
}

const struct mapping *source_pages(const struct source *source)
{
    return source->unpacked.size > 0 ? &source->unpacked : &source->mapping;
}

void allow_pickle(struct source *source, size_t size)
{
    if (source->unpacked.size > 0) {
        source->arena.limit = pickle_unpacked_limit(size, source->mapping.size);
    } else {
        source->arena.limit += pickle_arena_limit(size);
    }
}

/* All the pickles of the bytes, with room for what they hold. */
static bool open_stream(struct source *source, struct stream *stream, const unsigned char *data, size_t size,
                        struct error *error)
{
    allow_pickle(source, size);
    return read_stream(source, stream, (struct recipe_range){data, size}, error);
}

bool load_pickled(struct source *source, const unsigned char *data, size_t size, const struct file_options *options,
                  struct error *error)
{
    struct stream stream = {NULL, 0, 0};
    bool ok = open_stream(source, &stream, data, size, error);

    if (ok && stream.left > 0) {
        notes_add(&source->notes, "%zu bytes behind the pickle", stream.left);
    }
    ok = ok && tell_names(source, stream.readings, stream.count, error) &&
         show_stream(source, &stream, options, error);
    free(stream.readings);
    return ok;
}

bool list_pickled(struct source *source, const unsigned char *data, size_t size, const char *path,
                  struct error *error)
{
    struct stream stream = {NULL, 0, 0};
    bool ok = open_stream(source, &stream, data, size, error);

    if (ok && stream.count == 1) {
        struct lister lister = {source, stream.readings[0], path, 1, source->listing->count};

        tree_walk(lister.reading, lister.reading->pickle.value, path, true, list_row, &lister);
    } else if (ok) {
        list_pickles(source, &stream, path, 1, true);
    }
    free(stream.readings);
    return ok;
}

bool load_pickle(struct source *source, const struct file_options *options, struct error *error)
{
    return options->unpickle != NULL
               ? options->unpickle(source, options, error)
               : load_pickled(source, source->mapping.data, source->mapping.size, options, error);
}
