#include <Python.h>

#include "python/source.h"

#include "base/error.h"
#include "files/dtype.h"
#include "pickle/pickle.h"
#include "python/interpreter.h"
#include "python/listing.h"
#include "python/loaders.h"
#include "python/trusted.h"

#include <stdlib.h>
#include <string.h>

/* A scalar's text in an error or a listing is cut to this. */
enum { MAX_SHOWN = 60 };

static bool is_container(const struct pickle_value *value)
{
    return value->kind == PICKLE_LIST || value->kind == PICKLE_TUPLE || value->kind == PICKLE_DICT;
}

/* How many members: a dict has two entries for each. */
static size_t member_count(const struct pickle_value *container)
{
    return container->kind == PICKLE_DICT ? container->item_count / 2 : container->item_count;
}

/* A value that is no buffer, in a few words: "3", "'text'", "2 members". */
static void describe(struct text *text, const struct pickle_value *value)
{
    const char *quote = value->kind == PICKLE_STR ? "'" : "";
    struct text scalar = TEXT_INIT;

    if (is_container(value)) {
        text_printf(text, "%zu member%s", member_count(value), member_count(value) == 1 ? "" : "s");
        return;
    }
    pickle_scalar_text(value, &scalar);
    if (scalar.length > 0 || value->kind == PICKLE_STR) {
        size_t length = scalar.length < MAX_SHOWN ? scalar.length : MAX_SHOWN;

        text_puts(text, quote);
        text_append(text, text_string(&scalar), length);
        text_printf(text, "%s%s", length < scalar.length ? "..." : "", quote);
    }
    text_free(&scalar);
}

static bool has_dtype(const struct pickle_value *value)
{
    return value->kind == PICKLE_ARRAY || value->kind == PICKLE_SCALAR;
}

static bool show_buffer(struct source *source, const struct pickle *pickle, const struct pickle_value *value,
                        struct error *error)
{
    uint64_t offset = pickle_offset(pickle, value);
    struct layout layout;
    bool plain = true;

    if (!pickle_layout(value, &source->format, &layout, &plain, error)) {
        return false;
    }
    if (has_dtype(value)) {
        dtype_text(value->array->array.dtype, &source->dtype);
    }
    if (!plain) {
        notes_add(&source->notes, "PEP 3118 cannot say this type: read as '%s'", text_string(&source->format));
    }
    source->have_offset = offset != UINT64_MAX;
    source->offset = offset;
    return source_set_layout(source, &layout, error);
}

/* A member's facts; what cannot be told is left out. */
static bool list_member(struct listing *listing, const struct pickle_value *key, size_t number,
                        const struct pickle_value *value)
{
    struct text text = TEXT_INIT;
    struct member *member;
    struct error error;
    bool plain = true;

    if (key != NULL) {
        pickle_scalar_text(key, &text);
    } else {
        text_printf(&text, "%zu", number);
    }
    member = listing_add(listing, text_string(&text), text.length);
    text_clear(&text);
    if (member == NULL) {
        return false;
    }
    member->type = strdup(pickle_type_name(value));
    if (!listing_has_room(listing)) {
        member->note = strdup("not described: the list is long enough");
    } else if (pickle_is_buffer(value)) {
        member->is_buffer = pickle_layout(value, &text, &member->layout, &plain, &error);
        member->format = member->is_buffer ? strdup(text_string(&text)) : NULL;
        member->layout.format = member->format;
        member->layout.buf = NULL;
        text_clear(&text);
        if (has_dtype(value)) {
            dtype_text(value->array->array.dtype, &text);
            member->dtype = strdup(text_string(&text));
        }
    } else {
        describe(&text, value);
        member->note = text.length > 0 ? strdup(text_string(&text)) : NULL;
    }
    text_free(&text);
    listing_described(listing, member);
    return true;
}

static bool list_members(struct source *source, const struct pickle_value *container, struct error *error)
{
    size_t step = container->kind == PICKLE_DICT ? 2 : 1;
    size_t i;

    source->listing = listing_new(pickle_type_name(container));
    if (source->listing == NULL) {
        return error_no_memory(error);
    }
    if (member_count(container) > LISTING_MAX) {
        notes_add(&source->notes, "%zu members: the first %d are listed", member_count(container), LISTING_MAX);
    }
    for (i = 0; i + step <= container->item_count && source->listing->count < LISTING_MAX; i += step) {
        if (!list_member(source->listing, step == 2 ? container->items[i] : NULL, i,
                         container->items[i + step - 1])) {
            return error_no_memory(error);
        }
    }
    return true;
}

/* The one buffer that containers of one member each come down to, or the value itself. */
static const struct pickle_value *only_buffer(const struct pickle_value *value)
{
    const struct pickle_value *inner = value;

    while (is_container(inner) && member_count(inner) == 1) {
        inner = inner->items[inner->item_count - 1];
    }
    return pickle_is_buffer(inner) ? inner : value;
}

static bool show_value(struct source *source, const struct pickle *pickle, const struct pickle_value *value,
                       const char *what, struct error *error)
{
    struct text text = TEXT_INIT;

    value = only_buffer(value);
    if (pickle_is_buffer(value)) {
        return show_buffer(source, pickle, value, error);
    }
    if (is_container(value)) {
        return list_members(source, value, error);
    }
    describe(&text, value);
    error_set(error, ERROR_INPUT, text.length > 0 ? "%s is of type %s (%s), no buffer"
                                                  : "%s is of type %s%s, no buffer",
              what, pickle_type_name(value), text_string(&text));
    text_free(&text);
    return false;
}

static bool load_data(struct source *source, const struct file_options *options, struct error *error)
{
    struct pickle pickle;
    const struct pickle_value *value;

    source->arena.limit = pickle_arena_limit(source->mapping.size);
    if (!pickle_parse(&pickle, source->mapping.data, source->mapping.size, &source->arena, error)) {
        return false;
    }
    if (pickle.trailing > 0) {
        notes_add(&source->notes, "%zu bytes behind the pickle", pickle.trailing);
    }
    value = pickle.value;
    if (options->member != NULL) {
        value = pickle_member(pickle.value, options->member, error);
        if (value == NULL) {
            return false;
        }
    }
    return show_value(source, &pickle, value, options->member != NULL ? "the member" : "its content", error);
}

bool load_pickle(struct source *source, const struct file_options *options, struct error *error)
{
    return options->trust ? load_trusted(source, options, error) : load_data(source, options, error);
}
