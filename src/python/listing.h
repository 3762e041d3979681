/*
 * What is in a container: plain data, one row per member.
 */
#ifndef MVIEW_PYTHON_LISTING_H
#define MVIEW_PYTHON_LISTING_H

#include "memory/layout.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct notes;

enum {
    MEMBER_MAX_SHOWN = 160, /* bytes of a text that a member's note shows */
    LISTING_MAX = 10000,                /* members that are listed; of more, a note tells how many there are */
    LISTING_MAX_TEXT = 4 * 1024 * 1024, /* bytes of types and formats; members behind that have only their names */
};

struct member {
    char *name;           /* as --member takes it; raw */
    unsigned depth;       /* containers of the list that it lies in */
    char *type;           /* the Python type name; NULL for a member of an .npz */
    struct layout *layout; /* owned; buf is NULL; NULL for what is no buffer */
    char *format;         /* PEP 3118; what the layout's points to */
    char *dtype;          /* the file's own type text; NULL where it has none */
    char *note;           /* why it is no buffer, or what there is instead; NULL when nothing is to be said */
    const char *storage;  /* .npz: "stored", "deflated"; else NULL */
    uint64_t packed;      /* .npz: bytes in the archive */
    uint64_t size;        /* .npz: bytes unpacked, with the header */
};

/* All strings and the array are owned. */
struct listing {
    struct member *members;
    size_t count;
    char *type;  /* the container's Python type name ("dict"); NULL for an .npz */
    char *value; /* of what has no members: what it is, in a few words; else NULL */
    bool cut;     /* there are more members than these: */
    size_t total; /* so many; 0 where that was not counted */
    size_t text; /* bytes of what was described so far, */
    size_t names; /* and of names */
};

struct listing *listing_new(const char *type); /* NULL out of memory */

/* A new, zeroed member at the end, with a copy of the name; NULL out of memory. */
struct member *listing_add(struct listing *listing, const char *name, size_t name_length);

/* Whether the list takes another member, with a name of that many bytes. */
bool listing_takes(const struct listing *listing, size_t name_length);

/* Whether another member is to be described: many may share one long type, each telling it again. */
bool listing_has_room(const struct listing *listing);
void listing_described(struct listing *listing, const struct member *member);

/* The list is at its end, of a container of that many members (0: not counted); some may not have found room. */
void listing_end(struct listing *listing, size_t total);

/* A sentence for a list that was cut. */
void listing_tell_cut(const struct listing *listing, struct notes *notes);

/* Copy a buffer's layout, with its format, into a member; false out of memory. */
bool listing_set_layout(struct member *member, const struct layout *layout);

void listing_free(struct listing *listing); /* NULL is fine */

#endif
