/*
 * State that a function of the pickled object's own choice sets.
 */
#ifndef MVIEW_PICKLE_SETTER_H
#define MVIEW_PICKLE_SETTER_H

#include "pickle/state.h"

/*
 * POP, of this value.  A call whose result is dropped at once, of an object and
 * its state, or an attribute and its value: so picklers write what a
 * __reduce__ gives a function of its own for (its sixth item), and dill its
 * setattr.  That is a state, by another way than BUILD's.
 */
bool object_set_by(struct machine *machine, const struct pickle_value *call);

#endif
