/*
 * Who keeps an export: from the Py_buffer that an exporter filled to the
 * object that has it, and from there to names.
 *
 * The heap is looked through once for all questions.  It is read only: no
 * code of the program's runs (no __repr__, __hash__, property, finalizer), no
 * reference is kept, the collector rests meanwhile.  The caller holds the GIL.
 */
#ifndef MVIEW_HOLDERS_HOLDERS_H
#define MVIEW_HOLDERS_HOLDERS_H

#include <Python.h>

#include "holders/question.h"

#include <stdbool.h>
#include <stddef.h>

struct holders_options {
    PyObject *const *ignored; /* borrowed: objects of the tool's own, which are not looked into; NULL for none */
    size_t ignored_count;
    const char *hidden;       /* a global of __main__ that is the tool's own; NULL for none */
    PyObject *begin;          /* borrowed: a traceback that names begin at, too; NULL for none */
    const char *begin_name;   /* .. what it is called */
    double seconds;           /* of the processor: about how long it may take */
};

enum { HOLDERS_SECONDS = 3 };

/*
 * Answer each question; false, and all of them HOLDERS_NONE with every bound set, where there is no memory for it.
 * An exception that is set stays.  Give the answers back by holders_free.
 */
bool holders_find(const struct holders_question *questions, struct holders_answer *answers, size_t count,
                  const struct holders_options *options);

void holders_free(struct holders_answer *answers, size_t count);

#endif
