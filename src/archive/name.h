/*
 * The names of members: labels, never paths; for this room only.
 */
#ifndef MVIEW_ARCHIVE_NAME_H
#define MVIEW_ARCHIVE_NAME_H

#include "base/arena.h"

#include <stdbool.h>
#include <stddef.h>

enum name_kind { NAME_GOOD, NAME_WITH_NUL, NAME_NOT_UTF8 };

enum { NAME_MAX_GROWTH = 3 }; /* bytes of UTF-8 for one of code page 437 */

/* Whether the bytes of a name are one; `utf8` is what the archive says they are, else they are code page 437. */
enum name_kind name_judge(const char *bytes, size_t length, bool utf8);

/* As a string, up to the first NUL; bytes that should be UTF-8 and are not stay as they are.  NULL out of memory. */
char *name_decode(struct arena *arena, const char *bytes, size_t length, bool utf8);

/* Whether an unpacker that took the name for a path could write outside of its folder. */
bool name_leaves_folder(const char *name);

#endif
