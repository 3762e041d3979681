/*
 * What the parts of the view share; for src/python/view*.c.
 */
#ifndef MVIEW_PYTHON_VIEW_PARTS_H
#define MVIEW_PYTHON_VIEW_PARTS_H

#include <Python.h>

#include "python/via.h"

#include <stdbool.h>

struct error;
struct view;
struct view_options;

struct view_hold {
    PyObject *memoryview; /* NULL when a raw reply could not be wrapped */
    Py_buffer reply;      /* of a request that was sent by hand */
    bool have_reply;
    struct via via;       /* another protocol's answer */
    bool have_via;
};

/* How to read an answer: view->content, from view->layout. */
void view_set_content(struct view *view);

/* PyMemoryView_GetContiguous, as the options ask. */
bool view_open_contiguous(struct view *view, PyObject *object, const struct view_options *options,
                          struct error *error);

/* See the object by the protocol that the options name, which is not the buffer's. */
bool view_open_via(struct view *view, PyObject *object, const struct view_options *options, struct error *error);

/* See an object without a buffer by whatever it has instead. */
bool view_open_instead(struct view *view, PyObject *object, const struct view_options *options,
                       struct error *error);

/*
 * The same for one that refuses every request for its buffer, as the error
 * says, which stays where nothing else leads to memory of this process.
 */
bool view_open_refused(struct view *view, PyObject *object, const struct view_options *options,
                       struct error *error);

void view_close_via(struct view *view);

#endif
