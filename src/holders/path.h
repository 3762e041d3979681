/*
 * The way down from where a name begins, step by step; for src/holders.
 */
#ifndef MVIEW_HOLDERS_PATH_H
#define MVIEW_HOLDERS_PATH_H

#include "holders/step.h"

#include <stdbool.h>

/* The words of where a name begins: a module, a class; none for what runs. */
void path_begin(struct step *step);

/* From the referrer to the object.  False where this reference is not to be told of. */
bool path_step(struct step *step);

#endif
