/*
 * Variables of C code that have an object's address; for src/holders.
 */
#ifndef MVIEW_HOLDERS_STATICS_H
#define MVIEW_HOLDERS_STATICS_H

#include <stdbool.h>
#include <stddef.h>

struct text;

/*
 * Look through the variables of all modules that are loaded, but for the interpreter's and this program's own.
 * True when one has an address of these, *which; its module's file name is appended.
 */
bool statics_find(const void *const *addresses, size_t count, size_t *which, struct text *module);

#endif
