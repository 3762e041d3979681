/*
 * The central directory, for both that read and that judge; for this room only.
 */
#ifndef MVIEW_ARCHIVE_DIRECTORY_H
#define MVIEW_ARCHIVE_DIRECTORY_H

#include <stdbool.h>

struct archive;
struct error;
struct mapping;
struct sink;

/*
 * The members, as far as they can be read.  False when there is nothing to be
 * read, or reading stops: with a fault told, or out of memory with *error.
 */
bool directory_read(struct archive *archive, const struct mapping *file, struct sink *sink, struct error *error);

#endif
