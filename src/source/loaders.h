/*
 * The loaders that source.c's table names, for those that have a file of their
 * own.  Each reads source->mapping and fills the rest of the source.
 */
#ifndef MVIEW_SOURCE_LOADERS_H
#define MVIEW_SOURCE_LOADERS_H

#include <stdbool.h>
#include <stddef.h>

struct archive;
struct archive_member;
struct array;
struct error;
struct file_options;
struct mapping;
struct reading;
struct source;

bool load_npz(struct source *source, const struct file_options *options, struct error *error);
bool load_safetensors(struct source *source, const struct file_options *options, struct error *error);
bool load_pickle(struct source *source, const struct file_options *options, struct error *error);
bool load_torch(struct source *source, const struct file_options *options, struct error *error);

/* Show what a pickle holds, or the member of it that is wished for. */
bool show_reading(struct source *source, struct reading *reading, const struct file_options *options,
                  struct error *error);

/*
 * "#3": a place in the directory; and the member there: the array that it holds, or its bytes.  The wished
 * member is a path in it.
 */
bool zip_place(const struct archive *archive, const char *text, size_t *place);
bool show_zip_member(struct source *source, const struct archive_member *member, const struct file_options *options,
                     struct error *error);

/* An archive of torch's (recipe/torch_archive.h), shown. */
bool show_torch(struct source *source, struct archive *archive, const struct file_options *options,
                struct error *error);

/* Whether a member that is a pickle may be unpacked, for the size of the file. */
bool zip_pickle_fits(const struct source *source, const struct archive_member *member, struct error *error);

/* What a pickle is read from: a member, unpacked, or the file. */
const struct mapping *source_pages(const struct source *source);

/*
 * Let the arena have what the values of a pickle may take: of one that was unpacked (source->unpacked) no more than
 * the file's size accounts for.
 */
void allow_pickle(struct source *source, size_t size);

/* Show the pickles in these bytes, one behind the other ("#1/weights" is a path in the second). */
bool load_pickled(struct source *source, const unsigned char *data, size_t size, const struct file_options *options,
                  struct error *error);

/* The rows of what lies in a listed member's pickle, below it in the source's listing, each named behind `path`. */
bool list_pickled(struct source *source, const unsigned char *data, size_t size, const char *path,
                  struct error *error);

/* Show bytes as bytes. */
bool load_bytes(struct source *source, const unsigned char *data, size_t size, struct error *error);

/* Show an array whose bytes lie at `data`; alignment as for array_layout. */
bool load_array(struct source *source, const struct array *array, const void *data, size_t alignment,
                struct error *error);

#endif
