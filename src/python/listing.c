#include "python/listing.h"

#include "base/notes.h"

#include <stdlib.h>
#include <string.h>

struct listing *listing_new(const char *type)
{
    struct listing *listing = calloc(1, sizeof *listing);

    if (listing != NULL && type != NULL) {
        listing->type = strdup(type);
    }
    return listing;
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
    member->name = calloc(1, name_length + 1);
    if (member->name == NULL) {
        return NULL;
    }
    memcpy(member->name, name, name_length);
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

bool listing_set_layout(struct member *member, const struct layout *layout)
{
    struct layout *copy = malloc(sizeof *copy);

    member->format = copy != NULL ? strdup(layout->format) : NULL;
    if (member->format == NULL) {
        free(copy);
        return false;
    }
    *copy = *layout;
    copy->format = member->format;
    copy->buf = NULL;
    member->layout = copy;
    return true;
}

static size_t text_of(const char *string)
{
    return string != NULL ? strlen(string) : 0;
}

void listing_described(struct listing *listing, const struct member *member)
{
    listing->text += text_of(member->format) + text_of(member->dtype) + text_of(member->note);
}

void listing_free(struct listing *listing)
{
    size_t i;

    if (listing == NULL) {
        return;
    }
    for (i = 0; i < listing->count; i++) {
        free(listing->members[i].name);
        free(listing->members[i].type);
        free(listing->members[i].format);
        free(listing->members[i].layout);
        free(listing->members[i].dtype);
        free(listing->members[i].note);
    }
    free(listing->members);
    free(listing->type);
    free(listing->value);
    free(listing);
}
