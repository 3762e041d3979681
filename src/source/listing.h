/*
 * What is in a container: plain data, one row per member.
 */
#ifndef MVIEW_SOURCE_LISTING_H
#define MVIEW_SOURCE_LISTING_H

#include "base/arena.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct layout;
struct member_layout;
struct notes;

enum {
    MEMBER_MAX_SHOWN = 160, /* bytes of a text that a member's note shows */
    LISTING_MAX = 10000,                /* members that are listed; of more, a note tells how many there are */
    LISTING_MAX_TEXT = 4 * 1024 * 1024, /* bytes of types and formats; members behind that have only their names */
};

/* All that is pointed to is the listing's. */
struct member {
    const char *name;     /* as --member takes it; raw */
    unsigned depth;       /* containers of the list that it lies in */
    const char *type;     /* the Python type name; NULL for a member of an .npz */
    const struct member_layout *layout; /* NULL for what is no buffer; see member_layout */
    const char *dtype;    /* the file's own type text; NULL where it has none */
    const char *note;     /* why it is no buffer, or what there is instead; NULL when nothing is to be said */
    const char *storage;  /* .npz: "stored", "deflated"; else NULL */
    uint64_t packed;      /* .npz: bytes in the archive */
    uint64_t size;        /* .npz: bytes unpacked, with the header */
};

struct listing {
    struct arena arena;      /* all that is listed */
    struct member *members;  /* owned */
    size_t count;
    const char *type;  /* the container's Python type name ("dict"); NULL for an .npz */
    const char *value; /* of what has no members: what it is, in a few words; else NULL */
    bool cut;     /* there are more members than these: */
    size_t total; /* so many; 0 where that was not counted */
    size_t text; /* bytes of what was described so far, */
    size_t names; /* and of names */
};

struct listing *listing_new(const char *type); /* NULL out of memory */

/* A new, zeroed member at the end, with a copy of the name; NULL out of memory. */
struct member *listing_add(struct listing *listing, const char *name, size_t name_length);

/* A copy of a string, as long as the listing is; NULL for NULL and out of memory. */
const char *listing_text(struct listing *listing, const char *string);

/* Whether the list takes another member, with a name of that many bytes. */
bool listing_takes(const struct listing *listing, size_t name_length);

/* Whether another member is to be described: many may share one long type, each telling it again. */
bool listing_has_room(const struct listing *listing);
void listing_described(struct listing *listing, const struct member *member);

/* The list is at its end, of a container of that many members (0: not counted); some may not have found room. */
void listing_end(struct listing *listing, size_t total);

/* A sentence for a list that was cut. */
void listing_tell_cut(const struct listing *listing, struct notes *notes);

/* Keep a buffer's layout, with its format, in a member: no more of it than its dimensions; false out of memory. */
bool listing_set_layout(struct listing *listing, struct member *member, const struct layout *layout);

/* The layout that was kept, its buf NULL; false for what is no buffer. */
bool member_layout(const struct member *member, struct layout *layout);

void listing_free(struct listing *listing); /* NULL is fine */

#endif
