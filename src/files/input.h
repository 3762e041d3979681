/*
 * What the user named, opened: a file, or standard input.
 */
#ifndef MVIEW_FILES_INPUT_H
#define MVIEW_FILES_INPUT_H

#include <stdbool.h>

struct error;
struct mapping;

/*
 * Open a regular file, read-only; mapping_close is for the caller.  "-" is
 * standard input: mapped from where its offset stands when it is a regular
 * file, else spooled to memory and, when it gets large, to an unnamed temporary
 * file.  Directories, FIFOs, sockets and devices are refused by name, without
 * waiting on them.
 *
 * `is_known` (NULL: all input is) tells by the first bytes whether the input is
 * of use: what cannot be mapped is read no further when it says no to the first
 * block, for it might never end.  The mapping then holds that block.
 */
bool input_open(struct mapping *mapping, const char *path, bool (*is_known)(const struct mapping *start),
                struct error *error);

#endif
