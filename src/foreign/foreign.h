/*
 * Files that are not read here, but known: what they are, and the command that
 * goes on from there.
 */
#ifndef MVIEW_FOREIGN_FOREIGN_H
#define MVIEW_FOREIGN_FOREIGN_H

#include <stdbool.h>
#include <stddef.h>

struct text;

/*
 * "is a FITS file: mview-inspect ...", of the file named `path` ("-": standard
 * input), whose first `size` bytes are at `data`; `complete`: those are all.
 * `reader` is what the bytes are for when unpacked ("mview-inspect --check").
 * False, nothing said, for what no row of kinds.def fits.
 */
bool foreign_name(const void *data, size_t size, bool complete, const char *path, const char *reader,
                  struct text *answer);

/* The same for what is compressed, and nothing else: such bytes may be a pickle without a mark. */
bool foreign_packed(const void *data, size_t size, const char *path, const char *reader, struct text *answer);

/* What bytes that nothing is known of look like: "text in UTF-8", "nothing but zero bytes", ...; NULL: like nothing. */
const char *foreign_look(const void *data, size_t size);

/*
 * What a zip archive is by one of its members, that no array is in: "by its member 'xl/workbook.xml' it is ...".  False
 * for one that no row of zips.def fits.
 */
bool foreign_zip(const char *member, struct text *answer);

/* "is a directory, a Zarr array: mview-inspect ...": false for a folder that no row of folders.def fits. */
bool foreign_folder(const char *path, struct text *answer);

#endif
