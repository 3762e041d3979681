/*
 * Steps by what refers; for src/holders/step*.c.  Each leaves the object's words in step->path, and is false where
 * the reference is not to be told of.
 */
#ifndef MVIEW_HOLDERS_STEP_WAYS_H
#define MVIEW_HOLDERS_STEP_WAYS_H

#include "holders/step.h"

bool step_take_dict(struct step *step);
bool step_take_list(struct step *step);
bool step_take_deque(struct step *step);
bool step_take_set(struct step *step);
bool step_take_context(struct step *step);
bool step_take_tuple(struct step *step);
bool step_take_function(struct step *step);
bool step_take_cell(struct step *step);
bool step_take_method(struct step *step);
bool step_take_builtin(struct step *step);

/* A frame's own: "local 'x'", of "f at app.py:3, running". */
bool step_take_frame(struct step *step);

/* "[3]"; false below 0. */
bool step_put_index(struct step *step, Py_ssize_t index);

/* Where the object is among some, the first `skip` places passed over; -1: nowhere. */
Py_ssize_t step_index_in(PyObject *const *items, Py_ssize_t count, const PyObject *object, unsigned skip);

#endif
