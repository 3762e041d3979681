#include "source/pickle_list.h"

#include "base/error.h"
#include "recipe/tree.h"
#include "source/listing.h"
#include "source/source.h"

#include <stdlib.h>
#include <string.h>

/* --- a value in a few words ------------------------------------------------------------- */

/* A note ends at a NUL: those of the text are written out. */
static void append_shown(struct text *text, const char *shown, size_t length)
{
    size_t i;

    for (i = 0; i < length; i++) {
        if (shown[i] == '\0') {
            text_puts(text, "\\x00");
        } else {
            text_putc(text, shown[i]);
        }
    }
}

void describe_value(struct text *text, struct reading *reading, struct pickle_value *value)
{
    const char *remark = recipe_remark(reading, value);
    struct pickle_value *meaning = recipe_value(reading, value);
    const char *quote = meaning->kind == PICKLE_STR ? "'" : "";
    size_t count = tree_count(reading, value);
    struct text shown = TEXT_INIT;

    if (remark != NULL) {
        text_puts(text, remark);
    } else if (count > 0 || meaning->kind >= PICKLE_DTYPE) {
        if (meaning->kind == PICKLE_TEXT || meaning->kind == PICKLE_GLOBAL || meaning->kind == PICKLE_DTYPE) {
            recipe_repr(reading, value, &shown);
        } else if (count > 0 || meaning->kind != PICKLE_OBJECT) {
            text_printf(text, "%zu member%s", count, count == 1 ? "" : "s");
        }
    } else {
        pickle_scalar_text(meaning, &shown);
    }
    if (shown.length > 0 || meaning->kind == PICKLE_STR) {
        size_t length = shown.length < MEMBER_MAX_SHOWN ? shown.length : MEMBER_MAX_SHOWN;

        text_puts(text, quote);
        append_shown(text, text_string(&shown), length);
        text_printf(text, "%s%s", length < shown.length ? "..." : "", quote);
    }
    text_free(&shown);
}

/* --- the list --------------------------------------------------------------------------- */

static void describe_buffer(struct listing *listing, struct member *member, const struct pickle_value *value)
{
    struct text text = TEXT_INIT;
    struct error error;
    struct layout layout;
    bool plain = true;

    if (pickle_layout(value, &text, &layout, &plain, &error)) {
        listing_set_layout(listing, member, &layout);
    }
    if (pickle_has_dtype(value)) {
        text_clear(&text);
        pickle_dtype_text(value, &text);
        member->dtype = listing_text(listing, text_string(&text));
    }
    text_free(&text);
}

static void describe_item(struct text *text, const struct pickle_value *array)
{
    struct text item = TEXT_INIT;
    size_t length;

    recipe_item_text(array, 0, &item);
    length = item.length < MEMBER_MAX_SHOWN ? item.length : MEMBER_MAX_SHOWN;
    append_shown(text, text_string(&item), length);
    text_puts(text, length < item.length ? "..." : "");
    text_free(&item);
}

/* "as PATH": where the same value is shown. */
static void tell_place(const struct lister *lister, const struct tree_row *row, struct text *text)
{
    const char *name = lister->path;
    size_t length = row->met;

    if (!row->way) {
        name = lister->source->listing->members[lister->before + row->met].name;
        length = strlen(name);
    }
    text_puts(text, "as ");
    if (length == 0) {
        text_puts(text, row->way ? "#0" : "''");
    } else {
        text_append(text, name, length < MEMBER_MAX_SHOWN ? length : MEMBER_MAX_SHOWN);
        text_puts(text, length > MEMBER_MAX_SHOWN ? "..." : "");
    }
}

/* A member's facts; what cannot be told is left out. */
static void describe_member(struct lister *lister, struct member *member, const struct tree_row *row)
{
    struct pickle_value *meaning = recipe_value(lister->reading, row->value);
    struct listing *listing = lister->source->listing;
    struct text text = TEXT_INIT;

    member->type = listing_text(listing, recipe_type_name(lister->reading, row->value));
    if (pickle_is_buffer(meaning)) {
        describe_buffer(listing, member, meaning);
    }
    if (row->met != SIZE_MAX) {
        tell_place(lister, row, &text);
    } else if (member->layout != NULL && recipe_remark(lister->reading, row->value) != NULL) {
        text_puts(&text, recipe_remark(lister->reading, row->value));
    } else if (member->layout == NULL) {
        describe_value(&text, lister->reading, row->value);
    } else if (pickle_has_dtype(meaning) && meaning->array->ndim == 0) {
        describe_item(&text, meaning); /* one item says more than its place */
    }
    if (row->too_deep) {
        text_printf(&text, "%sdeeper than %d levels: --member goes on", text.length > 0 ? "; " : "", TREE_MAX_DEPTH);
    }
    member->note = text.length > 0 ? listing_text(listing, text_string(&text)) : NULL;
    text_free(&text);
}

enum { BETWEEN = 256 }; /* rows from one giving back of the pages that telling of them took to the next */

bool list_row(void *context, const struct tree_row *row)
{
    struct lister *lister = context;
    struct listing *listing = lister->source->listing;
    struct member *member;

    if (!listing_takes(listing, row->path_length)) {
        listing->cut = true;
        return false;
    }
    member = listing_add(listing, row->path, row->path_length);
    if (member == NULL) {
        return false;
    }
    member->depth = lister->level + row->depth;
    if (listing->count % BETWEEN == 0) {
        reading_give_back(lister->reading);
    }
    if (listing_has_room(listing)) {
        describe_member(lister, member, row);
    } else {
        member->type = listing_text(listing, recipe_type_name(lister->reading, row->value));
        member->note = "not described: the list is long enough";
    }
    listing_described(listing, member);
    return true;
}

bool list_value(struct source *source, struct reading *reading, struct pickle_value *value, const char *path,
                         bool recursive, struct error *error)
{
    struct lister lister = {source, reading, path, 0, 0};
    size_t count = tree_count(reading, value);

    source->listing = listing_new(recipe_type_name(reading, value));
    if (source->listing == NULL) {
        return error_no_memory(error);
    }
    if (recipe_remark(reading, value) != NULL && count > 0) {
        notes_add(&source->notes, "%s", recipe_remark(reading, value));
    }
    tree_walk(reading, value, path, recursive, list_row, &lister);
    listing_end(source->listing, recursive ? 0 : count);
    return true;
}
