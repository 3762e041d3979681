/*
 * Python's frames, read without changing them; for src/holders.
 *
 * f_locals makes a dict that keeps the locals alive (before Python 3.13), and
 * asking for a frame object makes one: so the interpreter's own structures are
 * read, where their headers are known (3.9 to 3.13), the API otherwise.
 */
#ifndef MVIEW_HOLDERS_FRAMES_H
#define MVIEW_HOLDERS_FRAMES_H

#include <Python.h>

#include <stdbool.h>
#include <stddef.h>

struct frame {
    PyCodeObject *code; /* borrowed */
    void *source;       /* what it was read from */
    PyObject **slots;   /* locals, cells, then what it is working on; NULL where they are not known */
    int locals;         /* of the slots, how many have names */
    int used;           /* .. are known to be in use */
    int room;           /* .. may be */
    PyObject *space;    /* borrowed: the dict of a class's body or of exec(), where that is not the globals; or NULL */
};

/* Call for each frame that runs, in all threads, innermost first: `frame` is an address that tells it from others. */
void frames_each_running(bool (*call)(void *frame, PyThreadState *thread, void *context), void *context);

/* Give back what frames_each_running may have had to make. */
void frames_forget(void *const *frames, size_t count);

/* Look at one of those. */
bool frame_read_running(void *address, struct frame *frame);

/* Look at that of a frame object, a generator, a coroutine, an asynchronous generator; false where it has none. */
bool frame_read(PyObject *object, struct frame *frame);

bool frame_is_generator(PyObject *object);

/*
 * Call for each value with the name that it has there (borrowed), NULL for one that has none (it is being worked on),
 * until it returns false.  `sure`: false for what may be a leftover: compare its address only.
 */
void frame_each(const struct frame *frame, bool (*call)(PyObject *value, PyObject *name, bool sure, void *context),
                void *context);

int frame_line(const struct frame *frame);

#endif
