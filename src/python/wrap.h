/*
 * The object of a source.
 */
#ifndef MVIEW_PYTHON_WRAP_H
#define MVIEW_PYTHON_WRAP_H

#include <stdbool.h>

struct error;
struct source;

/*
 * Make the object of a file's layout, a read-only memoryview over its bytes (PyMemoryView_FromBuffer), and start
 * Python for it.  What is no file's has its object already.
 */
bool source_wrap(struct source *source, struct error *error);

/* Let go of the object, every view of which must be closed, and free everything. */
void source_release(struct source *source);

#endif
