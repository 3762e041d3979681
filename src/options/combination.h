/*
 * Which options go together.  What makes no sense together is a usage error
 * that says what an option goes with, not an option left out silently.  The
 * table is combination.def.
 */
#ifndef MVIEW_OPTIONS_COMBINATION_H
#define MVIEW_OPTIONS_COMBINATION_H

#include <stdbool.h>

struct error;
struct options;

/* A usage error for options that have no meaning beside each other, or beside what is to be done. */
bool combination_check(const struct options *options, struct error *error);

/*
 * An option that was given and has a meaning for one buffer only ("slice"), or NULL: what turns out to be a
 * container is refused because of it.
 */
const char *combination_of_buffer(const struct options *options);

#endif
