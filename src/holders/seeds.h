/*
 * The objects that have a Py_buffer: in their own memory, or where a pointer
 * in it leads; for src/holders.
 */
#ifndef MVIEW_HOLDERS_SEEDS_H
#define MVIEW_HOLDERS_SEEDS_H

#include "holders/heap.h"
#include "holders/question.h"

struct seed {
    size_t question;
    size_t member; /* of the heap */
    bool copy;     /* a Py_buffer of the same content, elsewhere than the exporter was asked to put it */
};

struct wanted;
struct found;

struct seeds {
    const struct holders_question *questions;
    size_t question_count;
    struct wanted *views;     /* owned: by address */
    struct wanted *exporters; /* owned: by address */
    size_t view_count, exporter_count;
    struct found *found;      /* owned: of each question */
    struct seed *list;        /* owned */
    size_t count, room;
    bool failed;              /* out of memory */
    bool cut;                 /* not all blocks of the heap were looked at */
};

bool seeds_begin(struct seeds *seeds, const struct holders_question *questions, size_t count);
void seeds_end(struct seeds *seeds);

/* A heap_look: the context is a struct seeds. */
void seeds_look(size_t member, PyObject *object, const struct kind *kind, void *context);

/* Where the exporter itself is asked for: it is where to begin. */
void seeds_add_exporters(struct seeds *seeds, struct heap *heap);

/*
 * Where nobody was found for a question: look into the blocks of the heap that C objects point to, which may point to
 * the Py_buffer in turn, or have a copy of it.
 */
void seeds_dig(struct seeds *seeds, struct heap *heap);

/* Does the Py_buffer of a question still lie where the exporter was asked to put it? */
bool seeds_in_place(const struct holders_question *question);

/* At the end: drop the copies of what was found where the exporter put it. */
void seeds_settle(struct seeds *seeds);

#endif
