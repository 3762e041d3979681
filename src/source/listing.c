#include "source/listing.h"

#include "base/notes.h"
#include "memory/layout.h"

#include <stdlib.h>
#include <string.h>

enum { MAX_MEMORY = 64 << 20 }; /* bytes: texts and names are bounded, and layouts are small */

struct member_layout {
    const char *format;
    ptrdiff_t len, itemsize;
    int ndim;
    bool readonly;
    unsigned given;
    ptrdiff_t numbers[]; /* shape, strides, suboffsets: ndim of each */
};

struct listing *listing_new(const char *type)
{
    struct listing *listing = calloc(1, sizeof *listing);

    if (listing != NULL) {
        listing->arena.limit = MAX_MEMORY;
        listing->type = listing_text(listing, type);
    }
    return listing;
}

const char *listing_text(struct listing *listing, const char *string)
{
    return string != NULL ? arena_copy(&listing->arena, string, strlen(string)) : NULL;
}

struct member *listing_add(struct listing *listing, const char *name, size_t name_length)
{
    struct member *member;

    /* grown at powers of two */
    if ((listing->count & (listing->count - 1)) == 0) {
        size_t room = listing->count == 0 ? 1 : 2 * listing->count;
        struct member *grown = realloc(listing->members, room * sizeof *grown);

        if (grown == NULL) {
            return NULL;
        }
        listing->members = grown;
    }
    member = &listing->members[listing->count];
    memset(member, 0, sizeof *member);
    member->name = arena_copy(&listing->arena, name, name_length);
    if (member->name == NULL) {
        return NULL;
    }
    listing->names += name_length;
    listing->count++;
    return member;
}

bool listing_takes(const struct listing *listing, size_t name_length)
{
    return listing->count < LISTING_MAX && name_length <= LISTING_MAX_TEXT - listing->names;
}

bool listing_has_room(const struct listing *listing)
{
    return listing->text < LISTING_MAX_TEXT;
}

void listing_end(struct listing *listing, size_t total)
{
    listing->cut = listing->cut || total > listing->count;
    listing->total = total;
}

void listing_tell_cut(const struct listing *listing, struct notes *notes)
{
    if (!listing->cut) {
        return;
    }
    if (listing->total > 0) {
        notes_add(notes, "%zu members: the first %zu are listed", listing->total, listing->count);
    } else {
        notes_add(notes, "the first %zu members are listed, of more", listing->count);
    }
}

bool listing_set_layout(struct listing *listing, struct member *member, const struct layout *layout)
{
    size_t ndim = (size_t)layout->ndim;
    struct member_layout *kept = arena_alloc(&listing->arena, sizeof *kept + 3 * ndim * sizeof kept->numbers[0]);

    if (kept == NULL) {
        return false;
    }
    *kept = (struct member_layout){
        .format = listing_text(listing, layout->format),
        .len = layout->len,
        .itemsize = layout->itemsize,
        .ndim = layout->ndim,
        .readonly = layout->readonly,
        .given = layout->given,
    };
    if (kept->format == NULL) {
        return false;
    }
    memcpy(kept->numbers, layout->shape, ndim * sizeof kept->numbers[0]);
    memcpy(kept->numbers + ndim, layout->strides, ndim * sizeof kept->numbers[0]);
    memcpy(kept->numbers + 2 * ndim, layout->suboffsets, ndim * sizeof kept->numbers[0]);
    member->layout = kept;
    return true;
}

bool member_layout(const struct member *member, struct layout *layout)
{
    const struct member_layout *kept = member->layout;
    size_t ndim;

    if (kept == NULL) {
        return false;
    }
    ndim = (size_t)kept->ndim;
    layout->buf = NULL;
    layout->len = kept->len;
    layout->itemsize = kept->itemsize;
    layout->format = kept->format;
    layout->ndim = kept->ndim;
    layout->readonly = kept->readonly;
    layout->given = kept->given;
    memcpy(layout->shape, kept->numbers, ndim * sizeof kept->numbers[0]);
    memcpy(layout->strides, kept->numbers + ndim, ndim * sizeof kept->numbers[0]);
    memcpy(layout->suboffsets, kept->numbers + 2 * ndim, ndim * sizeof kept->numbers[0]);
    return true;
}

static size_t text_of(const char *string)
{
    return string != NULL ? strlen(string) : 0;
}

void listing_described(struct listing *listing, const struct member *member)
{
    listing->text += text_of(member->layout != NULL ? member->layout->format : NULL) + text_of(member->dtype) +
                     text_of(member->note);
}

void listing_free(struct listing *listing)
{
    if (listing == NULL) {
        return;
    }
    arena_free(&listing->arena);
    free(listing->members);
    free(listing);
}
